// Retention at the hub: which orders' personal values are purged by themselves, that they do not come back, that it goes on where it
// stopped, what platforms are told, and that looking at personal data leaves a row.

import Core
import Foundation
import Logging
import Shell
import Testing

@testable import Hub

@Suite struct RetentionTests {
  private let world: HubWorld
  private let by = Author(name: "op", role: "supervisor")
  private static let day = 86_400_000
  private let policy = RetentionPolicy(atPlatforms: 30 * day, untilPurge: 1_000 * day)

  init() throws { world = try HubWorld() }

  private func environment() -> HubEnvironment {
    var environment = world.parts.environment
    environment.retention = policy
    return environment
  }

  private func retention(_ parts: HubParts? = nil) -> Retention {
    let parts = parts ?? world.parts
    return Retention(
      database: parts.database, writer: parts.writer, registry: parts.registry, environment: environment())
  }

  /// A closed order with two values, or an open one.
  private func order(isClosed: Bool = true, phone: String = "13800001234") throws -> OrderID {
    let order = try world.dispatched(
      to: "water",
      registers: [
        .init("title", "leak"), .init("caller", ["name": "王芳", "phone": .string(phone)]),
        .init("location/private", ["flat": "12-301"]),
      ])
    if isClosed { try write([.set("closed", ["code": "solved"])], to: order) }
    return order
  }

  private func write(_ edits: [Edit], to order: OrderID) throws {
    _ = try world.parts.writer.perform { [by] transaction in try transaction.author(order, edits: edits, by: by) }
  }

  private func days(_ count: Int) { world.clock.advance(count * RetentionTests.day) }

  private func rows(_ table: String, of order: OrderID? = nil, _ parts: HubParts? = nil) throws -> Int {
    try (parts ?? world.parts).database.read { db in
      try db.count("SELECT COUNT(*) FROM \(table) WHERE $1 = '' OR order_id = $1", [.text(order?.text ?? "")])
    }
  }

  // MARK: Purging

