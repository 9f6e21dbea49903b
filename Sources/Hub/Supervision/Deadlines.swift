// Which deadlines an order gets: the registers `due/<stage>` and `assignment/<a>/due/<stage>` that the hub writes by its policy. What they
// mean later, with pauses and what was reached, is Deadline's. Pure.

import Core

enum Deadlines {
  /// What a role is asked for: who leads, everything; who helps or verifies, to sign for it and to be done; who is told, nothing.
  static func stages(of role: String) -> [String] {
    switch role {
    case "lead": RegisterTable.stages
    case "assist", "verify": ["accept", "complete"]
    default: []
    }
  }

  /// The value of a due register: `at` is when the limit that begins at `since` ends. One that counts from its receipt begins there once
  /// that is known; until then `at` says when it would have ended.
  static func value(
    _ rule: LimitRule, _ limit: TimeLimit, stage: String, since: Int, from start: LimitStart = .dispatch,
    _ policy: Policy
  ) -> JSON {
    let at = policy.calendar.end(of: limit, from: since)
    return .compact([
      ("at", .int(at)), ("first", .int(at)), ("since", .int(since)), ("limit", .int(limit.count)),
      ("unit", .string(limit.unit.rawValue)), ("policy", .string("\(policy.name)/\(stage)/\(rule.name)")),
      ("from", start == .dispatch ? nil : .string(start.rawValue)),
    ])
  }

  private static func draft(
    _ register: String, _ stage: String, _ matter: Matter, since: Int, isHeld: Bool, _ policy: Policy
  ) -> Draft? {
    guard let rule = policy.rule(for: stage, of: matter, since: since), let limit = rule.limit else { return nil }
    return .set(
      register, value(rule, limit, stage: stage, since: since, from: isHeld ? .dispatch : rule.start, policy))
  }

  // MARK: What a step brings with it

  /// The deadline of the order itself: until when it should be closed.
  static func ofOrder(_ matter: Matter, since: Int, _ policy: Policy) -> Draft? {
    draft("due/complete", "complete", matter, since: since, isHeld: true, policy)
  }

  /// Those of a new assignment.
  ///
  /// - Parameter isHeld: whether the platform has it already, so that nothing counts from its receipt.
  static func ofAssignment(
    _ id: String, role: String, _ matter: Matter, since: Int, isHeld: Bool = false, _ policy: Policy
  ) -> [Draft] {
    stages(of: role).compactMap {
      draft("assignment/\(id)/due/\($0)", $0, matter, since: since, isHeld: isHeld, policy)
    }
  }

  /// What goes into the change that creates an order with these drafts.
  static func creating(_ drafts: [Draft], since: Int, _ policy: Policy) -> [Draft] {
    let matter = Matter(drafts)
    let given = Set(drafts.compactMap { if case .set(let name, _) = $0 { name } else { nil } })
    var more = [ofOrder(matter, since: since, policy)].compactMap(\.self)
    for case .set(let name, let value) in drafts {
      guard let id = assignment(name) else { continue }
      more += ofAssignment(id, role: value["role"]?.asString ?? "", matter, since: since, policy)
    }
    return more.filter { if case .set(let name, _) = $0 { !given.contains(name) } else { true } }
  }

  /// What goes into a change of the hub that makes an assignment, grants an extension or makes the matter more urgent.
  static func following(_ drafts: [Draft], on view: OrderView, now: Int, _ policy: Policy) -> [Draft] {
    var more: [Draft] = []
    let matter = Matter(drafts, over: view)
    for case .set(let name, let value) in drafts {
      if let id = assignment(name) {
        more += ofAssignment(id, role: value["role"]?.asString ?? "", matter, since: now, policy)
        // A new round is a new promise to the citizen.
        if value["round"]?.asInt ?? 1 > view.round, let order = ofOrder(matter, since: now, policy) {
          more += kept(order, over: view)
        }
      } else if value["granted"] == .bool(true), let until = value["until"]?.asInt {
        more += extended(name, until: until, on: view)
      }
    }
    if drafts.contains(where: { if case .set(let name, _) = $0 { Matter.registers.contains(name) } else { false } }) {
      more += escalated(from: Matter(view), to: matter, on: view, now: now, policy)
    }
    return more
  }

