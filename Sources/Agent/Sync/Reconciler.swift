// Comparing as the agent's pull lane does it: which comparison is under way, what it was asked for, how far it is, and how it ended.
// Which step comes next is ReconcileWalk's; what goes over the wire is the dialogue's.

import Core
import Synchronization

/// What was asked for.
struct ResyncRequest: Sendable, Equatable {
  /// The hub's command, where it asked.
  var command: String?
  /// Makes every state and digest anew from the log first.
  var isFull = false
  /// Compares and exchanges nothing.
  var isDryRun = false
  /// One order alone.
  var order: OrderID?

  /// Whether it asks for the same work, whoever asks.
  func isSame(as other: ResyncRequest) -> Bool {
    isFull == other.isFull && isDryRun == other.isDryRun && order == other.order
  }

  /// `{"full","dryRun","order"?}`.
  var json: JSON {
    .compact([
      ("full", .bool(isFull)), ("dryRun", .bool(isDryRun)), ("order", order.map { .string($0.text) }),
    ])
  }

  /// As a person writes it.
  var words: String {
    let options = [isFull ? "--full" : nil, isDryRun ? "--dry-run" : nil, order.map { "--order \($0)" }].compactMap(
      \.self)
    return options.isEmpty ? "without options" : options.joined(separator: " ")
  }
}

/// What asking for a comparison came to.
enum ResyncAnswer: Sendable, Equatable {
  case taken
  /// The same is asked for or under way already: whoever was interrupted and asks again is told of that one.
  case joined
  /// Another one is asked for or under way.
  case busy(with: ResyncRequest)
}

/// Both lanes and those who ask look at it.
final class Reconciler: Sendable {
  enum Phase: String, Sendable { case idle, waiting, rebuilding, comparing }

  private struct State {
    var wanted: ResyncRequest?
    var running: ResyncRequest?
    var walk: ReconcileWalk?
    var begunAt: Int?
    /// What the disk altered before it was sent was looked for.
    var hasSettled = false
    /// Under way before the walk, where everything is made anew first.
    var rebuild: Rebuild?
    var rebuilt = 0
    var last: ReconcileReport?
    var finished = 0
  }

  private let state = Mutex(State())

  /// One is asked for and not begun.
  var isWanted: Bool { state.withLock { $0.wanted != nil } }

  /// Asks for a comparison.
  func ask(_ request: ResyncRequest) -> ResyncAnswer {
    state.withLock { state in
      if let other = state.running ?? state.wanted { return other.isSame(as: request) ? .joined : .busy(with: other) }
      state.wanted = request
      return .taken
    }
  }

  /// Asks for a comparison from its beginning. False where one is asked for or under way.
  func want(_ request: ResyncRequest) -> Bool { ask(request) == .taken }

  /// What the hub asks for with every answer until it is done; once is enough.
  func wantFromHub(_ request: ResyncRequest) {
    state.withLock { state in
      if state.running?.command == request.command || state.wanted?.command == request.command { return }
      state.wanted = state.wanted ?? request
    }
  }

  /// Begins what was asked for, else the comparison that the hub's loss makes due, if none is under way. One that failed before it had
  /// a walk begins again: else it would be under way for ever.
  func begin(now: Int) -> ResyncRequest? {
    state.withLock { state in
      guard state.walk == nil, state.rebuild == nil else { return nil }
      let request: ResyncRequest
      if let running = state.running {
        request = running
      } else {
        request = state.wanted ?? ResyncRequest()
        state.wanted = nil
      }
      state.running = request
      state.walk = nil
      state.begunAt = now
      state.rebuilt = 0
      return request
    }
  }

  /// True once in each that is asked for: whether something is to be settled before it.
  func maySettle() -> Bool {
    state.withLock { state in
      defer { state.hasSettled = true }
      return !state.hasSettled
    }
  }

  /// When the comparison under way began; the clock of `begin`.
  var begunAt: Int? { state.withLock { $0.begunAt } }
  var running: ResyncRequest? { state.withLock { $0.running } }
  var walk: ReconcileWalk? { state.withLock { $0.walk } }

  /// Why the one under way is made. Where it is due, that weighs more than who asked meanwhile.
  func reason(isDue: Bool) -> String {
    isDue ? HealingReason.hubWentBack : running?.command ?? HealingReason.local
  }

  /// How far the looking over before the comparison has come; nil where there is none.
  var rebuild: Rebuild? { state.withLock { $0.rebuild } }

  func lookOver(_ rebuild: Rebuild) {
    state.withLock { state in
      state.rebuild = rebuild
      state.rebuilt = rebuild.checked
    }
  }

  /// The comparison begins.
  func compare(_ walk: ReconcileWalk) {
    state.withLock { state in
      state.rebuild = nil
      state.walk = walk
    }
  }

  /// Changes the walk.
  func update<Value>(_ body: (inout ReconcileWalk) throws -> Value) rethrows -> Value? {
    try state.withLock { state in
      guard var walk = state.walk else { return nil }
      defer { state.walk = walk }
      return try body(&walk)
    }
  }

  func finish(_ report: ReconcileReport) {
    state.withLock { state in
      state.finished += 1
      state.last = report
      state.running = nil
      state.walk = nil
      state.hasSettled = false
    }
  }

  /// What people are shown: `{"state","number","request"?,"orders","done","differing"?,"report"?}`. `request` is what is waiting or
  /// under way. `number` counts those that ended since the
  /// daemon's start, `report` is the last one's: what is waiting or under way has ended once `number` is one higher.
  func document(orders: Int) -> JSON {
    state.withLock { state in
      let phase: Phase
      if let running = state.running {
        phase = state.walk == nil && running.isFull ? .rebuilding : .comparing
      } else {
        phase = state.wanted == nil ? .idle : .waiting
      }
      return .compact([
        ("state", .string(phase.rawValue)), ("number", .int(state.finished)),
        ("request", (state.running ?? state.wanted)?.json), ("orders", .int(orders)),
        ("done", .int(phase == .rebuilding ? state.rebuilt : Int(Double(orders) * (state.walk?.progress ?? 0)))),
        ("differing", state.walk.map { .int($0.report.differing) }),
        ("report", state.last?.json),
      ])
    }
  }
}
