// A bounded, allocation-shy reader over the exact bytes of one JSON text. It validates UTF-8, syntax and depth, never traps,
// and can hand out the very bytes of a value. Building trees is JSON.swift's; meaning is its callers'.

/// Why a text is not acceptable JSON, and where.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The kind of fault.
  public enum Reason: String, Sendable {
    case notUTF8 = "not UTF-8"
    case truncated = "ends too early"
    case unexpected = "an unexpected character"
    case tooDeep = "nested too deep"
    case badNumber = "not a number"
    case badString = "a bad escape or control character in a string"
    case duplicateKey = "a key that occurs twice"
    case trailing = "something after the end"
    case wrongType = "a value of the wrong type"
    case missing = "a missing field"
    case outOfRange = "a value out of range"
  }
  public let reason: Reason
  /// Byte offset in the text, or -1 where the fault is in a decoded value.
  public let offset: Int
  /// The field concerned, where known.
  public let field: String

  public init(_ reason: Reason, at offset: Int = -1, field: String = "") {
    self.reason = reason
    self.offset = offset
    self.field = field
  }

  public var description: String {
    var text = reason.rawValue
    if !field.isEmpty { text += " (field \(field))" }
    if offset >= 0 { text += " at byte \(offset)" }
    return text
  }
}

/// A pull reader over one JSON text. Each `read…` consumes one value; `skipValue` returns the range of the value it passed.
public struct JSONReader {
  public let bytes: [UInt8]
  public private(set) var position: Int
  private let end: Int
  private var depth = 0

