// What goes wrong, and when: faults that come by themselves during a burst of work, and what becomes of the agents between bursts.

import Core

@testable import Agent
@testable import Hub

final class FaultScript {
  private unowned let world: World
  private var random: SimRandom
  /// Counts the rests, so that who was to come late to one burst does not come in the middle of the night after it.
  private var shift = 0
  /// Serials of certificates that count for nothing any more, and since when.
  private(set) var revoked: [String: Int] = [:]
  private var snapshots: [String: [String]] = [:]
  private var hubSnapshots: [String] = []

  init(world: World, random: SimRandom) {
    self.world = world
    self.random = random
  }

  private func strikes(_ fault: Fault, _ probability: Double) -> Bool { world.strikes(fault, probability, &random) }

  private func agent() -> AgentNode? { random.pick(world.agents) }
  private func running() -> AgentNode? { random.pick(world.agents.filter(\.isUp)) }

  /// Called about once a virtual second while people work.
  func maybe() {
    network()
    processes()
    disks()
    clocks()
    identities()
    world.byzantine?.maybe()
    if strikes(.bitFlip, 0.004) { world.damage.flip() }
    if strikes(.purge, 0.004) { world.citizens.askForErasure() }
    if world.clones < 2, strikes(.liveClone, 0.0015) { world.copyMachine(&random) }
  }

  private func network() {
    if strikes(.cut, 0.01), let agent = agent() {
      agent.link.mode = random.chance(0.5) ? .refusing : .silent
      world.timeline.after(1_000 + random.below(300_000)) { agent.link.mode = .open }
    }
    if strikes(.oneWayCut, 0.01), let agent = agent() {
      agent.link.mode = .deaf
      world.timeline.after(1_000 + random.below(120_000)) { agent.link.mode = .open }
    }
    if strikes(.flapping, 0.004) {
      var delay = 0
      for agent in world.agents where random.chance(0.7) {
        for _ in 0..<4 {
          let mode: Link.Mode = [.open, .refusing, .silent, .deaf][random.below(4)]
          delay += random.below(5_000)
          world.timeline.after(delay) { agent.link.mode = mode }
        }
        world.timeline.after(delay + random.below(20_000)) { agent.link.mode = .open }
      }
    }
  }

  private func processes() {
    if strikes(.agentCrash, 0.01), let agent = running() {
      if random.chance(0.5) {
        agent.disk.crashAt(call: 1 + random.below(60))
      } else {
        agent.crash("killed", restartAfter: 100 + random.below(60_000))
      }
    }
    if strikes(.agentStop, 0.005), let agent = running() {
      agent.stop()
      world.timeline.after(100 + random.below(60_000)) { agent.start() }
    }
    if strikes(.hubCrash, 0.006) {
      if world.plan.hubs > 1 {
        random.pick(world.hubs.filter(\.isUp))?.die("killed")
        world.timeline.after(500 + random.below(20_000)) { [world] in world.restartHubs() }
      } else {
        world.store.disk.crashAt(call: 1 + random.below(80))
      }
    }
    if world.plan.hubs > 1, strikes(.storeCrash, 0.004) { world.store.disk.crashAt(call: 1 + random.below(80)) }
    if strikes(.hubStop, 0.003), let hub = random.pick(world.hubs.filter(\.isUp)) {
      hub.stop()
      if world.plan.hubs == 1 { world.store.close() }
      world.timeline.after(500 + random.below(20_000)) { [world] in world.restartHubs() }
    }
    if strikes(.suspend, 0.004), let agent = running() {
      agent.isSuspended = true
      world.timeline.after(1_000 + random.below(600_000)) {
        agent.isSuspended = false
        agent.wake()
      }
    }
    if strikes(.slowHub, 0.003), let hub = random.pick(world.hubs) {
      hub.slowness = 2_000 + random.below(30_000)
      world.timeline.after(10_000 + random.below(60_000)) { hub.slowness = 0 }
    }
    takeSnapshot()
    if strikes(.agentRollback, 0.003) { rollBack(toNothing: false) }
    if strikes(.agentEmptied, 0.001) { rollBack(toNothing: true) }
    if world.plan.has(.hubRollback), world.isFaulty, random.chance(0.01) {
      let name = "\(world.label)-backup-hub-\(world.timeline.count)"
      world.store.disk.snapshot(to: name)
      hubSnapshots.append(name)
    }
    if !hubSnapshots.isEmpty, strikes(.hubRollback, 0.002) { rollBackHub() }
  }

  /// The hub's database becomes an older copy of itself.
  private func rollBackHub() {
    guard let backup = random.pick(hubSnapshots), world.store.database != nil else { return }
    world.note("the hub goes back to a backup")
    world.hubRollbacks += 1
    world.sometimes(.hubBackup)
    world.store.goBack(to: backup)
    world.checker.hubWentBack()
    world.timeline.after(500 + random.below(30_000)) { [world] in
      world.restartHubs()
      world.model.noteLost(world.checker)
    }
  }

  private func takeSnapshot() {
    guard world.isFaulty, world.plan.has(.agentRollback), random.chance(0.01), let agent = agent() else { return }
    let name = "\(world.label)-backup-\(agent.name)-\(world.timeline.count)"
    agent.disk.snapshot(to: name)
    snapshots[agent.name, default: []].append(name)
  }

  /// An agent's disk becomes an older copy of itself, or empty.
  private func rollBack(toNothing: Bool) {
    guard let agent = running() else { return }
    let backup = random.pick(snapshots[agent.name] ?? [])
    if !toNothing, backup == nil { return }
    world.note("\(agent.name) goes back to \(toNothing ? "nothing" : "a backup")")
    agent.crash("its machine is replaced", restartAfter: nil)
    if let backup, !toNothing { agent.disk.restore(from: backup) } else { agent.disk.empty() }
    world.model.forget(agent)
    world.checker.agents[agent.name] = nil
    agent.start()
    world.model.noteLost(world.checker)
    world.checker.noteBehindPurge(agent)
    world.sometimes(toNothing ? .emptied : .backup)
  }

