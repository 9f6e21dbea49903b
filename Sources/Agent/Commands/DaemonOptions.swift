// What the agent's commands share: how they reach the running daemon, and how a step on an order is sent and answered.

import ArgumentParser
import Core
import Shell

/// How to reach the daemon, and how to print what it answers.
struct DaemonOptions: ParsableArguments {
  @OptionGroup(title: "Connection") var connection: ConnectionOptions
  @OptionGroup var output: OutputOptions

  /// Where the packaged service has its configuration.
  static let installedFile = "/etc/lianxin/agent.yaml"

  func client() throws -> DaemonClient {
    let socket = try connection.socketPath(named: "agent.sock") {
      try AgentSettings.load(
        file: ConnectionOptions.file(named: connection.config, installed: DaemonOptions.installedFile)
      ).socket
    }
    return try DaemonClient(socket: socket, startCommand: "lianxin-agent run", statuses: DaemonClient.statuses)
  }
}

/// Who does something, by which request id, and how to reach the daemon.
struct ActionOptions: ParsableArguments {
  @OptionGroup var request: RequestOptions
  @OptionGroup(title: "Author") var author: AuthorOptions
  @OptionGroup var daemon: DaemonOptions

  /// What every recorded command carries beside its own fields.
  var members: [(String, JSON?)] {
    [("request", request.request.map(JSON.string)), ("author", author.json(defaultRole: "crew"))]
  }
}

/// `--assignment`, and the rest of what a step on an order carries.
struct StepOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("The assignment that is meant, where the platform has several of this order.", valueName: "id"))
  var assignment: String?
  @OptionGroup var action: ActionOptions
}

/// A command of the contract on one order: its fields go to `POST /v1/orders/{id}/commands`.
protocol OrderStep: ParsableCommand {
  /// The order's id, or the hotline's number.
  var order: String { get }
  var step: StepOptions { get }
  /// The name on the wire.
  static var command: String { get }
  /// The command's own fields; nil ones are left out. `now` is for times that count from now.
  func fields(now: Int) throws -> [(String, JSON?)]
}

extension OrderStep {
  func body(now: Int) throws -> JSON {
    .compact(
      [("command", .string(Self.command))] + (try fields(now: now))
        + [("assignment", step.assignment.map(JSON.string))] + step.action.members)
  }

  mutating func run() throws {
    let body = try body(now: Page.wallClock())
    let client = try step.action.daemon.client()
    let answer = try client.post(DaemonClient.path("v1", "orders", order, "commands"), body)
    step.action.daemon.output.show(answer, as: ListPrinting.recorded)
  }
}

/// The words that a register, or a field of it, may hold, from the one table.
enum Vocabulary {
  static func words(_ register: String, field: String? = nil) -> [String] {
    var shape = RegisterName(register)?.row.shape
    if let field, case .record(let fields)? = shape { shape = fields.first { $0.name == field }?.shape }
    if case .word(let words)? = shape { return words }
    return []
  }

  static let outcomes = words("assignment/a/result", field: "outcome")
  static let kinds = RegisterTable.kinds
  static let priorities = RegisterTable.priorities
  /// `accepted` and `done` have commands of their own.
  static let steps = RegisterTable.progressSteps.filter { $0 != "accepted" && $0 != "done" }
  static let requestTypes = RegisterTable.requestTypes
  static let statuses = OrderStatus.allCases.map(\.rawValue)

  /// For `transform:`: the word itself, or a sentence with those there are.
  static func oneOf(_ words: [String]) -> @Sendable (String) throws -> String {
    { text in
      guard words.contains(text) else {
        throw ValidationError("'\(Sanitize.line(text))' is not one of \(words.joined(separator: ", ")).")
      }
      return text
    }
  }
}
