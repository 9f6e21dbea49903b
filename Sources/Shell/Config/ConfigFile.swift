// Walks the YAML tree of a configuration file and checks every node against the table of keys, with line numbers.

import Foundation
import Yams

/// Reads the file half of a configuration.
enum ConfigFile {
  /// A configuration is short; this stops a wrong file from being parsed.
  private static let maxBytes = 1 << 20

  static func read(
    _ path: String, _ keys: [ConfigKey]
  ) -> (values: [String: ConfigValue], faults: [ConfigFailure.Fault]) {
    let root: Node?
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path))
      guard data.count <= maxBytes, let text = String(data: data, encoding: .utf8) else {
        return ([:], [.init(place: path, key: nil, reason: "is not a UTF-8 text of at most \(maxBytes) bytes")])
      }
      root = try compose(yaml: text)
    } catch let error as YamlError {
      return ([:], [fault(error, path)])
    } catch {
      return ([:], [.init(place: path, key: nil, reason: "cannot be read: \(error.localizedDescription)")])
    }
    var reader = Reader(path: path, keys: keys)
    // An empty file, or one of comments only, sets nothing.
    if let root, root.null == nil { reader.walk(root, prefix: "") }
    return (reader.values, reader.faults)
  }

  private static func fault(_ error: YamlError, _ path: String) -> ConfigFailure.Fault {
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .init(place: "\(path):\(mark.line)", key: nil, reason: "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      .init(
        place: "\(path):\(context.mark.line)", key: duplicates.joined(separator: ", "),
        reason: "is given twice in the mapping that begins here")
    default:
      .init(place: path, key: nil, reason: "is not YAML: \(error)")
    }
  }
}

/// The state of one walk.
private struct Reader {
  let path: String
  let keys: [ConfigKey]
  var values: [String: ConfigValue] = [:]
  var faults: [ConfigFailure.Fault] = []
  private var lines: [String: Int] = [:]

  init(path: String, keys: [ConfigKey]) {
    self.path = path
    self.keys = keys
  }

  mutating func walk(_ node: Node, prefix: String) {
    guard case .mapping(let mapping) = node else {
      return note(
        node, prefix.isEmpty ? nil : String(prefix.dropLast()), "is a value; here a section of keys is expected")
    }
    for (keyNode, valueNode) in mapping {
      guard let last = keyNode.scalar?.string else {
        note(keyNode, nil, "a key must be a plain text")
        continue
      }
      let name = prefix + last
      if let key = keys.first(where: { $0.name == name }) {
        if let first = lines.updateValue(keyNode.mark?.line ?? 0, forKey: name) {
          note(keyNode, name, "is given twice, first in line \(first)")
        } else {
          read(valueNode, key)
        }
      } else if keys.contains(where: { $0.name.hasPrefix(name + ".") }) {
        // A section whose keys are all commented out is an empty value.
        if valueNode.null == nil { walk(valueNode, prefix: name + ".") }
      } else {
        note(keyNode, name, Suggestion.unknownKey(name, keys))
      }
    }
  }

  private mutating func read(_ node: Node, _ key: ConfigKey) {
    switch node {
    case .sequence(let sequence) where key.kind == .list:
      let texts = sequence.compactMap { $0.null == nil ? $0.scalar?.string : nil }
      guard texts.count == sequence.count else { return note(node, key.name, "holds what is not a text") }
      values[key.name] = .list(texts)
    case .scalar(let scalar):
      guard node.null == nil else { return note(node, key.name, "has no value; allowed: \(key.allowed)") }
      let (value, reason) = ConfigValue.parse(scalar.string, as: key.kind)
      guard let value else { return note(node, key.name, "\(reason); allowed: \(key.allowed)") }
      values[key.name] = key.kind == .path ? .string(resolved(scalar.string)) : value
    default:
      note(node, key.name, "must be a single value; allowed: \(key.allowed)")
    }
  }

  /// A relative path counts from the directory of the file, so that it does not depend on where the daemon starts.
  private func resolved(_ text: String) -> String {
    guard !text.hasPrefix("/") else { return text }
    return URL(fileURLWithPath: path).deletingLastPathComponent().appendingPathComponent(text).standardizedFileURL.path
  }

  private mutating func note(_ node: Node, _ key: String?, _ reason: String) {
    faults.append(.init(place: "\(path):\(node.mark?.line ?? 0)", key: key, reason: reason))
  }
}
