// Where worlds go on: each takes up to a minute of one core and waits for nothing. On Swift's own threads they would keep every other
// test from answering within its time; so they have threads of their own, as many at once as there are cores.

import Foundation

enum WorldThreads {
  private static let queue: OperationQueue = {
    let queue = OperationQueue()
    queue.maxConcurrentOperationCount = ProcessInfo.processInfo.activeProcessorCount
    return queue
  }()

  static func run<Outcome: Sendable>(_ world: @escaping @Sendable () throws -> Outcome) async throws -> Outcome {
    try await withCheckedThrowingContinuation { continuation in
      queue.addOperation { continuation.resume(with: Result(catching: world)) }
    }
  }
}
