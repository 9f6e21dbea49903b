// The steps up to the work itself: `orders accept`, `orders progress`, `orders resume`.

import ArgumentParser
import Core
import Shell

struct OrdersAcceptCommand: OrderStep {
  static let command = "accept"
  static let configuration = CommandConfiguration(
    commandName: "accept", abstract: "Take the assignment on.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders accept 20261125-000123
        lianxin-agent orders accept 20261125-000123 --author "Li Na" \\
          --request erp-4711
      """)

  @Argument(help: "The order's number or id.") var order: String
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] { [] }
}

struct OrdersProgressCommand: OrderStep {
  static let command = "progress"
  static let configuration = CommandConfiguration(
    commandName: "progress", abstract: "Say how far the crew is.",
    discussion: """
      The steps are \(Vocabulary.steps.joined(separator: ", ")); \
      `orders complete` ends the work.

      EXAMPLES:
        lianxin-agent orders progress 20261125-000123 enRoute
        lianxin-agent orders progress 20261125-000123 working
      """)

  @Argument(help: "The order's number or id.") var order: String
  @Argument(
    help: "One of \(Vocabulary.steps.joined(separator: ", ")).", completion: .list(Vocabulary.steps),
    transform: Vocabulary.oneOf(Vocabulary.steps))
  var reached: String
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] { [("step", .string(reached))] }
}

struct OrdersResumeCommand: OrderStep {
  static let command = "resume"
  static let configuration = CommandConfiguration(
    commandName: "resume", abstract: "End a suspension before its time.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders resume 20261125-000123
      """)

  @Argument(help: "The order's number or id.") var order: String
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] { [] }
}
