// The database file of an agent that is stopped: altering it behind the agent's back, and telling afterwards whether everything is as it
// was. It knows the agent's tables, as a disk error or a curious hand would meet them.

import Core
import Foundation
import GRDB
import Shell

/// What the file holds of some orders, and every digest of buckets; two that are equal are equal byte for byte.
struct FileContent: Equatable {
  struct Order: Equatable {
    var state: [UInt8]?
    var digest: [UInt8]?
    /// In the log's order.
    var lines: [[UInt8]?]
  }

  var orders: [OrderID: Order]
  var buckets: [[UInt8]]

  /// How many of these orders are in another file as they are in this one.
  func equalOrders(_ other: FileContent) -> Int { orders.count { other.orders[$0.key] == $0.value } }
}

struct AgentFile {
  private let queue: DatabaseQueue

  init(_ world: BenchWorld) throws { queue = try DatabaseQueue(path: world.agent + "/agent.db") }

  func close() throws { try queue.close() }

  /// So many orders, spread over all of them.
  func orders(_ count: Int) throws -> [OrderID] {
    let all = try queue.read { try String.fetchAll($0, sql: "SELECT order_id FROM orders ORDER BY order_id") }
    return try (0..<count).map { try OrderID(all[$0 * all.count / count]) }
  }

  func content(of orders: [OrderID]) throws -> FileContent {
    try queue.read { database in
      var found: [OrderID: FileContent.Order] = [:]
      for order in orders {
        let id = order.text
        found[order] = FileContent.Order(
          state: try bytes("SELECT state FROM orders WHERE order_id = ?", [id], database),
          digest: try bytes(
            "SELECT value FROM order_digest WHERE bucket = ? AND order_id = ?", [DigestBucket.leaf(of: order), id],
            database
          ),
          lines: try Row.fetchAll(
            database, sql: "SELECT line FROM change WHERE order_id = ? ORDER BY seq", arguments: [id]
          )
          .map { (row) -> [UInt8]? in (row[0] as Data?).map(Array.init) })
      }
      // A bucket that is zero may have a row or none.
      let buckets = try Data.fetchAll(
        database, sql: "SELECT value FROM digest WHERE value <> zeroblob(32) ORDER BY level, bucket")
      return FileContent(orders: found, buckets: buckets.map(Array.init))
    }
  }

  private func bytes(_ sql: String, _ arguments: StatementArguments, _ database: Database) throws -> [UInt8]? {
    try Data.fetchOne(database, sql: sql, arguments: arguments).map(Array.init)
  }

  // MARK: Altering

  /// Takes the last line of each of these orders away and spoils its state; the digests say so, and differ from the hub's.
  func dropLines(of orders: [OrderID]) throws {
    try queue.write { database in
      for order in orders {
        let change = try lastLine(of: order, database)
        try database.execute(sql: "UPDATE change SET line = NULL WHERE seq = ?", arguments: [change.seq])
        try spoil("orders", "state", "order_id = ?", [order.text], at: change.seq, database)
        let difference =
          Digest.of(change.hash, verdict: change.verdict, hasLine: true)
          ^ Digest.of(change.hash, verdict: change.verdict, hasLine: false)
        let leaf = DigestBucket.leaf(of: order)
        try add(difference, "order_digest", "bucket = ? AND order_id = ?", [leaf, order.text], database)
        try add(difference, "digest", "level = 1 AND bucket = ?", [leaf], database)
        try add(difference, "digest", "level = 0 AND bucket = ?", [DigestBucket.top(ofLeaf: leaf)], database)
      }
    }
  }

  /// Spoils state, line and digest rows of these orders, in each another choice of the three, and corrects nothing. Of the lines half
  /// are altered and half taken away. Returns how many rows that were.
  func spoil(_ orders: [OrderID]) throws -> Int {
    try queue.write { database in
      var rows = 0
      for (index, order) in orders.enumerated() {
        let choice = index % 7 + 1
        if choice & 1 != 0 { try spoil("orders", "state", "order_id = ?", [order.text], at: index, database) }
        if choice & 2 != 0 {
          let change = try lastLine(of: order, database)
          if index.isMultiple(of: 2) {
            try spoil("change", "line", "seq = ?", [change.seq], at: index, database)
          } else {
            try database.execute(sql: "UPDATE change SET line = NULL WHERE seq = ?", arguments: [change.seq])
          }
        }
        if choice & 4 != 0 {
          try spoil(
            "order_digest", "value", "bucket = ? AND order_id = ?", [DigestBucket.leaf(of: order), order.text],
            at: index,
            database)
        }
        rows += choice.nonzeroBitCount
      }
      return rows
    }
  }

  private func lastLine(of order: OrderID, _ database: Database) throws -> (seq: Int, hash: Hash, verdict: Core.Verdict)
  {
    let row = try Row.fetchOne(
      database,
      sql: "SELECT seq, hash, verdict FROM change WHERE order_id = ? AND line IS NOT NULL ORDER BY seq DESC LIMIT 1",
      arguments: [order.text])
    guard let row, let hash = Hash(bytes: Array(row[1] as Data)), let verdict = Core.Verdict(rawValue: row[2]) else {
      throw CommandFailure("the agent has no change of \(order) that the hub judged")
    }
    return (row[0], hash, verdict)
  }

  /// Turns one bit of a value over.
  private func spoil(
    _ table: String, _ column: String, _ place: String, _ arguments: StatementArguments, at index: Int,
    _ database: Database
  ) throws {
    let held = try bytes("SELECT \(column) FROM \(table) WHERE \(place)", arguments, database)
    guard var value = held, !value.isEmpty else { throw CommandFailure("\(table) has no \(column) to alter") }
    value[index * 31 % value.count] ^= 1
    try set(value, table, column, place, arguments, database)
  }

  private func add(
    _ difference: Digest, _ table: String, _ place: String, _ arguments: StatementArguments, _ database: Database
  ) throws {
    let held = try bytes("SELECT value FROM \(table) WHERE \(place)", arguments, database).flatMap(Digest.init)
    guard let held else { throw CommandFailure("\(table) has no row of an order that is held") }
    try set((held ^ difference).bytes, table, "value", place, arguments, database)
  }

  private func set(
    _ value: [UInt8], _ table: String, _ column: String, _ place: String, _ arguments: StatementArguments,
    _ database: Database
  ) throws {
    try database.execute(
      sql: "UPDATE \(table) SET \(column) = ? WHERE \(place)", arguments: [Data(value)] + arguments)
  }
}
