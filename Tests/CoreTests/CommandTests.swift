// Commands against the order that their author sees: what each becomes, and every refusal in words. How they are read is
// CommandReadingTests'.

import Testing

@testable import Core

@Suite struct CommandTests {
  private static let hub = CommandContext(actor: .hub, now: 1_000, ids: ["n1", "n2"])
  private static let water = CommandContext(actor: Some.water.platform, now: 1_000, ids: ["n1", "n2"])
  private static let gas = CommandContext(actor: Some.gas.platform, now: 1_000, ids: ["n1", "n2"])
  private static let phone = CommandContext(
    actor: .hub, onBehalfOf: Some.water.platform, now: 1_000, ids: ["n1", "n2"])

  private static let solved: JSON = ["outcome": "solved"]
  private static let other = OrderID(maker: .hub, milliseconds: 5, random: [5]).text
  private static func request(_ type: String, until: Int? = nil) -> Command {
    .request(type: type, code: nil, reason: "why", until: until, suggestedSector: nil)
  }
  private static func dispatch(_ platform: String, _ role: String? = nil) -> Command {
    .dispatch(platform: platform, role: role, instruction: nil, cause: nil)
  }
  private static func answer(_ request: String) -> Command {
    .answer(request: request, granted: true, until: nil, note: nil)
  }

  /// What each command becomes: registers and entries in the order of writing.
  private static let steps: [(Stage, Command, [String])] = [
    (.dispatched, .accept, ["assignment/a1/progress"]),
    (.accepted, .progress(step: "enRoute"), ["assignment/a1/progress"]),
    (.working, .progress(step: "waiting"), ["assignment/a1/progress"]),
    (.accepted, .result(solved), ["assignment/a1/result"]),
    (.working, .complete(result: solved, reply: nil), ["assignment/a1/result", "assignment/a1/progress"]),
    (
      .suspended, .complete(result: solved, reply: ["citizen": "done", "public": "done"]),
      ["assignment/a1/result", "assignment/a1/progress", "assignment/a1/reply"]
    ),
    (.dispatched, .reply(["public": "we come"]), ["assignment/a1/reply"]),
    (.dispatched, request("return"), ["assignment/a1/request/n1"]),
    (.refused, request("return"), ["assignment/a1/request/n1"]),
    (.accepted, request("extension", until: 2_000), ["assignment/a1/request/n1"]),
    (.accepted, request("suspension", until: 2_000), ["assignment/a1/request/n1"]),
    (.done, request("exemption"), ["assignment/a1/request/n1"]),
    (.asked, .withdraw(request: "r1"), ["assignment/a1/request/r1/withdrawn"]),
    (.suspended, .resume, ["assignment/a1/resumed"]),
    (.accepted, .plan(field: "unit", value: "crew 3"), ["assignment/a1/unit"]),
    (.accepted, .plan(field: "crew", value: ["Li", "Wang"]), ["assignment/a1/crew"]),
    (.accepted, .plan(field: "eta", value: 2_000), ["assignment/a1/eta"]),
    (.closed, .contact(["said": "all well"], number: "138"), ["contact"]),
    (.closed, .note(text: "seen", visibility: "own"), ["note"]),
    (
      .dispatched, .describe([JSON.Member("priority", "urgent"), JSON.Member("caller", ["name": "Wang"])]),
      ["priority", "caller"]
    ),
    (.received, dispatch("water"), ["assignment/n1"]), (.dispatched, dispatch("gas"), ["assignment/n1"]),
    (.returned, dispatch("gas"), ["assignment/n1"]), (.recalled, dispatch("gas", "lead"), ["assignment/n1"]),
    (.working, .recall(reason: "wrong"), ["assignment/a1/recalled"]), (.dispatched, .urge(text: ""), ["urge"]),
    (.dispatched, .supervise(to: "water", demand: "today", until: 5), ["supervise"]),
    (.done, .callBack(["reached": false], verdict: nil), ["callback"]),
    (.done, .callBack(["reached": true, "solved": "yes", "result": 4], verdict: nil), ["callback", "verdict"]),
    (.closed, .callBack(["reached": true], verdict: ["solved": false]), ["callback", "verdict"]),
    (.done, .close(code: "solved", note: nil), ["closed"]),
    (.received, .close(code: "answered", note: "n"), ["closed"]),
    (.calledBack, .rework(platform: nil, instruction: nil), ["assignment/n1"]),
    (.closed, .rework(platform: "gas", instruction: "again"), ["assignment/n1", "closed"]),
    (.working, .cancel(reason: "rang again"), ["cancelled"]),
    (.asked, answer("r1"), ["assignment/a1/request/r1/answer"]),
    (.dispatched, .amend([JSON.Member("priority", "urgent")]), ["priority"]),
    (.conflict, .settle(register: "location", value: nil), ["location"]),
    (.conflict, .settle(register: "caller", value: ["name": "Wang"]), ["caller"]),
    (.dispatched, .relate(order: other, kind: "duplicate"), ["relation/\(other)"]),
    (.working, .void(dot: "\(Dot(Some.water, 2))", reason: "wrong order"), ["void/\(Dot(Some.water, 2))"]),
    (.voided, .reinstate(dot: "\(Dot(Some.water, 1))"), ["void/\(Dot(Some.water, 1))"]),
  ]