  /// What the hub still owes an order that others made or sent: deadlines of assignments in force that have none by now.
  static func missing(in view: OrderView, since: Int, _ policy: Policy) -> [Draft] {
    guard !view.isClosed, !view.isCancelled else { return [] }
    let matter = Matter(view)
    var more: [Draft] = []
    if view.state.siblings("due/complete").isEmpty, let draft = ofOrder(matter, since: since, policy) {
      more.append(draft)
    }
    for assignment in view.assignments
    where assignment.round == view.round && assignment.isActive && !assignment.isDone {
      let drafts = ofAssignment(assignment.id, role: assignment.role, matter, since: since, isHeld: true, policy)
      let has = RegisterTable.stages.contains { !view.state.siblings("assignment/\(assignment.id)/due/\($0)").isEmpty }
      if !has { more += drafts }
    }
    return more
  }

  /// As the hub writes them: none of them is sealed.
  static func edits(_ drafts: [Draft]) -> [Edit] { Authoring.seal(drafts) { [] }.edits }

  // MARK: Parts

  /// The id in the name of an assignment's own register.
  private static func assignment(_ register: String) -> String? {
    let parts = register.split(separator: "/")
    return parts.count == 2 && parts[0] == "assignment" ? String(parts[1]) : nil
  }

  /// The order's own deadline moved to where the new one ends, if that is later; what was promised first stays beside it.
  private static func kept(_ draft: Draft, over view: OrderView) -> [Draft] {
    guard case .set(let register, let value) = draft else { return [] }
    guard let before = view.state.value(register) else { return [draft] }
    guard let at = value["at"]?.asInt, at > before["at"]?.asInt ?? 0 else { return [] }
    return [.set(register, replacing(value, "first", before["first"] ?? before["at"] ?? .int(at)))]
  }

  /// An extension moves the assignment's deadline, and that of the order where it ends later.
  private static func extended(_ answer: String, until: Int, on view: OrderView) -> [Draft] {
    let parts = answer.split(separator: "/")
    guard parts.count == 5, parts[4] == "answer", let assignment = view.assignment(String(parts[1])),
      assignment.requests.first(where: { $0.id == String(parts[3]) })?.type == "extension"
    else { return [] }
    let own = "assignment/\(assignment.id)/due/complete"
    let registers = assignment.isLead ? [own, "due/complete"] : [own]
    return registers.compactMap { register in
      guard let before = view.state.value(register), let at = before["at"]?.asInt else {
        // What had no deadline has one now: it was asked for.
        return register == own ? .set(own, ["at": .int(until), "first": .int(until)]) : nil
      }
      return until > at ? .set(register, replacing(before, "at", .int(until))) : nil
    }
  }

  /// Who makes a matter more urgent gives less time from now on; a deadline never moves away by it.
  private static func escalated(
    from before: Matter, to after: Matter, on view: OrderView, now: Int, _ policy: Policy
  ) -> [Draft] {
    guard before != after else { return [] }
    func shorter(_ register: String, _ stage: String) -> Draft? {
      guard let due = view.state.value(register), let at = due["at"]?.asInt,
        let rule = policy.rule(for: stage, of: after, since: now), let limit = rule.limit
      else { return nil }
      let value = value(rule, limit, stage: stage, since: now, policy)
      guard value["at"]?.asInt ?? at < at else { return nil }
      return .set(register, replacing(value, "first", due["first"] ?? .int(at)))
    }
    var drafts = [shorter("due/complete", "complete")]
    for assignment in view.assignments
    where assignment.round == view.round && assignment.isActive && !assignment.isDone {
      for stage in stages(of: assignment.role) where !(stage == "accept" && assignment.progress != nil) {
        drafts.append(shorter("assignment/\(assignment.id)/due/\(stage)", stage))
      }
    }
    return drafts.compactMap(\.self)
  }

  private static func replacing(_ value: JSON, _ key: String, _ new: JSON) -> JSON {
    let members = value.asObject ?? []
    guard members.contains(where: { $0.key == key }) else { return .object(members + [JSON.Member(key, new)]) }
    return .object(members.map { $0.key == key ? JSON.Member(key, new) : $0 })
  }
}
