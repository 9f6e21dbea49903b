// One transaction of the hub's writer: changes go in, and log, states, concerns, feeds and replicas come out together or not at all.
// Orders are decoded once and written once a transaction; feed positions are handed out at its end, under the platforms' row locks.

import Core

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
  let followers: [any OrderFollower]
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

  // MARK: The hub's own changes

  /// True if the hub's present run may write to an order with this vector. A run is taken only where that decides it.
  func hubHasRoom(in vector: VersionVector) -> Bool {
    vector.count < Limits.maxVectorSize || vector.hasRoom(for: run.replica(environment))
  }

  /// Writes a change of the hub's own and stores it. Returns its dot. Throws `limit` where the order has no room for the hub's run:
  /// one author more, and nobody could read what comes after.
  @discardableResult
  func author(
    _ order: OrderID, edits: [Edit], sealed: [SealedValue] = [], by author: Author, request: String? = nil
  ) throws -> Dot {
    let replica = run.replica(environment)
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
      if row.taken.isFolded || !row.state.goneDots.isEmpty { try KeptLosses.keep(row.state, db) }
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
