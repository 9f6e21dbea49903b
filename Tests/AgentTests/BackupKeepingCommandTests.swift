// `backup --keep` over a real database: earlier ones go when the new one is there, and stay where it failed. And what a status says of
// a database that was copied while it ran, and of changes without effect.

import Core
import Foundation
import Shell
import Testing

@testable import Agent

@Suite struct BackupKeepingCommandTests {
  private let directory: StoreDirectory
  private let folder: StoreDirectory

  init() throws {
    directory = try StoreDirectory()
    folder = try StoreDirectory()
    let store = try directory.open()
    try store.database.close()
  }

  private func save(_ name: String, keep: Int?, known: Int = AgentSchema.migrator.migrations.count) throws -> JSON {
    let subject = BackupSubject(
      program: "agent", version: "1", database: directory.path + "/agent.db", lock: directory.path + "/agent",
      queries: DatabaseQueries(
        schema: "SELECT COUNT(*) FROM grdb_migrations", newest: "SELECT MAX(at) FROM change",
        platform: "SELECT value FROM meta WHERE key = 'platform'"),
      knownSchema: known, platform: "water", startCommand: "run")
    return try Saving(folder.path + "/" + name, replaces: false, recipient: nil).save(subject, scratch: nil, keep: keep)
  }

  private func names() throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() }

  @Test func earlierOnesGoOnceTheNewOneIsThereAndStayWhereItFailed() throws {
    #expect(try save("1", keep: nil)["removed"] == nil)
    #expect(try save("2", keep: nil)["database"]?.asString == directory.path + "/agent.db")
    #expect(throws: BackupError.self) { try save("3", keep: 1, known: 0) }
    #expect(try names() == ["1", "2"])
    #expect(throws: BackupError.exists(path: folder.path + "/2")) { try save("2", keep: 1) }
    #expect(try names() == ["1", "2"])
    let removed = try save("3", keep: 2)["removed"]
    #expect(removed == [.string(folder.path + "/1")])
    #expect(try names() == ["2", "3"])
  }
}

@Suite struct CloneStatusTests {
  private let now = 1_796_000_000_000
  private var page: Page { Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: now) }

  @Test func theStatusSaysThatTheDatabaseWasCopiedAndWhatBecameOfIt() {
    var report = ReconcileReport()
    report.repaired = 3
    let healing: JSON = [
      "due": false, "state": "idle",
      "clone": ["at": .int(now - 120_000), "reason": .string(HealingReason.clone), "report": report.json],
    ]
    let text = StatusPrinting.status(["healing": healing], on: page).joined(separator: "\n")
    #expect(
      text.contains(
        "this database was copied while it ran: 3 changes were recorded again under a new run 2 m ago. Nothing is lost")
    )
    #expect(text.contains("none yet (lianxin-agent resync)"))
    let without = StatusPrinting.status(["healing": ["due": false, "state": "idle"], "voided": 0], on: page)
    #expect(!without.joined().contains("copied") && !without.contains { $0.hasPrefix("Void") })
  }

  @Test func whatTheHubTookAsVoidIsCountedAndSaid() throws {
    let directory = try StoreDirectory()
    let store = try directory.open()
    var hub = FakeHub()
    let order = hub.dispatch(1)
    try store.pullAll(hub)
    _ = try store.edit(.accept, on: order)
    #expect(try store.figures(now: 1).voided == 0)
    try store.database.write { database in
      try database.execute(sql: "UPDATE change SET verdict = 'void' WHERE replica LIKE 'water.%'")
    }
    #expect(try store.figures(now: 1).voided == 1)
    let lines = StatusPrinting.status(["voided": 1], on: page)
    #expect(lines.contains { $0.hasPrefix("Void") && $0.contains("1 changes are kept without effect") })
  }
}
