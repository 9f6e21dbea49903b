// One deadline as it stands: its register read with the pauses of its assignment, the corrections of the hub's clock, and what was reached.
// Pure, and without a clock: whether it has passed is for who asks.

import Core

/// A correction of the hub's clock: what was dated between the two was dated wrong by so much.
struct ClockCorrection: Sendable, Hashable {
  /// By the wrong clock, milliseconds.
  let since: Int
  let until: Int
  /// What must be added.
  let by: Int

  /// The true time of a wrong one.
  static func corrected(_ time: Int, _ corrections: [ClockCorrection]) -> Int {
    corrections.reduce(time) { ($1.since...$1.until).contains($0) ? $0 + $1.by : $0 }
  }
}

/// A time in which a clock stands still.
struct Pause: Sendable, Hashable {
  let from: Int
  /// Nil: nobody knows until when.
  let to: Int?
}

struct Deadline: Sendable, Hashable {
  /// How it stands.
  enum State: Sendable, Hashable {
    /// Asked for.
    case open
    /// The clock stands still, and nobody has said until when; or it counts from a receipt that nobody knows of yet.
    case paused
    /// Reached, and when.
    case met(Int)
    /// Not asked for any more: recalled, returned, another round, cancelled, or closed before it was reached.
    case ended
  }

  /// The order's own first dispatch, beside the register table's stages.
  static let dispatch = "dispatch"

  let stage: String
  /// Nil: the order's own.
  let assignment: String?
  /// Empty where nobody has it yet.
  let platform: String
  /// When the clock began.
  let since: Int
  /// By when, pauses included; of one that is paused without an end, by when it would have been.
  let at: Int
  /// By when it was promised first.
  let first: Int
  let limit: TimeLimit?
  let policy: String
  let state: State
  /// True while it counts from a receipt that nobody knows of yet.
  var awaitsReceipt = false

  var isOpen: Bool { state == .open || state == .paused }

  /// True or false once that is decided, nil while it is open; an ended one never says.
  func isInTime(now: Int) -> Bool? {
    switch state {
    case .met(let time): time <= at
    case .open: now > at ? false : nil
    case .paused, .ended: nil
    }
  }

  /// From when it is due soon: only so many percent of the limit are left.
  func soonAt(percent: Int, _ calendar: WorkingCalendar) -> Int {
    let unit = limit?.unit ?? .minutes
    let whole = calendar.elapsed(unit, from: since, to: at)
    return calendar.adding(whole / 100 * (100 - percent), of: unit, to: since)
  }
}

extension Deadline {
  /// All of an order.
  ///
  /// - Parameter created: when the hub first held it.
  static func all(
    of view: OrderView, _ milestones: Milestones, created: Int, _ policy: Policy, _ corrections: [ClockCorrection] = []
  ) -> [Deadline] {
    var found: [Deadline] = []
    if let dispatch = ofDispatch(view, created: created, policy, corrections) { found.append(dispatch) }
    let reading = Reading(view: view, milestones: milestones, calendar: policy.calendar, corrections: corrections)
    if let own = reading.ofOrder() { found.append(own) }
    for assignment in view.assignments { found += reading.of(assignment) }
    return found
  }

  /// The hotline's own: who took an order dispatches it, or answers it at the desk.
  private static func ofDispatch(
    _ view: OrderView, created: Int, _ policy: Policy, _ corrections: [ClockCorrection]
  ) -> Deadline? {
    guard view.state.id.maker.isHub else { return nil }
    let since = ClockCorrection.corrected(created, corrections)
    let first = view.assignments.map { ClockCorrection.corrected($0.write.at.milliseconds, corrections) }.min()
    let state: State =
      if let first { .met(max(first, since)) } else if view.isClosed || view.isCancelled { .ended } else { .open }
    let at = policy.calendar.end(of: policy.dispatch, from: since)
    return Deadline(
      stage: dispatch, assignment: nil, platform: "", since: since, at: at, first: at, limit: policy.dispatch,
      policy: "\(policy.name)/dispatch", state: state)
  }
}

/// Reads one order's due registers.
private struct Reading {
  let view: OrderView
  let milestones: Milestones
  let calendar: WorkingCalendar
  let corrections: [ClockCorrection]

  func of(_ assignment: AssignmentView) -> [Deadline] {
    let pauses = pauses(of: assignment)
    return RegisterTable.stages.compactMap { stage in
      read(
        "assignment/\(assignment.id)/due/\(stage)", stage, assignment: assignment, platform: assignment.platform, pauses
      ) { since in
        if let reached = reached(stage, assignment, since: since) { return .met(max(reached, since)) }
        let isAsked = assignment.isActive && assignment.round == view.round && !view.isClosed && !view.isCancelled
        return isAsked ? .open : .ended
      }
    }
  }

