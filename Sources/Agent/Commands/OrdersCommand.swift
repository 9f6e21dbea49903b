// `lianxin-agent orders`: the group, and its reading commands. Each step on an order is in a file of its own.

import ArgumentParser
import Core
import Foundation
import Shell

struct OrdersCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "orders", abstract: "List and show work orders, and work on them, online or offline.",
    discussion: """
      An order is named by the hotline's number or by its id.

      EXAMPLES:
        lianxin-agent orders list --open --status dispatched
        lianxin-agent orders show 20261125-000123
        lianxin-agent orders accept 20261125-000123
        lianxin-agent orders progress 20261125-000123 onSite
        lianxin-agent orders complete 20261125-000123 --outcome solved \\
          --work "更换 DN200 阀门"
        lianxin-agent orders request 20261125-000124 return \\
          --reason "not our pipe"
      """,
    subcommands: [
      OrdersListCommand.self, OrdersShowCommand.self, OrdersAcceptCommand.self, OrdersProgressCommand.self,
      OrdersResultCommand.self, OrdersCompleteCommand.self, OrdersReplyCommand.self, OrdersRequestCommand.self,
      OrdersWithdrawCommand.self, OrdersResumeCommand.self, OrdersNoteCommand.self, OrdersCreateCommand.self,
    ])
}

struct OrdersListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List this platform's orders.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders list --open
        lianxin-agent orders list --status dispatched --limit 20
        lianxin-agent orders list --text 爆管 --json
      """)

  @Option(
    help: "Only orders with this status.", completion: .list(Vocabulary.statuses),
    transform: Vocabulary.oneOf(Vocabulary.statuses))
  var status: String?

  @Flag(help: "Only orders that are neither closed nor cancelled.") var open = false

  @Option(help: "Only orders with this text in number, title or description.") var text: String?

  @Option(help: "How many at most, 1 to \(Limits.maxPage).") var limit = 100

  @Option(help: ArgumentHelp("Go on after this order, as the end of a list says.", valueName: "order")) var after:
    String?

  @OptionGroup var daemon: DaemonOptions

  func validate() throws {
    guard (1...Limits.maxPage).contains(limit) else {
      throw ValidationError("--limit is a number from 1 to \(Limits.maxPage).")
    }
  }

  /// An empty item means no filter.
  var path: String {
    DaemonClient.path(
      "v1", "orders",
      query: [
        "status": status ?? "", "open": open ? "true" : "", "text": text ?? "", "limit": String(limit),
        "after": after ?? "",
      ])
  }

  mutating func run() throws {
    let document = try daemon.client().document(path)
    daemon.output.show(document, as: ListPrinting.orders)
  }
}

struct OrdersShowCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show", abstract: "Show one order: assignments, values with their conflicts, entries and history.",
    discussion: """
      EXAMPLES:
        lianxin-agent orders show 20261125-000123
        lianxin-agent orders show 20261125-000123 --json
        lianxin-agent orders show 20261125-000123 --state | sha256sum
      """)

  @Argument(help: "The order's number or id.") var order: String
  @Flag(help: "Print the state's canonical form, which is the same bytes here and at the hub.") var state = false
  @OptionGroup var daemon: DaemonOptions

  mutating func run() throws {
    let client = try daemon.client()
    if state {
      let bytes = try client.get(DaemonClient.path("v1", "orders", order, "state"))
      let text = String(decoding: bytes, as: UTF8.self)
      Terminal.write(Terminal.isTerminal(STDOUT_FILENO) ? Sanitize.block(text) : text)
    } else {
      daemon.output.show(try client.document(DaemonClient.path("v1", "orders", order)), as: OrderPrinting.order)
    }
  }
}
