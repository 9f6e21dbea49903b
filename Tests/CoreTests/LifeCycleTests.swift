// The derived status, step by step through the handling loop.

import Testing

@testable import Core

/// An order that is told step by step; every step has seen all before it unless it says otherwise.
struct Story {
  private(set) var hand = Hand()
  private(set) var changes: [Change] = []

  /// The order as a fresh call, dispatched to water as lead where asked.
  init(dispatched: Bool = true) {
    tell(Some.hub, ("title", "爆管"), ("source", "call"))
    if dispatched { tell(Some.hub, ("assignment/a1", Story.assignment())) }
  }

  static func assignment(_ platform: String = "water", role: String = "lead", round: Int = 1) -> JSON {
    ["platform": .string(platform), "role": .string(role), "round": .int(round)]
  }

  @discardableResult
  mutating func tell(_ replica: ReplicaID, _ writes: (String, JSON)...) -> Change { add(replica, changes, writes) }

  /// Written by one who had seen only the first `count` changes, and its own.
  @discardableResult
  mutating func tell(_ replica: ReplicaID, havingSeen count: Int, _ writes: (String, JSON)...) -> Change {
    add(replica, Array(changes.prefix(count)), writes)
  }

  private mutating func add(_ replica: ReplicaID, _ seen: [Change], _ writes: [(String, JSON)]) -> Change {
    let change = hand.change(replica, at: changes.count, seeing: seen, writes.map { Some.set($0.0, $0.1) })
    changes.append(change)
    return change
  }

  var view: OrderView {
    let forward = Merge.fold(changes.map { .change($0) }, order: Some.order)
    var copy = Copy()
    for change in changes.reversed() { copy.receive(change) }
    #expect(copy.state == forward.state && forward.waiting.isEmpty)
    return OrderView(copy.state)
  }

  func status(now: Int = 100) -> OrderStatus { view.status(now: now) }
}

@Suite struct LifeCycleTests {
  private let hub = Some.hub
  private let water = Some.water
  private let gas = Some.gas
  private let progress = "assignment/a1/progress"

  @Test func anOrderWalksThroughTheLoop() {
    var story = Story(dispatched: false)
    #expect(story.status() == .received)
    story.tell(hub, ("assignment/a1", Story.assignment()))
    #expect(story.status() == .dispatched)
    story.tell(water, (progress, "accepted"))
    #expect(story.status() == .accepted)
    for step in ["enRoute", "onSite", "working", "waiting"] {
      story.tell(water, (progress, .string(step)))
      #expect(story.status() == .inProgress, "\(step)")
    }
    story.tell(water, (progress, "done"), ("assignment/a1/result", ["outcome": "solved"]))
    #expect(story.status() == .repaired)
    story.tell(hub, ("verdict", ["solved": true, "satisfied": true]))
    #expect(story.status() == .calledBack)
    story.tell(hub, ("closed", ["code": "solved"]))
    #expect(story.status() == .closed)
    #expect(story.view.contradictions.isEmpty)
    story.tell(hub, ("closed", .null))
    #expect(story.status() == .calledBack, "reopened")
  }

  @Test func aVerdictGivenBeforeTheRepairIsNoCallBackOfIt() {
    var story = Story()
    story.tell(hub, ("verdict", ["solved": false]))
    story.tell(water, (progress, "done"))
    #expect(story.status() == .repaired)
  }

  @Test func aGrantedReturnEndsTheAssignmentAndARefusedOneDoesNot() {
    var story = Story()
    story.tell(water, (progress, "accepted"))
    story.tell(water, ("assignment/a1/request/r1", ["type": "return", "reason": "not our pipe"]))
    #expect(story.status() == .accepted, "until it is granted the platform stays responsible")
    #expect(story.view.openRequests.map(\.request.id) == ["r1"])
    var refused = story
    refused.tell(hub, ("assignment/a1/request/r1/answer", ["granted": false]))
    #expect(refused.status() == .accepted && refused.view.openRequests.isEmpty)
    story.tell(hub, ("assignment/a1/request/r1/answer", ["granted": true]))
    #expect(story.status() == .returned)
    story.tell(hub, ("assignment/a2", Story.assignment("gas")))
    #expect(story.status() == .dispatched)
  }

