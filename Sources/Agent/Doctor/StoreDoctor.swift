// What the agent's doctor finds in the database, and what it can put right by itself: the log is the truth, states follow from it, and
// what the hub has once proved to hold can be taken from it again.

import Core
import GRDB
import Shell

extension AgentStore {
  private static let ordersInOne = 200

  /// Looks at the whole database; with `fixing`, puts right what can be. Edits and the sync go on meanwhile. Where `lines` has a repair,
  /// the caller must have both sides compared: that brings them.
  func examine(fixing: Bool, now: Int) throws -> [Finding] {
    [
      try databaseFinding(), try chainFinding(fixing), try lineFinding(fixing, now), try stateFinding(fixing, now),
      try digestFinding(fixing, now),
    ]
  }

  private func databaseFinding() throws -> Finding {
    let settings = try database.durability()
    var faults = broken.map { [$0] } ?? []
    if settings.synchronous != 2 { faults.append("synchronous is \(settings.synchronous), not FULL") }
    if settings.journal != "wal" { faults.append("journal_mode is \(settings.journal), not wal") }
    // The quick check does not hold indexes against their tables, and the outbox is read by one.
    let check = try database.read { try $0.rows("PRAGMA integrity_check(10)") { $0.text(0) } }
    if check != ["ok"] { faults += check }
    return Finding(
      "database", faults.isEmpty, faults.isEmpty ? "sound and durable" : faults.joined(separator: "; "),
      remedy:
        "stop the agent, keep a copy of its data directory, and restore a backup: what was sent comes back by itself")
  }

  /// The chain over each run's own changes. One that a change lost with its row, and did not get back with it, follows from the others.
  private func chainFinding(_ fixing: Bool) throws -> Finding {
    let chains = try database.read { try OwnChains($0) }
    guard chains.broken.isEmpty else {
      return Finding(
        "chains", false, "broken at \(Finding.list(chains.broken.map(\.description)))",
        remedy: "somebody or the disk altered the log: keep a copy, and restore a backup")
    }
    if chains.missing.isEmpty { return Finding("chains", true, "\(chains.checked) own changes without a gap") }
    let detail = "missing at \(Finding.list(chains.missing.map(\.dot.description)))"
    guard fixing else {
      return Finding("chains", false, detail, remedy: "doctor --fix makes them anew from the log")
    }
    try write { try OwnChains.fill($0) }
    return Finding("chains", true, detail, repair: "\(chains.missing.count) links made anew from the log")
  }

  private static let unsentRemedy =
    "the hub is not known to hold what was never sent: keep a copy, and restore a backup that has it; or `lianxin-agent resync --full`"
    + " takes it from the hub where that has it, else gives it up and sends what came after it"

  private struct DamagedLine {
    var dot: Dot
    var order: OrderID
    /// The hub has proved that it holds the change.
    var isHeld: Bool
    var isMissing: Bool
  }

  private func lineFinding(_ fixing: Bool, _ now: Int) throws -> Finding {
    var checked = 0
    var damaged: [DamagedLine] = []
    try database.read { database in
      try database.each(
        // Of an unreadable change nobody needs the line.
        """
        SELECT replica, n, order_id, line, hash, receipt IS NOT NULL FROM change
        WHERE line IS NOT NULL OR verdict IS NOT 'unreadable'
        """
      ) { row in
        checked += 1
        let line = row.optionalBlob(3)
        if line.map({ Hash.of($0).bytes }) != row.blob(4) {
          damaged.append(
            DamagedLine(
              dot: Dot(try ReplicaID(row.text(0)), row.int(1)), order: try OrderID(row.text(2)), isHeld: row.bool(5),
              isMissing: line == nil))
        }
        return true
      }
    }
    if damaged.isEmpty { return Finding("lines", true, "\(checked) lines fit their hashes") }
    let detail = "altered on the disk, or missing: \(Finding.list(damaged.map(\.dot.description)))"
    let healable = damaged.filter(\.isHeld)
    guard fixing, !healable.isEmpty else {
      return Finding(
        "lines", false, detail,
        remedy: healable.isEmpty
          ? AgentStore.unsentRemedy
          : "doctor --fix takes what the hub holds from it again")
    }
    try drop(healable.filter { !$0.isMissing }, now)
    let isAll = healable.count == damaged.count
    return Finding(
      "lines", isAll, detail, remedy: AgentStore.unsentRemedy,
      repair: "\(healable.count) lines are taken from the hub again, with the next contact")
  }

  /// Drops altered lines: their digests then differ from the hub's, so that a comparison brings them again.
  private func drop(_ damaged: [DamagedLine], _ now: Int) throws {
    try write { database in
      let log = OrderLog(database, platform: platform, now: now)
      for item in damaged { try log.dropLine(of: item.dot, item.order) }
      _ = try log.finish()
    }
  }

