// What a purge does to an agent's database: the value goes, whatever comes first, and does not come back; the order stays as it is.

import Core
import Foundation
import Testing

@testable import Agent

struct PurgeTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private let value = SealedValue(
    nonce: [UInt8](repeating: 3, count: 16), value: JSONText(["name": "王芳", "phone": "13800001234"]))

  init() throws {
    directory = try StoreDirectory()
    store = try directory.open()
  }

  private func rows(_ table: String, _ store: AgentStore? = nil) throws -> Int {
    try (store ?? self.store).database.read { try $0.number("SELECT COUNT(*) FROM \(table)") }
  }

  private func shown(_ order: OrderID) throws -> JSON? {
    try store.document(order.text, now: someTime)?["registers"]?["caller"]?["value"]
  }

  /// The hub's order with a caller, dispatched to water.
  private func order(_ hub: inout FakeHub, withValue: Bool = true) -> OrderID {
    let order = hub.dispatch()
    hub.write([set("caller", value.placeholder)], on: order, sealed: withValue ? [value] : [])
    return order
  }

  @Test func aPurgeTakesTheValueAndLeavesTheOrder() throws {
    var hub = FakeHub()
    let order = order(&hub)
    try store.pullAll(hub)
    #expect(try shown(order)?["phone"] == "13800001234")
    hub.write([Purge.edit(value.commitment, reason: "asked for")], on: order)
    try store.pullAll(hub)
    #expect(try rows("sealed") == 0)
    #expect(try shown(order) == value.placeholder)
    #expect(try store.vector(order) == hub.state(order).vector)
    #expect(try store.text(order) == String(decoding: hub.state(order).canonical(entries: []), as: UTF8.self))
    #expect(try store.document(order.text, now: someTime)?["conflicts"] == [])
  }

  @Test func aValueThatComesAfterItsPurgeIsNotKeptAndNotAskedFor() throws {
    var hub = FakeHub()
    let order = order(&hub, withValue: false)
    hub.write([Purge.edit(value.commitment, reason: "asked for")], on: order)
    try store.pullAll(hub)
    #expect(try rows("lacking") == 0)
    // By the feed again, as the order's history at a new assignment would bring it.
    hub.write([set("assignment/a2", ["platform": "water", "role": "lead", "round": 2])], on: order, sealed: [value])
    try store.pullAll(hub)
    #expect(try rows("sealed") == 0 && rows("lacking") == 0)
    // By a comparison, with a change that is held already.
    var entry = hub.feed[1]
    entry.head.sealed = [value]
    entry.head.position = nil
    entry.head.feedHash = nil
    _ = try store.takeReconciled([entry], now: someTime)
    #expect(try rows("sealed") == 0 && rows("lacking") == 0)
  }

  @Test func aValueThatWasAskedForAndComesWithItsPurgeIsNotKept() throws {
    var hub = FakeHub()
    let order = order(&hub, withValue: false)
    try store.pullAll(hub)
    #expect(try store.pullRequest(limit: 1, waitMilliseconds: 0, now: someTime).lacks == [value.commitment])
    hub.write([Purge.edit(value.commitment, reason: "asked for")], on: order)
    let request = try store.pullRequest(limit: 9, waitMilliseconds: 0, now: someTime)
    var (reply, entries) = hub.answer(request)
    reply.values = [value]
    _ = try store.applyPull(reply, entries: entries, asked: request.after, now: someTime)
    #expect(try rows("sealed") == 0 && rows("lacking") == 0)
    // Late, by a reply of its own.
    let next = try store.pullRequest(limit: 9, waitMilliseconds: 0, now: someTime)
    #expect(next.lacks.isEmpty)
    var late = hub.answer(next).0
    late.values = [value]
    _ = try store.applyPull(late, entries: [], asked: next.after, now: someTime)
    #expect(try rows("sealed") == 0)
  }

  @Test func aPurgeThatWaitsForWhatItSawDestroysAtOnce() throws {
    var hub = FakeHub()
    let order = order(&hub)
    try store.pullAll(hub)
    let purge = hub.change(
      [Purge.edit(value.commitment, reason: "asked for")], on: order, n: 9,
      context: hub.state(order).vector.merged(with: VersionVector([(hub.replica, 8)])))
    hub.add(purge, line: ChangeLine.encode(purge), verdict: .accepted)
    try store.pullAll(hub)
    #expect(try store.health(now: someTime).waiting == 1)
    #expect(try rows("sealed") == 0)
  }

  @Test func aPurgeWhoseLineComesLaterDestroysThen() throws {
    var hub = FakeHub()
    let order = order(&hub)
    let purge = hub.change([Purge.edit(value.commitment, reason: "asked for")], on: order)
    hub.add(purge, line: ChangeLine.encode(purge), verdict: .accepted, isBare: true)
    try store.pullAll(hub)
    #expect(try rows("sealed") == 1)
    var entry = try #require(hub.feed.last)
    entry.line = ChangeLine.encode(purge)
    _ = try store.takeReconciled([entry], now: someTime)
    #expect(try rows("sealed") == 0)
    #expect(try store.text(order).contains("purged/\(value.commitment)"))
  }

  @Test func onlyTheHubPurges() throws {
    var hub = FakeHub()
    let order = order(&hub)
    let gas = ReplicaID(platform: try PlatformName("gas"), random: [4])
    let forged = Change(
      order: order, dot: Dot(gas, 1), context: hub.state(order).vector, at: HybridTime(someTime), author: crew,
      edits: [Purge.edit(value.commitment, reason: "forged")])
    hub.add(forged, line: ChangeLine.encode(forged), verdict: .accepted)
    hub.write([set("purged/\(value.commitment)", .null)], on: order)
    try store.pullAll(hub)
    #expect(try rows("sealed") == 1)
  }

  @Test func aCopyFromBeforeThePurgeLosesTheValueAtItsNextPull() throws {
    var hub = FakeHub()
    let order = order(&hub)
    try store.pullAll(hub)
    let copy = try directory.copy()
    hub.write([Purge.edit(value.commitment, reason: "asked for")], on: order)
    try store.pullAll(hub)
    let restored = try copy.open()
    #expect(try rows("sealed", restored) == 1)
    try restored.pullAll(hub)
    #expect(try rows("sealed", restored) == 0)
    #expect(try restored.text(order) == store.text(order))
  }

  @Test func aPurgeReadByOlderSoftwareIsMadeGoodWhenTheDatabaseIsBroughtUpToDate() throws {
    var hub = FakeHub()
    let order = order(&hub)
    hub.write([Purge.edit(value.commitment, reason: "asked for")], on: order)
    try store.pullAll(hub)
    // As that software left it: the register, the value, and no table of purges.
    try store.database.write { database in
      try database.execute(sql: "DROP TABLE purged; DELETE FROM grdb_migrations WHERE identifier LIKE '3 %'")
      try database.run(
        "INSERT INTO sealed (commitment, order_id, nonce, value) VALUES (?, ?, ?, ?)",
        [.blob(value.commitment.bytes), .text(order.text), .blob(value.nonce), .blob(value.value.bytes)])
    }
    let copy = try directory.copy()
    let newer = try copy.open()
    #expect(try rows("sealed", newer) == 0 && rows("purged", newer) == 1)
  }

  @Test func aDestroyedValueIsOnNoPageOfTheFile() throws {
    var hub = FakeHub()
    let order = order(&hub)
    try store.pullAll(hub)
    hub.write([Purge.edit(value.commitment, reason: "asked for")], on: order)
    try store.pullAll(hub)
    try store.database.close()
    let file = try Data(contentsOf: URL(filePath: directory.path + "/agent.db"))
    #expect(file.range(of: Data(value.commitment.description.utf8)) != nil, "the line is there")
    #expect(file.range(of: Data("13800001234".utf8)) == nil)
  }
}
