// The sync loop's decisions, outcome by outcome over virtual time. What must hold over random outcomes is SyncEngineProperties'.

import Testing

@testable import Core

/// An engine on a clock of its own; every outcome takes ten milliseconds unless it says otherwise.
struct Engine {
  var engine: SyncEngine
  var now = 1_000
  var wall: Int { 1_340_000_000_000 + now }

  init(_ settings: SyncEngine.Settings = .init(), greeted: Bool = true) {
    engine = SyncEngine(settings: settings)
    if greeted { end(.pull, .greeted(cursorHolds: true, forked: false)) }
  }

  var push: SyncAction { engine.next(.push, now: now) }
  var pull: SyncAction { engine.next(.pull, now: now) }
  var batch: Int? { if case .push(let maxChanges, _) = push { maxChanges } else { nil } }
  var wait: Int? { if case .pull(let wait) = pull { wait } else { nil } }

  /// Milliseconds until the lane's retry, nil where it waits for none.
  func delay(_ lane: SyncLane) -> Int? { engine.retryAt(lane).map { $0 - now } }

  mutating func end(_ lane: SyncLane, _ outcome: SyncOutcome, elapsed: Int = 10, random: Double = 0.5) {
    now += elapsed
    engine.finished(lane, outcome, now: now, elapsed: elapsed, wall: wall, random: random)
  }

  mutating func passRetry(_ lane: SyncLane) { now = max(now, engine.retryAt(lane) ?? now) }
}

extension SyncOutcome {
  static func transient(_ reason: String = "no route", retryAfter: Int? = nil) -> SyncOutcome {
    .failed(.transient, reason: reason, retryAfterMilliseconds: retryAfter)
  }
  static let needsOperator = SyncOutcome.failed(
    .needsOperator, reason: "the certificate is revoked", retryAfterMilliseconds: nil)
  static let forked = SyncOutcome.failed(.fork, reason: "two contents", retryAfterMilliseconds: nil)
  static let greeted = SyncOutcome.greeted(cursorHolds: true, forked: false)
}

@Suite struct SyncEngineTests {
  @Test func theHubIsGreetedBeforeAnythingIsPushed() {
    var loop = Engine(greeted: false)
    #expect(loop.push == .idle(until: nil) && loop.pull == .hello && loop.engine.link == .connecting)
    loop.engine.localChange()
    #expect(loop.push == .idle(until: nil), "an edit is no greeting")
    loop.end(.pull, .greeted)
    #expect(loop.push == .push(maxChanges: 500, maxBytes: 1 << 20) && loop.pull == .pull(waitMilliseconds: 30_000))
    #expect(loop.engine.link == .online(since: loop.wall))
  }

  @Test func pushingRestsOnAnEmptyOutboxUntilALocalChange() {
    var loop = Engine()
    loop.end(.push, .pushed(isOutboxEmpty: false))
    #expect(loop.batch == 500)
    loop.end(.push, .pushed(isOutboxEmpty: true))
    #expect(loop.push == .idle(until: nil))
    loop.engine.localChange()
    #expect(loop.batch == 500)
  }

  @Test func aPollThatToldOfChangesSentSinceIsSetRightByAGreeting() {
    var loop = Engine()
    #expect(loop.engine.start(.pull, now: loop.now) == .pull(waitMilliseconds: 30_000))
    #expect(loop.engine.start(.push, now: loop.now) != .hello)
    loop.end(.push, .pushed(isOutboxEmpty: false))
    #expect(loop.batch == 500, "what waits goes first")
    _ = loop.engine.start(.push, now: loop.now)
    loop.end(.push, .pushed(isOutboxEmpty: true))
    #expect(loop.engine.start(.push, now: loop.now) == .hello)
    loop.end(.push, .greeted)
    loop.end(.push, .nothingToPush)
    #expect(loop.engine.start(.push, now: loop.now) == .idle(until: nil))

    // The poll that begins now tells of an empty outbox; a push says itself what it brings.
    loop.end(.pull, .pulled(entries: 1))
    _ = loop.engine.start(.pull, now: loop.now)
    loop.engine.localChange()
    _ = loop.engine.start(.push, now: loop.now)
    loop.end(.push, .pushed(isOutboxEmpty: true))
    #expect(loop.engine.start(.push, now: loop.now) == .idle(until: nil))
  }

