// The indicators of a period as a document: every value with the definition that it follows, what is overdue now, and how platforms' agents
// fare. How figures come about is Supervision's.

import Core

extension Hotline {
  /// `{"from","to","by"?,"definitions":[…],"rows":[{"group","values"}],"total","overdue","platforms"?,"following"}`. A group has a row where anything of
  /// it was counted or is overdue; by platform each with agents has one.
  func indicators(_ query: IndicatorQuery) throws -> JSON {
    guard query.from <= query.to else {
      throw Problem(.badCommand, "the period ends before it begins: 'from' is \(query.from), 'to' is \(query.to)")
    }
    let days = query.to.number - query.from.number + 1
    let most = query.grouping == .day ? IndicatorQuery.maxDaysByDay : IndicatorQuery.maxDays
    guard days <= most else {
      throw Problem(
        .badCommand,
        "the period has \(days) days; \(query.grouping == .day ? "by the day it may have" : "it may have") at most \(most)"
      )
    }
    let now = environment.wall()
    let clock = inForce.policy.calendar.clock
    return try database.read { db in
      // Without a grouping there is one group, of all.
      let groups = try query.read(now: now, clock, db)
      let sum = groups.values.reduce(into: Figures()) { $0 += $1 }
      let overdue = try overdueNow(query, now: now, db)
      var names = Set(groups.filter { !$0.value.isEmpty }.keys)
      names.formUnion((overdue["groups"]?.asObject ?? []).map(\.key))
      names.formUnion(try expected(query, db))
      return .compact([
        ("from", .string(query.from.description)), ("to", .string(query.to.description)),
        ("by", (query.grouping?.rawValue).map(JSON.string)), ("sector", query.sector.map(JSON.string)),
        ("platform", query.platform.map(JSON.string)), ("district", query.district.map(JSON.string)),
        ("definitions", .array(Indicator.all.map(\.json))),
        (
          "rows",
          query.grouping.map { _ in
            .array(
              names.sorted().map { name in
                ["group": .string(name), "values": Indicator.values(groups[name] ?? Figures())]
              })
          }
        ),
        ("total", Indicator.values(sum)), ("overdue", overdue),
        ("platforms", query.grouping == .platform ? try availability(query, now: now, clock, db) : nil),
        ("following", .bool(try Supervisor.isFollowing(inForce, db))),
      ])
    }
  }

  /// Orders that are past their own deadline at this moment, by the group that is asked for; under `total` all.
  private func overdueNow(_ query: IndicatorQuery, now: Int, _ db: any DatabaseConnection) throws -> JSON {
    let column: String =
      switch query.grouping {
      case .sector: "sector"
      case .platform: "platform"
      case .district: "district"
      case .day, .month, nil: "''"
      }
    let filter = SupervisionFilter(platform: query.platform, sector: query.sector, district: query.district)
    let rows = try db.all(
      // deadline_of_order
      """
      SELECT \(column), COUNT(*) FROM deadline WHERE is_paused = 0 AND at < \(now) AND assignment = '' AND stage = 'complete'
        AND ($1 = 1 OR platform = $2) AND ($3 = 1 OR sector = $4) AND ($5 = 1 OR district = $6)
      GROUP BY 1 ORDER BY 1
      """, filter.values
    ) { row in (group: row.text(0), count: row.int(1)) }
    return .compact([
      ("total", .int(rows.reduce(0) { $0 + $1.count })),
      (
        "groups",
        column == "''" ? nil : .object(rows.map { JSON.Member($0.group, .int($0.count)) })
      ),
    ])
  }

  // MARK: Availability

  /// Platforms that have a row although nothing of theirs was counted: one whose agents were never in contact does nothing that could be,
  /// and is the one to look at. A platform has sectors of its own and no districts.
  private func expected(_ query: IndicatorQuery, _ db: any DatabaseConnection) throws -> [String] {
    guard query.grouping == .platform, query.district == nil else { return [] }
    return try db.all(
      """
      SELECT p.platform, p.sectors FROM platform p
      WHERE ($1 = 1 OR p.platform = $2)
        AND EXISTS (SELECT 1 FROM agent a WHERE a.platform = p.platform AND a.revoked IS NULL)
      """, [.flag(query.platform == nil), .text(query.platform ?? "")]
    ) { row in (name: row.text(0), sectors: row.text(1).split(separator: ",").map(String.init)) }
    .filter { platform in query.sector.map(platform.sectors.contains) ?? true }.map(\.name)
  }

  /// Of each platform with agents: how much of the period, as far as it has passed, one of them was in contact, in tenths of a per cent;
  /// and how many of its feed's entries its furthest agent has not acknowledged now.
  private func availability(
    _ query: IndicatorQuery, now: Int, _ clock: LocalClock, _ db: any DatabaseConnection
  ) throws -> JSON {
    let begin = clock.instant(query.from, 0)
    let end = min(clock.instant(query.to.advanced(by: 1), 0), now)
    var stretches: [String: [(since: Int, until: Int)]] = [:]
    try db.query(
      "SELECT platform, since, until FROM contact WHERE until >= $1 AND since <= $2 ORDER BY platform, since",
      [.integer(begin), .integer(end)]
    ) { row in stretches[row.text(0), default: []].append((max(row.int(1), begin), min(row.int(2), end))) }
    let enrolled = try db.all(
      """
      SELECT a.platform, MIN(a.enrolled), MAX(p.feed_head) - MAX(a.cursor_position) FROM agent a
      JOIN platform p ON p.platform = a.platform WHERE a.revoked IS NULL
        AND ($1 = 1 OR a.platform = $2) GROUP BY a.platform ORDER BY a.platform
      """, [.flag(query.platform == nil), .text(query.platform ?? "")]
    ) { row in (platform: row.text(0), since: row.int(1), lag: row.int(2)) }
    let reach = try reach(of: enrolled.map(\.platform), db)
    return .array(
      enrolled.map { row in
        let from = max(begin, row.since)
        var covered = 0
        var reached = from
        for stretch in stretches[row.platform] ?? [] where stretch.until > reached {
          covered += stretch.until - max(stretch.since, reached)
          reached = stretch.until
        }
        return .compact([
          ("platform", .string(row.platform)),
          ("availability", end > from ? .int(min(1_000, covered * 1_000 / (end - from))) : nil),
          ("lag", .int(max(0, row.lag))), ("online", .bool(reach[row.platform]?.isOnline ?? false)),
        ])
      })
  }
}

extension Indicator {
  var json: JSON {
    [
      "id": .string(id), "zh": .string(chinese), "en": .string(english), "formulaZh": .string(formulaChinese),
      "formulaEn": .string(formulaEnglish), "unit": .string(unit),
    ]
  }

  /// `{id: {"value","base"?}}`; an indicator that has no value is left out. Shares are in tenths of a per cent.
  static func values(_ figures: Figures) -> JSON {
    .compact(
      all.map { indicator in
        (
          indicator.id,
          indicator.value(figures).map { value in
            .compact([("value", .int(value)), ("base", indicator.base(figures).map(JSON.int))])
          }
        )
      })
  }
}
