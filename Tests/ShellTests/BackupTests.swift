// The container of backups: what goes in comes out, and every file that was cut, altered or sealed for somebody else is refused with
// its reason. The commands over it are tested with real processes.

import Crypto
import Foundation
import Testing

@testable import Shell

@Suite struct BackupTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func path(_ name: String) -> String { directory.path + "/" + name }

  private func read(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

  private func write(_ bytes: some Sequence<UInt8>, _ name: String) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: path(name)))
    return path(name)
  }

  private func pair(_ name: String) throws -> (identity: BackupIdentity, recipient: BackupRecipient) {
    let made = try BackupKeys.create(in: path(name))
    return (try BackupIdentity(path: made.identity), try BackupRecipient(path: made.recipient))
  }

  /// A backup of these contents; `name` is where it lies afterwards.
  private func backup(_ contents: [[UInt8]], for recipient: BackupRecipient? = nil, name: String = "b") throws -> String
  {
    let sources = try contents.enumerated().map { index, bytes in
      BackupSource(.init(name: "part\(index)", bytes: bytes.count), path: try write(bytes, "source\(index)"))
    }
    let file = try ScratchFile(path: path("." + name))
    let manifest = BackupManifest(
      program: "agent", version: "1", kind: .database, platform: "water",
      facts: DatabaseFacts(schema: 1, changes: 2, orders: 3, newest: 4, platform: "water"), parts: [])
    _ = try BackupContainer.write(manifest, of: sources, for: recipient, to: file)
    try file.place(as: path(name), replaces: true)
    return path(name)
  }

  /// Everything that a restore does with the file.
  private func restored(_ path: String, _ identity: BackupIdentity?) throws -> [[UInt8]] {
    let reader = try BackupReader(path: path)
    try reader.demand(identity)
    try reader.verify()
    let files = try reader.manifest.parts.indices.map { try ScratchFile(path: self.path("out\($0)")) }
    try reader.extract(identity: identity, to: files)
    return try files.map { try read($0.path) }
  }

  @Test(arguments: [false, true])
  func whatGoesInComesOutPartByPart(isSealed: Bool) throws {
    let keys = try pair("k")
    var large = [UInt8](repeating: 3, count: BackupContainer.chunkBytes * 2 + 17)
    for index in stride(from: 0, to: large.count, by: 997) { large[index] = UInt8(truncatingIfNeeded: index / 997) }
    let exact = [UInt8](repeating: 7, count: BackupContainer.chunkBytes - 5)
    for contents in [[Array("small".utf8)], [[1], [], large], [Array("12345".utf8), exact, []], [[]]] {
      let file = try backup(contents, for: isSealed ? keys.recipient : nil)
      #expect(try restored(file, isSealed ? keys.identity : nil) == contents)
      let bytes = try read(file)
      #expect(bytes.starts(with: BackupManifest.opening))
      let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      if isSealed { #expect(!String(decoding: bytes, as: UTF8.self).contains("small")) }
    }
  }

  @Test(arguments: [false, true])
  func aBackupCutAtAnyLengthIsRefused(isSealed: Bool) throws {
    let keys = try pair("k")
    let bytes = try read(try backup([Array("content".utf8), [1, 2]], for: isSealed ? keys.recipient : nil))
    for length in bytes.indices {
      let cut = try write(bytes.prefix(length), "cut")
      #expect(throws: BackupError.truncated(path: cut), "\(length) bytes") { try restored(cut, keys.identity) }
    }
  }

  @Test(arguments: [false, true])
  func oneAlteredByteAnywhereIsRefused(isSealed: Bool) throws {
    let keys = try pair("k")
    let bytes = try read(try backup([Array("content".utf8), [1, 2]], for: isSealed ? keys.recipient : nil))
    for index in bytes.indices {
      for mask: UInt8 in [1, 0x80, 0xFF] {
        var altered = bytes
        altered[index] ^= mask
        let file = try write(altered, "altered")
        #expect(throws: BackupError.self, "byte \(index) ^ \(mask)") { try restored(file, keys.identity) }
      }
    }
    #expect(throws: BackupError.self) { try restored(try write(bytes + [0], "longer"), keys.identity) }
  }

  @Test func aSealedBackupThatWasAlteredAndHashedAnewIsRefused() throws {
    let keys = try pair("k")
    let content = [UInt8](repeating: 5, count: 40)
    let bytes = try read(try backup([content], for: keys.recipient))
    let end = bytes.count - BackupContainer.trailerBytes
    let line = try #require(bytes.firstIndex(of: 0x0A))
    func rehashed(_ body: [UInt8]) throws -> String {
      try write(body + BackupContainer.trailer(SHA256.hash(data: body)), "rehashed")
    }
    #expect(try restored(try rehashed(Array(bytes[..<end])), keys.identity) == [content])
    for index in line + 1..<end {
      var altered = Array(bytes[..<end])
      altered[index] ^= 1
      let file = try rehashed(altered)
      #expect(throws: BackupError.damaged(path: file, what: "a piece of it cannot be decrypted")) {
        try restored(file, keys.identity)
      }
    }
    let other = String(decoding: bytes[..<line], as: UTF8.self).replacing(#""changes":2"#, with: #""changes":9"#)
    let file = try rehashed(Array(other.utf8) + bytes[line..<end])
    #expect(throws: BackupError.damaged(path: file, what: "a piece of it cannot be decrypted")) {
      try restored(file, keys.identity)
    }
  }

  @Test func aBackupSealedForAnotherSaysForWhom() throws {
    let (ours, theirs) = (try pair("ours"), try pair("theirs"))
    let file = try backup([[1, 2, 3]], for: theirs.recipient)
    #expect(throws: BackupError.sealed(recipient: theirs.identity.fingerprint)) { try restored(file, nil) }
    #expect(
      throws: BackupError.sealedForAnother(
        recipient: theirs.identity.fingerprint, identity: ours.identity.fingerprint)
    ) { try restored(file, ours.identity) }
  }

  @Test func aMisspeltKeyIsRefusedAndNoneIsOverwritten() throws {
    let made = try BackupKeys.create(in: path("k"))
    #expect(throws: BackupError.keyExists(path: made.identity)) { try BackupKeys.create(in: path("k")) }
    let text = try String(contentsOfFile: made.recipient, encoding: .utf8)
    let words = text.split(separator: " ")
    // The fifth letter of the key.
    var letters = Array(words[1])
    letters[4] = letters[4] == "A" ? "B" : "A"
    let misspelt = try directory.write("\(words[0]) \(String(letters)) \(words[2])", "misspelt")
    #expect { try BackupRecipient(path: misspelt) } throws: { "\($0)".contains("misspelt") }
    #expect { try BackupRecipient(path: made.identity) } throws: { "\($0)".contains("it is a private key") }
    #expect { try BackupIdentity(path: made.recipient) } throws: { "\($0)".contains("it is a public key") }
    #expect { try BackupIdentity(path: try directory.write("", "empty")) } throws: { $0 is BackupError }
  }

  @Test(arguments: ["../x", "a/b", ".hidden", ""])
  func aPartCannotNameAPathElsewhere(name: String) throws {
    let bytes = try read(try backup([[1]]))
    let line = try #require(bytes.firstIndex(of: 0x0A))
    let altered = String(decoding: bytes[..<line], as: UTF8.self).replacing(#""part0""#, with: "\"\(name)\"")
    let file = try write(Array(altered.utf8) + bytes[line...], "elsewhere")
    #expect { try BackupReader(path: file) } throws: { "\($0)".contains("first line cannot be read") }
  }

  @Test func anythingElseIsNoBackupAndIsNotReplacedByForce() throws {
    for text in ["SQLite format 3\0", "{}\n", "\n", #"{"lianxin":"order"}"#] {
      let file = try directory.write(text, "other")
      #expect { try BackupReader(path: file) } throws: { error in
        if case .notABackup? = error as? BackupError { true } else { false }
      }
      #expect(throws: BackupError.exists(path: file)) { try Saving(file, replaces: false, recipient: nil) }
      #expect(throws: BackupError.notReplaced(path: file)) { try Saving(file, replaces: true, recipient: nil) }
    }
    _ = try Saving(try backup([[1]]), replaces: true, recipient: nil)
  }

  @Test func aFormatOfNewerSoftwareIsToldAsSuch() throws {
    let bytes = try read(try backup([[1]]))
    let text = String(decoding: bytes, as: UTF8.self).replacing(#""format":1"#, with: #""format":2"#)
    #expect(throws: BackupError.newerFormat(found: 2)) { try BackupReader(path: try directory.write(text, "newer")) }
  }

  @Test func twoBackupsIntoOneNameAreNotMadeAtOnceAndALeftoverIsUsedAgain() throws {
    let name = try directory.write("left by a killed process", ".b.partial")
    do {
      let first = try ScratchFile(path: name)
      #expect(throws: BackupError.busy(path: name)) { try ScratchFile(path: name) }
      try first.write(Array("whole".utf8))
      #expect(throws: BackupError.exists(path: try directory.write("there", "there"))) {
        try first.place(as: path("there"), replaces: false)
      }
      try first.place(as: path("b"), replaces: false)
    }
    #expect(try read(path("b")) == Array("whole".utf8))
    #expect(!Files.exists(name))
    do { _ = try ScratchFile(path: name) }
    #expect(!Files.exists(name))
  }

  @Test func theLastCheckIsReadBackAndABrokenOneCountsAsNone() throws {
    let database = path("hub.db")
    #expect(LastCheck.read(besideDatabase: database) == nil)
    let check = LastCheck(at: 2_000, created: 1_000, changes: 7)
    try check.write(besideDatabase: database)
    #expect(LastCheck.read(besideDatabase: database) == check)
    _ = try directory.write("{", "hub.db.last-check")
    #expect(LastCheck.read(besideDatabase: database) == nil)
  }
}
