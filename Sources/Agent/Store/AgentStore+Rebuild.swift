// Making everything that follows from the log anew, and comparing it with what is stored: states, which changes wait, digests. Lines
// that the disk altered are dropped where the hub has proved to hold them, so that a comparison brings them again.

import Core
import GRDB

/// How far the looking over has come.
struct Rebuild: Sendable {
  /// At one order alone.
  let order: OrderID?
  /// Whether what is wrong is put right too.
  let isRepairing: Bool
  /// Orders looked at, and which states, digests and lines were wrong.
  var checked = 0
  var wrong = Repairs()
  /// The last order looked at.
  fileprivate var after = ""

  init(only order: OrderID?, repairing: Bool) {
    self.order = order
    isRepairing = repairing
  }
}

extension AgentStore {
  private static let ordersInOne = 200
  /// Pages of one step: some tenths of a second. In between what arrives is fetched, and a stop is heard.
  private static let pagesInOne = 5

  /// Looks at some more orders; edits and the sync go on meanwhile. True where that was all.
  func lookOver(_ rebuild: inout Rebuild, now: Int) throws -> Bool {
    for _ in 0..<AgentStore.pagesInOne where try lookAtPage(of: &rebuild, now: now) {
      if rebuild.order == nil { try lookAtDigests(of: &rebuild, now: now) }
      return true
    }
    return false
  }

  /// True where it was the last page.
  private func lookAtPage(of rebuild: inout Rebuild, now: Int) throws -> Bool {
    let after = rebuild.after
    let page =
      try rebuild.order.map { [$0] }
      ?? database.read { try AgentStore.knownOrders(after: after, limit: AgentStore.ordersInOne, $0) }
    let faults = try database.read { database in
      try page.map { (order: $0, found: try AgentStore.faults(of: $0, database)) }.filter { !$0.found.isEmpty }
    }
    if rebuild.isRepairing, !faults.isEmpty {
      rebuild.wrong.note(
        try write { database in
          let log = OrderLog(database, platform: platform, now: now)
          // What changed since it was looked at may be right by now.
          let found = try faults.flatMap { try log.repair($0.order) }
          _ = try log.finish()
          return found
        })
    } else {
      rebuild.wrong.note(faults.flatMap(\.found))
    }
    rebuild.checked += page.count
    guard rebuild.order == nil, let last = page.last else { return true }
    rebuild.after = last.text
    return false
  }

  /// What hangs on no order that is known.
  private func lookAtDigests(of rebuild: inout Rebuild, now: Int) throws {
    let orphans = try database.read { try Digests.orphans($0) }
    rebuild.wrong.note(orphans.map { Repair(.digest, order: $0) })
    if rebuild.isRepairing, !orphans.isEmpty {
      try write { database in
        let log = OrderLog(database, platform: platform, now: now)
        for order in orphans { log.noteHeld(order, try Digests.stored(order, database)) }
        _ = try log.finish()
      }
    }
    let buckets = try rebuild.isRepairing ? write(Digests.correctBuckets) : database.read(Digests.wrongBuckets)
    rebuild.wrong.note(buckets.map { Repair.bucket($0.bucket, level: $0.level) })
  }

  /// Gives up changes that the disk altered before they were sent, which nobody else has: what was written after them is to be written
  /// again under another run. True where there are any; then that is settled first, by what the hub turns out to hold.
  func giveUpAltered() throws -> Bool {
    var found: Dot?
    try database.read { database in
      try database.each("SELECT replica, n, line, hash FROM outbox WHERE receipt IS NULL ORDER BY run, n") { row in
        if row.optionalBlob(2).map({ Hash.of($0).bytes }) == row.blob(3) { return true }
        found = Dot(try ReplicaID(row.text(0)), row.int(1))
        return false
      }
    }
    guard let found else { return false }
    try noteFork(at: found, because: HealingReason.damage)
    return true
  }

