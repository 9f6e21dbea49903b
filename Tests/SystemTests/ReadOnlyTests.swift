// A database that cannot be written: the daemon says so in words, answers nothing as recorded, and goes on where it was once it can.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite(.enabled(if: SmallDisk.isPossible, "needs root, to make a small file system read-only"))
  struct ReadOnlyDatabases {
    @Test func onAReadOnlyDiskNeitherDaemonStartsAndBothSayWhy() throws {
      var disks: [String: SmallDisk] = [:]
      let site = try Site("water") { data in disks[data] = try SmallDisk(at: data, mebibytes: 16) }
      let agent = try site.agent("water")
      defer {
        agent.kill()
        site.hub.kill()
        disks = [:]
      }
      let order = try site.dispatched(to: "water")
      #expect(try agent.note("before", on: order, request: "before").status == 200)
      try site.expectEqual(order, at: "water")
      #expect(try agent.terminate() == 0)
      #expect(try site.hub.terminate() == 0)
      let port = try site.port
      for (daemon, arguments) in [
        (site.hub, ["serve", "--listen", "127.0.0.1", "--port", "\(port)"]), (agent, ["run"]),
      ] {
        try #require(disks[daemon.data]).set(readOnly: true)
        let finished = try ChildProcess(
          daemon.program.path, arguments + ["--data", daemon.data], scratch: site.directory
        ).finish()
        #expect(finished.status == CommandStatus.failure.rawValue, "\(finished.all)")
        #expect(finished.errors.contains(daemon.data) && finished.errors.contains("Read-only file system"))
        try #require(disks[daemon.data]).set(readOnly: false)
      }
      try site.restartHub()
      try agent.start()
      #expect(try agent.note("another text", on: order, request: "before").json["repeated"] == true)
      #expect(try agent.note("after", on: order, request: "after").status == 200)
      try site.expectEqual(order, at: "water")
      #expect(try site.hub.order(order)["entries"]?.asArray?.count == 2)
    }

    @Test(arguments: [Program.hub, .agent])
    func aDatabaseFileThatCannotBeWrittenRefusesEditsInWords(_ program: Program) throws {
      var disks: [String: SmallDisk] = [:]
      let site = try Site("water") { data in disks[data] = try SmallDisk(at: data, mebibytes: 16) }
      let agent = try site.agent("water")
      let daemon = program == .hub ? site.hub : agent
      let database = daemon.data + (program == .hub ? "/hub.db" : "/agent.db")
      defer {
        agent.kill()
        site.hub.kill()
        disks = [:]
      }
      let order = try site.dispatched(to: "water")
      try site.expectEqual(order, at: "water")
      let port = try site.port
      #expect(try daemon.terminate() == 0)
      try setImmutable(true, database)
      defer { try? setImmutable(false, database) }  // a second time on the way out of a failure
      // It may refuse to start, or serve and refuse the edit; in both cases with the reason.
      let started: Void? = try? daemon.start(program == .hub ? ["--port", "\(port)"] : [])
      let log = try #require(daemon.process).log
      if started != nil {
        let refused = try daemon.note("nowhere", on: order, request: "r1")
        #expect(refused.status >= 500 && !refused.detail.isEmpty, "\(refused)")
      }
      try eventually("it names the reason") {
        let said = try String(contentsOfFile: log, encoding: .utf8)
        return said.contains("disk I/O error") || said.contains("readonly database")
      }
      daemon.kill()
      try setImmutable(false, database)

      try daemon.start(program == .hub ? ["--port", "\(port)"] : [])
      #expect(try daemon.note("now", on: order, request: "r1").json["repeated"] != true)
      try site.expectEqual(order, at: "water")
      #expect(try site.hub.order(order)["entries"]?.asArray?.count == 1)
    }

    /// As `chattr +i`: not even root can write to the file then.
    private func setImmutable(_ isImmutable: Bool, _ path: String) throws {
      let finished = try ChildProcess(
        "/usr/bin/chattr", [isImmutable ? "+i" : "-i", path], scratch: NSTemporaryDirectory()
      ).finish()
      try #require(finished.status == 0, "\(finished.all)")
    }
  }
}
