// `lost`: changes that wait for what nobody has any more.

import ArgumentParser
import Core
import Shell

struct LostCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "lost", abstract: "Changes that wait for one that nobody has any more.",
    discussion: """
      After a restore it can happen that agents give back changes whose authors had \
      seen one that every disk has lost. They wait. The hub asks every agent for a \
      comparison; once all that were seen lately have made one, it says by itself \
      that the missing changes are lost, and what waits takes effect. A supervisor \
      may say so earlier, as where an agent will not come back.

      EXAMPLES:
        lianxin-hub lost list
        lianxin-hub lost settle 20261127-000004
      """,
    subcommands: [List.self, Settle.self])

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List what waits, for what, and which agents have not been heard yet.",
      discussion: """
        EXAMPLES:
          lianxin-hub lost list
        """)

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/lost") }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      let rows = answer.list("lost")
      guard !rows.isEmpty else { return ["Nothing waits for a lost change."] }
      return rows.flatMap { row -> [String] in
        let unheard = row.list("unheard").map { "\($0.text("platform"))/\($0.text("agent"))" }
        return [
          "\(LostPrinting.name(row)): \(row.text("changes")) changes wait since \(page.age(row["since"]?.asInt))",
          "  \(LostPrinting.missing(row))",
          unheard.isEmpty
            ? "  Every agent that is alive has been heard: the hub settles it within minutes."
            : "  Not heard yet: \(unheard.joined(separator: ", ")). They are asked at their next contact."
              + " Without them: lianxin-hub lost settle \(LostPrinting.name(row))",
        ].map(Sanitize.line)
      }
    }
  }

  struct Settle: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Say that what an order's changes wait for is lost, so that they take effect.",
      discussion: """
        Nothing is destroyed by it: if a missing change turns up after all, it counts \
        as if it had never been missed. Refused (status 3) where nothing waits.

        EXAMPLES:
          lianxin-hub lost settle 20261127-000004
        """)

    @Argument(help: "The order's number or id.")
    var order: String
    @Option(help: ArgumentHelp("Your name, kept with it (default: the user who is logged in).", valueName: "name"))
    var author: String?
    @OptionGroup var hub: HubOptions

    func call() -> HubCall {
      .post(
        DaemonClient.path("v1", "lost", order, "settle"),
        [("author", ["name": .string(OperatorOptions.name(author)), "role": "operator"])])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      let left = answer["waiting"]?.asInt ?? 0
      return [
        "\(LostPrinting.name(answer)): said to be lost; \(LostPrinting.missing(answer)).",
        left == 0 ? "What waited has taken effect." : "\(left) changes still wait: lianxin-hub lost list",
      ].map(Sanitize.line)
    }
  }
}

/// Words for what is missing.
enum LostPrinting {
  /// Dots that a line names; the whole list is in the JSON.
  private static let most = 5

  static func name(_ row: JSON) -> String { row["number"]?.asString ?? row.text("order") }

  static func missing(_ row: JSON) -> String {
    let missing = dots(row, "missing").map { "missing: \($0)" }
    let unvoided = dots(row, "unvoided").map { "void, and what says so is missing: \($0)" }
    return [missing, unvoided].compactMap(\.self).joined(separator: "; ")
  }

  private static func dots(_ row: JSON, _ name: String) -> String? {
    let dots = row[name]?.asArray?.compactMap(\.asString) ?? []
    guard !dots.isEmpty else { return nil }
    return dots.prefix(most).joined(separator: ", ") + (dots.count > most ? " and \(dots.count - most) more" : "")
  }
}
