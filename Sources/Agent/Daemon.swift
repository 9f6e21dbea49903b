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
  /// Compares what both sides hold, as asked for, as soon as the hub is there.
  func resync(_ request: ResyncRequest) -> ResyncAnswer
  /// How far that is and how the last one ended, and the link:
  /// `{"state","number","request"?,"orders","done","differing"?,"report"?,"link"}`. Blocks.
  func resyncDocument() throws -> JSON
  /// The document of `GET /v1/status`. Blocks.
  func status() throws -> JSON
  /// The document of `/v1/doctor`. Blocks, and reads the whole database; with `fixing`, puts right what can be.
  func doctor(fixing: Bool) throws -> JSON
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

  func resync(_ request: ResyncRequest) -> ResyncAnswer { sync.resync(request) }

  func resyncDocument() throws -> JSON {
    .object((try sync.resyncDocument().asObject ?? []) + [JSON.Member("link", sync.link(now: Wall.now))])
  }

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
      ("voided", .int(figures.voided)), ("conflicts", .int(figures.conflicts)),
      ("certificate", .compact([("notAfter", certificate.map { .int(Wall.milliseconds($0.notAfter)) })])),
      ("skew", store.skew.map(JSON.int)), ("rules", .int(Rules.number)),
      ("database", ["bytes": .int(try store.database.bytes())]), ("healing", try healing()),
    ])
  }

  /// `{"due","state","last"?,"lastFound"?,"clone"?,"missing":[{"replica","missing"}],"lost":[{"replica","lost"}],"lastCheck"?}`: what
  /// keeps both sides the same where something was lost; `missing` is what waiting changes wait for, `lost` what the hub said to be lost.
  private func healing() throws -> JSON {
    let told = ToldHealings(try store.healings(limit: AgentStore.keptReports))
    return .compact([
      ("due", .bool(try store.isReconcileDue())), ("state", try sync.resyncDocument()["state"]),
      ("last", told.last), ("lastFound", told.lastFound), ("clone", told.clone),
      (
        "missing",
        .array(try store.missing().map { ["replica": .string($0.replica.text), "missing": .string($0.words)] })
      ),
      ("lost", .array(try store.lost().map { ["replica": .string($0.replica.text), "lost": .string($0.words)] })),
      ("lastCheck", LastCheck.read(besideDatabase: settings.files.database)?.json),
    ])
  }

  func doctor(fixing: Bool) throws -> JSON {
    let now = Wall.now
    var findings = try store.examine(fixing: fixing, now: now)
    if let lines = findings.firstIndex(where: { $0.name == "lines" && $0.repair != nil }),
      sync.resync(ResyncRequest()) != .taken
    {
      // It may be past these orders already.
      findings[lines] = Finding(
        "lines", false, findings[lines].detail,
        remedy: "a resync is under way: when it has ended, doctor --fix takes from the hub what is still missing")
    }
    findings += MachineFindings.disk(settings.data)
    do {
      let info = try CertificateInfo.load(pemFile: settings.files.certificate)
      let days = (Wall.milliseconds(info.notAfter) - now) / 86_400_000
      findings.append(
        Finding(
          "certificate", days > 0, "\(info.platform)/\(info.agent), \(days) days left",
          remedy: "enrol again with a new token of the hub's operators"))
    } catch {
      findings.append(
        Finding("certificate", false, "\(error)", remedy: "enrol again with a new token of the hub's operators"))
    }
    findings.append(MachineFindings.secrets([settings.files.key], fixing: fixing))
    findings.append(MachineFindings.databaseFiles(settings.files.database, fixing: fixing))
    findings.append(MachineFindings.libraries())
    let link = sync.link(now: now)
    findings.append(
      Finding(
        "hub", link["state"] == .string("online"), link["reason"]?.asString ?? (link["state"]?.asString ?? ""),
        remedy: "work goes on without it; look at the network, the hub's address and its status"))
    if let skew = store.skew {
      findings.append(
        Finding(
          "clock", skew.magnitude < UInt(MachineFindings.maxSkew),
          "the hub's clock is \(skew) ms ahead of this machine's",
          remedy: "set this machine's clock, and let NTP keep it"))
    }
    let health = try store.health(now: now)
    findings.append(
      Finding(
        "waiting", health.waiting == 0, "\(health.waiting) changes wait for others",
        remedy: "they come with the next sync; where they stay, tell the hub's operators"))
    findings.append(
      Finding(
        "quarantine", health.quarantined == 0, "\(health.quarantined) changes could not take effect",
        remedy: "lianxin-agent quarantine lists them with the reasons"))
    return findings.report
  }
}

/// The wall clock, read at the edge and passed in everywhere else.
enum Wall {
  /// Milliseconds since 1970.
  static var now: Int { milliseconds(Date()) }
  static func milliseconds(_ date: Date) -> Int { Int((date.timeIntervalSince1970 * 1_000).rounded(.down)) }
}
