// How long the hub's answers take, by listener and by kind of work, for the metrics. The kinds are few and fixed: no address of a request
// becomes a label.

import Hummingbird
import Shell

/// A kind of answers.
enum RequestClass: String, CaseIterable, Sendable {
  // Of agents. A poll is held until there is something to say, so that it stands apart.
  case hello, push, poll, reconcile, enrolment
  // Of browsers. A stream of events goes on for as long as the page is open: it counts until it begins.
  case page, act, events, asset
  // Of programs.
  case read, write

  var listener: String {
    switch self {
    case .hello, .push, .poll, .reconcile, .enrolment: "sync"
    case .page, .act, .events, .asset: "console"
    case .read, .write: "api"
    }
  }

  /// Of a call of the sync protocol; nil where there is no such call.
  init?(ofSync path: String) {
    switch path {
    case "/sync/v1/hello": self = .hello
    case "/sync/v1/push": self = .push
    case "/sync/v1/pull": self = .poll
    case "/sync/v1/reconcile": self = .reconcile
    case "/sync/v1/enroll", "/sync/v1/renew": self = .enrolment
    default: return nil
    }
  }

  /// Of what browsers and programs ask of the console's listener.
  init(ofConsole path: String, isReading: Bool) {
    if path == "/api" || path.hasPrefix("/api/") {
      self = isReading ? .read : .write
    } else if !isReading {
      self = .act
    } else if path == "/events" {
      self = .events
    } else if path.hasPrefix("/assets/") {
      self = .asset
    } else {
      self = .page
    }
  }
}

/// What was measured since the process began.
final class RequestTimes: Sendable {
  private let histograms = Dictionary(
    RequestClass.allCases.map { ($0, Histogram()) }, uniquingKeysWith: { first, _ in first })

  func observe(_ duration: Duration, _ kind: RequestClass) { histograms[kind]?.observe(duration) }

  /// Of each kind, those too of which there was none yet.
  var readings: [(kind: RequestClass, reading: Histogram.Reading)] {
    RequestClass.allCases.compactMap { kind in histograms[kind].map { (kind, $0.reading) } }
  }
}

/// Measures from a request's head to where its answer's head is ready: what the hub takes, not what the network does.
struct TimesRequests<Context: RequestContext>: RouterMiddleware {
  let times: RequestTimes
  /// The kind of a request; nil where it is not measured.
  let kind: @Sendable (Request) -> RequestClass?

  func handle(
    _ request: Request, context: Context, next: (Request, Context) async throws -> Response
  ) async throws -> Response {
    guard let kind = kind(request) else { return try await next(request, context) }
    let began = ContinuousClock.now
    defer { times.observe(ContinuousClock.now - began, kind) }
    return try await next(request, context)
  }
}
