// Who may write what: the table's rows against a plain second statement of the domain, for every register, entry and kind of writer.

import Testing

@testable import Core

/// An order that is told change by change; each has seen all before it.
enum Told {
  static let ownOrder = OrderID(maker: Some.water.platform, milliseconds: 1_340_000_000_000, random: [8])

  static func state(_ order: OrderID, _ steps: [(ReplicaID, [Edit])]) -> OrderState {
    var state = OrderState(id: order)
    for (index, step) in steps.enumerated() {
      let change = change(step.0, index + 1, on: state, step.1)
      #expect(Merge.apply(change, to: &state) == .applied)
    }
    return state
  }

  static func change(_ replica: ReplicaID, _ n: Int, on state: OrderState, _ edits: [Edit]) -> Change {
    Change(
      order: state.id, dot: Dot(replica, n), context: state.vector, at: HybridTime(n), author: Some.author, edits: edits
    )
  }
}

extension ValueShape {
  /// A value that fits, as it stands in a line.
  var example: JSON {
    switch self {
    case .text: "text"
    case .word(let words): .string(words[0])
    case .openWord: "word"
    case .flag: true
    case .instant: 1_340_000_000_000
    case .integer(let range): .int(range.lowerBound)
    case .number: 1
    case .list(let shape): [shape.example]
    case .record(let fields): .object(fields.map { JSON.Member($0.name, $0.shape.example) })
    case .sealed: ["sealed": Hash.of([1]).json]
    case .any: ["any": 1]
    }
  }
}

extension RegisterRow {
  /// A register of this row; of `assignment` where it is an assignment's.
  func name(_ assignment: String = "a1") -> String {
    let parts = [
      "<a>": assignment, "<r>": "r1", "<stage>": "complete", "<system>": "erp", "<order>": Some.order.text,
      "<dot>": "\(Dot(Some.gas, 1))", "<commitment>": "\(Hash.of([2]))",
    ]
    return segments.map { parts[String($0)] ?? String($0) }.joined(separator: "/")
  }
}

@Suite struct PermissionTests {
  /// A kind of writer, and an order where it is that.
  private struct Party {
    let name: String
    let platform: PlatformName
    /// The words of the statement that fit it.
    let roles: Set<String>
    let state: OrderState
    /// The assignment that is its own.
    var own: String?
  }

  /// DOMAIN's column "writes". `own` is the platform of that assignment, and the hub on its behalf.
  private static let statement: [String: Set<String>] = [
    "number": ["hub"], "ref/<system>": ["hub", "any"], "kind": ["hub", "lead of its own order"],
    "sector": ["hub", "lead of its own order"], "title": ["hub", "lead of its own order"],
    "description": ["hub", "lead of its own order"], "category": ["hub", "lead"], "priority": ["hub", "lead"],
    "caller": ["hub", "lead"], "confidential": ["hub"], "location": ["hub", "assigned"],
    "location/private": ["hub", "lead"], "source": [], "receivedAt": [], "due/<stage>": ["hub"],
    "assignment/<a>": ["hub"], "assignment/<a>/due/<stage>": ["hub"], "assignment/<a>/recalled": ["hub"],
    "assignment/<a>/progress": ["own"], "assignment/<a>/result": ["own"], "assignment/<a>/reply": ["own"],
    "assignment/<a>/unit": ["own"], "assignment/<a>/crew": ["own"], "assignment/<a>/eta": ["own"],
    "assignment/<a>/request/<r>": ["own"], "assignment/<a>/request/<r>/withdrawn": ["own"],
    "assignment/<a>/request/<r>/answer": ["hub"], "assignment/<a>/resumed": ["hub", "own"],
    "assignment/<a>/retired": ["hub"], "verdict": ["hub"], "closed": ["hub"], "cancelled": ["hub"],
    "relation/<order>": ["hub"], "referral": ["hub"], "void/<dot>": ["hub"], "clock/<dot>": ["hub"],
    "lost/<dot>": ["hub"],
    "purged/<commitment>": ["hub"],
  ]

  private static let entryStatement: [String: Set<String>] = [
    "note": ["hub", "any"], "contact": ["hub", "assigned"], "callback": ["hub", "assigned"], "urge": ["hub"],
    "supervise": ["hub"], "answer": ["hub", "assigned"], "delivered": ["hub"], "media": ["hub", "assigned"],
    "attachment": ["hub", "any"], "published": ["hub"],
  ]

  /// What the creation of an order may set, whoever makes it.
  private static let descriptive: Set<String> = [
    "ref/<system>", "kind", "sector", "title", "description", "category", "priority", "caller", "confidential",
    "location", "location/private", "source", "receivedAt",
  ]

