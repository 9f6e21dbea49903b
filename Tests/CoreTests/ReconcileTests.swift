// Comparing two sets of changes: whatever differs, both hold the same in the end, and little is said where little differs.

import Testing

@testable import Core

/// What one side holds, by order and dot; the digests follow from it.
private struct Holdings: ReconcileFacts {
  struct Held: Hashable {
    var hash: Hash
    var verdict: Verdict?
    var hasLine = true
  }

  var changes: [OrderID: [Dot: Held]] = [:]

  func digest(of order: OrderID) -> Digest {
    (changes[order] ?? [:]).values.reduce(.zero) { $0 ^ .of($1.hash, verdict: $1.verdict, hasLine: $1.hasLine) }
  }

  func orderDigests(inLeaf leaf: Int) -> [(order: OrderID, digest: UInt64)] {
    changes.keys.filter { DigestBucket.leaf(of: $0) == leaf }.sorted().map { ($0, digest(of: $0).short) }
      .filter { $0.1 != 0 }
  }

  private func sums(_ count: Int, _ bucket: (OrderID) -> Int?) -> [UInt64] {
    var sums = [Digest](repeating: .zero, count: count)
    for order in changes.keys { if let index = bucket(order) { sums[index] ^= digest(of: order) } }
    return sums.map(\.short)
  }

  func topDigests() -> [UInt64] {
    sums(DigestBucket.fanOut) { DigestBucket.top(ofLeaf: DigestBucket.leaf(of: $0)) }
  }

  func leafDigests(ofTop top: Int) -> [UInt64] {
    let range = DigestBucket.leaves(ofTop: top)
    return sums(DigestBucket.fanOut) { order in
      let leaf = DigestBucket.leaf(of: order)
      return range.contains(leaf) ? leaf - range.lowerBound : nil
    }
  }

  func heldChanges(of order: OrderID) -> [HeldChange] {
    (changes[order] ?? [:]).sorted { $0.key < $1.key }.map {
      HeldChange(dot: $0.key, hash: $0.value.hash, verdict: $0.value.verdict, hasLine: $0.value.hasLine)
    }
  }

  func dots(naming commitments: [Hash]) -> [Dot] { [] }

  subscript(dot: Dot) -> (OrderID, Held)? {
    for (order, dots) in changes { if let held = dots[dot] { return (order, held) } }
    return nil
  }

  /// What the hub answers.
  func answer(_ ask: ReconcileAsk, refused: [(dot: Dot, reason: String)] = []) -> ReconcileReply.Answer {
    switch ask {
    case .tops: .tops(topDigests())
    case .leaves(let tops): .leaves(Dictionary(uniqueKeysWithValues: tops.map { ($0, leafDigests(ofTop: $0)) }))
    case .orders(let leaves): .orders(leaves.flatMap { orderDigests(inLeaf: $0) }, answered: leaves.count)
    case .held(let orders):
      // As a hub whose answer is full before its end.
      .held(
        Dictionary(uniqueKeysWithValues: orders.prefix(3).map { ($0, heldChanges(of: $0)) }),
        answered: min(3, orders.count))
    case .exchange: .exchanged(refused: refused)
    case .done: .done
    }
  }
}

/// An agent and a hub that are compared over the wire's own bytes.
private struct Sides {
  var agent = Holdings()
  var hub = Holdings()
  let head = Cursor(position: 7, feedHash: Hash.of([1]))

