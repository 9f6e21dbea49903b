// What hello, push and pull do, without HTTP and without waiting: given who calls and what was said, the answer. SyncRoutes carries
// them over HTTP; the simulation carries them over a network of its own.

import Core

/// The sync calls over one hub's store. All functions block; none waits for news.
struct SyncCalls: Sendable {
  let database: any Database
  let writer: GroupCommitWriter
  let contacts: Contacts
  let environment: HubEnvironment

  /// Compares cursor and runs with what the hub has.
  func hello(_ hello: HelloRequest, from caller: Contacts.Name) throws -> HelloReply {
    let now = environment.wall()
    if hello.rules > Rules.number {
      contacts.refused(caller)
      throw Problem(.updateNeeded, "the agent computes by rules \(hello.rules), the hub by \(Rules.number)")
    }
    let platform = caller.platform
    let (reply, news) = try database.read { db -> (HelloReply, [CloneSight]) in
      let holds = try Feed.holds(hello.cursor, of: platform, db) && Feed.holds(hello.told, of: platform, db)
      contacts.note(caller, health: hello.health, cursorPosition: holds ? hello.cursor.position : 0, now: now)
      var reply = HelloReply(
        platform: platform.text, agent: caller.agent, version: environment.version, time: now, cursorHolds: holds,
        head: try Feed.head(of: platform, db), runs: [], chains: [])
      var news: [CloneSight] = []
      for run in hello.runs where run.replica.platform == platform {
        let (high, at) = try HubRuns.look(run, db)
        reply.runs.append(high)
        if let at { reply.chains.append(at) }
        guard let sight = run.other(than: at), !news.contains(where: { $0.mark == sight.mark }) else { continue }
        if try Clones.isNews(sight, of: platform, db) { news.append(sight) }
      }
      reply.resync = try Resyncs.open(caller, db)
      contacts.told(caller, head: reply.head.position, now: now)
      return (reply, news)
    }
    note(news, of: caller)
    // Somebody knows more of this hub than it does itself: numbers that it gave out may be among what it forgot.
    // An agent that comes back from before the feed's cut tells nothing of the kind.
    if !reply.cursorHolds,
      try database.read({ db in
        try hello.told.position >= Feed.cut(of: platform, db)
      })
    {
      try writer.perform { transaction in
        guard try Numbering.skipUnlessDone(transaction) else { return }
        try WentBack.unasked.note(at: transaction.now, transaction.db)
      }
    }
    return reply
  }

  /// Queues a push; `then` gets the reply after the commit, without the feed's head, or why nothing of it was taken.
  func push(
    _ entries: [Entry], header: PushHeader, from caller: Contacts.Name,
    then: @escaping (Result<PushReply, any Error>) -> Void
  ) throws {
    contacts.note(caller, health: header.health, cursorPosition: nil, now: environment.wall())
    try writer.submit(
      { transaction in try SyncCalls.take(entries, header: header, from: caller, in: transaction) },
      then: { [contacts] result in
        let result = result.flatMap(\.self)
        if case .success(let reply) = result {
          contacts.taken(entries.count { $0.head.dot.n <= reply.acceptedThrough }, from: caller)
        }
        then(result)
      })
  }

  /// Takes a push. A fork undoes it, and what it tells of the caller's machine is kept in the same commit.
  private static func take(
    _ entries: [Entry], header: PushHeader, from caller: Contacts.Name, in transaction: HubTransaction
  ) throws -> Result<PushReply, any Error> {
    var sight: CloneSight?
    let result: Result<PushReply, any Error>
    do {
      let reply = try transaction.request {
        try PushIngest.take(entries, header: header, from: caller.platform, in: transaction) { origin in
          guard sight == nil, origin.dot.replica.platform == caller.platform else { return }
          sight = CloneSight(.origin, at: origin.dot)
        }
      }
      result = .success(reply)
    } catch let problem as Problem where problem.code == .fork {
      sight = try forked(entries, transaction).map { CloneSight(.fork, at: $0) }
      result = .failure(problem)
    }
    if let sight {
      try Clones.note(sight, of: caller.platform, agent: caller.agent, now: transaction.now, transaction.db)
    }
    return result
  }

  /// The first dot of a refused push of which the hub has another content; where its links alone do not fit, the first that is new.
  private static func forked(_ entries: [Entry], _ transaction: HubTransaction) throws -> Dot? {
    var firstNew: Dot?
    for head in entries.map(\.head) {
      guard let held = try transaction.heldHash(head.dot) else {
        firstNew = firstNew ?? head.dot
        continue
      }
      if held != head.hash { return head.dot }
    }
    return firstNew
  }

