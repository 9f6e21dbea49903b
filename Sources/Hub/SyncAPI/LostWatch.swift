// Looks now and then whether something waits for what nobody has any more. What is done about it is LostDots'.

import Logging
import NIOPosix
import ServiceLifecycle

/// A service beside the listeners; it ends with them, between two transactions.
struct LostWatch: Service {
  let writer: GroupCommitWriter
  let signals: FeedSignals
  let live: LiveAgents
  let pool: NIOThreadPool
  let logger: Logger

  private static let pause = Duration.seconds(60)

  func run() async throws {
    await cancelWhenGracefulShutdown {
      while !Task.isCancelled {
        // Cancelled: the hub is stopping.
        do { try await Task.sleep(for: LostWatch.pause) } catch { return }
        do {
          let pass = try await pool.runIfActive {
            try writer.perform { try LostDots.run(among: live, $0) }
          }
          // Whoever polls now is answered at once, and learns it.
          if !pass.asked.isEmpty { signals.grew(pass.asked) }
          for lost in pass.declared {
            logger.warning(
              "dots.lost", metadata: ["order": "\(lost.order)", "dots": "\(lost.missing.count)"])
          }
        } catch {
          logger.warning("lost.failed", metadata: ["error": "\(error)"])
        }
      }
    }
  }
}
