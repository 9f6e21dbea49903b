// A database file seen from outside the daemon: read only, by a connection of its own that never checkpoints, copied while the daemon
// goes on writing, and checked. What its tables mean is the programs'.

import Foundation
import GRDBSQLite

/// What is counted in a database, so that a copy can be compared.
public struct DatabaseFacts: Equatable, Sendable {
  /// The number of its newest schema step.
  public var schema: Int
  public var changes: Int
  public var orders: Int
  /// When the newest of its changes was made or received, milliseconds; nil where there is none.
  public var newest: Int?
  /// To whom it belongs; nil at the hub, and before an agent's first start.
  public var platform: String?
}

/// How a program's database is asked; each query gives one value.
public struct DatabaseQueries: Sendable {
  let schema: String
  let newest: String
  let platform: String?

  public init(schema: String, newest: String, platform: String?) {
    self.schema = schema
    self.newest = newest
    self.platform = platform
  }
}

/// One read-only connection.
final class DatabaseReading {
  let path: String
  private let handle: OpaquePointer
  /// Virtual machine steps between two looks at the clock and the signals.
  private static let stepsPerLook: Int32 = 20_000
  private static let maxFindings = 5

  /// - Parameter isAtRest: nobody else has it open. A log that is empty is not looked at then, so that the directory stays as it is.
  init(_ path: String, isAtRest: Bool) throws(BackupError) {
    self.path = path
    let log = path + "-wal"
    var facts = stat()
    let hasLog = stat(log, &facts) == 0 && facts.st_size > 0
    var handle: OpaquePointer?
    let absolute = URL(fileURLWithPath: path).path
    guard let name = absolute.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) else {
      throw .database(path: path, doing: "open", message: "its name cannot be written as a URI")
    }
    let uri = "file:\(name)" + (isAtRest && !hasLog ? "?immutable=1" : "")
    let code = sqlite3_open_v2(uri, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, nil)
    guard code == SQLITE_OK, let handle else {
      sqlite3_close_v2(handle)
      throw .database(path: path, doing: "open", message: String(cString: sqlite3_errstr(code)))
    }
    self.handle = handle
    sqlite3_busy_timeout(handle, 10_000)
    // Memory mapping turns an I/O error into a signal.
    _ = try values("PRAGMA mmap_size = 0")
  }

  deinit { sqlite3_close_v2(handle) }

  /// The number of its newest schema step, alone: of a schema that is newer nothing else is known.
  func schema(_ queries: DatabaseQueries) throws(BackupError) -> Int { try number(queries.schema) ?? 0 }

  func facts(_ queries: DatabaseQueries) throws(BackupError) -> DatabaseFacts {
    DatabaseFacts(
      schema: try schema(queries), changes: try number("SELECT COUNT(*) FROM change") ?? 0,
      orders: try number("SELECT COUNT(*) FROM orders") ?? 0, newest: try number(queries.newest),
      platform: try queries.platform.flatMap { (sql) throws(BackupError) in try values(sql).first })
  }

  /// Reads every page and index.
  func demandSound() throws(BackupError) {
    watch(nil)
    defer { sqlite3_progress_handler(handle, 0, nil, nil) }
    let findings = try values("PRAGMA integrity_check(\(DatabaseReading.maxFindings))")
    guard findings == ["ok"] else { throw .unsound(path: path, findings: findings) }
  }

  /// Writes the database as it is at this moment into an empty file, in one read transaction. Free pages, and with them whatever was
  /// deleted, are left behind (https://www.sqlite.org/lang_vacuum.html).
  func copy(to copy: String) throws(BackupError) {
    let bytes = try number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()") ?? 0
    let watcher = CopyWatcher(copy, progress: BackupProgress("Copying", bytes: bytes))
    watch(watcher)
    defer {
      sqlite3_progress_handler(handle, 0, nil, nil)
      watcher.progress.finish()
    }
    _ = try values("VACUUM INTO ?", binding: copy, doing: "copy")
    withExtendedLifetime(watcher) {}
  }

  private func watch(_ watcher: CopyWatcher?) {
    let context = watcher.map { Unmanaged.passUnretained($0).toOpaque() }
    sqlite3_progress_handler(
      handle, DatabaseReading.stepsPerLook,
      { context in
        if let context { Unmanaged<CopyWatcher>.fromOpaque(context).takeUnretainedValue().look() }
        return Interruption.happened ? 1 : 0
      }, context)
  }

  private func number(_ sql: String) throws(BackupError) -> Int? { try values(sql).first.flatMap { Int($0) } }

  /// The first column of every row that is not null, as text.
  private func values(
    _ sql: String, binding text: String? = nil, doing: String = "read"
  ) throws(BackupError) -> [String] {
    var statement: OpaquePointer?
    guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK else { throw failure(doing) }
    defer { sqlite3_finalize(statement) }
    if let text {
      let bytes = Array(text.utf8CString)
      let copies = unsafeBitCast(-1, to: sqlite3_destructor_type.self)  // SQLITE_TRANSIENT: SQLite copies the text
      guard sqlite3_bind_text(statement, 1, bytes, -1, copies) == SQLITE_OK else { throw failure(doing) }
    }
    var found: [String] = []
    while true {
      switch sqlite3_step(statement) {
      case SQLITE_ROW:
        if let text = sqlite3_column_text(statement, 0) { found.append(String(cString: text)) }
      case SQLITE_DONE: return found
      case SQLITE_INTERRUPT: throw .interrupted
      default: throw failure(doing)
      }
    }
  }

  private func failure(_ doing: String) -> BackupError {
    if sqlite3_errcode(handle) & 0xFF == SQLITE_FULL { return .full(path: path, doing: doing) }
    return .database(path: path, doing: doing, message: String(cString: sqlite3_errmsg(handle)))
  }
}

/// Looks now and then how far a copy has grown.
private final class CopyWatcher {
  let progress: BackupProgress
  private let path: String

  init(_ path: String, progress: BackupProgress) {
    self.path = path
    self.progress = progress
  }

  func look() {
    var facts = stat()
    if stat(path, &facts) == 0 { progress.show(Int(facts.st_size)) }
  }
}
