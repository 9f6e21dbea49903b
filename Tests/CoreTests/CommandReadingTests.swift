// Commands as they come in: each from its JSON, and what is said of one that is incomplete, misspelt or out of shape.

import Testing

@testable import Core

@Suite struct CommandReadingTests {
  /// A command with all that it may have, and the members that it must have.
  struct Example: Sendable {
    let command: Command
    let members: [JSON.Member]
    let required: [String]
    var name: String { command.name }
    var json: JSON { .object([JSON.Member("command", .string(name))] + members) }

    init(_ command: Command, _ members: KeyValuePairs<String, JSON> = [:], required: [String] = []) {
      self.command = command
      self.members = members.map { JSON.Member($0.key, $0.value) }
      self.required = required
    }
  }

  static let commands: [Example] = [
    .init(.accept), .init(.progress(step: "working"), ["step": "working"], required: ["step"]),
    .init(.result(["outcome": "solved"]), ["result": ["outcome": "solved"]], required: ["result"]),
    .init(
      .complete(result: ["outcome": "solved"], reply: ["public": "x"]),
      ["result": ["outcome": "solved"], "reply": ["public": "x"]], required: ["result"]),
    .init(.reply(["public": "x"]), ["reply": ["public": "x"]], required: ["reply"]),
    .init(
      .request(type: "return", code: "c", reason: "why", until: 5, suggestedSector: "gas"),
      ["type": "return", "code": "c", "reason": "why", "until": 5, "suggestedSector": "gas"], required: ["type"]),
    .init(.withdraw(request: "r1"), ["requestId": "r1"], required: ["requestId"]), .init(.resume),
    .init(.plan(field: "eta", value: 5), ["field": "eta", "value": 5], required: ["field", "value"]),
    .init(.contact(["said": "x"], number: "138"), ["contact": ["said": "x"], "number": "138"]),
    .init(.note(text: "x", visibility: "own"), ["text": "x", "visibility": "own"], required: ["text"]),
    .init(.describe([JSON.Member("title", "x")]), ["registers": ["title": "x"]], required: ["registers"]),
    .init(.amend([JSON.Member("title", "x")]), ["registers": ["title": "x"]], required: ["registers"]),
    .init(
      .dispatch(platform: "gas", role: "assist", instruction: "i", cause: "added"),
      ["platform": "gas", "role": "assist", "instruction": "i", "cause": "added"], required: ["platform"]),
    .init(.recall(reason: "x"), ["reason": "x"]), .init(.urge(text: "x"), ["text": "x"]),
    .init(
      .supervise(to: "gas", demand: "x", until: 5), ["to": "gas", "demand": "x", "until": 5],
      required: ["to", "demand"]),
    .init(
      .callBack(["reached": true], verdict: ["solved": true]),
      ["callback": ["reached": true], "verdict": ["solved": true]], required: ["callback"]),
    .init(.close(code: "solved", note: "n"), ["code": "solved", "note": "n"], required: ["code"]),
    .init(.rework(platform: "gas", instruction: "i"), ["platform": "gas", "instruction": "i"]),
    .init(.cancel(reason: "x"), ["reason": "x"]),
    .init(
      .answer(request: "r1", granted: false, until: 5, note: "n"),
      ["requestId": "r1", "granted": false, "until": 5, "note": "n"], required: ["requestId", "granted"]),
    .init(
      .settle(register: "title", value: "x", seen: [Dot(Some.water, 2), Dot(Some.hub, 1)]),
      ["register": "title", "value": "x", "seen": [.string("\(Dot(Some.hub, 1))"), .string("\(Dot(Some.water, 2))")]],
      required: ["register"]),
    .init(.relate(order: "o", kind: "repeat"), ["order": "o", "kind": "repeat"], required: ["order", "kind"]),
    .init(.void(dot: "d", reason: "x"), ["dot": "d", "reason": "x"], required: ["dot", "reason"]),
    .init(.reinstate(dot: "d"), ["dot": "d"], required: ["dot"]),
  ]

  private func refusal(_ json: JSON) -> CommandRefusal? {
    do {
      _ = try Command(json)
      return nil
    } catch {
      return error
    }
  }

