// Deadlines in the domain's words: what an order gets at its dispatch, by extensions, suspensions, rework and escalation, and what the
// ladder makes of them.

import Core
import Testing

@testable import Hub

@Suite struct SupervisionDeadlineTests {
  // 2026-11-25 is a Wednesday.
  private let start = "2026-11-25 10:00"

  @Test(
    arguments: [
      ([("kind", "emergency")], "2026-11-25 10:15", "2026-11-25 14:00"),
      ([("kind", "help"), ("priority", "emergency")], "2026-11-25 10:15", "2026-11-25 14:00"),
      ([("kind", "repair"), ("sector", "water")], "2026-11-25 10:30", "2026-11-26 10:00"),
      ([("kind", "repair"), ("sector", "lighting")], "2026-11-26 10:00", "2026-11-26 10:00"),
      ([("kind", "enquiry")], "2026-11-26 10:00", "2026-11-30 10:00"),
      ([("kind", "complaint")], "2026-11-26 10:00", "2026-12-02 10:00"),
    ] as [([(String, JSON)], String, String)])
  func aDispatchGivesTheDeadlinesOfItsMatter(registers: [(String, JSON)], accept: String, complete: String) throws {
    var tale = try Tale()
    try tale.dispatch(start, registers)
    #expect(try tale.due("accept") == accept)
    #expect(try tale.due("complete") == complete)
    #expect(try tale.due("complete", of: nil) == complete)
    #expect(tale.deadlines().contains { $0.stage == "arrive" } == (complete == "2026-11-25 14:00"))
    #expect(try tale.deadline("accept").state == .open)
    #expect(try tale.deadline("dispatch", of: nil).state == .met(try Tale.time(start)))
  }

  @Test func whoIsOnlyToldOwesNothingAndWhoHelpsSignsForIt() throws {
    let matter = Matter([.set("kind", "emergency")])
    func stages(_ role: String) throws -> Int {
      Deadlines.ofAssignment("a2", role: role, matter, since: try Tale.time(start), .standard).count
    }
    #expect(try stages("lead") == 3)
    #expect(try stages("assist") == 2)
    #expect(try stages("inform") == 0)
    #expect(try stages("oversee") == 0)
  }

  @Test func aDeadlineThatAFileBringsIsNotReplaced() throws {
    let drafts: [Draft] = [.set("kind", "repair"), .set("due/complete", ["at": 5]), Tale.assignment("a1", "water")]
    let given = Deadlines.creating(drafts, since: try Tale.time(start), .standard)
    #expect(!given.contains { if case .set("due/complete", _) = $0 { true } else { false } })
    #expect(given.contains { if case .set("assignment/a1/due/complete", _) = $0 { true } else { false } })
  }

  @Test func stagesAreMetByTheCrewsStepsAndTheOrderByItsClosing() throws {
    var tale = try Tale()
    try tale.dispatch(start, [("kind", "emergency")])
    try tale.tell("2026-11-25 10:05", by: "water", .set("assignment/a1/progress", "accepted"))
    try tale.tell("2026-11-25 11:30", by: "water", .set("assignment/a1/progress", "working"))
    try tale.tell("2026-11-25 13:00", by: "water", .set("assignment/a1/progress", "done"))
    let now = try Tale.time("2026-11-25 15:00")
    #expect(try tale.deadline("accept").state == .met(try Tale.time("2026-11-25 10:05")))
    #expect(try tale.deadline("accept").isInTime(now: now) == true)
    #expect(try tale.deadline("arrive").isInTime(now: now) == false, "11:30 is after 11:00")
    #expect(try tale.deadline("complete").isInTime(now: now) == true)
    #expect(try tale.deadline("complete", of: nil).isInTime(now: now) == false, "the hotline has not closed it")
    try tale.direct("2026-11-25 15:30", .set("closed", ["code": "solved"]))
    #expect(try tale.deadline("complete", of: nil).state == .met(try Tale.time("2026-11-25 15:30")))
  }

