// Reads the sums of a period, whole months as months and the rest as days, filtered and grouped; and takes out what will only be due later
// in the period. What the figures mean is Indicators'.

import Core

/// What is asked for.
struct IndicatorQuery: Sendable, Equatable {
  enum Grouping: String, Sendable, CaseIterable {
    case sector, platform, district, day, month
  }

  var from: LocalDay
  /// Included.
  var to: LocalDay
  var sector: String?
  var platform: String?
  var district: String?
  /// Nil: one sum of all.
  var grouping: Grouping?

  /// Days of a period by the day, and of any period: beyond, a page would be no page.
  static let maxDaysByDay = 100
  static let maxDays = 3_660

  /// The spans of the sums that make the period up: each a range of the numbers by which they are kept.
  var spans: [ClosedRange<Int>] {
    guard from <= to else { return [] }
    guard grouping != .day else { return [from.compact...to.compact] }
    var spans: [ClosedRange<Int>] = []
    var day = from
    while day <= to {
      let (year, month, dayOfMonth) = day.parts
      let last = day.advanced(by: LocalDateFormat.daysIn(month, of: year) - dayOfMonth)
      if dayOfMonth == 1, last <= to {
        let span = year * 100 + month
        // Months that follow each other within a year are one range.
        if let before = spans.last, before.upperBound == span - 1 {
          spans[spans.count - 1] = before.lowerBound...span
        } else {
          spans.append(span...span)
        }
      } else {
        spans.append(day.compact...min(last, to).compact)
      }
      day = last.advanced(by: 1)
    }
    return spans
  }

  /// For each of the three whether any will do, and which.
  private var filter: [SQLValue] {
    [sector, platform, district].flatMap { [.flag($0 == nil), .text($0 ?? "")] }
  }

  /// The sums by group; without a grouping under the empty name.
  func read(now: Int, _ clock: LocalClock, _ db: any DatabaseConnection) throws -> [String: Figures] {
    var groups: [String: Figures] = [:]
    var names = SpanNames()
    for span in spans {
      try db.query(
        """
        SELECT span, sector, platform, district, figures FROM rollup WHERE span >= $1 AND span <= $2
          AND ($3 = 1 OR sector = $4) AND ($5 = 1 OR platform = $6) AND ($7 = 1 OR district = $8)
        """, [.integer(span.lowerBound), .integer(span.upperBound)] + filter
      ) { row in
        let name: String
        switch grouping {
        case nil: name = ""
        case .sector: name = row.text(1)
        case .platform: name = row.text(2)
        case .district: name = row.text(3)
        case .day: name = names.of(row.int(0), IndicatorQuery.day)
        case .month: name = names.of(row.int(0), IndicatorQuery.month)
        }
        groups[name, default: Figures()].add(bytes: row.blob(4))
      }
    }
    try takeOutLater(&groups, now: now, clock, db)
    return groups
  }

  /// Orders and assignments that are not over count on the day of their deadline; those whose deadline is still to come are taken out.
  private func takeOutLater(
    _ groups: inout [String: Figures], now: Int, _ clock: LocalClock, _ db: any DatabaseConnection
  ) throws {
    let end = clock.instant(to.advanced(by: 1), 0)
    let begin = clock.instant(from, 0)
    var names = SpanNames()
    guard end > now else { return }
    // deadline_by_time. Of an assignment it is the later of two deadlines that counts.
    try db.query(
      """
      SELECT d.assignment, d.sector, d.platform, d.district, MAX(d.at) FROM deadline d
      WHERE d.is_paused = 0 AND d.at >= $1 AND d.at > $2 AND d.at < $3
        AND ((d.assignment = '' AND d.stage = 'complete') OR (d.assignment <> '' AND d.stage IN ('accept', 'contact')))
        AND ($4 = 1 OR d.sector = $5) AND ($6 = 1 OR d.platform = $7) AND ($8 = 1 OR d.district = $9)
      GROUP BY d.order_id, d.assignment, d.sector, d.platform, d.district
      """, [.integer(begin), .integer(now), .integer(end)] + filter
    ) { row in
      let day = clock.day(of: row.int(4))
      let name: String
      switch grouping {
      case nil: name = ""
      case .sector: name = row.text(1)
      case .platform: name = row.text(2)
      case .district: name = row.text(3)
      case .day: name = names.of(day.compact, IndicatorQuery.day)
      case .month: name = names.of(day.compact, IndicatorQuery.month)
      }
      groups[name, default: Figures()].add(row.text(0).isEmpty ? .due : .responseDue, -1)
    }
  }

  private static func day(_ span: Int) -> String {
    String(format: "%04d-%02d-%02d", span / 10_000, span / 100 % 100, span % 100)
  }

  private static func month(_ span: Int) -> String {
    let month = span > 1_000_000 ? span / 100 : span
    return String(format: "%04d-%02d", month / 100, month % 100)
  }
}

/// The names of days or of months: there are many rows of one.
private struct SpanNames {
  private var known: [Int: String] = [:]

  mutating func of(_ span: Int, _ said: (Int) -> String) -> String {
    if let name = known[span] { return name }
    let name = said(span)
    known[span] = name
    return name
  }
}
