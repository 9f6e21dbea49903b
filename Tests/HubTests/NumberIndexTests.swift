// Finding by number: the same by marks as by reading every value, at every moment of an older database's filling, and nothing after a purge.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct NumberIndexTests {
  private let world: HubWorld

  init() throws { world = try HubWorld() }

  /// Every text of a caller; some are one number in different spellings, some have it in a longer text.
  private static let texts = [
    "13800001234", "138-0000-1234", "+86 138 0000 1234", "008613800001234", "8613800001234", "１３８００００１２３４",
    "13800001234-2", "138000012345", "213800001234", "022-23456789", "(022) 2345 6789", "2345 6789", "12345",
    "86 12345", "0086 12345", "1357", "no number", "ring 138 0000 1234 after 18:30, or 022-23456789 ext 17",
    "86-138-0000-1234 86 86", "10:30 13800001234 10:30", "1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3",
  ]

  /// What is asked for: whatever is in a text, and what is nearly in one.
  private static var asked: [String] {
    texts.filter { (try? PhoneNumber($0)) != nil }
      + ["23456789", "02223456789", "00001234", "1380000", "86138", "12341030", "123456789012345", "86861", "18302345"]
  }

  private func fill() throws {
    for text in Self.texts {
      _ = try world.dispatched(
        to: "water",
        registers: [
          .init("title", "leak"), .init("caller", ["name": "王芳", "phone": .string(text)]),
          .init("location/private", ["flat": .string("flat \(text)")]),
        ])
    }
  }

  /// By reading every value.
  private func scanned(_ phone: PhoneNumber, _ db: any DatabaseConnection) throws -> [String] {
    var found: Set<String> = []
    try db.query("SELECT order_id, value FROM sealed", []) { row in
      if phone.isIn(PersonalValues.plain(row.blob(1))) { found.insert(row.text(0)) }
    }
    return found.sorted()
  }

  private func expectTheSame(_ comment: Comment, sourceLocation: SourceLocation = #_sourceLocation) throws {
    try world.parts.database.read { db in
      for text in Self.asked {
        let phone = try PhoneNumber(text)
        let found = try NumberIndex.orders(with: phone, key: HubWorld.receiptKey, db).map(\.text)
        #expect(found == (try scanned(phone, db)), "\(text): \(comment)", sourceLocation: sourceLocation)
      }
    }
  }

  private func forget() throws {
    try world.parts.database.write { db in
      try db.execute("DELETE FROM sealed_number", [])
      try db.execute("UPDATE sealed SET is_marked = 0", [])
    }
  }

  private func count(_ sql: String) throws -> Int { try world.parts.database.read { db in try db.count(sql) } }

  @Test func whatIsFoundIsWhatReadingEveryValueFinds() throws {
    try fill()
    #expect(try count("SELECT COUNT(*) FROM sealed WHERE is_marked <> 1") == 0)
    #expect(try count("SELECT COUNT(*) FROM sealed_number") > Self.texts.count)
    try expectTheSame("marked as they came")
    let phone = try PhoneNumber("13800001234")
    #expect(
      try world.parts.database.read { try NumberIndex.orders(with: phone, key: HubWorld.receiptKey, $0).count } > 5)
  }

  @Test func anOlderDatabaseIsFilledPageByPageAndIsRightAllTheTime() throws {
    try fill()
    let marks = try count("SELECT COUNT(*) FROM sealed_number")
    try forget()
    try expectTheSame("before")
    let rebuild = NumbersRebuild(database: world.parts.database, writer: world.parts.writer)
    for _ in 0..<5 {
      try world.parts.writer.perform { transaction in
        _ = try NumberIndex.fillPage(3, key: transaction.receiptKey, transaction.db)
      }
      try expectTheSame("on the way")
    }
    #expect(try count("SELECT COUNT(*) FROM sealed WHERE is_marked = 1") == 15)
    // It was stopped, and goes on at the next start.
    #expect(try !rebuild.resume { true })
    #expect(try rebuild.resume())
    #expect(try world.parts.database.read { try NumberIndex.isWhole($0) })
    #expect(try !rebuild.resume(), "nothing is left to do")
    #expect(try count("SELECT COUNT(*) FROM sealed_number") == marks)
    try expectTheSame("afterwards")
  }

  @Test func aTextMadeOfNumbersIsReadInsteadOfMarked() throws {
    let many = (0..<300).map { "\(1_000_000 + $0 * 7)" }.joined(separator: "x")
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    let value = SealedValue(nonce: [UInt8](repeating: 8, count: 16), value: JSONText(.string(many)))
    let note = crew.entry(
      order, context: try world.state(order).vector,
      [.append(kind: "note", value: JSONText(["text": value.placeholder, "visibility": "own"]))], sealed: [value])
    try world.push([note], from: crew)
    try fill()
    #expect(try count("SELECT COUNT(*) FROM sealed WHERE is_marked = 2") == 1)
    let phone = try PhoneNumber("1000007")
    #expect(
      try world.parts.database.read { try NumberIndex.orders(with: phone, key: HubWorld.receiptKey, $0).count } == 1)
    try expectTheSame("beside one that is read")
  }

  @Test(arguments: [false, true])
  func aPurgeDestroysTheSameAndLeavesNoMark(isFilled: Bool) throws {
    try fill()
    if !isFilled { try forget() }
    let phone = try PhoneNumber("13800001234")
    let before = try world.parts.database.read { try scanned(phone, $0) }
    let answer = try world.hotline.purgePerson(
      phone: "138 0000 1234", reason: "request 2026-17", author: Author(name: "op", role: "administrator"))
    #expect(answer.list("orders").map { $0.text("order") }.sorted() == before)
    #expect(try world.parts.database.read { try scanned(phone, $0) } == [])
    #expect(
      try count(
        "SELECT COUNT(*) FROM sealed_number n WHERE NOT EXISTS (SELECT 1 FROM sealed s WHERE s.commitment = n.commitment)"
      )
        == 0)
    try expectTheSame("after the purge")
  }

  @Test func aMarkTellsNoNumberWithoutTheHubsKey() throws {
    try fill()
    let phone = try PhoneNumber("13800001234")
    let other = [UInt8](repeating: 9, count: 32)
    #expect(try world.parts.database.read { try NumberIndex.orders(with: phone, key: other, $0) }.isEmpty)
    // Nor is it the mark by which a purged number is known again.
    _ = try world.hotline.purgePerson(phone: "13800001234", reason: "r", author: Author(name: "op", role: "operator"))
    try fill()
    let purged = try world.parts.database.read { db in try db.all("SELECT mark FROM purged_number", []) { $0.blob(0) } }
    let held = try world.parts.database.read { db in try db.all("SELECT mark FROM sealed_number", []) { $0.blob(0) } }
    #expect(!purged.isEmpty && !held.isEmpty)
    #expect(held.allSatisfy { mark in purged.allSatisfy { !$0.starts(with: mark) } })
  }
}
