// One entry of a push, a feed or a reconcile: a head line and, where it goes with it, the exact bytes of the change's line.

/// What travels beside a line.
public struct Head: Sendable, Hashable {
  public var order: OrderID
  public var dot: Dot
  /// The replica's previous n on this order, 0 for its first.
  public var prev: Int
  public var hash: Hash
  /// The author's chain value after this change; only in a push.
  public var chain: Hash?
  /// The hub's receipt and verdict; not in a push.
  public var receipt: Hash?
  public var verdict: Verdict?
  /// The hub's clock when it first stored the change, milliseconds. Shown to people, never merged.
  public var received: Int?
  /// Sealed values that this reader may have.
  public var sealed: [SealedValue] = []
  /// Position and running hash; only in a feed.
  public var position: Int?
  public var feedHash: Hash?
  /// True for an entry of the emergency lane, which does not move the cursor.
  public var isLane = false

  public init(order: OrderID, dot: Dot, prev: Int, hash: Hash) {
    self.order = order
    self.dot = dot
    self.prev = prev
    self.hash = hash
  }
}

/// A head and its line; the head may go alone.
public struct Entry: Sendable, Hashable {
  public var head: Head
  public var line: [UInt8]?

  public init(head: Head, line: [UInt8]?) {
    self.head = head
    self.line = line
  }

  /// Appends the head line and, if there is one, the change's line, each ended by a newline.
  public func write(to output: inout [UInt8]) {
    func text(_ literal: String) { output.append(contentsOf: literal.utf8) }
    text("{\"order\":\"")
    text(head.order.text)
    text("\",\"replica\":\"")
    text(head.dot.replica.text)
    text("\",\"n\":\(head.dot.n),\"prev\":\(head.prev),\"hash\":\"\(head.hash)\"")
    if let chain = head.chain { text(",\"chain\":\"\(chain)\"") }
    if let receipt = head.receipt { text(",\"receipt\":\"\(receipt)\"") }
    if let verdict = head.verdict { text(",\"verdict\":\"\(verdict.rawValue)\"") }
    if let received = head.received { text(",\"received\":\(received)") }
    if let position = head.position { text(",\"position\":\(position)") }
    if let feedHash = head.feedHash { text(",\"feedHash\":\"\(feedHash)\"") }
    if head.isLane { text(",\"lane\":true") }
    if !head.sealed.isEmpty {
      text(",\"sealed\":[")
      for (index, sealed) in head.sealed.enumerated() {
        text(index > 0 ? ",[\"" : "[\"")
        text(Base64URL.encode(sealed.nonce))
        text("\",")
        output.append(contentsOf: sealed.value.bytes)
        text("]")
      }
      text("]")
    }
    text(",\"bytes\":\(line?.count ?? 0)}\n")
    if let line {
      output.append(contentsOf: line)
      output.append(0x0A)
    }
  }

  /// Reads a head line; also the number of bytes of the line that follows (0: the head goes alone).
  public static func readHead(_ bytes: [UInt8]) throws(JSONError) -> (head: Head, lineBytes: Int) {
    guard bytes.count <= Limits.maxHeadBytes else {
      throw JSONError(.outOfRange, field: "head: at most \(Limits.maxHeadBytes) bytes")
    }
    var reader = try JSONReader(bytes)
    var order: OrderID?
    var replica: ReplicaID?
    var numbers: [String: Int] = [:]
    var hashes: [String: Hash] = [:]
    var verdict: Verdict?
    var sealed: [SealedValue] = []
    var isLane = false
    try reader.readObject { (reader, key) throws(JSONError) in
      switch key {
      case "order":
        let text = try reader.readString()
        do { order = try OrderID(text) } catch { throw JSONError(.wrongType, field: key) }
      case "replica":
        let text = try reader.readString()
        do { replica = try ReplicaID(text) } catch { throw JSONError(.wrongType, field: key) }
      case "n", "prev", "received", "position", "bytes":
        let number = try reader.readInt()
        guard (0...Limits.maxInteger).contains(number) else { throw JSONError(.outOfRange, field: key) }
        numbers[key] = number
      case "hash", "chain", "receipt", "feedHash":
        guard let hash = Hash(try reader.readString()) else { throw JSONError(.wrongType, field: key) }
        hashes[key] = hash
      case "verdict":
        guard let known = Verdict(rawValue: try reader.readString()) else { throw JSONError(.wrongType, field: key) }
        verdict = known
      case "lane": isLane = try reader.readBool()
      case "sealed":
        try reader.readArray { (reader) throws(JSONError) in sealed.append(try readSealed(&reader)) }
      default: try reader.skipValue()
      }
    }
    try reader.finish()
    guard let order else { throw JSONError(.missing, field: "order") }
    guard let replica else { throw JSONError(.missing, field: "replica") }
    guard let n = numbers["n"], n >= 1 else { throw JSONError(.missing, field: "n") }
    guard let prev = numbers["prev"], prev < n else { throw JSONError(.outOfRange, field: "prev") }
    guard let hash = hashes["hash"] else { throw JSONError(.missing, field: "hash") }
    let lineBytes = numbers["bytes"] ?? 0
    guard lineBytes <= Limits.maxLineBytes else {
      throw JSONError(.outOfRange, field: "bytes: a line has at most \(Limits.maxLineBytes)")
    }
    var head = Head(order: order, dot: Dot(replica, n), prev: prev, hash: hash)
    head.chain = hashes["chain"]
    head.receipt = hashes["receipt"]
    head.feedHash = hashes["feedHash"]
    head.verdict = verdict
    head.received = numbers["received"]
    head.position = numbers["position"]
    head.sealed = sealed
    head.isLane = isLane
    return (head, lineBytes)
  }

