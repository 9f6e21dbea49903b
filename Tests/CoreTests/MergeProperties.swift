// The one idea: an order is a function of the set of its changes. Random worlds, arriving in random orders, twice, late and in part,
// against the fold and against the definition.

import Testing

@testable import Core

/// A world and orders in which its changes arrive somewhere, some of them twice.
struct Delivery {
  let items: [Merge.LogItem]
  var arrivals: [[Merge.LogItem]] = []
  /// How many of the first arrival have come when somebody looks.
  var cut = 0

  init(_ choices: inout Choices, arrivals: Int, steps: Int = 10) {
    items = World(&choices, steps: steps).items
    for _ in 0..<arrivals {
      var arrival = choices.shuffled(items)
      choices.some(atMost: 3, goOn: 60) {
        arrival.insert(arrival[$0.below(arrival.count)], at: $0.below(arrival.count))
      }
      self.arrivals.append(arrival)
    }
    cut = choices.below(items.count)
  }

  static func story(_ items: [Merge.LogItem]) -> String {
    items.map { item in
      switch item {
      case .change(let change): String(decoding: ChangeLine.encode(change), as: UTF8.self)
      case .unreadable(let dot, let prev): "unreadable \(dot) after \(prev)"
      }
    }.joined(separator: "\n")
  }

  @Sendable static func story(_ delivery: Delivery) -> String {
    let orders = delivery.arrivals.map { "arrives as \($0.map(\.dot.description).joined(separator: " "))" }
    return ([story(delivery.items)] + orders + ["looked at after \(delivery.cut)"]).joined(separator: "\n")
  }
}

extension Copy {
  init(receiving items: some Sequence<Merge.LogItem>) {
    self.init()
    for item in items { receive(item) }
  }

  /// Receives all that the other holds.
  func joined(with other: Copy) -> Copy {
    var copy = self
    for item in other.held { copy.receive(item) }
    return copy
  }
}

@Suite struct MergeProperties {
  static let all: [any AnyProperty] = [arrival, union]
  /// Orders of arrival tried for each world.
  private static let arrivals = 4

  /// What the fold makes of a set of changes, in every form.
  private struct Folded {
    let state: OrderState
    let waiting: Set<Dot>
    let stored: [UInt8]
    let canonical: [UInt8]

    init(_ items: [Merge.LogItem]) {
      (state, waiting) = Merge.fold(items, order: Some.order, hashes: items.hashes)
      stored = state.stored
      canonical = Copy.canonical(state, items.distinct, waiting: waiting)
    }

    /// What differs in a copy that merged change by change, or nil.
    func disagreement(with copy: Copy) -> String? {
      if let surprise = copy.surprises.first { return surprise }
      if copy.waitingDots != waiting { return "other changes wait than after the fold" }
      if copy.state.stored != stored { return "the stored forms differ" }
      if copy.canonical != canonical { return "the canonical forms differ" }
      return copy.state == state ? nil : "the states differ"
    }
  }

  static let arrival = Property<Delivery>(
    name: "a state is the same in whatever order its changes arrive", cases: 28_000, each: arrivals,
    generate: { Delivery(&$0, arrivals: arrivals) }, story: Delivery.story,
    fault: { delivery in
      let folded = Folded(delivery.items)
      if let fault = try fault(of: folded, items: delivery.items) { return fault }
      for arrival in delivery.arrivals {
        if let fault = folded.disagreement(with: Copy(receiving: arrival)) { return fault }
      }
      let part = Array(delivery.arrivals[0].prefix(delivery.cut))
      return Folded(part).disagreement(with: Copy(receiving: part)).map { "\($0), of a part" }
    })

  /// What is wrong with the fold itself, or nil: against the definition, and read back from its stored form.
  private static func fault(of folded: Folded, items: [Merge.LogItem]) throws -> String? {
    let again = try OrderState(id: Some.order, stored: folded.stored)
    if again != folded.state || again.stored != folded.stored { return "the stored form reads otherwise" }
    let reference = ReferenceMerge(items)
    if folded.waiting != reference.waiting { return "other changes wait than by definition" }
    let product = ReferenceMerge.registers(of: folded.state)
    for name in Set(product.keys).union(reference.registers.keys).sorted()
    where product[name] != reference.registers[name] {
      return "\(name) has other siblings than by definition"
    }
    for item in items where !folded.waiting.contains(item.dot) && !folded.state.vector.covers(item.dot) {
      return "\(item.dot) does not count\(folded.state.isVoid(item.dot) ? ", being void" : "")"
    }
    return nil
  }

