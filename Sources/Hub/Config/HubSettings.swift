// What the hub's configuration means: the table of keys, and the checked values that the daemon starts with.
// Reading YAML, environment and flags is Shell's.

import Foundation
import Logging
import Shell

/// The hub's configuration, checked. Durations are whole milliseconds or seconds, as named.
struct HubSettings: Sendable, Equatable {
  /// Database, keys and ledger lie here.
  var dataDirectory: String
  /// The operators' Unix socket.
  var socketPath: String
  /// The address on which agents are awaited.
  var listen: String
  /// Its port; 0 lets the system choose.
  var port: Int
  /// By which names and addresses agents reach the hub: they stand in its certificate.
  var names: [String]
  /// Open connections of agents.
  var maxConnections: Int
  /// The console for browsers; nil where it is switched off.
  var console: ConsoleSettings?
  /// The listener for Prometheus; nil where it is switched off.
  var metrics: MetricsSettings?
  /// The longest that a long poll is held.
  var maxWaitMilliseconds: Int
  /// Requests that may wait for the writer.
  var queue: Int
  /// Requests that share one commit at most.
  var group: Int
  /// How far ahead of the hub's clock a change's time may be.
  var skewMilliseconds: Int
  /// Human numbers that are left out where the database went back.
  var skippedNumbers: Int
  /// Life of an agent's certificate.
  var certificateLifeSeconds: Int
  /// For how long after its end a certificate can still be renewed.
  var certificateGraceSeconds: Int
  /// For how long an agent that is not seen still finds every entry in its feed.
  var feedKeepSeconds: Int
  /// For how long personal values are kept after their order's end.
  var retention: RetentionPolicy
  /// Of whom a second factor is demanded.
  var secondFactor: SecondFactorRule
  /// How often an account may reveal personal values in an hour before somebody is told; 0: nobody is.
  var revealsPerHour: Int
  /// The hotline's policy: limits, calendar, ladder; nil: the defaults.
  var policyFile: String?
  var logLevel: Logger.Level
  /// TLS 1.2 for agents behind old middleboxes.
  var allowTLS12: Bool
  /// The public key file for which backups are encrypted, nil where they are not.
  var backupRecipient: String?
}

/// Where the console is, and as whom it shows itself.
struct ConsoleSettings: Sendable, Equatable {
  var listen: String
  /// 0 lets the system choose.
  var port: Int
  /// By which names browsers reach it, beside those of `sync.names`.
  var names: [String]
  /// PEM files of its own certificate and key; both nil take the hub's.
  var certificateFile: String?
  var keyFile: String?
}

extension HubSettings {
  private static let prefix = "LIANXIN_HUB"
  /// Where the packaged service has its configuration; it is read when it is there and no other file is named.
  static let installedFile = "/etc/lianxin/hub.yaml"

