// The SQLite driver: GRDB's pool in WAL mode with synchronous=FULL, and statements bound by SQLite's own calls (half the cost of
// GRDB's argument binding on the ingest path, see docs/decisions/0006).

import Foundation
import GRDB
import GRDBSQLite
import Shell

final class SQLiteDatabase: Database {
  private let pool: DatabasePool

  /// Opens or creates the file. One process at a time: the caller holds the process lock.
  init(path: String, readers: Int = 4) throws {
    try SQLiteDatabase.demandWritable(path)
    var configuration = Configuration()
    configuration.maximumReaderCount = readers
    configuration.busyMode = .timeout(5)
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA mmap_size = 0")
      try db.execute(sql: "PRAGMA cache_size = -16000")
      try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
      // What is deleted is overwritten: a purged value is on no page any more. Not every SQLite is built so.
      try db.execute(sql: "PRAGMA secure_delete = ON")
    }
    do {
      try WriteAheadLog.rewrite(besideDatabase: path)
      pool = try DatabasePool(path: path, configuration: configuration)
      // GRDB sets NORMAL while it sets up WAL, after prepareDatabase: FULL must come after opening.
      try pool.writeWithoutTransaction { db in
        try db.execute(sql: "PRAGMA synchronous = FULL")
        // The log begins small again, unless a backup is reading: then it stays until later.
        _ = try db.checkpoint(.passive)
      }
    } catch {
      throw SQLiteDatabase.translated(error)
    }
  }

  var hasOneWriter: Bool { true }

  func read<Value>(_ body: (any DatabaseConnection) throws -> Value) throws -> Value {
    do { return try pool.read { db in try body(SQLiteConnection(db: db, isWriting: false)) } } catch {
      throw SQLiteDatabase.translated(error)
    }
  }

  func write<Value>(_ body: (any DatabaseConnection) throws -> Value) throws -> Value {
    do { return try pool.write { db in try body(SQLiteConnection(db: db, isWriting: true)) } } catch {
      throw SQLiteDatabase.translated(error)
    }
  }

  func check() throws -> [(name: String, isWell: Bool, detail: String)] {
    var found: [(name: String, isWell: Bool, detail: String)] = []
    do {
      let synchronous = try pool.writeWithoutTransaction { db in try Int.fetchOne(db, sql: "PRAGMA synchronous") ?? -1 }
      found.append(("durable writes", synchronous == 2, "PRAGMA synchronous = \(synchronous) (2 is FULL)"))
      let mode = try pool.read { db in try String.fetchOne(db, sql: "PRAGMA journal_mode") ?? "" }
      found.append(("write-ahead log", mode == "wal", "journal_mode = \(mode)"))
      // The quick check does not hold indexes against their tables, and lists are read by indexes.
      let integrity = try pool.read { db in try String.fetchAll(db, sql: "PRAGMA integrity_check(5)") }
      found.append(("integrity", integrity == ["ok"], integrity.joined(separator: "; ")))
    } catch {
      throw SQLiteDatabase.translated(error)
    }
    return found
  }

  func close() throws {
    do {
      // SQLite does this by itself only where the last connection to close may write, and the pool's last are its readers.
      let moved = Result { try pool.barrierWriteWithoutTransaction { db in _ = try db.checkpoint(.truncate) } }
      try pool.close()
      try moved.get()
    } catch {
      throw SQLiteDatabase.translated(error)
    }
  }

  /// SQLite would open a file that cannot be written for reading, and the first write would fail without naming it.
  private static func demandWritable(_ path: String) throws(StoreError) {
    for file in [path, path + "-wal", path + "-shm"] where access(file, W_OK) != 0 {
      let code = errno
      if code != ENOENT { throw .readOnly("\(file) is a readonly database file: \(String(cString: strerror(code)))") }
    }
  }

  static func translated(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    return storeError(code: error.resultCode.rawValue, message: error.message ?? error.description)
  }

  static func storeError(code: Int32, message: String) -> StoreError {
    switch code & 0xFF {
    case SQLITE_FULL: .diskFull
    case SQLITE_READONLY: .readOnly(message)
    case SQLITE_IOERR, SQLITE_CANTOPEN: .inputOutput(message)
    case SQLITE_BUSY, SQLITE_LOCKED: .busy(message)
    case SQLITE_CORRUPT, SQLITE_NOTADB: .corrupt(message)
    case SQLITE_CONSTRAINT: .constraint(message)
    default: .other(message)
    }
  }
}

private struct SQLiteConnection: DatabaseConnection {
  let db: GRDB.Database
  let isWriting: Bool

  /// A full disk, a failed write or a lack of memory may have rolled back the whole transaction under our feet; whatever came
  /// after it would then be committed by itself.
  private func demandTransaction() throws {
    if isWriting, sqlite3_get_autocommit(db.sqliteConnection) != 0 { throw StoreError.rolledBack }
  }

