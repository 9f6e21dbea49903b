// Restores with real processes in which something besides the database is another one: an agent's machine, or what the hub's ledger
// has learned since the backup.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Shell
@testable import TestSite

extension SystemTests {
  @Suite struct Restored {
    /// The old machine is gone, and only the backup of its database is left, with its identity or without.
    @Test(arguments: [true, false])
    func anAgentThatMovedToANewMachineGetsWhatCameAfterItsBackupAndGoesOn(hasIdentity: Bool) throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let orders = [try site.dispatched(to: "water"), try site.dispatched(to: "water")]
      var texts: Set<String> = []
      func note(_ name: String, _ daemon: Daemon, _ count: Int) throws {
        for number in 0..<count {
          texts.insert("\(name) \(number)")
          let noted = try daemon.note("\(name) \(number)", on: orders[number % 2], request: "\(name)-\(number)")
          #expect(noted.status == 200)
        }
      }
      try note("before", agent, 4)
      try agent.settle()
      let file = site.directory + "/water.lxb"
      _ = try agent.json("backup", file)
      try note("after the backup", agent, 6)
      try note("hub", site.hub, 3)
      try agent.settle()
      #expect(try agent.terminate() == 0)

      let moved = site.daemon("moved")
      if hasIdentity {
        try FileManager.default.createDirectory(
          atPath: moved.data, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        try FileManager.default.moveItem(atPath: agent.data + "/identity", toPath: moved.data + "/identity")
      } else {
        let enrolled = try site.enrol(moved.data, token: try site.token("water"), "--name", "spare")
        try #require(enrolled.status == 0, "\(enrolled.all)")
      }
      try FileManager.default.removeItem(atPath: agent.data)
      #expect(try moved.json("restore", file, "--yes", "water")["restored"] == true)
      try note("hub meanwhile", site.hub, 3)
      try moved.start()
      defer { moved.kill() }
      #expect(try moved.note("at once", on: orders[0], request: "at once").status == 200)
      texts.insert("at once")
      for daemon in [site.hub, moved] {
        try eventually("\(daemon.data) has everything", within: 30) {
          try orders.flatMap { try daemon.notes($0) }.sorted() == texts.sorted()
        }
      }
      try moved.settle()
      for order in orders { #expect(try moved.state(order) == site.hub.state(order)) }
      #expect(try moved.lines() == site.hub.lines())
      #expect(try moved.outbox == 0)
      let again = try moved.resync()
      #expect(again.foundNothing, "\(again)")
      // What was answered on the old machine is answered the same on the new one.
      let repeated = try moved.note("after the backup 1", on: orders[1], request: "after the backup-1")
      #expect(repeated.status == 200)
      try moved.settle()
      #expect(try site.hub.notes(orders[1]).filter { $0 == "after the backup 1" }.count == 1)
      #expect(try moved.command("doctor").status == 0)
    }

    @Test func aHubRestoredFromBeforeARevocationAnEnrolmentAndAPurgeKnowsAllThree() throws {
      let site = try Site("water", "gas")
      let water = try site.agent("water")
      let phone = "13800004711"
      let order = try site.dispatched(to: "water")
      let caller: JSON = ["caller": ["name": "Li", "phone": .string(phone)]]
      #expect(try site.hub.perform("describe", on: order, ("registers", caller)).status == 200)
      try site.expectEqual(order, at: "water")
      func isAtAgent() throws -> Bool {
        String(decoding: try water.order(order).bytes, as: UTF8.self).contains(phone)
      }
      func found() throws -> Int? {
        try site.hub.json("privacy", "find", "--phone", phone, "--author", "li")["orders"]?.asArray?.count
      }
      #expect(try isAtAgent() && found() == 1)
      let file = site.directory + "/hub.lxb"
      _ = try site.hub.json("backup", file)

      let stolen = try site.agent("gas").status.string("agent")
      _ = try site.hub.json("agent", "revoke", "gas", stolen, "--reason", "stolen")
      try site.addPlatform("heat")
      try site.addAgent(of: "heat")
      let heat = try site.agent("heat")
      let late = try site.dispatched(to: "heat")
      #expect(try heat.note("known to heat alone, once the hub is restored", on: late, request: "late").status == 200)
      try heat.settle()
      let purged = try site.hub.json(
        "privacy", "purge", "--phone", phone, "--reason", "erasure request", "--author", "li", "--yes")
      #expect(purged["orders"]?.asArray?.count == 1, "\(purged)")
      try eventually("the purge is at water") { try !isAtAgent() }
      #expect(try found() == 0)

      #expect(try site.hub.terminate() == 0)
      _ = try site.hub.json("restore", file, "--yes", BackupManifest.hostName)
      try site.restartHub()
      let hello = HelloRequest(health: RawAgent.health, cursor: .start, told: .start, runs: []).json.bytes
      let refused = try RawAgent("gas", of: site).post("hello", hello, type: "application/json")
      #expect(refused.code == ProblemCode.certificateRevoked.rawValue, "\(refused)")
      let agents = try site.hub.get("/v1/agents").json["agents"]?.asArray ?? []
      #expect(agents.contains { $0["platform"] == "gas" && $0["revoked"] == true }, "\(agents)")

      try eventually("heat is taken back, and has given back its order", within: 30) {
        try site.hub.get("/v1/orders/\(late)").status == 200 && site.hub.notes(late).count == 1
      }
      try site.expectEqual(late, at: "heat")
      #expect(try heat.note("after", on: late, request: "after").status == 200)
      try site.expectEqual(late, at: "heat")

      try eventually("the restored hub has purged it again") { try found() == 0 }
      try site.expectEqual(order, at: "water")
      #expect(try found() == 0 && !isAtAgent())
      #expect(try site.hub.command("doctor").status == 0)
    }
  }
}
