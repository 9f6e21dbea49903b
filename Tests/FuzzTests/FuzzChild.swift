// The child: tries one input after the other and says in the shared file which. A trap ends it, and nothing else.

import Foundation
import Testing

/// What a child is told, in one environment variable.
struct FuzzOrder: Sendable, Equatable {
  static let variable = "LIANXIN_FUZZ_CHILD"

  /// A fault of the fuzzer's own making, by which it is shown that faults are found.
  enum Sabotage: String, Sendable {
    case trap
    case hang
    case disagree
  }

  var seed: UInt64
  var first: Int
  var count: Int
  /// Path of the shared file; disagreements go beside it, to `.notes`.
  var progress: String
  var sabotage: (kind: Sabotage, index: Int)?

  var text: String {
    let tail = sabotage.map { "\($0.kind.rawValue),\($0.index)" } ?? "none,0"
    return "\(seed),\(first),\(count),\(tail),\(progress)"
  }

  init(seed: UInt64, first: Int, count: Int, progress: String, sabotage: (kind: Sabotage, index: Int)? = nil) {
    self.seed = seed
    self.first = first
    self.count = count
    self.progress = progress
    self.sabotage = sabotage
  }

  init?(_ text: String) {
    let parts = text.split(separator: ",", maxSplits: 5).map(String.init)
    guard parts.count == 6, let seed = UInt64(parts[0]), let first = Int(parts[1]), let count = Int(parts[2]),
      let index = Int(parts[4])
    else { return nil }
    self.init(seed: seed, first: first, count: count, progress: parts[5])
    sabotage = Sabotage(rawValue: parts[3]).map { ($0, index) }
  }

  static func == (left: FuzzOrder, right: FuzzOrder) -> Bool { left.text == right.text }

  static let given = ProcessInfo.processInfo.environment[variable].flatMap(FuzzOrder.init)
}

@Suite struct FuzzChild {
  /// Not a test of its own: the fuzzer starts the test bundle once more with this alone.
  @Test(.enabled(if: FuzzOrder.given != nil, "only in a process that the fuzzer starts"))
  func triesItsInputs() throws {
    let order = try #require(FuzzOrder.given)
    let progress = try FuzzProgress(path: order.progress)
    let inputs = FuzzInputs(seed: order.seed, corpus: try FuzzCorpus())
    let numbers = Dictionary(uniqueKeysWithValues: FuzzTarget.all.enumerated().map { ($1.name, $0) })
    for index in order.first..<order.first + order.count {
      progress.index = index
      progress.phase = .making
      progress.begun += 1
      let input = inputs[index]
      let number = try #require(numbers[input.target.name])
      if input.isMutation { progress.mutated += 1 }
      progress.raise(target: number, slot: 0)
      progress.phase = .trying
      var trail = input.target.run(input.bytes)
      if let sabotage = order.sabotage, sabotage.index == index { FuzzChild.sabotage(sabotage.kind, &trail) }
      for (slot, stage) in input.target.stages.enumerated() where trail.passed.contains(stage) {
        progress.raise(target: number, slot: slot + 1)
      }
      for reason in trail.disagreements { try FuzzChild.note("\(index)\t\(reason)", beside: order.progress) }
    }
  }

  private static func sabotage(_ kind: FuzzOrder.Sabotage, _ trail: inout FuzzTrail) {
    switch kind {
    case .trap: preconditionFailure("told to trap")
    case .hang: while true { pause() }
    case .disagree: trail.disagree("told to disagree")
    }
  }

  private static func note(_ line: String, beside progress: String) throws {
    let path = progress + ".notes"
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FuzzFailure("cannot write \(path)") }
    defer { close(file) }
    let bytes = Array((line.replacing("\n", with: "\\n").prefix(2_000) + "\n").utf8)
    guard write(file, bytes, bytes.count) == bytes.count else { throw FuzzFailure("cannot write \(path)") }
  }
}

@Suite struct FuzzReplay {
  /// Tries one input in this process, as in LIANXIN_FUZZ_REPLAY=1:4711: under a debugger, or for the trap's own words.
  @Test(.enabled(if: ProcessInfo.processInfo.environment["LIANXIN_FUZZ_REPLAY"] != nil, "only when asked for"))
  func triesOneInput() throws {
    let parts = (ProcessInfo.processInfo.environment["LIANXIN_FUZZ_REPLAY"] ?? "").split(separator: ":")
    guard parts.count == 2, let seed = UInt64(parts[0]), let index = Int(parts[1]) else {
      throw FuzzFailure("write LIANXIN_FUZZ_REPLAY=SEED:INDEX")
    }
    let input = FuzzInputs(seed: seed, corpus: try FuzzCorpus())[index]
    print("\(input.target.name), \(input.bytes.count) bytes:\n\(String(decoding: input.bytes, as: UTF8.self))")
    let trail = input.target.run(input.bytes)
    print("passed: \(trail.passed.joined(separator: ", "))")
    #expect(trail.disagreements == [])
  }
}
