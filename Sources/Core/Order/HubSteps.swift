// The steps of the hotline: dispatch, recall, urge, answer, call back, close, rework, cancel, settle, relate, void.

enum HubSteps {
  /// `naming`: whether a refusal lists the allowed steps.
  static func drafts(
    _ command: Command, on view: OrderView, _ context: CommandContext, naming: Bool = true
  ) throws(CommandRefusal) -> [Draft] {
    func refuse(_ why: String) -> CommandRefusal {
      CommandRefusal(
        "illegal-step", "cannot \(command.name): \(why)",
        allowed: naming ? CommandCheck.allowed(on: view, for: .hub, now: context.now) : [])
    }
    switch command {
    case .dispatch(let platform, let role, let instruction, let cause):
      try open(view, refuse)
      return [try assign(platform, role, instruction, cause, round: view.round, after: nil, view, context, refuse)]
    case .recall(let reason):
      let candidates = view.assignments.filter {
        $0.isActive && (context.assignment == nil || $0.id == context.assignment)
      }
      guard let assignment = candidates.first else { throw refuse("no assignment is in force") }
      if candidates.count > 1 {
        throw CommandRefusal(
          "ambiguous", "several assignments are in force: name one of \(candidates.map(\.id).joined(separator: ", "))")
      }
      if assignment.isDone { throw refuse("\(assignment.platform) has done it; use rework") }
      return [.set("assignment/\(assignment.id)/recalled", ["reason": .string(reason)])]
    case .urge(let text):
      try open(view, refuse)
      guard view.assignments.contains(where: \.isActive) else { throw refuse("no assignment is in force") }
      return [.append("urge", ["text": .string(text)])]
    case .supervise(let to, let demand, let until):
      try open(view, refuse)
      return [
        .append(
          "supervise", .compact([("to", .string(to)), ("demand", .string(demand)), ("until", until.map(JSON.int))]))
      ]
    case .callBack(let callback, let given):
      guard [.repaired, .calledBack, .closed].contains(view.status(now: context.now)) else {
        throw refuse("nothing has been repaired yet (the order is \(view.status(now: context.now).rawValue))")
      }
      if callback["reached"] == .bool(false) {
        for answer in ["solved", "result", "service"] where callback[answer].map({ !$0.isNull }) == true {
          throw CommandRefusal("bad-command", "who was not reached gave no answer: leave '\(answer)' out")
        }
      }
      var drafts: [Draft] = [.append("callback", callback)]
      if let given, given.asObject?.isEmpty != true {
        drafts.append(.set("verdict", given))
      } else if let verdict = try judged(callback) {
        drafts.append(.set("verdict", verdict))
      }
      return drafts
    case .close(let code, let note):
      try open(view, refuse)
      if code == "solved" || code == "partly", ![.repaired, .calledBack].contains(view.status(now: context.now)) {
        throw refuse("'\(code)' needs a finished repair (the order is \(view.status(now: context.now).rawValue))")
      }
      return [.set("closed", .compact([("code", .string(code)), ("note", note.map(JSON.string))]))]
    case .rework(let platform, let instruction):
      let status = view.status(now: context.now)
      guard [.repaired, .calledBack, .closed].contains(status), let last = view.assignments.last(where: \.isLead) else {
        throw refuse("nothing has been repaired yet (the order is \(status.rawValue))")
      }
      var drafts: [Draft] = [
        try assign(
          platform ?? last.platform, "lead", instruction, "rework", round: view.round + 1, after: last.id, view,
          context,
          refuse)
      ]
      if view.isClosed { drafts.append(.set("closed", .null)) }
      return drafts
    case .cancel(let reason):
      try open(view, refuse)
      return [.set("cancelled", ["reason": .string(reason)])]
    case .answer(let id, let granted, let until, let note):
      guard let (assignment, request) = find(id, view) else {
        throw CommandRefusal("not-found", "the order has no request '\(id.prefix(64))'")
      }
      guard request.isOpen else { throw refuse("the request is answered or withdrawn already") }
      return [
        .set(
          "assignment/\(assignment.id)/request/\(id)/answer",
          .compact([
            ("granted", .bool(granted)), ("until", (until ?? request.until).map(JSON.int)),
            ("note", note.map(JSON.string)),
          ]))
      ]
    case .settle(let register, let value, let seen): return try settle(register, value, seen, view, refuse)
    case .relate(let order, let kind):
      guard let other = try? OrderID(order) else {
        throw CommandRefusal("bad-command", "'\(order.prefix(80))' is not an order id")
      }
      if other == view.state.id { throw refuse("an order is not related to itself") }
      let register = "relation/\(other)"
      if kind == nil, view.state.value(register) == nil { throw refuse("it is not related to \(other)") }
      return [.set(register, kind.map(JSON.string) ?? .null)]
    case .void(let dot, let reason):
      guard (try? Dot(dot)) != nil else { throw CommandRefusal("bad-command", "'\(dot.prefix(80))' is not a dot") }
      return [.set("void/\(dot)", ["reason": .string(reason)])]
    case .reinstate(let dot):
      guard let target = try? Dot(dot), view.state.isVoid(target) else {
        throw refuse("'\(dot.prefix(80))' is not void")
      }
      return [.set("void/\(dot)", .null)]
    default: throw CommandRefusal("bad-command", "'\(command.name)' is not the hotline's step")
    }
  }

