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

  /// Row 110: the database is an older copy of itself from one moment to the next, and the process goes on.
  @Test func anOlderCopyUnderTheRunningProcessIsNoticedAndMadeGood() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    _ = try world.hotline.createToken(platform: "water", agent: nil, lifeSeconds: 600)
    let token = try #require(try world.hotline.tokens()["tokens"]?.asArray?.first?["id"]?.asString)
    let tables = ["change", "orders", "replica", "feed", "platform", "token", "counter"]
    try world.parts.database.write { db in
      for table in tables { try db.execute("CREATE TABLE older_\(table) AS SELECT * FROM \(table)", []) }
    }
    for text in ["one", "two"] { _ = try world.perform(.note(text: text, visibility: "all"), on: order) }
    _ = try world.hotline.revokeToken(token)
    try world.parts.database.write { db in
      for table in tables {
        try db.execute("DELETE FROM \(table)", [])
        try db.execute("INSERT INTO \(table) SELECT * FROM older_\(table)", [])
      }
    }
    _ = try world.perform(.note(text: "three", visibility: "all"), on: order)
    #expect(try replicas(world).count == 2)
    let (folded, waits) = try world.parts.database.read { try HubLog.fold(order, $0) }
    #expect(
      try waits.isEmpty && folded == world.state(order),
      "what is stored is made of what is there, not of what was remembered")
    let row = try #require(try world.hotline.tokens()["tokens"]?.asArray?.first)
    #expect(row["revoked"] != nil, "the ledger is replayed")
  }

  @Test func aRunThatOnlyFailedToCommitGoesOn() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    #expect(throws: CommandRefusal.self) { try world.perform(.note(text: "", visibility: "nobody"), on: order) }
    _ = try world.perform(.note(text: "well", visibility: "all"), on: order)
    #expect(try replicas(world).count == 1)
  }
}
