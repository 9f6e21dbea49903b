// `resync`: asks agents to compare what they hold with the hub, and shows how far they are and what they found.

import ArgumentParser
import Core
import Foundation
import Shell

struct ResyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resync",
    abstract: "Have agents compare all that they hold with the hub, and put right what differs.",
    discussion: """
      An agent that is online begins at once, another one at its next contact: it stays pending, and this command need \
      not wait for it. Only what differs travels, so it costs little where nothing does. Work goes on meanwhile.

      With --full both sides first make every state and digest anew from their logs, which reads the whole database: \
      the comparison is "rebuilding" while the hub does that, and the time of --wait counts from then on. \
      With --dry-run nothing is put right on either side.

      Exit status 1 where something was refused or stays unresolved, or where the hub's own log has a hole.

      EXAMPLES:
        lianxin-hub resync water
        lianxin-hub resync --all --wait 2m
        lianxin-hub resync water --full --dry-run
        lianxin-hub resync --list
      """)

  @Argument(help: "The platform.") var platform: String?
  @Flag(help: "Every platform's agents.") var all = false
  @Option(help: ArgumentHelp("Only this agent of the platform.", valueName: "name")) var agent: String?
  @Flag(help: "First make every state and digest anew, on both sides.") var full = false
  @Flag(help: "Only say what differs.") var dryRun = false
  @Option(
    help: ArgumentHelp("Wait for the ends, at most so long (default: 30s).", valueName: "time"),
    transform: DurationArgument.init(parsing:))
  var wait: DurationArgument?
  @Flag(help: "Ask, and do not wait.") var noWait = false
  @Flag(help: "Ask for nothing: list those that are open and the last that ended.") var list = false
  @OptionGroup var hub: HubOptions

  func validate() throws {
    if list {
      guard !full, !dryRun, !noWait, wait == nil, agent == nil, !all || platform == nil else {
        throw ValidationError("--list asks for nothing: it goes with a platform or --all only.")
      }
      return
    }
    guard (platform != nil) != all else { throw ValidationError("Name a platform, or give --all.") }
    guard agent == nil || platform != nil else { throw ValidationError("--agent goes with its platform.") }
    guard wait == nil || !noWait else { throw ValidationError("--wait and --no-wait exclude each other.") }
  }

  /// What is asked.
  func call() -> HubCall {
    if list { return .get(listPath) }
    return .post(
      "/v1/resync",
      [
        ("platform", platform.map(JSON.string) ?? .null), ("agent", agent.map(JSON.string)),
        ("full", full ? true : nil), ("dryRun", dryRun ? true : nil),
      ])
  }

  private var listPath: String {
    platform.map { DaemonClient.path("v1", "resync", query: ["platform": $0]) } ?? "/v1/resync"
  }

  /// How long between two looks.
  private static let lookMilliseconds = 200
  /// For how long the hub's own work before a full one is waited for.
  private static let patience = Duration.seconds(3_600)

  func run() async throws {
    let client = try hub.client(author: nil)
    let call = call()
    guard let body = call.body else { return hub.output.show(try client.answer(call), as: ResyncPrinting.lines) }
    let clock = ContinuousClock()
    let begun = clock.now
    if full { Terminal.write("resync: the hub makes its states and digests anew…\n", to: STDERR_FILENO) }
    let answer = try client.post(call.path, body)
    let ids = Set(answer.list("resyncs").map { $0.text("id") })
    var rows = answer.list("resyncs")
    let waiting = Duration.milliseconds(noWait ? 0 : wait?.milliseconds ?? 30_000)
    let patienceEnd = clock.now + ResyncCommand.patience
    var end = clock.now + waiting
    let bar = noWait ? nil : ProgressBar("resync", total: rows.count)
    while !ResyncPrinting.areDone(rows), clock.now < end {
      bar?.update(rows.count { $0["state"] == "done" }, note: ResyncPrinting.note(rows))
      try await Task.sleep(for: .milliseconds(ResyncCommand.lookMilliseconds))
      rows = try client.document(listPath).list("resyncs").filter { ids.contains($0.text("id")) }
      // The hub's own work before does not count.
      if rows.contains(where: { $0["state"] == "rebuilding" }) { end = min(clock.now + waiting, patienceEnd) }
    }
    bar?.update(rows.count { $0["state"] == "done" })
    bar?.finish(note: ResyncPrinting.note(rows))
    let document = JSON.compact([
      ("resyncs", .array(rows)), ("rebuilt", rows.lazy.compactMap { $0["rebuilt"] }.first),
      ("milliseconds", .int((clock.now - begun).milliseconds)),
    ])
    hub.output.show(document, as: ResyncPrinting.lines)
    if let failure = ResyncPrinting.failure(document) { throw failure }
  }
}

