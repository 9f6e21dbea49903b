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

  /// `2026-11-25 03:05:40` in the given time zone, from milliseconds since 1970.
  public static func local(_ milliseconds: Int64, in zone: TimeZone = .current) -> String {
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    let date = Date(timeIntervalSince1970: Double(min(max(milliseconds, earliest), latest)) / 1000)
    let parts = calendar.dateComponents([.year, .month, .day, .hour, .minute, .second], from: date)
    return String(
      format: "%04d-%02d-%02d %02d:%02d:%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0, parts.hour ?? 0,
      parts.minute ?? 0, parts.second ?? 0)
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
