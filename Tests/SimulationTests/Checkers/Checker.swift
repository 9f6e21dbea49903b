// The checkers' common ground: what was seen of every store, and the rules that hold for any of them.

import Core

@testable import Agent
@testable import Hub

/// A platform and an order, as a key.
struct Pair: Hashable {
  let platform: PlatformName
  let order: OrderID
  init(_ platform: PlatformName, _ order: OrderID) {
    self.platform = platform
    self.order = order
  }
}

/// Looks at the world from outside. A violation ends the run.
final class Checker {
  unowned let world: World
  let decoded = DecodedLines()
  var hub = HubMirror()
  var agents: [String: AgentMirror] = [:]
  var fedByOrder: [Pair: [Dot]] = [:]
  /// All entries that were ever seen in a feed, by their running hash: a cut takes them from the store.
  var feedLinks: [PlatformName: [Hash: FeedLink]] = [:]
  /// The highest feed position that any reply named, by platform.
  var toldPositions: [PlatformName: Int] = [:]
  /// What was judged already: the rules are pure, so the same facts need no second look, at this store or another.
  private var judged: Set<Int> = []
  /// How many siblings the worst conflict has, by order, at the hub.
  var siblings: [OrderID: Int] = [:]
  /// All is quiet, and must be as it should.
  private(set) var isEnd = false

  init(world: World) { self.world = world }

  /// Runs a check; a store that cannot be read is a finding of its own, unless its disk has just been crashed.
  func guarding(_ place: String, _ body: () throws -> Void) {
    do {
      try body()
    } catch {
      if world.isCrashing(place) { return }
      world.violation("I-6", "\(place) cannot be read: \(error)")
    }
  }

  /// The hub's orders whose worst conflict has the most siblings of all.
  var worstConflicts: [OrderID] {
    let most = siblings.values.max() ?? 0
    return most < 2 ? [] : siblings.filter { $0.value == most }.map(\.key).sorted()
  }

  /// True at the first look at these facts. A whole check reads everything again; only the judging of what is still the same is
  /// spared.
  func isNew(_ facts: Int) -> Bool { judged.insert(facts).inserted }

  /// I-8: what a register shows and what it keeps follow from the set of writes.
  func checkRegisters(_ order: OrderID, _ state: OrderState, _ changes: [HeldChange], _ place: String) {
    for conflict in state.conflicts {
      let count = state.siblings(conflict).count
      if count >= 3 { world.sometimes(.threeConcurrentWrites) }
      if count == 2 { world.sometimes(.twoConcurrentWrites) }
    }
    checkCounting(order, state, changes, place)
    guard let survivors = OrderFacts.survivors(changes) else { return world.sometimes(.void) }
    for (register, dots) in survivors.sorted(by: { $0.key < $1.key }) {
      let found = Set(state.siblings(register).map(\.dot))
      if found != dots {
        world.violation(
          "I-8",
          "\(place)'s \(register) of \(order) keeps \(found.sorted().map(\.description)), by its writes "
            + "\(dots.sorted().map(\.description))")
      }
      if let shown = state.shown(register), !dots.contains(shown.dot) {
        world.violation("I-8", "\(place) shows a write of \(register) that does not stand")
      }
    }
    for contradiction in OrderView(state).contradictions {
      world.sometimes(.contradiction)
      if contradiction.kind == .recalledWhileDone { world.sometimes(.recalledWhileDone) }
    }
  }

  /// A call leaves an agent.
  func sent(_ call: SyncCall, by agent: AgentNode) {
    if case .hello(let hello) = call, hello.runs.count > 1, hello.health.outbox > 0 {
      let unsent = hello.runs.filter { $0.n > (hub.high[$0.replica] ?? 0) }
      if unsent.count > 1 { world.sometimes(.severalRunsUnsent) }
    }
    if case .reconcile(_, let entries, _) = call {
      noteOffered(entries)
      checkSound(entries, from: agent.name)
    }
    guard case .push(_, let entries) = call else { return }
    noteOffered(entries)
    checkSound(entries, from: agent.name)
    for entry in entries {
      world.model.see(entry.head.dot, entry.head.hash, entry.head.order, at: agent.name + "'s push", isAuthor: false)
    }
    if entries.count > 1 { world.sometimes(.batch) }
  }

