// The agent's sync loop without its I/O: a value that is told what happened and says what to do next. Two lanes, push and pull, each
// run by a thin loop over the real store, transport and clock (or by the simulation over virtual ones).

public struct SyncEngine: Sendable {
  /// Why a lane waits, and until when.
  private enum Wait: Sendable {
    /// By backoff; a greeting shows that the hub is there again and ends it.
    case backoff(until: Int)
    /// Because the hub asked for it, or because a greeting did not help.
    case firm(until: Int)
    case person(until: Int)
  }

  private struct LaneState: Sendable {
    var backoff: Backoff
    var wait: Wait?

    var retryAt: Int? {
      switch wait {
      case .backoff(let until), .firm(let until), .person(let until): until
      case nil: nil
      }
    }

    var isWaitingForPerson: Bool { if case .person = wait { true } else { false } }

    mutating func endBackoff() { if case .backoff = wait { wait = nil } }
  }

  public let settings: Settings
  public private(set) var link = Link.connecting
  /// True where a push found that the hub must be greeted again, or that the poll under way tells of an outbox that is empty by now;
  /// and no greeting has been tried since. The pull lane will do it when its poll ends; the push lane, which has nothing else to
  /// do, may at once.
  public private(set) var greetsAtOnce = false
  /// Someone waits for what the hub has now: the push lane asks for its head where the pull lane's poll would hold it up.
  public private(set) var isHeadWanted = false
  private var isGreeted = false
  private var isOutboxEmpty = false
  private var isPushing = false
  /// An edit came while a push was under way, which says nothing of it.
  private var hasNewEdits = false
  private var isPolling = false
  /// The hub was last told of changes that wait, not counting the pushes themselves.
  private var hasToldOfUnsent = false
  /// The head that someone waits for is what the greeting under way will bring; who began to wait later needs the next one.
  private var asksForHead = SyncLane.allCases.map { _ in false }
  /// True from a cursor that did not hold to the next pull that works.
  private var isCursorLost = false
  /// The hub does not know what this agent knows of it: both are compared before anything is pushed or pulled.
  private var mustReconcile = false
  /// An own run has two authors: before anything else what was written here is written again under another run.
  private var mustSettle = false
  /// It was done, and no pull has worked since.
  private var hasSettled = false
  /// Somebody else's dot has two contents.
  private var isStopped = false
  /// It was done, and no pull has worked since.
  private var hasReconciled = false
  /// Someone asked for a comparison; pushes and polls go on around it.
  private var isReconcileWanted = false
  /// The own database was looked over for a while; the hub is asked what there is before that goes on.
  private var owesPull = false
  private var lanes: [LaneState]
  private var batchChanges: Int
  private var wait: Int

  public init(settings: Settings = Settings()) {
    self.settings = settings
    let backoff = Backoff(firstMilliseconds: settings.firstRetry, maxMilliseconds: settings.maxRetry)
    lanes = SyncLane.allCases.map { _ in LaneState(backoff: backoff) }
    batchChanges = settings.maxChanges
    wait = settings.maxWait
  }

  /// When the lane will try again (monotonic milliseconds), nil where it is not waiting for a retry.
  public func retryAt(_ lane: SyncLane) -> Int? { lanes[lane.rawValue].retryAt }

  /// A local edit was committed.
  public mutating func localChange() {
    isOutboxEmpty = false
    if isPushing { hasNewEdits = true }
  }

  /// Someone wants to know the hub's head now.
  public mutating func wantHead() { isHeadWanted = true }

  /// A person or the hub asked for a comparison of everything that both sides hold.
  public mutating func wantReconcile() { isReconcileWanted = true }

  /// True where the pull lane compares, or will when its call under way ends.
  public var isReconciling: Bool { mustReconcile || isReconcileWanted }

  /// A person asked for a sync, or the network, the clock, a certificate or the configuration changed: try at once.
  public mutating func syncNow() {
    isOutboxEmpty = false
    for lane in SyncLane.allCases {
      lanes[lane.rawValue].wait = nil
      lanes[lane.rawValue].backoff.reset()
    }
    if case .needsOperator = link { isGreeted = false }
  }

