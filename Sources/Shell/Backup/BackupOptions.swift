// What the two command lines' `backup` and `restore` have in common: options, the texts of their help, and how their answers read.

import ArgumentParser
import Core
import Foundation

/// The options of `backup`.
public struct SavingOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The backup to make.", valueName: "file"), completion: .file()) public var file: String
  @Flag(help: "Replace an earlier backup of that name.") public var force = false
  @Option(
    help: ArgumentHelp(
      "Encrypt it for this public key file (default: backup.recipient of the configuration).", valueName: "file"),
    completion: .file())
  public var recipient: String?
  @Option(
    help: ArgumentHelp(
      "Where the unencrypted copy is made for the time being (default: the data directory).", valueName: "dir"),
    completion: .directory)
  public var scratch: String?
  @Option(
    help: ArgumentHelp(
      "Then remove older backups of this database from the folder, so that this many stay.", valueName: "n"))
  public var keep: Int?

  public init() {}

  public func validate() throws {
    if let keep, keep < 1 { throw ValidationError("--keep is 1 or more: the new backup always stays.") }
  }

  /// Opens the target; `configured` is the configuration's `backup.recipient`.
  public func saving(configured: String?) throws -> Saving {
    try BackupCommandText.running { () throws(BackupError) in
      try Saving(file, replaces: force, recipient: recipient ?? configured)
    }
  }
}

/// The options of `restore`.
public struct RestoringOptions: ParsableArguments {
  @Argument(help: ArgumentHelp("The backup.", valueName: "file"), completion: .file()) public var file: String
  @Option(help: ArgumentHelp("The private key file of an encrypted backup.", valueName: "file"), completion: .file())
  public var identity: String?
  @Option(help: ArgumentHelp("Do it: the name that the command without --yes asks for.", valueName: "name"))
  public var yes: String?
  @Flag(help: "Restore it in a temporary place only, and note that it is whole.") public var check = false
  @Option(
    help: ArgumentHelp("With --check: where (default: the data directory).", valueName: "dir"), completion: .directory)
  public var scratch: String?

  public init() {}

  public func validate() throws {
    if check, yes != nil { throw ValidationError("--check changes nothing; it takes no --yes.") }
  }

  public func restoring() throws -> Restoring {
    try BackupCommandText.running { () throws(BackupError) in try Restoring(file, identity: identity) }
  }
}

/// `backup-key create`, the same for both programs.
public struct BackupKeyCommand: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "backup-key", abstract: "Make the pair of keys for encrypted backups.",
    discussion: """
      The keys of hub and agents are made alike; one pair can serve all of them.

      EXAMPLES:
        lianxin-hub backup-key create ./backup-key
        lianxin-agent backup-key create ./backup-key
      """,
    subcommands: [Create.self])

  public init() {}

  public struct Create: ParsableCommand {
    public static let configuration = CommandConfiguration(
      commandName: "create", abstract: "Make backup.key (private) and backup.pub (public) in a directory.",
      discussion: """
        Do this on a machine of the administrator's. Only backup.pub goes to the hub and the \
        agents (--recipient, or backup.recipient in the configuration); whoever has \
        backup.key can read the backups, and without it nobody can. Files that are there \
        are never overwritten (status 7).

        EXAMPLES:
          lianxin-hub backup-key create ./backup-key
          lianxin-hub backup-key create /media/safe --json | jq -r .recipient
        """)

    @Argument(help: ArgumentHelp("The directory; it is made if it is not there.", valueName: "dir")) var directory:
      String
    @OptionGroup var output: OutputOptions

    public init() {}

    public func run() throws {
      let made = try BackupCommandText.running { () throws(BackupError) in try BackupKeys.create(in: directory) }
      let document: JSON = [
        "identity": .string(made.identity), "recipient": .string(made.recipient), "fingerprint": .string(made.name),
      ]
      output.show(document) { document, page in
        [
          "Made the pair of keys \(made.name).",
          "  Private  \(Sanitize.line(made.identity))  (keep it away from hub and agents, and keep a copy)",
          "  Public   \(Sanitize.line(made.recipient))  (for --recipient, or backup.recipient in the configuration)",
        ]
      }
    }
  }
}

/// Help and answers of `backup` and `restore`.
public enum BackupCommandText {
  /// For a command's discussion.
  public static let savingStatus = """
    EXIT STATUS (in all but 0 no file is made, and none removed):
      0  made and checked
      1  it failed; or, which it says, only older backups could not be removed
      3  the database is of newer software
      4  there is no database
      7  the file exists, or another backup is at work on it
    """
  public static let restoringStatus = """
    EXIT STATUS (in all but 0 everything is as it was):
       0  restored; with --check: it can be
       1  truncated, damaged, or it failed
       3  of another platform, program or hub, or of newer software
       6  encrypted, and not for the key that was given
       7  the daemon runs
      64  not confirmed by --yes
    """

  /// Where what is replaced now goes: `<path>.before-restore-<UTC time>`.
  public static func aside(_ path: String) -> String { DatabaseSwap.aside(path) }

