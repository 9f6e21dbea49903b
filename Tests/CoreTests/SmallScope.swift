// Small scope, but all of it: every causal structure of a few writes, every order of delivery, against the definition.

import Testing

@testable import Core

@Suite struct SmallScope {
  private static let registers = ["title", "location", "source"]
  private static let values = (0..<6).map { JSONText(.int($0)) }

  /// Three replicas make two changes each, each change writes any one of three registers (two that keep what is concurrent, one that
  /// is written once): every causal structure, every choice of registers, every order of delivery.
  ///
  /// Not walked twice: structures that differ only in who is who, since nothing in the merge of these registers knows a name. An
  /// order of delivery is walked as the sets that are held on its way: from each set, each change that is ready must lead to what
  /// the definition says of the larger set, and each that is not ready or is held already must change nothing; by induction that is
  /// every order, every delay and every repetition. What a set holds depends on its own changes only, so each choice of registers
  /// is walked once per set and not once per whole.
  @Test(arguments: 0..<4)
  func threeReplicasWritingThreeRegistersTwiceAgreeInEveryOrderOfDelivery(part: Int) {
    var steps = 0
    for (index, contexts) in CausalStructure.representatives.enumerated() where index % 4 == part {
      let changes = (0..<6).map { event in
        SmallScope.registers.map { register in
          CausalStructure.change(
            event, in: contexts, writing: [.set(register: register, value: SmallScope.values[event])])
        }
      }
      if let fault = walk(changes, sees: CausalStructure.masks(contexts), steps: &steps) {
        Issue.record("contexts \(contexts): \(fault)")
        return
      }
    }
    print("small scope, part \(part + 1) of 4: \(steps) deliveries onto distinct sets of changes")
    #expect(steps > 100_000)
  }

  /// - Parameters:
  ///   - changes: by event and register.
  ///   - sees: by event the set of events that its author had seen, as bits.
  private func walk(_ changes: [[Change]], sees: [Int], steps: inout Int) -> String? {
    /// By set of events: the state for each choice of registers of its events, digits of base 3 in the order of the events.
    var states: [Int: [OrderState]] = [0: [OrderState(id: Some.order)]]
    for set in 0..<(1 << 6) where (0..<6).allSatisfy({ set & 1 << $0 == 0 || sees[$0] & ~set == 0 }) {
      let events = (0..<6).filter { set & 1 << $0 != 0 }
      if set > 0 {
        // By event those of the set that had seen it.
        let seenBy = (0..<6).map { event in events.reduce(0) { sees[$1] & 1 << event != 0 ? $0 | 1 << $1 : $0 } }
        let lasts = events.enumerated().filter { seenBy[$0.element] == 0 }
        var here: [OrderState] = []
        for choice in 0..<power(events.count) {
          var made: OrderState?
          for (place, event) in lasts {
            let unit = power(place)
            let without = choice / (unit * 3) * unit + choice % unit
            guard var state = states[set & ~(1 << event)]?[without] else {
              return "\(events) without \(event) is no set"
            }
            if Merge.apply(changes[event][choice / unit % 3], to: &state) != .applied {
              return "\(event) onto \(events): not applied"
            }
            steps += 1
            if let made, made != state { return "\(events), choice \(choice), \(event) last: another state" }
            made = state
          }
          guard let made else { return "\(events) has no last change" }
          if let fault = fault(made, events, choice, sees, seenBy) { return "\(events), choice \(choice): \(fault)" }
          here.append(made)
        }
        states[set] = here
      }
      guard let state = states[set]?.last else { return "\(events) has no state" }
      for event in 0..<6 where set & 1 << event != 0 || sees[event] & ~set != 0 {
        var same = state
        let outcome = Merge.apply(changes[event][0], to: &same)
        if outcome != (set & 1 << event != 0 ? .seen : .waiting) || same != state {
          return "\(event) onto \(events): \(outcome)"
        }
      }
    }
    return nil
  }

  private func power(_ exponent: Int) -> Int { [1, 3, 9, 27, 81, 243, 729][exponent] }

  /// The definition, once more and in bits: a write stands iff no other of its register has seen it; where a register is written
  /// once, iff it has seen no other.
  private func fault(_ state: OrderState, _ events: [Int], _ choice: Int, _ sees: [Int], _ seenBy: [Int]) -> String? {
    var writers = [0, 0, 0]
    var rest = choice
    for event in events {
      writers[rest % 3] |= 1 << event
      rest /= 3
    }
    for (register, name) in SmallScope.registers.enumerated() {
      let all = writers[register]
      var standing = 0
      for event in events where all & 1 << event != 0 && (name == "source" ? sees : seenBy)[event] & all == 0 {
        standing |= 1 << event
      }
      var found = 0
      for sibling in state.siblings(name) {
        let event = CausalStructure.event(of: sibling.dot)
        if found & 1 << event != 0 { return "\(name) holds a write twice" }
        if sibling.value.bytes != SmallScope.values[event].bytes { return "\(name) holds another's value" }
        found |= 1 << event
      }
      if found != standing { return "\(name) holds the events \(found), by definition \(standing)" }
    }
    return nil
  }