  @Test func aWithdrawnRequestIsOpenNoLonger() {
    var story = Story()
    story.tell(water, ("assignment/a1/request/r1", ["type": "return"]))
    story.tell(water, ("assignment/a1/request/r1/withdrawn", true))
    #expect(story.view.openRequests.isEmpty && story.status() == .dispatched)
  }

  @Test func aRecalledAssignmentCountsNoLonger() {
    var story = Story()
    story.tell(water, (progress, "accepted"))
    story.tell(hub, ("assignment/a1/recalled", ["reason": "wrong district"]))
    #expect(story.status() == .recalled)
    #expect(story.view.contradictions.isEmpty, "the hotline had seen the acceptance")
    story.tell(hub, ("assignment/a1/recalled", .null))
    #expect(story.status() == .accepted)
  }

  @Test func aCancelledOrderIsOver() {
    var story = Story()
    story.tell(hub, ("cancelled", ["reason": "citizen rang again"]))
    #expect(story.status() == .cancelled && story.status().isOver)
  }

  @Test func aSuspensionHoldsUntilItsTimePasses() {
    var story = suspended(until: 500)
    #expect(story.status(now: 499) == .suspended)
    #expect(story.status(now: 500) == .inProgress)
    story.tell(water, ("assignment/a1/resumed", ["at": 300]))
    #expect(story.status(now: 499) == .inProgress, "resumed before its time")
  }

  @Test func workAfterASuspensionEndsIt() {
    var story = suspended(until: 500)
    story.tell(water, (progress, "waiting"))
    #expect(story.status(now: 400) == .inProgress)
  }

  @Test func waitingAloneSuspendsNothing() {
    var story = Story()
    story.tell(water, (progress, "waiting"))
    #expect(story.status() == .inProgress)
  }

  private func suspended(until: Int) -> Story {
    var story = Story()
    story.tell(water, (progress, "working"))
    story.tell(water, ("assignment/a1/request/r1", ["type": "suspension", "until": 900]))
    story.tell(hub, ("assignment/a1/request/r1/answer", ["granted": true, "until": .int(until)]))
    return story
  }

  @Test func reworkIsANewRoundAndLeavesTheFirstAsItWas() {
    var story = Story()
    story.tell(water, (progress, "done"), ("assignment/a1/result", ["outcome": "solved"]))
    story.tell(hub, ("verdict", ["solved": false]))
    #expect(story.status() == .calledBack)
    story.tell(
      hub, ("assignment/b1", ["platform": "water", "role": "lead", "round": 2, "after": "a1", "cause": "rework"]))
    #expect(story.view.round == 2 && story.status() == .dispatched)
    story.tell(water, ("assignment/b1/progress", "working"))
    #expect(story.status() == .inProgress)
    story.tell(water, ("assignment/b1/progress", "done"))
    #expect(story.status() == .repaired, "the first round's verdict is not this one's")
    #expect(story.view.assignment("a1")?.progress == "done")
    #expect(story.view.contradictions.isEmpty)
  }

  @Test func anAssistantStillAtWorkKeepsTheOrderInProgress() {
    var story = Story()
    story.tell(hub, ("assignment/a2", Story.assignment("gas", role: "assist")))
    story.tell(water, (progress, "done"))
    #expect(story.status() == .repaired, "an assistant that never began holds up nobody")
    story.tell(gas, ("assignment/a2/progress", "working"))
    #expect(story.status() == .inProgress)
    story.tell(gas, ("assignment/a2/progress", "done"))
    #expect(story.status() == .repaired)
  }

  @Test func oneOfTwoLeadsThatReturnsLeavesTheOtherResponsible() {
    var story = Story()
    story.tell(hub, ("assignment/a2", Story.assignment("gas")))
    story.tell(gas, ("assignment/a2/progress", "accepted"))
    story.tell(water, ("assignment/a1/request/r1", ["type": "return"]))
    story.tell(hub, ("assignment/a1/request/r1/answer", ["granted": true]))
    #expect(story.status() == .accepted)
    #expect(story.view.contradictions.isEmpty, "one operator, one after the other")
  }
}
