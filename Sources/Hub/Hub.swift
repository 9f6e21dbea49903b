// The command tree of lianxin-hub. Each command is a file in Commands/; the daemon is Daemon.swift.

import ArgumentParser
import Shell

@main struct HubCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lianxin-hub",
    abstract: "The hotline's side of Lianxin: work orders kept in step with the sector platforms.",
    discussion: """
      `init` makes the hub, `serve` runs it. `backup`, `restore`, `backup-key` and `policy check` work on files; every \
      other command speaks to the running hub over its Unix socket. The socket is --socket, or hub.sock in --data, or \
      what the configuration file says (--config, else \(HubSettings.installedFile)). A hub on another machine is \
      reached by its console's address: --url, --ca and --token-file, or LIANXIN_URL, LIANXIN_CA and LIANXIN_TOKEN.

      With --json, answers and refusals are JSON; wrong arguments are told in text.

      EXAMPLES:
        lianxin-hub init --data /var/lib/lianxin-hub --names hub.example.org
        lianxin-hub serve --config /etc/lianxin/hub.yaml
        lianxin-hub platform add water --sectors water,drainage
        lianxin-hub token create water --out water.token
        lianxin-hub orders create --kind repair --title 'Burst pipe' --dispatch water
        lianxin-hub status --watch

      Shell completions: lianxin-hub --generate-completion-script bash (or zsh, fish).

      \(CommandStatus.help)
      """,
    version: HubVersion.text,
    subcommands: [
      InitCommand.self, ServeCommand.self, PlatformCommand.self, TokenCommand.self, AgentCommand.self,
      StatusCommand.self,
      OrdersCommand.self, RequestsCommand.self, ConflictsCommand.self, QuarantineCommand.self,
      DeadlinesCommand.self, CallBacksCommand.self, IndicatorsCommand.self, PolicyCommand.self, ImportCommand.self,
      ReplayCommand.self, ResyncCommand.self, LostCommand.self, PrivacyCommand.self, UserCommand.self,
      AuditCommand.self,
      DoctorCommand.self, BackupCommand.self,
      RestoreCommand.self,
      BackupKeyCommand.self, YearCommand.self,
    ])

  static func main() async {
    await runToExit()
  }
}
