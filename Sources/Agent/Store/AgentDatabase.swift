// The database file: one process, one writing connection, few readers, durable commits. What is read and written is AgentStore's.

import Core
import GRDB
import Shell

/// Why the database cannot be opened.
enum AgentDatabaseError: Error, Equatable, CustomStringConvertible {
  case locked(ProcessLock.Failure)
  /// The file is of another platform.
  case foreign(platform: String)
  /// Commits would not survive a power loss.
  case notDurable(String)
  case unusable(path: String, reason: String)

  var description: String {
    switch self {
    case .locked(let failure): failure.description
    case .foreign(let platform):
      "the database belongs to the platform '\(platform)': use its own data directory, or enrol as that platform"
    case .notDurable(let setting): "the database cannot be made durable (\(setting)); is it on a local disk?"
    case .unusable(let path, let reason): "the database \(path) cannot be used: \(reason)"
    }
  }
}

/// The connections to one file. Reads may run beside the writer; writes take turns.
final class AgentDatabase: Sendable {
  let path: String
  private let pool: DatabasePool
  private let lock: ProcessLock

  /// Takes the lock `<lock>.lock`, opens the file and brings its tables up to date.
  init(path: String, lock: String) throws(AgentDatabaseError) {
    self.path = path
    do {
      self.lock = try ProcessLock(database: lock)
    } catch {
      throw .locked(error)
    }
    do {
      var configuration = Configuration()
      configuration.maximumReaderCount = 2
      configuration.prepareDatabase { database in
        // Memory mapping turns an I/O error into a signal; a small cache keeps an idle agent small (pages are in the system's too).
        try database.execute(sql: "PRAGMA mmap_size = 0; PRAGMA cache_size = -2000; PRAGMA busy_timeout = 5000")
        // What is deleted is overwritten: a purged value is on no page any more. Not every SQLite is built so.
        try database.execute(sql: "PRAGMA secure_delete = ON")
      }
      try WriteAheadLog.rewrite(besideDatabase: path)
      pool = try DatabasePool(path: path, configuration: configuration)
      // The library sets NORMAL when it opens the pool, which would lose the last commits at a power loss.
      try pool.writeWithoutTransaction { database in
        try database.execute(sql: "PRAGMA synchronous = FULL")
        // The log begins small again, unless a backup is reading: then it stays until later.
        _ = try database.checkpoint(.passive)
      }
      try AgentSchema.migrator.migrate(pool)
    } catch {
      throw .unusable(path: path, reason: "\(error)")
    }
    let settings = try durability()
    guard settings.synchronous == 2, settings.journal == "wal" else {
      throw .notDurable("synchronous=\(settings.synchronous), journal_mode=\(settings.journal)")
    }
  }

  /// What the writing connection says of itself: `synchronous` (2 is FULL), `journal_mode`, `mmap_size`.
  func durability() throws(AgentDatabaseError) -> (synchronous: Int, journal: String, mmap: Int) {
    do {
      return try pool.writeWithoutTransaction { database in
        (
          try database.number("PRAGMA synchronous"), try database.first("PRAGMA journal_mode") { $0.text(0) } ?? "",
          try database.number("PRAGMA mmap_size")
        )
      }
    } catch {
      throw .unusable(path: path, reason: "\(error)")
    }
  }

  /// Runs `body` in one durable transaction. A `Problem` that it throws undoes everything and passes through; the database's own
  /// failures become problems: `disk-full` in words, everything else `internal-error`.
  func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try pool.write(body)
    } catch let error as DatabaseError {
      throw AgentDatabase.problem(error)
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
    do {
      return try pool.read(body)
    } catch let error as DatabaseError {
      throw AgentDatabase.problem(error)
    }
  }

  /// Runs `body` on the writing connection, outside a transaction: for settings.
  func configure(_ body: (Database) throws -> Void) throws { try pool.writeWithoutTransaction(body) }

  /// Ends it. Everything is in the main file then, so that a copy of that alone is whole; where this throws, nothing is lost, but the
  /// file's companions belong to it still.
  func close() throws {
    // SQLite does this by itself only where the last connection to close may write, and the pool's last are its readers.
    let moved = Result {
      try pool.barrierWriteWithoutTransaction { database in _ = try database.checkpoint(.truncate) }
    }
    try pool.close()
    try moved.get()
  }

  /// The size of the file and what is not yet moved into it, bytes.
  func bytes() throws -> Int {
    try read { try $0.number("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()") }
  }

  private static func problem(_ error: DatabaseError) -> any Error {
    if error.resultCode == .SQLITE_FULL || error.extendedResultCode == .SQLITE_IOERR_SHMSIZE {
      return Problem(
        .diskFull,
        "nothing was recorded: the disk of the agent's database is full; free some space and repeat the command")
    }
    return error
  }
}

/// True where the disk's answer is unknown: nothing more may be acknowledged before the file was opened anew.
func isUncertain(_ error: any Error) -> Bool {
  guard let error = error as? DatabaseError else { return false }
  return [.SQLITE_IOERR, .SQLITE_CORRUPT, .SQLITE_NOTADB].contains(error.resultCode)
}
