// What must hold of an agent's database, seen from outside: what it moved after every event, and everything from scratch.

import Core

@testable import Agent
@testable import Hub

/// What is remembered of one agent's database from one look to the next.
final class AgentMirror {
  var lastSeq = 0
  var dots: [Dot: Hash] = [:]
  /// What changes that are held were written again for.
  var again: Set<Origin> = []
  /// What it has read to be destroyed.
  var purged: Set<Hash> = []
  /// The n of each own run.
  var runs: [ReplicaID: Int] = [:]
  var byOrder: [OrderID: [Dot]] = [:]
  var cursor = 0
  var vectors: [OrderID: VersionVector] = [:]
  var lastTime: HybridTime?
  /// The key of what each order's last look saw.
  var looked: [OrderID: Int] = [:]

  /// True where it is held, or what it stands for, or that was written again.
  func keeps(_ change: Origin, _ root: Origin) -> Bool {
    dots[change.dot] == change.hash || dots[root.dot] == root.hash || again.contains(root)
  }

  func take(_ held: HeldChange) {
    dots[held.dot] = held.hash
    byOrder[held.order, default: []].append(held.dot)
    if let origin = held.rightfulOrigin { again.insert(origin) }
    purged.formUnion(held.change?.purges ?? [])
  }
}

extension Checker {
  func mirror(of agent: AgentNode) -> AgentMirror {
    if let mirror = agents[agent.name] { return mirror }
    let fresh = AgentMirror()
    agents[agent.name] = fresh
    return fresh
  }

  /// A process has opened the database: everything is looked at anew, and all that was promised must be there.
  func agentStarted(_ agent: AgentNode, _ store: AgentStore) {
    agents[agent.name] = nil
    agentMoved(agent, store)
    checkWhole(agent, store)
  }

  /// After anything that may have moved the database.
  func agentMoved(_ agent: AgentNode, _ store: AgentStore) {
    guarding(agent.name) {
      let mirror = mirror(of: agent)
      var touched = try world.clones > 0 || world.damage.flips > 0 ? checkSettling(agent, store, mirror) : []
      let rows = try held(store, after: mirror.lastSeq)
      for (seq, held) in rows {
        mirror.lastSeq = max(mirror.lastSeq, seq)
        let isOwnRun = agentRuns(store).contains(held.dot.replica)
        see(held, at: agent, isAuthor: isOwnRun)
        if let line = held.line, Hash.of(line) != held.hash, !world.damage.isAltered(held.dot, in: agent.name) {
          world.violation("I-4", "\(agent.name) holds \(held.dot) with bytes that are not its hash")
        }
        // What this process wrote just now; changes of earlier runs also come back down the feed, in the hub's order.
        let isNew =
          held.dot.replica == store.present && mirror.dots[held.dot] == nil && held.change?.origin == nil
        if isNew { checkClock(held, mirror, agent) }
        if isNew, rows.count == 1, let before = mirror.vectors[held.order], let context = held.change?.context,
          context != before
        {
          world.violation("I-9", "\(agent.name) wrote \(held.dot) with another context than what it had seen")
        }
        mirror.take(held)
        try world.citizens.see(held) { commitment in
          try store.database.read { db in
            try db.first("SELECT value FROM sealed WHERE commitment = ?", [.blob(commitment.bytes)]) { $0.blob(0) }
          }
        }
        touched.insert(held.order)
      }
      try checkPurged(agent, store, mirror)
      for order in touched.sorted() { try checkOrder(order, agent, store, mirror) }
      // Against a hub that went back nothing of this holds until both have been compared; in the end it is looked at whole.
      guard world.hubRollbacks == 0 || isEnd else { return }
      try checkCursor(agent, store, mirror)
      try checkOutbox(agent, store)
    }
  }

