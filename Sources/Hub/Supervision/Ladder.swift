// The reminder ladder: due soon, overdue, urged, supervised. Which rung a deadline is on, and what the hub does next and when. Pure.

import Core

/// How far a deadline has come.
enum Rung: String, Sendable, CaseIterable, Comparable {
  case inTime, dueSoon, overdue, urged, supervised

  static func < (left: Rung, right: Rung) -> Bool {
    (allCases.firstIndex(of: left) ?? 0) < (allCases.firstIndex(of: right) ?? 0)
  }
}

/// What the hub writes by itself.
enum Reminder: String, Sendable, CaseIterable {
  case urge, supervise

  /// By what it is known that it was done (`Milestones.reminders`).
  func key(_ deadline: Deadline) -> String { "\(deadline.assignment ?? "")/\(deadline.stage)/\(rawValue)" }
}

enum Ladder {
  /// The rung of an open deadline at a time; one that is paused is in time.
  static func rung(
    _ deadline: Deadline, _ milestones: Milestones, soonAt: Int, now: Int
  ) -> Rung {
    guard case .open = deadline.state else { return .inTime }
    guard now > deadline.at else { return now >= soonAt ? .dueSoon : .inTime }
    if milestones.reminders[Reminder.supervise.key(deadline)] != nil { return .supervised }
    return milestones.reminders[Reminder.urge.key(deadline)] != nil ? .urged : .overdue
  }

  /// The next thing to do about a deadline and when, nil where there is none: not its own dispatch, not the order's own, once each.
  ///
  /// Who is urged late, since the hub was down or its clock wrong, has as long until it is supervised as who is urged in time.
  static func next(
    _ deadline: Deadline, _ milestones: Milestones, _ rule: LadderRule?, _ calendar: WorkingCalendar
  ) -> (reminder: Reminder, at: Int)? {
    guard case .open = deadline.state, deadline.assignment != nil, let rule,
      milestones.reminders[Reminder.supervise.key(deadline)] == nil
    else { return nil }
    let urged = milestones.reminders[Reminder.urge.key(deadline)]
    if urged == nil, let after = rule.urgeAfter {
      return (.urge, calendar.end(of: after, from: deadline.at))
    }
    guard let after = rule.superviseAfter else { return nil }
    let at = calendar.end(of: after, from: deadline.at)
    guard let urged, let urgeAfter = rule.urgeAfter else { return (.supervise, at) }
    let inTime = calendar.end(of: urgeAfter, from: deadline.at)
    guard urged > inTime else { return (.supervise, at) }
    let unit = after.unit
    return (.supervise, max(at, calendar.adding(calendar.elapsed(unit, from: inTime, to: at), of: unit, to: urged)))
  }
}
