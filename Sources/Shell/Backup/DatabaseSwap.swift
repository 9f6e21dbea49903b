// Puts a restored database in the place of the old one, so that whatever moment the power fails at, the name is that of one whole
// database, the old or the new, and the old one is kept.

import Foundation
import GRDBSQLite

/// The caller holds the lock of the database at `database`.
struct DatabaseSwap {
  let database: String

  /// Where a database that is replaced now goes.
  static func aside(_ database: String, at date: Date = Date()) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    let numbers = [parts.month, parts.day, parts.hour, parts.minute, parts.second].map {
      String(format: "%02d", $0 ?? 0)
    }
    return "\(database).before-restore-\(parts.year ?? 0)\(numbers[0])\(numbers[1])T\(numbers[2...].joined())Z"
  }

  /// Gives `restored`, which is synced and has no companions, the name. Returns where the old database is now, nil where there was
  /// none.
  ///
  /// A log belongs to the database that has its name, whichever that is: one that stayed behind would be played into the new one. So
  /// the old log is moved into its database, and its files are gone for good, before the name changes hands.
  func place(_ restored: ScratchFile) throws(BackupError) -> String? {
    guard Files.exists(database) else {
      // The log of a database that is gone is of no use to anyone, and a danger to the new one.
      let orphan = try keep(companions: [database + "-wal"], as: DatabaseSwap.aside(database))
      try removeCompanions()
      try restored.place(as: database, replaces: false)
      return orphan ? DatabaseSwap.aside(database) + "-wal" : nil
    }
    let aside = DatabaseSwap.aside(database)
    guard !Files.exists(aside) else { throw .exists(path: aside) }
    let isOneFile = absorbLog()
    guard link(database, aside) == 0 else { throw .file(FileFailure("keep a second name for", database)) }
    // A log that cannot be moved in is one of the reasons to restore: it is kept beside its database.
    if !isOneFile { _ = try keep(companions: [database + "-wal"], as: aside) }
    try Files.syncDirectory(of: database)
    try removeCompanions()
    try restored.place(as: database, replaces: true)
    return aside
  }

  /// Moves the old log into its database and removes it; false where that cannot be done.
  private func absorbLog() -> Bool {
    let log = database + "-wal"
    guard Files.exists(log) else { return true }
    do { try WriteAheadLog.rewrite(besideDatabase: database) } catch { return false }
    var handle: OpaquePointer?
    defer { sqlite3_close_v2(handle) }
    guard sqlite3_open_v2(database, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nil) == SQLITE_OK,
      sqlite3_exec(handle, "PRAGMA synchronous = FULL", nil, nil, nil) == SQLITE_OK,
      sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil) == SQLITE_OK
    else { return false }
    var facts = stat()
    return stat(log, &facts) != 0 || facts.st_size == 0
  }

  private func keep(companions: [String], as aside: String) throws(BackupError) -> Bool {
    var isKept = false
    for companion in companions where Files.exists(companion) {
      let name = aside + companion.dropFirst(database.count)
      guard link(companion, name) == 0 else { throw .file(FileFailure("keep a second name for", companion)) }
      isKept = true
    }
    return isKept
  }

  private func removeCompanions() throws(BackupError) {
    for companion in [database + "-wal", database + "-shm"] {
      guard unlink(companion) == 0 || errno == ENOENT else { throw .file(FileFailure("remove", companion)) }
    }
    try Files.syncDirectory(of: database)
  }
}