  @Test(arguments: 0..<Cases.parts)
  func aStateIsTheSameInWhateverOrderAndHoweverOftenItsChangesArrive(part: Int) {
    MergeProperties.arrival.check(part: part)
  }

  /// Three copies that hold parts of one world, overlapping or not.
  struct Parts {
    let items: [Merge.LogItem]
    let copies: [Copy]
  }

  static let union = Property<Parts>(
    name: "copies join to the same whichever joins whom", cases: 3_000,
    generate: { choices in
      let items = World(&choices, steps: 8).items
      // Nobody need hold a change: then what saw it waits.
      let holders = items.map { _ in choices.below(8) }
      return Parts(
        items: items,
        copies: (0..<3).map { index in
          Copy(receiving: zip(items, holders).lazy.filter { $1 & 1 << index != 0 }.map(\.0))
        })
    },
    story: { parts in
      ([Delivery.story(parts.items)] + parts.copies.map { "held \($0.held.map(\.dot.description))" })
        .joined(separator: "\n")
    },
    fault: { parts in
      let (a, b, c) = (parts.copies[0], parts.copies[1], parts.copies[2])
      func same(_ left: Copy, _ right: Copy) -> Bool {
        left.canonical == right.canonical && left.state == right.state && left.waitingDots == right.waitingDots
      }
      let ab = a.joined(with: b)
      if !same(ab, b.joined(with: a)) { return "joining does not commute" }
      if !same(ab.joined(with: c), a.joined(with: b.joined(with: c))) { return "joining does not associate" }
      if !same(ab.joined(with: ab), ab) || !same(ab.joined(with: a), ab) { return "joining twice changes something" }
      return nil
    })

  @Test(arguments: 0..<Cases.parts)
  func copiesJoinToTheSameWhicheverJoinsWhom(part: Int) { MergeProperties.union.check(part: part) }

  /// Rare things must be common enough in the worlds, else their passing proves nothing.
  @Test func theWorldsHoldWhatTheyAreToProve() {
    var seen: [String: Int] = [:]
    func count(_ what: String, _ isThere: Bool) { seen[what, default: 0] += isThere ? 1 : 0 }
    for seed in 0..<UInt64(400) {
      var choices = Choices(seed: seed)
      let delivery = Delivery(&choices, arrivals: 1)
      let changes = delivery.items.compactMap { if case .change(let change) = $0 { change } else { nil } }
      let state = Merge.fold(delivery.items, order: Some.order, hashes: delivery.items.hashes).state
      let siblings = state.registers.values.flatMap { $0 }
      let times = Dictionary(uniqueKeysWithValues: changes.map { ($0.dot, $0.at) })
      let part = Copy(receiving: delivery.arrivals[0].prefix(delivery.cut))
      count("a void change", !state.voidedDots.isEmpty)
      count("a reinstated one", siblings.contains { $0.reinstated != nil })
      count("a corrected clock", siblings.contains { $0.at != times[$0.dot] })
      count("a conflict", !state.conflicts.isEmpty)
      count("a contradiction", !OrderView(state).contradictions.isEmpty)
      count("an unreadable line", changes.count < delivery.items.count)
      count(
        "a forged context",
        delivery.items.contains { item in
          if case .change(let change) = item { change.context[Some.nobody] > 0 } else { false }
        })
      count(
        "a change that counts only as void",
        changes.contains { change in
          change.context[Some.nobody] > 0 && state.vector.covers(change.dot)
        })
      count("a lost change that others went on without", state.lostDots.contains { !state.vector.covers($0) })
      count("a lost change that turned up", state.lostDots.contains { dot in changes.contains { $0.dot == dot } })
      count("a superseded change", !state.superseded.isEmpty)
      count(
        "a change that replaces what is not there",
        changes.contains { $0.origin != nil && !state.superseded.contains($0.dot) && !state.isVoid($0.dot) })
      count("a change that waits", !part.waiting.isEmpty)
      count("a late correction", Copy(receiving: delivery.arrivals[0]).folds > 0)
      count("a change that comes twice", delivery.arrivals[0].count > delivery.items.count)
    }
    for (what, count) in seen { #expect(count >= 10, "of 400 worlds only \(count) have \(what)") }
  }
}

extension [Merge.LogItem] {
  /// Each dot once.
  var distinct: [Merge.LogItem] {
    var seen: Set<Dot> = []
    return filter { seen.insert($0.dot).inserted }
  }
}
