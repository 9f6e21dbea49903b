// The command lines' way to the running daemon: requests over its Unix socket, and its refusals as CommandFailures
// with a remedy and an exit status. What the answers hold is the commands' business.

import Core
import Foundation

/// Talks to a daemon over its Unix socket. Every failure is a ``CommandFailure`` fit to print.
public struct DaemonClient: Sendable {
  private let socket: String
  private let startCommand: String
  private let statuses: [String: CommandStatus]
  private let client: CurlClient

  /// - Parameters:
  ///   - socket: the path of the daemon's socket.
  ///   - startCommand: what to run when it does not answer, as in `lianxin-hub serve`.
  ///   - statuses: exit statuses of problem codes for which the HTTP status says too little.
  public init(
    socket: String, startCommand: String, statuses: [String: CommandStatus] = [:]
  ) throws(CommandFailure) {
    self.socket = socket
    self.startCommand = startCommand
    self.statuses = statuses
    do {
      client = try CurlClient(.unixSocket(socket))
    } catch {
      throw CommandFailure("\(error)", status: .internalError)
    }
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
      return CommandFailure(
        "the daemon answered HTTP \(answer.status) without saying why (socket \(socket))",
        remedy: "check that the socket is the daemon's own and that both have the same version", status: .internalError)
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
