// The operators' API: JSON over HTTP/1.1 on the hub's Unix socket. Here are the server and the table of routes;
// reading requests and writing answers is in OperatorsAPIMessages.swift, what the calls do is Hotline's.

import Core
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix

/// What the operators' listener allows. Its clients are on this machine, and still may stall.
enum OperatorsLimits {
  /// Closes a connection on which nothing is asked or a body stands still.
  static let idleTimeout: TimeAmount = .seconds(75)
  /// Command lines and the console's own calls; far fewer in practice.
  static let maxConnections = 256
  /// Bytes of an import's body.
  static let maxImportBytes = Limits.maxBatchBytes
  /// Rows of one import request: what one transaction should take at most.
  static let maxImportRows = 200
  /// Bytes of an author's name or role: it stands in every change.
  static let maxAuthorBytes = 256
  /// Orders or changes in a page where the caller names no number.
  static let defaultPage = 100
}

/// Makes the operators' server; run it as a service. Frees the socket of what a killed hub left, so call it while
/// holding the data directory's process lock.
///
/// - Parameters:
///   - pool: where the hotline's blocking calls run.
///   - onServerRunning: called once connections are accepted.
func makeOperatorsApplication(
  hotline: Hotline, socket: String, logger: Logger, pool: NIOThreadPool = .singleton,
  onServerRunning: @escaping @Sendable () async -> Void = {}
) throws(OperatorsSocketError) -> some ApplicationProtocol {
  try OperatorsSocket.makeFree(socket)
  let router = Router(context: BasicRequestContext.self)
  router.add(middleware: ProblemAnswers())
  OperatorsAPI(hotline: hotline, pool: pool).addRoutes(to: router.group("v1"))
  return Application(
    router: router,
    server: .http1(configuration: .init(idleTimeout: OperatorsLimits.idleTimeout)),
    configuration: ApplicationConfiguration(
      address: .unixDomainSocket(path: socket),
      availableConnectionsDelegate: MaximumAvailableConnections(OperatorsLimits.maxConnections, logger: logger)),
    onServerRunning: { _ in
      do {
        try OperatorsSocket.close(toOthers: socket)
      } catch {
        logger.error("operators.socket.mode", metadata: ["reason": "\(error)"])
      }
      await onServerRunning()
    },
    logger: logger)
}

/// The routes, each a line of the contract.
struct OperatorsAPI: Sendable {
  let hotline: Hotline
  let pool: NIOThreadPool

  func addRoutes(to routes: RouterGroup<BasicRequestContext>) {
    addHealth(to: routes)
    addPlatforms(to: routes)
    addOrders(to: routes)
    addReports(to: routes)
  }

