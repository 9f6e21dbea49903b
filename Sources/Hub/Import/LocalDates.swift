// Local dates as files write them, in a stated format and time zone, as milliseconds since 1970.

import Foundation

/// A format such as `MM/dd/yyyy hh:mm:ss a` in one time zone. Parsing is strict: every digit, a day that exists,
/// nothing before or after.
struct LocalDateFormat: Sendable {
  /// A parsed instant, and what had to be assumed.
  struct Instant: Equatable, Sendable {
    enum Assumption: Equatable, Sendable {
      /// The local time exists twice (clocks set back): the first is meant.
      case firstOfTwo
      /// The local time does not exist (clocks set forward): counted on from before the gap.
      case inGap
    }

    /// Since 1970, UTC.
    let milliseconds: Int
    let assumption: Assumption?
  }

  /// Why a format is refused.
  struct FormatError: Error, Equatable, CustomStringConvertible {
    let description: String
  }

  private enum Part: Hashable {
    case year, month, day, hour24, hour12, minute, second, half
    case literal(UInt8)
  }

  private static let tokens: [(text: String, part: Part)] = [
    ("yyyy", .year), ("MM", .month), ("dd", .day), ("HH", .hour24), ("hh", .hour12), ("mm", .minute), ("ss", .second),
    ("a", .half),
  ]

  /// The format as it was given.
  let pattern: String
  let timeZone: TimeZone
  private let parts: [Part]

  /// Tokens `yyyy MM dd HH hh mm ss a`; every other character but a letter stands for itself.
  init(_ pattern: String, timeZone: TimeZone) throws(FormatError) {
    var parts: [Part] = []
    var rest = Substring(pattern)
    while let first = rest.utf8.first {
      if let token = Self.tokens.first(where: { rest.hasPrefix($0.text) }) {
        guard !parts.contains(token.part) else { throw FormatError(description: "'\(token.text)' is given twice") }
        parts.append(token.part)
        rest = rest.dropFirst(token.text.count)
      } else if first < 0x80, !Character(UnicodeScalar(first)).isLetter {
        parts.append(.literal(first))
        rest = rest.dropFirst()
      } else {
        throw FormatError(description: "'\(rest)' is not understood; tokens are yyyy MM dd HH hh mm ss a")
      }
    }
    guard [.year, .month, .day].allSatisfy(parts.contains) else {
      throw FormatError(description: "yyyy, MM and dd must all be there")
    }
    guard parts.contains(.hour12) == parts.contains(.half), !(parts.contains(.hour12) && parts.contains(.hour24)) else {
      throw FormatError(description: "write HH for 24 hours, or hh together with a for 12")
    }
    self.pattern = pattern
    self.timeZone = timeZone
    self.parts = parts
  }

  /// The instant that `text` names, or nil where it does not fit the format or is no date of the calendar.
  func instant(_ text: String) -> Instant? {
    var values: [Part: Int] = [:]
    var rest = Substring(text).utf8
    for part in parts {
      switch part {
      case .literal(let byte):
        guard rest.popFirst() == byte else { return nil }
      case .half:
        let word = String(decoding: rest.prefix(2), as: UTF8.self).uppercased()
        guard word == "AM" || word == "PM" else { return nil }
        values[part] = word == "PM" ? 12 : 0
        rest = rest.dropFirst(2)
      case .year, .month, .day, .hour24, .hour12, .minute, .second:
        let digits = rest.prefix(part == .year ? 4 : 2)
        guard digits.count == (part == .year ? 4 : 2), digits.allSatisfy({ (0x30...0x39).contains($0) }) else {
          return nil
        }
        values[part] = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
        rest = rest.dropFirst(digits.count)
      }
    }
    guard rest.isEmpty, let seconds = Self.localSeconds(values) else { return nil }
    return resolve(seconds)
  }

  /// Seconds from 1970 to the local wall-clock time as if it were UTC.
  private static func localSeconds(_ values: [Part: Int]) -> Int? {
    guard let year = values[.year], let month = values[.month], let day = values[.day], year >= 1,
      (1...12).contains(month), day >= 1, day <= daysIn(month, of: year)
    else { return nil }
    var hour = values[.hour24] ?? 0
    if let twelve = values[.hour12] {
      guard (1...12).contains(twelve) else { return nil }
      hour = twelve % 12 + (values[.half] ?? 0)
    }
    let minute = values[.minute] ?? 0
    let second = values[.second] ?? 0
    guard hour <= 23, minute <= 59, second <= 59 else { return nil }
    return ((dayNumber(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
  }

  static func daysIn(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// Days since 1970 in the Gregorian calendar (H. Hinnant, "chrono-compatible low-level date algorithms"), year ≥ 1.
  static func dayNumber(_ year: Int, _ month: Int, _ day: Int) -> Int {
    let shifted = month <= 2 ? year - 1 : year
    let era = shifted / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }

  /// RFC 5545 §3.3.5: of two instants the first; a time in a gap with the offset before the gap.
  private func resolve(_ local: Int) -> Instant {
    let day = 86_400
    let before = offset(at: local - day)
    let after = offset(at: local + day)
    let candidates = [local - before, local - after].filter { offset(at: $0) == local - $0 }
    guard let first = candidates.min(), let last = candidates.max() else {
      return Instant(milliseconds: (local - before) * 1_000, assumption: .inGap)
    }
    return Instant(milliseconds: first * 1_000, assumption: first < last ? .firstOfTwo : nil)
  }

  private func offset(at seconds: Int) -> Int {
    timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: TimeInterval(seconds)))
  }
}
