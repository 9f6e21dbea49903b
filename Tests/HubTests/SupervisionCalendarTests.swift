// Working time and limits through it: weekends, holidays and days worked instead of them, clock changes, the year's end, 2038; and that
// it is a measure.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct SupervisionCalendarTests {
  private let standard = Policy.standard.calendar

  private func calendar(_ zone: String, _ hours: [(Int, Int)] = [(9, 17)]) throws -> WorkingCalendar {
    WorkingCalendar(
      clock: LocalClock(timeZone: try #require(TimeZone(identifier: zone))), weekdays: [1, 2, 3, 4, 5],
      hours: hours.map { .init(start: $0.0 * 60, end: $0.1 * 60) })
  }

  private func end(_ limit: TimeLimit, _ calendar: WorkingCalendar, from text: String) throws -> String {
    var policy = Policy.standard
    policy.calendar = calendar
    return Tale.text(calendar.end(of: limit, from: try Tale.time(text, policy)), policy)
  }

  // 2026-11-25 is a Wednesday.
  @Test(arguments: [
    // Round the clock, on any day.
    (TimeLimit(30, .minutes), "2026-11-28 23:50", "2026-11-29 00:20"),
    (TimeLimit(1_440, .minutes), "2026-12-31 23:30", "2027-01-01 23:30"),
    // Three calendar days, over the year's end.
    (TimeLimit(3, .days), "2026-12-30 10:00", "2027-01-02 10:00"),
    // Through lunch, and from the evening.
    (TimeLimit(2, .workingHours), "2026-11-25 11:00", "2026-11-25 14:30"),
    (TimeLimit(2, .workingHours), "2026-11-25 20:00", "2026-11-26 10:30"),
    (TimeLimit(4, .workingHours), "2026-11-27 16:30", "2026-11-30 11:30"),
    // From the middle of a day to the same hour.
    (TimeLimit(1, .workingDays), "2026-11-25 10:00", "2026-11-26 10:00"),
    (TimeLimit(5, .workingDays), "2026-11-25 10:00", "2026-12-02 10:00"),
    // On a Friday at noon, in the break: as much of Monday as of Friday.
    (TimeLimit(1, .workingDays), "2026-11-27 12:40", "2026-11-30 12:00"),
    // From outside working time to the end of the last day.
    (TimeLimit(1, .workingDays), "2026-11-28 15:00", "2026-11-30 17:30"),
    (TimeLimit(3, .workingDays), "2026-11-27 18:00", "2026-12-02 17:30"),
    (TimeLimit(1, .workingDays), "2026-11-25 07:00", "2026-11-25 17:30"),
    (TimeLimit(0, .workingDays), "2026-11-28 15:00", "2026-11-28 15:00"),
    // After 19 January 2038, 03:14:07 UTC.
    (TimeLimit(3, .workingDays), "2038-01-18 11:14", "2038-01-21 11:14"),
  ])
  func aLimitEndsByTheCalendar(limit: TimeLimit, from: String, end: String) throws {
    #expect(try self.end(limit, standard, from: from) == end)
  }

  @Test func holidaysAreLeftOutAndTheDaysWorkedInsteadOfThemCount() throws {
    var calendar = standard
    // The National Day of 2026: 1 to 7 October off, Saturday 10 worked.
    calendar.holidays = Set((1...7).compactMap { LocalDay(year: 2026, month: 10, day: $0) })
    calendar.makeUpDays = [try #require(LocalDay("2026-10-10"))]
    #expect(try end(TimeLimit(2, .workingDays), calendar, from: "2026-09-30 10:00") == "2026-10-09 10:00")
    #expect(try end(TimeLimit(3, .workingDays), calendar, from: "2026-09-30 10:00") == "2026-10-10 10:00")
    #expect(try end(TimeLimit(1, .workingDays), calendar, from: "2026-10-03 10:00") == "2026-10-08 17:30")
    #expect(try end(TimeLimit(8, .workingHours), calendar, from: "2026-10-09 13:30") == "2026-10-10 14:00")
    #expect(try end(TimeLimit(240, .minutes), calendar, from: "2026-10-03 10:00") == "2026-10-03 14:00")
  }

  /// FAULTS row 54. Clocks went forward in New York on 8 March 2026 at 2:00, and back on 1 November at 2:00.
  @Test func aDayOfTheCalendarHasAsManyHoursAsItsClockChangesGiveIt() throws {
    let calendar = try calendar("America/New_York", [(0, 24)])
    #expect(try end(TimeLimit(1, .days), calendar, from: "2026-03-07 10:00") == "2026-03-08 10:00")
    #expect(try end(TimeLimit(1_440, .minutes), calendar, from: "2026-03-07 10:00") == "2026-03-08 11:00")
    #expect(try end(TimeLimit(1_440, .minutes), calendar, from: "2026-10-31 10:00") == "2026-11-01 09:00")
    // What the clock leaves out counts on from before it.
    #expect(try end(TimeLimit(1, .days), calendar, from: "2026-03-07 02:30") == "2026-03-08 03:30")
    let day = try #require(LocalDay("2026-11-01"))
    let hour = 3_600_000
    var whole = calendar
    whole.weekdays = [7]
    #expect(
      whole.workingMilliseconds(from: calendar.clock.instant(day, 0), to: calendar.clock.instant(day, 24 * hour))
        == 25 * hour)
  }

  @Test func daysAreReadAndWrittenOverTheWholeCalendar() throws {
    for text in ["1969-12-31", "1970-01-01", "2000-02-29", "2026-11-25", "2038-01-19", "2100-03-01"] {
      #expect(try #require(LocalDay(text)).description == text)
    }
    for text in ["2026-02-29", "2026-13-01", "2026-11-31", "26-11-25", "2026-11-5", "２０２６-11-25", ""] {
      #expect(LocalDay(text) == nil)
    }
    #expect(try #require(LocalDay("2026-11-25")).weekday == 3)
    #expect(try #require(LocalDay("1969-12-28")).weekday == 7)
    for number in stride(from: -200_000, to: 200_000, by: 137) {
      let (year, month, day) = LocalDay(number: number).parts
      #expect(LocalDay(year: year, month: month, day: day)?.number == number)
    }
  }

  @Test func aWrongUnitOrNumberIsNoLimit() {
    #expect(TimeLimit.parse("30 minutes").limit == TimeLimit(30, .minutes))
    for text in ["30", "30 min", "30m", "-1 minutes", "1.5 workingDays", "minutes", "99999999999 days", "1 2 days", ""]
    {
      #expect(TimeLimit.parse(text).limit == nil, "\(text)")
    }
  }
}

