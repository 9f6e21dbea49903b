// What each command of the operators asks of the hub: path and body, and which arguments are refused.

import ArgumentParser
import Core
import Testing

@testable import Hub

@Suite struct CommandsTests {
  /// The call of a command line.
  private func call(_ arguments: String...) throws -> HubCall {
    let command = try HubCommand.parseAsRoot(arguments)
    let request = try #require(command as? any HubRequestCommand, "\(type(of: command)) is not one request")
    return try request.call()
  }

  /// The body of a step by "li", without its author.
  private func step(_ arguments: String...) throws -> (path: String, body: JSON) {
    let command = try HubCommand.parseAsRoot(arguments + ["--author", "li"])
    let request = try #require(command as? any OrderStep, "\(type(of: command)) is no step")
    let call = try request.call()
    let body = try #require(call.body)
    #expect(body["author"] == ["name": "li", "role": "operator"])
    return (call.path, .object((body.asObject ?? []).filter { $0.key != "author" }))
  }

  private func isRefused(_ arguments: String...) -> Bool {
    do {
      _ = try HubCommand.parseAsRoot(arguments)
      return false
    } catch {
      return HubCommand.exitCode(for: error) == .validationFailure
    }
  }

  @Test func platformsTokensAndAgentsAreAskedForByName() throws {
    #expect(try call("platform", "list") == .get("/v1/platforms"))
    #expect(
      try call("platform", "add", "water", "--display-name", "自来水", "--sectors", "water, drainage")
        == HubCall(
          path: "/v1/platforms", body: ["name": "water", "displayName": "自来水", "sectors": ["water", "drainage"]]))
    #expect(try call("token", "list") == .get("/v1/tokens"))
    #expect(
      try call("token", "create", "water", "--agent", "depot", "--life", "2h")
        == HubCall(path: "/v1/tokens", body: ["platform": "water", "agent": "depot", "life": 7_200]))
    #expect(
      try call("token", "create", "water") == HubCall(path: "/v1/tokens", body: ["platform": "water", "life": 86_400]))
    #expect(try call("token", "revoke", "a/b") == HubCall(path: "/v1/tokens/a%2Fb/revoke", body: .object([])))
    #expect(try call("agent", "list") == .get("/v1/agents"))
    #expect(
      try call("agent", "revoke", "water", "depot", "--reason", "stolen")
        == HubCall(path: "/v1/agents/water/depot/revoke", body: ["reason": "stolen"]))
    #expect(isRefused("token", "create", "water", "--life", "2 weeks"))
  }

  @Test func reportsAreGets() throws {
    #expect(try call("status", "--watch", "--every", "5s") == .get("/v1/status"))
    #expect(try call("doctor") == .get("/v1/doctor"))
    #expect(try call("requests", "list") == .get("/v1/requests"))
    #expect(try call("conflicts", "list") == .get("/v1/conflicts"))
    #expect(try call("orders", "voids") == .get("/v1/voids?limit=50"))
    #expect(try call("quarantine", "list") == .get("/v1/quarantine?limit=50"))
    #expect(try call("quarantine", "show", "water.x:3") == .get("/v1/quarantine/water.x%3A3"))
  }

  @Test func anEditNamesWhatIsToChangeAlone() throws {
    let edit = try step(
      "orders", "edit", "n1", "--address", "2 Main St", "--caller-phone", "138", "--clear", "location.note")
    #expect(edit.path == "/v1/orders/n1/commands")
    #expect(
      edit.body
        == [
          "command": "amend",
          "registers": ["location": ["address": "2 Main St", "note": .null], "caller": ["phone": "138"]],
        ])
    #expect(isRefused("orders", "edit", "n1"))
    #expect(isRefused("orders", "edit", "n1", "--clear", "note"))
  }

  @Test func aListIsFilteredByTheHub() throws {
    #expect(try call("orders", "list") == .get("/v1/orders?limit=50"))
    #expect(
      try call(
        "orders", "list", "--platform", "water", "--status", "repaired", "--open", "--text", "a&b 爆", "--limit", "7",
        "--after", "hub-1")
        == .get("/v1/orders?platform=water&status=repaired&open=true&text=a%26b%20%E7%88%86&limit=7&after=hub-1"))
    #expect(
      try call(
        "orders", "list", "--over", "--sector", "water", "--kind", "repair", "--priority", "urgent", "--overdue",
        "--disagreement", "--from", "1764000000000", "--until", "1765000000000")
        == .get(
          "/v1/orders?open=false&sector=water&kind=repair&priority=urgent&overdue=true&disagreement=true"
            + "&from=1764000000000&until=1765000000000&limit=50"))
    #expect(isRefused("orders", "list", "--open", "--over"))
    #expect(isRefused("orders", "list", "--kind", "x"))
    #expect(isRefused("orders", "list", "--status", "gone"))
    #expect(isRefused("orders", "list", "--limit", "0"))
    #expect(try call("orders", "show", "20261125-000001") == .get("/v1/orders/20261125-000001"))
    for flag in ["--print", "--reveal"] {
      #expect(
        try call("orders", "show", "20261125-000001", flag, "--author", "li")
          == .post("/v1/orders/20261125-000001/reveal", [("author", ["name": "li", "role": "operator"])]))
    }
  }

  @Test func anOrderIsCreatedFromItsOptions() throws {
    let call = try call(
      "orders", "create", "--kind", "repair", "--title", "爆管", "--sector", "water", "--priority", "urgent", "--address",
      "中山路 12", "--lat", "39.10", "--lon", "117.2", "--crs", "gcj02", "--flat", "3-2", "--caller-name", "王",
      "--caller-phone", "138", "--confidential", "--register", "category={\"code\":\"17\"}", "--register",
      "source=\"web\"", "--dispatch", "water", "--request", "r1", "--author", "li")
    #expect(call.path == "/v1/orders")
    let body = try #require(call.body)
    #expect(body["dispatch"] == "water")
    #expect(body["request"] == "r1")
    #expect(body["author"] == ["name": "li", "role": "operator"])
    #expect(
      body["registers"] == [
        "kind": "repair", "title": "爆管", "sector": "water", "priority": "urgent",
        // As it was typed: 39.10 is not 39.1 where bytes are compared.
        "location": ["address": "中山路 12", "lat": .number("39.10"), "lon": .number("117.2"), "crs": "gcj02"],
        "location/private": ["flat": "3-2"], "caller": ["name": "王", "phone": "138"], "confidential": true,
        "category": ["code": "17"], "source": "web",
      ])
  }

  @Test func aMatterThatTheTableForbidsIsRefusedBeforeItIsSent() {
    #expect(isRefused("orders", "create", "--kind", "flood", "--title", "x"))
    #expect(isRefused("orders", "create", "--kind", "repair"))
    #expect(isRefused("orders", "create", "--kind", "repair", "--title", "x", "--priority", "high"))
    // Coordinates whose system is not said are not guessed.
    #expect(isRefused("orders", "create", "--kind", "repair", "--title", "x", "--lat", "39", "--lon", "117"))
    #expect(isRefused("orders", "create", "--kind", "repair", "--title", "x", "--register", "category"))
    #expect(isRefused("orders", "create", "--kind", "repair", "--title", "x", "--register", "category={"))
    #expect(isRefused("orders", "urge", "o1", "--request", ""))
  }

  @Test func theHotlinesStepsAreCommands() throws {
    var (path, body) = try step("orders", "dispatch", "o1", "water", "--role", "assist", "--instruction", "go")
    #expect(path == "/v1/orders/o1/commands")
    #expect(body == ["command": "dispatch", "platform": "water", "role": "assist", "instruction": "go"])
    (_, body) = try step("orders", "recall", "o1", "--assignment", "a1", "--reason", "wrong", "--request", "r")
    #expect(body == ["command": "recall", "reason": "wrong", "assignment": "a1", "request": "r"])
    (_, body) = try step("orders", "note", "o1", "hello")
    #expect(body == ["command": "note", "text": "hello"])
    (_, body) = try step("orders", "note", "o1", "hello", "--own")
    #expect(body == ["command": "note", "text": "hello", "visibility": "own"])
    (_, body) = try step("orders", "urge", "o1")
    #expect(body == ["command": "urge"])
    (_, body) = try step("orders", "urge", "o1", "soon")
    #expect(body == ["command": "urge", "text": "soon"])
    (_, body) = try step("orders", "supervise", "o1", "water", "--demand", "why", "--until", "2026-12-01T10:00Z")
    #expect(body == ["command": "supervise", "to": "water", "demand": "why", "until": 1_796_119_200_000])
    (_, body) = try step("orders", "close", "o1", "solved", "--note", "fine")
    #expect(body == ["command": "close", "code": "solved", "note": "fine"])
    (_, body) = try step("orders", "rework", "o1", "--platform", "gas", "--instruction", "again")
    #expect(body == ["command": "rework", "platform": "gas", "instruction": "again"])
    (_, body) = try step("orders", "cancel", "o1", "--reason", "mistake")
    #expect(body == ["command": "cancel", "reason": "mistake"])
    (_, body) = try step("conflicts", "settle", "o1", "title")
    #expect(body == ["command": "settle", "register": "title"])
    (_, body) = try step("conflicts", "settle", "o1", "closed", "--value", "null")
    #expect(body == ["command": "settle", "register": "closed", "value": .null])
    (_, body) = try step("conflicts", "settle", "o1", "title", "--seen", "hub.a:1, water.b:2")
    #expect(body == ["command": "settle", "register": "title", "seen": ["hub.a:1", "water.b:2"]])
    (_, body) = try step("orders", "relate", "o1", "o2", "--kind", "sameIncident")
    #expect(body == ["command": "relate", "order": "o2", "kind": "sameIncident"])
    (_, body) = try step("orders", "relate", "o1", "o2", "--take-back")
    #expect(body == ["command": "relate", "order": "o2", "kind": .null])
    (_, body) = try step("orders", "void", "o1", "water.a:2", "--reason", "wrong order")
    #expect(body == ["command": "void", "dot": "water.a:2", "reason": "wrong order"])
    (_, body) = try step("orders", "reinstate", "o1", "water.a:2", "--request", "r")
    #expect(body == ["command": "reinstate", "dot": "water.a:2", "request": "r"])
    #expect(isRefused("orders", "void", "o1", "water.a:2"))
    #expect(isRefused("orders", "reinstate", "o1"))
    #expect(isRefused("orders", "relate", "o1", "o2"))
    #expect(isRefused("orders", "relate", "o1", "o2", "--kind", "twin"))
    #expect(isRefused("orders", "relate", "o1", "o2", "--kind", "repeat", "--take-back"))
    #expect(isRefused("orders", "close", "o1", "fixed"))
    #expect(isRefused("orders", "cancel", "o1"))
    #expect(isRefused("orders", "dispatch", "o1", "water", "--role", "boss"))
    #expect(isRefused("conflicts", "settle", "o1", "title", "--value", "unquoted"))
  }

  @Test func aCallBackSaysWhetherTheCitizenWasReached() throws {
    var body = try step("orders", "call-back", "o1", "--solved", "partly", "--result", "4", "--service", "5").body
    #expect(
      body == ["command": "call-back", "callback": ["reached": true, "solved": "partly", "result": 4, "service": 5]])
    body = try step("orders", "call-back", "o1", "--not-reached", "--attempt", "2", "--channel", "phone").body
    #expect(body == ["command": "call-back", "callback": ["channel": "phone", "attempt": 2, "reached": false]])
    #expect(isRefused("orders", "call-back", "o1", "--not-reached", "--solved", "yes"))
    #expect(isRefused("orders", "call-back", "o1", "--result", "6"))
    #expect(isRefused("orders", "call-back", "o1", "--solved", "maybe"))
    #expect(isRefused("orders", "call-back", "o1"))
    #expect(isRefused("orders", "call-back", "o1", "--reached", "--result", "5"))
  }

  @Test func aPlatformsStepIsRecordedOnItsBehalf() throws {
    var body = try step("orders", "record", "accept", "o1", "--on-behalf-of", "water", "--request", "r").body
    #expect(body == ["command": "accept", "onBehalfOf": "water", "request": "r"])
    body = try step("orders", "record", "progress", "o1", "onSite", "--on-behalf-of", "water", "--assignment", "a1")
      .body
    #expect(body == ["command": "progress", "step": "onSite", "onBehalfOf": "water", "assignment": "a1"])
    body = try step("orders", "record", "result", "o1", "--outcome", "partly", "--on-behalf-of", "water").body
    #expect(body == ["command": "result", "result": ["outcome": "partly"], "onBehalfOf": "water"])
    body =
      try step(
        "orders", "record", "complete", "o1", "--outcome", "solved", "--work", "valve", "--finished",
        "2026-12-01T10:00Z",
        "--reply", "done", "--on-behalf-of", "water"
      ).body
    #expect(
      body == [
        "command": "complete", "result": ["outcome": "solved", "work": "valve", "finishedAt": 1_796_119_200_000],
        "reply": ["citizen": "done"], "onBehalfOf": "water",
      ])
    body = try step("orders", "record", "request", "o1", "return", "--reason", "not ours", "--on-behalf-of", "gas").body
    #expect(body == ["command": "request", "type": "return", "reason": "not ours", "onBehalfOf": "gas"])
    body = try step("orders", "record", "withdraw", "o1", "r7", "--on-behalf-of", "gas").body
    #expect(body == ["command": "withdraw", "requestId": "r7", "onBehalfOf": "gas"])
    body = try step("orders", "record", "resume", "o1", "--on-behalf-of", "gas").body
    #expect(body == ["command": "resume", "onBehalfOf": "gas"])
    #expect(isRefused("orders", "record", "accept", "o1"))
    #expect(isRefused("orders", "record", "progress", "o1", "done", "--on-behalf-of", "gas"))
    #expect(isRefused("orders", "record", "complete", "o1", "--outcome", "fixed", "--on-behalf-of", "gas"))
  }

  @Test func everyStepsBodyIsACommandThatTheHubReads() throws {
    let lines = [
      "dispatch o1 water", "recall o1", "note o1 x", "urge o1", "supervise o1 water --demand x",
      "call-back o1 --solved no",
      "close o1 special", "rework o1", "cancel o1 --reason x", "record accept o1 --on-behalf-of w",
      "record progress o1 onSite --on-behalf-of w", "record result o1 --outcome solved --on-behalf-of w",
      "record complete o1 --outcome solved --on-behalf-of w", "record request o1 return --on-behalf-of w",
      "record withdraw o1 r1 --on-behalf-of w", "record resume o1 --on-behalf-of w",
      "relate o1 o2 --kind repeat", "void o1 water.a:2 --reason x", "reinstate o1 water.a:2",
    ]
    for line in lines {
      let command = try HubCommand.parseAsRoot(["orders"] + line.split(separator: " ").map(String.init))
      let body = try #require(try (command as? any OrderStep)?.call().body, "\(line)")
      #expect(throws: Never.self, "\(line)") { try Command(body) }
    }
  }

  @Test func aRequestIsAnsweredByItsIdAlone() throws {
    let command = try HubCommand.parseAsRoot(["requests", "answer", "r1", "--grant", "--note", "ok", "--author", "li"])
    let answer = try #require(command as? RequestsCommand.Answer)
    let open: JSON = ["requests": [["id": "r0", "order": "o0"], ["id": "r1", "order": "o1"]]]
    #expect(try answer.find(open) == "o1")
    #expect(
      answer.call(order: "o1")
        == HubCall(
          path: "/v1/orders/o1/commands",
          body: [
            "command": "answer", "requestId": "r1", "granted": true, "note": "ok",
            "author": ["name": "li", "role": "operator"],
          ]))
    #expect(throws: (any Error).self) { try answer.find(["requests": []]) }
    let refusing = try HubCommand.parseAsRoot(["requests", "answer", "r1", "--refuse", "--order", "o1"])
    #expect(try #require(refusing as? RequestsCommand.Answer).call(order: "o1").body?["granted"] == false)
    #expect(isRefused("requests", "answer", "r1"))
    #expect(isRefused("requests", "answer", "r1", "--grant", "--refuse"))
  }

  @Test func everyCommandOpensItsHelpWithAnExample() {
    func check(_ command: any ParsableCommand.Type, _ path: [String]) {
      let children = command.configuration.subcommands
      for child in children { check(child, path + [child._commandName]) }
      guard children.isEmpty || path.isEmpty || path == ["orders"] else { return }
      #expect(command.configuration.discussion.contains("EXAMPLES:"), "\(path.joined(separator: " "))")
    }
    check(HubCommand.self, [])
    #expect(HubCommand.helpMessage().contains("EXIT STATUS:"))
  }

  /// A paragraph is one line, which is wrapped at the terminal's width: one that is broken by hand is broken twice. What is
  /// indented is to be copied, and stays whole at 80 columns.
  @Test func helpIsWrittenForEveryWidth() {
    func check(_ command: any ParsableCommand.Type, _ path: String) {
      for child in command.configuration.subcommands { check(child, "\(path) \(child._commandName)") }
      let lines = command.configuration.discussion.split(separator: "\n", omittingEmptySubsequences: false)
      for line in lines where line.hasPrefix(" ") {
        #expect(line.count < 80, "\(path): \(line)")
      }
      for (line, next) in zip(lines, lines.dropFirst()) where !line.isEmpty && !next.isEmpty {
        #expect(line.hasPrefix(" ") || next.hasPrefix(" "), "\(path): \(next)")
      }
    }
    check(HubCommand.self, HubCommand._commandName)
  }

  @Test func everyOptionIsExplained() {
    // Where the words begin; below a name that reaches so far they stand on a line of their own.
    let column = 26
    func check(_ command: any ParsableCommand.Type) {
      command.configuration.subcommands.forEach(check)
      let lines = HubCommand.helpMessage(for: command, columns: 200)
        .split(separator: "\n", omittingEmptySubsequences: false)
      for (line, next) in zip(lines, lines.dropFirst()) where line.hasPrefix("  -") || line.hasPrefix("  <") {
        let isBeside = line.count > column && line.dropFirst(column - 1).first == " "
        #expect(isBeside || next.hasPrefix(String(repeating: " ", count: column)), "\(command): \(line)")
      }
    }
    check(HubCommand.self)
  }
}
