// The log and the states that follow from it, inside one transaction: an order is decoded once, however many changes reach it, and
// written once at the end. Which changes come, and from where, is the callers' business.

import Core
import GRDB

/// A change as a row of the log.
struct LogRow {
  var dot: Dot
  var order: OrderID
  var prev: Int
  var line: [UInt8]?
  var hash: Hash
  var chain: Hash?
  var receipt: Hash?
  var verdict: Verdict?
  var received: Int?
}

/// The orders that one transaction touches.
final class OrderLog {
  private final class Work {
    var state: OrderState
    var entryCount = 0
    var updated = 0
    var waiting = 0
    var isMoved = false
    var mustFold = false
    var isFolded = false
    init(_ id: OrderID) { state = OrderState(id: id) }
  }

  let database: Database
  private let platform: PlatformName
  private let now: Int
  private var works: [OrderID: Work] = [:]
  private var touched: [OrderID] = []
  private var digests = Digests()

  init(_ database: Database, platform: PlatformName, now: Int) {
    self.database = database
    self.platform = platform
    self.now = now
  }

  /// The order's state as this transaction sees it; with an empty vector where nothing of it counts.
  func state(_ id: OrderID) throws -> OrderState { try work(id).state }
  func entryCount(_ id: OrderID) throws -> Int { try work(id).entryCount }

  /// As `state`, with what is to be folded at the end of the transaction folded now.
  func foldedState(_ id: OrderID) throws -> OrderState {
    let work = try work(id)
    if work.mustFold { try fold(id, work) }
    return work.state
  }

  /// Appends a change to the log and merges it. `change` is nil where nobody here can read the line: its dot counts alone.
  func append(_ row: LogRow, _ change: Change?) throws {
    let work = try work(row.order)
    let isApplied = !work.mustFold && merge(row.dot, row.prev, row.verdict, change, into: work)
    if !isApplied, !work.mustFold { work.waiting += 1 }
    let mentions = change?.sealedMentions.count ?? 0
    try database.run(
      """
      INSERT INTO change (replica, n, order_id, prev, line, hash, chain, receipt, verdict, received, applied, at, sealed)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      """,
      [
        .text(row.dot.replica.text), .int(row.dot.n), .text(row.order.text), .int(row.prev), .optional(row.line),
        .blob(row.hash.bytes), .optional(row.chain?.bytes), .optional(row.receipt?.bytes),
        .optional(row.verdict?.rawValue), .optional(row.received), .bool(isApplied),
        .int(change?.at.milliseconds ?? 0), .int(mentions),
      ])
    // Even of a change that waits: what is to be destroyed has no time to lose.
    if row.verdict != .unreadable { try purge(change) }
    noteHeld(row.order, .of(row.hash, verdict: row.verdict, hasLine: row.line != nil))
  }

  /// Notes what a change of the order adds to what is held of it, or takes from it.
  func noteHeld(_ id: OrderID, _ difference: Digest) { digests.note(id, difference) }

  /// Has the order's state made anew from its log at the end of the transaction.
  func refold(_ id: OrderID) throws { try work(id).mustFold = true }

  /// Writes every order that moved. Returns them, in the order in which they were touched.
  func finish() throws -> [OrderID] {
    var moved: [OrderID] = []
    for id in touched {
      guard let work = works[id] else { continue }
      if !work.mustFold, work.isMoved, work.waiting > 0 { try retryWaiting(id, work) }
      if work.mustFold { try fold(id, work) }
      guard work.isMoved || work.waiting > 0 else { continue }
      try save(id, work)
      moved.append(id)
    }
    works = [:]
    touched = []
    try digests.write(to: database)
    return moved
  }

  // MARK: Merging

  /// Puts a change into the state; false where it waits, or where only a fold can tell (`mustFold`).
  private func merge(_ dot: Dot, _ prev: Int, _ verdict: Verdict?, _ change: Change?, into work: Work) -> Bool {
    let readable = verdict == .unreadable ? nil : change
    let outcome =
      readable.map { Merge.apply($0, prev: prev, to: &work.state) }
      ?? Merge.applyUnreadable(dot, prev: prev, to: &work.state)
    switch outcome {
    case .applied:
      work.isMoved = true
      work.entryCount += readable?.entries.count ?? 0
      work.updated = max(work.updated, readable?.at.milliseconds ?? 0)
      return true
    case .waiting: return false
    case .needsFold, .seen:
      work.mustFold = true
      return false
    }
  }

