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

  /// What the API says of the only request that waits.
  private func waiting(_ world: HubWorld) throws -> JSON {
    let requests = try world.hotline.requests().list("requests")
    #expect(requests.count == 1)
    return try #require(requests.first)
  }

  private func request(_ type: String, of order: OrderID, by platform: String = "water", _ hotline: Hotline) throws {
    _ = try hotline.perform(
      .request(type: type, code: nil, reason: "不归我们", until: nil, suggestedSector: nil), on: order, assignment: nil,
      onBehalfOf: try PlatformName(platform), author: Self.author, request: nil)
  }

  @Test func whetherAReturnLeadsToADesignationIsSaidAsTheHubCountsIt() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    try request("return", of: order, world.hotline)
    for dispatches in 1...3 {
      let asked = try waiting(world)
      #expect(asked["dispatches"] == .int(dispatches) && asked["round"] == 1)
      #expect(asked["leadsToDesignation"] == .bool(dispatches == 3), "after \(dispatches)")
      _ = try world.perform(.answer(request: asked.text("id"), granted: true, until: nil, note: nil), on: order)
      let platform = dispatches % 2 == 1 ? "gas" : "water"
      _ = try world.perform(.dispatch(platform: platform, role: nil, instruction: nil, cause: nil), on: order)
      #expect(try world.view(order).assignments.last?.cause == (dispatches == 3 ? "designated" : "reassigned"))
      if dispatches < 3 { try request("return", of: order, by: platform, world.hotline) }
    }
    #expect(try world.hotline.requests()["limits"]?["dispatches"] == 3)
  }

  @Test func earlierRoundsAndAssistantsInForceLeadToNoDesignation() throws {
    let world = try HubWorld(platforms: ["water", "gas", "heat"])
    let order = try world.dispatched(to: "water")
    for platform in ["gas", "heat"] {
      _ = try world.perform(.dispatch(platform: platform, role: "assist", instruction: nil, cause: nil), on: order)
    }
    try request("return", of: order, world.hotline)
    let first = try waiting(world)
    #expect(first["dispatches"] == 3 && first["leadsToDesignation"] == false, "two are still there")
    _ = try world.perform(.answer(request: first.text("id"), granted: false, until: nil, note: nil), on: order)
    for command in [Command.accept, .complete(result: ["outcome": "solved", "work": "valve"], reply: nil)] {
      _ = try world.hotline.perform(
        command, on: order, assignment: nil, onBehalfOf: try PlatformName("water"), author: Self.author, request: nil)
    }
    _ = try world.perform(.rework(platform: "water", instruction: nil), on: order)
    try request("return", of: order, world.hotline)
    let second = try waiting(world)
    #expect(second["round"] == 2 && second["dispatches"] == 1 && second["leadsToDesignation"] == false)
  }

  @Test func aSuspensionHasThoseGrantedAndAnExemptionWhatWasJudged() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let text = try console.order([.init("title", "爆管")], to: "water")
      let order = try OrderID(text)
      let supervisor = try await console.signedIn(as: .supervisor)
      func row() throws -> JSON { try #require(try console.hotline.requests().list("requests").first) }
      func perform(_ command: Command, by platform: String? = nil) throws {
        _ = try console.hotline.perform(
          command, on: order, assignment: nil, onBehalfOf: try platform.map { try PlatformName($0) },
          author: Self.author, request: nil)
      }
      for granted in 0...1 {
        try request("suspension", of: order, console.hotline)
        #expect(try row()["suspensions"] == .int(granted))
        console.clock.advance(2_000)
        let page = try await supervisor.get("/requests").main
        #expect(page.contains(RequestPhrase.suspensions.said(in: .zh, ["\(granted)"])))
        try perform(.answer(request: try row().text("id"), granted: true, until: nil, note: nil))
      }
      try request("exemption", of: order, console.hotline)
      console.clock.advance(2_000)
      #expect(try row()["verdict"] == nil)
      #expect(try await supervisor.get("/requests").main.contains(RequestPhrase.noVerdict.said(in: .zh)))
      for command in [Command.accept, .complete(result: ["outcome": "solved", "work": "换阀"], reply: nil)] {
        try perform(command, by: "water")
      }
      try perform(.callBack(["reached": true, "solved": "no", "result": 1], verdict: nil))
      console.clock.advance(2_000)
      #expect(try row()["verdict"] == ["solved": false, "satisfied": false])
      #expect(try await supervisor.get("/requests").main.contains("回访认定：已解决: 否；满意: 否"))
    }
  }

  @Test func aListThatWasCutGoesOnWhereItEnded() throws {
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
      #expect((requests.next != nil) == isCut && requests.requests.count == limit)
      let conflicts = try ConflictsReading.read(world.hotline, maxOrders: limit)
      #expect((conflicts.next != nil) == isCut && conflicts.conflicts.count == limit)
    }
    let first = try WaitingRequest.read(world.hotline, maxOrders: 1)
    let rest = try WaitingRequest.read(world.hotline, after: first.next, maxOrders: 1)
    #expect(rest.next == nil && Set((first.requests + rest.requests).map(\.order)).count == 2)
    let one = try ConflictsReading.read(world.hotline, maxOrders: 1)
    let other = try ConflictsReading.read(world.hotline, after: one.next, maxOrders: 1)
    #expect(other.next == nil && Set((one.conflicts + other.conflicts).map(\.order)).count == 2)
  }
}