  /// A page of the orders that any table names, by id. Each table gives its own page first: a sort of all of them would be made anew
  /// for every page.
  static func knownOrders(after: String, limit: Int, _ database: Database) throws -> [OrderID] {
    func page(_ table: String) -> String {
      "SELECT order_id FROM (SELECT DISTINCT order_id FROM \(table) WHERE order_id > ?1 ORDER BY order_id LIMIT ?2)"
    }
    return try database.rows(
      "\(page("change")) UNION \(page("orders")) ORDER BY order_id LIMIT ?2", [.text(after), .int(limit)]
    ) { try OrderID($0.text(0)) }
  }

  /// What is wrong with an order as it is stored.
  static func faults(of order: OrderID, _ database: Database) throws -> [Repair] {
    var found: [Repair] = []
    if try Digests.stored(order, database) != Digests.fromLog(order, database) {
      found.append(Repair(.digest, order: order))
    }
    found += try damagedLines(order, database).map { Repair(.line, order: order, dot: $0) }
    if try !OrderLog.agrees(order, database) { found.append(Repair(.state, order: order)) }
    return found
  }

  /// Lines whose bytes are not those that were hashed, of changes with a receipt.
  static func damagedLines(_ order: OrderID, _ database: Database) throws -> [Dot] {
    try database.rows(
      """
      SELECT replica, n, line, hash FROM change
      WHERE order_id = ? AND line IS NOT NULL AND receipt IS NOT NULL ORDER BY seq
      """, [.text(order.text)]
    ) { row in
      Hash.of(row.blob(2)).bytes == row.blob(3) ? nil : Dot(try ReplicaID(row.text(0)), row.int(1))
    }.compactMap(\.self)
  }
}

extension OrderLog {
  /// Puts an order's lines, state and digest right. Returns which of them were wrong.
  func repair(_ order: OrderID) throws -> [Repair] {
    // First, while its own sum still tells what the log holds.
    let difference = try Digests.stored(order, database) ^ Digests.fromLog(order, database)
    let found = try AgentStore.faults(of: order, database)
    if difference != .zero { noteHeld(order, difference) }
    for dot in found.compactMap(\.dot) { try dropLine(of: dot, order) }
    if found.contains(where: { $0.what == .state }) { try refold(order) }
    return found
  }
}

extension Digests {
  static func stored(_ order: OrderID, _ database: Database) throws -> Digest {
    try database.first(
      "SELECT value FROM order_digest WHERE bucket = ? AND order_id = ?",
      [.int(DigestBucket.leaf(of: order)), .text(order.text)]
    ) { Digest(bytes: $0.blob(0)) ?? .zero } ?? .zero
  }

  /// Orders that have a digest and no change.
  static func orphans(_ database: Database) throws -> [OrderID] {
    try database.rows(
      """
      SELECT order_id FROM order_digest
      WHERE NOT EXISTS (SELECT 1 FROM change WHERE change.order_id = order_digest.order_id) ORDER BY order_id
      """
    ) { try OrderID($0.text(0)) }
  }

  /// Buckets whose digest is not the sum of their orders', with what it should be.
  static func wrongBuckets(_ database: Database) throws -> [(level: Int, bucket: Int, value: Digest)] {
    var sums: [[Int: Digest]] = [[:], [:]]
    try database.each("SELECT bucket, value FROM order_digest") { row in
      let digest = Digest(bytes: row.blob(1)) ?? .zero
      sums[leaf][row.int(0), default: .zero] ^= digest
      sums[top][DigestBucket.top(ofLeaf: row.int(0)), default: .zero] ^= digest
      return true
    }
    var stored: [[Int: Digest]] = [[:], [:]]
    try database.each("SELECT level, bucket, value FROM digest") { row in
      if stored.indices.contains(row.int(0)) { stored[row.int(0)][row.int(1)] = Digest(bytes: row.blob(2)) }
      return true
    }
    return sums.indices.flatMap { level in
      Set(sums[level].keys).union(stored[level].keys).sorted().compactMap { bucket in
        let sum = sums[level][bucket] ?? .zero
        return stored[level][bucket] ?? .zero == sum ? nil : (level, bucket, sum)
      }
    }
  }

  /// Makes them right. Returns those that were not.
  static func correctBuckets(_ database: Database) throws -> [(level: Int, bucket: Int, value: Digest)] {
    let wrong = try wrongBuckets(database)
    for item in wrong { try set(item.value, item.level, item.bucket, database) }
    return wrong
  }
}
