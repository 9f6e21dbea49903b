// What supervision keeps in the database of one order: its milestones and contribution, its open deadlines, its place in the queue of
// call-backs, and whether the hub still owes it deadlines. All of it follows from the log and the policy. Here is what the rows are;
// when they are written is SupervisionFollower's.

import Core

/// One open deadline as a row.
struct DeadlineRow: Sendable, Equatable {
  /// Empty: the order's own.
  var assignment: String
  var stage: String
  var platform: String
  var since: Int
  var soonAt: Int
  var at: Int
  /// When the hub next does something about it by itself.
  var nextAt: Int?
  /// What it did last; empty: nothing.
  var reminded: String
  var isPaused: Bool
}

/// An order that waits for its call-back.
struct CallBackRow: Sendable, Equatable {
  var round: Int
  /// When the work was done.
  var since: Int
  /// Attempts in this round, and the last one.
  var attempts: Int
  var lastAt: Int?
  /// From when the next attempt is sensible.
  var nextAt: Int
}

/// Everything of one order.
struct SupervisionRows: Sendable, Equatable {
  var milestones = Milestones()
  var contribution = Contribution()
  var platform = ""
  var isEmergency = false
  var deadlines: [DeadlineRow] = []
  var callBack: CallBackRow?
  /// Since when the hub owes it deadlines.
  var owingSince: Int?

  init() {}

  /// - Parameter created: when the hub first held the order.
  init(of view: OrderView, _ milestones: Milestones, created: Int, _ supervision: Supervision) {
    let (policy, corrections) = (supervision.policy, supervision.corrections)
    let all = Deadline.all(of: view, milestones, created: created, policy, corrections)
    let matter = Matter(view)
    self.milestones = milestones
    contribution = Contribution(of: view, milestones, created: created, deadlines: all, policy, corrections)
    let leads = view.assignments.filter(\.isLead)
    platform = (leads.last(where: \.isActive) ?? leads.last)?.platform ?? ""
    isEmergency = matter.isEmergency
    deadlines = all.filter(\.isOpen).map { deadline in
      let rule = policy.ladder(for: deadline.stage, of: matter, since: deadline.since)
      let soonAt = deadline.soonAt(percent: rule?.dueSoonPercent ?? 0, policy.calendar)
      let reminded = Reminder.allCases.last { milestones.reminders[$0.key(deadline)] != nil }
      return DeadlineRow(
        assignment: deadline.assignment ?? "", stage: deadline.stage, platform: deadline.platform,
        since: deadline.since, soonAt: soonAt, at: deadline.at,
        nextAt: Ladder.next(deadline, milestones, rule, policy.calendar)?.at, reminded: reminded?.rawValue ?? "",
        isPaused: deadline.state == .paused)
    }
    callBack = SupervisionRows.callBack(of: view, milestones, policy)
    if !Deadlines.missing(in: view, since: created, policy).isEmpty { owingSince = created }
  }

  /// Nil unless the order is repaired and nobody has judged a call-back since.
  private static func callBack(of view: OrderView, _ milestones: Milestones, _ policy: Policy) -> CallBackRow? {
    guard view.status(now: 0) == .repaired else { return nil }
    let done = view.assignments.filter { $0.round == view.round && $0.isLead }
      .compactMap { milestones.reached("done", by: $0.id) }
    let since = done.max() ?? 0
    let attempts = milestones.callBacks.filter { $0.at >= since }
    let next = attempts.last.map { policy.calendar.end(of: policy.callBacks.retryAfter, from: $0.at) }
    return CallBackRow(
      round: view.round, since: since, attempts: attempts.count, lastAt: attempts.last?.at, nextAt: next ?? since)
  }
}

// MARK: In the database

extension SupervisionRows {
  /// What is stored of an order: nil where nothing is yet. Deadlines in the order of their keys.
  static func stored(_ order: OrderID, _ db: any DatabaseConnection) throws -> SupervisionRows? {
    let key: [SQLValue] = [.text(order.text)]
    let found = try db.first(
      "SELECT milestones, contribution, platform, is_emergency FROM followed WHERE order_id = $1" + db.rowLock, key
    ) { row in
      var rows = SupervisionRows()
      rows.milestones = Milestones(try JSON(parsing: Array(row.text(0).utf8)))
      rows.contribution = Contribution(bytes: row.blob(1))
      rows.platform = row.text(2)
      rows.isEmergency = row.int(3) == 1
      return rows
    }
    guard var rows = found else { return nil }
    rows.deadlines = try db.all(
      """
      SELECT assignment, stage, platform, since, soon_at, at, next_at, reminded, is_paused FROM deadline
      WHERE order_id = $1 ORDER BY assignment, stage
      """, key
    ) { row in
      DeadlineRow(
        assignment: row.text(0), stage: row.text(1), platform: row.text(2), since: row.int(3), soonAt: row.int(4),
        at: row.int(5), nextAt: row.optionalInt(6), reminded: row.text(7), isPaused: row.int(8) == 1)
    }
    rows.callBack = try db.first(
      "SELECT round, since, attempts, last_at, next_at FROM callback_queue WHERE order_id = $1", key
    ) { row in
      CallBackRow(
        round: row.int(0), since: row.int(1), attempts: row.int(2), lastAt: row.optionalInt(3), nextAt: row.int(4))
    }
    rows.owingSince = try db.first("SELECT since FROM owing WHERE order_id = $1", key) { $0.int(0) }
    return rows
  }

