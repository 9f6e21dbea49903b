// What a power cut leaves of a database on a simulated disk: everything answered where it was synced, less where it was not.

import GRDB
import Testing

@Suite struct DiskPowerCutTests {
  private let transactions = 16

  /// Runs the work on a fresh disk, cuts the power at the `call`-th change, and looks at what is left. Nil where the work
  /// ended before that call.
  private func cut(at call: Int, seed: UInt64, _ synchronous: DiskWork.Synchronous = .full, in test: String) throws
    -> (answered: Int, found: DiskWork.Found)?
  {
    let disk = SimulatedDisk(name: "\(test)-\(call)-\(seed)")
    disk.crashAt(call: call)
    var answered = 0
    do {
      try DiskWork.run(transactions, on: disk, synchronous, answered: &answered)
    } catch let error as DatabaseError {
      guard disk.hasCrashed else { throw error }
    }
    // A connection that fails to close because its disk is dead says nothing.
    guard disk.hasCrashed else { return nil }
    disk.crash(seed: seed)
    return (answered, try DiskWork.look(at: disk))
  }

  @Test func whatWasAnsweredSurvivesAPowerCutAtEveryCall() throws {
    var call = 1
    while let (answered, found) = try cut(at: call, seed: UInt64(call), in: "every-call") {
      #expect(found.isWhole, "call \(call)")
      #expect(
        found.transactions == answered || found.transactions == answered + 1, "call \(call): \(answered) answered")
      call += 1
    }
    #expect(call > 100)
  }

  @Test func whatWasAnsweredSurvivesTwoHundredPowerCuts() throws {
    for seed in UInt64(0)..<200 {
      guard let (answered, found) = try cut(at: Int(seed * 37 % 100) + 1, seed: seed &* 7_919, in: "seeds") else {
        Issue.record("seed \(seed): the work ended before the power cut")
        continue
      }
      #expect(found.isWhole, "seed \(seed)")
      #expect(
        found.transactions == answered || found.transactions == answered + 1, "seed \(seed): \(answered) answered")
    }
  }

  @Test(arguments: [DiskWork.Synchronous.off, .normal])
  func withoutASyncAtTheCommitSomeAnswersAreLost(_ synchronous: DiskWork.Synchronous) throws {
    var lost = 0
    var broken = 0
    for seed in UInt64(0)..<60 {
      do {
        guard let (answered, found) = try cut(at: 30 + Int(seed), seed: seed, synchronous, in: "lazy-\(synchronous)")
        else { continue }
        if found.transactions < answered { lost += 1 }
        if !found.isWhole { broken += 1 }
      } catch let error as DatabaseError {
        #expect(error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB)
        broken += 1
      }
    }
    #expect(lost + broken > 5)
    // NORMAL loses the last answers but keeps the file whole; OFF promises neither.
    if synchronous == .normal { #expect(broken == 0) }
  }

  @Test func aTransactionThatWasNotCommittedIsGone() throws {
    for seed in UInt64(0)..<20 {
      let disk = SimulatedDisk(name: "uncommitted-\(seed)")
      let pool = try DiskWork.open(disk)
      try DiskWork.write(0, in: pool)
      let writes = disk.calls.writes
      #expect(throws: DatabaseError.self) {
        try pool.write { db in
          // More than the cache holds: a part of it is written into the log before the commit.
          for transaction in 1..<12 { try DiskWork.insert(transaction, db) }
          #expect(disk.calls.writes > writes)
          disk.crash(seed: seed)
        }
      }
      #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: 1, isWhole: true))
    }
  }

  @Test func aDeadHandleSeesNothingOfTheDiskAfterThePowerCut() throws {
    let disk = SimulatedDisk(name: "dead-handle")
    let pool = try DiskWork.open(disk)
    try DiskWork.write(0, in: pool)
    disk.crash(seed: 1)
    let again = try DiskWork.open(disk)
    #expect(throws: DatabaseError.self) { try DiskWork.write(1, in: pool) }
    try DiskWork.write(1, in: again)
    try again.close()
    #expect(try DiskWork.look(at: disk) == DiskWork.Found(transactions: 2, isWhole: true))
  }

  @Test func theSameSeedLeavesTheSameFileAndAnotherSeedAnother() throws {
    func left(_ seed: UInt64, by run: String) throws -> [Int: [UInt8]] {
      let disk = SimulatedDisk(name: "same-\(run)-\(seed)")
      disk.crashAt(call: 76)
      var answered = 0
      #expect(throws: DatabaseError.self) {
        try DiskWork.run(transactions, on: disk, .off, answered: &answered)
      }
      disk.crash(seed: seed)
      // The log has numbers that SQLite draws for the whole process, so of the log only the length is the same.
      return [answered: disk.bytes("work.db"), -1: [UInt8](repeating: 0, count: disk.size("work.db-wal") ?? 0)]
    }
    var different: Set<[Int: [UInt8]]> = []
    for seed in UInt64(0)..<10 {
      let first = try left(seed, by: "a")
      #expect(try left(seed, by: "b") == first)
      different.insert(first)
    }
    #expect(different.count > 3)
  }
}
