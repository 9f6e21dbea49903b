// Retention: what becomes of personal values a long time after their order ended. Platforms are told how long they may keep theirs; the
// hub destroys them everywhere, by the same purge as when a person asks. When that is done is RecurringWatch.retention's.

import Core

/// For how long personal values are kept after their order was closed or cancelled, milliseconds; nil: for as long as the order.
struct RetentionPolicy: Sendable, Equatable {
  /// At platforms, which blank their copies then.
  var atPlatforms: Int?
  /// Anywhere: then the hub purges them.
  var untilPurge: Int?
}

/// The hub's own purging. Nothing is remembered of where it stands: what was purged is not there any more, so it goes on by itself.
struct Retention: Sendable {
  /// What one run destroyed.
  struct Purged: Sendable, Equatable {
    var orders = 0
    var values = 0
  }

  let database: any Database
  let writer: GroupCommitWriter
  let registry: AgentRegistry
  let environment: HubEnvironment

  /// Between two runs, milliseconds.
  static let pause = 86_400_000
  /// Orders of one transaction, other work goes on between two; and orders that one read looks at.
  private static let ordersInOne = 50
  private static let ordersInRead = 1_000
  /// Stands in the histories of the orders.
  static let reason = "retention"
  private static let last = "retention/last"
  private static let allOrders = "retention/orders"
  private static let allValues = "retention/values"

  /// True if there is a policy and the last whole run is a day ago.
  func isDue() throws -> Bool {
    guard environment.retention.untilPurge != nil else { return false }
    let last = try database.read { db in try Retention.counter(Retention.last, db) }
    return environment.wall() - last >= Retention.pause
  }

  /// The next run is a day from now: a database that went back does not know yet which orders were opened again since.
  func postpone() throws { try noteRun() }

  /// Purges the values of every order that ended longer ago than the policy says. Stops between two transactions when `goesOn` says
  /// no; the next run goes on from there.
  func run(while goesOn: () -> Bool = { true }) throws -> Purged {
    guard let keep = environment.retention.untilPurge else { return Purged() }
    var purged = Purged()
    var after = ""
    while goesOn() {
      let (orders, last) = try candidates(after: after, endedBefore: environment.wall() - keep)
      for start in stride(from: 0, to: orders.count, by: Retention.ordersInOne) {
        guard goesOn() else { return purged }
        let some = orders[start..<min(start + Retention.ordersInOne, orders.count)]
        let counts = try writer.perform { [self] transaction in
          let counts = try some.map { try purge($0, keep: keep, transaction) }
          let orders = counts.count { $0 > 0 }
          guard orders > 0 else { return counts }
          try Retention.noteWhoIsTold(transaction)
          try Retention.add(orders, to: Retention.allOrders, transaction.db)
          try Retention.add(counts.reduce(0, +), to: Retention.allValues, transaction.db)
          return counts
        }
        purged.orders += counts.count { $0 > 0 }
        purged.values += counts.reduce(0, +)
      }
      guard let last else {
        try noteRun()
        return purged
      }
      after = last
    }
    return purged
  }

  /// The next orders with values, among them those that are over and old enough to have ended so long ago; and the last one looked at,
  /// nil where none was left.
  private func candidates(after: String, endedBefore: Int) throws -> (orders: [OrderID], last: String?) {
    func page(_ table: String, _ number: String) -> String {
      "SELECT order_id FROM (SELECT DISTINCT order_id FROM \(table) WHERE order_id > \(number) ORDER BY order_id LIMIT $2) AS \(table)_page"
    }
    return try database.read { db in
      var last: String?
      var orders: [OrderID] = []
      // Each table gives its own page by its key: a union of them all would be made anew for every page.
      try db.query(
        """
        SELECT k.order_id, o.is_open, o.created
        FROM (\(page("sealed", "$1")) UNION \(page("lacking", "$1")) ORDER BY order_id LIMIT $2) k
        LEFT JOIN orders o ON o.order_id = k.order_id ORDER BY k.order_id
        """, [.text(after), .integer(Retention.ordersInRead)]
      ) { row in
        last = row.text(0)
        if !row.isNull(1), row.int(1) == 0, row.int(2) <= endedBefore { orders.append(try OrderID(row.text(0))) }
      }
      return (orders, last)
    }
  }

  /// Purges one order as it is now. Returns how many values that were.
  private func purge(_ order: OrderID, keep: Int, _ transaction: HubTransaction) throws -> Int {
    let key: [SQLValue] = [.text(order.text)]
    // What waits may open it again.
    guard let ended = try transaction.view(order)?.endedAt, ended <= transaction.now - keep,
      try transaction.db.count("SELECT COUNT(*) FROM waiting WHERE order_id = $1", key) == 0
    else { return 0 }
    // What the hub lacks an agent may have.
    let commitments = try transaction.db.all(
      "SELECT commitment FROM sealed WHERE order_id = $1 UNION SELECT commitment FROM lacking WHERE order_id = $1", key
    ) { Hash(bytes: $0.blob(0)) }.compactMap(\.self)
    guard !commitments.isEmpty else { return 0 }
    try registry.notePurge(of: order, commitments, now: transaction.now)
    _ = try transaction.purge(commitments, of: order, reason: Retention.reason, by: PushIngest.hubAuthor)
    for commitment in commitments {
      try transaction.db.execute(
        "UPDATE purged SET is_retention = 1 WHERE order_id = $1 AND commitment = $2", key + [.blob(commitment.bytes)])
    }
    return commitments.count
  }

  /// Notes up to where each platform's feed must be read to have read these purges.
  private static func noteWhoIsTold(_ transaction: HubTransaction) throws {
    for (platform, entries) in Dictionary(grouping: transaction.pendingFeed, by: \.platform) {
      try transaction.db.execute(
        """
        INSERT INTO retention (platform, position)
        SELECT platform, feed_head + $1 FROM platform WHERE platform = $2
        ON CONFLICT (platform) DO UPDATE SET position = excluded.position
        """, [.integer(entries.count), .text(platform.text)])
    }
  }

  private func noteRun() throws {
    _ = try writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [.text(Retention.last), .integer(transaction.now)])
    }
  }

  private static func counter(_ name: String, _ db: any DatabaseConnection) throws -> Int {
    try db.first("SELECT value FROM counter WHERE name = $1", [.text(name)]) { $0.int(0) } ?? 0
  }

  private static func add(_ count: Int, to name: String, _ db: any DatabaseConnection) throws {
    try db.execute(
      "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value",
      [.text(name), .integer(count)])
  }

  /// What was done so far: `{"platform"?,"purge"?,"last"?,"orders","values","unwritten"}`. `unwritten` counts values that are destroyed
  /// at the hub while no agent can be told.
  static func report(_ policy: RetentionPolicy, _ db: any DatabaseConnection) throws -> [(String, JSON?)] {
    let last = try counter(last, db)
    // By purged_forgotten.
    let unwritten = try db.count("SELECT COUNT(*) FROM purged WHERE replica IS NULL AND is_retention = 1")
    return [
      ("platform", policy.atPlatforms.map(JSON.int)), ("purge", policy.untilPurge.map(JSON.int)),
      ("last", last == 0 ? nil : .int(last)), ("orders", .int(try counter(allOrders, db))),
      ("values", .int(try counter(allValues, db))), ("unwritten", .int(unwritten)),
    ]
  }

  /// By platform: the position behind which it has read every purge of these.
  static func positions(_ db: any DatabaseConnection) throws -> [(platform: String, position: Int)] {
    try db.all("SELECT platform, position FROM retention ORDER BY platform", []) { ($0.text(0), $0.int(1)) }
  }
}