  /// What `lane` is to do at monotonic time `now`.
  public func next(_ lane: SyncLane, now: Int) -> SyncAction {
    if isStopped { return .idle(until: nil) }
    if let retryAt = lanes[lane.rawValue].retryAt, retryAt > now { return .idle(until: retryAt) }
    switch lane {
    case .push:
      if !isGreeted || isOutboxEmpty || mustReconcile || mustSettle { return .idle(until: nil) }
      return .push(maxChanges: batchChanges, maxBytes: settings.maxBytes)
    case .pull:
      if mustSettle { return .settle }
      if !isGreeted { return .hello }
      // Looking the own database over takes long: what arrives meanwhile is fetched in between.
      if isReconciling { return owesPull && !mustReconcile ? .pull(waitMilliseconds: 0) : .reconcile }
      return .pull(waitMilliseconds: wait)
    }
  }

  /// As `next`, and takes note that the lane does it now. `finished` must follow, unless the lane is idle or ends.
  public mutating func start(_ lane: SyncLane, now: Int) -> SyncAction {
    var action = next(lane, now: now)
    if lane == .push, case .idle(let until) = action {
      if greetsAtOnce { action = .hello }
      if isHeadWanted, until == nil, case .online = link { action = .hello }
    }
    switch action {
    case .hello:
      asksForHead[lane.rawValue] = isHeadWanted
      hasToldOfUnsent = !isOutboxEmpty
    case .push:
      isPushing = true
      hasNewEdits = false
    case .pull:
      isPolling = true
      hasToldOfUnsent = !isOutboxEmpty
    case .reconcile, .settle, .idle: break
    }
    return action
  }

