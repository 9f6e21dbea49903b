// What comes down: the feed's entries, checked against its running hash, put into the log and merged, together with the new cursor.

import Core
import GRDB

/// A reply that does not continue the feed or contradicts itself. Nothing of it was applied; asking again is right.
struct FeedFault: Error, Equatable, CustomStringConvertible {
  let description: String
}

/// What a pull changed.
struct PullEffect: Sendable, Equatable {
  /// Entries that were passed, those held already included.
  var entries = 0
  /// Orders that moved.
  var orders: [OrderID] = []
  /// The dot that turned out to have two contents; nothing from it on was applied, and the cursor stands before it.
  var forkedAt: Dot?
}

extension AgentStore {
  /// Asks for what is new.
  func pullRequest(limit: Int, waitMilliseconds: Int, now: Int) throws -> PullRequest {
    let present = present
    return try database.read { database in
      let (cursor, told, lane) = try AgentStore.cursor(database)
      let run = try present.flatMap { replica in
        try database.first("SELECT n, chain FROM replica WHERE id = ? AND n > 0", [.text(replica.text)]) { row in
          Hash(bytes: row.blob(1)).map { Run(replica: replica, n: row.int(0), chain: $0) }
        } ?? nil
      }
      let lacks = try database.rows(
        "SELECT commitment FROM lacking ORDER BY commitment LIMIT ?", [.int(Limits.maxLacks)]
      ) { Hash(bytes: $0.blob(0)) }
      return PullRequest(
        after: cursor, lane: lane, told: told, run: run, lacks: lacks.compactMap { $0 }, limit: limit,
        waitMilliseconds: waitMilliseconds, health: try AgentStore.health(database, now: now))
    }
  }

  /// Applies a pull's reply in one transaction: entries, states, receipts, sealed values, cursor, lane and the head that was told.
  ///
  /// - Parameters:
  ///   - asked: the cursor that the request named; entries must continue it.
  ///   - now: wall time, milliseconds.
  /// - Throws: `FeedFault` where the reply is not what was asked for; then nothing was applied.
  func applyPull(_ reply: PullReply, entries: [Entry], asked: FeedCursor, now: Int) throws -> PullEffect {
    observe(hubTime: reply.time, now: now)
    let effect = try write { database -> PullEffect in
      let (stored, _, storedLane) = try AgentStore.cursor(database)
      if try AgentStore.isReconcileDue(database) { throw FeedFault(description: "both sides must be compared first") }
      guard stored == asked else { throw FeedFault(description: "the cursor moved while the request was under way") }
      guard reply.cursorHolds else { throw FeedFault(description: "the hub does not know the cursor") }
      // What was applied before, for the hub has confirmed that and no more.
      try retire(reply, database)
      var effect = PullEffect()
      var cursor = asked
      let log = OrderLog(database, platform: platform, now: now)
      for entry in entries {
        let next = entry.head.isLane ? cursor : try continued(cursor, by: entry)
        if let forked = try take(entry, into: log, now, database) {
          effect.forkedAt = forked
          break
        }
        cursor = next
        effect.entries += 1
      }
      for value in reply.values { try takeLacking(value, database) }
      effect.orders = try log.finish()
      let lane = effect.forkedAt == nil ? reply.lane : storedLane
      if effect.entries > 0 || lane != storedLane {
        try database.run(
          "UPDATE cursor SET position = ?, feed_hash = ?, lane = ?",
          [.int(cursor.position), .blob(cursor.feedHash.bytes), .int(max(lane, cursor.position))])
      }
      try keep(told: reply.head, database)
      return effect
    }
    if let dot = effect.forkedAt { try noteFork(at: dot) }
    return effect
  }

  // MARK: One entry

