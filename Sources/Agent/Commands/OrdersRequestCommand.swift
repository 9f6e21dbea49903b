// What the platform asks the hotline for: `orders request`, `orders withdraw`; and `orders note`.

import ArgumentParser
import Core
import Shell

struct OrdersRequestCommand: OrderStep {
  static let command = "request"
  static let configuration = CommandConfiguration(
    commandName: "request", abstract: "Ask the hotline for a return, an extension, a suspension or an exemption.",
    discussion: """
      Until the hotline has answered, the platform stays responsible and its \
      clock runs.

      EXAMPLES:
        lianxin-agent orders request 20261125-000124 return \\
          --reason "not our pipe" --suggest-sector drainage
        lianxin-agent orders request 20261125-000123 extension --until 2d \\
          --reason "waiting for a part"
        lianxin-agent orders request 20261125-000123 suspension \\
          --until 2026-12-01T10:00 --reason "frozen ground"
      """)

  @Argument(help: "The order's number or id.") var order: String
  @Argument(
    help: "One of \(Vocabulary.requestTypes.joined(separator: ", ")).", completion: .list(Vocabulary.requestTypes),
    transform: Vocabulary.oneOf(Vocabulary.requestTypes))
  var type: String
  @Option(help: "Why.") var reason: String?
  @Option(
    help: ArgumentHelp(
      "Until when: 2h or 3d (from now), 2026-12-01T10:00, or milliseconds since 1970.", valueName: "time"),
    transform: TimeArgument.init(parsing:))
  var until: TimeArgument?
  @Option(help: "The code of the reason.") var code: String?
  @Option(help: "With a return: whose it is.") var suggestSector: String?
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] {
    [
      ("type", .string(type)), ("code", code.map(JSON.string)), ("reason", reason.map(JSON.string)),
      ("until", until.map { .int($0.milliseconds(now: now)) }), ("suggestedSector", suggestSector.map(JSON.string)),
    ]
  }
}

struct OrdersWithdrawCommand: OrderStep {
  static let command = "withdraw"
  static let configuration = CommandConfiguration(
    commandName: "withdraw", abstract: "Take back a request that is not answered yet.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders withdraw 20261125-000123 r3k9
      """)

  @Argument(help: "The order's number or id.") var order: String
  @Argument(help: "The request's id, as `orders show` prints it.") var requestID: String
  @OptionGroup var step: StepOptions

  func fields(now: Int) -> [(String, JSON?)] { [("requestId", .string(requestID))] }
}

struct OrdersNoteCommand: OrderStep {
  static let command = "note"
  static let configuration = CommandConfiguration(
    commandName: "note", abstract: "Add a note.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders note 20261125-000123 "it began at 01:40"
        lianxin-agent orders note 20261125-000123 "ask Wang for the key" --own
      """)

  @Argument(help: "The order's number or id.") var order: String
  @Argument(help: "The note.") var text: String
  @Flag(help: "Only for this platform and the hotline; other platforms never get the text.") var own = false
  @OptionGroup var step: StepOptions

  func validate() throws {
    guard !text.isEmpty else { throw ValidationError("The note is empty.") }
  }

  func fields(now: Int) -> [(String, JSON?)] {
    [("text", .string(text)), ("visibility", own ? "own" : "all")]
  }
}
