// Reading single values: the units of durations and sizes, and what a text means for a kind of key.

import Foundation

/// A value of a configuration key, parsed.
enum ConfigValue: Equatable, Sendable {
  case string(String)
  case list([String])
  case integer(Int)
  case bool(Bool)
  case duration(Duration)
  case bytes(Int)

  private static let durationUnits: [(String, Int)] = [
    ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1),
  ]
  private static let byteUnits: [(String, Int)] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)]

  /// What `text` means as that kind; nil and a reason when it means nothing.
  static func parse(_ text: String, as kind: ConfigKey.Kind) -> (value: ConfigValue?, reason: String) {
    switch kind {
    case .string, .path:
      return text.isEmpty ? (nil, "is empty") : (.string(text), "")
    case .oneOf(let values):
      return values.contains(text) ? (.string(text), "") : (nil, "`\(text)` is not known")
    case .list:
      return (.list(text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }), "")
    case .integer(let range):
      guard let number = Int(text) else { return (nil, "`\(text)` is not a whole number") }
      return range.contains(number) ? (.integer(number), "") : (nil, "\(number) is out of range")
    case .bool:
      switch text {
      case "true": return (.bool(true), "")
      case "false": return (.bool(false), "")
      default: return (nil, "`\(text)` is neither true nor false")
      }
    case .duration(let range):
      switch scaled(text, durationUnits) {
      case .failure(let failure): return (nil, failure.reason)
      case .success(let milliseconds):
        let duration = Duration.milliseconds(milliseconds)
        return range.contains(duration) ? (.duration(duration), "") : (nil, "`\(text)` is out of range")
      }
    case .bytes(let range):
      switch scaled(text, byteUnits) {
      case .failure(let failure): return (nil, failure.reason)
      case .success(let count):
        return range.contains(count) ? (.bytes(count), "") : (nil, "`\(text)` is out of range")
      }
    }
  }

  /// A duration as it would be written in the file.
  static func text(_ duration: Duration) -> String {
    let milliseconds = duration.wholeMilliseconds
    guard milliseconds != 0 else { return "0s" }
    let (unit, size) = durationUnits.first { milliseconds % $0.1 == 0 } ?? ("ms", 1)
    return "\(milliseconds / size)\(unit)"
  }

  /// A size as it would be written in the file.
  static func text(bytes count: Int) -> String {
    guard count != 0 else { return "0B" }
    let (unit, size) = byteUnits.first { count % $0.1 == 0 } ?? ("B", 1)
    return "\(count / size)\(unit)"
  }

  private struct Unreadable: Error {
    let reason: String
  }

  private static func scaled(_ text: String, _ units: [(String, Int)]) -> Result<Int, Unreadable> {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    let unit = text.dropFirst(digits.count).trimmingCharacters(in: .whitespaces)
    guard !digits.isEmpty else { return .failure(Unreadable(reason: "`\(text)` does not begin with a number")) }
    guard !unit.isEmpty else { return .failure(Unreadable(reason: "`\(text)` has no unit")) }
    guard let size = units.first(where: { $0.0 == unit })?.1 else {
      return .failure(Unreadable(reason: "`\(unit)` is not a unit that is known here"))
    }
    guard let number = Int(digits), case let (product, false) = number.multipliedReportingOverflow(by: size) else {
      return .failure(Unreadable(reason: "`\(text)` is too large"))
    }
    return .success(product)
  }
}