  /// The cursor after a feed entry, which must be the next one and fit the running hash.
  private func continued(_ cursor: FeedCursor, by entry: Entry) throws -> FeedCursor {
    let head = entry.head
    guard head.position == cursor.position + 1, let feedHash = head.feedHash else {
      throw FeedFault(description: "the feed does not continue at \(cursor.position + 1)")
    }
    guard feedHash == Hash.feed(cursor.feedHash, head.dot, head.hash) else {
      throw FeedFault(description: "the feed's running hash does not fit at \(cursor.position + 1)")
    }
    return FeedCursor(position: cursor.position + 1, feedHash: feedHash)
  }

  /// Takes one entry into log and state. Gives the dot, and takes nothing, where one has two contents: another one here, or of the
  /// present run and not written by this process.
  func take(_ entry: Entry, into log: OrderLog, _ now: Int, _ database: Database) throws -> Dot? {
    let head = entry.head
    if let line = entry.line, Hash.of(line) != head.hash {
      throw FeedFault(description: "the line of \(head.dot) does not match its hash")
    }
    let held = try database.first(
      "SELECT hash, verdict, receipt IS NULL, line IS NULL FROM change WHERE replica = ? AND n = ?",
      [.text(head.dot.replica.text), .int(head.dot.n)]
    ) { row in
      (
        hash: row.blob(0), verdict: row.optionalText(1).flatMap(Verdict.init), isBare: row.bool(2),
        isHeadOnly: row.bool(3)
      )
    }
    if let held {
      guard held.hash == head.hash.bytes else {
        return try replaceForked(entry, into: log, now, database) ? nil : head.dot
      }
      for value in head.sealed { try database.keep(value, of: head.order) }
      let isNews = held.isBare || held.verdict != head.verdict
      let bringsLine = held.isHeadOnly && entry.line != nil
      guard isNews || bringsLine else { return nil }
      try database.run(
        """
        UPDATE change SET receipt = COALESCE(?, receipt), verdict = COALESCE(?, verdict), received = COALESCE(?, received),
          line = COALESCE(line, ?)
        WHERE replica = ? AND n = ?
        """,
        [
          .optional(head.receipt?.bytes), .optional(head.verdict?.rawValue), .optional(head.received),
          .optional(entry.line), .text(head.dot.replica.text), .int(head.dot.n),
        ])
      let verdict = head.verdict ?? held.verdict
      log.noteHeld(
        head.order,
        .of(head.hash, verdict: held.verdict, hasLine: !held.isHeadOnly)
          ^ .of(head.hash, verdict: verdict, hasLine: !held.isHeadOnly || bringsLine))
      // A line that becomes readable, or is declared unreadable, changes what its dot stands for.
      if bringsLine || (held.verdict == .unreadable) != (head.verdict == .unreadable) { try log.refold(head.order) }
      return nil
    }
    guard head.dot.replica != present else { return head.dot }
    let change = entry.line.flatMap { OrderLog.readable($0, head.dot, head.order) }
    let elsewhere = try heldOf(head.order, change?.forkedElsewhere ?? [], database)
    if let own = try elsewhere.first(where: { try AgentStore.isOwn($0, database) }) { return own }
    try takeNew(entry, change, into: log, now, database)
    if !elsewhere.isEmpty { try drop(elsewhere, of: head.order, from: log, database) }
    return nil
  }

  private func heldOf(_ order: OrderID, _ dots: [Dot], _ database: Database) throws -> [Dot] {
    try dots.filter { dot in
      try database.number(
        "SELECT EXISTS (SELECT 1 FROM change WHERE replica = ? AND n = ? AND order_id = ?)",
        [.text(dot.replica.text), .int(dot.n), .text(order.text)]) == 1
    }
  }

  /// Gives up changes under dots that are another order's by the hub's word: what they said was written again. What the hub holds under
  /// the dots comes by a comparison, for the feed may have passed it; one that is under way may have passed it too.
  private func drop(_ dots: [Dot], of order: OrderID, from log: OrderLog, _ database: Database) throws {
    for dot in dots { _ = try log.drop(dot, of: order) }
    try database.run("UPDATE cursor SET reconcile_due = 2")
  }

