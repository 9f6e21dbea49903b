// A plan as one line of text, so that a failing world, shrunk or not, can be handed from one person to another and run again.

extension Plan: CustomStringConvertible {
  var description: String {
    [
      "seed=\(seed)", "hubs=\(hubs)", "platforms=\(platforms.map(String.init).joined(separator: ","))", "days=\(days)",
      "bursts=\(bursts)", "edits=\(edits)", "intensity=\(intensity)",
      "faults=\(faults.sorted().map(\.rawValue).joined(separator: ","))",
    ].joined(separator: " ")
  }

  /// Reads what `description` wrote; a bare number is a seed. Nil where it is neither.
  init?(text: String) {
    if let seed = UInt64(text) {
      self.init(seed: seed)
      return
    }
    var fields: [Substring: Substring] = [:]
    for field in text.split(separator: " ") {
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else { return nil }
      fields[parts[0]] = parts[1]
    }
    guard let seed = fields["seed"].flatMap({ UInt64($0) }) else { return nil }
    self.init(seed: seed)
    if let text = fields["hubs"], let count = Int(text) { hubs = count }
    if let text = fields["platforms"] { platforms = text.split(separator: ",").compactMap { Int($0) } }
    if let text = fields["days"], let count = Int(text) { days = count }
    if let text = fields["bursts"], let count = Int(text) { bursts = count }
    if let text = fields["edits"], let count = Int(text) { edits = count }
    if let text = fields["intensity"], let value = Double(text) { intensity = value }
    if let text = fields["faults"] {
      faults = Set(text.split(separator: ",").compactMap { Fault(rawValue: String($0)) })
    }
    guard hubs > 0, !platforms.isEmpty, bursts > 0 else { return nil }
  }
}
