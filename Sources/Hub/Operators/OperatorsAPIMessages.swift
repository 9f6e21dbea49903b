// One call of the operators' API as a handler sees it, and what it answers: parameters, query, body and author are
// read here, and every error becomes a problem (RFC 9457). The routes are in OperatorsAPI.swift.

import Core
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// A request that was read whole.
struct OperatorsCall: Sendable {
  private let parts: [String: String]
  private let queries: [String: String]
  private let bodyBytes: [UInt8]

  /// Reads the request. A query item that is not among `query` is refused: a filter with a typing error would be no
  /// filter.
  init(_ request: Request, _ context: BasicRequestContext, query: [String], maxBodyBytes: Int) async throws {
    var parts: [String: String] = [:]
    for (name, value) in context.parameters {
      parts[String(name)] = String(value).removingPercentEncoding ?? String(value)
    }
    self.parts = parts
    var queries: [String: String] = [:]
    for (name, value) in request.uri.queryParameters {
      guard query.contains(String(name)) else {
        let known = query.isEmpty ? "it has none" : "it has \(query.joined(separator: ", "))"
        throw Problem(.badBody, "this call has no parameter '\(name.prefix(64))'; \(known)")
      }
      queries[String(name)] = String(value)
    }
    self.queries = queries
    let collected: ByteBuffer
    do {
      collected = try await request.body.collect(upTo: maxBodyBytes)
    } catch is NIOTooManyBytesError {
      throw Problem(.tooLarge, "the body of this call may have \(maxBodyBytes) bytes")
    }
    bodyBytes = Array(collected.readableBytesView)
  }

  /// A part of the path, as in `:order`.
  func part(_ name: String) throws(Problem) -> String {
    guard let text = parts[name], !text.isEmpty else { throw Problem(.notFound) }
    return text
  }

  /// A query item, or nil.
  func query(_ name: String) -> String? { queries[name] }

  func number(_ name: String) throws(Problem) -> Int? {
    guard let text = queries[name] else { return nil }
    guard let value = Int(text), (0...Limits.maxInteger).contains(value) else {
      throw Problem(.badBody, "'\(name)' must be a whole number from 0")
    }
    return value
  }

  func flag(_ name: String) throws(Problem) -> Bool {
    switch queries[name] {
    case nil, "false": return false
    case "true": return true
    default: throw Problem(.badBody, "'\(name)' is true or false")
    }
  }

  /// How many rows a page may have.
  func limit() throws(Problem) -> Int {
    let value = try number("limit") ?? OperatorsLimits.defaultPage
    guard (1...Limits.maxPage).contains(value) else {
      throw Problem(.badBody, "'limit' is a number from 1 to \(Limits.maxPage)")
    }
    return value
  }

  /// The body, an object. Members that are not among `known` are refused where any are named: a misspelt option must
  /// not be lost silently. An empty body is an empty object.
  func body(_ known: String...) throws -> JSON {
    guard !bodyBytes.isEmpty else { return .object([]) }
    let body = try JSON(parsing: bodyBytes)
    guard let members = body.asObject else { throw JSONError(.wrongType, at: 0) }
    if !known.isEmpty, let stranger = members.first(where: { !known.contains($0.key) }) {
      throw Problem(
        .badBody, "'\(stranger.key.prefix(64))' is not a field of this call; it has \(known.joined(separator: ", "))")
    }
    return body
  }

  /// A list of texts in the body, empty where absent.
  func strings(_ key: String) throws -> [String] {
    guard let value = try body()[key], !value.isNull else { return [] }
    guard let elements = value.asArray else { throw JSONError(.wrongType, field: key) }
    return try elements.map { element in
      guard let text = element.asString else { throw JSONError(.wrongType, field: key) }
      return text
    }
  }

  /// Who gives the command; for people, it decides nothing.
  func author() throws -> Author {
    guard let author = try body()["author"], !author.isNull else { return Author(name: "operator", role: "operator") }
    guard author.asObject != nil else { throw JSONError(.wrongType, field: "author") }
    let name = try author.optionalString("name") ?? "operator"
    let role = try author.optionalString("role") ?? "operator"
    guard max(name.utf8.count, role.utf8.count) <= OperatorsLimits.maxAuthorBytes else {
      throw Problem(.badBody, "an author's name and role have at most \(OperatorsLimits.maxAuthorBytes) bytes each")
    }
    return Author(name: name, role: role)
  }

  /// The caller's own id of the command.
  func requestID() throws -> String? {
    guard let id = try body().optionalString("request") else { return nil }
    guard (1...Limits.maxRequestIDBytes).contains(id.utf8.count) else {
      throw Problem(.badBody, "'request' has 1 to \(Limits.maxRequestIDBytes) bytes")
    }
    return id
  }
}

/// What a call answers when nothing is wrong.
enum OperatorsAnswer: Sendable {
  case json(JSON)
  /// UTF-8.
  case text([UInt8])

  var response: Response {
    switch self {
    case .json(let value): Self.response(.ok, "application/json", value.bytes)
    case .text(let bytes): Self.response(.ok, "text/plain; charset=utf-8", bytes)
    }
  }

  fileprivate static func response(
    _ status: HTTPResponse.Status, _ type: String, _ bytes: [UInt8], _ more: HTTPFields = [:]
  ) -> Response {
    var headers = more
    headers[.contentType] = type
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

/// Turns every error into a problem, so that no answer is without a reason.
struct ProblemAnswers: RouterMiddleware {
  typealias Context = BasicRequestContext

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPParserError {
      // The server itself answers what is no HTTP.
      throw error
    } catch {
      let problem = Self.problem(error)
      if problem.code == .internalError {
        context.logger.error("operators.failed", metadata: ["call": "\(request.uri.path)", "error": "\(error)"])
      }
      return Self.response(problem)
    }
  }

  /// The answer that says it, with the time to come back where there is one.
  static func response(_ problem: Problem) -> Response {
    var headers: HTTPFields = [:]
    if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = "\(seconds)" }
    return OperatorsAnswer.response(.init(code: problem.code.status), Problem.mediaType, problem.json.bytes, headers)
  }

  /// The problem that an error means.
  static func problem(_ error: any Error) -> Problem {
    switch error {
    case let fault as JSONError: Problem(.badBody, "the body has \(fault)")
    case let fault as NameError: Problem(.badCommand, fault.description)
    case let fault as any HTTPResponseError:
      switch fault.status {
      case .notFound: Problem(.notFound, "there is no such call; see the integration guide for those there are")
      case .contentTooLarge: Problem(.tooLarge)
      default: Problem(.badBody, "the request cannot be read (HTTP \(fault.status.code))")
      }
    default: HubFailure.problem(error)
    }
  }
}
