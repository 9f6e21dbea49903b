// Tests with real processes go one after the other, whichever target they are of: two cores are soon too few for more. Here is whose
// turn it is, and the thread on which such a test may wait.

import Foundation

/// The turn of one test. The others wait without keeping a thread.
actor Turn {
  private static let shared = Turn()
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Runs a test when it is its turn, on a thread of its own: it blocks while it waits for processes, and the threads of Swift's
  /// concurrency, two on two cores, are for the tests of the other targets.
  static func run(_ test: @Sendable () async throws -> Void) async throws {
    await shared.take()
    do {
      try await withTaskExecutorPreference(BlockingThread(), operation: test)
    } catch {
      await shared.give()
      throw error
    }
    await shared.give()
  }

  private func take() async {
    guard isTaken else {
      isTaken = true
      return
    }
    await withCheckedContinuation { waiting.append($0) }
  }

  private func give() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}

/// Runs the parts of one task one after the other on threads that may block.
private final class BlockingThread: TaskExecutor {
  private let queue = DispatchQueue(label: "lianxin.blocking-test")

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
