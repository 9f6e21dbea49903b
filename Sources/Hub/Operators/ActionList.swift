// What can be done on an order now and what cannot, each with the reason. Nothing of it is known here: every command is tried on the
// order with the very checks that would judge it when it is given.

import Core

struct ActionList: Sendable {
  /// A command as it is tried, and what it is about.
  struct Action: Sendable {
    let command: Command
    /// The platform on whose behalf it would be recorded, nil for the hotline's own.
    let platform: PlatformName?
    /// The assignment it is about.
    let assignment: String?
    /// Why it is refused, in Core's words; nil where it is allowed.
    let refusal: String?
    var isAllowed: Bool { refusal == nil }
    var name: String { command.name }
  }

  /// The hotline's own steps, by what an order goes through.
  let ofHub: [Action]
  /// Steps that can be recorded for each platform that is charged, in its name.
  let ofPlatforms: [(platform: PlatformName, actions: [Action])]

  /// - Parameter maxExtensions: of one assignment, by the policy.
  init(on view: OrderView, maxExtensions: Int, now: Int) {
    ofHub = ActionList.hubProbes(view).map { command, assignment in
      ActionList.tried(command, on: view, for: nil, assignment: assignment, maxExtensions: maxExtensions, now: now)
    }
    var platforms: [PlatformName] = []
    for assignment in view.assignments {
      guard let name = try? PlatformName(assignment.platform), !platforms.contains(name) else { continue }
      platforms.append(name)
    }
    ofPlatforms = platforms.map { platform in
      (platform, ActionList.platformActions(of: platform, on: view, maxExtensions: maxExtensions, now: now))
    }
  }

  /// The first of the hotline's actions with this name.
  func hub(_ name: String) -> Action? { ofHub.first { $0.name == name } }

  // MARK: Probes

  /// One command of each kind, with words that pass where only their presence is asked for.
  private static func hubProbes(_ view: OrderView) -> [(Command, assignment: String?)] {
    var probes: [(Command, String?)] = [
      (.dispatch(platform: "x", role: nil, instruction: nil, cause: nil), nil)
    ]
    let active = view.assignments.filter(\.isActive)
    probes += active.isEmpty ? [(.recall(reason: "-"), nil)] : active.map { (.recall(reason: "-"), $0.id) }
    probes += [
      (.urge(text: "-"), nil), (.supervise(to: "-", demand: "-", until: nil), nil),
      (.callBack(["reached": true, "solved": "yes"], verdict: nil), nil),
    ]
    probes += RegisterTable.closeCodes.map { (.close(code: $0, note: nil), nil) }
    probes += [(.rework(platform: nil, instruction: nil), nil), (.cancel(reason: "-"), nil)]
    probes += [(.note(text: "-", visibility: "all"), nil), (.describe([.init("title", "-")]), nil)]
    return probes
  }

  private static func platformActions(
    of platform: PlatformName, on view: OrderView, maxExtensions: Int, now: Int
  ) -> [Action] {
    let steps = RegisterTable.progressSteps.filter { $0 != "accepted" && $0 != "done" }
    let kinds: [Command] =
      [.accept] + steps.map { .progress(step: $0) } + [
        .complete(result: ["outcome": "solved"], reply: nil), .result(["outcome": "solved"]),
        .reply(["citizen": "-"]), .plan(field: "eta", value: .int(now)), .contact(.object([]), number: nil),
      ]
      + RegisterTable.requestTypes.map { .request(type: $0, code: nil, reason: "-", until: nil, suggestedSector: nil) }
      + [.resume]
    let assignments = view.assignments(of: platform)
    // Of several assignments in force each is meant by its own name; of what is over only the last is of interest.
    let active = assignments.filter { $0.isActive && $0.round == view.round }
    let meant = active.isEmpty ? assignments.suffix(1) : active[...]
    return meant.flatMap { assignment in
      let withdrawals = assignment.requests.filter(\.isOpen).map { Command.withdraw(request: $0.id) }
      return (kinds + withdrawals).map {
        tried($0, on: view, for: platform, assignment: assignment.id, maxExtensions: maxExtensions, now: now)
      }
    }
  }

  /// As the hotline would do it: the command's own checks, then whether the hub may write what it becomes.
  static func tried(
    _ command: Command, on view: OrderView, for platform: PlatformName? = nil, assignment: String? = nil,
    maxExtensions: Int, now: Int
  ) -> Action {
    func action(_ refusal: String?) -> Action {
      Action(command: command, platform: platform, assignment: assignment, refusal: refusal)
    }
    var context = CommandContext(
      actor: .hub, onBehalfOf: platform, assignment: assignment, now: now, ids: ["a0", "a1"])
    context.maxExtensions = maxExtensions
    do throws(CommandRefusal) {
      let drafts = try CommandCheck.drafts(command, on: view, context)
      let edits = Authoring.seal(drafts) { [UInt8](repeating: 0, count: 16) }.edits
      return action(Permission.fault(in: edits, by: .hub, on: view.state, isCreation: false))
    } catch {
      return action(error.message)
    }
  }
}

extension ActionList {
  /// `[{"command","onBehalfOf"?,"assignment"?,"code"|"step"|"type"|"requestId"?,"right","permitted","allowed","reason"?}]`: `allowed` is whether
  /// the order's state lets it be done, else with the reason; `permitted` whether this operator has the right that it takes.
  func documents(for who: Operator) -> [JSON] {
    (ofHub + ofPlatforms.flatMap(\.actions)).map { action in
      let right = RoleTable.right(for: action.command)
      return .compact(
        [
          ("command", .string(action.name)), ("onBehalfOf", action.platform.map { .string($0.text) }),
          ("assignment", action.assignment.map(JSON.string)),
        ] + ActionList.meant(action.command) + [
          ("right", .string(right.rawValue)), ("permitted", .bool(who.may(right))),
          ("allowed", .bool(action.isAllowed)), ("reason", action.refusal.map(JSON.string)),
        ])
    }
  }

  /// What tells commands of one name apart, by the member of the command's body.
  private static func meant(_ command: Command) -> [(String, JSON?)] {
    switch command {
    case .close(let code, _): [("code", .string(code))]
    case .progress(let step): [("step", .string(step))]
    case .request(let type, _, _, _, _): [("type", .string(type))]
    case .withdraw(let request): [("requestId", .string(request))]
    default: []
    }
  }
}
