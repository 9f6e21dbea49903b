// When the hub may remind by itself: after starts, outages, sleep and jumps of its clock. FAULTS rows 50 to 52.

import Core
import Testing

@testable import Hub

@Suite struct SupervisionPaceTests {
  private let minute = 60_000
  /// The two clocks of one machine.
  private struct Machine {
    var wall = 1_764_000_000_000
    var steady = 5_000_000

    mutating func pass(_ milliseconds: Int) {
      wall += milliseconds
      steady += milliseconds
    }

    var reading: ClockReading { ClockReading(wall: wall, steady: steady) }
  }

  private var machine = Machine()

  /// A machine whose hub has been up and calm for an hour.
  private mutating func calm() -> Pace {
    var pace = Pace(machine.reading, lastLook: machine.wall - 10_000, heldUntil: nil)
    for _ in 0..<360 {
      machine.pass(10_000)
      _ = pace.look(machine.reading)
    }
    return pace
  }

  @Test mutating func aStartWaitsUntilAgentsCouldTellWhatWasDoneMeanwhile() {
    for (away, waits) in [(10_000, Pace.settling), (10 * minute, Pace.settling), (8 * 60 * minute, Pace.longSettling)] {
      machine = Machine()
      var pace = Pace(machine.reading, lastLook: machine.wall - away, heldUntil: nil)
      machine.pass(waits / 2)
      #expect(!pace.look(machine.reading).mayAct)
      machine.pass(minute)
      _ = pace.look(machine.reading)
      machine.pass(waits / 2 - minute)
      #expect(pace.look(machine.reading) == .init(correction: nil, mayAct: true) || waits / 2 > Pace.gap)
    }
  }

  @Test mutating func aRestoredHubHoldsAsLongAsItWasTold() {
    var pace = Pace(machine.reading, lastLook: nil, heldUntil: machine.wall + 60 * minute)
    for _ in 0..<59 {
      machine.pass(minute)
      #expect(!pace.look(machine.reading).mayAct)
    }
    machine.pass(minute)
    #expect(pace.look(machine.reading).mayAct)
  }

  @Test mutating func row51_aClockThatIsSetIsACorrectionAndHoldsForAWhile() {
    for jump in [60 * minute, -60 * minute] {
      machine = Machine()
      let started = machine.wall
      var pace = calm()
      let before = machine.wall
      machine.wall += jump
      machine.pass(10_000)
      let look = pace.look(machine.reading)
      #expect(look.correction == ClockCorrection(since: started, until: before + 10_000, by: jump))
      #expect(!look.mayAct)
      var waited = 0
      while true {
        machine.pass(10_000)
        waited += 10_000
        let look = pace.look(machine.reading)
        #expect(look.correction == nil)
        if look.mayAct { break }
      }
      #expect(waited == Pace.longSettling)
      // What is dated since is right: another correction does not reach back behind this one.
      machine.wall -= jump
      machine.pass(10_000)
      #expect(pace.look(machine.reading).correction?.since == before + jump + 10_000)
    }
  }

  @Test mutating func row52_aMachineThatSleptLooksOnceAndHoldsWithoutACorrection() {
    var pace = calm()
    #expect(pace.look(machine.reading).mayAct)
    machine.pass(3 * 60 * minute)
    #expect(pace.look(machine.reading) == .init(correction: nil, mayAct: false))
    machine.pass(minute)
    #expect(!pace.look(machine.reading).mayAct)
    for _ in 0..<15 {
      machine.pass(minute)
      _ = pace.look(machine.reading)
    }
    #expect(pace.look(machine.reading).mayAct)
  }

  @Test mutating func row50_leapSecondsAndASteadyClockThatStandsStillChangeNothing() {
    var pace = calm()
    machine.wall -= 1_000
    machine.pass(10_000)
    #expect(pace.look(machine.reading) == .init(correction: nil, mayAct: true))
    #expect(pace.look(machine.reading) == .init(correction: nil, mayAct: true))
    #expect(pace.look(ClockReading(wall: machine.wall, steady: machine.steady - 5)).correction == nil)
  }
}
