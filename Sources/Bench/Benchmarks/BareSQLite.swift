// The floor: the same rows that an ingest writes, by the bare SQLite driver: a log row, a feed row and their indexes a change, 500
// changes a transaction, write-ahead log, synchronous=FULL.

import Core
import Foundation
import GRDB
import GRDBSQLite

enum BareSQLite {
  private static let schema = """
    CREATE TABLE change (platform TEXT, replica TEXT, n BIGINT, order_id TEXT, ordinal BIGINT, prev BIGINT, hash BYTEA,
      chain BYTEA, receipt BYTEA, verdict TEXT, received BIGINT, notes BIGINT, line BYTEA, PRIMARY KEY (platform, replica, n));
    CREATE UNIQUE INDEX change_by_order ON change (order_id, ordinal);
    CREATE TABLE feed (platform TEXT, position BIGINT, feed_hash BYTEA, order_id TEXT, author TEXT, replica TEXT, n BIGINT,
      PRIMARY KEY (platform, position));
    CREATE INDEX feed_by_order ON feed (platform, order_id, position);
    """

  /// Inserts the entries; returns the seconds it took.
  static func insert(_ entries: [Entry], directory: String) throws -> Double {
    let path = directory + "/bare.db"
    for suffix in ["", "-wal", "-shm"] where FileManager.default.fileExists(atPath: path + suffix) {
      try FileManager.default.removeItem(atPath: path + suffix)
    }
    let pool = try DatabasePool(path: path)
    try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA synchronous = FULL") }
    try pool.write { db in try db.execute(sql: schema) }
    let taken = try seconds {
      var position = 0
      for start in stride(from: 0, to: entries.count, by: 500) {
        try pool.write { db in
          let change = try db.cachedStatement(sql: "INSERT INTO change VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)")
          let feed = try db.cachedStatement(sql: "INSERT INTO feed VALUES (?,?,?,?,?,?,?)")
          for entry in entries[start..<min(start + 500, entries.count)] {
            position += 1
            let head = entry.head
            try run(
              change.sqliteStatement,
              [
                .text("water"), .text(head.dot.replica.text), .int(head.dot.n), .text(head.order.text), .int(position),
                .int(head.prev), .blob(head.hash.bytes), .blob(head.hash.bytes), .blob(head.hash.bytes),
                .text("accepted"),
                .int(1), .int(0), .blob(entry.line ?? []),
              ])
            try run(
              feed.sqliteStatement,
              [
                .text("water"), .int(position), .blob(head.hash.bytes), .text(head.order.text), .text("water"),
                .text(head.dot.replica.text), .int(head.dot.n),
              ])
          }
        }
      }
    }
    try pool.close()
    return taken
  }

  private enum Value {
    case text(String)
    case int(Int)
    case blob([UInt8])
  }

  private static func run(_ statement: OpaquePointer, _ values: [Value]) throws {
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    for (index, value) in values.enumerated() {
      let place = Int32(index + 1)
      switch value {
      case .text(let text): sqlite3_bind_text(statement, place, text, -1, transient)
      case .int(let number): sqlite3_bind_int64(statement, place, Int64(number))
      case .blob(let bytes): sqlite3_bind_blob(statement, place, bytes, Int32(bytes.count), transient)
      }
    }
    guard sqlite3_step(statement) == SQLITE_DONE else { throw DatabaseError(message: "a row was refused") }
    sqlite3_reset(statement)
  }
}
