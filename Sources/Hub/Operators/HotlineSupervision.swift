// The lists that supervision works through: open deadlines by when they end, with the rung of the ladder that each is on; orders that wait
// for a call-back; and the policy in force.

import Core

/// Which deadlines or call-backs are wanted.
struct SupervisionFilter: Sendable, Equatable {
  var platform: String?
  var sector: String?
  var district: String?

  /// For each of the three whether any will do, and which.
  var values: [SQLValue] { [platform, sector, district].flatMap { [.flag($0 == nil), .text($0 ?? "")] } }
}

/// How far a deadline that is listed has come: ``overdue`` has all that are past, ``urged`` and ``supervised`` those of them that are on
/// that rung.
enum DeadlineState: String, Sendable, CaseIterable {
  case soon, overdue, urged, supervised, paused, all

  /// What it asks for is one stretch of deadline_by_rung, which has it by time.
  fileprivate var isOnOneRung: Bool { [.urged, .supervised, .paused].contains(self) }
}

extension Hotline {
  // MARK: Deadlines

  /// Open deadlines, those that end first before the others: `{"now","counts","deadlines":[…],"next"?}`.
  func deadlines(
    _ filter: SupervisionFilter, state: DeadlineState, stage: String?, limit: Int, after: String?
  ) throws -> JSON {
    if let stage, stage != Deadline.dispatch, !RegisterTable.stages.contains(stage) {
      throw Problem(
        .badCommand,
        "there is no stage '\(stage.prefix(32))'; use \(([Deadline.dispatch] + RegisterTable.stages).joined(separator: ", "))"
      )
    }
    let limit = min(max(limit, 1), Limits.maxPage)
    let now = environment.wall()
    return try database.read { db in
      let found = try db.all(
        // deadline_by_time; of those on one rung, and of those that stand still, deadline_by_rung.
        """
        SELECT d.order_id, d.assignment, d.stage, d.platform, d.sector, d.district, d.is_emergency, d.since, d.soon_at, d.at,
          d.next_at, d.reminded, d.is_paused, o.number, o.title, o.status
        FROM deadline d JOIN orders o ON o.order_id = d.order_id
        WHERE d.is_paused = \(state == .paused ? 1 : 0) \(Hotline.condition(state, now: now))
          AND d.at >= $1 AND (\(state.isOnOneRung ? "d.at + 0" : "d.at"), d.order_id, d.assignment, d.stage) > ($1, $2, $3, $4)
          AND ($5 = '' OR d.stage = $5)
          AND ($6 = 1 OR d.platform = $7) AND ($8 = 1 OR d.sector = $9) AND ($10 = 1 OR d.district = $11)
        ORDER BY d.at, d.order_id, d.assignment, d.stage LIMIT $12
        """,
        try Hotline.mark(after) + [.text(stage ?? "")] + filter.values + [.integer(limit + 1)]
      ) { row in DeadlineShown(row, now: now) }
      let reach = try reach(of: found.map(\.platform), db)
      let page = found.prefix(limit)
      return .compact([
        ("now", .int(now)), ("counts", try deadlineCounts(filter, now: now, db)),
        ("deadlines", .array(page.map { $0.json(isOffline: reach[$0.platform].map { !$0.isOnline } ?? false) })),
        ("next", found.count > limit ? page.last.map { .string($0.mark) } : nil),
      ])
    }
  }

  private static func condition(_ state: DeadlineState, now: Int) -> String {
    switch state {
    case .soon: "AND d.soon_at <= \(now) AND d.at >= \(now)"
    case .overdue: "AND d.at < \(now)"
    case .urged: "AND d.at < \(now) AND d.reminded = '\(Reminder.urge.rawValue)'"
    case .supervised: "AND d.at < \(now) AND d.reminded = '\(Reminder.supervise.rawValue)'"
    case .paused: "AND d.reminded IN ('', '\(Reminder.urge.rawValue)', '\(Reminder.supervise.rawValue)')"
    case .all: ""
    }
  }

  /// `at,order,assignment,stage`: where the page before ended.
  private static func mark(_ after: String?) throws -> [SQLValue] {
    guard let after else { return [.integer(-1), .text(""), .text(""), .text("")] }
    let parts = after.split(separator: ",", omittingEmptySubsequences: false)
    guard parts.count == 4, let at = Int(parts[0]) else {
      throw Problem(.badCommand, "'after' is what the page before named as 'next'")
    }
    return [.integer(at)] + parts.dropFirst().map { .text(String($0)) }
  }

