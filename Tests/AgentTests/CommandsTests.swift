// What each command line means: parsed, and the body or path that it would send.

import ArgumentParser
import Core
import Foundation
import Shell
import Testing

@testable import Agent

private let now = 1_796_000_000_000

/// The command that a line means.
private func parsed<Command>(_ line: [String], as type: Command.Type) throws -> Command {
  try #require(try AgentCommand.parseAsRoot(line) as? Command)
}

/// The body that a step on an order would send, read back from its text.
private func body(_ line: String...) throws -> JSON {
  let command = try AgentCommand.parseAsRoot(["orders"] + line + ["--author", "李娜", "--role", "dispatcher"])
  let step = try #require(command as? any OrderStep)
  return try JSON(parsing: try step.body(now: now).bytes)
}

/// A command and all under it.
private func tree(_ command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
  let configuration = command.configuration
  return [command] + (configuration.subcommands + configuration.groupedSubcommands.flatMap(\.subcommands)).flatMap(tree)
}

@Suite struct CommandsHelpTests {
  @Test func everyCommandHasExamples() {
    let commands = tree(AgentCommand.self)
    #expect(commands.count > 20)
    for command in commands {
      #expect(command.configuration.discussion.contains("EXAMPLES:"), "\(command)")
    }
  }

  /// A paragraph is one line, which is wrapped at the terminal's width: one that is broken by hand is broken twice. What is
  /// indented is to be copied, and stays whole at 80 columns.
  @Test func helpIsWrittenForEveryWidth() {
    for command in tree(AgentCommand.self) {
      let lines = command.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
      for line in lines where line.hasPrefix(" ") {
        #expect(line.count < 80, "\(command): \(line)")
      }
      for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty && !next.isEmpty {
        #expect(line.hasPrefix(" ") || next.hasPrefix(" "), "\(command): \(next)")
      }
    }
  }

  @Test func everyOptionIsExplained() {
    // Where the words begin; below a name that reaches so far they stand on a line of their own.
    let column = 26
    for command in tree(AgentCommand.self) {
      let lines = AgentCommand.helpMessage(for: command, columns: 200)
        .split(separator: "\n", omittingEmptySubsequences: false)
      for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  -") || line.hasPrefix("  <") {
        let isBeside = line.count > column && line.dropFirst(column - 1).first == " "
        #expect(isBeside || next.hasPrefix(String(repeating: " ", count: column)), "\(command): \(line)")
      }
    }
  }

  @Test func theRootNamesTheExitStatusesAndTheCompletions() {
    let help = AgentCommand.helpMessage()
    for words in ["EXIT STATUS:", "--generate-completion-script", "--json"] {
      #expect(help.contains(words), "\(words)")
    }
  }
}

@Suite struct CommandsOnOrdersTests {
  private let author: JSON = ["name": "李娜", "role": "dispatcher"]

