// `backup`, `restore` and `backup-key`: the agent's database into a file and back. How that is done is Shell's, the same for both
// programs; here stands what is the agent's own: where the database lies, whose it is, how it is asked.

import ArgumentParser
import Core
import Foundation
import Shell

struct BackupCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "backup", abstract: "Save the database in one file, while the agent runs or not.",
    discussion: """
      The copy is of one moment, opened and checked before it gets its name, and \
      its owner's alone (mode 0600). `head -1 FILE` shows what it holds. The key \
      and certificate in identity/ are not in it.

      EXAMPLES:
        lianxin-agent backup /backup/water.lxb
        lianxin-agent backup /backup/water.lxb --force --recipient backup.pub
        lianxin-agent backup /backup/water-$(date +%F).lxb --keep 14
        lianxin-agent backup /backup/water.lxb --json | jq .changes

      \(BackupCommandText.savingStatus)
      """)

  @OptionGroup var saving: SavingOptions
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    umask(0o077)
    let settings = try AgentSettings.load(for: connection)
    let subject = try BackupSubject.agent(settings)
    let saving = try self.saving.saving(configured: settings.backupRecipient)
    let document = try BackupCommandText.running { () throws(BackupError) in
      try saving.save(subject, scratch: self.saving.scratch, keep: self.saving.keep)
    }
    output.show(document, as: BackupCommandText.saved)
    try BackupCommandText.demandRemoved(document)
  }
}

struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore", abstract: "Put a backup in the place of the database; the agent must not run.",
    discussion: """
      Without --yes it shows what would replace what, and changes nothing. The \
      backup is checked before, and the database that was there is kept beside \
      the new one as agent.db.before-restore-TIME. After the start the agent \
      fetches from the hub all that came after the backup.

      EXAMPLES:
        lianxin-agent restore /backup/water.lxb --check
        lianxin-agent restore /backup/water.lxb
        lianxin-agent restore /backup/water.lxb --yes water --identity backup.key

      \(BackupCommandText.restoringStatus)
      """)

  @OptionGroup var restoring: RestoringOptions
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func run() throws {
    umask(0o077)
    let subject = try BackupSubject.agent(try AgentSettings.load(for: connection))
    let restoring = try self.restoring.restoring()
    if self.restoring.check {
      let document = try BackupCommandText.running { () throws(BackupError) in
        try restoring.check(subject, scratch: self.restoring.scratch)
      }
      return output.show(document, as: BackupCommandText.checked)
    }
    let outcome = try BackupCommandText.running { () throws(BackupError) in
      try restoring.restore(subject, confirmed: self.restoring.yes)
    }
    try BackupCommandText.finish(outcome, output)
  }
}

extension AgentSettings {
  /// The configuration of commands that open files themselves.
  fileprivate static func load(for connection: ConnectionOptions) throws(ConfigFailure) -> AgentSettings {
    try load(
      file: ConnectionOptions.file(named: connection.config, installed: DaemonOptions.installedFile),
      data: connection.data, socket: connection.socket)
  }
}

extension BackupSubject {
  /// The database of the agent with that configuration.
  fileprivate static func agent(_ settings: AgentSettings) throws(CommandFailure) -> BackupSubject {
    let platform: String?
    do { platform = try AgentIdentity.load(settings.files).platform.text } catch {
      guard case .missing = error else { throw CommandFailure(error.description) }
      platform = nil
    }
    return BackupSubject(
      program: "agent", version: AgentVersion.text, database: settings.files.database, lock: settings.files.lock,
      queries: DatabaseQueries(
        schema: "SELECT COUNT(*) FROM grdb_migrations",
        newest: "SELECT MAX(MAX(at, COALESCE(received, 0))) FROM change",
        platform: "SELECT value FROM meta WHERE key = 'platform'"),
      knownSchema: AgentSchema.migrator.migrations.count, platform: platform,
      startCommand: "lianxin-agent run --data \(settings.data)")
  }
}
