// Limits that count from when the platform has the assignment: the hub notes it once an agent has acknowledged it, once for each, and the
// clock runs from there.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct DeliveryTests {
  private let world: HubWorld
  private let water: Contacts.Name
  private let minute = 60_000

  init() throws {
    world = try HubWorld()
    water = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'depot', 1, 0)", [])
    }
  }

  /// From now on emergencies are to be accepted within 15 minutes of their receipt.
  private func countFromReceipt() {
    var policy = Policy.standard
    policy.limits["accept"] = [
      LimitRule(name: "danger", when: Condition(isEmergency: true), limit: TimeLimit(15, .minutes), start: .receipt)
    ]
    for stage in ["arrive", "complete"] { policy.limits[stage] = [] }
    world.hotline.inForce.replace(policy)
  }

  private func pass() throws -> Supervisor.Done {
    try Supervisor(database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce)
      .pass(mayAct: true)
  }

  /// The agent is in contact and has read its feed up to here, by default to its end.
  private func acknowledge(_ position: Int? = nil) async throws {
    let head = try world.parts.database.read { db in try Feed.head(of: water.platform, db).position }
    world.parts.contacts.note(water, health: .fresh, cursorPosition: nil, now: world.clock.now)
    world.parts.contacts.acknowledged(water, position ?? head)
    try await world.parts.contacts.write(through: world.parts.writer)
  }

  private func emergency() throws -> OrderID {
    try world.dispatched(to: "water", registers: [.init("title", "burst"), .init("kind", "emergency")])
  }

  private func accept(_ order: OrderID) throws -> JSON {
    let deadlines = try world.hotline.deadlines(of: order).list("deadlines")
    return try #require(deadlines.first { $0.text("stage") == "accept" })
  }

  private func deliveries(_ order: OrderID) throws -> [JSON] {
    try world.hotline.document(order).list("entries").filter { $0.text("kind") == "delivered" }.compactMap {
      $0["value"]
    }
  }

  @Test func theClockBeginsWhenAnAgentHasAcknowledgedTheAssignment() async throws {
    countFromReceipt()
    let order = try emergency()
    let assignment = try #require(try world.view(order).assignments.first?.id)
    // The platform is offline for an hour: nothing is owed, nobody is urged.
    world.clock.advance(60 * minute)
    #expect(try pass().urged == 0)
    #expect(try accept(order).text("state") == "paused" && accept(order).isTrue("awaitsReceipt"))
    let received = world.clock.now
    try await acknowledge()
    world.clock.advance(10_000)
    #expect(try pass().delivered == 1)
    #expect(
      try deliveries(order) == [["assignment": .string(assignment), "to": "water", "at": .int(received)]])
    let deadline = try accept(order)
    #expect(deadline.text("state") == "open" && deadline["awaitsReceipt"] == nil)
    #expect(deadline["since"] == .int(received) && deadline["at"] == .int(received + 15 * minute))
    world.clock.advance(14 * minute)
    #expect(try pass().urged == 0)
    world.clock.advance(3 * minute)
    #expect(try pass().urged == 1)
    #expect(try world.hotline.supervisionFinding(fixing: false).isWell)
  }

  @Test func itIsNotedOnceForEachAssignmentWhateverTheCursorDoes() async throws {
    countFromReceipt()
    let first = try emergency()
    let second = try emergency()
    try await acknowledge()
    #expect(try pass().delivered == 2)
    // The notes themselves are read, a comparison resets the cursor, another agent reads the feed anew.
    try await acknowledge()
    #expect(try pass().delivered == 0)
    try await acknowledge(0)
    #expect(try pass().delivered == 0)
    try await acknowledge()
    try world.parts.database.write { db in try db.execute("DELETE FROM delivery", []) }
    #expect(try pass().delivered == 0)
    _ = try world.perform(.recall(reason: "x"), on: first)
    _ = try world.perform(.dispatch(platform: "water", role: nil, instruction: nil, cause: nil), on: first)
    try await acknowledge()
    #expect(try pass().delivered == 1)
    #expect(try deliveries(first).count == 2 && deliveries(second).count == 1)
  }

  @Test func nothingIsWrittenWhereNoLimitWaitsForIt() async throws {
    let order = try emergency()
    try await acknowledge()
    #expect(try pass().delivered == 0)
    #expect(try accept(order).text("state") == "open")
    // What was dispatched before the policy changed keeps the deadlines that it was given.
    countFromReceipt()
    try await acknowledge(0)
    try await acknowledge()
    #expect(try pass().delivered == 0)
    #expect(try deliveries(order).isEmpty)
  }

  @Test func aStepOfThePlatformSaysThatItHasIt() throws {
    countFromReceipt()
    let order = try emergency()
    world.clock.advance(60 * minute)
    _ = try world.hotline.perform(
      .accept, on: order, assignment: nil, onBehalfOf: water.platform, author: Author(name: "op", role: "operator"),
      request: nil)
    let deadline = try accept(order)
    #expect(deadline.text("state") == "met" && deadline.isTrue("inTime"))
    #expect(deadline["since"] == .int(world.clock.now))
  }

  @Test func aDeadlineThatAPersonMovedWaitsForNothing() throws {
    var policy = Policy.standard
    policy.limits["complete"] = [LimitRule(name: "all", limit: TimeLimit(60, .minutes), start: .receipt)]
    world.hotline.inForce.replace(policy)
    let order = try emergency()
    let until = world.clock.now + 240 * minute
    let by = Author(name: "op", role: "operator")
    _ = try world.hotline.perform(
      .request(type: "extension", code: nil, reason: "x", until: until, suggestedSector: nil), on: order,
      assignment: nil, onBehalfOf: water.platform, author: by, request: nil)
    let request = try #require(try world.view(order).openRequests.first?.request.id)
    _ = try world.perform(.answer(request: request, granted: true, until: until, note: nil), on: order)
    let deadlines = try world.hotline.deadlines(of: order).list("deadlines").filter { $0.text("stage") == "complete" }
    #expect(deadlines.count == 2 && deadlines.allSatisfy { $0.text("state") == "open" && $0["at"] == .int(until) })
  }

  @Test func thePolicyFileSaysFromWhenALimitCounts() throws {
    let policy = try PolicyFile.parse(
      "limits:\n  accept:\n    - { name: far, limit: 2 workingHours, from: receipt }\n    - { limit: 1 days, from: dispatch }\n",
      name: "p")
    #expect(policy.limits["accept"]?.map(\.start) == [.receipt, .dispatch] && policy.countsReceipts)
    #expect(policy.json["limits"]?.list("accept").map { $0.text("from") } == ["receipt", ""])
    #expect(!Policy.standard.countsReceipts)
    #expect(throws: PolicyFailure.self) {
      try PolicyFile.parse("limits:\n  accept:\n    - { limit: 1 days, from: noon }\n", name: "p")
    }
  }
}
