// The steps of a platform on its assignment: accept, progress, result, complete, requests and what goes with them.

enum PlatformSteps {
  /// `naming`: whether a refusal lists the allowed steps (the list itself is made by trying them).
  static func drafts(
    _ command: Command, on view: OrderView, _ context: CommandContext, naming: Bool = true
  ) throws(CommandRefusal) -> [Draft] {
    func refuse(_ why: String) -> CommandRefusal {
      CommandRefusal(
        "illegal-step", "cannot \(command.name): \(why)",
        allowed: naming ? CommandCheck.allowed(on: view, for: context.platform, now: context.now) : [])
    }
    let assignment = try chosen(command, view, context)
    let prefix = "assignment/\(assignment.id)"
    if case .contact(let contact, let number) = command {
      var members = contact.asObject ?? []
      if !members.contains(where: { $0.key == "at" }) { members.append(JSON.Member("at", .int(context.now))) }
      if let number {
        members.removeAll { $0.key == "number" }
        members.append(JSON.Member("number", .string(number)))
      }
      return [.append("contact", .object(members))]
    }
    if view.isClosed { throw refuse("the order is closed") }
    if view.isCancelled { throw refuse("the order is cancelled") }
    if assignment.isRecalled { throw refuse("the hotline has recalled the assignment") }
    if assignment.isReturned { throw refuse("the assignment has been returned") }
    let rank = RegisterTable.progressRank(assignment.progress)
    switch command {
    case .accept:
      if rank >= 0 { throw refuse("it is accepted already (progress: \(assignment.progress ?? ""))") }
      return [.set(prefix + "/progress", "accepted")]
    case .progress(let step):
      guard RegisterTable.progressSteps.contains(step), step != "accepted", step != "done" else {
        throw CommandRefusal(
          "bad-command",
          "'\(step.prefix(64))' is not a step: use enRoute, onSite, working or waiting ('complete' for done)")
      }
      if rank < 0 { throw refuse("it is not accepted yet") }
      if assignment.isDone { throw refuse("it is done already") }
      if RegisterTable.progressRank(step) < rank { throw refuse("the crew is at \(assignment.progress ?? "") already") }
      return [.set(prefix + "/progress", .string(step))]
    case .result(let result):
      if rank < 0 { throw refuse("it is not accepted yet") }
      return [.set(prefix + "/result", finished(result, context.now))]
    case .complete(let result, let reply):
      if rank < 0 { throw refuse("it is not accepted yet") }
      if assignment.isDone { throw refuse("it is done already") }
      var drafts: [Draft] = [
        .set(prefix + "/result", finished(result, context.now)), .set(prefix + "/progress", "done"),
      ]
      if let reply { drafts.append(.set(prefix + "/reply", reply)) }
      return drafts
    case .reply(let reply): return [.set(prefix + "/reply", reply)]
    case .plan(let field, let value):
      guard ["unit", "crew", "eta"].contains(field) else {
        throw CommandRefusal("bad-command", "plan sets unit, crew or eta, not '\(field.prefix(64))'")
      }
      return [.set("\(prefix)/\(field)", value)]
    case .request(let type, let code, let reason, let until, let sector):
      return try request(type, code, reason, until, sector, assignment, view, context, refuse)
    case .withdraw(let id):
      guard let request = assignment.requests.first(where: { $0.id == id }) else {
        throw CommandRefusal("not-found", "the assignment has no request '\(id.prefix(64))'")
      }
      guard request.isOpen else { throw refuse("the request is answered or withdrawn already") }
      return [.set("\(prefix)/request/\(id)/withdrawn", true)]
    case .resume:
      guard assignment.isSuspended(now: context.now) else { throw refuse("it is not suspended") }
      return [.set(prefix + "/resumed", ["at": .int(context.now)])]
    default: throw CommandRefusal("bad-command", "'\(command.name)' is not a platform's step")
    }
  }

  private static func request(
    _ type: String, _ code: String?, _ reason: String, _ until: Int?, _ sector: String?, _ assignment: AssignmentView,
    _ view: OrderView, _ context: CommandContext, _ refuse: (String) -> CommandRefusal
  ) throws(CommandRefusal) -> [Draft] {
    guard RegisterTable.requestTypes.contains(type) else {
      throw CommandRefusal(
        "bad-command",
        "'\(type.prefix(64))' is not a request: use \(RegisterTable.requestTypes.joined(separator: ", "))")
    }
    if assignment.requests.contains(where: { $0.type == type && $0.isOpen }) {
      throw refuse("a request for \(type) is pending already")
    }
    if type != "exemption", assignment.isDone { throw refuse("it is done already") }
    if type == "return", assignment.cause == "designated" {
      throw refuse("a designated assignment cannot be returned")
    }
    if type == "extension" {
      let granted = assignment.grantedExtensions
      if granted >= context.maxExtensions {
        throw refuse("\(granted) extensions have been granted, which is the limit")
      }
      if let due = view.state.value("assignment/\(assignment.id)/due/complete") ?? view.state.value("due/complete"),
        let at = due["at"]?.asInt, at < context.now
      {
        throw refuse("the deadline has passed")
      }
    }
    let value = JSON.compact([
      ("type", .string(type)), ("code", code.map(JSON.string)), ("reason", .string(reason)),
      ("until", until.map(JSON.int)),
      ("suggestedSector", sector.map(JSON.string)),
    ])
    return [.set("assignment/\(assignment.id)/request/\(context.newID)", value)]
  }

  private static func finished(_ result: JSON, _ now: Int) -> JSON {
    guard var members = result.asObject, result["finishedAt"] == nil else { return result }
    members.append(JSON.Member("finishedAt", .int(now)))
    return .object(members)
  }

  /// The assignment that is meant: the one named, else the platform's only one in force, else its latest.
  private static func chosen(
    _ command: Command, _ view: OrderView, _ context: CommandContext
  ) throws(CommandRefusal) -> AssignmentView {
    let mine = view.assignments(of: context.platform)
    if let id = context.assignment {
      guard let named = mine.first(where: { $0.id == id }) else {
        throw CommandRefusal("not-assigned", "\(context.platform) has no assignment '\(id.prefix(64))' of this order")
      }
      return named
    }
    let active = mine.filter { $0.isActive && $0.round == view.round }
    if active.count > 1 {
      throw CommandRefusal(
        "ambiguous",
        "\(context.platform) has several assignments: name one of \(active.map(\.id).joined(separator: ", "))")
    }
    guard let assignment = active.first ?? mine.last else {
      throw CommandRefusal("not-assigned", "the order is not assigned to \(context.platform)")
    }
    return assignment
  }
}
