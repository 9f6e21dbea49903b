// The small database protocol under the hub's store. SQL above it is written once, in what SQLite and PostgreSQL share: positional
// `$1` parameters in order of first use, BYTEA/BIGINT/TEXT columns, ON CONFLICT. Drivers live beside this file.

/// One bound value.
enum SQLValue: Sendable, Hashable {
  case null
  case integer(Int)
  case text(String)
  case blob([UInt8])

  static func optional(_ value: Int?) -> SQLValue { value.map(SQLValue.integer) ?? .null }
  static func optional(_ value: String?) -> SQLValue { value.map(SQLValue.text) ?? .null }
  static func optional(_ value: [UInt8]?) -> SQLValue { value.map(SQLValue.blob) ?? .null }
  static func flag(_ value: Bool) -> SQLValue { .integer(value ? 1 : 0) }
}

/// One row of a result, valid only inside the closure that receives it. Columns from 0.
protocol SQLRow {
  func isNull(_ column: Int) -> Bool
  func int(_ column: Int) -> Int
  func text(_ column: Int) -> String
  func blob(_ column: Int) -> [UInt8]
}

extension SQLRow {
  func optionalInt(_ column: Int) -> Int? { isNull(column) ? nil : int(column) }
  func optionalText(_ column: Int) -> String? { isNull(column) ? nil : text(column) }
  func optionalBlob(_ column: Int) -> [UInt8]? { isNull(column) ? nil : blob(column) }
}

/// Why the database did not do it.
enum StoreError: Error, Sendable, CustomStringConvertible {
  /// No space left: nothing was written; reading goes on.
  case diskFull
  /// A read or write failed below: the process must stop, reopen and recover, never retry and acknowledge.
  case inputOutput(String)
  /// Reading goes on, but nothing can be written: its file, folder or disk is read-only to this process.
  case readOnly(String)
  /// Another process holds it.
  case busy(String)
  /// The file is not a database, or damaged.
  case corrupt(String)
  /// The row is there already.
  case constraint(String)
  /// The database gave up the whole transaction before its end.
  case rolledBack
  /// The schema is newer than this software.
  case tooNew(found: Int, known: Int)
  case other(String)

  /// True where nothing more can be done in the same transaction.
  var endsTransaction: Bool {
    switch self {
    case .diskFull, .inputOutput, .readOnly, .corrupt, .rolledBack: true
    default: false
    }
  }

  /// True where the disk's state is unknown, or nothing can be written to it, and the process must start anew.
  var needsRestart: Bool {
    switch self {
    case .inputOutput, .readOnly, .corrupt: true
    default: false
    }
  }

  var description: String {
    switch self {
    case .diskFull: "the disk is full: nothing was written; free some space and it goes on by itself"
    case .inputOutput(let message): "the disk failed (\(message)): restart the hub after the disk is sound"
    case .readOnly(let message):
      "the database cannot be written (\(message)): see to its file's owner and mode and to its disk, then restart the hub"
    case .busy(let message): "the database is in use by another process (\(message))"
    case .corrupt(let message): "the database is damaged (\(message)): restore it from a backup"
    case .constraint(let message): "a row is there already (\(message))"
    case .rolledBack: "the database gave up the transaction: nothing of it was written"
    case .tooNew(let found, let known):
      "the database has schema \(found), this software knows \(known): install the newer version"
    case .other(let message): "the database refused (\(message))"
    }
  }
}

/// A connection inside a transaction.
protocol DatabaseConnection {
  /// What a SELECT ends with to lock the rows it reads until the transaction ends; empty where one writer has all.
  var rowLock: String { get }
  /// Runs one statement; returns the number of rows changed.
  @discardableResult
  func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int
  /// Runs a query and calls `each` once a row.
  func query(_ sql: String, _ arguments: [SQLValue], _ each: (any SQLRow) throws -> Void) throws
  /// Runs `body` in a savepoint: its error undoes only what it did.
  func savepoint<Value>(_ body: () throws -> Value) throws -> Value
}

extension DatabaseConnection {
  /// The first row's value, or nil where there is none.
  func first<Value>(_ sql: String, _ arguments: [SQLValue], _ read: (any SQLRow) throws -> Value) throws -> Value? {
    var found: Value?
    try query(sql, arguments) { row in if found == nil { found = try read(row) } }
    return found
  }

  func all<Value>(_ sql: String, _ arguments: [SQLValue], _ read: (any SQLRow) throws -> Value) throws -> [Value] {
    var found: [Value] = []
    try query(sql, arguments) { row in found.append(try read(row)) }
    return found
  }

  func count(_ sql: String, _ arguments: [SQLValue] = []) throws -> Int {
    try first(sql, arguments) { $0.int(0) } ?? 0
  }
}

/// A database. All functions block: call them from a thread pool, never on an event loop.
protocol Database: Sendable {
  /// True where no other process can write, so that what was read once stays true until this process changes it.
  var hasOneWriter: Bool { get }
  /// A consistent snapshot.
  func read<Value>(_ body: (any DatabaseConnection) throws -> Value) throws -> Value
  /// One transaction, durable when this returns.
  @discardableResult
  func write<Value>(_ body: (any DatabaseConnection) throws -> Value) throws -> Value
  /// Facts for `doctor`: name, whether it is well, what was found.
  func check() throws -> [(name: String, isWell: Bool, detail: String)]
  /// Ends it. Everything is in the main file then, so that a copy of that alone is whole; where this throws, nothing is lost, but the
  /// file's companions belong to it still.
  func close() throws
}