  private func disks() {
    if strikes(.diskFullAgent, 0.003), let agent = running() {
      agent.disk.fill(afterBytes: random.below(20_000))
      world.timeline.after(1_000 + random.below(60_000)) {
        agent.disk.heal()
        agent.wake()
      }
    }
    if strikes(.diskFullHub, 0.002) {
      let disk = world.store.disk
      disk.fill(afterBytes: random.below(40_000))
      world.timeline.after(1_000 + random.below(60_000)) { disk.heal() }
    }
    if strikes(.writeErrorAgent, 0.002), let agent = running() {
      agent.disk.fail(random.chance(0.5) ? .write : .sync, at: 1 + random.below(20))
    }
    if strikes(.syncErrorHub, 0.002) { world.store.disk.fail(.sync, at: 1 + random.below(10)) }
  }

  private func clocks() {
    if strikes(.clockJump, 0.003), let agent = agent() {
      let jumps = [3_600_000, -3_600_000, 365 * 86_400_000, -86_400_000, 90_000, -World.epoch + 1]
      agent.clockError = random.chance(0.3) ? 0 : jumps[random.below(jumps.count)]
      if agent.clockError > 300_000 { world.sometimes(.clockFarAhead) }
    }
    if strikes(.clockDrift, 0.002), let agent = agent() { agent.drift = random.within(-200...200) }
    if strikes(.hubClockJump, 0.001), let hub = random.pick(world.hubs) {
      hub.clockError = [3_600_000, -3_600_000, 0][random.below(3)]
    }
  }

  private func identities() {
    if strikes(.certificateExpired, 0.002), let agent = agent() {
      agent.peer = expired(agent)
      renewLater(agent)
    }
    if strikes(.revoked, 0.001), let agent = agent(), let hub = random.pick(world.hubs.filter(\.isUp)) {
      do {
        _ = try hub.operate {
          try $0.revokeAgent(platform: agent.platform.text, agent: agent.certifiedName, reason: "lost")
        }
        revoked[agent.peer.serialHex] = world.timeline.now
        // With it all that have its name.
        for twin in world.agents where twin.certifiedName == agent.certifiedName { renewLater(twin) }
      } catch { world.note("revocation failed") }
    }
    if strikes(.expelled, 0.001) { world.expelMachine(&random) }
    if strikes(.joined, 0.002) { world.joinMachine(&random) }
  }

  func noteRevoked(_ serial: String) { revoked[serial] = world.timeline.now }

  private func expired(_ agent: AgentNode) -> PeerIdentity {
    PeerIdentity(
      platform: agent.platform, agent: agent.certifiedName, serialHex: agent.peer.serialHex,
      notBefore: agent.peer.notBefore,
      notAfter: .init(timeIntervalSince1970: 0), publicKeyHash: .zero)
  }

  /// Somebody enrols it again, sooner or later.
  private func renewLater(_ agent: AgentNode) {
    world.timeline.after(10_000 + random.below(1_000_000)) { [self] in renew(agent) }
  }

  func renew(_ agent: AgentNode) {
    do {
      guard world.hubs.contains(where: \.isUp) else { throw Problem(.busy, "no hub") }
      agent.peer = try world.enrol(agent.platform, agent.certifiedName)
      agent.syncNow()
    } catch {
      world.timeline.after(20_000) { [self] in renew(agent) }
    }
  }

  // MARK: Between bursts

  /// How each agent spends the hours without work.
  func rest() {
    shift += 1
    for agent in world.agents {
      switch random.below(4) {
      case 0 where world.plan.has(.longPartition):
        world.count(.longPartition)
        agent.link.mode = random.chance(0.5) ? .refusing : .silent
      case 0, 1: agent.stop()
      default: break
      }
      agent.isResting = true
    }
  }

  /// Work begins again; some agents stay away for a while.
  func rise() {
    for agent in world.agents {
      let delay = random.chance(0.3) ? random.below(200_000) : random.below(3_000)
      let staysCut = world.plan.has(.longPartition) && random.chance(0.3)
      world.timeline.after(delay) { [self, shift] in
        guard shift == self.shift else { return }
        agent.isResting = false
        agent.isSuspended = false
        if !staysCut { agent.link.mode = .open }
        if agent.isUp { agent.wake() } else { agent.start() }
      }
      if staysCut { world.timeline.after(delay + 200_000 + random.below(400_000)) { agent.link.mode = .open } }
    }
  }

  /// Faults stop: everything that was broken is mended, every clock set right.
  func stopAll() {
    world.isFaulty = false
    world.store.disk.heal()
    for hub in world.hubs {
      hub.slowness = 0
      hub.clockError = 0
    }
    if world.store.database == nil || world.hubs.contains(where: { !$0.isUp }) { world.restartHubs() }
    world.citizens.finish()
    for agent in world.agents + world.expelled {
      agent.link.mode = .open
      agent.link.lastAnswers = [:]
      agent.disk.heal()
      agent.isSuspended = false
      agent.isResting = false
      agent.clockError = 0
      agent.drift = 0
      let isExpelled = world.expelled.contains { $0 === agent }
      if !isExpelled, agent.peer.notAfter.timeIntervalSince1970 == 0 || world.isRevoked(agent) { renew(agent) }
      if !agent.isUp { agent.start() }
      agent.wake()
    }
  }
}
