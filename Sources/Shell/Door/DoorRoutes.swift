// The table of routes of a daemon's door: how a route reads its call, lets the daemon work and answers. Which routes there are is each
// daemon's.

import Core
import Hummingbird
import NIOPosix

/// Where a daemon adds its routes. `Service` is what they call.
public struct DoorRoutes<Service: Sendable> {
  let service: Service
  /// Where blocking calls run.
  public let pool: NIOThreadPool
  let group: RouterGroup<BasicRequestContext>
  let rules: DoorRules

  /// A route that answers with JSON. `answer` runs on the pool: it may block.
  ///
  /// - Parameter query: the query items that the route knows; any other is refused.
  public func get(
    _ path: String, query: String..., answer: @escaping @Sendable (Service, DoorCall) throws -> JSON
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
    group.on(RouterPath(path), method: method) { [service, rules] request, context in
      let call = try await DoorCall(
        request, context, query: query, emptyItemIsAbsent: rules.emptyItemIsAbsent, maxBodyBytes: maxBodyBytes)
      return try await answer(service, call).response
    }
  }
}
