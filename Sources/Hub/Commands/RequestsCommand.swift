// `requests`, `conflicts`, `quarantine`: what waits for a person at the hotline.

import ArgumentParser
import Core
import Shell

struct RequestsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "requests", abstract: "What platforms ask for: return, extension, suspension, exemption.",
    discussion: """
      EXAMPLES:
        lianxin-hub requests list
        lianxin-hub requests answer r7k2 --grant --until 48h
      """,
    subcommands: [List.self, Answer.self])

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the requests that wait for an answer.",
      discussion: "EXAMPLES:\n  lianxin-hub requests list")

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/requests") }
    func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.requests(answer, on: page) }
  }

  struct Answer: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Grant or refuse a request.",
      discussion: """
        EXAMPLES:
          lianxin-hub requests answer r7k2 --grant --until 48h
          lianxin-hub requests answer r7k2 --refuse --note 'It is your main.'
        """)

    enum Decision: String, EnumerableFlag {
      case grant, refuse
    }

    @Argument(help: "The request's id, from `requests list`.") var requestID: String
    @Flag(help: "How it is decided.") var decision: Decision
    @Option(
      help: ArgumentHelp(
        "Until when, where it differs from what was asked; as 24h or 2026-12-01T10:00.", valueName: "time"),
      transform: TimeArgument.init(parsing:))
    var until: TimeArgument?
    @Option(help: ArgumentHelp("Why.", valueName: "text")) var note: String?
    @Option(
      help: ArgumentHelp(
        "The order of the request: needed only to repeat an answer by its --request id.", valueName: "id"))
    var order: String?
    @OptionGroup var by: OperatorOptions
    @OptionGroup var hub: HubOptions

    func call(order: String) -> HubCall {
      .post(
        DaemonClient.path("v1", "orders", order, "commands"),
        [
          ("command", "answer"), ("requestId", .string(requestID)), ("granted", .bool(decision == .grant)),
          ("until", until.map { .int($0.milliseconds(now: Page.wallClock())) }), ("note", note.map(JSON.string)),
        ] + by.members)
    }

    func run() async throws {
      let client = try hub.client(author: by.author)
      let order = if let order { order } else { try find(try client.answer(.get("/v1/requests"))) }
      hub.output.show(try client.answer(call(order: order)), as: ListPrinting.recorded)
    }

    /// The order of the request, from the list of those that are open.
    func find(_ answer: JSON) throws(CommandFailure) -> String {
      guard let row = answer.list("requests").first(where: { $0.text("id") == requestID }) else {
        throw CommandFailure(
          "no open request has the id \(requestID)", remedy: "see `lianxin-hub requests list`", status: .notFound)
      }
      return row.text("order")
    }
  }
}

struct ConflictsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conflicts", abstract: "What was written at the same time on both sides.",
    discussion: """
      EXAMPLES:
        lianxin-hub conflicts list
        lianxin-hub conflicts settle 20261125-000017 title
      """,
    subcommands: [List.self, Settle.self])

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List conflicts and contradictions, with what is shown and why.",
      discussion: "EXAMPLES:\n  lianxin-hub conflicts list --json")

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/conflicts") }
    func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.conflicts(answer, on: page) }
  }

  struct Settle: OrderStep {
    static let configuration = CommandConfiguration(
      abstract: "Settle a register: with the value that is shown, or with another.",
      discussion: """
        EXAMPLES:
          lianxin-hub conflicts settle 20261125-000017 title
          lianxin-hub conflicts settle 20261125-000017 priority --value '"urgent"'
          lianxin-hub conflicts settle 20261125-000017 title \\
            --seen hub.abcdefghijkl2345:7,water.abcdefghijkl2345:3
        """)

    @Argument(help: "The order's id or number.") var order: String
    @Argument(help: "The register, from `conflicts list`.") var register: String
    @Option(help: ArgumentHelp("Another value than the one that is shown.", valueName: "json"), transform: parseJSON)
    var value: JSON?
    @Option(
      help: ArgumentHelp(
        "The values that you have looked at, from `atStake` of `conflicts list --json`: if others stand now, nothing is written.",
        valueName: "dots"))
    var seen: String?
    @OptionGroup var step: StepOptions

    func command() -> [(String, JSON?)] {
      [
        ("command", "settle"), ("register", .string(register)), ("value", value),
        ("seen", seen.map { .array($0.split { $0 == "," || $0 == " " }.map { .string(String($0)) }) }),
      ]
    }
  }
}

struct QuarantineCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "quarantine", abstract: "Changes that were put aside, with the reason; nothing is dropped.",
    discussion: """
      EXAMPLES:
        lianxin-hub quarantine list
        lianxin-hub quarantine show water.abcdefghijklmnop:17
      """,
    subcommands: [List.self, Show.self])

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what is quarantined.", discussion: "EXAMPLES:\n  lianxin-hub quarantine list")

    @OptionGroup var list: ListOptions
    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/quarantine", list.items) }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      ListPrinting.quarantine(answer, on: page) + SupervisionPrinting.next(answer)
    }
  }

  struct Show: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Show one change that was put aside or is void, with its bytes.",
      discussion: "EXAMPLES:\n  lianxin-hub quarantine show water.abcdefghijklmnop:17")

    @Argument(help: "Its id, from `quarantine list`, or the dot of a void change.") var id: String
    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get(DaemonClient.path("v1", "quarantine", id)) }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      let members = answer.asObject ?? []
      return members.map { member in
        let text: String =
          switch member.value {
          case .int(let time) where member.key == "at": page.time(time)
          case .string(let text): text
          default: String(decoding: member.value.bytes, as: UTF8.self)
          }
        return page.style.paint(Sanitize.line(member.key), .dim) + "  " + Sanitize.line(text)
      }
    }
  }
}
