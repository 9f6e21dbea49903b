// `orders record`: what a platform that is offline tells by phone, recorded by the hotline on its behalf.

import ArgumentParser
import Core
import Shell

struct RecordCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record", abstract: "Record a platform's step for it, as told by phone.",
    discussion: """
      The change is the hotline's, marked as on the platform's behalf. It merges with what the platform recorded itself.

      EXAMPLES:
        lianxin-hub orders record accept 20261125-000017 --on-behalf-of water
        lianxin-hub orders record progress 20261125-000017 onSite \\
          --on-behalf-of water
        lianxin-hub orders record complete 20261125-000017 --outcome solved \\
          --work 'valve replaced' --on-behalf-of water
      """,
    subcommands: [Accept.self, Progress.self, Result.self, Complete.self, Request.self, Withdraw.self, Resume.self])

  /// What the crew found and did.
  struct WorkOptions: ParsableArguments {
    private static let outcomes = ["solved", "partly", "unsolved", "noAction"]

    @Option(help: ArgumentHelp("solved, partly, unsolved or noAction.", valueName: "word")) var outcome: String
    @Option(help: ArgumentHelp("What was done.", valueName: "text")) var work: String?
    @Option(help: ArgumentHelp("What the cause was.", valueName: "text")) var cause: String?
    @Option(help: ArgumentHelp("What is still to be done.", valueName: "text")) var followUp: String?
    @Option(
      help: ArgumentHelp("When it was finished, as 2026-12-01T10:00 (default: now).", valueName: "time"),
      transform: TimeArgument.init(parsing:))
    var finished: TimeArgument?

    func validate() throws { try checkWord(outcome, among: Self.outcomes, as: "outcome") }

    var result: JSON {
      .compact([
        ("outcome", .string(outcome)), ("cause", cause.map(JSON.string)), ("work", work.map(JSON.string)),
        ("finishedAt", finished.map { .int($0.milliseconds(now: Page.wallClock())) }),
        ("followUp", followUp.map(JSON.string)),
      ])
    }
  }

  struct Accept: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "The platform takes the assignment.",
      discussion: "EXAMPLES:\n  lianxin-hub orders record accept 20261125-000017 --on-behalf-of water")

    @Argument(help: "The order's id or number.") var order: String
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func command() -> [(String, JSON?)] { [("command", "accept")] }
  }

  struct Progress: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "What the crew has reached: enRoute, onSite, working or waiting.",
      discussion: """
        EXAMPLES:
          lianxin-hub orders record progress 20261125-000017 onSite \\
            --on-behalf-of water
        """)

    @Argument(help: "The order's id or number.") var order: String
    @Argument(
      help: "enRoute, onSite, working or waiting.", completion: .list(["enRoute", "onSite", "working", "waiting"]))
    var reached: String
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func validate() throws {
      try checkWord(reached, among: ["enRoute", "onSite", "working", "waiting"], as: "step")
    }

    func command() -> [(String, JSON?)] { [("command", "progress"), ("step", .string(reached))] }
  }

  struct Result: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "The repair result, without ending the work.",
      discussion: """
        EXAMPLES:
          lianxin-hub orders record result 20261125-000017 --outcome partly \\
            --on-behalf-of water
        """)

    @Argument(help: "The order's id or number.") var order: String
    @OptionGroup var work: WorkOptions
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func command() -> [(String, JSON?)] { [("command", "result"), ("result", work.result)] }
  }

  struct Complete: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "The repair result, and the work is done.",
      discussion: """
        EXAMPLES:
          lianxin-hub orders record complete 20261125-000017 --outcome solved \\
            --on-behalf-of water
        """)

    @Argument(help: "The order's id or number.") var order: String
    @OptionGroup var work: WorkOptions
    @Option(help: ArgumentHelp("What the citizen is told.", valueName: "text")) var reply: String?
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func command() -> [(String, JSON?)] {
      [
        ("command", "complete"), ("result", work.result),
        ("reply", reply.map { .object([JSON.Member("citizen", .string($0))]) }),
      ]
    }
  }

  struct Request: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "The platform asks for return, extension, suspension or exemption.",
      discussion: """
        EXAMPLES:
          lianxin-hub orders record request 20261125-000017 return \\
            --reason 'not ours' --on-behalf-of gas
        """)

    @Argument(help: "The order's id or number.") var order: String
    @Argument(
      help: "One of \(RegisterTable.requestTypes.joined(separator: ", ")).",
      completion: .list(RegisterTable.requestTypes))
    var type: String
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String?
    @Option(
      help: ArgumentHelp("Until when, as 24h or 2026-12-01T10:00.", valueName: "time"),
      transform: TimeArgument.init(parsing:))
    var until: TimeArgument?
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func validate() throws { try checkWord(type, among: RegisterTable.requestTypes, as: "request") }

    func command() -> [(String, JSON?)] {
      [
        ("command", "request"), ("type", .string(type)), ("reason", reason.map(JSON.string)),
        ("until", until.map { .int($0.milliseconds(now: Page.wallClock())) }),
      ]
    }
  }

  struct Withdraw: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "The platform takes a request back.",
      discussion: "EXAMPLES:\n  lianxin-hub orders record withdraw 20261125-000017 r7k2 --on-behalf-of water")

    @Argument(help: "The order's id or number.") var order: String
    @Argument(help: "The request's id.") var requestID: String
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func command() -> [(String, JSON?)] { [("command", "withdraw"), ("requestId", .string(requestID))] }
  }

  struct Resume: RecordedStep {
    static let configuration = CommandConfiguration(
      abstract: "A suspension ends before its time.",
      discussion: "EXAMPLES:\n  lianxin-hub orders record resume 20261125-000017 --on-behalf-of water")

    @Argument(help: "The order's id or number.") var order: String
    @Option(help: onBehalfOfHelp) var onBehalfOf: String
    @OptionGroup var step: StepOptions

    func command() -> [(String, JSON?)] { [("command", "resume")] }
  }
}

private let onBehalfOfHelp = ArgumentHelp("The platform that told it.", valueName: "platform")

/// A step of a platform that the hotline records for it.
protocol RecordedStep: OrderStep {
  var onBehalfOf: String { get }
}

extension RecordedStep {
  func call() throws -> HubCall {
    .post(
      DaemonClient.path("v1", "orders", order, "commands"),
      try command() + [("onBehalfOf", .string(onBehalfOf))] + step.members)
  }
}
