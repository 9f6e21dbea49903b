// `backup`: a consistent copy of a database that may be in use, checked, in one file that is whole or not there.

import Core
import Foundation

/// Writes backups into files that are whole or not there.
public struct Saving {
  /// Where the backup goes.
  let path: String
  /// An earlier backup of that name may be replaced.
  let replaces: Bool
  let recipient: BackupRecipient?

  /// - Parameter recipient: the path of the public key file for whom the backup is sealed.
  /// - Throws: where the name is taken, or the key cannot be read.
  public init(_ path: String, replaces: Bool, recipient: String?) throws(BackupError) {
    self.path = path
    self.replaces = replaces
    self.recipient = try recipient.map { (path) throws(BackupError) in try BackupRecipient(path: path) }
    Interruption.listen()
    guard Files.exists(path) else { return }
    guard replaces else { throw .exists(path: path) }
    // A slip of the hand must not cost a database.
    do { _ = try BackupReader(path: path) } catch {
      switch error {
      case .notABackup, .file: throw .notReplaced(path: path)
      default: break  // a broken backup
      }
    }
  }

  /// Writes the sources into one file and reads it back. Returns `{"file","bytes",…}` with the manifest's members.
  public func save(_ manifest: BackupManifest, _ sources: [BackupSource]) throws(BackupError) -> JSON {
    let directory = Files.directory(of: path)
    try Files.demandRoom(sources.reduce(0) { $0 + $1.part.bytes }, in: directory)
    let file = try ScratchFile(path: "\(directory)/.\(Files.name(of: path)).partial")
    let written = try BackupContainer.write(manifest, of: sources, for: recipient, to: file)
    let reader = try BackupReader(path: file.path)
    try reader.verify()
    guard reader.manifest == written else { throw .damaged(path: path, what: "it does not read as it was written") }
    let bytes = try OpenFile(reading: file.path).size
    try file.place(as: path, replaces: replaces)
    let own: JSON = ["file": .string(path), "bytes": .int(bytes), "encrypted": .bool(recipient != nil)]
    return .object((own.asObject ?? []) + (written.json.asObject ?? []))
  }

  /// Saves the database of `subject`, whether its daemon runs or not. Returns as ``save(_:_:)``, with `lastCheck` (or null), and with
  /// `removed` and `notRemoved`? where earlier ones were to go.
  ///
  /// - Parameters:
  ///   - scratch: a directory for the copy, which is not encrypted; nil: the data directory.
  ///   - keep: how many backups of this database stay in the folder, the new one among them; nil: all.
  public func save(_ subject: BackupSubject, scratch: String?, keep: Int? = nil) throws(BackupError) -> JSON {
    guard Files.exists(subject.database) else { throw .noDatabase(path: subject.database) }
    // Where no daemon runs, none starts until the copy is made: a database at rest is read as a file that does not change.
    var lock: ProcessLock?
    do { lock = try Files.lock(subject.lock) } catch {
      guard case .locked(.held) = error else { throw error }
    }
    let directory = scratch ?? subject.directory
    let copy = try ScratchFile(path: "\(directory)/.\(Files.name(of: subject.database)).backup-copy")
    try Files.give(copy.path, toOwnerOf: directory)
    let live = try DatabaseReading(subject.database, isAtRest: lock != nil)
    try Files.demandRoom(try OpenFile(reading: subject.database).size, in: directory)
    let before = try live.facts(subject.queries)
    try live.copy(to: copy.path)
    let after = try live.facts(subject.queries)
    withExtendedLifetime(lock) { lock = nil }
    try copy.sync()
    let facts = try Saving.checked(copy.path, subject.queries, between: before, and: after)
    try subject.demandKnownHere(facts.schema)
    let manifest = BackupManifest(
      program: subject.program, version: subject.version, kind: .database,
      database: URL(fileURLWithPath: subject.database).standardizedFileURL.path,
      platform: facts.platform ?? subject.platform, authority: subject.authority, facts: facts, parts: [])
    let part = BackupManifest.Part(
      name: Files.name(of: subject.database), bytes: try OpenFile(reading: copy.path).size)
    let saved = try save(manifest, [BackupSource(part, path: copy.path)])
    let check = LastCheck.read(besideDatabase: subject.database)?.json ?? .null
    // The new one is whole and in its place: only now may others go.
    let kept = try keep.map { (count) throws(BackupError) in
      try Keeping(count: max(count, 1)).prune(beside: path, like: manifest)
    }
    return .object((saved.asObject ?? []) + [JSON.Member("lastCheck", check)] + (kept?.members ?? []))
  }

  /// Opens the copy, has SQLite check it, and compares it with what the original held before and after.
  private static func checked(
    _ path: String, _ queries: DatabaseQueries, between before: DatabaseFacts, and after: DatabaseFacts
  ) throws(BackupError) -> DatabaseFacts {
    let copy = try DatabaseReading(path, isAtRest: true)
    try copy.demandSound()
    let facts = try copy.facts(queries)
    for (what, low, found, high) in [
      ("changes", before.changes, facts.changes, after.changes), ("orders", before.orders, facts.orders, after.orders),
      ("schema steps", before.schema, facts.schema, after.schema),
    ] {
      let range = min(low, high)...max(low, high)
      guard range.contains(found) else {
        throw .counts(
          what: what, found: found, expected: low == high ? "\(low)" : "\(range.lowerBound) to \(range.upperBound)")
      }
    }
    return facts
  }
}

extension BackupSubject {
  /// Refuses to save what this version does not know: it could not check it.
  fileprivate func demandKnownHere(_ schema: Int) throws(BackupError) {
    guard schema <= knownSchema else {
      throw .newerSchema(found: schema, known: knownSchema, version: "of the daemon")
    }
  }
}
