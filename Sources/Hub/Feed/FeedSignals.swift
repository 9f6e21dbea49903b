// Who waits for a feed to grow. A waiter takes the feed's generation before it reads, so that no wake-up is lost in between.

import Core
import Synchronization

final class FeedSignals: Sendable {
  private struct State {
    var generations: [PlatformName: UInt64] = [:]
    var waiters: [PlatformName: [UInt64: @Sendable () -> Void]] = [:]
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
      platforms.sorted().flatMap { platform -> [@Sendable () -> Void] in
        state.generations[platform, default: 0] += 1
        // In the order in which they came: a dictionary's order would differ from run to run.
        return (state.waiters.removeValue(forKey: platform) ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      }
    }
    for waiter in waiters { waiter() }
  }

  /// Everyone goes on at once and nobody waits any more: the hub stops.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      let all = state.waiters.values.flatMap(\.self).sorted { $0.key < $1.key }.map(\.value)
      state.waiters = [:]
      return all
    }
    for waiter in waiters { waiter() }
  }

  var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Has `then` called once when the feed has grown beyond `generation`; at once where it has already, or where nobody waits any
  /// more. `release` calls it before.
  func wait(for platform: PlatformName, beyond generation: UInt64, then: @escaping @Sendable () -> Void) -> UInt64 {
    let (id, mayWait) = state.withLock { state in
      state.nextWaiter += 1
      let id = state.nextWaiter
      guard !state.isClosed, (state.generations[platform] ?? 0) == generation else { return (id, false) }
      state.waiters[platform, default: [:]][id] = then
      return (id, true)
    }
    if !mayWait { then() }
    return id
  }

  /// Waits until the feed has grown beyond `generation`, or the time is up.
  func wait(for platform: PlatformName, beyond generation: UInt64, milliseconds: Int) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let id = wait(for: platform, beyond: generation) { continuation.resume() }
      // Started only now: a timer that fired before the waiter was there would wake nobody.
      Task {
        try await Task.sleep(for: .milliseconds(milliseconds))
        release(platform, id)
      }
    }
  }

  /// The waiter goes on now, if it still waits.
  func release(_ platform: PlatformName, _ id: UInt64) {
    let waiter = state.withLock { $0.waiters[platform]?.removeValue(forKey: id) }
    waiter?()
  }
}
