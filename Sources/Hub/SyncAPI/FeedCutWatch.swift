// Cuts the feeds now and then. How far is FeedCut's.

import Logging
import NIOPosix
import ServiceLifecycle

/// A service beside the listeners; it ends with them, between two transactions.
struct FeedCutWatch: Service {
  let writer: GroupCommitWriter
  let live: LiveAgents
  let pool: NIOThreadPool
  let logger: Logger

  private static let pause = Duration.seconds(600)
  /// Between two transactions of one run.
  private static let breath = Duration.milliseconds(200)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var pause = FeedCutWatch.pause
      while !Task.isCancelled {
        // Cancelled: the hub is stopping.
        do { try await Task.sleep(for: pause) } catch { return }
        pause = FeedCutWatch.pause
        do {
          let removed = try await pool.runIfActive {
            try writer.perform { try FeedCut.run(among: live, $0) }
          }
          for (platform, count) in removed.sorted(by: { $0.key < $1.key }) {
            logger.info("feed.cut", metadata: ["platform": "\(platform)", "entries": "\(count)"])
          }
          if !removed.isEmpty { pause = FeedCutWatch.breath }
        } catch {
          logger.warning("feed.cut.failed", metadata: ["error": "\(error)"])
        }
      }
    }
  }
}
