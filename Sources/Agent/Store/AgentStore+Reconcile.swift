// Comparing with the hub: what is held, told by digest and by change; what the hub lacks, as entries; and what it gave.

import Core
import GRDB

/// Why something was healed, as the store keeps it; where the hub asked, its command's id stands there.
enum HealingReason {
  static let local = "local"
  static let hubWentBack = "hub-went-back"
  /// Another process wrote the same run, as a copied machine does: what was written here was written again under another one.
  static let clone = "clone"
  /// The disk altered a change that nobody else has: what was written after it was written again under another run.
  static let damage = "damage"
}

extension AgentStore: ReconcileFacts {
  func topDigests() throws -> [UInt64] { try database.read { try Digests.tops($0) } }
  func leafDigests(ofTop top: Int) throws -> [UInt64] { try database.read { try Digests.leaves(ofTop: top, $0) } }

  func orderDigests(inLeaf leaf: Int) throws -> [(order: OrderID, digest: UInt64)] {
    try database.read { try Digests.orders(inLeaf: leaf, $0) }
  }

  func heldChanges(of order: OrderID) throws -> [HeldChange] {
    try database.read { database in
      try database.rows(
        "SELECT replica, n, hash, verdict, line IS NOT NULL FROM change WHERE order_id = ? ORDER BY seq",
        [.text(order.text)]
      ) { row in
        guard let hash = Hash(bytes: row.blob(2)) else { throw Problem(.internalError, "a hash cannot be read") }
        return HeldChange(
          dot: Dot(try ReplicaID(row.text(0)), row.int(1)), hash: hash,
          verdict: row.optionalText(3).flatMap(Verdict.init), hasLine: row.bool(4))
      }
    }
  }

  func dots(naming commitments: [Hash]) throws -> [Dot] {
    try database.read { database in
      var dots: [Dot] = []
      for commitment in commitments {
        let order = try database.first(
          "SELECT order_id FROM sealed WHERE commitment = ?", [.blob(commitment.bytes)]
        ) { try OrderID($0.text(0)) }
        guard let order else { continue }
        try database.each(
          """
          SELECT replica, n, line FROM change
          WHERE order_id = ? AND sealed > 0 AND receipt IS NOT NULL AND line IS NOT NULL ORDER BY seq
          """, [.text(order.text)]
        ) { row in
          let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
          let change = OrderLog.readable(row.blob(2), dot, order)
          guard change?.sealedMentions.contains(where: { $0.commitment == commitment }) == true else { return true }
          dots.append(dot)
          return false
        }
      }
      return dots
    }
  }

  /// Of these that are remembered as offered; beyond them all are forgotten, and offered once more.
  private static let maxOffered = 4_096

  /// True if the hub lacks values that are held here and was not offered them yet: a comparison gives them. It got their changes back from
  /// who may not have them, while this agent's cursor still held.
  func mustOffer(_ lacks: [Hash]) throws -> Bool {
    let fresh = memory.withLock { memory in lacks.filter { !memory.offered.contains($0) } }
    let held = try fresh.filter { try !dots(naming: [$0]).isEmpty }
    guard !held.isEmpty else { return false }
    memory.withLock { memory in
      if memory.offered.count + held.count > AgentStore.maxOffered { memory.offered = [] }
      memory.offered.formUnion(held)
    }
    return true
  }

  /// How many orders are held.
  func orderCount() throws -> Int { try database.read { try $0.number("SELECT COUNT(*) FROM orders") } }

  /// The first of these changes as entries for the hub, with receipts and sealed values, as many as the bounds allow; at least one.
  /// One that is not held with a receipt is left out. A line that does not fit its hash is never sent: its head goes alone.
  func entries(of dots: [Dot], maxChanges: Int, maxBytes: Int) throws -> (entries: [Entry], tried: [Dot]) {
    try database.read { database in
      var entries: [Entry] = []
      var tried: [Dot] = []
      var bytes = 0
      for dot in dots.prefix(maxChanges) {
        if bytes >= maxBytes { break }
        tried.append(dot)
        let found = try database.first(
          """
          SELECT order_id, prev, hash, receipt, verdict, received, line FROM change
          WHERE replica = ? AND n = ? AND receipt IS NOT NULL
          """, [.text(dot.replica.text), .int(dot.n)]
        ) { row -> Entry? in
          guard let hash = Hash(bytes: row.blob(2)) else { return nil }
          var head = Head(order: try OrderID(row.text(0)), dot: dot, prev: row.int(1), hash: hash)
          head.receipt = Hash(bytes: row.blob(3))
          head.verdict = row.optionalText(4).flatMap(Verdict.init)
          head.received = row.optionalInt(5)
          return Entry(head: head, line: row.optionalBlob(6).flatMap { Hash.of($0) == hash ? $0 : nil })
        }
        guard var entry = found ?? nil else { continue }
        entry.head.sealed = try AgentStore.sealed(of: entry, database)
        bytes += (entry.line?.count ?? 0) + entry.head.sealed.reduce(256) { $0 + $1.value.bytes.count }
        entries.append(entry)
      }
      return (entries, tried)
    }
  }