/// What must hold of every calendar, limit and instant.
@Suite struct SupervisionCalendarProperties {
  private static let zones = ["Asia/Shanghai", "America/New_York", "Australia/Lord_Howe", "UTC"]
  private static let cases = 6_000

  /// A calendar of random weekdays, hours and holidays, and an instant between 1995 and 2045.
  private func random(_ generator: inout SeededGenerator) throws -> (calendar: WorkingCalendar, instant: Int) {
    let zone = try #require(TimeZone(identifier: Self.zones.randomElement(using: &generator) ?? "UTC"))
    let cuts = Set((0..<4).map { _ in Int.random(in: 0...96, using: &generator) * 15 }).sorted()
    let hours =
      cuts.count < 4
      ? [WorkingCalendar.Hours(start: 540, end: 1_020)]
      : [
        .init(start: cuts[0], end: cuts[1]), .init(start: cuts[2], end: cuts[3]),
      ]
    let weekdays = Set(
      (1...7).filter { _ in Bool.random(using: &generator) } + [Int.random(in: 1...7, using: &generator)])
    let instant = Int.random(in: 788_918_400_000...2_366_841_600_000, using: &generator)
    var calendar = WorkingCalendar(clock: LocalClock(timeZone: zone), weekdays: weekdays, hours: hours)
    let day = calendar.clock.day(of: instant)
    calendar.holidays = Set((0..<10).map { _ in day.advanced(by: Int.random(in: 0...30, using: &generator)) })
    calendar.makeUpDays = Set((0..<3).map { _ in day.advanced(by: Int.random(in: 0...30, using: &generator)) })
    return (calendar, instant)
  }

  private func check(_ body: (WorkingCalendar, Int, inout SeededGenerator) throws -> Void) throws {
    for seed in 0..<UInt64(Self.cases) {
      var generator = SeededGenerator(state: seed)
      let (calendar, instant) = try random(&generator)
      try body(calendar, instant, &generator)
    }
  }

  @Test func aLaterStartNeverEndsEarlierAndALongerLimitNeverSooner() throws {
    try check { calendar, instant, generator in
      for unit in LimitUnit.allCases {
        let count = Int.random(in: 0...20, using: &generator)
        let later = instant + Int.random(in: 0...90_000_000, using: &generator)
        let limit = TimeLimit(count, unit)
        let end = calendar.end(of: limit, from: instant)
        #expect(end >= instant)
        #expect(calendar.end(of: limit, from: later) >= end, "\(unit) \(count) from \(instant) and \(later)")
        #expect(calendar.end(of: TimeLimit(count + 1, unit), from: instant) >= end)
      }
    }
  }

  @Test func workingTimeIsAMeasure() throws {
    try check { calendar, instant, generator in
      let wanted = Int.random(in: 1...400_000_000, using: &generator)
      let end = calendar.adding(workingMilliseconds: wanted, to: instant)
      #expect(calendar.workingMilliseconds(from: instant, to: end) == wanted, "what is added is there")
      #expect(calendar.workingMilliseconds(from: instant, to: end - 1) == wanted - 1, "and no instant too late")
      let middle = Int.random(in: instant...end, using: &generator)
      let first = calendar.workingMilliseconds(from: instant, to: middle)
      #expect(first + calendar.workingMilliseconds(from: middle, to: end) == wanted)
      let part = Int.random(in: 0...wanted, using: &generator)
      let there = calendar.adding(workingMilliseconds: part, to: instant)
      #expect(calendar.adding(workingMilliseconds: wanted - part, to: there) == end)
    }
  }

  @Test func limitsAddUpWhereNoClockChangesBetween() throws {
    try check { calendar, instant, generator in
      guard ["Asia/Shanghai", "UTC"].contains(calendar.clock.timeZone.identifier) else { return }
      for unit in LimitUnit.allCases {
        let (a, b) = (Int.random(in: 0...9, using: &generator), Int.random(in: 0...9, using: &generator))
        let there = calendar.end(of: TimeLimit(a, unit), from: instant)
        #expect(
          calendar.end(of: TimeLimit(b, unit), from: there) == calendar.end(of: TimeLimit(a + b, unit), from: instant),
          "\(a) + \(b) \(unit.rawValue) from \(instant)")
      }
    }
  }

  @Test func anInstantIsFoundAgainByItsLocalTime() throws {
    try check { calendar, instant, _ in
      let (day, milliseconds) = calendar.clock.local(instant)
      #expect((0..<86_400_000).contains(milliseconds))
      let again = calendar.clock.instant(day, milliseconds)
      // Of a local time that comes twice the first is meant.
      #expect(again == instant || calendar.clock.local(again) == (day, milliseconds) && again < instant)
    }
  }
}
