// Where the hub's secrets lie, and the one that is no certificate: the key of the receipts.
// The certificate authority reads and writes its own files (CertificateAuthority.swift), the ledger its own (Ledger.swift).

import Foundation

/// The paths inside the directory of keys. It belongs in no database backup: whoever has it is the hub.
struct KeyDirectory: Sendable, Equatable {
  /// Path of the directory, mode 0700.
  let path: String

  var authorityCertificate: String { path + "/ca.pem" }
  var authorityKey: String { path + "/ca.key" }
  var serverCertificate: String { path + "/server.pem" }
  var serverKey: String { path + "/server.key" }
  var receiptKey: String { path + "/receipt.key" }
  var ledger: String { path + "/ledger.jsonl" }
}

/// Why the hub's own keys cannot be used.
enum HubKeysError: Error, Equatable, CustomStringConvertible {
  case file(PrivateFileError)
  case wrongLength(path: String, bytes: Int)

  var description: String {
    switch self {
    case .file(let error):
      error.description
    case .wrongLength(let path, let bytes):
      "\(path) must hold \(HubKeys.receiptKeyBytes) bytes, it holds \(bytes); restore it from the copy of the keys"
    }
  }
}

/// The symmetric keys of one hub, the same for all its processes.
struct HubKeys: Sendable {
  /// As long as the digest of the HMAC-SHA-256 that it keys (RFC 2104 §3).
  static let receiptKeyBytes = 32

  /// Keys the receipts. Losing it makes every receipt that agents hold unprovable, so it is never replaced silently.
  let receiptKey: [UInt8]

  /// Makes the keys and writes them; refuses where there are some.
  static func create(
    in directory: KeyDirectory, using random: inout some RandomNumberGenerator
  ) throws(HubKeysError) -> HubKeys {
    let bytes = random.bytes(receiptKeyBytes)
    do throws(PrivateFileError) {
      try PrivateFile.makeDirectory(directory.path)
      guard !PrivateFile.exists(directory.receiptKey) else {
        throw PrivateFileError.exists(path: directory.receiptKey)
      }
      try PrivateFile.write(bytes, to: directory.receiptKey)
    } catch {
      throw .file(error)
    }
    return HubKeys(receiptKey: bytes)
  }

  /// Reads the keys; refuses a file that others than its owner could read.
  static func load(from directory: KeyDirectory) throws(HubKeysError) -> HubKeys {
    let bytes: [UInt8]
    do {
      bytes = try PrivateFile.readSecret(directory.receiptKey)
    } catch {
      throw .file(error)
    }
    guard bytes.count == receiptKeyBytes else {
      throw .wrongLength(path: directory.receiptKey, bytes: bytes.count)
    }
    return HubKeys(receiptKey: bytes)
  }
}

extension RandomNumberGenerator {
  /// `count` random bytes.
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &self) }
  }
}
