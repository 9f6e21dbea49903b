// The running agent: what is started, in which order, and how it ends. Each part's work is in its own folder.

import Core
import Foundation
import Logging
import ServiceLifecycle
import Shell

/// What the local API needs of the running agent.
protocol AgentDoor: Sendable {
  var identity: AgentIdentity { get }
  /// Blocks: call it from a thread pool.
  var store: AgentStore { get }
  /// To be called after each edit that the store recorded, so that the push lane wakes.
  func localChange()
  /// Wakes both lanes at once. With `wait`, returns when nothing is unsent and everything that the hub had at this call has been
  /// read, or the time is up.
  func syncNow(wait: Duration?) async
  /// The document of `GET /v1/status`. Blocks.
  func status() throws -> JSON
  /// The document of `GET /v1/doctor`. Blocks, and reads the whole database.
  func doctor() throws -> JSON
}

/// Makes the service of the local API on a Unix socket at `socket`.
typealias LocalAPIMaker = @Sendable (_ door: any AgentDoor, _ socket: String, _ logger: Logger) throws -> any Service

/// Everything that runs, from one data directory.
struct Daemon: AgentDoor {
  let identity: AgentIdentity
  let store: AgentStore
  let sync: SyncLoop
  private let settings: AgentSettings

  /// Runs the agent until SIGTERM or SIGINT, or until its disk fails. Nothing is lost at the end: everything that was answered is
  /// in the database.
  static func run(_ settings: AgentSettings, localAPI: LocalAPIMaker) async throws {
    let logger = Logger(label: "lianxin-agent")
    let daemon = try Daemon(settings, logger: logger)
    logger.info(
      "agent.started",
      metadata: [
        "platform": "\(daemon.identity.platform)", "agent": "\(daemon.identity.agent)", "data": "\(settings.data)",
        "version": "\(AgentVersion.text)",
      ])
    let api = try localAPI(daemon, settings.socket, logger)
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: daemon.sync, failureTerminationBehavior: .gracefullyShutdownGroup),
          .init(service: api, failureTerminationBehavior: .gracefullyShutdownGroup),
        ],
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    try await group.run()
    do { try daemon.store.database.close() } catch {
      // Nothing is lost, but it should be known that the last commits are not in the main file alone.
      logger.warning("agent.database.unclosed", metadata: ["error": "\(error)"])
    }
    logger.info("agent.stopped")
  }

  /// Takes the lock and opens everything; connects nothing yet.
  init(_ settings: AgentSettings, logger: Logger) throws {
    self.settings = settings
    let files = settings.files
    identity = try AgentIdentity.load(files)
    store = try AgentStore(path: files.database, lock: files.lock, platform: identity.platform) { count in
      var generator = SystemRandomNumberGenerator()
      return (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
    }
    let transport = SyncTransport(
      hub: settings.hub ?? identity.hub, files: files,
      userAgent: "lianxin-agent/\(AgentVersion.text)")
    sync = SyncLoop(store: store, transport: transport, files: files, settings: settings.engine, logger: logger)
  }

  func localChange() { sync.localChange() }
  func syncNow(wait: Duration?) async { await sync.syncNow(wait: wait) }

  func status() throws -> JSON {
    let now = Wall.now
    let figures = try store.figures(now: now)
    // What is wrong with a certificate that cannot be read, doctor says.
    let certificate = try? CertificateInfo.load(pemFile: settings.files.certificate)
    return .compact([
      ("platform", .string(identity.platform.text)), ("agent", .string(identity.agent)),
      ("version", .string(AgentVersion.text)), ("hub", .string(settings.hub ?? identity.hub)),
      ("replica", .optional(figures.replica?.text)), ("link", sync.link(now: now)),
      (
        "outbox",
        .compact([("depth", .int(figures.health.outbox)), ("oldest", figures.health.oldest.map(JSON.int))])
      ),
      (
        "cursor",
        ["position": .int(figures.cursor.position), "told": .int(figures.told.position), "lag": .int(figures.lag)]
      ),
      ("orders", ["total": .int(figures.orders), "open": .int(figures.open)]),
      ("waiting", .int(figures.health.waiting)), ("quarantined", .int(figures.health.quarantined)),
      ("conflicts", .int(figures.conflicts)),
      ("certificate", .compact([("notAfter", certificate.map { .int(Wall.milliseconds($0.notAfter)) })])),
      ("skew", store.skew.map(JSON.int)), ("rules", .int(Rules.number)),
      ("database", ["bytes": .int(try store.database.bytes())]),
    ])
  }

  func doctor() throws -> JSON {
    let now = Wall.now
    var checks: [(name: String, ok: Bool, detail: String)] = []
    let faults = try store.faults()
    checks.append(
      (
        "database", faults.isEmpty,
        faults.isEmpty ? "durable; every line fits its hash" : faults.joined(separator: "; ")
      ))
    do {
      let info = try CertificateInfo.load(pemFile: settings.files.certificate)
      let days = (Wall.milliseconds(info.notAfter) - now) / 86_400_000
      checks.append(("certificate", days > 0, "\(info.platform)/\(info.agent), \(days) days left"))
      _ = try CredentialFile.readSecret(settings.files.key)
      checks.append(("key", true, "for its owner only"))
    } catch {
      checks.append(("certificate", false, "\(error)"))
    }
    let link = sync.link(now: now)
    let isOnline = link["state"] == .string("online")
    checks.append(("hub", isOnline, link["reason"]?.asString ?? (link["state"]?.asString ?? "")))
    if let skew = store.skew {
      checks.append(("clock", abs(skew) < 300_000, "the hub's clock is \(skew) ms ahead of this machine's"))
    }
    let figures = try store.figures(now: now)
    checks.append(("waiting", figures.health.waiting == 0, "\(figures.health.waiting) changes wait for others"))
    checks.append(
      ("quarantine", figures.health.quarantined == 0, "\(figures.health.quarantined) changes could not take effect"))
    return [
      "checks": .array(checks.map { ["name": .string($0.name), "ok": .bool($0.ok), "detail": .string($0.detail)] }),
      "ok": .bool(checks.allSatisfy(\.ok)),
    ]
  }
}

/// The wall clock, read at the edge and passed in everywhere else.
enum Wall {
  /// Milliseconds since 1970.
  static var now: Int { milliseconds(Date()) }
  static func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1_000).rounded(.down)) }
}
