// Single rows altered by hand in a stopped daemon's database, on either side: a full comparison finds and repairs each. What is lost
// or put back as a whole is in RecoveryTests.swift.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Hub
@testable import TestSite

extension SystemTests {
  @Suite struct AlteredRows {
    /// What a hand may do to one row of a database; `$order` is an order's id, `$dot` picks one change of it.
    private struct Damage {
      let name: String
      let sql: String
      /// The row does not follow from others here: the other side has to give something.
      var isLost = false
    }

    private static let anyOther = "(SELECT state FROM orders WHERE order_id <> '$order' LIMIT 1)"

    @Test func aRowThatWasAlteredAtTheAgentIsRepairedByAFullComparison() throws {
      let site = try Site("water")
      let order = try orders(of: site)[0]
      for damage in [
        Damage(
          name: "another order's state",
          sql: "UPDATE orders SET state = \(AlteredRows.anyOther) WHERE order_id = '$order'"),
        Damage(name: "no state at all", sql: "UPDATE orders SET state = X'00' WHERE order_id = '$order'"),
        Damage(name: "no row of the order", sql: "DELETE FROM orders WHERE order_id = '$order'"),
        Damage(name: "an own line", sql: "UPDATE change SET line = X'7B7D' WHERE $dot", isLost: true),
        Damage(
          name: "a line of the hub's",
          sql: "UPDATE change SET line = X'7B7D' WHERE order_id = '$order' AND replica LIKE 'hub.%'", isLost: true),
        Damage(
          name: "the order's digest", sql: "UPDATE order_digest SET value = zeroblob(32) WHERE order_id = '$order'"),
        Damage(name: "the buckets' digests", sql: "UPDATE digest SET value = zeroblob(32)"),
        Damage(
          name: "a change of the hub's that is gone",
          sql:
            "DELETE FROM change WHERE seq = (SELECT MIN(seq) FROM change WHERE order_id = '$order' AND replica LIKE 'hub.%')",
          isLost: true),
      ] {
        try repairAtAgent(damage, of: order, at: site)
      }
    }

    @Test func anOwnChangeThatIsGoneFromTheAgentsLogComesBackFromTheHub() throws {
      let site = try Site("water")
      let order = try orders(of: site)[0]
      let newest = "n = (SELECT MAX(n) FROM change WHERE replica LIKE 'water.%') AND replica LIKE 'water.%'"
      for damage in [
        Damage(name: "the first one", sql: "DELETE FROM change WHERE $dot", isLost: true),
        Damage(name: "the newest one", sql: "DELETE FROM change WHERE \(newest)", isLost: true),
      ] {
        try repairAtAgent(damage, of: order, at: site)
      }
    }

    private func repairAtAgent(_ damage: Damage, of order: OrderID, at site: Site) throws {
      let agent = try site.agent("water")
      #expect(try agent.terminate() == 0)
      do {
        let database = try AgentDatabase(path: agent.data + "/agent.db", lock: agent.data + "/agent")
        try database.write { try $0.run(AlteredRows.statement(damage, order)) }
        try database.close()
      }
      try agent.start()
      try agent.settle()
      let report = try agent.resync(full: true)
      #expect(report["repaired"]?.asInt ?? 0 > 0, "\(damage.name): \(report)")
      #expect((report["received"]?.asInt ?? 0 > 0) == damage.isLost, "\(damage.name): \(report)")
      #expect(report["sent"] == 0, "\(damage.name): \(report)")
      try expectWell(site, order, damage.name)
    }

    @Test func aRowThatWasAlteredAtTheHubIsRepairedByAFullComparison() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try orders(of: site)[0]
      for damage in [
        Damage(
          name: "another order's state",
          sql: "UPDATE orders SET state = \(AlteredRows.anyOther) WHERE order_id = '$order'"),
        Damage(name: "no state at all", sql: "UPDATE orders SET state = X'00' WHERE order_id = '$order'"),
        Damage(name: "a line of the agent's", sql: "UPDATE change SET line = X'7B7D' WHERE $dot", isLost: true),
        Damage(
          name: "a line of the hub's",
          sql: "UPDATE change SET line = X'7B7D' WHERE order_id = '$order' AND platform = 'hub' AND ordinal = 1",
          isLost: true),
        Damage(name: "the order's digest", sql: "UPDATE orders SET digest = zeroblob(32) WHERE order_id = '$order'"),
        Damage(name: "the buckets' digests", sql: "UPDATE digest SET value = zeroblob(32)"),
      ] {
        #expect(try site.hub.terminate() == 0)
        do {
          let database = try SQLiteDatabase(path: site.hub.data + "/hub.db")
          _ = try database.write { try $0.execute(AlteredRows.statement(damage, order), []) }
          try database.close()
        }
        try site.restartHub()
        try agent.settle()
        let report = try site.resyncAtHub("water")
        #expect((report["sent"]?.asInt ?? 0 > 0) == damage.isLost, "\(damage.name): \(report)")
        #expect(report["received"] == 0, "\(damage.name): \(report)")
        try expectWell(site, order, damage.name)
      }
    }

    /// Two orders with some history.
    private func orders(of site: Site) throws -> [OrderID] {
      let agent = try site.agent("water")
      let orders = try (0..<2).map { _ in try site.dispatched(to: "water") }
      for number in 0..<6 {
        for daemon in [site.hub, agent] {
          #expect(try daemon.note("note \(number)", on: orders[number % 2], request: "note-\(number)").status == 200)
        }
      }
      for order in orders { try site.expectEqual(order, at: "water") }
      return orders
    }

    private static func statement(_ damage: Damage, _ order: OrderID) -> String {
      damage.sql
        .replacing(
          "$dot",
          with:
            "replica LIKE 'water.%' AND n = (SELECT MIN(n) FROM change WHERE replica LIKE 'water.%' AND order_id = '$order')"
        )
        .replacing("$order", with: order.text)
    }

    /// That both sides hold the same, lines, states and digests, and that both doctors agree.
    private func expectWell(_ site: Site, _ order: OrderID, _ name: String) throws {
      let agent = try site.agent("water")
      try site.expectEqual(order, at: "water")
      #expect(try agent.lines() == site.hub.lines(), "\(name)")
      #expect(try agent.notes(order).count == 6, "\(name)")
      let again = try agent.resync(full: true)
      #expect(again.foundNothing, "\(name): \(again)")
      for daemon in [site.hub, agent] {
        let doctor = try daemon.command("doctor")
        #expect(doctor.status == 0, "\(name): \(doctor.all)")
      }
    }
  }
}

extension Site {
  /// Has the operators ask for a full comparison with a platform's agent, and gives its report.
  func resyncAtHub(_ platform: String) throws -> JSON {
    let asked = try hub.post("/v1/resync", ["platform": .string(platform), "full": true])
    let log = try String(contentsOfFile: hub.process?.log ?? "", encoding: .utf8)
    try #require((200..<300).contains(asked.status), "\(asked) \(log)")
    var last = JSON.null
    try eventually("the comparison that the hub asked for is done", within: 30) {
      let rows = try hub.get("/v1/resync").json["resyncs"]?.asArray ?? []
      last = rows.last { $0["platform"]?.asString == platform && $0["reason"] != "agent" } ?? .null
      return !rows.isEmpty && rows.allSatisfy { $0["state"] == "done" }
    }
    return last["report"] ?? .null
  }
}
