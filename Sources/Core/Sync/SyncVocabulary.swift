// The words between the engine of a sync loop and what runs it: what a lane is to do, how that ended, by which times, and what people are
// shown of it.

/// The two lanes.
public enum SyncLane: Int, Sendable, CaseIterable {
  case push, pull
}

/// What a lane is to do now.
public enum SyncAction: Sendable, Hashable {
  case hello
  /// Send the next batch of the outbox.
  case push(maxChanges: Int, maxBytes: Int)
  /// Ask for what is new, waiting at most so long at the hub.
  case pull(waitMilliseconds: Int)
  /// The next step of comparing what both sides hold.
  case reconcile
  /// The next step of settling a run that two processes wrote.
  case settle
  /// Wait for a wake-up, or until the time given (monotonic milliseconds).
  case idle(until: Int?)
}

/// How an action ended.
public enum SyncOutcome: Sendable, Hashable {
  case greeted(cursorHolds: Bool, forked: Bool)
  /// A batch was acknowledged; whether the outbox still holds something.
  case pushed(isOutboxEmpty: Bool)
  /// The outbox held nothing, so the hub was not asked.
  case nothingToPush
  /// The hub's n is not what we thought: greet it again.
  case outOfStep
  case pulled(entries: Int)
  /// The hub does not know our cursor (any more).
  case cursorLost
  /// One of this agent's own runs has changes that its database did not write: another process writes it too.
  case forkFound
  /// A step of settling such a run is done; whether it was the last.
  case settled(isDone: Bool)
  /// The call was given up because something else is wanted now; it says nothing of the hub.
  case interrupted
  /// Some of the own database was looked over before a comparison; the hub was not asked.
  case lookedOver
  /// A step of the comparison is done; whether it was the last.
  case reconciled(isDone: Bool)
  /// The body was too large, or the call timed out while sending: try a smaller batch.
  case tooLarge
  case failed(FailureClass, reason: String, retryAfterMilliseconds: Int?)
}

/// Every failure is one of four; poison is quarantined where it is found and never reaches the engine.
public enum FailureClass: Sendable, Hashable {
  case transient
  /// A person must act: certificate, clock, version.
  case needsOperator
  /// A dot of somebody else's with two contents: reported, and nothing more is said until a person has looked.
  case fork
}

extension SyncEngine {
  /// Tunables, milliseconds where it is a time.
  public struct Settings: Sendable {
    public var firstRetry = 1_000
    public var maxRetry = 300_000
    public var operatorRetry = 900_000
    public var maxWait = 30_000
    public var minWait = 5_000
    public var maxChanges = 500
    public var maxBytes = 1 << 20
    public init() {}
  }

  /// What people are shown of the connection. `since` is the `wall` that was given with the outcome which began it.
  public enum Link: Sendable, Hashable {
    case connecting
    case online(since: Int)
    case offline(since: Int, reason: String)
    case needsOperator(since: Int, reason: String)
    /// A dot has two contents. Of an own run it passes by itself, as soon as what was written here is written again.
    case forked(since: Int)
  }
}
