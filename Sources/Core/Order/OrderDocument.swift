// The order as a JSON document for people's tools and programs: the summary of lists, the whole with siblings, entries and history.
// Sealed values are put in place of their commitments only where the caller passes them.

/// One change of an order's history, as the store tells it.
public struct HistoryItem: Sendable {
  public let dot: Dot
  public let hash: Hash
  /// nil where the line cannot be read.
  public let change: Change?
  public let verdict: Verdict?
  public let received: Int?
  public let isApplied: Bool

  public init(dot: Dot, hash: Hash, change: Change?, verdict: Verdict?, received: Int?, isApplied: Bool) {
    self.dot = dot
    self.hash = hash
    self.change = change
    self.verdict = verdict
    self.received = received
    self.isApplied = isApplied
  }
}

public enum OrderDocument {
  /// A row of a list. `viewer` is the platform whose assignment is shown; the hub shows the leading one.
  public static func summary(_ view: OrderView, viewer: PlatformName, now: Int, updated: Int, unconfirmed: Int) -> JSON
  {
    let mine = viewer.isHub ? view.assignments.filter(\.isLead) : view.assignments(of: viewer)
    let assignment = mine.last(where: \.isActive) ?? mine.last
    return .compact([
      ("id", .string(view.state.id.text)), ("number", view.number.map(JSON.string)), ("title", .string(view.title)),
      ("kind", view.state.value("kind")), ("sector", view.state.value("sector")), ("priority", .string(view.priority)),
      ("status", .string(view.status(now: now).rawValue)), ("round", .int(view.round)),
      (
        "assignment",
        assignment.map {
          .compact([
            ("id", .string($0.id)), ("platform", .string($0.platform)), ("role", .string($0.role)),
            ("progress", $0.progress.map(JSON.string)),
          ])
        }
      ),
      ("due", view.state.value("due/complete")?["at"]), ("receivedAt", view.state.value("receivedAt")),
      ("updated", .int(updated)), ("conflicts", .int(view.state.conflicts.count)),
      ("contradictions", .int(view.contradictions.count)), ("unconfirmed", .int(unconfirmed)),
    ])
  }

  /// The whole order. `reveal` gives the plain value of a commitment where this viewer has it.
  public static func whole(
    _ view: OrderView, viewer: PlatformName, now: Int, history: [HistoryItem], reveal: (Hash) -> JSON?
  ) -> JSON {
    let voided = Set(view.state.voidedDots)
    let registers = view.state.registers.sorted { $0.key < $1.key }.map { name, siblings in
      JSON.Member(name, registerJSON(name, siblings, view.state, reveal))
    }
    let entries = entries(of: history, in: view.state).map { entryJSON($0, reveal) }
    var members: [JSON.Member] = [JSON.Member("id", .string(view.state.id.text))]
    if let number = view.number { members.append(JSON.Member("number", .string(number))) }
    members.append(JSON.Member("status", .string(view.status(now: now).rawValue)))
    members.append(JSON.Member("title", .string(view.title)))
    members.append(JSON.Member("priority", .string(view.priority)))
    members.append(JSON.Member("round", .int(view.round)))
    let allowed = CommandCheck.allowed(on: view, for: viewer, now: now)
    members.append(JSON.Member("allowed", .array(allowed.map(JSON.string))))
    let warnings = OrderRoom.warnings(view.state)
    if !warnings.isEmpty { members.append(JSON.Member("warnings", .array(warnings.map(JSON.string)))) }
    members.append(JSON.Member("assignments", .array(view.assignments.map { assignmentJSON($0, now) })))
    members.append(JSON.Member("registers", .object(registers)))
    members.append(JSON.Member("entries", .array(entries)))
    members.append(JSON.Member("conflicts", .array(view.state.conflicts.map(JSON.string))))
    members.append(JSON.Member("contradictions", .array(view.contradictions.map(contradictionJSON))))
    let lines = history.map { item in
      historyJSON(item, voided.contains(item.dot), view.state.superseded.contains(item.dot))
    }
    members.append(JSON.Member("history", .array(lines)))
    members.append(JSON.Member("vector", view.state.vector.json))
    return .object(members)
  }

  /// The entries of an order: those of its applied changes that are not void, in the order of the history.
  public static func entries(of history: [HistoryItem], in state: OrderState) -> [OrderEntry] {
    history.flatMap { item -> [OrderEntry] in
      guard item.isApplied, let change = item.change, state.counts(change) else { return [] }
      return change.entries
    }
  }

  private static func entryJSON(_ entry: OrderEntry, _ reveal: (Hash) -> JSON?) -> JSON {
    [
      "kind": .string(entry.kind), "dot": .string(entry.dot.description), "at": .int(entry.at.milliseconds),
      "author": entry.author.json, "value": revealed(entry.value.json, reveal),
    ]
  }

