// Notices that somebody set the wall clock. What is done about it is the loop's.

/// Compares the wall clock with one that nobody can set; the two run together until one of them is set.
struct ClockWatch {
  /// Less than this is left to what keeps the clock: no certificate hangs on it.
  private static let toleranceMilliseconds = 60_000

  private var offset: Int?

  /// True once for each time that the clock was set by more than a minute. Both in milliseconds; `monotonic` counts on while the
  /// machine sleeps.
  mutating func hasJumped(wall: Int, monotonic: Int) -> Bool {
    let (now, overflow) = wall.subtractingReportingOverflow(monotonic)
    guard !overflow else { return false }
    guard let offset else {
      offset = now
      return false
    }
    let (drift, isFar) = now.subtractingReportingOverflow(offset)
    guard isFar || drift.magnitude > ClockWatch.toleranceMilliseconds else { return false }
    self.offset = now
    return true
  }
}