  /// Takes the hub's content of somebody else's dot that has two, where the hub has said that neither counts. False where it has not, or
  /// where the dot is of an own run: that is settled otherwise.
  private func replaceForked(_ entry: Entry, into log: OrderLog, _ now: Int, _ database: Database) throws -> Bool {
    let dot = entry.head.dot
    guard try !AgentStore.isOwn(dot, database), try log.foldedState(entry.head.order).isVoid(dot) else { return false }
    guard try log.drop(dot, of: entry.head.order) else { return false }
    try takeNew(entry, entry.line.flatMap { OrderLog.readable($0, dot, entry.head.order) }, into: log, now, database)
    return true
  }

  /// True if this database wrote a change under this dot.
  static func isOwn(_ dot: Dot, _ database: Database) throws -> Bool {
    try database.number(
      "SELECT EXISTS (SELECT 1 FROM replica WHERE id = ? AND n >= ?)", [.text(dot.replica.text), .int(dot.n)]) == 1
  }

  private func takeNew(
    _ entry: Entry, _ change: Change?, into log: OrderLog, _ now: Int, _ database: Database
  ) throws {
    let head = entry.head
    var row = LogRow(dot: head.dot, order: head.order, prev: head.prev, line: entry.line, hash: head.hash)
    row.receipt = head.receipt
    row.verdict = head.verdict
    row.received = head.received
    if change == nil, head.verdict != .unreadable {
      let reason = entry.line.map(AgentStore.fault) ?? "the hub sent it without its line"
      try database.run(
        "INSERT OR IGNORE INTO quarantine (at, replica, n, order_id, reason, line) VALUES (?, ?, ?, ?, ?, ?)",
        [
          .int(now), .text(head.dot.replica.text), .int(head.dot.n), .text(head.order.text), .text(reason),
          .optional(entry.line),
        ])
    }
    if let change {
      memory.withLock { _ = $0.clock.observe(change.at, now: now) }
      if let request = change.request, head.dot.replica.platform == platform {
        try remember(request, head.dot, head.order, database)
      }
    }
    try log.append(row, change)
    for value in head.sealed { try database.keep(value, of: head.order) }
  }

  private static func fault(_ line: [UInt8]) -> String {
    do {
      _ = try ChangeLine.decode(line)
      return "head and line disagree"
    } catch {
      return "the line cannot be read: \(error)"
    }
  }

  /// Keeps a value that was asked for; one that was not is ignored.
  private func takeLacking(_ value: SealedValue, _ database: Database) throws {
    let order = try database.first(
      "SELECT order_id FROM lacking WHERE commitment = ?", [.blob(value.commitment.bytes)]
    ) { try OrderID($0.text(0)) }
    if let order { try database.keep(value, of: order) }
  }

  // MARK: The cursor's row

  static func cursor(_ database: Database) throws -> (after: FeedCursor, told: FeedCursor, lane: Int) {
    let row = try database.first(
      "SELECT position, feed_hash, told_position, told_hash, lane FROM cursor"
    ) { row -> (FeedCursor, FeedCursor, Int)? in
      guard let feedHash = Hash(bytes: row.blob(1)), let toldHash = Hash(bytes: row.blob(3)) else { return nil }
      return (
        FeedCursor(position: row.int(0), feedHash: feedHash), FeedCursor(position: row.int(2), feedHash: toldHash),
        row.int(4)
      )
    }
    guard let row = row ?? nil else { throw Problem(.internalError, "the cursor cannot be read") }
    return row
  }

  /// Keeps the highest head that any reply named.
  func keep(told: FeedCursor, _ database: Database) throws {
    try database.run(
      "UPDATE cursor SET told_position = ?1, told_hash = ?2 WHERE told_position < ?1",
      [.int(told.position), .blob(told.feedHash.bytes)])
  }
}
