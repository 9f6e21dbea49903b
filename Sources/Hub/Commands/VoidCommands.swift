// `orders void`, `reinstate` and `voids`: changes that shall not count, and those that count again after all. Nothing is dropped by it.

import ArgumentParser
import Core
import Shell

struct VoidInOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "void",
    abstract: "Say of a change that it shall not count, as where it was entered under the wrong order.",
    discussion: """
      The change stays in the order's history, and so does who said so and why. `orders reinstate` makes it count again.

      EXAMPLES:
        lianxin-hub orders void 20261125-000017 water.yboxxzergpzkqrqo:2 \\
          --reason 'entered under the wrong order'
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "The change, by its dot, from `orders show`.") var dot: String
  @Option(help: ArgumentHelp("Why.", valueName: "text")) var reason: String
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] { [("command", "void"), ("dot", .string(dot)), ("reason", .string(reason))] }
}

struct ReinstateInOrder: OrderStep {
  static let configuration = CommandConfiguration(
    commandName: "reinstate", abstract: "Say of a void change that it counts after all.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders reinstate 20261125-000017 water.yboxxzergpzkqrqo:2
      """)

  @Argument(help: "The order's id or number.") var order: String
  @Argument(help: "The change, by its dot, from `orders voids`.") var dot: String
  @OptionGroup var step: StepOptions

  func command() -> [(String, JSON?)] { [("command", "reinstate"), ("dot", .string(dot))] }
}

struct ListVoids: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "voids", abstract: "List changes that are void, or were and count again, with who said so and why.",
    discussion: """
      EXAMPLES:
        lianxin-hub orders voids
        lianxin-hub orders voids --limit 200 --json
      """)

  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func call() -> HubCall { .get("/v1/voids", list.items) }
  func lines(_ answer: JSON, on page: Page) -> [String] { VoidPrinting.lines(answer, on: page) }
}

/// The list of voids for people.
enum VoidPrinting {
  private static func state(_ row: JSON) -> TextTable.Cell {
    guard row.isTrue("void") else { return .init("counts again") }
    return row.isTrue("writtenAgain") ? .init("written again") : .init("void", .yellow)
  }

  static func lines(_ answer: JSON, on page: Page) -> [String] {
    let rows = answer.list("voids")
    guard !rows.isEmpty else { return ["No change is void."] }
    var table = TextTable([
      .init("CHANGE"), .init("ORDER"), .init("SINCE"), .init("STATE"), .init("BY"), .init("WROTE", canShrink: true),
      .init("REASON", canShrink: true),
    ])
    for row in rows {
      table.append([
        .init(row.text("dot")), .init(row["number"]?.asString ?? row.text("order")),
        .init(page.time(row["at"]?.asInt)), state(row),
        .init(row["by"]?.text("name") ?? ""),
        .init(row.list("wrote").map { $0["register"]?.asString ?? $0.text("entry") }.joined(separator: ", ")),
        .init(row.text("reason")),
      ])
    }
    return table.lines(width: page.width, style: page.style) + SupervisionPrinting.next(answer)
  }
}
