// What one order contributes to the indicators: on which day and for which platform it counts for what. A pure function of the order, its
// milestones and the policy, and of no clock: an order that is not over counts on the day of its deadline, which whoever reads the figures
// before that day has passed takes out again.

import Core

struct Contribution: Sendable, Equatable {
  /// Where something counts.
  struct Cell: Hashable, Comparable, Sendable {
    let day: LocalDay
    /// Empty where no platform has the order.
    let platform: String

    static func < (left: Cell, right: Cell) -> Bool {
      left.day == right.day ? left.platform < right.platform : left.day < right.day
    }
  }

  var sector = ""
  var district = ""
  private(set) var cells: [Cell: Figures] = [:]

  init() {}

  private mutating func add(_ figure: Figure, _ cell: Cell, _ count: Int = 1) {
    cells[cell, default: Figures()].add(figure, count)
  }

  /// - Parameters:
  ///   - created: when the hub first held the order.
  ///   - deadlines: all of the order.
  init(
    of view: OrderView, _ milestones: Milestones, created: Int, deadlines: [Deadline], _ policy: Policy,
    _ corrections: [ClockCorrection]
  ) {
    sector = Contribution.word(view.state.value("sector"))
    district = Contribution.word(view.state.value("location")?["district"])
    let days = Days(clock: policy.calendar.clock, corrections: corrections)
    let leads = view.assignments.filter(\.isLead)
    let lead = (leads.last(where: \.isActive) ?? leads.last)?.platform ?? ""
    let taken = Cell(day: days.ofWrite(created), platform: lead)
    add(.received, taken)
    if let dispatch = deadlines.first(where: { $0.stage == Deadline.dispatch }), case .met(let at) = dispatch.state {
      add(.dispatched, taken)
      if at <= dispatch.at { add(.dispatchedInTime, taken) }
    }
    addCompletion(view, deadlines.first { $0.stage == "complete" && $0.assignment == nil }, taken, lead, days)
    for assignment in view.assignments {
      addResponse(of: assignment, deadlines, days)
      addHandling(of: assignment, milestones, days)
    }
    addVerdict(view, lead, days)
    for at in milestones.urges { add(.urges, Cell(day: days.ofWrite(at), platform: lead)) }
    for at in milestones.supervisions { add(.supervisions, Cell(day: days.ofWrite(at), platform: lead)) }
    for callBack in milestones.callBacks {
      let cell = Cell(day: days.ofWrite(callBack.at), platform: lead)
      add(.callBacks, cell)
      if callBack.reached { add(.reached, cell) }
    }
  }

  /// A word by which figures are told apart; a longer one is none.
  private static func word(_ json: JSON?) -> String {
    guard let text = json?.asString, text.utf8.count <= 64 else { return "" }
    return text
  }

  // MARK: Parts

  /// On which local day something was.
  private struct Days {
    let clock: LocalClock
    let corrections: [ClockCorrection]

    /// A time as it was written, which a wrong clock may have dated.
    func ofWrite(_ time: Int) -> LocalDay { clock.day(of: ClockCorrection.corrected(time, corrections)) }
    /// A time that is corrected already.
    func of(_ time: Int) -> LocalDay { clock.day(of: time) }
  }

  private mutating func addCompletion(
    _ view: OrderView, _ deadline: Deadline?, _ taken: Cell, _ lead: String, _ days: Days
  ) {
    guard let closed = view.state.shown("closed"), !closed.value.isNull else {
      // Not closed: it counts from its deadline on. One that stands still, or is cancelled, does not.
      if let deadline, case .open = deadline.state {
        add(.due, Cell(day: days.of(deadline.at), platform: lead))
      }
      return
    }
    let at = closed.at.milliseconds
    let cell = Cell(day: min(days.ofWrite(at), deadline.map { days.of($0.at) } ?? days.ofWrite(at)), platform: lead)
    add(.due, cell)
    add(.closed, cell)
    if deadline?.isInTime(now: at) ?? true { add(.closedInTime, cell) }
    if closed.value.json["code"] == "answered", view.assignments.isEmpty { add(.answeredAtDesk, taken) }
  }

