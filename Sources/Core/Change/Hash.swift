// Hashes, chain values, commitments and receipts, each led by a byte that names its algorithm (1 = SHA-256), and their text form.

import Crypto

/// A 33-byte tagged hash: algorithm byte and 32 bytes of SHA-256 or HMAC-SHA-256.
public struct Hash: Sendable, Hashable, CustomStringConvertible {
  /// The algorithm's byte and the value, 33 bytes.
  public let bytes: [UInt8]

  public static let size = 33
  public static let sha256: UInt8 = 1
  /// The value before the first: of a chain, of a feed.
  public static let zero = Hash(unchecked: [sha256] + [UInt8](repeating: 0, count: 32))

  private init(unchecked bytes: [UInt8]) { self.bytes = bytes }

  /// Takes 33 bytes of a known algorithm.
  public init?(bytes: [UInt8]) {
    guard bytes.count == Hash.size, bytes[0] == Hash.sha256 else { return nil }
    self.bytes = bytes
  }

  /// Reads the base64url form (44 characters).
  public init?(_ text: String) {
    guard text.utf8.count == 44, let bytes = Base64URL.decode(text) else { return nil }
    self.init(bytes: bytes)
  }

  /// SHA-256 over the parts, one after the other.
  public static func of(_ parts: [UInt8]...) -> Hash {
    var hasher = SHA256()
    for part in parts { hasher.update(data: part) }
    return Hash(unchecked: [sha256] + hasher.finalize())
  }

  /// HMAC-SHA-256.
  public static func authenticating(_ message: [UInt8], key: [UInt8]) -> Hash {
    Hash(unchecked: [sha256] + HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: key)))
  }

  public var description: String { Base64URL.encode(bytes) }
  public var json: JSON { .string(description) }

  /// The next value of a replica's chain: SHA-256(previous ‖ hash).
  public static func chain(_ previous: Hash, _ hash: Hash) -> Hash { .of(previous.bytes, hash.bytes) }

  /// The next value of a feed's running hash: SHA-256(previous ‖ dot ‖ hash).
  public static func feed(_ previous: Hash, _ dot: Dot, _ hash: Hash) -> Hash {
    .of(previous.bytes, Array(dot.description.utf8), hash.bytes)
  }

  /// What stands in a line for a sealed value: SHA-256(nonce ‖ value).
  public static func commitment(nonce: [UInt8], value: [UInt8]) -> Hash { .of(nonce, value) }
}

extension JSON {
  /// The member `key` as a hash.
  public func hash(_ key: String) throws(JSONError) -> Hash {
    guard let hash = Hash(try string(key)) else { throw JSONError(.wrongType, field: key) }
    return hash
  }
}

/// base64url without padding (RFC 4648 §5).
public enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
  private static let values: [UInt8] = {
    var table = [UInt8](repeating: 255, count: 256)
    for (value, byte) in alphabet.enumerated() { table[Int(byte)] = UInt8(value) }
    return table
  }()

  public static func encode(_ bytes: [UInt8]) -> String {
    var output: [UInt8] = []
    output.reserveCapacity((bytes.count * 4 + 2) / 3)
    var index = 0
    while index < bytes.count {
      let first = bytes[index]
      let second = index + 1 < bytes.count ? bytes[index + 1] : 0
      let third = index + 2 < bytes.count ? bytes[index + 2] : 0
      output.append(alphabet[Int(first >> 2)])
      output.append(alphabet[Int((first & 3) << 4 | second >> 4)])
      if index + 1 < bytes.count { output.append(alphabet[Int((second & 15) << 2 | third >> 6)]) }
      if index + 2 < bytes.count { output.append(alphabet[Int(third & 63)]) }
      index += 3
    }
    return String(decoding: output, as: UTF8.self)
  }

  /// The bytes, or nil where the text is not the canonical base64url form of any.
  public static func decode(_ text: String) -> [UInt8]? {
    var output: [UInt8] = []
    output.reserveCapacity(text.utf8.count * 3 / 4)
    var buffer: UInt32 = 0
    var bits = 0
    for byte in text.utf8 {
      let value = values[Int(byte)]
      if value == 255 { return nil }
      buffer = buffer << 6 | UInt32(value)
      bits += 6
      if bits >= 8 {
        bits -= 8
        output.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
        buffer &= (1 << UInt32(bits)) - 1
      }
    }
    return bits == 6 || buffer != 0 ? nil : output
  }
}
