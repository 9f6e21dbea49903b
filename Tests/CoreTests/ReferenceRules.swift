// DOMAIN's two tables once more, plainly: which of several concurrent values is shown, and what contradicts what. They share no code
// with Core's rules; the product's are checked against them.

@testable import Core

enum ReferenceRules {
  /// The sibling that everyone must show.
  static func shown(_ register: String, _ siblings: [Sibling]) -> Sibling? {
    siblings.sorted { isBetter($0, $1, in: register) }.first
  }

  private static func isBetter(_ one: Sibling, _ other: Sibling, in register: String) -> Bool {
    let (left, right) = (merit(one, in: register), merit(other, in: register))
    if left != right { return left > right }
    return isOnce(register) ? isEarlier(one, other) : isEarlier(other, one)
  }

  /// By hybrid time, then replica.
  private static func isEarlier(_ one: Sibling, _ other: Sibling) -> Bool {
    let (left, right) = (one.at, other.at)
    if left.milliseconds != right.milliseconds { return left.milliseconds < right.milliseconds }
    if left.counter != right.counter { return left.counter < right.counter }
    if one.dot.replica.text != other.dot.replica.text { return one.dot.replica.text < other.dot.replica.text }
    return one.dot.n < other.dot.n
  }

  private static func isOnce(_ register: String) -> Bool {
    let parts = register.split(separator: "/")
    return ["source", "receivedAt"].contains(register) || (parts[0] == "assignment" && parts.count == 2)
      || (parts.count == 4 && parts[2] == "request")
  }

  /// What counts before the time does.
  private static func merit(_ sibling: Sibling, in register: String) -> Int {
    let value = sibling.value.json
    let parts = register.split(separator: "/").map(String.init)
    switch (parts[0], parts.count > 1 ? parts.last : nil) {
    case ("kind", _), ("sector", _), ("title", _), ("description", _), ("category", _):
      return sibling.dot.replica.text.hasPrefix("hub.") ? 1 : 0
    case ("priority", _): return ["normal": 0, "urgent": 1, "emergency": 2][value.asString ?? ""] ?? -1
    case ("confidential", _), (_, "withdrawn"): return value == .bool(true) ? 1 : 0
    case ("void", _), ("purged", _), (_, "retired"): return value == .null ? 0 : 1
    case ("clock", _): return -(value.asInt ?? Int.max)
    case (_, "progress"):
      let ranks = ["accepted": 0, "enRoute": 1, "onSite": 2, "working": 3, "waiting": 3, "done": 4]
      return ranks[value.asString ?? ""] ?? -1
    case (_, "result"): return value["finishedAt"]?.asInt ?? Int.min
    case (_, "answer"): return value["granted"] == .bool(false) ? 1 : 0
    case (_, "resumed"): return -(value["at"]?.asInt ?? Int.max)
    default: return 0
    }
  }

  /// Every contradiction that stands, as "kind assignment"; those of two assignments as "kind left right".
  static func contradictions(in state: OrderState) -> Set<String> {
    var found: Set<String> = []
    func value(_ register: String) -> JSON? {
      shown(register, state.siblings(register)).flatMap { $0.value.json == .null ? nil : $0.value.json }
    }
    func knows(_ one: Sibling, _ other: Sibling) -> Bool {
      let from = other.reinstated ?? other.dot
      return one.context[from.replica] >= from.n
    }
    func atOnce(_ left: String, _ isLeft: (JSON) -> Bool, _ right: String, _ isRight: (JSON) -> Bool) -> Bool {
      state.siblings(left).contains { one in
        isLeft(one.value.json)
          && state.siblings(right).contains { isRight($0.value.json) && !knows(one, $0) && !knows($0, one) }
      }
    }
    let isSet: (JSON) -> Bool = { $0 != .null }
    let isDone: (JSON) -> Bool = { $0 == "done" }
    let isWorking: (JSON) -> Bool = { ["accepted", "enRoute", "onSite", "working", "waiting"].contains($0) }
    let isGranted: (JSON) -> Bool = { $0["granted"] == .bool(true) }
    let names = state.registers.keys.map { $0.split(separator: "/").map(String.init) }
    let assignments = names.filter { $0[0] == "assignment" && $0.count == 2 }.map { $0[1] }
    for a in assignments {
      let progress = "assignment/\(a)/progress"
      func against(_ register: String, _ isIt: (JSON) -> Bool, done: String, working: String) {
        if atOnce(register, isIt, progress, isDone) {
          found.insert("\(done) \(a)")
        } else if atOnce(register, isIt, progress, isWorking) {
          found.insert("\(working) \(a)")
        }
      }
      against("assignment/\(a)/recalled", isSet, done: "recalledWhileDone", working: "recalledWhileWorking")
      against("cancelled", isSet, done: "cancelledWhileDone", working: "cancelledWhileWorking")
      against("closed", isSet, done: "closedWhileWorking", working: "closedWhileWorking")
      for name in names where name.count == 4 && name[0] == "assignment" && name[1] == a && name[2] == "request" {
        let request = name.joined(separator: "/")
        let answer = request + "/answer"
        if value(answer)?["granted"]?.asBool == nil, value(request + "/withdrawn") != .bool(true),
          atOnce("closed", isSet, request, isSet)
        {
          found.insert("closedWhileRequested \(a)")
        }
        switch value(request)?["type"] {
        case "return": against(answer, isGranted, done: "returnGrantedWhileDone", working: "returnGrantedWhileWorking")
        case "suspension": against(answer, isGranted, done: "suspendedWhileDone", working: "suspendedWhileWorking")
        case "exemption":
          if atOnce(answer, isGranted, "verdict", { $0["satisfied"] == .bool(false) }) {
            found.insert("exemptWhileUnsatisfied \(a)")
          }
        default: break
        }
      }
      for name in names where name[0] == "relation" {
        if atOnce(name.joined(separator: "/"), { $0 == "duplicate" }, progress, isDone) {
          found.insert("duplicateWhileDone \(a)")
        }
      }
    }
    /// In force as far as this table asks: recalled only where no `done` was written at once.
    let inForce = assignments.filter { a in
      value("assignment/\(a)/recalled") == nil
        || atOnce("assignment/\(a)/recalled", isSet, "assignment/\(a)/progress", isDone)
    }
    for a in inForce {
      for b in inForce where a < b {
        guard let left = shown("assignment/\(a)", state.siblings("assignment/\(a)")),
          let right = shown("assignment/\(b)", state.siblings("assignment/\(b)")), !knows(left, right),
          !knows(right, left)
        else { continue }
        let (one, other) = (left.value.json, right.value.json)
        guard one["round"]?.asInt ?? 1 == other["round"]?.asInt ?? 1 else { continue }
        if one["platform"] == other["platform"] {
          found.insert("twoAssignmentsOfOnePlatform \(a) \(b)")
        } else if one["role"] == "lead", other["role"] == "lead" {
          found.insert("twoLeads \(a) \(b)")
        }
      }
    }
    return found
  }

  /// The product's contradictions in the same words.
  static func words(_ contradictions: [Contradiction]) -> Set<String> {
    Set(
      contradictions.map { contradiction in
        if let assignment = contradiction.assignment { return "\(contradiction.kind) \(assignment)" }
        let ids = [contradiction.left, contradiction.right].map { String($0.split(separator: "/").last ?? "") }.sorted()
        return "\(contradiction.kind) \(ids[0]) \(ids[1])"
      })
  }
}