  private struct Held {
    var seq: Int
    var dot: Dot
    var prev: Int
    var line: [UInt8]?
    var verdict: Verdict?
    var isApplied: Bool
    var hash: Hash?
    var change: Change?
  }

  /// What the log holds of an order; a line that cannot be read, or does not fit its head, counts as its dot alone.
  private func held(_ id: OrderID, waitingOnly: Bool) throws -> [Held] {
    let filter = waitingOnly ? " AND applied = 0" : ""
    var rows = try database.rows(
      "SELECT seq, replica, n, prev, line, verdict, applied, hash FROM change WHERE order_id = ?\(filter) ORDER BY seq",
      [.text(id.text)]
    ) { row in
      Held(
        seq: row.int(0), dot: Dot(try ReplicaID(row.text(1)), row.int(2)), prev: row.int(3), line: row.optionalBlob(4),
        verdict: row.optionalText(5).flatMap(Verdict.init), isApplied: row.bool(6), hash: Hash(bytes: row.blob(7)))
    }
    for index in rows.indices where rows[index].verdict != .unreadable {
      rows[index].change = rows[index].line.flatMap { OrderLog.readable($0, of: rows[index].hash, rows[index].dot, id) }
    }
    return rows
  }

  /// The change in `line`, or nil where it cannot be read or is another than its head says.
  static func readable(_ line: [UInt8], _ dot: Dot, _ order: OrderID) -> Change? {
    // Why it cannot be read was told when it arrived.
    guard let change = try? ChangeLine.decode(line), change.dot == dot, change.order == order else { return nil }
    return change
  }

  /// The same of a line as it is stored: one that the disk altered stands for nothing but its dot.
  static func readable(_ line: [UInt8], of hash: Hash?, _ dot: Dot, _ order: OrderID) -> Change? {
    Hash.of(line) == hash ? readable(line, dot, order) : nil
  }

  private func retryWaiting(_ id: OrderID, _ work: Work) throws {
    var rows = try held(id, waitingOnly: true)
    var moved = true
    while moved, !rows.isEmpty, !work.mustFold {
      moved = false
      for (index, row) in rows.enumerated().reversed() {
        guard merge(row.dot, row.prev, row.verdict, row.change, into: work) else { continue }
        try mark(row, isApplied: true)
        rows.remove(at: index)
        moved = true
      }
    }
    work.waiting = rows.count
  }

  /// Makes the state anew from the whole log, and corrects which changes wait.
  private func fold(_ id: OrderID, _ work: Work) throws {
    let rows = try held(id, waitingOnly: false)
    let items = rows.map { row in row.change.map(Merge.LogItem.change) ?? .unreadable(row.dot, prev: row.prev) }
    let prevs = Dictionary(rows.map { ($0.dot, $0.prev) }) { first, _ in first }
    let hashes = Dictionary(rows.compactMap { row in row.hash.map { (row.dot, $0) } }) { first, _ in first }
    let (state, waiting) = Merge.fold(items, order: id, prevs: prevs, hashes: hashes)
    work.state = state
    work.waiting = waiting.count
    work.entryCount = 0
    work.updated = 0
    for row in rows {
      let isApplied = !waiting.contains(row.dot)
      if isApplied != row.isApplied { try mark(row, isApplied: isApplied) }
      try purge(row.change)
      guard isApplied, let change = row.change else { continue }
      work.entryCount += change.entries.count
      work.updated = max(work.updated, change.at.milliseconds)
    }
    work.isMoved = true
    work.isFolded = true
    work.mustFold = false
  }

  private func purge(_ change: Change?) throws {
    for commitment in change?.purges ?? [] { try database.purge(commitment) }
  }

  private func mark(_ row: Held, isApplied: Bool) throws {
    try database.run("UPDATE change SET applied = ? WHERE seq = ?", [.bool(isApplied), .int(row.seq)])
  }

  // MARK: Rows