  @Test(arguments: [0, 0.25, 0.5, 0.999_999])
  func backoffIsJitteredOverItsWholeRangeFromTheFirstRetryOn(random: Double) {
    var backoff = Backoff()
    for attempt in 0..<80 {
      let ceiling = min(300_000, 1_000 * (1 << min(attempt, 12)))
      let delay = backoff.next(random: random)
      #expect((0...ceiling).contains(delay))
      #expect(delay == Int(random * Double(ceiling)), "attempt \(attempt)")
    }
    backoff.reset()
    #expect(backoff.next(random: random) <= 1_000)
  }

  @Test func whatTheHubAsksForIsAFloorUnderTheRetry() {
    for (random, expected) in [(0.0, 60_000), (0.5, 60_500)] {
      var loop = Engine()
      loop.end(.push, .transient(retryAfter: 60_000), random: random)
      #expect(loop.delay(.push) == expected)
      #expect(loop.push == .idle(until: loop.now + expected))
    }
    var backoff = Backoff()
    #expect(backoff.next(random: 0, retryAfterMilliseconds: .max) == 300_000, "no answer silences an agent for ever")
    #expect(backoff.next(random: 0, retryAfterMilliseconds: -5) == 0)
  }

  @Test func aGreetingEndsBackoffOfThePushLaneButNotWhatTheHubAskedFor() {
    var loop = Engine()
    loop.end(.push, .transient(), random: 0.9)
    loop.end(.pull, .transient(), random: 0)
    #expect(loop.delay(.push) ?? 0 > 0)
    loop.end(.pull, .greeted)
    #expect(loop.batch != nil, "the hub is there again")
    loop.end(.push, .transient(retryAfter: 60_000), random: 0)
    let floor = loop.now + 60_000
    loop.end(.pull, .transient(), random: 0)
    loop.end(.pull, .greeted)
    #expect(loop.push == .idle(until: floor))
  }

  @Test func whatNeedsAPersonIsTriedEveryQuarterOfAnHourAndAtOnceWhenAsked() {
    var loop = Engine()
    loop.end(.pull, .needsOperator)
    #expect(loop.pull == .idle(until: loop.now + 900_000) && loop.push == .idle(until: nil))
    #expect(loop.engine.link == .needsOperator(since: loop.wall, reason: "the certificate is revoked"))
    var patient = loop
    patient.passRetry(.pull)
    #expect(patient.pull == .hello)
    loop.engine.syncNow()
    #expect(loop.pull == .hello)
    loop.end(.pull, .greeted)
    #expect(loop.engine.link == .online(since: loop.wall) && loop.batch != nil)
  }

  @Test func aPushThatNeedsAPersonWaitsAndIsShownAlthoughGreetingsSucceed() {
    var loop = Engine()
    loop.end(.push, .needsOperator)
    let (shown, retryAt) = (loop.engine.link, loop.now + 900_000)
    loop.end(.pull, .pulled(entries: 0))
    #expect(loop.pull == .hello)
    loop.end(.pull, .greeted)
    #expect(loop.push == .idle(until: retryAt) && loop.engine.link == shown)
    loop.end(.pull, .transient())
    #expect(loop.engine.link == shown, "a person is still needed")
    loop.passRetry(.pull)
    loop.end(.pull, .greeted)
    loop.passRetry(.push)
    loop.end(.push, .pushed(isOutboxEmpty: true))
    #expect(loop.engine.link == .online(since: loop.wall))
  }

  @Test func aForkOfSomebodyElsesDotStopsBothLanesForGood() {
    var loop = Engine()
    loop.end(.pull, .forked)
    let shown = SyncEngine.Link.forked(since: loop.wall)
    for inFlight in [SyncOutcome.pushed(isOutboxEmpty: false), .transient(), .needsOperator, .outOfStep] {
      loop.end(.push, inFlight)
      loop.engine.localChange()
      loop.engine.syncNow()
      #expect(loop.engine.link == shown, "\(inFlight)")
      #expect(loop.push == .idle(until: nil) && loop.pull == .idle(until: nil))
    }
  }

