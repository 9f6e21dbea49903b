// `backup`, `restore` and `backup-key`: the hub's database, or its keys and ledger, into a file and back. How files are made and
// checked is Shell's; here stands what is the hub's own.

import ArgumentParser
import Core
import Foundation
import Shell

struct BackupCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup",
    abstract: "Save the database, or with --keys the keys and the ledger, in one file; the hub may run.",
    discussion: """
      The copy is of one moment, opened and checked before it gets its name, and \
      its owner's alone (mode 0600). `head -1 FILE` shows what it holds. Keys and \
      database are never in one file: who has the keys is the hub.

      EXAMPLES:
        lianxin-hub backup /backup/hub.lxb --force
        lianxin-hub backup /backup/hub.lxb --recipient backup.pub
        lianxin-hub backup /backup/hub-$(date +%FT%H).lxb --keep 48
        lianxin-hub backup --keys /media/safe/hub-keys.lxb

      \(BackupCommandText.savingStatus)
      """)

  @Flag(help: "Save the keys and the ledger, not the database.") var keys = false
  @OptionGroup var saving: SavingOptions
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func validate() throws {
    if keys, saving.keep != nil { throw ValidationError("--keep removes no keys: leave it out with --keys.") }
  }

  func run() async throws {
    umask(0o077)
    let settings = try connection.settings()
    let subject = BackupSubject.hub(settings)
    let keys = HubFiles(directory: settings.dataDirectory).keys
    let sources = self.keys ? try keys.sources() : []
    let saving = try self.saving.saving(configured: settings.backupRecipient)
    let document = try BackupCommandText.running { () throws(BackupError) in
      guard self.keys else {
        return try saving.save(subject, scratch: self.saving.scratch, keep: self.saving.keep)
      }
      let manifest = BackupManifest(
        program: subject.program, version: subject.version, kind: .keys, authority: subject.authority, parts: [])
      return try saving.save(manifest, sources)
    }
    output.show(document, as: BackupCommandText.saved)
    try BackupCommandText.demandRemoved(document)
  }
}

struct RestoreCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Put a backup in the place of the database, or of the keys and the ledger; the hub must not run.",
    discussion: """
      Without --yes it shows what would replace what, and changes nothing; --yes \
      takes the name of the machine that the backup is of. The backup is checked \
      before, and what was there is kept beside as …before-restore-TIME. Of a \
      hub that lost both, restore the keys first. A ledger of the same authority \
      that is here is kept in the restored one: nothing that was revoked comes \
      back.

      EXAMPLES:
        lianxin-hub restore /backup/hub.lxb --check
        lianxin-hub restore /media/safe/hub-keys.lxb --yes hub1
        lianxin-hub restore /backup/hub.lxb --yes hub1 --identity backup.key

      \(BackupCommandText.restoringStatus)
      """)

  @OptionGroup var restoring: RestoringOptions
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    umask(0o077)
    let settings = try connection.settings()
    let restoring = try self.restoring.restoring()
    let keys = KeysRestore(restoring: restoring, files: HubFiles(directory: settings.dataDirectory))
    let isKeys = restoring.manifest.kind == .keys
    if self.restoring.check {
      let document =
        isKeys
        ? try keys.check()
        : try BackupCommandText.running { () throws(BackupError) in
          try restoring.check(.hub(settings), scratch: self.restoring.scratch)
        }
      return output.show(document, as: BackupCommandText.checked)
    }
    let outcome =
      isKeys
      ? try keys.restore(confirmed: self.restoring.yes)
      : try BackupCommandText.running { () throws(BackupError) in
        try restoring.restore(.hub(settings), confirmed: self.restoring.yes)
      }
    if !isKeys, case .done = outcome { try RestoreMark(files: HubFiles(directory: settings.dataDirectory)).leave() }
    try BackupCommandText.finish(outcome, output)
  }
}

extension BackupSubject {
  /// The database of the hub with that configuration.
  fileprivate static func hub(_ settings: HubSettings) -> BackupSubject {
    let files = HubFiles(directory: settings.dataDirectory)
    return BackupSubject(
      program: "hub", version: HubVersion.text, database: files.database, lock: files.database,
      queries: DatabaseQueries(
        schema: "SELECT MAX(step) FROM schema_step", newest: "SELECT MAX(received) FROM change", platform: nil),
      knownSchema: HubSchema.newest, authority: files.keys.authority,
      startCommand: "lianxin-hub serve --data \(settings.dataDirectory)")
  }
}

extension KeyDirectory {
  /// The fingerprint of the authority's certificate; nil where there is none that can be read.
  fileprivate var authority: String? {
    guard let bytes = FileManager.default.contents(atPath: authorityCertificate) else { return nil }
    return Hash.of(Array(bytes)).bytes.dropFirst().prefix(8).hexadecimal
  }

  /// The files that a hub cannot do without, and those that it would make anew, as they are now. Refuses keys that are of no use.
  fileprivate func sources() throws(CommandFailure) -> [BackupSource] {
    _ = try checked()
    var sources: [BackupSource] = []
    for (path, mode) in [
      (authorityCertificate, 0o644), (authorityKey, 0o600), (receiptKey, 0o600), (serverCertificate, 0o644),
      (serverKey, 0o600), (ledger, 0o600),
    ] where PrivateFile.exists(path) {
      let bytes = path == ledger ? try wholeLines(path).count : try size(path)
      sources.append(
        BackupSource(.init(name: (path as NSString).lastPathComponent, bytes: bytes, mode: mode), path: path))
    }
    return sources
  }

