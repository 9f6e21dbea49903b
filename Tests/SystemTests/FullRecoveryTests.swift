// A disk that is full in the middle of a backup, a restore and a comparison: a clear error, and the database as it was.

import Core
import Foundation
import Testing

@testable import Agent
@testable import Shell
@testable import TestSite

extension SystemTests {
  @Suite struct FullRecoveries {
    /// Notes of 20 kB.
    private func fill(_ daemon: Daemon, _ order: OrderID, _ count: Int, _ name: String) throws {
      for number in 0..<count {
        let text = String(repeating: "\(number % 10)", count: 20_000)
        try #require(try daemon.note(text, on: order, request: "\(name)-\(number)").status == 200)
      }
    }

    private func notes(_ daemon: Daemon, _ order: OrderID) throws -> Int {
      try daemon.order(order)["entries"]?.asArray?.count ?? 0
    }

    /// Runs a command under a limit on the size of a file, which stands for the disk and is met at the same place in each run: 400 blocks
    /// are at most 400 KiB.
    private func limited(_ daemon: Daemon, _ arguments: String..., site: Site) throws -> Finished {
      try ChildProcess(
        "/bin/sh",
        ["-c", "trap '' XFSZ; ulimit -f 400; exec \"$0\" \"$@\"", daemon.program.path] + arguments + [
          "--data", daemon.data,
        ],
        scratch: site.directory
      ).finish()
    }

    /// The database file, and the names beside it.
    private func files(_ daemon: Daemon) throws -> (database: Data, names: [String]) {
      (
        try Data(contentsOf: URL(fileURLWithPath: daemon.data + "/agent.db")),
        try FileManager.default.contentsOfDirectory(atPath: daemon.data).sorted()
      )
    }

    @Test func aBackupThatCannotWriteToItsEndLeavesNothingBehind() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try fill(agent, order, 60, "long")
      try agent.settle()
      #expect(try agent.terminate() == 0)
      let before = try files(agent)
      let file = site.directory + "/copy.lxb"
      let refused = try limited(agent, "backup", file, site: site)
      #expect(refused.status == CommandStatus.failure.rawValue, "\(refused.all)")
      #expect(refused.errors.contains("cannot copy the database"), "\(refused.all)")
      #expect(!Files.exists(file))
      let after = try files(agent)
      #expect(after.database == before.database && after.names == before.names)
      #expect(try agent.json("backup", file)["file"] == .string(file))
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
    func aCopyOntoADiskThatIsFullInTheMiddleSaysSo() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try fill(agent, order, 80, "long")
      #expect(try agent.terminate() == 0)
      let database = agent.data + "/agent.db"
      let disk = try SmallDisk(at: site.directory + "/small", mebibytes: 1)
      #expect(throws: BackupError.full(path: database, doing: "copy")) {
        try DatabaseReading(database, isAtRest: true).copy(to: disk.path + "/copy.db")
      }
      // Where it is known before, it is not even begun.
      let early = try agent.command("backup", site.directory + "/copy.lxb", "--scratch", disk.path)
      #expect(early.status == CommandStatus.failure.rawValue && early.errors.contains("are needed"), "\(early.all)")
      #expect(early.errors.contains("--scratch") && !Files.exists(site.directory + "/copy.lxb"))
    }

    @Test func aRestoreThatCannotWriteToItsEndLeavesTheDatabaseAsItWas() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try fill(agent, order, 60, "long")
      let file = site.directory + "/copy.lxb"
      _ = try agent.json("backup", file)
      #expect(try agent.note("later", on: order, request: "later").status == 200)
      try agent.settle()
      #expect(try agent.terminate() == 0)
      let before = try files(agent)
      let refused = try limited(agent, "restore", file, "--yes", "water", site: site)
      #expect(refused.status == CommandStatus.failure.rawValue, "\(refused.all)")
      #expect(refused.errors.contains("cannot write") && refused.errors.contains("restoring"), "\(refused.all)")
      let after = try files(agent)
      #expect(after.database == before.database && after.names == before.names)
      try agent.start()
      try site.expectEqual(order, at: "water")
      #expect(try notes(agent, order) == 61)
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
    func aRestoreOntoAFullDiskIsRefusedBeforeItBegins() throws {
      var disk: SmallDisk?
      let site = try Site("water") { data in
        if data.hasSuffix("/water") { disk = try SmallDisk(at: data, mebibytes: 8) }
      }
      let agent = try site.agent("water")
      defer {
        agent.kill()
        disk = nil
      }
      let order = try site.dispatched(to: "water")
      try fill(agent, order, 20, "long")
      try agent.settle()
      let file = site.directory + "/copy.lxb"
      _ = try agent.json("backup", file, "--scratch", site.directory)
      #expect(try agent.terminate() == 0)
      let before = try Data(contentsOf: URL(fileURLWithPath: agent.data + "/agent.db"))
      disk?.fill()
      let refused = try agent.command("restore", file, "--yes", "water")
      #expect(
        refused.status == CommandStatus.failure.rawValue && refused.errors.contains("are needed"), "\(refused.all)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: agent.data + "/agent.db")) == before)
      disk?.free()
      try agent.start()
      try site.expectEqual(order, at: "water")
    }

    @Test(.enabled(if: SmallDisk.isPossible, "needs root, to mount a small file system"))
    func aComparisonOnAFullDiskSaysSoChangesNothingAndEndsWhenThereIsSpace() throws {
      var disk: SmallDisk?
      let site = try Site("water") { data in
        if data.hasSuffix("/water") { disk = try SmallDisk(at: data, mebibytes: 16) }
      }
      let agent = try site.agent("water")
      defer {
        agent.kill()
        disk = nil
      }
      let order = try site.dispatched(to: "water")
      try fill(site.hub, order, 40, "long")
      try agent.settle()
      #expect(try agent.terminate() == 0)
      do {
        let database = try AgentDatabase(path: agent.data + "/agent.db", lock: agent.data + "/agent")
        try database.write { try $0.run("UPDATE change SET line = X'7B7D' WHERE replica LIKE 'hub.%'") }
        try database.close()
      }
      try agent.start()
      try agent.settle()
      disk?.fill()
      let number = try #require(try agent.get("/v1/resync").json["number"]?.asInt)
      // One write makes sure that none fits any more, wherever the log has room of its own.
      try eventually("the disk is full") {
        try agent.note(String(repeating: "y", count: 20_000), on: order, request: UUID().uuidString).status == 507
      }
      let held = try notes(agent, order)
      #expect(try agent.post("/v1/resync", ["full": true]).status == 200)
      try eventually("the agent says why nothing comes of it", within: 30) {
        try agent.status["link"]?["reason"]?.asString?.contains("is full") == true
      }
      let meanwhile = try agent.get("/v1/resync").json
      #expect(meanwhile["state"] != "idle" && meanwhile["number"]?.asInt == number, "\(meanwhile)")
      #expect(try notes(agent, order) == held)
      #expect(try agent.command("orders", "list").status == 0)

      disk?.free()
      var last = JSON.null
      try eventually("the comparison ends by itself", within: 60) {
        last = try agent.get("/v1/resync").json
        return last["state"] == "idle" && last["number"]?.asInt ?? 0 > number
      }
      #expect(last["report"]?["repaired"]?.asInt ?? 0 > 0, "\(last)")
      try site.expectEqual(order, at: "water")
      #expect(try agent.lines() == site.hub.lines())
      let again = try agent.resync(full: true)
      #expect(again.foundNothing, "\(again)")
    }
  }
}
