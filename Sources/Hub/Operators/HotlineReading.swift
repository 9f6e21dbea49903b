// The hotline's lists and documents: orders, conflicts, requests, quarantine. The sync status and the doctor are in HotlineStatus.swift.

import Core

extension Hotline {
  // MARK: Orders

  /// The order by id or by the hotline's number.
  func resolve(_ idOrNumber: String) throws -> OrderID {
    try database.read { db in try Hotline.resolve(idOrNumber, db) }
  }

  static func resolve(_ idOrNumber: String, _ db: any DatabaseConnection) throws -> OrderID {
    let found =
      try db.first("SELECT order_id FROM orders WHERE order_id = $1", [.text(idOrNumber)]) { $0.text(0) }
      ?? db.first("SELECT order_id FROM orders WHERE number = $1 ORDER BY order_id", [.text(idOrNumber)]) { $0.text(0) }
    guard let found else {
      throw Problem(.notFound, "there is no order '\(idOrNumber.prefix(80))'; give its number or its full id")
    }
    return try OrderID(found)
  }

  /// A page of the orders that pass the filter, newest first: `{"orders":[…],"next"?,"incomplete"?}`. An order that can stand on a map has
  /// its `position`. `next` is what `after` takes; a page may be short and still name one. `incomplete` is true while the index of words is
  /// being made anew, so that a search misses some.
  func list(_ filter: OrderFilter, limit: Int, after: String?) throws -> JSON {
    let after = try after.map { text throws(Problem) in
      guard let mark = OrderMark(text) else {
        throw Problem(.badCommand, "'after' takes what 'next' of the page before named")
      }
      return mark
    }
    let now = environment.wall()
    return try database.read { db in
      let page = try OrderList.page(filter, after: after, limit: min(max(limit, 1), Limits.maxPage), now: now, db)
      let rows = try page.rows.compactMap { row in
        try state(row.id, db).map { state in
          let summary = OrderDocument.summary(
            OrderView(state), viewer: .hub, now: now, updated: row.updated, unconfirmed: 0)
          let position = OrderPosition(state.value("location")).map { JSON.Member("position", $0.json) }
          return JSON.object((summary.asObject ?? []) + [position].compactMap(\.self))
        }
      }
      let isIncomplete = try filter.text != nil && !OrderIndex.progress(db).isWhole
      return .compact([
        ("orders", .array(rows)), ("next", page.next.map { .string($0.text) }),
        ("incomplete", isIncomplete ? .bool(true) : nil),
      ])
    }
  }

  /// How many orders of each status pass the filter: `{"counts":{"received":…},"whole"}`; `whole` is false where there are more.
  func counts(_ filter: OrderFilter) throws -> JSON {
    let counts = try database.read { db in try OrderList.counts(filter, now: environment.wall(), db) }
    let words = OrderStatus.allCases.compactMap { status in
      counts.byStatus[status].map { JSON.Member(status.rawValue, .int($0)) }
    }
    return ["counts": .object(words), "whole": .bool(counts.isWhole)]
  }

  func document(_ order: OrderID, masking: Bool = false) throws -> JSON {
    let now = environment.wall()
    return try database.read { db in
      guard let state = try state(order, db) else { throw Problem(.notFound, "there is no order '\(order)'") }
      let values = try HubLog.personalValues(of: order, db)
      return OrderDocument.whole(
        OrderView(state), viewer: .hub, now: now, history: try HubLog.history(order, db),
        reveal: { masking ? values[$0].map(Masking.masked) : values[$0] })
    }
  }

  /// The canonical form, as the agents have it.
  func canonical(_ order: OrderID) throws -> [UInt8] {
    try database.read { db in
      guard let state = try state(order, db) else { throw Problem(.notFound, "there is no order '\(order)'") }
      return state.canonical(entries: try entries(of: order, state, db))
    }
  }

  func states(platform: String?, after: String?, limit: Int) throws -> JSON {
    let limit = min(max(limit, 1), Limits.maxPage)
    return try database.read { db in
      let ids = try db.all(
        """
        SELECT o.order_id, o.state FROM orders o WHERE o.order_id > $1
          AND ($2 = '' OR EXISTS (SELECT 1 FROM concern c WHERE c.order_id = o.order_id AND c.platform = $2))
        ORDER BY o.order_id LIMIT $3
        """, [.text(after ?? ""), .text(platform ?? ""), .integer(limit + 1)]
      ) { row in (id: try OrderID(row.text(0)), state: row.blob(1)) }
      let rows = try ids.prefix(limit).map { row -> JSON in
        let state = try HubLog.state(row.id, stored: row.state, db)
        let hash = state.canonicalHash(entries: try entries(of: row.id, state, db))
        return ["order": .string(row.id.text), "hash": hash.json]
      }
      return .compact([
        ("states", .array(rows)), ("next", ids.count > limit ? .string(ids[limit - 1].id.text) : nil),
      ])
    }
  }

  /// The log, by replica and n; `after` is the last dot of the page before.
  func changes(after: String?, limit: Int) throws -> JSON {
    let limit = min(max(limit, 1), Limits.maxPage)
    let from = try after.map { text throws -> Dot in
      do throws(NameError) { return try Dot(text) } catch { throw Problem(.badCommand, error.description) }
    }
    return try database.read { db in
      let rows = try db.all(
        """
        SELECT replica, n, order_id, hash, verdict, line FROM change
        WHERE (platform, replica, n) > ($1, $2, $3) ORDER BY platform, replica, n LIMIT $4
        """,
        [
          .text(from?.replica.platform.text ?? ""), .text(from?.replica.text ?? ""), .integer(from?.n ?? 0),
          .integer(limit + 1),
        ]
      ) { row in
        (
          dot: "\(row.text(0)):\(row.int(1))",
          json: JSON.compact([
            ("dot", .string("\(row.text(0)):\(row.int(1))")), ("order", .string(row.text(2))),
            ("hash", Hash(bytes: row.blob(3))?.json), ("verdict", .string(row.text(4))), ("applied", true),
            ("line", .string(String(decoding: row.blob(5), as: UTF8.self))),
          ])
        )
      }
      return .compact([
        ("changes", .array(rows.prefix(limit).map(\.json))),
        ("next", rows.count > limit ? .string(rows[limit - 1].dot) : nil),
      ])
    }
  }

