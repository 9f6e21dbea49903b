// A hub's database whose rows were altered behind its back: the doctor says what, and makes states anew from the log.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct StoreDoctorTests {
  private let world: HubWorld
  private let order: OrderID

  init() throws {
    world = try HubWorld()
    order = try world.dispatched(to: "water")
    _ = try world.perform(.note(text: "hurry", visibility: "all"), on: order)
  }

  private func alter(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }

  private func bad(fixing: Bool = false) throws -> [String] {
    try StoreDoctor(database: world.parts.database, writer: world.parts.writer).examine(fixing: fixing)
      .filter { !$0.isWell }.map(\.name)
  }

  @Test func aSoundDatabaseHasNothingToFindOrFix() throws {
    #expect(try bad().isEmpty && bad(fixing: true).isEmpty)
  }

  @Test(arguments: ["UPDATE orders SET state = substr(state, 1, 3)", "UPDATE orders SET state = X'00'"])
  func aStateThatWasAlteredIsMadeAnewAndTheOrderGoesOn(sql: String) throws {
    let sound = try world.state(order)
    try alter(sql)
    // What follows from a state cannot be looked at without it.
    #expect(try bad().first == "states match their logs")
    let report = try world.hotline.doctor(fixing: true)
    #expect(report["ok"] == true)
    #expect(report["checks"]?.asArray?.contains { $0["repair"] == "1 states made anew from the log" } == true)
    #expect(try world.state(order) == sound)
    _ = try world.perform(.note(text: "again", visibility: "all"), on: order)
    #expect(try bad().isEmpty)
  }

  @Test func anIndexThatDoesNotLeadToItsRowsIsNamed() throws {
    for sql in [
      "CREATE TABLE probe (a INTEGER, b INTEGER)", "CREATE INDEX probe_by_a ON probe (a)",
      "INSERT INTO probe VALUES (1, 2)", "PRAGMA writable_schema = ON",
      "UPDATE sqlite_master SET sql = 'CREATE INDEX probe_by_a ON probe (b)' WHERE name = 'probe_by_a'",
      "PRAGMA writable_schema = OFF", "PRAGMA schema_version = 999",
    ] { try alter(sql) }
    #expect(try bad() == ["integrity"])
  }

  private func check(_ name: String) throws -> JSON {
    try #require(try world.hotline.doctor().list("checks").first { $0.text("name") == name })
  }

  private func heard(_ agent: String, skew: Int) throws {
    let now = world.clock.now
    world.parts.contacts.note(
      Contacts.Name(platform: try PlatformName("water"), agent: agent),
      health: Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: now + skew, version: "test"),
      cursorPosition: nil, now: now)
  }

  @Test func anAgentWhoseClockIsOffIsNamedOnEitherSideOfTheLimit() throws {
    let name = "clocks of the agents"
    #expect(try check(name)["ok"] == true)
    for agent in ["depot", "yard", "lost"] {
      try alter(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', '\(agent)', 1, 0)")
    }
    #expect(try check(name).text("detail").hasPrefix("0 agents"))
    try heard("depot", skew: 299_999)
    try heard("yard", skew: -299_999)
    #expect(try check(name)["ok"] == true)
    try heard("yard", skew: -300_000)
    let found = try check(name)
    #expect(found["ok"] == false && found.text("detail").contains("water/yard -300000 ms"), "\(found)")
    #expect(!found.text("detail").contains("depot") && found.text("remedy").contains("NTP"))
    try heard("yard", skew: 0)
    try heard("lost", skew: 86_400_000)
    #expect(try check(name)["ok"] == false)
    _ = try world.hotline.revokeAgent(platform: "water", agent: "lost", reason: "")
    #expect(try check(name)["ok"] == true, "one that may not call any more is nobody's clock")
  }

  @Test func eachKindOfDamageIsNamedByItsOwnCheck() throws {
    let damages = [
      ("UPDATE change SET line = X'7B7D' WHERE n = 2", "lines fit their hashes"),
      ("UPDATE change SET chain = receipt WHERE n = 2", "chains lead on"),
      ("DELETE FROM feed WHERE position = 1", "feeds are dense"),
      ("UPDATE feed SET n = 1 WHERE position = 2", "feeds are dense"),
      ("UPDATE platform SET feed_head = feed_head + 1 WHERE platform = 'water'", "feeds are dense"),
    ]
    for (sql, name) in damages {
      let tests = try StoreDoctorTests()
      try tests.alter(sql)
      #expect(try tests.bad().contains(name), "\(sql)")
    }
  }
}
