// Deadlines at a real hub: what commands, pushes and extensions write, what the supervisor does at which time, and that it does each thing
// once whatever stops, restarts or goes back in between.

import Core
import Foundation
import Logging
import Testing

@testable import Hub

@Suite struct SupervisionTests {
  private let world: HubWorld
  private let crew: FakeAuthor
  private let minute = 60_000
  private let water: PlatformName

  init() throws {
    world = try HubWorld()
    crew = try FakeAuthor("water")
    water = try PlatformName("water")
    // The first pass notes the policy by which everything is kept.
    _ = try pass(false)
  }

  private var supervisor: Supervisor {
    Supervisor(database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce)
  }

  private func pass(_ mayAct: Bool = true) throws -> Supervisor.Done { try supervisor.pass(mayAct: mayAct) }

  /// An emergency: 15 minutes to accept, 60 to be there, 240 to be done; urged a minute later, supervised fifteen.
  private func emergency() throws -> OrderID {
    try world.dispatched(to: "water", registers: [.init("title", "burst"), .init("kind", "emergency")])
  }

  private func accept(_ order: OrderID, _ step: String = "accepted") throws {
    let id = try #require(try world.view(order).assignments.first?.id)
    crew.time = max(crew.time, world.clock.now)
    try world.push(
      [
        crew.entry(
          order, context: try world.state(order).vector, [.set("assignment/\(id)/progress", .string(step))])
      ], from: crew)
  }

  private func entries(_ order: OrderID, _ kind: String) throws -> [JSON] {
    try world.hotline.document(order).list("entries").filter { $0["kind"] == .string(kind) }.compactMap { $0["value"] }
  }

  private func due(_ order: OrderID, _ stage: String) throws -> Int? {
    let view = try world.view(order)
    let id = try #require(view.assignments.last?.id)
    return view.state.value("assignment/\(id)/due/\(stage)")?["at"]?.asInt
  }

  private func rows() throws -> [(stage: String, at: Int, nextAt: Int?)] {
    try world.parts.database.read { db in
      try db.all("SELECT stage, at, next_at FROM deadline ORDER BY order_id, assignment, stage", []) {
        ($0.text(0), $0.int(1), $0.optionalInt(2))
      }
    }
  }

  /// What is kept follows from the logs, and the sums from what is kept.
  private func isSound() throws -> Bool {
    _ = try pass(false)
    let found = try SupervisionRebuild(
      database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce
    ).run(repairing: false)
    return found.wrong == 0 && !found.isUnderWay
  }

  // MARK: Who writes deadlines

  @Test func aDispatchBringsItsDeadlinesInTheSameChange() throws {
    let order = try emergency()
    #expect(try due(order, "accept") == world.clock.now + 15 * minute)
    #expect(try due(order, "arrive") == world.clock.now + 60 * minute)
    #expect(try world.view(order).state.value("due/complete")?["at"] == .int(world.clock.now + 240 * minute))
    #expect(try world.hotline.document(order).list("history").count == 1)
    #expect(try world.page("water").entries.count == 1)
    #expect(try rows().map(\.stage) == ["complete", "accept", "arrive", "complete"])
    #expect(try isSound())
  }

  @Test func anOrderThatIsDispatchedLaterOwesTheHotlinesMinuteUntilThen() throws {
    let answer = try world.hotline.create(
      registers: [.init("title", "leak")], dispatchTo: nil, author: Author(name: "op", role: "operator"), request: nil)
    let order = try OrderID(try answer.string("order"))
    #expect(try rows().map(\.stage) == ["complete", "dispatch"])
    world.clock.advance(5 * minute)
    _ = try world.perform(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: order)
    #expect(try rows().map(\.stage) == ["complete", "accept", "complete"])
    #expect(try due(order, "accept") != nil)
    #expect(try isSound())
  }

  @Test func aPlatformsOwnOrderGetsItsDeadlinesWithItsNumber() throws {
    let own = OrderID(maker: water, milliseconds: 5, random: [4])
    // The crew's clock is years behind: what counts is when the hub has it.
    crew.time = 1_000
    try world.push(
      [
        crew.entry(
          own, context: VersionVector(),
          [
            .set("title", "leak"), .set("kind", "emergency"),
            .set("assignment/a1", ["platform": "water", "role": "lead", "round": 1]),
          ])
      ], from: crew)
    #expect(try due(own, "accept") == world.clock.now + 15 * minute)
    #expect(try world.hotline.document(own).list("history").count == 2, "one change of the hub's for both")
    #expect(try isSound())
  }