  /// Everything from scratch.
  func checkWhole(_ agent: AgentNode, _ store: AgentStore) {
    guarding(agent.name) {
      let mirror = mirror(of: agent)
      for order in mirror.byOrder.keys.sorted() { try checkOrder(order, agent, store, mirror) }
      let recorded = (world.model.recorded[agent.name] ?? []).sorted { $0.dot < $1.dot }
      for change in recorded where !mirror.keeps(change, world.model.root(change)) && !world.model.isLost(change) {
        world.violation("I-2", "\(agent.name) was answered that \(change.dot) is recorded, and does not hold it")
      }
      let written = try store.database.read { db in
        try db.rows("SELECT id, n FROM replica ORDER BY id") { (try ReplicaID($0.text(0)), $0.int(1)) }
      }
      // Above n lies what a restored database is given back by the feed, in the feed's order.
      for (run, n) in written {
        if let missing = (0..<n).first(where: { mirror.dots[Dot(run, $0 + 1)] == nil }) {
          world.violation("I-5", "\(agent.name) wrote \(n) changes of \(run) and lacks \(missing + 1)")
        }
      }
    }
  }

  private func checkClock(_ held: HeldChange, _ mirror: AgentMirror, _ agent: AgentNode) {
    guard let change = held.change else { return }
    let skew = 300_000
    if let last = mirror.lastTime, change.at <= last {
      world.violation("I-14", "\(agent.name)'s clock did not grow at \(held.dot): \(last), then \(change.at)")
    }
    mirror.lastTime = change.at
    // Steps back leave the hybrid clock ahead; that is flagged, not refused.
    if change.at.milliseconds > agent.highestWall + skew {
      world.violation("I-14", "\(agent.name) wrote \(held.dot) at \(change.at), beyond its clock and the skew")
    }
  }

