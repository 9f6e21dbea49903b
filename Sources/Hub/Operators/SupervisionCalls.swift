// What the calls for deadlines, call-backs and indicators have beside every door's: filters, states, periods. The routes are in
// OperatorsAPI.swift.

import Core
import Shell

extension DoorCall {
  func supervisionFilter() -> SupervisionFilter {
    SupervisionFilter(platform: query("platform"), sector: query("sector"), district: query("district"))
  }

  /// Which deadlines: all where nothing is said.
  func deadlineState() throws(Problem) -> DeadlineState {
    try SupervisionWords.parse(query("state"), "state") ?? .all
  }

  /// The period and how it is cut up; without one, this month so far.
  func indicatorQuery(_ seat: Seat) throws -> IndicatorQuery {
    let today = try seat.read { $0.today }
    let to = try day("to") ?? today
    return IndicatorQuery(
      from: try day("from") ?? min(to, today).firstOfMonth, to: to, sector: query("sector"),
      platform: query("platform"), district: query("district"),
      grouping: try SupervisionWords.parse(query("by"), "by"))
  }

  private func day(_ name: String) throws(Problem) -> LocalDay? {
    guard let text = query(name) else { return nil }
    guard let day = LocalDay(text) else { throw Problem(.badBody, "'\(name)' is a day as 2026-11-25") }
    return day
  }
}

enum SupervisionWords {
  /// One of a closed list of words, nil where nothing is given; others are refused, naming those.
  static func parse<Word: RawRepresentable<String> & CaseIterable>(
    _ text: String?, _ name: String
  ) throws(Problem) -> Word? {
    guard let text else { return nil }
    guard let word = Word(rawValue: text) else {
      throw Problem(.badBody, "'\(name)' is one of \(Word.allCases.map(\.rawValue).joined(separator: ", "))")
    }
    return word
  }
}

extension Hotline {
  /// The day in the policy's time zone.
  var today: LocalDay { inForce.policy.calendar.clock.day(of: environment.wall()) }
}

extension LocalDay {
  var firstOfMonth: LocalDay { advanced(by: 1 - parts.day) }
}
