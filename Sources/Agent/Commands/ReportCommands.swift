// The commands that print one report of the daemon: `conflicts`, `quarantine`, `doctor`.

import ArgumentParser
import Core
import Shell

struct ConflictsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts",
    abstract: "List what was written on both sides at once, and which rule decides what is shown.",
    discussion: """
      A conflict blocks nothing and loses nothing. Writing the register again, \
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
      It takes its time: the database is read whole, and every order is folded \
      anew from its changes. Work and sync go on meanwhile.

      With --fix, states and digests that differ from the log are made anew \
      from it, and lines that the disk altered or lost are taken from the hub \
      again by a resync. Nothing is dropped that the hub has not proved to hold.

      EXAMPLES:
        lianxin-agent doctor
        lianxin-agent doctor --fix
        lianxin-agent doctor --json
      """)

  @Flag(help: "Put right what can be put right without a loss.")
  var fix = false

  @OptionGroup var daemon: DaemonOptions

  mutating func run() throws {
    let path = DaemonClient.path("v1", "doctor")
    let client = try daemon.client()
    let document =
      fix
      ? try client.post(path, ["fix": true], timeout: .seconds(3_600))
      : try client.document(path, timeout: .seconds(3_600))
    daemon.output.show(document, as: ListPrinting.checks)
    if document["ok"]?.asBool != true { throw ExitCode(CommandStatus.failure.rawValue) }
  }
}