  private static func assigned(_ order: OrderID) -> OrderState {
    Told.state(
      order,
      [
        (Some.hub, [Some.set("assignment/a1", Story.assignment("water"))]),
        (Some.hub, [Some.set("assignment/a2", Story.assignment("gas", role: "assist"))]),
      ])
  }

  private static let ofHub = assigned(Some.order)
  private static let ofWater = assigned(Told.ownOrder)
  private static let unassigned = Told.state(Told.ownOrder, [(Some.water, [Some.set("title", "x")])])
  private static let hub = Party(name: "hub", platform: .hub, roles: ["hub"], state: ofHub)
  private static let lead = Party(
    name: "lead", platform: Some.water.platform, roles: ["lead", "assigned", "any"], state: ofHub, own: "a1")
  private static let parties = [
    hub, lead,
    Party(
      name: "lead of its own order", platform: Some.water.platform,
      roles: ["lead", "lead of its own order", "assigned", "any"], state: ofWater, own: "a1"),
    Party(name: "assistant", platform: Some.gas.platform, roles: ["assigned", "any"], state: ofHub, own: "a2"),
    Party(
      name: "assistant at another's order", platform: Some.gas.platform, roles: ["assigned", "any"], state: ofWater,
      own: "a2"),
    Party(name: "maker without an assignment", platform: Some.water.platform, roles: ["any"], state: unassigned),
    Party(name: "other platform", platform: Some.heat.platform, roles: ["any"], state: ofHub),
  ]

  private func fault(_ party: Party, _ edits: [Edit], on state: OrderState? = nil, isCreation: Bool = false) -> String?
  {
    let state = state ?? party.state
    let change = Told.change(ReplicaID(platform: party.platform, random: [9]), 1, on: state, edits)
    return Permission.fault(change, by: party.platform, on: state, isCreation: isCreation)
  }

  @Test func theStatementSpeaksOfEveryRowAndOfNoOther() {
    #expect(Set(RegisterTable.rows.map(\.pattern)) == Set(Self.statement.keys))
    #expect(Set(RegisterTable.entries.map(\.kind)) == Set(Self.entryStatement.keys))
    #expect(Set(RegisterTable.rows.filter(\.isDescriptive).map(\.pattern)) == Self.descriptive)
  }

  @Test func everyoneWritesWhatTheDomainSaysAndNothingElse() throws {
    for row in RegisterTable.rows {
      let says = try #require(Self.statement[row.pattern])
      for party in Self.parties {
        for assignment in row.pattern.contains("<a>") ? ["a1", "a2", "a9"] : ["a1"] {
          let isOwn = says.contains("own") && (party.platform.isHub || party.own == assignment)
          let name = row.name(assignment)
          let expected = isOwn || !says.isDisjoint(with: party.roles) ? nil : "not-permitted: \(name)"
          #expect(fault(party, [Some.set(name, row.shape.example)]) == expected, "\(party.name) writes \(name)")
        }
      }
    }
  }

  @Test func everyoneAppendsWhatTheDomainSaysAndNothingElse() throws {
    for row in RegisterTable.entries {
      let says = try #require(Self.entryStatement[row.kind])
      for party in Self.parties {
        let edit = Edit.append(kind: row.kind, value: JSONText(row.shape.example))
        let expected = says.isDisjoint(with: party.roles) ? "not-permitted: entry \(row.kind)" : nil
        #expect(fault(party, [edit]) == expected, "\(party.name) appends \(row.kind)")
      }
    }
  }

  @Test func whoCreatesAnOrderDescribesItInFull() {
    for party in Self.parties where !party.platform.isHub {
      let empty = OrderState(id: OrderID(maker: party.platform, milliseconds: 1, random: [1]))
      for row in RegisterTable.rows where !row.pattern.hasPrefix("assignment/") {
        let expected = Self.descriptive.contains(row.pattern) ? nil : "not-permitted: \(row.name())"
        let fault = fault(party, [Some.set(row.name(), row.shape.example)], on: empty, isCreation: true)
        #expect(fault == expected, "\(party.name) creates with \(row.pattern)")
      }
    }
  }

