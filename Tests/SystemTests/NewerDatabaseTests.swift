// A database that newer software has upgraded is not replaced by an older version's `restore`, at either program.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Hub
@testable import Shell
@testable import TestSite

extension SystemTests {
  @Suite struct NewerDatabases {
    @Test func aHubsIsNotReplaced() throws {
      let site = try Site()
      let file = site.directory + "/copy.lxb"
      _ = try site.hub.json("backup", file)
      #expect(try site.hub.terminate() == 0)
      let store = try SQLiteDatabase(path: site.hub.data + "/hub.db")
      _ = try store.write { try $0.execute("UPDATE schema_step SET step = 999 WHERE step = \(HubSchema.newest)", []) }
      try store.close()
      try expectRefusal(of: file, at: site.hub.data, database: "hub.db", name: BackupManifest.hostName, .hub, site)
    }

    @Test func anAgentsIsNotReplaced() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let file = site.directory + "/copy.lxb"
      _ = try agent.json("backup", file)
      #expect(try agent.terminate() == 0)
      // Its lock goes with it.
      do {
        let database = try AgentDatabase(path: agent.data + "/agent.db", lock: agent.data + "/agent")
        // What such a version has besides, this one cannot count.
        try database.write { db in
          try db.run("INSERT INTO grdb_migrations (identifier) VALUES ('of the future')")
          try db.run("ALTER TABLE orders RENAME TO work_orders")
        }
        try database.close()
      }
      try expectRefusal(of: file, at: agent.data, database: "agent.db", name: "water", .agent, site)
    }

    /// Proposed or confirmed, the restore is refused and the database as it was; only to test the backup is allowed.
    private func expectRefusal(
      of file: String, at data: String, database: String, name: String, _ program: Program, _ site: Site
    ) throws {
      let before = try Data(contentsOf: URL(fileURLWithPath: data + "/" + database))
      func restore(_ more: String...) throws -> Finished {
        try ChildProcess(program.path, ["restore", file, "--data", data] + more, scratch: site.directory).finish()
      }
      for refused in [try restore(), try restore("--yes", name)] {
        #expect(refused.status == CommandStatus.refusedByRule.rawValue, "\(refused.all)")
        #expect(refused.errors.contains("newer version"), "\(refused.all)")
        #expect(refused.errors.contains("upgrade this program"), "\(refused.all)")
      }
      #expect(try Data(contentsOf: URL(fileURLWithPath: data + "/" + database)) == before)
      let checked = try restore("--check")
      #expect(checked.status == 0, "\(checked.all)")
    }
  }
}
