// Local time of one time zone: from instants to days of the calendar and back. Which days are worked on is WorkingCalendar's.

import Foundation

/// A day of the Gregorian calendar, as days since 1970-01-01; it has no time zone.
struct LocalDay: Sendable, Hashable, Comparable, CustomStringConvertible {
  let number: Int

  init(number: Int) { self.number = number }

  /// Nil where the calendar has no such day.
  init?(year: Int, month: Int, day: Int) {
    guard (1...9_999).contains(year), (1...12).contains(month), day >= 1,
      day <= LocalDateFormat.daysIn(month, of: year)
    else { return nil }
    number = LocalDateFormat.dayNumber(year, month, day)
  }

  /// Reads `2026-11-25`.
  init?(_ text: some StringProtocol) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.count) == [4, 2, 2], text.utf8.allSatisfy({ $0 == 0x2D || (0x30...0x39).contains($0) }),
      let year = Int(parts[0]), let month = Int(parts[1]), let day = Int(parts[2])
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  static func < (left: LocalDay, right: LocalDay) -> Bool { left.number < right.number }
  func advanced(by days: Int) -> LocalDay { LocalDay(number: number + days) }

  /// 1 is Monday, 7 is Sunday. 1970-01-01 was a Thursday.
  var weekday: Int { ((number + 3) % 7 + 7) % 7 + 1 }

  /// By H. Hinnant, "chrono-compatible low-level date algorithms", the inverse of `LocalDateFormat.dayNumber`.
  var parts: (year: Int, month: Int, day: Int) {
    let shifted = number + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  /// As `20261125`: how figures are kept by day.
  var compact: Int {
    let (year, month, day) = parts
    return (year * 100 + month) * 100 + day
  }

  var description: String {
    let (year, month, day) = parts
    return String(format: "%04d-%02d-%02d", year, month, day)
  }
}

/// Instants in milliseconds since 1970 as local times of one zone.
struct LocalClock: Sendable, Hashable {
  let timeZone: TimeZone

  /// The local day of an instant, and how far into its wall-clock time that is.
  func local(_ instant: Int) -> (day: LocalDay, milliseconds: Int) {
    let shifted = instant + offset(atSecond: floorDivided(instant, 1_000)) * 1_000
    let day = floorDivided(shifted, 86_400_000)
    return (LocalDay(number: day), shifted - day * 86_400_000)
  }

  func day(of instant: Int) -> LocalDay { local(instant).day }

  /// The instant of a wall-clock time. RFC 5545 §3.3.5: of two the first; a time that a clock change leaves out counts on from before it.
  func instant(_ day: LocalDay, _ milliseconds: Int) -> Int {
    let local = day.number * 86_400_000 + milliseconds
    let second = floorDivided(local, 1_000)
    let before = offset(atSecond: second - 86_400)
    let after = offset(atSecond: second + 86_400)
    let candidates = [before, after].filter { offset(atSecond: second - $0) == $0 }.map { local - $0 * 1_000 }
    return candidates.min() ?? local - before * 1_000
  }

  /// As `2026-11-25 10:00`.
  func text(_ instant: Int) -> String {
    let (day, milliseconds) = local(instant)
    let minute = milliseconds / 60_000
    return "\(day) " + String(format: "%02d:%02d", minute / 60, minute % 60)
  }

  private func offset(atSecond second: Int) -> Int {
    timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(second)))
  }

  private func floorDivided(_ value: Int, _ divisor: Int) -> Int {
    value >= 0 ? value / divisor : -((-value + divisor - 1) / divisor)
  }
}
