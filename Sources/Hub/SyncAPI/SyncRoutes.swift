// The sync protocol's calls (docs/protocol.md): enroll, renew, hello, push, pull. Who calls is the certificate's to say; what a push
// does is Ingest's, what a pull reads is Feed's.

import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import NIOSSL

/// What the sync calls work with.
struct SyncServices: Sendable {
  let database: any Database
  let writer: GroupCommitWriter
  let registry: AgentRegistry
  let contacts: Contacts
  let signals: FeedSignals
  let environment: HubEnvironment
  let maxWaitMilliseconds: Int
  let pool: NIOThreadPool
  let logger: Logger
}

struct SyncRoutes: Sendable {
  let services: SyncServices

  func addRoutes(to router: Router<SyncRequestContext>) {
    let group = router.group("sync/v1")
    group.post("enroll") { request, context in await answering(context) { try await enroll(request) } }
    group.post("renew") { request, context in await answering(context) { try await renew(request, context) } }
    group.post("hello") { request, context in await answering(context) { try await hello(request, context) } }
    group.post("push") { request, context in await answering(context) { try await push(request, context) } }
    group.post("pull") { request, context in await answering(context) { try await pull(request, context) } }
  }

  // MARK: Calls

  private func enroll(_ request: Request) async throws -> Response {
    let body = try await json(request)
    let answer = try await services.registry.enroll(
      token: try body.string("token"), csr: try body.string("csr"), agent: try body.optionalString("agent"))
    services.logger.info("agent.enrolled", metadata: ["platform": "\(answer["platform"]?.asString ?? "")"])
    return reply(answer)
  }

