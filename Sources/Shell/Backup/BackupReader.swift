// Reading a backup: the manifest first, then the whole file against its hash, then its parts. Whatever the bytes are, the answer is
// a manifest and parts that are right, or an error that says what is wrong.

import Crypto
import Foundation

/// An opened backup, of which only the first line has been read.
struct BackupReader {
  let path: String
  let manifest: BackupManifest
  private let file: OpenFile
  private let line: [UInt8]

  /// Reads the first line, and compares the file's length with it.
  init(path: String) throws(BackupError) {
    self.path = path
    file = try OpenFile(reading: path)
    let start = try file.read(BackupManifest.maxBytes)
    guard let end = start.firstIndex(of: 0x0A) else {
      guard start.starts(with: BackupManifest.opening.prefix(start.count)) else {
        throw .notABackup(path: path, reason: "it does not begin like one")
      }
      throw start.count < BackupManifest.maxBytes
        ? .truncated(path: path) : .damaged(path: path, what: "its first line does not end")
    }
    line = Array(start[..<end])
    guard line.starts(with: BackupManifest.opening) else {
      throw .notABackup(path: path, reason: "it does not begin like one")
    }
    manifest = try BackupManifest(line: line, path: path)
    let expected = line.count + 1 + BackupContainer.payloadBytes(manifest) + BackupContainer.trailerBytes
    let size = try file.size
    guard size >= expected else { throw .truncated(path: path) }
    guard size == expected else { throw .damaged(path: path, what: "it is longer than it says") }
  }

  /// Reads the whole file against the hash at its end.
  func verify() throws(BackupError) {
    try file.seek(to: 0)
    var rest = try file.size - BackupContainer.trailerBytes
    let progress = BackupProgress("Checking the file", bytes: rest)
    var hash = SHA256()
    while rest > 0 {
      let bytes = try file.read(min(rest, BackupContainer.chunkBytes))
      guard !bytes.isEmpty else { throw .truncated(path: path) }
      hash.update(data: bytes)
      rest -= bytes.count
      try progress.advance(bytes.count)
    }
    guard try file.read(BackupContainer.trailerBytes) == BackupContainer.trailer(hash.finalize()) else {
      throw .damaged(path: path, what: "its content does not match its hash")
    }
    progress.finish()
  }

  /// Refuses a sealed backup that `identity` does not open.
  func demand(_ identity: BackupIdentity?) throws(BackupError) {
    guard let recipient = manifest.sealing?.recipient else { return }
    guard let identity else { throw .sealed(recipient: recipient) }
    guard identity.fingerprint == recipient else {
      throw .sealedForAnother(recipient: recipient, identity: identity.fingerprint)
    }
  }

  /// Writes the parts, in the manifest's order, to as many files, durably, and compares them with the manifest's hash.
  func extract(identity: BackupIdentity?, to files: [ScratchFile]) throws(BackupError) {
    try demand(identity)
    var opener = try recipient(identity)
    let associated = Array(SHA256.hash(data: line))
    try file.seek(to: line.count + 1)
    var hash = SHA256()
    var rest = manifest.payloadBytes
    let progress = BackupProgress("Unpacking", bytes: rest)
    var places = zip(files, manifest.parts.map(\.bytes)).makeIterator()
    var place = places.next()
    while rest > 0 {
      let plain = min(rest, BackupContainer.chunkBytes)
      var chunk = try file.read(plain + (opener == nil ? 0 : BackupContainer.tagBytes))
      if opener != nil { chunk = try open(chunk, &opener, associated) }
      guard chunk.count == plain else { throw .truncated(path: path) }
      hash.update(data: chunk)
      rest -= plain
      try progress.advance(plain)
      var slice = chunk[...]
      while let (file, room) = place, !slice.isEmpty {
        try file.write(Array(slice.prefix(room)))
        let taken = min(room, slice.count)
        slice = slice.dropFirst(taken)
        place = taken == room ? places.next() : (file, room - taken)
      }
    }
    guard hash.finalize().hexadecimal == manifest.payloadHash else {
      throw .damaged(path: path, what: "what it holds does not match its manifest")
    }
    for file in files { try file.sync() }
    progress.finish()
  }

  private func recipient(_ identity: BackupIdentity?) throws(BackupError) -> HPKE.Recipient? {
    guard let sealing = manifest.sealing, let identity else { return nil }
    do {
      return try HPKE.Recipient(
        privateKey: identity.key, ciphersuite: BackupKeys.suite, info: BackupKeys.info,
        encapsulatedKey: Data(sealing.encapsulated))
    } catch {
      throw .damaged(path: path, what: "its encryption key cannot be used")
    }
  }

  private func open(
    _ chunk: [UInt8], _ opener: inout HPKE.Recipient?, _ associated: [UInt8]
  ) throws(BackupError) -> [UInt8] {
    do {
      return Array(try opener?.open(chunk, authenticating: associated) ?? Data())
    } catch {
      throw .damaged(path: path, what: "a piece of it cannot be decrypted")
    }
  }
}