  @Test func aCrewThatWorkedBeforeItSignedHasSigned() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.tell("2026-11-25 10:10", by: "water", .set("assignment/a1/progress", "working"))
    #expect(try tale.deadline("accept").state == .met(try Tale.time("2026-11-25 10:10")))
  }

  // MARK: Extensions, suspensions, rework

  @Test func anExtensionMovesTheDeadlineAndKeepsTheFirst() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.grant("2026-11-25 12:00", "extension", until: "2026-11-28 10:00")
    for assignment in ["a1", nil] {
      #expect(try tale.due("complete", of: assignment) == "2026-11-28 10:00")
      #expect(Tale.text(try tale.deadline("complete", of: assignment).first) == "2026-11-26 10:00")
    }
    #expect(try tale.due("accept") == "2026-11-26 10:00", "nothing else moves")
  }

  @Test func aSuspensionStopsTheClockUntilItEndsOrTheCrewGoesOn() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.tell("2026-11-25 10:10", by: "water", .set("assignment/a1/progress", "accepted"))
    try tale.grant("2026-11-25 12:00", "suspension", until: "2026-11-27 12:00")
    #expect(try tale.due("complete") == "2026-11-28 10:00", "two days later")
    #expect(try tale.due("complete", of: nil) == "2026-11-28 10:00")
    try tale.tell("2026-11-26 12:00", by: "water", .set("assignment/a1/progress", "working"))
    #expect(try tale.due("complete") == "2026-11-27 10:00", "the crew went on after one day")
  }

  @Test func aSuspensionWithoutAnEndHoldsTheDeadline() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.grant("2026-11-25 12:00", "suspension")
    #expect(try tale.deadline("complete").state == .paused)
    #expect(try tale.deadline("complete").isInTime(now: try Tale.time("2027-11-25 12:00")) == nil)
    let resumed = try Tale.time("2026-11-26 12:00")
    try tale.tell("2026-11-26 12:00", by: "water", .set("assignment/a1/resumed", ["at": .int(resumed)]))
    #expect(try tale.deadline("complete").state == .open)
    #expect(try tale.due("complete") == "2026-11-27 10:00")
  }

  @Test func aPauseInWorkingTimeCountsWorkingTime() throws {
    var tale = try Tale()
    try tale.dispatch("2026-11-27 10:00", [("kind", "complaint")])
    // From Friday afternoon to Monday noon: two and a half working hours and a morning's.
    try tale.grant("2026-11-27 15:00", "suspension", until: "2026-11-30 12:00")
    #expect(try tale.due("complete") == "2026-12-04 17:30")
  }

  @Test func aPauseThatBeginsAfterTheDeadlineSavesNothing() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.grant("2026-11-26 12:00", "suspension", until: "2026-11-28 12:00")
    #expect(try tale.due("complete") == "2026-11-26 10:00")
  }

  @Test func reworkIsANewRoundWithItsOwnDeadlines() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.tell("2026-11-25 12:00", by: "water", .set("assignment/a1/progress", "done"))
    try tale.direct("2026-11-25 13:00", Tale.assignment("a2", "water", round: 2))
    #expect(try tale.due("complete", of: "a2") == "2026-11-26 13:00")
    #expect(try tale.due("complete", of: nil) == "2026-11-26 13:00")
    #expect(Tale.text(try tale.deadline("complete", of: nil).first) == "2026-11-26 10:00")
    #expect(try tale.deadline("complete").state == .met(try Tale.time("2026-11-25 12:00")))
    #expect(try tale.deadline("complete", of: "a2").state == .open)
  }

  @Test func aRecalledAssignmentOwesNothingMore() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.direct("2026-11-25 10:20", .set("assignment/a1/recalled", ["reason": "wrong trade"]))
    try tale.direct("2026-11-25 10:30", Tale.assignment("a2", "gas"))
    #expect(try tale.deadline("accept").state == .ended)
    #expect(try tale.due("accept", of: "a2") == "2026-11-26 10:30")
    #expect(try tale.due("complete", of: nil) == "2026-11-26 10:00", "the citizen was promised this")
  }

  // MARK: Escalation and changes of policy

  @Test func whoIsMadeMoreUrgentGetsTheShorterLimitFromNowOn() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    try tale.direct("2026-11-25 12:00", .set("priority", "emergency"))
    #expect(try tale.due("complete") == "2026-11-25 16:00")
    #expect(try tale.due("accept") == "2026-11-25 12:15")
    #expect(Tale.text(try tale.deadline("complete").first) == "2026-11-26 10:00")
    try tale.direct("2026-11-25 12:10", .set("priority", "normal"))
    #expect(try tale.due("complete") == "2026-11-25 16:00", "and keeps it")
  }

  @Test func aChangeOfPolicyRewritesNothing() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    var changed = Policy.standard
    changed.limits["complete"] = [LimitRule(name: "none", limit: TimeLimit(1, .minutes))]
    changed.name = "changed"
    #expect(Deadlines.missing(in: tale.view, since: try Tale.time("2026-11-25 12:00"), changed).isEmpty)
    #expect(Deadlines.following([.set("title", "x")], on: tale.view, now: 5, changed).isEmpty)
    let deadlines = Deadline.all(of: tale.view, tale.milestones, created: tale.created, changed)
    #expect(deadlines.filter { $0.stage == "complete" }.allSatisfy { Tale.text($0.at) == "2026-11-26 10:00" })
    #expect(try tale.deadline("complete").policy == "standard/complete/repair")
  }

  @Test func anOrderThatAPlatformMadeIsGivenWhatItLacks() throws {
    var tale = try Tale()
    try tale.tell(start, by: "water", .set("kind", "repair"), .set("assignment/a1", Tale.water))
    let since = try Tale.time("2026-11-25 16:00")
    let missing = Deadlines.missing(in: tale.view, since: since, .standard)
    try tale.tell(since, Tale.edits(missing))
    #expect(try tale.due("complete") == "2026-11-26 16:00", "from when the hub has it")
    #expect(Deadlines.missing(in: tale.view, since: since, .standard).isEmpty)
  }

  // MARK: The ladder

  @Test func theLadderHasItsRungsInOrderAndEachOnce() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    func rung(_ time: String) throws -> Rung {
      let deadline = try tale.deadline("complete")
      let soon = deadline.soonAt(percent: 20, tale.policy.calendar)
      return Ladder.rung(deadline, tale.milestones, soonAt: soon, now: try Tale.time(time))
    }
    func next() throws -> String? {
      let rule = tale.policy.ladder(for: "complete", of: Matter(tale.view), since: try Tale.time(start))
      return Ladder.next(try tale.deadline("complete"), tale.milestones, rule, tale.policy.calendar)
        .map { "\($0.reminder.rawValue) \(Tale.text($0.at))" }
    }
    #expect(try rung("2026-11-26 05:11") == .inTime)
    #expect(try rung("2026-11-26 05:12") == .dueSoon)
    #expect(try rung("2026-11-26 10:00") == .dueSoon)
    #expect(try rung("2026-11-26 10:01") == .overdue)
    #expect(try next() == "urge 2026-11-26 10:05")
    try tale.tell("2026-11-26 10:05", Tale.reminder(.urge))
    #expect(try rung("2026-11-26 10:06") == .urged)
    #expect(try next() == "supervise 2026-11-27 10:00")
    try tale.tell("2026-11-27 10:00", Tale.reminder(.supervise))
    #expect(try rung("2026-11-27 10:01") == .supervised)
    #expect(try next() == nil)
  }

  @Test func whoIsUrgedLateHasAsLongUntilItIsSupervised() throws {
    var tale = try Tale()
    try tale.dispatch("2026-11-25 10:00", [("kind", "emergency")])
    // The hub was down for three hours behind the deadline of 14:00.
    try tale.tell("2026-11-25 17:00", Tale.reminder(.urge))
    let rule = tale.policy.ladder(for: "complete", of: Matter(tale.view), since: tale.created)
    let next = Ladder.next(try tale.deadline("complete"), tale.milestones, rule, tale.policy.calendar)
    #expect(next?.reminder == .supervise)
    #expect(next.map { Tale.text($0.at) } == "2026-11-25 17:14", "fourteen minutes, as between 14:01 and 14:15")
  }

  @Test func whatIsMetPausedOrTheHotlinesOwnIsNotReminded() throws {
    var tale = try Tale()
    try tale.dispatch(start)
    let rule = tale.policy.ladder.last
    func next(_ stage: String, _ assignment: String?) throws -> Reminder? {
      Ladder.next(try tale.deadline(stage, of: assignment), tale.milestones, rule, tale.policy.calendar)?.reminder
    }
    #expect(try next("accept", "a1") == .urge)
    #expect(try next("complete", nil) == nil)
    #expect(try next("dispatch", nil) == nil)
    try tale.tell("2026-11-25 10:05", by: "water", .set("assignment/a1/progress", "accepted"))
    #expect(try next("accept", "a1") == nil)
    #expect(try next("complete", "a1") == .urge)
    try tale.grant("2026-11-25 12:00", "suspension")
    #expect(try next("complete", "a1") == nil)
  }

  // MARK: The hub's clock

  /// FAULTS row 51: what a wrong clock dated is put right by as much as it was wrong; what a person chose is not.
  @Test func deadlinesThatAWrongClockBeganMoveWithItsCorrection() throws {
    let hour = 3_600_000
    var tale = try Tale()
    try tale.dispatch(start)
    let began = try Tale.time(start)
    let correction = ClockCorrection(since: began - hour, until: began + hour, by: hour)
    #expect(Tale.text(try tale.deadline("complete", corrections: [correction]).at) == "2026-11-26 11:00")
    #expect(Tale.text(try tale.deadline("accept", corrections: [correction]).since) == "2026-11-25 11:00")
    let before = ClockCorrection(since: began - 2 * hour, until: began - hour, by: hour)
    #expect(Tale.text(try tale.deadline("complete", corrections: [before]).at) == "2026-11-26 10:00")
    try tale.grant("2026-11-25 10:30", "extension", until: "2026-11-28 10:00")
    #expect(Tale.text(try tale.deadline("complete", corrections: [correction]).at) == "2026-11-28 10:00")
  }
}

extension Tale {
  static let water: JSON = ["platform": "water", "role": "lead", "round": 1]

  /// What the hub writes when it reminds by itself.
  static func reminder(_ reminder: Reminder, stage: String = "complete") -> Edit {
    let value: JSON =
      reminder == .urge
      ? ["text": "x", "assignment": "a1", "stage": .string(stage)]
      : ["to": "water", "demand": "x", "assignment": "a1", "stage": .string(stage)]
    return .append(kind: reminder.rawValue, value: JSONText(value))
  }
}
