// Every way in which three replicas can have seen each other's changes when each made two.

@testable import Core

/// Who had seen what when three replicas made two changes each: per event (replica × 2 + index) how many changes of each replica.
enum CausalStructure {
  static let replicas = [Some.hub, Some.water, Some.gas]

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

  /// The structures, of those that differ only in who is who one.
  static let representatives = all.filter(isRepresentative)

  /// The changes of a structure: event e is the (e % 2 + 1)-th of replica e / 2. Some of their times are equal, some run backwards.
  static func change(_ event: Int, in contexts: [[Int]], writing edits: [Edit]) -> Change {
    Change(
      order: Some.order, dot: Dot(replicas[event / 2], event % 2 + 1),
      context: VersionVector(
        (0..<3).compactMap { contexts[event][$0] > 0 ? (replicas[$0], contexts[event][$0]) : nil }),
      at: HybridTime(event * 7 % 5), author: Some.author, edits: edits)
  }

  /// The event of a dot.
  static func event(of dot: Dot) -> Int { (replicas.firstIndex(of: dot.replica) ?? 0) * 2 + dot.n - 1 }

  /// By event the events that its author had seen, as bits.
  static func masks(_ contexts: [[Int]]) -> [Int] {
    contexts.map { seen in
      (0..<6).reduce(0) { mask, event in seen[event / 2] > event % 2 ? mask | 1 << event : mask }
    }
  }

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
  private static func isRepresentative(_ contexts: [[Int]]) -> Bool {
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
