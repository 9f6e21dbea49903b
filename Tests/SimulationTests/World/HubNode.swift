// A hub process in the simulated world: the product's parts over a simulated disk, without listeners and threads. What HTTP would
// carry, the network brings as bytes; what a timer would do, the timeline does.

import Core
import Foundation
import Logging
import Shell
import Synchronization

@testable import Hub

/// The store that all hubs share. With several hubs it stands for a database server: a hub's death leaves it alone.
struct SharedDatabase: Hub.Database {
  let base: SQLiteDatabase
  let hasOneWriter: Bool
  let writes = WriteCount()

  func read<Value>(_ body: (any DatabaseConnection) throws -> Value) throws -> Value { try base.read(body) }
  func write<Value>(_ body: (any DatabaseConnection) throws -> Value) throws -> Value {
    defer { writes.add() }
    return try base.write(body)
  }
  func check() throws -> [(name: String, isWell: Bool, detail: String)] { try base.check() }
  func close() throws { try base.close() }
}

/// Transactions so far.
final class WriteCount: Sendable {
  private let count = Mutex(0)
  var value: Int { count.withLock { $0 } }
  func add() { count.withLock { $0 += 1 } }
}

/// A clock of one machine: true time with an error of its own.
final class MachineClock: Sendable {
  private let wallTime: Mutex<Int>
  init(_ start: Int) { wallTime = Mutex(start) }
  var now: Int { wallTime.withLock { $0 } }
  func set(_ time: Int) { wallTime.withLock { $0 = time } }
}

/// The hub's parts while its process lives.
final class HubProcess {
  let parts: HubParts
  let calls: SyncCalls
  /// What its writer wrote, and how much of it was looked at.
  let writes: WriteCount
  var seenWrites = 0
  var isCommitPlanned = false
  /// Pushes that wait for the next commit, honest and hostile ones.
  var queued = (honest: 0, hostile: 0)

  init(_ parts: HubParts, writes: WriteCount) {
    self.parts = parts
    self.writes = writes
    calls = SyncCalls(
      database: parts.database, writer: parts.writer, contacts: parts.contacts, environment: parts.environment)
  }
}

final class HubNode {
  let index: Int
  private unowned let world: World
  private var random: SimRandom
  let clock: MachineClock
  /// Error of its clock, milliseconds.
  var clockError = 0
  private(set) var process: HubProcess?
  /// Time that each commit takes.
  var slowness = 0

  static let receiptKey = [UInt8](repeating: 7, count: 32)

  init(index: Int, world: World, random: SimRandom) {
    self.index = index
    self.world = world
    self.random = random
    clock = MachineClock(World.epoch)
  }

  var isUp: Bool { process != nil && !(process?.parts.signals.isClosed ?? true) }

  // MARK: Life

  func start() throws {
    guard process == nil, let database = world.store.database else { return }
    let seeded = Mutex(random.split())
    let clock = clock
    setClock()
    let environment = HubEnvironment(
      wall: { clock.now }, random: { count in seeded.withLock { $0.bytes(count) } },
      day: { milliseconds in String(20_250_000 + milliseconds / 86_400_000) })
    let shared = SharedDatabase(base: database, hasOneWriter: world.plan.hubs == 1)
    let parts = try HubParts.assemble(
      database: shared, authority: world.authority,
      receiptKey: HubNode.receiptKey, ledger: world.ledger, environment: environment, queue: 64, group: 16,
      certificateLifeSeconds: 90 * 86_400, certificateGraceSeconds: 86_400, logger: world.logger)
    // As the daemon does at its start: what an older database forgot, and what a commit that failed did not do.
    _ = try parts.registry.recall(try world.ledger.replay())
    process = HubProcess(parts, writes: shared.writes)
    world.note("hub\(index) up")
  }

  /// The process is gone: nobody is answered.
  func die(_ why: String) {
    guard let process else { return }
    world.note("hub\(index) dies: \(why)")
    self.process = nil
    process.parts.signals.close()
  }

  /// A clean shutdown: what is queued is committed and answered, polls end.
  func stop() {
    guard let process else { return }
    while commitOnce(process) {}
    process.parts.signals.close()
    self.process = nil
    world.note("hub\(index) stops")
  }