  private func work(_ id: OrderID) throws -> Work {
    if let work = works[id] { return work }
    let work = Work(id)
    works[id] = work
    touched.append(id)
    let stored = try database.first(
      "SELECT state, entry_count, updated, waiting FROM orders WHERE order_id = ?", [.text(id.text)]
    ) { row -> [UInt8] in
      work.entryCount = row.int(1)
      work.updated = row.int(2)
      work.waiting = row.int(3)
      return row.blob(0)
    }
    guard let stored else { return work }
    do {
      work.state = try OrderState(id: id, stored: stored)
    } catch {
      // A state that cannot be read back is made anew: the log is the truth.
      work.mustFold = true
      try fold(id, work)
    }
    return work
  }

  private func save(_ id: OrderID, _ work: Work) throws {
    let view = OrderView(work.state)
    let status = work.state.vector.isEmpty ? nil : view.status(now: now)
    try database.run(
      """
      INSERT INTO orders (order_id, state, number, title, status, kind, priority, updated, open, conflicts, contradictions,
        entry_count, waiting)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, number = excluded.number, title = excluded.title,
        status = excluded.status, kind = excluded.kind, priority = excluded.priority, updated = excluded.updated,
        open = excluded.open, conflicts = excluded.conflicts, contradictions = excluded.contradictions,
        entry_count = excluded.entry_count, waiting = excluded.waiting
      """,
      [
        .text(id.text), .blob(work.state.stored), .optional(view.number), .text(view.title),
        .text(status?.rawValue ?? ""), .optional(work.state.value("kind")?.asString), .text(view.priority),
        .int(work.updated), .bool(status.map { !$0.isOver } ?? false), .int(work.state.conflicts.count),
        .int(view.contradictions.count), .int(work.entryCount), .int(work.waiting),
      ])
    try Retiring.note(id, view, of: platform, database)
    if work.isFolded || !work.state.goneDots.isEmpty { try Losses.keep(work.state, database) }
    try noteLacking(id, view)
  }

  /// Remembers which values the platform may have as a lead and has not got, so that the next pull asks for them; and no others, for
  /// a pull names only so many, and what the hub may not give would be asked for ever.
  private func noteLacking(_ id: OrderID, _ view: OrderView) throws {
    try database.run("DELETE FROM lacking WHERE order_id = ?", [.text(id.text)])
    guard view.isLetKnow(platform), try view.endedAt == nil || !Retiring.isPast(id, database) else { return }
    for register in ["caller", "location/private"] {
      for sibling in view.state.siblings(register) {
        guard let commitment = SealedValue.commitment(in: sibling.value.json) else { continue }
        try database.run(
          """
          INSERT OR IGNORE INTO lacking (commitment, order_id)
          SELECT ?1, ?2 WHERE NOT EXISTS (SELECT 1 FROM sealed WHERE commitment = ?1)
            AND NOT EXISTS (SELECT 1 FROM purged WHERE commitment = ?1)
          """, [.blob(commitment.bytes), .text(id.text)])
      }
    }
  }
}

extension Database {
  /// Keeps a sealed value beside the lines, unless it was purged. Its commitment is computed from it, so it can only stand for what
  /// it is.
  func keep(_ sealed: SealedValue, of order: OrderID) throws {
    try run(
      """
      INSERT OR IGNORE INTO sealed (commitment, order_id, nonce, value)
      SELECT ?1, ?2, ?3, ?4 WHERE NOT EXISTS (SELECT 1 FROM purged WHERE commitment = ?1)
      """,
      [.blob(sealed.commitment.bytes), .text(order.text), .blob(sealed.nonce), .blob(sealed.value.bytes)])
    try run("DELETE FROM lacking WHERE commitment = ?", [.blob(sealed.commitment.bytes)])
    // Where the order's values were blanked, this one is looked at with the next pull.
    try run("UPDATE retiring SET next = 0, pending = 1 WHERE order_id = ? AND is_past = 1", [.text(order.text)])
  }

  /// Destroys a sealed value, and remembers that it must not come back.
  func purge(_ commitment: Hash) throws {
    for statement in [
      "INSERT OR IGNORE INTO purged (commitment) VALUES (?)", "DELETE FROM sealed WHERE commitment = ?",
      "DELETE FROM lacking WHERE commitment = ?",
    ] {
      try run(statement, [.blob(commitment.bytes)])
    }
  }
}
