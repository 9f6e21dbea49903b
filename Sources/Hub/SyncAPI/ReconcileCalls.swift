// What reconcile does at the hub, without HTTP: it answers what it holds of the caller's orders, gives what the caller lacks and takes
// what the hub itself lacks. It keeps nothing between two calls; the caller leads.

import Core

/// An entry that was not taken, and why.
typealias Refused = (dot: Dot, reason: String)

extension SyncCalls {
  /// Orders that one answer names, and changes; beyond them the caller asks again.
  private static let maxOrders = 4_000
  private static let maxChanges = 50_000

  /// What a call writes, to be run in the writer's next group; nil where it only reads. Gives what is not taken, and why.
  func reconcileWork(
    _ request: ReconcileRequest, _ entries: [Entry], from caller: Contacts.Name
  ) throws -> (@Sendable (HubTransaction) throws -> [Refused])? {
    for known in [request.since, request.told].compactMap(\.self) {
      guard try database.read({ try Feed.holds(known, of: caller.platform, $0) }) else {
        throw Problem(.reconcileFirst, "the hub does not know what the comparison is built on; start again")
      }
    }
    switch request.ask {
    case .exchange where !entries.isEmpty:
      contacts.comparing(caller, sent: entries.count, now: environment.wall())
      return { try SyncCalls.take(entries, $0) }
    case .exchange: return nil
    case _ where !entries.isEmpty: throw Problem(.badBody, "entries go with an exchange only")
    case .done(let report):
      return { transaction in
        try Resyncs.ended(report, by: caller, transaction)
        return []
      }
    case .tops:
      guard let command = request.command else { return nil }
      return { transaction in
        try Resyncs.begun(command, by: caller, transaction)
        return []
      }
    case .leaves, .orders, .held: return nil
    }
  }

  /// The answer, after what the call wrote.
  func reconcile(
    _ request: ReconcileRequest, refused: [Refused], from caller: Contacts.Name
  ) throws -> (reply: ReconcileReply, entries: [Entry]) {
    let platform = caller.platform
    let (reply, entries) = try database.read { db -> (ReconcileReply, [Entry]) in
      let reply = ReconcileReply(
        head: try Feed.head(of: platform, db), time: environment.wall(),
        answer: try answer(to: request.ask, refused: refused, for: platform, db),
        lacks: request.ask.beginsOrEnds ? try lacking(platform, db) : [])
      guard case .exchange(let wants) = request.ask else { return (reply, []) }
      return (reply, try Feed.entries(of: wants, for: platform, db))
    }
    count(reply.answer, given: entries.count, to: caller)
    return (reply, entries)
  }

  /// Keeps how far the caller's comparison is, for the people here.
  private func count(_ answer: ReconcileReply.Answer, given: Int, to caller: Contacts.Name) {
    let now = environment.wall()
    switch answer {
    case .tops:
      contacts.beganComparing(caller)
      contacts.comparing(caller, now: now)
    case .leaves(let leaves): contacts.comparing(caller, buckets: leaves.count, now: now)
    case .orders(_, let answered): contacts.comparing(caller, buckets: answered, now: now)
    case .held(_, let answered): contacts.comparing(caller, orders: answered, now: now)
    case .exchanged: contacts.comparing(caller, received: given, now: now)
    case .done: contacts.endedComparing(caller)
    }
  }

  private static func take(_ entries: [Entry], _ transaction: HubTransaction) throws -> [Refused] {
    // Rows are locked in one order everywhere.
    for order in Set(entries.map(\.head.order)).sorted() { _ = try transaction.order(order) }
    var refused: [Refused] = []
    // The hotline's own first: among them are the voids and times of the others.
    let ordered = entries.filter(\.head.dot.replica.isHub) + entries.filter { !$0.head.dot.replica.isHub }
    for entry in ordered {
      if case .refused(let reason) = try transaction.heal(entry) { refused.append((entry.head.dot, reason)) }
    }
    return refused
  }

  /// Values that the hub lacks of the caller's orders.
  func lacking(_ platform: PlatformName, _ db: any DatabaseConnection) throws -> [Hash] {
    try db.all(
      """
      SELECT l.commitment FROM lacking l JOIN concern c ON c.order_id = l.order_id AND c.platform = $1
      ORDER BY l.order_id, l.commitment LIMIT $2
      """, [.text(platform.text), .integer(Limits.maxLacks)]
    ) { Hash(bytes: $0.blob(0)) }.compactMap(\.self)
  }

  private func answer(
    to ask: ReconcileAsk, refused: [Refused], for platform: PlatformName, _ db: any DatabaseConnection
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
    case .exchange: return .exchanged(refused: refused)
    case .done: return .done
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
}

extension ReconcileAsk {
  fileprivate var beginsOrEnds: Bool {
    switch self {
    case .tops, .done: true
    case .leaves, .orders, .held, .exchange: false
    }
  }
}
