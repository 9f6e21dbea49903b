// `platform`: the organisations that handle orders.

import ArgumentParser
import Core
import Shell

struct PlatformCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "platform", abstract: "The sector platforms that handle orders.",
    discussion: """
      EXAMPLES:
        lianxin-hub platform add water --sectors water,drainage
        lianxin-hub platform list
      """,
    subcommands: [Add.self, List.self])

  struct Add: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Add a platform. Its name never changes.",
      discussion: """
        EXAMPLES:
          lianxin-hub platform add water --display-name '市自来水集团' \\
            --sectors water,drainage
        """)

    @Argument(help: "1 to 32 of a-z, 0-9 and -, beginning with a letter.")
    var name: String
    @Option(help: ArgumentHelp("The name for people.", valueName: "text"))
    var displayName: String?
    @Option(help: ArgumentHelp("Its trades, separated by commas.", valueName: "list"))
    var sectors: String?
    @OptionGroup var hub: HubOptions

    func call() -> HubCall {
      .post(
        "/v1/platforms",
        [
          ("name", .string(name)), ("displayName", displayName.map(JSON.string)),
          ("sectors", .array((sectors ?? "").commaSeparated.map(JSON.string))),
        ])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [Sanitize.line("Platform \(name) is there. Its agents enrol with a token each: lianxin-hub token create \(name)")]
    }
  }

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the platforms, and how each stands.",
      discussion: """
        EXAMPLES:
          lianxin-hub platform list --json
        """)

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/platforms") }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      var table = TextTable([
        .init("PLATFORM"), .init("NAME", canShrink: true), .init("SECTORS", canShrink: true), .init("STATE"),
      ])
      for row in answer.list("platforms") {
        let sectors = row.list("sectors").compactMap(\.asString).joined(separator: ", ")
        table.append([
          .init(row.text("name")), .init(row.text("displayName")), .init(sectors), StatusPrinting.state(row),
        ])
      }
      return table.lines(on: page, ifEmpty: "There is no platform yet: lianxin-hub platform add NAME")
    }
  }
}
