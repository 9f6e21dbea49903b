// The cells of the restore grid, and a run over all of them, one world after the other on each core, with a report: `make grid`.

import Foundation
import Synchronization

/// Which backup the agent and which one the hub goes back to, 0 being the oldest, and which world of that kind it is.
struct RestoreCell: Hashable, Sendable, CustomStringConvertible {
  /// Backups that are taken of each.
  static let ages = 20

  let agent: Int
  let hub: Int
  let seed: UInt64

  var description: String { "\(agent),\(hub),\(seed)" }
  /// In even seeds the hub goes back first, in odd ones the agent.
  var isHubFirst: Bool { seed % 2 == 0 }
  /// Of the world: each cell has its own.
  var worldSeed: UInt64 { seed &* 400 &+ UInt64(agent * RestoreCell.ages + hub) }

  init(agent: Int, hub: Int, seed: UInt64) {
    self.agent = agent
    self.hub = hub
    self.seed = seed
  }

  /// Reads what `description` wrote.
  init?(text: String) {
    let parts = text.split(separator: ",").compactMap { UInt64($0) }
    guard parts.count == 3, parts[0] < RestoreCell.ages, parts[1] < RestoreCell.ages else { return nil }
    self.init(agent: Int(parts[0]), hub: Int(parts[1]), seed: parts[2])
  }
}

/// What came of a cell.
struct RestoreOutcome: Sendable {
  var cell: RestoreCell
  var violations: [Violation] = []
  /// Changes that no database held any more.
  var lost = 0
  /// Changes that the restored hub, or the restored agent, did not know any more, and how many of them it has in the end.
  var forgotten = 0
  var givenBack = 0
  var roleChanges = 0
  /// Personal values that were destroyed between the backups.
  var purged = 0
  /// Agents whose cursor the restored hub had grown past when they came back.
  var outgrown = 0
  var edits = 0
  var reached: [Rare: Int] = [:]
  var traceHash: UInt64 = 0
  var tail: [String] = []
}

/// What a run over the grid has seen; written to `.build/soak/grid.json`.
struct RestoreGridReport: Codable, Sendable {
  struct Failure: Codable, Sendable {
    var agent: Int
    var hub: Int
    var seed: UInt64
    var rule: String
    var detail: String
  }

  /// Pairs of backups that had a world at least.
  var cells = 0
  var worlds = 0
  var edits = 0
  var roleChanges = 0
  var purged = 0
  /// Agents whose cursors a restored hub had grown past when they came back.
  var outgrown = 0
  /// Changes that died with every database that held them.
  var lost = 0
  /// Changes that a restored hub or agent did not know any more, and how many of them it had in the end.
  var forgotten = 0
  var givenBack = 0
  var sometimes: [String: Int] = [:]
  var seconds = 0.0
  var violations: [Failure] = []

  mutating func add(_ outcome: RestoreOutcome) {
    worlds += 1
    edits += outcome.edits
    roleChanges += outcome.roleChanges
    purged += outcome.purged
    outgrown += outcome.outgrown
    lost += outcome.lost
    forgotten += outcome.forgotten
    givenBack += outcome.givenBack
    for (what, count) in outcome.reached { sometimes[what.rawValue, default: 0] += count }
    if let violation = outcome.violations.first {
      violations.append(
        Failure(
          agent: outcome.cell.agent, hub: outcome.cell.hub, seed: outcome.cell.seed, rule: violation.rule,
          detail: violation.detail))
    }
  }

  func save(_ path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    try FileManager.default.createDirectory(
      atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try encoder.encode(self).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}

/// A run's parameters, from the environment.
struct RestoreGridSettings: Sendable {
  /// Worlds of each cell.
  var seeds: Int
  var workers: Int
  var report: String

  /// Nil where no run was asked for.
  init?(_ environment: [String: String]) {
    guard let seeds = environment["LIANXIN_GRID_SEEDS"].flatMap({ Int($0) }) else { return nil }
    self.seeds = seeds
    workers = environment["LIANXIN_GRID_WORKERS"].flatMap { Int($0) } ?? ProcessInfo.processInfo.activeProcessorCount
    report = environment["LIANXIN_GRID_REPORT"] ?? ".build/soak/grid.json"
  }
}

final class RestoreGridRun: Sendable {
  private struct State {
    var report = RestoreGridReport()
    var next = 0
  }

  private let settings: RestoreGridSettings
  private let cells: [RestoreCell]
  private let state = Mutex(State())
  private let began = ContinuousClock.now

  init(_ settings: RestoreGridSettings) {
    self.settings = settings
    let ages = RestoreCell.ages
    // Diagonal by diagonal, and seeds by turns, so that a run that is stopped has seen some of all.
    cells = (0..<settings.seeds).flatMap { round in
      (0..<ages * ages).map { index in
        let agent = index % ages
        return RestoreCell(
          agent: agent, hub: (agent + index / ages) % ages, seed: UInt64((round + index) % settings.seeds + 1))
      }
    }
  }

  func run() async throws -> RestoreGridReport {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<settings.workers { group.addTask { try self.work() } }
      try await group.waitForAll()
    }
    let report = state.withLock { $0.report }
    try report.save(settings.report)
    tell(report, end: "\n")
    return report
  }

  private func work() throws {
    let grounds = try Grounds()
    while let cell = state.withLock({ state -> RestoreCell? in
      guard state.next < cells.count else { return nil }
      state.next += 1
      return cells[state.next - 1]
    }) {
      let outcome = RestoreGrid.run(cell, grounds: grounds)
      let report = state.withLock { state in
        state.report.add(outcome)
        state.report.cells = min(state.report.worlds, RestoreCell.ages * RestoreCell.ages)
        state.report.seconds = (ContinuousClock.now - began) / .seconds(1)
        return state.report
      }
      if let violation = outcome.violations.first {
        let text = "\nVIOLATION in \(cell): \(violation)\n  replay: make grid CELL=\(cell)\n"
        FileHandle.standardError.write(Data(text.utf8))
      }
      if report.worlds % 20 == 0 || !outcome.violations.isEmpty {
        try report.save(settings.report)
        tell(report, end: "\r")
      }
    }
  }

  private func tell(_ report: RestoreGridReport, end: String) {
    let text =
      "grid: \(report.worlds) of \(cells.count) worlds, \(report.forgotten) changes forgotten, \(report.givenBack) given "
      + "back, \(report.lost) lost, \(report.violations.count) violations, \(Int(report.seconds)) s"
    FileHandle.standardError.write(Data((text + end).utf8))
  }
}
