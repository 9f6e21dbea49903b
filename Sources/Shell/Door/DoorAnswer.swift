// What a call at a daemon's door is answered, and how every error becomes a problem (RFC 9457). Reading the call is DoorCall's.

import Core
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// The answer of a call.
public enum DoorAnswer: Sendable {
  case json(JSON)
  /// UTF-8.
  case text([UInt8])
  /// Says also when to come back, where there is a time.
  case problem(Problem)

  /// The answer as the server sends it.
  public var response: Response {
    switch self {
    case .json(let value): Self.response(.ok, "application/json", value.bytes)
    case .text(let bytes): Self.response(.ok, "text/plain; charset=utf-8", bytes)
    case .problem(let problem):
      Self.response(
        .init(code: problem.code.status), Problem.mediaType, problem.json.bytes, Self.headers(problem))
    }
  }

  private static func headers(_ problem: Problem) -> HTTPFields {
    var headers = HTTPFields()
    if let seconds = problem.retryAfterSeconds { headers[.retryAfter] = "\(seconds)" }
    // RFC 9110 §11.6.1: a 401 names how to do better.
    if problem.code == .signInRequired { headers[.wwwAuthenticate] = #"Bearer realm="lianxin""# }
    return headers
  }

  private static func response(
    _ status: HTTPResponse.Status, _ type: String, _ bytes: [UInt8], _ more: HTTPFields = [:]
  ) -> Response {
    var headers = more
    headers[.contentType] = type
    return Response(status: status, headers: headers, body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
  }
}

/// Turns every error into a problem, so that no answer is without a reason.
struct DoorProblems<Context: RequestContext>: RouterMiddleware {
  let rules: DoorRules

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as HTTPParserError {
      // The server itself answers what is no HTTP.
      throw error
    } catch {
      let problem = problem(error)
      if problem.code == .internalError {
        // The route, not the path: what a caller writes there may be anything.
        context.logger.error(
          "\(rules.name).failed",
          metadata: ["call": "\(request.method) \(context.endpointPath ?? "")", "error": "\(rules.reason(error))"])
      }
      return DoorAnswer.problem(problem).response
    }
  }

  /// The problem that an error means: those of reading a call are the same at both doors.
  func problem(_ error: any Error) -> Problem {
    switch error {
    case let problem as Problem: problem
    case let refusal as CommandRefusal: Problem(refusal)
    case let fault as JSONError: Problem(.badBody, "the body has \(fault)")
    case let fault as NameError: Problem(.badCommand, fault.description)
    case let fault as any HTTPResponseError:
      switch fault.status {
      case .notFound: Problem(.notFound, "there is no such call; see the integration guide for those there are")
      case .contentTooLarge: Problem(.tooLarge)
      default: Problem(.badBody, "the request cannot be read (HTTP \(fault.status.code))")
      }
    default: rules.problem(error)
    }
  }
}