  @Test func valuesOfOrdersThatEndedLongAgoArePurgedForEveryoneAndNoOthers() throws {
    let old = try order()
    let open = try order(isClosed: false)
    let reopened = try order()
    try write([.set("closed", .null)], to: reopened)
    let lateClosed = try order(isClosed: false)
    days(1)
    try write([.set("closed", ["code": "solved"])], to: lateClosed)
    days(998)
    #expect(try retention().run() == Retention.Purged(), "nothing is old enough")
    days(1)
    #expect(try retention().run() == Retention.Purged(orders: 1, values: 2))
    #expect(try rows("sealed", of: old) == 0)
    for kept in [open, reopened, lateClosed] { #expect(try rows("sealed", of: kept) == 2) }
    // The platform is told by the order's own history, and the order is as closed as before.
    let last = try #require(try world.page("water").entries.last)
    #expect(try last.head.order == old && ChangeLine.decode(try #require(last.line)).purges.count == 2)
    #expect(try world.state(old).purged.count == 2 && world.view(old).status(now: world.clock.now) == .closed)
    // The ledger has it too.
    let records = try world.parts.registry.ledger.replay()
    #expect(records.contains { if case .purged(old, let named, _) = $0 { named.count == 2 } else { false } })
    days(1)
    #expect(try retention().run() == Retention.Purged(orders: 1, values: 2), "the one that was closed a day later")
    days(5_000)
    #expect(try retention().run() == Retention.Purged())
    #expect(try rows("sealed", of: open) == 2 && rows("sealed", of: reopened) == 2)
    #expect(try world.hotline.doctor()["ok"] == true)
  }

  @Test func withoutAPolicyNothingIsPurged() throws {
    _ = try order()
    days(9_000)
    let none = Retention(
      database: world.parts.database, writer: world.parts.writer, registry: world.parts.registry,
      environment: world.parts.environment)
    #expect(try !none.isDue() && none.run() == Retention.Purged())
    #expect(try rows("sealed") == 2)
  }

  @Test func itIsDoneOnceADayAndGoesOnWhereItStopped() throws {
    for _ in 1...120 { _ = try order() }
    days(1_001)
    #expect(try retention().isDue())
    var looks = 0
    let first = try retention().run {
      looks += 1
      return looks <= 2
    }
    #expect(first == Retention.Purged(orders: 50, values: 100))
    #expect(try retention().isDue(), "it was stopped")
    #expect(try retention().run() == Retention.Purged(orders: 70, values: 140))
    #expect(try !retention().isDue())
    days(1)
    #expect(try retention().isDue())
    try retention().postpone()
    #expect(try !retention().isDue(), "a restored database waits a day")
  }

  @Test func anOrderOfWhichSomethingWaitsIsLeft() throws {
    let order = try order()
    days(1_001)
    _ = try world.parts.database.write { db in
      try db.execute(
        """
        INSERT INTO waiting (platform, replica, n, order_id, prev, hash, chain, receipt, verdict, received, line)
        VALUES ('hub', 'hub.x', 1, $1, 0, $2, $2, $2, 'accepted', 0, $2)
        """, [.text(order.text), .blob([1])])
    }
    #expect(try retention().run() == Retention.Purged())
    #expect(try rows("sealed", of: order) == 2)
  }

  @Test func whatTheHubLacksIsPurgedAtTheAgentsToo() throws {
    let order = try order()
    _ = try world.parts.database.write { db in
      try db.execute(
        "INSERT INTO lacking (order_id, commitment) SELECT order_id, commitment FROM sealed WHERE order_id = $1",
        [.text(order.text)])
      try db.execute("DELETE FROM sealed WHERE order_id = $1", [.text(order.text)])
    }
    days(1_001)
    #expect(try retention().run() == Retention.Purged(orders: 1, values: 2))
    #expect(try world.state(order).purged.count == 2 && rows("lacking") == 0)
  }

  // MARK: Not coming back

  @Test func aHubRestoredFromBeforeDestroysAgainAndTakesNothingBack() throws {
    let order = try order()
    let entries = try world.page("water").entries
    let path = try world.copy("before")
    days(1_001)
    _ = try retention().run()
    let parts = try world.restored(path)
    defer { parts.writer.stop() }
    #expect(try rows("sealed", of: order, parts) == 2)
    #expect(try parts.registry.recall(parts.registry.ledger.replay()) == 2)
    #expect(try rows("sealed", of: order, parts) == 0)
    // An agent gives the order back with its values, and then the purge.
    let all = try world.page("water").entries
    let given = (entries + all).map { entry -> Entry in
      var entry = entry
      entry.head.position = nil
      entry.head.feedHash = nil
      return entry
    }
    #expect(given.contains { !$0.head.sealed.isEmpty })
    _ = try parts.writer.perform { transaction in try given.map { try transaction.heal($0) } }
    #expect(try rows("sealed", of: order, parts) == 0 && rows("lacking", of: order, parts) == 0)
    #expect(try parts.hotline.doctor()["ok"] == true)
  }

  // MARK: What is told

  @Test func thePullTellsForHowLongAPlatformKeepsValuesAndWhichTheHubLacks() throws {
    let order = try order()
    _ = try world.parts.database.write { db in
      for id in [order.text, "gas-1"] {
        try db.execute(
          "INSERT INTO lacking (order_id, commitment) VALUES ($1, $2)", [.text(id), .blob(Hash.of([1]).bytes)])
      }
    }
    func reply(_ platform: String, _ environment: HubEnvironment) throws -> PullReply {
      let calls = SyncCalls(
        database: world.parts.database, writer: world.parts.writer, contacts: world.parts.contacts,
        environment: environment)
      let request = PullRequest(
        after: .start, lane: 0, told: .start, run: nil, limit: 9, waitMilliseconds: 0, health: .fresh)
      let reply = try calls.pull(request, from: Contacts.Name(platform: try PlatformName(platform), agent: "a")).reply
      return try PullReply(reply.json)
    }
    let water = try reply("water", environment())
    #expect(water.lacks == [.of([1])] && water.retain == 30 * RetentionTests.day)
    let gas = try reply("gas", world.parts.environment)
    #expect(gas.lacks.isEmpty && gas.retain == nil)
    #expect(gas.json["lacks"] == nil && gas.json["retain"] == nil, "older agents are told nothing new")
  }

  @Test func theStatusTellsItInSumAndWhoHasReadIt() throws {
    _ = try world.parts.database.write { db in
      try db.execute(
        "INSERT INTO agent (platform, agent, enrolled, revoked, cursor_position) VALUES ('water', 'depot', 0, NULL, 0)",
        [])
    }
    for _ in 1...3 { _ = try order() }
    days(1_001)
    _ = try retention().run()
    func status() throws -> JSON { try #require(try world.hotline.purges()["retention"]) }
    #expect(try world.hotline.purges().list("purges").isEmpty, "nobody asked for them")
    #expect(try status()["orders"] == 3 && status()["values"] == 6 && status()["unwritten"] == 0)
    #expect(try status()["last"] == .int(world.clock.now) && status()["state"] == "waiting")
    let name = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    let head = try world.page("water").head.position
    world.parts.contacts.note(name, health: .fresh, cursorPosition: 0, now: world.clock.now)
    world.parts.contacts.acknowledged(name, head - 1)
    #expect(try status()["state"] == "waiting")
    world.parts.contacts.acknowledged(name, head)
    #expect(try status()["state"] == "confirmed")
    // One for a person is listed beside it.
    _ = try order(phone: "13900005678")
    _ = try world.hotline.purgePerson(phone: "13900005678", reason: "asked", author: by)
    #expect(try world.hotline.purges().list("purges").count == 1)
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    var told = try world.hotline.purges()
    told = .object(
      (told.asObject ?? []).filter { $0.key != "retention" } + [
        .init("retention", .object((try status().asObject ?? []) + [.init("purge", .int(1_000 * RetentionTests.day))]))
      ])
    let text = PrivacyPrinting.purges(told, on: page).joined(separator: "\n")
    #expect(text.contains("after 1000 days") && text.contains("6 values of 3 orders"))
  }

  // MARK: Who looked

  @Test func whoSoughtOrCopiedIsKeptAndWhoseIsNot() throws {
    let phone = "13800001234"
    for _ in 1...2 { _ = try order() }
    _ = try world.hotline.findPerson(phone: phone, author: by)
    world.clock.advance(1)
    _ = try world.hotline.exportPerson(phone: "+86 138 0000 1234", author: Author(name: "li", role: "operator"))
    world.clock.advance(1)
    _ = try world.hotline.findPerson(phone: "13700000000", author: by)
    let lookups = try world.hotline.lookups()
    #expect(lookups.list("lookups").map { $0.text("action") } == ["find", "export", "find"])
    #expect(lookups.list("lookups").map { $0.text("author") } == ["op", "li", "op"])
    #expect(lookups.list("lookups").map { $0["orders"] } == [0, 2, 2])
    #expect(lookups.list("lookups").last?["at"] == .int(world.clock.now - 2))
    let refusal = #expect(throws: Problem.self) {
      try world.hotline.findPerson(phone: phone, author: Author(name: "for 138-0000-1234", role: "x"))
    }
    #expect(refusal?.code == .badCommand && refusal?.detail.contains("0000") == false)
    let kept = try world.parts.database.read { db in
      try db.all("SELECT at, id, action, author, role, orders FROM lookup", []) { row in
        (0..<6).map { row.text($0) }.joined(separator: " ")
      }
    }
    let digits = kept.map { $0.filter(\.isNumber) }
    #expect(kept.count == 3 && digits.allSatisfy { !$0.contains(phone) })
    // What cannot be kept is not answered.
    _ = try world.parts.database.write { try $0.execute("DROP TABLE lookup", []) }
    #expect(throws: (any Error).self) { try world.hotline.exportPerson(phone: phone, author: by) }
  }

  // MARK: Configuration

  @Test func theKeysSayHowLongAndNoughtIsForEver() throws {
    let path = NSTemporaryDirectory() + "lianxin-retention-" + UUID().uuidString + ".yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }  // a leftover harms nobody
    func load(_ yaml: String) throws -> RetentionPolicy {
      try yaml.write(toFile: path, atomically: true, encoding: .utf8)
      return try HubSettings.load(file: path, environment: [:]).retention
    }
    #expect(try load("# nothing\n") == RetentionPolicy(atPlatforms: 30 * Self.day, untilPurge: 1_095 * Self.day))
    #expect(try load("retention: {platform: 0s, purge: 0s}\n") == RetentionPolicy())
    #expect(try load("retention: {platform: 7d, purge: 12h}\n").untilPurge == Self.day / 2)
  }
}
