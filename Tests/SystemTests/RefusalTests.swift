// What the two command lines and sockets refuse, and how they say it: message, exit status, HTTP status and code.

import Core
import Foundation
import Shell
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct Refusals {
    @Test func anOrderThatThereIsNotIsSaidSoOnBothSides() throws {
      let site = try Site("water")
      for daemon in [site.hub, try site.agent("water")] {
        let shown = try daemon.command("orders", "show", "20990101-000001")
        #expect(shown.status == CommandStatus.notFound.rawValue)
        #expect(shown.output.isEmpty && shown.errors.contains("there is no order '20990101-000001'"), "\(shown.all)")
        let noted = try daemon.command("orders", "note", "20990101-000001", "text")
        #expect(noted.status == CommandStatus.notFound.rawValue && noted.errors.contains("there is no order"))
        let answer = try daemon.get("/v1/orders/20990101-000001")
        #expect(answer.status == 404 && answer.code == "not-found")
      }
      #expect(try site.hub.status["changes"] == 0)
      #expect(try site.agent("water").outbox == 0)
    }

    @Test func anIllegalStepIsNamedWithWhatIsAllowedInstead() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      let before = try site.hub.state(order)

      let resumed = try agent.command("orders", "resume", order.text)
      #expect(resumed.status == CommandStatus.refusedByRule.rawValue)
      #expect(
        resumed.errors.contains("cannot resume: it is not suspended; allowed now: accept, request return"),
        "\(resumed.all)")
      let asked = try agent.perform("resume", on: order)
      #expect(asked.status == 409 && asked.code == "illegal-step" && asked.json["allowed"]?.asArray?.first == "accept")

      let reworked = try site.hub.command("orders", "rework", order.text)
      #expect(reworked.status == CommandStatus.refusedByRule.rawValue)
      #expect(reworked.errors.contains("cannot rework"), "\(reworked.all)")
      #expect(reworked.errors.contains("allowed now: dispatch, recall, urge, close, cancel, note"), "\(reworked.all)")
      let hotline = try agent.perform("close", on: order, ("code", "solved"))
      #expect(
        hotline.status == 403 && hotline.code == "not-permitted"
          && hotline.detail.contains("'close' is the hotline's step"))

      #expect(try site.hub.state(order) == before)
      #expect(try agent.state(order) == before)
      #expect(try agent.outbox == 0)
    }

    /// Programs read standard output: on a refusal nothing is there, and the exit status says which kind it is.
    @Test func withJSONARefusalLeavesStandardOutputEmpty() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water")
      for (refused, status) in [
        (try agent.command("orders", "resume", order.text, "--json"), CommandStatus.refusedByRule),
        (try agent.command("orders", "show", "nothing", "--json"), .notFound),
        (try site.hub.command("orders", "rework", order.text, "--json"), .refusedByRule),
        (try site.hub.command("agent", "revoke", "water", "nobody", "--json"), .notFound),
        (try site.hub.command("orders", "list", "--limit", "x", "--json"), .usage),
      ] {
        #expect(refused.status == status.rawValue, "\(refused.all)")
        #expect(refused.output.isEmpty && !refused.errors.isEmpty)
        if status == .usage { continue }
        let problem = try JSON(parsing: Array(refused.errors.utf8))
        #expect(problem["exitStatus"] == .int(Int(status.rawValue)))
        #expect(problem["detail"]?.asString?.isEmpty == false)
        if status == .refusedByRule { #expect(problem["allowed"]?.asArray?.isEmpty == false) }
      }
    }

    @Test func anUnknownConfigurationKeyStopsTheStartWithFileAndLine() throws {
      let site = try Site()
      let file = site.directory + "/typo.yaml"
      try "data: \(site.directory)/x\nsnc:\n  port: 1\n".write(toFile: file, atomically: true, encoding: .utf8)
      for (program, command) in [(Program.hub, "serve"), (.agent, "run")] {
        let finished = try ChildProcess(program.path, [command, "--config", file], scratch: site.directory).finish()
        #expect(finished.status == CommandStatus.configuration.rawValue)
        #expect(finished.errors.contains("\(file):2: snc"), "\(finished.all)")
        #expect(finished.errors.contains("not a key"))
      }
      #expect(!FileManager.default.fileExists(atPath: site.directory + "/x"))
    }

    @Test func aSecondDaemonOnOneDatabaseNamesTheFirst() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      for (daemon, arguments) in [(site.hub, ["serve", "--port", "0"]), (agent, ["run"])] {
        let second = try ChildProcess(
          daemon.program.path, arguments + ["--data", daemon.data], scratch: site.directory
        ).finish()
        #expect(second.status == CommandStatus.conflict.rawValue)
        #expect(second.errors.contains("(pid \(daemon.pid))"), "\(second.all)")
        #expect(try daemon.get("/v1/status").status == 200)
      }
      try site.expectEqual(try site.dispatched(to: "water"), at: "water")
    }

    @Test func aDaemonThatDoesNotRunIsSaidSoWithHowToStartIt() throws {
      let site = try Site("water")
      let agent = try site.agent("water")
      #expect(try agent.terminate() == 0)
      #expect(try site.hub.terminate() == 0)
      for (daemon, remedy) in [(agent, "lianxin-agent run"), (site.hub, "lianxin-hub serve")] {
        let finished = try daemon.command("status")
        #expect(finished.status == CommandStatus.daemonUnreachable.rawValue)
        #expect(
          finished.errors.contains("the daemon is not running") && finished.errors.contains(remedy), "\(finished.all)")
      }
    }
  }
}