  /// Every key of `hub.yaml`.
  static let keys: [ConfigKey] = [
    ConfigKey(
      "data", .path, default: "/var/lib/lianxin-hub", prefix: prefix,
      doc:
        "Database, keys/ (the authority's key, mode 0600) and the ledger. Must be on a local disk;"
        + " only one hub may open it."
    ),
    ConfigKey(
      "socket", .path, default: "/run/lianxin-hub/hub.sock", prefix: prefix,
      doc:
        "Where the running hub takes commands from its command line. Whoever may write to this socket is an operator."),
    ConfigKey(
      "sync.listen", .string, default: "0.0.0.0", prefix: prefix,
      doc: "The address of the listener for agents: HTTPS with client certificates."),
    ConfigKey(
      "sync.port", .integer(0...65_535), default: "7443", prefix: prefix,
      doc: "Its port. 0 lets the system choose; the choice stands in hub.port in the data directory."),
    ConfigKey(
      "sync.names", .list, default: "localhost", example: "hub.example.org", prefix: prefix,
      doc: "The names and addresses by which agents reach the hub, separated by commas. They stand in its"
        + " certificate."),
    ConfigKey(
      "sync.maxConnections", .integer(1...1_000_000), default: "10000", prefix: prefix,
      doc: "Connections beyond this many are refused. Every agent keeps two open. LimitNOFILE must be above it."),
    ConfigKey(
      "sync.tls12", .bool, default: "false", prefix: prefix,
      doc: "Whether TLS 1.2 is allowed beside 1.3, for agents behind old middleboxes."),
    ConfigKey(
      "console.enabled", .bool, default: "true", prefix: prefix,
      doc: "Whether there is a console for browsers, and with it the operators' API over HTTPS."),
    ConfigKey(
      "console.listen", .string, default: "127.0.0.1", prefix: prefix,
      doc: "The console's address: HTTPS for browsers. 0.0.0.0 makes it reachable from other machines."),
    ConfigKey(
      "console.port", .integer(0...65_535), default: "7444", prefix: prefix,
      doc: "Its port. 0 lets the system choose; the choice stands in console.port in the data directory."),
    ConfigKey(
      "console.names", .list, default: "localhost", example: "hub.example.org", prefix: prefix,
      doc: "The names and addresses by which browsers reach the console, separated by commas. They stand in the hub's"
        + " certificate."),
    ConfigKey(
      "console.certificate", .path, example: "/etc/lianxin/console.pem", prefix: prefix,
      doc:
        "A certificate of your own for the console, with its chain, in PEM. Without it the hub's own authority vouches."
    ),
    ConfigKey(
      "console.key", .path, example: "/etc/lianxin/console.key", prefix: prefix,
      doc: "Its private key in PEM; both or neither."),
    ConfigKey(
      "metrics.enabled", .bool, default: "true", prefix: prefix,
      doc: "Whether Prometheus can read the hub's figures over HTTP, at /metrics. They hold no personal data."),
    ConfigKey(
      "metrics.listen", .string, default: "127.0.0.1", prefix: prefix,
      doc: "Its address. Whoever reaches it can read: keep it on this machine or in the network of those who watch."),
    ConfigKey(
      "metrics.port", .integer(0...65_535), default: "9464", prefix: prefix,
      doc: "Its port. 0 lets the system choose; the choice stands in metrics.port in the data directory."),
    ConfigKey(
      "pull.maxWait", .duration(.seconds(1) ... .seconds(60)), default: "30s", prefix: prefix,
      doc: "The longest that a waiting agent is held before it gets an empty answer."
        + " Keep it below the idle timeout of anything between."),
    ConfigKey(
      "ingest.queue", .integer(1...1_000_000), default: "1024", prefix: prefix,
      doc: "Requests that may wait for the writer. One more is answered 503 with a time to come back."),
    ConfigKey(
      "ingest.group", .integer(1...100_000), default: "256", prefix: prefix,
      doc: "Requests that share one commit, and so one fsync, at most."),
    ConfigKey(
      "clock.skew", .duration(.seconds(1) ... .seconds(86_400)), default: "5m", prefix: prefix,
      doc:
        "How far ahead of the hub's clock a change's time may be before the hub writes the time as which it counts"
        + " instead."
    ),
    ConfigKey(
      "numbers.skip", .integer(1...100_000), default: "1000", prefix: prefix,
      doc:
        "Human numbers of the day that are left out each time the database went back: more than are given out between two backups."
    ),
    ConfigKey(
      "certificates.life", .duration(.seconds(60) ... .seconds(3_650 * 86_400)), default: "90d", prefix: prefix,
      doc: "Life of an agent's certificate. Agents renew after two thirds of it."),
    ConfigKey(
      "certificates.grace", .duration(.zero ... .seconds(3_650 * 86_400)), default: "14d", prefix: prefix,
      doc: "For how long after its end a certificate that is not revoked can still be renewed."),
    ConfigKey(
      "feed.keep", .duration(.seconds(3_600) ... .seconds(3_650 * 86_400)), default: "90d", prefix: prefix,
      doc: "An agent that was seen within this time still finds every entry that it lacks in its feed."),
    ConfigKey(
      "retention.platform", .duration(.zero ... .seconds(36_500 * 86_400)), default: "30d", prefix: prefix,
      doc: "For how long after an order's end its platforms keep their copies of personal values. 0s: for ever."),
    ConfigKey(
      "retention.purge", .duration(.zero ... .seconds(36_500 * 86_400)), default: "1095d", prefix: prefix,
      doc: "For how long after an order's end personal values are kept at all; then they are purged. 0s: for ever."),
    ConfigKey(
      "accounts.secondFactor", .oneOf(SecondFactorRule.allCases.map(\.rawValue)), default: "supervisor",
      prefix: prefix,
      doc: "Who must sign in at the console with a second factor, an app's code: off (nobody must), supervisor"
        + " (supervisors and administrators) or all. Who has none yet sets it up at the next sign-in."),
    ConfigKey(
      "privacy.revealsPerHour", .integer(0...100_000), default: "60", prefix: prefix,
      doc: "How often one account may reveal personal values in an hour before that is audited by itself and shown as"
        + " an alert. Nothing is refused. 0: no alert."),
    ConfigKey(
      "policy.file", .path, example: "/etc/lianxin/policy.yaml", prefix: prefix,
      doc: "The hotline's policy: limits of each stage, working calendar, reminders. Read again at SIGHUP or by"
        + " `policy reload`. Without it, the defaults of policy.example.yaml hold."),
    ConfigKey(
      "backup.recipient", .path, example: "/etc/lianxin/backup.pub", prefix: prefix,
      doc: "The public key file for which `backup` encrypts; `backup-key create` makes it. Without it, backups are not"
        + " encrypted."),
    ConfigKey(
      "log.level", .oneOf(LogfmtHandler.levels), default: "info", prefix: prefix,
      doc: "Personal data is logged at no level."),
  ]

