// What the hub had forgotten and gets back: taken as what the receipt says it was, without being judged again. It may come in any
// order and with gaps; what lacks its context waits, and nobody is fed it until it counts.

import Core

/// What became of an entry that came back.
enum Healed: Sendable, Equatable {
  /// Held already.
  case held
  case taken
  /// Not taken, and why.
  case refused(String)
}

extension HubTransaction {
  /// Takes an entry that an agent holds and the hub does not: a change, or the line of one whose line was lost.
  func heal(_ entry: Entry) throws -> Healed {
    let head = entry.head
    guard let verdict = head.verdict, let receipt = head.receipt else { return .refused("no receipt") }
    guard
      Receipt.verifies(
        receipt, order: head.order, dot: head.dot, prev: head.prev, hash: head.hash, verdict: verdict, key: receiptKey)
    else { return .refused("the receipt is not this hub's") }
    if let line = entry.line, Hash.of(line) != head.hash { return .refused("the line does not match its hash") }
    if let held = try heldHash(head.dot) {
      guard held == head.hash else { return try settleFork(entry, verdict) }
      if try leaveQuarantine(head.dot) { return try takeBack(entry, verdict, receipt) }
      if !head.sealed.isEmpty {
        try keepFormerSealed(entry, HubTransaction.readable(entry.line, head, verdict), receipt)
      }
      return try completeLine(entry) ? .taken : .held
    }
    return try takeBack(entry, verdict, receipt)
  }

  private func takeBack(_ entry: Entry, _ verdict: Verdict, _ receipt: Hash) throws -> Healed {
    let head = entry.head
    let change = HubTransaction.readable(entry.line, head, verdict)
    var incoming = IncomingChange(
      order: head.order, dot: head.dot, hash: head.hash, chain: nil, line: entry.line ?? [], change: change,
      verdict: verdict, sealed: head.sealed)
    incoming.former = IncomingChange.Former(prev: head.prev, receipt: receipt, received: head.received ?? now)
    let high = try replica(head.dot.replica)
    if head.dot.n == high.n + 1 { incoming.chain = .chain(high.chain, head.hash) }
    if try isReady(incoming) { try storeFormer(incoming) } else { try keepWaiting(incoming) }
    return .taken
  }