  @Test(arguments: [
    (SyncLane.pull, SyncOutcome.greeted(cursorHolds: true, forked: true)), (.push, .forkFound), (.pull, .forkFound),
  ])
  func anOwnRunWithTwoAuthorsIsSettledBeforeAnythingElseIsSaid(lane: SyncLane, fork: SyncOutcome) {
    var loop = Engine()
    loop.end(.pull, .transient())
    loop.end(lane, fork)
    let shown = SyncEngine.Link.forked(since: loop.wall)
    #expect(loop.pull == .settle && loop.push == .idle(until: nil) && loop.engine.link == shown)
    for inFlight in [SyncOutcome.pushed(isOutboxEmpty: false), .outOfStep] {
      loop.end(.push, inFlight)
      #expect(loop.pull == .settle && loop.push == .idle(until: nil) && loop.engine.link == shown, "\(inFlight)")
    }
    loop.end(.push, .transient(retryAfter: 4_000))
    #expect(loop.pull == .settle && loop.delay(.push).map { $0 >= 4_000 } == true, "what the hub asked for holds")
    loop.end(.pull, .pulled(entries: 3))
    #expect(loop.pull == .settle, "a poll that was in flight says nothing of it")
    loop.end(.pull, .settled(isDone: false))
    #expect(loop.pull == .settle)
    loop.end(.pull, .transient())
    #expect(loop.pull == .idle(until: loop.engine.retryAt(.pull)))
    loop.passRetry(.pull)
    #expect(loop.pull == .settle && loop.batch == nil)
    loop.end(.pull, .settled(isDone: true))
    #expect(loop.pull == .hello && loop.batch == nil)
    loop.end(.pull, .greeted)
    #expect(loop.wait != nil && loop.engine.link == .online(since: loop.wall))
    loop.passRetry(.push)
    #expect(loop.batch != nil)
  }

  @Test func aLostCursorIsGreetedAboutAtOnce() {
    var loop = Engine()
    loop.end(.pull, .cursorLost)
    #expect(loop.pull == .hello && loop.push == .idle(until: nil))
    loop.end(.pull, .greeted)
    #expect(loop.wait != nil && loop.batch != nil)

    var fresh = Engine(greeted: false)
    fresh.end(.pull, .greeted(cursorHolds: false, forked: false))
    #expect(fresh.pull == .reconcile && fresh.push == .idle(until: nil), "nothing is pushed before both are compared")
    fresh.end(.pull, .reconciled(isDone: false))
    #expect(fresh.pull == .reconcile && fresh.push == .idle(until: nil))
    fresh.end(.pull, .reconciled(isDone: true))
    #expect(fresh.pull == .hello && fresh.push == .idle(until: nil), "what the hub has of our runs is asked anew")
    fresh.end(.pull, .greeted)
    #expect(fresh.wait != nil && fresh.batch != nil)
  }

  @Test func aComparisonThatDidNotHelpIsDoneAgainByBackoff() {
    var loop = Engine(greeted: false)
    loop.end(.pull, .greeted(cursorHolds: false, forked: false))
    loop.end(.pull, .reconciled(isDone: true))
    loop.end(.pull, .greeted(cursorHolds: false, forked: false))
    #expect(loop.pull == .idle(until: loop.engine.retryAt(.pull)) && loop.delay(.pull) != nil)
    loop.passRetry(.pull)
    #expect(loop.pull == .reconcile)
  }

  @Test func whileTheOwnDatabaseIsLookedOverWhatArrivesIsFetchedInBetween() {
    var loop = Engine()
    loop.engine.wantReconcile()
    for _ in 0..<3 {
      #expect(loop.pull == .reconcile)
      loop.end(.pull, .lookedOver)
      #expect(loop.pull == .pull(waitMilliseconds: 0) && loop.batch != nil)
      loop.end(.pull, .pulled(entries: 1))
    }
    // What both sides know of each other comes first where that does not hold any more.
    var lost = Engine(greeted: false)
    lost.end(.pull, .greeted(cursorHolds: false, forked: false))
    lost.end(.pull, .lookedOver)
    #expect(lost.pull == .reconcile && lost.push == .idle(until: nil))
  }

  @Test func aComparisonThatSomeoneAsksForStopsNoPushes() {
    var loop = Engine()
    loop.engine.wantReconcile()
    #expect(loop.pull == .reconcile && loop.batch != nil && loop.engine.isReconciling)
    loop.end(.pull, .transient())
    loop.passRetry(.pull)
    #expect(loop.pull == .hello)
    loop.end(.pull, .greeted)
    #expect(loop.pull == .reconcile)
    loop.end(.pull, .reconciled(isDone: true))
    #expect(loop.wait != nil && !loop.engine.isReconciling)
  }

  @Test func aPushOutOfStepGreetsFirst() {
    var loop = Engine()
    loop.end(.push, .outOfStep)
    #expect(loop.push == .idle(until: loop.engine.retryAt(.push)) && loop.pull == .hello)
    loop.end(.pull, .greeted)
    #expect(loop.batch != nil)
  }

