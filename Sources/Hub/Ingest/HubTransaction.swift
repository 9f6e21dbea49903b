// One transaction of the hub's writer: changes go in, and log, states, concerns, feeds and replicas come out together or not at all.
// Orders are decoded once and written once a transaction; feed positions are handed out at its end, under the platforms' row locks.

import Core

/// An order as the writer holds it.
struct OrderRow {
  var state: OrderState
  /// Changes stored of it, which is the last ordinal.
  var changes = 0
  /// Entries appended to it.
  var entries = 0
  var created: Int
  var updated: Int
  /// Who gets its changes.
  var concerned: Set<PlatformName> = []
  /// Who has had a lead assignment in its feed.
  var leads: Set<PlatformName> = []
  /// Who has one now that is neither recalled nor returned, as the rows of `concern` have it.
  var activeLeads: Set<PlatformName> = []
  var isEmergency = false
  /// Over what is held of it; `storedDigest` and `digestedFor` say what the buckets have of it.
  var digest = Digest.zero
  var storedDigest = Digest.zero
  var digestedFor: Set<PlatformName> = []
  /// Its place in lists, which never changes.
  var place: Int
  /// What its row has for lists; nil until it has one. `storedChanges` and `talliedFor` say what the tally has of it.
  var listing: OrderListing?
  var storedChanges = 0
  var talliedFor: Set<PlatformName> = []
  /// What this transaction did to it, for those who follow orders; and what they keep of it, as it is stored.
  var taken = TakenChanges()
  var kept: (any Sendable)?
}

/// A replica as the writer holds it.
struct ReplicaRow {
  /// Held without a gap up to this n, and the chain value there.
  var n = 0
  var chain = Hash.zero
  /// The highest n that is held at all.
  var highest = 0
}

/// A change on its way into the store.
struct IncomingChange {
  var order: OrderID
  var dot: Dot
  var hash: Hash
  /// nil where something before it is not held, so that nobody knows it.
  var chain: Hash?
  /// Empty where it is not held.
  var line: [UInt8]
  /// nil where the line cannot be read.
  var change: Change?
  var verdict: Verdict
  var sealed: [SealedValue]
  /// What it came back with, where the hub had forgotten it: it is what it was, whoever brings it.
  var former: Former?

  struct Former {
    var prev: Int
    var receipt: Hash
    var received: Int
  }
}

/// What is written in the same transaction as what is asked for: both are there, or neither.
typealias Alongside = @Sendable (HubTransaction) throws -> Void

final class HubTransaction {
  let db: any DatabaseConnection
  let environment: HubEnvironment
  /// Wall time of the transaction, milliseconds.
  let now: Int
  let run: HubRun
  let receiptKey: [UInt8]
  /// Nil where other processes write too.
  private let cache: OrderCache?
  private let followers: [any OrderFollower]
  var orders = Journal<OrderID, OrderRow>()
  var replicas = Journal<ReplicaID, ReplicaRow>()
  var pendingFeed: [PendingEntry] = []
  /// Platforms whose feeds grew; filled by `flush`.
  private(set) var grownFeeds: Set<PlatformName> = []
  /// Changes stored in it; filled by `flush`.
  private(set) var changesWritten = 0
  /// Whether anything waits at all; asked once a transaction.
  var hasWaiting: Bool?
  var isTryingWaiting = false
  /// Whether the register of any purge was forgotten; asked once a transaction.
  var hasForgottenPurges: Bool?
  /// How many digits numbers that were purged have; asked once a transaction.
  var purgedLengths: Set<Int>?
  /// The last place in lists that was given.
  var lastPlace: Int?

  init(
    db: any DatabaseConnection, environment: HubEnvironment, run: HubRun, receiptKey: [UInt8],
    cache: OrderCache? = nil, followers: [any OrderFollower] = []
  ) {
    self.cache = cache
    self.followers = followers
    self.db = db
    self.environment = environment
    self.run = run
    self.receiptKey = receiptKey
    now = environment.wall()
  }

  /// Runs one request in a savepoint: its error undoes its own work and nothing else. A request may hold further ones.
  func request<Value>(_ body: () throws -> Value) throws -> Value {
    let orderMark = orders.mark()
    let replicaMark = replicas.mark()
    let feedMark = pendingFeed.count
    do {
      return try db.savepoint(body)
    } catch {
      orders.rollBack(to: orderMark)
      replicas.rollBack(to: replicaMark)
      pendingFeed.removeLast(pendingFeed.count - feedMark)
      throw error
    }
  }

