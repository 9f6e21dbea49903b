// A purge reaches what was recorded before it and arrives later (row 131): whoever brings it, also at a hub that went back; and not what
// the person says next.

import Core
import Testing

@testable import Hub

@Suite struct PurgedNumberTests {
  private let world: HubWorld
  private let phone = "13800001234"

  init() throws { world = try HubWorld() }

  private func purge(_ parts: HubParts? = nil) throws -> JSON {
    try (parts ?? world.parts).hotline.purgePerson(
      phone: phone, reason: "request 2026-17", author: Author(name: "op", role: "supervisor"))
  }

  private func sealed(_ parts: HubParts? = nil) throws -> Int {
    try (parts ?? world.parts).database.read { db in try db.count("SELECT COUNT(*) FROM sealed") }
  }

  /// A contact of the crew's, recorded now by its clock.
  private func contact(_ order: OrderID, _ crew: FakeAuthor, _ number: String, nonce: UInt8 = 8) throws -> Entry {
    crew.time = world.clock.now
    let value = SealedValue(nonce: [UInt8](repeating: nonce, count: 16), value: JSONText(.string(number)))
    return crew.entry(
      order, context: try world.state(order).vector,
      [.append(kind: "contact", value: JSONText(["number": value.placeholder, "said": "on our way"]))], sealed: [value])
  }

  private func heal(_ entries: [Entry], at parts: HubParts) throws -> [Healed] {
    try parts.writer.perform { transaction in
      try entries.map { entry in
        var entry = entry
        entry.head.position = nil
        entry.head.feedHash = nil
        return try transaction.heal(entry)
      }
    }
  }

  @Test func whatWasRecordedBeforeThePurgeIsDestroyedOnArrivalAndItsAgentIsTold() throws {
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    let entry = try contact(order, crew, "rang 138-0000-1234 twice")
    world.clock.advance(1_000)
    #expect(try purge()["values"] == 0, "nothing is here yet")
    try world.push([entry], from: crew)
    #expect(try sealed() == 0)
    let commitment = try #require(entry.head.sealed.first?.commitment)
    #expect(try world.state(order).purged == [commitment])
    let told = try #require(try world.page("water").entries.last?.line)
    #expect(try ChangeLine.decode(told).purges == [commitment])
    #expect(try world.hotline.purges().list("purges").map { $0["values"] } == [1])
    #expect(try world.hotline.doctor()["ok"] == true)
  }

  @Test func theNextCallIsNotPurgedWhoeverTakesIt() throws {
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    _ = try purge()
    world.clock.advance(1)
    try world.push([try contact(order, crew, phone)], from: crew)
    #expect(try sealed() == 1)
    _ = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": .string(phone)])])
    #expect(try sealed() == 2)
    #expect(try purge()["values"] == 2, "a second request takes these too")
  }

  @Test func anotherNumberThatWasRecordedBeforeStays() throws {
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    let entry = try contact(order, crew, "13800001235")
    world.clock.advance(1_000)
    _ = try purge()
    try world.push([entry], from: crew)
    #expect(try sealed() == 1)
  }

  @Test func aHubThatWentBackBehindAnOrderPurgesWhatOfItComesBackLater() throws {
    let copy = try world.copy("empty")
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    let entry = try contact(order, crew, phone)
    try world.push([entry], from: crew)
    let given = try world.page("water").entries
    world.clock.advance(1_000)
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try purge(parts)["values"] == 0)
    var back = given
    back[1].head.sealed = entry.head.sealed
    // Also by whoever gives the value alone, with a change that is back already.
    #expect(try heal(given, at: parts) == [.taken, .taken])
    #expect(try heal([back[1]], at: parts) == [.held])
    #expect(try sealed(parts) == 0)
    let state = try parts.hotline.canonical(order)
    #expect(String(decoding: state, as: UTF8.self).contains("purged/"))
  }

  @Test func aBackupThatHoldsWhatOnlyTheNumberTellsToBeGoneLosesItAtItsStart() throws {
    let empty = try world.copy("empty")
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    try world.push([try contact(order, crew, phone)], from: crew)
    world.clock.advance(1_000)
    // Recorded later, so that it stays.
    try world.push([try contact(order, crew, phone, nonce: 9)], from: crew)
    let full = try world.copy("full")
    do {
      // The purge was asked for while the hub knew nothing of the order.
      let parts = try world.restored(empty)
      defer { parts.writer.stop() }
      world.clock.advance(-500)
      _ = try purge(parts)
      world.clock.advance(500)
    }
    let parts = try world.restored(full)
    defer { parts.writer.stop() }
    #expect(try sealed(parts) == 2)
    let records = try parts.registry.ledger.replay()
    #expect(try parts.registry.recall(records) == 2, "the number, and one value")
    #expect(try sealed(parts) == 1)
    #expect(try parts.registry.recall(records) == 0)
    let state = try parts.hotline.canonical(order)
    #expect(String(decoding: state, as: UTF8.self).contains("purged/"))
  }

  @Test func neitherDatabaseNorLedgerTellsTheNumber() throws {
    _ = try purge()
    let marks = try world.parts.database.read { db in
      try db.all("SELECT mark FROM purged_number", []) { $0.blob(0) }
    }
    #expect(marks.count == 1)
    #expect(marks.first != Hash.of(Array(phone.utf8)).bytes, "a hash without a key is the number")
  }

  @Test(arguments: [
    "13800001234", "138 0000 1234", "+86 138-0000-1234", "008613800001234", "8613800001234", "１３８００００１２３４",
    "rang 138 0000 1234, nobody there", "rang 8613800001234 10:30", "10:30 13800001234 2", "138000012345", "1380000123",
    "no number", "138-0000-1234-2", "2 13800001234", "a13800001234b",
  ])
  func numbersInAValueAreThoseThatASearchFinds(text: String) throws {
    let number = try PhoneNumber(phone)
    for value: JSON in [.string(text), ["a": ["b": [.string(text)]]]] {
      #expect(PhoneNumber.all(in: value, digits: [11]).contains(number.digits) == number.isIn(value))
      #expect(PhoneNumber.all(in: value, digits: []).isEmpty)
    }
    #expect(PhoneNumber.all(in: .int(13_800_001_234), digits: [8, 11]) == [number.digits])
  }
}
