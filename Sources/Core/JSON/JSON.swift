// A JSON value as a tree, for messages and for values that are read for their meaning. Exact bytes are JSONText's.

/// A JSON value. Integers that fit `Int` are `.int`; every other number keeps its exact token.
public enum JSON: Sendable, Hashable {
  case null
  case bool(Bool)
  case int(Int)
  case number(String)
  case string(String)
  case array([JSON])
  case object([Member])

  /// One member of an object; order is kept.
  public struct Member: Sendable, Hashable {
    public let key: String
    public let value: JSON
    public init(_ key: String, _ value: JSON) {
      self.key = key
      self.value = value
    }
  }

  /// Parses one JSON text; depth and syntax are bounded by `JSONReader`.
  public init(parsing bytes: [UInt8]) throws(JSONError) {
    var reader = try JSONReader(bytes)
    self = try JSON.read(&reader)
    try reader.finish()
  }

  /// Reads the next value of `reader` as a tree.
  public static func read(_ reader: inout JSONReader) throws(JSONError) -> JSON {
    switch try reader.peek() {
    case 0x7B:
      var members: [Member] = []
      try reader.readObject { (reader, key) throws(JSONError) in members.append(Member(key, try read(&reader))) }
      return .object(members)
    case 0x5B:
      var elements: [JSON] = []
      try reader.readArray { (reader) throws(JSONError) in elements.append(try read(&reader)) }
      return .array(elements)
    case 0x22: return .string(try reader.readString())
    case 0x74, 0x66: return .bool(try reader.readBool())
    case 0x6E:
      _ = try reader.readNullIfPresent()
      return .null
    default:
      let range = try reader.skipValue()
      let token = String(decoding: reader.bytes[range], as: UTF8.self)
      return Int(token).map(JSON.int) ?? .number(token)
    }
  }

  /// The value's text, compact, members in their order.
  public var bytes: [UInt8] {
    var output: [UInt8] = []
    write(to: &output)
    return output
  }

  public func write(to output: inout [UInt8]) {
    switch self {
    case .null: output.append(contentsOf: "null".utf8)
    case .bool(let value): output.append(contentsOf: (value ? "true" : "false").utf8)
    case .int(let value): output.append(contentsOf: String(value).utf8)
    case .number(let token): output.append(contentsOf: token.utf8)
    case .string(let text): JSON.writeString(text, to: &output)
    case .array(let elements):
      output.append(0x5B)
      for (index, element) in elements.enumerated() {
        if index > 0 { output.append(0x2C) }
        element.write(to: &output)
      }
      output.append(0x5D)
    case .object(let members):
      output.append(0x7B)
      for (index, member) in members.enumerated() {
        if index > 0 { output.append(0x2C) }
        JSON.writeString(member.key, to: &output)
        output.append(0x3A)
        member.value.write(to: &output)
      }
      output.append(0x7D)
    }
  }

  /// Writes `text` as a JSON string; control characters, line separators included, are escaped.
  public static func writeString(_ text: String, to output: inout [UInt8]) {
    output.append(0x22)
    var text = text
    text.withUTF8 { utf8 in
      for byte in utf8 {
        switch byte {
        case 0x22: output.append(contentsOf: [0x5C, 0x22])
        case 0x5C: output.append(contentsOf: [0x5C, 0x5C])
        case 0x0A: output.append(contentsOf: [0x5C, 0x6E])
        case 0x0D: output.append(contentsOf: [0x5C, 0x72])
        case 0x09: output.append(contentsOf: [0x5C, 0x74])
        case 0..<0x20, 0x7F:
          output.append(contentsOf: "\\u00".utf8)
          output.append(hexDigit(byte >> 4))
          output.append(hexDigit(byte & 15))
        default: output.append(byte)
        }
      }
    }
    output.append(0x22)
  }

  private static func hexDigit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x61 + value - 10 }

  // MARK: Reading

  /// The member named `key`, or nil where this is no object or has none.
  public subscript(key: String) -> JSON? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  public var isNull: Bool { self == .null }
  public var asString: String? { if case .string(let text) = self { text } else { nil } }
  public var asInt: Int? { if case .int(let value) = self { value } else { nil } }
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var asArray: [JSON]? { if case .array(let elements) = self { elements } else { nil } }
  public var asObject: [Member]? { if case .object(let members) = self { members } else { nil } }

  /// The member `key` as a string; throws `missing` or `wrongType`, naming the field.
  public func string(_ key: String) throws(JSONError) -> String {
    guard let value = self[key] else { throw JSONError(.missing, field: key) }
    guard let text = value.asString else { throw JSONError(.wrongType, field: key) }
    return text
  }

  /// The member `key` as an integer within `range`.
  public func int(_ key: String, in range: ClosedRange<Int> = 0...Limits.maxInteger) throws(JSONError) -> Int {
    guard let value = self[key] else { throw JSONError(.missing, field: key) }
    guard let number = value.asInt else { throw JSONError(.wrongType, field: key) }
    guard range.contains(number) else { throw JSONError(.outOfRange, field: key) }
    return number
  }

  /// The member `key` as a string, or nil where absent or null.
  public func optionalString(_ key: String) throws(JSONError) -> String? {
    guard let value = self[key], value != .null else { return nil }
    guard let text = value.asString else { throw JSONError(.wrongType, field: key) }
    return text
  }

  /// The member `key` as an integer, or nil where absent or null.
  public func optionalInt(_ key: String, in range: ClosedRange<Int> = 0...Limits.maxInteger) throws(JSONError) -> Int? {
    guard let value = self[key], value != .null else { return nil }
    guard let number = value.asInt else { throw JSONError(.wrongType, field: key) }
    guard range.contains(number) else { throw JSONError(.outOfRange, field: key) }
    return number
  }

  /// The member `key` as a boolean, or nil where absent or null.
  public func optionalBool(_ key: String) throws(JSONError) -> Bool? {
    guard let value = self[key], value != .null else { return nil }
    guard let flag = value.asBool else { throw JSONError(.wrongType, field: key) }
    return flag
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
  public init(stringLiteral value: String) { self = .string(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(booleanLiteral value: Bool) { self = .bool(value) }
  public init(arrayLiteral elements: JSON...) { self = .array(elements) }
  public init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { Member($0.0, $0.1) })
  }

  /// An object without the members whose value is nil.
  public static func compact(_ members: [(String, JSON?)]) -> JSON {
    .object(members.compactMap { key, value in value.map { Member(key, $0) } })
  }

  public static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
  public static func optional(_ value: Int?) -> JSON { value.map(JSON.int) ?? .null }
}

/// One JSON value as the very bytes in which its author wrote it: syntax checked, never re-encoded.
public struct JSONText: Sendable, Hashable {
  public let bytes: [UInt8]

  /// Takes bytes that a `JSONReader` has already passed as one value.
  init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  public init(_ json: JSON) { bytes = json.bytes }

  /// Checks that `bytes` is exactly one JSON value on one line.
  public init(checking bytes: [UInt8]) throws(JSONError) {
    if let newline = bytes.firstIndex(of: 0x0A) { throw JSONError(.unexpected, at: newline) }
    var reader = try JSONReader(bytes)
    let range = try reader.skipValue()
    try reader.finish()
    self.bytes = Array(bytes[range])
  }

  public static let null = JSONText(.null)
  public var isNull: Bool { bytes == JSONText.null.bytes }

  /// The value as a tree. A text that was checked always parses; a fault reads as null.
  public var json: JSON { (try? JSON(parsing: bytes)) ?? .null }
}
