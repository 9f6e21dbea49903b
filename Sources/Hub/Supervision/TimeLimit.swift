// A span of time as policies give it: a number and its unit. What it means from an instant on is WorkingCalendar's.

/// How a limit counts.
enum LimitUnit: String, Sendable, CaseIterable {
  /// Round the clock.
  case minutes
  /// While work is done, by the calendar's hours.
  case workingHours
  /// Days on which work is done, whole or from the hour on at which the limit begins.
  case workingDays
  /// Days of the calendar: the same local time, so many days later.
  case days

  /// The most that is taken of each: ten years. Calendars are walked day by day.
  var most: Int {
    switch self {
    case .minutes: 5_256_000
    case .workingHours: 29_200
    case .workingDays: 2_500
    case .days: 3_650
    }
  }

  /// True where only working time counts.
  var isWorkingTime: Bool { self == .workingHours || self == .workingDays }
}

/// So much of one unit.
struct TimeLimit: Sendable, Hashable, CustomStringConvertible {
  let count: Int
  let unit: LimitUnit

  init(_ count: Int, _ unit: LimitUnit) {
    self.count = count
    self.unit = unit
  }

  /// What may be written, for messages.
  static let allowed =
    "a whole number and its unit (\(LimitUnit.allCases.map(\.rawValue).joined(separator: ", "))), as in 30 minutes"

  /// Reads `30 minutes`; nil and the reason where it means nothing.
  static func parse(_ text: String) -> (limit: TimeLimit?, reason: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: true)
    guard words.count == 2 else { return (nil, "`\(text.prefix(64))` is not a limit") }
    guard let unit = LimitUnit(rawValue: String(words[1])) else {
      return (nil, "`\(words[1].prefix(64))` is not a unit of a limit")
    }
    guard words[0].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(words[0]) else {
      return (nil, "`\(words[0].prefix(64))` is not a whole number")
    }
    guard (0...unit.most).contains(count) else {
      return (nil, "\(count) is out of range: at most \(unit.most) \(unit.rawValue)")
    }
    return (TimeLimit(count, unit), "")
  }

  var description: String { "\(count) \(unit.rawValue)" }
}
