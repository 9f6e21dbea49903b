// Version vectors are a lattice whose order is "has seen", checked against a plain dictionary; the hybrid clock strictly grows and
// stays near the walls that it was told.

import Testing

@testable import Core

@Suite struct CausalityProperties {
  static let all: [any AnyProperty] = [lattice, clock]

  private static let replicas = (0..<5).map {
    ReplicaID(platform: PlatformName(unchecked: "p\($0)"), random: [UInt8($0)])
  }

  /// Three vectors, as their authors would say them, and a dot.
  struct Vectors {
    let pairs: [[(replica: Int, n: Int)]]
    let dot: (replica: Int, n: Int)
    /// The second and third grow out of the first: else few would be comparable.
    let isGrown: Bool
  }

  static let lattice = Property<Vectors>(
    name: "vectors are a lattice", cases: 80_000,
    generate: { choices in
      func pair(_ choices: inout Choices) -> (replica: Int, n: Int) { (choices.below(5), 1 + choices.below(3)) }
      return Vectors(
        pairs: (0..<3).map { _ in choices.list(atMost: 5, goOn: 70, pair) }, dot: pair(&choices),
        isGrown: choices.chance(40))
    },
    story: { "\($0.pairs), grown: \($0.isGrown), dot \($0.dot)" },
    fault: fault)

  @Sendable private static func fault(_ given: Vectors) throws -> String? {
    var pairs = given.pairs
    if given.isGrown {
      pairs[1] += pairs[0]
      pairs[2] += pairs[1]
    }
    let plain = pairs.map { Dictionary($0.map { ($0.replica, $0.n) }, uniquingKeysWith: max) }
    let vectors = pairs.map { VersionVector($0.map { (replicas[$0.replica], $0.n) }) }
    let (a, b, c) = (vectors[0], vectors[1], vectors[2])
    let both = a.merged(with: b)
    for (vector, plain) in zip(vectors + [both], plain + [plain[0].merging(plain[1], uniquingKeysWith: max)]) {
      for (index, replica) in replicas.enumerated() where vector[replica] != plain[index] ?? 0 {
        return "a component is not the highest that was named"
      }
      if vector.count != plain.count { return "a vector has a component that nobody named" }
    }
    if both != b.merged(with: a) { return "merging does not commute" }
    if both.merged(with: c) != a.merged(with: b.merged(with: c)) { return "merging does not associate" }
    if a.merged(with: a) != a { return "merging twice changes something" }
    if a.merged(with: VersionVector()) != a { return "merging nothing changes something" }
    if !both.covers(a) || !both.covers(b) { return "the merged vector does not cover both" }
    if c.covers(a), c.covers(b), !c.covers(both) { return "the merged vector is not the least that covers both" }
    let covers = replicas.indices.allSatisfy { (plain[0][$0] ?? 0) >= plain[1][$0] ?? 0 }
    if a.covers(b) != covers { return "covering is not: at least as high everywhere" }
    if a.covers(b) != (both == a) { return "covering and merging disagree" }
    if !a.covers(a) || !a.covers(VersionVector()) { return "covering is not reflexive" }
    if a.covers(b), b.covers(a), a != b { return "covering is not antisymmetric" }
    if c.covers(b), b.covers(a), !c.covers(a) { return "covering is not transitive" }
    let dot = Dot(replicas[given.dot.replica], given.dot.n)
    var advanced = a
    advanced.advance(to: dot)
    if advanced != a.merged(with: VersionVector([(dot.replica, dot.n)])) { return "advancing is not merging one dot" }
    if !advanced.covers(dot) || a.covers(dot) != (advanced == a) {
      return "a dot is covered iff advancing changes nothing"
    }
    var bytes: [UInt8] = []
    both.write(to: &bytes)
    var reader = try JSONReader(bytes)
    let again = try VersionVector.read(&reader)
    var bytesAgain: [UInt8] = []
    again.write(to: &bytesAgain)
    return again == both && bytesAgain == bytes ? nil : "a vector does not read back as it was written"
  }

  @Test(arguments: 0..<Cases.parts)
  func vectorsMergeToTheirLeastUpperBoundAndCoveringIsTheirOrder(part: Int) {
    CausalityProperties.lattice.check(part: part)
  }

  /// What a clock lives through.
  enum Event {
    /// An event of its own at this wall time.
    case tick(now: Int)
    /// A peer's time, so far from the wall.
    case peer(ahead: Int, counter: Int, now: Int)
  }

  private static let skew = 50

  static let clock = Property<[Event]>(
    name: "the clock grows and keeps near the walls", cases: 70_000,
    generate: { choices in
      choices.list(atMost: 10, goOn: 85) { choices in
        let now = choices.pick([100, 101, 140, 200, 0, 90])
        guard choices.chance(50) else { return .tick(now: now) }
        return .peer(
          ahead: choices.pick([0, 1, skew - 1, skew, skew + 1, skew + 1_000_000, -100]),
          counter: choices.pick([0, 1, 65_534, 65_535]), now: now)
      }
    },
    story: { $0.map { "\($0)" }.joined(separator: ", ") },
    fault: { events in
      var clock = HybridClock(skewMilliseconds: skew)
      var highest = 0
      var carries = 0
      for event in events {
        let before = clock.last
        switch event {
        case .tick(let now):
          let time = clock.tick(now: now)
          if time <= before { return "\(event) gave \(time) after \(before)" }
          if time.milliseconds < now { return "\(event) gave \(time), before its wall" }
          if time != clock.last { return "the clock does not remember what it gave" }
          if !(0...65_535).contains(time.counter) { return "\(time) cannot be written" }
          highest = max(highest, now)
          if before.counter == 65_535, time.milliseconds == before.milliseconds + 1 { carries += 1 }
        case .peer(let ahead, let counter, let now):
          let time = HybridTime(max(now + ahead, 0), counter)
          let isTaken = clock.observe(time, now: now)
          if isTaken != (time.milliseconds <= now + skew) { return "\(event) was\(isTaken ? "" : " not") taken" }
          if clock.last != (isTaken ? max(before, time) : before) { return "\(event) moved \(before) to \(clock.last)" }
          highest = max(highest, now + skew)
        }
        if clock.last.milliseconds > highest + carries { return "\(clock.last) is beyond every wall it was told" }
      }
      return nil
    })

  @Test(arguments: 0..<Cases.parts)
  func theClockStrictlyGrowsAndNoPeerDragsItBeyondTheSkew(part: Int) { CausalityProperties.clock.check(part: part) }
}
