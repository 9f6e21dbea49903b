// Times and durations as people give them on the command line. Printing them is TimeText's.

import ArgumentParser
import Foundation

/// A time: `2h` from now, `2026-12-01T10:00` local (or with a zone), or milliseconds since 1970.
public enum TimeArgument: Sendable, Equatable {
  /// So many milliseconds from now.
  case fromNow(Int)
  /// Milliseconds since 1970.
  case at(Int)

  /// Milliseconds since 1970.
  public func milliseconds(now: Int) -> Int {
    switch self {
    case .fromNow(let span): now + span
    case .at(let time): time
    }
  }

  /// For `@Option(transform:)`. A bare number must be plausible as milliseconds, lest a forgotten unit become 1970.
  public init(parsing text: String) throws {
    if let number = Int(text) {
      guard (100_000_000_000...99_999_999_999_999).contains(number) else { throw TimeArgument.unreadable(text) }
      self = .at(number)
    } else if let span = DurationArgument.milliseconds(text) {
      self = .fromNow(span)
    } else if let time = TimeArgument.date(text, zone: .current) {
      self = .at(time)
    } else {
      throw TimeArgument.unreadable(text)
    }
  }

  private static func unreadable(_ text: String) -> ValidationError {
    ValidationError(
      "'\(Sanitize.line(text))' is not a time: use 2h or 3d (from now), 2026-12-01T10:00 (local; a zone may follow, as in"
        + " +08:00 or Z), or milliseconds since 1970.")
  }

  /// `YYYY-MM-DDTHH:MM[:SS][Z|±HH:MM]`; a blank may stand for the T.
  static func date(_ text: String, zone: TimeZone) -> Int? {
    let pattern = /(\d{4})-(\d{2})-(\d{2})[T ](\d{2}):(\d{2})(?::(\d{2}))?(Z|[+-]\d{2}:\d{2})?/
    guard let match = text.wholeMatch(of: pattern)?.output else { return nil }
    var parts = DateComponents()
    parts.year = Int(match.1)
    parts.month = Int(match.2)
    parts.day = Int(match.3)
    parts.hour = Int(match.4)
    parts.minute = Int(match.5)
    parts.second = match.6.flatMap { Int($0) } ?? 0
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = match.7.flatMap(offset) ?? zone
    // The calendar would carry the 31st of June over into July.
    guard let date = calendar.date(from: parts),
      calendar.dateComponents([.month, .day, .hour, .minute], from: date)
        == DateComponents(month: parts.month, day: parts.day, hour: parts.hour, minute: parts.minute)
    else { return nil }
    return Int(date.timeIntervalSince1970) * 1000
  }

  private static func offset(_ text: Substring) -> TimeZone? {
    if text == "Z" { return TimeZone(secondsFromGMT: 0) }
    let parts = text.dropFirst().split(separator: ":").compactMap { Int($0) }
    guard parts.count == 2 else { return nil }
    return TimeZone(secondsFromGMT: (text.hasPrefix("-") ? -1 : 1) * (parts[0] * 3600 + parts[1] * 60))
  }
}

/// A duration with its unit: `250ms`, `30s`, `5m`, `2h`, `90d`, or several, as in `1h30m`.
public struct DurationArgument: Sendable, Equatable {
  public let milliseconds: Int

  /// Whole seconds, rounded up.
  public var seconds: Int { milliseconds / 1000 + (milliseconds % 1000 == 0 ? 0 : 1) }

  /// For `@Option(transform:)`.
  public init(parsing text: String) throws {
    guard let span = DurationArgument.milliseconds(text) else {
      throw ValidationError("'\(Sanitize.line(text))' is not a duration: use 30s, 5m, 2h or 90d.")
    }
    milliseconds = span
  }

  static func milliseconds(_ text: String) -> Int? {
    var rest = text[...]
    var total = 0
    while let match = rest.prefixMatch(of: /(\d{1,9})(ms|s|m|h|d)/) {
      let unit = ["ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000][String(match.2)] ?? 0
      total += (Int(match.1) ?? 0) * unit
      rest = rest[match.range.upperBound...]
    }
    return rest.isEmpty && !text.isEmpty ? total : nil
  }
}
