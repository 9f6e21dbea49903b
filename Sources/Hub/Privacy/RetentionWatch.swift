// Runs the hub's own purging once a day while the hub serves. What it does is Retention's.

import Logging
import NIOPosix
import ServiceLifecycle

/// A service beside the listeners; it ends with them, between two transactions.
struct RetentionWatch: Service {
  let retention: Retention
  let signals: FeedSignals
  let pool: NIOThreadPool
  let logger: Logger

  /// The first look, an hour after the start: agents have told by then what a database that went back does not know. Then so often.
  private static let pause = Duration.seconds(3_600)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        // Cancelled: the hub is stopping.
        do { try await Task.sleep(for: RetentionWatch.pause) } catch { return }
        do {
          let purged = try await pool.runIfActive {
            try retention.isDue() ? retention.run { !signals.isClosed } : nil
          }
          guard let purged else { continue }
          logger.info("retention.run", metadata: ["orders": "\(purged.orders)", "values": "\(purged.values)"])
        } catch {
          logger.warning("retention.failed", metadata: ["error": "\(error)"])
        }
      }
    }
  }
}
