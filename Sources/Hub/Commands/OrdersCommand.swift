// `orders`: the tree of its commands, and those that look: list and show.

import ArgumentParser
import Core
import Foundation
import Shell

struct OrdersCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orders",
    abstract: "Take, dispatch, follow, call back and close work orders.",
    discussion: """
      An order is named by its id or by the hotline's number. A command that is given a --request id may be \
      repeated safely: the repeat records nothing and gives the first answer.

      EXAMPLES:
        lianxin-hub orders list --open --platform water
        lianxin-hub orders show 20261125-000017
        lianxin-hub orders dispatch 20261125-000017 water --instruction 'close it'
        lianxin-hub orders record accept 20261125-000017 --on-behalf-of water
        lianxin-hub orders call-back 20261125-000017 --solved yes --result 5
        lianxin-hub orders close 20261125-000017 solved
      """,
    subcommands: [
      ListOrders.self, ShowOrder.self, CreateOrder.self, DispatchOrder.self, RecallOrder.self, EditOrder.self,
      NoteOnOrder.self, UrgeOrder.self, SuperviseOrder.self, CallBackOrder.self, CloseOrder.self, ReworkOrder.self,
      CancelOrder.self, RelateOrder.self, VoidInOrder.self, ReinstateInOrder.self, ListVoids.self,
      RecordCommand.self,
    ])
}

struct ListOrders: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List orders, the newest first.",
    discussion: """
      Without --open, --over or --status orders of every standing are listed. A list that goes on says how: --after takes \
      what it names.

      EXAMPLES:
        lianxin-hub orders list --open
        lianxin-hub orders list --overdue --platform water
        lianxin-hub orders list --status repaired --from 2026-11-01T00:00 --limit 20
        lianxin-hub orders list --text 爆管 --json
      """)

  enum Standing: String, EnumerableFlag {
    case open, over

    static func help(for value: Standing) -> ArgumentHelp? {
      switch value {
      case .open: "Only those that are neither closed nor cancelled."
      case .over: "Only those that are closed or cancelled."
      }
    }
  }

  @Option(help: ArgumentHelp("Only those that this platform is concerned with.", valueName: "name"))
  var platform: String?
  @Option(help: ArgumentHelp("Only those of this status, as in dispatched or repaired.", valueName: "status"))
  var status: String?
  @Flag var standing: Standing?
  @Option(help: ArgumentHelp("Only those of this trade, as in water.", valueName: "sector"))
  var sector: String?
  @Option(help: ArgumentHelp("One of \(RegisterTable.kinds.joined(separator: ", ")).", valueName: "kind"))
  var kind: String?
  @Option(help: ArgumentHelp("One of \(RegisterTable.priorities.joined(separator: ", ")).", valueName: "priority"))
  var priority: String?
  @Flag(help: "Only open ones past their deadline, the longest overdue first.")
  var overdue = false
  @Flag(help: "Only those on which writes disagree.")
  var disagreement = false
  @Option(
    help: ArgumentHelp(
      "Only those that the hub first stored at or after this time, as 2026-11-01T00:00.", valueName: "time"),
    transform: TimeArgument.init(parsing:))
  var from: TimeArgument?
  @Option(
    help: ArgumentHelp("Only those that it first stored before it.", valueName: "time"),
    transform: TimeArgument.init(parsing:))
  var until: TimeArgument?
  @Option(
    help: ArgumentHelp(
      "Only those whose number, references, title, address or description has these words.", valueName: "text"))
  var text: String?
  @Option(help: ArgumentHelp("At most this many, up to \(Limits.maxPage).", valueName: "count"))
  var limit = 50
  @Option(help: ArgumentHelp("Go on where the list before ended: what it named.", valueName: "place"))
  var after: String?
  @OptionGroup var hub: HubOptions

  func validate() throws {
    try checkWord(kind, among: RegisterTable.kinds, as: "kind")
    try checkWord(priority, among: RegisterTable.priorities, as: "priority")
    try checkWord(status, among: OrderStatus.allCases.map(\.rawValue), as: "status")
    guard (1...Limits.maxPage).contains(limit) else {
      throw ValidationError("--limit takes a number from 1 to \(Limits.maxPage).")
    }
  }

  func call() -> HubCall {
    // Only what was asked for; DaemonClient escapes each item.
    let now = Page.wallClock()
    let items = [
      ("platform", platform), ("status", status), ("open", standing.map { $0 == .open ? "true" : "false" }),
      ("sector", sector), ("kind", kind), ("priority", priority), ("overdue", overdue ? "true" : nil),
      ("disagreement", disagreement ? "true" : nil), ("from", from.map { "\($0.milliseconds(now: now))" }),
      ("until", until.map { "\($0.milliseconds(now: now))" }), ("text", text), ("limit", "\(limit)"), ("after", after),
    ]
    let given = items.compactMap { name, value in
      value.map { DaemonClient.path("", query: [name: $0]).drop { $0 != "?" }.dropFirst() }
    }
    return .get("/v1/orders?" + given.joined(separator: "&"))
  }

  func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.orders(answer, on: page) }
}

struct ShowOrder: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one order, whole.",
    discussion: """
      Personal values are masked; --reveal shows them, and that you did is kept. --print gives a plain sheet to read out \
      by phone to a platform that is offline: it has them, too. \
      --state prints the state's canonical form, which is the same bytes at every agent that has the order.

      EXAMPLES:
        lianxin-hub orders show 20261125-000017
        lianxin-hub orders show 20261125-000017 --reveal
        lianxin-hub orders show 20261125-000017 --print
        lianxin-hub orders show 20261125-000017 --state | sha256sum
      """)

  @Argument(help: "The order's id or number.")
  var order: String
  @Flag(help: "Show personal values in plain.")
  var reveal = false
  @Flag(help: "A plain sheet to read out.")
  var print = false
  @Flag(help: "The state's canonical form.")
  var state = false
  @Option(help: ArgumentHelp("Your name, for the audit (default: the user who is logged in).", valueName: "name"))
  var author: String?
  @OptionGroup var hub: HubOptions

  func run() async throws {
    guard state else { return hub.output.show(try hub.client(author: author).answer(call()), as: lines) }
    let text = String(
      decoding: try hub.client(author: author).get(DaemonClient.path("v1", "orders", order, "state")), as: UTF8.self)
    Terminal.write(Terminal.isTerminal(STDOUT_FILENO) ? Sanitize.block(text) : text)
  }

  func call() -> HubCall {
    guard reveal || print else { return .get(DaemonClient.path("v1", "orders", order)) }
    return .post(
      DaemonClient.path("v1", "orders", order, "reveal"),
      [("author", ["name": .string(OperatorOptions.name(author)), "role": "operator"])])
  }

  func lines(_ answer: JSON, on page: Page) -> [String] {
    print ? OrderSheet.lines(answer, on: page) : OrderPrinting.order(answer, on: page)
  }
}
