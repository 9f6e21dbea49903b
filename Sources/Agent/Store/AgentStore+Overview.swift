// Reading what is not one order: counts for the status, the log, conflicts, quarantine. What the doctor asks is in Doctor/.

import Core
import GRDB

/// The figures of a status.
struct StoreFigures: Sendable {
  var health: Health
  var cursor: FeedCursor
  var told: FeedCursor
  var orders: Int
  var open: Int
  /// Orders with a conflict or contradiction.
  var conflicts: Int
  /// Changes that the hub took as void.
  var voided: Int
  /// The present run, else the last one.
  var replica: ReplicaID?
  /// Entries of the feed that the hub named and this agent has not read.
  var lag: Int { max(0, told.position - cursor.position) }
}

extension AgentStore {
  func figures(now: Int) throws -> StoreFigures {
    let present = present
    return try database.read { database in
      let (cursor, told, _) = try AgentStore.cursor(database)
      let last = try database.first("SELECT id FROM replica ORDER BY run DESC LIMIT 1") { try ReplicaID($0.text(0)) }
      let open = try database.number("SELECT COUNT(*) FROM orders WHERE open = 1")
      let closed = try database.number("SELECT COUNT(*) FROM orders WHERE open = 0")
      let conflicting = "SELECT COUNT(*) FROM orders WHERE conflicts > 0 OR contradictions > 0"
      return StoreFigures(
        health: try AgentStore.health(database, now: now), cursor: cursor, told: told, orders: open + closed,
        open: open,
        conflicts: try database.number(conflicting),
        // Partial index change_put_aside.
        voided: try database.number(
          "SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'void'"), replica: present ?? last)
    }
  }

  /// True when nothing is unsent and everything that the hub named has been read.
  func isSettled() throws -> Bool {
    try database.read { database in
      let (cursor, told, _) = try AgentStore.cursor(database)
      return try !AgentStore.isReconcileDue(database) && cursor.position >= told.position
        && database.number("SELECT EXISTS (SELECT 1 FROM replica WHERE n > acked_through)") == 0
    }
  }

  /// A page of the log by sequence: `{"changes":[{"seq","order","dot","hash","verdict"?,"applied","line"?}],"next"?}`.
  func changes(after: Int, limit: Int) throws -> JSON {
    let limit = min(max(limit, 1), Limits.maxPage)
    return try database.read { database in
      let rows = try database.rows(
        """
        SELECT seq, order_id, replica, n, hash, verdict, applied, line FROM change WHERE seq > ? ORDER BY seq LIMIT ?
        """, [.int(after), .int(limit + 1)]
      ) { row in
        (
          row.int(0),
          JSON.compact([
            ("seq", .int(row.int(0))), ("order", .string(row.text(1))),
            ("dot", .string("\(row.text(2)):\(row.int(3))")),
            ("hash", Hash(bytes: row.blob(4))?.json), ("verdict", row.optionalText(5).map(JSON.string)),
            ("applied", .bool(row.bool(6))),
            ("line", row.optionalBlob(7).map { .string(String(decoding: $0, as: UTF8.self)) }),
          ])
        )
      }
      return .compact([
        ("changes", .array(rows.prefix(limit).map(\.1))), ("next", rows.count > limit ? .int(rows[limit - 1].0) : nil),
      ])
    }
  }

  /// `{"conflicts":[…],"contradictions":[…]}`, by order id.
  func conflicts() throws -> JSON {
    try database.read { database in
      var conflicts: [JSON] = []
      var contradictions: [JSON] = []
      try database.each(
        "SELECT order_id, state FROM orders WHERE conflicts > 0 OR contradictions > 0 ORDER BY order_id"
      ) { row in
        let view = OrderView(try OrderLog.state(OrderID(row.text(0)), stored: row.blob(1), database))
        conflicts += OrderDocument.conflicts(view)
        contradictions += OrderDocument.contradictions(view)
        return true
      }
      return ["conflicts": .array(conflicts), "contradictions": .array(contradictions)]
    }
  }

  /// `{"quarantine":[{"id","at","dot"?,"order"?,"reason","bytes"}]}`, oldest first.
  func quarantine() throws -> JSON {
    try database.read { database in
      let rows = try database.rows(
        "SELECT id, at, replica, n, order_id, reason, LENGTH(line) FROM quarantine ORDER BY id"
      ) { row in
        JSON.compact([
          ("id", .int(row.int(0))), ("at", .int(row.int(1))),
          ("dot", row.optionalText(2).map { .string("\($0):\(row.int(3))") }),
          ("order", row.optionalText(4).map(JSON.string)), ("reason", .string(row.text(5))),
          ("bytes", .int(row.int(6))),
        ])
      }
      return ["quarantine": .array(rows)]
    }
  }
}