  /// How many are on each rung, and how many stand still; under `orders` and `ordersSoon` how many orders are past their own deadline, and
  /// soon will be.
  func deadlineCounts(
    _ filter: SupervisionFilter = SupervisionFilter(), now: Int, _ db: any DatabaseConnection
  ) throws -> JSON {
    let isFiltered = filter != SupervisionFilter()
    let filtered = " AND ($1 = 1 OR platform = $2) AND ($3 = 1 OR sector = $4) AND ($5 = 1 OR district = $6)"
    func count(_ condition: String) throws -> Int {
      try db.count(
        "SELECT COUNT(*) FROM deadline WHERE \(condition)" + (isFiltered ? filtered : ""),
        isFiltered ? filter.values : [])
    }
    let reminders = [""] + Reminder.allCases.map(\.rawValue)
    // deadline_by_rung
    func count(_ reminded: String, _ condition: String) throws -> Int {
      try count("reminded = '\(reminded)' AND \(condition)")
    }
    func total(_ condition: String) throws -> Int { try reminders.reduce(0) { try $0 + count($1, condition) } }
    let isLate = "is_paused = 0 AND at < \(now)"
    let isSoon = "is_paused = 0 AND at >= \(now) AND soon_at <= \(now)"
    // deadline_of_order
    let own = "assignment = '' AND stage = 'complete'"
    return [
      "dueSoon": .int(try total(isSoon)), "overdue": .int(try count("", isLate)),
      "urged": .int(try count(Reminder.urge.rawValue, isLate)),
      "supervised": .int(try count(Reminder.supervise.rawValue, isLate)), "paused": .int(try total("is_paused = 1")),
      "orders": .int(try count("\(own) AND \(isLate)")), "ordersSoon": .int(try count("\(own) AND \(isSoon)")),
    ]
  }

  /// All deadlines of one order, those that are over too: `{"order","deadlines":[…]}`.
  func deadlines(of order: OrderID) throws -> JSON {
    let now = environment.wall()
    let supervision = inForce.now
    return try database.read { db in
      let found = try db.first("SELECT state, created FROM orders WHERE order_id = $1", [.text(order.text)]) { row in
        (state: try HubLog.state(order, stored: row.blob(0), db), created: row.int(1))
      }
      guard let found else { throw Problem(.notFound, "there is no order '\(order)'") }
      let view = OrderView(found.state)
      let milestones =
        try SupervisionRows.stored(order, db)?.milestones
        ?? Milestones(log: try HubLog.history(order, db).compactMap(\.change), in: found.state)
      let matter = Matter(view)
      let all = Deadline.all(
        of: view, milestones, created: found.created, supervision.policy, supervision.corrections)
      let rows = all.map { deadline -> JSON in
        let rule = supervision.policy.ladder(for: deadline.stage, of: matter, since: deadline.since)
        let soonAt = deadline.soonAt(percent: rule?.dueSoonPercent ?? 0, supervision.policy.calendar)
        return deadline.json(rung: Ladder.rung(deadline, milestones, soonAt: soonAt, now: now), now: now)
      }
      return ["order": .string(order.text), "now": .int(now), "deadlines": .array(rows)]
    }
  }

  // MARK: Call-backs

  /// Orders that wait for a call-back, those to ring first before the others: `{"now","count","ready","callbacks":[…],"next"?}`.
  func callBacks(_ filter: SupervisionFilter, limit: Int, after: String?) throws -> JSON {
    let limit = min(max(limit, 1), Limits.maxPage)
    let now = environment.wall()
    let parts = after?.split(separator: ",")
    if let parts, parts.count != 2 || Int(parts[0]) == nil {
      throw Problem(.badCommand, "'after' is what the page before named as 'next'")
    }
    let from: [SQLValue] = [
      .integer(parts.flatMap { Int($0[0]) } ?? -1), .text(parts.map { String($0[1]) } ?? ""),
    ]
    let most = inForce.policy.callBacks.attempts
    let where3 = "($1 = 1 OR platform = $2) AND ($3 = 1 OR sector = $4) AND ($5 = 1 OR district = $6)"
    return try database.read { db in
      let rows = try db.all(
        // callback_queue_next
        """
        SELECT q.order_id, q.round, q.since, q.attempts, q.last_at, q.next_at, q.platform, q.sector, q.district,
          q.is_emergency, o.number, o.title
        FROM callback_queue q JOIN orders o ON o.order_id = q.order_id
        WHERE (q.next_at, q.order_id) > ($1, $2)
          AND ($3 = 1 OR q.platform = $4) AND ($5 = 1 OR q.sector = $6) AND ($7 = 1 OR q.district = $8)
        ORDER BY q.next_at, q.order_id LIMIT $9
        """, from + filter.values + [.integer(limit + 1)]
      ) { row -> (mark: String, json: JSON) in
        (
          "\(row.int(5)),\(row.text(0))",
          .compact([
            ("order", .string(row.text(0))), ("number", row.optionalText(10).map(JSON.string)),
            ("title", .string(row.text(11))), ("platform", .string(row.text(6))), ("sector", .string(row.text(7))),
            ("district", .string(row.text(8))), ("emergency", .bool(row.int(9) == 1)), ("round", .int(row.int(1))),
            ("since", .int(row.int(2))), ("attempts", .int(row.int(3))), ("lastAt", row.optionalInt(4).map(JSON.int)),
            ("nextAt", .int(row.int(5))), ("ready", .bool(row.int(5) <= now)),
            // Rung as often as the policy says: it can be closed without a call-back.
            ("exhausted", .bool(row.int(3) >= most)),
          ])
        )
      }
      return .compact([
        ("now", .int(now)), ("attempts", .int(most)),
        ("count", .int(try db.count("SELECT COUNT(*) FROM callback_queue WHERE \(where3)", filter.values))),
        (
          "ready",
          .int(
            try db.count(
              "SELECT COUNT(*) FROM callback_queue WHERE next_at <= \(now) AND \(where3)", filter.values))
        ),
        ("callbacks", .array(rows.prefix(limit).map(\.json))),
        ("next", rows.count > limit ? .string(rows[limit - 1].mark) : nil),
      ])
    }
  }

