// The one table of the command lines' exit statuses, and the failure that carries one with a sentence and a remedy.

/// What a command's exit status means, the same for both command lines.
public enum CommandStatus: Int32, CaseIterable, Sendable {
  case success = 0
  case failure = 1
  case refusedByRule = 3
  case notFound = 4
  case daemonUnreachable = 5
  case notAuthorised = 6
  case conflict = 7
  case usage = 64
  case internalError = 70
  case configuration = 78

  /// One line for people.
  public var meaning: String {
    switch self {
    case .success: "done"
    case .failure: "it failed, or doctor found something"
    case .refusedByRule: "refused by a rule: a step that the order's state does not allow"
    case .notFound: "no such order, platform, agent or request"
    case .daemonUnreachable: "the daemon is not running or does not answer"
    case .notAuthorised: "not allowed to do this"
    case .conflict: "it exists already, or another process holds it"
    case .usage: "wrong arguments; see --help"
    case .internalError: "a bug or a damaged installation"
    case .configuration: "the configuration is wrong; the message names file, line and key"
    }
  }

  /// The status that an HTTP answer's error means.
  public init(httpStatus: Int) {
    switch httpStatus {
    case 400: self = .usage
    case 401, 403: self = .notAuthorised
    case 404, 410: self = .notFound
    case 409: self = .conflict
    case 422: self = .refusedByRule
    case 503, 504: self = .daemonUnreachable
    case 500..<507, 508...: self = .internalError
    default: self = .failure
    }
  }

  /// The table as it stands in `--help`.
  public static var help: String {
    let rows = allCases.map { status in
      String(repeating: " ", count: 4 - "\(status.rawValue)".count) + "\(status.rawValue)  \(status.meaning)"
    }
    return (["EXIT STATUS:"] + rows).joined(separator: "\n")
  }
}

/// What a command could not do: a sentence, what to do about it, and the exit status.
public struct CommandFailure: Error, Equatable, Sendable, CustomStringConvertible {
  public let message: String
  public let remedy: String?
  public let status: CommandStatus
  /// The daemon's problem, as JSON, where it is its refusal.
  public let problem: [UInt8]?

  public init(
    _ message: String, remedy: String? = nil, status: CommandStatus = .failure, problem: [UInt8]? = nil
  ) {
    self.message = message
    self.remedy = remedy
    self.status = status
    self.problem = problem
  }

  public var description: String {
    message + (remedy.map { "; \($0)" } ?? "")
  }
}
