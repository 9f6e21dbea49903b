// Runs SQL on GRDB's cached statements with SQLite's own bind and column calls: half the cost of the library's arguments and rows,
// and the same everywhere in the store. Knows no table.

import GRDB
import GRDBSQLite

/// A value that is bound to a `?`.
enum SQLValue {
  case null
  case int(Int)
  case text(String)
  case blob([UInt8])

  static func optional(_ value: Int?) -> SQLValue { value.map(SQLValue.int) ?? .null }
  static func optional(_ text: String?) -> SQLValue { text.map(SQLValue.text) ?? .null }
  static func optional(_ bytes: [UInt8]?) -> SQLValue { bytes.map(SQLValue.blob) ?? .null }
  static func bool(_ flag: Bool) -> SQLValue { .int(flag ? 1 : 0) }
}

/// The row that a statement stands on. Valid only inside the closure that it was passed to.
struct SQLRow {
  fileprivate let statement: OpaquePointer

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(statement, column) == SQLITE_NULL }
  func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(statement, column)) }
  func bool(_ column: Int32) -> Bool { int(column) != 0 }

  func text(_ column: Int32) -> String {
    guard let bytes = sqlite3_column_text(statement, column) else { return "" }
    let count = Int(sqlite3_column_bytes(statement, column))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  func blob(_ column: Int32) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(statement, column) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(statement, column))))
  }

  func optionalInt(_ column: Int32) -> Int? { isNull(column) ? nil : int(column) }
  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }
  func optionalBlob(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : blob(column) }
}

extension Database {
  /// Runs a statement that returns no rows.
  func run(_ sql: String, _ values: [SQLValue] = []) throws {
    try step(sql, values) { _ in true }
  }

  /// Calls `body` for each row until it returns false.
  func each(_ sql: String, _ values: [SQLValue] = [], _ body: (SQLRow) throws -> Bool) throws {
    try step(sql, values, body)
  }

  /// All rows, mapped.
  func rows<Value>(_ sql: String, _ values: [SQLValue] = [], _ map: (SQLRow) throws -> Value) throws -> [Value] {
    var result: [Value] = []
    try step(sql, values) { row in
      result.append(try map(row))
      return true
    }
    return result
  }

  /// The first row, mapped, or nil where there is none.
  func first<Value>(_ sql: String, _ values: [SQLValue] = [], _ map: (SQLRow) throws -> Value) throws -> Value? {
    var result: Value?
    try step(sql, values) { row in
      result = try map(row)
      return false
    }
    return result
  }

  /// The one integer of a row that is always there, as of a count.
  func number(_ sql: String, _ values: [SQLValue] = []) throws -> Int {
    try first(sql, values) { $0.int(0) } ?? 0
  }

  private func step(_ sql: String, _ values: [SQLValue], _ body: (SQLRow) throws -> Bool) throws {
    let cached = try cachedStatement(sql: sql)
    let statement = cached.sqliteStatement
    // A statement that is left open would keep its read transaction; one that is in use already (a query inside a query on the same
    // SQL) would be reset under its user, which no caller does.
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
      withExtendedLifetime(cached) {}
    }
    for (index, value) in values.enumerated() { try bind(value, at: Int32(index + 1), statement) }
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW: if try !body(SQLRow(statement: statement)) { return }
      case SQLITE_DONE: return
      default: throw failure(sql)
      }
    }
  }

  private func bind(_ value: SQLValue, at index: Int32, _ statement: OpaquePointer) throws {
    // SQLite copies the bytes (SQLITE_TRANSIENT), so they need not outlive the call.
    let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    let code: Int32
    switch value {
    case .null: code = sqlite3_bind_null(statement, index)
    case .int(let number): code = sqlite3_bind_int64(statement, index, Int64(number))
    case .text(var text):
      code = text.withUTF8 { utf8 in
        guard let start = utf8.baseAddress else { return sqlite3_bind_text(statement, index, "", 0, copied) }
        return start.withMemoryRebound(to: CChar.self, capacity: utf8.count) {
          sqlite3_bind_text(statement, index, $0, Int32(utf8.count), copied)
        }
      }
    case .blob(let bytes):
      code = bytes.withUnsafeBytes { buffer in
        guard let start = buffer.baseAddress, !buffer.isEmpty else { return sqlite3_bind_zeroblob(statement, index, 0) }
        return sqlite3_bind_blob(statement, index, start, Int32(buffer.count), copied)
      }
    }
    guard code == SQLITE_OK else { throw failure("bind") }
  }

  private func failure(_ sql: String) -> DatabaseError {
    DatabaseError(
      resultCode: ResultCode(rawValue: sqlite3_extended_errcode(sqliteConnection)),
      message: sqliteConnection.map { String(cString: sqlite3_errmsg($0)) }, sql: sql)
  }
}