  /// Accepted in time and, where there is a deadline for that, the citizen rung in time.
  private mutating func addResponse(of assignment: AssignmentView, _ deadlines: [Deadline], _ days: Days) {
    let own = deadlines.filter {
      $0.assignment == assignment.id && ($0.stage == "accept" || $0.stage == "contact") && $0.state != .ended
    }
    guard let last = own.map(\.at).max(), !own.contains(where: { $0.state == .paused }) else { return }
    let met = own.compactMap { if case .met(let at) = $0.state { at } else { nil } }
    let isMet = met.count == own.count
    let at = isMet ? min(last, met.max() ?? last) : last
    let cell = Cell(day: days.of(at), platform: assignment.platform)
    add(.responseDue, cell)
    if isMet, own.allSatisfy({ $0.isInTime(now: last) == true }) { add(.responded, cell) }
  }

  private mutating func addHandling(
    of assignment: AssignmentView, _ milestones: Milestones, _ days: Days
  ) {
    let made = assignment.write.at.milliseconds
    if assignment.isLead, let done = milestones.reached("done", by: assignment.id) {
      cells[Cell(day: days.ofWrite(done), platform: assignment.platform), default: Figures()].addHandling(
        max(0, done - made))
    }
    if assignment.isLead, assignment.round > 1 {
      add(.reworks, Cell(day: days.ofWrite(made), platform: assignment.platform))
    }
    for request in assignment.requests {
      let cell = Cell(day: days.ofWrite(request.madeAt), platform: assignment.platform)
      switch request.type {
      case "return":
        add(.returnsAsked, cell)
        if request.granted == true { add(.returnsGranted, cell) }
      case "extension" where request.granted == true: add(.extensionsGranted, cell)
      default: break
      }
    }
  }

  /// What the hotline judged, unless it granted that this does not count.
  private mutating func addVerdict(_ view: OrderView, _ lead: String, _ days: Days) {
    let isExempt = view.assignments.contains { $0.requests.contains { $0.type == "exemption" && $0.granted == true } }
    guard !isExempt, let verdict = view.state.shown("verdict") else { return }
    let cell = Cell(day: days.ofWrite(verdict.at.milliseconds), platform: lead)
    if let solved = verdict.value.json["solved"]?.asBool { add(solved ? .solved : .unsolved, cell) }
    if let satisfied = verdict.value.json["satisfied"]?.asBool { add(satisfied ? .satisfied : .unsatisfied, cell) }
  }

  // MARK: Bytes

  /// As it is stored beside the order, so that it can be taken out of the sums again.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    func write(_ text: String) {
      Figures.write(text.utf8.count, to: &bytes)
      bytes += text.utf8
    }
    write(sector)
    write(district)
    for cell in cells.keys.sorted() {
      Figures.write(cell.day.number, to: &bytes)
      write(cell.platform)
      let figures = cells[cell]?.bytes ?? []
      Figures.write(figures.count, to: &bytes)
      bytes += figures
    }
    return bytes
  }

  init(bytes: [UInt8]) {
    var position = 0
    func part() -> [UInt8]? {
      guard let count = Figures.read(bytes, &position), count >= 0, count <= bytes.count - position else { return nil }
      position += count
      return Array(bytes[position - count..<position])
    }
    guard let sector = part(), let district = part() else { return }
    self.sector = String(decoding: sector, as: UTF8.self)
    self.district = String(decoding: district, as: UTF8.self)
    while let day = Figures.read(bytes, &position), let platform = part(), let figures = part() {
      cells[Cell(day: LocalDay(number: day), platform: String(decoding: platform, as: UTF8.self))] = Figures(
        bytes: figures)
    }
  }
}
