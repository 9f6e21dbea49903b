// Small scope, but all of it: every causal structure of a few writes, every order of delivery, against the definition.

import Testing

@testable import Core

@Suite struct SmallScope {
  /// Three replicas write two registers twice each. Every order of delivery is walked set by set: from each set that may be held,
  /// each further change must lead to what the definition says of the larger set; by induction that is every order.
  @Test func threeReplicasWritingTwoRegistersTwiceAgreeInEveryOrderOfDelivery() {
    let replicas = [Some.hub, Some.water, Some.gas]
    var structures = 0
    for contexts in CausalStructure.all where CausalStructure.isRepresentative(contexts) {
      structures += 1
      let changes = (0..<6).map { event -> Change in
        let seen = VersionVector(
          (0..<3).compactMap { contexts[event][$0] > 0 ? (replicas[$0], contexts[event][$0]) : nil })
        return Change(
          order: Some.order, dot: Dot(replicas[event / 2], event % 2 + 1), context: seen, at: HybridTime(event * 7 % 5),
          author: Some.author,
          edits: [Some.set("title", .string("t\(event)")), Some.set("source", .string("s\(event)"))])
      }
      if let fault = walk(changes) {
        Issue.record("contexts \(contexts): \(fault)")
        return
      }
    }
    #expect(structures > 400)
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

/// Who had seen what when three replicas made two changes each: per event (replica × 2 + index) how many changes of each replica.
private enum CausalStructure {
  static let all: [[[Int]]] = {
    var found: [[[Int]]] = []
    var contexts = [[Int]](repeating: [0, 0, 0], count: 6)
    func choose(_ event: Int) {
      guard event < 6 else {
        if isCausal(contexts) { found.append(contexts) }
        return
      }
      let others = (0..<3).filter { $0 != event / 2 }
      for first in 0...2 {
        for second in 0...2 {
          contexts[event] = [0, 0, 0]
          contexts[event][event / 2] = event % 2
          contexts[event][others[0]] = first
          contexts[event][others[1]] = second
          if event % 2 == 1, (0..<3).contains(where: { contexts[event][$0] < contexts[event - 1][$0] }) { continue }
          choose(event + 1)
        }
      }
    }
    choose(0)
    return found
  }()

  /// Whoever saw a change saw what its author had seen, and nobody saw what came after.
  private static func isCausal(_ contexts: [[Int]]) -> Bool {
    (0..<6).allSatisfy { event in
      (0..<3).allSatisfy { replica in
        let seen = contexts[event][replica]
        guard seen > 0 else { return true }
        let its = contexts[replica * 2 + seen - 1]
        return its[event / 2] <= event % 2 && (0..<3).allSatisfy { its[$0] <= contexts[event][$0] }
      }
    }
  }

  /// One of the up to six that differ only in who is who.
  static func isRepresentative(_ contexts: [[Int]]) -> Bool {
    let own = contexts.flatMap { $0 }
    return permutations(3).allSatisfy { places in
      var renamed = contexts
      for event in 0..<6 {
        for replica in 0..<3 {
          renamed[places[event / 2] * 2 + event % 2][places[replica]] = contexts[event][replica]
        }
      }
      return !renamed.flatMap { $0 }.lexicographicallyPrecedes(own)
    }
  }
}
