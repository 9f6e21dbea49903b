// Properties: what must hold of every case, and the runner that looks for a case of which it does not, shrinks it and says how to
// see it again.

import Foundation
import Synchronization
import Testing

/// How many random cases are tried, and from which seed on.
enum Cases {
  /// In sum, as a bare run tries them.
  static let usual = 200_000
  /// In sum, as this run tries them: `LIANXIN_CASES`.
  static let total = setting("LIANXIN_CASES") ?? usual
  /// The seed of the first case: `LIANXIN_SEED`, 0 where nothing is said, so that the everyday run is the same each time.
  static let seed = UInt64(setting("LIANXIN_SEED") ?? 0)
  /// The tests are cut into as many parts, which may run beside each other; each part has seeds of its own.
  static let parts = 4

  private static func setting(_ name: String) -> Int? {
    ProcessInfo.processInfo.environment[name].flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
  }

  /// What stands for `count` of the usual number in this run; at least one.
  static func scaled(_ count: Int) -> Int { max(1, count * total / usual) }

  /// The indexes of the cases of one part.
  static func indexes(of count: Int, part: Int) -> StrideTo<Int> { stride(from: part, to: scaled(count), by: parts) }

  private static let tally = Mutex<[String: Int]>([:])

  /// Adds to what was tried; prints a property's sum with its last part, and the sum of all.
  static func count(_ cases: Int, of property: String, expected: Int) {
    tally.withLock { tally in
      tally[property, default: 0] += cases
      guard let tried = tally[property], tried >= expected else { return }
      print("property \(property): \(tried) cases; \(tally.values.reduce(0, +)) in sum")
    }
  }
}

/// One that failed, at its smallest.
struct Counterexample {
  let seed: UInt64
  let draws: [Int]
  let fault: String
  let story: String
}

/// What must hold of every case that a generator makes.
struct Property<Case>: Sendable {
  let name: String
  /// How many of the usual number of cases this property has.
  let cases: Int
  /// How many cases one draw of a case stands for, where it holds several (orders of arrival of one world).
  var each = 1
  let generate: @Sendable (inout Choices) -> Case
  /// The case, for people.
  let story: @Sendable (Case) -> String
  /// What is wrong with the case, or nil. A thrown error is a fault.
  let fault: @Sendable (Case) throws -> String?

  private func fault(drawing choices: inout Choices) -> String? {
    let made = generate(&choices)
    do { return try fault(made) } catch { return "\(error)" }
  }

  /// The fault of the case of these draws, or nil.
  func fault(of draws: [Int]) -> String? {
    var choices = Choices(replaying: draws)
    return fault(drawing: &choices)
  }

  /// The first failing case of these seeds, shrunk.
  func counterexample(seeds: some Sequence<UInt64>) -> Counterexample? {
    for seed in seeds {
      var choices = Choices(seed: seed)
      guard fault(drawing: &choices) != nil else { continue }
      var shrinker = Shrinker(choices) { draws in
        var again = Choices(replaying: draws)
        return fault(drawing: &again) == nil ? nil : again
      }
      var draws = shrinker.shrink()
      // What is not told is 0.
      while draws.last == 0 { draws.removeLast() }
      var last = Choices(replaying: draws)
      return Counterexample(
        seed: seed, draws: draws, fault: fault(of: draws) ?? "it failed once, and not again",
        story: story(generate(&last)))
    }
    return nil
  }

  /// Tries this part's cases; a failing one is recorded with its seed, its smallest form and the ways to see it again.
  func check(part: Int, sourceLocation: SourceLocation = #_sourceLocation) {
    let worlds = cases / each
    let indexes = Cases.indexes(of: worlds, part: part)
    if let found = counterexample(seeds: indexes.lazy.map { Cases.seed &+ UInt64($0) }) {
      Issue.record(
        """
        \(name), seed \(found.seed): \(found.fault)
        \(found.story)
        again: LIANXIN_SEED=\(found.seed) LIANXIN_CASES=1 swift test --filter CoreTests
        to keep: Regressions.kept, .init("\(name)", \(found.draws), "what went wrong")
        """, sourceLocation: sourceLocation)
    }
    Cases.count(indexes.underestimatedCount * each, of: name, expected: Cases.scaled(worlds) * each)
  }
}

/// A property of whatever kind of case.
protocol AnyProperty: Sendable {
  var name: String { get }
  var cases: Int { get }
  func fault(of draws: [Int]) -> String?
}

extension Property: AnyProperty {}

/// Every property of this target.
enum Properties {
  static let all: [any AnyProperty] =
    CausalityProperties.all + CodingProperties.all + MergeProperties.all + MeaningProperties.all
}
