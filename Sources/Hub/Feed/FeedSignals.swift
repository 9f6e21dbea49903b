// Who waits for a feed to grow. A waiter takes the feed's generation before it reads, so that no wake-up is lost in between.

import Core
import Synchronization

final class FeedSignals: Sendable {
  private struct State {
    var generations: [PlatformName: UInt64] = [:]
    var waiters: [PlatformName: [UInt64: CheckedContinuation<Void, Never>]] = [:]
    var nextWaiter: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  /// The feed's generation; take it before reading the feed.
  func generation(of platform: PlatformName) -> UInt64 {
    state.withLock { $0.generations[platform] ?? 0 }
  }

  /// These feeds grew: their waiters go on.
  func grew(_ platforms: Set<PlatformName>) {
    let waiters = state.withLock { state in
      platforms.flatMap { platform -> [CheckedContinuation<Void, Never>] in
        state.generations[platform, default: 0] += 1
        return (state.waiters.removeValue(forKey: platform) ?? [:]).map(\.value)
      }
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Everyone goes on at once and nobody waits any more: the hub stops.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      let all = state.waiters.values.flatMap(\.values)
      state.waiters = [:]
      return all
    }
    for waiter in waiters { waiter.resume() }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Waits until the feed has grown beyond `generation`, or the time is up.
  func wait(for platform: PlatformName, beyond generation: UInt64, milliseconds: Int) async {
    let id = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
        let mayWait = state.withLock { state in
          guard !state.isClosed, (state.generations[platform] ?? 0) == generation, !Task.isCancelled else {
            return false
          }
          state.waiters[platform, default: [:]][id] = continuation
          return true
        }
        guard mayWait else { return continuation.resume() }
        // Started only now: a timer that fired before the waiter was there would wake nobody.
        Task {
          try await Task.sleep(for: .milliseconds(milliseconds))
          release(platform, id)
        }
      }
    } onCancel: {
      release(platform, id)
    }
  }

  private func release(_ platform: PlatformName, _ id: UInt64) {
    let waiter = state.withLock { $0.waiters[platform]?.removeValue(forKey: id) }
    waiter?.resume()
  }
}
