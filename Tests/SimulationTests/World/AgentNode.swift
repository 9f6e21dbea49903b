// An agent in the simulated world: the product's store, dialogue and engine over a simulated disk. Where the product's loop has two
// threads that wait, this one has two lanes on the timeline.

import Core
import Foundation
import Shell
import Synchronization

@testable import Agent
@testable import Hub

/// What an agent has while its process lives.
final class AgentProcess {
  let store: AgentStore
  let dialogue: SyncDialogue
  var engine: SyncEngine
  var clockWatch = ClockWatch()
  /// By lane: an action is under way.
  var isBusy = SyncLane.allCases.map { _ in false }
  /// By lane: the newest timer; older ones do nothing.
  var timers = SyncLane.allCases.map { _ in 0 }

  init(store: AgentStore) {
    self.store = store
    dialogue = SyncDialogue(store: store)
    engine = SyncEngine()
  }
}

final class AgentNode {
  let name: String
  /// The name in its certificate: a copied machine's is that of the one it was copied from.
  let certifiedName: String
  let platform: PlatformName
  let link = Link()
  let disk: SimulatedDisk
  private(set) var process: AgentProcess?
  /// Error of its wall clock, milliseconds, and what it gains in a million.
  var clockError = 0 {
    // Until somebody sets it the clock only grows, so this is all that is needed to know how high it ever stood.
    willSet { highestWall = max(highestWall, wall) }
  }
  var drift = 0 {
    willSet { highestWall = max(highestWall, wall) }
  }
  var isSuspended = false
  /// Nobody works: it is away until work begins again, whatever else was planned for it.
  var isResting = false
  /// Its present certificate; another after each enrolment.
  var peer: PeerIdentity
  private var starts = 0
  private unowned let world: World
  private var random: SimRandom

  init(name: String, platform: PlatformName, peer: PeerIdentity, world: World, random: SimRandom) {
    self.name = name
    certifiedName = peer.agent
    self.platform = platform
    self.peer = peer
    self.world = world
    self.random = random
    disk = SimulatedDisk(name: "\(world.label)-\(name)")
  }

  var wall: Int {
    let now = world.timeline.now
    return World.epoch + now + clockError + now / 1_000 * drift / 1_000
  }

  var isUp: Bool { process != nil }

  /// The highest that its wall clock ever showed: the hybrid clock does not go back with it.
  private(set) var highestWall = World.epoch

  /// For a report: what its engine thinks of the connection.
  var linkText: String { process.map { "\($0.engine.link)" } ?? "not running" }

  // MARK: Life

  /// `memory`: of a process that goes on from there, as in a machine that was copied while it ran.
  func start(with memory: AgentStore.Memory? = nil) {
    guard process == nil, !isResting else { return }
    starts += 1
    let seeded = Mutex(random.split())
    do {
      let store = try AgentStore(
        path: disk.path("agent.db"), lock: "\(world.directory)/\(name)-\(starts)", platform: platform,
        random: { count in seeded.withLock { $0.bytes(count) } })
      if let memory { store.memory.withLock { $0 = memory } }
      process = AgentProcess(store: store)
      world.note("\(name) up")
      world.checker.agentStarted(self, store)
      for lane in SyncLane.allCases { run(lane) }
    } catch {
      world.note("\(name) cannot start: \(error)")
      if disk.hasCrashed || world.isFaulty {
        disk.crash(seed: random.next())
        disk.heal()
        world.timeline.after(5_000 + random.below(20_000)) { [self] in start() }
      } else {
        world.violation("I-2", "\(name) cannot open its database: \(error)")
      }
    }
  }

  /// The process is gone, and where the power was cut, what the disk had not synced too.
  func crash(_ why: String, restartAfter delay: Int?) {
    guard process != nil else { return }
    world.note("\(name) crashes: \(why)")
    // Before the connections close: closing them would move the log into the file and sync it.
    if random.chance(0.7) { disk.crash(seed: random.next()) } else { disk.kill() }
    disk.heal()
    process = nil
    if let delay { world.timeline.after(delay) { [self] in start() } }
  }

  /// Becomes the machine that `original` is now, with what its process has in memory: only the name and the way to the hub are its own.
  func become(_ original: AgentNode) {
    guard let memory = original.process?.store.memory.withLock({ $0 }) else { return }
    disk.copy(original.disk)
    clockError = original.clockError
    drift = original.drift
    highestWall = max(original.highestWall, original.wall)
    start(with: memory)
  }

  /// A clean end of the process.
  func stop() {
    guard process != nil else { return }
    process = nil
    world.note("\(name) stops")
  }