  // MARK: Orders

  /// The order, or nil where the hub holds nothing of it. Locks its row, which is what a hand-over is safe by.
  func order(_ id: OrderID) throws -> OrderRow? {
    if let row = orders[id] { return row }
    if let row = cache?[id] {
      orders.load(id, row)
      return row
    }
    let sql =
      "SELECT state, changes, entries, created, updated, digest, place, \(OrderListing.columns) FROM orders WHERE order_id = $1"
      + db.rowLock
    var stored: [UInt8] = []
    let found = try db.first(sql, [.text(id.text)]) { row in
      stored = row.blob(0)
      let digest = Digest(bytes: row.blob(5)) ?? .zero
      let listing = OrderListing.read(row, from: 7)
      return OrderRow(
        state: OrderState(id: id), changes: row.int(1), entries: row.int(2), created: row.int(3), updated: row.int(4),
        isEmergency: listing.isEmergency, digest: digest, storedDigest: digest, place: row.int(6), listing: listing,
        storedChanges: row.int(1))
    }
    guard var row = found else { return nil }
    row.state = try HubLog.state(id, stored: stored, db)
    try db.query("SELECT platform, lead_from, is_lead FROM concern WHERE order_id = $1", [.text(id.text)]) { concern in
      let platform = try PlatformName(concern.text(0))
      row.concerned.insert(platform)
      if !concern.isNull(1) { row.leads.insert(platform) }
      if concern.int(2) == 1 { row.activeLeads.insert(platform) }
    }
    row.digestedFor = row.concerned
    row.talliedFor = row.concerned
    orders.load(id, row)
    return row
  }

  /// The order for people: its view.
  func view(_ id: OrderID) throws -> OrderView? { try order(id).map { OrderView($0.state) } }

  func replica(_ id: ReplicaID) throws -> ReplicaRow {
    if let row = replicas[id] { return row }
    let found = try db.first(
      "SELECT n, chain, highest FROM replica WHERE platform = $1 AND replica = $2" + db.rowLock,
      [.text(id.platform.text), .text(id.text)]
    ) { row in ReplicaRow(n: row.int(0), chain: Hash(bytes: row.blob(1)) ?? .zero, highest: row.int(2)) }
    let row = found ?? ReplicaRow()
    replicas.load(id, row)
    return row
  }

  // MARK: Storing

  /// True if the hub's present run may write to an order with this vector. A run is taken only where that decides it.
  func hubHasRoom(in vector: VersionVector) -> Bool {
    vector.count < Limits.maxVectorSize || vector.hasRoom(for: run.replica(environment))
  }

  /// The hub's present run. A table that is behind what this process committed is of a database that went back under it, as by a
  /// fail-over to an older copy: then the run is closed, for its numbers may be held with other contents elsewhere.
  private func presentRun() throws -> ReplicaID {
    let replica = run.replica(environment)
    guard replicas[replica] == nil, try self.replica(replica).n < run.committed else { return replica }
    run.close()
    try Numbering.skip(self)
    return run.replica(environment)
  }

  /// Writes a change of the hub's own and stores it. Returns its dot. Throws `limit` where the order has no room for the hub's run:
  /// one author more, and nobody could read what comes after.
  @discardableResult
  func author(
    _ order: OrderID, edits: [Edit], sealed: [SealedValue] = [], by author: Author, request: String? = nil
  ) throws -> Dot {
    let replica = try presentRun()
    let high = try self.replica(replica)
    let dot = Dot(replica, high.n + 1)
    let vector = try self.order(order)?.state.vector ?? VersionVector()
    guard vector.hasRoom(for: replica) else { throw Problem(.limit, OrderRoom.noRun) }
    let change = Change(
      order: order, dot: dot, context: vector,
      at: run.clock.tick(now: now), author: author, edits: edits, request: request)
    if let fault = Authoring.faultInSealed(sealed) { throw Problem(.limit, fault) }
    let line = ChangeLine.encode(change)
    // What is written must be readable by everyone, so the reader's limits are applied here.
    do throws(JSONError) { _ = try ChangeLine.decode(line) } catch {
      throw Problem(
        error.reason == .outOfRange || error.reason == .tooDeep ? .limit : .badCommand, "the change has \(error)")
    }
    let hash = Hash.of(line)
    try store(
      IncomingChange(
        order: order, dot: dot, hash: hash, chain: .chain(high.chain, hash), line: line, change: change,
        verdict: .accepted,
        sealed: sealed))
    if let request {
      try db.execute(
        "INSERT INTO request (platform, request, order_id, replica, n) VALUES ($1, $2, $3, $4, $5)",
        [.text("hub"), .text(request), .text(order.text), .text(replica.text), .integer(dot.n)])
    }
    return dot
  }

