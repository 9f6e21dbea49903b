// Reading orders: lists, documents, canonical states. Sealed values that this platform holds are revealed: it is the platform's own
// database.

import Core
import GRDB

/// Which orders a list holds.
struct OrderFilter: Sendable {
  var status: OrderStatus?
  var open: Bool?
  /// Part of the title, the number or the id.
  var text: String?
  /// At most so many, within 1 ... `Limits.maxPage`.
  var limit = 100
  /// The last order of the page before.
  var after: OrderID?
}

extension AgentStore {
  /// A page of summaries by order id: `{"orders":[…],"next"?}`.
  func list(_ filter: OrderFilter, now: Int) throws -> JSON {
    let limit = min(max(filter.limit, 1), Limits.maxPage)
    let pattern = filter.text.map { "%" + AgentStore.escapedForLike($0) + "%" }
    return try database.read { database in
      var summaries: [JSON] = []
      var last: OrderID?
      var hasMore = false
      // A stored status may be a suspension that has run out, so those are read and judged by the clock. By the primary key.
      try database.each(
        """
        SELECT order_id, state, updated FROM orders
        WHERE order_id > ?1 AND status <> '' AND (?2 IS NULL OR status = ?2 OR status = 'suspended')
          AND (?3 IS NULL OR open = ?3)
          AND (?4 IS NULL OR title LIKE ?4 ESCAPE '\\' OR number LIKE ?4 ESCAPE '\\' OR order_id LIKE ?4 ESCAPE '\\')
        ORDER BY order_id
        """,
        [
          .text(filter.after?.text ?? ""), .optional(filter.status?.rawValue), filter.open.map(SQLValue.bool) ?? .null,
          .optional(pattern),
        ]
      ) { row in
        let id = try OrderID(row.text(0))
        let view = OrderView(try OrderLog.state(id, stored: row.blob(1), database))
        if let wanted = filter.status, view.status(now: now) != wanted { return true }
        if summaries.count == limit {
          hasMore = true
          return false
        }
        summaries.append(
          OrderDocument.summary(
            view, viewer: platform, now: now, updated: row.int(2), unconfirmed: try AgentStore.unconfirmed(id, database)
          ))
        last = id
        return true
      }
      return .compact([
        ("orders", .array(summaries)), ("next", hasMore ? last.map { .string($0.text) } : nil),
      ])
    }
  }

  /// What is held of an order's sealed values, by commitment.
  static func personalValues(of order: OrderID, _ database: Database) throws -> [Hash: JSON] {
    var plain: [Hash: JSON] = [:]
    try database.each("SELECT commitment, value FROM sealed WHERE order_id = ?", [.text(order.text)]) { row in
      if let commitment = Hash(bytes: row.blob(0)) { plain[commitment] = try JSON(parsing: row.blob(1)) }
      return true
    }
    return plain
  }

  /// The whole order by its id or the hotline's number, or nil.
  func document(_ name: String, now: Int) throws -> JSON? {
    try database.read { database in
      guard let id = try AgentStore.resolve(name, database), let state = try AgentStore.state(id, database) else {
        return nil
      }
      let plain = try AgentStore.personalValues(of: id, database)
      let history = try database.rows(
        "SELECT replica, n, hash, line, verdict, received, applied FROM change WHERE order_id = ? ORDER BY seq",
        [.text(id.text)]
      ) { row -> HistoryItem in
        let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
        let verdict = row.optionalText(4).flatMap(Verdict.init)
        return HistoryItem(
          dot: dot, hash: Hash(bytes: row.blob(2)) ?? .zero,
          change: verdict == .unreadable
            ? nil : row.optionalBlob(3).flatMap { OrderLog.readable($0, of: Hash(bytes: row.blob(2)), dot, id) },
          verdict: verdict, received: row.optionalInt(5), isApplied: row.bool(6))
      }
      return OrderDocument.whole(OrderView(state), viewer: platform, now: now, history: history) { plain[$0] }
    }
  }

  /// The id that is meant by an id or the hotline's number, nil where nothing of it is here.
  func resolve(_ name: String) throws -> OrderID? {
    try database.read { try AgentStore.resolve(name, $0) }
  }

  /// The canonical form of the order's state, or nil where there is no such order.
  func canonical(_ name: String) throws -> [UInt8]? {
    try database.read { database in
      guard let id = try AgentStore.resolve(name, database), let state = try AgentStore.state(id, database) else {
        return nil
      }
      return state.canonical(entries: try AgentStore.entries(state, database))
    }
  }

  /// Canonical hashes by order id: `{"states":[{"order","hash"}…],"next"?}`.
  func states(after: OrderID?, limit: Int) throws -> JSON {
    let limit = min(max(limit, 1), Limits.maxPage)
    return try database.read { database in
      let rows = try database.rows(
        "SELECT order_id, state FROM orders WHERE order_id > ? AND status <> '' ORDER BY order_id LIMIT ?",
        [.text(after?.text ?? ""), .int(limit + 1)]
      ) { row in
        let id = try OrderID(row.text(0))
        return try OrderLog.state(id, stored: row.blob(1), database)
      }
      let states = try rows.prefix(limit).map { state -> JSON in
        let hash = state.canonicalHash(entries: try AgentStore.entries(state, database))
        return ["order": .string(state.id.text), "hash": hash.json]
      }
      return .compact([
        ("states", .array(states)), ("next", rows.count > limit ? .string(rows[limit - 1].id.text) : nil),
      ])
    }
  }

  // MARK: Parts

  static func state(_ id: OrderID, _ database: Database) throws -> OrderState? {
    try database.first("SELECT state FROM orders WHERE order_id = ? AND status <> ''", [.text(id.text)]) { row in
      try OrderLog.state(id, stored: row.blob(0), database)
    }
  }

  /// The entries of all changes that count in `state` and are not void.
  private static func entries(_ state: OrderState, _ database: Database) throws -> [OrderEntry] {
    var entries: [OrderEntry] = []
    try database.each(
      """
      SELECT replica, n, line, hash FROM change
      WHERE order_id = ? AND applied = 1 AND line IS NOT NULL AND verdict IS NOT 'unreadable'
      """, [.text(state.id.text)]
    ) { row in
      let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
      guard let change = OrderLog.readable(row.blob(2), of: Hash(bytes: row.blob(3)), dot, state.id) else {
        return true
      }
      if state.counts(change) { entries += change.entries }
      return true
    }
    return entries
  }

  private static func resolve(_ name: String, _ database: Database) throws -> OrderID? {
    try database.first(
      """
      SELECT order_id FROM orders WHERE order_id = ?1 AND status <> ''
      UNION ALL SELECT order_id FROM orders WHERE number = ?1 AND status <> '' LIMIT 1
      """, [.text(name)]
    ) { try OrderID($0.text(0)) }
  }

  private static func unconfirmed(_ id: OrderID, _ database: Database) throws -> Int {
    try database.number(
      """
      SELECT COUNT(*) FROM change JOIN replica ON replica.id = change.replica
      WHERE change.order_id = ? AND change.n > replica.acked_through AND change.n <= replica.n
      """, [.text(id.text)])
  }

  private static func escapedForLike(_ text: String) -> String {
    String(text.prefix(256).flatMap { "\\%_".contains($0) ? ["\\", $0] : [$0] })
  }
}
