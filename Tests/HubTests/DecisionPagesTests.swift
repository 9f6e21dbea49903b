// The pages where somebody decides: what is offered is what the hub does, and a list that was cut says so.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct DecisionPagesTests {
  private static let until = 1_900_000_000_000
  private static let author = Author(name: "li", role: "operator")

  private func ask(_ order: OrderID, _ hotline: Hotline) throws -> String {
    _ = try hotline.perform(
      .request(type: "extension", code: nil, reason: "配件要等", until: Self.until, suggestedSector: nil), on: order,
      assignment: nil, onBehalfOf: try PlatformName("water"), author: Self.author, request: nil)
    return try #require(try hotline.requests().list("requests").first { $0.text("order") == order.text }).text("id")
  }

  @Test func anExtensionBeyondTheLimitIsNotOffered() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let text = try console.order([.init("title", "爆管")], to: "water")
      let order = try OrderID(text)
      let supervisor = try await console.signedIn(as: .supervisor)
      for _ in 0..<console.hotline.inForce.policy.maxExtensions {
        let request = try ask(order, console.hotline)
        console.clock.advance(2_000)
        let page = try await supervisor.get("/requests").main
        #expect(page.contains("request-\(request)") && !page.contains("disabled"))
        #expect(try await supervisor.post("/requests/\(text)/\(request)", [("granted", "yes")]).status == 303)
      }
      // A crew that was offline had not seen them granted.
      let crew = try FakeAuthor("water")
      let assignment = try #require(try console.view(text).assignments.first?.id)
      let asked = Edit.set(
        "assignment/\(assignment)/request/r9", ["type": "extension", "reason": "还要等", "until": .int(Self.until)])
      try console.push([crew.entry(order, context: try console.view(text).state.vector, [asked])], from: crew)
      console.clock.advance(2_000)
      let page = try await supervisor.get("/requests").main
      #expect(page.contains("disabled aria-describedby=\"limit-r9\""))
      #expect(page.contains(RequestPhrase.atLimit.said(in: .zh)))
      let whole = try await supervisor.get("/orders/\(text)").main
      #expect(whole.contains("<option value=\"true\" disabled>") && whole.contains(RequestPhrase.atLimit.said(in: .zh)))
      #expect(try await supervisor.post("/requests/\(text)/r9", [("granted", "yes")]).status == 409)
      #expect(try await supervisor.post("/requests/\(text)/r9", [("granted", "no")]).status == 303)
    }
  }

  @Test func aListThatWasCutSaysSo() throws {
    let world = try HubWorld()
    for seed in [UInt8(1), 2] {
      let order = try world.dispatched(to: "water")
      let seen = try world.view(order).state.vector
      let crew = try FakeAuthor("water", seed: seed)
      _ = try world.perform(.describe([.init("location", ["address": "hub street 1"])]), on: order)
      try world.push([crew.entry(order, context: seen, [.set("location", ["address": "crew street 2"])])], from: crew)
      _ = try ask(order, world.hotline)
    }
    for (limit, isCut) in [(1, true), (2, false)] {
      let requests = try WaitingRequest.read(world.hotline, maxOrders: limit)
      #expect(requests.isCut == isCut && requests.requests.count == limit)
      let conflicts = try ConflictsReading.read(world.hotline, maxOrders: limit)
      #expect(conflicts.isCut == isCut && conflicts.conflicts.count == limit)
    }
  }
}
