// One cell of the restore grid: a world without other faults whose hub and one of whose agents go back to backups of different ages
// while people work (I-11). The run over all cells is in RestoreGridRun.

import Core

@testable import Agent
@testable import Hub

final class RestoreGrid {
  /// Between two backups, milliseconds.
  private static let betweenBackups = 5_000

  private let cell: RestoreCell
  private let world: World
  private let isReunited: Bool
  private var random: SimRandom
  /// The agent that goes back.
  private let agent: AgentNode
  /// What each did not know any more after it had gone back.
  private var hubForgot: Set<Dot> = []
  private var agentForgot: Set<Dot> = []
  private var outcome: RestoreOutcome

  /// Runs the world of a cell. With `isReunited` false nobody reaches the hub after the first restore: then the checks must fail.
  static func run(_ cell: RestoreCell, grounds: Grounds, isReunited: Bool = true) -> RestoreOutcome {
    do {
      let world = try World(plan(of: cell), grounds: grounds)
      defer { world.end() }
      let grid = RestoreGrid(cell, world, isReunited: isReunited)
      try grid.live()
      return grid.told()
    } catch {
      return RestoreOutcome(cell: cell, violations: [Violation(rule: "set-up", detail: "\(error)")])
    }
  }

  private static func plan(of cell: RestoreCell) -> Plan {
    var plan = Plan(seed: cell.worldSeed)
    plan.hubs = 1
    plan.platforms = [2, 1, 1]
    plan.days = 1
    plan.bursts = 1
    plan.edits = 80
    plan.faults = []
    return plan
  }

  private init(_ cell: RestoreCell, _ world: World, isReunited: Bool) {
    self.cell = cell
    self.isReunited = isReunited
    self.world = world
    random = SimRandom(seed: cell.worldSeed &+ 77)
    agent = world.agents[random.below(world.agents.count)]
    outcome = RestoreOutcome(cell: cell)
    // Whatever does not open or start here is a finding.
    world.isFaulty = false
  }

  private func told() -> RestoreOutcome {
    outcome.violations = world.violations
    outcome.lost = world.model.lost.count
    outcome.forgotten = hubForgot.count + agentForgot.count
    outcome.edits = world.crews.done + world.operators.done
    outcome.reached = world.reached
    outcome.traceHash = world.trace.hash
    outcome.tail = world.trace.tail(Trace.shown)
    return outcome
  }

  // MARK: The story

  private func live() throws {
    try untilTheLastBackup()
    traffic(4 + random.below(8))
    part()
    if cell.isHubFirst {
      let isTogether = random.chance(0.25)
      hubGoesBack()
      // Both machines burned down at once.
      if isTogether { agentGoesBack() }
      hubReturns()
      if !isTogether {
        meanwhile()
        agentGoesBack()
      }
    } else {
      agentGoesBack()
      if random.chance(0.75) { meanwhile() }
      hubGoesBack()
      hubReturns()
    }
    traffic(6 + random.below(12))
    calm()
  }

  /// Work with a backup of both at equal distances, of which the cell's are kept, and orders that change hands between them.
  private func untilTheLastBackup() throws {
    let between = min(cell.agent, cell.hub) + 1
    let another = random.below(RestoreCell.ages)
    for age in 0..<RestoreCell.ages where world.violations.isEmpty {
      let end = world.timeline.now + RestoreGrid.betweenBackups
      if age == between || age == another { try handOver() }
      if age == between { purge() }
      // A certificate that the restored hub may never have heard of.
      if age == between, random.chance(0.3), let peer = random.pick(world.agents) { world.script.renew(peer) }
      // So that some backups hold what was not sent yet.
      if random.chance(0.15), let away = random.pick(random.chance(0.4) ? [agent] : world.agents) {
        cut(away, for: RestoreGrid.betweenBackups + random.below(15_000))
      }
      for _ in 0..<3 { act(within: RestoreGrid.betweenBackups / 4) }
      world.run(until: end)
      if age == cell.agent { agent.disk.snapshot(to: "agent") }
      if age == cell.hub { world.store.disk.snapshot(to: "hub") }
    }
    if between == RestoreCell.ages {
      try handOver()
      purge()
    }
  }

  /// Of the two that go back one has values again that were destroyed since.
  private func purge() {
    guard world.violations.isEmpty else { return }
    world.citizens.eraseSomebody()
    outcome.purged += world.citizens.destroyed
  }

  /// Between the two restores: nothing at all, work, or time enough for everything to heal.
  private func meanwhile() {
    switch random.below(3) {
    case 0: world.run(until: world.timeline.now + random.below(300))
    case 1: traffic(2 + random.below(8))
    default:
      traffic(2)
      world.run(until: world.timeline.now + 1_200_000)
    }
  }

  private func traffic(_ count: Int) { for _ in 0..<count { act(within: 2_000) } }

  private func act(within milliseconds: Int) {
    guard world.violations.isEmpty else { return }
    _ = random.chance(0.45) ? world.operators.act() : world.crews.act()
    world.run(until: world.timeline.now + 20 + random.below(milliseconds))
  }

  private func cut(_ agent: AgentNode, for milliseconds: Int) {
    agent.link.mode = random.chance(0.5) ? .refusing : .silent
    let isNoticed = random.chance(0.7)
    world.timeline.after(milliseconds) { [isReunited] in
      guard isReunited else { return }
      agent.link.mode = .open
      if isNoticed { agent.syncNow() }
    }
  }

  private func part() {
    guard !isReunited else { return }
    for agent in world.agents { agent.link.mode = .refusing }
  }