  /// Checks that `bytes` is UTF-8. Throws `notUTF8` otherwise.
  public init(_ bytes: [UInt8]) throws(JSONError) {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw JSONError(.notUTF8)
    }
    self.bytes = bytes
    position = 0
    end = bytes.count
  }

  /// Skips white space and returns the next byte without consuming it.
  public mutating func peek() throws(JSONError) -> UInt8 {
    while position < end {
      let byte = bytes[position]
      if byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 } else { return byte }
    }
    throw JSONError(.truncated, at: position)
  }

  private mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard try peek() == byte else { throw JSONError(.unexpected, at: position) }
    position += 1
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    if depth > Limits.maxDepth { throw JSONError(.tooDeep, at: position) }
  }

  /// Calls `body` once a member, with its key; `body` must consume the value. Keys must be unique.
  public mutating func readObject(
    _ body: (inout JSONReader, String) throws(JSONError) -> Void
  ) throws(JSONError) {
    try expect(0x7B)
    try enter()
    defer { depth -= 1 }
    if try peek() == 0x7D {
      position += 1
      return
    }
    var seen: [String] = []
    var seenMany: Set<String> = []
    while true {
      let start = position
      let key = try readString()
      if seen.count < 12 {
        if seen.contains(key) { throw JSONError(.duplicateKey, at: start, field: key) }
        seen.append(key)
      } else {
        if seenMany.isEmpty { seenMany = Set(seen) }
        if !seenMany.insert(key).inserted { throw JSONError(.duplicateKey, at: start, field: key) }
      }
      try expect(0x3A)
      _ = try peek()
      do throws(JSONError) { try body(&self, key) } catch {
        throw error.field.isEmpty ? JSONError(error.reason, at: error.offset, field: String(key.prefix(64))) : error
      }
      let next = try peek()
      position += 1
      if next == 0x7D { return }
      if next != 0x2C { throw JSONError(.unexpected, at: position - 1) }
      if try peek() != 0x22 { throw JSONError(.unexpected, at: position) }
    }
  }

  /// Calls `body` once an element; `body` must consume it.
  public mutating func readArray(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) {
    try expect(0x5B)
    try enter()
    defer { depth -= 1 }
    if try peek() == 0x5D {
      position += 1
      return
    }
    while true {
      _ = try peek()
      try body(&self)
      let next = try peek()
      position += 1
      if next == 0x5D { return }
      if next != 0x2C { throw JSONError(.unexpected, at: position - 1) }
    }
  }

  /// Reads a string value.
  public mutating func readString() throws(JSONError) -> String {
    guard try peek() == 0x22 else { throw JSONError(.wrongType, at: position) }
    let (range, escaped) = try skipString()
    if !escaped { return String(decoding: bytes[range], as: UTF8.self) }
    return try unescape(range)
  }

  /// Reads an integer. A fraction, an exponent or a value outside `Int` is `wrongType` or `outOfRange`, never rounded.
  public mutating func readInt() throws(JSONError) -> Int {
    let first = try peek()
    guard first == 0x2D || (first >= 0x30 && first <= 0x39) else { throw JSONError(.wrongType, at: position) }
    let start = position
    let isInteger = try skipNumber()
    guard isInteger else { throw JSONError(.wrongType, at: start) }
    guard let value = Int(String(decoding: bytes[start..<position], as: UTF8.self)) else {
      throw JSONError(.outOfRange, at: start)
    }
    return value
  }

  /// Reads `true` or `false`.
  public mutating func readBool() throws(JSONError) -> Bool {
    switch try peek() {
    case 0x74:
      try skipWord("true")
      return true
    case 0x66:
      try skipWord("false")
      return false
    default: throw JSONError(.wrongType, at: position)
    }
  }

  /// Consumes `null` if it is next.
  public mutating func readNullIfPresent() throws(JSONError) -> Bool {
    guard try peek() == 0x6E else { return false }
    try skipWord("null")
    return true
  }

  /// Passes one value of any type, validating it, and returns the range of its exact bytes.
  @discardableResult
  public mutating func skipValue() throws(JSONError) -> Range<Int> {
    let first = try peek()
    let start = position
    switch first {
    case 0x7B: try readObject { (reader, _) throws(JSONError) in try reader.skipValue() }
    case 0x5B: try readArray { (reader) throws(JSONError) in try reader.skipValue() }
    case 0x22: _ = try skipString(checkingEscapes: true)
    case 0x74: try skipWord("true")
    case 0x66: try skipWord("false")
    case 0x6E: try skipWord("null")
    default: _ = try skipNumber()
    }
    return start..<position
  }

  /// The exact bytes of the next value.
  public mutating func readRaw() throws(JSONError) -> JSONText {
    JSONText(unchecked: Array(bytes[try skipValue()]))
  }

  /// Demands that nothing but white space is left.
  public mutating func finish() throws(JSONError) {
    while position < end {
      let byte = bytes[position]
      guard byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
        throw JSONError(.trailing, at: position)
      }
      position += 1
    }
  }

  private mutating func skipWord(_ word: StaticString) throws(JSONError) {
    let length = word.utf8CodeUnitCount
    guard position + length <= end else { throw JSONError(.truncated, at: position) }
    for index in 0..<length where bytes[position + index] != word.utf8Start[index] {
      throw JSONError(.unexpected, at: position + index)
    }
    position += length
  }

  /// Passes a number by the grammar of RFC 8259; true if it has neither fraction nor exponent.
  private mutating func skipNumber() throws(JSONError) -> Bool {
    let start = position
    if position < end, bytes[position] == 0x2D { position += 1 }
    guard position < end else { throw JSONError(.truncated, at: position) }
    if bytes[position] == 0x30 {
      position += 1
    } else if try skipDigits() == 0 {
      throw JSONError(start == position ? .unexpected : .badNumber, at: position)
    }
    var isInteger = true
    if position < end, bytes[position] == 0x2E {
      position += 1
      isInteger = false
      if try skipDigits() == 0 { throw JSONError(.badNumber, at: position) }
    }
    if position < end, bytes[position] == 0x65 || bytes[position] == 0x45 {
      position += 1
      isInteger = false
      if position < end, bytes[position] == 0x2B || bytes[position] == 0x2D { position += 1 }
      if try skipDigits() == 0 { throw JSONError(.badNumber, at: position) }
    }
    if position - start > Limits.maxNumberBytes { throw JSONError(.badNumber, at: start) }
    return isInteger
  }

  private mutating func skipDigits() throws(JSONError) -> Int {
    let start = position
    while position < end, bytes[position] >= 0x30, bytes[position] <= 0x39 { position += 1 }
    return position - start
  }

  /// Passes a string; returns the range between its quotes and whether it holds escapes.
  private mutating func skipString(checkingEscapes: Bool = false) throws(JSONError) -> (Range<Int>, Bool) {
    position += 1
    let start = position
    var escaped = false
    while position < end {
      let byte = bytes[position]
      if byte == 0x22 {
        let range = start..<position
        position += 1
        if escaped, checkingEscapes { _ = try unescape(range) }
        return (range, escaped)
      }
      if byte < 0x20 { throw JSONError(.badString, at: position) }
      if byte == 0x5C {
        escaped = true
        position += 2
      } else {
        position += 1
      }
    }
    throw JSONError(.truncated, at: end)
  }

  private func unescape(_ range: Range<Int>) throws(JSONError) -> String {
    var output: [UInt8] = []
    output.reserveCapacity(range.count)
    var index = range.lowerBound
    while index < range.upperBound {
      let byte = bytes[index]
      if byte != 0x5C {
        output.append(byte)
        index += 1
        continue
      }
      guard index + 1 < range.upperBound else { throw JSONError(.badString, at: index) }
      switch bytes[index + 1] {
      case 0x22: output.append(0x22)
      case 0x5C: output.append(0x5C)
      case 0x2F: output.append(0x2F)
      case 0x62: output.append(0x08)
      case 0x66: output.append(0x0C)
      case 0x6E: output.append(0x0A)
      case 0x72: output.append(0x0D)
      case 0x74: output.append(0x09)
      case 0x75:
        var scalar = try hex4(at: index + 2, before: range.upperBound)
        index += 4
        if scalar >= 0xD800, scalar < 0xDC00 {
          guard index + 3 < range.upperBound, bytes[index + 2] == 0x5C, bytes[index + 3] == 0x75 else {
            throw JSONError(.badString, at: index)
          }
          let low = try hex4(at: index + 4, before: range.upperBound)
          guard low >= 0xDC00, low < 0xE000 else { throw JSONError(.badString, at: index) }
          scalar = 0x10000 + (scalar - 0xD800) << 10 + (low - 0xDC00)
          index += 6
        }
        guard let unicode = Unicode.Scalar(scalar) else { throw JSONError(.badString, at: index) }
        output.append(contentsOf: Character(unicode).utf8)
      default: throw JSONError(.badString, at: index)
      }
      index += 2
    }
    return String(decoding: output, as: UTF8.self)
  }

  private func hex4(at start: Int, before limit: Int) throws(JSONError) -> UInt32 {
    guard start + 4 <= limit else { throw JSONError(.badString, at: start) }
    var value: UInt32 = 0
    for index in start..<start + 4 {
      switch bytes[index] {
      case let digit where digit >= 0x30 && digit <= 0x39: value = value << 4 | UInt32(digit - 0x30)
      case let digit where digit >= 0x61 && digit <= 0x66: value = value << 4 | UInt32(digit - 0x61 + 10)
      case let digit where digit >= 0x41 && digit <= 0x46: value = value << 4 | UInt32(digit - 0x41 + 10)
      default: throw JSONError(.badString, at: index)
      }
    }
    return value
  }
}