  var rowLock: String { "" }

  @discardableResult
  func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int {
    try run(sql, arguments) { _ in }
    return Int(sqlite3_changes(db.sqliteConnection))
  }

  func query(_ sql: String, _ arguments: [SQLValue], _ each: (any SQLRow) throws -> Void) throws {
    try run(sql, arguments, each)
  }

  func savepoint<Value>(_ body: () throws -> Value) throws -> Value {
    try execute("SAVEPOINT request", [])
    do {
      let value = try body()
      try execute("RELEASE SAVEPOINT request", [])
      return value
    } catch {
      // Where the whole transaction is gone there is no savepoint left.
      if sqlite3_get_autocommit(db.sqliteConnection) == 0 {
        try execute("ROLLBACK TO SAVEPOINT request", [])
        try execute("RELEASE SAVEPOINT request", [])
      }
      throw error
    }
  }

  private func run(_ sql: String, _ arguments: [SQLValue], _ each: (any SQLRow) throws -> Void) throws {
    try demandTransaction()
    let cached = try db.cachedStatement(sql: sql)
    try withExtendedLifetime(cached) {
      let statement = cached.sqliteStatement
      // A statement that is in use further up the stack (a query inside a query) must not be reset under it.
      guard sqlite3_stmt_busy(statement) == 0 else {
        let fresh = try db.makeStatement(sql: sql)
        return try withExtendedLifetime(fresh) { try step(fresh.sqliteStatement, arguments, each) }
      }
      try step(statement, arguments, each)
    }
  }

  private func step(_ statement: OpaquePointer, _ arguments: [SQLValue], _ each: (any SQLRow) throws -> Void) throws {
    defer {
      sqlite3_reset(statement)
      sqlite3_clear_bindings(statement)
    }
    #if DEBUG
      // SQLite numbers $1, $2 … by their first appearance: a statement must name them in that order.
      for index in arguments.indices {
        let name = sqlite3_bind_parameter_name(statement, Int32(index + 1)).map { String(cString: $0) }
        guard name == nil || name == "$\(index + 1)" else {
          throw StoreError.other("parameter \(index + 1) is named \(name ?? "")")
        }
      }
    #endif
    for (index, argument) in arguments.enumerated() {
      let code = bind(statement, Int32(index + 1), argument)
      if code != SQLITE_OK { throw failure(code) }
    }
    let row = SQLiteRow(statement: statement)
    while true {
      let code = sqlite3_step(statement)
      if code == SQLITE_ROW {
        try each(row)
      } else if code == SQLITE_DONE {
        return
      } else {
        throw failure(sqlite3_extended_errcode(db.sqliteConnection))
      }
    }
  }

  private func bind(_ statement: OpaquePointer, _ index: Int32, _ value: SQLValue) -> Int32 {
    // SQLITE_TRANSIENT: SQLite copies the bytes before the call returns.
    let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    switch value {
    case .null: return sqlite3_bind_null(statement, index)
    case .integer(let number): return sqlite3_bind_int64(statement, index, Int64(number))
    case .text(var text):
      return text.withUTF8 { utf8 in
        utf8.withMemoryRebound(to: CChar.self) { characters in
          sqlite3_bind_text(statement, index, characters.baseAddress, Int32(characters.count), transient)
        }
      }
    case .blob(let bytes):
      if bytes.isEmpty { return sqlite3_bind_zeroblob(statement, index, 0) }
      return bytes.withUnsafeBytes { raw in
        sqlite3_bind_blob(statement, index, raw.baseAddress, Int32(raw.count), transient)
      }
    }
  }

  private func failure(_ code: Int32) -> StoreError {
    SQLiteDatabase.storeError(code: code, message: String(cString: sqlite3_errmsg(db.sqliteConnection)))
  }
}

private struct SQLiteRow: SQLRow {
  let statement: OpaquePointer

  func isNull(_ column: Int) -> Bool { sqlite3_column_type(statement, Int32(column)) == SQLITE_NULL }
  func int(_ column: Int) -> Int { Int(sqlite3_column_int64(statement, Int32(column))) }

  func text(_ column: Int) -> String {
    String(decoding: bytes(sqlite3_column_text(statement, Int32(column)), column), as: UTF8.self)
  }

  func blob(_ column: Int) -> [UInt8] {
    Array(bytes(sqlite3_column_blob(statement, Int32(column))?.assumingMemoryBound(to: UInt8.self), column))
  }

  private func bytes(_ start: UnsafePointer<UInt8>?, _ column: Int) -> UnsafeBufferPointer<UInt8> {
    UnsafeBufferPointer(start: start, count: start == nil ? 0 : Int(sqlite3_column_bytes(statement, Int32(column))))
  }
}
