// Makes foreign text harmless to a terminal and to a log: what would steer either is shown as an escape instead.

/// Shows control characters of data instead of obeying them.
public enum Sanitize {
  /// One line: line breaks and tabs too become `\n`, `\r`, `\t`.
  public static func line(_ text: String) -> String { escaped(text, keepsLineBreaks: false) }

  /// As ``line(_:)``, but line feeds stay: for text that is shown as a paragraph.
  public static func block(_ text: String) -> String { escaped(text, keepsLineBreaks: true) }

  private static func escaped(_ text: String, keepsLineBreaks: Bool) -> String {
    guard text.unicodeScalars.contains(where: steers) else { return text }
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\n" where keepsLineBreaks: result.append(scalar)
      case "\n": result.append(contentsOf: "\\n".unicodeScalars)
      case "\r": result.append(contentsOf: "\\r".unicodeScalars)
      case "\t": result.append(contentsOf: "\\t".unicodeScalars)
      case _ where steers(scalar):
        result.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
      default: result.append(scalar)
      }
    }
    return String(result)
  }

  /// Controls (C0, DEL, C1), bidirectional controls, line separators, and characters that are there without being seen.
  public static func steers(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x00...0x1F, 0x7F...0x9F: true
    case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: true
    case 0x2028, 0x2029: true
    case 0x200B, 0x2060...0x2064, 0xFEFF, 0xFFF9...0xFFFB, 0xE0000...0xE007F: true
    default: false
    }
  }
}
