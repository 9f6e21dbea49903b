// A purged value does not come back, in whatever order things arrive: with a change, from an agent that gives back, at a hub that forgot.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct PurgeReturnTests: HoldsAPerson {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  @Test func aPurgedValueIsNotKeptWhenAChangeBringsItAgain() throws {
    let order = try dispatched("13900005678")
    let crew = try FakeAuthor("water")
    let entry = try contact(order, crew, phone)
    try world.push([entry], from: crew)
    try purge()
    #expect(try rows("sealed", of: order) == 2)
    // In another order too, by another change.
    let other = try dispatched("13900005678")
    let copied = crew.entry(
      other, context: try world.state(other).vector,
      try ChangeLine.decode(try #require(entry.line)).edits, sealed: entry.head.sealed)
    try world.push([copied], from: crew)
    #expect(try rows("sealed", of: other) == 2)
    // Given back by an agent with a change that is held.
    let given = try #require(try world.page("water").entries.first { $0.head.dot == entry.head.dot })
    let healed = try heal([given], with: entry.head.sealed, at: world.parts)
    #expect(healed == [.held])
    #expect(try rows("sealed", of: order) == 2 && rows("lacking") == 0)
  }

  private func heal(_ entries: [Entry], with sealed: [SealedValue] = [], at parts: HubParts) throws -> [Healed] {
    let entries = entries.map { entry -> Entry in
      var entry = entry
      entry.head.position = nil
      entry.head.feedHash = nil
      entry.head.sealed = sealed
      return entry
    }
    return try parts.writer.perform { transaction in try entries.map { try transaction.heal($0) } }
  }

  /// What water has of the order, with its values, before and after a purge.
  private func history() throws -> (order: OrderID, entries: [Entry], sealed: [SealedValue]) {
    let order = try dispatched()
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    #expect(sealed.count == 2)
    try purge()
    return (order, try world.page("water").entries, sealed)
  }

  @Test func aHubThatForgotAllGetsThePurgeBackBeforeOrAfterTheValues() throws {
    for valuesFirst in [true, false] {
      let (order, entries, sealed) = try history()
      let empty = try HubWorld()
      let creation = try #require(entries.first { $0.head.order == order })
      let purge = try #require(entries.last)
      if valuesFirst {
        _ = try heal([creation], with: sealed, at: empty.parts)
        #expect(try rows("sealed", of: order, empty.parts) == 2)
        _ = try heal([purge], at: empty.parts)
      } else {
        // The purge waits for what it saw, and has destroyed already.
        _ = try heal([purge], at: empty.parts)
        #expect(try rows("waiting", of: order, empty.parts) == 1)
        _ = try heal([creation], with: sealed, at: empty.parts)
        #expect(try rows("waiting", of: order, empty.parts) == 0)
      }
      #expect(try rows("sealed", of: order, empty.parts) == 0)
      #expect(try rows("lacking", of: order, empty.parts) == 0, "what is purged is not asked for")
      #expect(try empty.state(order).stored == world.state(order).stored)
    }
  }

  @Test(arguments: [true, false])
  func whatIsPurgedIsNeitherKeptNorAskedForWhileThePurgeStillWaitsForMore(withValues: Bool) throws {
    let order = try dispatched()
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    _ = try world.perform(.note(text: "between", visibility: "all"), on: order)
    try purge()
    let entries = try world.page("water").entries
    let empty = try HubWorld()
    _ = try heal([try #require(entries.last)], at: empty.parts)
    let creation = try #require(entries.first { $0.head.order == order })
    _ = try heal([creation], with: withValues ? sealed : [], at: empty.parts)
    #expect(try rows("waiting", of: order, empty.parts) == 1, "the note is not back yet")
    #expect(try rows("lacking", of: order, empty.parts) == 0 && rows("sealed", of: order, empty.parts) == 0)
  }

  @Test func aHubRestoredFromBeforeThePurgeDestroysAgainAndTellsEveryoneAnew() throws {
    let order = try dispatched()
    let copy = try world.copy("before")
    let sealed = try world.page("water").entries.flatMap(\.head.sealed)
    try purge()
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try rows("sealed", of: order, parts) == 2)
    let records = try parts.registry.ledger.replay()
    #expect(try parts.registry.recall(records) == 3, "two values, and the number")
    #expect(try rows("sealed", of: order, parts) == 0)
    #expect(try parts.registry.recall(records) == 0)
    let state = try parts.hotline.canonical(order)
    #expect(String(decoding: state, as: UTF8.self).contains("purged/\(try commitment(order))"))
    let purges = try parts.hotline.purges().list("purges")
    #expect(purges.count == 1 && purges.first?["values"] == 2 && purges.first?["dot"] != nil)
    // The former register comes back from an agent, with the values: both say the same.
    let entries = try world.page("water").entries
    #expect(try heal(entries, with: sealed, at: parts) == [.held, .taken])
    #expect(try rows("sealed", of: order, parts) == 0)
    #expect(try parts.hotline.document(order)["conflicts"] == [])
    #expect(try parts.hotline.doctor()["ok"] == true)
  }

  @Test func aHubRestoredFromBeforeTheOrderPurgesItWhenItComesBack() throws {
    let copy = try world.copy("empty")
    let (order, entries, sealed) = try history()
    let parts = try world.restored(copy)
    defer { parts.writer.stop() }
    #expect(try parts.registry.recall(parts.registry.ledger.replay()) == 3, "two values, and the number")
    #expect(try parts.hotline.purges().list("purges").map { $0["state"] } == ["unwritten"])
    let creation = try #require(entries.first { $0.head.order == order })
    #expect(try heal([creation], with: sealed, at: parts) == [.taken])
    #expect(try rows("sealed", of: order, parts) == 0 && rows("lacking", of: order, parts) == 0)
    #expect(try parts.hotline.purges().list("purges").map { $0["dot"] != nil } == [true])
    let state = try parts.hotline.canonical(order)
    #expect(String(decoding: state, as: UTF8.self).contains("purged/"))
    #expect(try parts.hotline.doctor()["ok"] == true)
  }

  @Test func anOrderWithoutRoomLosesItsValuesAllTheSame() throws {
    let order = try dispatched()
    try world.parts.writer.perform { transaction in
      let row = try #require(try transaction.order(order))
      transaction.orders.update(order, default: row) { row in
        let full = (0..<Limits.maxVectorSize).map { n in
          (ReplicaID(platform: .hub, random: [1, UInt8(n >> 8), UInt8(n & 255)]), 1)
        }
        row.state = OrderState(id: order)
        for (replica, n) in full { _ = Merge.applyUnreadable(Dot(replica, n), prev: 0, to: &row.state) }
      }
    }
    let answer = try purge()
    #expect(answer["values"] == 2 && answer.list("orders").first?.list("dots").isEmpty == true)
    #expect(try rows("sealed", of: order) == 0)
    #expect(try world.hotline.purges().list("purges").map { $0["state"] } == ["unwritten"])
  }
}
