// Purged values in the hub's store: destroyed when the register that says so is stored, and never kept again, in whatever order both
// come. What only the ledger remembers becomes a register again. Who is found by a number is Privacy's.

import Core

extension HubTransaction {
  /// Registers in one change; each carries the reason.
  static let purgesInOne = 32

  /// Destroys what the change says is purged; of one that waits too, for what is to be destroyed has no time to lose.
  func purge(_ incoming: IncomingChange) throws {
    for commitment in incoming.change?.purges ?? [] {
      try destroy(commitment, of: incoming.order, at: incoming.former?.received ?? now, by: incoming.dot)
    }
  }

  func isPurged(_ commitment: Hash) throws -> Bool {
    try db.count("SELECT COUNT(*) FROM purged WHERE commitment = $1", [.blob(commitment.bytes)]) > 0
  }

  /// Writes the registers and destroys the values. Where the order has no room for the hub's run, or is not here yet, the values are
  /// destroyed all the same, and the registers follow when they can. Returns the dots. The ledger comes before.
  func purge(_ commitments: [Hash], of id: OrderID, reason: String, by author: Author) throws -> [Dot] {
    guard let row = try order(id), hubHasRoom(in: row.state.vector) else {
      for commitment in commitments { try destroy(commitment, of: id, at: now, by: nil) }
      return []
    }
    return try stride(from: 0, to: commitments.count, by: HubTransaction.purgesInOne).map { start in
      let some = commitments[start..<min(start + HubTransaction.purgesInOne, commitments.count)]
      return try self.author(id, edits: some.map { Purge.edit($0, reason: reason) }, by: author)
    }
  }

  /// What the ledger remembers. Returns how many purges the database had forgotten.
  func recallPurge(of id: OrderID, _ commitments: [Hash], at: Int) throws -> Int {
    let forgotten = try commitments.reduce(0) { try $0 + (destroy($1, of: id, at: at, by: nil) ? 1 : 0) }
    if try order(id) != nil { try writeForgottenPurges(id) }
    return forgotten
  }

  /// Makes purges of the order that have no register here any more registers again. An agent that has the former one gives it back too;
  /// both say the same.
  func writeForgottenPurges(_ id: OrderID) throws {
    if hasForgottenPurges == nil {
      hasForgottenPurges =
        try db.count("SELECT COUNT(*) FROM (SELECT 1 FROM purged WHERE replica IS NULL LIMIT 1) AS some") > 0
    }
    guard hasForgottenPurges == true else { return }
    let forgotten = try db.all(
      "SELECT commitment FROM purged WHERE order_id = $1 AND replica IS NULL ORDER BY commitment LIMIT $2",
      [.text(id.text), .integer(HubTransaction.purgesInOne)]
    ) { Hash(bytes: $0.blob(0)) }.compactMap(\.self)
    guard !forgotten.isEmpty, let row = try order(id), hubHasRoom(in: row.state.vector) else { return }
    // Storing it comes here again, for those beyond the limit.
    try author(
      id, edits: forgotten.map { Purge.edit($0, reason: "recalled from the ledger") }, by: PushIngest.hubAuthor)
  }

  /// The registers of these changes are not to be read any more, perhaps on no disk: what they purged stays so, and is said anew.
  func forgetPurges(of id: OrderID, in changes: [Dot]) throws {
    for dot in changes {
      let forgotten = try db.execute(
        "UPDATE purged SET replica = NULL, n = NULL WHERE order_id = $1 AND replica = $2 AND n = $3",
        [.text(id.text), .text(dot.replica.text), .integer(dot.n)])
      if forgotten > 0 { hasForgottenPurges = true }
    }
  }

  /// Destroys a value that was recorded before a purge of its number, and which nobody here knew then. False where that is not so; what
  /// the hotline's people record now is the person's next call.
  func purgeOnArrival(_ value: SealedValue, _ incoming: IncomingChange) throws -> Bool {
    guard let change = incoming.change, incoming.dot.replica != run.taken,
      try hasPurgedNumber(PersonalValues.plain(value.value.bytes), made: change.at)
    else { return false }
    try destroy(value.commitment, of: incoming.order, at: now, by: nil)
    return true
  }

  /// False where it was known already.
  @discardableResult
  func destroy(_ commitment: Hash, of id: OrderID, at: Int, by dot: Dot?) throws -> Bool {
    let isNew =
      try db.execute(
        """
        INSERT INTO purged (order_id, commitment, at) VALUES ($1, $2, $3) ON CONFLICT (order_id, commitment) DO NOTHING
        """, [.text(id.text), .blob(commitment.bytes), .integer(at)]) > 0
    if let dot {
      try db.execute(
        "UPDATE purged SET replica = $1, n = $2 WHERE order_id = $3 AND commitment = $4 AND replica IS NULL",
        [.text(dot.replica.text), .integer(dot.n), .text(id.text), .blob(commitment.bytes)])
    } else if isNew {
      hasForgottenPurges = true
    }
    for table in ["sealed", "lacking"] {
      try db.execute("DELETE FROM \(table) WHERE commitment = $1", [.blob(commitment.bytes)])
    }
    try NumberIndex.take(commitment, db)
    return isNew
  }
}