  mutating func compare(dryRun: Bool = false) throws -> ReconcileReport {
    var report = ReconcileReport()
    report.isDryRun = dryRun
    var walk = ReconcileWalk(report: report)
    while let call = walk.next() {
      guard walk.report.messages < 10_000 else {
        Issue.record("the comparison does not end")
        break
      }
      let request = try ReconcileRequest(
        JSON(parsing: ReconcileRequest(since: call.since, told: call.told, ask: call.ask).json.bytes))
      #expect(request.ask == call.ask && request.since == call.since && request.told == call.told)
      let gives = Array(call.gives.prefix(5))
      var received: [Dot] = []
      var refused: [(dot: Dot, reason: String)] = []
      if case .exchange(let wants) = call.ask {
        for dot in gives {
          guard let (order, held) = agent[dot], held.verdict != nil else { continue }
          if let other = hub[dot], other.1.hash != held.hash {
            refused.append((dot, "another content"))
            continue
          }
          hub.changes[order, default: [:]][dot] = held
        }
        for dot in wants.prefix(4) {
          guard let (order, held) = hub[dot], agent[dot].map({ $0.1.hash == held.hash }) ?? true else { continue }
          agent.changes[order, default: [:]][dot] = held
          received.append(dot)
        }
      }
      let bytes = ReconcileReply(head: head, time: 1, answer: hub.answer(call.ask, refused: refused)).json.bytes
      try walk.take(
        try ReconcileReply(JSON(parsing: bytes)), to: call, tried: gives, sent: gives.count, received: received,
        bytes: bytes.count, facts: agent)
    }
    #expect(walk.since == head)
    return walk.report
  }
}

@Suite struct ReconcileTests {
  private func order(_ index: Int) -> OrderID {
    OrderID(
      maker: .hub, milliseconds: 1_700_000_000_000 + index, random: [UInt8](repeating: UInt8(index & 255), count: 10))
  }

  private func dot(_ replica: String, _ n: Int) throws -> Dot {
    Dot(try ReplicaID("\(replica).aaaaaaaaaaaaaaaa"), n)
  }

  private func sides(orders: Int, random: inout SplitMix64) throws -> Sides {
    var sides = Sides()
    for index in 0..<orders {
      for n in 1...(1 + random.below(4)) {
        let dot = try dot(["hub", "water", "gas"][random.below(3)], index * 10 + n)
        let held = Holdings.Held(
          hash: Hash.of([UInt8(index & 255), UInt8(n)]),
          verdict: random.pick([.accepted, .accepted, .void, .unreadable]))
        sides.agent.changes[order(index), default: [:]][dot] = held
        sides.hub.changes[order(index), default: [:]][dot] = held
      }
    }
    return sides
  }

  @Test(arguments: 0..<Cases.parts)
  func whateverDiffersBothHoldTheSameInTheEnd(part: Int) throws {
    for seed in 0..<UInt64(max(1, Cases.scaled(160) / Cases.parts)) {
      var random = SplitMix64(seed: seed * UInt64(Cases.parts) + UInt64(part))
      var sides = try sides(orders: 1 + random.below(60), random: &random)
      for _ in 0..<random.below(40) {
        let order = random.pick(sides.hub.changes.keys.sorted())
        let dots = (sides.hub.changes[order] ?? [:]).keys.sorted()
        guard !dots.isEmpty else { continue }
        let dot = random.pick(dots)
        switch random.below(6) {
        case 0: sides.agent.changes[order]?[dot] = nil
        case 1: sides.hub.changes[order]?[dot] = nil
        case 2: sides.agent.changes[order]?[dot]?.verdict = nil
        case 3: sides.agent.changes[order]?[dot]?.verdict = .void
        case 4: sides.agent.changes[order]?[dot]?.hasLine = false
        default: sides.hub.changes[order]?[dot]?.hasLine = false
        }
      }
      // Of unreadable changes not everyone has the line, and nobody compares it.
      func known(_ holdings: Holdings) -> [OrderID: [Dot: Holdings.Held]] {
        holdings.changes.compactMapValues { dots in
          let counted = dots.mapValues { held in
            var held = held
            if held.verdict == .unreadable { held.hasLine = false }
            return held
          }
          return counted.isEmpty ? nil : counted
        }
      }
      let before = sides
      let dry = try sides.compare(dryRun: true)
      #expect(sides.agent.changes == before.agent.changes && sides.hub.changes == before.hub.changes)
      let report = try sides.compare()
      #expect(dry.differing == report.differing)
      // What neither has with a verdict is an edit that waits to be pushed, and stays where it is.
      let unsent = sides.agent.changes.mapValues { $0.filter { $0.value.verdict == nil } }
      for (order, dots) in unsent { for dot in dots.keys { sides.agent.changes[order]?[dot] = nil } }
      // A line that both have lost is nowhere.
      #expect(known(sides.agent) == known(sides.hub), "seed \(seed), part \(part)")
      let again = try sides.compare()
      #expect(again.differing == 0 && again.sent == 0 && again.received == 0, "seed \(seed), part \(part)")
    }
  }

