// Colour, and when there is any.

import Foundation

/// Paints text with ANSI colours, or leaves it as it is.
public struct Style: Equatable, Sendable {
  public enum Colour: Int, Sendable {
    case bold = 1
    case dim = 2
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case magenta = 35
    case cyan = 36
  }

  public let isEnabled: Bool

  public init(isEnabled: Bool) { self.isEnabled = isEnabled }

  /// Colour if `descriptor` is a terminal that can, and NO_COLOR (no-color.org) is unset or empty.
  public init(for descriptor: Int32, environment: [String: String] = ProcessInfo.processInfo.environment) {
    isEnabled =
      Terminal.isTerminal(descriptor) && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  public static var standardOutput: Style { Style(for: STDOUT_FILENO) }
  public static var standardError: Style { Style(for: STDERR_FILENO) }

  /// `text` in that colour; it must be sanitised already.
  public func paint(_ text: String, _ colour: Colour?) -> String {
    guard isEnabled, let colour else { return text }
    return "\u{1B}[\(colour.rawValue)m\(text)\u{1B}[0m"
  }
}