  /// Writes what differs from `old`, which is what is stored.
  func write(_ order: OrderID, over old: SupervisionRows?, to db: any DatabaseConnection) throws {
    let key = SQLValue.text(order.text)
    let sameGroup =
      old.map {
        $0.platform == platform && $0.isEmergency == isEmergency && $0.contribution.sector == contribution.sector
          && $0.contribution.district == contribution.district
      } ?? false
    if !sameGroup || old?.milestones != milestones || old?.contribution != contribution {
      try db.execute(
        """
        INSERT INTO followed (order_id, milestones, contribution, platform, is_emergency) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (order_id) DO UPDATE SET milestones = excluded.milestones, contribution = excluded.contribution,
          platform = excluded.platform, is_emergency = excluded.is_emergency
        """,
        [
          key, .text(String(decoding: milestones.json.bytes, as: UTF8.self)), .blob(contribution.bytes),
          .text(platform), .flag(isEmergency),
        ])
    }
    try writeDeadlines(key, over: old?.deadlines ?? [], sameGroup, db)
    if !sameGroup || old?.callBack != callBack { try writeCallBack(key, had: old?.callBack != nil, db) }
    if old?.owingSince != owingSince {
      try db.execute("DELETE FROM owing WHERE order_id = $1", [key])
      if let owingSince {
        try db.execute("INSERT INTO owing (order_id, since) VALUES ($1, $2)", [key, .integer(owingSince)])
      }
    }
  }

  private func writeDeadlines(
    _ key: SQLValue, over old: [DeadlineRow], _ sameGroup: Bool, _ db: any DatabaseConnection
  ) throws {
    for row in old where !deadlines.contains(where: { $0.assignment == row.assignment && $0.stage == row.stage }) {
      try db.execute(
        "DELETE FROM deadline WHERE order_id = $1 AND assignment = $2 AND stage = $3",
        [key, .text(row.assignment), .text(row.stage)])
    }
    for row in deadlines where !sameGroup || !old.contains(row) {
      try db.execute(
        """
        INSERT INTO deadline (order_id, assignment, stage, platform, sector, district, is_emergency, since, soon_at, at,
          next_at, reminded, is_paused)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
        ON CONFLICT (order_id, assignment, stage) DO UPDATE SET platform = excluded.platform, sector = excluded.sector,
          district = excluded.district, is_emergency = excluded.is_emergency, since = excluded.since,
          soon_at = excluded.soon_at, at = excluded.at, next_at = excluded.next_at, reminded = excluded.reminded,
          is_paused = excluded.is_paused
        """,
        [
          key, .text(row.assignment), .text(row.stage), .text(row.platform), .text(contribution.sector),
          .text(contribution.district), .flag(isEmergency), .integer(row.since), .integer(row.soonAt),
          .integer(row.at), .optional(row.nextAt), .text(row.reminded), .flag(row.isPaused),
        ])
    }
  }

  private func writeCallBack(_ key: SQLValue, had: Bool, _ db: any DatabaseConnection) throws {
    guard let callBack else {
      if had { try db.execute("DELETE FROM callback_queue WHERE order_id = $1", [key]) }
      return
    }
    try db.execute(
      """
      INSERT INTO callback_queue (order_id, round, since, attempts, last_at, next_at, platform, sector, district,
        is_emergency)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
      ON CONFLICT (order_id) DO UPDATE SET round = excluded.round, since = excluded.since,
        attempts = excluded.attempts, last_at = excluded.last_at, next_at = excluded.next_at,
        platform = excluded.platform, sector = excluded.sector, district = excluded.district,
        is_emergency = excluded.is_emergency
      """,
      [
        key, .integer(callBack.round), .integer(callBack.since), .integer(callBack.attempts),
        .optional(callBack.lastAt), .integer(callBack.nextAt), .text(platform), .text(contribution.sector),
        .text(contribution.district), .flag(isEmergency),
      ])
  }
}
