// What is held of a set of orders, in 32 bytes: XOR over every change of a hash of what it is held as. Two sides that hold the same
// have the same digest, whatever the order in which it came; a digest is kept up to date by adding what came and what went.

import Crypto

/// XOR of SHA-256 values.
public struct Digest: Sendable, Hashable {
  public static let size = 32
  /// Of nothing.
  public static let zero = Digest()

  private var words: (UInt64, UInt64, UInt64, UInt64)

  private init() { words = (0, 0, 0, 0) }

  /// Takes 32 bytes.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Digest.size else { return nil }
    self.init(prefix: bytes[...])
  }

  private init(prefix bytes: ArraySlice<UInt8>) {
    func word(_ index: Int) -> UInt64 {
      bytes.dropFirst(index * 8).prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
    words = (word(0), word(1), word(2), word(3))
  }

  /// What one change adds. Only what the hub has given a receipt for is counted: without one there is no verdict, and so no digest.
  /// A line that is missing where it could be had is told apart from one that is there; of unreadable ones not everyone has the line.
  public static func of(_ hash: Hash, verdict: Verdict?, hasLine: Bool) -> Digest {
    guard let verdict else { return .zero }
    let held: UInt8 =
      switch verdict {
      case .accepted: hasLine ? 1 : 0x81
      case .void: hasLine ? 2 : 0x82
      case .unreadable: 3
      }
    var hasher = SHA256()
    hasher.update(data: hash.bytes)
    hasher.update(data: [held])
    return Digest(prefix: Array(hasher.finalize())[...])
  }

  public var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> UInt64(56 - 8 * $0)) }
    }
  }

  /// The first eight bytes, which is what travels and is compared: two sides that err are not two that conspire.
  public var short: UInt64 { words.0 }

  public static func ^ (left: Digest, right: Digest) -> Digest {
    var result = left
    result ^= right
    return result
  }

  public static func ^= (left: inout Digest, right: Digest) {
    left.words.0 ^= right.words.0
    left.words.1 ^= right.words.1
    left.words.2 ^= right.words.2
    left.words.3 ^= right.words.3
  }

  public static func == (left: Digest, right: Digest) -> Bool { left.words == right.words }
  public func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

/// Into which of 256 × 256 buckets an order falls: the first two bytes of SHA-256 of its id. A leaf's top bucket is its first byte.
public enum DigestBucket {
  public static let fanOut = 256
  public static let leaves = fanOut * fanOut

  public static func leaf(of order: OrderID) -> Int {
    let hash = Array(SHA256.hash(data: Array(order.text.utf8)))
    return Int(hash[0]) << 8 | Int(hash[1])
  }

  public static func top(ofLeaf leaf: Int) -> Int { leaf >> 8 }
  public static func leaves(ofTop top: Int) -> Range<Int> { top << 8..<(top + 1) << 8 }
}

/// Short digests as they travel: eight bytes each, base64url.
enum DigestCoding {
  static func encode(_ digests: [UInt64]) -> JSON {
    .string(
      Base64URL.encode(
        digests.flatMap { digest in (0..<8).map { UInt8(truncatingIfNeeded: digest >> UInt64(56 - 8 * $0)) } }))
  }

  /// `count` digests.
  static func decode(_ json: JSON?, count: Int, field: String) throws(JSONError) -> [UInt64] {
    guard let bytes = json?.asString.flatMap(Base64URL.decode), bytes.count == count * 8 else {
      throw JSONError(.wrongType, field: "\(field): \(count) digests of 8 bytes")
    }
    return (0..<count).map { index in bytes[index * 8..<index * 8 + 8].reduce(0) { $0 << 8 | UInt64($1) } }
  }
}
