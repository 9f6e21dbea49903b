// One case for each kind of contradiction: written at once it stands and is shown by its rule; written one after the other it does
// not stand; a write that has seen both sides settles it.

import Testing

@testable import Core

/// One kind, told by two writers who do not know of each other.
struct ContradictionCase: Sendable, CustomTestStringConvertible {
  let kind: ContradictionKind
  /// What both have seen.
  var before: [(ReplicaID, String, JSON)] = []
  let left: (replica: ReplicaID, register: String, value: JSON)
  let right: (replica: ReplicaID, register: String, value: JSON)
  /// A write that has seen both sides.
  let settling: (register: String, value: JSON)
  /// The status while it stands.
  let status: OrderStatus

  var testDescription: String { kind.rawValue }

  private static let progress = "assignment/a1/progress"
  private static let recalled = (replica: Some.hub, register: "assignment/a1/recalled", value: ["reason": "x"] as JSON)
  private static let cancelled = (replica: Some.hub, register: "cancelled", value: ["reason": "x"] as JSON)
  private static let closed = (replica: Some.hub, register: "closed", value: ["code": "solved"] as JSON)
  private static let done = (replica: Some.water, register: progress, value: "done" as JSON)
  private static let working = (replica: Some.water, register: progress, value: "working" as JSON)
  private static let request = "assignment/a1/request/r1"

  private static func asked(_ type: JSON) -> [(ReplicaID, String, JSON)] {
    [(Some.water, progress, "accepted"), (Some.water, request, ["type": type, "until": 900])]
  }
  private static let granted = (replica: Some.hub, register: request + "/answer", value: ["granted": true] as JSON)

  static let all: [ContradictionCase] = [
    .init(
      kind: .recalledWhileDone, left: recalled, right: done, settling: (recalled.register, .null), status: .repaired),
    .init(
      kind: .recalledWhileWorking, left: recalled, right: working, settling: (recalled.register, ["reason": "seen"]),
      status: .recalled),
    .init(kind: .cancelledWhileDone, left: cancelled, right: done, settling: ("cancelled", .null), status: .repaired),
    .init(
      kind: .cancelledWhileWorking, left: cancelled, right: working, settling: ("cancelled", .null), status: .cancelled),
    .init(
      kind: .closedWhileWorking, left: closed, right: working, settling: ("closed", ["code": "partly"]), status: .closed
    ),
    .init(
      kind: .closedWhileRequested, left: closed, right: (Some.water, request, ["type": "extension"]),
      settling: ("closed", ["code": "solved"]), status: .closed),
    .init(
      kind: .returnGrantedWhileDone, before: asked("return"), left: granted, right: done,
      settling: (granted.register, ["granted": false]), status: .repaired),
    .init(
      kind: .returnGrantedWhileWorking, before: asked("return"), left: granted, right: working,
      settling: (granted.register, ["granted": true]), status: .returned),
    .init(
      kind: .suspendedWhileWorking, before: asked("suspension"), left: granted, right: working,
      settling: (granted.register, ["granted": true]), status: .inProgress),
    .init(
      kind: .suspendedWhileDone, before: asked("suspension"), left: granted, right: done,
      settling: (granted.register, ["granted": false]), status: .repaired),
    .init(
      kind: .exemptWhileUnsatisfied, before: asked("exemption") + [(Some.water, progress, "done")], left: granted,
      right: (Some.otherHub, "verdict", ["satisfied": false]), settling: ("verdict", ["satisfied": true]),
      status: .calledBack),
    .init(
      kind: .duplicateWhileDone,
      left: (Some.hub, "relation/\(OrderID(maker: .hub, milliseconds: 5, random: [5]))", "duplicate"), right: done,
      settling: ("relation/\(OrderID(maker: .hub, milliseconds: 5, random: [5]))", "repeat"), status: .repaired),
    .init(
      kind: .twoLeads, left: (Some.hub, "assignment/a2", Story.assignment("gas")),
      right: (Some.otherHub, "assignment/a3", Story.assignment("heat")),
      settling: ("assignment/a3/recalled", ["reason": "one is enough"]), status: .dispatched),
    .init(
      kind: .twoAssignmentsOfOnePlatform, left: (Some.hub, "assignment/a2", Story.assignment("gas", role: "assist")),
      right: (Some.otherHub, "assignment/a3", Story.assignment("gas", role: "oversee")),
      settling: ("assignment/a3/recalled", ["reason": "one is enough"]), status: .dispatched),
  ]

  /// The story up to the two sides; the second has seen the first only where told so.
  func story(atOnce: Bool, leftFirst: Bool = true) -> Story {
    var story = Story()
    for (replica, register, value) in before { story.tell(replica, (register, value)) }
    let common = story.changes.count
    let (first, second) = leftFirst ? (left, right) : (right, left)
    story.tell(first.replica, (first.register, first.value))
    if atOnce {
      story.tell(second.replica, havingSeen: common, (second.register, second.value))
    } else {
      story.tell(second.replica, (second.register, second.value))
    }
    return story
  }
}

@Suite struct ContradictionTests {
  @Test func everyKindHasItsCase() {
    #expect(ContradictionCase.all.map(\.kind) == ContradictionKind.allCases)
  }

  @Test(arguments: ContradictionCase.all)
  func whatIsWrittenAtOnceStandsAndIsShownByItsRule(example: ContradictionCase) throws {
    for leftFirst in [true, false] {
      let view = example.story(atOnce: true, leftFirst: leftFirst).view
      #expect(view.contradictions.map(\.kind) == [example.kind])
      #expect(view.status(now: 100) == example.status)
      let found = try #require(view.contradictions.first)
      #expect(
        Set([found.left: found.leftDot.replica, found.right: found.rightDot.replica].map { "\($0.key) \($0.value)" })
          == ["\(example.left.register) \(example.left.replica)", "\(example.right.register) \(example.right.replica)"])
    }
  }

  @Test(arguments: ContradictionCase.all)
  func whatIsWrittenOneAfterTheOtherDoesNotStand(example: ContradictionCase) {
    for leftFirst in [true, false] {
      #expect(
        example.story(atOnce: false, leftFirst: leftFirst).view.contradictions.isEmpty, "left first: \(leftFirst)")
    }
  }

  @Test(arguments: ContradictionCase.all)
  func aWriteThatHasSeenBothSidesSettlesIt(example: ContradictionCase) {
    var story = example.story(atOnce: true)
    story.tell(Some.hub, (example.settling.register, example.settling.value))
    #expect(story.view.contradictions.isEmpty)
  }

  @Test(arguments: ContradictionCase.all)
  func aWriteThatHasSeenOneSideAloneSettlesNothing(example: ContradictionCase) {
    var story = example.story(atOnce: true)
    let known = story.changes.count - 2
    // The left side's author says it again, still without the right side.
    story.tell(example.left.replica, havingSeen: known + 1, (example.left.register, example.left.value))
    #expect(story.view.contradictions.map(\.kind) == [example.kind])
  }
}
