// Deadlines at a real hub: what commands, pushes and extensions write, what a new policy changes, and that what is kept of them is made and
// put right from the logs.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct SupervisionTests: SupervisedHub {
  let world: HubWorld
  let crew: FakeAuthor
  private let water: PlatformName

  init() throws {
    world = try HubWorld()
    crew = try FakeAuthor("water")
    water = try PlatformName("water")
    // The first pass notes the policy by which everything is kept.
    _ = try pass(false)
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
