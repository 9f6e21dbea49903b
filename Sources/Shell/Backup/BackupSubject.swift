// What a program tells of its database, so that saving and restoring are the same for both.

import Foundation

/// One program's database and how it is recognised.
public struct BackupSubject: Sendable {
  /// `hub` or `agent`.
  public let program: String
  /// The program's version.
  public let version: String
  /// The database file.
  public let database: String
  /// The name of its process lock, without `.lock`.
  public let lock: String
  public let queries: DatabaseQueries
  /// The number of the newest schema step of this version.
  public let knownSchema: Int
  /// An agent's platform by its identity files; nil where it is not enrolled, and at the hub.
  public let platform: String?
  /// A hub's authority by its certificate; nil where there is none, and at an agent.
  public let authority: String?
  /// The command that starts the daemon.
  public let startCommand: String

  public init(
    program: String, version: String, database: String, lock: String, queries: DatabaseQueries, knownSchema: Int,
    platform: String? = nil, authority: String? = nil, startCommand: String
  ) {
    self.program = program
    self.version = version
    self.database = database
    self.lock = lock
    self.queries = queries
    self.knownSchema = knownSchema
    self.platform = platform
    self.authority = authority
    self.startCommand = startCommand
  }

  var directory: String { Files.directory(of: database) }

  /// What `--yes` must say to restore that backup: the platform, at the hub the machine that the backup is of.
  static func confirmation(_ manifest: BackupManifest) -> String { manifest.platform ?? manifest.host }

  /// Refuses a backup of the other program or of another kind, of other software, or of somebody else.
  func demandOwn(_ reader: BackupReader, kind: BackupManifest.Kind = .database) throws(BackupError) {
    let manifest = reader.manifest
    guard manifest.program == program, manifest.kind == kind else {
      throw .otherContent(path: reader.path, holds: manifest.words, wanted: "the \(program)'s \(kind.words)")
    }
    if let platform, let other = manifest.platform, other != platform {
      throw .otherOwner(path: reader.path, of: "the platform \(other)", here: "an agent of \(platform)")
    }
    if kind == .database, let authority, let other = manifest.authority, other != authority {
      throw .otherOwner(
        path: reader.path, of: "the hub with the authority \(other)",
        here: "one with \(authority); restore that hub's keys first")
    }
    try demandKnown(manifest.facts?.schema ?? 0, manifest)
  }

  func demandKnown(_ schema: Int, _ manifest: BackupManifest) throws(BackupError) {
    guard schema <= knownSchema else {
      throw .newerSchema(found: schema, known: knownSchema, version: manifest.version)
    }
  }

  /// Refuses to replace a database that newer software has brought up to its own schema.
  func demandKnownThere(_ schema: Int) throws(BackupError) {
    guard schema <= knownSchema else { throw .newerDatabase(path: database, found: schema, known: knownSchema) }
  }
}
