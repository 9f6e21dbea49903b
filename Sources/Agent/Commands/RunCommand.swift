// `run`: the daemon, in the foreground, until it is told to end.

import ArgumentParser
import Foundation
import Logging
import Shell

struct RunCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Run the agent: keep in step with the hub and serve the command line.",
    discussion: """
      It stays in the foreground, logs to stderr and ends on SIGTERM or SIGINT; \
      nothing that was recorded is lost then, nor if it is killed. One data \
      directory takes one agent.

      EXAMPLES:
        lianxin-agent run --data /var/lib/lianxin-agent
        lianxin-agent run --config /etc/lianxin/agent.yaml
      """)

  @OptionGroup var connection: ConnectionOptions
  @Option(help: ArgumentHelp("The hub's address, where it has moved since the enrolment.", valueName: "url"))
  var hub: String?

  func run() async throws {
    let settings = try AgentSettings.load(
      file: ConnectionOptions.file(named: connection.config, installed: DaemonOptions.installedFile),
      data: connection.data, socket: connection.socket, hub: hub)
    // Database, socket and all else that is made from here on is this user's alone.
    umask(0o077)
    LogfmtHandler.bootstrap(level: Logger.Level(rawValue: settings.logLevel) ?? .info)
    do {
      try await Daemon.run(settings) { door, socket, logger in
        try makeLocalApplication(door: door, socket: socket, logger: logger)
      }
    } catch {
      throw RunCommand.failure(error)
    }
  }

  /// A start that fails, in words.
  static func failure(_ error: any Error) -> any Error {
    switch error {
    case AgentDatabaseError.locked(let failure): failure.asCommandFailure
    case let error as AgentDatabaseError: CommandFailure(error.description)
    case CredentialError.missing(let path):
      CommandFailure("this agent is not enrolled: there is no \(path)", remedy: "run `lianxin-agent enroll`")
    case let error as CredentialError: CommandFailure(error.description)
    case let error as DoorSocketError: error.asCommandFailure
    default: error
    }
  }
}
