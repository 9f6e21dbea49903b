// The commands that print one report of the daemon: `conflicts`, `quarantine`, `doctor`.

import ArgumentParser
import Core
import Shell

struct ConflictsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "List what was written on both sides at once, and which rule decides what is shown.",
    discussion: """
      A conflict blocks nothing and loses nothing. Writing the register again,
      having seen both values, settles it.

      EXAMPLES:
        lianxin-agent conflicts
        lianxin-agent conflicts --json
      """)

  @OptionGroup var daemon: DaemonOptions

  mutating func run() throws {
    let document = try daemon.client().document(DaemonClient.path("v1", "conflicts"))
    daemon.output.show(document, as: ListPrinting.conflicts)
  }
}

struct QuarantineCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine", abstract: "List changes that could not be applied, with the reason. They are kept.",
    discussion: """
      EXAMPLES:
        lianxin-agent quarantine
        lianxin-agent quarantine --json
      """)

  @OptionGroup var daemon: DaemonOptions

  mutating func run() throws {
    let document = try daemon.client().document(DaemonClient.path("v1", "quarantine"))
    daemon.output.show(document, as: ListPrinting.quarantine)
  }
}

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor", abstract: "Check the installation; exit status 1 if something is wrong.",
    discussion: """
      EXAMPLES:
        lianxin-agent doctor
        lianxin-agent doctor --json
      """)

  @OptionGroup var daemon: DaemonOptions

  mutating func run() throws {
    let document = try daemon.client().document(DaemonClient.path("v1", "doctor"), timeout: .seconds(120))
    daemon.output.show(document, as: ListPrinting.checks)
    if document["ok"]?.asBool != true { throw ExitCode(CommandStatus.failure.rawValue) }
  }
}