  /// Keeps what was seen of a copied machine. A hub that cannot write now sees it again with the agent's next call.
  private func note(_ sights: [CloneSight], of caller: Contacts.Name) {
    guard !sights.isEmpty else { return }
    try? writer.perform { transaction in
      for sight in sights {
        try Clones.note(sight, of: caller.platform, agent: caller.agent, now: transaction.now, transaction.db)
      }
    }
  }

  /// The head of a platform's feed, for a reply.
  func head(of platform: PlatformName) throws -> Cursor { try database.read { try Feed.head(of: platform, $0) } }

  /// What the caller's feed has for it now. `isNews` is false where a poll goes on waiting.
  func pull(_ pull: PullRequest, from caller: Contacts.Name) throws -> (
    reply: PullReply, entries: [Entry], isNews: Bool
  ) {
    let platform = caller.platform
    var news: [CloneSight] = []
    let (reply, entries) = try database.read { db -> (PullReply, [Entry]) in
      if let run = pull.run, run.replica.platform == platform,
        let sight = run.other(than: try HubRuns.look(run, db).atTheirs), try Clones.isNews(sight, of: platform, db)
      {
        news = [sight]
      }
      let now = environment.wall()
      guard try Feed.holds(pull.after, of: platform, db), try Feed.holds(pull.told, of: platform, db) else {
        return (PullReply(cursorHolds: false, head: try Feed.head(of: platform, db), lane: 0, time: now), [])
      }
      let page = try Feed.page(pull, for: platform, db)
      var reply = PullReply(cursorHolds: true, head: page.head, lane: page.lane, time: now)
      var bytes = 0
      for commitment in pull.lacks where bytes < LackedValues.maxBytes {
        let values = try LackedValues.of(commitment, for: platform, db)
        bytes += values.reduce(0) { $0 + $1.value.bytes.count }
        reply.values += values
      }
      reply.lacks = try lacking(platform, db)
      reply.retain = environment.retention.atPlatforms
      reply.resync = try Resyncs.open(caller, db)
      return (reply, page.entries)
    }
    note(news, of: caller)
    if reply.cursorHolds { contacts.acknowledged(caller, pull.after.position) }
    contacts.told(caller, head: reply.head.position, now: environment.wall())
    return (reply, entries, !reply.cursorHolds || !entries.isEmpty || !reply.values.isEmpty || reply.resync != nil)
  }
}

extension Run {
  /// What it tells where the hub has another chain value at its n.
  fileprivate func other(than held: Run?) -> CloneSight? {
    guard n > 0, let held, held.n == n, held.chain != chain else { return nil }
    return CloneSight(.chain, at: Dot(replica, n))
  }
}

/// What the hub holds of an agent's run: its n and chain, and the chain at the n that the agent named.
enum HubRuns {
  static func look(_ run: Run, _ db: any DatabaseConnection) throws -> (high: Run, atTheirs: Run?) {
    let key: [SQLValue] = [.text(run.replica.platform.text), .text(run.replica.text)]
    let found = try db.first("SELECT n, chain FROM replica WHERE platform = $1 AND replica = $2", key) { row in
      (row.int(0), Hash(bytes: row.blob(1)) ?? .zero)
    }
    let high = Run(replica: run.replica, n: found?.0 ?? 0, chain: found?.1 ?? .zero)
    if run.n == high.n { return (high, high) }
    let chain = try db.first(
      "SELECT chain FROM change WHERE platform = $1 AND replica = $2 AND n = $3", key + [.integer(run.n)]
    ) { Hash(bytes: $0.blob(0)) }
    return (high, chain.flatMap { $0 }.map { Run(replica: run.replica, n: run.n, chain: $0) })
  }
}

/// The values of commitments that an agent named as lacking, where it may have them.
enum LackedValues {
  /// What one reply carries of them; the rest is asked for by the next pull.
  static let maxBytes = 128 * 1024

  static func of(_ commitment: Hash, for platform: PlatformName, _ db: any DatabaseConnection) throws -> [SealedValue] {
    try db.all(
      """
      SELECT s.nonce, s.value FROM sealed s
      JOIN concern c ON c.order_id = s.order_id
      JOIN orders o ON o.order_id = s.order_id
      WHERE s.commitment = $1 AND c.platform = $2
        AND ((s.for_lead = 1 AND c.lead_from IS NOT NULL AND c.is_lead = 1 AND o.is_confidential = 0)
          OR s.author = c.platform)
      """, [.blob(commitment.bytes), .text(platform.text)]
    ) { SealedValue(nonce: $0.blob(0), value: try JSONText(checking: $0.blob(1))) }
  }
}
