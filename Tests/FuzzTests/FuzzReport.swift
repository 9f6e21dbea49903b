// What a run found, in figures and in files.

import Foundation
import Synchronization

@testable import Core

struct FuzzReport: Sendable {
  let seed: UInt64
  var inputs = 0
  var mutated = 0
  /// By target: the inputs, then those that passed each stage.
  var counts: [String: [Int]] = [:]
  var findings: [FuzzFinding] = []
  var seconds = 0.0

  init(seed: UInt64) { self.seed = seed }

  init(seed: UInt64, progress: FuzzProgress, findings: [FuzzFinding]) {
    self.seed = seed
    self.findings = findings
    inputs = progress.begun
    mutated = progress.mutated
    for (number, target) in FuzzTarget.all.enumerated() {
      counts[target.name] = (0...target.stages.count).map { progress.count(target: number, slot: $0) }
    }
  }

  /// Adds the figures of another part of the same run.
  mutating func add(_ other: FuzzReport) {
    inputs += other.inputs
    mutated += other.mutated
    findings += other.findings
    counts.merge(other.counts) { zip($0, $1).map(+) }
  }

  var traps: [FuzzFinding] { findings.filter { $0.kind != "disagreement" } }
  var disagreements: [FuzzFinding] { findings.filter { $0.kind == "disagreement" } }

  /// Stages that no input reached: there the fuzzer proves nothing.
  var unreached: [String] {
    FuzzTarget.all.flatMap { target in
      let counts = counts[target.name] ?? []
      return target.stages.enumerated().filter { counts[$0.offset + 1] == 0 }.map { "\(target.name): \($0.element)" }
    }
  }

  var json: JSON {
    let stages = FuzzTarget.all.map { target -> JSON.Member in
      let counts = counts[target.name] ?? []
      return JSON.Member(
        target.name, .object(zip(["input"] + target.stages, counts).map { JSON.Member($0, .int($1)) }))
    }
    return [
      "seed": .int(Int(clamping: seed)), "inputs": .int(inputs), "traps": .int(traps.count),
      "disagreements": .int(disagreements.count), "mutated": .int(mutated), "stages": .object(stages),
      "seconds": .number(String(seconds)),
      "findings": .array(
        findings.map {
          [
            "kind": .string($0.kind), "decoder": .string($0.target), "index": .int($0.index),
            "bytes": .int($0.bytes.count), "words": .string(String($0.words.suffix(400))),
            "replay": .string($0.replay),
          ]
        }),
    ]
  }

  static let directory = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent(".build/fuzz")

  /// Writes `report.json`, if asked for, and each finding's input into `traps/`.
  func write(to directory: URL = FuzzReport.directory, withFigures: Bool) throws {
    let traps = directory.appendingPathComponent("traps")
    try FileManager.default.createDirectory(at: traps, withIntermediateDirectories: true)
    if withFigures { try Data(json.bytes + [0x0A]).write(to: directory.appendingPathComponent("report.json")) }
    for finding in findings {
      let name = "\(finding.seed)-\(finding.index)-\(finding.target)"
      try Data(finding.bytes).write(to: traps.appendingPathComponent(name + ".input"))
      let text = "\(finding.kind)\n\(finding.replay)\n\n\(finding.words)\n"
      try Data(text.utf8).write(to: traps.appendingPathComponent(name + ".txt"))
    }
  }

  /// The findings for a person, a line or two each.
  var summary: String {
    findings.prefix(10).map {
      "\($0.target) input \($0.index): \($0.kind), \($0.bytes.count) bytes in .build/fuzz/traps\n  \($0.replay)\n  "
        + $0.words.suffix(300)
    }.joined(separator: "\n")
  }
}

/// How far the lanes of a run are, together.
final class FuzzTally: Sendable {
  private let lanes: Mutex<[(begun: Int, findings: Int)]>

  init(lanes: Int) { self.lanes = Mutex(Array(repeating: (0, 0), count: lanes)) }

  func note(lane: Int, begun: Int, findings: Int) -> (begun: Int, findings: Int) {
    lanes.withLock { lanes in
      lanes[lane] = (begun, findings)
      return lanes.reduce((0, 0)) { ($0.0 + $1.begun, $0.1 + $1.findings) }
    }
  }
}