  @Test func everyCommandIsReadWithAllThatItMayHave() throws {
    for example in Self.commands { #expect(try Command(example.json) == example.command) }
    #expect(Set(Self.commands.map(\.name)).count == 26)
  }

  @Test func whatMayBeLeftOutIsLeftOut() throws {
    for example in Self.commands {
      let least = example.members.filter { example.required.contains($0.key) }
      let command = try Command(.object([JSON.Member("command", .string(example.name))] + least))
      #expect(command.name == example.name && command.isOfPlatform == example.command.isOfPlatform)
    }
    #expect(try Command(["command": "note", "text": "x"]) == .note(text: "x", visibility: "all"))
    #expect(try Command(["command": "contact"]) == .contact([:], number: nil))
    #expect(try Command(["command": "relate", "order": "o", "kind": .null]) == .relate(order: "o", kind: nil))
    let settle: JSON = ["command": "settle", "register": "title", "seen": .null]
    #expect(try Command(settle) == .settle(register: "title", value: nil, seen: nil))
  }

  @Test func aMissingMemberIsNamed() {
    for example in Self.commands {
      for key in example.required {
        let members = example.members.filter { $0.key != key }
        let refusal = refusal(.object([JSON.Member("command", .string(example.name))] + members))
        #expect(refusal?.code == "bad-command", "\(example.name) without \(key)")
        #expect(refusal?.message == "the command has a missing field (field \(key))")
      }
    }
  }

  @Test func aMemberOfTheWrongTypeIsNamed() {
    // Free values are judged by the register that they are for.
    let free: Set<String> = ["value", "registers", "contact", "verdict"]
    for example in Self.commands {
      for member in example.members where !free.contains(member.key) {
        if example.name == "complete", member.key == "reply" { continue }
        let members = example.members.map { $0.key == member.key ? JSON.Member($0.key, [1]) : $0 }
        let refusal = refusal(.object([JSON.Member("command", .string(example.name))] + members))
        #expect(refusal?.code == "bad-command", "\(example.name) with \(member.key)")
        #expect(refusal?.message == "the command has a value of the wrong type (field \(member.key))")
      }
    }
  }

  @Test func whatWasSeenIsNamedByDots() {
    let refusal = refusal(["command": "settle", "register": "title", "seen": ["water"]])
    #expect(refusal?.code == "bad-command" && refusal?.message == "'water' is not a dot")
  }

  @Test func whatIsNoCommandIsNone() {
    #expect(refusal(["command": "explode"])?.message == "there is no command 'explode'")
    for json in [[:], ["command": 1], [], .null, "accept"] as [JSON] { #expect(refusal(json)?.code == "bad-command") }
    #expect(refusal(["command": .string(String(repeating: "x", count: 9_999))])?.message.utf8.count ?? 0 < 200)
  }

  @Test func aCommandWithAValueThatDoesNotFitIsRefused() {
    let hub = CommandContext(actor: .hub, now: 1_000, ids: ["n1"])
    let water = CommandContext(actor: Some.water.platform, now: 1_000, ids: ["n1"])
    let gas = CommandContext(actor: Some.gas.platform, now: 1_000, ids: ["n1"])
    let long = String(repeating: "x", count: Limits.maxTextBytes + 1)
    let faulty: [(Command, CommandContext, String, String)] = [
      (.progress(step: "done"), water, "bad-command", "'complete' for done"),
      (.progress(step: "accepted"), water, "bad-command", "is not a step"),
      (.progress(step: "asleep"), water, "bad-command", "is not a step"),
      (.result(["outcome": "fine"]), water, "bad-command", "assignment/a1/result.outcome"),
      (.complete(result: ["work": "x"], reply: nil), water, "bad-command", "outcome: is missing"),
      (.reply(["public": 1]), water, "bad-command", "assignment/a1/reply.public"),
      (.plan(field: "progress", value: "done"), water, "bad-command", "unit, crew or eta"),
      (.plan(field: "eta", value: "noon"), water, "bad-command", "assignment/a1/eta"),
      (
        .request(type: "holiday", code: nil, reason: "", until: nil, suggestedSector: nil), water, "bad-command",
        "use return, extension, suspension, exemption"
      ),
      (.withdraw(request: "r9"), water, "not-found", "has no request 'r9'"),
      (.note(text: "", visibility: "all"), water, "bad-command", "1 to \(Limits.maxTextBytes) bytes"),
      (.note(text: long, visibility: "all"), water, "bad-command", "1 to \(Limits.maxTextBytes) bytes"),
      (.note(text: "x", visibility: "mine"), water, "bad-command", "all or own"),
      (.contact(["said": 5], number: nil), water, "bad-command", "contact.said"),
      (.contact(["at": "noon"], number: nil), water, "bad-command", "contact.at"),
      (.contact(["number": 138], number: nil), water, "bad-command", "contact.number"),
      (.contact(["number": ["sealed": Hash.of([1]).json]], number: nil), water, "bad-command", "contact.number"),
      (.contact([:], number: String(repeating: "1", count: 257)), water, "bad-command", "contact.number"),
      (.describe([JSON.Member("closed", .null)]), hub, "bad-command", "not a descriptive register"),
      (.describe([JSON.Member("colour", "red")]), hub, "bad-command", "not a descriptive register"),
      (.describe([JSON.Member("priority", "soon")]), hub, "bad-command", "normal, urgent, emergency"),
      (.describe([JSON.Member("title", .null)]), hub, "bad-command", "null is not allowed"),
      (.describe([JSON.Member("source", "web")]), hub, "not-permitted", "when the order is made"),
      (.describe([JSON.Member("title", "x")]), water, "not-permitted", "water may not write title"),
      (.describe([JSON.Member("priority", "urgent")]), gas, "not-permitted", "gas may not write priority"),
      (.close(code: "bored", note: nil), hub, "bad-command", "closed.code"),
      (.dispatch(platform: "gas", role: "boss", instruction: nil, cause: nil), hub, "bad-command", "role"),
      (.supervise(to: "gas", demand: long, until: nil), hub, "bad-command", "supervise.demand"),
      (.answer(request: "r9", granted: true, until: nil, note: nil), hub, "not-found", "has no request 'r9'"),
      (.void(dot: "x", reason: "y"), hub, "bad-command", "'x' is not a dot"),
      (.relate(order: "x", kind: "repeat"), hub, "bad-command", "'x' is not an order id"),
      (
        .relate(order: "\(OrderID(maker: .hub, milliseconds: 5, random: [5]))", kind: "twin"), hub, "bad-command",
        "sameIncident"
      ),
    ]
    let view = Stage.accepted.story.view
    for (command, context, code, says) in faulty {
      let refusal = #expect(throws: CommandRefusal.self, "\(command)") {
        try CommandCheck.drafts(command, on: view, context)
      }
      #expect(refusal?.code == code && refusal?.message.contains(says) == true, "\(refusal?.message ?? "")")
    }
    let settled = #expect(throws: CommandRefusal.self) {
      try CommandCheck.drafts(.settle(register: "caller", value: nil), on: Stage.conflict.story.view, hub)
    }
    #expect(settled?.message == "caller is sealed: give the value")
  }

