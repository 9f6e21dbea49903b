// The thin loop: two threads that ask the engine what to do, do it over the store and the transport, and tell how it ended. It
// decides nothing; all waiting is interruptible.

import Core
import Dispatch
import Foundation
import Logging
import ServiceLifecycle
import Synchronization

/// Why the loop ended by itself.
struct SyncLoopError: Error, CustomStringConvertible {
  let description: String
}

/// Pushes and pulls until it is told to stop. After that nothing is in flight, and everything is in the database.
final class SyncLoop: Service {
  private struct State {
    var engine: SyncEngine
    var isStopping = false
    var clock = ClockWatch()
    var runningLanes = 0
    var whenEnded: CheckedContinuation<Void, Never>?
  }

  private let store: AgentStore
  private let dialogue: SyncDialogue
  private let transport: SyncTransport
  private let renewal: CertificateRenewal
  private let logger: Logger
  /// Monotonic, milliseconds.
  private let startedAt: Int
  private let state: Mutex<State>
  private let wakers: [DispatchSemaphore]

  /// How often a lane that waits for a person looks whether a certificate file was replaced or the clock set.
  private static let lookAgain = 10_000
  private static let stackBytes = 1 << 20
  /// How often who waits for both sides to be equal looks whether they are.
  private static let settleStep: Duration = .milliseconds(20)

  init(store: AgentStore, transport: SyncTransport, files: AgentFiles, settings: SyncEngine.Settings, logger: Logger) {
    self.store = store
    dialogue = SyncDialogue(store: store)
    self.transport = transport
    self.logger = logger
    renewal = CertificateRenewal(files: files, logger: logger)
    startedAt = SyncLoop.monotonic()
    state = Mutex(State(engine: SyncEngine(settings: settings)))
    wakers = SyncLane.allCases.map { _ in DispatchSemaphore(value: 0) }
  }

  // MARK: From outside

  /// An edit was recorded.
  func localChange() {
    state.withLock { $0.engine.localChange() }
    wakers[SyncLane.push.rawValue].signal()
  }

  /// The store's cursor was moved: what is being waited for at the hub is asked for anew.
  func cursorMoved() {
    transport.interruptPoll()
    syncNow()
  }

  /// Compares what both sides hold, as asked for.
  func resync(_ request: ResyncRequest) -> ResyncAnswer {
    let answer = dialogue.reconciler.ask(request)
    guard answer == .taken else { return answer }
    state.withLock { $0.engine.wantReconcile() }
    cursorMoved()
    return answer
  }

  /// How far the comparison is that was asked for or is under way, and how the last one ended.
  func resyncDocument() throws -> JSON { dialogue.reconciler.document(orders: try store.orderCount()) }

  /// Tries at once whatever waits for a retry.
  func syncNow() {
    state.withLock { $0.engine.syncNow() }
    wakeAll()
  }

  /// As `syncNow`, and returns when nothing is unsent and everything that the hub had at this call has been read, or after `wait`.
  func syncNow(wait: Duration?) async {
    if wait != nil { state.withLock { $0.engine.wantHead() } }
    syncNow()
    guard let wait else { return }
    let clock = ContinuousClock()
    let end = clock.now + wait
    while clock.now < end, !isSettled() {
      do {
        try await Task.sleep(for: SyncLoop.settleStep)
      } catch {
        return
      }
    }
  }

  private func isSettled() -> Bool {
    let isKnown = state.withLock { state in
      if case .online = state.engine.link { !state.engine.isHeadWanted && !state.engine.isReconciling } else { false }
    }
    // A database that cannot be read is not settled; who asks for the status is told why.
    return isKnown && (try? store.isSettled()) == true
  }

  /// Ends the calls in flight and both lanes.
  func stop() {
    state.withLock { $0.isStopping = true }
    transport.stop()
    wakeAll()
  }

  /// The link for people: `{"state","since","reason"?,"nextTry"?,"settling"?}`, the last one true of a fork that passes by itself; `now`
  /// is wall time, milliseconds. `since` is as long ago by that clock as it is in truth, however often the clock was set meanwhile:
  /// never after `now`.
  func link(now: Int) -> JSON {
    let monotonic = SyncLoop.monotonic()
    let (link, retry) = state.withLock { state in
      (state.engine.link, SyncLane.allCases.compactMap { state.engine.retryAt($0) }.filter { $0 > monotonic }.min())
    }
    let nextTry = retry.map { JSON.int(now + $0 - monotonic) }
    func shown(_ since: Int) -> JSON { .int(now - max(0, monotonic - since)) }
    switch link {
    case .connecting: return ["state": "connecting", "since": shown(startedAt)]
    case .online(let since): return ["state": "online", "since": shown(since)]
    case .offline(let since, let reason):
      return .compact([
        ("state", "offline"), ("since", shown(since)), ("reason", .string(reason)), ("nextTry", nextTry),
      ])
    case .needsOperator(let since, let reason):
      return .compact([
        ("state", "needs-operator"), ("since", shown(since)), ("reason", .string(reason)), ("nextTry", nextTry),
      ])
    case .forked(let since):
      return .compact([
        ("state", "forked"), ("since", shown(since)),
        (
          "reason",
          store.forkedAt.map { .string("\($0) has two contents: this database was copied while it was in use") }
        ), ("settling", store.isForked ? .bool(true) : nil),
      ])
    }
  }

