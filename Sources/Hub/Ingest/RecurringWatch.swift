// What the hub does now and then beside its listeners, as cutting its feeds. What that is stands with each of them.

import Logging
import NIOPosix
import ServiceLifecycle

/// A service that ends with the listeners, between two turns.
struct RecurringWatch: Service {
  /// For the log: `lost` in `lost.failed`.
  let name: String
  /// Before the first turn, and between two.
  let pause: Duration
  let pool: NIOThreadPool
  let logger: Logger
  /// One turn, where it may block. Returns the pause before the next, where that is not the usual one.
  let turn: @Sendable () throws -> Duration?

  func run() async throws {
    await cancelWhenGracefulShutdown {
      var next = pause
      while !Task.isCancelled {
        // Cancelled: the hub is stopping.
        do { try await Task.sleep(for: next) } catch { return }
        next = pause
        do {
          if let other = try await pool.runIfActive(turn) { next = other }
        } catch {
          logger.warning("\(name).failed", metadata: ["error": "\(error)"])
        }
      }
    }
  }
}
