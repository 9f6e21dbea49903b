// The hotline's own steps on an order, each one command of the API: dispatch, recall, note, urge, supervise, call
// back, close, rework, cancel, relate. What is recorded for a platform is in RecordCommand.swift, what makes a change
// void in VoidCommands.swift.

import ArgumentParser
import Core
import Shell

/// A step: one command on one order.
protocol OrderStep: HubRequestCommand {
  var order: String { get }
  var step: StepOptions { get }
  /// `command` and its fields.
  func command() throws -> [(String, JSON?)]
}

extension OrderStep {
  var hub: HubOptions { step.hub }
  var author: String? { step.author }

  func call() throws -> HubCall {
    .post(
      DaemonClient.path("v1", "orders", order, "commands"),
      try command() + step.members)
  }

  func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.recorded(answer, on: page) }
}

struct DispatchOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "dispatch", abstract: "Give an order to a platform.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders dispatch 20261125-000017 water
        lianxin-hub orders dispatch 20261125-000017 road --role assist \\
          --instruction 'keep one lane open'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "The platform.") var platform: String
  @Option(
    help: ArgumentHelp(
      "One of \(RegisterTable.roles.joined(separator: ", ")) (default: lead, or assist beside a lead).",
      valueName: "role"))
  var role: String?
  @Option(help: ArgumentHelp("What they are to do.", valueName: "text")) var instruction: String?
  @Option(
    help: ArgumentHelp("Why: first, added, reassigned, designated (default: by what went before).", valueName: "word"))
  var cause: String?
  @OptionGroup var step: StepOptions

  func validate() throws {
    try checkWord(role, among: RegisterTable.roles, as: "role")
    try checkWord(cause, among: ["first", "added", "reassigned", "designated"], as: "cause")
  }

  func command() -> [(String, JSON?)] {
    [
      ("command", "dispatch"), ("platform", .string(platform)), ("role", role.map(JSON.string)),
      ("instruction", instruction.map(JSON.string)), ("cause", cause.map(JSON.string)),
    ]
  }
}

struct RecallOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "recall", abstract: "Take an assignment back.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders recall 20261125-000017 --reason 'wrong sector'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String?
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] { [("command", "recall"), ("reason", reason.map(JSON.string))] }
}

struct NoteOnOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "note", abstract: "Add a note that everyone concerned sees.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders note 20261125-000017 'Rang again: water in the cellar.'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "The note.") var text: String
  @Flag(help: "For the hotline's eyes only.") var own = false
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] {
    [("command", "note"), ("text", .string(text)), ("visibility", own ? .some("own") : .none)]
  }
}

struct UrgeOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "urge", abstract: "Remind the platform; it is counted.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders urge 20261125-000017 'Due in an hour.'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "What to say.") var text: String?
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] { [("command", "urge"), ("text", text.map(JSON.string))] }
}

struct SuperviseOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "supervise", abstract: "A supervisor's formal demand, with a deadline.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders supervise 20261125-000017 water \\
          --demand 'Report the cause in writing.' --until 24h
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "Of whom it is demanded, as in a platform's name.") var to: String
  @Option(help: ArgumentHelp("What is demanded.", valueName: "text")) var demand: String
  @Option(
    help: ArgumentHelp("Until when, as 24h or 2026-12-01T10:00.", valueName: "time"),
    transform: TimeArgument.init(parsing:))
  var until: TimeArgument?
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] {
    [
      ("command", "supervise"), ("to", .string(to)), ("demand", .string(demand)),
      ("until", until.map { .int($0.milliseconds(now: Page.wallClock())) }),
    ]
  }
}