  /// Stores a change: log row, state, references, concerns and feed entries; then what waited for it.
  func store(_ incoming: IncomingChange) throws {
    let id = incoming.order
    let received = incoming.former?.received ?? now
    // Only figures are taken out: a second reference to the row would make the update below copy its registers.
    let (isNew, vectorN, ordinal) = try figures(id, incoming.dot.replica)
    let fresh = OrderRow(
      state: OrderState(id: id), created: received, updated: now, place: isNew ? try nextPlace() : 0)
    let prev = incoming.former?.prev ?? vectorN
    let receipt =
      incoming.former?.receipt
      ?? Receipt.issue(
        order: id, dot: incoming.dot, prev: prev, hash: incoming.hash, verdict: incoming.verdict, key: receiptKey)
    let mentions = incoming.change?.sealedMentions ?? []
    let assigned =
      incoming.verdict == .accepted
      ? assignments(in: incoming.change) + (try reinstatedAssignments(in: incoming.change)) : []
    try db.execute(
      """
      INSERT INTO change (platform, replica, n, order_id, ordinal, prev, hash, chain, receipt, verdict, received, notes, line)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      """,
      [
        .text(incoming.dot.replica.platform.text), .text(incoming.dot.replica.text), .integer(incoming.dot.n),
        .text(id.text), .integer(ordinal), .integer(prev), .blob(incoming.hash.bytes),
        .blob(incoming.chain?.bytes ?? []),
        .blob(receipt.bytes), .text(incoming.verdict.rawValue), .integer(received),
        .integer((mentions.isEmpty ? 0 : ChangeNotes.sealed) | (assigned.isEmpty ? 0 : ChangeNotes.assigns)),
        .blob(incoming.line),
      ])
    try keepSealed(incoming, mentions)
    try purge(incoming)
    if incoming.former != nil { try noteLacking(id, mentions) }
    try noteHeld(incoming.dot, chain: incoming.chain)
    if let change = incoming.change { run.clock.observe(change.at, now: now) }
    let isOriginalHeld = try incoming.change?.origin.map { try heldHash($0.dot) == $0.hash }
    let outcome = orders.update(id, default: fresh) { row in
      row.changes = ordinal
      row.updated = now
      row.digest ^= .of(incoming.hash, verdict: incoming.verdict, hasLine: !incoming.line.isEmpty)
      if incoming.verdict == .accepted { row.entries += incoming.change?.entries.count ?? 0 }
      return incoming.change.map { Merge.apply($0, prev: prev, isOriginalHeld: isOriginalHeld, to: &row.state) }
        ?? Merge.applyUnreadable(incoming.dot, prev: prev, to: &row.state)
    }
    switch outcome {
    case .applied: noteTaken(incoming.change, id)
    case .needsFold: try foldAgain(id)
    case .seen where incoming.former != nil: try foldAgain(id, isWhole: false)
    case .seen, .waiting: throw StoreError.other("a change of \(id) that should apply does not (\(incoming.dot))")
    }
    try keepReferences(incoming)
    try keepVoids(incoming)
    try keepFormerRequest(incoming)
    try feed(incoming, assigned: assigned, isNew: isNew)
    try tryWaiting(id)
    try writeForgottenPurges(id)
  }

  private func figures(_ id: OrderID, _ replica: ReplicaID) throws -> (isNew: Bool, prev: Int, ordinal: Int) {
    guard let row = try order(id) else { return (true, 0, 1) }
    return (false, row.state.vector[replica], row.changes + 1)
  }