  /// Runs both lanes until a graceful shutdown, or until the disk fails under the store (then it throws).
  func run() async throws {
    state.withLock { $0.runningLanes = SyncLane.allCases.count }
    store.whenBroken { [weak self] in self?.stop() }
    for lane in SyncLane.allCases {
      let thread = Thread { [self] in runLane(lane) }
      thread.stackSize = SyncLoop.stackBytes
      thread.name = "sync-\(lane)"
      thread.start()
    }
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await withCheckedContinuation { continuation in
          let isOver = state.withLock { state in
            if state.runningLanes > 0 { state.whenEnded = continuation }
            return state.runningLanes == 0
          }
          if isOver { continuation.resume() }
        }
      } onGracefulShutdown: {
        self.stop()
      }
    } onCancel: {
      stop()
    }
    if let broken = store.broken { throw SyncLoopError(description: broken) }
  }

  // MARK: A lane

  private func runLane(_ lane: SyncLane) {
    while store.broken == nil {
      let start = SyncLoop.monotonic()
      watchClock(monotonic: start)
      let action = state.withLock { state in state.isStopping ? nil : state.engine.start(lane, now: start) }
      guard let action else { break }
      if case .idle(let until) = action {
        idle(lane, until: until, now: start)
        continue
      }
      guard let outcome = outcome(of: action, lane) else { break }
      finish(lane, outcome, start: start)
    }
    // One lane alone is of no use: what ended this one ends the other.
    stop()
    let waiting = state.withLock { state -> CheckedContinuation<Void, Never>? in
      state.runningLanes -= 1
      guard state.runningLanes == 0 else { return nil }
      defer { state.whenEnded = nil }
      return state.whenEnded
    }
    waiting?.resume()
  }

  /// Where somebody set the clock, what was planned by it is planned anew, and what waits for a person is tried at once.
  private func watchClock(monotonic: Int) {
    guard state.withLock({ $0.clock.hasJumped(wall: Wall.now, monotonic: monotonic) }) else { return }
    logger.info("sync.clockWasSet")
    renewal.planAnew()
    syncNow()
  }

  private func idle(_ lane: SyncLane, until: Int?, now: Int) {
    let needsOperator = state.withLock { if case .needsOperator = $0.engine.link { true } else { false } }
    var milliseconds = until.map { max(1, $0 - now) }
    if needsOperator { milliseconds = min(milliseconds ?? SyncLoop.lookAgain, SyncLoop.lookAgain) }
    guard let milliseconds else { return wakers[lane.rawValue].wait() }
    let result = wakers[lane.rawValue].wait(timeout: .now() + .milliseconds(milliseconds))
    if needsOperator, result == .timedOut, transport.hasChangedFiles() { syncNow() }
  }

  private func finish(_ lane: SyncLane, _ outcome: SyncOutcome, start: Int) {
    let now = SyncLoop.monotonic()
    let (before, after) = state.withLock { state in
      let before = state.engine.link
      // `link(now:)` makes wall time of it: the wall clock may be set before anybody looks.
      state.engine.finished(
        lane, outcome, now: now, elapsed: now - start, wall: now, random: Double.random(in: 0..<1))
      if dialogue.reconciler.isWanted { state.engine.wantReconcile() }
      return (before, state.engine.link)
    }
    log(before, after)
    // What one lane learns may free the other: a greeting, a lost cursor.
    for other in SyncLane.allCases where other != lane { wakers[other.rawValue].signal() }
  }

  private func log(_ before: SyncEngine.Link, _ after: SyncEngine.Link) {
    switch after {
    // A reason that changes within one outage is for the status; the log has one event an outage.
    case .offline: if case .offline = before { return }
    default: if before == after { return }
    }
    switch after {
    case .connecting: break
    case .online: logger.info("sync.online")
    case .offline(_, let reason): logger.warning("sync.offline", metadata: ["reason": "\(reason)"])
    case .needsOperator(_, let reason): logger.error("sync.needsOperator", metadata: ["reason": "\(reason)"])
    case .forked: logger.error("sync.forked", metadata: ["dot": "\(store.forkedAt?.description ?? "")"])
    }
  }

  // MARK: Actions

  /// Does what the engine said; nil where the loop is being stopped.
  private func outcome(of action: SyncAction, _ lane: SyncLane) -> SyncOutcome? {
    do {
      switch action {
      case .hello, .pull, .reconcile, .settle: renewal.renewIfDue(over: transport, lane: lane, now: Wall.now)
      case .push, .idle: break
      }
      switch try dialogue.step(for: action, now: Wall.now) {
      case nil: return nil
      case .settled(let outcome): return outcome
      case .send(let call):
        let outcome = try dialogue.take(try transport.send(call, lane: lane), to: call, now: Wall.now)
        logger.debug("sync.called", metadata: ["call": "\(call.name)", "outcome": "\(outcome)"])
        return outcome
      }
    } catch {
      if !(error is SyncFailure) {
        logger.warning("sync.failed", metadata: ["action": "\(action)", "reason": "\(error)"])
      }
      return SyncDialogue.outcome(of: error)
    }
  }

  private func wakeAll() { for waker in wakers { waker.signal() } }

  private static func monotonic() -> Int {
    var time = timespec()
    // Counts on while the machine sleeps, so that a wait does not outlast it.
    clock_gettime(CLOCK_BOOTTIME, &time)
    return time.tv_sec * 1_000 + time.tv_nsec / 1_000_000
  }
}