  /// Takes note of how an action ended. `elapsed` is how long it took; `random` lies in 0..<1; `wall`
  /// is for people and decides nothing: the wall clock's time, or one that nobody can set where it is shown as wall time later.
  public mutating func finished(
    _ lane: SyncLane, _ outcome: SyncOutcome, now: Int, elapsed: Int, wall: Int, random: Double
  ) {
    let wasOvertaken = lane == .push && hasNewEdits
    let broughtHead = asksForHead[lane.rawValue]
    asksForHead[lane.rawValue] = false
    switch lane {
    case .push:
      isPushing = false
      hasNewEdits = false
    case .pull: isPolling = false
    }
    // What was in flight when a fork was found changes nothing; but a lane that is to wait waits.
    if isStopped { return }
    if mustSettle {
      switch outcome {
      case .settled, .failed: break
      // The hub went back: until both have been compared, what it holds says nothing of where the run parts.
      case .cursorLost where lane == .pull: mustSettle = false
      default: return
      }
    }
    if lane == .push { greetsAtOnce = false } else { owesPull = false }
    switch outcome {
    case .greeted(let cursorHolds, let forked):
      greetsAtOnce = false
      if broughtHead { isHeadWanted = false }
      if forked, cursorHolds {
        findFork(now, wall, random)
        return
      }
      // A greeting does not show that pushes work: the push lane keeps its waits, lest greeting and refusal take turns for ever.
      if lane == .push { reached(wall) } else { succeeded(lane, wall, resetsBackoff: !isCursorLost && !hasSettled) }
      isOutboxEmpty = false
      lanes[SyncLane.push.rawValue].endBackoff()
      isGreeted = true
      mustReconcile = !cursorHolds
      // Comparing did not help: again, but by backoff.
      if mustReconcile, hasReconciled { fail(.pull, now, random, nil) }
    case .pushed(let isEmpty):
      succeeded(lane, wall)
      isOutboxEmpty = isEmpty && !wasOvertaken
      // Else the hub would show changes that wait until the poll ends, half a minute later.
      greetsAtOnce = isOutboxEmpty && isPolling && hasToldOfUnsent
      batchChanges = min(batchChanges * 2, settings.maxChanges)
    case .nothingToPush:
      // Says nothing of the hub. What the lane waited with has been settled by the other one.
      isOutboxEmpty = !wasOvertaken
      lanes[lane.rawValue].backoff.reset()
      lanes[lane.rawValue].wait = nil
    case .forkFound: findFork(now, wall, random)
    case .settled(let isDone):
      if !hasSettled { lanes[lane.rawValue].backoff.reset() }
      lanes[lane.rawValue].wait = nil
      guard isDone else { return }
      mustSettle = false
      hasSettled = true
      isGreeted = false
      isOutboxEmpty = false
    case .interrupted: lanes[lane.rawValue].wait = nil
    case .lookedOver:
      lanes[lane.rawValue].wait = nil
      owesPull = true
    case .reconciled(let isDone):
      succeeded(lane, wall, resetsBackoff: !isCursorLost)
      guard isDone else { return }
      isReconcileWanted = false
      // What the hub has of our runs may be more now, and what it lacks of them is pushed again.
      if mustReconcile {
        isGreeted = false
        hasReconciled = true
      }
      mustReconcile = false
    case .outOfStep, .cursorLost:
      guard lane == .push else {
        lanes[lane.rawValue].wait = nil
        loseCursor(now, random)
        return
      }
      isGreeted = false
      lanes[SyncLane.pull.rawValue].endBackoff()
      // Once greeted the lane tries at once, but not for ever: where the greeting did not help, it keeps to its backoff.
      let isAgain = lanes[lane.rawValue].backoff.attempts > 0
      fail(lane, now, random, nil, isFirm: isAgain)
      greetsAtOnce = !isAgain
    case .pulled:
      succeeded(lane, wall)
      hasSettled = false
      isCursorLost = false
      hasReconciled = false
      if elapsed >= wait { wait = min(wait + 5_000, settings.maxWait) }
    case .tooLarge:
      batchChanges = max(1, batchChanges / 2)
      fail(lane, now, random, nil)
    case .failed(.transient, let reason, let retryAfter):
      if lane == .pull, elapsed >= 2_000, elapsed < wait { wait = max(settings.minWait, elapsed * 3 / 4) }
      if lane == .push { batchChanges = max(1, batchChanges / 2) }
      isGreeted = isGreeted && lane == .push
      fail(lane, now, random, retryAfter)
      if lanes.contains(where: \.isWaitingForPerson) { return }
      if case .offline(let since, _) = link {
        link = .offline(since: since, reason: reason)
      } else {
        link = .offline(since: wall, reason: reason)
      }
    case .failed(.needsOperator, let reason, _):
      isGreeted = false
      if case .needsOperator(_, reason) = link {} else { link = .needsOperator(since: wall, reason: reason) }
      lanes[lane.rawValue].wait = .person(until: now + settings.operatorRetry)
    case .failed(.fork, _, _):
      link = .forked(since: wall)
      greetsAtOnce = false
      isStopped = true
    }
  }

  private mutating func findFork(_ now: Int, _ wall: Int, _ random: Double) {
    mustSettle = true
    link = .forked(since: wall)
    greetsAtOnce = false
    lanes[SyncLane.pull.rawValue].endBackoff()
    // Settling did not help: again, but by backoff.
    if hasSettled, lanes[SyncLane.pull.rawValue].wait == nil { fail(.pull, now, random, nil) }
  }

  private mutating func succeeded(_ lane: SyncLane, _ wall: Int, resetsBackoff: Bool = true) {
    if resetsBackoff { lanes[lane.rawValue].backoff.reset() }
    lanes[lane.rawValue].wait = nil
    reached(wall)
  }

  private mutating func reached(_ wall: Int) {
    // While the other lane waits for a person, that is what people must see.
    if lanes.contains(where: \.isWaitingForPerson) { return }
    if case .online = link {} else { link = .online(since: wall) }
  }

  /// The hub is greeted about a lost cursor at once; where that did not help, by backoff.
  private mutating func loseCursor(_ now: Int, _ random: Double) {
    isGreeted = false
    if isCursorLost { fail(.pull, now, random, nil) }
    isCursorLost = true
  }

  private mutating func fail(
    _ lane: SyncLane, _ now: Int, _ random: Double, _ retryAfter: Int?, isFirm: Bool = false
  ) {
    let until = now + lanes[lane.rawValue].backoff.next(random: random, retryAfterMilliseconds: retryAfter)
    lanes[lane.rawValue].wait = isFirm || retryAfter != nil ? .firm(until: until) : .backoff(until: until)
  }
}
