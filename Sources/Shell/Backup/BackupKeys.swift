// The pair of keys of encrypted backups: HPKE (RFC 9180), X25519, HKDF-SHA256, ChaCha20-Poly1305. The public file lies where backups
// are made; the private one is kept elsewhere and is needed to restore. How chunks are sealed is BackupContainer's.

import Core
import Crypto
import Foundation

enum BackupKeys {
  static let suiteName = "X25519-HKDF-SHA256-ChaCha20Poly1305"
  static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
  /// Binds the key schedule to this use and this format.
  static let info = Data("lianxin backup 1".utf8)

  fileprivate static let privateTag = "lianxin-backup-private-1"
  fileprivate static let publicTag = "lianxin-backup-public-1"
  /// A key file is one short line.
  private static let maxFileBytes = 4096

  /// Makes `backup.key` (0600) and `backup.pub` in `directory`; refuses where one of them is. Returns what stands in the public one.
  static func create(in directory: String) throws(BackupError) -> (identity: String, recipient: String, name: String) {
    let identity = directory + "/backup.key"
    let recipient = directory + "/backup.pub"
    for path in [identity, recipient] where access(path, F_OK) == 0 { throw .keyExists(path: path) }
    try Files.makeDirectory(directory)
    let key = Curve25519.KeyAgreement.PrivateKey()
    let name = fingerprint(key.publicKey)
    let words = { (tag: String, bytes: Data) in Array("\(tag) \(Base64URL.encode(Array(bytes))) \(name)\n".utf8) }
    do {
      try SecretFile.write(words(privateTag, key.rawRepresentation), to: identity)
      try SecretFile.write(words(publicTag, key.publicKey.rawRepresentation), to: recipient)
    } catch {
      throw .file(error)
    }
    guard chmod(recipient, 0o644) == 0 else { throw .file(FileFailure("set the mode of", recipient)) }
    return (identity, recipient, name)
  }

  /// Sixteen digits by which people tell keys apart; beside the key it guards against a letter that was mistyped.
  static func fingerprint(_ key: Curve25519.KeyAgreement.PublicKey) -> String {
    String(SHA256.hash(data: key.rawRepresentation).hexadecimal.prefix(16))
  }

  fileprivate static func read(_ path: String, tag: String) throws(BackupError) -> (key: [UInt8], name: String) {
    let file = try OpenFile(reading: path)
    let words = String(decoding: try file.read(maxFileBytes), as: UTF8.self).split(whereSeparator: \.isWhitespace)
    guard words.count >= 3, words[0] == tag else {
      let other = words.first == privateTag[...] ? "it is a private key" : "it is not one that `backup-key create` made"
      throw .keyFile(path: path, reason: words.first == publicTag[...] ? "it is a public key" : other)
    }
    guard let key = Base64URL.decode(String(words[1])) else { throw .keyFile(path: path, reason: "it is misspelt") }
    return (key, String(words[2]))
  }
}

/// For whom backups are sealed.
struct BackupRecipient {
  let key: Curve25519.KeyAgreement.PublicKey
  var fingerprint: String { BackupKeys.fingerprint(key) }

  /// Reads the public file.
  init(path: String) throws(BackupError) {
    let (bytes, name) = try BackupKeys.read(path, tag: BackupKeys.publicTag)
    do {
      key = try Curve25519.KeyAgreement.PublicKey(rawRepresentation: bytes)
    } catch {
      throw .keyFile(path: path, reason: "it is misspelt")
    }
    guard fingerprint == name else { throw .keyFile(path: path, reason: "it is misspelt: it is not the key \(name)") }
  }
}

/// Who can open a sealed backup.
struct BackupIdentity {
  let key: Curve25519.KeyAgreement.PrivateKey
  var fingerprint: String { BackupKeys.fingerprint(key.publicKey) }

  /// Reads the private file.
  init(path: String) throws(BackupError) {
    let (bytes, name) = try BackupKeys.read(path, tag: BackupKeys.privateTag)
    do {
      key = try Curve25519.KeyAgreement.PrivateKey(rawRepresentation: bytes)
    } catch {
      throw .keyFile(path: path, reason: "it is misspelt")
    }
    guard fingerprint == name else { throw .keyFile(path: path, reason: "it is misspelt: it is not the key \(name)") }
  }
}

extension Sequence<UInt8> {
  /// Lower-case hexadecimal.
  public var hexadecimal: String {
    let digits = Array("0123456789abcdef".utf8)
    return String(decoding: flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }
}
