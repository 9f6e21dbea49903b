// The digest tables at the hub: of each order, and for each platform of the buckets of orders that concern it, kept in the transactions
// that change them.

import Core

/// What one transaction changes of the buckets.
struct HubDigests {
  private static let top = 0
  private static let leaf = 1

  private var leaves: [PlatformName: [Int: Digest]] = [:]

  mutating func note(_ platform: PlatformName, _ bucket: Int, _ difference: Digest) {
    guard difference != .zero else { return }
    leaves[platform, default: [:]][bucket, default: .zero] ^= difference
  }

  /// Adds what was noted to the rows; platforms sorted, as everywhere.
  func write(to db: any DatabaseConnection) throws {
    for platform in leaves.keys.sorted() {
      let buckets = leaves[platform] ?? [:]
      var tops: [Int: Digest] = [:]
      for bucket in buckets.keys.sorted() {
        let difference = buckets[bucket] ?? .zero
        tops[DigestBucket.top(ofLeaf: bucket), default: .zero] ^= difference
        try HubDigests.add(difference, to: platform, HubDigests.leaf, bucket, db)
      }
      for bucket in tops.keys.sorted() {
        try HubDigests.add(tops[bucket] ?? .zero, to: platform, HubDigests.top, bucket, db)
      }
    }
  }

  private static func add(
    _ difference: Digest, to platform: PlatformName, _ level: Int, _ bucket: Int, _ db: any DatabaseConnection
  ) throws {
    guard difference != .zero else { return }
    let key: [SQLValue] = [.text(platform.text), .integer(level), .integer(bucket)]
    let held = try db.first(
      "SELECT value FROM digest WHERE platform = $1 AND level = $2 AND bucket = $3" + db.rowLock, key
    ) { Digest(bytes: $0.blob(0)) ?? .zero }
    try set(((held ?? .zero) ^ difference), platform, level, bucket, db)
  }

  private static func set(
    _ value: Digest, _ platform: PlatformName, _ level: Int, _ bucket: Int, _ db: any DatabaseConnection
  ) throws {
    try db.execute(
      """
      INSERT INTO digest (platform, level, bucket, value) VALUES ($1, $2, $3, $4)
      ON CONFLICT (platform, level, bucket) DO UPDATE SET value = excluded.value
      """, [.text(platform.text), .integer(level), .integer(bucket), .blob(value.bytes)])
  }

  // MARK: Reading

  static func tops(of platform: PlatformName, _ db: any DatabaseConnection) throws -> [UInt64] {
    try level(top, 0..<DigestBucket.fanOut, platform, db)
  }

  static func leaves(ofTop bucket: Int, of platform: PlatformName, _ db: any DatabaseConnection) throws -> [UInt64] {
    try level(leaf, DigestBucket.leaves(ofTop: bucket), platform, db)
  }

  static func orders(
    inLeaf bucket: Int, of platform: PlatformName, _ db: any DatabaseConnection
  ) throws -> [(order: OrderID, digest: UInt64)] {
    try db.all(
      """
      SELECT o.order_id, o.digest FROM concern c JOIN orders o ON o.order_id = c.order_id
      WHERE c.platform = $1 AND c.bucket = $2 ORDER BY c.order_id
      """, [.text(platform.text), .integer(bucket)]
    ) { row in (try OrderID(row.text(0)), (Digest(bytes: row.blob(1)) ?? .zero).short) }
  }

  private static func level(
    _ level: Int, _ range: Range<Int>, _ platform: PlatformName, _ db: any DatabaseConnection
  ) throws -> [UInt64] {
    var digests = [UInt64](repeating: 0, count: range.count)
    try db.query(
      "SELECT bucket, value FROM digest WHERE platform = $1 AND level = $2 AND bucket >= $3 AND bucket < $4",
      [.text(platform.text), .integer(level), .integer(range.lowerBound), .integer(range.upperBound)]
    ) { row in digests[row.int(0) - range.lowerBound] = (Digest(bytes: row.blob(1)) ?? .zero).short }
    return digests
  }

  // MARK: Making them anew

  /// What the log gives for an order.
  static func fromLog(_ order: OrderID, _ db: any DatabaseConnection) throws -> Digest {
    var digest = Digest.zero
    try db.query(
      "SELECT hash, verdict, LENGTH(line) FROM change WHERE order_id = $1", [.text(order.text)]
    ) { row in
      guard let hash = Hash(bytes: row.blob(0)) else { return }
      digest ^= .of(hash, verdict: Verdict(rawValue: row.text(1)), hasLine: row.int(2) > 0)
    }
    return digest
  }

  /// Buckets whose digest is not the sum of their orders', with what it should be.
  static func wrongBuckets(
    of platform: PlatformName, _ db: any DatabaseConnection
  ) throws -> [(level: Int, bucket: Int, value: Digest)] {
    var sums: [[Int: Digest]] = [[:], [:]]
    try db.query(
      "SELECT c.bucket, o.digest FROM concern c JOIN orders o ON o.order_id = c.order_id WHERE c.platform = $1",
      [.text(platform.text)]
    ) { row in
      let digest = Digest(bytes: row.blob(1)) ?? .zero
      sums[leaf][row.int(0), default: .zero] ^= digest
      sums[top][DigestBucket.top(ofLeaf: row.int(0)), default: .zero] ^= digest
    }
    var stored: [[Int: Digest]] = [[:], [:]]
    try db.query("SELECT level, bucket, value FROM digest WHERE platform = $1", [.text(platform.text)]) { row in
      if stored.indices.contains(row.int(0)) { stored[row.int(0)][row.int(1)] = Digest(bytes: row.blob(2)) }
    }
    return sums.indices.flatMap { level in
      Set(sums[level].keys).union(stored[level].keys).sorted().compactMap { bucket in
        let sum = sums[level][bucket] ?? .zero
        return stored[level][bucket] ?? .zero == sum ? nil : (level, bucket, sum)
      }
    }
  }

  static func correctBuckets(of platform: PlatformName, _ db: any DatabaseConnection) throws -> Int {
    let wrong = try wrongBuckets(of: platform, db)
    for item in wrong { try set(item.value, platform, item.level, item.bucket, db) }
    return wrong.count
  }

  /// Fills everything from the log, for a database that had no digests.
  static func fill(_ db: any DatabaseConnection) throws {
    let orders = try db.all("SELECT order_id FROM orders", []) { try OrderID($0.text(0)) }
    for order in orders {
      try db.execute(
        "UPDATE orders SET digest = $1 WHERE order_id = $2", [.blob(try fromLog(order, db).bytes), .text(order.text)])
      try db.execute(
        "UPDATE concern SET bucket = $1 WHERE order_id = $2",
        [.integer(DigestBucket.leaf(of: order)), .text(order.text)])
    }
    let platforms = try db.all("SELECT platform FROM platform ORDER BY platform", []) { try PlatformName($0.text(0)) }
    for platform in platforms { _ = try correctBuckets(of: platform, db) }
  }
}
