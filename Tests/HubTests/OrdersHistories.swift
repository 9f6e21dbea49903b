// Random histories of one order for the tests of what is drawn of them: parties that write on what they have seen and show each other
// some of it, stored at the hub in any order that is causal.

import Core

@testable import Hub

struct RandomHistory {
  /// As the hub stored it.
  private(set) var items: [HistoryItem] = []
  let order = OrderID(maker: .hub, milliseconds: 1_340_000_000_000, random: [7])

  private struct Party {
    let replica: ReplicaID
    var n = 0
    var vector = VersionVector()
  }

  /// - Parameters:
  ///   - platforms: who writes; a name may stand there twice, for two agents of one platform.
  ///   - steps: how many changes are made after the first.
  init(seed: UInt64, platforms: [String] = ["hub", "water", "water", "gas"], steps: Int = 20) throws {
    var random = SeededGenerator(state: seed)
    var parties = try platforms.enumerated().map { index, name in
      Party(
        replica: ReplicaID(
          platform: name == "hub" ? .hub : try PlatformName(name),
          random: [UInt8](repeating: UInt8(index + 1), count: 10)))
    }
    var made: [Change] = []
    func write(_ party: inout Party, _ edits: [Edit]) {
      party.n += 1
      let dot = Dot(party.replica, party.n)
      made.append(
        Change(
          order: order, dot: dot, context: party.vector, at: HybridTime(1_000 + made.count),
          author: Author(name: "crew", role: "crew"), edits: edits))
      party.vector.advance(to: dot)
    }
    write(&parties[0], [.set("title", "burst pipe")])
    for index in parties.indices.dropFirst() { parties[index].vector = parties[0].vector }
    for step in 0..<steps {
      let index = Int(random.next() % UInt64(parties.count))
      if random.next() % 3 == 0 {
        let other = Int(random.next() % UInt64(parties.count))
        parties[index].vector = parties[index].vector.merged(with: parties[other].vector)
      }
      write(&parties[index], step.isMultiple(of: 4) ? [.note("n")] : [.set("title", .string("t\(step)"))])
    }
    // Any order in which nothing comes before what it names.
    var waiting = made
    var stored = VersionVector()
    while !waiting.isEmpty {
      let ready = waiting.indices.filter { stored.covers(waiting[$0].context) }
      let change = waiting.remove(at: ready[Int(random.next() % UInt64(ready.count))])
      stored.advance(to: change.dot)
      items.append(RandomHistory.item(change))
    }
  }

  static func item(_ change: Change, verdict: Verdict = .accepted) -> HistoryItem {
    HistoryItem(
      dot: change.dot, hash: Hash.of(ChangeLine.encode(change)), change: change, verdict: verdict,
      received: change.at.milliseconds + 5, isApplied: true)
  }

  var state: OrderState {
    Merge.fold(items.compactMap { $0.change.map(Merge.LogItem.change) }, order: order).state
  }

  var graph: CausalGraph { CausalGraph(items, state: state) }
}
