// Brings the index of words up to date after a start where it must be made anew, beside the hub's other work.

import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

struct WordsWatch: Service {
  let rebuild: WordsRebuild
  let pool: NIOThreadPool
  let logger: Logger

  func run() async throws {
    let isStopping = Stopping()
    await withGracefulShutdownHandler {
      do {
        let wasDone = try await pool.runIfActive { try rebuild.resume { isStopping.isSet } }
        if wasDone { logger.notice("search.made", metadata: ["whole": "\(!isStopping.isSet)"]) }
      } catch {
        logger.error("search.failed", metadata: ["reason": "\(error)"])
      }
    } onGracefulShutdown: {
      isStopping.set()
    }
    // Ending would end the hub.
    try await gracefulShutdown()
  }

  private final class Stopping: Sendable {
    private let flag = Atomic(false)
    var isSet: Bool { flag.load(ordering: .relaxed) }
    func set() { flag.store(true, ordering: .relaxed) }
  }
}
