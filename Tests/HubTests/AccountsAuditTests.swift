// The audit: rows are only added, and one that was altered or taken out by hand is noticed.

import Core
import Testing

@testable import Hub

@Suite struct AccountsAuditTests {
  private func world() throws -> HubWorld {
    let world = try HubWorld(platforms: [])
    for n in 1...5 { try Seat.socket(world.hotline).note(.exported, "o\(n)", [("rows", .int(n))]) }
    return world
  }

  private func fault(_ world: HubWorld) throws -> String? { try world.parts.database.read { try Audit.fault($0) } }

  @Test(arguments: [
    ("UPDATE audit SET who = 'nobody' WHERE number = 3", "row 3 is not what was written"),
    ("UPDATE audit SET at = at + 1 WHERE number = 1", "row 1 is not what was written"),
    ("UPDATE audit SET detail = '' WHERE number = 5", "row 5 is not what was written"),
    ("DELETE FROM audit WHERE number = 2", "row 2 is missing"),
    ("DELETE FROM audit WHERE number = 1", "row 1 is missing"),
    ("DELETE FROM audit WHERE number = 5", "rows after 4 are missing: 5 were written"),
  ])
  func whatWasAlteredByHandIsNoticed(sql: String, words: String) throws {
    let world = try world()
    #expect(try fault(world) == nil)
    _ = try world.parts.writer.perform { transaction in try transaction.db.execute(sql, []) }
    #expect(try fault(world) == words)
    let finding = try world.hotline.doctor().list("checks").first { $0["name"] == "the audit is whole" }
    #expect(finding?["ok"] == false)
  }

  @Test func itIsReadInPagesFromTheNewestOn() throws {
    let world = try world()
    let seat = Seat(world.hotline, Operator(name: "wang", role: .supervisor, via: .console))
    let first = try seat.audit(before: nil, who: nil, action: nil, limit: 2)
    #expect(first.list("audit").map { $0["number"] } == [5, 4])
    #expect(first.list("audit").first?["detail"] == ["rows": 5])
    let second = try seat.audit(before: first["next"]?.asInt, who: nil, action: nil, limit: 10)
    #expect(second.list("audit").map { $0["number"] } == [3, 2, 1])
    #expect(second["next"] == nil)
    #expect(try seat.audit(before: nil, who: "nobody", action: nil, limit: 10).list("audit").isEmpty)
    #expect(try seat.audit(before: nil, who: "socket", action: "exported", limit: 10).list("audit").count == 5)
    #expect(throws: Problem.self) { try seat.audit(before: nil, who: nil, action: "flown", limit: 10) }
  }

  @Test func anActThatFailsLeavesNoRowAndARowIsThereWithItsAct() throws {
    let world = try HubWorld(platforms: ["water"])
    let seat = Seat(world.hotline, Operator(name: "boss", role: .administrator, via: .console))
    #expect(throws: Problem.self) { try seat.addPlatform(name: "water", displayName: nil, sectors: []) }
    #expect(throws: Problem.self) { try seat.revokeAgent(platform: "water", agent: "x", reason: "") }
    #expect(try world.audit().isEmpty)
    _ = try seat.addPlatform(name: "gas", displayName: nil, sectors: [])
    let token = try seat.createToken(platform: "gas", agent: nil, lifeSeconds: nil)
    _ = try seat.revokeToken(token.text("id"))
    #expect(
      try world.audit() == [
        "boss platform-added gas", "boss enrolment-token-created gas",
        "boss enrolment-token-revoked \(token.text("id"))",
      ])
  }
}
