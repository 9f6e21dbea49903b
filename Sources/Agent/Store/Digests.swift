// The digest tables: what is held of each order, and of each bucket of orders, kept in the transactions that change it.

import Core
import GRDB

/// What one transaction changes of the digests.
struct Digests {
  static let top = 0
  static let leaf = 1
  private var orders: [OrderID: Digest] = [:]

  mutating func note(_ order: OrderID, _ difference: Digest) {
    guard difference != .zero else { return }
    orders[order, default: .zero] ^= difference
  }

  /// Writes what was noted.
  mutating func write(to database: Database) throws {
    var leaves: [Int: Digest] = [:]
    var tops: [Int: Digest] = [:]
    for (order, difference) in orders where difference != .zero {
      let bucket = DigestBucket.leaf(of: order)
      leaves[bucket, default: .zero] ^= difference
      tops[DigestBucket.top(ofLeaf: bucket), default: .zero] ^= difference
      let key: [SQLValue] = [.int(bucket), .text(order.text)]
      let held = try database.first("SELECT value FROM order_digest WHERE bucket = ? AND order_id = ?", key) {
        Digest(bytes: $0.blob(0)) ?? .zero
      }
      let value = (held ?? .zero) ^ difference
      if value == .zero {
        try database.run("DELETE FROM order_digest WHERE bucket = ? AND order_id = ?", key)
      } else {
        try database.run(
          """
          INSERT INTO order_digest (bucket, order_id, value) VALUES (?, ?, ?)
          ON CONFLICT (bucket, order_id) DO UPDATE SET value = excluded.value
          """, key + [.blob(value.bytes)])
      }
    }
    for (bucket, difference) in leaves { try Digests.change(Digests.leaf, bucket, difference, database) }
    for (bucket, difference) in tops { try Digests.change(Digests.top, bucket, difference, database) }
    orders = [:]
  }

  private static func change(_ level: Int, _ bucket: Int, _ difference: Digest, _ database: Database) throws {
    guard difference != .zero else { return }
    let key: [SQLValue] = [.int(level), .int(bucket)]
    let held = try database.first("SELECT value FROM digest WHERE level = ? AND bucket = ?", key) {
      Digest(bytes: $0.blob(0)) ?? .zero
    }
    try set((held ?? .zero) ^ difference, level, bucket, database)
  }

  static func set(_ value: Digest, _ level: Int, _ bucket: Int, _ database: Database) throws {
    try database.run(
      """
      INSERT INTO digest (level, bucket, value) VALUES (?, ?, ?)
      ON CONFLICT (level, bucket) DO UPDATE SET value = excluded.value
      """, [.int(level), .int(bucket), .blob(value.bytes)])
  }

  // MARK: Reading

  static func tops(_ database: Database) throws -> [UInt64] {
    try level(top, 0..<DigestBucket.fanOut, database)
  }

  static func leaves(ofTop bucket: Int, _ database: Database) throws -> [UInt64] {
    try level(leaf, DigestBucket.leaves(ofTop: bucket), database)
  }

  static func orders(inLeaf bucket: Int, _ database: Database) throws -> [(order: OrderID, digest: UInt64)] {
    try database.rows("SELECT order_id, value FROM order_digest WHERE bucket = ?", [.int(bucket)]) { row in
      (try OrderID(row.text(0)), (Digest(bytes: row.blob(1)) ?? .zero).short)
    }
  }

  private static func level(_ level: Int, _ range: Range<Int>, _ database: Database) throws -> [UInt64] {
    var digests = [UInt64](repeating: 0, count: range.count)
    try database.each(
      "SELECT bucket, value FROM digest WHERE level = ? AND bucket >= ? AND bucket < ?",
      [.int(level), .int(range.lowerBound), .int(range.upperBound)]
    ) { row in
      digests[row.int(0) - range.lowerBound] = (Digest(bytes: row.blob(1)) ?? .zero).short
      return true
    }
    return digests
  }

  // MARK: Making them anew

  /// What the log gives for an order.
  static func fromLog(_ order: OrderID, _ database: Database) throws -> Digest {
    var digest = Digest.zero
    try database.each(
      "SELECT hash, verdict, line IS NOT NULL FROM change WHERE order_id = ? AND verdict IS NOT NULL",
      [.text(order.text)]
    ) { row in
      guard let hash = Hash(bytes: row.blob(0)) else { return true }
      digest ^= .of(hash, verdict: row.optionalText(1).flatMap(Verdict.init), hasLine: row.bool(2))
      return true
    }
    return digest
  }

  /// Empties the tables and fills them from the log.
  static func rebuild(_ database: Database) throws {
    try database.run("DELETE FROM order_digest")
    try database.run("DELETE FROM digest")
    var digests = Digests()
    try database.each(
      "SELECT order_id, hash, verdict, line IS NOT NULL FROM change WHERE verdict IS NOT NULL"
    ) { row in
      guard let hash = Hash(bytes: row.blob(1)) else { return true }
      digests.note(
        try OrderID(row.text(0)),
        .of(hash, verdict: row.optionalText(2).flatMap(Verdict.init), hasLine: row.bool(3)))
      return true
    }
    try digests.write(to: database)
  }
}
