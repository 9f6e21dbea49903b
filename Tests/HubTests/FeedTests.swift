// The feeds: dense, causal, whole at a hand-over, emergencies first, sealed values only for whom they are.

import Core
import Testing

@testable import Hub

@Suite struct FeedTests {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func verify(_ entries: [Entry]) {
    var hash = Hash.zero
    for (index, entry) in entries.enumerated() {
      hash = .feed(hash, entry.head.dot, entry.head.hash)
      #expect(entry.head.position == index + 1)
      #expect(entry.head.feedHash == hash)
    }
  }

  @Test func positionsAreDenseAndTheirHashRunsOn() throws {
    for _ in 0..<5 { _ = try world.dispatched(to: "water") }
    let order = try world.dispatched(to: "water")
    _ = try world.perform(.note(text: "n", visibility: "all"), on: order)
    let page = try world.page("water")
    #expect(page.entries.count == 7)
    verify(page.entries)
    #expect(page.head.position == 7)
    #expect(page.head.feedHash == page.entries.last?.head.feedHash)
  }

  @Test func aHandOverBringsTheWholeHistoryThenEverythingNew() throws {
    let order = try world.dispatched(to: "water")
    _ = try world.perform(.note(text: "before", visibility: "all"), on: order)
    _ = try world.perform(.recall(reason: "wrong trade"), on: order)
    _ = try world.perform(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: order)
    _ = try world.perform(.note(text: "after", visibility: "all"), on: order)
    let gas = try world.page("gas").entries
    verify(gas)
    #expect(gas.count == 5)
    var state = OrderState(id: order)
    for entry in gas {
      let change = try ChangeLine.decode(try #require(entry.line))
      #expect(Merge.apply(change, to: &state) == .applied)
    }
    let held = try world.state(order)
    #expect(state == held)
    #expect(try world.page("water").entries.count == 5)
  }

  @Test func anOpenEmergencyOvertakesWhatWaits() throws {
    for _ in 0..<20 { _ = try world.dispatched(to: "water") }
    let urgent = try world.dispatched(
      to: "water", registers: [.init("title", "gas smell"), .init("priority", "emergency")])
    let page = try world.page("water", limit: 5)
    #expect(page.entries.map(\.head.order) == [urgent])
    #expect(page.entries.allSatisfy { $0.head.isLane })
    #expect(page.lane == 21)
    let rest = try world.page("water", lane: page.lane, limit: 100)
    #expect(rest.entries.count == 21)
    #expect(rest.entries.allSatisfy { !$0.head.isLane })
  }

  @Test func anOrderEscalatedLaterComesWhole() throws {
    let order = try world.dispatched(to: "water")
    for _ in 0..<10 { _ = try world.dispatched(to: "water") }
    let seen = try world.page("water", limit: 100).head.position
    _ = try world.perform(.describe([.init("priority", "emergency")]), on: order)
    let page = try world.page("water", after: .start, lane: seen, limit: 5)
    #expect(page.entries.map(\.head.order) == [order, order])
    #expect(page.entries.map(\.head.position) == [1, 12])
  }

  @Test func theCallerIsForTheLeadAndNobodyElse() throws {
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["name": "Li", "phone": "13800001234"])])
    _ = try world.perform(.dispatch(platform: "gas", role: "assist", instruction: nil, cause: nil), on: order)
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    #expect(sealed.map { $0.value.json["phone"] } == ["13800001234"])
    #expect(try world.page("gas").entries.flatMap(\.head.sealed).isEmpty)
    for platform in ["water", "gas"] {
      for entry in try world.page(platform).entries {
        #expect(!String(decoding: entry.line ?? [], as: UTF8.self).contains("13800001234"))
      }
    }
  }

  @Test func aConfidentialCallerStaysAtTheHotline() throws {
    _ = try world.dispatched(
      to: "water",
      registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"]), .init("confidential", true)])
    #expect(try world.page("water").entries.flatMap(\.head.sealed).isEmpty)
  }

  @Test func theOwnRunGetsHeadsAlone() throws {
    let crew = try FakeAuthor("water")
    let order = try world.dispatched(to: "water")
    try world.push([crew.entry(order, context: try world.state(order).vector, [.note("mine")])], from: crew)
    let run = Run(replica: crew.replica, n: 1, chain: crew.chain)
    let entry = try #require(try world.page("water", run: run).entries.last)
    #expect(entry.line == nil)
    #expect(try world.page("water").entries.last?.line != nil)
  }

  @Test func aCursorOfAnotherHistoryDoesNotHold() throws {
    _ = try world.dispatched(to: "water")
    let head = try world.page("water").head
    let water = try PlatformName("water")
    func holds(_ cursor: Cursor) throws -> Bool {
      try world.parts.database.read { db in try Feed.holds(cursor, of: water, db) }
    }
    #expect(try holds(head))
    #expect(try !holds(Cursor(position: 1, feedHash: .of([1]))))
    #expect(try !holds(Cursor(position: 2, feedHash: head.feedHash)))
  }
}