  @Test func anExtensionThatIsGrantedMovesTheDeadlineInTheSameChange() throws {
    let order = try emergency()
    try accept(order)
    let id = try #require(try world.view(order).assignments.first?.id)
    let until = world.clock.now + 1_000 * minute
    func ask(_ request: String) throws {
      try world.push(
        [
          crew.entry(
            order, context: try world.state(order).vector,
            [
              .set(
                "assignment/\(id)/request/\(request)", ["type": "extension", "reason": "parts", "until": .int(until)])
            ])
        ], from: crew)
    }
    try ask("r1")
    let before = try world.hotline.document(order).list("history").count
    _ = try world.perform(.answer(request: "r1", granted: true, until: nil, note: nil), on: order)
    #expect(try due(order, "complete") == until)
    #expect(try world.hotline.document(order).list("history").count == before + 1)
    try ask("r2")
    _ = try world.perform(.answer(request: "r2", granted: true, until: until + minute, note: nil), on: order)
    try ask("r3")
    let refusal = #expect(throws: CommandRefusal.self) {
      _ = try world.perform(.answer(request: "r3", granted: true, until: nil, note: nil), on: order)
    }
    #expect(refusal?.message.contains("2 extensions") == true)
    _ = try world.perform(.answer(request: "r3", granted: false, until: nil, note: nil), on: order)
    #expect(try isSound())
  }

  @Test func anOrderThatOwesDeadlinesIsGivenThemOnceAgentsHadTimeToBringThemBack() throws {
    let order = try world.dispatched(to: "water")
    // As if it were older than the policy.
    let id = try #require(try world.view(order).assignments.first?.id)
    let author = Author(name: "op", role: "operator")
    let dot = try #require(try world.state(order).shown("assignment/\(id)/due/complete")).dot
    _ = try world.parts.writer.perform { transaction in
      try transaction.author(
        order,
        edits: [
          .set("void/\(dot)", ["reason": "x"]),
          .set("assignment/\(id)", ["platform": "water", "role": "lead", "round": 1]),
        ],
        by: author)
    }
    #expect(try world.parts.database.read { try $0.count("SELECT COUNT(*) FROM owing") } == 1)
    #expect(try pass().given == 0)
    world.clock.advance(Supervisor.owingMilliseconds)
    #expect(try pass(false).given == 0)
    #expect(try pass().given == 1)
    #expect(try due(order, "complete") ?? 0 > world.clock.now, "counted from now, so that nothing is overdue by it")
    #expect(try pass().given == 0)
    #expect(try isSound())
  }

  // MARK: Reminders

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

  // MARK: The policy

  @Test func aNewLadderHoldsForWhatIsOpenAndRewritesNoDeadline() throws {
    let order = try emergency()
    let registers = try world.state(order).canonical(entries: [])
    var policy = Policy.standard
    policy.ladder = [LadderRule(urgeAfter: TimeLimit(5, .minutes))]
    policy.limits = [:]
    while try pass(false).followed > 0 {}
    world.hotline.inForce.replace(policy)
    #expect(try pass(false).followed == 1)
    #expect(try pass(false).followed == 0)
    #expect(try world.state(order).canonical(entries: []) == registers)
    world.clock.advance(16 * minute)
    #expect(try pass() == .init())
    world.clock.advance(4 * minute)
    #expect(try pass().urged == 1)
    world.clock.advance(10_000 * minute)
    #expect(try pass().supervised == 0)
    #expect(try isSound())
  }

  @Test func aPolicyFileThatIsWrongLeavesTheOneBefore() throws {
    let path = world.directory + "/policy.yaml"
    func write(_ text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }
    try write("name: first\n")
    let inForce = PolicyInForce(file: path)
    #expect(try inForce.reload())
    #expect(try !inForce.reload())
    try write("name: second\nlimits: { accept: soon }\n")
    #expect(throws: PolicyFailure.self) { try inForce.reload() }
    #expect(inForce.policy.name == "first")
  }

  @Test func whoCountsAsSatisfiedIsThePolicysToSay() throws {
    let order = try emergency()
    try accept(order, "done")
    var policy = Policy.standard
    policy.callBacks.satisfiedFrom = 4
    world.hotline.inForce.replace(policy)
    _ = try world.perform(.callBack(["reached": true, "solved": "yes", "result": 3], verdict: nil), on: order)
    #expect(try world.view(order).state.value("verdict") == ["solved": true, "satisfied": false])
  }

  // MARK: Older databases and damage

  @Test func whatAnOlderDatabaseLacksIsMadeInTheBackground() throws {
    for _ in 0..<5 { try accept(try emergency(), "done") }
    _ = try world.dispatched(to: "gas")
    try world.parts.database.write { db in
      for table in ["followed", "deadline", "callback_queue", "owing", "rollup"] {
        try db.execute("DELETE FROM \(table)", [])
      }
      try db.execute("DELETE FROM counter WHERE name LIKE 'supervision/%'", [])
    }
    #expect(try pass(false).followed == 6)
    #expect(try isSound())
    #expect(try world.parts.database.read { try $0.count("SELECT COUNT(*) FROM callback_queue") } == 5)
  }

  @Test(arguments: [
    "DELETE FROM deadline", "UPDATE deadline SET at = 5", "UPDATE followed SET milestones = '{}'",
    "UPDATE followed SET contribution = X'0000'", "DELETE FROM rollup", "DELETE FROM followed",
    "UPDATE rollup SET figures = X'0002'", "DELETE FROM callback_queue",
  ])
  func whatIsAlteredIsFoundAndPutRight(sql: String) throws {
    try accept(try emergency(), "done")
    _ = try emergency()
    while try pass(false).followed > 0 {}
    let rebuild = SupervisionRebuild(
      database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce)
    #expect(try rebuild.run(repairing: true).wrong == 0)
    let sums = try figures()
    _ = try world.parts.database.write { try $0.execute(sql, []) }
    #expect(try rebuild.run(repairing: false).wrong > 0)
    #expect(try rebuild.run(repairing: true).wrong > 0)
    #expect(try rebuild.run(repairing: true).wrong == 0)
    #expect(try figures() == sums)
  }

  private func figures() throws -> [String] {
    try world.parts.database.read { db in
      try db.all("SELECT span, sector, platform, district, figures FROM rollup ORDER BY 1, 2, 3, 4", []) {
        "\($0.int(0)) \($0.text(1)) \($0.text(2)) \($0.text(3)) \($0.blob(4))"
      }
    }
  }
}
