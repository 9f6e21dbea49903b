// `init` and `serve`: the two commands that open the hub's database themselves.

import ArgumentParser
import Core
import Foundation
import Shell

struct InitCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Make a hub: the certificate authority, keys, ledger and database.",
    discussion: """
      Refuses a directory in which there is a hub already. Back up keys/ apart from the database.

      EXAMPLES:
        lianxin-hub init --data /var/lib/lianxin-hub --names hub.example.org,10.0.0.5
        lianxin-hub init --data ./hub --names localhost --json | jq -r .ca
      """)

  @Option(help: ArgumentHelp("How agents reach the hub, separated by commas.", valueName: "names"))
  var names: String?
  @OptionGroup var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  func settings() throws -> HubSettings {
    try connection.settings(names.map { ["sync.names": $0] } ?? [:])
  }

  func run() async throws {
    let settings = try settings()
    // Keys and database are the hub's own user's alone from the first moment.
    umask(0o077)
    let lines = try HubSetup.initialise(settings)
    output.show(document(settings)) { _, _ in lines.map(Sanitize.line) }
  }

  /// What was made: `{"data","ca","next"}`, the paths of the data directory and of the authority's certificate, and the command
  /// that starts the hub.
  func document(_ settings: HubSettings) -> JSON {
    let same = [("--config", connection.config), ("--data", connection.data), ("--socket", connection.socket)]
      .compactMap { option, value in value.map { " \(option) \($0)" } }
    return [
      "data": .string(settings.dataDirectory),
      "ca": .string(HubFiles(directory: settings.dataDirectory).keys.authorityCertificate),
      "next": .string("lianxin-hub serve" + same.joined()),
    ]
  }
}

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Run the hub until SIGTERM or SIGINT.",
    discussion: """
      Logs to standard error. The port on which agents are awaited stands in hub.port in the data directory when it is \
      open, the console's in console.port, the metrics' in metrics.port.

      EXAMPLES:
        lianxin-hub serve --config /etc/lianxin/hub.yaml
        lianxin-hub serve --data ./hub --listen 127.0.0.1 --port 0
      """)

  @Option(help: ArgumentHelp("The address on which agents are awaited.", valueName: "address"))
  var listen: String?
  @Option(help: ArgumentHelp("Its port; 0 lets the system choose.", valueName: "port"))
  var port: Int?
  @Option(
    help: ArgumentHelp(
      "The console's port; 0 lets the system choose, as it does where --port is given and this is not.",
      valueName: "port"))
  var consolePort: Int?
  @Option(
    help: ArgumentHelp(
      "The metrics' port; 0 lets the system choose, as it does where --port is 0 and this is not given.",
      valueName: "port"))
  var metricsPort: Int?
  @OptionGroup var connection: ConnectionOptions

  func settings() throws -> HubSettings {
    var overrides: [String: String] = [:]
    overrides["sync.listen"] = listen
    overrides["sync.port"] = port.map(String.init)
    // Who names the port is about to run one of several hubs on this machine, and they cannot share the console's.
    overrides["console.port"] = (consolePort ?? port.map { _ in 0 }).map(String.init)
    overrides["metrics.port"] = (metricsPort ?? (port == 0 ? 0 : nil)).map(String.init)
    return try connection.settings(overrides)
  }

  func run() async throws {
    let settings = try settings()
    // Whatever the hub makes, its socket too, is its own user's alone from the first moment.
    umask(0o077)
    try await HubDaemon.serve(settings)
  }
}
