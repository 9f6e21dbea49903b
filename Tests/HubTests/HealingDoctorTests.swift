// What the doctor says of a hub that got back what it had lost: gaps and missing lines are told, and are no broken chain.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct HealingDoctorTests {
  /// The hub as it was before it went back, and as it is now.
  private let former: HubWorld
  private let world: HubWorld
  private let orders: [OrderID]

  init() throws {
    let former = try HubWorld()
    orders = try (0..<4).map { _ in try former.dispatched(to: "water") }
    self.former = former
    world = try HubWorld()
  }

  private func alter(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }

  /// What an agent of water gives back of these changes of the hub.
  private func heal(_ numbers: Set<Int>) throws {
    let entries = try former.page("water").entries.filter { numbers.contains($0.head.dot.n) }
    let healed = try world.parts.writer.perform { transaction in try entries.map { try transaction.heal($0) } }
    #expect(healed.allSatisfy { $0 == .taken } && healed.count == numbers.count)
  }

  private func finding(_ name: String, fixing: Bool = false) throws -> Finding {
    let all = try StoreDoctor(database: world.parts.database, writer: world.parts.writer).examine(fixing: fixing)
    return try #require(all.first { $0.name == name })
  }

  @Test func gapsOfAHubThatWentBackAreToldAndAreNotBroken() throws {
    try heal([2, 4])
    let finding = try finding("chains lead on")
    #expect(
      finding.isWell && finding.detail.contains("not broken") && finding.detail.contains("lacks 1, 3"), "\(finding)")
    #expect(try world.hotline.doctor()["ok"] == true)
    try heal([1, 3])
    #expect(try self.finding("chains lead on").detail == "4 changes without a gap")
  }

  @Test func aNumberThatWasGivenAgainAfterARestoreIsNamed() throws {
    try heal([1, 2])
    #expect(try finding("numbers are given once").detail == "2 orders with a number")
    let number = try #require(try world.view(orders[0]).number)
    try alter("UPDATE orders SET number = '\(number)'")
    let finding = try finding("numbers are given once")
    #expect(!finding.isWell && finding.detail.contains("\(number) (2 orders)"), "\(finding)")
  }

  @Test func behindAGapAChainIsCheckedFromWhereItIsKnown() throws {
    try heal([1, 2])
    try alter("UPDATE replica SET n = 1, highest = 2")
    #expect(try finding("chains lead on").isWell)
    try alter("UPDATE change SET chain = receipt WHERE n = 2")
    #expect(try finding("chains lead on").detail.contains(":2"))
  }

  @Test(arguments: [
    "DELETE FROM change WHERE n = 1", "DELETE FROM change WHERE n = 2", "DELETE FROM change WHERE n = 4",
    "DELETE FROM change",
  ])
  func whatTheHubSaysToHoldAndDoesNotIsBroken(sql: String) throws {
    try heal([1, 2, 3, 4])
    #expect(try finding("chains lead on").isWell)
    try alter(sql)
    #expect(try !finding("chains lead on").isWell)
  }

  @Test func anAlteredLineIsFoundByItsHashDroppedAndThenMissingUntilItComesBack() throws {
    try heal([1, 2, 3, 4])
    try alter("UPDATE change SET line = X'7B7D' WHERE n = 2")
    let name = "lines fit their hashes"
    #expect(try finding(name).detail.contains("altered on the disk"))
    #expect(try finding(name).remedy?.contains("--fix") == true)
    let fixed = try finding(name, fixing: true)
    #expect(!fixed.isWell && fixed.repair == "1 altered lines dropped" && fixed.remedy?.contains("resync") == true)
    #expect(try finding(name).detail.hasPrefix("missing, asked for with the next resync"))
    #expect(try finding("states match their logs").isWell && finding("digests match their logs").isWell)
    try heal([2])
    #expect(try world.hotline.doctor()["ok"] == true)
    #expect(try world.state(orders[1]) == former.state(orders[1]))
  }

  @Test(arguments: [
    "UPDATE orders SET digest = zeroblob(32)", "UPDATE digest SET value = zeroblob(32) WHERE level = 0",
  ])
  func digestsThatDifferAreFoundAndMadeAnew(sql: String) throws {
    try heal([1, 2])
    try alter(sql)
    let name = "digests match their logs"
    #expect(try !finding(name).isWell)
    let fixed = try finding(name, fixing: true)
    #expect(fixed.isWell && fixed.repair != nil)
    #expect(try finding(name) == Finding(name, true, "2 orders"))
  }
}