  /// A push was answered (I-16): whoever is honest is never refused for good, whatever others sent beside it.
  func judged(_ result: Result<PushReply, any Error>, push header: PushHeader, from caller: Contacts.Name) {
    guard case .failure(let error) = result, caller.agent != Byzantine.name, !world.store.disk.hasCrashed else {
      return
    }
    let code = HubFailure.problem(error).code
    if code == .reconcileFirst { world.sometimes(.pushBeforeReconcile) }
    var isPassing: [ProblemCode] = [.busy, .diskFull, .shuttingDown, .reconcileFirst, .internalError]
    if world.model.copied[header.replica] != nil { isPassing.append(.fork) }
    if !isPassing.contains(code) {
      world.violation("I-16", "\(caller.agent)'s honest push was refused: \(code.rawValue)")
    }
  }

  /// An agent says how far it has read: beyond the feed's end nothing can have been read (I-7).
  func told(_ pull: PullRequest, of platform: PlatformName) {
    let head = hub.feeds[platform]?.count ?? 0
    noteCut(pull, platform)
    if world.hubRollbacks > 0 {
      if !hub.feeds.isEmpty, pull.after.position <= head, pull.after.position > 0,
        hub.feeds[platform]?[pull.after.position - 1].feedHash != pull.after.feedHash
      {
        world.sometimes(.grewPastCursors)
      }
      return
    }
    if pull.after.position > head {
      world.violation("I-7", "\(platform) says it has read to \(pull.after.position), the feed ends at \(head)")
    }
  }

  /// An agent may come from before the cut; what it had no receipt of yet may have had it there (row 132).
  private func noteCut(_ pull: PullRequest, _ platform: PlatformName) {
    let cut = world.feedCuts[platform] ?? 0
    guard pull.after.position < cut - 1, let feed = hub.feeds[platform], feed.count >= cut else { return }
    world.sometimes(.behindCut)
    let cutOff = feed[pull.after.position..<(cut - 1)]
    if let run = pull.run, cutOff.contains(where: { $0.dot.replica == run.replica && $0.dot.n <= run.n }) {
      world.sometimes(.receiptCutOff)
    }
  }

  /// Entries leave a hub (I-10, I-22).
  func served(_ entries: [Entry], _ reply: PullReply, to platform: PlatformName) {
    toldPositions[platform] = max(toldPositions[platform] ?? 0, reply.head.position)
    checkGiven(reply.values, to: platform)
    given(entries, to: platform)
  }

  /// A comparison's answer leaves a hub (I-11): an honest agent's entries are always taken.
  func reconciled(
    _ request: ReconcileRequest, sent: [Entry], _ reply: ReconcileReply, _ entries: [Entry], with caller: Contacts.Name
  ) {
    toldPositions[caller.platform] = max(toldPositions[caller.platform] ?? 0, reply.head.position)
    given(entries, to: caller.platform)
    guard case .exchanged(let refused) = reply.answer, caller.agent != Byzantine.name else { return }
    if let first = refused.first {
      world.violation("I-11", "the hub refused \(first.dot) that \(caller.agent) gave back: \(first.reason)")
    }
    if !sent.isEmpty { world.sometimes(.gaveBack) }
  }

  private func given(_ entries: [Entry], to platform: PlatformName) {
    checkSound(entries, from: "the hub")
    for entry in entries {
      let order = entry.head.order
      if isDoubtful(order) { continue }
      let changes = hub.orders[order] ?? []
      let concerned = OrderFacts.concerned(changes, maker: order.maker)
      if !concerned.contains(platform) {
        world.violation("I-10", "\(platform) was served \(entry.head.dot) of another's order")
      }
      if entry.head.isLane { world.sometimes(.emergencyLane) }
      checkGiven(entry.head.sealed, to: platform)
      let isLead = changes.contains { $0.assigns(platform, role: "lead") } || order.maker == platform
      for value in entry.head.sealed where !isLead {
        let wrote = changes.contains {
          $0.dot.replica.platform == platform
            && $0.change?.sealedMentions.contains { $0.commitment == value.commitment } == true
        }
        if !wrote { world.violation("I-22", "\(platform) was served a personal value of \(order)") }
      }
    }
  }

