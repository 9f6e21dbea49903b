// The hotline's own doings: who gets the caller's values, what an import recognises, what a void may name, what the ledger brings back.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct HotlineTests {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func caller(_ order: OrderID) throws -> Hash {
    let value = try #require(try world.state(order).shown("caller")).value.json
    return try #require(SealedValue.commitment(in: value))
  }

  private func lacked(_ commitment: Hash, by platform: String) throws -> [SealedValue] {
    let name = try PlatformName(platform)
    return try world.parts.database.read { db in try LackedValues.of(commitment, for: name, db) }
  }

  @Test func aLeadThatLacksTheCallerGetsItOnceItIsNoLongerConfidential() throws {
    let order = try world.dispatched(
      to: "water",
      registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"]), .init("confidential", true)])
    let commitment = try caller(order)
    #expect(try lacked(commitment, by: "water").isEmpty)
    _ = try world.perform(.describe([.init("confidential", false)]), on: order)
    #expect(try lacked(commitment, by: "water").map { $0.value.json["phone"] } == ["13800001234"])
    #expect(try lacked(commitment, by: "gas").isEmpty)
  }

  @Test func aRecalledLeadGetsNoLaterCaller() throws {
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    _ = try world.perform(.recall(reason: "wrong trade"), on: order)
    _ = try world.perform(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: order)
    _ = try world.perform(.describe([.init("caller", ["phone": "13900005678"])]), on: order)
    let commitment = try caller(order)
    #expect(try lacked(commitment, by: "water").isEmpty)
    #expect(try !lacked(commitment, by: "gas").isEmpty)
    let phones = try world.page("water").entries.flatMap(\.head.sealed).map { $0.value.json["phone"] }
    #expect(!phones.contains("13900005678"))
  }

  @Test func aPlatformsOwnReferenceDoesNotMakeARowKnown() throws {
    let crew = try FakeAuthor("water")
    let own = OrderID(maker: try PlatformName("water"), milliseconds: 5, random: [4])
    try world.push(
      [
        crew.entry(
          own, context: VersionVector(),
          [
            .set("title", "squat"), .set("ref/nyc311", ["number": "17"]),
            .set("assignment/a1", ["platform": "water", "role": "lead", "round": 1]),
          ])
      ], from: crew)
    let row: JSON = [
      "line": 2, "number": "17", "platform": "gas",
      "registers": ["title": "real", "ref/nyc311": ["number": "17"]],
    ]
    func take() throws -> JSON? {
      let answer = try world.hotline.importRows(
        system: "nyc311", dispatch: true, rows: [row], author: Author(name: "op", role: "operator"))
      return answer["rows"]?.asArray?.first
    }
    #expect(try take()?["created"] == true)
    #expect(try take()?["created"] == false)
  }

  @Test func oneRowThatCannotBeTakenDoesNotHoldUpTheRest() throws {
    let good: JSON = [
      "line": 2, "number": "1", "platform": "water", "registers": ["title": "good", "ref/x": ["number": "1"]],
    ]
    let bad: JSON = [
      "line": 3, "number": "2", "platform": "nobody", "registers": ["title": "bad", "ref/x": ["number": "2"]],
    ]
    let worse: JSON = ["line": 4, "number": "3", "platform": "water", "registers": ["kind": "nonsense"]]
    let last: JSON = [
      "line": 5, "number": "4", "platform": "water", "registers": ["title": "last", "ref/x": ["number": "4"]],
    ]
    let answer = try world.hotline.importRows(
      system: "x", dispatch: true, rows: [good, bad, worse, last], author: Author(name: "op", role: "operator"))
    let rows = try #require(answer["rows"]?.asArray)
    #expect(rows.map { $0["created"] } == [true, false, false, true])
    #expect(rows[1]["fault"]?.asString?.contains("nobody") == true)
    #expect(try world.page("water").entries.count == 2)
    #expect(try world.hotline.doctor()["ok"] == true)
  }

  @Test func whatIsRecordedByPhoneIsOfItsShapeAndOfThePlatformsOwn() throws {
    let order = try world.dispatched(to: "water")
    func record(_ command: Command, for platform: String) throws {
      _ = try world.hotline.perform(
        command, on: order, assignment: nil, onBehalfOf: try PlatformName(platform),
        author: Author(name: "op", role: "operator"), request: nil)
    }
    let before = try world.state(order)
    for contact in [["said": 5], ["at": "noon"], ["number": ["sealed": "x"]]] as [JSON] {
      let refusal = #expect(throws: CommandRefusal.self) { try record(.contact(contact, number: nil), for: "water") }
      #expect(refusal?.code == "bad-command" && refusal?.message.contains("contact.") == true)
    }
    #expect(throws: CommandRefusal.self) { try record(.accept, for: "gas") }
    #expect(try world.state(order) == before)
    try record(.contact(["said": "all well"], number: "13800001234"), for: "water")
    try record(.accept, for: "water")
    try record(.progress(step: "working"), for: "water")
    #expect(try world.view(order).status(now: 0) == .inProgress)
  }

  @Test func aVoidNamesAChangeOfTheOrder() throws {
    let order = try world.dispatched(to: "water")
    let other = try world.dispatched(to: "water")
    let foreign = try #require(try world.state(other).vector.components.first)
    #expect(throws: Problem.self) {
      try world.perform(.void(dot: "water.aaaaaaaaaaaaaaaa:1", reason: "never seen"), on: order)
    }
    #expect(throws: Problem.self) {
      try world.perform(.void(dot: "\(Dot(foreign.replica, foreign.n))", reason: "of another order"), on: order)
    }
  }

  @Test func aReinstatedChangeTakesEffectEvenIfItsContextWasNeverSeen() throws {
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    let forged = try world.state(order).vector.merged(
      with: VersionVector([(try ReplicaID("gas.aaaaaaaaaaaaaaaa"), 3)]))
    let entry = crew.entry(order, context: forged, [.set("location", ["note": "at the gate"])])
    try world.push([entry], from: crew)
    #expect(try world.state(order).value("location") == nil)
    _ = try world.perform(.reinstate(dot: entry.head.dot.description), on: order)
    #expect(try world.state(order).value("location")?["note"] == "at the gate")
    #expect(try world.hotline.doctor()["ok"] == true)
  }

  @Test func theLedgerBringsBackARevocationThatTheDatabaseForgot() throws {
    let at = Date(timeIntervalSince1970: 1_764_000_000)
    let record = LedgerRecord.revoked(
      serial: "00ff", platform: try PlatformName("water"), agent: "a1", reason: "stolen", at: at)
    #expect(try world.parts.registry.recall([record]) > 0)
    #expect(try world.parts.registry.recall([record]) == 0)
    let revoked = try world.parts.database.read { db in
      try db.count("SELECT COUNT(*) FROM certificate WHERE serial = '00ff' AND revoked IS NOT NULL")
    }
    #expect(revoked == 1)
  }
}
