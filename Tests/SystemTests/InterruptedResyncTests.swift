// A comparison that a person asked for, interrupted and asked for again: the daemon goes on, and the same command shows its end.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct InterruptedResyncs {
    private func resync(_ agent: Daemon, at site: Site) throws -> ChildProcess {
      try ChildProcess(Program.agent.path, ["resync", "--full", "--data", agent.data], scratch: site.directory)
    }

    @Test func theSameCommandShowsTheOneUnderWayToItsEndAndAnotherIsRefused() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      try agent.settle()
      // Without the hub it waits.
      site.hub.kill()
      let first = try resync(agent, at: site)
      try eventually("it is asked for") { try agent.get("/v1/resync").json["state"] != "idle" }
      Foundation.kill(first.pid, SIGINT)
      #expect(try first.finish().status != 0)
      #expect(try agent.get("/v1/resync").json["request"] == ["full": true, "dryRun": false])

      let other = try agent.command("resync", "--dry-run")
      #expect(other.status == CommandStatus.conflict.rawValue, "\(other.all)")
      #expect(other.errors.contains("another resync is under way (--full)"), "\(other.all)")
      let second = try resync(agent, at: site)
      try eventually("it is shown") {
        try String(contentsOfFile: second.log, encoding: .utf8).contains("it is under way already")
      }
      try site.restartHub()
      let ended = try second.finish(within: 30)
      #expect(ended.status == 0 && ended.output.contains("Nothing to do"), "\(ended.all)")
      #expect(try agent.get("/v1/resync").json["number"] == 1, "it was made once")
      try site.expectEqual(order, at: "water")
    }
  }
}
