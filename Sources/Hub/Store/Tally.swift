// How many orders there are of each status, of each platform and sector, and how many changes: kept in the transactions that change
// them, because counting a year's orders takes longer than a page may.

import Core

/// What one transaction changes of the counts.
struct Tally {
  struct Key: Hashable, Comparable {
    /// Who is concerned; empty: all orders.
    var platform: String
    var sector: String
    var status: String

    static func < (left: Key, right: Key) -> Bool {
      (left.platform, left.sector, left.status) < (right.platform, right.sector, right.status)
    }
  }

  private var differences: [Key: Int] = [:]
  private(set) var changes = 0

  private static let changesName = "tally.changes"

  mutating func add(_ count: Int, platform: String, sector: String?, status: String) {
    differences[Key(platform: platform, sector: sector ?? "", status: status), default: 0] += count
  }

  mutating func addChanges(_ count: Int) { changes += count }

  func write(to db: any DatabaseConnection) throws {
    for key in differences.keys.sorted() {
      guard let count = differences[key], count != 0 else { continue }
      try db.execute(
        """
        INSERT INTO tally (platform, sector, status, orders) VALUES ($1, $2, $3, $4)
        ON CONFLICT (platform, sector, status) DO UPDATE SET orders = tally.orders + excluded.orders
        """, [.text(key.platform), .text(key.sector), .text(key.status), .integer(count)])
    }
    guard changes != 0 else { return }
    try db.execute(
      "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = counter.value + excluded.value",
      [.text(Tally.changesName), .integer(changes)])
  }

  // MARK: Reading

  /// Orders by status. The primary key: platform, sector, status.
  static func byStatus(
    platform: String?, sector: String?, _ db: any DatabaseConnection
  ) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    try db.query(
      """
      SELECT status, SUM(orders) FROM tally WHERE platform = $1 AND ($2 = '' OR sector = $2)
      GROUP BY status HAVING SUM(orders) <> 0
      """, [.text(platform ?? ""), .text(sector ?? "")]
    ) { row in counts[row.text(0)] = row.int(1) }
    return counts
  }

  /// Orders by the platform that they concern.
  static func byPlatform(_ db: any DatabaseConnection) throws -> [String: Int] {
    var counts: [String: Int] = [:]
    try db.query("SELECT platform, SUM(orders) FROM tally WHERE platform <> '' GROUP BY platform", []) { row in
      counts[row.text(0)] = row.int(1)
    }
    return counts
  }

  static func changes(_ db: any DatabaseConnection) throws -> Int {
    try db.count("SELECT COALESCE(SUM(value), 0) FROM counter WHERE name = $1", [.text(changesName)])
  }

  // MARK: Making it anew

  private static let counted = """
    SELECT '' AS platform, COALESCE(sector, '') AS sector, status, COUNT(*) AS orders FROM orders GROUP BY 1, 2, 3
    UNION ALL SELECT c.platform, COALESCE(o.sector, ''), o.status, COUNT(*)
    FROM concern c JOIN orders o ON o.order_id = c.order_id GROUP BY 1, 2, 3
    """

  /// Counts everything.
  static func fill(_ db: any DatabaseConnection) throws {
    try db.execute("DELETE FROM tally", [])
    try db.execute("INSERT INTO tally (platform, sector, status, orders) \(counted)", [])
    let held = try changes(db)
    var tally = Tally()
    tally.addChanges(try db.count("SELECT COALESCE(SUM(changes), 0) FROM orders") - held)
    try tally.write(to: db)
  }

  /// How many counts are not what counting gives.
  static func wrong(_ db: any DatabaseConnection) throws -> Int {
    func read(_ sql: String) throws -> [Key: Int] {
      var counts: [Key: Int] = [:]
      try db.query(sql, []) { row in
        counts[Key(platform: row.text(0), sector: row.text(1), status: row.text(2))] = row.int(3)
      }
      return counts
    }
    let right = try read(counted)
    let held = try read("SELECT platform, sector, status, orders FROM tally WHERE orders <> 0")
    let differing = Set(right.keys).union(held.keys).filter { right[$0] != held[$0] }.count
    let areChangesRight = try changes(db) == db.count("SELECT COALESCE(SUM(changes), 0) FROM orders")
    return differing + (areChangesRight ? 0 : 1)
  }
}
