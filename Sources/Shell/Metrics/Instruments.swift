// What counts and measures while a daemon runs: counters that only rise, and histograms. How they are told is MetricsText's.

import Synchronization

/// A number that only rises until the process ends. Adding costs some nanoseconds and never blocks.
public final class Counter: Sendable {
  private let value = Atomic<Int>(0)

  public init() {}

  public func add(_ count: Int = 1) { value.add(count, ordering: .relaxed) }
  public var count: Int { value.load(ordering: .relaxed) }
}

/// How long something took: how many times it took no longer than each bound, and the sum of all.
public final class Histogram: Sendable {
  /// One reading of a histogram.
  public struct Reading: Sendable, Equatable {
    /// Of each bound how many took no longer.
    public var cumulative: [(bound: Duration, count: Int)]
    public var count: Int
    public var sum: Duration

    public static func == (left: Reading, right: Reading) -> Bool {
      left.count == right.count && left.sum == right.sum
        && left.cumulative.map(\.count) == right.cumulative.map(\.count)
    }
  }

  private struct State {
    /// One more than there are bounds.
    var counts: [Int]
    var sum = Duration.zero
  }

  /// From a tenth of a millisecond to ten seconds: what a commit, a request or a page takes.
  public static let latencies: [Duration] = [
    .microseconds(100), .microseconds(250), .microseconds(500), .milliseconds(1), .microseconds(2_500),
    .milliseconds(5),
    .milliseconds(10), .milliseconds(25), .milliseconds(50), .milliseconds(100), .milliseconds(250), .milliseconds(500),
    .seconds(1), .milliseconds(2_500), .seconds(5), .seconds(10),
  ]

  private let bounds: [Duration]
  private let state: Mutex<State>

  /// - Parameter bounds: rising.
  public init(bounds: [Duration] = Histogram.latencies) {
    self.bounds = bounds
    state = Mutex(State(counts: [Int](repeating: 0, count: bounds.count + 1)))
  }

  public func observe(_ duration: Duration) {
    let index = bounds.firstIndex { duration <= $0 } ?? bounds.count
    state.withLock { state in
      state.counts[index] += 1
      state.sum += duration
    }
  }

  public var reading: Reading {
    let state = state.withLock { $0 }
    var total = 0
    let cumulative = zip(bounds, state.counts).map { bound, count in
      total += count
      return (bound: bound, count: total)
    }
    return Reading(cumulative: cumulative, count: state.counts.reduce(0, +), sum: state.sum)
  }
}
