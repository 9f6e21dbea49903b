// How one change is stored: its row in the log, the order's state, references, sealed values, concerns and feed entries.

import Core

extension HubTransaction {
  /// Stores a change: log row, state, references, concerns and feed entries; then what waited for it.
  func store(_ incoming: IncomingChange) throws {
    let id = incoming.order
    let received = incoming.former?.received ?? now
    // Only figures are taken out: a second reference to the row would make the update below copy its registers.
    let (isNew, vectorN, ordinal) = try figures(id, incoming.dot.replica)
    let fresh = OrderRow(
      state: OrderState(id: id), created: received, updated: now, place: isNew ? try nextPlace() : 0)
    let prev = incoming.former?.prev ?? vectorN
    let receipt =
      incoming.former?.receipt
      ?? Receipt.issue(
        order: id, dot: incoming.dot, prev: prev, hash: incoming.hash, verdict: incoming.verdict, key: receiptKey)
    let mentions = incoming.change?.sealedMentions ?? []
    let assigned =
      incoming.verdict == .accepted
      ? assignments(in: incoming.change) + (try reinstatedAssignments(in: incoming.change)) : []
    try db.execute(
      """
      INSERT INTO change (platform, replica, n, order_id, ordinal, prev, hash, chain, receipt, verdict, received, notes, line)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
      """,
      [
        .text(incoming.dot.replica.platform.text), .text(incoming.dot.replica.text), .integer(incoming.dot.n),
        .text(id.text), .integer(ordinal), .integer(prev), .blob(incoming.hash.bytes),
        .blob(incoming.chain?.bytes ?? []),
        .blob(receipt.bytes), .text(incoming.verdict.rawValue), .integer(received),
        .integer((mentions.isEmpty ? 0 : ChangeNotes.sealed) | (assigned.isEmpty ? 0 : ChangeNotes.assigns)),
        .blob(incoming.line),
      ])
    try keepSealed(incoming, mentions)
    try purge(incoming)
    if incoming.former != nil { try noteLacking(id, mentions) }
    try noteHeld(incoming.dot, chain: incoming.chain)
    if let change = incoming.change { run.clock.observe(change.at, now: now) }
    let isOriginalHeld = try incoming.change?.origin.map { try heldHash($0.dot) == $0.hash }
    let outcome = orders.update(id, default: fresh) { row in
      row.changes = ordinal
      row.updated = now
      row.digest ^= .of(incoming.hash, verdict: incoming.verdict, hasLine: !incoming.line.isEmpty)
      if incoming.verdict == .accepted { row.entries += incoming.change?.entries.count ?? 0 }
      return incoming.change.map { Merge.apply($0, prev: prev, isOriginalHeld: isOriginalHeld, to: &row.state) }
        ?? Merge.applyUnreadable(incoming.dot, prev: prev, to: &row.state)
    }
    switch outcome {
    case .applied: noteTaken(incoming.change, id)
    case .needsFold: try foldAgain(id)
    case .seen where incoming.former != nil: try foldAgain(id, isWhole: false)
    case .seen, .waiting: throw StoreError.other("a change of \(id) that should apply does not (\(incoming.dot))")
    }
    try keepReferences(incoming)
    try keepDoubled(incoming)
    try keepVoids(incoming)
    try keepFormerRequest(incoming)
    try feed(incoming, assigned: assigned, isNew: isNew)
    try tryWaiting(id)
    try writeForgottenPurges(id)
  }

  private func figures(_ id: OrderID, _ replica: ReplicaID) throws -> (isNew: Bool, prev: Int, ordinal: Int) {
    guard let row = try order(id) else { return (true, 0, 1) }
    return (false, row.state.vector[replica], row.changes + 1)
  }

  /// Makes the state anew from the whole log: for what voids, reinstates or re-times a change that is held already.
  ///
  /// - Parameter isWhole: false where rows of the log were lost and may still come back: then the state stays as it is until they have.
  private func foldAgain(_ id: OrderID, isWhole: Bool = true) throws {
    let (state, waiting) = try HubLog.fold(id, db)
    if !isWhole, !waiting.isEmpty { return }
    guard waiting.isEmpty else { throw StoreError.other("the log of \(id) has gaps: \(waiting.count) changes wait") }
    guard let row = try order(id) else { throw StoreError.other("there is no row of \(id)") }
    orders.update(id, default: row) {
      $0.state = state
      $0.taken.isFolded = true
    }
  }

