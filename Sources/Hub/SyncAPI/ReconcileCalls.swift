// What reconcile does at the hub, without HTTP: it answers what it holds of the caller's orders, gives what the caller lacks and takes
// what the hub itself lacks. It keeps nothing between two calls; the caller leads.

import Core

extension SyncCalls {
  /// Orders that one answer names, and changes; beyond them the caller asks again.
  private static let maxOrders = 4_000
  private static let maxChanges = 50_000

  func reconcile(
    _ request: ReconcileRequest, _ entries: [Entry], from caller: Contacts.Name
  ) throws -> (reply: ReconcileReply, entries: [Entry]) {
    let platform = caller.platform
    for known in [request.since, request.told].compactMap(\.self) {
      guard try database.read({ try Feed.holds(known, of: platform, $0) }) else {
        throw Problem(.reconcileFirst, "the hub does not know what the comparison is built on; start again")
      }
    }
    guard entries.isEmpty || request.ask.carriesEntries else {
      throw Problem(.badBody, "entries go with an exchange only")
    }
    switch request.ask {
    case .exchange(let wants): return try exchange(entries, wants: wants, from: caller)
    case .done(let report): try note(report, from: caller)
    case .tops: try noteBegun(request.command, from: caller)
    case .leaves, .orders, .held: break
    }
    let reply = try database.read { db in
      ReconcileReply(
        head: try Feed.head(of: platform, db), time: environment.wall(),
        answer: try answer(to: request.ask, for: platform, db),
        lacks: request.ask.beginsOrEnds ? try lacking(platform, db) : [])
    }
    return (reply, [])
  }

  /// Values that the hub lacks of the caller's orders.
  private func lacking(_ platform: PlatformName, _ db: any DatabaseConnection) throws -> [Hash] {
    try db.all(
      """
      SELECT l.commitment FROM lacking l JOIN concern c ON c.order_id = l.order_id AND c.platform = $1
      ORDER BY l.order_id, l.commitment LIMIT $2
      """, [.text(platform.text), .integer(Limits.maxLacks)]
    ) { Hash(bytes: $0.blob(0)) }.compactMap(\.self)
  }

  private func answer(
    to ask: ReconcileAsk, for platform: PlatformName, _ db: any DatabaseConnection
  ) throws -> ReconcileReply.Answer {
    switch ask {
    case .tops: return .tops(try HubDigests.tops(of: platform, db))
    case .leaves(let tops):
      var leaves: [Int: [UInt64]] = [:]
      for top in tops { leaves[top] = try HubDigests.leaves(ofTop: top, of: platform, db) }
      return .leaves(leaves)
    case .orders(let leaves):
      var orders: [(order: OrderID, digest: UInt64)] = []
      var answered = 0
      for leaf in leaves where orders.count < SyncCalls.maxOrders {
        orders += try HubDigests.orders(inLeaf: leaf, of: platform, db)
        answered += 1
      }
      return .orders(orders, answered: answered)
    case .held(let orders):
      var held: [OrderID: [HeldChange]] = [:]
      var count = 0
      var answered = 0
      for order in orders where count < SyncCalls.maxChanges {
        let changes = try heldChanges(of: order, by: platform, db)
        if !changes.isEmpty { held[order] = changes }
        count += changes.count
        answered += 1
      }
      return .held(held, answered: answered)
    case .exchange, .done: return .done
    }
  }

  /// What is held of an order, what waits included; of one that is not the caller's, nothing.
  private func heldChanges(
    of order: OrderID, by platform: PlatformName, _ db: any DatabaseConnection
  ) throws -> [HeldChange] {
    let isConcerned = try db.count(
      "SELECT COUNT(*) FROM concern WHERE order_id = $1 AND platform = $2", [.text(order.text), .text(platform.text)])
    guard isConcerned > 0 else { return [] }
    return try db.all(
      """
      SELECT replica, n, hash, verdict, LENGTH(line) FROM change WHERE order_id = $1
      UNION ALL SELECT replica, n, hash, verdict, LENGTH(line) FROM waiting WHERE order_id = $1
      """, [.text(order.text)]
    ) { row in
      guard let hash = Hash(bytes: row.blob(2)) else { throw StoreError.corrupt("a change of \(order) has no hash") }
      return HeldChange(
        dot: Dot(try ReplicaID(row.text(0)), row.int(1)), hash: hash, verdict: Verdict(rawValue: row.text(3)),
        hasLine: row.int(4) > 0)
    }
  }

  private func exchange(
    _ entries: [Entry], wants: [Dot], from caller: Contacts.Name
  ) throws -> (reply: ReconcileReply, entries: [Entry]) {
    var refused: [(dot: Dot, reason: String)] = []
    if !entries.isEmpty {
      refused = try writer.perform { transaction in
        // Rows are locked in one order everywhere.
        for order in Set(entries.map(\.head.order)).sorted() { _ = try transaction.order(order) }
        var refused: [(dot: Dot, reason: String)] = []
        for entry in entries {
          if case .refused(let reason) = try transaction.heal(entry) { refused.append((entry.head.dot, reason)) }
        }
        return refused
      }
    }
    let (head, given) = try database.read { db in
      (
        try Feed.head(of: caller.platform, db),
        try Feed.entries(of: wants, for: caller.platform, db)
      )
    }
    return (ReconcileReply(head: head, time: environment.wall(), answer: .exchanged(refused: refused)), given)
  }

  // MARK: Reports

  private func noteBegun(_ command: String?, from caller: Contacts.Name) throws {
    guard let command else { return }
    try writer.perform { transaction in try Resyncs.begun(command, by: caller, transaction) }
  }

  private func note(_ report: ReconcileReport, from caller: Contacts.Name) throws {
    try writer.perform { transaction in try Resyncs.ended(report, by: caller, transaction) }
  }
}

extension ReconcileAsk {
  fileprivate var carriesEntries: Bool { if case .exchange = self { true } else { false } }
  fileprivate var beginsOrEnds: Bool {
    switch self {
    case .tops, .done: true
    case .leaves, .orders, .held, .exchange: false
    }
  }
}
