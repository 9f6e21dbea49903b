// The single writer: requests queue, one transaction takes many of them, and each is answered after the commit returned. So
// durability costs one fsync a group. The queue is bounded; beyond it callers are told to come back.

import Core
import Dispatch
import Foundation
import Logging
import Synchronization

final class GroupCommitWriter: Sendable {
  /// One queued request: runs in the transaction, then is told the outcome after the commit.
  private struct Job {
    let run: (HubTransaction) throws -> Void
    let finish: ((any Error)?) -> Void
  }

  /// A value handed from the transaction to the waiting caller; written by the writer's thread, read after `finish`.
  private final class Box<Value: Sendable>: Sendable {
    let result = Mutex<Result<Value, any Error>?>(nil)
  }

  private let database: any Database
  let environment: HubEnvironment
  let receiptKey: [UInt8]
  private let queueLimit: Int
  private let groupLimit: Int
  private let feedSignals: FeedSignals
  /// Told after each commit whether orders changed by it.
  private let committed: @Sendable (_ changedOrders: Bool) -> Void
  /// Makes good what the database forgot, in the first transaction after it went back under this process.
  private let wentBack: @Sendable (HubTransaction) throws -> Void
  /// What is written beside orders in their transactions.
  private let followers: [any OrderFollower]
  private let logger: Logger
  let figures = IngestFigures()
  private let condition = NSCondition()
  // Guarded by `condition`: only touched between its lock and unlock.
  private nonisolated(unsafe) var queue: [Job] = []
  private nonisolated(unsafe) var hasThread = false
  private nonisolated(unsafe) var isStopping = false
  private nonisolated(unsafe) var hasStopped = false
  private let failure = Mutex<StoreError?>(nil)
  // Touched only by whoever commits: the writer's thread, or the one caller of a writer without a thread.
  private nonisolated(unsafe) let run: HubRun
  private nonisolated(unsafe) let cache: OrderCache?

  /// Commits nothing until `start`; without a thread, `commitNext` is called by the one who owns the writer.
  init(
    database: any Database, environment: HubEnvironment, receiptKey: [UInt8], queueLimit: Int, groupLimit: Int,
    feedSignals: FeedSignals, committed: @escaping @Sendable (_ changedOrders: Bool) -> Void = { _ in },
    wentBack: @escaping @Sendable (HubTransaction) throws -> Void = { _ in }, followers: [any OrderFollower] = [],
    logger: Logger
  ) {
    self.committed = committed
    self.wentBack = wentBack
    self.followers = followers
    self.database = database
    self.environment = environment
    self.receiptKey = receiptKey
    self.queueLimit = queueLimit
    self.groupLimit = groupLimit
    self.feedSignals = feedSignals
    self.logger = logger
    run = HubRun(skewMilliseconds: environment.skewMilliseconds)
    cache = database.hasOneWriter ? OrderCache() : nil
  }

  /// Requests that wait, and how many may.
  var queued: (waiting: Int, limit: Int) {
    condition.lock()
    defer { condition.unlock() }
    return (queue.count, queueLimit)
  }

  /// Why nothing can be written any more, nil while all is well. A failed fsync is never tried again: the process must end, and
  /// the next one reads what the disk really holds.
  var failed: StoreError? { failure.withLock { $0 } }

  private func fail(_ error: StoreError) {
    failure.withLock { $0 = error }
    condition.lock()
    let waiting = queue
    queue = []
    condition.unlock()
    for job in waiting { job.finish(HubFailure.problem(error)) }
  }

  func start() {
    condition.lock()
    hasThread = true
    condition.unlock()
    let thread = Thread { [self] in loop() }
    thread.name = "lianxin-writer"
    thread.stackSize = 8 << 20
    thread.start()
  }

  /// Ends after what is queued has been committed.
  func stop() {
    condition.lock()
    isStopping = true
    condition.broadcast()
    while !hasStopped { condition.wait() }
    condition.unlock()
  }

  /// Runs `body` in the next group and returns once it is durable. Blocks: not for an event loop. Without a thread the caller
  /// commits what is queued, its own request last.
  func perform<Value: Sendable>(_ body: @escaping @Sendable (HubTransaction) throws -> Value) throws -> Value {
    let done = DispatchSemaphore(value: 0)
    let box = Box<Value>()
    try enqueue(body, box) { done.signal() }
    condition.lock()
    let commitsHere = !hasThread
    condition.unlock()
    if commitsHere { while commitNext() {} }
    done.wait()
    return try unwrap(box)
  }

  /// As `perform`, and calls `then` after the commit returned.
  func submit<Value: Sendable>(
    _ body: @escaping @Sendable (HubTransaction) throws -> Value,
    then: @escaping (Result<Value, any Error>) -> Void
  ) throws {
    let box = Box<Value>()
    try enqueue(body, box) { [self] in then(Result { try unwrap(box) }) }
  }

