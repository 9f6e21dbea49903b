// The hub as a process: `serve`, from opening its directory to its end. How its parts are put together is HubParts'.

import Core
import Foundation
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell

enum HubDaemon {
  static func lock(_ files: HubFiles) throws -> ProcessLock {
    do { return try ProcessLock(database: files.database) } catch { throw error.asCommandFailure }
  }

  /// The hub's own certificates as they lie on disk now; one that cannot be read has ended.
  private static func ownCertificates(_ keys: KeyDirectory) -> [(name: String, notAfter: Int)] {
    [("authority", keys.authorityCertificate), ("listener", keys.serverCertificate)].map { name, path in
      let end = CertificateAuthority.end(ofCertificateAt: path)
      return (name, end.map { Int($0.timeIntervalSince1970 * 1_000) } ?? 0)
    }
  }

  private static func operatorsApplication(
    _ hotline: Hotline, _ settings: HubSettings, _ logger: Logger
  ) throws(CommandFailure) -> some ApplicationProtocol {
    do { return try makeOperatorsApplication(hotline: hotline, socket: settings.socketPath, logger: logger) } catch {
      throw error.asCommandFailure
    }
  }

  /// The policy of the file that is named, else the defaults.
  private static func policy(_ settings: HubSettings) throws(CommandFailure) -> PolicyInForce {
    let inForce = PolicyInForce(file: settings.policyFile)
    do { _ = try inForce.reload() } catch {
      throw CommandFailure(
        error.description, remedy: "correct it, and look at it with: lianxin-hub policy check FILE",
        status: .configuration)
    }
    return inForce
  }

