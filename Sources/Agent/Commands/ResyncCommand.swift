// `resync`: has the daemon compare all that it holds with the hub, and shows how far it is and what it found. The comparing itself is
// the daemon's; what is printed is ResyncPrinting's.

import ArgumentParser
import Core
import Foundation
import Shell

struct ResyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resync", abstract: "Compare all that is held here with the hub, and put right what differs.",
    discussion: """
      Only what differs travels, so it costs little where nothing does. Work and \
      sync go on meanwhile. While the hub is not reached it waits.

      With --full every state and digest is first made anew from the log, and \
      lines that the disk altered are dropped, to be taken from the hub again; \
      that reads the whole database. With --dry-run nothing is changed on either \
      side. Where the hub has gone back, everything is compared and put right, \
      whatever was asked for.

      The daemon does it: when this command is interrupted, or its time is up, \
      the comparison goes on, and `status` tells its end. The same command given \
      again shows that one to its end. While one with other options is under way \
      it is refused (status 7).

      Exit status 1 where something was refused or stays unresolved.

      EXAMPLES:
        lianxin-agent resync
        lianxin-agent resync --full
        lianxin-agent resync --order 20261125-000123
        lianxin-agent resync --dry-run --json
      """)

  @Flag(help: "First make every state and digest anew from the log.") var full = false
  @Option(help: ArgumentHelp("Only this order: its id, or the hotline's number.", valueName: "id")) var order: String?
  @Flag(help: "Only say what differs.") var dryRun = false
  @Option(
    help: ArgumentHelp("Wait for the end, at most so long (default: 10m).", valueName: "duration"),
    transform: DurationArgument.init(parsing:))
  var wait: DurationArgument?
  @Flag(help: "Ask, and do not wait.") var noWait = false
  @OptionGroup var daemon: DaemonOptions

  private static let defaultWait = Duration.seconds(600)
  private static let lookAgain = Duration.milliseconds(200)
  private static let path = DaemonClient.path("v1", "resync")

  func validate() throws {
    guard wait == nil || !noWait else { throw ValidationError("--wait and --no-wait exclude each other.") }
  }

  /// What is asked.
  var body: JSON {
    .compact([
      ("full", full ? true : nil), ("dryRun", dryRun ? true : nil), ("order", order.map(JSON.string)),
    ])
  }

  mutating func run() async throws {
    let client = try daemon.client()
    var document = try ask(client)
    if noWait { return daemon.output.show(document, as: ResyncPrinting.progress) }
    if document["joined"] == true, !daemon.output.json {
      Terminal.write("it is under way already: shown from where it is\n", to: STDERR_FILENO)
    }
    let course = ResyncCourse(asked: document)
    let limit = wait.map { Duration.milliseconds($0.milliseconds) } ?? ResyncCommand.defaultWait
    let clock = ContinuousClock()
    let end = clock.now + limit
    var bar: ProgressBar?
    while try !course.hasEnded(document) {
      let shown = bar ?? ProgressBar("resync", total: document["orders"]?.asInt ?? 0)
      bar = shown
      shown.update(
        document["done"]?.asInt ?? 0, total: document["orders"]?.asInt, note: ResyncPrinting.note(document))
      guard clock.now < end else {
        shown.finish()
        throw CommandFailure(
          "the comparison has not ended after \(TimeText.duration(limit)): \(ResyncPrinting.note(document))",
          remedy: "the daemon goes on by itself; look at `lianxin-agent status --watch`")
      }
      try await Task.sleep(for: ResyncCommand.lookAgain)
      document = try client.document(ResyncCommand.path)
    }
    bar?.update(document["orders"]?.asInt ?? 0, note: "")
    bar?.finish()
    daemon.output.show(document, as: ResyncPrinting.report)
    if let report = document["report"] {
      if dryRun, report["dryRun"] == false {
        Terminal.write("the hub had gone back: everything was compared and put right\n", to: STDERR_FILENO)
      }
      if let failure = ResyncPrinting.failure(report) { throw failure }
    }
  }

  /// One at a time, and the same one is joined by the daemon: that another is under way is a conflict, not a daemon that does not answer.
  private func ask(_ client: DaemonClient) throws -> JSON {
    do {
      return try client.post(ResyncCommand.path, body)
    } catch  where (try? error.problem.map { try JSON(parsing: $0) })?["code"] == .string(ProblemCode.busy.rawValue) {
      // What cannot be parsed is not that problem.
      throw CommandFailure(
        error.message, remedy: "look at `lianxin-agent status`", status: .conflict, problem: error.problem)
    }
  }
}

/// Which of the daemon's comparisons is waited for, seen from the answer to the call that asked for it.
struct ResyncCourse {
  /// The daemon's count of ended ones, once it has ended.
  private let number: Int

  init(asked: JSON) {
    let ended = asked["number"]?.asInt ?? 0
    // It may have ended before it was answered.
    number = asked["state"] == "idle" ? ended : ended + 1
  }

  /// Throws where it never will.
  func hasEnded(_ document: JSON) throws(CommandFailure) -> Bool {
    if document["number"]?.asInt ?? 0 >= number { return true }
    if document["state"] == "idle" {
      throw CommandFailure(
        "the daemon has been restarted, and does not know of the comparison any more",
        remedy: "ask for it again: what was exchanged so far stays")
    }
    // A fork of an own run passes by itself, and the comparison follows.
    if document["link"]?["state"] == "forked", document["link"]?["settling"] != true {
      throw CommandFailure(
        "there will be no comparison: \(document["link"]?["reason"]?.asString ?? "this database is forked")",
        remedy: "look up `forked` in docs/operate.md")
    }
    return false
  }
}
