// `user token`: the API tokens by which programs act in an account's name.

import ArgumentParser
import Core
import Shell

struct UserTokenCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token", abstract: "API tokens, by which programs act in an account's name.",
    discussion: """
      EXAMPLES:
        lianxin-hub user token create erp --label 'asset management' --out erp.token
        lianxin-hub user token list erp
        lianxin-hub user token revoke erp 7f3a90c1d2e4
      """,
    subcommands: [Create.self, List.self, Revoke.self])

  struct Create: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an API token. It is shown once.",
      discussion: """
        It is sent as `Authorization: Bearer TOKEN`, and may do what its own role and the account's both allow.

        EXAMPLES:
          lianxin-hub user token create erp --label 'asset management' \\
            --role viewer --life 90d --out erp.token
        """)

    @Argument(help: "The account's name.") var name: String
    @Option(help: ArgumentHelp("What will use it.", valueName: "text")) var label: String
    @Option(help: ArgumentHelp("At most this role (default: the account's).", valueName: "role")) var role: String?
    @Option(
      help: ArgumentHelp("For how long it counts, 1d to 730d (default: 365d).", valueName: "time"),
      transform: DurationArgument.init(parsing:))
    var life: DurationArgument?
    @Option(help: ArgumentHelp("Write the token into this file (mode 0600) instead of showing it.", valueName: "file"))
    var out: String?
    @OptionGroup var by: UserCommand.By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func validate() throws { try checkWord(role, among: Role.allCases.map(\.rawValue), as: "role") }

    func call() -> HubCall {
      .post(
        DaemonClient.path("v1", "users", name, "tokens"),
        [
          ("label", .string(label)), ("role", role.map(JSON.string)), ("life", (life?.seconds).map(JSON.int)),
          by.member,
        ])
    }

    func run() async throws {
      let answer = try hub.client(author: author).answer(call())
      try ShownOnce.tell(
        answer, into: out, orElse: "lianxin-hub user token revoke \(name) \(answer.text("id"))", hub.output,
        shown: lines
      ) { answer, page in
        "Token \(answer.text("id")) of \(answer.text("account")) is in \(out ?? ""), good until"
          + " \(page.time(answer["expires"]?.asInt))."
      }
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [
        Sanitize.line(answer.text("token")),
        page.style.paint(
          Sanitize.line(
            "Shown once; acts as \(answer.text("account")) with the role \(answer.text("role")) until"
              + " \(page.time(answer["expires"]?.asInt)) (id \(answer.text("id")))."), .dim),
      ]
    }
  }

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List an account's API tokens; the tokens themselves are not kept.",
      discussion: "EXAMPLES:\n  lianxin-hub user token list erp")

    @Argument(help: "The account's name.") var name: String
    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get(DaemonClient.path("v1", "users", name, "tokens")) }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      var table = TextTable([
        .init("ID"), .init("LABEL", canShrink: true), .init("ROLE"), .init("EXPIRES"), .init("LAST USED"),
        .init("STATE"),
      ])
      for row in answer.list("tokens") {
        table.append([
          .init(row.text("id")), .init(row.text("label")), .init(row.text("role")),
          .init(page.time(row["expires"]?.asInt)), .init(page.age(row["used"]?.asInt)), Self.state(row, now: page.now),
        ])
      }
      return table.lines(on: page, ifEmpty: "There is no token.")
    }

    private static func state(_ row: JSON, now: Int) -> TextTable.Cell {
      if row["revoked"] != nil { return .init("revoked", .red) }
      return row["expires"]?.asInt.map { $0 < now } == true ? .init("expired", .yellow) : .init("good", .green)
    }
  }

  struct Revoke: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an API token useless, from the next request on.",
      discussion: "EXAMPLES:\n  lianxin-hub user token revoke erp 7f3a90c1d2e4")

    @Argument(help: "The account's name.") var name: String
    @Argument(help: "The token's id, from `user token list`.") var id: String
    @OptionGroup var by: UserCommand.By
    @OptionGroup var hub: HubOptions

    var author: String? { by.author }

    func call() -> HubCall { .post(DaemonClient.path("v1", "users", name, "tokens", id, "revoke"), [by.member]) }
    func lines(_ answer: JSON, on page: Page) -> [String] { [Sanitize.line("Token \(id) of \(name) is revoked.")] }
  }
}
