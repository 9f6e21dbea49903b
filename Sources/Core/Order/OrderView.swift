// What a state means: assignments, requests, the derived status. Computed, never stored as truth; a pure function of state and clock.

/// The derived status (DOMAIN §3).
public enum OrderStatus: String, Sendable, CaseIterable {
  case received, dispatched, accepted, inProgress, repaired, calledBack, closed, suspended, returned, recalled,
    cancelled

  /// True once nothing more is expected of a platform.
  public var isOver: Bool { self == .closed || self == .cancelled }
}

/// A platform's request and its answer.
public struct RequestView: Sendable {
  public let id: String
  public let type: String
  public let reason: String
  public let until: Int?
  public let isWithdrawn: Bool
  /// True, false, or nil while unanswered.
  public let granted: Bool?
  /// Until when it was granted.
  public let grantedUntil: Int?
  /// When it was made, milliseconds by its author's clock.
  public let madeAt: Int
  public var isOpen: Bool { granted == nil && !isWithdrawn }
}

/// One platform's charge of one order in one round.
public struct AssignmentView: Sendable {
  public let id: String
  public let platform: String
  public let role: String
  public let round: Int
  public let cause: String
  public let instruction: String
  /// The write that made it.
  public let write: Sibling
  /// The furthest step, nil before acceptance.
  public let progress: String?
  public let requests: [RequestView]
  /// Recalled, and not overruled by a concurrent `done`.
  public internal(set) var isRecalled = false
  /// Ended by a granted return, and not overruled by `done`.
  public internal(set) var isReturned = false
  /// Granted suspensions that no later or concurrent work ended: until when each holds.
  public internal(set) var suspensions: [Int?] = []

  public var isDone: Bool { progress == "done" }
  public var isLead: Bool { role == "lead" }
  /// Extensions that were granted; the policy has a limit on them.
  public var grantedExtensions: Int { granted("extension") }
  /// Requests of a type that were granted.
  public func granted(_ type: String) -> Int { requests.count { $0.type == type && $0.granted == true } }
  /// True while the platform is responsible.
  public var isActive: Bool { !isRecalled && !isReturned }
  /// True while it decides the order's status: it is responsible, or has done the work.
  var isAtWork: Bool { isActive || (isDone && !isRecalled) }
  /// True at a time when a suspension holds.
  public func isSuspended(now: Int) -> Bool { !isDone && suspensions.contains { $0 == nil || $0! > now } }
  /// Until when the suspensions hold; nil where one of them has no end, or there is none.
  public var suspendedUntil: Int? { suspensions.contains(nil) ? nil : suspensions.compactMap(\.self).max() }
}

/// A state, read for its meaning.
public struct OrderView: Sendable {
  public let state: OrderState
  /// By round, then the time of the write; those of one change by id.
  public let assignments: [AssignmentView]
  public let contradictions: [Contradiction]

  public init(_ state: OrderState) {
    self.state = state
    var assignments = OrderView.readAssignments(state)
    // Effects need the contradictions, and two of those need to know what is recalled: recalled first, then the rest.
    for index in assignments.indices {
      let prefix = "assignment/\(assignments[index].id)"
      if state.value(prefix + "/recalled") != nil {
        assignments[index].isRecalled =
          ContradictionSearch.pair(
            .recalledWhileDone, in: state, prefix + "/recalled", ContradictionSearch.isSet, prefix + "/progress",
            ContradictionSearch.isDone, assignment: nil) == nil
      }
      OrderView.applyAnswers(state, &assignments[index])
    }
    self.assignments = assignments
    contradictions = ContradictionSearch.all(in: state, assignments: assignments)
  }

  public func assignment(_ id: String) -> AssignmentView? { assignments.first { $0.id == id } }
  public func assignments(of platform: PlatformName) -> [AssignmentView] {
    assignments.filter { $0.platform == platform.text }
  }

  /// After so many assignments of a round none of which is in force any more, the next is the hotline's designation (DOMAIN §3).
  public static let dispatchesBeforeDesignation = 3

  public var round: Int { assignments.map(\.round).max() ?? 1 }
  public var isClosed: Bool { state.value("closed") != nil }
  public var isCancelled: Bool { state.value("cancelled") != nil }
  public var isConfidential: Bool { state.value("confidential") == .bool(true) }
  public var priority: String { state.value("priority")?.asString ?? "normal" }
  public var isEmergency: Bool { priority == "emergency" || state.value("kind") == .string("emergency") }
  public var title: String { state.value("title")?.asString ?? "" }
  public var number: String? { state.value("number")?.asString }
  public var openRequests: [(assignment: AssignmentView, request: RequestView)] {
    assignments.flatMap { assignment in assignment.requests.filter(\.isOpen).map { (assignment, $0) } }
  }

  /// The values that a settlement of this register is about: its own, and those of the registers that contradict it. Whoever settles it
  /// overrules all but one of them, and must have seen them.
  public func atStake(in register: String) -> Set<Dot> {
    var registers: Set<String> = [register]
    for contradiction in contradictions where contradiction.left == register || contradiction.right == register {
      registers.formUnion([contradiction.left, contradiction.right])
    }
    return Set(registers.flatMap { state.siblings($0) }.map(\.dot))
  }

