// `sync`: wakes the daemon's two lanes, and with --wait stays until both sides have the same.

import ArgumentParser
import Core
import Shell

struct SyncCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sync", abstract: "Send and fetch now, without waiting for the next try.",
    discussion: """
      With --wait it ends when nothing waits to be sent and nothing is missing; \
      if the time is up before, it fails and says why. Nothing is lost then: the \
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

  mutating func run() async throws {
    let client = try daemon.client()
    guard let wait else {
      let status = try client.post(DaemonClient.path("v1", "sync"), .object([]))
      return daemon.output.show(status, as: StatusPrinting.status)
    }
    let clock = ContinuousClock()
    let start = clock.now
    let watching = SyncCommand.showProgress(try daemon.client())
    defer { watching.cancel() }
    let status = try client.post(
      DaemonClient.path("v1", "sync"), ["wait": .int(wait.seconds)], timeout: .seconds(wait.seconds + 30))
    watching.cancel()
    await watching.value
    daemon.output.show(status, as: StatusPrinting.status)
    guard !SyncCommand.isSettled(status) else { return }
    let rest = SyncCommand.remaining(status)
    throw CommandFailure(
      "after \(TimeText.duration(start.duration(to: clock.now))) "
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

  /// Draws a bar on stderr until it is cancelled; none where the end comes before the first look.
  private static func showProgress(_ client: DaemonClient) -> Task<Void, Never> {
    Task.detached {
      var bar: ProgressBar?
      var total = 0
      while (try? await Task.sleep(for: .milliseconds(300))) != nil {  // cancelled: the end
        // What is wrong with the daemon is said by the call that waits.
        guard let status = try? client.document(DaemonClient.path("v1", "status")) else { continue }
        let rest = remaining(status)
        total = max(total, rest)
        let shown = bar ?? ProgressBar("sync", total: total)
        bar = shown
        shown.update(total - rest, total: total, note: status["link"]?["state"]?.asString ?? "")
      }
      bar?.finish()
    }
  }
}