struct CallBackOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "call-back", abstract: "Record that the citizen was asked: reached? solved? satisfied?",
    discussion: """
      EXAMPLES:
        lianxin-hub orders call-back 20261125-000017 --solved yes \\
          --result 5 --service 4
        lianxin-hub orders call-back 20261125-000017 --not-reached
      """)

  enum Reached: String, EnumerableFlag {
    case reached, notReached
  }

  @Argument(help: "The order's id or number.") var order: String
  @Flag(help: "Whether the citizen answered.") var reached: Reached = .reached
  @Option(help: ArgumentHelp("yes, partly or no.", valueName: "word")) var solved: String?
  @Option(help: ArgumentHelp("Satisfied with the result, 1 to 5.", valueName: "1-5")) var result: Int?
  @Option(help: ArgumentHelp("Satisfied with the service, 1 to 5.", valueName: "1-5")) var service: Int?
  @Option(help: ArgumentHelp("What the citizen gave as the reason.", valueName: "text")) var reason: String?
  @Option(help: ArgumentHelp("By which way, as in phone or sms.", valueName: "word")) var channel: String?
  @Option(help: ArgumentHelp("Which attempt it was.", valueName: "number")) var attempt: Int?
  @OptionGroup var step: StepOptions

  func validate() throws {
    try checkWord(solved, among: ["yes", "partly", "no"], as: "answer to 'solved'")
    for mark in [result, service].compactMap({ $0 }) where !(1...5).contains(mark) {
      throw ValidationError("\(mark) is no mark: they go from 1 to 5.")
    }
    if reached == .notReached, solved != nil || result != nil || service != nil {
      throw ValidationError("Who was not reached gave no answer: leave --solved, --result and --service out.")
    }
    if reached == .reached, solved == nil {
      throw ValidationError(
        "Who was reached was asked whether it is solved: add --solved yes, partly or no; or else --not-reached.")
    }
  }

  func command() -> [(String, JSON?)] {
    [
      ("command", "call-back"),
      (
        "callback",
        .compact([
          ("channel", channel.map(JSON.string)), ("attempt", attempt.map(JSON.int)),
          ("reached", .bool(reached == .reached)), ("solved", solved.map(JSON.string)),
          ("result", result.map(JSON.int)),
          ("service", service.map(JSON.int)), ("reason", reason.map(JSON.string)),
        ])
      ),
    ]
  }
}

struct CloseOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "close", abstract: "End an order.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders close 20261125-000017 solved
        lianxin-hub orders close 20261125-000018 unsolvedExplained \\
          --note 'Needs a new main, planned for spring.'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(
    help: "One of \(RegisterTable.closeCodes.joined(separator: ", ")).", completion: .list(RegisterTable.closeCodes))
  var code: String
  @Option(help: ArgumentHelp("What there is to say about it.", valueName: "text")) var note: String?
  @OptionGroup var step: StepOptions

  func validate() throws { try checkWord(code, among: RegisterTable.closeCodes, as: "code") }

  func command() -> [(String, JSON?)] {
    [("command", "close"), ("code", .string(code)), ("note", note.map(JSON.string))]
  }
}

struct ReworkOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "rework", abstract: "It was not solved after all: a new round, with a new assignment.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders rework 20261125-000017
        lianxin-hub orders rework 20261125-000017 --platform drainage \\
          --instruction 'It is the sewer.'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Option(help: ArgumentHelp("Who does it now (default: who did it before).", valueName: "name")) var platform: String?
  @Option(help: ArgumentHelp("What they are to do.", valueName: "text")) var instruction: String?
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] {
    [
      ("command", "rework"), ("platform", platform.map(JSON.string)), ("instruction", instruction.map(JSON.string)),
    ]
  }
}

struct CancelOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "cancel", abstract: "Call an order off.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders cancel 20261125-000017 --reason 'The caller was mistaken.'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] { [("command", "cancel"), ("reason", .string(reason))] }
}

struct RelateOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "relate", abstract: "Say how an order belongs to another, as where both are the same matter.",
    discussion: """
      The order is the duplicate or the repeat, and follows the other; both stay.

      EXAMPLES:
        lianxin-hub orders relate 20261125-000018 20261125-000017 --kind duplicate
        lianxin-hub orders relate 20261125-000018 20261125-000017 --take-back
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "The other order, by its id or number.") var other: String
  @Option(
    help: ArgumentHelp(
      "What it is of the other: \(RegisterTable.relations.joined(separator: ", ")).", valueName: "kind"))
  var kind: String?
  @Flag(help: "It does not belong to the other after all.") var takeBack = false
  @OptionGroup var step: StepOptions

  func validate() throws {
    try checkWord(kind, among: RegisterTable.relations, as: "kind")
    guard (kind != nil) != takeBack else { throw ValidationError("Give either --kind or --take-back.") }
  }

  func command() -> [(String, JSON?)] {
    [("command", "relate"), ("order", .string(other)), ("kind", kind.map(JSON.string) ?? .null)]
  }
}
