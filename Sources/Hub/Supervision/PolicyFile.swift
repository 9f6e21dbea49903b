// Reads a policy from its YAML file: an unknown key or a wrong unit is refused, naming file, line and key, and all faults at once. What
// the file leaves out stays as the defaults have it. The walk over its tree is PolicyReader's; what the values mean is Policy's.

import Core
import Foundation
import Shell
import Yams

/// Everything that is wrong with a policy file, at once.
struct PolicyFailure: Error, Equatable, Sendable, CustomStringConvertible {
  struct Fault: Equatable, Sendable, CustomStringConvertible {
    /// `policy.yaml:12`.
    let place: String
    /// `limits.accept[1].limit`, or nil where the file itself is wrong.
    let key: String?
    let reason: String

    var description: String { "\(place): " + (key.map { "\($0): " } ?? "") + Sanitize.line(reason) }
  }

  let faults: [Fault]
  var description: String { faults.map(\.description).joined(separator: "\n") }
}

enum PolicyFile {
  /// A policy is short; this stops a wrong file from being parsed.
  private static let maxBytes = 1 << 20

  /// The keys of each section; `[]` is one element of a list. The example file has them all.
  static let keys: [String: [String]] = [
    "": ["name", "calendar", "dispatch", "limits", "requests", "ladder", "callBacks", "texts"],
    "calendar": ["timeZone", "workingDays", "workingHours", "holidays", "makeUpDays"],
    "limits": RegisterTable.stages,
    "limits[]": ["name", "when", "limit", "from"],
    "when": ["emergency", "kind", "priority", "sector", "category", "season", "hours"],
    "requests": ["maxExtensions"],
    "ladder[]": ["stages", "when", "dueSoon", "urge", "supervise", "answerWithin"],
    "callBacks": ["satisfiedFrom", "attempts", "retryAfter"],
    "texts": ["urge", "supervise"],
  ]

  static func read(_ path: String) throws(PolicyFailure) -> Policy {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw PolicyFailure(
        faults: [.init(place: path, key: nil, reason: "cannot be read: \(error.localizedDescription)")])
    }
    guard data.count <= maxBytes, let text = String(data: data, encoding: .utf8) else {
      throw PolicyFailure(
        faults: [.init(place: path, key: nil, reason: "is not a UTF-8 text of at most \(maxBytes) bytes")])
    }
    return try parse(text, name: path)
  }

  /// The policy that `text` holds; `name` is the file's in messages.
  static func parse(_ text: String, name: String) throws(PolicyFailure) -> Policy {
    let root: Node?
    do { root = try compose(yaml: text) } catch { throw PolicyFailure(faults: [fault(error, name)]) }
    var reader = PolicyReader(file: name)
    // An empty file, or one of comments only, says nothing else than the defaults.
    if let root, root.null == nil { reader.policy(root) }
    guard reader.faults.isEmpty else { throw PolicyFailure(faults: reader.faults) }
    return reader.policy
  }

  private static func fault(_ error: any Error, _ name: String) -> PolicyFailure.Fault {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .init(place: "\(name):\(mark.line)", key: nil, reason: "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      .init(
        place: "\(name):\(context.mark.line)", key: duplicates.joined(separator: ", "),
        reason: "is given twice in the section that begins here")
    default: .init(place: name, key: nil, reason: "is not YAML: \(error)")
    }
  }
}