  /// Who wrote a personal value, and whether the hub has it.
  private func story(of commitment: Hash, _ order: OrderID) -> String {
    let writers = (hub.orders[order] ?? []).filter {
      $0.change?.sealedMentions.contains { $0.commitment == commitment } == true
    }
    let isHeld = try? world.store.database?.read { db in
      try db.count(
        "SELECT COUNT(*) FROM sealed WHERE order_id = $1 AND commitment = $2",
        [.text(order.text), .blob(commitment.bytes)])
    }
    let concerns = try? world.store.database?.read { db in
      try db.all(
        """
        SELECT c.platform, c.lead_from, c.is_lead, o.is_confidential FROM concern c JOIN orders o ON o.order_id = c.order_id
        WHERE c.order_id = $1 ORDER BY c.platform
        """, [.text(order.text)]
      ) { "\($0.text(0)): lead from \($0.optionalInt(1) ?? 0), leads \($0.int(2)), confidential \($0.int(3))" }
    }
    return "of \(order), written by \(writers.map(\.dot.description)), \(isHeld ?? 0) held by the hub, "
      + (concerns ?? []).joined(separator: "; ")
  }

  /// True if any database holds the value.
  func survives(_ commitment: Hash) -> Bool {
    world.agents.contains { agent in
      let held = try? agent.process?.store.database.read { db in
        try db.number("SELECT COUNT(*) FROM sealed WHERE commitment = ?", [.blob(commitment.bytes)])
      }
      return (held ?? 0) > 0
    }
  }

  /// I-1 and I-18: when all is quiet, everyone has what is theirs and shows the same.
  func checkQuiet() {
    isEnd = true
    world.model.checkNothingLost(self)
    checkRights()
    guarding("hub") {
      try checkDigests()
      try checkChains()
      try checkWaiting()
      try checkPurges()
    }
    world.checkExpelled()
    for agent in world.agents {
      guard let store = agent.process?.store else {
        world.violation("I-18", "\(agent.name) is not running at the end")
        continue
      }
      checkWhole(agent, store)
      agentMoved(agent, store)
      guarding(agent.name) {
        try checkDigests(agent, store)
        let mirror = mirror(of: agent)
        let health = try store.health(now: agent.wall)
        if health.outbox != 0 {
          world.violation("I-18", "\(agent.name) still has \(health.outbox) unsent changes; \(agent.linkText)")
        }
        if health.waiting != 0 { world.violation("I-18", "\(agent.name) still has \(health.waiting) waiting changes") }
        let lacking = try store.database.read { db in
          try db.rows("SELECT commitment, order_id FROM lacking") {
            (Hash(bytes: $0.blob(0)) ?? .zero, try OrderID($0.text(1)))
          }
        }
        for (commitment, order) in lacking where world.hubRollbacks == 0 || survives(commitment) {
          world.violation(
            "I-18", "\(agent.name) still lacks a personal value that it may have: \(story(of: commitment, order))")
        }
        let feed = hub.feeds[agent.platform] ?? []
        if mirror.cursor != feed.count {
          world.violation("I-18", "\(agent.name) has read \(mirror.cursor) of \(feed.count); \(agent.linkText)")
        }
        for (order, changes) in hub.orders.sorted(by: { $0.key < $1.key })
        where OrderFacts.concerned(changes, maker: order.maker).contains(agent.platform)
          && (!isDoubtful(order) || fedByOrder[Pair(agent.platform, order)] != nil)
        {
          guard let hubs = try world.canonical(order), let theirs = try store.canonical(order.text) else {
            world.violation("I-1", "\(agent.name) does not have \(order)")
            continue
          }
          let entries = OrderFacts.entries(changes)
          if OrderFacts.entries(inCanonical: hubs) != entries, !world.damage.lostOrders.contains(order) {
            world.violation("I-8", "the hub does not show the \(entries.count) entries of \(order) that count")
          }
          if hubs != theirs {
            let mine = Set(mirror.byOrder[order] ?? [])
            let hubs = Set(changes.map(\.dot))
            world.violation(
              "I-1",
              "\(agent.name) and the hub show \(order) differently: only there \(mine.subtracting(hubs).sorted().map(\.description)), "
                + "only at the hub \(hubs.subtracting(mine).sorted().map(\.description)), "
                + mine.subtracting(hubs).sorted().map { heldText($0, agent) }.joined(separator: "; "))
          }
        }
      }
    }
  }
}

extension HeldChange {
  /// True if the change gives this platform an assignment of this role.
  func assigns(_ platform: PlatformName, role: String) -> Bool {
    change?.edits.contains { edit in
      guard case .set(let register, let value) = edit, register.hasPrefix("assignment/"),
        register.split(separator: "/").count == 2
      else { return false }
      return value.json["platform"]?.asString == platform.text && value.json["role"]?.asString == role
    } ?? false
  }
}