  /// Looks at every order, page by page, so that edits find room between; those that `agrees` is not true of.
  private func ordersDiffering(
    from agrees: (OrderID, Database) throws -> Bool
  ) throws -> (checked: Int, differing: [OrderID]) {
    var checked = 0
    var differing: [OrderID] = []
    var after = ""
    while true {
      let page = try database.read { database in
        let ids = try AgentStore.knownOrders(after: after, limit: AgentStore.ordersInOne, database)
        return try ids.map { (id: $0, isEqual: try agrees($0, database)) }
      }
      guard let last = page.last else { return (checked, differing) }
      checked += page.count
      differing += page.filter { !$0.isEqual }.map(\.id)
      after = last.id.text
    }
  }

  private func stateFinding(_ fixing: Bool, _ now: Int) throws -> Finding {
    let (checked, differing) = try ordersDiffering { try OrderLog.agrees($0, $1) }
    if differing.isEmpty { return Finding("states", true, "\(checked) orders folded anew, all equal") }
    let detail = "differ from their log: \(Finding.list(differing.map(\.text)))"
    guard fixing else {
      return Finding("states", false, detail, remedy: "doctor --fix makes them anew from the log")
    }
    try write { database in
      let log = OrderLog(database, platform: platform, now: now)
      for id in differing { try log.refold(id) }
      _ = try log.finish()
    }
    return Finding("states", true, detail, repair: "\(differing.count) states made anew from the log")
  }

  /// By the digests both sides find out what differs: one that is wrong costs work, or hides something.
  private func digestFinding(_ fixing: Bool, _ now: Int) throws -> Finding {
    let (checked, wrong) = try ordersDiffering { order, database in
      try Digests.stored(order, database) == Digests.fromLog(order, database)
    }
    let differing = try wrong + database.read { try Digests.orphans($0) }
    let buckets = try database.read { try Digests.wrongBuckets($0).count }
    if differing.isEmpty, buckets == 0 { return Finding("digests", true, "\(checked) orders summed anew, all equal") }
    let detail: [String] =
      (differing.isEmpty ? [] : ["differ from their log: \(Finding.list(differing.map(\.text)))"])
      + (buckets > 0 ? ["\(buckets) buckets are not the sum of their orders"] : [])
    guard fixing else {
      return Finding(
        "digests", false, detail.joined(separator: "; "), remedy: "doctor --fix makes them anew from the log")
    }
    try write { database in
      let log = OrderLog(database, platform: platform, now: now)
      for id in differing { log.noteHeld(id, try Digests.stored(id, database) ^ Digests.fromLog(id, database)) }
      _ = try log.finish()
      _ = try Digests.correctBuckets(database)
    }
    return Finding(
      "digests", true, detail.joined(separator: "; "),
      repair: "made anew from the log; a resync finds what they may have hidden")
  }
}

extension OrderLog {
  /// The order's state as it is stored; made anew from the log where the disk altered it.
  static func state(_ id: OrderID, stored: [UInt8], _ database: Database) throws -> OrderState {
    do throws(StateError) { return try OrderState(id: id, stored: stored) } catch {
      return try folded(id, database).state
    }
  }

  /// True if an order's stored state, and which of its changes wait, are what its log gives. Older software stored it in another form.
  static func agrees(_ id: OrderID, _ database: Database) throws -> Bool {
    let stored = try database.first("SELECT state FROM orders WHERE order_id = ?", [.text(id.text)]) { $0.blob(0) }
    let (state, waiting, unapplied) = try folded(id, database)
    guard let stored, unapplied == waiting else { return false }
    return stored == state.stored || (try? OrderState(id: id, stored: stored)) == state
  }

  /// What the log gives: the state, which changes wait by it, and which are marked so.
  private static func folded(
    _ id: OrderID, _ database: Database
  ) throws -> (state: OrderState, waiting: Set<Dot>, unapplied: Set<Dot>) {
    var prevs: [Dot: Int] = [:]
    var hashes: [Dot: Hash] = [:]
    var unapplied: Set<Dot> = []
    let items = try database.rows(
      "SELECT replica, n, prev, line, verdict, applied, hash FROM change WHERE order_id = ? ORDER BY seq",
      [.text(id.text)]
    ) { row -> Merge.LogItem in
      let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
      prevs[dot] = row.int(2)
      hashes[dot] = Hash(bytes: row.blob(6))
      if !row.bool(5) { unapplied.insert(dot) }
      let isReadable = row.optionalText(4) != Verdict.unreadable.rawValue
      let change = isReadable ? row.optionalBlob(3).flatMap { readable($0, of: hashes[dot], dot, id) } : nil
      return change.map(Merge.LogItem.change) ?? .unreadable(dot, prev: row.int(2))
    }
    let (state, waiting) = Merge.fold(items, order: id, prevs: prevs, hashes: hashes)
    return (state, waiting, unapplied)
  }
}
