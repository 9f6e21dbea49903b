// What a state means: the value that is shown, what contradicts what, what is void, and what a settling write removes. Each against
// a plain rule written apart.

import Testing

@testable import Core

@Suite struct MeaningProperties {
  static let all: [any AnyProperty] = [shown, contradictions, voids, settling]

  /// Concurrent values of one register.
  struct Siblings {
    let register: String
    let siblings: [Sibling]
    let shuffled: [Sibling]
  }

  private static let values: [(register: String, values: [String])] = [
    ("title", ["\"a\"", "\"b\""]), ("kind", ["\"repair\"", "\"help\""]), ("sector", ["\"water\"", "\"gas\""]),
    ("description", ["\"a\""]), ("category", ["{\"code\":\"1\"}"]),
    ("priority", ["\"normal\"", "\"urgent\"", "\"emergency\"", "\"dire\"", "null"]),
    ("confidential", ["true", "false"]), ("location", ["{}", "{\"note\":\"n\"}"]), ("source", ["\"web\"", "\"call\""]),
    ("receivedAt", ["1", "2"]), ("due/complete", ["{\"at\":1}", "{\"at\":2}"]),
    ("assignment/a", ["{\"role\":\"lead\"}", "{\"role\":\"assist\"}"]),
    ("assignment/a/recalled", ["null", "{}"]),
    ("assignment/a/progress", RegisterTable.progressSteps.map { "\"\($0)\"" } + ["\"lost\"", "1"]),
    ("assignment/a/result", ["{\"finishedAt\":7}", "{\"finishedAt\":9}", "{}", "{\"finishedAt\":1.5}"]),
    ("assignment/a/request/r", ["{\"type\":\"return\"}", "{\"type\":\"extension\"}"]),
    ("assignment/a/request/r/withdrawn", ["true", "false", "null"]),
    ("assignment/a/request/r/answer", ["{\"granted\":true}", "{\"granted\":false}", "{}"]),
    ("assignment/a/resumed", ["{\"at\":5}", "{\"at\":6}", "{}"]), ("assignment/a/retired", ["null", "true"]),
    ("verdict", ["{\"solved\":true}"]), ("closed", ["null", "{\"code\":\"solved\"}"]),
    ("void/\(Dot(Some.water, 1))", ["null", "{\"reason\":\"r\"}"]), ("clock/\(Dot(Some.water, 1))", ["5", "6"]),
    ("purged/\(Hash.of([1]))", ["null", "true"]), ("future/thing", ["1", "2"]),
  ]

  static let shown = Property<Siblings>(
    name: "the shown value is one of the siblings, by DOMAIN's rule", cases: 9_000,
    generate: { choices in
      let (register, values) = choices.pick(values)
      let replicas = [Some.hub, Some.otherHub, Some.water, Some.gas, Some.heat]
      var siblings: [Dot: Sibling] = [:]
      choices.some(atMost: 5, goOn: 90) { choices in
        let dot = Dot(choices.pick(replicas), 1 + choices.below(2))
        siblings[dot] = Sibling(
          dot: dot, at: HybridTime(choices.below(3), choices.below(2)), context: VersionVector(), reinstated: nil,
          value: JSONText(unchecked: Array(choices.pick(values).utf8)))
      }
      let sorted = siblings.values.sorted { $0.dot < $1.dot }
      return Siblings(register: register, siblings: sorted, shuffled: choices.shuffled(sorted))
    },
    story: { given in
      ([given.register]
        + given.siblings.map { "\($0.dot) at \($0.at): \(String(decoding: $0.value.bytes, as: UTF8.self))" })
        .joined(separator: "\n")
    },
    fault: { given in
      var state = OrderState(id: Some.order)
      if !given.siblings.isEmpty { state.registers[given.register] = given.siblings }
      let shown = state.shown(given.register)
      if let shown, !given.siblings.contains(shown) { return "what is shown is no sibling" }
      if shown != ReferenceRules.shown(given.register, given.siblings) {
        return "shown is \(shown?.dot.description ?? "nothing")"
      }
      state.registers[given.register] = given.shuffled.isEmpty ? nil : given.shuffled
      return state.shown(given.register) == shown ? nil : "what is shown depends on the order of the siblings"
    })

