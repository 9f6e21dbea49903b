// Times and sizes as people read them. Nothing here is parsed again.

import Foundation

/// Times in words and in local time.
public enum TimeText {
  /// The largest unit that fits, rounded down: `250 ms`, `3 s`, `5 m`, `2 h`, `4 d`.
  public static func duration(_ duration: Duration) -> String {
    let milliseconds = abs(duration.wholeMilliseconds)
    let sign = duration < .zero ? "-" : ""
    switch milliseconds {
    case ..<1000: return "\(sign)\(milliseconds) ms"
    case ..<60_000: return "\(sign)\(milliseconds / 1000) s"
    case ..<3_600_000: return "\(sign)\(milliseconds / 60_000) m"
    case ..<172_800_000: return "\(sign)\(milliseconds / 3_600_000) h"
    default: return "\(sign)\(milliseconds / 86_400_000) d"
    }
  }

  /// `3 s ago`, `now`, or `in 5 m` for what is still to come; both in milliseconds since 1970.
  public static func ago(_ milliseconds: Int64, now: Int64) -> String {
    let (difference, overflow) = now.subtractingReportingOverflow(milliseconds)
    guard !overflow else { return "at an impossible time" }
    if difference.magnitude < 1000 { return "now" }
    let text = duration(.milliseconds(Int64(clamping: difference.magnitude)))
    return difference > 0 ? "\(text) ago" : "in \(text)"
  }

  /// The years 1 to 9999, beyond which a time is a mistake and Foundation's calendar need not be trusted.
  private static let earliest: Int64 = -62_135_596_800_000
  private static let latest: Int64 = 253_402_300_799_999

  /// `2026-11-25 03:05:40` in the given time zone, from milliseconds since 1970. A page of a list says some hundred times: it is computed
  /// here, since Foundation's calendar takes 10 µs for each.
  public static func local(_ milliseconds: Int64, in zone: TimeZone = .current) -> String {
    let clamped = min(max(milliseconds, earliest), latest)
    let utc = Int(clamped.floored(by: 1_000))
    let seconds = utc + zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(utc)))
    let days = seconds.floored(by: 86_400)
    let (year, month, day) = date(ofDay: days)
    let rest = seconds - days * 86_400
    var text = ""
    text.reserveCapacity(19)
    write(year, digits: 4, to: &text)
    for (mark, number) in [("-", month), ("-", day), (" ", rest / 3_600), (":", rest / 60 % 60), (":", rest % 60)] {
      text += mark
      write(number, digits: 2, to: &text)
    }
    return text
  }

  private static func write(_ number: Int, digits: Int, to text: inout String) {
    let written = String(number)
    for _ in 0..<max(0, digits - written.utf8.count) { text += "0" }
    text += written
  }

  /// The Gregorian date of a day that is counted from 1970-01-01. Years begin in March here, so that the day that is not always there is
  /// their last; 400 of them have 146,097 days.
  private static func date(ofDay number: Int) -> (year: Int, month: Int, day: Int) {
    let fromMarch = number + 719_468
    let era = fromMarch.floored(by: 146_097)
    let dayOfEra = fromMarch - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let month = (5 * dayOfYear + 2) / 153
    let isNextYear = month >= 10
    return (
      era * 400 + yearOfEra + (isNextYear ? 1 : 0), isNextYear ? month - 9 : month + 3,
      dayOfYear - (153 * month + 2) / 5 + 1
    )
  }

  /// `1.5 MiB`: powers of 1024.
  public static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB"]
    var value = Double(count)
    var unit = 0
    while value >= 1024, unit < units.count - 1 {
      value /= 1024
      unit += 1
    }
    return unit == 0 ? "\(count) B" : String(format: value < 10 ? "%.1f" : "%.0f", value) + " " + units[unit]
  }
}

extension BinaryInteger {
  /// The quotient, rounded down for negative numbers too.
  fileprivate func floored(by divisor: Self) -> Self {
    let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
  }
}