  /// A backup's failures as a command's.
  public static func running<Value>(_ body: () throws(BackupError) -> Value) throws(CommandFailure) -> Value {
    do throws(BackupError) { return try body() } catch { throw error.asCommandFailure }
  }

  /// Shows what would be or was done, and fails where it was not confirmed.
  public static func finish(_ outcome: Restored, _ output: OutputOptions) throws(CommandFailure) {
    switch outcome {
    case .done(let document): output.show(document, as: restored)
    case .proposed(let document, let name):
      output.show(document, as: proposed)
      throw BackupError.unconfirmed(name: name, given: nil).asCommandFailure
    }
  }

  /// Fails where older backups were to go and are there still: a disk that fills up must be noticed. The new one is made.
  public static func demandRemoved(_ document: JSON) throws(CommandFailure) {
    guard let left = document["notRemoved"]?.asArray, let first = left.first else { return }
    throw CommandFailure(
      "the backup is made, but \(left.count) older ones could not be removed: \(first.text("reason"))",
      remedy: "see to the folder's owner and mode; the next backup with --keep removes them")
  }

  public static func saved(_ document: JSON, on page: Page) -> [String] {
    let sealed =
      document["encrypted"] == true
      ? "encrypted for \(document["encryption"]?.text("recipient") ?? "")" : "not encrypted"
    var facts = [
      ("Backup", "\(document.text("file")), \(size(document["bytes"])), \(sealed)"), ("Holds", holds(document, page)),
    ]
    if document.text("kind") == BackupManifest.Kind.database.rawValue {
      facts.append(("Checked", "opened, whole, and its counts are those of the database"))
      facts.append(("Last test", lastCheck(document["lastCheck"], page)))
    }
    for path in document["removed"]?.asArray ?? [] { facts.append(("Removed", path.asString ?? "")) }
    for left in document["notRemoved"]?.asArray ?? [] {
      facts.append(("Not removed", "\(left.text("file")): \(left.text("reason"))"))
    }
    return page.facts(facts)
  }

  public static func checked(_ document: JSON, on page: Page) -> [String] {
    var words = "it can be restored"
    if let noted = document["noted"]?.asBool { words += noted ? "; noted" : "; not noted, as no database is here" }
    return page.facts([("Backup", holds(document["backup"] ?? .null, page)), ("Checked", words)])
  }

  static func restored(_ document: JSON, on page: Page) -> [String] {
    page.facts([
      ("Restored", holds(document["backup"] ?? .null, page)),
      ("Replaced", replaced(document["replaces"], page)), ("Kept aside", document.text("keptAside")),
      ("Ledger", document.text("ledger")), ("Next", "start the daemon: `\(document.text("next"))`"),
    ])
  }

  static func proposed(_ document: JSON, on page: Page) -> [String] {
    page.facts([
      ("Restore", holds(document["backup"] ?? .null, page)), ("In place of", replaced(document["replaces"], page)),
    ])
  }

  /// `agent's database of water, made on edge-7 at … (2 h ago): 1234 changes, 120 orders, the newest of …`.
  private static func holds(_ manifest: JSON, _ page: Page) -> String {
    let isKeys = manifest.text("kind") == BackupManifest.Kind.keys.rawValue
    var words = "\(manifest.text("program"))'s \(isKeys ? "keys and ledger" : "database")"
    if let platform = manifest["platform"]?.asString { words += " of \(platform)" }
    words += ", made on \(manifest.text("host")) at \(page.time(manifest["created"]?.asInt))"
    words += " (\(page.age(manifest["created"]?.asInt)))"
    if let authority = manifest["authority"]?.asString { words += ", authority \(authority)" }
    return isKeys ? words : words + ": " + counts(manifest, page)
  }

  private static func replaced(_ old: JSON?, _ page: Page) -> String {
    guard let old, old != .null else { return "nothing: there is none here" }
    if let reason = old["unreadable"]?.asString { return "\(old.text("database")), which cannot be read: \(reason)" }
    if let keys = old["keys"]?.asString { return "\(keys), authority \(old.text("authority"))" }
    let owner = old["platform"]?.asString.map { " of \($0)" } ?? ""
    return "\(old.text("database"))\(owner) on \(old.text("host")), \(size(old["bytes"])): \(counts(old, page))"
  }

  private static func counts(_ json: JSON, _ page: Page) -> String {
    let newest = json["newest"]?.asInt.map { ", the newest of \(page.time($0)) (\(page.age($0)))" } ?? ""
    return "\(json.text("changes")) changes, \(json.text("orders")) orders\(newest)"
  }

  private static func lastCheck(_ check: JSON?, _ page: Page) -> String {
    guard let at = check?["at"]?.asInt else {
      return "no backup of this database was ever tested: run `restore --check` on one now and then"
    }
    return "the backup of \(page.time(check?["created"]?.asInt)) was restored in a test \(page.age(at))"
  }

  private static func size(_ bytes: JSON?) -> String { TimeText.bytes(bytes?.asInt ?? 0) }
}