  @Test func oneDifferenceAmongThousandsCostsFewMessages() throws {
    var random = SplitMix64(seed: 5)
    var sides = try sides(orders: 3_000, random: &random)
    let equal = try sides.compare()
    #expect(equal.messages == 2 && equal.differing == 0 && equal.bytes < 4_000)
    let order = try #require(sides.agent.changes.keys.sorted().first)
    let dot = try #require(sides.agent.changes[order]?.keys.sorted().first)
    sides.agent.changes[order]?[dot] = nil
    let report = try sides.compare()
    #expect(report.messages == 6 && report.differing == 1 && report.received == 1 && report.bytes < 10_000)
  }

  @Test(arguments: [Verdict?.none, .accepted])
  func aDotWithTwoContentsIsGivenWithItsReceiptAndElseToldAndLeftAlone(verdict: Verdict?) throws {
    var random = SplitMix64(seed: 6)
    var sides = try sides(orders: 5, random: &random)
    let order = try #require(sides.agent.changes.keys.sorted().first)
    let dot = try #require(sides.agent.changes[order]?.keys.sorted().first)
    sides.agent.changes[order]?[dot] = Holdings.Held(hash: Hash.of([9, 9, 9]), verdict: verdict)
    let (agent, hub) = (sides.agent.changes, sides.hub.changes)
    let report = try sides.compare()
    #expect(report.differing == 1 && sides.agent.changes == agent && sides.hub.changes == hub)
    #expect(report.unresolved == 1 && report.refused == (verdict == nil ? 0 : 1))
    #expect(report.refusals == (verdict == nil ? [] : [.init(dot, "another content")]))
  }

  @Test(arguments: [
    #"{"ask":"tops","since":[1]}"#, #"{"ask":"leaves","tops":[256]}"#, #"{"ask":"leaves"}"#,
    #"{"ask":"orders","leaves":[-1]}"#,
    #"{"ask":"held","orders":["x"]}"#, #"{"ask":"exchange","wants":["x:1"]}"#, #"{"ask":"everything"}"#, #"{}"#,
  ])
  func aQuestionOfTheWrongShapeIsAnError(text: String) throws {
    let json = try JSON(parsing: Array(text.utf8))
    #expect(throws: JSONError.self) { try ReconcileRequest(json) }
  }

  @Test(arguments: [
    #"{"head":[0,"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"time":1}"#,
    #"{"head":[0,"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"time":1,"tops":"AAAA"}"#,
    #"{"head":[0,"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"time":1,"leaves":{"256":""}}"#,
    #"{"head":[0,"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"time":1,"orders":[["x","AAAAAAAAAAA"]],"answered":1}"#,
    #"{"head":[0,"AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],"time":1,"held":{"x":{}},"answered":1}"#,
  ])
  func aDigestOfTheWrongShapeIsAnError(text: String) throws {
    let json = try JSON(parsing: Array(text.utf8))
    #expect(throws: JSONError.self) { try ReconcileReply(json) }
  }

  @Test func anAnswerThatAnswersNothingIsAnError() throws {
    let facts = Holdings()
    var walk = ReconcileWalk(orders: [order(1)])
    let call = try #require(walk.next())
    let empty = ReconcileReply(head: .start, time: 1, answer: .held([:], answered: 0))
    #expect(throws: JSONError.self) { try walk.take(empty, to: call, bytes: 0, facts: facts) }
    let other = ReconcileReply(head: .start, time: 1, answer: .tops([]))
    #expect(throws: JSONError.self) { try walk.take(other, to: call, bytes: 0, facts: facts) }
    #expect(walk.next() == call)
  }
}