  private func addHealth(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "status") { hotline, _ in try hotline.status() }
    get(routes, "doctor") { hotline, _ in try hotline.doctor() }
  }

  private func addPlatforms(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "platforms") { hotline, _ in try hotline.platforms() }
    post(routes, "platforms") { hotline, call in
      let body = try call.body("name", "displayName", "sectors")
      return try hotline.addPlatform(
        name: try body.string("name"), displayName: try body.optionalString("displayName"),
        sectors: try call.strings("sectors"))
    }
    get(routes, "tokens") { hotline, _ in try hotline.tokens() }
    post(routes, "tokens") { hotline, call in
      let body = try call.body("platform", "agent", "life")
      return try hotline.createToken(
        platform: try body.string("platform"), agent: try body.optionalString("agent"),
        lifeSeconds: try body.optionalInt("life"))
    }
    post(routes, "tokens/:id/revoke") { hotline, call in try hotline.revokeToken(try call.part("id")) }
    get(routes, "agents") { hotline, _ in try hotline.agents() }
    post(routes, "agents/:platform/:agent/revoke") { hotline, call in
      try hotline.revokeAgent(
        platform: try call.part("platform"), agent: try call.part("agent"),
        reason: try call.body("reason").optionalString("reason") ?? "")
    }
  }

  private func addOrders(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "orders", "platform", "status", "open", "text", "limit", "after") { hotline, call in
      try hotline.list(
        platform: call.query("platform"), status: call.query("status"), openOnly: try call.flag("open"),
        text: call.query("text"), limit: try call.limit(), after: call.query("after"))
    }
    post(routes, "orders") { hotline, call in
      let body = try call.body("registers", "dispatch", "request", "author")
      guard let registers = body["registers"]?.asObject else {
        throw JSONError(body["registers"] == nil ? .missing : .wrongType, field: "registers")
      }
      return try hotline.create(
        registers: registers, dispatchTo: try body.optionalString("dispatch"), author: try call.author(),
        request: try call.requestID())
    }
    get(routes, "orders/:order") { hotline, call in try hotline.document(try hotline.resolve(try call.part("order"))) }
    post(routes, "orders/:order/commands") { hotline, call in
      // The fields of the command itself are Command's to know, so that none is listed here.
      let body = try call.body()
      let onBehalfOf = try body.optionalString("onBehalfOf").map { try PlatformName($0) }
      var author = try call.author()
      author.onBehalfOf = onBehalfOf?.text
      return try hotline.perform(
        try Command(body), on: try hotline.resolve(try call.part("order")),
        assignment: try body.optionalString("assignment"), onBehalfOf: onBehalfOf, author: author,
        request: try call.requestID())
    }
    answer(routes, .get, "orders/:order/state") { hotline, call in
      .text(try hotline.canonical(try hotline.resolve(try call.part("order"))))
    }
    post(routes, "import", limit: OperatorsLimits.maxImportBytes) { hotline, call in
      let body = try call.body("system", "dispatch", "rows", "author")
      guard let rows = body["rows"]?.asArray else {
        throw JSONError(body["rows"] == nil ? .missing : .wrongType, field: "rows")
      }
      guard rows.count <= OperatorsLimits.maxImportRows else {
        throw Problem(
          .tooLarge, "one request imports at most \(OperatorsLimits.maxImportRows) rows, these are \(rows.count)")
      }
      return try hotline.importRows(
        system: try body.string("system"), dispatch: try body.optionalBool("dispatch") ?? false, rows: rows,
        author: try call.author())
    }
  }

  private func addReports(to routes: RouterGroup<BasicRequestContext>) {
    get(routes, "requests") { hotline, _ in try hotline.requests() }
    get(routes, "conflicts") { hotline, _ in try hotline.conflicts() }
    get(routes, "quarantine") { hotline, _ in try hotline.quarantine() }
    get(routes, "quarantine/:id") { hotline, call in try hotline.quarantined(try call.part("id")) }
    get(routes, "changes", "after", "limit") { hotline, call in
      try hotline.changes(after: call.query("after"), limit: try call.limit())
    }
    get(routes, "states", "platform", "after", "limit") { hotline, call in
      try hotline.states(platform: call.query("platform"), after: call.query("after"), limit: try call.limit())
    }
  }

  // MARK: How a route is answered

  private typealias Handler = @Sendable (Hotline, OperatorsCall) throws -> JSON

  private func get(
    _ routes: RouterGroup<BasicRequestContext>, _ path: String, _ query: String..., handler: @escaping Handler
  ) {
    answer(routes, .get, path, query: query) { .json(try handler($0, $1)) }
  }

  private func post(
    _ routes: RouterGroup<BasicRequestContext>, _ path: String, limit: Int = Limits.maxMessageBytes,
    handler: @escaping Handler
  ) {
    answer(routes, .post, path, maxBodyBytes: limit) { .json(try handler($0, $1)) }
  }

  /// Reads the whole request, then lets the hotline work on the pool: its calls block.
  private func answer(
    _ routes: RouterGroup<BasicRequestContext>, _ method: HTTPRequest.Method, _ path: String, query: [String] = [],
    maxBodyBytes: Int = Limits.maxMessageBytes,
    _ handler: @escaping @Sendable (Hotline, OperatorsCall) throws -> OperatorsAnswer
  ) {
    routes.on(RouterPath(path), method: method) { [hotline, pool] request, context in
      let call = try await OperatorsCall(request, context, query: query, maxBodyBytes: maxBodyBytes)
      return try await pool.runIfActive { try handler(hotline, call) }.response
    }
  }
}
