// The product's stores open on a simulated disk as they are, and keep there what they have answered.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Hub

@Suite struct DiskProductTests {
  /// Runs `body` with a directory for lock files, which are on the real disk.
  private func withLocks(_ body: (String) throws -> Void) throws {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("lianxin-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: directory) }  // a leftover in the temporary directory harms nobody
    try body(directory.path)
  }

  @Test func theAgentsStoreKeepsWhatItAnswered() throws {
    try withLocks { locks in
      for seed in UInt64(0)..<10 {
        let disk = SimulatedDisk(name: "agent-\(seed)")
        func open(_ lock: String) throws -> AgentStore {
          var random = SimRandom(seed: seed)
          let bytes = random.bytes(64)
          return try AgentStore(
            path: disk.path("agent.db"), lock: "\(locks)/\(lock)-\(seed)", platform: try PlatformName("water"),
            random: { Array(bytes.prefix($0)) })
        }
        let store = try open("first")
        #expect(try store.database.durability() == (synchronous: 2, journal: "wal", mmap: 0))
        try store.write { db in try db.execute(sql: "INSERT INTO meta (key, value) VALUES ('test', 'kept')") }
        disk.crash(seed: seed)
        #expect(throws: (any Error).self) {
          try store.write { db in try db.execute(sql: "INSERT INTO meta (key, value) VALUES ('late', 'lost')") }
        }
        let again = try open("second")
        let kept = try again.database.read { db in
          try db.first("SELECT group_concat(key) FROM meta WHERE key IN ('test', 'late')") { $0.text(0) }
        }
        #expect(kept == "test")
      }
    }
  }

  @Test func theHubsDatabaseKeepsWhatItAnswered() throws {
    for seed in UInt64(0)..<10 {
      let disk = SimulatedDisk(name: "hub-\(seed)")
      let database = try SQLiteDatabase(path: disk.path("hub.db"))
      try database.write { db in
        try db.execute("CREATE TABLE test (n BIGINT)", [])
        try db.execute("INSERT INTO test VALUES ($1)", [.integer(1)])
      }
      #expect(try database.check().allSatisfy { $0.isWell })
      disk.crash(seed: seed)
      #expect(throws: StoreError.self) {
        try database.write { db in try db.execute("INSERT INTO test VALUES ($1)", [.integer(2)]) }
      }
      let again = try SQLiteDatabase(path: disk.path("hub.db"))
      var found: [Int] = []
      try again.read { db in try db.query("SELECT n FROM test", []) { found.append($0.int(0)) } }
      #expect(found == [1])
      #expect(try again.check().allSatisfy { $0.isWell })
    }
  }

  /// The failed sync's change can still be read by the next process, which must make it durable before it builds on it.
  @Test(arguments: Product.allCases)
  func whatIsAnsweredAfterARestartFromAFailedSyncSurvivesAPowerCut(product: Product) throws {
    try withLocks { locks in
      let disk = SimulatedDisk(name: "\(product)-sync")
      let open = { try product.open(disk, locks) }
      let database = try open()
      try database.run(["CREATE TABLE test (text TEXT)"])
      disk.fail(.sync)
      #expect(throws: (any Error).self) { try database.run(["INSERT INTO test VALUES ('1')"]) }
      disk.kill()
      let again = try open()
      try again.run(["INSERT INTO test VALUES ('2')"])
      disk.crash(seed: 1, losingEverythingUnsynced: true)
      #expect(try open().column("SELECT text FROM test").contains("2"))
    }
  }

  /// As above, and the power fails while the next process opens the database: seed 14 of the simulated world found half of the
  /// unsynced changes in the file, and the rest gone.
  @Test(arguments: Product.allCases)
  func aPowerCutWhileTheDatabaseIsOpenedAfterAFailedSyncTearsNothing(product: Product) throws {
    try withLocks { locks in
      var call = 1
      var hasCrashed = true
      while hasCrashed {
        for seed in UInt64(0)..<6 {
          let disk = SimulatedDisk(name: "\(product)-open-\(call)-\(seed)")
          let open = { try product.open(disk, locks) }
          var database = try open()
          let text = String(repeating: "x", count: 1_500)
          try database.run(
            ["CREATE TABLE test (n INTEGER PRIMARY KEY, text TEXT)"]
              + (0..<20).map { "INSERT INTO test VALUES (\($0), '\(text)')" })
          // The log is empty then: what the failing transaction moves is nowhere else in it.
          try database.close()
          database = try open()
          // The first sync is that of the log's header, the second the commit's.
          disk.fail(.sync, at: 2)
          #expect(throws: (any Error).self) { try database.run(["UPDATE test SET text = replace(text, 'x', 'y')"]) }
          disk.kill()
          disk.crashAt(call: call)
          _ = try? open()  // where it dies is the point
          hasCrashed = disk.hasCrashed
          disk.crash(seed: seed)
          let last = try open()
          let found = try last.column("SELECT DISTINCT substr(text, 1, 1) FROM test")
          #expect(found == ["x"] || found == ["y"], "call \(call), seed \(seed)")
          #expect(try last.column("PRAGMA integrity_check") == ["ok"], "call \(call), seed \(seed)")
        }
        call += 1
      }
      #expect(call > 5)
    }
  }

  enum Product: CaseIterable {
    case hub, agent

    /// Opens the product's database on `disk` as its daemon does.
    fileprivate func open(_ disk: SimulatedDisk, _ locks: String) throws -> any TriedDatabase {
      switch self {
      case .hub: try SQLiteDatabase(path: disk.path("hub.db"))
      // The processes before are dead, but their objects hold their locks.
      case .agent: try AgentDatabase(path: disk.path("agent.db"), lock: "\(locks)/\(UUID().uuidString)")
      }
    }
  }
}

/// A database of the product, as far as these tests use it.
private protocol TriedDatabase {
  /// In one transaction.
  func run(_ statements: [String]) throws
  /// The first column, as text.
  func column(_ sql: String) throws -> [String]
  func close() throws
}

extension SQLiteDatabase: TriedDatabase {
  fileprivate func run(_ statements: [String]) throws {
    try write { db in for sql in statements { try db.execute(sql, []) } }
  }

  fileprivate func column(_ sql: String) throws -> [String] { try read { try $0.all(sql, []) { $0.text(0) } } }
}

extension AgentDatabase: TriedDatabase {
  fileprivate func run(_ statements: [String]) throws {
    try write { database in for sql in statements { try database.run(sql) } }
  }

  fileprivate func column(_ sql: String) throws -> [String] { try read { try $0.rows(sql) { $0.text(0) } } }
}
