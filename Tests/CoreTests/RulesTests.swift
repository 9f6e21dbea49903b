// The register table and its rules: which value everyone shows, in the domain's words.

import Testing

@testable import Core

@Suite struct RulesTests {
  private func example(_ pattern: String) -> String {
    pattern.replacing("<a>", with: "a1").replacing("<r>", with: "r1").replacing("<system>", with: "nyc311")
      .replacing("<stage>", with: "complete").replacing("<order>", with: Some.order.text)
      .replacing("<dot>", with: "\(Some.water):7").replacing("<commitment>", with: Hash.of([1]).description)
  }

  @Test(arguments: RegisterTable.rows.map(\.pattern))
  func everyRowIsFoundByAnExampleOfItself(pattern: String) throws {
    let name = try #require(RegisterName(example(pattern)))
    #expect(name.row.pattern == pattern)
    #expect(name.assignment == (pattern.contains("<a>") ? "a1" : nil))
    #expect(name.request == (pattern.contains("<r>") ? "r1" : nil))
  }

  @Test func noTwoRowsHaveOnePattern() {
    #expect(Set(RegisterTable.rows.map(\.pattern)).count == RegisterTable.rows.count)
    #expect(Set(RegisterTable.entries.map(\.kind)).count == RegisterTable.entries.count)
  }

  @Test(arguments: [
    "", "/", "titel", "title/", "/title", "Title", "title/x", "due", "due/", "due/finish", "due/complete/x",
    "assignment",
    "assignment/", "assignment//progress", "assignment/A1", "assignment/a1/", "assignment/a1/due/x",
    "assignment/a1/request/",
    "assignment/a1/request/r1/answer/x", "assignment/a 1", "void/", "void/water:1", "void/\(Some.water)",
    "void/\(Some.water):0",
    "void/\(Some.water):01", "clock/x", "relation/x", "purged/x", "ref/", "ref/NYC", "location/public",
  ])
  func aNameThatMatchesNoRowHasNone(name: String) {
    #expect(RegisterName(name) == nil)
  }

  /// What is shown of concurrent writes, in every order of arrival.
  private func shown(_ register: String, _ writes: [(ReplicaID, Int, JSON)]) -> JSON? {
    var hand = Hand()
    let changes = writes.map { hand.change($0.0, at: $0.1, [Some.set(register, $0.2)]) }
    let results = permutations(changes.count).map { order -> JSON? in
      var copy = Copy()
      for index in order { copy.receive(changes[index]) }
      #expect(copy.state.siblings(register).count == changes.count, "nothing is lost")
      return copy.state.value(register)
    }
    #expect(Set(results).count == 1, "arrival decides nothing")
    return results[0]
  }

  private let hub = Some.hub
  private let water = Some.water
  private let gas = Some.gas

  @Test func escalationWins() {
    #expect(shown("priority", [(hub, 9, "normal"), (water, 1, "emergency"), (gas, 5, "urgent")]) == "emergency")
    #expect(shown("priority", [(hub, 1, "urgent"), (water, 9, "normal")]) == "urgent")
  }

  @Test func theFurthestStepIsShownAndOfEqualStepsTheLatest() {
    let progress = "assignment/a1/progress"
    #expect(shown(progress, [(hub, 1, "done"), (water, 9, "working")]) == "done")
    #expect(shown(progress, [(hub, 1, "onSite"), (water, 9, "accepted"), (gas, 4, "enRoute")]) == "onSite")
    #expect(shown(progress, [(hub, 9, "waiting"), (water, 1, "working")]) == "waiting")
    #expect(shown(progress, [(hub, 1, "waiting"), (water, 9, "working")]) == "working")
  }

  @Test func aRefusalWinsOverAGrant() {
    let answer = "assignment/a1/request/r1/answer"
    #expect(shown(answer, [(hub, 1, ["granted": false]), (Some.otherHub, 9, ["granted": true])])?["granted"] == false)
  }

