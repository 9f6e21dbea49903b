// The bytes of a backup:
//
//   manifest (one line of JSON) \n payload \n {"sha256":"…"} \n
//
// The last line's hash is over everything before it. The payload is the parts one after the other; sealed, it is cut into chunks of
// 1 MiB, each sealed in turn under one HPKE context with the hash of the manifest line as associated data. Number and length of the
// chunks follow from the manifest, so that nothing can be cut off, added or moved.

import Crypto
import Foundation

/// A file that goes into a backup: its first `part.bytes` bytes.
public struct BackupSource: Sendable {
  public let part: BackupManifest.Part
  public let path: String

  public init(_ part: BackupManifest.Part, path: String) {
    self.part = part
    self.path = path
  }
}

enum BackupContainer {
  static let chunkBytes = 1 << 20
  static let tagBytes = 16
  static let trailerBytes = Array("\n{\"sha256\":\"".utf8).count + 64 + 3

  static func trailer(_ hash: SHA256.Digest) -> [UInt8] { Array("\n{\"sha256\":\"\(hash.hexadecimal)\"}\n".utf8) }

  /// Bytes of the payload in the file.
  static func payloadBytes(_ manifest: BackupManifest) -> Int {
    let bytes = manifest.payloadBytes
    guard manifest.isSealed else { return bytes }
    return bytes + (bytes + chunkBytes - 1) / chunkBytes * tagBytes
  }

  /// Writes a backup of `sources`, sealed for `recipient` where there is one. Returns the manifest as it was written.
  static func write(
    _ manifest: BackupManifest, of sources: [BackupSource], for recipient: BackupRecipient?, to file: ScratchFile
  ) throws(BackupError) -> BackupManifest {
    var manifest = manifest
    manifest.parts = sources.map(\.part)
    let progress = BackupProgress("Writing", bytes: manifest.payloadBytes * 2)
    var payloadHash = SHA256()
    try eachChunk(of: sources) { (chunk) throws(BackupError) in
      payloadHash.update(data: chunk)
      try progress.advance(chunk.count)
    }
    manifest.payloadHash = payloadHash.finalize().hexadecimal
    var sender: HPKE.Sender?
    if let recipient {
      let made = try sealing {
        try HPKE.Sender(recipientKey: recipient.key, ciphersuite: BackupKeys.suite, info: BackupKeys.info)
      }
      manifest.sealing = .init(recipient: recipient.fingerprint, encapsulated: Array(made.encapsulatedKey))
      sender = made
    }
    let line = manifest.line
    let associated = Array(SHA256.hash(data: line))
    var fileHash = SHA256()
    func put(_ bytes: some ContiguousBytes & DataProtocol) throws(BackupError) {
      fileHash.update(data: bytes)
      try file.write(bytes)
    }
    try put(line + [0x0A])
    var secondHash = SHA256()
    try eachChunk(of: sources) { (chunk) throws(BackupError) in
      secondHash.update(data: chunk)
      if sender != nil {
        // Force-unwrapping would copy the context; optional chaining moves its counter on in place.
        guard let sealed = try sealing({ try sender?.seal(chunk, authenticating: associated) }) else { return }
        try put(sealed)
      } else {
        try put(chunk)
      }
      try progress.advance(chunk.count)
    }
    guard secondHash.finalize().hexadecimal == manifest.payloadHash else {
      throw .changedMeanwhile(path: sources.map(\.path).joined(separator: ", "))
    }
    try file.write(trailer(fileHash.finalize()))
    try file.sync()
    progress.finish()
    return manifest
  }

  /// The sources one after the other, in pieces of ``chunkBytes``; only the last is shorter.
  private static func eachChunk(
    of sources: [BackupSource], _ body: ([UInt8]) throws(BackupError) -> Void
  ) throws(BackupError) {
    var chunk: [UInt8] = []
    for source in sources {
      let file = try OpenFile(reading: source.path)
      var rest = source.part.bytes
      while rest > 0 {
        let wanted = min(rest, chunkBytes - chunk.count)
        let bytes = try file.read(wanted)
        guard bytes.count == wanted else { throw .changedMeanwhile(path: source.path) }
        rest -= wanted
        if chunk.isEmpty { chunk = bytes } else { chunk += bytes }
        if chunk.count == chunkBytes {
          try body(chunk)
          chunk = []
        }
      }
    }
    if !chunk.isEmpty { try body(chunk) }
  }

  /// A key that is none of the curve's good ones is all that can go wrong.
  private static func sealing<Value>(_ body: () throws -> Value) throws(BackupError) -> Value {
    do { return try body() } catch { throw .keyFile(path: "the recipient's key", reason: "\(error)") }
  }
}
