// Prints the documented example file from the table of keys, so that the two cannot drift apart.

import Foundation

/// The example configuration file of a table of keys.
public enum ConfigExample {
  /// YAML in which every key is explained. What has a default stands there commented out; what is required does not.
  public static func yaml(_ keys: [ConfigKey], title: String) -> String {
    var lines = comment(title, "")
    lines += comment("Every key can also be given by the environment variable that is named beside it.", "")
    var section: [String] = []
    for key in grouped(keys) {
      let parts = key.name.split(separator: ".").map(String.init)
      let parents = Array(parts.dropLast())
      if parents != section {
        let shared = zip(parents, section).prefix { $0 == $1 }.count
        if shared == 0 { lines.append("") }
        for depth in shared..<parents.count { lines.append(indent(depth) + parents[depth] + ":") }
        section = parents
      } else if parents.isEmpty {
        lines.append("")
      }
      let space = indent(parents.count)
      lines += comment(key.doc, space)
      lines.append("\(space)# \(key.allowed)  [\(key.environment)]")
      let value = quoted(key.isRequired ? key.example ?? "" : key.defaultText ?? key.example ?? "", key.kind)
      lines.append("\(space)\(key.isRequired ? "" : "#")\(parts.last ?? key.name): \(value)")
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// Keys of one section beside each other, sections in the order of their first key, those without one first.
  private static func grouped(_ keys: [ConfigKey]) -> [ConfigKey] {
    var order: [String] = [""]
    var sections: [String: [ConfigKey]] = [:]
    for key in keys {
      let section = key.name.split(separator: ".").dropLast().joined(separator: ".")
      if sections[section] == nil, !order.contains(section) { order.append(section) }
      sections[section, default: []].append(key)
    }
    return order.flatMap { sections[$0] ?? [] }
  }

  private static func indent(_ depth: Int) -> String { String(repeating: "  ", count: depth) }

  /// Words wrapped at 100 columns.
  private static func comment(_ text: String, _ space: String) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if !line.isEmpty, space.count + line.count + word.count + 3 > 100 {
        lines.append("\(space)# \(line)")
        line = ""
      }
      line += (line.isEmpty ? "" : " ") + word
    }
    return lines + ["\(space)# \(line)"]
  }

  private static func quoted(_ text: String, _ kind: ConfigKey.Kind) -> String {
    switch kind {
    case .string, .path, .oneOf:
      let escaped = text.replacingOccurrences(of: "\\", with: "\\\\").replacingOccurrences(of: "\"", with: "\\\"")
      return "\"\(escaped)\""
    case .list:
      let items = text.split(separator: ",").map { "\"\($0.trimmingCharacters(in: .whitespaces))\"" }
      return "[\(items.joined(separator: ", "))]"
    default: return text
    }
  }
}
