// The one idea: an order is a function of the set of its changes. Random worlds, arriving in random orders, twice and late.

import Testing

@testable import Core

@Suite struct MergeProperties {
  /// Orders of arrival tried for each world.
  private static let arrivals = 8

  /// What the fold makes of a set of changes, in every form.
  private struct Folded {
    let state: OrderState
    let waiting: Set<Dot>
    let stored: [UInt8]
    let canonical: [UInt8]

    init(_ items: [Merge.LogItem]) {
      (state, waiting) = Merge.fold(items, order: Some.order)
      stored = state.stored
      canonical = Copy.canonical(state, items.distinct)
    }
  }

  @Test(arguments: 0..<Cases.parts)
  func aStateIsTheSameInWhateverOrderItsChangesArrive(part: Int) {
    let worlds = Cases.count / Cases.parts / MergeProperties.arrivals
    var folds = 0
    var held = 0
    for index in 0..<worlds {
      let seed = UInt64(part) << 32 | UInt64(index)
      let world = World(seed: seed)
      var random = SplitMix64(seed: ~seed)
      let folded = Folded(random.shuffled(world.items))
      if let fault = MergeProperties.fault(folded, against: world.items) { return report(seed, world.items, fault) }
      for _ in 0..<MergeProperties.arrivals {
        var arrival = random.shuffled(world.items)
        for _ in 0..<random.below(4) { arrival.insert(random.pick(world.items), at: random.below(arrival.count)) }
        let outcome = MergeProperties.disagreement(arrival, with: folded)
        folds += outcome.folds
        held += arrival.count
        if let fault = outcome.fault { return report(seed, arrival, fault) }
      }
    }
    #expect(worlds < 100 || folds > worlds, "worlds with hardly a late void would prove nothing")
    #expect(worlds < 100 || held > worlds * 8 * MergeProperties.arrivals, "nor would worlds with so few changes")
  }

  /// What differs between the fold and this order of arrival, or nil.
  private static func disagreement(_ arrival: [Merge.LogItem], with folded: Folded) -> (fault: String?, folds: Int) {
    var copy = Copy()
    for item in arrival { copy.receive(item) }
    let fault: String? =
      if let surprise = copy.surprises.first {
        surprise
      } else if copy.waitingDots != folded.waiting {
        "other changes wait"
      } else if copy.state.stored != folded.stored {
        "the stored forms differ"
      } else if copy.canonical != folded.canonical {
        "the canonical forms differ"
      } else {
        copy.state == folded.state ? nil : "the states differ"
      }
    return (fault, copy.folds)
  }

  /// What is wrong with the fold itself, or nil: against the definition, and read back from its stored form.
  private static func fault(_ folded: Folded, against items: [Merge.LogItem]) -> String? {
    do {
      if try OrderState(id: Some.order, stored: folded.stored) != folded.state {
        return "the stored form reads otherwise"
      }
    } catch {
      return "\(error)"
    }
    let reference = ReferenceMerge(items)
    if folded.waiting != reference.waiting { return "other changes wait than by definition" }
    let product = ReferenceMerge.registers(of: folded.state)
    for name in Set(product.keys).union(reference.registers.keys).sorted()
    where product[name] != reference.registers[name] {
      return "\(name) has other siblings than by definition"
    }
    return nil
  }

  /// Any fault of a set of changes in this order of arrival.
  private static func anyFault(_ arrival: [Merge.LogItem]) -> String? {
    let folded = Folded(arrival)
    return disagreement(arrival, with: folded).fault ?? fault(folded, against: arrival)
  }

  /// Drops what the failure does not need, and says what is left.
  private func report(_ seed: UInt64, _ arrival: [Merge.LogItem], _ known: String) {
    var small = arrival
    var index = 0
    while index < small.count {
      var fewer = small
      fewer.remove(at: index)
      if MergeProperties.anyFault(fewer) != nil { small = fewer } else { index += 1 }
    }
    let lines = small.map { item -> String in
      switch item {
      case .change(let change): String(decoding: ChangeLine.encode(change), as: UTF8.self)
      case .unreadable(let dot, let prev): "unreadable \(dot) after \(prev)"
      }
    }
    let fault = MergeProperties.anyFault(small) ?? "\(known) (only beside the fold in another order)"
    Issue.record("seed \(seed): \(fault)\n\(lines.joined(separator: "\n"))")
  }

  @Test func theWorldsHoldWhatTheyAreToProve() {
    var (voided, reinstated, corrected, conflicts, unreadable) = (0, 0, 0, 0, 0)
    for seed in 0..<UInt64(400) {
      let world = World(seed: seed)
      let state = Merge.fold(world.items, order: Some.order).state
      let siblings = state.registers.values.flatMap { $0 }
      let times = Dictionary(uniqueKeysWithValues: world.changes.map { ($0.dot, $0.at) })
      voided += state.voidedDots.isEmpty ? 0 : 1
      reinstated += siblings.contains { $0.reinstated != nil } ? 1 : 0
      corrected += siblings.contains { $0.at != times[$0.dot] } ? 1 : 0
      conflicts += state.conflicts.isEmpty ? 0 : 1
      unreadable += world.changes.count < world.items.count ? 1 : 0
    }
    for (name, count) in [
      ("a void change", voided), ("a reinstated one", reinstated), ("a corrected clock", corrected),
      ("a conflict", conflicts), ("an unreadable line", unreadable),
    ] { #expect(count >= 10, "of 400 worlds only \(count) have \(name)") }
  }

  @Test func whatAPartyHoldsTwiceChangesNothing() {
    for seed in 0..<UInt64(200) {
      let world = World(seed: seed)
      var copy = Copy()
      for item in world.items { copy.receive(item) }
      let before = copy.state
      for item in world.items + world.items.reversed() { copy.receive(item) }
      #expect(copy.state == before && copy.surprises.isEmpty, "seed \(seed)")
    }
  }
}

extension [Merge.LogItem] {
  /// Each dot once.
  var distinct: [Merge.LogItem] {
    var seen: Set<Dot> = []
    return filter { seen.insert($0.dot).inserted }
  }
}