  @Test(arguments: 0..<Cases.parts)
  func theShownValueIsASiblingChosenByThePureRule(part: Int) { MeaningProperties.shown.check(part: part) }

  static let contradictions = Property<Delivery>(
    name: "contradictions are a function of the set, by DOMAIN's table", cases: 3_000,
    generate: { Delivery(&$0, arrivals: 1, steps: 12) }, story: Delivery.story,
    fault: { delivery in
      let copy = Copy(receiving: delivery.arrivals[0])
      let folded = Merge.fold(delivery.items, order: Some.order, hashes: delivery.items.hashes).state
      let view = OrderView(folded)
      // Equal states may differ inside: their dictionaries were filled in another order.
      for state in [copy.state, try OrderState(id: Some.order, stored: folded.stored)] {
        let other = OrderView(state)
        if other.contradictions != view.contradictions { return "another arrival finds other contradictions" }
        if other.status(now: 0) != view.status(now: 0) { return "another arrival has another status" }
        if other.assignments.map(\.id) != view.assignments.map(\.id) || state.conflicts != folded.conflicts {
          return "another arrival lists things in another order"
        }
      }
      let expected = ReferenceRules.contradictions(in: folded)
      let found = ReferenceRules.words(view.contradictions)
      return found == expected ? nil : "found \(found.sorted()), by the table \(expected.sorted())"
    })

  @Test(arguments: 0..<Cases.parts)
  func contradictionsAreAPureFunctionOfTheSet(part: Int) { MeaningProperties.contradictions.check(part: part) }

  /// Writes of three hub processes that void a platform's change and lift it again; each has seen some of those before it.
  struct Voids {
    let changes: [Change]
    let order: [Int]
    /// By write: which earlier ones its author had seen.
    let seen: [Set<Int>]
    let isVoiding: [Bool]
  }

  static let voids = Property<Voids>(
    name: "void and lifted at once is void, and counts", cases: 4_000,
    generate: { choices in
      let target = Change(
        order: Some.order, dot: Dot(Some.water, 1), context: VersionVector(), at: HybridTime(1), author: Some.author,
        edits: [Some.set("title", "x"), .append(kind: "note", value: JSONText(["text": "x", "visibility": "all"]))])
      let processes = [Some.hub, Some.otherHub, ReplicaID(platform: .hub, random: [9])]
      var changes = [target]
      var seen: [Set<Int>] = []
      var isVoiding: [Bool] = []
      choices.some(atMost: 5, goOn: 90) { choices in
        let process = choices.pick(processes)
        var saw: Set<Int> = []
        for earlier in seen.indices where changes[earlier + 1].dot.replica == process || choices.chance(40) {
          saw.formUnion(seen[earlier].union([earlier]))
        }
        // An operator lifts what lies before her; no merge may depend on that.
        var context = choices.chance(20) ? VersionVector() : VersionVector([(Some.water, 1)])
        for earlier in saw {
          context = context.merged(with: changes[earlier + 1].context)
          context.advance(to: changes[earlier + 1].dot)
        }
        let voiding = !choices.chance(50)
        changes.append(
          Change(
            order: Some.order, dot: Dot(process, context[process] + 1), context: context, at: HybridTime(2),
            author: Some.author, edits: [Some.set("void/\(target.dot)", voiding ? ["reason": "r"] : .null)]))
        seen.append(saw)
        isVoiding.append(voiding)
      }
      return Voids(
        changes: changes, order: choices.shuffled(Array(changes.indices)), seen: seen, isVoiding: isVoiding)
    },
    story: { "\(Delivery.story($0.changes.map { .change($0) }))\narrives as \($0.order)" },
    fault: { given in
      let copy = Copy(receiving: given.order.map { .change(given.changes[$0]) })
      if let surprise = copy.surprises.first { return surprise }
      if !copy.waiting.isEmpty { return "something waits" }
      if copy.state
        != Merge.fold(
          given.changes.map { .change($0) }, order: Some.order, hashes: given.changes.map { .change($0) }.hashes
        ).state
      {
        return "the fold gives another state"
      }
      // What stands of the writes is what no other has seen; one that voids is enough.
      let standing = given.seen.indices.filter { one in !given.seen.contains { $0.contains(one) } }
      let isVoid = standing.contains { given.isVoiding[$0] }
      let target = given.changes[0].dot
      if copy.state.isVoid(target) != isVoid { return "it is \(isVoid ? "not " : "")void" }
      if copy.state.voidedDots != (isVoid ? [target] : []) { return "the list of void dots says otherwise" }
      if copy.state.siblings("title").isEmpty != isVoid { return "its write does not follow" }
      if String(decoding: copy.canonical, as: UTF8.self).contains("\nentry ") == isVoid {
        return "its note does not follow"
      }
      return copy.state.vector.covers(target) ? nil : "it does not count"
    })