  private static func readSealed(_ reader: inout JSONReader) throws(JSONError) -> SealedValue {
    var nonce: [UInt8]?
    var value: JSONText?
    try reader.readArray { (reader) throws(JSONError) in
      if nonce == nil {
        nonce = Base64URL.decode(try reader.readString())
        if nonce == nil { throw JSONError(.wrongType, at: reader.position, field: "sealed") }
      } else if value == nil {
        value = try reader.readRaw()
      } else {
        throw JSONError(.unexpected, at: reader.position, field: "sealed")
      }
    }
    guard let nonce, let value, (8...64).contains(nonce.count) else { throw JSONError(.wrongType, field: "sealed") }
    return SealedValue(nonce: nonce, value: value)
  }
}

/// A body of newline-delimited JSON: one header line, then entries. The header says how many, so that a body that was cut between
/// two entries is seen as cut.
public struct Batch: Sendable {
  public var header: JSON
  public var entries: [Entry]

  public static let mediaType = "application/x-ndjson"

  public init(header: JSON, entries: [Entry]) {
    self.header = header
    self.entries = entries
  }

  public var bytes: [UInt8] {
    var output = JSON.object((header.asObject ?? []) + [JSON.Member("entries", .int(entries.count))]).bytes
    output.append(0x0A)
    for entry in entries { entry.write(to: &output) }
    return output
  }

  /// Reads a whole body. A fault in it refuses all of it: nothing of a truncated or corrupted body is applied.
  public init(parsing body: [UInt8]) throws(JSONError) {
    guard body.count <= Limits.maxBatchBytes else {
      throw JSONError(.outOfRange, field: "body: at most \(Limits.maxBatchBytes) bytes")
    }
    var position = 0
    header = try JSON(parsing: Batch.nextLine(body, &position))
    entries = []
    while position < body.count {
      let start = position
      let headLine = try Batch.nextLine(body, &position)
      let (head, lineBytes) = try Batch.located(start) { () throws(JSONError) in try Entry.readHead(headLine) }
      var line: [UInt8]?
      if lineBytes > 0 {
        guard position + lineBytes < body.count, body[position + lineBytes] == 0x0A else {
          throw JSONError(.truncated, at: position, field: "line of \(head.dot)")
        }
        line = Array(body[position..<position + lineBytes])
        position += lineBytes + 1
      }
      guard entries.count < Limits.maxBatchChanges else {
        throw JSONError(.outOfRange, at: start, field: "entries: at most \(Limits.maxBatchChanges)")
      }
      entries.append(Entry(head: head, line: line))
    }
    guard try header.int("entries") == entries.count else {
      throw JSONError(.truncated, at: body.count, field: "entries")
    }
    header = .object((header.asObject ?? []).filter { $0.key != "entries" })
  }

  private static func nextLine(_ body: [UInt8], _ position: inout Int) throws(JSONError) -> [UInt8] {
    guard let end = body[position...].firstIndex(of: 0x0A) else { throw JSONError(.truncated, at: body.count) }
    defer { position = end + 1 }
    return Array(body[position..<end])
  }

  private static func located<Value>(
    _ start: Int, _ body: () throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    do { return try body() } catch {
      throw JSONError(error.reason, at: start + max(error.offset, 0), field: error.field)
    }
  }
}