  func setClock() { clock.set(World.epoch + world.timeline.now + clockError) }

  // MARK: Calls

  /// Answers `call` once; with nil where the process dies before.
  func receive(_ call: WireCall, _ reply: @escaping (HTTPAnswer?) -> Void) {
    guard let process else { return reply(nil) }
    setClock()
    let answering = Answering(node: self, process: process, reply: reply)
    defer { lookAtWrites(of: process) }
    answering.attempt {
      if world.strikes(.serverError, 0.01, &random) {
        throw Problem(.busy, "the hub is busy", retryAfterSeconds: 1 + random.below(3))
      }
      let peer = try process.parts.registry.authorize(call.peer)
      lookAtWrites(of: process)
      if peer.notAfter.timeIntervalSince1970 * 1_000 < Double(clock.now) {
        world.violation("row 61", "the hub let in \(peer.agent), whose certificate has expired")
      }
      // Another hub than the one that revoked may remember for a second.
      let memory = world.plan.hubs > 1 ? AgentRegistry.memoryMilliseconds : 0
      if let revoked = world.script.revoked[peer.serialHex], world.timeline.now > revoked + memory {
        world.violation("row 63", "the hub let in \(peer.agent), whose certificate is revoked")
      }
      let caller = Contacts.Name(platform: peer.platform, agent: peer.agent)
      switch call.name {
      case "hello":
        let hello = try HelloRequest(try HubNode.json(call.body))
        let answer = try process.calls.hello(hello, from: caller)
        answering.finish(json: answer.json)
      case "push":
        guard call.body.count <= Limits.maxBatchBytes else { throw Problem(.tooLarge) }
        let batch = try Batch(parsing: call.body)
        let header = try PushHeader(batch.header)
        try process.calls.push(batch.entries, header: header, from: caller) { [self] result in
          world.checker.judged(result, push: header, from: caller)
          answering.attempt {
            var answer = try result.get()
            answer.head = try process.calls.head(of: peer.platform)
            world.model.answered(push: batch.entries, answer, by: self)
            answering.finish(json: answer.json)
          }
        }
        if caller.agent == Byzantine.name { process.queued.hostile += 1 } else { process.queued.honest += 1 }
        planCommit(process)
      case "reconcile":
        guard call.body.count <= Limits.maxBatchBytes else { throw Problem(.tooLarge) }
        let batch = try Batch(parsing: call.body)
        let request = try ReconcileRequest(batch.header)
        func finish(_ refused: [Refused]) throws {
          let (answer, entries) = try process.calls.reconcile(request, refused: refused, from: caller)
          world.checker.reconciled(request, sent: batch.entries, answer, entries, with: caller)
          answering.finish(batch: Batch(header: answer.json, entries: entries))
        }
        guard let work = try process.calls.reconcileWork(request, batch.entries, from: caller) else {
          return try finish([])
        }
        try process.parts.writer.submit(work) { result in answering.attempt { try finish(try result.get()) } }
        planCommit(process)
      case "pull":
        let pull = try PullRequest(try HubNode.json(call.body))
        process.parts.contacts.note(
          caller, health: pull.health, cursorPosition: nil, now: clock.now)
        world.checker.told(pull, of: peer.platform)
        poll(pull, peer, caller, answering, until: world.timeline.now + min(pull.waitMilliseconds, 60_000))
      default: throw Problem(.badBody, "no such call")
      }
    }
  }

  private static func json(_ body: [UInt8]) throws -> JSON {
    guard body.count <= Limits.maxMessageBytes else { throw Problem(.tooLarge) }
    return try JSON(parsing: body)
  }

