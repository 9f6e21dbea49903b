// A run of this database that another process writes too, as a machine that was copied while it ran does: where it parts from what the
// hub holds, and writing again under another run what was written here beyond that. DESIGN §7, live clone.

import Core
import GRDB

/// What is known of where a run parts from what the hub holds of it.
struct ForkSearch: Sendable, Equatable {
  let replica: ReplicaID
  /// Up to this n both have the same changes.
  var same: Int
  /// From this n on they have not.
  var other: Int
  /// Why that is asked: a ``HealingReason``.
  var reason = HealingReason.clone
}

/// What settling a fork did.
struct ForkSettled: Sendable, Equatable {
  /// Changes that were written again, and orders that they are of.
  var changes = 0
  var orders: Set<OrderID> = []
}

extension AgentStore {
  /// True from the moment when an own run turned out to have two authors until that is settled.
  var isForked: Bool { memory.withLock { $0.forkSearch != nil } }

  /// Notes that one dot has two contents: this process writes no more under its present run. Where the dot is of an own run, that is to
  /// be settled, and `reason` is why.
  func noteFork(at dot: Dot, because reason: String = HealingReason.clone) throws {
    let last = try database.read { database in
      try database.first("SELECT n FROM replica WHERE id = ?", [.text(dot.replica.text)]) { $0.int(0) }
    }
    memory.withLock { memory in
      memory.forkedAt = memory.forkedAt ?? dot
      memory.present = nil
      if let last, memory.forkSearch == nil {
        memory.forkSearch = ForkSearch(replica: dot.replica, same: 0, other: last + 1, reason: reason)
      }
    }
  }

  /// Points that one greeting asks about.
  private static let probes = 64

  /// A greeting that names the run at points between which it may part, nil where that is known to the change.
  func forkProbe(now: Int) throws -> HelloRequest? {
    guard let search = memory.withLock({ $0.forkSearch }) else { return nil }
    let width = search.other - search.same
    guard width > 1 else { return nil }
    let points = Set((1...AgentStore.probes).map { search.same + width * $0 / (AgentStore.probes + 1) })
    var request = try helloRequest(now: now)
    request.runs = try database.read { database in
      try points.filter { $0 > search.same && $0 < search.other }.sorted().compactMap { n in
        try database.first(
          "SELECT chain FROM change WHERE replica = ? AND n = ? AND chain IS NOT NULL",
          [.text(search.replica.text), .int(n)]
        ) { Hash(bytes: $0.blob(0)) }.flatMap { $0 }.map { Run(replica: search.replica, n: n, chain: $0) }
      }
    }
    return request
  }

  /// Takes the hub's chain values at the points that were asked about. Where it has none, it has not so many changes. False where the
  /// answer is to another greeting: of one that came late nothing can be concluded.
  func narrowFork(_ reply: HelloReply, asked: [Run]) -> Bool {
    guard reply.runs.map(\.replica) == asked.map(\.replica),
      Set(reply.chains.map(\.n)).isSubset(of: asked.map(\.n))
    else { return false }
    memory.withLock { memory in
      guard var search = memory.forkSearch else { return }
      let chains = Dictionary(reply.chains.map { ($0.n, $0.chain) }) { first, _ in first }
      // No link of the chain is here to compare: only what is known to be the same stays.
      if asked.isEmpty { search.other = search.same + 1 }
      for run in asked where run.replica == search.replica {
        if chains[run.n] == run.chain {
          search.same = max(search.same, run.n)
        } else {
          search.other = min(search.other, run.n)
        }
      }
      // Two points that contradict each other are of a damaged log: what is not known to be the same is written again.
      search.same = min(search.same, search.other - 1)
      memory.forkSearch = search
    }
    return true
  }

