// Amending: a record keeps the fields that are not named, sealed or not, and who does not hold the others cannot amend it.

import Testing

@testable import Core

@Suite struct AmendmentTests {
  private static let caller: JSON = ["name": "张三", "phone": "13812341234", "anonymous": false]
  private static let commitment = Hash.of([9])

  /// An accepted order with a place and a caller.
  private static func view() -> OrderView {
    var story = Stage.accepted.story
    story.tell(
      Some.hub, ("title", "burst pipe"),
      ("location", ["address": "1 Main St", "lat": .number("39.10"), "lon": 117, "crs": "wgs84", "own": ["x"]]),
      ("caller", ["sealed": commitment.json]))
    return story.view
  }

  private func drafts(
    _ registers: [JSON.Member], by actor: PlatformName = .hub, holding personal: [Hash: JSON] = [commitment: caller]
  ) throws -> [Draft] {
    var context = CommandContext(actor: actor, now: 1_000, ids: ["n1"])
    context.personal = personal
    return try CommandCheck.drafts(.amend(registers), on: Self.view(), context)
  }

  @Test func fieldsThatAreNotNamedStayAndThoseThatAreNullGo() throws {
    let amended = try drafts([.init("location", ["address": "2 Main St", "lon": .null, "note": "rear gate"])])
    let location: JSON = [
      "address": "2 Main St", "lat": .number("39.10"), "crs": "wgs84", "own": ["x"], "note": "rear gate",
    ]
    #expect(amended == [.set("location", location)])
  }

  @Test func aSealedRecordIsAmendedByWhoHoldsIt() throws {
    let amended = try drafts([.init("caller", ["phone": "13900000000"])])
    #expect(amended == [.set("caller", ["name": "张三", "phone": "13900000000", "anonymous": false])])
  }

  @Test func whoDoesNotHoldARecordGivesAllOfItOrNothing() throws {
    let refusal = #expect(throws: CommandRefusal.self) {
      try drafts([.init("caller", ["phone": "13900000000"])], holding: [:])
    }
    #expect(refusal?.message.contains("give every field") == true)
    let whole: JSON = ["name": .null, "phone": "13900000000", "language": .null, "anonymous": .null]
    #expect(try drafts([.init("caller", whole)], holding: [:]) == [.set("caller", ["phone": "13900000000"])])
  }

  @Test func whatWasNeverWrittenAndWhatIsNoRecordIsAsGiven() throws {
    #expect(
      try drafts([.init("location/private", ["flat": "3-201", "entry": .null]), .init("title", "leak")])
        == [.set("location/private", ["flat": "3-201"]), .set("title", "leak")])
  }

  @Test func amendingTakesTheSameRightsAndShapesAsDescribing() {
    for registers: [JSON.Member] in [
      [.init("closed", ["code": "solved"])], [.init("location", ["lat": "north"])], [.init("location", "here")],
      [.init("source", "web")],
    ] {
      #expect(throws: CommandRefusal.self, "\(registers)") { try drafts(registers) }
    }
    #expect(throws: CommandRefusal.self) { try drafts([.init("caller", ["phone": "1"])], by: Some.gas.platform) }
    #expect(throws: Never.self) { try drafts([.init("caller", ["phone": "1"])], by: Some.water.platform) }
  }
}
