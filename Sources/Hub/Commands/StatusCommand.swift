// `status` and `doctor`: how the hub and its agents are.

import ArgumentParser
import Core
import Foundation
import Shell

struct StatusCommand: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "The hub, and each agent: online, last contact, outbox, feed lag, clock skew, certificate, version.",
    discussion: """
      EXAMPLES:
        lianxin-hub status
        lianxin-hub status --watch --every 5s
      """)

  @Flag(help: "Show it again and again until Ctrl-C.")
  var watch = false
  @Option(
    help: ArgumentHelp("How often, with --watch (default: 2s).", valueName: "time"),
    transform: DurationArgument.init(parsing:))
  var every: DurationArgument?
  @OptionGroup var hub: HubOptions

  func call() -> HubCall { .get("/v1/status") }

  func run() async throws {
    let client = try hub.client(author: author)
    guard watch else { return hub.output.show(try client.answer(call()), as: lines) }
    while true {
      do {
        let answer = try client.answer(call())
        clear()
        hub.output.show(answer, as: lines)
      } catch {
        // Who watches wants to see it come back.
        guard error.status == .daemonUnreachable else { throw error }
        clear()
        Terminal.write(Sanitize.line("\(error)") + "\n", to: STDERR_FILENO)
      }
      try await Task.sleep(for: .milliseconds(max(every?.milliseconds ?? 2_000, 100)))
    }
  }

  /// Home and clear, so that the picture stands still; not where the output goes into a file.
  private func clear() {
    if !hub.output.json, Terminal.isTerminal(STDOUT_FILENO) { Terminal.write("\u{1B}[H\u{1B}[2J") }
  }

  func lines(_ answer: JSON, on page: Page) -> [String] { StatusPrinting.lines(answer, on: page) }
}

struct DoctorCommand: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Check database, feeds, states, the machine and the hub's certificates; status 1 if something is wrong.",
    discussion: """
      It takes its time: the database is read whole, and every order is folded anew from its changes. The hub goes on \
      meanwhile. With --fix, states and digests that differ from the log are made anew from it, and lines that the disk \
      altered are dropped, so that `lianxin-hub resync` fetches them from the agents.

      EXAMPLES:
        lianxin-hub doctor
        lianxin-hub doctor --fix
        lianxin-hub doctor --json
      """)

  @Flag(help: "Put right what can be put right without a loss.")
  var fix = false

  @OptionGroup var hub: HubOptions

  func call() -> HubCall { fix ? .post("/v1/doctor", [("fix", true)]) : .get("/v1/doctor") }

  func run() async throws {
    // It folds every order anew, which takes its time on a large database.
    let patience = Duration.seconds(3_600)
    let call = call()
    let client = try hub.client(author: author)
    let answer =
      try call.body.map { try client.post(call.path, $0, timeout: patience) }
      ?? client.document(call.path, timeout: patience)
    hub.output.show(answer, as: lines)
    guard answer.isTrue("ok") else { throw ExitCode(CommandStatus.failure.rawValue) }
  }

  func lines(_ answer: JSON, on page: Page) -> [String] { ListPrinting.checks(answer, on: page) }
}

/// What a status says of healing; nothing where there is nothing to say.
enum HealingPrinting {
  static func lines(_ healing: JSON?, on page: Page) -> [String] {
    guard let healing else { return [] }
    func count(_ key: String) -> Int { healing[key]?.asInt ?? 0 }
    var lines: [String] = []
    if count("pending") + count("running") > 0 {
      lines.append(
        "Comparisons: \(count("running")) running, \(count("pending")) pending until their agents' next contact"
          + " (lianxin-hub resync --list)")
    }
    if let at = healing["restored"]?.asInt {
      lines.append(
        "Restored from a backup, started \(page.age(at)) (\(page.time(at))): numbers were skipped, and agents give back what"
          + " they had received when they are next in contact")
    }
    if let at = healing["wentBack"]?.asInt {
      lines.append(
        "The database turned out to have gone back without a restore \(page.age(at)) (\(page.time(at))): numbers were skipped,"
          + " and agents give back what they had received")
    }
    for row in healing.list("found") {
      let report = row["report"]
      let parts = [
        ("differing", "orders differed"), ("repaired", "repaired"), ("refused", "refused"),
        ("unresolved", "unresolved"),
      ]
      .compactMap { key, word in (report?[key]?.asInt).flatMap { $0 > 0 ? "\($0) \(word)" : nil } }
      lines.append(
        "Last comparison that found something: \(row.text("platform"))/\(row.text("agent"))"
          + " \(page.age(row["finished"]?.asInt)): \(parts.joined(separator: ", "))")
    }
    if let waiting = healing["waiting"], waiting["changes"]?.asInt ?? 0 > 0 {
      lines.append(
        "\(waiting.text("changes")) changes that came back wait for one before them"
          + " (oldest received \(page.age(waiting["oldest"]?.asInt))): lianxin-hub lost list")
    }
    lines += healing.list("clones").flatMap { ClonePrinting.lines($0, on: page) }
    for gap in healing.list("gaps") {
      lines.append("Gap: \(gap.text("replica")) lacks \(gap.text("missing")): not yet sent again, or lost")
    }
    for lost in healing.list("lost") {
      lines.append(
        "Said to be lost: \(lost.text("replica")) \(lost.text("lost")): nobody had them; what turns up after all counts"
      )
    }
    lines.append(
      healing["lastCheck"].map {
        "Last checked backup: made \(page.age($0["created"]?.asInt)), checked \(page.age($0["at"]?.asInt))"
      } ?? "No backup of this hub was ever checked: lianxin-hub restore FILE --check")
    return [""] + lines.map(Sanitize.line)
  }
}