  /// The same six changes, each writing all three registers, through copies that keep what waits: sets of changes in every order,
  /// ready or not.
  @Test func whatCannotCountYetWaitsAndThenCountsInEveryOrderOfDelivery() {
    for contexts in CausalStructure.representatives {
      let changes = (0..<6).map { event in
        CausalStructure.change(
          event, in: contexts, writing: SmallScope.registers.map { Some.set($0, .string("\($0) \(event)")) })
      }
      if let fault = walk(changes) {
        Issue.record("contexts \(contexts): \(fault)")
        return
      }
    }
    #expect(CausalStructure.representatives.count > 400)
  }

  private func walk(_ changes: [Change]) -> String? {
    var copies: [Int: Copy] = [0: Copy()]
    for set in 1..<(1 << changes.count) {
      let members = changes.indices.filter { set & 1 << $0 != 0 }
      let reference = ReferenceMerge(members.map { Merge.LogItem.change(changes[$0]) })
      for last in members {
        guard var copy = copies[set & ~(1 << last)] else { return "no copy of \(set)" }
        copy.receive(changes[last])
        if let surprise = copy.surprises.first { return surprise }
        if copy.waitingDots != reference.waiting { return "\(members), \(last) last: other changes wait" }
        if ReferenceMerge.registers(of: copy.state) != reference.registers {
          return "\(members), \(last) last: other siblings"
        }
        if let other = copies[set] {
          if other.state != copy.state { return "\(members), \(last) last: another state" }
        } else {
          copies[set] = copy
        }
      }
    }
    return nil
  }

  /// A platform's change, its void, its reinstatement and a rival's write, in every causal structure and every order.
  @Test func voidAndReinstatementAgreeInEveryOrderOfDelivery() {
    let names = ["x", "y", "void", "reinstated"]
    var structures = 0
    for reinstater in [Some.hub, Some.otherHub] {
      for choice in 0..<(1 << 12) {
        let sees = (0..<4).map { seen(choice, by: $0) }
        guard isCausal(sees), sees[3].contains(0), reinstater == Some.otherHub || sees[3].contains(2) else { continue }
        structures += 1
        let dots = [Dot(Some.water, 1), Dot(Some.gas, 1), Dot(Some.hub, 1), Dot(reinstater, 2)]
        let edits: [[Edit]] = [
          [Some.set("title", "x"), Some.set("source", "x")], [Some.set("title", "y"), Some.set("source", "y")],
          [Some.set("void/\(dots[0])", ["reason": "test"])], [Some.set("void/\(dots[0])", .null)],
        ]
        let changes = (0..<4).map { event -> Change in
          let context = VersionVector(sees[event].map { (dots[$0].replica, dots[$0].n) })
          return Change(
            order: Some.order, dot: dots[event], context: context, at: HybridTime(event), author: Some.author,
            edits: edits[event])
        }
        let reference = ReferenceMerge(changes.map { Merge.LogItem.change($0) })
        for order in permutations(4) {
          var copy = Copy()
          for index in order { copy.receive(changes[index]) }
          guard copy.waiting.isEmpty, ReferenceMerge.registers(of: copy.state) == reference.registers else {
            Issue.record("\(names) saw \(sees.map { $0.sorted() }), delivered \(order)")
            return
          }
        }
      }
    }
    #expect(structures > 20)
  }

  /// The events that event `event` has seen: bit 3 × event + k of `choice` says so of the k-th of the others.
  private func seen(_ choice: Int, by event: Int) -> Set<Int> {
    var result: Set<Int> = []
    let others = (0..<4).filter { $0 != event }
    for (index, other) in others.enumerated() where (choice >> (event * 3 + index)) & 1 == 1 { result.insert(other) }
    return result
  }

  private func isCausal(_ sees: [Set<Int>]) -> Bool {
    sees.indices.allSatisfy { event in
      sees[event].allSatisfy { !sees[$0].contains(event) && sees[$0].isSubset(of: sees[event]) }
    }
  }
}

/// All orders of `0..<count`.
func permutations(_ count: Int) -> [[Int]] {
  guard count > 0 else { return [[]] }
  return permutations(count - 1).flatMap { shorter in
    (0...shorter.count).map { Array(shorter[..<$0]) + [count - 1] + Array(shorter[$0...]) }
  }
}