  /// Loads what a start loads; the facts in the ledger are read by ``KeysRestore``, for opening it may change it.
  fileprivate func checked() throws(CommandFailure) -> CertificateAuthority {
    do {
      _ = try HubKeys.load(from: self)
      return try CertificateAuthority.load(from: self)
    } catch let error as HubKeysError {
      throw CommandFailure(error.description)
    } catch {
      throw CommandFailure("\(error)")
    }
  }

  private func size(_ path: String) throws(CommandFailure) -> Int {
    var facts = stat()
    guard stat(path, &facts) == 0 else {
      throw CommandFailure("cannot examine \(path): \(String(cString: strerror(errno)))")
    }
    return Int(facts.st_size)
  }

  /// The file up to its last line feed: a hub that runs may be writing the next line.
  fileprivate func wholeLines(_ path: String) throws(CommandFailure) -> Data {
    do {
      let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
      return data.lastIndex(of: UInt8(ascii: "\n")).map { data[...$0] } ?? Data()
    } catch {
      throw CommandFailure("cannot read \(path): \(error.localizedDescription)")
    }
  }
}

/// Puts a hub's keys and ledger back.
private struct KeysRestore {
  let restoring: Restoring
  let files: HubFiles

  private var keys: KeyDirectory { files.keys }

  /// Unpacks and loads them in a temporary place.
  func check() throws -> JSON {
    try demand()
    let directory = try BackupCommandText.running { () throws(BackupError) in try Restoring.temporaryDirectory() }
    defer { try? FileManager.default.removeItem(atPath: directory) }  // what stays is its owner's alone
    _ = try unpack(into: directory, joining: nil)
    return ["checked": true, "backup": restoring.manifest.json]
  }

  func restore(confirmed: String?) throws -> Restored {
    try demand()
    let hasDirectory = PrivateFile.exists(files.directory)
    var lock = hasDirectory ? try self.lock() : nil
    let old: JSON =
      PrivateFile.exists(keys.path)
      ? ["keys": .string(keys.path), "authority": .string(keys.authority ?? "that cannot be read")] : .null
    let proposal: [(String, JSON?)] = [("backup", restoring.manifest.json), ("replaces", old)]
    let name = restoring.manifest.host
    guard let confirmed else { return .proposed(.compact(proposal), name: name) }
    guard confirmed == name else { throw BackupError.unconfirmed(name: name, given: confirmed).asCommandFailure }
    try PrivateFile.makeDirectory(files.directory)
    if lock == nil { lock = try self.lock() }
    let aside = BackupCommandText.aside(keys.path)
    let fresh = keys.path + ".restoring-" + String(UInt32.random(in: .min ... .max), radix: 16)
    var ledger = ""
    do {
      try PrivateFile.makeDirectory(fresh)
      ledger = try unpack(into: fresh, joining: old == .null ? nil : keys)
    } catch {
      try? FileManager.default.removeItem(atPath: fresh)  // the reason of the failure is what counts
      throw error
    }
    // Between the two renames there are no keys: a hub does not start then, and the restore can be repeated.
    if old != .null { try rename(keys.path, aside) }
    try rename(fresh, keys.path)
    try PrivateFile.syncDirectory(of: keys.path)
    withExtendedLifetime(lock) {}
    return .done(
      .compact(
        [("restored", true)] + proposal + [
          ("keptAside", old == .null ? .null : .string(aside)), ("ledger", .string(ledger)),
          ("next", .string("lianxin-hub serve --data \(files.directory)")),
        ]))
  }

  private func demand() throws {
    try BackupCommandText.running { () throws(BackupError) in try restoring.demandKeys(of: "hub") }
  }

  private func lock() throws -> ProcessLock {
    try BackupCommandText.running { () throws(BackupError) in try Restoring.lock(files.database) }
  }

  /// Unpacks, takes over the facts of the `present` ledger where it is the same authority's, and loads all as a start does.
  /// Returns what the ledger holds, in words.
  private func unpack(into directory: String, joining present: KeyDirectory?) throws -> String {
    try BackupCommandText.running { () throws(BackupError) in try restoring.unpack(into: directory) }
    let fresh = KeyDirectory(path: directory)
    _ = try fresh.checked()
    let saved = try records(fresh.ledger)
    guard let present, present.authority == fresh.authority, PrivateFile.exists(present.ledger) else {
      return "\(saved) facts"
    }
    // What was revoked or purged after the backup stays so.
    let old = try fresh.wholeLines(fresh.ledger)
    let known = Set(old.split(separator: UInt8(ascii: "\n")))
    let later = try present.wholeLines(present.ledger).split(separator: UInt8(ascii: "\n")).filter {
      !known.contains($0)
    }
    try PrivateFile.write(Array(old) + later.flatMap { $0 + [UInt8(ascii: "\n")] }, to: fresh.ledger)
    do {
      return "\(try records(fresh.ledger)) facts, \(later.count) of them from the ledger that was here"
    } catch {
      try PrivateFile.write(Array(old), to: fresh.ledger)
      return "\(saved) facts; the ledger that was here is damaged, so nothing of it was taken over: \(error)"
    }
  }

  private func records(_ path: String) throws -> Int {
    let replayed = try Ledger(path: path).replayed
    guard replayed.tornBytes == 0 else {
      throw LedgerError.badLine(path: path, line: replayed.records.count + 1, reason: "it is no ledger line")
    }
    return replayed.records.count
  }

  private func rename(_ path: String, _ name: String) throws(PrivateFileError) {
    guard Glibc.rename(path, name) == 0 else { throw .failed(path: path, doing: "rename", code: errno) }
  }
}
