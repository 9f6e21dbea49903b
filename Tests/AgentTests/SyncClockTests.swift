// What the loop makes of a clock that was set.

import Testing

@testable import Agent

struct SyncClockTests {
  /// Whether each of the readings, one after the other, is a jump.
  private func jumps(_ readings: [(wall: Int, monotonic: Int)]) -> [Bool] {
    var watch = ClockWatch()
    return readings.map { watch.hasJumped(wall: $0.wall, monotonic: $0.monotonic) }
  }

  @Test func aClockThatWasSetIsNoticedOnceEitherWay() {
    let wall = 1_796_000_000_000
    #expect(jumps([(wall, 5_000), (wall + 3_600_000, 3_605_000)]) == [false, false], "time that passes is no jump")
    #expect(jumps([(wall, 0), (wall + 60_000, 0), (wall + 60_001, 0)]) == [false, false, true], "small steps add up")
    #expect(jumps([(wall, 0), (wall + 86_400_000, 10), (wall + 86_410_000, 10_010)]) == [false, true, false])
    #expect(jumps([(wall, 0), (wall - 86_400_000, 10), (wall - 86_390_000, 10_010)]) == [false, true, false])
  }

  @Test func noReadingOverflows() {
    #expect(jumps([(.min, 1), (.min, 0), (.max, 0)]) == [false, false, true])
  }
}