  @Test(arguments: 0..<Cases.parts)
  func voidAndLiftedAtOnceIsVoidAndCounts(part: Int) { MeaningProperties.voids.check(part: part) }

  /// A write that settles, by somebody who had seen a part of the world.
  struct Settling {
    let items: [Merge.LogItem]
    let state: OrderState
    let write: Change
    let register: String
  }

  static let settling = Property<Settling>(
    name: "a write removes exactly what its author had seen", cases: 3_000,
    generate: { choices in
      let items = World(&choices, steps: 10).items
      let full = Copy(receiving: items)
      let author = Copy(receiving: items.filter { _ in !choices.chance(30) })
      let registers = full.state.registers.keys.filter { !Merge.isCorrection($0) }.sorted()
      let conflicting = registers.filter { full.state.siblings($0).count > 1 }
      let register = choices.pick((conflicting.isEmpty ? registers : conflicting) + ["title"])
      let write = Change(
        order: Some.order, dot: Dot(ReplicaID(platform: .hub, random: [9]), 1), context: author.state.vector,
        at: HybridTime(choices.below(2_000_000)), author: Some.author, edits: [Some.set(register, "settled")])
      return Settling(items: items, state: full.state, write: write, register: register)
    },
    story: { Delivery.story($0.items + [.change($0.write)]) },
    fault: { given in
      var state = given.state
      guard state.vector.covers(given.write.context) else { return nil }
      let before = state.siblings(given.register)
      if Merge.apply(given.write, to: &state) != .applied { return "it was not applied" }
      let seen = before.filter { sibling in
        let from = sibling.reinstated ?? sibling.dot
        return given.write.context.components.contains { $0.replica == from.replica && $0.n >= from.n }
      }
      let parts = given.register.split(separator: "/")
      let isOnce =
        ["source", "receivedAt"].contains(given.register) || (parts[0] == "assignment" && parts.count == 2)
        || (parts.count == 4 && parts[2] == "request")
      let own = Sibling(
        dot: given.write.dot, at: given.write.at, context: given.write.context, reinstated: nil,
        value: JSONText("settled"))
      let expected = isOnce ? (seen.isEmpty ? before + [own] : before) : before.filter { !seen.contains($0) } + [own]
      if Set(state.siblings(given.register)) != Set(expected) || state.siblings(given.register).count != expected.count
      {
        return "\(given.register) is left with \(state.siblings(given.register).map(\.dot))"
      }
      var others = state.registers
      others[given.register] = given.state.registers[given.register]
      return others == given.state.registers ? nil : "another register changed"
    })

  @Test(arguments: 0..<Cases.parts)
  func aWriteRemovesExactlyWhatItsAuthorHadSeen(part: Int) { MeaningProperties.settling.check(part: part) }
}
