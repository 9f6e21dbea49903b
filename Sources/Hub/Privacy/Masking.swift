// What is shown of a personal value before somebody reveals it: enough to tell two callers apart, too little to ring one up.

import Core

enum Masking {
  /// What of a person's record tells nothing of the person.
  private static let open: Set<String> = ["language", "anonymous"]

  /// `{"name":"王*","phone":"138****1234","masked":true}`; of a text that is no number, `***`.
  static func masked(_ value: JSON) -> JSON {
    switch value {
    case .object(let members):
      return .object(
        members.map { member in
          open.contains(member.key) ? member : JSON.Member(member.key, masked(member.key, member.value))
        } + [JSON.Member("masked", true)])
    default: return masked("", value)
    }
  }

  private static func masked(_ key: String, _ value: JSON) -> JSON {
    switch (key, value) {
    case (_, .null), (_, .bool): value
    case ("name", .string(let name)): .string(String(name.prefix(1)) + "*")
    case (_, .string(let text)): .string(masked(number: text) ?? "***")
    default: "***"
    }
  }

  /// A telephone number's ends, where the text is one; a short one keeps its last two digits.
  private static func masked(number text: String) -> String? {
    let digits = text.filter { $0.isASCII && $0.isNumber }
    guard digits.count >= 5, text.allSatisfy({ $0.isASCII && ($0.isNumber || " +-()".contains($0)) }) else {
      return nil
    }
    guard digits.count >= 10 else { return "****" + digits.suffix(2) }
    return digits.prefix(3) + "****" + digits.suffix(4)
  }
}
