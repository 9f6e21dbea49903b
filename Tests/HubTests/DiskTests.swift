// A disk that is full in the middle of a group: nothing of it is kept, nothing of it is acknowledged, and it goes on when there is
// space again.

import Core
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