  @Test func theResultFinishedLatestIsShown() {
    let result = "assignment/a1/result"
    let early: JSON = ["outcome": "partly", "finishedAt": 10]
    let late: JSON = ["outcome": "solved", "finishedAt": 20]
    #expect(shown(result, [(water, 9, early), (hub, 1, late)]) == late)
    #expect(shown(result, [(water, 9, ["outcome": "noAction"]), (hub, 1, early)]) == early)
  }

  @Test func theHotlinesDescriptionIsShownElseTheLatest() {
    #expect(shown("title", [(hub, 1, "hub"), (water, 9, "water")]) == "hub")
    #expect(shown("title", [(hub, 1, "hub"), (Some.otherHub, 2, "other"), (water, 9, "water")]) == "other")
    #expect(shown("title", [(gas, 1, "gas"), (water, 9, "water")]) == "water")
  }

  @Test func theLatestIsByHybridTimeThenReplica() {
    #expect(shown("assignment/a1/eta", [(water, 5, 1), (gas, 4, 2)]) == 1)
    #expect(shown("assignment/a1/eta", [(water, 5, 1), (gas, 5, 2)]) == 1, "water sorts after gas")
  }

  @Test func confidentialityIsNotLiftedByAConcurrentWrite() {
    #expect(shown("confidential", [(hub, 1, true), (Some.otherHub, 9, false)]) == true)
  }

  @Test func theEarliestResumptionIsShown() {
    #expect(shown("assignment/a1/resumed", [(hub, 1, ["at": 9]), (water, 9, ["at": 7])]) == ["at": 7])
  }

  @Test func whatIsWrittenOnceKeepsItsFirstValue() {
    #expect(shown("source", [(hub, 3, "call"), (water, 2, "web")]) == "web")
    var hand = Hand()
    let first = hand.change(hub, at: 5, [Some.set("source", "call")])
    let later = hand.change(water, at: 1, seeing: [first], [Some.set("source", "web")])
    var copy = Copy()
    for change in [later, first] { copy.receive(change) }
    #expect(copy.state.siblings("source").map(\.dot) == [first.dot])
  }

  /// A time that only an attacker would write must not end the process: in one of its own, so that a trap fails this test alone.
  @Test func theLowestIntegerIsJustAnotherTime() async {
    await #expect(processExitsWith: .success) {
      let lowest = JSONText(.int(Int.min))
      for (register, value) in [
        ("assignment/a1/resumed", JSONText(["at": .int(Int.min)])), ("clock/\(Some.gas):1", lowest),
        ("assignment/a1/result", JSONText(["outcome": "solved", "finishedAt": .int(Int.min)])),
      ] {
        var hand = Hand()
        let one = hand.change(Some.hub, [.set(register: register, value: value)])
        let other = hand.change(Some.otherHub, [.set(register: register, value: value)])
        var copy = Copy()
        copy.receive(one)
        copy.receive(other)
        copy.receive(hand.change(Some.gas, [Some.set("title", "x")]))
        _ = OrderView(copy.state).status(now: 0)
        _ = copy.state.value(register)
      }
    }
  }

  @Test func oneNameInTwoUnicodeFormsMakesNoStateDependOnArrival() throws {
    // Swift compares strings by canonical equivalence; bytes decide here.
    let names = ["future/\u{E9}", "future/e\u{301}"]
    var hand = Hand()
    let changes = names.enumerated().map { index, name in
      hand.change([Some.water, Some.gas][index], [Some.set(name, .int(index))])
    }
    var forms: Set<[UInt8]> = []
    for order in permutations(2) {
      var copy = Copy()
      for index in order {
        // A decoder that refuses such names keeps them out of every state.
        guard let change = try? ChangeLine.decode(ChangeLine.encode(changes[index])) else { continue }
        copy.receive(change)
      }
      forms.insert(copy.canonical)
    }
    #expect(forms.count == 1)
  }
}