  @Test func acceptCarriesAuthorRequestAndAssignment() throws {
    #expect(
      try body("accept", "20261125-000001", "--request", "erp-1", "--assignment", "a1") == [
        "command": "accept", "assignment": "a1", "request": "erp-1", "author": author,
      ])
    let step = try parsed(["orders", "accept", "20261125-000001"], as: OrdersAcceptCommand.self)
    #expect(step.order == "20261125-000001")
  }

  @Test func progressTakesOnlyTheStepsThereAre() throws {
    #expect(try body("progress", "o", "onSite") == ["command": "progress", "step": "onSite", "author": author])
    #expect(throws: (any Error).self) { try body("progress", "o", "done") }
    #expect(throws: (any Error).self) { try body("progress", "o", "sleeping") }
  }

  @Test func completeCarriesResultAndReply() throws {
    let body = try body(
      "complete", "o", "--outcome", "partly", "--work", "更换阀门", "--cause", "frost", "--unsolved-code", "u7", "--cost",
      "120.50", "--no-substantiated", "--finished-at", "1795999000000", "--follow-up", "joint", "--materials", "DN200",
      "--reply", "已恢复", "--public-reply", "water is back")
    #expect(body["command"] == "complete")
    #expect(
      body["result"] == [
        "outcome": "partly", "unsolvedCode": "u7", "substantiated": false, "cause": "frost", "work": "更换阀门",
        "materials": "DN200", "cost": .number("120.50"), "finishedAt": 1_795_999_000_000, "followUp": "joint",
      ])
    #expect(body["reply"] == ["citizen": "已恢复", "public": "water is back"])
    #expect(try Command(body).name == "complete")
  }

  @Test func resultWithoutAReplySendsNone() throws {
    let body = try body("result", "o", "--outcome", "noAction")
    #expect(body == ["command": "result", "result": ["outcome": "noAction"], "author": author])
    #expect(throws: (any Error).self) { try self.bodyOfUnknownOutcome() }
  }

  private func bodyOfUnknownOutcome() throws -> JSON { try body("result", "o", "--outcome", "fine") }

  @Test func aReplySaysSomething() throws {
    #expect(
      try body("reply", "o", "--reply", "好") == ["command": "reply", "reply": ["citizen": "好"], "author": author])
    #expect(throws: (any Error).self) { try AgentCommand.parseAsRoot(["orders", "reply", "o"]) }
  }

  @Test func aRequestCountsItsTimeFromNow() throws {
    #expect(
      try body("request", "o", "extension", "--until", "2h", "--reason", "part", "--code", "c1") == [
        "command": "request", "type": "extension", "code": "c1", "reason": "part", "until": .int(now + 7_200_000),
        "author": author,
      ])
    let returned = try body("request", "o", "return", "--suggest-sector", "gas")
    #expect(returned["suggestedSector"] == "gas")
    #expect(throws: (any Error).self) { try body("request", "o", "holiday") }
  }

  @Test func withdrawResumeAndNoteAreSentAsTheContractSays() throws {
    #expect(
      try body("withdraw", "o", "r1") == ["command": "withdraw", "requestId": "r1", "author": author])
    #expect(try body("resume", "o") == ["command": "resume", "author": author])
    #expect(
      try body("note", "o", "现场有人") == [
        "command": "note", "text": "现场有人", "visibility": "all", "author": author,
      ])
    #expect(try body("note", "o", "key", "--own")["visibility"] == "own")
    #expect(throws: (any Error).self) { try body("note", "o", "") }
  }

  @Test func createSetsRegistersThatTheTableTakes() throws {
    let command = try parsed(
      [
        "orders", "create", "--kind", "repair", "--title", "中山路爆管", "--sector", "water", "--priority", "urgent",
        "--description", "long", "--phone", "13800000000", "--caller-name", "张", "--anonymous", "--language", "zh",
        "--address", "中山路 12", "--lat", "39.10", "--lon", "117.2", "--crs", "gcj02", "--flat", "3-2", "--entry-code",
        "77", "--ref", "erp=WO=7", "--received-at", "1795999000000", "--request", "r-1", "--author", "n",
      ], as: OrdersCreateCommand.self)
    let body = try command.body(now: now)
    #expect(
      body["registers"] == [
        "kind": "repair", "title": "中山路爆管", "description": "long", "sector": "water", "priority": "urgent",
        "source": "platform", "receivedAt": 1_795_999_000_000,
        "caller": ["name": "张", "phone": "13800000000", "language": "zh", "anonymous": true],
        "location": ["address": "中山路 12", "lat": .number("39.10"), "lon": .number("117.2"), "crs": "gcj02"],
        "location/private": ["flat": "3-2", "entry": "77"], "ref/erp": ["number": "WO=7"],
      ])
    #expect(body["request"] == "r-1")
    let registers = try #require(body["registers"]?.asObject)
    #expect(Authoring.fault(registers.map { .set($0.key, $0.value) }) == nil)
  }

  @Test(arguments: [
    ["--lat", "39.1", "--lon", "117.2"], ["--ref", "erp"], ["--ref", "E R P=1"], ["--kind", "party"],
    ["--lat", "north", "--lon", "1", "--crs", "wgs84"], ["--title", ""],
  ])
  func whatWouldBeNoOrderIsRefusedBeforeItIsSent(_ wrong: [String]) {
    #expect(throws: (any Error).self) {
      try AgentCommand.parseAsRoot(["orders", "create", "--kind", "repair", "--title", "t"] + wrong)
    }
  }

  @Test func listAndShowAskForTheRightPath() throws {
    let list = try parsed(
      ["orders", "list", "--status", "dispatched", "--open", "--text", "爆 管", "--limit", "5", "--after", "x&y"],
      as: OrdersListCommand.self)
    #expect(
      list.path == "/v1/orders?status=dispatched&open=true&text=%E7%88%86%20%E7%AE%A1&limit=5&after=x%26y")
    #expect(throws: (any Error).self) { try AgentCommand.parseAsRoot(["orders", "list", "--status", "lost"]) }
    #expect(throws: (any Error).self) { try AgentCommand.parseAsRoot(["orders", "list", "--limit", "0"]) }
    #expect(try parsed(["orders", "show", "o", "--state"], as: OrdersShowCommand.self).state)
  }
}

