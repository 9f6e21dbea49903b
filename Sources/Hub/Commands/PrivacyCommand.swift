// `privacy`: what is held under a telephone number, a copy of it for the person, its destruction everywhere, and who confirmed that.

import ArgumentParser
import Core
import Foundation
import Shell

struct PrivacyCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "privacy",
    abstract: "What is held of a person, a copy of it, and its destruction at the hub and at every agent.",
    discussion: """
      A person is found by the telephone number; spaces, dashes, +86 and 0086 make no difference. Free text outside the \
      sealed values, such as descriptions, is not searched: docs/privacy.md says what this cannot do.

      EXAMPLES:
        lianxin-hub privacy find --phone 13800001234
        lianxin-hub privacy export --phone 13800001234 --output copy.json
        lianxin-hub privacy purge --phone 13800001234 \\
          --reason 'erasure request 2026-17' --yes
        lianxin-hub privacy status
        lianxin-hub privacy lookups
      """,
    subcommands: [Find.self, Export.self, Purge.self, Status.self, Lookups.self])

  /// All sealed values are read.
  static let patience = Duration.seconds(600)

  struct PhoneOptions: ParsableArguments {
    @Option(
      help: ArgumentHelp(
        "The telephone number; - reads it from standard input, so that it is in no list of processes.",
        valueName: "number"))
    var phone: String
    @Option(
      help: ArgumentHelp("Your name, which is kept (default: the user who is logged in).", valueName: "name"))
    var author: String?

    /// Who asks.
    var by: JSON { ["name": .string(OperatorOptions.name(author)), "role": "operator"] }

    func number() throws -> String {
      guard phone == "-" else { return phone }
      guard let line = readLine() else { throw ValidationError("There is no number on standard input.") }
      return line
    }
  }

  struct Find: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "List the orders that hold values with this number, and which platforms may have had them.",
      discussion: "EXAMPLES:\n  lianxin-hub privacy find --phone '+86 138 0000 1234'")

    @OptionGroup var person: PhoneOptions
    @OptionGroup var hub: HubOptions

    func call() throws -> HubCall { PrivacyCommand.finding(try person.number(), by: person.by) }

    func run() async throws {
      let answer = try PrivacyCommand.ask(hub, by: person.author) { try call() }
      hub.output.show(answer, as: PrivacyPrinting.orders)
    }
  }

  struct Export: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Give a copy, in plain, of what is held under this number, as JSON.",
      discussion: """
        The file is its owner's alone (mode 0600).

        EXAMPLES:
          lianxin-hub privacy export --phone 13800001234 --output copy.json
        """)

    @OptionGroup var person: PhoneOptions
    @Option(help: ArgumentHelp("Write it into this file instead of showing it.", valueName: "file")) var output: String?
    @OptionGroup var hub: HubOptions

    func call() throws -> HubCall {
      .post("/v1/privacy/export", [("phone", .string(try person.number())), ("author", person.by)])
    }

    func run() async throws {
      let answer = try PrivacyCommand.ask(hub, by: person.author) { try call() }
      let text = answer.bytes + [0x0A]
      guard let output else {
        let text = String(decoding: text, as: UTF8.self)
        return Terminal.write(Terminal.isTerminal(STDOUT_FILENO) ? Sanitize.block(text) : text)
      }
      do { try SecretFile.write(text, to: output) } catch {
        throw CommandFailure("the copy was not written: \(error)", remedy: "name another file")
      }
      let orders = answer.list("orders").count
      hub.output.show(["orders": .int(orders), "file": .string(output)]) { _, _ in
        [Sanitize.line("\(orders) orders; the copy is in \(output). Delete it when it was handed over.")]
      }
    }
  }

  struct Purge: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Destroy what is held under this number, here and at every agent, for ever.",
      discussion: """
        Where the number is the caller's, all personal values of the order are destroyed; else only those that have the \
        number. The order and its history stay. Agents that are offline destroy theirs at their next contact; see \
        `privacy status`. Without --yes it shows what would be destroyed, and changes nothing.

        EXAMPLES:
          lianxin-hub privacy purge --phone 13800001234 \\
            --reason 'erasure request 2026-17'
          lianxin-hub privacy purge --phone 13800001234 \\
            --reason 'erasure request 2026-17' --yes
        """)

    @OptionGroup var person: PhoneOptions
    @Option(
      help: ArgumentHelp(
        "Why. It stays in the orders' histories, at every platform: name nobody in it.", valueName: "text"))
    var reason: String
    @Flag(help: "Do it.") var yes = false
    @OptionGroup var hub: HubOptions

    func call() throws -> HubCall {
      let phone = try person.number()
      guard yes else { return PrivacyCommand.finding(phone, by: person.by) }
      return .post(
        "/v1/privacy/purge",
        [
          ("phone", .string(phone)), ("reason", .string(reason)), ("author", person.by),
        ])
    }

    func run() async throws {
      let answer = try PrivacyCommand.ask(hub, by: person.author) { try call() }
      guard yes else {
        hub.output.show(answer, as: PrivacyPrinting.orders)
        if answer.list("orders").isEmpty { return }
        throw CommandFailure(
          "nothing was destroyed", remedy: "repeat the command with --yes to destroy these values", status: .usage)
      }
      hub.output.show(answer, as: PrivacyPrinting.purged)
    }
  }

  struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "The purges, which platforms' agents have confirmed each, and what retention purged.",
      discussion: """
        EXAMPLES:
          lianxin-hub privacy status
          lianxin-hub privacy status --open --json
        """)

    @Flag(help: "Only those that some agent has not confirmed yet.") var open = false
    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/privacy/status") }

    func run() async throws {
      let answer = try hub.client(author: nil).answer(call())
      let rows = answer.list("purges").filter { !open || $0["state"] != "confirmed" }
      hub.output.show(
        .compact([("purges", .array(rows)), ("retention", answer["retention"])]), as: PrivacyPrinting.purges)
    }
  }

  struct Lookups: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Who sought or copied personal values, when, and in how many orders. Whose is kept nowhere.",
      discussion: "EXAMPLES:\n  lianxin-hub privacy lookups")

    @OptionGroup var hub: HubOptions

    func call() -> HubCall { .get("/v1/privacy/lookups") }

    func run() async throws {
      hub.output.show(try hub.client(author: nil).answer(call()), as: PrivacyPrinting.lookups)
    }
  }

  static func finding(_ phone: String, by author: JSON) -> HubCall {
    .post("/v1/privacy/find", [("phone", .string(phone)), ("author", author)])
  }

  fileprivate static func ask(_ hub: HubOptions, by author: String?, _ call: () throws -> HubCall) throws -> JSON {
    // Before the number is read, so that nobody types one for a refusal.
    let client = try hub.client(author: author)
    let call = try call()
    return try client.post(call.path, call.body ?? .object([]), timeout: patience)
  }
}