  private func poll(
    _ pull: PullRequest, _ peer: PeerIdentity, _ caller: Contacts.Name, _ answering: Answering, until end: Int
  ) {
    let process = answering.process
    defer { lookAtWrites(of: process) }
    answering.attempt {
      guard self.process === process else { return answering.gone() }
      setClock()
      _ = try process.parts.registry.authorize(peer)
      lookAtWrites(of: process)
      guard self.process === process else { return answering.gone() }
      let signals = process.parts.signals
      let generation = signals.generation(of: peer.platform)
      let (answer, entries, isNews) = try process.calls.pull(pull, from: caller)
      let left = end - world.timeline.now
      guard !isNews, left > 0, !signals.isClosed else {
        world.checker.served(entries, answer, to: peer.platform)
        return answering.finish(batch: Batch(header: answer.json, entries: entries))
      }
      let wakes = Wakes()
      let id = signals.wait(for: peer.platform, beyond: generation) { wakes.fire() }
      wakes.then = { [self] in
        world.timeline.after(0) { [self] in poll(pull, peer, caller, answering, until: end) }
      }
      // As the routes do: each second the certificate is looked at again. Coarser here, for the sake of events.
      world.timeline.after(min(left, 15_000)) { signals.release(peer.platform, id) }
      if wakes.hasFired { wakes.fire() }
    }
  }

  // MARK: Commits

  func planCommit(_ process: HubProcess) {
    guard !process.isCommitPlanned else { return }
    process.isCommitPlanned = true
    world.timeline.after(1 + random.below(8) + slowness) { [self] in
      process.isCommitPlanned = false
      guard self.process === process else { return }
      setClock()
      while commitOnce(process) {}
    }
  }

  private func commitOnce(_ process: HubProcess) -> Bool {
    if process.queued.honest > 0, process.queued.hostile > 0 { world.sometimes(.honestBesideHostile) }
    process.queued = (0, 0)
    let committed = process.parts.writer.commitNext()
    process.seenWrites = process.writes.value
    if committed { world.hubCommitted(self) }
    return committed && self.process === process
  }

  /// A call may have had something noted, and what was queued was committed with it.
  private func lookAtWrites(of process: HubProcess) {
    guard self.process === process, process.writes.value != process.seenWrites else { return }
    process.seenWrites = process.writes.value
    world.hubCommitted(self)
  }

  /// Commits what is queued.
  func commitQueued() {
    guard let process else { return }
    setClock()
    while commitOnce(process) {}
  }

  /// Does what an operator asks, and returns what came of it.
  func operate<Value>(_ body: (Hotline) throws -> Value) throws -> Value {
    guard let process else { throw Problem(.busy, "the hub is down") }
    setClock()
    defer {
      if self.process === process {
        process.seenWrites = process.writes.value
        world.hubCommitted(self)
      }
    }
    return try body(process.parts.hotline)
  }

  /// One call's answer: given once, by the process that took the call.
  final class Answering {
    let node: HubNode
    let process: HubProcess
    private var reply: ((HTTPAnswer?) -> Void)?

    init(node: HubNode, process: HubProcess, reply: @escaping (HTTPAnswer?) -> Void) {
      self.node = node
      self.process = process
      self.reply = reply
    }

    private func send(_ answer: HTTPAnswer?) {
      guard let reply else { return }
      self.reply = nil
      reply(answer)
    }

    func gone() { send(nil) }

    func finish(json: JSON) {
      send(HTTPAnswer(status: 200, headers: ["content-type": "application/json"], body: json.bytes))
    }

    func finish(batch: Batch) {
      send(HTTPAnswer(status: 200, headers: ["content-type": Batch.mediaType], body: batch.bytes))
    }

    func attempt(_ body: () throws -> Void) {
      do {
        try body()
      } catch {
        // A crash at a store call looks like an error to the code that is being killed; nobody is told of it.
        if node.world.store.disk.hasCrashed { return send(nil) }
        let problem = HubFailure.problem(error)
        var headers = ["content-type": Problem.mediaType]
        if let seconds = problem.retryAfterSeconds { headers["retry-after"] = String(seconds) }
        send(HTTPAnswer(status: problem.code.status, headers: headers, body: problem.json.bytes))
      }
    }
  }
}

/// A wake-up that may come before it is known what is to be woken.
private final class Wakes: Sendable {
  private let state = Mutex(false)
  // The world has one thread: the closure is set and called there.
  nonisolated(unsafe) var then: (() -> Void)?
  var hasFired: Bool { state.withLock { $0 } }

  func fire() {
    state.withLock { $0 = true }
    guard let then else { return }
    self.then = nil
    then()
  }
}
