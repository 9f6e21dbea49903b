// Headers that every answer of the console's listener carries, whatever became of the request.

import HTTPTypes
import Hummingbird

struct SecurityHeaders: RouterMiddleware {
  typealias Context = ConsoleContext

  /// Nothing but our own files, forms and events; no page of ours in another's frame.
  static let contentPolicy = [
    "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'",
    "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'", "report-uri /csp-report",
  ].joined(separator: "; ")

  static let all: [(HTTPField.Name, String)] = [
    (.contentSecurityPolicy, contentPolicy), (.xContentTypeOptions, "nosniff"),
    (.strictTransportSecurity, "max-age=31536000"), (.referrerPolicy, "no-referrer"),
    (.frameOptions, "DENY"), (.openerPolicy, "same-origin"), (.resourcePolicy, "same-origin"),
    (.permissionsPolicy, "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
  ]

  /// Turns what is thrown into an answer, so that it gets the headers too.
  let answerTo: @Sendable (any Error, Request, ConsoleContext) async throws -> Response

  func handle(
    _ request: Request, context: ConsoleContext, next: (Request, ConsoleContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do { response = try await next(request, context) } catch {
      response = try await answerTo(error, request, context)
    }
    for (name, value) in Self.all { response.headers[name] = value }
    // What an operator sees is no one's to keep, unless the answer says otherwise.
    if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
    return response
  }
}

extension HTTPField.Name {
  private static func named(_ name: StaticString) -> HTTPField.Name {
    // Every name here is a token, which is all that is asked of one.
    HTTPField.Name("\(name)") ?? .server
  }
  static let frameOptions = named("X-Frame-Options")
  static let openerPolicy = named("Cross-Origin-Opener-Policy")
  static let resourcePolicy = named("Cross-Origin-Resource-Policy")
  static let permissionsPolicy = named("Permissions-Policy")
  static let referrerPolicy = named("Referrer-Policy")
  static let fetchSite = named("Sec-Fetch-Site")
  static let accelBuffering = named("X-Accel-Buffering")
  /// Sent by our own script when it fetches a page anew.
  static let live = named("X-Live")
  static let csrf = named("X-CSRF-Token")
}
