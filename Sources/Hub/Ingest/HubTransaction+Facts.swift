// What admission asks of the store, inside the transaction that will store the change; and the quarantine under its author.

import Core

extension HubTransaction: AdmissionFacts {
  func heldHash(_ dot: Dot) throws -> Hash? {
    dot.n > (try replica(dot.replica).highest) ? nil : try heldHashInDatabase(dot)
  }

  func heldHashInDatabase(_ dot: Dot) throws -> Hash? {
    let key: [SQLValue] = [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)]
    let held =
      try db.first("SELECT hash FROM change WHERE platform = $1 AND replica = $2 AND n = $3", key) { $0.blob(0) }
      ?? db.first("SELECT hash FROM quarantine WHERE platform = $1 AND replica = $2 AND n = $3", key) { $0.blob(0) }
      ?? db.first("SELECT hash FROM waiting WHERE platform = $1 AND replica = $2 AND n = $3", key) { $0.blob(0) }
    return held.flatMap { Hash(bytes: $0) }
  }

  func appliedOrder(_ dot: Dot) throws -> OrderID? {
    let text = try db.first(
      "SELECT order_id FROM change WHERE platform = $1 AND replica = $2 AND n = $3",
      [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)]
    ) { $0.text(0) }
    return try text.map { try OrderID($0) }
  }

  func highWater(_ replica: ReplicaID) throws -> (n: Int, chain: Hash) {
    let row = try self.replica(replica)
    return (row.n, row.chain)
  }

  func previous(_ replica: ReplicaID, on order: OrderID) throws -> Int {
    try self.order(order)?.state.vector[replica] ?? 0
  }

  func state(_ order: OrderID) throws -> OrderState? { try self.order(order)?.state }

  func state(_ order: OrderID, asSeenBy context: VersionVector) throws -> OrderState? {
    try HubLog.fold(order, db, where: context.covers).state
  }

  func isConcerned(_ platform: PlatformName, with order: OrderID) throws -> Bool {
    try self.order(order)?.concerned.contains(platform) ?? false
  }

  func entryCount(_ order: OrderID) throws -> Int { try self.order(order)?.entries ?? 0 }

  /// Keeps a change that is not of its platform's orders, under its author. Its n counts, so what follows flows.
  func quarantine(_ entry: Entry, chain: Hash, reason: String) throws {
    let dot = entry.head.dot
    try db.execute(
      """
      INSERT INTO quarantine (platform, replica, n, order_id, hash, at, reason, line)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
      """,
      [
        .text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n), .text(entry.head.order.text),
        .blob(entry.head.hash.bytes), .integer(now), .text(reason), .blob(entry.line ?? []),
      ])
    try noteHeld(dot, chain: chain)
  }
}
