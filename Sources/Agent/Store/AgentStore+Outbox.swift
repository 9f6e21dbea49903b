// What goes up: the outbox in batches, what the hub acknowledged, and the greeting that compares both sides' runs.

import Core
import GRDB

/// What an acknowledgement did.
struct Acknowledged: Sendable, Equatable {
  var isOutboxEmpty: Bool
  /// The hub holds more of the present run than this process wrote.
  var isForked = false
}

/// The next change to be sent is not what was hashed any more, and nobody else is known to have it.
struct AlteredLine: Error, Equatable, CustomStringConvertible {
  let dot: Dot
  var description: String {
    "the disk altered \(dot), which was not sent yet; `lianxin-agent resync --full` takes it from the hub where that has it, else gives"
      + " it up, and sends what came after it"
  }
}

/// What a greeting showed.
struct Greeted: Sendable, Equatable {
  /// A run has two contents.
  var isForked = false
  /// The hub does not know what this agent knows of it.
  var mustReconcile = false
}

extension AgentStore {
  /// The next entries to push: contiguous changes of the oldest run that has unsent ones, with chain and sealed values; nil where
  /// the outbox is empty. At least one entry, however large. Throws `AlteredLine` where the first is not what was hashed.
  ///
  /// What has a receipt and is not what was hashed is passed over: the hub, which had it, gets its head by a comparison where it went
  /// back. Where nothing else is left there is no entry; the answer tells how far the hub is all the same.
  func outboxBatch(maxChanges: Int, maxBytes: Int) throws -> (replica: ReplicaID, entries: [Entry])? {
    try database.read { database in
      let run = try database.first(
        "SELECT id, acked_through, n FROM replica WHERE n > acked_through ORDER BY run LIMIT 1"
      ) { row in (try ReplicaID(row.text(0)), row.int(1), row.int(2)) }
      guard let (replica, ackedThrough, last) = run else { return nil }
      var entries: [Entry] = []
      var bytes = 0
      var sealing: [Int] = []
      var passed = 0
      try database.each(
        """
        SELECT n, order_id, prev, line, hash, chain, sealed, receipt IS NOT NULL FROM change
        WHERE replica = ? AND n > ? AND n <= ? ORDER BY n LIMIT ?
        """, [.text(replica.text), .int(ackedThrough), .int(last), .int(maxChanges)]
      ) { row in
        let line = row.blob(3)
        let next = ackedThrough + passed + entries.count + 1
        guard row.int(0) == next, let hash = Hash(bytes: row.blob(4)) else {
          throw Problem(.internalError, "the log of \(replica) has a gap at \(next)")
        }
        guard Hash.of(line) == hash else {
          if !entries.isEmpty { return false }
          guard row.bool(7) else { throw AlteredLine(dot: Dot(replica, next)) }
          passed += 1
          return true
        }
        if !entries.isEmpty, bytes + line.count > maxBytes { return false }
        bytes += line.count
        var head = Head(
          order: try OrderID(row.text(1)), dot: Dot(replica, row.int(0)), prev: row.int(2), hash: hash)
        head.chain = Hash(bytes: row.blob(5))
        if row.int(6) > 0 { sealing.append(entries.count) }
        entries.append(Entry(head: head, line: line))
        return true
      }
      for index in sealing { entries[index].head.sealed = try AgentStore.sealed(of: entries[index], database) }
      return (replica, entries)
    }
  }

  /// The last of the changes at the beginning of a run's unsent ones that ``outboxBatch(maxChanges:maxBytes:)`` passes over.
  func passedThrough(_ replica: ReplicaID) throws -> Int {
    try database.read { database in
      var last = 0
      try database.each(
        """
        SELECT n, line, hash, receipt IS NOT NULL FROM outbox WHERE replica = ? ORDER BY n
        """, [.text(replica.text)]
      ) { row in
        guard row.bool(3), row.optionalBlob(1).map({ Hash.of($0).bytes }) != row.blob(2) else { return false }
        last = row.int(0)
        return true
      }
      return last
    }
  }

  static func sealed(of entry: Entry, _ database: Database) throws -> [SealedValue] {
    guard let line = entry.line, let change = OrderLog.readable(line, entry.head.dot, entry.head.order) else {
      return []
    }
    return try change.sealedMentions.compactMap { mention in
      try database.first("SELECT nonce, value FROM sealed WHERE commitment = ?", [.blob(mention.commitment.bytes)]) {
        row in
        SealedValue(nonce: row.blob(0), value: try JSONText(checking: row.blob(1)))
      }
    }
  }