  private func written(_ drafts: [Draft]) -> [String] {
    drafts.map { if case .set(let name, _) = $0 { name } else if case .append(let kind, _) = $0 { kind } else { "" } }
  }

  /// The change that the drafts become, judged as the hub will.
  private func fault(_ drafts: [Draft], by replica: ReplicaID, on state: OrderState) -> String? {
    let (edits, _) = Authoring.seal(drafts) { [UInt8](repeating: 7, count: 16) }
    return Permission.fault(
      Told.change(replica, 99, on: state, edits), by: replica.platform, on: state, isCreation: false)
  }

  @Test func everyStepBecomesAChangeThatItsAuthorMayMake() throws {
    var names: Set<String> = []
    for (stage, command, expected) in Self.steps {
      let view = stage.story.view
      let isHubs = !command.isOfPlatform && !["describe", "amend"].contains(command.name)
      let context = isHubs ? Self.hub : Self.water
      let drafts = try CommandCheck.drafts(command, on: view, context)
      #expect(written(drafts) == expected, "\(command) when \(stage)")
      #expect(fault(drafts, by: isHubs ? Some.hub : Some.water, on: view.state) == nil, "\(command) when \(stage)")
      names.insert(command.name)
    }
    #expect(names == Set(CommandReadingTests.commands.map(\.name)), "each command is shown to work")
  }

  @Test func theHotlineRecordsByPhoneWhatThePlatformWouldHaveWritten() throws {
    for (stage, command, _) in Self.steps where command.isOfPlatform {
      let view = stage.story.view
      let drafts = try CommandCheck.drafts(command, on: view, Self.phone)
      #expect(try drafts == CommandCheck.drafts(command, on: view, Self.water))
      #expect(fault(drafts, by: Some.hub, on: view.state) == nil)
    }
  }