  /// Runs the hub until SIGTERM or SIGINT: what is queued is committed, polls are answered, then it ends.
  static func serve(_ settings: HubSettings) async throws {
    LogfmtHandler.bootstrap(level: settings.logLevel)
    let logger = Logger(label: "hub")
    let files = HubFiles(directory: settings.dataDirectory)
    guard FileManager.default.fileExists(atPath: files.database) else {
      throw CommandFailure(
        "there is no hub in \(settings.dataDirectory)",
        remedy: "make one with: lianxin-hub init --data \(settings.dataDirectory)",
        status: .notFound)
    }
    let lock = try lock(files)
    var environment = HubEnvironment.real(skewMilliseconds: settings.skewMilliseconds)
    environment.skippedNumbers = settings.skippedNumbers
    environment.retention = settings.retention
    environment.revealsPerHour = settings.revealsPerHour
    let authority = try CertificateAuthority.load(from: files.keys)
    let keys = try HubKeys.load(from: files.keys)
    let ledger = try Ledger(path: files.keys.ledger)
    if ledger.replayed.tornBytes > 0 {
      logger.warning("ledger.torn", metadata: ["bytes": "\(ledger.replayed.tornBytes)"])
    }
    var generator = SystemRandomNumberGenerator()
    try authority.ensureServerCertificate(
      in: files.keys, names: try HubSetup.serverNames(settings.names + (settings.console?.names ?? [])), now: Date(),
      using: &generator)
    let parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: files.database), authority: authority, receiptKey: keys.receiptKey,
      ledger: ledger,
      environment: environment, queue: settings.queue, group: settings.group,
      certificateLifeSeconds: settings.certificateLifeSeconds,
      certificateGraceSeconds: settings.certificateGraceSeconds, secondFactor: settings.secondFactor,
      inForce: try policy(settings),
      logger: logger, certificates: { ownCertificates(files.keys) },
      machine: { fixing in
        let keys = files.keys
        return MachineFindings.disk(files.directory)
          + [
            MachineFindings.secrets(
              [keys.authorityKey, keys.serverKey, keys.receiptKey, keys.ledger], fixing: fixing),
            MachineFindings.databaseFiles(files.database, fixing: fixing),
            MachineFindings.libraries(),
          ]
      }, lastCheck: { LastCheck.read(besideDatabase: files.database) },
      liveMilliseconds: settings.feedKeepSeconds * 1000)
    parts.writer.start()
    let retention = Retention(
      database: parts.database, writer: parts.writer, registry: parts.registry, environment: environment)
    let supervisor = Supervisor(
      database: parts.database, writer: parts.writer, inForce: parts.hotline.inForce)
    if try RestoreMark(files: files).obey(parts.writer) {
      try retention.postpone()
      try supervisor.postpone(now: environment.wall())
      logger.notice("hub.restored", metadata: ["numbers": "skipped"])
    }
    let recalled = try parts.registry.recall(ledger.replayed.records)
    if recalled > 0 { logger.warning("ledger.recalled", metadata: ["facts": "\(recalled)"]) }
    let pool = NIOThreadPool(numberOfThreads: max(4, ProcessInfo.processInfo.activeProcessorCount * 2))
    pool.start()
    let routes = SyncRoutes(
      services: SyncServices(
        database: parts.database, writer: parts.writer, registry: parts.registry, contacts: parts.contacts,
        signals: parts.signals, environment: environment, maxWaitMilliseconds: settings.maxWaitMilliseconds, pool: pool,
        logger: logger))
    let router = Router(context: SyncRequestContext.self)
    router.add(
      middleware: TimesRequests<SyncRequestContext>(times: parts.times) { RequestClass(ofSync: $0.uri.path) })
    routes.addRoutes(to: router)
    var limits = ListenerLimits.sync
    limits.maxConnections = settings.maxConnections
    let sync = try makeSyncApplication(
      router: router,
      configuration: SyncListenerConfiguration(
        listener: TLSListener(
          name: "the sync listener", host: settings.listen, port: settings.port,
          certificateFile: files.keys.serverCertificate, keyFile: files.keys.serverKey, limits: limits),
        authoritiesPEM: [authority.certificatePEM], allowsTLS12: settings.allowTLS12),
      verifier: PeerVerifier(authorities: [authority.certificate]), logger: logger
    ) { port in
      logger.info("hub.listening", metadata: ["port": "\(port)"])
      do { try SecretFile.write(Array("\(port)\n".utf8), to: files.port) } catch {
        logger.error("hub.port.unwritten", metadata: ["error": "\(error)"])
      }
    }
    let operators = try operatorsApplication(parts.hotline, settings, logger)
    let console = try settings.console.map {
      try ConsoleService(settings: $0, files: files, parts: parts, logger: logger)
    }
    let metrics = settings.metrics.map { metrics in
      MetricsService(
        settings: metrics, files: files, hotline: parts.hotline, times: parts.times, pool: pool, logger: logger)
    }
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        services: [
          .init(service: operators), .init(service: sync),
          .init(service: Housekeeping(parts: parts, logger: logger)),
          .init(
            service: RecurringWatch.lost(
              parts.writer, parts.signals, among: parts.hotline.live, pool: pool, logger: logger)),
          .init(
            service: RecurringWatch.feedCut(parts.writer, among: parts.hotline.live, pool: pool, logger: logger)),
          .init(service: RebuildingWatch(hotline: parts.hotline, logger: logger)),
          .init(
            service: CheckupWatch(
              hotline: parts.hotline, progressed: { parts.changes.raise([.health]) }, logger: logger)),
          .init(service: RecurringWatch.retention(retention, parts.signals, pool: pool, logger: logger)),
          .init(
            service: SupervisionWatch(supervisor: supervisor, environment: environment, pool: pool, logger: logger)),
          .init(
            service: RebuildWatch(name: "search", pool: pool, logger: logger) { isStopping in
              try WordsRebuild(database: parts.database, writer: parts.writer).resume(isStopping: isStopping)
            }),
          .init(
            service: RebuildWatch(name: "numbers", pool: pool, logger: logger) { isStopping in
              try NumbersRebuild(database: parts.database, writer: parts.writer).resume(isStopping: isStopping)
            }),
        ] + (console.map { [.init(service: $0)] } ?? []) + (metrics.map { [.init(service: $0)] } ?? []),
        gracefulShutdownSignals: [.sigterm, .sigint], logger: logger))
    logger.info("hub.started", metadata: ["version": "\(environment.version)", "data": "\(settings.dataDirectory)"])
    do { try await group.run() } catch {
      logger.error("hub.failed", metadata: ["error": "\(error)"])
      throw CommandFailure("the hub stopped: \(error)", remedy: "see its log", status: .failure)
    }
    do { try await parts.contacts.write(through: parts.writer) } catch {
      logger.warning("hub.contacts.unwritten", metadata: ["error": "\(error)"])
    }
    parts.writer.stop()
    try await pool.shutdownGracefully()
    do { try parts.database.close() } catch {
      // Nothing is lost, but it should be known that the last commits are not in the main file alone.
      logger.warning("hub.database.unclosed", metadata: ["error": "\(error)"])
    }
    logger.info("hub.stopped")
    withExtendedLifetime(lock) {}
  }
}

/// What is done now and then: contacts are written down, and a failed disk ends the process; at the end, waiting polls are let go.
private struct Housekeeping: Service {
  let parts: HubParts
  let logger: Logger

  /// How many looks, a second apart, between two writings.
  private static let looksPerWriting = 15

  func run() async throws {
    try await withGracefulShutdownHandler {
      try await cancelWhenGracefulShutdown {
        var looks = 0
        while !Task.isCancelled {
          do { try await Task.sleep(for: .seconds(1)) } catch { return }
          if let failed = parts.writer.failed { throw CommandFailure(failed.description, status: .failure) }
          looks += 1
          guard looks % Housekeeping.looksPerWriting == 0 else { continue }
          do { try await parts.contacts.write(through: parts.writer) } catch {
            logger.warning("hub.contacts.unwritten", metadata: ["error": "\(error)"])
          }
        }
      }
    } onGracefulShutdown: {
      parts.signals.close()
      parts.changes.close()
    }
  }
}
