// Who is who: platforms, replicas, orders and dots. Parsed once at the edge; a value of these types is well formed.

/// Why a name is refused.
public struct NameError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String
}

/// A sector platform's name: a slug that never changes. `hub` is the hotline's.
public struct PlatformName: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  /// The hotline.
  public static let hub = PlatformName(unchecked: "hub")

  /// 1 to 32 of `a-z 0-9 -`, beginning with a letter, not ending with a dash.
  public init(_ text: String) throws(NameError) {
    guard PlatformName.isSlug(text) else {
      throw NameError(
        description: "'\(text.prefix(64))' is not a name: use 1 to 32 of a-z, 0-9 and -, beginning with a letter")
    }
    self.text = text
  }

  init(unchecked text: String) { self.text = text }

  public var isHub: Bool { text == "hub" }
  public var description: String { text }
  public static func < (left: PlatformName, right: PlatformName) -> Bool { left.text < right.text }

  static func isSlug(_ text: some StringProtocol) -> Bool {
    let utf8 = Array(text.utf8)
    guard (1...32).contains(utf8.count), (0x61...0x7A).contains(utf8[0]), utf8.last != 0x2D else { return false }
    return utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x2D }
  }
}

/// One run of one database: the platform's name and 80 random bits, as in `water.7k2m4n…` (RFC 4648 base32, lower case).
public struct ReplicaID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  public init(_ text: String) throws(NameError) {
    let parts = text.utf8.split(separator: 0x2E, omittingEmptySubsequences: false)
    guard parts.count == 2, PlatformName.isSlug(Substring(parts[0])),
      parts[1].count == 16,
      parts[1].allSatisfy({ (0x61...0x7A).contains($0) || (0x32...0x37).contains($0) })
    else { throw NameError(description: "'\(text.prefix(64))' is not a replica") }
    self.text = text
  }

  /// A new replica's name from 10 random bytes; surplus bytes are ignored, missing ones count as zero.
  public init(platform: PlatformName, random: [UInt8]) {
    var output: [UInt8] = []
    var buffer: UInt32 = 0
    var bits = 0
    for index in 0..<10 {
      buffer = buffer << 8 | UInt32(index < random.count ? random[index] : 0)
      bits += 8
      while bits >= 5 {
        bits -= 5
        output.append(ReplicaID.alphabet[Int(buffer >> UInt32(bits)) & 31])
      }
      buffer &= (1 << UInt32(bits)) - 1
    }
    text = platform.text + "." + String(decoding: output, as: UTF8.self)
  }

  /// Whose replica it is.
  public var platform: PlatformName {
    PlatformName(unchecked: String(text.prefix { $0 != "." }))
  }

  public var isHub: Bool { text.hasPrefix("hub.") }
  public var description: String { text }
  public static func < (left: ReplicaID, right: ReplicaID) -> Bool { left.text < right.text }
}

/// An order's identity: the maker's name and a UUIDv7, as in `water-0192…`. Only that platform may create it.
public struct OrderID: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let text: String

  public init(_ text: String) throws(NameError) {
    let utf8 = Array(text.utf8)
    guard utf8.count >= 38, utf8.count <= 69, utf8[utf8.count - 37] == 0x2D,
      PlatformName.isSlug(text.prefix(utf8.count - 37)), OrderID.isUUID(utf8.suffix(36))
    else { throw NameError(description: "'\(text.prefix(80))' is not an order id") }
    self.text = text
  }

  /// A new id: UUIDv7 (RFC 9562 §5.7) of `milliseconds` since 1970 and 10 random bytes.
  public init(maker: PlatformName, milliseconds: Int, random: [UInt8]) {
    let hex = Array("0123456789abcdef".utf8)
    var raw = [UInt8](repeating: 0, count: 16)
    let time = UInt64(clamping: milliseconds)
    for index in 0..<6 { raw[index] = UInt8(truncatingIfNeeded: time >> UInt64(40 - 8 * index)) }
    for index in 0..<10 where index < random.count { raw[6 + index] = random[index] }
    raw[6] = raw[6] & 0x0F | 0x70
    raw[8] = raw[8] & 0x3F | 0x80
    var output = Array(maker.text.utf8) + [0x2D]
    for (index, byte) in raw.enumerated() {
      if [4, 6, 8, 10].contains(index) { output.append(0x2D) }
      output.append(hex[Int(byte >> 4)])
      output.append(hex[Int(byte & 15)])
    }
    text = String(decoding: output, as: UTF8.self)
  }

  /// The platform (or the hub) that may create this order.
  public var maker: PlatformName { PlatformName(unchecked: String(text.dropLast(37))) }

  /// A short form for people, until the order has a number: maker and the end of the random part.
  public var short: String { maker.text + "…" + text.suffix(8) }

  public var description: String { text }
  public static func < (left: OrderID, right: OrderID) -> Bool { left.text < right.text }

  private static func isUUID(_ utf8: some Collection<UInt8>) -> Bool {
    for (index, byte) in utf8.enumerated() {
      switch index {
      case 8, 13, 18, 23: if byte != 0x2D { return false }
      default: if !((0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)) { return false }
      }
    }
    return true
  }
}

/// The author's n-th change: unique for ever. Outbox position, idempotency key and causal counter in one.
public struct Dot: Sendable, Hashable, Comparable, CustomStringConvertible {
  public let replica: ReplicaID
  /// From 1, without gaps, at most `Limits.maxInteger`.
  public let n: Int

  public init(_ replica: ReplicaID, _ n: Int) {
    self.replica = replica
    self.n = n
  }

  /// Parses `replica:n`.
  public init(_ text: String) throws(NameError) {
    guard let colon = text.lastIndex(of: ":"), let n = Int(text[text.index(after: colon)...]), n >= 1,
      n <= Limits.maxInteger, String(n) == text[text.index(after: colon)...]
    else { throw NameError(description: "'\(text.prefix(80))' is not a dot") }
    self.init(try ReplicaID(String(text[..<colon])), n)
  }

  public var description: String { "\(replica.text):\(n)" }
  public static func < (left: Dot, right: Dot) -> Bool {
    left.replica == right.replica ? left.n < right.n : left.replica < right.replica
  }
}
