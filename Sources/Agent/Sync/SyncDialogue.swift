// What is said to the hub and what its answers mean, between the engine and whatever carries bytes: from the store to a call, and from
// an answer to the store and the engine's outcome. It sends nothing and waits for nothing.

import Core
import Shell

/// Both lanes' talk with the hub over one store.
struct SyncDialogue: Sendable {
  let store: AgentStore
  let reconciler = Reconciler()

  /// What an action of the engine's comes to; nil where the lane is idle. `now` is wall time, milliseconds.
  func step(for action: SyncAction, now: Int) throws -> SyncStep? {
    switch action {
    case .idle: return nil
    case .hello: return .send(.hello(try store.helloRequest(now: now)))
    case .pull(let wait):
      return .send(.pull(try store.pullRequest(limit: Limits.maxBatchChanges / 2, waitMilliseconds: wait, now: now)))
    case .push(let maxChanges, let maxBytes):
      guard let (replica, entries) = try store.outboxBatch(maxChanges: maxChanges, maxBytes: maxBytes) else {
        return .settled(.nothingToPush)
      }
      let asked = try store.helloRequest(now: now)
      return .send(
        .push(PushHeader(replica: replica, cursor: asked.cursor, told: asked.told, health: asked.health), entries))
    case .reconcile: return try reconcileStep(now: now)
    case .settle:
      if let probe = try store.forkProbe(now: now) { return .send(.probe(probe)) }
      _ = try store.settleFork(now: now)
      return .settled(.settled(isDone: true))
    }
  }

  /// Takes the hub's answer to `call` into the store.
  func take(_ answer: HTTPAnswer, to call: SyncCall, now: Int) throws -> SyncOutcome {
    do throws(SyncFailure) {
      try check(answer, to: call)
    } catch {
      guard case .fork(let reason) = error, case .push(_, let entries) = call, let dot = entries.first?.head.dot else {
        throw error
      }
      try store.noteFork(at: dot)
      return fork(reason)
    }
    switch call {
    case .hello:
      let reply = try SyncDialogue.usable { () throws(JSONError) in try HelloReply(JSON(parsing: answer.body)) }
      let greeted = try store.greeted(reply, now: now)
      note(reply.resync)
      return .greeted(cursorHolds: !greeted.mustReconcile, forked: greeted.isForked)
    case .push(let header, let entries):
      let reply = try SyncDialogue.usable { () throws(JSONError) in try PushReply(JSON(parsing: answer.body)) }
      guard reply.replica == header.replica else { throw SyncFailure.transient("the hub's answer is to another push") }
      return try take(reply, header.replica, entries, now)
    case .probe(let request):
      let reply = try SyncDialogue.usable { () throws(JSONError) in try HelloReply(JSON(parsing: answer.body)) }
      guard reply.cursorHolds else {
        try store.noteCursorLost()
        return .cursorLost
      }
      guard store.narrowFork(reply, asked: request.runs) else {
        throw SyncFailure.transient("the hub's answer is to another greeting")
      }
      return .settled(isDone: false)
    case .pull(let request):
      let batch = try SyncDialogue.usable { () throws(JSONError) in try Batch(parsing: answer.body) }
      let reply = try SyncDialogue.usable { () throws(JSONError) in try PullReply(batch.header) }
      return try take(reply, batch.entries, request, now)
    case .reconcile(let asked, let sent, let tried):
      let batch = try SyncDialogue.usable { () throws(JSONError) in try Batch(parsing: answer.body) }
      let reply = try SyncDialogue.usable { () throws(JSONError) in try ReconcileReply(batch.header) }
      let bytes = answer.body.count + call.body.count
      return try take(reply, batch.entries, to: asked, sent: sent, tried: tried, bytes: bytes, now: now)
    }
  }

  private func check(_ answer: HTTPAnswer, to call: SyncCall) throws(SyncFailure) {
    do {
      try SyncDialogue.check(answer, accept: call.accept)
    } catch {
      // The hub went back in the middle of a comparison: what was compared before counts no more.
      if error == .cursorLost, case .reconcile = call { reconciler.update { $0.restart() } }
      throw error
    }
  }

  // MARK: Comparing

