// How passwords are kept: scrypt with its parameters beside the hash, so that they can be raised later. Which passwords may be chosen is
// PasswordRules'; when it is computed is PasswordQueue's.

import Core
import Crypto
import CryptoExtras
import Foundation

/// The price of one guess.
struct PasswordCost: Sendable, Hashable {
  /// log₂ N.
  let logN: Int
  let blockSize: Int
  let parallelism: Int

  /// OWASP's first choice for scrypt: 128 MiB and some tenths of a second.
  static let standard = PasswordCost(logN: 17, blockSize: 8, parallelism: 1)

  /// What a stored hash may ask for: a row of the database must not take the machine's memory.
  fileprivate var isSane: Bool {
    (1...20).contains(logN) && (1...16).contains(blockSize) && (1...4).contains(parallelism)
  }
}

/// A password's hash with all that made it.
struct PasswordHash: Sendable, Hashable {
  static let saltBytes = 16
  private static let hashBytes = 32

  let cost: PasswordCost
  let salt: [UInt8]
  let hash: [UInt8]

  /// Takes the time and memory that `cost` says. `password` is taken as ``PasswordRules/normalised(_:)`` gives it.
  static func make(_ password: String, salt: [UInt8], cost: PasswordCost) throws -> PasswordHash {
    PasswordHash(cost: cost, salt: salt, hash: try derive(password, salt, cost))
  }

  /// Whether it is the password's; in the same time, whatever differs.
  func matches(_ password: String) throws -> Bool {
    let derived = try PasswordHash.derive(password, salt, cost)
    return SecretText.equal(derived, hash)
  }

  private static func derive(_ password: String, _ salt: [UInt8], _ cost: PasswordCost) throws -> [UInt8] {
    // The library takes no empty passphrase, and somebody may send one.
    let key = try KDF.Scrypt.deriveKey(
      from: password.isEmpty ? [0] : Array(password.utf8), salt: salt, outputByteCount: hashBytes,
      rounds: 1 << cost.logN,
      blockSize: cost.blockSize, parallelism: cost.parallelism)
    return key.withUnsafeBytes { Array($0) }
  }

  private init(cost: PasswordCost, salt: [UInt8], hash: [UInt8]) {
    self.cost = cost
    self.salt = salt
    self.hash = hash
  }

  /// `$scrypt$ln=17,r=8,p=1$<salt>$<hash>`, base64url without padding.
  var text: String {
    "$scrypt$ln=\(cost.logN),r=\(cost.blockSize),p=\(cost.parallelism)$\(Base64URL.encode(salt))$\(Base64URL.encode(hash))"
  }

  /// Reads ``text``; nil where it is none that this software can compute.
  init?(_ text: String) {
    guard
      let match = text.wholeMatch(
        of: /\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9_-]+)\$([A-Za-z0-9_-]+)/),
      let logN = Int(match.1), let blockSize = Int(match.2), let parallelism = Int(match.3),
      let salt = Base64URL.decode(String(match.4)), let hash = Base64URL.decode(String(match.5)),
      hash.count == PasswordHash.hashBytes
    else { return nil }
    let cost = PasswordCost(logN: logN, blockSize: blockSize, parallelism: parallelism)
    guard cost.isSane, !salt.isEmpty else { return nil }
    self.init(cost: cost, salt: salt, hash: hash)
  }
}

/// Secrets that are compared or made.
enum SecretText {
  /// In a time that depends on the lengths alone.
  static func equal(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
  }

  /// 256 random bits as text.
  static func make(_ environment: HubEnvironment) -> String { Base64URL.encode(environment.random(32)) }

  /// What is stored of a secret that is random itself.
  static func hash(_ secret: String) -> [UInt8] { Hash.of(Array(secret.utf8)).bytes }

  /// `k3f7x-…`: 20 letters of base32, 100 bits, for people to type once.
  static func typed(_ environment: HubEnvironment) -> String {
    let alphabet = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)
    let letters = environment.random(20).map { alphabet[Int($0 & 31)] }
    return stride(from: 0, to: letters.count, by: 5).map { start in
      String(decoding: letters[start..<start + 5], as: UTF8.self)
    }.joined(separator: "-")
  }
}
