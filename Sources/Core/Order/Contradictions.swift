// Two different registers can be written concurrently and still disagree. The table of DOMAIN §3 as data, and the search for what
// stands: a contradiction stands between current values, neither in the other's context, until a change that covers both writes one.

/// One row of the table.
public enum ContradictionKind: String, Sendable, CaseIterable {
  case recalledWhileDone
  case recalledWhileWorking
  case cancelledWhileDone
  case cancelledWhileWorking
  case closedWhileWorking
  case closedWhileRequested
  case returnGrantedWhileDone
  case returnGrantedWhileWorking
  case suspendedWhileWorking
  case suspendedWhileDone
  case exemptWhileUnsatisfied
  case duplicateWhileDone
  case twoLeads
  case twoAssignmentsOfOnePlatform

  /// What everyone shows.
  public var shown: String {
    switch self {
    case .recalledWhileDone, .returnGrantedWhileDone, .suspendedWhileDone: "done"
    case .recalledWhileWorking: "recalled"
    case .cancelledWhileDone: "repaired"
    case .cancelledWhileWorking: "cancelled"
    case .closedWhileWorking, .closedWhileRequested: "closed"
    case .returnGrantedWhileWorking: "returned"
    case .suspendedWhileWorking: "running again"
    case .exemptWhileUnsatisfied: "exempt"
    case .duplicateWhileDone, .twoLeads, .twoAssignmentsOfOnePlatform: "both"
    }
  }

  /// Why.
  public var because: String {
    switch self {
    case .recalledWhileDone, .returnGrantedWhileDone, .suspendedWhileDone: "facts beat intentions"
    case .cancelledWhileDone: "the work exists, and costs"
    case .recalledWhileWorking, .returnGrantedWhileWorking, .cancelledWhileWorking: "the hotline directs"
    case .closedWhileWorking, .closedWhileRequested: "a supervisor must look"
    case .suspendedWhileWorking: "the crew is at work"
    case .exemptWhileUnsatisfied: "the hotline decided; a supervisor must look"
    case .duplicateWhileDone: "both are true"
    case .twoLeads, .twoAssignmentsOfOnePlatform: "two operators dispatched at once"
    }
  }

  /// True where a person must look at it in any case.
  public var isFlagged: Bool {
    switch self {
    case .recalledWhileDone, .recalledWhileWorking, .cancelledWhileDone, .cancelledWhileWorking, .suspendedWhileDone,
      .returnGrantedWhileDone:
      false
    default: true
    }
  }
}

/// A contradiction that stands.
public struct Contradiction: Sendable, Hashable {
  public let kind: ContradictionKind
  public let left: String
  public let leftDot: Dot
  public let right: String
  public let rightDot: Dot
  /// The assignment concerned, nil where the whole order is.
  public let assignment: String?
}

enum ContradictionSearch {
  /// The first concurrent pair of two registers' siblings that meet their conditions.
  static func pair(
    _ kind: ContradictionKind, in state: OrderState, _ left: String, _ isLeft: (JSON) -> Bool, _ right: String,
    _ isRight: (JSON) -> Bool, assignment: String?
  ) -> Contradiction? {
    for a in state.siblings(left) where isLeft(a.value.json) {
      for b in state.siblings(right) where isRight(b.value.json) && a.isConcurrent(with: b) {
        return Contradiction(
          kind: kind, left: left, leftDot: a.dot, right: right, rightDot: b.dot, assignment: assignment)
      }
    }
    return nil
  }

  static func isDone(_ value: JSON) -> Bool { value.asString == "done" }
  static func isWorking(_ value: JSON) -> Bool { (0...3).contains(RegisterTable.progressRank(value.asString)) }
  static func isProgress(_ value: JSON) -> Bool { RegisterTable.progressRank(value.asString) >= 0 }
  static func isSet(_ value: JSON) -> Bool { !value.isNull }
  static func isGranted(_ value: JSON) -> Bool { value["granted"] == .bool(true) }

  /// All that stand in `state`, in a fixed order.
  static func all(in state: OrderState, assignments: [AssignmentView]) -> [Contradiction] {
    var found: [Contradiction] = []
    func first(_ candidates: Contradiction?...) {
      if let contradiction = candidates.lazy.compactMap({ $0 }).first { found.append(contradiction) }
    }
    func against(
      _ register: String, _ condition: (JSON) -> Bool, _ progress: String, done: ContradictionKind,
      working: ContradictionKind, _ assignment: String
    ) {
      first(
        pair(done, in: state, register, condition, progress, isDone, assignment: assignment),
        pair(working, in: state, register, condition, progress, isWorking, assignment: assignment))
    }
    let relations = state.registers.keys.filter { $0.hasPrefix("relation/") }.sorted()
    for assignment in assignments {
      let prefix = "assignment/\(assignment.id)"
      let progress = prefix + "/progress"
      against(
        prefix + "/recalled", isSet, progress, done: .recalledWhileDone, working: .recalledWhileWorking, assignment.id)
      against("cancelled", isSet, progress, done: .cancelledWhileDone, working: .cancelledWhileWorking, assignment.id)
      first(pair(.closedWhileWorking, in: state, "closed", isSet, progress, isProgress, assignment: assignment.id))
      for request in assignment.requests {
        let register = prefix + "/request/\(request.id)"
        let answer = register + "/answer"
        if request.isOpen {
          first(pair(.closedWhileRequested, in: state, "closed", isSet, register, isSet, assignment: assignment.id))
        }
        switch request.type {
        case "return":
          against(
            answer, isGranted, progress, done: .returnGrantedWhileDone, working: .returnGrantedWhileWorking,
            assignment.id)
        case "suspension":
          against(
            answer, isGranted, progress, done: .suspendedWhileDone, working: .suspendedWhileWorking, assignment.id)
        case "exemption":
          first(
            pair(
              .exemptWhileUnsatisfied, in: state, answer, isGranted, "verdict", { $0["satisfied"] == .bool(false) },
              assignment: assignment.id))
        default: break
        }
      }
      for relation in relations {
        first(
          pair(
            .duplicateWhileDone, in: state, relation, { $0.asString == "duplicate" }, progress, isDone,
            assignment: assignment.id))
      }
    }
    found += doubled(in: state, assignments)
    return found
  }

  /// Assignments of one round that were made at once. Assignments are written once, so recalling one is what settles it.
  private static func doubled(in state: OrderState, _ assignments: [AssignmentView]) -> [Contradiction] {
    var found: [Contradiction] = []
    for (index, a) in assignments.enumerated() where !a.isRecalled {
      for b in assignments[(index + 1)...]
      where !b.isRecalled && a.round == b.round && a.write.isConcurrent(with: b.write) {
        let kind: ContradictionKind? =
          a.platform == b.platform
          ? .twoAssignmentsOfOnePlatform : a.role == "lead" && b.role == "lead" ? .twoLeads : nil
        guard let kind else { continue }
        found.append(
          Contradiction(
            kind: kind, left: "assignment/\(a.id)", leftDot: a.write.dot, right: "assignment/\(b.id)",
            rightDot: b.write.dot, assignment: nil))
      }
    }
    return found
  }
}