extension Duration {
  fileprivate var milliseconds: Int {
    Int(components.seconds) * 1_000 + Int(components.attoseconds / 1_000_000_000_000_000)
  }
}

/// Comparisons for people.
enum ResyncPrinting {
  static func areDone(_ rows: [JSON]) -> Bool { rows.allSatisfy { $0["state"] == "done" } }

  /// `1 rebuilding (4000 orders), 1 running (40 orders compared, 3 sent), 2 pending (1 offline)`.
  static func note(_ rows: [JSON]) -> String {
    let pending = rows.filter { $0["state"] == "pending" }
    let offline = pending.count { !$0.isTrue("online") }
    let running = rows.filter { $0["state"] == "running" }
    let counts = ["orders", "sent", "received"].map { key in
      (key, running.reduce(0) { $0 + ($1["progress"]?[key]?.asInt ?? 0) })
    }.filter { $0.1 > 0 }.map { key, count in "\(count) \(key == "orders" ? "orders compared" : key)" }
    let rebuilding = rows.filter { $0["state"] == "rebuilding" }
    let made = rebuilding.compactMap { $0["progress"]?["orders"]?.asInt }.max()
    let parts = [
      ("rebuilding", rebuilding.count, made.map { " (\($0) orders)" } ?? ""),
      ("running", running.count, counts.isEmpty ? "" : " (\(counts.joined(separator: ", ")))"),
      ("pending", pending.count, offline > 0 ? " (\(offline) offline)" : ""),
    ]
    return parts.filter { $0.1 > 0 }.map { "\($0.1) \($0.0)\($0.2)" }.joined(separator: ", ")
  }

  static func lines(_ answer: JSON, on page: Page) -> [String] {
    let rows = answer.list("resyncs")
    var table = TextTable([
      .init("PLATFORM"), .init("AGENT"), .init("STATE"), .init("ENDED"), .init("CHECKED", .right),
      .init("DIFFERING", .right), .init("SENT", .right), .init("RECEIVED", .right), .init("REPAIRED", .right),
      .init("UNRESOLVED", .right), .init("BYTES", .right), .init("SECONDS", .right), .init("NOTES"),
    ])
    for row in rows {
      let report = row["report"]
      let bad = (report?["unresolved"]?.asInt ?? 0) + (report?["refused"]?.asInt ?? 0)
      func count(_ key: String) -> TextTable.Cell { .init(report?.text(key) ?? "") }
      table.append([
        .init(row.text("platform")), .init(row.text("agent")), state(row), .init(page.age(row["finished"]?.asInt)),
        count("checked"), count("differing"), count("sent"), count("received"), count("repaired"),
        .init(report == nil ? "" : String(bad), bad > 0 ? .red : nil), count("bytes"), seconds(report),
        .init(notes(row)),
      ])
    }
    return rebuilt(answer["rebuilt"], isDryRun: rows.contains { $0.isTrue("dryRun") })
      + table.lines(on: page, ifEmpty: "Nothing was compared yet: lianxin-hub resync --all")
      + (answer["milliseconds"] == nil ? [] : rows.flatMap(details)) + summary(rows, answer)
  }

  /// What an agent says that it put right, and what the hub did not take of it and why.
  private static func details(_ row: JSON) -> [String] {
    guard let report = row["report"] else { return [] }
    let agent = "\(row.text("platform"))/\(row.text("agent"))"
    let repairs = ReportPrinting.repairs(
      report.list("repairs"), of: report["repaired"]?.asInt ?? 0,
      heading: report.isTrue("dryRun") ? "Not as the log of \(agent) says:" : "Put right at \(agent):")
    let refusals = ReportPrinting.refusals(report, heading: "Refused of \(agent):")
    return [repairs, refusals].filter { !$0.isEmpty }.flatMap { [""] + $0 }
  }

