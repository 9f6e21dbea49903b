// What changed since a page was read: topics with a generation each, raised by the writer's commits, by agents that are heard of, and by
// what operators do. Pages and streams of events wait for them.

import Synchronization

/// What pages show.
enum Topic: String, Sendable, CaseIterable, Hashable {
  case orders, platforms, requests, conflicts, quarantine, supervision, callbacks, accounts, health

  /// What a commit that changed orders may have changed; each page is read anew at most once a second, however many commits there are.
  static let ofOrders: Set<Topic> = [.orders, .platforms, .requests, .conflicts, .quarantine, .supervision, .callbacks]
  /// What a commit that changed no order may have changed.
  static let ofOthers: Set<Topic> = [.platforms, .quarantine, .supervision, .accounts]
}

final class ConsoleSignals: Sendable {
  /// Generations at one time.
  struct Moment: Sendable, Equatable {
    fileprivate var generations: [Topic: UInt64] = [:]

    /// The topics, of those given, that were raised since an earlier moment.
    func raised(since earlier: Moment, of topics: Set<Topic>) -> Set<Topic> {
      topics.filter { generations[$0] != earlier.generations[$0] }
    }

    /// Whether nothing of these topics was raised until the other moment that was not raised until this one.
    func covers(_ other: Moment, of topics: Set<Topic>) -> Bool {
      topics.allSatisfy { generations[$0, default: 0] >= other.generations[$0, default: 0] }
    }
  }

  private struct Waiter {
    let topics: Set<Topic>
    let go: @Sendable () -> Void
  }

  private struct State {
    var moment = Moment()
    /// Raised by an operator's own act: who did it must see it at once.
    var acts: UInt64 = 0
    var waiters: [UInt64: Waiter] = [:]
    var nextWaiter: UInt64 = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  /// Take it before reading what the topics are about.
  var moment: Moment { state.withLock { $0.moment } }
  var acts: UInt64 { state.withLock { $0.acts } }
  var isClosed: Bool { state.withLock { $0.isClosed } }

  func raise(_ topics: Set<Topic>) {
    let waiters = state.withLock { state in
      for topic in topics { state.moment.generations[topic, default: 0] += 1 }
      return Self.take(&state) { !$0.topics.isDisjoint(with: topics) }
    }
    for waiter in waiters { waiter() }
  }

  /// An operator did something at the console.
  func acted() {
    state.withLock { $0.acts += 1 }
    raise(Set(Topic.allCases))
  }

  /// Everyone goes on at once, and nobody waits any more: the hub stops.
  func close() {
    let waiters = state.withLock { state in
      state.isClosed = true
      return Self.take(&state) { _ in true }
    }
    for waiter in waiters { waiter() }
  }

  /// Waits until one of the topics was raised since `moment`, the time is up, or the hub stops.
  func wait(for topics: Set<Topic>, since moment: Moment, atMost time: Duration) async {
    await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
      let id = state.withLock { state -> UInt64? in
        guard !state.isClosed, state.moment.raised(since: moment, of: topics).isEmpty else { return nil }
        state.nextWaiter += 1
        state.waiters[state.nextWaiter] = Waiter(topics: topics) { continuation.resume() }
        return state.nextWaiter
      }
      guard let id else {
        continuation.resume()
        return
      }
      Task {
        try await Task.sleep(for: time)
        state.withLock { $0.waiters.removeValue(forKey: id) }?.go()
      }
    }
  }

  private static func take(_ state: inout State, where isMeant: (Waiter) -> Bool) -> [@Sendable () -> Void] {
    let meant = state.waiters.filter { isMeant($0.value) }
    for id in meant.keys { state.waiters.removeValue(forKey: id) }
    return meant.sorted { $0.key < $1.key }.map(\.value.go)
  }
}