@Suite struct CommandsOfTheDaemonTests {
  @Test func enrollTakesOneTokenFromOnePlace() throws {
    let command = try parsed(
      ["enroll", "--data", "/d", "--hub", "https://h:1", "--ca", "ca.pem", "--token-file", "t", "--name", "a1"],
      as: EnrollCommand.self)
    #expect(command.tokenFile == "t")
    #expect(command.name == "a1")
    #expect(!command.force)
    #expect(throws: (any Error).self) { try AgentCommand.parseAsRoot(["enroll", "--ca", "c"]) }
    #expect(throws: (any Error).self) {
      try AgentCommand.parseAsRoot(["enroll", "--ca", "c", "--token", "t", "--token-file", "f"])
    }
  }

  @Test func watchingAndWaitingTakeDurations() throws {
    let status = try parsed(["status", "--watch", "--every", "500ms", "--json"], as: StatusCommand.self)
    #expect(status.watch)
    #expect(status.every?.milliseconds == 500)
    #expect(status.daemon.output.json)
    #expect(try parsed(["sync", "--wait", "1m30s"], as: SyncCommand.self).wait?.seconds == 90)
    #expect(try parsed(["sync"], as: SyncCommand.self).wait == nil)
    #expect(throws: (any Error).self) { try AgentCommand.parseAsRoot(["sync", "--wait", "30"]) }
  }

  @Test func theSocketIsNamedOrLiesInTheDataDirectory() throws {
    func socket(_ line: String...) throws -> String {
      let command = try parsed(["conflicts"] + line, as: ConflictsCommand.self)
      return command.daemon.connection.socketPath(named: "agent.sock") { "configured" }
    }
    #expect(try socket("--socket", "/s", "--data", "/d") == "/s")
    #expect(try socket("--data", "/d") == "/d/agent.sock")
    #expect(try socket("--data", "/d/") == "/d/agent.sock")
    #expect(try socket() == "configured")
  }

  @Test func theRemainingCommandsAreThere() throws {
    #expect(try AgentCommand.parseAsRoot(["quarantine"]) is QuarantineCommand)
    #expect(try AgentCommand.parseAsRoot(["doctor", "--json"]) is DoctorCommand)
    #expect(try AgentCommand.parseAsRoot(["run", "--data", "/d"]) is RunCommand)
  }

  @Test func aStatusTellsWhyTheHubIsNotReached() {
    let status: JSON = [
      "platform": "water", "agent": "a1", "version": "0.1.0", "hub": "https://h", "rules": 1, "replica": "water.x",
      "link": [
        "state": "offline", "since": .int(now - 60_000), "reason": "no connection\u{1B}[2J",
        "nextTry": .int(now + 5_000),
      ],
      "outbox": ["depth": 3, "oldest": .int(now - 30_000)], "cursor": ["position": 7, "told": 9, "lag": 2],
      "orders": ["total": 5, "open": 4], "waiting": 0, "quarantined": 1, "conflicts": 2,
      "certificate": ["notAfter": .int(now + 86_400_000)], "database": ["bytes": 4096],
    ]
    let page = Page(width: nil, style: Style(isEnabled: false), zone: TimeZone(secondsFromGMT: 0)!, now: now)
    let text = StatusPrinting.status(status, on: page).joined(separator: "\n")
    #expect(text.contains("offline since 2026-11-30 00:52:20 (1 m ago): no connection\\u{1B}[2J; next try in 5 s"))
    #expect(text.contains("3 changes wait to be sent, the oldest made 30 s ago"))
    #expect(text.contains("2 behind the hub"))
    #expect(text.contains("2 conflicts, 1 in quarantine"))
    #expect(SyncCommand.remaining(status) == 5)
  }

  @Test func aStatusTellsWhichWayTheClockIsWrong() {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: TimeZone(secondsFromGMT: 0)!, now: now)
    func clock(_ skew: Int) -> String? {
      StatusPrinting.status(["skew": .int(skew)], on: page).first { $0.hasPrefix("Clock") }
    }
    // The skew is the hub's clock minus this machine's.
    #expect(clock(90_000)?.hasSuffix("behind the hub's") == true)
    #expect(clock(-90_000)?.hasSuffix("ahead of the hub's") == true)
    #expect(clock(1_000) == nil && clock(-1_000) == nil)
  }

  @Test func onlyWhoReachesTheHubIsInStep() {
    func status(_ link: String, _ depth: Int) -> JSON {
      ["link": ["state": .string(link)], "outbox": ["depth": .int(depth)], "cursor": ["lag": 0]]
    }
    #expect(SyncCommand.isSettled(status("online", 0)))
    #expect(!SyncCommand.isSettled(status("offline", 0)))
    #expect(!SyncCommand.isSettled(status("online", 1)))
  }
}
