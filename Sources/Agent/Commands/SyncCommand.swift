// `sync`: wakes the daemon's two lanes, and with --wait stays until both sides have the same.

import ArgumentParser
import Core
import Shell

struct SyncCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Send and fetch now, without waiting for the next try.",
    discussion: """
      With --wait it ends when nothing waits to be sent and nothing is missing;
      if the time is up before, it fails and says why. Nothing is lost then: the
      daemon goes on by itself.

      EXAMPLES:
        lianxin-agent sync
        lianxin-agent sync --wait 30s
      """)

  @Option(
    help: ArgumentHelp("Wait for the end, at most so long: 30s, 5m.", valueName: "duration"),
    transform: DurationArgument.init(parsing:))
  var wait: DurationArgument?
  @OptionGroup var daemon: DaemonOptions

  mutating func run() throws {
    let client = try daemon.client()
    guard let wait else {
      let status = try client.post(DaemonClient.path("v1", "sync"), .object([]))
      return daemon.output.show(status, as: StatusPrinting.status)
    }
    let status = try SyncCommand.waited(seconds: wait.seconds) { seconds in
      try client.post(
        DaemonClient.path("v1", "sync"), ["wait": .int(seconds)], timeout: .seconds(seconds + 30))
    }
    daemon.output.show(status, as: StatusPrinting.status)
    guard !SyncCommand.isSettled(status) else { return }
    let rest = SyncCommand.remaining(status)
    throw CommandFailure(
      "after \(TimeText.duration(.seconds(wait.seconds))) "
        + (rest > 0 ? "\(rest) changes are still to be sent or fetched" : "the hub is not reached")
        + "; link: \(StatusPrinting.link(status["link"], .terminal))",
      remedy: "the daemon goes on by itself; look at `lianxin-agent status --watch`")
  }

  /// Changes that are to be sent or fetched.
  static func remaining(_ status: JSON) -> Int {
    (status["outbox"]?["depth"]?.asInt ?? 0) + (status["cursor"]?["lag"]?.asInt ?? 0)
  }

  /// True once nothing is to be sent, nothing is missing, and the hub is there to say so.
  static func isSettled(_ status: JSON) -> Bool { remaining(status) == 0 && status["link"]?["state"] == "online" }

  /// Asks in slices of a second, so that the bar moves; the last status.
  private static func waited(seconds: Int, ask: (Int) throws -> JSON) throws -> JSON {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var status = try ask(0)
    guard !isSettled(status) else { return status }
    var total = remaining(status)
    let bar = ProgressBar("sync", total: total)
    while !isSettled(status), clock.now < end {
      status = try ask(1)
      total = max(total, remaining(status))
      bar.update(total - remaining(status), total: total, note: status["link"]?["state"]?.asString ?? "")
    }
    bar.finish()
    return status
  }
}