  /// Takes entries that the hub gave in a comparison, in one transaction. Returns the dots that came, and one of an own run that has
  /// another content here, where that is to be settled at once: nothing from it on was taken. Where the comparison is due, it is
  /// settled behind it, for only then does the hub know again where the run parts.
  func takeReconciled(_ entries: [Entry], now: Int) throws -> (received: [Dot], forkedAt: Dot?) {
    let (received, forkedAt, isDue) = try write { database -> ([Dot], Dot?, Bool) in
      let log = OrderLog(database, platform: platform, now: now)
      let isDue = try AgentStore.isReconcileDue(database)
      var received: [Dot] = []
      var forkedAt: Dot?
      for entry in entries {
        guard let dot = try take(entry, into: log, now, database) else {
          received.append(entry.head.dot)
          continue
        }
        // Somebody else's dot that the hub has not settled yet stays as it is; what becomes of it comes down the feed.
        if dot.replica != present, try !AgentStore.isOwn(dot, database) { continue }
        forkedAt = forkedAt ?? dot
        if !isDue { break }
      }
      _ = try log.finish()
      return (received, forkedAt, isDue)
    }
    if let forkedAt { try noteFork(at: forkedAt) }
    return (received, isDue ? nil : forkedAt)
  }

  // MARK: The hub went back

  func isReconcileDue() throws -> Bool { try database.read { try AgentStore.isReconcileDue($0) } }

  static func isReconcileDue(_ database: Database) throws -> Bool {
    try database.number("SELECT reconcile_due FROM cursor") != 0
  }

  /// The hub's feed does not have our cursor (any more): both sides must be compared before anything else is said.
  func noteCursorLost() throws {
    try write { try $0.run("UPDATE cursor SET reconcile_due = MAX(reconcile_due, 1)") }
  }

  /// The comparison is over. Where it was due the feed goes on from where it stood when that began: what came before was compared.
  ///
  /// - Parameters:
  ///   - since: the feed's head when the comparison began.
  ///   - told: the head that the last reply named.
  func finishReconcile(since: FeedCursor, told: FeedCursor, report: ReconcileReport, reason: String, now: Int) throws {
    try write { database in
      try database.run(
        """
        UPDATE cursor SET position = ?, feed_hash = ?, lane = ?, told_position = ?, told_hash = ?,
          reconcile_due = reconcile_due / 2
        WHERE reconcile_due <> 0
        """,
        [
          .int(since.position), .blob(since.feedHash.bytes), .int(since.position), .int(told.position),
          .blob(told.feedHash.bytes),
        ])
      // The hub has no chain values to give for own changes that were lost here and came back.
      if report.received > 0 { try OwnChains.fill(database) }
      try AgentStore.keep(report, reason: reason, now, database)
    }
  }

  /// Reports that are kept.
  static let keptReports = 50

  /// Keeps what a comparison, or the settling of a fork, found and did.
  static func keep(_ report: ReconcileReport, reason: String, _ now: Int, _ database: Database) throws {
    try database.run(
      "INSERT INTO healing (at, reason, report) VALUES (?, ?, ?)",
      [.int(now), .text(reason), .text(String(decoding: report.json.bytes, as: UTF8.self))])
    try database.run(
      "DELETE FROM healing WHERE id <= (SELECT MAX(id) FROM healing) - ?", [.int(AgentStore.keptReports)])
  }

  /// The latest comparisons, newest first: `{"at","reason","report"}`.
  func healings(limit: Int) throws -> [JSON] {
    try database.read { database in
      try database.rows("SELECT at, reason, report FROM healing ORDER BY id DESC LIMIT ?", [.int(limit)]) { row in
        ["at": .int(row.int(0)), "reason": .string(row.text(1)), "report": try JSON(parsing: Array(row.text(2).utf8))]
      }
    }
  }
}

/// What people are told of the kept reports.
struct ToldHealings {
  /// The latest comparison.
  let last: JSON?
  /// The latest one that found something: those that found nothing after it do not hide it.
  let lastFound: JSON?
  /// The last time that this database turned out to have been copied while it ran.
  let clone: JSON?

  /// - Parameter healings: newest first.
  init(_ healings: [JSON]) {
    func isClone(_ row: JSON) -> Bool { row["reason"] == .string(HealingReason.clone) }
    let comparisons = healings.filter { !isClone($0) }
    last = comparisons.first
    lastFound = comparisons.first { $0["report"].map(ReconcileReport.foundSomething) ?? false }
    clone = healings.first(where: isClone)
  }
}

extension OrderLog {
  /// Forgets a line that the disk altered and that the hub is known to hold; what the state was made of it goes with it.
  func dropLine(of dot: Dot, _ order: OrderID) throws {
    let held = try database.first(
      "SELECT hash, verdict FROM change WHERE replica = ? AND n = ? AND receipt IS NOT NULL AND line IS NOT NULL",
      [.text(dot.replica.text), .int(dot.n)]
    ) { (hash: Hash(bytes: $0.blob(0)), verdict: $0.optionalText(1).flatMap(Verdict.init)) }
    guard let held, let hash = held.hash else { return }
    try database.run(
      "UPDATE change SET line = NULL WHERE replica = ? AND n = ?", [.text(dot.replica.text), .int(dot.n)])
    noteHeld(
      order, .of(hash, verdict: held.verdict, hasLine: true) ^ .of(hash, verdict: held.verdict, hasLine: false))
    try refold(order)
  }
}
