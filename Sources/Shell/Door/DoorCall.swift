// One call at a daemon's door as a handler sees it: parts of the path, query, body and author are read here, and what cannot be read
// is refused in words. What only one daemon's calls have is read by extensions of its own.

import Core
import Foundation
import Hummingbird
import NIOCore

/// A request that was read whole.
public struct DoorCall: Sendable {
  private let parts: [String: String]
  private let queries: [String: String]
  private let bodyBytes: [UInt8]

  /// Reads the request. A query item that is not among `query` is refused: a filter with a typing error would be no filter.
  ///
  /// - Parameter emptyItemIsAbsent: whether `?text=` is as if the item were not there; else its value is the empty text.
  init(
    _ request: Request, _ parameters: Parameters, query: [String], emptyItemIsAbsent: Bool, maxBodyBytes: Int
  ) async throws {
    var parts: [String: String] = [:]
    for (name, value) in parameters {
      parts[String(name)] = String(value).removingPercentEncoding ?? String(value)
    }
    self.parts = parts
    var queries: [String: String] = [:]
    for (name, value) in request.uri.queryParameters {
      guard query.contains(String(name)) else {
        let known = query.isEmpty ? "it has none" : "it has \(query.joined(separator: ", "))"
        throw Problem(.badBody, "this call has no parameter '\(name.prefix(64))'; \(known)")
      }
      if value.isEmpty && emptyItemIsAbsent { continue }
      queries[String(name)] = String(value)
    }
    self.queries = queries
    do {
      bodyBytes = Array(try await request.body.collect(upTo: maxBodyBytes).readableBytesView)
    } catch is NIOTooManyBytesError {
      throw Problem(.tooLarge, "the body of this call may have \(maxBodyBytes) bytes")
    }
  }

  /// A part of the path, as in `:order`.
  public func part(_ name: String) throws(Problem) -> String {
    guard let text = parts[name], !text.isEmpty else { throw Problem(.notFound) }
    return text
  }

  /// A query item, or nil.
  public func query(_ name: String) -> String? { queries[name] }

  /// A query item that is a whole number from 0, or nil.
  public func number(_ name: String) throws(Problem) -> Int? {
    guard let text = queries[name] else { return nil }
    guard let value = Int(text), (0...Limits.maxInteger).contains(value) else {
      throw Problem(.badBody, "'\(name)' must be a whole number from 0")
    }
    return value
  }

  /// True, false, or nil where it is not asked for.
  public func flag(_ name: String) throws(Problem) -> Bool? {
    switch queries[name] {
    case nil: return nil
    case "false": return false
    case "true": return true
    default: throw Problem(.badBody, "'\(name)' is true or false")
    }
  }

  /// How many rows a page may have.
  public func limit() throws(Problem) -> Int {
    let value = try number("limit") ?? DoorLimits.defaultPage
    guard (1...Limits.maxPage).contains(value) else {
      throw Problem(.badBody, "'limit' is a number from 1 to \(Limits.maxPage)")
    }
    return value
  }

  /// The body, an object. Members that are not among `known` are refused where any are named: a misspelt option must not be lost
  /// silently. An empty body is an empty object.
  public func body(_ known: String...) throws -> JSON {
    guard !bodyBytes.isEmpty else { return .object([]) }
    let body = try JSON(parsing: bodyBytes)
    guard let members = body.asObject else { throw JSONError(.wrongType, at: 0) }
    if !known.isEmpty, let stranger = members.first(where: { !known.contains($0.key) }) {
      throw Problem(
        .badBody, "'\(stranger.key.prefix(64))' is not a field of this call; it has \(known.joined(separator: ", "))")
    }
    return body
  }

  /// Who gives the command; for people, it decides nothing. What the body leaves out is as in `local`.
  public func author(orElse local: Author) throws -> Author {
    guard let author = try body()["author"], !author.isNull else { return local }
    guard author.asObject != nil else { throw JSONError(.wrongType, field: "author") }
    return Author(
      name: try author.optionalString("name") ?? local.name, role: try author.optionalString("role") ?? local.role)
  }

  /// The registers of a new order.
  public func registers() throws -> [JSON.Member] {
    let body = try body()
    guard let registers = body["registers"]?.asObject else {
      throw JSONError(body["registers"] == nil ? .missing : .wrongType, field: "registers")
    }
    return registers
  }

  /// The caller's own id of the command.
  public func requestID() throws -> String? {
    guard let id = try body().optionalString("request") else { return nil }
    guard (1...Limits.maxRequestIDBytes).contains(id.utf8.count) else {
      throw Problem(.badBody, "'request' has 1 to \(Limits.maxRequestIDBytes) bytes")
    }
    return id
  }
}
