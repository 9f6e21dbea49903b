// Both lanes over random outcomes in virtual time: no lane acts before it may, and once the hub answers, everything recovers.

import Testing

@testable import Core

/// Two lanes as the agent's loop runs them, against a hub that does anything; the same seed gives the same run.
private struct RandomHub {
  private struct Flight {
    let action: SyncAction
    let since: Int
    let until: Int
  }

  private(set) var engine = SyncEngine()
  private(set) var now = 0
  private(set) var faults: [String] = []
  var isCalm = false
  /// Batches that are still to be sent.
  private var unsent = 3
  private var random: SplitMix64
  private var flights: [Flight?] = [nil, nil]
  /// No action of the lane before this time.
  private var floors = [0, 0]

  init(seed: UInt64) { random = SplitMix64(seed: seed) }

  mutating func localChanges(_ batches: Int) {
    unsent += batches
    engine.localChange()
  }

  mutating func syncNow() {
    floors = [0, 0]
    engine.syncNow()
  }

  /// Starts what may start, and goes on to the next thing that happens.
  mutating func step() {
    if !isCalm, random.chance(5) { localChanges(1) }
    if !isCalm, random.chance(3) { syncNow() }
    if !isCalm, random.chance(3) { engine.wantReconcile() }
    var times: [Int] = []
    for lane in SyncLane.allCases where flights[lane.rawValue] == nil {
      let action = engine.next(lane, now: now)
      if let retryAt = engine.retryAt(lane), retryAt > now, action != .idle(until: retryAt) {
        faults.append("\(lane) does \(action) at \(now), before \(retryAt)")
      }
      if case .idle(let until) = action {
        if let until { times.append(until) }
        if let until, until <= now { faults.append("\(lane) is idle until the past") }
        continue
      }
      if now < floors[lane.rawValue] { faults.append("\(lane) does \(action) at \(now), before \(floors)") }
      if case .push = action, lane == .pull { faults.append("the pull lane pushes") }
      if case .reconcile = action, lane == .push { faults.append("the push lane compares") }
      if case .settle = action, lane == .push { faults.append("the push lane settles") }
      flights[lane.rawValue] = Flight(action: action, since: now, until: now + latency(action))
    }
    times += flights.compactMap { $0?.until }
    guard let next = times.min() else {
      faults.append("nothing is ever done again")
      return
    }
    now = max(now, next)
    for lane in SyncLane.allCases {
      guard let flight = flights[lane.rawValue], flight.until <= now else { continue }
      flights[lane.rawValue] = nil
      finish(lane, flight)
    }
  }

  private mutating func latency(_ action: SyncAction) -> Int {
    if case .pull(let wait) = action, isCalm || random.chance(50) { return wait }
    return 1 + random.below(isCalm ? 50 : 25_000)
  }

  private mutating func finish(_ lane: SyncLane, _ flight: Flight) {
    let outcome = outcome(of: flight.action)
    switch outcome {
    case .failed(.transient, _, let retryAfter?): floors[lane.rawValue] = now + min(retryAfter, 300_000)
    case .failed(.needsOperator, _, _): floors[lane.rawValue] = now + 900_000
    default: floors[lane.rawValue] = 0
    }
    engine.finished(
      lane, outcome, now: now, elapsed: now - flight.since, wall: now, random: Double(random.below(1_000)) / 1_000)
    // An edit that came while the push ran must not be overlooked.
    if unsent > 0 { engine.localChange() }
  }

  private mutating func outcome(of action: SyncAction) -> SyncOutcome {
    if !isCalm, random.chance(40) {
      let failed: [SyncOutcome] = [
        .transient(), .transient(retryAfter: random.below(600_000)), .needsOperator, .tooLarge, .outOfStep, .cursorLost,
      ]
      if case .settle = action { return random.pick(Array(failed.prefix(3))) }
      return random.pick(failed + [.forkFound])
    }
    switch action {
    case .push:
      unsent = max(0, unsent - 1)
      return .pushed(isOutboxEmpty: unsent == 0)
    case .pull: return .pulled(entries: random.below(3))
    case .reconcile: return random.chance(20) ? .lookedOver : .reconciled(isDone: random.chance(50))
    case .settle: return .settled(isDone: random.chance(50))
    case .hello, .idle: return .greeted(cursorHolds: isCalm || random.chance(80), forked: false)
    }
  }
}

@Suite struct SyncEngineProperties {
  @Test(arguments: 0..<Cases.parts)
  func noLaneActsBeforeItMayAndEverythingRecoversOnceTheHubAnswers(part: Int) {
    for seed in 0..<UInt64(Cases.scaled(2_000) / Cases.parts) {
      var hub = RandomHub(seed: seed * UInt64(Cases.parts) + UInt64(part))
      for _ in 0..<60 { hub.step() }
      hub.isCalm = true
      // The longest wait is the operator's quarter of an hour; after it a wait needs six pulls to grow back.
      let calmFrom = hub.now
      hub.localChanges(12)
      var steps = 0
      while hub.now < calmFrom + 1_500_000, hub.faults.isEmpty, steps < 5_000 {
        hub.step()
        steps += 1
      }
      if hub.faults.isEmpty { hub.localChanges(1) }
      let actions = (hub.engine.next(.push, now: hub.now), hub.engine.next(.pull, now: hub.now))
      var isOnline = false
      if case .online = hub.engine.link { isOnline = true }
      guard hub.faults.isEmpty, isOnline, actions.0 == .push(maxChanges: 500, maxBytes: 1 << 20),
        actions.1 == .pull(waitMilliseconds: 30_000)
      else {
        Issue.record("seed \(seed), part \(part): \(hub.faults) \(hub.engine.link) \(actions)")
        return
      }
    }
  }
}
