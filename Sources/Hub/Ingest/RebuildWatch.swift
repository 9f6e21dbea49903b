// Brings what follows from other rows up to date after a start where it must be made anew, as the index of words, beside the hub's other
// work. How that is done is its own.

import Logging
import NIOPosix
import ServiceLifecycle

struct RebuildWatch: Service {
  /// For the log: `search` in `search.made`.
  let name: String
  let pool: NIOThreadPool
  let logger: Logger
  /// Goes on until it is done, or the function that it is given says that the hub is stopping. True where there was something to do.
  let resume: @Sendable (_ isStopping: () -> Bool) throws -> Bool

  func run() async throws {
    let isStopping = StopFlag()
    await withGracefulShutdownHandler {
      do {
        let wasDone = try await pool.runIfActive { try resume { isStopping.isSet } }
        if wasDone { logger.notice("\(name).made", metadata: ["whole": "\(!isStopping.isSet)"]) }
      } catch {
        logger.error("\(name).failed", metadata: ["reason": "\(error)"])
      }
    } onGracefulShutdown: {
      isStopping.set()
    }
    // Ending would end the hub.
    try await gracefulShutdown()
  }
}
