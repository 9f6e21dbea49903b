// The agent's program: the command tree. Each command is a file in Commands; what the daemon does is Daemon's.

import ArgumentParser
import Shell

@main struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lianxin-agent",
    abstract: "Keeps a platform's work orders in step with the hotline's hub, through any network outage.",
    discussion: """
      `enroll` once, keep `run` running, and work with `orders`. All of it works \
      offline too: it is recorded here at once, and reaches the hub when the \
      network is there.

      With --json, answers and refusals are JSON; wrong arguments are told in text.

      EXAMPLES:
        lianxin-agent enroll --hub https://hub.example.org:7443 --ca ca.pem \\
          --token-file token.txt
        lianxin-agent run --data /var/lib/lianxin-agent
        lianxin-agent orders list --open
        lianxin-agent orders accept 20261125-000123
        lianxin-agent status --watch

      Shell completions: lianxin-agent --generate-completion-script bash (or zsh, fish).

      \(CommandStatus.help)
      """,
    version: AgentVersion.text,
    groupedSubcommands: [
      CommandGroup(name: "Set up and run", subcommands: [EnrollCommand.self, RunCommand.self]),
      CommandGroup(name: "Work on orders", subcommands: [OrdersCommand.self]),
      CommandGroup(
        name: "Look around",
        subcommands: [
          StatusCommand.self, SyncCommand.self, ResyncCommand.self, ConflictsCommand.self, QuarantineCommand.self,
          DoctorCommand.self,
        ]),
      CommandGroup(
        name: "Save and restore", subcommands: [BackupCommand.self, RestoreCommand.self, BackupKeyCommand.self]),
    ])

  static func main() async { await runToExit() }
}