  /// Everything is mended; then all must be quiet within the bound, and equal.
  private func calm() {
    guard world.violations.isEmpty else { return }
    world.run(until: world.timeline.now + 1)
    world.script.stopAll()
    part()
    world.run(until: world.timeline.now + Simulation.quietMilliseconds)
    guard world.violations.isEmpty else { return }
    world.checkWhole()
    world.checker.checkQuiet()
    let held = world.checker.mirror(of: agent).dots
    // Where the assignment died with all who held it, what was written before goes to the platforms that are left.
    let hub = world.checker.hub
    let others = Set(
      hub.orders.filter { !OrderFacts.concerned($0.value, maker: $0.key.maker).contains(agent.platform) }
        .flatMap { $0.value.map(\.dot) })
    for dot in agentForgot.sorted() where held[dot] == nil && !world.model.isLost(dot) && !others.contains(dot) {
      world.violation("I-11", "\(agent.name) held \(dot), went back, and does not get it again")
    }
    outcome.givenBack =
      hubForgot.count(where: { world.checker.hub.holds($0) }) + agentForgot.count(where: { held[$0] != nil })
  }

  // MARK: Going back

  private func hubGoesBack() {
    guard world.violations.isEmpty else { return }
    // In some worlds the agents are away, and the hub grows past what they have read of it.
    if random.chance(0.4) {
      for agent in world.agents { cut(agent, for: 20_000 + random.below(60_000)) }
      world.run(until: world.timeline.now + random.below(2_000))
    }
    world.note("the hub goes back to backup \(cell.hub)")
    world.hubRollbacks += 1
    world.sometimes(.hubBackup)
    let mirror = world.checker.hub
    hubForgot = Set(mirror.changes.keys).union(mirror.quarantined.keys).union(mirror.waiting)
    world.store.goBack(to: "hub")
    world.checker.hubWentBack()
  }

  private func hubReturns() {
    guard world.violations.isEmpty else { return }
    world.run(until: world.timeline.now + 500 + random.below(4_000))
    traffic(random.below(3))
    world.restartHubs()
    world.model.noteLost(world.checker)
    hubForgot = hubForgot.filter { !world.checker.hub.holds($0) }
    if world.agents.allSatisfy({ $0.link.mode != .open }) {
      for _ in 0..<(5 + random.below(25)) where world.violations.isEmpty {
        _ = world.operators.act()
        world.run(until: world.timeline.now + 20 + random.below(800))
      }
      outcome.outgrown = world.agents.count(where: isOutgrown)
    }
  }

  /// True where the hub's feed reaches beyond the agent's cursor and is another one there.
  private func isOutgrown(_ agent: AgentNode) -> Bool {
    // A broken store shows elsewhere.
    let stored = try? agent.process?.store.database.read { try AgentStore.cursor($0).after }
    guard let cursor = stored ?? nil, cursor.position > 0 else { return false }
    let feed = world.checker.hub.feeds[agent.platform] ?? []
    return cursor.position <= feed.count && feed[cursor.position - 1].feedHash != cursor.feedHash
  }

  private func agentGoesBack() {
    guard world.violations.isEmpty else { return }
    world.note("\(agent.name) goes back to backup \(cell.agent)")
    let before = Set(world.checker.mirror(of: agent).dots.keys)
    agent.crash("its machine is replaced", restartAfter: nil)
    agent.disk.restore(from: "agent")
    world.model.forget(agent)
    world.checker.agents[agent.name] = nil
    agent.start()
    world.model.noteLost(world.checker)
    world.checker.noteBehindPurge(agent)
    world.sometimes(.backup)
    let after = world.checker.mirror(of: agent).dots
    agentForgot = before.filter { after[$0] == nil }
  }

  // MARK: A role change

  /// An order that a platform works on is recalled and given to another one.
  private func handOver() throws {
    guard world.violations.isEmpty else { return }
    let author = Author(name: "supervisor", role: "operator")
    var orders = world.checker.hub.orders.keys.sorted()
    orders.shuffle(using: &random)
    // A new one is last: that one can always be handed over.
    let fresh = try world.hubs[0].operate {
      try $0.create(
        registers: [
          .init("title", "flooded cellar"), .init("kind", "emergency"), .init("caller", world.citizens.caller()),
        ],
        dispatchTo: random.pick(world.platformNames)?.text, author: author, request: nil)
    }
    for order in orders + [try OrderID(try fresh.string("order"))] {
      guard let holder = try lead(of: order) else { continue }
      let others = world.platformNames.filter { $0.text != holder.platform }
      let other = random.pick(others)?.text ?? holder.platform
      let isRecalled = isDone(
        .recall(reason: "wrong platform"), on: order, assignment: holder.id, by: author)
      guard isRecalled,
        isDone(.dispatch(platform: other, role: "lead", instruction: nil, cause: nil), on: order, by: author)
      else { continue }
      world.note("\(order.short) goes from \(holder.platform) to \(other)")
      outcome.roleChanges += 1
      return
    }
  }

  /// False where the hub refuses, as it may by the order's state.
  private func isDone(_ command: Command, on order: OrderID, assignment: String? = nil, by author: Author) -> Bool {
    do {
      _ = try world.hubs[0].operate {
        try $0.perform(command, on: order, assignment: assignment, onBehalfOf: nil, author: author, request: nil)
      }
      return true
    } catch {
      world.note("\(order.short) cannot change hands: \(error)")
      return false
    }
  }

  private func lead(of order: OrderID) throws -> AssignmentView? {
    let stored = try world.store.database?.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
    }
    guard let stored = stored ?? nil else { return nil }
    return OrderView(try OrderState(id: order, stored: stored)).assignments.last { $0.isActive && $0.isLead }
  }
}
