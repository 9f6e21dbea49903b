// `agent`: the enrolled agents.

import ArgumentParser
import Core
import Shell

struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "The enrolled agents.",
    discussion: """
      EXAMPLES:
        lianxin-hub agent list
        lianxin-hub agent revoke water depot-north --reason 'laptop stolen'
        lianxin-hub agent settle-clone water depot-north
      """,
    subcommands: [List.self, Revoke.self, SettleClone.self])

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the agents and their certificates.",
      discussion: """
        EXAMPLES:
          lianxin-hub agent list
        """)

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/agents") }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      var table = TextTable([
        .init("PLATFORM"), .init("AGENT"), .init("STATE"), .init("LAST CONTACT"), .init("CERTIFICATE UNTIL"),
        .init("VERSION"), .init("NOTES"),
      ])
      for row in answer.list("agents") {
        table.append([
          .init(row.text("platform")), .init(row.text("name")), StatusPrinting.state(row),
          .init(page.age(row["lastContact"]?.asInt)), .init(page.time(row["certificateNotAfter"]?.asInt)),
          .init(row.text("version")), ClonePrinting.mark(row),
        ])
      }
      return table.lines(on: page, ifEmpty: "No agent has enrolled yet.")
    }
  }

  struct Revoke: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "Revoke an agent's certificates, at once and for ever.",
      discussion: """
        EXAMPLES:
          lianxin-hub agent revoke water depot-north --reason 'laptop stolen'
        """)

    @Argument(help: "The platform.")
    var platform: String
    @Argument(help: "The agent's name.")
    var agent: String
    @Option(help: ArgumentHelp("Why, for the ledger.", valueName: "text"))
    var reason: String?
    @OptionGroup var hub: HubOptions

    func call() -> HubCall {
      .post(DaemonClient.path("v1", "agents", platform, agent, "revoke"), [("reason", reason.map(JSON.string))])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] { [Sanitize.line("\(platform)/\(agent) is revoked.")] }
  }

  struct SettleClone: HubRequestCommand {
    static let configuration = CommandConfiguration(
      commandName: "settle-clone", abstract: "End the alarm of an agent whose certificate two machines used.",
      discussion: """
        Do it once one of the two machines is stopped for good. Where the agent was \
        revoked and has enrolled anew, the alarm has ended by itself. It is raised \
        again if the other machine comes back. Refused (status 3) where there is no \
        alarm.

        EXAMPLES:
          lianxin-hub status
          lianxin-hub agent settle-clone water depot-north
        """)

    @Argument(help: "The platform.")
    var platform: String
    @Argument(help: "The agent's name.")
    var agent: String
    @Option(help: ArgumentHelp("Your name, kept with it (default: the user who is logged in).", valueName: "name"))
    var author: String?
    @OptionGroup var hub: HubOptions

    func call() -> HubCall {
      .post(
        DaemonClient.path("v1", "agents", platform, agent, "settle-clone"),
        [("author", ["name": .string(OperatorOptions.name(author)), "role": "operator"])])
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      [Sanitize.line("The clone alarm of \(platform)/\(agent) has ended.")]
    }
  }
}