  private func renew(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context, renewing: true)
    let body = try await json(request)
    return reply(try await services.registry.renew(peer, csr: try body.string("csr")))
  }

  private func hello(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context)
    let hello = try HelloRequest(try await json(request))
    let answer = try await blocking {
      let now = services.environment.wall()
      if hello.rules > Rules.number {
        throw Problem(.updateNeeded, "the agent computes by rules \(hello.rules), the hub by \(Rules.number)")
      }
      return try services.database.read { db -> HelloReply in
        let holds = try Feed.holds(hello.cursor, of: peer.platform, db) && Feed.holds(hello.told, of: peer.platform, db)
        services.contacts.note(
          name(peer), health: hello.health, cursorPosition: holds ? hello.cursor.position : 0, now: now)
        var reply = HelloReply(
          platform: peer.platform.text, agent: peer.agent, version: services.environment.version, time: now,
          cursorHolds: holds, head: try Feed.head(of: peer.platform, db), runs: [], chains: [])
        for run in hello.runs where run.replica.platform == peer.platform {
          let (high, at) = try HubRuns.look(run, db)
          reply.runs.append(high)
          if let at { reply.chains.append(at) }
        }
        return reply
      }
    }
    return reply(answer.json)
  }

  private func push(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    let peer = try await caller(context)
    let bytes = try await collect(request, limit: Limits.maxBatchBytes)
    let (batch, header) = try await blocking {
      let batch = try Batch(parsing: bytes)
      return (batch, try PushHeader(batch.header))
    }
    services.contacts.note(name(peer), health: header.health, cursorPosition: nil, now: services.environment.wall())
    var answer = try await services.writer.submit { transaction in
      try PushIngest.take(batch.entries, header: header, from: peer.platform, in: transaction)
    }
    answer.head = try await blocking { try services.database.read { db in try Feed.head(of: peer.platform, db) } }
    return reply(answer.json)
  }

  private func pull(_ request: Request, _ context: SyncRequestContext) async throws -> Response {
    // Who asks a hub that is stopping would be answered at once, and ask again at once.
    if services.signals.isClosed { throw Problem(.shuttingDown, "the hub is shutting down", retryAfterSeconds: 2) }
    let peer = try await caller(context)
    let pull = try PullRequest(try await json(request))
    let caller = name(peer)
    services.contacts.note(caller, health: pull.health, cursorPosition: nil, now: services.environment.wall())
    services.contacts.pollOpened(caller)
    defer { services.contacts.pollClosed(caller) }
    let deadline = NIODeadline.now() + .milliseconds(Int64(min(pull.waitMilliseconds, services.maxWaitMilliseconds)))
    while true {
      let generation = services.signals.generation(of: peer.platform)
      let (answer, entries) = try await blocking { try read(pull, peer.platform) }
      if answer.cursorHolds { services.contacts.acknowledged(caller, pull.after.position) }
      if !answer.cursorHolds || !entries.isEmpty || !answer.values.isEmpty { return batch(answer.json, entries) }
      // Woken by the feed; each second the certificate is looked at again, for it may have been revoked meanwhile.
      while services.signals.generation(of: peer.platform) == generation {
        let left = Int((deadline - NIODeadline.now()).nanoseconds / 1_000_000)
        if left <= 0 || services.signals.isClosed { return batch(answer.json, entries) }
        await services.signals.wait(for: peer.platform, beyond: generation, milliseconds: min(left, 1_000))
        _ = try await blocking { try services.registry.authorize(peer) }
      }
    }
  }

  private func read(_ pull: PullRequest, _ platform: PlatformName) throws -> (PullReply, [Entry]) {
    try services.database.read { db in
      let now = services.environment.wall()
      guard try Feed.holds(pull.after, of: platform, db), try Feed.holds(pull.told, of: platform, db) else {
        return (
          PullReply(cursorHolds: false, head: try Feed.head(of: platform, db), lane: 0, time: now), []
        )
      }
      let page = try Feed.page(pull, for: platform, db)
      var reply = PullReply(cursorHolds: true, head: page.head, lane: page.lane, time: now)
      var bytes = 0
      for commitment in pull.lacks where bytes < LackedValues.maxBytes {
        let values = try LackedValues.of(commitment, for: platform, db)
        bytes += values.reduce(0) { $0 + $1.value.bytes.count }
        reply.values += values
      }
      return (reply, page.entries)
    }
  }

  // MARK: Edges

  /// Who calls, asked before a byte of the body is read.
  private func caller(_ context: SyncRequestContext, renewing: Bool = false) async throws -> PeerIdentity {
    let peer = context.peer
    return try await blocking { try services.registry.authorize(peer, renewing: renewing) }
  }

  private func name(_ peer: PeerIdentity) -> Contacts.Name { Contacts.Name(platform: peer.platform, agent: peer.agent) }

  /// Runs blocking work away from the event loop.
  private func blocking<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await services.pool.runIfActive(body)
  }

  private func collect(_ request: Request, limit: Int) async throws -> [UInt8] {
    var request = request
    do {
      let buffer = try await request.collectBody(upTo: limit)
      return Array(buffer.readableBytesView)
    } catch let error as any HTTPResponseError where error.status == .contentTooLarge {
      throw Problem(.tooLarge, "a body has at most \(limit) bytes")
    }
  }

  private func json(_ request: Request) async throws -> JSON {
    try JSON(parsing: try await collect(request, limit: Limits.maxMessageBytes))
  }

  private func reply(_ json: JSON) -> Response { bytes(json.bytes, "application/json", .ok) }

  private func batch(_ header: JSON, _ entries: [Entry]) -> Response {
    bytes(Batch(header: header, entries: entries).bytes, Batch.mediaType, .ok)
  }

  private func bytes(_ bytes: [UInt8], _ type: String, _ status: HTTPResponse.Status) -> Response {
    var headers = HTTPFields()
    headers[.contentType] = type
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }

  /// The connection broke under the call: the network's doing, and nobody is left to answer.
  private static func isPeerGone(_ error: any Error) -> Bool {
    error is NIOSSLError || error is ChannelError || error is IOError || error is CancellationError
  }

  /// Every failure becomes a problem with a stable code; what it was goes to the log.
  private func answering(_ context: SyncRequestContext, _ body: () async throws -> Response) async -> Response {
    do { return try await body() } catch {
      let problem = HubFailure.problem(error)
      if SyncRoutes.isPeerGone(error) {
        services.logger.debug("sync.peerGone", metadata: ["error": "\(error)"])
      } else if problem.code == .internalError {
        services.logger.error("sync.failed", metadata: ["error": "\(error)"])
      } else {
        services.logger.debug(
          "sync.refused", metadata: ["code": "\(problem.code.rawValue)", "detail": "\(problem.detail)"])
      }
      var response = bytes(problem.json.bytes, Problem.mediaType, .init(code: problem.code.status))
      if let seconds = problem.retryAfterSeconds { response.headers[.retryAfter] = String(seconds) }
      return response
    }
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
