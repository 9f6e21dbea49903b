// What a configuration key is: one row of the table from which loading, errors and the example file are made.

/// One documented key. Names are dotted: `sync.listen` is `listen` inside `sync` in the file.
public struct ConfigKey: Sendable {
  /// What a value must look like.
  public enum Kind: Sendable, Equatable {
    case string
    case oneOf([String])
    /// Several strings: a YAML sequence, or separated by commas in the environment and on the command line.
    case list
    case integer(ClosedRange<Int>)
    case bool
    /// With its unit, as in `250ms 30s 5m 2h 90d`.
    case duration(ClosedRange<Duration>)
    /// With its unit, as in `512B 64KiB 8MiB 2GiB`.
    case bytes(ClosedRange<Int>)
    /// Relative to the file that it stands in, elsewhere to the working directory.
    case path
  }

  public let name: String
  public let kind: Kind
  /// As it would be written in the file; nil when there is none.
  public let defaultText: String?
  /// Whether a start without it is refused (only meaningful without a default).
  public let isRequired: Bool
  /// A value for the example file, where the default does not serve.
  public let example: String?
  public let doc: String
  /// The environment variable.
  public let environment: String

  /// - Parameter environment: by default made of the name: `LIANXIN_HUB_SYNC_LISTEN` with prefix `LIANXIN_HUB`.
  public init(
    _ name: String, _ kind: Kind, default defaultText: String? = nil, required: Bool = false, example: String? = nil,
    prefix: String, environment: String? = nil, doc: String
  ) {
    self.name = name
    self.kind = kind
    self.defaultText = defaultText
    self.isRequired = required
    self.example = example
    self.doc = doc
    self.environment = environment ?? prefix + "_" + Self.shouted(name)
  }

  /// What may stand there, for error messages and the example file.
  public var allowed: String {
    switch kind {
    case .string: "text"
    case .oneOf(let values): "one of " + values.joined(separator: ", ")
    case .list: "a list of texts"
    case .integer(let range):
      range == Int.min...Int.max ? "a whole number" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
    case .bool: "true or false"
    case .duration(let range):
      "a duration with its unit (ms, s, m, h, d), from \(ConfigValue.text(range.lowerBound))"
        + " to \(ConfigValue.text(range.upperBound)), as in 30s"
    case .bytes(let range):
      "a size with its unit (B, KiB, MiB, GiB), from \(ConfigValue.text(bytes: range.lowerBound))"
        + " to \(ConfigValue.text(bytes: range.upperBound)), as in 8MiB"
    case .path: "the path of a file or directory"
    }
  }

  /// `sync.maxBatch` as `SYNC_MAX_BATCH`.
  private static func shouted(_ name: String) -> String {
    var result = ""
    for character in name {
      switch character {
      case ".", "-": result += "_"
      case _ where character.isUppercase: result += "_" + String(character)
      default: result += character.uppercased()
      }
    }
    return result
  }
}

extension ConfigKey.Kind {
  /// Any duration from 0 on.
  public static var duration: Self { .duration(.zero ... .seconds(36_500 * 86_400)) }
  /// Any size from 0 on.
  public static var bytes: Self { .bytes(0...(1 << 50)) }
  /// Any whole number.
  public static var integer: Self { .integer(Int.min...Int.max) }
}
