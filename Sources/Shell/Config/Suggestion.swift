// The nearest key to one that does not exist.

enum Suggestion {
  static func unknownKey(_ name: String, _ keys: [ConfigKey]) -> String {
    guard let near = nearest(to: name, among: keys.map(\.name)) else {
      return "is not a key; known here: \(siblings(of: name, among: keys.map(\.name)).joined(separator: ", "))"
    }
    return "is not a key; did you mean `\(near)`?"
  }

  /// What may stand in the section that `name` names; at the top if there is no such section.
  private static func siblings(of name: String, among names: [String]) -> [String] {
    let prefix = name.lastIndex(of: ".").map { String(name[...$0]) } ?? ""
    let section = names.contains { $0.hasPrefix(prefix) } ? prefix : ""
    var result: [String] = []
    for candidate in names where candidate.hasPrefix(section) {
      let next = section + candidate.dropFirst(section.count).prefix { $0 != "." }
      if !result.contains(next) { result.append(next) }
    }
    return result
  }

  /// The candidate with the fewest edits, if these are few enough to be a slip.
  static func nearest(to text: String, among candidates: [String]) -> String? {
    let scored = candidates.map { (name: $0, distance: distance(text.lowercased(), $0.lowercased())) }
    guard let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= max(2, text.count / 3) else {
      // The right key in the wrong section, or without one.
      let last = text.split(separator: ".").last.map(String.init) ?? text
      return candidates.first { $0.split(separator: ".").last.map(String.init) == last }
    }
    return best.name
  }

  /// Levenshtein's distance (V. I. Levenshtein, 1966), one row at a time.
  private static func distance(_ left: String, _ right: String) -> Int {
    let right = Array(right)
    var row = Array(0...right.count)
    for (i, character) in left.enumerated() {
      var diagonal = row[0]
      row[0] = i + 1
      for j in right.indices {
        let substituted = diagonal + (character == right[j] ? 0 : 1)
        diagonal = row[j + 1]
        row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
      }
    }
    return row[right.count]
  }
}