  /// A change that counts from now on.
  private func noteTaken(_ change: Change?, _ id: OrderID) {
    guard !followers.isEmpty, let change, let row = orders[id], row.state.counts(change) else { return }
    orders.update(id, default: row) { $0.taken.changes.append(change) }
  }

  /// Makes an order's state anew from its log, whatever the present one says.
  func refold(_ id: OrderID) throws {
    _ = try order(id)
    try foldAgain(id)
  }

  func keepSealed(_ incoming: IncomingChange, _ mentions: [SealedMention]) throws {
    guard !mentions.isEmpty else { return }
    for value in incoming.sealed {
      guard let mention = mentions.first(where: { $0.commitment == value.commitment }),
        try !purgeOnArrival(value, incoming)
      else { continue }
      let numbers = NumberIndex.numbers(in: PersonalValues.plain(value.value.bytes))
      let isNew = try db.execute(
        """
        INSERT INTO sealed (order_id, commitment, nonce, value, for_lead, author, is_marked)
        SELECT $1, $2, $3, $4, $5, $6, $7 WHERE NOT EXISTS (SELECT 1 FROM purged WHERE commitment = $2)
        ON CONFLICT (order_id, commitment) DO NOTHING
        """,
        [
          .text(incoming.order.text), .blob(value.commitment.bytes), .blob(value.nonce), .blob(value.value.bytes),
          .flag(mention.isForLead), .text(incoming.dot.replica.platform.text), .integer(NumberIndex.state(of: numbers)),
        ])
      if isNew > 0 { try NumberIndex.put(numbers ?? [], of: value.commitment, key: receiptKey, db) }
      try db.execute(
        "DELETE FROM lacking WHERE order_id = $1 AND commitment = $2",
        [.text(incoming.order.text), .blob(value.commitment.bytes)])
    }
  }

  /// The hotline's command of a change that came back: repeating it finds the first answer again.
  private func keepFormerRequest(_ incoming: IncomingChange) throws {
    guard incoming.former != nil, incoming.dot.replica.isHub, let request = incoming.change?.request else { return }
    try db.execute(
      """
      INSERT INTO request (platform, request, order_id, replica, n) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (platform, request) DO NOTHING
      """,
      [
        .text("hub"), .text(request), .text(incoming.order.text), .text(incoming.dot.replica.text),
        .integer(incoming.dot.n),
      ])
  }

  private func keepReferences(_ incoming: IncomingChange) throws {
    guard incoming.verdict == .accepted, let change = incoming.change else { return }
    for case .set(let register, let value) in change.edits where register.hasPrefix("ref/") {
      guard let number = value.json["number"]?.asString else { continue }
      try db.execute(
        """
        INSERT INTO reference (order_id, system, number, author) VALUES ($1, $2, $3, $4)
        ON CONFLICT (order_id, system, number, author) DO NOTHING
        """,
        [
          .text(incoming.order.text), .text(String(register.dropFirst(4))), .text(number),
          .text(incoming.dot.replica.platform.text),
        ])
    }
  }

  func assignments(in change: Change?) -> [(platform: PlatformName, isLead: Bool)] {
    (change?.edits ?? []).compactMap { edit in
      guard case .set(let name, let value) = edit, let register = RegisterName(name),
        register.row.pattern == "assignment/<a>", let text = value.json["platform"]?.asString,
        let platform = try? PlatformName(text), !platform.isHub
      else { return nil }
      return (platform, value.json["role"] == .string("lead"))
    }
  }

  /// Assignments that were void when they arrived, so that nobody got the order by them, and that this change reinstates.
  private func reinstatedAssignments(in change: Change?) throws -> [(platform: PlatformName, isLead: Bool)] {
    guard let change, change.dot.replica.isHub else { return [] }
    var found: [(platform: PlatformName, isLead: Bool)] = []
    for case .set(let register, let value) in change.edits where register.hasPrefix("void/") && value.isNull {
      guard let target = try? Dot(String(register.dropFirst(5))) else { continue }  // no dot: nothing is reinstated
      let line = try db.first(
        "SELECT line FROM change WHERE platform = $1 AND replica = $2 AND n = $3 AND order_id = $4",
        [
          .text(target.replica.platform.text), .text(target.replica.text), .integer(target.n),
          .text(change.order.text),
        ]
      ) { $0.blob(0) }
      // A line that cannot be read assigns nobody.
      if let line { found += assignments(in: try? ChangeLine.decode(line)) }
    }
    return found
  }
}
