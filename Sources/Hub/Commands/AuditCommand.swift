// `audit`: who did what at the hub that is no change of an order.

import ArgumentParser
import Core
import Shell

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit", abstract: "Who did what at the hub that is no change of an order.",
    discussion: "EXAMPLES:\n  lianxin-hub audit list --who li.wei --limit 20",
    subcommands: [List.self])

  struct List: HubRequestCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the audit, newest first.",
      discussion: """
        Sign-ins, accounts, revealed and exported personal values, enrolment, revocation, comparisons. Rows are never \
        altered: `doctor` checks their running hash, and the last one is under `head` with --json.

        EXAMPLES:
          lianxin-hub audit list
          lianxin-hub audit list --action revealed --limit 100
          lianxin-hub audit list --before 1200 --json
        """)

    @Option(help: ArgumentHelp("Only what this account did.", valueName: "name")) var who: String?
    @Option(help: ArgumentHelp("Only this, as in sign-in or revealed.", valueName: "action")) var action: String?
    @Option(help: ArgumentHelp("At most this many, up to \(Limits.maxPage).", valueName: "count")) var limit = 50
    @Option(help: ArgumentHelp("Go on before this row's number: what the list before named.", valueName: "number"))
    var before: Int?
    @OptionGroup var hub: HubOptions

    func validate() throws {
      try checkWord(action, among: AuditAction.allCases.map(\.rawValue), as: "action")
      guard (1...Limits.maxPage).contains(limit) else {
        throw ValidationError("--limit takes a number from 1 to \(Limits.maxPage).")
      }
    }

    func call() -> HubCall {
      let items = [("before", before.map(String.init)), ("who", who), ("action", action), ("limit", "\(limit)")]
      let given = items.compactMap { name, value in
        value.map { DaemonClient.path("", query: [name: $0]).drop { $0 != "?" }.dropFirst() }
      }
      return .get("/v1/audit?" + given.joined(separator: "&"))
    }

    func lines(_ answer: JSON, on page: Page) -> [String] {
      var table = TextTable([
        .init("NUMBER", .right), .init("AT"), .init("WHO"), .init("ROLE"), .init("VIA"), .init("ACTION"),
        .init("OBJECT"), .init("DETAIL", canShrink: true),
      ])
      for row in answer.list("audit") {
        table.append([
          .init(row.text("number")), .init(page.time(row["at"]?.asInt)), .init(row.text("who")),
          .init(row.text("role")),
          .init(row.text("via")), .init(row.text("action")), .init(row.text("object")),
          .init(Self.words(row["detail"])),
        ])
      }
      let more = answer["next"]?.asInt.map { ["", "More: --before \($0)"] } ?? []
      return table.lines(on: page, ifEmpty: "Nothing is in the audit yet.") + more
    }

    private static func words(_ detail: JSON?) -> String {
      (detail?.asObject ?? []).map { member in
        "\(member.key)=\(member.value.asString ?? String(decoding: member.value.bytes, as: UTF8.self))"
      }.joined(separator: " ")
    }
  }
}
