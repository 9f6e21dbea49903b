// `token`: the one-time secrets with which agents enrol.

import ArgumentParser
import Core
import Shell

struct TokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "One-time tokens with which agents enrol.",
    discussion: """
      EXAMPLES:
        lianxin-hub token create water --out water.token
        lianxin-hub token list
        lianxin-hub token revoke 7f3a
      """,
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a token for one agent of a platform. It is shown once.",
      discussion: """
        EXAMPLES:
          lianxin-hub token create water --life 2h --out water.token
          lianxin-hub token create water --agent depot-north
        """)

    @Argument(help: "The platform.")
    var platform: String
    @Option(help: ArgumentHelp("Bind the token to this agent's name.", valueName: "name"))
    var agent: String?
    @Option(
      help: ArgumentHelp("For how long it can be used, as 30m or 7d (default: 24h).", valueName: "time"),
      transform: DurationArgument.init(parsing:))
    var life: DurationArgument?
    @Option(help: ArgumentHelp("Write the token into this file (mode 0600) instead of showing it.", valueName: "file"))
    var out: String?
    @OptionGroup var hub: HubOptions

    func call() -> HubCall {
      .post(
        "/v1/tokens",
        [("platform", .string(platform)), ("agent", agent.map(JSON.string)), ("life", .int(life?.seconds ?? 86_400))])
    }

    func run() async throws {
      let answer = try hub.client(author: author).answer(call())
      try ShownOnce.tell(
        answer, into: out, orElse: "lianxin-hub token revoke \(answer.text("id"))", hub.output, shown: lines
      ) { answer, page in
        "Token \(answer.text("id")) for \(platform) is in \(out ?? ""), good until \(page.time(answer["expires"]?.asInt))."
      }
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [
        Sanitize.line(answer.text("token")),
        page.style.paint(
          Sanitize.line(
            "Shown once; good for one agent of \(platform) until \(page.time(answer["expires"]?.asInt))"
              + " (id \(answer.text("id")))."), .dim),
      ]
    }
  }

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the tokens; their secrets are not kept.",
      discussion: """
        EXAMPLES:
          lianxin-hub token list
        """)

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/tokens") }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      var table = TextTable([.init("ID"), .init("PLATFORM"), .init("AGENT"), .init("EXPIRES"), .init("STATE")])
      for row in answer.list("tokens") {
        table.append([
          .init(row.text("id")), .init(row.text("platform")),
          .init(row.text("agent")), .init(page.time(row["expires"]?.asInt)),
          Self.state(row, now: page.now),
        ])
      }
      return table.lines(on: page, ifEmpty: "There is no token.")
    }

    private static func state(_ row: JSON, now: Int) -> TextTable.Cell {
      if row["revoked"]?.asInt != nil { return .init("revoked", .red) }
      if row["used"]?.asInt != nil { return .init("used", .dim) }
      return row["expires"]?.asInt.map { $0 < now } == true ? .init("expired", .yellow) : .init("open", .green)
    }
  }

  struct Revoke: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make a token useless.",
      discussion: """
        EXAMPLES:
          lianxin-hub token revoke 7f3a
        """)

    @Argument(help: "The token's id, from `token list`.")
    var id: String
    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .post(DaemonClient.path("v1", "tokens", id, "revoke"), []) }
    func lines(_ answer: JSON, on page: Page) -> [String] { [Sanitize.line("Token \(id) is revoked.")] }
  }
}
