// Loads a configuration by a table of keys: command line over environment over file over default. What the keys mean
// is their owners' business; reading the YAML tree is ConfigFile's.

import Foundation

/// A checked configuration: every value is of its key's kind, and what is required is there.
///
/// Asking for a key that the table does not have, or as another kind, is a mistake of the program; it throws too.
public struct Settings: Sendable {
  private let keys: [String: ConfigKey]
  private let values: [String: ConfigValue]

  /// - Parameters:
  ///   - file: the YAML file; nil when there is none. One that is named but cannot be read is an error.
  ///   - overrides: texts by key from the command line.
  public static func load(
    _ keys: [ConfigKey], file: String?, environment: [String: String] = ProcessInfo.processInfo.environment,
    overrides: [String: String] = [:]
  ) throws(ConfigFailure) -> Settings {
    var faults: [ConfigFailure.Fault] = []
    var values: [String: ConfigValue] = [:]

    for key in keys {
      guard let text = key.defaultText else { continue }
      store(text, key, at: "default", &values, &faults)
    }
    if let file {
      let read = ConfigFile.read(file, keys)
      faults += read.faults
      values.merge(read.values) { $1 }
    }
    for key in keys {
      if let text = environment[key.environment] {
        store(text, key, at: "environment \(key.environment)", &values, &faults)
      }
    }
    for (name, text) in overrides.sorted(by: { $0.key < $1.key }) {
      if let key = keys.first(where: { $0.name == name }) {
        store(text, key, at: "command line", &values, &faults)
      } else {
        faults.append(.init(place: "command line", key: name, reason: Suggestion.unknownKey(name, keys)))
      }
    }
    for key in keys where key.isRequired && values[key.name] == nil {
      // Not when it is there and wrong, or when the file could not be read: that is the one thing to say then.
      guard !faults.contains(where: { $0.key == nil || $0.key == key.name }) else { continue }
      faults.append(
        .init(
          place: file ?? "configuration", key: key.name,
          reason: "is not set, and there is no default; set it in the file or as \(key.environment): \(key.allowed)"))
    }
    guard faults.isEmpty else { throw ConfigFailure(faults: faults) }
    return Settings(keys: Dictionary(keys.map { ($0.name, $0) }) { $1 }, values: values)
  }

  private static func store(
    _ text: String, _ key: ConfigKey, at place: String, _ values: inout [String: ConfigValue],
    _ faults: inout [ConfigFailure.Fault]
  ) {
    let (value, reason) = ConfigValue.parse(text, as: key.kind)
    if let value {
      values[key.name] = value
    } else {
      faults.append(.init(place: place, key: key.name, reason: "\(reason); allowed: \(key.allowed)"))
    }
  }

  /// Whether the key has a value.
  public func has(_ name: String) -> Bool { values[name] != nil }

  /// Of a key of kind `string` or `oneOf`.
  public func string(_ name: String) throws(ConfigFailure) -> String {
    guard case .string(let value) = try value(name) else { throw misused(name) }
    return value
  }

  public func list(_ name: String) throws(ConfigFailure) -> [String] {
    guard case .list(let value) = try value(name) else { throw misused(name) }
    return value
  }

  public func integer(_ name: String) throws(ConfigFailure) -> Int {
    guard case .integer(let value) = try value(name) else { throw misused(name) }
    return value
  }

  public func bool(_ name: String) throws(ConfigFailure) -> Bool {
    guard case .bool(let value) = try value(name) else { throw misused(name) }
    return value
  }

  public func duration(_ name: String) throws(ConfigFailure) -> Duration {
    guard case .duration(let value) = try value(name) else { throw misused(name) }
    return value
  }

  /// Of a key of kind `bytes`.
  public func bytes(_ name: String) throws(ConfigFailure) -> Int {
    guard case .bytes(let value) = try value(name) else { throw misused(name) }
    return value
  }

  /// Of a key of kind `path`.
  public func path(_ name: String) throws(ConfigFailure) -> String { try string(name) }

  private func value(_ name: String) throws(ConfigFailure) -> ConfigValue {
    guard let key = keys[name] else { throw misused(name) }
    guard let value = values[name] else {
      throw ConfigFailure(
        faults: [.init(place: "configuration", key: name, reason: "is not set; set it to \(key.allowed)")])
    }
    return value
  }

  private func misused(_ name: String) -> ConfigFailure {
    let kind = keys[name].map { "is \($0.allowed) and was asked for as another kind" } ?? "is not in the table of keys"
    return ConfigFailure(faults: [.init(place: "program", key: name, reason: kind)])
  }
}
