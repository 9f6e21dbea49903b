// Exponential backoff with full jitter (Brooker, "Exponential Backoff and Jitter", 2015); the first retry is jittered too.

public struct Backoff: Sendable, Hashable {
  public let firstMilliseconds: Int
  public let maxMilliseconds: Int
  public private(set) var attempts = 0

  public init(firstMilliseconds: Int = 1_000, maxMilliseconds: Int = 300_000) {
    self.firstMilliseconds = firstMilliseconds
    self.maxMilliseconds = maxMilliseconds
  }

  public mutating func reset() { attempts = 0 }

  /// The next delay. `random` lies in 0..<1. A `Retry-After` is a floor, with jitter on top.
  public mutating func next(random: Double, retryAfterMilliseconds: Int? = nil) -> Int {
    let ceiling = min(maxMilliseconds, firstMilliseconds << min(attempts, 20))
    attempts += 1
    let jitter = Int(random * Double(ceiling))
    guard let floor = retryAfterMilliseconds else { return jitter }
    return min(max(floor, 0), maxMilliseconds) + min(jitter, firstMilliseconds)
  }
}
