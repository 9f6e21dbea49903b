// When work is done: the hours of a working day, weekends, holidays and the days worked instead of them, in one time zone; and how limits
// count through them. Pure: it knows no clock.

import Foundation

/// A calendar of working time. Instants are milliseconds since 1970, in UTC.
///
/// Working time is a measure: it grows while work is done and stands still otherwise. So a limit that was interrupted goes on where it
/// stopped, and two limits one after the other reach as far as their sum.
struct WorkingCalendar: Sendable, Hashable {
  /// What is counted through one day: `start` and `end` in minutes of local wall-clock time.
  struct Hours: Sendable, Hashable {
    let start: Int
    let end: Int
  }

  var clock: LocalClock
  /// 1 is Monday. Never empty, so that there is always another working day.
  var weekdays: Set<Int>
  /// In order and apart from each other; never empty.
  var hours: [Hours]
  /// Days off that would be worked on.
  var holidays: Set<LocalDay> = []
  /// Days worked on that would be off (调休).
  var makeUpDays: Set<LocalDay> = []

  func isWorkingDay(_ day: LocalDay) -> Bool {
    makeUpDays.contains(day) || (weekdays.contains(day.weekday) && !holidays.contains(day))
  }

  /// True while work is done.
  func isWorking(at instant: Int) -> Bool {
    spans(clock.day(of: instant)).contains { $0.contains(instant) }
  }

  // MARK: Limits

  /// When a limit that begins at `start` ends: the earliest instant by which it is used up.
  func end(of limit: TimeLimit, from start: Int) -> Int {
    guard limit.count > 0 else { return start }
    switch limit.unit {
    case .minutes: return start + limit.count * 60_000
    case .workingHours: return adding(workingMilliseconds: limit.count * 3_600_000, to: start)
    case .workingDays: return adding(workingDays: limit.count, to: start)
    case .days:
      let (day, time) = clock.local(start)
      return clock.instant(day.advanced(by: limit.count), time)
    }
  }

  /// How much of what `unit` counts lies between two instants, milliseconds; 0 where `end` is not after `start`.
  func elapsed(_ unit: LimitUnit, from start: Int, to end: Int) -> Int {
    guard end > start else { return 0 }
    return unit.isWorkingTime ? workingMilliseconds(from: start, to: end) : end - start
  }

  /// The instant by which so much more of what `unit` counts has passed.
  func adding(_ milliseconds: Int, of unit: LimitUnit, to start: Int) -> Int {
    guard milliseconds > 0 else { return start }
    return unit.isWorkingTime ? adding(workingMilliseconds: milliseconds, to: start) : start + milliseconds
  }

  // MARK: Working time

  func workingMilliseconds(from start: Int, to end: Int) -> Int {
    guard end > start else { return 0 }
    var sum = 0
    var day = clock.day(of: start)
    let last = clock.day(of: end)
    while day <= last {
      for span in spans(day) { sum += max(0, min(span.upperBound, end) - max(span.lowerBound, start)) }
      day = day.advanced(by: 1)
    }
    return sum
  }

  /// The earliest instant by which so much more has been worked.
  func adding(workingMilliseconds wanted: Int, to start: Int) -> Int {
    guard wanted > 0 else { return start }
    var left = wanted
    var day = clock.day(of: start)
    while true {
      for span in spans(day) {
        let from = max(span.lowerBound, start)
        guard from < span.upperBound else { continue }
        if left <= span.upperBound - from { return from + left }
        left -= span.upperBound - from
      }
      day = day.advanced(by: 1)
    }
  }

  /// From the middle of a working day to the same point of a later one; from outside working time to the end of the last day, where the
  /// next working day is the first.
  private func adding(workingDays count: Int, to start: Int) -> Int {
    var day = clock.day(of: start)
    let worked = workingMilliseconds(from: clock.instant(day, 0), to: start)
    let isWithin = worked > 0 && worked < workingMilliseconds(in: day)
    if !isWithin, worked > 0 || !isWorkingDay(day) { day = nextWorkingDay(after: day) }
    for _ in 0..<(isWithin ? count : count - 1) { day = nextWorkingDay(after: day) }
    let whole = workingMilliseconds(in: day)
    return adding(workingMilliseconds: isWithin ? min(worked, whole) : whole, to: clock.instant(day, 0))
  }

  private func nextWorkingDay(after day: LocalDay) -> LocalDay {
    var next = day.advanced(by: 1)
    while !isWorkingDay(next) { next = next.advanced(by: 1) }
    return next
  }

  private func workingMilliseconds(in day: LocalDay) -> Int { spans(day).reduce(0) { $0 + $1.count } }

  /// When work is done on a day, as instants. A clock change within it makes a span longer or shorter, never negative.
  private func spans(_ day: LocalDay) -> [Range<Int>] {
    guard isWorkingDay(day) else { return [] }
    return hours.map { hours in
      let start = clock.instant(day, hours.start * 60_000)
      return start..<max(start, clock.instant(day, hours.end * 60_000))
    }
  }
}
