// Enrolment tokens: how they are made, written, read and compared. Which were spent is the store's and the ledger's business.

import Core

/// Why a text is no enrolment token. Never quotes it: it may be a token with one wrong character.
enum TokenError: Error, Equatable, CustomStringConvertible {
  case malformed
  case badPlatform(NameError)
  /// A certificate of the hotline itself would be one that may do everything.
  case hubItself

  var description: String {
    switch self {
    case .malformed:
      "this is not an enrolment token; one reads lx1-<platform>-<32 letters and digits>, as `lianxin-hub token create` shows it"
    case .badPlatform(let error):
      error.description
    case .hubItself:
      "agents enrol for a platform, and `hub` is the hotline; name the platform"
    }
  }
}

/// A one-time secret by which an agent of one platform gets its first certificate: `lx1-water-<base32>`.
///
/// The hub keeps `hash` only. Print `text` once, to the administrator who asked for it; `description` hides the secret.
struct EnrolmentToken: Sendable, CustomStringConvertible {
  /// 160 random bits, above the 128 that make guessing hopeless, and a whole number of base32 letters.
  static let secretBytes = 20
  private static let prefix = "lx1-"
  private static let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
  private static let secretLetters = 32

  let platform: PlatformName
  let text: String

  var description: String { "\(Self.prefix)\(platform)-…" }

  /// Over the whole text, so that it binds the platform too.
  var hash: Hash { Hash.of(Array(text.utf8)) }

  /// Makes a new token for `platform`.
  static func make(
    platform: PlatformName, using random: inout some RandomNumberGenerator
  ) throws(TokenError) -> EnrolmentToken {
    guard !platform.isHub else { throw .hubItself }
    return EnrolmentToken(platform: platform, text: "\(prefix)\(platform)-\(base32(random.bytes(secretBytes)))")
  }

  /// Reads a token as a person typed it: spaces around it and capitals do not matter.
  init(parsing typed: String) throws(TokenError) {
    guard typed.utf8.count <= 256 else { throw .malformed }
    let text = typed.trimmingPrefix { $0.isWhitespace }.lowercased()
    let trimmed = String(text.reversed().trimmingPrefix { $0.isWhitespace }.reversed())
    guard trimmed.hasPrefix(Self.prefix), let dash = trimmed.lastIndex(of: "-") else { throw .malformed }
    let start = trimmed.index(trimmed.startIndex, offsetBy: Self.prefix.count)
    guard start < dash else { throw .malformed }
    let secret = trimmed[trimmed.index(after: dash)...].utf8
    guard secret.count == Self.secretLetters, secret.allSatisfy(Self.alphabet.contains) else { throw .malformed }
    let platform: PlatformName
    do {
      platform = try PlatformName(String(trimmed[start..<dash]))
    } catch {
      throw .badPlatform(error)
    }
    guard !platform.isHub else { throw .hubItself }
    self.init(platform: platform, text: trimmed)
  }

  /// Whether `storedHash` is this token's, in a time that does not depend on where they differ.
  func matches(_ storedHash: Hash) -> Bool {
    // Both have 33 bytes; every one is looked at.
    zip(hash.bytes, storedHash.bytes).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  private init(platform: PlatformName, text: String) {
    self.platform = platform
    self.text = text
  }

  /// RFC 4648 §6 in lower case. 20 bytes are 32 letters: no padding.
  private static func base32(_ bytes: [UInt8]) -> String {
    var letters: [UInt8] = []
    var pending: UInt32 = 0
    var pendingBits = 0
    for byte in bytes {
      pending = pending << 8 | UInt32(byte)
      pendingBits += 8
      while pendingBits >= 5 {
        pendingBits -= 5
        letters.append(alphabet[Int(pending >> UInt32(pendingBits) & 31)])
      }
      pending &= (1 << UInt32(pendingBits)) - 1
    }
    return String(decoding: letters, as: UTF8.self)
  }
}