  /// Cuts the run off where it parts, takes a new one and writes again under it what lies beyond, and what was written here since by
  /// authors who had seen some of that; in one transaction. The cut changes are not held any more: what the hub holds under their dots
  /// arrives as anybody's.
  func settleFork(now: Int) throws -> ForkSettled {
    guard let search = memory.withLock({ $0.forkSearch }) else { return ForkSettled() }
    let fresh = ReplicaID(platform: platform, random: random(10))
    let settled = try write { database -> ForkSettled in
      let cut = try AgentStore.cut(search, database)
      var again = Reauthoring(under: fresh, kept: cut.kept)
      let log = OrderLog(database, platform: platform, now: now)
      var settled = ForkSettled()
      for row in cut.rows {
        _ = try log.drop(row.dot, of: row.order)
        guard let line = row.line, let change = OrderLog.readable(line, of: row.hash, row.dot, row.order) else {
          try database.run(
            """
            INSERT OR IGNORE INTO quarantine (at, replica, n, order_id, reason, line) VALUES (?, ?, ?, ?, ?, ?)
            """,
            [
              .int(now), .text(row.dot.replica.text), .int(row.dot.n), .text(row.order.text),
              .text("it was to be written again, and its line cannot be read or was altered on the disk"),
              .optional(row.line),
            ])
          again.leaveOut(row.dot, of: row.order, prev: row.prev)
          // Who repeats the command has it done.
          try database.run(
            "DELETE FROM request WHERE replica = ? AND n = ?", [.text(row.dot.replica.text), .int(row.dot.n)])
          continue
        }
        let (written, bytes, hash, chain) = again.again(change, hash: row.hash)
        try log.append(
          LogRow(
            dot: written.dot, order: row.order, prev: written.prev, line: bytes, hash: hash, chain: chain), written)
        try database.run(
          "UPDATE request SET replica = ?, n = ? WHERE replica = ? AND n = ?",
          [.text(fresh.text), .int(written.dot.n), .text(row.dot.replica.text), .int(row.dot.n)])
        settled.changes += 1
        settled.orders.insert(row.order)
      }
      for (replica, n) in cut.kept { try AgentStore.shorten(replica, to: n, database) }
      if again.n > 0 {
        try database.run(
          """
          INSERT INTO replica (id, run, n, chain, acked_through)
          SELECT ?, COALESCE(MAX(run), 0) + 1, ?, ?, 0 FROM replica
          """, [.text(fresh.text), .int(again.n), .blob(again.chain.bytes)])
      }
      _ = try log.finish()
      // What the hub holds under these dots comes back by a comparison: the feed, or one before it, may have passed it.
      if !cut.rows.isEmpty { try database.run("UPDATE cursor SET reconcile_due = MAX(reconcile_due, 1)") }
      var report = ReconcileReport()
      report.checked = settled.orders.count
      report.differing = settled.orders.count
      report.repaired = settled.changes
      try AgentStore.keep(report, reason: search.reason, now, database)
      // Before the next edit can begin: a run that was cut off is not written any more. If this is undone, an edit makes the row.
      memory.withLock { $0.present = again.n > 0 ? fresh : nil }
      return settled
    }
    memory.withLock { memory in
      memory.forkSearch = nil
      memory.forkedAt = nil
    }
    return settled
  }

  private struct Cut {
    /// Of each run that is cut off, the highest n that stays.
    var kept: [ReplicaID: Int]
    /// What is cut off, in the order in which it was written.
    var rows: [LogRow] = []
  }

  /// What is cut off: of the run all beyond where it parts; of each later run all from the first unsent change on whose author had seen
  /// some of what is cut off.
  private static func cut(_ search: ForkSearch, _ database: Database) throws -> Cut {
    let runs = try database.rows(
      """
      SELECT id, n, acked_through FROM replica
      WHERE run >= (SELECT run FROM replica WHERE id = ?) ORDER BY run
      """, [.text(search.replica.text)]
    ) { (replica: try ReplicaID($0.text(0)), n: $0.int(1), acked: $0.int(2)) }
    var cut = Cut(kept: [search.replica: search.same])
    for run in runs {
      let isForked = run.replica == search.replica
      let unsent = try database.rows(
        """
        SELECT n, order_id, prev, line, hash FROM change WHERE replica = ? AND n > ? AND n <= ? ORDER BY n
        """, [.text(run.replica.text), .int(isForked ? search.same : run.acked), .int(run.n)]
      ) { row -> LogRow in
        guard let hash = Hash(bytes: row.blob(4)) else { throw Problem(.internalError, "a hash cannot be read") }
        return LogRow(
          dot: Dot(run.replica, row.int(0)), order: try OrderID(row.text(1)), prev: row.int(2),
          line: row.optionalBlob(3), hash: hash)
      }
      let first = unsent.firstIndex { row in
        guard !isForked else { return true }
        let change = row.line.flatMap { OrderLog.readable($0, of: row.hash, row.dot, row.order) }
        return change.map { Reauthoring.mustMove($0, kept: cut.kept) } ?? false
      }
      guard let first else { continue }
      cut.kept[run.replica] = unsent[first].dot.n - 1
      cut.rows += unsent[first...]
    }
    return cut
  }

  /// Ends a run where its changes are not ours any more.
  private static func shorten(_ replica: ReplicaID, to n: Int, _ database: Database) throws {
    let chain = try database.first(
      "SELECT chain FROM change WHERE replica = ? AND n = ?", [.text(replica.text), .int(n)]
    ) { $0.optionalBlob(0) }
    try database.run(
      "UPDATE replica SET n = ?1, chain = ?2, acked_through = MIN(acked_through, ?1) WHERE id = ?3",
      [.int(n), .blob((chain ?? nil) ?? Hash.zero.bytes), .text(replica.text)])
  }
}

extension OrderLog {
  /// Takes a change out of the log: what was written there is written again under another dot. The order's state is made anew. False
  /// where the order has no such change.
  func drop(_ dot: Dot, of order: OrderID) throws -> Bool {
    let held = try database.first(
      "SELECT hash, verdict, line IS NOT NULL FROM change WHERE replica = ? AND n = ? AND order_id = ?",
      [.text(dot.replica.text), .int(dot.n), .text(order.text)]
    ) { (hash: Hash(bytes: $0.blob(0)), verdict: $0.optionalText(1).flatMap(Verdict.init), hasLine: $0.bool(2)) }
    guard let held, let hash = held.hash else { return false }
    try database.run("DELETE FROM change WHERE replica = ? AND n = ?", [.text(dot.replica.text), .int(dot.n)])
    noteHeld(order, .of(hash, verdict: held.verdict, hasLine: held.hasLine))
    try refold(order)
    return true
  }
}