  func ofOrder() -> Deadline? {
    let leads = view.assignments.filter(\.isLead)
    let lead = leads.last(where: \.isActive) ?? leads.last
    return read(
      "due/complete", "complete", assignment: nil, platform: lead?.platform ?? "", leads.flatMap { pauses(of: $0) }
    ) { since in
      if let closed = view.state.shown("closed"), !closed.value.isNull {
        return .met(max(ClockCorrection.corrected(closed.at.milliseconds, corrections), since))
      }
      return view.status(now: 0) == .cancelled ? .ended : .open
    }
  }

  private func read(
    _ register: String, _ stage: String, assignment: AssignmentView?, platform: String, _ pauses: [Pause],
    _ state: (_ since: Int) -> Deadline.State
  ) -> Deadline? {
    guard let shown = view.state.shown(register), let at = shown.value.json["at"]?.asInt else { return nil }
    let value = shown.value.json
    let written = value["since"]?.asInt ?? shown.at.milliseconds
    // A deadline that the wrong clock began is as wrong as that clock; a time that a person chose is not.
    let isAsGiven = value["since"] != nil && value["at"] == value["first"]
    let correction = isAsGiven ? ClockCorrection.corrected(written, corrections) - written : 0
    let limit = value["unit"]?.asString.flatMap(LimitUnit.init).flatMap { unit in
      value["limit"]?.asInt.map { TimeLimit($0, unit) }
    }
    let dispatched = ClockCorrection.corrected(written, corrections)
    var since = dispatched
    var due = at + correction
    var first = (value["first"]?.asInt ?? at) + correction
    var isAwaited = false
    if isAsGiven, value["from"]?.asString == LimitStart.receipt.rawValue, let assignment, let limit {
      let receipt = milestones.receipt(of: assignment.id)
      isAwaited = receipt == nil
      since = receipt.map { max(ClockCorrection.corrected($0, corrections), dispatched) } ?? dispatched
      due = calendar.end(of: limit, from: since)
      first = due
    }
    var state = state(since)
    let paused = pausing(due, limit?.unit ?? .minutes, since: since, pauses)
    if case .open = state, paused.isStandingStill || isAwaited { state = .paused }
    return Deadline(
      stage: stage, assignment: assignment?.id, platform: platform, since: since, at: paused.at, first: first,
      limit: limit, policy: value["policy"]?.asString ?? "", state: state,
      awaitsReceipt: isAwaited && state == .paused)
  }

  /// By how much pauses move a deadline. One that begins after it has passed does not.
  private func pausing(
    _ at: Int, _ unit: LimitUnit, since: Int, _ pauses: [Pause]
  ) -> (at: Int, isStandingStill: Bool) {
    var at = at
    var reached = since
    for pause in pauses.sorted(by: { $0.from < $1.from }) {
      let from = max(pause.from, reached)
      guard from < at else { continue }
      guard let to = pause.to else { return (at, true) }
      at = calendar.adding(calendar.elapsed(unit, from: from, to: to), of: unit, to: at)
      reached = max(reached, to)
    }
    return (at, false)
  }

  /// The granted suspensions of an assignment: from the grant to its end, its being ended, or the next step of the crew.
  private func pauses(of assignment: AssignmentView) -> [Pause] {
    let prefix = "assignment/\(assignment.id)"
    let resumed = view.state.siblings(prefix + "/resumed").compactMap { $0.value.json["at"]?.asInt }
    let steps = (milestones.steps[assignment.id] ?? []).map(\.at)
    return assignment.requests.compactMap { request in
      guard request.type == "suspension", request.granted == true,
        let answer = view.state.shown("\(prefix)/request/\(request.id)/answer")
      else { return nil }
      let from = answer.at.milliseconds
      let ends = (resumed + steps).filter { $0 > from } + [request.grantedUntil].compactMap(\.self)
      return Pause(from: from, to: ends.min().map { max($0, from) })
    }
  }

  private func reached(_ stage: String, _ assignment: AssignmentView, since: Int) -> Int? {
    switch stage {
    case "accept": milestones.reached("accepted", by: assignment.id)
    case "contact": milestones.contacted(by: assignment.platform, since: since)
    case "arrive": milestones.reached("onSite", by: assignment.id)
    case "makeSafe": milestones.reached("waiting", by: assignment.id)
    default: milestones.reached("done", by: assignment.id)
    }
  }
}