  @Test func aCreatorAssignsTheOrderToItselfOnlyAndMayWorkOnItAtOnce() {
    func creation(_ edits: Edit...) -> String? {
      fault(Self.lead, edits, on: OrderState(id: Told.ownOrder), isCreation: true)
    }
    let itself = Some.set("assignment/a1", Story.assignment("water"))
    let another = Some.set("assignment/a2", Story.assignment("gas", role: "assist"))
    let progress = Some.set("assignment/a1/progress", "accepted")
    let contact = Edit.append(kind: "contact", value: JSONText(["said": "x"]))
    #expect(creation(itself, progress, contact) == nil)
    #expect(creation(progress, itself) == nil, "in whatever order")
    #expect(creation(itself, another) == "not-permitted: assignment/a2")
    #expect(creation(contact) == "not-permitted: entry contact")
    let foreign = Some.set("assignment/a2/progress", "accepted")
    #expect(creation(itself, foreign) == "not-permitted: assignment/a2/progress")
    #expect(
      fault(Self.lead, [itself], on: OrderState(id: Told.ownOrder)) == "not-permitted: assignment/a1",
      "only its creation")
    #expect(fault(Self.hub, [another], on: OrderState(id: Some.order), isCreation: true) == nil)
  }

  @Test func aCreationHoldsTheFirstAssignmentAndNoOther() {
    func creation(_ party: Party, _ assignments: JSON...) -> String? {
      let order = OrderID(maker: party.platform, milliseconds: 1, random: [1])
      let edits = assignments.enumerated().map { Some.set("assignment/a\($0 + 1)", $1) }
      return fault(party, [Some.set("title", "x")] + edits, on: OrderState(id: order), isCreation: true)
    }
    let water = Story.assignment("water")
    #expect(creation(Self.lead, water) == nil)
    #expect(creation(Self.lead, water, Story.assignment("water", role: "assist")) == "not-permitted: assignment/a2")
    #expect(creation(Self.lead, Story.assignment("water", round: 2)) == "not-permitted: assignment/a1")
    #expect(creation(Self.hub, water, Story.assignment("gas", role: "assist")) == nil, "as in two dispatches")
    #expect(creation(Self.hub, water, Story.assignment("gas")) == "not-permitted: assignment/a2", "one lead")
    #expect(
      creation(Self.hub, water, Story.assignment("water", role: "inform")) == "not-permitted: assignment/a2",
      "one each")
    #expect(creation(Self.hub, Story.assignment("gas", round: 2)) == "not-permitted: assignment/a1")
  }

  @Test func anEndedAssignmentStillGivesTheRightToSayWhatWasDone() {
    let state = Told.state(
      Some.order,
      [
        (Some.hub, [Some.set("assignment/a1", Story.assignment("water"))]),
        (Some.hub, [Some.set("assignment/a1/recalled", ["reason": "x"])]),
      ])
    #expect(fault(Self.lead, [Some.set("assignment/a1/progress", "done")], on: state) == nil)
  }

  @Test func nullIsWrittenOnlyWhereTheTableAllowsIt() {
    let nullable: Set<String> = [
      "assignment/<a>/recalled", "assignment/<a>/eta", "closed", "cancelled", "relation/<order>", "referral",
      "void/<dot>",
    ]
    for row in RegisterTable.rows {
      let expected = nullable.contains(row.pattern) ? nil : "value-invalid: \(row.name()): null is not allowed"
      #expect(fault(Self.hub, [Some.set(row.name(), .null)]) == expected)
    }
  }

  @Test func aValueThatDoesNotFitIsRefusedWithItsPath() {
    for row in RegisterTable.rows {
      if case .any = row.shape { continue }
      let reason = fault(Self.hub, [Some.set(row.name(), [["no": "shape"]])]) ?? ""
      #expect(reason.hasPrefix("value-invalid: \(row.name())"), "\(row.pattern): \(reason)")
    }
    let faulty: [(String, JSON, String)] = [
      ("assignment/a1/result", ["outcome": "fine"], "assignment/a1/result.outcome"),
      ("assignment/a1/result", ["work": "x"], "assignment/a1/result.outcome"),
      ("assignment/a1", ["platform": "gas", "role": "lead", "round": 0], "assignment/a1.round"),
      ("caller", ["name": "Wang"], "caller"), ("due/complete", ["at": "soon"], "due/complete.at"),
      ("title", .string(String(repeating: "x", count: 1_025)), "title"),
    ]
    for (name, value, path) in faulty {
      let reason = fault(Self.hub, [Some.set(name, value)]) ?? ""
      #expect(reason.hasPrefix("value-invalid: \(path):"), "\(reason)")
    }
    let callback = Edit.append(kind: "callback", value: JSONText(["reached": true, "result": 6]))
    #expect(fault(Self.hub, [callback])?.hasPrefix("value-invalid: callback.result") == true)
  }

  @Test func whatTheTableDoesNotKnowIsUnknown() {
    for name in [
      "", "colour", "title/x", "due/lunch", "assignment/A1/progress", "assignment//progress", "void/x", "purged/x",
      "relation/x", "ref/My ERP", "assignment/a1/request/r1/answer/x",
    ] {
      for party in Self.parties {
        #expect(fault(party, [Some.set(name, "x")]) == "register-unknown: \(name)")
      }
    }
    #expect(fault(Self.hub, [.append(kind: "song", value: .null)]) == "register-unknown: entry song")
  }

  @Test func oneFaultyEditFaultsTheWholeChange() {
    let edits = [Some.set("location", ["note": "n"]), Some.set("closed", ["code": "solved"])]
    #expect(fault(Self.lead, edits) == "not-permitted: closed")
  }
}
