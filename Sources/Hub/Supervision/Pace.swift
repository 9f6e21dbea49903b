// When the hub may remind by itself, and what its clock was corrected by: not right after a start, an outage, a restore or a jump of the
// clock, for then what looks overdue may only not have been heard yet. A value that is told what two clocks say; it reads none itself.

/// What the wall clock and a clock that nobody sets say at the same moment, milliseconds. The steady one goes on while the machine sleeps.
struct ClockReading: Sendable, Hashable {
  let wall: Int
  let steady: Int
}

struct Pace: Sendable {
  /// What came of a look at the clocks.
  struct Look: Sendable, Equatable {
    var correction: ClockCorrection?
    var mayAct: Bool
  }

  /// After a start: agents greet again within their longest wait and tell what was done meanwhile.
  static let settling = 5 * 60_000
  /// After an outage that was longer than agents wait between two tries, or a jump of the clock.
  static let longSettling = 15 * 60_000
  /// Looks further apart than this: the hub slept.
  static let gap = 2 * 60_000
  /// The clocks part by less without anybody having set one: leap seconds, slewing.
  static let tolerance = 30_000

  private var last: ClockReading
  /// Since when the wall clock has been as it is, by itself.
  private var since: Int
  /// By the steady clock: from when on the hub acts.
  private var actsFrom: Int

  /// - Parameters:
  ///   - lastLook: when the hub last looked before this start, by the wall clock; nil: never.
  ///   - heldUntil: until when it was told not to act, by the wall clock.
  init(_ reading: ClockReading, lastLook: Int?, heldUntil: Int?) {
    last = reading
    since = reading.wall
    let away = lastLook.map { reading.wall - $0 } ?? 0
    actsFrom = reading.steady + (abs(away) > Pace.longSettling ? Pace.longSettling : Pace.settling)
    if let heldUntil { hold(heldUntil - reading.wall) }
  }

  /// Does not act for so long from the last look on.
  mutating func hold(_ milliseconds: Int) { actsFrom = max(actsFrom, last.steady + milliseconds) }

  mutating func look(_ reading: ClockReading) -> Look {
    let passed = max(0, reading.steady - last.steady)
    let jump = reading.wall - last.wall - passed
    var correction: ClockCorrection?
    if abs(jump) > Pace.tolerance {
      // Until now it went on as it was, wrong.
      correction = ClockCorrection(since: since, until: max(since, last.wall + passed), by: jump)
      since = reading.wall
    }
    last = reading
    if correction != nil {
      hold(Pace.longSettling)
    } else if passed > Pace.gap {
      hold(passed > Pace.longSettling ? Pace.longSettling : Pace.settling)
    }
    return Look(correction: correction, mayAct: reading.steady >= actsFrom)
  }
}