  /// Loads command line over environment over file over default.
  ///
  /// - Parameters:
  ///   - file: the file that the user named; nil takes ``installedFile`` if there is one.
  ///   - overrides: texts by key, from flags.
  static func load(
    file: String?, overrides: [String: String] = [:],
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ConfigFailure) -> HubSettings {
    let installed = FileManager.default.fileExists(atPath: installedFile) ? installedFile : nil
    let settings = try Settings.load(
      keys, file: file ?? installed, environment: environment, overrides: overrides)
    return HubSettings(
      dataDirectory: try settings.path("data"), socketPath: try settings.path("socket"),
      listen: try settings.string("sync.listen"), port: try settings.integer("sync.port"),
      names: try settings.list("sync.names"), maxConnections: try settings.integer("sync.maxConnections"),
      console: try console(settings), metrics: try metrics(settings),
      maxWaitMilliseconds: milliseconds(try settings.duration("pull.maxWait")),
      queue: try settings.integer("ingest.queue"), group: try settings.integer("ingest.group"),
      skewMilliseconds: milliseconds(try settings.duration("clock.skew")),
      skippedNumbers: try settings.integer("numbers.skip"),
      certificateLifeSeconds: milliseconds(try settings.duration("certificates.life")) / 1000,
      certificateGraceSeconds: milliseconds(try settings.duration("certificates.grace")) / 1000,
      feedKeepSeconds: milliseconds(try settings.duration("feed.keep")) / 1000,
      retention: RetentionPolicy(
        atPlatforms: some(milliseconds(try settings.duration("retention.platform"))),
        untilPurge: some(milliseconds(try settings.duration("retention.purge")))),
      // The table allows no other word than these.
      secondFactor: SecondFactorRule(rawValue: try settings.string("accounts.secondFactor")) ?? .supervisor,
      revealsPerHour: try settings.integer("privacy.revealsPerHour"),
      policyFile: settings.has("policy.file") ? try settings.path("policy.file") : nil,
      // The table allows no other word than these.
      logLevel: Logger.Level(rawValue: try settings.string("log.level")) ?? .info,
      allowTLS12: try settings.bool("sync.tls12"),
      backupRecipient: settings.has("backup.recipient") ? try settings.path("backup.recipient") : nil)
  }

  private static func console(_ settings: Settings) throws(ConfigFailure) -> ConsoleSettings? {
    guard try settings.bool("console.enabled") else { return nil }
    return ConsoleSettings(
      listen: try settings.string("console.listen"), port: try settings.integer("console.port"),
      names: try settings.list("console.names"),
      certificateFile: settings.has("console.certificate") ? try settings.path("console.certificate") : nil,
      keyFile: settings.has("console.key") ? try settings.path("console.key") : nil)
  }

  private static func metrics(_ settings: Settings) throws(ConfigFailure) -> MetricsSettings? {
    guard try settings.bool("metrics.enabled") else { return nil }
    return MetricsSettings(listen: try settings.string("metrics.listen"), port: try settings.integer("metrics.port"))
  }

  private static func some(_ milliseconds: Int) -> Int? { milliseconds == 0 ? nil : milliseconds }

  private static func milliseconds(_ duration: Duration) -> Int {
    let (seconds, attoseconds) = duration.components
    return Int(seconds) * 1000 + Int(attoseconds / 1_000_000_000_000_000)
  }
}