  /// Takes a push's reply: raises `acked_through`, keeps the head that it named, and what was quarantined.
  ///
  /// - Parameter sent: the last n that was pushed. What the hub holds beyond it may be another process's.
  func acknowledge(
    _ replica: ReplicaID, through: Int, sent: Int, told: FeedCursor, quarantined: [(n: Int, reason: String)], now: Int
  ) throws -> Acknowledged {
    let (isEmpty, n) = try write { database in
      try database.run(
        "UPDATE replica SET acked_through = MAX(acked_through, MIN(n, ?)) WHERE id = ?",
        [.int(min(through, sent)), .text(replica.text)])
      try keep(told: told, database)
      for item in quarantined {
        try database.run(
          """
          INSERT OR IGNORE INTO quarantine (at, replica, n, order_id, reason, line)
          SELECT ?, replica, n, order_id, ?, line FROM change WHERE replica = ? AND n = ?
          """, [.int(now), .text("hub: \(item.reason)"), .text(replica.text), .int(item.n)])
      }
      return (
        try database.number("SELECT NOT EXISTS (SELECT 1 FROM replica WHERE n > acked_through)") == 1,
        try database.first("SELECT n FROM replica WHERE id = ?", [.text(replica.text)]) { $0.int(0) } ?? 0
      )
    }
    let isForked = replica == present && through > n
    if isForked { try noteFork(at: Dot(replica, n + 1)) }
    return Acknowledged(isOutboxEmpty: isEmpty, isForked: isForked)
  }

  /// What this agent says of itself with every call.
  func health(now: Int) throws -> Health {
    try database.read { try AgentStore.health($0, now: now) }
  }

  static func health(_ database: Database, now: Int) throws -> Health {
    Health(
      outbox: try database.number("SELECT COALESCE(SUM(n - acked_through), 0) FROM replica WHERE n > acked_through"),
      oldest: try database.first(
        """
        SELECT change.at FROM change JOIN replica ON replica.id = change.replica AND change.n = replica.acked_through + 1
        WHERE replica.n > replica.acked_through ORDER BY replica.run LIMIT 1
        """
      ) { $0.int(0) },
      waiting: try database.number("SELECT COUNT(*) FROM change WHERE applied = 0"),
      quarantined: try database.number("SELECT COUNT(*) FROM quarantine"), clock: now, version: AgentVersion.text)
  }

  /// The greeting: health, cursor, and the runs; those with unsent changes first, then the latest.
  func helloRequest(now: Int) throws -> HelloRequest {
    try database.read { database in
      let (cursor, told, _) = try AgentStore.cursor(database)
      let runs = try database.rows(
        "SELECT id, n, chain FROM replica WHERE n > 0 ORDER BY n > acked_through DESC, run DESC LIMIT ?",
        [.int(Limits.maxRunsInHello)]
      ) { row in
        guard let chain = Hash(bytes: row.blob(2)) else {
          throw Problem(.internalError, "a chain value cannot be read")
        }
        return Run(replica: try ReplicaID(row.text(0)), n: row.int(1), chain: chain)
      }
      return HelloRequest(
        health: try AgentStore.health(database, now: now), cursor: cursor, told: told, runs: runs)
    }
  }

  /// Takes the hub's answer to the greeting: compares every run with the hub's, and lowers `acked_through` where the hub went back.
  /// That comes last: what the hub forgot and others gave back to it need not be sent again.
  func greeted(_ reply: HelloReply, now: Int) throws -> Greeted {
    observe(hubTime: reply.time, now: now)
    let chains = Dictionary(reply.chains.map { ($0.replica, $0) }) { first, _ in first }
    var mustReconcile = false
    let fork = try write { database -> Dot? in
      if !reply.cursorHolds { try database.run("UPDATE cursor SET reconcile_due = MAX(reconcile_due, 1)") }
      mustReconcile = try AgentStore.isReconcileDue(database)
      if !mustReconcile { try keep(told: reply.head, database) }
      for theirs in reply.runs {
        let row = try database.first(
          "SELECT n, chain, acked_through FROM replica WHERE id = ?", [.text(theirs.replica.text)]
        ) { row in (n: row.int(0), chain: row.blob(1), acked: row.int(2)) }
        guard let ours = row else { continue }
        if theirs.n > ours.n {
          // The hub has changes of this run that this database does not: it is an older copy, or another process writes the run.
          if theirs.replica == present { return Dot(theirs.replica, ours.n + 1) }
          if let same = chains[theirs.replica], same.n == ours.n, same.chain.bytes != ours.chain {
            return Dot(theirs.replica, ours.n)
          }
          continue
        }
        if theirs.n > 0 {
          // A row that was lost here is no fork: a comparison brings it again, without its chain value, and the run's own row has the
          // last one.
          let held = try database.first(
            "SELECT chain FROM change WHERE replica = ? AND n = ?", [.text(theirs.replica.text), .int(theirs.n)]
          ) { $0.optionalBlob(0) }
          let chain = theirs.n == ours.n ? ours.chain : held ?? nil
          if let chain, chain != theirs.chain.bytes { return Dot(theirs.replica, theirs.n) }
        }
        if theirs.n < ours.acked, !mustReconcile {
          try database.run(
            "UPDATE replica SET acked_through = ? WHERE id = ?", [.int(theirs.n), .text(theirs.replica.text)])
        }
      }
      return nil
    }
    if let fork { try noteFork(at: fork) }
    return Greeted(isForked: isForked, mustReconcile: mustReconcile)
  }
}