  /// The conflicts of an order, one row a register.
  public static func conflicts(_ view: OrderView) -> [JSON] {
    view.state.conflicts.map { name in
      let siblings = view.state.siblings(name)
      return .compact([
        ("order", .string(view.state.id.text)), ("number", view.number.map(JSON.string)),
        ("title", .string(view.title)),
        ("register", .string(name)), ("rule", (RegisterName(name)?.row.rule.rawValue).map(JSON.string)),
        ("shown", view.state.shown(name)?.value.json), ("siblings", .array(siblings.map(siblingJSON))),
        ("atStake", atStake(name, view)),
      ])
    }
  }

  /// The contradictions of an order, one row each.
  public static func contradictions(_ view: OrderView) -> [JSON] {
    view.contradictions.map { contradiction in
      guard case .object(let members) = contradictionJSON(contradiction) else { return .null }
      return .object(
        [JSON.Member("order", .string(view.state.id.text)), JSON.Member("title", .string(view.title))] + members
          + [JSON.Member("atStake", atStake(contradiction.left, view))])
    }
  }

  /// What a settlement of the register gives as `seen`.
  private static func atStake(_ register: String, _ view: OrderView) -> JSON {
    .array(view.atStake(in: register).sorted().map { .string($0.description) })
  }

  private static func registerJSON(
    _ name: String, _ siblings: [Sibling], _ state: OrderState, _ reveal: (Hash) -> JSON?
  ) -> JSON {
    let shown = state.shown(name)
    return .compact([
      ("value", shown.map { revealed($0.value.json, reveal) }), ("dot", shown.map { .string($0.dot.description) }),
      ("at", shown.map { .int($0.at.milliseconds) }),
      ("siblings", siblings.count > 1 ? .array(siblings.map(siblingJSON)) : nil),
      ("rule", siblings.count > 1 ? (RegisterName(name)?.row.rule.rawValue).map(JSON.string) : nil),
    ])
  }

  private static func siblingJSON(_ sibling: Sibling) -> JSON {
    [
      "dot": .string(sibling.dot.description), "at": .int(sibling.at.milliseconds), "value": sibling.value.json,
    ]
  }

  private static func assignmentJSON(_ assignment: AssignmentView, _ now: Int) -> JSON {
    .compact([
      ("id", .string(assignment.id)), ("platform", .string(assignment.platform)), ("role", .string(assignment.role)),
      ("round", .int(assignment.round)), ("cause", .string(assignment.cause)),
      ("instruction", assignment.instruction.isEmpty ? nil : .string(assignment.instruction)),
      ("progress", assignment.progress.map(JSON.string)), ("recalled", .bool(assignment.isRecalled)),
      ("returned", .bool(assignment.isReturned)), ("suspended", .bool(assignment.isSuspended(now: now))),
      ("requests", .array(assignment.requests.map(requestJSON))),
    ])
  }

  private static func requestJSON(_ request: RequestView) -> JSON {
    .compact([
      ("id", .string(request.id)), ("type", .string(request.type)), ("reason", .string(request.reason)),
      ("until", request.until.map(JSON.int)), ("at", .int(request.madeAt)), ("open", .bool(request.isOpen)),
      ("granted", request.granted.map(JSON.bool)), ("withdrawn", .bool(request.isWithdrawn)),
    ])
  }

  private static func contradictionJSON(_ contradiction: Contradiction) -> JSON {
    .compact([
      ("kind", .string(contradiction.kind.rawValue)), ("left", .string(contradiction.left)),
      ("right", .string(contradiction.right)), ("shown", .string(contradiction.kind.shown)),
      ("because", .string(contradiction.kind.because)), ("flagged", .bool(contradiction.kind.isFlagged)),
      ("assignment", contradiction.assignment.map(JSON.string)),
    ])
  }

  private static func historyJSON(_ item: HistoryItem, _ isVoid: Bool, _ isSuperseded: Bool) -> JSON {
    let edits: [JSON]? = item.change?.edits.map { edit in
      switch edit {
      case .set(let register, _): .string("set " + register)
      case .append(let kind, _): .string("append " + kind)
      }
    }
    return .compact([
      ("dot", .string(item.dot.description)), ("at", item.change.map { .int($0.at.milliseconds) }),
      ("author", item.change?.author.json), ("context", item.change?.context.json), ("edits", edits.map(JSON.array)),
      ("request", item.change?.request.map(JSON.string)), ("verdict", (item.verdict?.rawValue).map(JSON.string)),
      ("received", item.received.map(JSON.int)), ("applied", .bool(item.isApplied)), ("void", .bool(isVoid)),
      ("origin", (item.change?.origin).map { .string($0.dot.description) }),
      ("superseded", isSuperseded ? .bool(true) : nil),
    ])
  }

  /// Puts plain values in place of commitments, one level deep (entries hold them in a field).
  private static func revealed(_ value: JSON, _ reveal: (Hash) -> JSON?) -> JSON {
    if let commitment = SealedValue.commitment(in: value) { return reveal(commitment) ?? value }
    guard let members = value.asObject else { return value }
    return .object(
      members.map { member in
        guard let commitment = SealedValue.commitment(in: member.value), let plain = reveal(commitment) else {
          return member
        }
        return JSON.Member(member.key, plain)
      })
  }
}
