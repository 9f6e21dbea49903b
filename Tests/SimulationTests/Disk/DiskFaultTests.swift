// Faults of a simulated disk that are not power cuts, and that without faults it is a disk like any other.

import Foundation
import GRDB
import Testing

@Suite struct DiskFaultTests {
  @Test func severalReadersSeeTheirOwnStateBesideTheWriter() throws {
    let disk = SimulatedDisk(name: "readers")
    let pool = try DiskWork.open(disk, readers: 4)
    try DiskWork.write(0, in: pool)
    // A reader keeps what it saw first while the writer goes on, and while the log is moved into the file.
    try pool.read { db in
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM work") == 3)
      for transaction in 1..<30 { try DiskWork.write(transaction, in: pool) }
      #expect(try Int.fetchOne(db, sql: "SELECT count(*) FROM work") == 3)
      // Half of a checkpoint's work is not possible under a reader; all of it is once the reader has left.
      #expect(throws: Never.self) { try pool.writeWithoutTransaction { try $0.checkpoint(.passive) } }
    }
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      let counts = Result {
        try (0..<20).map { _ in try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM work") } }
      }
      #expect(throws: Never.self) { try counts.get() }
      #expect((try? counts.get())?.allSatisfy { $0 == 90 } == true)  // the error itself is expected not to be, above
    }
    try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    #expect(disk.size("work.db-wal") == 0)
    try pool.close()
    #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: 30, isWhole: true))
  }

  @Test func twoWritersDoNotWriteAtOnce() throws {
    let disk = SimulatedDisk(name: "two-writers")
    let first = try DiskWork.open(disk)
    let second = try DiskWork.open(disk)
    try first.write { db in
      try DiskWork.insert(0, db)
      let refusal = #expect(throws: DatabaseError.self) { try DiskWork.write(1, in: second) }
      #expect(refusal?.resultCode == .SQLITE_BUSY)
    }
    try DiskWork.write(1, in: second)
    #expect(try first.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM work") } == 6)
  }