  /// Answers that come at once and never help: the lanes' actions within ten minutes.
  private func actions(_ push: SyncOutcome, _ pull: SyncOutcome, _ hello: SyncOutcome) -> Int {
    var loop = Engine(greeted: false)
    let end = loop.now + 600_000
    var actions = 0
    while loop.now < end, actions < 10_000 {
      var next: Int?
      for lane in [SyncLane.pull, .push] {
        switch loop.engine.next(lane, now: loop.now) {
        case .idle(let until): next = [next, until].compactMap { $0 }.min()
        case .hello: loop.end(lane, hello, elapsed: 0)
        case .push: loop.end(lane, push, elapsed: 0)
        case .pull: loop.end(lane, pull, elapsed: pull == .pulled(entries: 0) ? 30_000 : 0)
        case .reconcile: loop.end(lane, .reconciled(isDone: true), elapsed: 0)
        case .settle: loop.end(lane, .settled(isDone: true), elapsed: 0)
        }
        if case .idle = loop.engine.next(lane, now: loop.now) {} else { next = loop.now }
        actions += 1
      }
      loop.now = max(loop.now, next ?? end)
    }
    return actions
  }

  @Test func noAnswerOfTheHubMakesALaneSpin() {
    let pulled = SyncOutcome.pulled(entries: 0)
    let pushed = SyncOutcome.pushed(isOutboxEmpty: true)
    let notHeld = SyncOutcome.greeted(cursorHolds: false, forked: false)
    #expect(actions(pushed, pulled, .greeted) < 100)
    #expect(actions(pushed, .cursorLost, .greeted) < 100)
    #expect(actions(pushed, pulled, notHeld) < 100)
    #expect(actions(.forkFound, pulled, .greeted) < 200)
    #expect(actions(pushed, .forkFound, .greeted) < 100)
    #expect(actions(pushed, pulled, .greeted(cursorHolds: true, forked: true)) < 100)
    #expect(actions(.outOfStep, pulled, .greeted) < 200)
    #expect(actions(.cursorLost, pulled, .greeted) < 200)
    #expect(actions(.needsOperator, pulled, .greeted) < 100)
    #expect(actions(.needsOperator, .needsOperator, .needsOperator) < 10)
    #expect(actions(.transient(), .transient(), .transient()) < 100)
  }

  @Test func theBatchIsHalvedToOneAndDoubledToTheMaximum() {
    for failure in [SyncOutcome.tooLarge, .transient("timed out")] {
      var loop = Engine()
      for expected in [250, 125, 62, 31, 15, 7, 3, 1, 1, 1] {
        loop.end(.push, failure)
        loop.passRetry(.push)
        #expect(loop.batch == expected)
      }
      for expected in [2, 4, 8, 16, 32, 64, 128, 256, 500, 500] {
        loop.end(.push, .pushed(isOutboxEmpty: false))
        #expect(loop.batch == expected)
      }
    }
  }

  @Test func thePullWaitsShorterThanWhateverCutsItAndGrowsBack() {
    var loop = Engine()
    for (elapsed, expected) in [(20_000, 15_000), (12_000, 9_000), (4_000, 5_000)] {
      loop.end(.pull, .transient("cut"), elapsed: elapsed)
      loop.passRetry(.pull)
      loop.end(.pull, .greeted)
      #expect(loop.wait == expected)
    }
    loop.end(.pull, .pulled(entries: 3), elapsed: 200)
    #expect(loop.wait == 5_000, "an answer that came early says nothing of what cuts long ones")
    for expected in [10_000, 15_000, 20_000, 25_000, 30_000, 30_000] {
      loop.end(.pull, .pulled(entries: 0), elapsed: loop.wait ?? 0)
      #expect(loop.wait == expected)
    }
    loop.end(.pull, .transient("refused"), elapsed: 5)
    loop.passRetry(.pull)
    loop.end(.pull, .greeted)
    #expect(loop.wait == 30_000, "a refused connection is not a cut one")
  }

  @Test func theStatusKeepsTheBeginningOfAnOutageAndShowsTheNewestReason() {
    var loop = Engine()
    loop.end(.pull, .transient("no route"))
    let since = loop.wall
    loop.end(.push, .transient("timed out"))
    loop.passRetry(.pull)
    loop.end(.pull, .transient("refused"))
    #expect(loop.engine.link == .offline(since: since, reason: "refused"))
    loop.passRetry(.pull)
    loop.end(.pull, .greeted)
    let online = loop.wall
    loop.end(.push, .pushed(isOutboxEmpty: true))
    #expect(loop.engine.link == .online(since: online))
  }
}
