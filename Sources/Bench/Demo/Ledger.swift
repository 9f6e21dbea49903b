// What was recorded, by the demonstration's own book: outside of every database, so that it can be held against them. One line a
// command in ledger.jsonl, written when its answer is known.

import Core
import Foundation
import Shell
import Synchronization

/// Who acts: the hotline, or a platform through its agent.
enum Side: Sendable, Hashable {
  case hub
  case agent(String)

  var name: String {
    switch self {
    case .hub: "hub"
    case .agent(let name): name
    }
  }
}

/// A command that was answered "recorded".
struct Edit: Sendable {
  let marker: String
  let request: String
  let side: Side
  let order: String
  /// As its answer named it.
  let dot: String
  let step: Step
  /// The order that was named in the call; nil where it made one.
  let target: String?
}

/// What became of a command.
enum Outcome: Sendable {
  case recorded(order: String, dot: String)
  /// A rule refused it, as the order's state asked for.
  case refused
}

final class Ledger: Sendable {
  struct Counts: Sendable {
    var refused = 0
    /// Answered only when it was repeated with the same request id: the first call had broken off.
    var unknownOutcomes = 0
    var repeats = 0
    var throughCommandLine = 0
  }

  private struct State {
    var next = 0
    var edits: [Edit] = []
    var refusedMarkers: [String] = []
    var faults: [String] = []
    var counts = Counts()
  }

  private let state = Mutex(State())
  private let file: FileHandle

  init(path: String) throws(CommandFailure) {
    guard FileManager.default.createFile(atPath: path, contents: nil), let file = FileHandle(forWritingAtPath: path)
    else {
      throw CommandFailure("\(path) cannot be written")
    }
    self.file = file
  }

  var edits: [Edit] { state.withLock { $0.edits } }
  /// Markers that must be nowhere.
  var refusedMarkers: [String] { state.withLock { $0.refusedMarkers } }
  var counts: Counts { state.withLock { $0.counts } }
  /// Repeats that were not answered as the first call.
  var faults: [String] { state.withLock { $0.faults } }

  /// A recorded edit at this part of all, from 0 up to 1; nil while there is none.
  func edit(at part: Double) -> Edit? {
    state.withLock { $0.edits.isEmpty ? nil : $0.edits[Int(part * Double($0.edits.count))] }
  }

  /// A fresh marker; none contains another.
  func marker() -> String {
    state.withLock { state in
      state.next += 1
      return "mark-" + String(format: "%07d", state.next)
    }
  }

  /// - Parameters:
  ///   - attempts: how often the command was sent until it was answered.
  ///   - took: from the first time that it was sent to its answer.
  func write(
    _ outcome: Outcome, _ marker: String, request: String, _ side: Side, target: String?, _ step: Step, attempts: Int,
    took: Duration,
    throughCommandLine: Bool
  ) throws {
    var members: [(String, JSON?)] = [
      ("marker", .string(marker)), ("request", .string(request)), ("side", .string(side.name)),
      ("what", .string(step.what)),
      ("attempts", .int(attempts)), ("milliseconds", .int(Int(took / .milliseconds(1)))),
    ]
    switch outcome {
    case .recorded(let order, let dot):
      members += [("answer", "recorded"), ("order", .string(order)), ("dot", .string(dot))]
    case .refused: members += [("answer", "refused"), ("order", target.map(JSON.string))]
    }
    let line = JSON.compact(members).bytes + [0x0A]
    try state.withLock { state in
      switch outcome {
      case .recorded(let order, let dot):
        state.edits.append(
          Edit(marker: marker, request: request, side: side, order: order, dot: dot, step: step, target: target))
      case .refused:
        state.refusedMarkers.append(marker)
        state.counts.refused += 1
      }
      if attempts > 1 { state.counts.unknownOutcomes += 1 }
      if throughCommandLine { state.counts.throughCommandLine += 1 }
      try file.write(contentsOf: line)
    }
  }

  /// A recorded command was sent again with its request id.
  func repeated(_ edit: Edit, dot: String, isMarkedRepeated: Bool) {
    state.withLock { state in
      state.counts.repeats += 1
      if dot != edit.dot || !isMarkedRepeated {
        state.faults.append(
          "\(edit.step.what) on \(edit.order) at \(edit.side.name), repeated: \(dot) instead of \(edit.dot)"
            + (isMarkedRepeated ? "" : ", not marked as a repeat"))
      }
    }
  }
}
