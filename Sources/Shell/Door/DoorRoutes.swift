// The table of routes of a door: how a route reads its call, lets the daemon work and answers. Which routes there are is each daemon's;
// where they are served is Door's.

import Core
import Hummingbird
import NIOPosix

/// One route, as a description of the door has it.
public struct DoorRoute: Sendable, Hashable {
  public let method: String
  /// As in `orders/:order/commands`.
  public let path: String
  /// The query items that it knows.
  public let query: [String]
}

/// Where a daemon adds its routes. `Service` is what they call.
public struct DoorRoutes<Service: Sendable> {
  /// What the routes of one request call.
  enum Source: Sendable {
    /// The same for all.
    case fixed(Service)
    /// The caller's own; throws where nobody may call. Runs on the pool, before the body is read.
    case asked(@Sendable () throws -> Service)
  }

  typealias Handler = @Sendable (Request, Parameters, Source) async throws -> Response

  /// Where blocking calls run.
  public let pool: NIOThreadPool
  let rules: DoorRules
  /// Registers a route with the server.
  let register: (HTTPRequest.Method, DoorRoute, @escaping Handler) -> Void

  /// A route that answers with JSON. `answer` runs on the pool: it may block.
  ///
  /// - Parameter query: the query items that the route knows; any other is refused.
  public func get(
    _ path: String, query: String..., answer: @escaping @Sendable (Service, DoorCall) throws -> JSON
  ) {
    get(path, query: query, answer: answer)
  }

  /// As above, where the items stand in a list.
  public func get(
    _ path: String, query: [String], answer: @escaping @Sendable (Service, DoorCall) throws -> JSON
  ) {
    onPool(.get, path, query: query) { .json(try answer($0, $1)) }
  }

  /// A route that answers with a text in UTF-8. `answer` runs on the pool: it may block.
  public func getText(_ path: String, answer: @escaping @Sendable (Service, DoorCall) throws -> [UInt8]) {
    onPool(.get, path) { .text(try answer($0, $1)) }
  }

  /// A route that takes a body of at most `limit` bytes and answers with JSON. `answer` runs on the pool: it may block.
  public func post(
    _ path: String, limit: Int = Limits.maxMessageBytes,
    answer: @escaping @Sendable (Service, DoorCall) throws -> JSON
  ) {
    onPool(.post, path, maxBodyBytes: limit) { .json(try answer($0, $1)) }
  }

  /// As `post`, for an answer that is waited for: `answer` must not block, and runs its blocking work on the pool.
  public func postWaiting(_ path: String, answer: @escaping @Sendable (Service, DoorCall) async throws -> JSON) {
    on(.post, path) { .json(try await answer($0, $1)) }
  }

  private func onPool(
    _ method: HTTPRequest.Method, _ path: String, query: [String] = [], maxBodyBytes: Int = Limits.maxMessageBytes,
    answer: @escaping @Sendable (Service, DoorCall) throws -> DoorAnswer
  ) {
    on(method, path, query: query, maxBodyBytes: maxBodyBytes) { [pool] service, call in
      try await pool.runIfActive { try answer(service, call) }
    }
  }

  /// Reads the whole request before anything is done.
  private func on(
    _ method: HTTPRequest.Method, _ path: String, query: [String] = [], maxBodyBytes: Int = Limits.maxMessageBytes,
    answer: @escaping @Sendable (Service, DoorCall) async throws -> DoorAnswer
  ) {
    register(method, DoorRoute(method: method.rawValue, path: path, query: query)) {
      [rules, pool] request, parameters, source in
      let service: Service
      switch source {
      case .fixed(let same): service = same
      case .asked(let ask): service = try await pool.runIfActive(ask)
      }
      let call = try await DoorCall(
        request, parameters, query: query, emptyItemIsAbsent: rules.emptyItemIsAbsent, maxBodyBytes: maxBodyBytes)
      return try await answer(service, call).response
    }
  }
}

extension DoorRoutes {
  /// The table of routes in the order in which they are added: for what describes them, and for tests that none is forgotten.
  public static func table(rules: DoorRules, addRoutes: (DoorRoutes<Service>) -> Void) -> [DoorRoute] {
    var table: [DoorRoute] = []
    addRoutes(DoorRoutes(pool: .singleton, rules: rules) { _, route, _ in table.append(route) })
    return table
  }

  /// Their names, as in `POST orders/:order/commands`.
  public static func names(rules: DoorRules, addRoutes: (DoorRoutes<Service>) -> Void) -> [String] {
    table(rules: rules, addRoutes: addRoutes).map { "\($0.method) \($0.path)" }
  }
}
