// `restore`: a backup is taken apart and checked beside the database first. Only then, and only where a person said so by name, does
// it take the database's place.

import Core
import Foundation

/// What became of a restore.
public enum Restored {
  /// Nothing was changed: this would be, once it is confirmed by that name.
  case proposed(JSON, name: String)
  case done(JSON)
}

/// A backup that is to be restored.
public struct Restoring {
  let reader: BackupReader
  let identity: BackupIdentity?

  /// Opens the backup and reads its first line.
  ///
  /// - Parameter identity: the path of the private key file.
  public init(_ path: String, identity: String?) throws(BackupError) {
    Interruption.listen()
    reader = try BackupReader(path: path)
    self.identity = try identity.map { (path) throws(BackupError) in try BackupIdentity(path: path) }
  }

  public var manifest: BackupManifest { reader.manifest }

  /// Restores it in a temporary place, checks it there and throws it away; notes the time beside the database if there is one.
  /// Returns `{"checked":true,"backup":{…},"noted":Bool}`. The daemon may run.
  public func check(_ subject: BackupSubject, scratch: String?) throws(BackupError) -> JSON {
    try subject.demandOwn(reader)
    try reader.demand(identity)
    try reader.verify()
    let directory = scratch ?? (Files.exists(subject.directory) ? subject.directory : NSTemporaryDirectory())
    try Files.demandRoom(manifest.payloadBytes, in: directory)
    let file = try ScratchFile(path: "\(directory)/.\(Files.name(of: subject.database)).restore-check")
    try unpack(subject, to: file)
    let isNoted = Files.exists(subject.database)
    if isNoted {
      try LastCheck(at: Page.wallClock(), created: manifest.created, changes: manifest.facts?.changes ?? 0)
        .write(besideDatabase: subject.database)
    }
    return ["checked": true, "backup": manifest.json, "noted": .bool(isNoted)]
  }

  /// Puts it in the place of the database. Returns `{"backup":{…},"replaces":{…}|null}`, and `restored` and `keptAside` once done.
  public func restore(_ subject: BackupSubject, confirmed: String?) throws(BackupError) -> Restored {
    try subject.demandOwn(reader)
    try reader.demand(identity)
    let hasDirectory = Files.exists(subject.directory)
    var lock = hasDirectory ? try Files.lock(subject.lock) : nil
    try reader.verify()
    let old = try present(subject)
    let proposal: JSON = ["backup": manifest.json, "replaces": old]
    let name = BackupSubject.confirmation(manifest)
    guard let confirmed else { return .proposed(proposal, name: name) }
    guard confirmed == name else { throw .unconfirmed(name: name, given: confirmed) }
    if !hasDirectory {
      try Files.makeDirectory(subject.directory)
      lock = try Files.lock(subject.lock)
    }
    try Files.demandRoom(manifest.payloadBytes, in: subject.directory)
    let file = try ScratchFile(path: subject.database + ".restoring")
    try Files.give(file.path, toOwnerOf: subject.directory)
    try unpack(subject, to: file)
    try Interruption.check()
    let aside = try DatabaseSwap(database: subject.database).place(file)
    withExtendedLifetime(lock) {}
    return .done(
      .object(
        [JSON.Member("restored", true)] + (proposal.asObject ?? []) + [
          JSON.Member("database", .string(subject.database)), JSON.Member("keptAside", .optional(aside)),
          JSON.Member("next", .string(subject.startCommand)),
        ]))
  }

  /// Takes the database out and demands that it is the one that the manifest tells of.
  private func unpack(_ subject: BackupSubject, to file: ScratchFile) throws(BackupError) {
    guard manifest.parts.count == 1, let told = manifest.facts else {
      throw .damaged(path: reader.path, what: "it does not hold one database")
    }
    try reader.extract(identity: identity, to: [file])
    let database = try DatabaseReading(file.path, isAtRest: true)
    try database.demandSound()
    let found = try database.facts(subject.queries)
    try subject.demandKnown(found.schema, manifest)
    for (what, found, told) in [
      ("changes", found.changes, told.changes), ("orders", found.orders, told.orders),
      ("schema steps", found.schema, told.schema),
    ] where found != told { throw .counts(what: what, found: found, expected: "\(told)") }
    if let own = found.platform, own != manifest.platform {
      throw .damaged(path: reader.path, what: "the database in it is of the platform \(own)")
    }
  }

  /// The database that is there: `{"database","bytes",…}`, with `unreadable` where it cannot be read; null where there is none. One that
  /// newer software wrote is refused: this version cannot say what would be replaced.
  private func present(_ subject: BackupSubject) throws(BackupError) -> JSON {
    guard Files.exists(subject.database) else { return .null }
    let bytes = try OpenFile(reading: subject.database).size
    var members: [(String, JSON?)] = [("database", .string(subject.database)), ("bytes", .int(bytes))]
    members.append(("host", .string(BackupManifest.hostName)))
    let facts: DatabaseFacts
    do {
      let database = try DatabaseReading(subject.database, isAtRest: true)
      try subject.demandKnownThere(try database.schema(subject.queries))
      facts = try database.facts(subject.queries)
    } catch {
      if case .newerDatabase = error { throw error }
      // A damaged database is what a backup is for.
      return .compact(members + [("unreadable", .string("\(error)"))])
    }
    if let own = facts.platform, let other = manifest.platform, own != other {
      throw .otherOwner(path: reader.path, of: "the platform \(other)", here: "the database of \(own)")
    }
    return .compact(
      members + [
        ("platform", facts.platform.map(JSON.string)), ("schema", .int(facts.schema)), ("changes", .int(facts.changes)),
        ("orders", .int(facts.orders)), ("newest", facts.newest.map(JSON.int)),
      ])
  }

  // MARK: The hub's keys

  /// Takes a data directory's lock, so that no daemon runs meanwhile.
  public static func lock(_ lock: String) throws(BackupError) -> ProcessLock { try Files.lock(lock) }

  /// A new directory that is its owner's alone.
  public static func temporaryDirectory() throws(BackupError) -> String {
    var template = Array((NSTemporaryDirectory() + "lianxin-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw .file(FileFailure("make a directory in", NSTemporaryDirectory())) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Refuses what does not hold the keys of `program`, and a damaged file.
  public func demandKeys(of program: String) throws(BackupError) {
    guard manifest.program == program, manifest.kind == .keys else {
      throw .otherContent(path: reader.path, holds: manifest.words, wanted: "the \(program)'s keys and ledger")
    }
    try reader.demand(identity)
    try reader.verify()
  }

  /// Writes the parts, by their names and modes, into an empty directory.
  public func unpack(into directory: String) throws(BackupError) {
    let owner = Files.directory(of: directory)
    try Files.give(directory, toOwnerOf: owner)
    let files = try manifest.parts.map { (part) throws(BackupError) in
      try ScratchFile(path: "\(directory)/\(part.name).restoring")
    }
    try reader.extract(identity: identity, to: files)
    for (part, file) in zip(manifest.parts, files) {
      let path = "\(directory)/\(part.name)"
      try file.place(as: path, replaces: false)
      guard chmod(path, mode_t(part.mode)) == 0 else { throw .file(FileFailure("set the mode of", path)) }
      try Files.give(path, toOwnerOf: owner)
    }
  }
}