  /// The next step of the comparison that is under way or due.
  private func reconcileStep(now: Int) throws -> SyncStep {
    if let asked = reconciler.begin(now: now) {
      let request = try widened(asked)
      // Only where a person here asks, who may have a backup instead; and once: what the hub turns out to hold comes with the comparison.
      if request.isFull, !request.isDryRun, request.command == nil, reconciler.maySettle(), try store.giveUpAltered() {
        return .settled(.forkFound)
      }
      if request.isFull {
        reconciler.lookOver(Rebuild(only: request.order, repairing: !request.isDryRun))
      } else {
        reconciler.compare(try walk(for: request))
      }
    }
    if var rebuild = reconciler.rebuild, let asked = reconciler.running {
      let request = try widened(asked)
      // Between two steps the hub may have turned out to lack something: then all is looked over from its beginning, and put right.
      if rebuild.order != request.order || rebuild.isRepairing == request.isDryRun {
        rebuild = Rebuild(only: request.order, repairing: !request.isDryRun)
      }
      let isDone = try store.lookOver(&rebuild, now: now)
      reconciler.lookOver(rebuild)
      guard isDone else { return .settled(.lookedOver) }
      var walk = try walk(for: request)
      walk.noteRepaired(rebuild.wrong)
      reconciler.compare(walk)
    }
    guard let call = reconciler.walk?.next() else { return .settled(.reconciled(isDone: true)) }
    guard !call.gives.isEmpty else { return .send(.reconcile(call, [], tried: [])) }
    let (entries, tried) = try store.entries(
      of: call.gives, maxChanges: Limits.maxReconcileDots, maxBytes: Limits.maxBatchBytes / 4)
    return .send(.reconcile(call, entries, tried: tried))
  }

  /// What is asked for, or all where a comparison is due: less would not do, as what the hub forgot may be anywhere.
  private func widened(_ asked: ResyncRequest) throws -> ResyncRequest {
    var request = asked
    if try store.isReconcileDue() {
      request.order = nil
      request.isDryRun = false
    }
    return request
  }

  private func walk(for request: ResyncRequest) throws -> ReconcileWalk {
    var report = ReconcileReport()
    report.command = request.command
    report.isFull = request.isFull
    report.isDryRun = request.isDryRun
    report.checked = request.order == nil ? try store.orderCount() : 1
    return ReconcileWalk(orders: request.order.map { [$0] }, report: report)
  }

  private func take(
    _ reply: ReconcileReply, _ entries: [Entry], to call: ReconcileWalk.Call, sent: [Entry], tried: [Dot], bytes: Int,
    now: Int
  ) throws -> SyncOutcome {
    store.observe(hubTime: reply.time, now: now)
    let (received, forkedAt) = entries.isEmpty ? ([], nil) : try store.takeReconciled(entries, now: now)
    if let forkedAt { return fork("\(forkedAt) has two contents") }
    let elapsed = reconciler.begunAt.map { max(0, now - $0) } ?? 0
    do {
      try reconciler.update { walk in
        try walk.take(
          reply, to: call, tried: tried, sent: sent.count, received: received, bytes: bytes, facts: store)
        walk.noteElapsed(milliseconds: elapsed)
      }
    } catch let error as JSONError {
      throw SyncFailure.transient("the hub's answer cannot be read: it has \(error)")
    }
    guard let walk = reconciler.walk, walk.next() == nil else { return .reconciled(isDone: false) }
    let report = walk.report
    if let since = walk.since {
      try store.finishReconcile(
        since: since, told: reply.head, report: report,
        reason: reconciler.reason(isDue: try store.isReconcileDue()), now: now)
    }
    reconciler.finish(report)
    return .reconciled(isDone: true)
  }

  private func note(_ resync: ResyncOrder?) {
    guard let resync else { return }
    reconciler.wantFromHub(
      ResyncRequest(command: resync.id, isFull: resync.isFull, isDryRun: resync.isDryRun))
  }

  private func take(_ reply: PushReply, _ replica: ReplicaID, _ entries: [Entry], _ now: Int) throws -> SyncOutcome {
    let last = try entries.last?.head.dot.n ?? store.passedThrough(replica)
    let done = try store.acknowledge(
      replica, through: reply.acceptedThrough, sent: last, told: reply.head,
      quarantined: reply.quarantined, now: now)
    if done.isForked { return fork("the hub holds more of \(replica)") }
    // A hub that took nothing would be asked for ever; the greeting finds out where it stands.
    if reply.expected != nil || reply.acceptedThrough < entries.first?.head.dot.n ?? last { return .outOfStep }
    return .pushed(isOutboxEmpty: done.isOutboxEmpty)
  }

  private func take(_ reply: PullReply, _ entries: [Entry], _ asked: PullRequest, _ now: Int) throws -> SyncOutcome {
    guard reply.cursorHolds else {
      try store.noteCursorLost()
      return .cursorLost
    }
    note(reply.resync)
    let effect = try store.applyPull(reply, entries: entries, asked: asked.after, now: now)
    if let dot = effect.forkedAt { return fork("\(dot) has two contents") }
    // One that is wanted or under way gives them too.
    if try store.mustOffer(reply.lacks) { _ = reconciler.want(ResyncRequest()) }
    return .pulled(entries: effect.entries)
  }

  /// A dot with two contents: of an own run what was written here is written again; of anybody else's a person must look.
  private func fork(_ reason: String) -> SyncOutcome {
    store.isForked ? .forkFound : .failed(.fork, reason: reason, retryAfterMilliseconds: nil)
  }
}