  /// As `perform`, without holding a thread.
  func submit<Value: Sendable>(_ body: @escaping @Sendable (HubTransaction) throws -> Value) async throws -> Value {
    let box = Box<Value>()
    try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
      do { try enqueue(body, box) { continuation.resume() } } catch { continuation.resume(throwing: error) }
    }
    return try unwrap(box)
  }

  private func unwrap<Value: Sendable>(_ box: Box<Value>) throws -> Value {
    guard let result = box.result.withLock({ $0 }) else { throw Problem(.internalError, "the writer gave no answer") }
    return try result.get()
  }

  private func enqueue<Value: Sendable>(
    _ body: @escaping @Sendable (HubTransaction) throws -> Value, _ box: Box<Value>, _ done: @escaping () -> Void
  ) throws {
    let asked = ContinuousClock.now
    let job = Job(
      run: { transaction in
        let result = Result { try transaction.request { try body(transaction) } }
        // A fault of the disk is not this request's own: it ends the group.
        if case .failure(let error as StoreError) = result, error.endsTransaction { throw error }
        box.result.withLock { $0 = result }
      },
      finish: { [figures] error in
        figures.requestTime.observe(ContinuousClock.now - asked)
        if let error { box.result.withLock { $0 = .failure(error) } }
        done()
      })
    if let failed { throw HubFailure.problem(failed) }
    condition.lock()
    defer { condition.unlock() }
    if isStopping { throw Problem(.shuttingDown, "the hub is shutting down", retryAfterSeconds: 2) }
    if queue.count >= queueLimit {
      figures.refused.add()
      // Spread, so that those who wait do not all come back at once.
      throw Problem(.busy, "the hub is busy", retryAfterSeconds: 1 + Int(environment.random(1).first ?? 0) % 5)
    }
    queue.append(job)
    figures.requests.add()
    condition.signal()
  }

  private func loop() {
    while true {
      condition.lock()
      while queue.isEmpty, !isStopping { condition.wait() }
      if queue.isEmpty {
        hasStopped = true
        condition.broadcast()
        condition.unlock()
        return
      }
      condition.unlock()
      _ = commitNext()
    }
  }

  /// Commits the next group of what is queued and answers it. False where nothing was queued.
  func commitNext() -> Bool {
    condition.lock()
    let group = Array(queue.prefix(groupLimit))
    queue.removeFirst(group.count)
    condition.unlock()
    guard !group.isEmpty else { return false }
    commit(group)
    return true
  }

  private func commit(_ group: [Job]) {
    let began = ContinuousClock.now
    do {
      let transaction = try database.write { db in
        try run.look(into: db)
        // What was decoded is not what the database holds.
        if run.isForgotten { cache?.empty() }
        let transaction = HubTransaction(
          db: db, environment: environment, run: run, receiptKey: receiptKey, cache: cache, followers: followers)
        if run.isForgotten {
          logger.error("hub.database.wentBack", metadata: ["healing": "a new run, numbers skipped, ledger recalled"])
          try Numbering.skip(transaction)
          try WentBack.unasked.note(at: transaction.now, db)
          try wentBack(transaction)
        }
        for job in group { try job.run(transaction) }
        try transaction.flush()
        return transaction
      }
      figures.commitTime.observe(ContinuousClock.now - began)
      figures.commits.add()
      figures.changes.add(transaction.changesWritten)
      run.isForgotten = false
      transaction.keepOrders()
      // Wake the polls first: who waits for the answer may ask for the feed at once.
      feedSignals.grew(transaction.grownFeeds)
      committed(!transaction.orders.changed.isEmpty)
      for job in group { job.finish(nil) }
    } catch {
      cache?.empty()
      run.hasSkippedNumbers = false
      figures.failures.add()
      if let error = error as? StoreError, error.needsRestart { fail(error) }
      logger.error("hub.commit.failed", metadata: ["error": "\(error)", "requests": "\(group.count)"])
      for job in group { job.finish(HubFailure.problem(error)) }
    }
  }
}

/// A failure inside the hub as the problem that a caller is told: in words, without SQL or paths.
enum HubFailure {
  static func problem(_ error: any Error) -> Problem {
    switch error {
    case let problem as Problem: problem
    case let refusal as CommandRefusal: Problem(refusal)
    case StoreError.diskFull: Problem(.diskFull, "the hub's disk is full; nothing was written", retryAfterSeconds: 30)
    case let error as StoreError: Problem(.internalError, words(error), retryAfterSeconds: 5)
    case let error as JSONError: Problem(.badBody, error.description)
    case let error as NameError: Problem(.badBody, error.description)
    default: Problem(.internalError, "the hub failed; its log says why", retryAfterSeconds: 5)
    }
  }

  /// What the database itself says may hold SQL and paths, which are for the log.
  private static func words(_ error: StoreError) -> String {
    switch error {
    case .readOnly:
      "the hub's database cannot be written (it is read-only): its log says more; restart it when the disk is sound"
    case .inputOutput:
      "the hub's disk failed under its database: its log says more; restart it when the disk is sound"
    case .corrupt: "the hub's database is damaged: its log says more; it must be restored from a backup"
    case .busy: "the hub's database is in use by another process: its log says more; end that one"
    case .diskFull, .constraint, .rolledBack, .tooNew, .other: "the hub's database refused; its log says why"
    }
  }
}
