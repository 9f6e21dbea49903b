// The parent: two children at a time, each with its share of the inputs; what a child dies of is recorded, and the next one goes on
// behind it.

import Foundation

/// An input that ended a child, or one whose readings do not fit together.
struct FuzzFinding: Sendable {
  /// `signal …`, `hang` or `disagreement`.
  let kind: String
  let index: Int
  let seed: UInt64
  let target: String
  let bytes: [UInt8]
  /// The end of the child's output, or the disagreement.
  let words: String

  var replay: String { "LIANXIN_FUZZ_REPLAY=\(seed):\(index) swift test --filter FuzzReplay" }
}

struct FuzzRun: Sendable {
  var seed: UInt64 = 1
  var inputs: Int
  /// A child that does nothing for so long hangs.
  var hangSeconds = 20
  var sabotage: (kind: FuzzOrder.Sabotage, index: Int)?
  var lanes = 2
  /// After so many findings a lane gives up.
  var findingsAtMost = 100
  /// Told now and then how many inputs are done, and how many findings there are.
  var onProgress: @Sendable (_ done: Int, _ findings: Int) -> Void = { _, _ in }

  func run() async throws -> FuzzReport {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent("lianxin-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    // What is left of a temporary directory is the system's to clean.
    defer { try? FileManager.default.removeItem(at: directory) }
    let began = ContinuousClock.now
    let done = FuzzTally(lanes: lanes)
    let share = (inputs + lanes - 1) / lanes
    let parts = try await withThrowingTaskGroup(of: FuzzReport.self) { group in
      for lane in 0..<lanes {
        let first = lane * share
        let count = max(0, min(share, inputs - first))
        let path = directory.appendingPathComponent("lane\(lane)").path
        group.addTask {
          try await withCheckedThrowingContinuation { continuation in
            // A thread of its own: it waits for processes.
            Thread.detachNewThread {
              continuation.resume(
                with: Result {
                  try self.lane(first: first, count: count, path: path) { begun, findings in
                    let sums = done.note(lane: lane, begun: begun, findings: findings)
                    self.onProgress(sums.begun, sums.findings)
                  }
                })
            }
          }
        }
      }
      return try await group.reduce(into: [FuzzReport]()) { $0.append($1) }
    }
    var report = FuzzReport(seed: seed)
    for part in parts { report.add(part) }
    report.seconds = Double((ContinuousClock.now - began).components.seconds)
    report.findings.sort { $0.index < $1.index }
    return report
  }

  private func lane(
    first: Int, count: Int, path: String, onProgress: (_ begun: Int, _ findings: Int) -> Void
  ) throws -> FuzzReport {
    let progress = try FuzzProgress(path: path)
    let maker = FuzzInputs(seed: seed, corpus: try FuzzCorpus())
    var findings: [FuzzFinding] = []
    var next = first
    while next < first + count, findings.count < findingsAtMost {
      let order = FuzzOrder(
        seed: seed, first: next, count: first + count - next, progress: path, sabotage: sabotage)
      progress.phase = .starting
      var child = try FuzzRun.start(order)
      guard let kind = try watch(&child, progress, { onProgress(progress.begun, findings.count) }) else { break }
      guard progress.phase == .trying else {
        throw FuzzFailure("a child died before an input (\(kind)): \(String(decoding: child.tail, as: UTF8.self))")
      }
      let input = maker[progress.index]
      findings.append(
        FuzzFinding(
          kind: kind, index: progress.index, seed: seed, target: input.target.name, bytes: input.bytes,
          words: String(decoding: child.tail.suffix(2_000), as: UTF8.self)))
      next = progress.index + 1
    }
    findings += try notes(path + ".notes", maker)
    return FuzzReport(seed: seed, progress: progress, findings: findings)
  }

  /// Waits for the child's end. nil: it has done all; else what it died of.
  private func watch(_ child: inout FuzzProcess, _ progress: FuzzProgress, _ onProgress: () -> Void) throws -> String? {
    var begun = -1
    var stillSince = ContinuousClock.now
    while true {
      if let end = child.end(within: 500) {
        switch end {
        case .exit(0) where progress.phase == .trying: return nil
        case .exit:
          throw FuzzFailure("a child failed (\(end)): \(String(decoding: child.tail.suffix(2_000), as: UTF8.self))")
        case .signal: return "\(end)"
        }
      }
      onProgress()
      if progress.begun != begun || progress.phase == .starting {
        begun = progress.begun
        stillSince = ContinuousClock.now
      } else if ContinuousClock.now - stillSince > .seconds(hangSeconds) {
        child.kill()
        return "hang"
      }
    }
  }

  private func notes(_ path: String, _ maker: FuzzInputs) throws -> [FuzzFinding] {
    guard FileManager.default.fileExists(atPath: path) else { return [] }
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    return lines.prefix(findingsAtMost).compactMap { line in
      let parts = line.split(separator: "\t", maxSplits: 1)
      guard parts.count == 2, let index = Int(parts[0]) else { return nil }
      let input = maker[index]
      return FuzzFinding(
        kind: "disagreement", index: index, seed: seed, target: input.target.name, bytes: input.bytes,
        words: String(parts[1]))
    }
  }

  private static func start(_ order: FuzzOrder) throws -> FuzzProcess {
    var environment = ProcessInfo.processInfo.environment
    environment[FuzzOrder.variable] = order.text
    // A backtrace takes longer than a thousand inputs; the replay has one.
    environment["SWIFT_BACKTRACE"] = "enable=no"
    let program = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    return try FuzzProcess(
      [program, "--testing-library", "swift-testing", "--filter", "FuzzTests.FuzzChild"], environment: environment)
  }
}
