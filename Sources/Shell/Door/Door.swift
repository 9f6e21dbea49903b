// A daemon's door for its own machine: JSON over HTTP/1.1 on a Unix socket. Here are the server and what it allows; the routes are each
// daemon's, and so are the words for its own errors.

import Core
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// What a door allows. Its clients are on this machine, and still may stall.
enum DoorLimits {
  /// Closes a connection on which nothing is asked or a body stands still.
  static let idleTimeout: TimeAmount = .seconds(75)
  /// Command lines and the software of the house; far fewer in practice.
  static let maxConnections = 256
  /// Rows of a page where the caller names no number.
  static let defaultPage = 100
}

/// Where the daemons' doors differ, beside their routes.
public struct DoorRules: Sendable {
  /// First word of the door's events in the log.
  let name: String
  /// Whether `?text=` is as if the item were not there; else its value is the empty text.
  let emptyItemIsAbsent: Bool
  /// The problem that an error of the daemon's own means. Those of reading a call do not come here.
  let problem: @Sendable (any Error) -> Problem
  /// What the log may tell of an error whose problem is `internal-error`: no personal data.
  let reason: @Sendable (any Error) -> String

  public init(
    name: String, emptyItemIsAbsent: Bool, problem: @escaping @Sendable (any Error) -> Problem,
    reason: @escaping @Sendable (any Error) -> String
  ) {
    self.name = name
    self.emptyItemIsAbsent = emptyItemIsAbsent
    self.problem = problem
    self.reason = reason
  }
}

/// Makes a door's server, with its routes below `/v1`; run it as a service. Frees the socket of what a killed daemon left, so call it
/// while holding the process lock of the data directory.
///
/// - Parameters:
///   - service: what the routes call.
///   - pool: where its blocking calls run.
///   - onServerRunning: called once connections are accepted and nobody else may connect.
///   - addRoutes: fills the table of routes; called once, before this returns.
public func makeDoorApplication<Service: Sendable>(
  _ service: Service, socket: String, rules: DoorRules, logger: Logger, pool: NIOThreadPool,
  onServerRunning: @escaping @Sendable () async -> Void, addRoutes: (DoorRoutes<Service>) -> Void
) throws(DoorSocketError) -> some ApplicationProtocol {
  try DoorSocket.makeFree(socket)
  let logger = logger.ofServer
  let router = Router(context: BasicRequestContext.self)
  router.add(middleware: DoorProblems<BasicRequestContext>(rules: rules))
  addDoorRoutes(to: router.group("v1"), source: { _, _ in .fixed(service) }, rules: rules, pool: pool, addRoutes)
  return Application(
    router: router,
    server: .http1(configuration: .init(idleTimeout: DoorLimits.idleTimeout)),
    configuration: ApplicationConfiguration(
      address: .unixDomainSocket(path: socket),
      availableConnectionsDelegate: MaximumAvailableConnections(DoorLimits.maxConnections, logger: logger)),
    onServerRunning: { _ in
      do {
        try DoorSocket.close(toOthers: socket)
      } catch {
        logger.error("\(rules.name).socket.mode", metadata: ["reason": "\(error)"])
      }
      await onServerRunning()
    },
    logger: logger)
}

/// Adds a door's routes to a server that has other routes beside them, each request with a service of its caller's own. Every error of
/// the group is answered as a problem.
///
/// - Parameters:
///   - service: what the routes of one request call; throws where its caller may call nothing. It may block, and runs before the body
///     is read.
public func addDoorRoutes<Service: Sendable, Context: RequestContext>(
  to group: RouterGroup<Context>, rules: DoorRules, pool: NIOThreadPool,
  service: @escaping @Sendable (Request, Context) throws -> Service, addRoutes: (DoorRoutes<Service>) -> Void
) {
  group.add(middleware: DoorProblems<Context>(rules: rules))
  addDoorRoutes(
    to: group, source: { request, context in .asked { try service(request, context) } }, rules: rules, pool: pool,
    addRoutes)
}

private func addDoorRoutes<Service: Sendable, Context: RequestContext>(
  to group: RouterGroup<Context>, source: @escaping @Sendable (Request, Context) -> DoorRoutes<Service>.Source,
  rules: DoorRules, pool: NIOThreadPool, _ addRoutes: (DoorRoutes<Service>) -> Void
) {
  addRoutes(
    DoorRoutes(pool: pool, rules: rules) { method, route, handler in
      group.on(RouterPath(route.path), method: method) { request, context in
        try await handler(request, context.parameters, source(request, context))
      }
    })
}

extension Logger {
  /// The logger for the HTTP server itself: its own messages are no events of ours; its warnings are.
  public var ofServer: Logger {
    var logger = self
    logger.logLevel = max(logLevel, .warning)
    return logger
  }
}
