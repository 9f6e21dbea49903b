// Two forms of a state. The stored form is what a database row holds: compact, with contexts, read back on the next merge. The
// canonical form is what two replicas compare byte for byte: vector, registers, voids and entries, each sorted, made of the very
// bytes in which their authors wrote the values.

/// An appended entry, as read from the log.
public struct OrderEntry: Sendable, Hashable {
  public let dot: Dot
  /// Its index among the change's edits.
  public let index: Int
  public let at: HybridTime
  public let author: Author
  public let kind: String
  public let value: JSONText
}

/// Why a stored state cannot be read back; the remedy is to fold the log again.
public struct StateError: Error, Sendable, CustomStringConvertible {
  public let description: String
}

extension Change {
  /// The entries that this change appends.
  public var entries: [OrderEntry] {
    edits.enumerated().compactMap { index, edit in
      guard case .append(let kind, let value) = edit else { return nil }
      return OrderEntry(dot: dot, index: index, at: at, author: author, kind: kind, value: value)
    }
  }
}

extension OrderState {
  /// The canonical form. `entries` are those of all applied changes that are not void, in any order.
  ///
  /// Lines, each ended by a newline: `order ID`, then `vector REPLICA N` by replica, `register NAME DOT TIME VALUE` by name and
  /// dot (`void/…` registers among them), `superseded DOT` by dot, `entry DOT INDEX KIND VALUE` by dot and index.
  public func canonical(entries: [OrderEntry]) -> [UInt8] {
    var output: [UInt8] = []
    func text(_ literal: String) { output.append(contentsOf: literal.utf8) }
    text("order \(id.text)\n")
    for component in vector.components { text("vector \(component.replica.text) \(component.n)\n") }
    for (name, siblings) in registers.sorted(by: { $0.key < $1.key }) {
      for sibling in siblings {
        text("register \(name) \(sibling.dot) \(sibling.at) ")
        output.append(contentsOf: sibling.value.bytes)
        output.append(0x0A)
      }
    }
    for dot in superseded.sorted() { text("superseded \(dot)\n") }
    for entry in entries.sorted(by: { $0.dot == $1.dot ? $0.index < $1.index : $0.dot < $1.dot }) {
      text("entry \(entry.dot) \(entry.index) \(entry.kind) ")
      output.append(contentsOf: entry.value.bytes)
      output.append(0x0A)
    }
    return output
  }

  /// The hash by which two replicas compare their states.
  public func canonicalHash(entries: [OrderEntry]) -> Hash { .of(canonical(entries: entries)) }

  /// The stored form: `[2, vector, writes, registers]`, where a register refers to its write by index; with `replaced` and `superseded`
  /// behind it where there are any. Its seal follows, so that what a disk altered is not read as another state.
  public var stored: [UInt8] {
    var writes: [String: Int] = [:]
    var writeBytes: [UInt8] = []
    var registerBytes: [UInt8] = []
    for (name, siblings) in registers.sorted(by: { $0.key < $1.key }) {
      for sibling in siblings {
        let key = "\(sibling.dot)/\(sibling.reinstated?.description ?? "")/\(sibling.at)"
        let index = writes[key] ?? writes.count
        if index == writes.count, writes[key] == nil {
          writes[key] = index
          if index > 0 { writeBytes.append(0x2C) }
          writeBytes.append(contentsOf: "[\"\(sibling.dot.replica.text)\",\(sibling.dot.n),".utf8)
          writeBytes.append(contentsOf: "\(sibling.at.milliseconds),\(sibling.at.counter),".utf8)
          sibling.context.write(to: &writeBytes)
          if let reinstated = sibling.reinstated { writeBytes.append(contentsOf: ",\"\(reinstated)\"".utf8) }
          writeBytes.append(0x5D)
        }
        if !registerBytes.isEmpty { registerBytes.append(0x2C) }
        registerBytes.append(0x5B)
        JSON.writeString(name, to: &registerBytes)
        registerBytes.append(contentsOf: ",\(index),".utf8)
        registerBytes.append(contentsOf: sibling.value.bytes)
        registerBytes.append(0x5D)
      }
    }
    var output = Array("[2,".utf8)
    vector.write(to: &output)
    output.append(contentsOf: ",[".utf8)
    output.append(contentsOf: writeBytes)
    output.append(contentsOf: "],[".utf8)
    output.append(contentsOf: registerBytes)
    output.append(0x5D)
    if !replaced.isEmpty {
      let lists = [replaced, superseded].map { dots in dots.sorted().map { "\"\($0)\"" }.joined(separator: ",") }
      output.append(contentsOf: ",[\(lists[0])],[\(lists[1])]".utf8)
    }
    output.append(0x5D)
    output.append(contentsOf: OrderState.seal(of: output, id))
    return output
  }