  @Test func aJournalInPlaceOfALogLocksAndRecoversAsWell() throws {
    let disk = SimulatedDisk(name: "journal")
    let queue = try DatabaseQueue(path: disk.path("journal.db"))
    try queue.write { try $0.execute(sql: "CREATE TABLE work (row INTEGER); INSERT INTO work VALUES (1)") }
    let other = try DatabaseQueue(path: disk.path("journal.db"))
    try queue.inTransaction(.exclusive) { _ in
      let refusal = #expect(throws: DatabaseError.self) {
        try other.read { try Row.fetchAll($0, sql: "SELECT * FROM work") }
      }
      #expect(refusal?.resultCode == .SQLITE_BUSY)
      return .commit
    }
    #expect(throws: DatabaseError.self) {
      try queue.write { db in
        try db.execute(sql: "PRAGMA cache_spill = 1; INSERT INTO work VALUES (2)")
        disk.crash(seed: 3)
      }
    }
    let again = try DatabaseQueue(path: disk.path("journal.db"))
    #expect(try again.read { try Int.fetchAll($0, sql: "SELECT row FROM work") } == [1])
    #expect(throws: DatabaseError.self) { try other.read { try Row.fetchAll($0, sql: "SELECT * FROM work") } }
  }

  @Test func aFullDiskRefusesInWordsAndTheDatabaseIsWhole() throws {
    // Wherever it becomes full: in the log, in the file, in the first page.
    for space in stride(from: 0, through: 120_000, by: 3_001) {
      let disk = SimulatedDisk(name: "full-\(space)")
      let pool = try DiskWork.open(disk)
      try DiskWork.write(0, in: pool)
      disk.fill(afterBytes: space)
      var answered = 1
      var refusal: DatabaseError?
      while refusal == nil, answered < 200 {
        do {
          try DiskWork.write(answered, in: pool)
          answered += 1
        } catch let error as DatabaseError { refusal = error }
      }
      #expect(refusal?.resultCode == .SQLITE_FULL)
      // Reading goes on; and so does writing when there is space.
      #expect(try pool.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM work") } == answered * 3)
      disk.heal()
      try DiskWork.write(answered, in: pool)
      disk.crash(seed: UInt64(space))
      #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: answered + 1, isWhole: true))
    }
  }

  @Test func aFailedSyncIsAnErrorAndWhatItWasForIsNeverDurable() throws {
    for isForgetting in [true, false] {
      let disk = SimulatedDisk(name: "sync-\(isForgetting)")
      let pool = try DiskWork.open(disk)
      try DiskWork.write(0, in: pool)
      disk.fail(.sync, forgetting: isForgetting)
      let failure = #expect(throws: DatabaseError.self) { try DiskWork.write(1, in: pool) }
      #expect(failure?.extendedResultCode == .SQLITE_IOERR_FSYNC)
      disk.crash(seed: 1, losingEverythingUnsynced: true)
      #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: 1, isWhole: true))
    }
  }

  /// Why a process must not go on, nor start anew on the same log, after a failed sync.
  @Test(arguments: [true, false])
  func afterAForgettingSyncALaterOneDoesNotSaveWhatCanStillBeRead(_ isForgetting: Bool) throws {
    let disk = SimulatedDisk(name: "forgotten-\(isForgetting)")
    let pool = try DiskWork.open(disk)
    try DiskWork.write(0, in: pool)
    disk.fail(.sync, forgetting: isForgetting)
    #expect(throws: DatabaseError.self) { try DiskWork.write(1, in: pool) }
    disk.kill()
    let again = try DiskWork.open(disk)
    #expect(try again.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM work") } == 6)
    try DiskWork.write(2, in: again)
    disk.crash(seed: 1, losingEverythingUnsynced: true)
    #expect(
      try DiskWork.look(at: disk) == DiskWork.Found(transactions: isForgetting ? 1 : 3, isWhole: true))
  }

  @Test func aKilledProcessLosesNothingThatItWrote() throws {
    var call = 1
    while true {
      let disk = SimulatedDisk(name: "kill-\(call)")
      disk.crashAt(call: call)
      var answered = 0
      do {
        try DiskWork.run(6, on: disk, .off, answered: &answered)
      } catch let error as DatabaseError {
        guard disk.hasCrashed else { throw error }
      }
      guard disk.hasCrashed else { break }
      disk.kill()
      let found = try DiskWork.look(at: disk)
      #expect(found.isWhole && (answered...answered + 1).contains(found.transactions), "call \(call)")
      call += 1
    }
    #expect(call > 30)
  }

  @Test(arguments: [SimulatedDisk.Kind.write, .sync, .truncate, .read])
  func everyFailingCallIsAnErrorAndLosesNothing(_ kind: SimulatedDisk.Kind) throws {
    var hits = 0
    for call in 1...40 {
      let disk = SimulatedDisk(name: "failing-\(kind)-\(call)")
      var pool = try DiskWork.open(disk)
      try DiskWork.write(0, in: pool)
      var answered = 1
      disk.fail(kind, at: call, on: call % 2 == 0)
      do {
        for transaction in 1..<16 {
          try DiskWork.write(transaction, in: pool)
          answered += 1
          if transaction % 5 == 0 { try pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) } }
        }
      } catch let error as DatabaseError {
        #expect(error.resultCode == .SQLITE_IOERR)
        hits += 1
      }
      disk.crash(seed: UInt64(call))
      disk.heal()
      pool = try DiskWork.open(disk)
      try pool.close()
      let found = try DiskWork.look(at: disk)
      #expect(found.isWhole && found.transactions >= answered && found.transactions <= answered + 1, "call \(call)")
    }
    #expect(hits > 0)
  }

  @Test func aFlippedBitInTheLogTakesItsTailAway() throws {
    let disk = SimulatedDisk(name: "flip")
    let pool = try DiskWork.open(disk)
    try DiskWork.write(0, in: pool)
    let length = try #require(disk.size("work.db-wal"))
    try DiskWork.write(1, in: pool)
    #expect(disk.flip("work.db-wal", offset: length + 100))
    #expect(!disk.flip("work.db-wal", offset: 1 << 30))
    disk.crash(seed: 1)
    #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: 1, isWhole: true))
  }

  @Test func aSnapshotIsEqualAndALaterChangeDoesNotReachIt() throws {
    let disk = SimulatedDisk(name: "snapshot")
    let pool = try DiskWork.open(disk)
    try DiskWork.write(0, in: pool)
    disk.snapshot(to: "monday")
    let backup = try #require(disk.backup("monday"))
    #expect(backup.files == disk.files)
    #expect(backup.files.map(\.name) == ["work.db", "work.db-wal"])
    try DiskWork.write(1, in: pool)
    // The backup is durable, and comes back onto the disk it was taken from.
    backup.crash(seed: 1, losingEverythingUnsynced: true)
    #expect(!disk.restore(from: "tuesday"))
    #expect(disk.restore(from: "monday"))
    #expect(throws: DatabaseError.self) { try DiskWork.write(2, in: pool) }
    for place in [disk, backup] {
      #expect(try DiskWork.look(at: place) == DiskWork.Found(transactions: 1, isWhole: true))
    }
    disk.remove()
    #expect(disk.files.isEmpty && disk.backup("monday") == nil)
    #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: 0, isWhole: true))
  }

  @Test func callsAreCounted() throws {
    let disk = SimulatedDisk(name: "calls")
    let pool = try DiskWork.open(disk)
    let before = disk.calls
    try DiskWork.write(0, in: pool)
    let after = disk.calls
    #expect(after.writes > before.writes && after.syncs == before.syncs + 1 && after.bytes >= before.bytes + 4_500)
    #expect(after.changes > before.changes && after.creations >= 2)
  }

  @Test func otherPathsGoToTheRealDisk() throws {
    let disk = SimulatedDisk(name: "real")
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("lianxin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }  // a leftover in the temporary directory harms nobody
    let path = directory.appendingPathComponent("real.db").path
    let pool = try DatabasePool(path: path)
    try pool.write { try $0.execute(sql: "CREATE TABLE work (row INTEGER); INSERT INTO work VALUES (7)") }
    #expect(try pool.read { try Int.fetchOne($0, sql: "SELECT row FROM work") } == 7)
    #expect(FileManager.default.fileExists(atPath: path + "-wal"))
    #expect(disk.files.isEmpty)
    #expect(throws: DatabaseError.self) { try DatabasePool(path: "/sim/nowhere/real.db") }
    try pool.close()
  }
}
