// The hub's own run where the database goes back under the running process, as by a fail-over to an older copy.

import Core
import Testing

@testable import Hub

@Suite struct HubRunTests {
  private func replicas(_ world: HubWorld) throws -> [String] {
    try world.parts.database.read { db in
      try db.all("SELECT DISTINCT replica FROM change ORDER BY replica", []) { $0.text(0) }
    }
  }

  @Test func numbersOfARunThatTheDatabaseForgotAreNotGivenAgain() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    let before = try replicas(world)
    #expect(before.count == 1)
    _ = try world.parts.database.write { db in
      try db.execute("UPDATE replica SET n = 0, highest = 0, chain = $1", [.blob(Hash.zero.bytes)])
    }
    _ = try world.perform(.note(text: "called again", visibility: "all"), on: order)
    _ = try world.perform(.note(text: "and again", visibility: "all"), on: order)
    #expect(try replicas(world).count == 2)
    let next = try world.hotline.create(
      registers: [.init("title", "leak")], dispatchTo: nil, author: Author(name: "op", role: "operator"), request: nil)
    let number = try world.hotline.document(OrderID(try next.string("order")))["number"]?.asString
    #expect(number == "20261125-001002")
    #expect(try world.hotline.status()["healing"]?["wentBack"] == .int(world.clock.now))
  }

  @Test func aRunThatOnlyFailedToCommitGoesOn() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    #expect(throws: CommandRefusal.self) { try world.perform(.note(text: "", visibility: "nobody"), on: order) }
    _ = try world.perform(.note(text: "well", visibility: "all"), on: order)
    #expect(try replicas(world).count == 1)
  }
}
