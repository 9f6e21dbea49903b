// The command lines' way to the running daemon: requests over its Unix socket, or over TLS to a hub on another machine, and its
// refusals as CommandFailures with a remedy and an exit status. What the answers hold is the commands' business.

import Core
import Foundation

/// A hub that is reached over TLS with an account's API token.
public struct RemoteHub: Equatable, Sendable {
  /// `https://HOST:PORT` of its console.
  public let url: String
  /// PEM file of the authority that vouches for it.
  public let caFile: String
  public let token: String

  public init(url: String, caFile: String, token: String) {
    self.url = url
    self.caFile = caFile
    self.token = token
  }
}

/// Talks to a daemon. Every failure is a ``CommandFailure`` fit to print.
public struct DaemonClient: Sendable {
  private enum Place {
    case socket(String, startCommand: String)
    case remote(RemoteHub)
  }

  private let place: Place
  private let statuses: [String: CommandStatus]
  private let client: CurlClient

  /// - Parameters:
  ///   - socket: the path of the daemon's socket.
  ///   - startCommand: what to run when it does not answer, as in `lianxin-hub serve`.
  ///   - statuses: exit statuses of problem codes for which the HTTP status says too little.
  public init(
    socket: String, startCommand: String, statuses: [String: CommandStatus] = [:]
  ) throws(CommandFailure) {
    try self.init(.socket(socket, startCommand: startCommand), .unixSocket(socket), statuses)
  }

  /// As ``init(socket:startCommand:statuses:)``, for a hub on another machine: the same calls stand there under `/api`.
  public init(_ hub: RemoteHub, statuses: [String: CommandStatus] = [:]) throws(CommandFailure) {
    try self.init(
      .remote(hub), .https(baseURL: hub.url, caFile: hub.caFile, certificateFile: nil, keyFile: nil), statuses)
  }

  private init(
    _ place: Place, _ target: CurlClient.Target, _ statuses: [String: CommandStatus]
  ) throws(CommandFailure) {
    self.place = place
    self.statuses = statuses
    do {
      client = try CurlClient(target)
    } catch {
      throw CommandFailure("\(error)", status: .internalError)
    }
  }

  /// What is sent of a body. Whoever has an account is its author, so that a hub on another machine is told none.
  func stated(_ body: JSON) -> JSON {
    guard case .remote = place, let members = body.asObject else { return body }
    return .object(members.filter { $0.key != "author" })
  }

  /// The body of a 2xx answer to `GET path`.
  public func get(_ path: String, timeout: Duration = .seconds(30)) throws(CommandFailure) -> [UInt8] {
    try send("GET", path, timeout: timeout).body
  }

  /// The body of a 2xx answer to `POST path` with a JSON body.
  public func post(
    _ path: String, _ body: [UInt8], contentType: String = "application/json", timeout: Duration = .seconds(60)
  ) throws(CommandFailure) -> [UInt8] {
    try send("POST", path, headers: [("Content-Type", contentType)], body: body, timeout: timeout).body
  }

  /// Any request; the 2xx answer whole.
  public func send(
    _ method: String, _ path: String, headers: [(String, String)] = [], body: [UInt8] = [], timeout: Duration,
    maxResponseBytes: Int = 256 << 20
  ) throws(CommandFailure) -> HTTPAnswer {
    var path = path
    var headers = headers
    if case .remote(let hub) = place {
      path = "/api" + path
      headers.append(("Authorization", "Bearer \(hub.token)"))
    }
    let answer: HTTPAnswer
    do {
      answer = try client.send(
        method, path, headers: headers, body: body, timeout: timeout, silence: timeout,
        maxResponseBytes: maxResponseBytes)
    } catch {
      throw unreachable(error)
    }
    guard (200..<300).contains(answer.status) else { throw refusal(answer) }
    return answer
  }

  /// A path of escaped segments and query items: `path("orders", id, query: ["limit": "10"])` is `/orders/…?limit=10`.
  public static func path(_ segments: String..., query: KeyValuePairs<String, String> = [:]) -> String {
    let items = query.map { "\(escaped($0))=\(escaped($1))" }
    return segments.map { "/" + escaped($0) }.joined() + (items.isEmpty ? "" : "?" + items.joined(separator: "&"))
  }

