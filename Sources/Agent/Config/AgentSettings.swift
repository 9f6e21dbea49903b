// The agent's configuration as one table of keys, and its values. How a file is read and checked is Shell's.

import Core
import Shell

/// The version that every call and `--version` name.
enum AgentVersion {
  static let text = "0.1.0"
}

/// The checked configuration of an agent.
struct AgentSettings: Sendable {
  /// The data directory.
  let data: String
  /// Where the daemon listens for its command line.
  let socket: String
  /// The hub's address where the configuration names one; enrolment keeps one too.
  let hub: String?
  let engine: SyncEngine.Settings
  /// One of `LogfmtHandler.levels`.
  let logLevel: String
  /// The public key file for which backups are encrypted, nil where they are not.
  let backupRecipient: String?

  static let keys: [ConfigKey] = [
    key(
      "data", .path, default: "/var/lib/lianxin-agent",
      "Database, certificate and key. Must be on a local disk; only one agent may open it."),
    key(
      "socket", .path, default: "/run/lianxin-agent/agent.sock",
      "Where the running agent takes commands from its command line. Whoever may write to this socket acts for the platform."
    ),
    key(
      "hub", .string, example: "https://hub.example.org:7443",
      "The hub's address, by one of the names under sync.names in the hub's configuration. Without it, the one of the enrolment."
    ),
    key(
      "pull.wait", .duration(.seconds(1) ... .seconds(Limits.maxWaitSeconds)), default: "30s",
      "How long the agent asks the hub to hold a request when there is nothing new. The hub's pull.maxWait limits it."),
    key(
      "push.maxChanges", .integer(1...Limits.maxBatchChanges), default: "500",
      "The most changes that one request carries."),
    key(
      "push.maxBytes", .bytes(Limits.maxLineBytes...Limits.maxBatchBytes / 2), default: "1MiB",
      "The most bytes of changes that one request carries."),
    key(
      "retry.first", .duration(.milliseconds(10) ... .seconds(60)), default: "1s",
      "After a failure that may pass by itself, waits grow from this, each drawn at random below its bound."),
    key(
      "retry.max", .duration(.milliseconds(10) ... .seconds(86_400)), default: "5m",
      "The longest of these waits."),
    key(
      "retry.operator", .duration(.seconds(1) ... .seconds(86_400)), default: "15m",
      "After a failure that needs a person (certificate, clock, version): how often to try again all the same."),
    key(
      "backup.recipient", .path, example: "/etc/lianxin/backup.pub",
      "The public key file for which `backup` encrypts; `backup-key create` makes it. Without it, backups are not encrypted."
    ),
    key("log.level", .oneOf(LogfmtHandler.levels), default: "info", "Personal data is logged at no level."),
  ]

  /// Loads the configuration. A data directory given on the command line brings its own socket, so that two agents can be tried
  /// beside each other.
  static func load(
    file: String?, data: String? = nil, socket: String? = nil, hub: String? = nil
  ) throws(ConfigFailure) -> AgentSettings {
    var overrides: [String: String] = [:]
    overrides["data"] = data
    overrides["socket"] = socket ?? data.map { $0 + "/agent.sock" }
    overrides["hub"] = hub
    return try AgentSettings(Settings.load(keys, file: file, overrides: overrides))
  }

  init(_ settings: Settings) throws(ConfigFailure) {
    data = try settings.path("data")
    socket = try settings.path("socket")
    hub = settings.has("hub") ? try settings.string("hub") : nil
    logLevel = try settings.string("log.level")
    backupRecipient = settings.has("backup.recipient") ? try settings.path("backup.recipient") : nil
    var engine = SyncEngine.Settings()
    engine.maxWait = try settings.duration("pull.wait").milliseconds
    engine.minWait = min(engine.minWait, engine.maxWait)
    engine.maxChanges = try settings.integer("push.maxChanges")
    engine.maxBytes = try settings.bytes("push.maxBytes")
    engine.firstRetry = try settings.duration("retry.first").milliseconds
    engine.maxRetry = max(try settings.duration("retry.max").milliseconds, engine.firstRetry)
    engine.operatorRetry = try settings.duration("retry.operator").milliseconds
    self.engine = engine
  }

  /// The files inside the data directory.
  var files: AgentFiles { AgentFiles(data: data) }

  private static func key(
    _ name: String, _ kind: ConfigKey.Kind, default text: String? = nil, example: String? = nil, _ doc: String
  ) -> ConfigKey {
    ConfigKey(name, kind, default: text, example: example, prefix: "LIANXIN_AGENT", doc: doc)
  }
}

/// Names inside the data directory.
struct AgentFiles: Sendable, Equatable {
  let data: String
  /// The lock file beside the database is `agent.lock`.
  var database: String { data + "/agent.db" }
  var lock: String { data + "/agent" }
  var identity: String { data + "/identity" }
  var key: String { identity + "/key.pem" }
  var certificate: String { identity + "/cert.pem" }
  var authority: String { identity + "/ca.pem" }
  var description: String { identity + "/agent.json" }
}

extension Duration {
  /// Whole milliseconds.
  var milliseconds: Int { Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000) }
}