  private static let sealSize = 12

  /// `#` and the first eight bytes of SHA-256 over the order's id and the form.
  private static func seal(of form: [UInt8], _ id: OrderID) -> [UInt8] {
    let hash = Hash.of(Array(id.text.utf8), form)
    return [0x23] + Array(Base64URL.encode(Array(hash.bytes[1...8])).utf8)
  }

  /// Reads the stored form back, also that of older software, which had no seal.
  public init(id: OrderID, stored: [UInt8]) throws(StateError) {
    self.init(id: id)
    do {
      try readStored(stored)
    } catch let error as JSONError {
      throw StateError(description: "the stored state of \(id) cannot be read: \(error)")
    } catch {
      throw StateError(description: "the stored state of \(id) cannot be read: \(error)")
    }
  }

  private mutating func readStored(_ stored: [UInt8]) throws {
    let hasSeal = stored.count > OrderState.sealSize && stored[stored.count - OrderState.sealSize] == 0x23
    let form = hasSeal ? Array(stored.dropLast(OrderState.sealSize)) : stored
    if hasSeal, !stored.suffix(OrderState.sealSize).elementsEqual(OrderState.seal(of: form, id)) {
      throw StateError(description: "its bytes are not those that were written")
    }
    struct Write {
      var dot: Dot
      var at: HybridTime
      var context: VersionVector
      var reinstated: Dot?
    }
    var reader = try JSONReader(form)
    var part = 0
    var vector = VersionVector()
    var writes: [Write] = []
    var registers: [String: [Sibling]] = [:]
    try reader.readArray { (reader) throws(JSONError) in
      switch part {
      case 0: guard try reader.readInt() == (hasSeal ? 2 : 1) else { throw JSONError(.outOfRange, field: "version") }
      case 1: vector = try VersionVector.read(&reader, limit: nil)
      case 2:
        try reader.readArray { (reader) throws(JSONError) in
          var replica = ""
          var numbers: [Int] = []
          var context = VersionVector()
          var reinstated: String?
          var field = 0
          try reader.readArray { (reader) throws(JSONError) in
            switch field {
            case 0: replica = try reader.readString()
            case 1, 2, 3: numbers.append(try reader.readInt())
            case 4: context = try VersionVector.read(&reader, limit: nil)
            default: reinstated = try reader.readString()
            }
            field += 1
          }
          guard numbers.count == 3, let id = try? ReplicaID(replica) else {
            throw JSONError(.wrongType, field: "write")
          }
          writes.append(
            Write(
              dot: Dot(id, numbers[0]), at: HybridTime(numbers[1], numbers[2]), context: context,
              reinstated: reinstated.flatMap { try? Dot($0) }))
        }
      case 4, 5:
        try reader.readArray { (reader) throws(JSONError) in
          guard let dot = try? Dot(try reader.readString()) else { throw JSONError(.wrongType, field: "replaced") }
          if part == 4 { replaced.insert(dot) } else { superseded.insert(dot) }
        }
      default:
        try reader.readArray { (reader) throws(JSONError) in
          var name = ""
          var index = -1
          var value = JSONText.null
          var field = 0
          try reader.readArray { (reader) throws(JSONError) in
            switch field {
            case 0: name = try reader.readString()
            case 1: index = try reader.readInt()
            default: value = try reader.readRaw()
            }
            field += 1
          }
          guard writes.indices.contains(index) else { throw JSONError(.outOfRange, field: "register") }
          let write = writes[index]
          registers[name, default: []].append(
            Sibling(
              dot: write.dot, at: write.at, context: write.context, reinstated: write.reinstated, value: value))
        }
      }
      part += 1
    }
    try reader.finish()
    guard part == 4 || part == 6 else { throw JSONError(.missing, field: "state") }
    self.vector = vector
    self.registers = registers
    hasCorrections = registers.keys.contains { Merge.isCorrection($0) }
  }
}