  // MARK: The policy

  /// `{"file"?,"policy","working","following","corrections"}`.
  func policy() throws -> JSON {
    let supervision = inForce.now
    let following = try database.read { try Supervisor.isFollowing(inForce, $0) }
    return .compact([
      ("file", inForce.file.map(JSON.string)), ("policy", supervision.policy.json),
      ("working", .bool(supervision.policy.calendar.isWorking(at: environment.wall()))),
      ("following", .bool(following)),
      (
        "corrections",
        .array(
          supervision.corrections.map {
            ["since": .int($0.since), "until": .int($0.until), "by": .int($0.by)]
          })
      ),
    ])
  }

  /// Reads the file again: `{"file","changed"}`. One that is wrong is refused, naming line and key, and the policy stays.
  func reloadPolicy() throws -> JSON {
    guard let file = inForce.file else {
      throw Problem(.badCommand, "there is no policy file: set policy.file in the hub's configuration and restart it")
    }
    do {
      let changed = try inForce.reload()
      return ["file": .string(file), "changed": .bool(changed)]
    } catch {
      throw Problem(.badCommand, "the policy stays as it is, for its file is wrong: \(error)")
    }
  }
}

/// A row of the list of deadlines.
private struct DeadlineShown {
  let platform: String
  /// Where a next page goes on.
  let mark: String
  private let members: [(String, JSON?)]

  init(_ row: any SQLRow, now: Int) {
    platform = row.text(3)
    mark = "\(row.int(9)),\(row.text(0)),\(row.text(1)),\(row.text(2))"
    let isPaused = row.int(12) == 1
    let reminder = Reminder(rawValue: row.text(11))
    let rung: Rung =
      if isPaused || now < row.int(8) { .inTime } else if now <= row.int(9) { .dueSoon } else {
        reminder.map { $0 == .urge ? .urged : .supervised } ?? .overdue
      }
    members = [
      ("order", .string(row.text(0))), ("number", row.optionalText(13).map(JSON.string)),
      ("title", .string(row.text(14))), ("status", .string(row.text(15))), ("stage", .string(row.text(2))),
      ("assignment", row.text(1).isEmpty ? nil : .string(row.text(1))), ("platform", .string(row.text(3))),
      ("sector", .string(row.text(4))), ("district", .string(row.text(5))), ("emergency", .bool(row.int(6) == 1)),
      ("since", .int(row.int(7))), ("at", .int(row.int(9))), ("nextAt", row.optionalInt(10).map(JSON.int)),
      ("paused", .bool(isPaused)), ("rung", .string(rung.rawValue)),
    ]
  }

  func json(isOffline: Bool) -> JSON { .compact(members + [("offline", .bool(isOffline))]) }
}

extension Deadline {
  /// As a document; `state` is open, paused, met or ended.
  func json(rung: Rung, now: Int) -> JSON {
    let (word, met): (String, Int?) =
      switch state {
      case .open: ("open", nil)
      case .paused: ("paused", nil)
      case .met(let at): ("met", at)
      case .ended: ("ended", nil)
      }
    return .compact([
      ("stage", .string(stage)), ("assignment", assignment.map(JSON.string)), ("platform", .string(platform)),
      ("since", .int(since)), ("at", .int(at)), ("first", .int(first)), ("limit", limit?.json),
      ("policy", policy.isEmpty ? nil : .string(policy)), ("state", .string(word)), ("metAt", met.map(JSON.int)),
      ("inTime", isInTime(now: now).map(JSON.bool)), ("rung", isOpen ? .string(rung.rawValue) : nil),
      ("awaitsReceipt", awaitsReceipt ? true : nil),
    ])
  }
}
