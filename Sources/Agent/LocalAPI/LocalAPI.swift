// The agent's local API: JSON over HTTP/1.1 on a Unix socket. Here are the server and the table of routes; reading requests and
// writing answers is LocalMessages', what the calls do is the agent's.

import Core
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// What the local listener allows. Its clients are on this machine, and still may stall.
enum LocalLimits {
  /// Closes a connection on which nothing is asked or a body stands still.
  static let idleTimeout: TimeAmount = .seconds(75)
  /// The platform's own software and some command lines; far fewer in practice.
  static let maxConnections = 256
  /// Orders, states or changes in a page where the caller names no number.
  static let defaultPage = 100
  /// The longest that one `sync` may be waited for, in seconds.
  static let maxSyncSeconds = 3_600
}

/// Makes the local server; run it as a service. Frees the socket of what a killed daemon left, so call it while holding the
/// database's process lock.
///
/// - Parameters:
///   - pool: where the agent's blocking calls run.
///   - onServerRunning: called once connections are accepted and nobody else may connect.
func makeLocalApplication(
  door: any AgentDoor, socket: String, logger: Logger, pool: NIOThreadPool = .singleton,
  onServerRunning: @escaping @Sendable () async -> Void = {}
) throws(LocalSocketError) -> some ApplicationProtocol {
  try LocalSocket.makeFree(socket)
  // The server's own messages are no events of ours; its warnings are.
  var logger = logger
  logger.logLevel = max(logger.logLevel, .warning)
  let router = Router(context: BasicRequestContext.self)
  router.add(middleware: LocalProblems())
  LocalAPI(door: door, pool: pool).addRoutes(to: router.group("v1"))
  return Application(
    router: router,
    server: .http1(configuration: .init(idleTimeout: LocalLimits.idleTimeout)),
    configuration: ApplicationConfiguration(
      address: .unixDomainSocket(path: socket),
      availableConnectionsDelegate: MaximumAvailableConnections(LocalLimits.maxConnections, logger: logger)),
    onServerRunning: { [logger] _ in
      do {
        try LocalSocket.close(toOthers: socket)
      } catch {
        logger.error("local.socket.mode", metadata: ["reason": "\(error)"])
      }
      await onServerRunning()
    },
    logger: logger)
}

/// The routes, each a line of the contract.
struct LocalAPI: Sendable {
  let door: any AgentDoor
  let pool: NIOThreadPool

  func addRoutes(to routes: RouterGroup<BasicRequestContext>) {
    addHealth(to: routes)
    addOrders(to: routes)
    addReports(to: routes)
  }

  private func addHealth(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "status") { door, _ in try door.status() }
    get(routes, "doctor") { door, _ in try door.doctor() }
    routes.on("sync", method: .post) { [door, pool] request, context in
      let call = try await LocalCall(request, context, query: [])
      let wait = try call.body("wait").optionalInt("wait", in: 0...LocalLimits.maxSyncSeconds) ?? 0
      // A daemon that is told to end does not stay for whoever waits.
      await cancelWhenGracefulShutdown { await door.syncNow(wait: wait > 0 ? .seconds(wait) : nil) }
      return LocalAnswer.json(try await pool.runIfActive { try door.status() }).response
    }
  }

  private func addOrders(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "orders", "status", "open", "text", "limit", "after") { door, call in
      let filter = OrderFilter(
        status: try call.status(), open: try call.flag("open"), text: call.query("text"), limit: try call.limit(),
        after: try call.order("after"))
      return try door.store.list(filter, now: Wall.now)
    }
    post(routes, "orders") { door, call in
      let body = try call.body("registers", "request", "author")
      guard let registers = body["registers"]?.asObject else {
        throw JSONError(body["registers"] == nil ? .missing : .wrongType, field: "registers")
      }
      let recorded = try door.store.create(
        registers: registers, author: try call.author(), request: try call.requestID(), now: Wall.now)
      door.localChange()
      return recorded.json
    }
    get(routes, "orders/:order") { door, call in
      let name = try call.part("order")
      return try held(try door.store.document(name, now: Wall.now), name)
    }
    answer(routes, .get, "orders/:order/state") { door, call in
      let name = try call.part("order")
      return .text(try held(try door.store.canonical(name), name))
    }
    post(routes, "orders/:order/commands") { door, call in
      // The fields of the command itself are Command's to know, so that none is listed here.
      let body = try call.body()
      let name = try call.part("order")
      let recorded = try door.store.perform(
        try Command(body), on: try held(try door.store.resolve(name), name),
        assignment: try body.optionalString("assignment"), author: try call.author(), request: try call.requestID(),
        now: Wall.now)
      door.localChange()
      return recorded.json
    }
  }

  private func addReports(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "states", "after", "limit") { door, call in
      try door.store.states(after: try call.order("after"), limit: try call.limit())
    }
    get(routes, "changes", "after", "limit") { door, call in
      try door.store.changes(after: try call.number("after") ?? 0, limit: try call.limit())
    }
    get(routes, "conflicts") { door, _ in try door.store.conflicts() }
    get(routes, "quarantine") { door, _ in try door.store.quarantine() }
  }

  // MARK: How a route is answered

  private typealias Handler = @Sendable (any AgentDoor, LocalCall) throws -> JSON

  private func get(
    _ routes: RouterGroup<BasicRequestContext>, _ path: String, _ query: String..., handler: @escaping Handler
  ) {
    answer(routes, .get, path, query: query) { .json(try handler($0, $1)) }
  }

  private func post(_ routes: RouterGroup<BasicRequestContext>, _ path: String, handler: @escaping Handler) {
    answer(routes, .post, path) { .json(try handler($0, $1)) }
  }

  /// Reads the whole request, then lets the agent work on the pool: its calls block.
  private func answer(
    _ routes: RouterGroup<BasicRequestContext>, _ method: HTTPRequest.Method, _ path: String, query: [String] = [],
    _ handler: @escaping @Sendable (any AgentDoor, LocalCall) throws -> LocalAnswer
  ) {
    routes.on(RouterPath(path), method: method) { [door, pool] request, context in
      let call = try await LocalCall(request, context, query: query)
      return try await pool.runIfActive { try handler(door, call) }.response
    }
  }
}

/// What the store found under that name, or `not-found`: the same answer for an order of others and for none.
private func held<Value>(_ found: Value?, _ name: String) throws(Problem) -> Value {
  guard let found else { throw Problem(.notFound, "there is no order '\(name.prefix(80))' here") }
  return found
}