  @Test func aNoteIsAsLongAsItsVisibilityAllows() throws {
    let view = Stage.accepted.story.view
    let water = CommandContext(actor: Some.water.platform, now: 1_000, ids: ["n1"])
    func note(_ text: String, _ visibility: String) throws -> [Draft] {
      try CommandCheck.drafts(.note(text: text, visibility: visibility), on: view, water)
    }
    // Two bytes are the quotes; a line break is written as two.
    let room = Limits.maxSealedBytes - 2
    for text in [String(repeating: "x", count: room), String(repeating: "\n", count: room / 2)] {
      #expect(try Authoring.faultInSealed(Authoring.seal(note(text, "own")) { [1] }.sealed) == nil)
      let refusal = #expect(throws: CommandRefusal.self) { try note(text + "x", "own") }
      #expect(refusal?.code == "bad-command" && refusal?.message.contains(" \(Limits.maxSealedBytes) bytes") == true)
      #expect(try note(text + "x", "all").count == 1)
    }
    #expect(try note(String(repeating: "x", count: Limits.maxTextBytes), "all").count == 1)
    #expect(throws: CommandRefusal.self) { try note("", "own") }
  }

  @Test func anEntryOfEveryKindIsCheckedAgainstItsShape() {
    for row in RegisterTable.entries {
      if case .any = row.shape { continue }
      #expect(Authoring.fault([.append(row.kind, ["x"])]) == "\(row.kind): must be an object")
    }
    let contact: JSON = ["at": 5, "number": "138", "said": "x"]
    #expect(Authoring.fault([.append("contact", contact)]) == nil)
    #expect(Authoring.fault([.append("note", ["text": "x", "visibility": "own"])]) == nil)
    #expect(Authoring.fault([.append("note", ["text": 5, "visibility": "own"])]) == "note.text: must be text")
    #expect(Authoring.fault([.append("note", ["text": "x"])]) == "note.visibility: is missing")
    #expect(Authoring.fault([.append("song", "x")]) == "there is no entry 'song'")
  }
}
