// `status`: the daemon's health and how far it is in step with the hub, once or watched.

import ArgumentParser
import Core
import Foundation
import Shell

struct StatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status", abstract: "Say whether the hub is reached, and what waits to be sent or fetched.",
    discussion: """
      EXAMPLES:
        lianxin-agent status
        lianxin-agent status --watch --every 5s
        lianxin-agent status --json | jq .outbox.depth
      """)

  @Flag(help: "Show it again and again until it is interrupted.") var watch = false
  @Option(
    help: ArgumentHelp("How often, with --watch (default: 2s).", valueName: "time"),
    transform: DurationArgument.init(parsing:))
  var every: DurationArgument?
  @OptionGroup var daemon: DaemonOptions

  func validate() throws {
    if let every, !(100...3_600_000).contains(every.milliseconds) {
      throw ValidationError("--every is from 100ms to 1h.")
    }
  }

  mutating func run() throws {
    let client = try daemon.client()
    // On a terminal the screen is cleared, so that the newest is all that is seen.
    let clear = watch && !daemon.output.json && Terminal.isTerminal(STDOUT_FILENO) ? "\u{1B}[H\u{1B}[2J" : ""
    while true {
      let status = try client.document(DaemonClient.path("v1", "status"))
      if !clear.isEmpty { Terminal.write(clear) }
      daemon.output.show(status, as: StatusPrinting.status)
      guard watch else { return }
      Thread.sleep(forTimeInterval: Double(every?.milliseconds ?? 2000) / 1000)
    }
  }
}

/// Prints the answer of `GET /v1/status`.
enum StatusPrinting {
  static func status(_ status: JSON, on page: Page) -> [String] {
    let orders = status["orders"]
    let own = [status["platform"], status["agent"]].compactMap { $0?.asString }.joined(separator: "/")
    return page.facts([
      ("Agent", "\(own), version \(text(status, "version")), rules \(text(status, "rules"))"),
      ("Hub", text(status, "hub")), ("Link", link(status["link"], page)), ("Outbox", outbox(status["outbox"], page)),
      ("Feed", feed(status["cursor"])),
      ("Orders", "\(count(orders, "total")) held, \(count(orders, "open")) open"), ("Look at", trouble(status)),
      ("Void", void(count(status, "voided"))), ("Clone", HealingPrinting.clone(status["healing"], page)),
      ("Comparison", HealingPrinting.comparison(status["healing"], page)),
      ("Missing", HealingPrinting.missing(status["healing"])), ("Lost", HealingPrinting.lost(status["healing"])),
      ("Backup", HealingPrinting.backup(status["healing"], page)),
      ("Clock", clock(status["skew"]?.asInt)),
      ("Certificate", certificate(status["certificate"]?["notAfter"]?.asInt, page)),
      ("Database", status["database"]?["bytes"]?.asInt.map(TimeText.bytes) ?? ""), ("Replica", text(status, "replica")),
    ])
  }

  /// One line: the state, since when, why, and when it is tried again.
  static func link(_ link: JSON?, _ page: Page) -> String {
    guard let link, let state = link["state"]?.asString else { return "" }
    var words = state
    if let since = link["since"]?.asInt { words += " since \(page.time(since)) (\(page.age(since)))" }
    if let reason = link["reason"]?.asString, !reason.isEmpty { words += ": \(reason)" }
    if let next = link["nextTry"]?.asInt, state != "online" { words += "; next try \(page.age(next))" }
    return words
  }

  private static func outbox(_ outbox: JSON?, _ page: Page) -> String {
    let depth = count(outbox, "depth")
    guard depth > 0 else { return "empty: the hub has everything" }
    return "\(depth) changes wait to be sent"
      + (outbox?["oldest"]?.asInt.map { ", the oldest made \(page.age($0))" } ?? "")
  }

  private static func feed(_ cursor: JSON?) -> String {
    let lag = count(cursor, "lag")
    return "at \(count(cursor, "position"))" + (lag == 0 ? ", nothing more is known of" : ", \(lag) behind the hub")
  }

  /// What a person should look at, or nothing.
  private static func trouble(_ status: JSON) -> String {
    [
      ("conflicts", "conflicts"), ("quarantined", "in quarantine (lianxin-agent quarantine)"),
      ("waiting", "waiting for an earlier change"),
    ]
    .compactMap { key, words in count(status, key) > 0 ? "\(count(status, key)) \(words)" : nil }
    .joined(separator: ", ")
  }

  private static func void(_ count: Int) -> String {
    count == 0 ? "" : "\(count) changes are kept without effect; `orders show` says why"
  }

  /// The hub's clock minus this machine's, milliseconds; a second or less is the network's.
  private static func clock(_ skew: Int?) -> String {
    guard let skew, skew.magnitude > 1000 else { return "" }
    let span = TimeText.duration(.milliseconds(Int64(clamping: skew.magnitude)))
    return "\(span) \(skew > 0 ? "behind" : "ahead of") the hub's"
  }

  private static func certificate(_ notAfter: Int?, _ page: Page) -> String {
    guard let notAfter else { return "" }
    return "\(notAfter < page.now ? "EXPIRED" : "valid until") \(page.time(notAfter)) (\(page.age(notAfter)))"
  }

  private static func count(_ json: JSON?, _ key: String) -> Int { json?[key]?.asInt ?? 0 }

  private static func text(_ json: JSON, _ key: String) -> String {
    json[key]?.asString ?? json[key]?.asInt.map(String.init) ?? ""
  }
}
