// Rows altered by hand on either side, found and healed by `doctor --fix` with real processes.

import Core
import Foundation
import Shell
import Testing

@testable import Agent
@testable import Hub
@testable import TestSite

extension SystemTests {
  @Suite struct Doctors {
    @Test func whatWasAlteredByHandIsFoundAndHealedOnEitherSide() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try agent.settle()
      _ = try agent.note("before", on: order, request: "before")
      try agent.settle()
      #expect(try agent.terminate() == 0)
      do {
        let database = try AgentDatabase(path: agent.data + "/agent.db", lock: agent.data + "/agent")
        try database.write { db in
          try db.run("UPDATE orders SET state = X'00'")
          try db.run("UPDATE change SET line = X'7B7D'")
        }
        try database.close()
      }
      try agent.start()
      let found = try agent.command("doctor")
      #expect(found.status == 1 && found.all.contains("altered on the disk") && found.all.contains("doctor --fix"))
      #expect(try agent.command("doctor", "--fix").all.contains("taken from the hub again"))
      try eventually("the agent is well") { try agent.command("doctor").status == 0 }
      try site.expectEqual(order, at: "water")

      #expect(try site.hub.terminate() == 0)
      let store = try SQLiteDatabase(path: site.hub.data + "/hub.db")
      _ = try store.write { try $0.execute("UPDATE orders SET state = X'00'", []) }
      try store.close()
      try site.restartHub()
      #expect(try site.hub.command("doctor").all.contains("makes them anew from the log"))
      let fixed = try site.hub.command("doctor", "--fix")
      #expect(fixed.status == 0 && fixed.all.contains("1 states made anew"), "\(fixed.all)")
      #expect(try site.hub.command("doctor").status == 0)
      try site.expectEqual(order, at: "water")
    }
  }
}