  private func state(_ order: OrderID, _ db: any DatabaseConnection) throws -> OrderState? {
    let stored = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
    return try stored.map { try HubLog.state(order, stored: $0, db) }
  }

  private func entries(of order: OrderID, _ state: OrderState, _ db: any DatabaseConnection) throws -> [OrderEntry] {
    OrderDocument.entries(of: try HubLog.history(order, db), in: state)
  }

  // MARK: What waits for a person

  /// `{"requests":[…],"limits":{"extensions","dispatches"},"incomplete"?}`, the oldest first; `incomplete` is true where there are more.
  func requests() throws -> JSON {
    let (requests, next) = try WaitingRequest.read(self, maxOrders: 10_000)
    return .compact([
      ("requests", .array(requests.map(\.json))),
      (
        "limits",
        [
          "extensions": .int(inForce.policy.maxExtensions), "dispatches": .int(OrderView.dispatchesBeforeDesignation),
        ]
      ),
      ("incomplete", next == nil ? nil : .bool(true)),
    ])
  }

  func conflicts() throws -> JSON {
    let views = try views(where: "(conflicts > 0 OR contradictions > 0)")
    // The same matter in another system on two orders is a disagreement between orders, found in the references.
    let doubled = try database.read { db in
      try db.all(
        """
        SELECT order_id, other, system, number FROM doubled ORDER BY order_id, other LIMIT 1000
        """, []
      ) { row -> JSON in
        [
          "order": .string(row.text(0)), "kind": "sameReference", "left": .string("ref/\(row.text(2))"),
          "right": .string(row.text(1)), "shown": "both", "because": "a merge is proposed", "flagged": true,
        ]
      }
    }
    return [
      "conflicts": .array(try database.read { db in try views.flatMap { try ConflictsReading.documents($0, db) } }),
      "contradictions": .array(views.flatMap(OrderDocument.contradictions) + doubled),
    ]
  }

  private func views(where condition: String) throws -> [OrderView] {
    try database.read { db in
      let rows = try db.all(
        "SELECT order_id, state FROM orders WHERE \(condition) ORDER BY order_id LIMIT 10000", []
      ) { (id: try OrderID($0.text(0)), state: $0.blob(1)) }
      return try rows.map { OrderView(try HubLog.state($0.id, stored: $0.state, db)) }
    }
  }

  ///
  /// - Parameter after: the id that the page before named as its next.
  func quarantine(after: String? = nil, limit: Int = Limits.maxPage) throws -> JSON {
    let from = try after.map { text in
      guard let dot = try? Dot(text) else {
        throw Problem(.badCommand, "'after' is what the page before named as 'next'")
      }
      return dot
    }
    let rows = try quarantineRows(
      "(platform, replica, n) > ($1, $2, $3)",
      [.text(from?.replica.platform.text ?? ""), .text(from?.replica.text ?? ""), .integer(from?.n ?? 0)],
      limit: limit + 1)
    let page = rows.prefix(limit)
    return .compact([
      (
        "quarantine",
        .array(page.map { row in .object((row.asObject ?? []).filter { $0.key != "line" }) })
      ), ("next", rows.count > limit ? page.last.map { .string($0.text("id")) } : nil),
    ])
  }

  /// One change without effect by its dot, with its bytes as text: quarantined, unreadable, or void, which has `void`, false where it counts
  /// again.
  func quarantined(_ dot: String) throws -> JSON {
    if let void = try VoidChange.line(of: dot, self) { return void }
    guard let wanted = try? Dot(dot) else { throw Problem(.badCommand, "'\(dot.prefix(80))' is not a dot") }
    let values: [SQLValue] = [
      .text(wanted.replica.platform.text), .text(wanted.replica.text), .integer(wanted.n),
    ]
    guard let row = try quarantineRows("platform = $1 AND replica = $2 AND n = $3", values, limit: 1).first else {
      throw Problem(.notFound, "nothing is quarantined under '\(dot.prefix(80))'")
    }
    return row
  }

  /// By the keys of both tables; those of the log that cannot be read by change_put_aside.
  private func quarantineRows(_ condition: String, _ values: [SQLValue], limit: Int) throws -> [JSON] {
    try database.read { db in
      try db.all(
        """
        SELECT platform, replica, n, order_id, at, reason, line FROM quarantine WHERE \(condition)
        UNION ALL SELECT platform, replica, n, order_id, received, 'unreadable', line FROM change
        WHERE verdict <> 'accepted' AND verdict = 'unreadable' AND \(condition)
        ORDER BY 1, 2, 3 LIMIT $4
        """, values + [.integer(limit)]
      ) { row in
        [
          "id": .string("\(row.text(1)):\(row.int(2))"), "platform": .string(row.text(0)),
          "replica": .string(row.text(1)),
          "dot": .string("\(row.text(1)):\(row.int(2))"), "order": .string(row.text(3)), "at": .int(row.int(4)),
          "reason": .string(row.text(5)), "bytes": .int(row.blob(6).count),
          "line": .string(String(decoding: row.blob(6), as: UTF8.self)),
        ]
      }
    }
  }
}