/// What `privacy` says to people.
enum PrivacyPrinting {
  static func orders(_ answer: JSON, on page: Page) -> [String] {
    table(answer).lines(on: page, ifEmpty: "Nothing is held under this number.")
  }

  static func purged(_ answer: JSON, on page: Page) -> [String] {
    let rows = answer.list("orders")
    guard !rows.isEmpty else { return ["Nothing is held under this number."] }
    let silent = rows.filter { $0.list("dots").isEmpty }.count
    return table(answer).lines(width: page.width, style: page.style) + [
      "",
      "Destroyed here: \(answer.text("values")) values of \(rows.count) orders. The agents follow: see"
        + " `lianxin-hub privacy status`. Older backups still have them: let those expire.",
    ] + (silent > 0 ? ["\(silent) orders have no room for the notice to the agents: see docs/privacy.md."] : [])
  }

  private static func table(_ answer: JSON) -> TextTable {
    var table = TextTable([
      .init("ORDER"), .init("TITLE"), .init("STATUS"), .init("VALUES", .right), .init("IN"), .init("MAY HAVE HAD THEM"),
    ])
    for row in answer.list("orders") {
      let values = row.list("values")
      let places = Set(values.flatMap { $0.list("places").compactMap(\.asString) })
      let platforms = row.list("platforms").compactMap(\.asString)
      table.append([
        .init(row["number"]?.asString ?? row.text("order")), .init(row.text("title")), .init(row.text("status")),
        .init("\(values.count)"), .init(places.sorted().joined(separator: ", ")),
        .init(platforms.isEmpty ? "nobody" : platforms.joined(separator: ", ")),
      ])
    }
    return table
  }

  static func purges(_ answer: JSON, on page: Page) -> [String] {
    var table = TextTable([
      .init("ORDER"), .init("PURGED"), .init("VALUES", .right), .init("STATE"), .init("WAITING FOR"),
    ])
    for row in answer.list("purges") {
      let state = row.text("state")
      table.append([
        .init(row["number"]?.asString ?? row.text("order")), .init(page.time(row["at"]?.asInt)),
        .init(row.text("values")), .init(state, state == "confirmed" ? .green : .yellow),
        .init(waiting(row).joined(separator: ", ")),
      ])
    }
    return table.lines(on: page, ifEmpty: "Nothing was purged for anyone who asked.")
      + (answer["retention"].map { [""] + retention($0, on: page) } ?? [])
  }

  /// How long values are kept, and what that destroyed so far.
  private static func retention(_ answer: JSON, on page: Page) -> [String] {
    func days(_ key: String) -> String? { answer[key]?.asInt.map { "\(max(1, $0 / 86_400_000)) days" } }
    let kept = days("platform").map { "platforms blank their copies after \($0)" } ?? "platforms keep their copies"
    guard let purge = days("purge") else { return ["Of orders that are over, \(kept); nothing is purged by itself."] }
    var lines = ["Of orders that are over, \(kept), and everyone's are purged after \(purge)."]
    lines.append(
      "Purged so: \(answer.text("values")) values of \(answer.text("orders")) orders; last looked: "
        + (answer["last"] == nil ? "not yet" : page.time(answer["last"]?.asInt)) + ".")
    let waiting = waiting(answer)
    if !waiting.isEmpty { lines.append("Waiting for: \(waiting.joined(separator: ", ")).") }
    if let unwritten = answer["unwritten"], unwritten != 0 {
      lines.append("Of \(answer.text("unwritten")) values the agents cannot be told: see docs/privacy.md.")
    }
    return lines
  }

  static func lookups(_ answer: JSON, on page: Page) -> [String] {
    var table = TextTable([.init("AT"), .init("WHO"), .init("DID"), .init("ORDERS", .right)])
    for row in answer.list("lookups") {
      table.append([
        .init(page.time(row["at"]?.asInt)), .init(row.text("author")), .init(row.text("action")),
        .init(row.text("orders")),
      ])
    }
    return table.lines(on: page, ifEmpty: "Nobody has looked.")
  }

  private static func waiting(_ purge: JSON) -> [String] {
    purge.list("platforms").flatMap { platform in
      platform.list("agents").filter { $0["state"] != "confirmed" }.map { agent in
        "\(platform.text("platform"))/\(agent.text("agent"))" + (agent["state"] == "revoked" ? " (revoked)" : "")
      }
    }
  }
}