  @Test func aDispatchTakesTheRoleAndTheCauseThatAreNext() throws {
    func value(_ stage: Stage, _ command: Command) throws -> JSON? {
      guard case .set(_, let value)? = try CommandCheck.drafts(command, on: stage.story.view, Self.hub).first else {
        return nil
      }
      return value
    }
    for (stage, role, cause) in [
      (Stage.received, "lead", "first"), (.dispatched, "assist", "added"), (.returned, "lead", "reassigned"),
    ] {
      let made = try value(stage, Self.dispatch("gas"))
      #expect(made?["role"] == .string(role) && made?["cause"] == .string(cause) && made?["round"] == 1, "\(stage)")
    }
    let rework = try value(.calledBack, .rework(platform: nil, instruction: nil))
    #expect(
      rework == ["platform": "water", "role": "lead", "round": 2, "after": "a1", "cause": "rework"] as JSON)
  }

  @Test func afterThreeDispatchesTheHotlineDesignatesAndThereIsNoWayBack() throws {
    var story = Stage.returned.story
    for id in ["a2", "a3"] {
      story.tell(Some.hub, ("assignment/\(id)", Story.assignment(id == "a2" ? "gas" : "heat")))
      story.tell(Some.hub, ("assignment/\(id)/recalled", ["reason": "x"]))
    }
    let drafts = try CommandCheck.drafts(Self.dispatch("water"), on: story.view, Self.hub)
    guard case .set(let name, let value)? = drafts.first else { return }
    #expect(value["cause"] == "designated")
    story.tell(Some.hub, (name, value))
    expectRefusal(Self.request("return"), on: story.view, Self.water, "illegal-step", "designated")
  }

  @Test func aCallBackIsJudgedByWhatTheCitizenSaid() throws {
    for (callback, verdict) in [
      (["reached": true, "solved": "yes", "result": 3], ["solved": true, "satisfied": true]),
      (["reached": true, "solved": "partly", "result": 2], ["solved": false, "satisfied": false]),
    ] as [(JSON, JSON)] {
      let drafts = try CommandCheck.drafts(.callBack(callback, verdict: nil), on: Stage.done.story.view, Self.hub)
      #expect(drafts == [.append("callback", callback), .set("verdict", verdict)])
    }
  }

  @Test func aCallBackThatReachedTheCitizenSaysWhetherItIsSolved() throws {
    let view = Stage.done.story.view
    for callback in [["reached": true], ["reached": true, "solved": .null, "result": 5]] as [JSON] {
      for verdict in [nil, [:]] as [JSON?] {
        expectRefusal(.callBack(callback, verdict: verdict), on: view, Self.hub, "bad-command", "must say 'solved'")
      }
      let judged = try CommandCheck.drafts(.callBack(callback, verdict: ["solved": false]), on: view, Self.hub)
      #expect(judged == [.append("callback", callback), .set("verdict", ["solved": false])])
    }
    let missed = try CommandCheck.drafts(.callBack(["reached": false], verdict: nil), on: view, Self.hub)
    #expect(missed == [.append("callback", ["reached": false])], "who was not reached is no verdict")
    for answer in [
      ["reached": false, "solved": "no"], ["reached": false, "result": 1], ["reached": false, "service": 5],
    ]
      as [JSON]
    {
      expectRefusal(.callBack(answer, verdict: nil), on: view, Self.hub, "bad-command", "not reached gave no answer")
    }
    #expect(CommandCheck.allowed(on: view, for: .hub, now: 1_000).contains("call-back"))
  }

  @Test func onlyTheHotlineActsOnBehalfOfAnother() {
    for actor in [Some.water.platform, Some.gas.platform] {
      let context = CommandContext(actor: actor, onBehalfOf: Some.water.platform, now: 1_000, ids: ["n1", "n2"])
      for (stage, command, _) in Self.steps {
        expectRefusal(command, on: stage.story.view, context, "not-permitted", "only the hotline")
      }
    }
  }

  @Test func theNumberThatWasRungIsOne() throws {
    let drafts = try CommandCheck.drafts(
      .contact(["number": "1", "at": 5], number: "138"), on: Stage.accepted.story.view, Self.water)
    #expect(drafts == [.append("contact", ["at": 5, "number": "138"])])
  }

  private func expectRefusal(
    _ command: Command, on view: OrderView, _ context: CommandContext, _ code: String, _ says: String
  ) {
    let refusal = #expect(throws: CommandRefusal.self, "\(command)") {
      try CommandCheck.drafts(command, on: view, context)
    }
    guard let refusal else { return }
    #expect(refusal.code == code && refusal.message.contains(says), "\(command): \(refusal)")
    guard code == "illegal-step" else { return }
    #expect(refusal.message.hasPrefix("cannot \(command.name): "))
    #expect(refusal.allowed.contains("note"), "there is always a step that is allowed")
    // These depend on what they say: another step, platform or code may be allowed.
    let isOneOfSeveral = ["progress", "dispatch", "close"].contains(command.name)
    #expect(isOneOfSeveral || !refusal.allowed.contains(command.name), "what is refused is not offered: \(refusal)")
    #expect(refusal.description.hasSuffix("; allowed now: " + refusal.allowed.joined(separator: ", ")))
  }

  @Test func platformsAreToldWhyAStepIsRefused() {
    let refused: [(Stage, Command, String)] = [
      (.accepted, .accept, "accepted already"), (.closed, .accept, "the order is closed"),
      (.cancelled, .accept, "the order is cancelled"), (.recalled, .progress(step: "working"), "has recalled"),
      (.returned, .complete(result: Self.solved, reply: nil), "has been returned"),
      (.dispatched, .progress(step: "enRoute"), "not accepted yet"),
      (.done, .progress(step: "working"), "done already"),
      (.working, .progress(step: "onSite"), "the crew is at working already"),
      (.dispatched, .result(Self.solved), "not accepted yet"),
      (.dispatched, .complete(result: Self.solved, reply: nil), "not accepted yet"),
      (.done, .complete(result: Self.solved, reply: nil), "done already"),
      (.done, Self.request("extension"), "done already"), (.asked, Self.request("return"), "pending already"),
      (.refused, .withdraw(request: "r1"), "answered or withdrawn"), (.working, .resume, "not suspended"),
      (.suspended, .accept, "accepted already"),
    ]
    for (stage, command, says) in refused {
      expectRefusal(command, on: stage.story.view, Self.water, "illegal-step", says)
      expectRefusal(command, on: stage.story.view, Self.phone, "illegal-step", says)
    }
  }

  @Test func extensionsAreCountedAndNoneIsAskedForOnceOverdue() throws {
    var story = Stage.accepted.story
    for id in ["r1", "r2"] {
      _ = try CommandCheck.drafts(Self.request("extension"), on: story.view, Self.water)
      story.tell(Some.water, ("assignment/a1/request/\(id)", ["type": "extension"]))
      expectRefusal(Self.request("extension"), on: story.view, Self.water, "illegal-step", "pending already")
      story.tell(Some.hub, ("assignment/a1/request/\(id)/answer", ["granted": true]))
    }
    expectRefusal(Self.request("extension"), on: story.view, Self.water, "illegal-step", "which is the limit")

    for register in ["due/complete", "assignment/a1/due/complete"] {
      var story = Stage.accepted.story
      story.tell(Some.hub, (register, ["at": 1_000]))
      _ = try CommandCheck.drafts(Self.request("extension"), on: story.view, Self.water)
      story.tell(Some.hub, (register, ["at": 999]))
      expectRefusal(Self.request("extension"), on: story.view, Self.water, "illegal-step", "the deadline has passed")
    }
  }

  @Test func theHotlineIsToldWhyAStepIsRefused() {
    let refused: [(Stage, Command, String)] = [
      (.dispatched, Self.dispatch("water", "assist"), "has an assignment of round 1 already"),
      (.dispatched, Self.dispatch("gas", "lead"), "has a lead already"), (.closed, Self.dispatch("gas"), "is closed"),
      (.cancelled, Self.dispatch("gas"), "is cancelled"), (.received, .recall(reason: ""), "no assignment is in force"),
      (.done, .recall(reason: ""), "water has done it; use rework"),
      (.returned, .urge(text: ""), "no assignment is in force"), (.closed, .urge(text: ""), "is closed"),
      (.closed, .supervise(to: "water", demand: "x", until: nil), "is closed"),
      (.working, .callBack(["reached": true], verdict: nil), "the order is inProgress"),
      (.working, .close(code: "solved", note: nil), "'solved' needs a finished repair"),
      (.dispatched, .close(code: "partly", note: nil), "the order is dispatched"),
      (.closed, .close(code: "special", note: nil), "is closed"),
      (.working, .rework(platform: nil, instruction: nil), "nothing has been repaired yet"),
      (.cancelled, .cancel(reason: ""), "is cancelled"), (.closed, .cancel(reason: ""), "is closed"),
      (.refused, Self.answer("r1"), "answered or withdrawn already"),
      (.asked, .settle(register: "location", value: nil), "not in conflict"),
      (.working, .reinstate(dot: "\(Dot(Some.water, 1))"), "is not void"),
      (.working, .relate(order: Some.order.text, kind: "repeat"), "not related to itself"),
      (.working, .relate(order: Self.other, kind: nil), "is not related to \(Self.other)"),
      (.voided, .reinstate(dot: "x"), "is not void"),
    ]
    for (stage, command, says) in refused {
      expectRefusal(command, on: stage.story.view, Self.hub, "illegal-step", says)
    }
  }

  @Test func anAssistantIsNotDispatchedTwiceInOneRound() {
    var story = Stage.accepted.story
    story.tell(Some.hub, ("assignment/a2", Story.assignment("gas", role: "assist")))
    expectRefusal(Self.dispatch("gas"), on: story.view, Self.hub, "illegal-step", "gas has an assignment of round 1")
  }

  @Test func twoLeadsAtOnceAreSettledByRecallingOne() {
    var story = Story(dispatched: false)
    story.tell(Some.hub, havingSeen: 1, ("assignment/a1", Story.assignment("water")))
    story.tell(Some.otherHub, havingSeen: 1, ("assignment/a2", Story.assignment("gas")))
    expectRefusal(
      .settle(register: "assignment/a1", value: nil), on: story.view, Self.hub, "illegal-step", "recall the assignment")
    expectRefusal(.recall(reason: ""), on: story.view, Self.hub, "ambiguous", "name one of a1, a2")
  }

  @Test func whatNobodyHasSeenIsNotSettled() throws {
    var story = Stage.conflict.story
    let seen = story.view.atStake(in: "location")
    #expect(seen.count == 2)
    for value in [nil, ["note": "left"]] as [JSON?] {
      let settle = Command.settle(register: "location", value: value, seen: seen)
      #expect(try written(CommandCheck.drafts(settle, on: story.view, Self.hub)) == ["location"])
    }
    story.tell(Some.otherHub, havingSeen: 1, ("location", ["note": "third"]))
    for value in [nil, ["note": "left"]] as [JSON?] {
      let settle = Command.settle(register: "location", value: value, seen: seen)
      expectRefusal(settle, on: story.view, Self.hub, "unseen", "location changed meanwhile: nothing was written")
    }
    // Who does not say what was seen settles what stands, and who has looked again what is there.
    for seen in [nil, story.view.atStake(in: "location")] {
      let settle = Command.settle(register: "location", value: nil, seen: seen)
      #expect(try written(CommandCheck.drafts(settle, on: story.view, Self.hub)) == ["location"])
    }
  }

  @Test func bothSidesOfAContradictionAreAtStake() throws {
    var story = Stage.accepted.story
    let count = story.changes.count
    let recall = story.tell(Some.hub, havingSeen: count, ("assignment/a1/recalled", ["reason": "x"]))
    let work = story.tell(Some.water, havingSeen: count, ("assignment/a1/progress", "working"))
    let seen = story.view.atStake(in: "assignment/a1/recalled")
    #expect(seen == [recall.dot, work.dot] && story.view.atStake(in: "assignment/a1/progress") == seen)
    let settle = Command.settle(register: "assignment/a1/recalled", value: nil, seen: seen)
    #expect(try written(CommandCheck.drafts(settle, on: story.view, Self.hub)) == ["assignment/a1/recalled"])
    // The crew goes on: it is done now, which is another matter.
    story.tell(Some.water, havingSeen: count, ("assignment/a1/progress", "done"))
    expectRefusal(settle, on: story.view, Self.hub, "unseen", "changed meanwhile")
  }

  @Test func everyoneKeepsToTheirOwnSteps() {
    for (stage, command, _) in Self.steps {
      let view = stage.story.view
      if command.isOfPlatform {
        expectRefusal(command, on: view, Self.hub, "not-permitted", "'\(command.name)' is the platform's step")
        expectRefusal(command, on: view, Self.gas, "not-assigned", "not assigned to gas")
      } else if !["note", "describe", "amend"].contains(command.name) {
        expectRefusal(command, on: view, Self.water, "not-permitted", "'\(command.name)' is the hotline's step")
      }
    }
  }

  @Test func theAssignmentThatIsMeantIsNamedWhereThereAreSeveral() throws {
    var story = Stage.dispatched.story
    story.tell(Some.hub, ("assignment/a2", Story.assignment("water", role: "assist")))
    expectRefusal(.accept, on: story.view, Self.water, "ambiguous", "name one of a1, a2")
    func named(_ id: String) -> CommandContext {
      CommandContext(actor: Some.water.platform, assignment: id, now: 1_000, ids: ["n1"])
    }
    #expect(try written(CommandCheck.drafts(.accept, on: story.view, named("a2"))) == ["assignment/a2/progress"])
    expectRefusal(.accept, on: story.view, named("a3"), "not-assigned", "has no assignment 'a3'")
    story.tell(Some.hub, ("assignment/b1", Story.assignment("water", round: 2)))
    #expect(try written(CommandCheck.drafts(.accept, on: story.view, Self.water)) == ["assignment/b1/progress"])
  }
}