  private func checkOrder(_ order: OrderID, _ agent: AgentNode, _ store: AgentStore, _ mirror: AgentMirror) throws {
    let changes = try held(store, of: order)
    let stored = try store.database.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = ?", [.text(order.text)]) { $0.blob(0) }
    }
    guard let stored else {
      return world.violation("I-6", "\(agent.name) holds changes of \(order) and no state")
    }
    let key = OrderFacts.key("agent", order, changes, stored)
    guard mirror.looked[order] != key else { return }
    mirror.looked[order] = key
    let isHurt = world.damage.isHurt(agent.name, order)
    // What the disk altered is looked at again when it is repaired.
    guard !isHurt || isWhole(order, stored, changes) else {
      mirror.vectors[order] = nil
      return
    }
    let found = try OrderState(id: order, stored: stored)
    let lost = Set(found.lostDots)
    if let before = mirror.vectors[order],
      before.components.contains(where: { found.vector[$0.replica] < $0.n && !lost.contains(Dot($0.replica, $0.n)) })
    {
      world.violation("I-9", "\(agent.name)'s vector of \(order) went back")
    }
    mirror.vectors[order] = found.vector
    guard isNew(key) else { return }
    let (state, waiting) = OrderFacts.fold(changes, order)
    if found != state {
      world.violation(
        "I-6",
        "\(agent.name)'s state of \(order) is not the fold of its \(changes.count) changes, the last of them "
          + "\(changes.last?.dot.description ?? "")")
    }
    let unapplied = Set(changes.filter { !$0.isApplied }.map(\.dot))
    if unapplied != waiting {
      world.violation(
        "I-9", "\(agent.name) lets \(unapplied.count) changes of \(order) wait, by the fold \(waiting.count)")
    }
    if !waiting.isEmpty { world.sometimes(.changeWaits) }
    checkRegisters(order, found, changes, agent.name)
  }

  /// True if the stored state can be read and is the fold of what is there.
  func isWhole(_ order: OrderID, _ stored: [UInt8], _ changes: [HeldChange]) -> Bool {
    (try? OrderState(id: order, stored: stored)) == OrderFacts.fold(changes, order).state
  }

  /// For a report: as what an agent holds a dot.
  func heldText(_ dot: Dot, _ agent: AgentNode) -> String {
    let text = try? agent.process?.store.database.read { db in
      try db.first(
        """
        SELECT change.verdict, change.receipt IS NOT NULL, change.line IS NOT NULL, change.order_id, replica.n,
          replica.acked_through
        FROM change LEFT JOIN replica ON replica.id = change.replica WHERE change.replica = ? AND change.n = ?
        """, [.text(dot.replica.text), .int(dot.n)]
      ) { row in
        "\(row.optionalText(0) ?? "no verdict"), receipt \(row.bool(1)), line \(row.bool(2)), of \(row.text(3)), own run "
          + "through \(row.optionalInt(4) ?? 0), acknowledged \(row.optionalInt(5) ?? 0)"
      }
    }
    return (text ?? nil) ?? "not held"
  }

  private func checkCursor(_ agent: AgentNode, _ store: AgentStore, _ mirror: AgentMirror) throws {
    let (cursor, _, _) = try store.database.read { try AgentStore.cursor($0) }
    if isEnd { mirror.cursor = 0 }
    let feed = hub.feeds[agent.platform] ?? []
    guard cursor.position <= feed.count else {
      return world.violation("I-7", "\(agent.name) has read to \(cursor.position), the feed ends at \(feed.count)")
    }
    if cursor.position > 0, feed[cursor.position - 1].feedHash != cursor.feedHash {
      world.violation("I-7", "\(agent.name)'s cursor \(cursor.position) is not of this feed")
    }
    // A comparison may end while a copied machine's fork is still to be settled: what the hub holds under the copies' dots comes with the
    // one that follows. In the end it is looked at whole.
    if !isEnd, world.clones > 0, mirror.cursor < world.feedCuts[agent.platform] ?? 0 {
      mirror.cursor = cursor.position
      return
    }
    for position in mirror.cursor..<max(mirror.cursor, cursor.position) {
      let entry = feed[position]
      if mirror.dots[entry.dot] != entry.hash {
        world.violation(
          "I-7", "\(agent.name) has read to \(cursor.position) and does not hold \(entry.dot) of \(position + 1)")
      }
    }
    mirror.cursor = cursor.position
  }

  private func checkOutbox(_ agent: AgentNode, _ store: AgentStore) throws {
    var depth = 0
    let runs = try store.database.read { db in
      try db.rows("SELECT id, n, acked_through FROM replica") { row in
        (try ReplicaID(row.text(0)), row.int(1), row.int(2))
      }
    }
    for (run, n, acked) in runs {
      depth += n - acked
      // What the hub holds, rather than what it said: a reply may have been lost, never the change.
      if acked > (hub.high[run] ?? 0) {
        world.violation(
          "I-15", "\(agent.name) takes \(run) as acknowledged through \(acked), the hub holds \(hub.high[run] ?? 0)")
      }
      if acked > n { world.violation("I-15", "\(agent.name) takes more of \(run) as acknowledged than it wrote") }
    }
    let shown = try store.health(now: agent.wall).outbox
    if shown != depth { world.violation("I-17", "\(agent.name) shows an outbox of \(shown), it is \(depth)") }
  }

  // MARK: Reading

  func agentRuns(_ store: AgentStore) -> Set<ReplicaID> {
    let ids = try? store.database.read { db in try db.rows("SELECT id FROM replica") { $0.text(0) } }
    return Set((ids ?? []).compactMap { try? ReplicaID($0) })
  }

  func held(_ store: AgentStore, after seq: Int) throws -> [(seq: Int, change: HeldChange)] {
    try store.database.read { db in
      try db.rows(
        "SELECT replica, n, order_id, prev, hash, verdict, line, applied, seq FROM change WHERE seq > ? ORDER BY seq",
        [.int(seq)]
      ) { row in (row.int(8), try self.held(row)) }
    }
  }

  func held(_ store: AgentStore, of order: OrderID) throws -> [HeldChange] {
    try store.database.read { db in
      try db.rows(
        "SELECT replica, n, order_id, prev, hash, verdict, line, applied FROM change WHERE order_id = ? ORDER BY seq",
        [.text(order.text)]
      ) { try self.held($0) }
    }
  }

  private func held(_ row: Agent.SQLRow) throws -> HeldChange {
    let hash = Hash(bytes: row.blob(4)) ?? .zero
    let verdict = row.optionalText(5).flatMap(Verdict.init)
    let line = row.optionalBlob(6)
    let isSound = world.damage.flips == 0 || line.map { Hash.of($0) == hash } ?? true
    return HeldChange(
      dot: Dot(try decoded.replica(row.text(0)), row.int(1)), order: try decoded.order(row.text(2)), prev: row.int(3),
      hash: hash, verdict: verdict, line: line, isApplied: row.bool(7),
      change: isSound ? decoded.change(line, hash, verdict) : nil)
  }
}
