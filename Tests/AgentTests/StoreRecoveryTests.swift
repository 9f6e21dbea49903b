// Databases that are older than what they wrote, and hubs that are.

import Core
import Foundation
import Testing

@testable import Agent

struct StoreRecoveryTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private var hub: FakeHub
  private let order: OrderID

  init() throws {
    directory = try StoreDirectory()
    (store, hub, order) = try directory.openWithOrder()
    _ = try store.edit(.accept, on: order, request: "one")
    try store.pushAll(&hub)
    try store.pullAll(hub)
  }

  @Test func aRestoredBackupGetsBackWhatItWroteAndCollidesWithNothing() throws {
    var hub = hub
    let backup = try directory.copy()
    let lost = try store.edit(.progress(step: "onSite"), on: order, request: "two")
    try store.pushAll(&hub)
    try store.pullAll(hub)
    let restored = try backup.open()
    let reply = hub.greet(try restored.helloRequest(now: someTime))
    #expect(try restored.greeted(reply, now: someTime) == Greeted())
    let fresh = try restored.edit(.note(text: "after the restore", visibility: "all"), on: order)
    #expect(fresh.dot.replica != lost.dot.replica)
    #expect(try restored.pullAll(hub).forkedAt == nil)
    try restored.pushAll(&hub)
    try restored.pullAll(hub)
    try store.pullAll(hub)
    #expect(try restored.text(order) == store.text(order))
    #expect(try restored.vector(order).covers(lost.dot))
    let again = try restored.edit(.progress(step: "onSite"), on: order, request: "two")
    #expect(again.dot == lost.dot && again.repeated && again.confirmed)
  }

  @Test func theHybridClockGoesOnWhereTheLastProcessLeftItThoughTheMachinesWentBack() throws {
    func time(of dot: Dot, in store: AgentStore) throws -> HybridTime {
      let line = try store.database.read { database in
        try database.first(
          "SELECT line FROM change WHERE replica = ? AND n = ?", [.text(dot.replica.text), .int(dot.n)]
        ) { $0.blob(0) }
      }
      return try ChangeLine.decode(try #require(line)).at
    }
    let note = Command.note(text: "late", visibility: "all")
    let before = try store.perform(note, on: order, author: crew, request: nil, now: someTime + 86_400_000)
    let later = try time(of: before.dot, in: store)
    let copy = try directory.copy()
    let opened = try copy.open()
    let after = try opened.perform(note, on: order, author: crew, request: nil, now: someTime)
    #expect(try time(of: after.dot, in: opened) > later)
  }

  @Test func whatAnAgentThatEndedCleanlyHeldIsInItsMainFileAlone() throws {
    let noted = try store.edit(.note(text: "the last", visibility: "all"), on: order)
    let held = try store.text(order)
    try store.database.close()
    let copy = try StoreDirectory()
    try FileManager.default.copyItem(atPath: directory.path + "/agent.db", toPath: copy.path + "/agent.db")
    let opened = try copy.open()
    #expect(try opened.text(order) == held)
    #expect(try opened.vector(order).covers(noted.dot))
  }

  /// SQLite's file layer takes only so much at once: what the next process writes again of a log must come in parts.
  @Test func aLogOfMegabytesThatAKilledProcessLeftIsOpenedWhole() throws {
    let text = String(repeating: "x", count: 3_000)
    var last: Dot?
    for _ in 0..<200 { last = try store.edit(.note(text: text, visibility: "all"), on: order).dot }
    let left = try directory.copy()
    let size = try FileManager.default.attributesOfItem(atPath: left.path + "/agent.db-wal")[.size] as? Int
    #expect((size ?? 0) > 1 << 20)
    let opened = try left.open()
    #expect(try opened.text(order) == store.text(order))
    #expect(try opened.vector(order).covers(try #require(last)))
  }

  @Test func aHubThatWentBackIsSentWhatItLost() throws {
    let old = hub
    var hub = hub
    _ = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    #expect(try store.health(now: someTime).outbox == 0)
    var reply = old.greet(try store.helloRequest(now: someTime))
    reply.cursorHolds = false
    // Not before both were compared: what others give back need not be sent again.
    #expect(try store.greeted(reply, now: someTime) == Greeted(mustReconcile: true))
    #expect(try store.health(now: someTime).outbox == 0)
    try store.finishReconcile(
      since: old.head, told: old.head, report: ReconcileReport(), reason: "test", now: someTime)
    let figures = try store.figures(now: someTime)
    #expect(figures.cursor == old.head && figures.told == old.head)
    #expect(try store.greeted(old.greet(try store.helloRequest(now: someTime)), now: someTime) == Greeted())
    #expect(try store.health(now: someTime).outbox == 1)
  }

  @Test func aRunThatTheHubKnowsOtherwiseIsAFork() throws {
    let request = try store.helloRequest(now: someTime)
    var reply = hub.greet(request)
    let run = try #require(request.runs.first)
    reply.runs = [Run(replica: run.replica, n: run.n, chain: .zero)]
    #expect(try store.greeted(reply, now: someTime).isForked)
    #expect(store.forkedAt == Dot(run.replica, run.n))
  }

  @Test func aRunThatGrewElsewhereIsAFork() throws {
    let request = try store.helloRequest(now: someTime)
    var reply = hub.greet(request)
    let run = try #require(request.runs.first)
    reply.runs = [Run(replica: run.replica, n: run.n + 1, chain: .zero)]
    reply.chains = [run]
    #expect(try store.greeted(reply, now: someTime).isForked)
    #expect(store.forkedAt == Dot(run.replica, run.n + 1))
  }

  @Test func theTwoSidesShowTheSameWhateverTheyDidApart() throws {
    var hub = hub
    _ = try store.edit(.complete(result: ["outcome": "solved"], reply: nil), on: order)
    hub.write([set("assignment/a1/recalled", ["reason": "moved"]), set("priority", "urgent")], on: order)
    _ = try store.edit(.note(text: "done", visibility: "all"), on: order)
    hub.write([set("title", "主管爆裂")], on: order)
    try store.pullAll(hub, limit: 1)
    try store.pushAll(&hub)
    try store.pullAll(hub)
    let state = hub.state(order)
    let entries = hub.feed.compactMap(\.line).compactMap { try? ChangeLine.decode($0) }.filter { $0.order == order }
      .flatMap(\.entries)
    #expect(try store.canonical(order.text) == state.canonical(entries: entries))
    let standing = try #require(try store.conflicts()["contradictions"]?.asArray)
    #expect(standing.map { $0["kind"] } == ["recalledWhileDone"])
    let hash = try #require(try store.states(after: nil, limit: 10)["states"]?.asArray?.first)
    #expect(hash["hash"] == state.canonicalHash(entries: entries).json)
  }
}
