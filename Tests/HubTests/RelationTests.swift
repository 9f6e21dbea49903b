// Orders that have the same reference of another system: they wait until somebody says how they belong together, or a reference is put
// right, and the button that says so stands beside them.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct RelationTests {
  private static func reference(_ number: String) -> JSON.Member { .init("ref/city", ["number": .string(number)]) }

  private func order(_ title: String, _ number: String, _ world: HubWorld) throws -> OrderID {
    world.clock.advance(1_000)
    return try world.dispatched(to: "water", registers: [.init("title", .string(title)), Self.reference(number)])
  }

  /// Pairs that wait, in the API's report, and in every count of what waits.
  private func waiting(_ world: HubWorld) throws -> Int {
    let rows = try world.hotline.conflicts().list("contradictions").filter { $0["kind"] == "sameReference" }
    #expect(try OverviewReading.read(world.hotline).disagreements.contradictions == rows.count)
    #expect(try world.hotline.status()["contradictions"] == .int(rows.count))
    let metrics = try MetricsReading(hotline: world.hotline, database: world.directory + "/hub.db").text()
    #expect(metrics.contains("\nlianxin_hub_contradictions \(rows.count)\n"))
    return rows.count
  }

  @Test func aPairWaitsUntilItIsRelatedEitherWay() throws {
    let world = try HubWorld()
    let first = try order("burst", "77", world)
    let second = try order("burst again", "77", world)
    #expect(try waiting(world) == 1)
    _ = try world.perform(.relate(order: first.text, kind: "duplicate"), on: second)
    #expect(try world.view(second).state.value("relation/\(first)") == "duplicate")
    #expect(try waiting(world) == 0)
    // One of the two leads.
    let refused = #expect(throws: Problem.self) {
      try world.perform(.relate(order: second.text, kind: "duplicate"), on: first)
    }
    #expect(refused?.code == .illegalStep)
    _ = try world.perform(.relate(order: first.text, kind: nil), on: second)
    #expect(try waiting(world) == 1)
    // The other way round, by the hotline's number.
    let number = try #require(try world.view(second).number)
    let answer = try world.perform(.relate(order: number, kind: "sameIncident"), on: first)
    #expect(try world.view(first).state.value("relation/\(second)") == "sameIncident")
    #expect(try waiting(world) == 0)
    // A relation that is void is none.
    _ = try world.perform(.void(dot: try answer.string("dot"), reason: "mistyped"), on: first)
    #expect(try waiting(world) == 1)
    _ = try world.perform(.reinstate(dot: try answer.string("dot")), on: first)
    #expect(try waiting(world) == 0)
  }

  @Test func aReferenceThatIsPutRightWaitsForNobody() throws {
    let world = try HubWorld()
    let first = try order("burst", "77", world)
    let second = try order("burst again", "77", world)
    let third = try order("something else", "77", world)
    #expect(try waiting(world) == 3)
    _ = try world.perform(.relate(order: first.text, kind: "repeat"), on: second)
    #expect(try waiting(world) == 2)
    _ = try world.perform(.amend([Self.reference("78")]), on: third)
    #expect(try waiting(world) == 0)
    _ = try world.perform(.amend([Self.reference("77")]), on: third)
    #expect(try waiting(world) == 2)
  }

  @Test func whatIsRelatedToNothingThatThereIsIsRefused() throws {
    let world = try HubWorld()
    let only = try order("burst", "77", world)
    let elsewhere = OrderID(maker: .hub, milliseconds: 5, random: [5]).text
    for other in [elsewhere, "20991231-000001"] {
      let refused = #expect(throws: Problem.self) { try world.perform(.relate(order: other, kind: "repeat"), on: only) }
      #expect(refused?.code == .notFound)
    }
    #expect(throws: CommandRefusal.self) { try world.perform(.relate(order: only.text, kind: "repeat"), on: only) }
  }

  @Test func theLaterOfTwoIsRelatedWithOnePress() async throws {
    try await ConsoleFixture().serving { console in
      let first = try console.order([.init("title", "爆管"), Self.reference("77")])
      console.clock.advance(1_000)
      let second = try console.order([.init("title", "还在漏"), Self.reference("77")])
      let path = "/conflicts/\(second)/relate"
      let fields = [("other", first), ("kind", "duplicate")]
      let op = try await console.signedIn(as: .operator)
      let seen = try await op.get("/conflicts").main
      #expect(seen.contains("爆管") && seen.contains("还在漏") && !seen.contains(path))
      #expect(try await op.post(path, fields).status == 403)
      let supervisor = try await console.signedIn(as: .supervisor)
      let page = try await supervisor.get("/conflicts").main
      #expect(page.contains("action=\"\(path)\"") && page.contains("value=\"\(first)\""))
      #expect(try await supervisor.post(path, fields).status == 303)
      #expect(try await supervisor.get("/conflicts").main.contains("还在漏") == false)
      #expect(try await supervisor.get("/orders/\(second)").main.contains("/orders/\(first)"))
    }
  }

  @Test func anOrderIsRelatedToAnyOtherFromItsPage() async throws {
    try await ConsoleFixture().serving { console in
      let first = try console.order([.init("title", "爆管")])
      let second = try console.order([.init("title", "还在漏")])
      let number = try #require(try console.view(first).number)
      let supervisor = try await console.signedIn(as: .supervisor)
      #expect(try await supervisor.get("/orders/\(second)").main.contains("name=\"other\""))
      func relate(_ kind: String) async throws -> Int {
        let fields = [("command", "relate"), ("other", number), ("kind", kind)]
        return try await supervisor.post("/orders/\(second)/do", fields).status
      }
      #expect(try await relate("repeat") == 303)
      #expect(try console.view(second).state.value("relation/\(first)") == "repeat")
      #expect(try await relate("none") == 303)
      #expect(try console.view(second).state.value("relation/\(first)") == nil)
      let op = try await console.signedIn(as: .operator)
      #expect(!(try await op.get("/orders/\(second)").main.contains("name=\"other\"")))
    }
  }
}
