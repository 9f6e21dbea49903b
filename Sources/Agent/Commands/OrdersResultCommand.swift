// What was done, and what the citizen is told: `orders result`, `orders complete`, `orders reply`.

import ArgumentParser
import Core
import Shell

/// The fields of a result.
struct ResultOptions: ParsableArguments {
  @Option(
    help: "One of \(Vocabulary.outcomes.joined(separator: ", ")).", completion: .list(Vocabulary.outcomes),
    transform: Vocabulary.oneOf(Vocabulary.outcomes))
  var outcome: String

  @Option(help: "What was done.") var work: String?
  @Option(help: "What had caused it.") var cause: String?
  @Option(help: "The code of the reason, where it is not solved.") var unsolvedCode: String?
  @Flag(inversion: .prefixedNo, help: "Whether the report was found to be true.") var substantiated: Bool?
  @Option(help: "What was used up, in words.") var materials: String?
  @Option(help: "What it cost, a number.", transform: NumberArgument.init(parsing:)) var cost: NumberArgument?
  @Option(
    help: ArgumentHelp(
      "When the work ended: 2026-12-01T10:00, or milliseconds since 1970 (default: now).", valueName: "time"),
    transform: TimeArgument.init(parsing:))
  var finishedAt: TimeArgument?
  @Option(help: "What is still to be done.") var followUp: String?

  func json(now: Int) -> JSON {
    .compact([
      ("outcome", .string(outcome)), ("unsolvedCode", unsolvedCode.map(JSON.string)),
      ("substantiated", substantiated.map(JSON.bool)), ("cause", cause.map(JSON.string)),
      ("work", work.map(JSON.string)),
      ("materials", materials.map(JSON.string)), ("cost", cost?.json),
      ("finishedAt", finishedAt.map { .int($0.milliseconds(now: now)) }), ("followUp", followUp.map(JSON.string)),
    ])
  }
}

/// What is told to the citizen and to the public.
struct ReplyOptions: ParsableArguments {
  @Option(help: "What the citizen is told.") var reply: String?
  @Option(help: "What the public is told.") var publicReply: String?

  /// nil where nothing is said.
  var json: JSON? {
    guard reply != nil || publicReply != nil else { return nil }
    return .compact([("citizen", reply.map(JSON.string)), ("public", publicReply.map(JSON.string))])
  }
}

struct OrdersResultCommand: OrderStep {
  static let command = "result"
  static let configuration = CommandConfiguration(
    commandName: "result", abstract: "Record a result without ending the work, or correct one.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders result 20261125-000123 --outcome partly \\
          --work "main closed" --follow-up "joint on Monday"
      """)

  @Argument(help: "The order's number or id.") var order: String
  @OptionGroup(title: "Result") var result: ResultOptions
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] { [("result", result.json(now: now))] }
}

struct OrdersCompleteCommand: OrderStep {
  static let command = "complete"
  static let configuration = CommandConfiguration(
    commandName: "complete", abstract: "Record the result and end the work.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders complete 20261125-000123 --outcome solved \\
          --work "更换 DN200 阀门" --reply "已恢复供水"
        lianxin-agent orders complete 20261125-000124 --outcome unsolved \\
          --unsolved-code private-pipe --finished-at 2026-11-25T05:40
      """)

  @Argument(help: "The order's number or id.") var order: String
  @OptionGroup(title: "Result") var result: ResultOptions
  @OptionGroup(title: "Reply") var reply: ReplyOptions
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] { [("result", result.json(now: now)), ("reply", reply.json)] }
}

struct OrdersReplyCommand: OrderStep {
  static let command = "reply"
  static let configuration = CommandConfiguration(
    commandName: "reply", abstract: "Record or correct what the citizen and the public are told.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders reply 20261125-000123 --reply "已恢复供水"
      """)

  @Argument(help: "The order's number or id.") var order: String
  @OptionGroup(title: "Reply") var reply: ReplyOptions
  @OptionGroup var step: StepOptions

  func validate() throws {
    guard reply.json != nil else { throw ValidationError("Say something: --reply or --public-reply.") }
  }

  func fields(now: Int) -> [(String, JSON?)] { [("reply", reply.json)] }
}
