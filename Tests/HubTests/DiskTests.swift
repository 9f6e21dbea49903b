// A disk that is full in the middle of a group: nothing of it is kept, nothing of it is acknowledged, and it goes on when there is
// space again.

import Core
import Foundation
import Synchronization
import Testing

@testable import Hub

@Suite struct DiskTests {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func pragma(_ text: String) throws {
    try world.parts.database.write { db in try db.execute("PRAGMA " + text, []) }
  }

  @Test func aGroupOnAFullDiskIsKeptWholeOrNotAtAll() throws {
    let order = try world.dispatched(to: "water")
    // A cache this small is written out in the middle of a transaction, which is where SQLite gives up all of it.
    try pragma("cache_size = 10")
    let pages = try world.parts.database.read { db in try db.count("PRAGMA page_count") }
    try pragma("max_page_count = \(pages + 60)")
    let text = String(repeating: "x", count: 20_000)
    var recorded = 0
    var refusal: Problem?
    for n in 0..<60 where refusal == nil {
      do throws(any Error) {
        try world.parts.writer.perform { transaction in
          for part in 0..<4 {
            try transaction.author(order, edits: [.note("\(n).\(part) \(text)")], by: PushIngest.hubAuthor)
          }
        }
        recorded += 4
      } catch {
        refusal = error as? Problem
      }
    }
    #expect(refusal?.code == .diskFull)
    #expect(recorded > 0)
    // Reading goes on, and what was answered is there, whole.
    #expect(try world.page("water").entries.count == recorded + 1)
    try pragma("max_page_count = 1000000")
    _ = try world.perform(.note(text: "space again", visibility: "all"), on: order)
    #expect(try world.page("water").entries.count == recorded + 2)
    #expect(try world.hotline.doctor()["ok"] == true)
    #expect(world.parts.writer.failed == nil)
  }

  @Test func whatAHubThatEndedCleanlyHeldIsInItsMainFileAlone() throws {
    let order = try world.dispatched(to: "water")
    _ = try world.perform(.note(text: "the last", visibility: "all"), on: order)
    #expect(try world.page("water").entries.count == 2)
    try world.parts.database.close()
    let copy = world.directory + "/copy.db"
    try FileManager.default.copyItem(atPath: world.directory + "/hub.db", toPath: copy)
    let opened = try SQLiteDatabase(path: copy)
    #expect(try opened.read { db in try db.count("SELECT COUNT(*) FROM change") } == 2)
    try opened.close()
  }

  // MARK: What cannot be written

  @Test func aDatabaseThatBecomesReadOnlyIsToldInWordsWithoutSQLOrPaths() throws {
    let order = try world.dispatched(to: "water")
    try pragma("query_only = 1")
    // The second is refused before it is tried.
    for _ in 1...2 {
      let problem = #expect(throws: Problem.self) {
        try world.perform(.note(text: "nowhere", visibility: "all"), on: order)
      }
      #expect(
        problem?.detail
          == "the hub's database cannot be written (it is read-only): its log says more; restart it when the disk is sound"
      )
      #expect(problem?.code == .internalError)
    }
    #expect(world.parts.writer.failed?.description.contains("readonly database") == true, "which ends the process")
    #expect(try world.page("water").entries.count == 1)
  }

  @Test(arguments: [
    StoreError.inputOutput("/data/hub.db"), .readOnly("/data/hub.db"), .busy("/data/hub.db"), .corrupt("/data/hub.db"),
    .constraint("INSERT /data/hub.db"), .rolledBack, .tooNew(found: 2, known: 1), .other("INSERT /data/hub.db"),
    .diskFull,
  ])
  func noFailureOfTheDatabaseTellsCallersItsPathOrSQL(_ error: StoreError) {
    let problem = HubFailure.problem(error)
    #expect(problem.code == (problem.detail.contains("full") ? .diskFull : .internalError))
    #expect(!problem.detail.contains("/data") && !problem.detail.contains("INSERT") && problem.detail.contains("hub's"))
  }

  @Test(.enabled(if: Immutable.isPossible, "needs root and a file system with chattr +i"), arguments: ["", "-wal"])
  func aStartOverAFileThatCannotBeWrittenNamesTheFile(_ companion: String) throws {
    let path = world.directory + "/other.db"
    try SQLiteDatabase(path: path).close()
    let file = path + companion
    if !FileManager.default.fileExists(atPath: file) { try Data().write(to: URL(fileURLWithPath: file)) }
    try #require(Immutable.set(true, file))
    defer { _ = Immutable.set(false, file) }
    let error = #expect(throws: StoreError.self) { try SQLiteDatabase(path: path) }
    let words = error?.description ?? ""
    #expect(words.contains("cannot be written (\(file) is a readonly database file"), "\(words)")
  }

  // MARK: Statements

  @Test func aStatementAfterALostTransactionIsRefused() throws {
    #expect(throws: StoreError.self) {
      try world.parts.database.write { db in
        try db.execute("INSERT INTO counter (name, value) VALUES ($1, $2)", [.text("kept"), .integer(1)])
        try db.execute("ROLLBACK", [])
        try db.execute("INSERT INTO counter (name, value) VALUES ($1, $2)", [.text("alone"), .integer(1)])
      }
    }
    let left = try world.parts.database.read { db in
      try db.count("SELECT COUNT(*) FROM counter WHERE name IN ('kept', 'alone')")
    }
    #expect(left == 0)
  }

  @Test func parametersOutOfOrderAreRefusedBeforeTheyBindWrongly() throws {
    #expect(throws: StoreError.self) {
      try world.parts.database.read { db in
        try db.count("SELECT COUNT(*) FROM counter WHERE value = $2 AND name = $1", [.text("a"), .integer(1)])
      }
    }
  }
}

/// Files that not even root can write to.
private enum Immutable {
  static let isPossible: Bool = {
    let path = NSTemporaryDirectory() + "lianxin-immutable-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }  // an empty file that stays harms nobody
    return FileManager.default.createFile(atPath: path, contents: nil) && set(true, path) && set(false, path)
  }()

  /// True where it worked.
  static func set(_ isImmutable: Bool, _ path: String) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/chattr")
    process.arguments = [isImmutable ? "+i" : "-i", path]
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
