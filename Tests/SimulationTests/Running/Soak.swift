// Many worlds, one after the other on each core, with a report that adds up over runs: `make soak SEEDS=… MINUTES=…`.

import Foundation
import Synchronization

/// What a soak has seen so far; kept in `.build/soak/report.json`.
struct SoakReport: Codable, Sendable {
  struct Failure: Codable, Sendable {
    var rule: String
    var detail: String
    var plan: String
    var shrunk: String
  }

  var seeds = 0
  var virtualDays = 0.0
  var events = 0
  var edits = 0
  var faults: [String: Int] = [:]
  var violations: [Failure] = []
  var seconds = 0.0
  var secondsPerSeed = 0.0
  var sometimes: [String: Int] = [:]
  var repeated = 0

  mutating func add(_ result: SimulationResult, seconds elapsed: Double) {
    seeds += 1
    virtualDays += result.virtualDays
    events += result.events
    edits += result.edits
    for (fault, count) in result.faults { faults[fault.rawValue, default: 0] += count }
    for (what, count) in result.reached { sometimes[what.rawValue, default: 0] += count }
    seconds += elapsed
    secondsPerSeed = seconds / Double(seeds)
  }
}

/// A soak's parameters, from the environment.
struct SoakSettings: Sendable {
  var seeds: Int
  var first: UInt64
  var minutes: Double
  var report: String
  var workers: Int
  /// Ends at the first violation and does not make it smaller: for seeded bugs.
  var stopsAtOnce: Bool

  /// Nil where no soak was asked for.
  init?(_ environment: [String: String]) {
    let seeds = environment["LIANXIN_SOAK_SEEDS"].flatMap { Int($0) }
    let minutes = environment["LIANXIN_SOAK_MINUTES"].flatMap { Double($0) }
    guard seeds != nil || minutes != nil else { return nil }
    self.seeds = seeds ?? Int.max
    self.minutes = minutes ?? 1e9
    report = environment["LIANXIN_SOAK_REPORT"] ?? ".build/soak/report.json"
    workers = environment["LIANXIN_SOAK_WORKERS"].flatMap { Int($0) } ?? ProcessInfo.processInfo.activeProcessorCount
    stopsAtOnce = environment["LIANXIN_SOAK_STOP"] != nil
    // A soak goes on where the last one ended, unless it is told where to begin.
    first = environment["LIANXIN_SOAK_FROM"].flatMap { UInt64($0) } ?? UInt64(1 + (SoakReport.load(report)?.seeds ?? 0))
  }
}

extension SoakReport {
  /// From so many seeds on, every rare state must have been reached.
  private static let enoughSeeds = 300

  /// Rare states that this many seeds should have reached and have not.
  var neverReached: [String] {
    guard seeds >= SoakReport.enoughSeeds else { return [] }
    return Rare.required.map(\.rawValue).filter { sometimes[$0] == nil }.sorted()
  }

  static func load(_ path: String) -> SoakReport? {
    guard let data = FileManager.default.contents(atPath: path) else { return nil }
    return try? JSONDecoder().decode(SoakReport.self, from: data)  // a report that cannot be read is begun anew
  }

  func save(_ path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}

/// Runs worlds until the seeds or the time are used up.
final class Soak: Sendable {
  private struct State {
    var report: SoakReport
    var next: UInt64
    var left: Int
    var failed = 0
  }

  private let settings: SoakSettings
  private let state: Mutex<State>
  private let began = ContinuousClock.now

  init(_ settings: SoakSettings) {
    self.settings = settings
    state = Mutex(
      State(report: SoakReport.load(settings.report) ?? SoakReport(), next: settings.first, left: settings.seeds))
  }

  /// The violations found by this run, and the rare states that no run has reached.
  func run() async throws -> (failures: [SoakReport.Failure], neverReached: [String]) {
    let before = state.withLock { $0.report.violations.count }
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<settings.workers { group.addTask { try self.work() } }
      try await group.waitForAll()
    }
    let report = state.withLock { $0.report }
    try report.save(settings.report)
    tell(report, end: "\n")
    return (Array(report.violations.dropFirst(before)), report.neverReached)
  }

  private func work() throws {
    let grounds = try Grounds()
    let limit = Duration.seconds(settings.minutes * 60)
    while ContinuousClock.now - began < limit {
      let seed = state.withLock { state -> UInt64? in
        guard state.left > 0, state.failed < (settings.stopsAtOnce ? 1 : 5) else { return nil }
        state.left -= 1
        state.next += 1
        return state.next - 1
      }
      guard let seed else { return }
      let start = ContinuousClock.now
      let result = Simulation.run(Plan(seed: seed), grounds: grounds)
      // I-21: the same seed is the same world, to the last event.
      let isRepeated = seed % 100 == 0
      var other = result.traceHash
      if isRepeated { other = Simulation.run(Plan(seed: seed), grounds: grounds).traceHash }
      let elapsed = (ContinuousClock.now - start) / .seconds(1)
      var failure: SoakReport.Failure?
      if let violation = result.violations.first {
        let shrunk = settings.stopsAtOnce ? result : Shrink.smallest(result, grounds: grounds)
        failure = SoakReport.Failure(
          rule: violation.rule, detail: violation.detail, plan: "\(result.plan)", shrunk: "\(shrunk.plan)")
        printFailure(result, shrunk)
      } else if other != result.traceHash {
        failure = SoakReport.Failure(
          rule: "I-21", detail: "two runs of one seed differ", plan: "\(result.plan)", shrunk: "")
      }
      let report = state.withLock { state -> SoakReport? in
        state.report.add(result, seconds: elapsed)
        if isRepeated { state.report.repeated += 1 }
        if let failure {
          state.report.violations.append(failure)
          state.failed += 1
        }
        return state.report.seeds % 10 == 0 || failure != nil ? state.report : nil
      }
      if let report {
        try report.save(settings.report)
        tell(report, end: "\r")
      }
    }
  }

  private func tell(_ report: SoakReport, end: String) {
    let text =
      "soak: \(report.seeds) seeds, \(Int(report.virtualDays)) virtual days, \(report.events) events, "
      + "\(report.faults.values.reduce(0, +)) faults, \(report.violations.count) violations, "
      + String(format: "%.2f s a seed", report.secondsPerSeed)
    FileHandle.standardError.write(Data((text + end).utf8))
  }

  private func printFailure(_ result: SimulationResult, _ shrunk: SimulationResult) {
    let words = shrunk.violations.map(\.description).joined(separator: "\n  ")
    let text = """

      VIOLATION in \(result.plan)
        \(result.violations.map(\.description).joined(separator: "\n  "))
      shrunk to \(shrunk.plan)
        \(words)
      \(shrunk.tail.suffix(40).map { "    " + $0 }.joined(separator: "\n"))
      replay: make replay PLAN='\(shrunk.plan)'

      """
    FileHandle.standardError.write(Data(text.utf8))
  }
}