  /// A hub that had forgotten an order put its platform's change aside; the receipt proves that it was of the order.
  private func leaveQuarantine(_ dot: Dot) throws -> Bool {
    try db.execute(
      "DELETE FROM quarantine WHERE platform = $1 AND replica = $2 AND n = $3",
      [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)]) > 0
  }

  /// The change in a line, or nil where it cannot be read or is another than its head says.
  static func readable(_ line: [UInt8]?, _ head: Head, _ verdict: Verdict) -> Change? {
    guard verdict != .unreadable, let line, let change = try? ChangeLine.decode(line), change.dot == head.dot,
      change.order == head.order
    else { return nil }
    return change
  }

  /// True if the change would count now.
  private func isReady(_ incoming: IncomingChange) throws -> Bool {
    var state = try order(incoming.order)?.state ?? OrderState(id: incoming.order)
    let prev = incoming.former?.prev ?? 0
    let outcome =
      incoming.change.map { Merge.apply($0, prev: prev, to: &state) }
      ?? Merge.applyUnreadable(incoming.dot, prev: prev, to: &state)
    switch outcome {
    case .applied, .needsFold: return !HubTransaction.lacksVoid(incoming, state)
    case .waiting: return false
    // Its row was lost, and what was made of it is still there.
    case .seen: return true
    }
  }

  /// True of a change that was void when it first came, and whose void is not back: without it, it would take effect. A void that was
  /// lifted since is there all the same.
  static func lacksVoid(_ incoming: IncomingChange, _ state: OrderState) -> Bool {
    incoming.verdict == .void && state.siblings("void/\(incoming.dot)").isEmpty
  }

  /// Stores what came back and is ready. A time that is still ahead gets its correction again, unless that came back before it.
  private func storeFormer(_ incoming: IncomingChange) throws {
    if let change = incoming.change, change.at.milliseconds > latestTime,
      let state = try order(incoming.order)?.state, state.siblings("clock/\(incoming.dot)").isEmpty,
      hubHasRoom(in: state.vector)
    {
      try author(
        incoming.order, edits: [.set(register: "clock/\(incoming.dot)", value: JSONText(.int(now)))],
        by: PushIngest.hubAuthor)
    }
    try store(incoming)
  }

  // MARK: Personal values

  /// Keeps what came with a change that is held already.
  private func keepFormerSealed(_ entry: Entry, _ change: Change?, _ receipt: Hash) throws {
    let head = entry.head
    var incoming = IncomingChange(
      order: head.order, dot: head.dot, hash: head.hash, chain: nil, line: [], change: change, verdict: .accepted,
      sealed: head.sealed)
    incoming.former = IncomingChange.Former(prev: head.prev, receipt: receipt, received: head.received ?? now)
    try keepSealed(incoming, change?.sealedMentions ?? [])
    if try order(head.order) != nil { try writeForgottenPurges(head.order) }
  }

  /// Notes which values did not come with a change that came back, so that they are asked for.
  func noteLacking(_ order: OrderID, _ mentions: [SealedMention]) throws {
    for mention in mentions {
      let key: [SQLValue] = [.text(order.text), .blob(mention.commitment.bytes)]
      guard try db.count("SELECT COUNT(*) FROM sealed WHERE order_id = $1 AND commitment = $2", key) == 0,
        try !isPurged(mention.commitment)
      else { continue }
      try db.execute(
        "INSERT INTO lacking (order_id, commitment) VALUES ($1, $2) ON CONFLICT (order_id, commitment) DO NOTHING", key)
    }
  }

  // MARK: Waiting

  private func keepWaiting(_ incoming: IncomingChange) throws {
    guard let former = incoming.former else { return }
    hasWaiting = true
    try db.execute(
      """
      INSERT INTO waiting (platform, replica, n, order_id, prev, hash, chain, receipt, verdict, received, line, since)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      """,
      [
        .text(incoming.dot.replica.platform.text), .text(incoming.dot.replica.text), .integer(incoming.dot.n),
        .text(incoming.order.text), .integer(former.prev), .blob(incoming.hash.bytes),
        .blob(incoming.chain?.bytes ?? []), .blob(former.receipt.bytes), .text(incoming.verdict.rawValue),
        .integer(former.received), .blob(incoming.line), .integer(now),
      ])
    let mentions = incoming.change?.sealedMentions ?? []
    try keepSealed(incoming, mentions)
    try purge(incoming)
    try noteLacking(incoming.order, mentions)
    try noteHeld(incoming.dot, chain: incoming.chain)
  }

  /// Stores what waited and is ready now, again and again until nothing moves.
  func tryWaiting(_ id: OrderID) throws {
    guard !isTryingWaiting else { return }
    if hasWaiting == nil {
      hasWaiting = try db.count("SELECT COUNT(*) FROM (SELECT 1 FROM waiting LIMIT 1) AS some") > 0
    }
    guard hasWaiting == true else { return }
    isTryingWaiting = true
    defer { isTryingWaiting = false }
    var moved = true
    while moved {
      moved = false
      for incoming in try waiting(id) where try isReady(incoming) {
        try db.execute(
          "DELETE FROM waiting WHERE platform = $1 AND replica = $2 AND n = $3",
          [
            .text(incoming.dot.replica.platform.text), .text(incoming.dot.replica.text), .integer(incoming.dot.n),
          ])
        try storeFormer(incoming)
        moved = true
      }
    }
  }

  /// What waits of an order.
  func waiting(_ id: OrderID) throws -> [IncomingChange] { try HubTransaction.waiting(id, db) }

  static func waiting(_ id: OrderID, _ db: any DatabaseConnection) throws -> [IncomingChange] {
    try db.all(
      """
      SELECT replica, n, prev, hash, chain, receipt, verdict, received, line FROM waiting
      WHERE order_id = $1 ORDER BY platform, replica, n
      """, [.text(id.text)]
    ) { row in
      guard let hash = Hash(bytes: row.blob(3)), let receipt = Hash(bytes: row.blob(5)),
        let verdict = Verdict(rawValue: row.text(6))
      else { throw StoreError.corrupt("a waiting change of \(id) cannot be read") }
      var head = Head(order: id, dot: Dot(try ReplicaID(row.text(0)), row.int(1)), prev: row.int(2), hash: hash)
      head.verdict = verdict
      let line = row.blob(8)
      var incoming = IncomingChange(
        order: id, dot: head.dot, hash: hash, chain: Hash(bytes: row.blob(4)), line: line,
        change: HubTransaction.readable(line.isEmpty ? nil : line, head, verdict), verdict: verdict, sealed: [])
      incoming.former = IncomingChange.Former(prev: head.prev, receipt: receipt, received: row.int(7))
      return incoming
    }
  }

  // MARK: Replicas with gaps

  /// Takes note that a dot is held. Where it is the next one of its replica, the run without a gap goes on over it and over whatever
  /// is held behind it.
  func noteHeld(_ dot: Dot, chain: Hash?) throws {
    var row = try replica(dot.replica)
    row.highest = max(row.highest, dot.n)
    if let chain, dot.n == row.n + 1 {
      row.n = dot.n
      row.chain = chain
      while row.highest > row.n, let hash = try heldHashInDatabase(Dot(dot.replica, row.n + 1)) {
        row.n += 1
        row.chain = .chain(row.chain, hash)
        for table in ["change", "waiting"] {
          try db.execute(
            "UPDATE \(table) SET chain = $1 WHERE platform = $2 AND replica = $3 AND n = $4",
            [
              .blob(row.chain.bytes), .text(dot.replica.platform.text), .text(dot.replica.text), .integer(row.n),
            ])
        }
      }
    }
    replicas.update(dot.replica, default: row) { $0 = row }
  }

  // MARK: Lines

  /// Fills in a line that was lost here. False where none was.
  private func completeLine(_ entry: Entry) throws -> Bool {
    guard let line = entry.line else { return false }
    let head = entry.head
    let key: [SQLValue] = [.text(head.dot.replica.platform.text), .text(head.dot.replica.text), .integer(head.dot.n)]
    let held = try db.first(
      "SELECT line, verdict FROM change WHERE platform = $1 AND replica = $2 AND n = $3", key
    ) { (line: $0.blob(0), verdict: Verdict(rawValue: $0.text(1))) }
    guard let held, Hash.of(held.line) != head.hash, let verdict = held.verdict else { return false }
    try db.execute(
      "UPDATE change SET line = $1 WHERE platform = $2 AND replica = $3 AND n = $4", [.blob(line)] + key)
    guard let row = try order(head.order) else { return true }
    orders.update(head.order, default: row) {
      $0.digest ^=
        .of(head.hash, verdict: verdict, hasLine: !held.line.isEmpty) ^ .of(head.hash, verdict: verdict, hasLine: true)
    }
    let change = HubTransaction.readable(line, head, verdict)
    let incoming = IncomingChange(
      order: head.order, dot: head.dot, hash: head.hash, chain: nil, line: line, change: change, verdict: verdict,
      sealed: [])
    try purge(incoming)
    try refold(head.order)
    try keepVoids(incoming)
    // Who got its head alone gets the line.
    try feed(incoming, assigned: verdict == .accepted ? assignments(in: change) : [], isNew: false)
    return true
  }

  /// Forgets a line that the disk altered, so that it is asked for; what the state was made of it goes with it.
  func dropLine(of dot: Dot, _ id: OrderID, _ hash: Hash, _ verdict: Verdict) throws {
    try db.execute(
      "UPDATE change SET line = $1 WHERE platform = $2 AND replica = $3 AND n = $4",
      [.blob([]), .text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)])
    guard let row = try order(id) else { return }
    orders.update(id, default: row) {
      $0.digest ^= .of(hash, verdict: verdict, hasLine: true) ^ .of(hash, verdict: verdict, hasLine: false)
    }
    try refold(id)
  }
}