  /// RFC 3986 percent-encoding of all but unreserved characters.
  private static func escaped(_ text: String) -> String {
    var result = ""
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
        UInt8(ascii: "~"):
        result.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let hex = String(byte, radix: 16, uppercase: true)
        result += "%" + (hex.count == 1 ? "0" + hex : hex)
      }
    }
    return result
  }

  private func unreachable(_ failure: TransportFailure) -> CommandFailure {
    switch place {
    case .socket(let socket, let startCommand): Self.unreachable(socket, startCommand, failure)
    case .remote(let hub): Self.unreachable(hub, failure)
    }
  }

  private static func unreachable(_ hub: RemoteHub, _ failure: TransportFailure) -> CommandFailure {
    switch failure {
    case .tls(let reason):
      CommandFailure(
        "what answers at \(hub.url) is not vouched for by the authority in \(hub.caFile): \(reason)",
        remedy: "call the hub by a name that stands in its certificate (console.names), and fetch its ca.pem again from"
          + " its operator",
        status: .notAuthorised)
    case .clientCertificateProblem:
      CommandFailure(
        "what answers at \(hub.url) demands a certificate, as the agents' listener does",
        remedy: "name the console's address: its port is console.port, 7444 unless it was set", status: .usage)
    case .couldNotResolve, .couldNotConnect:
      CommandFailure(
        "the hub \(hub.url) is not reached: \(failure)",
        remedy:
          "check address, port and network; at the hub console.listen must be an address that this machine reaches",
        status: .daemonUnreachable)
    case .timedOut:
      CommandFailure(
        "the hub \(hub.url) did not answer in time",
        remedy:
          "what was asked may be done all the same: look before you repeat it, or repeat it with its --request id",
        status: .daemonUnreachable)
    case .other:
      CommandFailure(
        "the request to \(hub.url) could not be sent: \(failure)",
        remedy: "check the address and that the token is one line of letters and digits", status: .usage)
    default:
      CommandFailure(
        "no whole answer from the hub \(hub.url): \(failure)",
        remedy:
          "what was asked may be done all the same: look before you repeat it, or repeat it with its --request id",
        status: .daemonUnreachable)
    }
  }

  private static func unreachable(
    _ socket: String, _ startCommand: String, _ failure: TransportFailure
  ) -> CommandFailure {
    switch failure {
    case .couldNotConnect(_, EACCES), .couldNotConnect(_, EPERM):
      CommandFailure(
        "you may not use the daemon's socket \(socket)",
        remedy: "run this as the daemon's user or as root", status: .notAuthorised)
    case .couldNotConnect(let reason, ENAMETOOLONG):
      CommandFailure(reason, remedy: "choose a shorter one", status: .usage)
    case .couldNotConnect:
      CommandFailure(
        "the daemon is not running (socket \(socket))", remedy: "start it with `\(startCommand)`",
        status: .daemonUnreachable)
    case .timedOut:
      CommandFailure(
        "the daemon did not answer in time (socket \(socket))",
        remedy: "it may be busy: try again, and look into its log", status: .daemonUnreachable)
    default:
      CommandFailure(
        "no answer from the daemon (socket \(socket)): \(failure)",
        remedy: "look into its log; if it has ended, start it with `\(startCommand)`", status: .daemonUnreachable)
    }
  }

  private func refusal(_ answer: HTTPAnswer) -> CommandFailure {
    guard answer.contentType == "application/problem+json",
      let problem = try? JSON(parsing: answer.body), problem.asObject != nil  // not ours: said so below
    else {
      return switch place {
      case .socket(let socket, _):
        CommandFailure(
          "the daemon answered HTTP \(answer.status) without saying why (socket \(socket))",
          remedy: "check that the socket is the daemon's own and that both have the same version",
          status: .internalError)
      case .remote(let hub):
        CommandFailure(
          "what answers at \(hub.url) is no hub's console: HTTP \(answer.status) without a reason",
          remedy:
            "check the address and the port, which is console.port at the hub; a proxy or log-in page may stand in between",
          status: .failure)
      }
    }
    // RFC 9457, with our own members `code` and `remedy`.
    let code = problem["code"]?.asString
    return CommandFailure(
      problem["detail"]?.asString ?? problem["title"]?.asString ?? code
        ?? "the daemon refused with HTTP \(answer.status)",
      remedy: problem["remedy"]?.asString,
      status: code.flatMap { statuses[$0] } ?? CommandStatus(httpStatus: answer.status), problem: answer.body)
  }
}
