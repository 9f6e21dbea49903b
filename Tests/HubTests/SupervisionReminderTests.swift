// Reminders at a real hub: what the supervisor does at which time, and that it does each thing once whatever stops, restarts or goes back
// in between.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct SupervisionReminderTests: SupervisedHub {
  let world: HubWorld
  let crew: FakeAuthor

  init() throws {
    world = try HubWorld()
    crew = try FakeAuthor("water")
    // The first pass notes the policy by which everything is kept.
    _ = try pass(false)
  }

  @Test func eachRungIsClimbedOnceAtItsTime() throws {
    let order = try emergency()
    world.clock.advance(15 * minute)
    #expect(try pass() == .init())
    world.clock.advance(minute)
    #expect(try pass().urged == 1)
    #expect(try pass() == .init())
    let urge = try #require(try entries(order, "urge").first)
    #expect(urge["stage"] == "accept" && urge.text("text").contains("签收"))
    world.clock.advance(14 * minute)
    #expect(try pass().supervised == 1)
    let demand = try #require(try entries(order, "supervise").first)
    #expect(demand["to"] == "water" && demand["until"] == .int(world.clock.now + 30 * minute))
    world.clock.advance(10 * minute)
    #expect(try pass() == .init(), "the accept ladder ends; arriving is due at 60 minutes")
    world.clock.advance(22 * minute)
    #expect(try pass().urged == 1)
    #expect(try entries(order, "urge").map { $0["stage"] } == ["accept", "arrive"])
    #expect(try isSound())
  }

  @Test func whatIsDoneInTimeIsNotReminded() throws {
    let order = try emergency()
    world.clock.advance(14 * minute)
    try accept(order, "onSite")
    world.clock.advance(100 * minute)
    #expect(try pass() == .init())
    world.clock.advance(127 * minute)
    #expect(try pass().urged == 1, "it is still to be done")
    try accept(order, "done")
    world.clock.advance(1_000 * minute)
    #expect(try pass() == .init())
    #expect(try isSound())
  }

  @Test func whileTheHubMayNotActNothingIsWrittenAndNothingSkipped() throws {
    let order = try emergency()
    world.clock.advance(16 * minute)
    #expect(try pass(false) == .init())
    #expect(try entries(order, "urge").isEmpty)
    #expect(try pass().urged == 1)
  }

  @Test func aRestartRepeatsNothingAndSkipsNothing() throws {
    let order = try emergency()
    world.clock.advance(16 * minute)
    #expect(try pass().urged == 1)
    let copy = try world.copy("again")
    let again = try world.restored(copy)
    let supervisor = Supervisor(database: again.database, writer: again.writer, inForce: again.hotline.inForce)
    #expect(try supervisor.pass(mayAct: true) == .init())
    world.clock.advance(14 * minute)
    #expect(try supervisor.pass(mayAct: true).supervised == 1)
    again.writer.stop()
    try again.database.close()
    #expect(try entries(order, "urge").count == 1)
  }

  @Test func aHubThatWentBackLearnsFromItsAgentsWhomItHadUrged() throws {
    let order = try emergency()
    let old = try world.copy("old")
    world.clock.advance(16 * minute)
    #expect(try pass().urged == 1)
    let held = try world.page("water").entries
    let restored = try world.restored(old)
    defer {
      restored.writer.stop()
      try? restored.database.close()
    }
    let supervisor = Supervisor(database: restored.database, writer: restored.writer, inForce: restored.hotline.inForce)
    try supervisor.postpone(now: world.clock.now)
    #expect(try supervisor.remembered().heldUntil == world.clock.now + Supervisor.restoredMilliseconds)
    // While it holds, the agent gives the urge back.
    _ = try restored.writer.perform { transaction in try held.map { try transaction.heal($0) } }
    #expect(try supervisor.pass(mayAct: true) == .init(), "it was urged already")
    world.clock.advance(14 * minute)
    #expect(try supervisor.pass(mayAct: true).supervised == 1)
    #expect(try restored.hotline.document(order).list("entries").count == 2)
  }

  // FAULTS rows 51 and 52.
  @Test func row52_afterAnOutageTheyAreRemindedBitByBitOneStepEach() throws {
    let count = Supervisor.ordersInPass + 20
    for index in 0..<count {
      _ = try world.dispatched(
        to: "water", registers: [.init("title", .string("\(index)")), .init("kind", "emergency")])
    }
    // A night: accept, arrive and complete have passed for all of them, by hours.
    world.clock.advance(600 * minute)
    #expect(try pass() == .init(urged: Supervisor.ordersInPass))
    world.clock.advance(minute)
    let second = try pass()
    #expect(second.supervised == 0 && second.urged == Supervisor.ordersInPass)
    var urged = Supervisor.ordersInPass + second.urged
    for _ in 0..<10 { urged += try pass().urged }
    #expect(urged == 3 * count, "each order and stage once")
    world.clock.advance(13 * minute)
    #expect(try pass().supervised > 0, "and then the next step, after the policy's time")
    #expect(try isSound())
  }

  @Test func row51_aCorrectionOfTheClockMovesWhatTheWrongClockBegan() throws {
    let before = try emergency()
    let started = world.clock.now + minute
    world.clock.advance(10 * minute)
    let during = try emergency()
    let untouched = try rows().map(\.at)
    world.clock.advance(60 * minute)
    try supervisor.note(ClockCorrection(since: started, until: world.clock.now - 60 * minute, by: 60 * minute))
    let moved = try rows().map(\.at)
    #expect(zip(untouched, moved).map { $1 - $0 } == [0, 0, 0, 0] + [Int](repeating: 60 * minute, count: 4))
    #expect(try pass().urged == 1)
    #expect(try entries(before, "urge").count == 1)
    #expect(try entries(during, "urge").isEmpty, "an hour more, since its clock was an hour behind")
    while try pass().followed > 0 {}
    #expect(try isSound())
    // The next process knows it too.
    let again = try world.restored(try world.copy("later"))
    #expect(again.hotline.inForce.now.corrections.count == 1)
    again.writer.stop()
    try again.database.close()
  }
}
