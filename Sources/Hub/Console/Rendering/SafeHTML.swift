// Markup that may stand in a page as it is. What makes it are our own literals, the engine of templates and the drawings; whatever comes
// from outside is escaped on its way in.

import Shell

/// A piece of HTML or SVG. Written as a literal, whose interpolated texts are escaped:
///
///     let point: SafeHTML = "<circle r=\"3\"><title>\(hostile)</title></circle>"
///
/// Interpolate only where a text or the value of a quoted attribute may stand: escaping does not make an address, a name or a script
/// harmless.
struct SafeHTML: Sendable, Hashable, ExpressibleByStringInterpolation {
  let markup: String

  static let empty: SafeHTML = ""

  init(stringLiteral value: String) { markup = value }

  init(stringInterpolation: Interpolation) { markup = stringInterpolation.markup }

  /// What a template made.
  init(_ rendered: Rendered) { markup = rendered.markup }

  /// What was drawn.
  init(_ drawing: Drawing) { markup = drawing.markup }

  static func joined(_ parts: [SafeHTML]) -> SafeHTML { "\(parts)" }

  struct Interpolation: StringInterpolationProtocol {
    fileprivate(set) var markup = ""

    init(literalCapacity: Int, interpolationCount: Int) { markup.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { markup += literal }
    mutating func appendInterpolation(_ text: String) { HTMLText.append(text, to: &markup) }
    mutating func appendInterpolation(_ number: Int) { markup += String(number) }
    mutating func appendInterpolation(_ part: SafeHTML) { markup += part.markup }
    mutating func appendInterpolation(_ parts: [SafeHTML]) { for part in parts { markup += part.markup } }

    /// With at most two decimals, which is finer than a screen.
    mutating func appendInterpolation(_ number: Double) {
      guard number.isFinite, abs(number) < 1e12 else {
        markup += "0"
        return
      }
      let hundredths = Int((number * 100).rounded())
      markup += hundredths < 0 ? "-" : ""
      markup += String(hundredths.magnitude / 100)
      let rest = hundredths.magnitude % 100
      guard rest != 0 else { return }
      markup += rest % 10 == 0 ? ".\(rest / 10)" : (rest < 10 ? ".0" : ".") + String(rest)
    }
  }
}

/// Texts as they stand in HTML. By Unicode scalars: a quote with an accent behind it is one character for people, and still a quote for
/// a browser.
enum HTMLText {
  static func escaped(_ text: String) -> String {
    var result = ""
    append(text, to: &result)
    return result
  }

  static func append(_ text: String, to result: inout String) {
    guard text.utf8.contains(where: { mayNeedEscape($0) }) else {
      result += text
      return
    }
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      case "\"": result += "&quot;"
      case "'": result += "&#39;"
      case "\n", "\t": result.unicodeScalars.append(scalar)
      case "\r": result += "&#13;"
      // What would steer the text around it, or is there without being seen, is seen.
      case _ where Sanitize.steers(scalar): result += "\u{FFFD}"
      default: result.unicodeScalars.append(scalar)
      }
    }
  }

  /// Whether a byte of UTF-8 can belong to something that is not written as it is.
  private static func mayNeedEscape(_ byte: UInt8) -> Bool {
    switch byte {
    case 0..<0x20, 0x22, 0x26, 0x27, 0x3C, 0x3E, 0x7F: true
    // First bytes of the controls beyond ASCII.
    case 0xC2, 0xD8, 0xE2, 0xEF, 0xF3: true
    default: false
    }
  }
}

/// An address that a page may lead to although it comes from outside: of the web, and nothing that runs.
struct WebAddress: Sendable, Hashable {
  let text: String

  init?(_ text: String) {
    let lowered = text.prefix(8).lowercased()
    guard lowered.hasPrefix("https://") || lowered.hasPrefix("http://"), text.utf8.count <= 2_048,
      text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F })
    else { return nil }
    self.text = text
  }
}

extension String {
  /// As one part of a path or one value of a query: only letters and digits of ASCII, `-`, `.`, `_` and `~` stay.
  var inPath: String {
    var result = ""
    for byte in utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E:
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        result += "%" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return result
  }
}