  /// The derived status at the wall time `now` (milliseconds); the time matters only to suspensions.
  public func status(now: Int) -> OrderStatus {
    if isClosed { return .closed }
    if isCancelled, !contradictions.contains(where: { $0.kind == .cancelledWhileDone }) { return .cancelled }
    guard !assignments.isEmpty else { return .received }
    let current = assignments.filter { $0.round == round }
    let leads = current.filter(\.isLead)
    let active = leads.filter(\.isAtWork)
    guard !active.isEmpty else {
      if leads.isEmpty { return .dispatched }
      return leads.allSatisfy(\.isReturned) ? .returned : .recalled
    }
    if active.contains(where: \.isDone) {
      let assistants = current.filter { !$0.isLead && $0.isActive && $0.progress != nil && !$0.isDone }
      if !assistants.isEmpty { return .inProgress }
      return isCalledBack(active.filter(\.isDone)) ? .calledBack : .repaired
    }
    if active.allSatisfy({ $0.isSuspended(now: now) }) { return .suspended }
    switch active.map({ RegisterTable.progressRank($0.progress) }).max() ?? -1 {
    case -1: return .dispatched
    case 0: return .accepted
    default: return .inProgress
    }
  }

  /// Of a suspended order: when the first of its suspensions ends, and with it the status, although nothing is written; nil where none ends
  /// by itself.
  public var suspensionEnd: Int? {
    assignments.filter { $0.round == round && $0.isLead && $0.isAtWork }.compactMap(\.suspendedUntil).min()
  }

  /// True if the hotline judged a call-back after it had seen this round's work done.
  private func isCalledBack(_ done: [AssignmentView]) -> Bool {
    let verdicts = state.siblings("verdict")
    return done.contains { assignment in
      state.siblings("assignment/\(assignment.id)/progress").contains { progress in
        ContradictionSearch.isDone(progress.value.json) && verdicts.contains { progress.isSeen(by: $0.context) }
      }
    }
  }

  private static func readAssignments(_ state: OrderState) -> [AssignmentView] {
    var requestNames: [String: [String]] = [:]
    var found: [(id: String, sibling: Sibling)] = []
    for name in state.registers.keys where name.hasPrefix("assignment/") {
      let parts = name.split(separator: "/")
      if parts.count == 2, let sibling = state.shown(name) { found.append((String(parts[1]), sibling)) }
      if parts.count == 4, parts[2] == "request" {
        requestNames[String(parts[1]), default: []].append(String(parts[3]))
      }
    }
    return found.map { id, sibling in
      let value = sibling.value.json
      return AssignmentView(
        id: id, platform: value["platform"]?.asString ?? "", role: value["role"]?.asString ?? "",
        round: value["round"]?.asInt ?? 1, cause: value["cause"]?.asString ?? "first",
        instruction: value["instruction"]?.asString ?? "", write: sibling,
        progress: state.value("assignment/\(id)/progress")?.asString,
        requests: (requestNames[id] ?? []).compactMap { readRequest(state, "assignment/\(id)/request/\($0)", $0) }
          .sorted { $0.madeAt == $1.madeAt ? $0.id < $1.id : $0.madeAt < $1.madeAt })
    }.sorted { left, right in
      if left.round != right.round { return left.round < right.round }
      return left.write.dot == right.write.dot ? left.id < right.id : Resolution.precedes(left.write, right.write)
    }
  }

  private static func readRequest(_ state: OrderState, _ register: String, _ id: String) -> RequestView? {
    guard let sibling = state.shown(register) else { return nil }
    let value = sibling.value.json
    let answer = state.value(register + "/answer")
    return RequestView(
      id: id, type: value["type"]?.asString ?? "", reason: value["reason"]?.asString ?? "",
      until: value["until"]?.asInt, isWithdrawn: state.value(register + "/withdrawn") == .bool(true),
      granted: answer?["granted"]?.asBool, grantedUntil: answer?["until"]?.asInt ?? value["until"]?.asInt,
      madeAt: sibling.at.milliseconds)
  }

  /// Work that the answer had not seen, concurrent or later, overrules a suspension; `done` overrules a return.
  private static func applyAnswers(_ state: OrderState, _ assignment: inout AssignmentView) {
    let prefix = "assignment/\(assignment.id)"
    let progress = state.siblings(prefix + "/progress")
    let resumed = state.siblings(prefix + "/resumed")
    for request in assignment.requests where request.granted == true {
      guard let answer = state.shown(prefix + "/request/\(request.id)/answer") else { continue }
      let unseen = progress.filter { !$0.isSeen(by: answer.context) }
      switch request.type {
      case "return":
        if !unseen.contains(where: { ContradictionSearch.isDone($0.value.json) }) { assignment.isReturned = true }
      case "suspension":
        if unseen.isEmpty, resumed.allSatisfy({ $0.isSeen(by: answer.context) }) {
          assignment.suspensions.append(request.grantedUntil)
        }
      default: break
      }
    }
  }
}
