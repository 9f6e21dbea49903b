// A small database on a simulated disk, whose every transaction can be counted: what the disk's own tests write and look for.

import GRDB

enum DiskWork {
  /// How the writer syncs, as the pragma names it.
  enum Synchronous: String { case full = "FULL", normal = "NORMAL", off = "OFF" }

  /// Rows of one transaction; a part of them is a torn transaction.
  static let rowsInOne = 3

  /// Opens the database as the product does. A log of 20 pages is moved into the file, so that a short run has checkpoints.
  static func open(_ disk: SimulatedDisk, _ synchronous: Synchronous = .full, readers: Int = 2) throws -> DatabasePool {
    var configuration = Configuration()
    configuration.maximumReaderCount = readers
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA mmap_size = 0; PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 20")
    }
    let pool = try DatabasePool(path: disk.path("work.db"), configuration: configuration)
    try pool.writeWithoutTransaction { db in
      try db.execute(sql: "PRAGMA synchronous = \(synchronous.rawValue)")
      try db.execute(sql: "CREATE TABLE IF NOT EXISTS work (row INTEGER PRIMARY KEY, text TEXT NOT NULL)")
    }
    return pool
  }

  static func write(_ transaction: Int, in pool: DatabasePool) throws {
    try pool.write { db in try insert(transaction, db) }
  }

  static func insert(_ transaction: Int, _ db: Database) throws {
    for row in 0..<rowsInOne {
      try db.execute(
        sql: "INSERT INTO work VALUES (?, ?)",
        arguments: [transaction * rowsInOne + row, String(repeating: "\(transaction % 10)", count: 1_500)])
    }
  }

  /// Opens the database and writes `count` transactions until the disk dies; adds every one that was answered to `answered`.
  static func run(_ count: Int, on disk: SimulatedDisk, _ synchronous: Synchronous = .full, answered: inout Int) throws
  {
    let pool = try open(disk, synchronous)
    for transaction in 0..<count {
      try write(transaction, in: pool)
      answered += 1
    }
    try pool.close()
  }

  /// What is found when the database is opened anew.
  struct Found: Equatable {
    var transactions: Int
    var isWhole: Bool
  }

  static func look(at disk: SimulatedDisk) throws -> Found {
    let pool = try open(disk)
    let found = try pool.read { db in
      let rows = try Int.fetchOne(db, sql: "SELECT count(*) FROM work") ?? -1
      let next = try Int.fetchOne(db, sql: "SELECT coalesce(max(row), -1) + 1 FROM work") ?? -1
      let integrity = try String.fetchAll(db, sql: "PRAGMA integrity_check")
      return Found(
        transactions: rows / rowsInOne, isWhole: integrity == ["ok"] && rows == next && rows % rowsInOne == 0)
    }
    try pool.close()
    return found
  }
}