/// The hub's status for people.
enum StatusPrinting {
  /// From this difference on a clock is worth a look; far below what the hub corrects.
  private static let noteworthySkewMilliseconds = 2_000
  /// An agent renews well before; later than this something keeps it from it.
  private static let certificateWarningMilliseconds = 7 * 86_400_000

  static func lines(_ answer: JSON, on page: Page) -> [String] {
    let orders = answer["orders"]
    let counts = [
      "\(orders?.text("total") ?? "0") orders (\(orders?.text("open") ?? "0") open)",
      "\(answer.text("changes")) changes",
      "\(answer.text("requests")) requests wait", "\(answer.text("conflicts")) in conflict",
      "\(answer.text("contradictions")) contradictions", "\(answer.text("voided")) voided",
      "\(answer.text("quarantined")) quarantined",
    ]
    let head = page.style.paint(
      Sanitize.line("lianxin-hub \(answer.text("version"))  \(page.time(answer["time"]?.asInt))"), .bold)
    let alerts = answer["revealAlerts"]?.asInt ?? 0
    let attention =
      alerts == 0
      ? []
      : [
        page.style.paint(
          Sanitize.line(
            "Personal data: \(alerts) alerts in the last day, an account revealed more than the limit in an hour:"
              + " lianxin-hub audit list --action \(AuditAction.revealedMany.rawValue)"), .red)
      ]
    return [head, Sanitize.line(counts.joined(separator: " · "))] + attention + [""]
      + agents(answer.list("platforms"), page) + HealingPrinting.lines(answer["healing"], on: page)
  }

  private static func agents(_ platforms: [JSON], _ page: Page) -> [String] {
    var table = TextTable([
      .init("PLATFORM"), .init("ORDERS", .right), .init("AGENT"), .init("STATE"), .init("CONTACT"),
      .init("OUTBOX", .right), .init("OLDEST"), .init("LAG", .right), .init("SKEW", .right), .init("CERTIFICATE"),
      .init("VERSION"), .init("NOTES"),
    ])
    for platform in platforms {
      let agents = platform.list("agents")
      let name: TextTable.Cell = .init(platform.text("name"))
      if agents.isEmpty { table.append([name, .init(platform.text("orders")), .init("(none enrolled)", .dim)]) }
      for agent in agents {
        table.append([
          name, .init(platform.text("orders")), .init(agent.text("name")), state(agent),
          .init(page.age(agent["lastContact"]?.asInt)), .init(agent.text("outbox")),
          .init(page.age(agent["oldest"]?.asInt)), .init(agent.text("lag")), skew(agent["skew"]?.asInt),
          certificate(agent["certificateNotAfter"]?.asInt, page), .init(agent.text("version")), notes(agent, page),
        ])
      }
    }
    return table.lines(on: page, ifEmpty: "There is no platform yet: lianxin-hub platform add NAME")
  }

  /// How an agent or a platform stands; revoked is no standing.
  static func state(_ row: JSON) -> TextTable.Cell {
    if row.isTrue("revoked") { return .init("revoked", .red) }
    return switch SyncStanding(rawValue: row.text("standing")) {
    case .inStep: .init("in step", .green)
    case .catchingUp: .init("catching up", .green)
    case .offline: .init("offline", .yellow)
    case .attention: .init(row["online"] == false ? "attention, offline" : "attention", .red)
    // What a newer hub calls it.
    case nil: .init(row.text("standing"))
    }
  }

  /// Why it needs a person; nil where another column or note has it.
  private static func reason(_ cause: JSON, _ page: Page) -> String? {
    switch AttentionCause.Word(rawValue: cause.text("cause")) {
    case .certificateEnded: "certificate has ended"
    case .certificateEnding: "certificate is not renewed"
    case .clock: "clock is wrong"
    case .stuck: "what it sends does not arrive"
    case .unresolved: "\(cause.text("count")) unresolved in its last comparison"
    case .notApplying: "behind since \(page.time(cause["since"]?.asInt))"
    case .waitsForLost: "waits since \(page.time(cause["since"]?.asInt))"
    case .neverSeen: "never seen"
    case .clone, .updateNeeded, .quarantined, .refused, .noAgent, nil: nil
    }
  }

  private static func skew(_ milliseconds: Int?) -> TextTable.Cell {
    guard let milliseconds else { return "" }
    return .init(
      TimeText.duration(.milliseconds(milliseconds)),
      milliseconds.magnitude >= noteworthySkewMilliseconds ? .yellow : nil)
  }

  private static func certificate(_ notAfter: Int?, _ page: Page) -> TextTable.Cell {
    guard let notAfter else { return "" }
    let left = notAfter - page.now
    return .init(page.age(notAfter), left <= 0 ? .red : left < certificateWarningMilliseconds ? .yellow : nil)
  }

  private static func notes(_ agent: JSON, _ page: Page) -> TextTable.Cell {
    let parts =
      [("waiting", "waiting"), ("quarantined", "quarantined")].compactMap { key, word in
        (agent[key]?.asInt).flatMap { $0 > 0 ? "\($0) \(word)" : nil }
      } + (agent["refusal"].map { ["\($0.text("call")) refused: \($0.text("code"))"] } ?? [])
    let alarms =
      [
        agent["clone"] == nil ? nil : "USED TWICE",
        agent.isTrue("updateNeeded") ? "UPDATE NEEDED: newer than the hub" : nil,
      ].compactMap(\.self) + agent.list("causes").compactMap { reason($0, page) }
    guard alarms.isEmpty else { return .init((alarms + parts).joined(separator: ", "), .red) }
    return .init(parts.joined(separator: ", "), .yellow)
  }
}
