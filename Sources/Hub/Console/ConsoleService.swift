// The console as a part of the running hub: its listener, the pool on which it reads, and the watch that notices when an agent falls silent,
// which nothing else tells.

import Foundation
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell

struct ConsoleService: Service {
  let settings: ConsoleSettings
  let parts: HubParts
  let logger: Logger
  private let application: any ApplicationProtocol
  private let pool: NIOThreadPool

  /// Few: what is read here must leave the processors to what arrives.
  private static let threads = 4
  private static let watchInterval = Duration.seconds(5)
  /// How many looks between two at what time alone has changed: a minute.
  private static let looksPerTick = 12

  init(settings: ConsoleSettings, files: HubFiles, parts: HubParts, logger: Logger) throws {
    self.settings = settings
    self.parts = parts
    self.logger = logger
    guard (settings.certificateFile == nil) == (settings.keyFile == nil) else {
      throw CommandFailure(
        "one of console.certificate and console.key is set without the other",
        remedy: "set both, or leave both out: then the hub's own authority vouches for the console",
        status: .configuration)
    }
    let pool = NIOThreadPool(numberOfThreads: Self.threads)
    pool.start()
    self.pool = pool
    let console = Console(
      hotline: parts.hotline, signals: parts.changes, pool: pool, logger: logger, sections: ConsolePages.sections)
    do {
      application = try makeConsoleApplication(
        router: Self.router(console, times: parts.times),
        listener: TLSListener(
          name: "the console", host: settings.listen, port: settings.port,
          certificateFile: settings.certificateFile ?? files.keys.serverCertificate,
          keyFile: settings.keyFile ?? files.keys.serverKey, limits: .console),
        logger: logger
      ) { port in
        logger.info("console.listening", metadata: ["port": "\(port)"])
        do { try SecretFile.write(Array("\(port)\n".utf8), to: files.consolePort) } catch {
          logger.error("console.port.unwritten", metadata: ["error": "\(error)"])
        }
      }
    } catch {
      throw CommandFailure(
        error.description, remedy: "set console.certificate and console.key, or leave both out", status: .configuration)
    }
  }

  /// The console's pages and the operators' API.
  static func router(_ console: Console, times: RequestTimes = RequestTimes()) -> Router<ConsoleContext> {
    let router = Router(context: ConsoleContext.self)
    router.add(
      middleware: TimesRequests<ConsoleContext>(times: times) { request in
        RequestClass(ofConsole: request.uri.path, isReading: request.method == .get || request.method == .head)
      })
    router.add(
      middleware: SecurityHeaders { error, request, context in
        try await console.answer(to: error, request, context)
      })
    let routes = ConsoleRoutes(router: router, console: console)
    routes.addFrame()
    ConsolePages.addAll(to: routes)
    OperatorsAPI.addRoutes(to: router.group("api/v1"), of: console.hotline, pool: console.pool)
    return router
  }

  func run() async throws {
    let application = application
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { await cancelWhenGracefulShutdown { await watch() } }
      // The watch ends with the shutdown's beginning; the listener is left to end its answers first.
      try await application.run()
      tasks.cancelAll()
      try await tasks.waitForAll()
    }
    try await pool.shutdownGracefully()
  }

  /// An agent that falls silent makes no event, and neither does a deadline that passes: they are looked for.
  private func watch() async {
    var online = parts.contacts.online(now: parts.environment.wall())
    var passed = TimePassed(since: parts.environment.wall())
    var looks = 0
    while !Task.isCancelled {
      do { try await Task.sleep(for: Self.watchInterval) } catch { return }
      let now = parts.contacts.online(now: parts.environment.wall())
      if now != online { parts.changes.raise([.platforms]) }
      online = now
      looks += 1
      guard looks % Self.looksPerTick == 0 else { continue }
      do {
        let (next, topics) = try await pool.runIfActive { [parts, passed] in
          var passed = passed
          let wall = parts.environment.wall()
          let topics = try parts.database.read { db in try passed.topics(now: wall, db) }
          return (passed, topics)
        }
        passed = next
        if !topics.isEmpty { parts.changes.raise(topics) }
      } catch {
        logger.warning("console.tick.failed", metadata: ["error": "\(error)"])
      }
    }
  }
}
