// The hub's own work before full comparisons, beside everything else: one after the other, on a thread of its own. A start looks for what a
// stop left. What that work is stands in HotlineHealing.

import Core
import Logging
import NIOPosix
import ServiceLifecycle
import Synchronization

/// What is known of that work in memory.
final class Rebuilding: Sendable {
  private struct State {
    // What a stop left is looked for.
    var isWanted = true
    var orders: Int?
  }

  private let state = Mutex(State())

  var isWanted: Bool { state.withLock { $0.isWanted } }
  /// Orders that were looked at so far; nil while nothing is made anew.
  var orders: Int? { state.withLock { $0.orders } }

  func want() { state.withLock { $0.isWanted = true } }
  /// Before looking for what there is to do: what is wanted meanwhile is looked for again.
  func take() { state.withLock { $0.isWanted = false } }
  func count(_ orders: Int?) { state.withLock { $0.orders = orders } }
}

struct RebuildingWatch: Service {
  let hotline: Hotline
  let logger: Logger

  private static let pause = Duration.milliseconds(200)
  /// Pauses between two attempts at what failed: a minute.
  private static let pausesAfterFailure = 300

  func run() async throws {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let isStopping = StopFlag()
    await withGracefulShutdownHandler {
      var pauses = 0
      while !isStopping.isSet {
        if pauses == 0, hotline.rebuilding.isWanted { pauses = await look(pool, isStopping) }
        pauses = max(0, pauses - 1)
        // Cancelled: the hub is stopping.
        do { try await Task.sleep(for: RebuildingWatch.pause) } catch { return }
      }
    } onGracefulShutdown: {
      isStopping.set()
    }
    try await pool.shutdownGracefully()
  }

  /// Returns how many pauses are made before the next look.
  private func look(_ pool: NIOThreadPool, _ isStopping: StopFlag) async -> Int {
    do {
      let found = try await pool.runIfActive { [hotline] in
        try hotline.rebuildForComparisons(isStopping: { isStopping.isSet })
      }
      for rebuilt in found { logger.notice("resync.rebuilt", metadata: ["wrong": "\(rebuilt.text("wrong"))"]) }
      return 0
    } catch is CancellationError {
      return 0
    } catch {
      logger.error("resync.rebuild.failed", metadata: ["error": "\(error)"])
      return RebuildingWatch.pausesAfterFailure
    }
  }
}