  /// Where something stays apart, or the hub's own log has a hole.
  static func failure(_ answer: JSON) -> CommandFailure? {
    func sum(_ key: String) -> Int { answer.list("resyncs").reduce(0) { $0 + ($1["report"]?[key]?.asInt ?? 0) } }
    let (unfoldable, missing) = holes(answer["rebuilt"])
    let (refused, unresolved) = (sum("refused"), sum("unresolved"))
    let parts = [
      unfoldable > 0 ? "the logs of \(unfoldable) orders cannot be folded" : nil,
      missing > 0 ? "\(missing) lines were missing in the hub's log" : nil,
      refused > 0 ? "\(refused) changes of agents were refused" : nil,
      unresolved > 0 ? "\(unresolved) changes stay unresolved: the side that names them does not give them" : nil,
    ].compactMap(\.self)
    guard !parts.isEmpty else { return nil }
    return CommandFailure(
      parts.joined(separator: "; "),
      remedy: unfoldable + missing > 0
        ? "agents give what they have of it as they compare: run it again with --full, for every platform (--all);"
          + " what is named then nobody gave, and a backup may have it"
        : "run `doctor` on both sides; what neither side has may be in another agent's log (`lianxin-hub resync --all`)"
          + " or in a backup")
  }

  /// What a rebuild cannot put right of the hub's own log.
  private static func holes(_ rebuilt: JSON?) -> (unfoldable: Int, missing: Int) {
    (rebuilt?["unfoldable"]?.asInt ?? 0, rebuilt?["missing"]?.asInt ?? 0)
  }

  private static func state(_ row: JSON) -> TextTable.Cell {
    switch row.text("state") {
    case "done": .init("done", .green)
    case "pending" where !row.isTrue("online"): .init("pending, offline", .yellow)
    // It goes on at its agent's next contact.
    case "running" where !row.isTrue("online"): .init("stopped, offline", .yellow)
    case let other: .init(other, .yellow)
    }
  }

  private static func seconds(_ report: JSON?) -> TextTable.Cell {
    guard let milliseconds = report?["milliseconds"]?.asInt else { return "" }
    return .init("\(milliseconds / 1_000).\(milliseconds % 1_000 / 100)")
  }

  private static func notes(_ row: JSON) -> String {
    [
      row.isTrue("full") ? "full" : nil, row.isTrue("dryRun") ? "dry run" : nil,
      row["reason"] == "agent" ? "by the agent itself" : nil,
    ].compactMap(\.self).joined(separator: ", ")
  }

  private static func rebuilt(_ rebuilt: JSON?, isDryRun: Bool) -> [String] {
    guard let rebuilt else { return [] }
    func counted(_ words: [(key: String, word: String)]) -> [String] {
      words.compactMap { key, word in (rebuilt[key]?.asInt).flatMap { $0 > 0 ? "\($0) \(word)" : nil } }
    }
    let wrong = counted([
      ("states", "states"), ("digests", "digests"), ("lines", "lines"), ("search", "index of words"),
    ])
    let (unfoldable, missing) = holes(rebuilt)
    let left = counted([("unfoldable", "logs cannot be folded"), ("missing", "lines are missing")])
    let said = [wrong.isEmpty ? nil : wrong.joined(separator: ", ") + " were wrong"] + left
    return [
      "The hub's own \(rebuilt.text("orders")) orders: "
        + (wrong.isEmpty && left.isEmpty
          ? "all as its log says" : said.compactMap(\.self).joined(separator: "; "))
    ]
      + ReportPrinting.repairs(
        rebuilt.list("repairs"), of: rebuilt["wrong"]?.asInt ?? 0,
        heading: isDryRun ? "Not as the log says:" : "Put right:")
      + ReportPrinting.repairs(rebuilt.list("remaining"), of: unfoldable + missing, heading: "Left as it is:") + [""]
  }

  /// Of those that were asked for now; a list is only a list.
  private static func summary(_ rows: [JSON], _ answer: JSON) -> [String] {
    guard answer["milliseconds"] != nil else { return [] }
    let pending = rows.count { $0["state"] == "pending" || $0["state"] == "rebuilding" }
    let running = rows.count { $0["state"] == "running" }
    if pending + running > 0 {
      return [""]
        + (pending > 0 ? ["\(pending) pending: each runs at its agent's next contact."] : [])
        + (running > 0 ? ["\(running) still running."] : []) + ["Look again with: lianxin-hub resync --list"]
    }
    let found = rows.contains { row in
      ["differing", "repaired", "unresolved", "refused"].contains { row["report"]?[$0]?.asInt ?? 0 > 0 }
    }
    let (unfoldable, missing) = holes(answer["rebuilt"])
    return found || unfoldable + missing > 0 || answer["rebuilt"]?["wrong"]?.asInt ?? 0 > 0
      ? [] : ["", "Nothing to do: both sides hold the same."]
  }
}