  private static func open(_ view: OrderView, _ refuse: (String) -> CommandRefusal) throws(CommandRefusal) {
    if view.isClosed { throw refuse("the order is closed") }
    if view.state.value("cancelled") != nil { throw refuse("the order is cancelled") }
  }

  private static func find(_ id: String, _ view: OrderView) -> (AssignmentView, RequestView)? {
    for assignment in view.assignments {
      if let request = assignment.requests.first(where: { $0.id == id }) { return (assignment, request) }
    }
    return nil
  }

  private static func assign(
    _ platform: String, _ role: String?, _ instruction: String?, _ cause: String?, round: Int, after: String?,
    _ view: OrderView, _ context: CommandContext, _ refuse: (String) -> CommandRefusal
  ) throws(CommandRefusal) -> Draft {
    let current = view.assignments.filter { $0.round == round && $0.isActive }
    if current.contains(where: { $0.platform == platform }) {
      throw refuse("\(platform) has an assignment of round \(round) already")
    }
    let role = role ?? (current.contains(where: \.isLead) ? "assist" : "lead")
    if role == "lead", current.contains(where: \.isLead) {
      throw refuse("round \(round) has a lead already; recall it first")
    }
    let earlier = view.assignments.count { $0.round == round }
    let isDesignation = earlier >= OrderView.dispatchesBeforeDesignation
    let cause =
      cause ?? (earlier == 0 ? "first" : current.isEmpty ? (isDesignation ? "designated" : "reassigned") : "added")
    return .set(
      "assignment/\(context.newID)",
      .compact([
        ("platform", .string(platform)), ("role", .string(role)), ("round", .int(round)),
        ("after", after.map(JSON.string)),
        ("cause", .string(cause)), ("instruction", instruction.map(JSON.string)),
      ]))
  }

  /// A verdict from a call-back that reached the citizen: solved, and satisfied from 3 of 5. Who was reached and not asked whether
  /// it is solved says nothing that an order could be judged by.
  private static func judged(_ callback: JSON) throws(CommandRefusal) -> JSON? {
    guard callback["reached"] == .bool(true) else { return nil }
    guard let solved = callback["solved"], !solved.isNull else {
      throw CommandRefusal(
        "bad-command", "a call-back that reached the citizen must say 'solved': yes, partly or no; else give a verdict")
    }
    return .compact([
      ("solved", .bool(solved == "yes")),
      ("satisfied", callback["result"]?.asInt.map { .bool($0 >= 3) }),
    ])
  }

  /// Settling is an ordinary write that covers all siblings: with the value given, else with the one that is shown.
  private static func settle(
    _ register: String, _ value: JSON?, _ seen: Set<Dot>?, _ view: OrderView, _ refuse: (String) -> CommandRefusal
  ) throws(CommandRefusal) -> [Draft] {
    let contradicts = view.contradictions.contains { $0.left == register || $0.right == register }
    guard view.state.conflicts.contains(register) || contradicts else {
      throw refuse("\(register.prefix(128)) is not in conflict")
    }
    guard let row = RegisterName(register)?.row, row.rule != .first else {
      throw refuse("\(register) is written once; recall the assignment instead")
    }
    if row.sealedFor != nil, value == nil {
      throw CommandRefusal("bad-command", "\(register) is sealed: give the value")
    }
    // The write covers whatever stands now, so that what nobody has read would be overruled with it; or what is shown is another value
    // than the one that was meant to stand.
    if let seen, seen != view.atStake(in: register) {
      throw CommandRefusal(
        "unseen", "the values of \(register) changed meanwhile: nothing was written; look at them again")
    }
    return [.set(register, value ?? view.state.shown(register)?.value.json ?? .null)]
  }
}