  /// Makes the state anew from the whole log: for what voids, reinstates or re-times a change that is held already.
  ///
  /// - Parameter isWhole: false where rows of the log were lost and may still come back: then the state stays as it is until they have.
  private func foldAgain(_ id: OrderID, isWhole: Bool = true) throws {
    let (state, waiting) = try HubLog.fold(id, db)
    if !isWhole, !waiting.isEmpty { return }
    guard waiting.isEmpty else { throw StoreError.other("the log of \(id) has gaps: \(waiting.count) changes wait") }
    guard let row = try order(id) else { throw StoreError.other("there is no row of \(id)") }
    orders.update(id, default: row) {
      $0.state = state
      $0.taken.isFolded = true
    }
  }

  /// A change that counts from now on.
  private func noteTaken(_ change: Change?, _ id: OrderID) {
    guard !followers.isEmpty, let change, let row = orders[id], row.state.counts(change) else { return }
    orders.update(id, default: row) { $0.taken.changes.append(change) }
  }

  /// Makes an order's state anew from its log, whatever the present one says.
  func refold(_ id: OrderID) throws {
    _ = try order(id)
    try foldAgain(id)
  }

  func keepSealed(_ incoming: IncomingChange, _ mentions: [SealedMention]) throws {
    guard !mentions.isEmpty else { return }
    for value in incoming.sealed {
      guard let mention = mentions.first(where: { $0.commitment == value.commitment }),
        try !purgeOnArrival(value, incoming)
      else { continue }
      let numbers = NumberIndex.numbers(in: PersonalValues.plain(value.value.bytes))
      let isNew = try db.execute(
        """
        INSERT INTO sealed (order_id, commitment, nonce, value, for_lead, author, is_marked)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM purged WHERE commitment = $2)
        ON CONFLICT (order_id, commitment) DO NOTHING
        """,
        [
          .text(incoming.order.text), .blob(value.commitment.bytes), .blob(value.nonce), .blob(value.value.bytes),
          .flag(mention.isForLead), .text(incoming.dot.replica.platform.text), .integer(NumberIndex.state(of: numbers)),
        ])
      if isNew > 0 { try NumberIndex.put(numbers ?? [], of: value.commitment, key: receiptKey, db) }
      try db.execute(
        "DELETE FROM lacking WHERE order_id = $1 AND commitment = $2",
        [.text(incoming.order.text), .blob(value.commitment.bytes)])
    }
  }

  /// The hotline's command of a change that came back: repeating it finds the first answer again.
  private func keepFormerRequest(_ incoming: IncomingChange) throws {
    guard incoming.former != nil, incoming.dot.replica.isHub, let request = incoming.change?.request else { return }
    try db.execute(
      """
      INSERT INTO request (platform, request, order_id, replica, n) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (platform, request) DO NOTHING
      """,
      [
        .text("hub"), .text(request), .text(incoming.order.text), .text(incoming.dot.replica.text),
        .integer(incoming.dot.n),
      ])
  }

  private func keepReferences(_ incoming: IncomingChange) throws {
    guard incoming.verdict == .accepted, let change = incoming.change else { return }
    for case .set(let register, let value) in change.edits where register.hasPrefix("ref/") {
      guard let number = value.json["number"]?.asString else { continue }
      try db.execute(
        """
        INSERT INTO reference (order_id, system, number, author) VALUES ($1, $2, $3, $4)
        ON CONFLICT (order_id, system, number, author) DO NOTHING
        """,
        [
          .text(incoming.order.text), .text(String(register.dropFirst(4))), .text(number),
          .text(incoming.dot.replica.platform.text),
        ])
      try noteDoubled(incoming.order, system: String(register.dropFirst(4)), number: number)
    }
  }

  /// Keeps that two orders have the same reference.
  private func noteDoubled(_ order: OrderID, system: String, number: String) throws {
    // reference_by_number
    let others = try db.all(
      "SELECT DISTINCT order_id FROM reference WHERE system = $1 AND number = $2 AND order_id <> $3",
      [.text(system), .text(number), .text(order.text)]
    ) { $0.text(0) }
    for other in others {
      try db.execute(
        """
        INSERT INTO doubled (order_id, other, system, number) VALUES ($1, $2, $3, $4)
        ON CONFLICT (order_id, other, system, number) DO NOTHING
        """, [.text(min(order.text, other)), .text(max(order.text, other)), .text(system), .text(number)])
    }
  }

  func assignments(in change: Change?) -> [(platform: PlatformName, isLead: Bool)] {
    (change?.edits ?? []).compactMap { edit in
      guard case .set(let name, let value) = edit, let register = RegisterName(name),
        register.row.pattern == "assignment/<a>", let text = value.json["platform"]?.asString,
        let platform = try? PlatformName(text), !platform.isHub
      else { return nil }
      return (platform, value.json["role"] == .string("lead"))
    }
  }

