// A suspension that ends by time alone: lists, counts and filters have the order's present status after the next pass, with nothing written
// to the order.

import Core
import Testing

@testable import Hub

@Suite struct StatusRenewalTests {
  private let world: HubWorld
  private static let day = 86_400_000

  init() throws { world = try HubWorld() }

  private var supervisor: Supervisor {
    Supervisor(database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce)
  }

  private func suspended(until: Int) throws -> OrderID {
    let order = try world.dispatched(to: "water")
    let crew = Author(name: "li", role: "crew")
    for command in [
      Command.accept, .request(type: "suspension", code: nil, reason: "frost", until: until, suggestedSector: nil),
    ] {
      _ = try world.hotline.perform(
        command, on: order, assignment: nil, onBehalfOf: try PlatformName("water"), author: crew, request: nil)
    }
    let request = try #require(try world.view(order).openRequests.first?.request.id)
    _ = try world.perform(.answer(request: request, granted: true, until: until, note: nil), on: order)
    return order
  }

  private func stored(
    _ order: OrderID, _ parts: HubParts? = nil
  ) throws -> (status: String, until: Int?, changes: Int) {
    try #require(
      try (parts ?? world.parts).database.read { db in
        try db.first("SELECT status, status_until, changes FROM orders WHERE order_id = $1", [.text(order.text)]) {
          (status: $0.text(0), until: $0.optionalInt(1), changes: $0.int(2))
        }
      })
  }

  private func listed(_ status: String) throws -> Int {
    let filter = try OrderFilter(orElse: .all) { $0 == "status" ? status : nil }
    return try world.hotline.list(filter, limit: 10, after: nil).list("orders").count
  }

  private func counted(_ status: OrderStatus) throws -> Int {
    try world.parts.database.read { db in
      try Tally.byStatus(platform: "water", sector: nil, db)[status.rawValue] ?? 0
    }
  }

  @Test func theStatusIsRenewedWithItsCountsInOnePassAfterTheEnd() throws {
    let first = try suspended(until: world.clock.now + Self.day)
    let second = try suspended(until: world.clock.now + 2 * Self.day)
    #expect(try stored(first).status == "suspended" && stored(first).until == world.clock.now + Self.day)
    #expect(try counted(.suspended) == 2)
    #expect(try supervisor.pass(mayAct: false).renewed == 0)
    let before = try stored(first)
    world.clock.advance(Self.day - 1)
    #expect(try supervisor.pass(mayAct: false).renewed == 0)
    world.clock.advance(1)
    #expect(try supervisor.pass(mayAct: false).renewed == 1)
    let after = try stored(first)
    #expect(after.status == "accepted" && after.until == nil && after.changes == before.changes)
    #expect(try stored(second).status == "suspended")
    #expect(try counted(.suspended) == 1 && counted(.accepted) == 1)
    #expect(try listed("suspended") == 1 && listed("accepted") == 1)
    #expect(try world.parts.database.read { try Tally.wrong($0) } == 0)
    #expect(try supervisor.pass(mayAct: false).renewed == 0)
  }

  @Test func whatIsWrittenInTheMeantimeDoesItToo() throws {
    let order = try suspended(until: world.clock.now + Self.day)
    world.clock.advance(Self.day)
    _ = try world.perform(.note(text: "thawed", visibility: "all"), on: order)
    #expect(try stored(order).status == "accepted" && stored(order).until == nil)
    #expect(try supervisor.pass(mayAct: false).renewed == 0)
  }

  @Test func whatAnOlderVersionLeftIsLookedAtOnce() throws {
    let order = try suspended(until: world.clock.now + Self.day)
    try world.parts.database.write { db in
      try db.execute("UPDATE orders SET status_until = 0 WHERE order_id = $1", [.text(order.text)])
    }
    let parts = try world.restored(try world.copy("older"))
    defer { parts.writer.stop() }
    let supervisor = Supervisor(database: parts.database, writer: parts.writer, inForce: parts.hotline.inForce)
    #expect(try supervisor.pass(mayAct: false).renewed == 1)
    #expect(try stored(order, parts).status == "suspended")
    #expect(try stored(order, parts).until == world.clock.now + Self.day)
    #expect(try supervisor.pass(mayAct: false).renewed == 0)
  }
}
