// A change as one line of JSON, and back. The bytes are hashed, stored and forwarded as they came; unknown fields are ignored here
// and so survive. Decoding never traps: every fault is a JSONError that names field and offset.

public enum ChangeLine {
  /// Writes the line, without a newline.
  public static func encode(_ change: Change) -> [UInt8] {
    var output: [UInt8] = []
    output.reserveCapacity(512)
    func text(_ literal: String) { output.append(contentsOf: literal.utf8) }
    text("{\"order\":\"")
    text(change.order.text)
    text("\",\"dot\":[\"")
    text(change.dot.replica.text)
    text("\",\(change.dot.n)],\"context\":")
    change.context.write(to: &output)
    text(",\"at\":[\(change.at.milliseconds),\(change.at.counter)],\"author\":")
    change.author.json.write(to: &output)
    if let request = change.request {
      text(",\"request\":")
      JSON.writeString(request, to: &output)
    }
    if let origin = change.origin { text(",\"origin\":[\"\(origin.dot)\",\"\(origin.hash)\"]") }
    text(",\"edits\":[")
    for (index, edit) in change.edits.enumerated() {
      if index > 0 { output.append(0x2C) }
      switch edit {
      case .set(let register, let value):
        text("{\"set\":")
        JSON.writeString(register, to: &output)
        text(",\"value\":")
        output.append(contentsOf: value.bytes)
      case .append(let kind, let value):
        text("{\"append\":")
        JSON.writeString(kind, to: &output)
        text(",\"value\":")
        output.append(contentsOf: value.bytes)
      }
      output.append(0x7D)
    }
    text("]}")
    return output
  }

  /// Reads a line. Throws where a field is missing, of the wrong type or beyond a limit.
  public static func decode(_ line: [UInt8]) throws(JSONError) -> Change {
    guard line.count <= Limits.maxLineBytes else {
      throw JSONError(.outOfRange, field: "line: at most \(Limits.maxLineBytes) bytes")
    }
    if let newline = line.firstIndex(of: 0x0A) { throw JSONError(.unexpected, at: newline) }
    var reader = try JSONReader(line)
    var order: OrderID?
    var dot: Dot?
    var context: VersionVector?
    var at: HybridTime?
    var author: Author?
    var edits: [Edit]?
    var request: String?
    var origin: Origin?
    try reader.readObject { (reader, key) throws(JSONError) in
      switch key {
      case "order": order = try named(try reader.readString(), key) { text throws(NameError) in try OrderID(text) }
      case "dot": dot = try readDot(&reader)
      case "context": context = try VersionVector.read(&reader)
      case "at": at = try HybridTime.read(&reader)
      case "author": author = try readAuthor(&reader)
      case "edits": edits = try readEdits(&reader)
      case "request":
        if try !reader.readNullIfPresent() { request = try reader.readString() }
        if let request, request.utf8.count > Limits.maxRequestIDBytes {
          throw JSONError(.outOfRange, field: "request: at most \(Limits.maxRequestIDBytes) bytes")
        }
      case "origin": if try !reader.readNullIfPresent() { origin = try readOrigin(&reader) }
      default: try reader.skipValue()
      }
    }
    try reader.finish()
    guard let order else { throw JSONError(.missing, field: "order") }
    guard let dot else { throw JSONError(.missing, field: "dot") }
    guard let context else { throw JSONError(.missing, field: "context") }
    guard let at else { throw JSONError(.missing, field: "at") }
    guard let edits else { throw JSONError(.missing, field: "edits") }
    return Change(
      order: order, dot: dot, context: context, at: at, author: author ?? Author(name: "", role: ""), edits: edits,
      request: request, origin: origin)
  }

  private static func named<Name>(
    _ text: String, _ field: String, _ make: (String) throws(NameError) -> Name
  ) throws(JSONError) -> Name {
    do { return try make(text) } catch { throw JSONError(.wrongType, field: field) }
  }

  private static func readDot(_ reader: inout JSONReader) throws(JSONError) -> Dot {
    var replica: ReplicaID?
    var n: Int?
    try reader.readArray { (reader) throws(JSONError) in
      if replica == nil {
        replica = try named(try reader.readString(), "dot") { text throws(NameError) in try ReplicaID(text) }
      } else if n == nil {
        n = try reader.readInt()
      } else {
        throw JSONError(.unexpected, at: reader.position, field: "dot")
      }
    }
    guard let replica, let n else { throw JSONError(.missing, field: "dot") }
    guard n >= 1, n <= Limits.maxInteger else { throw JSONError(.outOfRange, field: "dot") }
    return Dot(replica, n)
  }

  private static func readAuthor(_ reader: inout JSONReader) throws(JSONError) -> Author {
    var author = Author(name: "", role: "")
    try reader.readObject { (reader, key) throws(JSONError) in
      switch key {
      case "name": author.name = try reader.readString()
      case "role": author.role = try reader.readString()
      case "for": author.onBehalfOf = try reader.readNullIfPresent() ? nil : try reader.readString()
      default: try reader.skipValue()
      }
    }
    return author
  }

  private static func readEdits(_ reader: inout JSONReader) throws(JSONError) -> [Edit] {
    var edits: [Edit] = []
    try reader.readArray { (reader) throws(JSONError) in
      guard edits.count < Limits.maxEdits else {
        throw JSONError(.outOfRange, at: reader.position, field: "edits: at most \(Limits.maxEdits)")
      }
      edits.append(try readEdit(&reader))
    }
    return edits
  }

  private static func readEdit(_ reader: inout JSONReader) throws(JSONError) -> Edit {
    var register: String?
    var kind: String?
    var value: JSONText?
    try reader.readObject { (reader, key) throws(JSONError) in
      switch key {
      case "set": register = try reader.readString()
      case "append": kind = try reader.readString()
      case "value": value = try reader.readRaw()
      default: try reader.skipValue()
      }
    }
    guard let value else { throw JSONError(.missing, at: reader.position, field: "edits.value") }
    guard value.bytes.count <= Limits.maxValueBytes else {
      throw JSONError(.outOfRange, at: reader.position, field: "edits.value: at most \(Limits.maxValueBytes) bytes")
    }
    switch (register, kind) {
    case (let register?, nil):
      guard register.utf8.count <= Limits.maxRegisterNameBytes, !register.isEmpty, isOneLine(register) else {
        throw JSONError(.outOfRange, at: reader.position, field: "edits.set")
      }
      return .set(register: register, value: value)
    case (nil, let kind?):
      guard kind.utf8.count <= Limits.maxRegisterNameBytes, !kind.isEmpty, isOneLine(kind) else {
        throw JSONError(.outOfRange, at: reader.position, field: "edits.append")
      }
      return .append(kind: kind, value: value)
    default: throw JSONError(.unexpected, at: reader.position, field: "edits: exactly one of set and append")
    }
  }

  /// Names stand on the lines of the canonical form, so they hold neither spaces nor control characters.
  private static func isOneLine(_ name: String) -> Bool { name.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

  private static func readOrigin(_ reader: inout JSONReader) throws(JSONError) -> Origin {
    var parts: [String] = []
    try reader.readArray { (reader) throws(JSONError) in
      if parts.count == 2 { throw JSONError(.unexpected, at: reader.position, field: "origin") }
      parts.append(try reader.readString())
    }
    guard parts.count == 2, let hash = Hash(parts[1]) else { throw JSONError(.wrongType, field: "origin") }
    let dot = try named(parts[0], "origin") { text throws(NameError) in try Dot(text) }
    return Origin(dot: dot, hash: hash)
  }
}
