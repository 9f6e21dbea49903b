// What follows from the log, altered behind the hub's back: found and put right while the hub goes on; and lines that come back.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct RebuildTests {
  private let world: HubWorld
  private let water: PlatformName
  private let order: OrderID

  init() throws {
    world = try HubWorld()
    water = try PlatformName("water")
    order = try world.dispatched(to: "water")
    _ = try world.perform(.note(text: "hurry", visibility: "all"), on: order)
    _ = try world.dispatched(to: "gas")
  }

  private func alter(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }

  /// As after a restart: the writer has nothing in memory.
  private func forget() throws {
    #expect(throws: (any Error).self) {
      try world.parts.writer.perform { _ in throw StoreError.rolledBack }
    }
  }

  private func rebuild(of platform: PlatformName? = nil, repairing: Bool = true) throws -> Rebuilt {
    try HubRebuild(database: world.parts.database, writer: world.parts.writer).run(of: platform, repairing: repairing)
  }

  private func leaves() throws -> [UInt64] {
    try world.parts.database.read { db in
      let top = DigestBucket.top(ofLeaf: DigestBucket.leaf(of: order))
      return try HubDigests.tops(of: water, db) + HubDigests.leaves(ofTop: top, of: water, db)
    }
  }

  @Test func aSoundStoreHasNothingToPutRight() throws {
    let found = try rebuild()
    #expect(found.wrong == 0 && found.orders == 2 && found.lines == 3)
    #expect(try rebuild(of: water).orders == 1)
  }

  @Test(arguments: [
    "UPDATE orders SET digest = zeroblob(32)", "UPDATE orders SET digest = NULL",
    "UPDATE digest SET value = zeroblob(32)",
    "DELETE FROM digest", "UPDATE orders SET state = X'00'",
    "UPDATE orders SET digest = zeroblob(32), state = X'00'; ",
  ])
  func whatFollowsFromTheLogIsMadeAnewWhetherOrNotTheWriterRemembersIt(sql: String) throws {
    for remembers in [true, false] {
      let (sound, state) = (try leaves(), try world.state(order))
      try alter(sql)
      if !remembers { try forget() }
      #expect(try rebuild(repairing: false).wrong > 0, "\(sql)")
      #expect(try rebuild(repairing: false).wrong > 0, "looking puts nothing right")
      #expect(try rebuild().wrong > 0)
      #expect(try rebuild().wrong == 0)
      #expect(try leaves() == sound)
      #expect(try world.state(order) == state)
      _ = try world.perform(.note(text: "again", visibility: "all"), on: order)
      #expect(try rebuild().wrong == 0)
    }
  }

  /// An agent may not have read it yet, and then it would keep the value for ever.
  @Test func aPurgeWhoseLineTheDiskAlteredIsSaidAnew() throws {
    let purged = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    _ = try world.hotline.purgePerson(
      phone: "13800001234", reason: "asked", author: Author(name: "op", role: "supervisor"))
    func purges() throws -> Set<Hash> {
      Set(try world.parts.database.read { db in try HubLog.history(purged, db) }.flatMap { $0.change?.purges ?? [] })
    }
    let said = try purges()
    #expect(said.count == 1)
    try alter(
      "UPDATE change SET line = X'00' WHERE (replica, n) IN (SELECT replica, n FROM purged)")
    try forget()
    #expect(try rebuild().altered.count == 1)
    #expect(try purges() == said)
    #expect(try !world.hotline.purges().list("purges").contains { $0["state"] == "unwritten" })
    #expect(try rebuild().wrong == 0)
  }

  @Test func whatWasWrongIsNamedWhetherOrNotItIsPutRight() throws {
    try alter("UPDATE orders SET digest = zeroblob(32), state = X'00' WHERE order_id = '\(order.text)'")
    try alter("DELETE FROM digest WHERE level = 0 AND platform = 'gas'")
    try forget()
    let seen = try rebuild(repairing: false)
    #expect(seen.repairs.named.contains(Repair(.digest, order: order)))
    #expect(seen.repairs.named.contains(Repair(.state, order: order)))
    #expect(seen.repairs.named.contains { $0.bucket?.hasPrefix("gas top ") == true })
    #expect(seen.repairs.count == seen.wrong)
    let repaired = try rebuild()
    #expect(repaired.repairs.count == repaired.wrong && repaired.json["repairs"]?.asArray?.isEmpty == false)
  }

  @Test func onlyThePlatformsOwnOrdersAreLookedAt() throws {
    try alter("UPDATE orders SET digest = zeroblob(32) WHERE order_id <> '\(order.text)'")
    #expect(try rebuild(of: water).wrong == 0)
    #expect(try rebuild(of: PlatformName("gas")).wrong > 0)
  }

  @Test(arguments: [true, false])
  func alteredLinesAreDroppedAndComeBack(remembers: Bool) throws {
    let (sound, state) = (try leaves(), try world.state(order))
    let entries = try world.page("water").entries
    // Two of one order, neither of which can be read: a fold would trip over the other.
    try alter("UPDATE change SET line = X'7B' WHERE order_id = '\(order.text)'")
    if !remembers { try forget() }
    let found = try rebuild()
    #expect(found.altered.count == 2)
    let after = try rebuild()
    #expect(after.wrong == 0 && after.missing.count == 2)
    #expect(after.json["missing"] == 2 && after.json["repairs"] == nil)
    #expect(Set(found.repairs.named) == Set(after.remaining.named) && found.repairs.count == found.wrong)
    #expect(try leaves() != sound)
    let healed = try world.parts.writer.perform { transaction in
      try entries.map { entry in
        // As a feed gave it, which is as an agent gives it back.
        try transaction.heal(entry)
      }
    }
    #expect(healed == [.taken, .taken])
    #expect(try rebuild().missing.isEmpty)
    #expect(try leaves() == sound)
    #expect(try world.state(order) == state)
  }

  @Test func whatTheDiskAlteredIsNotReadAsSomethingElse() throws {
    let (state, document) = (try world.hotline.canonical(order), try world.hotline.document(order))
    try alter("UPDATE orders SET state = CAST(REPLACE(CAST(state AS TEXT), 'burst pipe', 'burnt pipe') AS BLOB)")
    #expect(try world.hotline.canonical(order) == state, "a state is made anew from the log")
    #expect(try world.hotline.document(order) == document)
    #expect(
      try world.hotline.list(OrderFilter(), limit: 9, after: nil).list("orders").map { $0["title"] } == [
        "burst pipe", "burst pipe",
      ])
    // A line that can be read, and says something else.
    try alter("UPDATE change SET line = CAST(REPLACE(CAST(line AS TEXT), 'hurry', 'sorry') AS BLOB)")
    #expect(try world.hotline.document(order).list("entries").isEmpty)
    try forget()
    _ = try world.parts.writer.perform { [order] transaction in try transaction.refold(order) }
    #expect(try !String(decoding: world.hotline.canonical(order), as: UTF8.self).contains("sorry"))
  }

  @Test func aLogWithAHoleIsNamedAndHoldsUpNothingElse() throws {
    try alter("DELETE FROM change WHERE order_id = '\(order.text)' AND ordinal = 1")
    try alter("UPDATE orders SET state = X'00' WHERE order_id <> '\(order.text)'")
    try forget()
    #expect(try rebuild().unfoldable == [order])
    #expect(try rebuild().json["unfoldable"] == 1)
    #expect(try rebuild().json["remaining"]?.asArray?.last == ["order": .string(order.text), "what": "log"])
    #expect(try rebuild().states.isEmpty)
    #expect(try world.hotline.doctor(fixing: true)["ok"] == false)
  }

  @Test func bucketsAreCorrectedInOneCommitWithAnOrderThatJustBecameThePlatforms() throws {
    try alter("DELETE FROM digest WHERE platform = 'gas'")
    let gas = try PlatformName("gas")
    let order = order
    _ = try world.parts.writer.perform { transaction in
      let assignment: JSON = ["platform": "gas", "role": "assist", "round": 1, "cause": "first"]
      try transaction.author(
        order, edits: [.set("assignment/a2", assignment)], by: Author(name: "op", role: "operator"))
      try transaction.correctBuckets(of: gas)
    }
    #expect(try rebuild(repairing: false).wrong == 0)
  }

  @Test func aRepairInOneCommitWithOtherChangesKeepsBoth() throws {
    try alter("UPDATE orders SET digest = zeroblob(32), state = X'00'")
    try forget()
    let order = order
    try world.parts.writer.perform { transaction in
      try transaction.author(order, edits: [.note("between")], by: Author(name: "op", role: "operator"))
      _ = try transaction.repair(order)
      try transaction.correctBuckets(of: PlatformName("water"))
      try transaction.author(order, edits: [.note("after")], by: Author(name: "op", role: "operator"))
    }
    _ = try rebuild(of: PlatformName("gas"))
    #expect(try rebuild(repairing: false).wrong == 0)
    #expect(try world.hotline.document(order).list("entries").count == 3)
  }
}