  /// Assignments that were void when they arrived, so that nobody got the order by them, and that this change reinstates.
  private func reinstatedAssignments(in change: Change?) throws -> [(platform: PlatformName, isLead: Bool)] {
    guard let change, change.dot.replica.isHub else { return [] }
    var found: [(platform: PlatformName, isLead: Bool)] = []
    for case .set(let register, let value) in change.edits where register.hasPrefix("void/") && value.isNull {
      guard let target = try? Dot(String(register.dropFirst(5))) else { continue }  // no dot: nothing is reinstated
      let line = try db.first(
        "SELECT line FROM change WHERE platform = $1 AND replica = $2 AND n = $3 AND order_id = $4",
        [
          .text(target.replica.platform.text), .text(target.replica.text), .integer(target.n),
          .text(change.order.text),
        ]
      ) { $0.blob(0) }
      // A line that cannot be read assigns nobody.
      if let line { found += assignments(in: try? ChangeLine.decode(line)) }
    }
    return found
  }

  // MARK: The end

  /// Hands the states to the next transaction; call it after the commit.
  func keepOrders() {
    if let taken = run.taken, let row = replicas[taken] { run.committed = max(run.committed, row.n) }
    guard let cache else { return }
    for (id, row) in orders.changed {
      var row = row
      row.taken = TakenChanges()
      cache.keep(id, row)
    }
  }

  /// Writes what was changed: orders, replicas, feed entries with their positions. The last thing before the commit.
  func flush() throws {
    var followed: [FollowedOrder] = []
    var tally = Tally()
    for (id, row) in orders.changed {
      let view = OrderView(row.state)
      try write(id, row, OrderListing(row, view, now: now), &tally)
      try noteLeads(id, row, view)
      if !followers.isEmpty { followed.append(FollowedOrder(id: id, row: row, view: view)) }
    }
    changesWritten = tally.changes
    try tally.write(to: db)
    for follower in followers { try follower.follow(followed, in: self) }
    for (id, row) in replicas.changed {
      try db.execute(
        """
        INSERT INTO replica (platform, replica, n, chain, highest) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (platform, replica) DO UPDATE SET n = excluded.n, chain = excluded.chain, highest = excluded.highest
        """,
        [
          .text(id.platform.text), .text(id.text), .integer(row.n), .blob(row.chain.bytes),
          .integer(max(row.highest, row.n)),
        ])
    }
    try writeDigests()
    let byPlatform = Dictionary(grouping: pendingFeed, by: \.platform)
    for platform in byPlatform.keys.sorted() { try append(byPlatform[platform] ?? [], to: platform) }
    grownFeeds = Set(byPlatform.keys)
  }

  /// Adds what changed of each order to the buckets of everyone concerned.
  private func writeDigests() throws {
    var digests = HubDigests()
    for (id, row) in orders.changed {
      let bucket = DigestBucket.leaf(of: id)
      for platform in row.concerned {
        digests.note(
          platform, bucket, row.digestedFor.contains(platform) ? row.digest ^ row.storedDigest : row.digest)
      }
      guard row.digest != row.storedDigest || row.digestedFor != row.concerned else { continue }
      orders.update(id, default: row) {
        $0.storedDigest = $0.digest
        $0.digestedFor = $0.concerned
      }
    }
    try digests.write(to: db)
  }

  /// Keeps who leads the order now: personal values are for them alone.
  func noteLeads(_ id: OrderID, _ row: OrderRow, _ view: OrderView) throws {
    let leading = view.assignments.filter { $0.isLead && $0.isActive }.compactMap { try? PlatformName($0.platform) }
    let active = Set(leading).intersection(row.concerned)
    for platform in active.symmetricDifference(row.activeLeads).sorted() {
      try db.execute(
        "UPDATE concern SET is_lead = $1 WHERE order_id = $2 AND platform = $3",
        [.flag(active.contains(platform)), .text(id.text), .text(platform.text)])
    }
    if active != row.activeLeads { orders.update(id, default: row) { $0.activeLeads = active } }
  }
}

/// The `notes` column of a change: what a pull must look at without reading the line.
enum ChangeNotes {
  static let sealed = 1
  static let assigns = 2
}