  /// After any use of the store: a crash that was planned at one of its calls, or a failed disk, ends the process.
  func lookAtDisk() {
    guard let process else { return }
    if disk.hasCrashed {
      crash("at a call of the store", restartAfter: 500 + random.below(60_000))
    } else if process.store.broken != nil {
      crash("its disk failed", restartAfter: 2_000 + random.below(30_000))
    }
  }

  // MARK: Lanes

  func wake() { for lane in SyncLane.allCases { run(lane) } }

  func syncNow() {
    process?.engine.syncNow()
    wake()
  }

  /// Its people ask for a full comparison.
  func compareInFull() {
    guard let process else { return }
    _ = process.dialogue.reconciler.want(ResyncRequest(isFull: true))
    process.engine.wantReconcile()
    wake()
  }

  private func run(_ lane: SyncLane) {
    guard let process, !process.isBusy[lane.rawValue], !isSuspended, !isResting else { return }
    let now = world.timeline.now
    if process.clockWatch.hasJumped(wall: wall, monotonic: now) { process.engine.syncNow() }
    let action = process.engine.start(lane, now: now)
    if case .idle(let until) = action {
      guard let until else { return }
      process.timers[lane.rawValue] += 1
      let timer = process.timers[lane.rawValue]
      world.timeline.after(until - now) { [self] in
        if self.process === process, process.timers[lane.rawValue] == timer { run(lane) }
      }
      return
    }
    process.isBusy[lane.rawValue] = true
    do {
      switch try process.dialogue.step(for: action, now: wall) {
      case nil: process.isBusy[lane.rawValue] = false
      case .settled(let outcome):
        if !disk.hasCrashed { world.checker.agentMoved(self, process.store) }
        finish(lane, outcome, process, start: now)
      case .send(let call): send(call, lane, process, start: now)
      }
    } catch {
      finish(lane, SyncDialogue.outcome(of: error), process, start: now)
    }
    lookAtDisk()
  }

  private func send(_ call: SyncCall, _ lane: SyncLane, _ process: AgentProcess, start: Int) {
    let wire = WireCall(
      peer: peer, name: call.name, contentType: call.contentType, body: call.body,
      patience: 40_000 + call.waitMilliseconds)
    world.checker.sent(call, by: self)
    world.network.send(wire, over: link) { [self] result in
      // An answer to a dead process is nobody's.
      guard self.process === process else { return }
      let outcome: SyncOutcome?
      do {
        switch result {
        case .answer(let answer): outcome = try process.dialogue.take(answer, to: call, now: wall)
        case .broken(let failure): throw SyncTransport.failure(failure)
        }
      } catch {
        outcome = SyncDialogue.outcome(of: error)
      }
      if !disk.hasCrashed { world.checker.agentMoved(self, process.store) }
      switch outcome {
      case .forkFound, .greeted(_, forked: true): world.sometimes(foundBy: call)
      default: break
      }
      finish(lane, outcome, process, start: start)
      lookAtDisk()
    }
  }

  private func finish(_ lane: SyncLane, _ outcome: SyncOutcome?, _ process: AgentProcess, start: Int) {
    process.isBusy[lane.rawValue] = false
    guard let outcome, self.process === process else { return }
    let now = world.timeline.now
    world.note("\(name) \(lane) \(outcome)")
    if case .settled(isDone: true) = outcome { world.sometimes(.forkSettled) }
    process.engine.finished(lane, outcome, now: now, elapsed: now - start, wall: wall, random: random.unit())
    if process.dialogue.reconciler.isWanted { process.engine.wantReconcile() }
    // What one lane learns may free the other.
    world.timeline.after(0) { [self] in if self.process === process { wake() } }
  }

  /// True where a write of this register lies in the outbox.
  func holdsUnsent(_ register: String, of order: OrderID) -> Bool {
    guard let store = process?.store else { return false }
    let lines = try? store.database.read { db in
      try db.rows("SELECT line FROM outbox WHERE order_id = ?", [.text(order.text)]) { $0.blob(0) }
    }
    let needle = Array("\"set\":\"\(register)\"".utf8)
    return (lines ?? []).contains { $0.contains(needle) }
  }

  // MARK: Edits

  /// One local command; nil where the process died under it.
  func edit(_ body: (AgentStore, Int) throws -> Recorded) throws -> Recorded? {
    guard let process else { return nil }
    defer { lookAtDisk() }
    let recorded: Recorded
    highestWall = max(highestWall, wall)
    do {
      recorded = try body(process.store, wall)
    } catch {
      if disk.hasCrashed { return nil }
      throw error
    }
    if disk.hasCrashed { return nil }
    world.checker.agentMoved(self, process.store)
    process.engine.localChange()
    run(.push)
    return recorded
  }
}
