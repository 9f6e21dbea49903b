// A command against the state that its author sees: refused in words, or turned into drafts. A change that arrives later is never
// refused because the state moved on meanwhile; that is what concurrency is.

/// Who gives a command, when, and with which limits.
public struct CommandContext: Sendable {
  /// The platform that acts; the hub for the hotline.
  public let actor: PlatformName
  /// The platform on whose behalf the hotline acts, else nil.
  public let onBehalfOf: PlatformName?
  /// The assignment that the caller named, else nil.
  public let assignment: String?
  /// Wall time, milliseconds.
  public let now: Int
  /// Fresh ids (slugs) for assignments and requests.
  public let ids: [String]
  /// Extensions that may be granted (DOMAIN §4).
  public var maxExtensions = 2
  /// Plain values of the order that the actor holds, by commitment: who amends a sealed record keeps its other fields by them.
  public var personal: [Hash: JSON] = [:]

  public init(
    actor: PlatformName, onBehalfOf: PlatformName? = nil, assignment: String? = nil, now: Int, ids: [String]
  ) {
    self.actor = actor
    self.onBehalfOf = onBehalfOf
    self.assignment = assignment
    self.now = now
    self.ids = ids
  }

  var newID: String { ids.first ?? "a0" }
  var platform: PlatformName { onBehalfOf ?? actor }
}

public enum CommandCheck {
  /// The drafts that the command becomes, or why it is refused, with the steps that are allowed. Whether the order has room for
  /// the run that will write them (`VersionVector.hasRoom`) is asked by who knows the run.
  public static func drafts(
    _ command: Command, on view: OrderView, _ context: CommandContext
  ) throws(CommandRefusal) -> [Draft] {
    if context.onBehalfOf != nil, !context.actor.isHub {
      throw CommandRefusal("not-permitted", "only the hotline records something on behalf of a platform")
    }
    if command.isOfPlatform, context.platform.isHub {
      throw CommandRefusal(
        "not-permitted", "'\(command.name)' is the platform's step; name the platform it is recorded for")
    }
    let drafts =
      command.isOfPlatform
      ? try PlatformSteps.drafts(command, on: view, context) : try sharedOrHub(command, on: view, context)
    if let fault = Authoring.fault(drafts) { throw CommandRefusal("bad-command", fault) }
    if let fault = OrderRoom.fault(drafts, by: context.actor, on: view.state) { throw CommandRefusal("limit", fault) }
    return drafts
  }

  private static func sharedOrHub(
    _ command: Command, on view: OrderView, _ context: CommandContext
  ) throws(CommandRefusal) -> [Draft] {
    switch command {
    case .note(let text, let visibility):
      guard visibility == "all" || visibility == "own" else {
        throw CommandRefusal("bad-command", "a note's visibility is all or own")
      }
      if visibility == "own" {
        guard !text.isEmpty, JSONText(.string(text)).bytes.count <= Limits.maxSealedBytes else {
          throw CommandRefusal(
            "bad-command",
            "a note for one's own has 1 to \(Limits.maxSealedBytes) bytes of text, as JSON with its quotes: it is sealed"
          )
        }
      } else if text.isEmpty || text.utf8.count > Limits.maxTextBytes {
        throw CommandRefusal("bad-command", "a note has 1 to \(Limits.maxTextBytes) bytes of text")
      }
      return [.append("note", ["text": .string(text), "visibility": .string(visibility)])]
    case .describe(let members):
      try demandDescriptive(members, view, context)
      return members.map { .set($0.key, $0.value) }
    case .amend(let members):
      try demandDescriptive(members, view, context)
      return try Amendment.registers(members, on: view.state, context.personal).map { .set($0.key, $0.value) }
    default:
      guard context.actor.isHub else {
        throw CommandRefusal(
          "not-permitted", "'\(command.name)' is the hotline's step",
          allowed: allowed(on: view, for: context.actor, now: context.now))
      }
      return try HubSteps.drafts(command, on: view, context)
    }
  }

  private static func demandDescriptive(
    _ members: [JSON.Member], _ view: OrderView, _ context: CommandContext
  ) throws(CommandRefusal) {
    for member in members {
      guard let register = RegisterName(member.key), register.row.isDescriptive else {
        throw CommandRefusal("bad-command", "'\(member.key.prefix(128))' is not a descriptive register")
      }
      if register.row.writers.isEmpty {
        throw CommandRefusal("not-permitted", "\(register.text) is set when the order is made, once")
      }
      if !context.actor.isHub { try mayDescribe(register, view, context) }
    }
  }

  private static func mayDescribe(
    _ register: RegisterName, _ view: OrderView, _ context: CommandContext
  ) throws(CommandRefusal) {
    let mine = view.assignments(of: context.actor)
    let isLead = mine.contains(where: \.isLead)
    let writers = register.row.writers
    let may =
      writers.contains(.concerned) || (writers.contains(.assigned) && !mine.isEmpty)
      || (writers.contains(.lead) && isLead)
      || (writers.contains(.leadOfOwnOrder) && isLead && view.state.id.maker == context.actor)
    guard may else { throw CommandRefusal("not-permitted", "\(context.actor) may not write \(register.text)") }
  }

  /// The steps that are allowed now, by name, for people.
  public static func allowed(on view: OrderView, for actor: PlatformName, now: Int) -> [String] {
    let probes: [Command] =
      actor.isHub
      ? [
        .dispatch(platform: "x", role: nil, instruction: nil, cause: nil), .recall(reason: ""), .urge(text: ""),
        .close(code: "special", note: nil), .cancel(reason: ""), .rework(platform: nil, instruction: nil),
        .callBack(["reached": true, "solved": "yes"], verdict: nil),
      ]
      : [
        .accept, .progress(step: "working"), .result(["outcome": "solved"]),
        .complete(result: ["outcome": "solved"], reply: nil), .resume,
      ] + RegisterTable.requestTypes.map { .request(type: $0, code: nil, reason: "", until: nil, suggestedSector: nil) }
    let context = CommandContext(actor: actor, now: now, ids: ["a0", "a1"])
    var names = probes.compactMap { probe -> String? in
      let drafts =
        probe.isOfPlatform
        ? try? PlatformSteps.drafts(probe, on: view, context, naming: false)
        : try? HubSteps.drafts(probe, on: view, context, naming: false)
      guard drafts != nil else { return nil }
      if case .request(let type, _, _, _, _) = probe { return "request \(type)" }
      return probe.name
    }
    names.append("note")
    return names
  }
}
