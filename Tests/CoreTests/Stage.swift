// Orders at the points of the handling loop, for tests of what may be done there.

@testable import Core

/// An order at one point of the handling loop.
enum Stage: CaseIterable {
  case received, dispatched, accepted, working, asked, refused, suspended, returned, recalled, done, calledBack, closed,
    cancelled, conflict, voided

  var story: Story {
    var story = Story(dispatched: self != .received)
    func request(_ type: String) {
      story.tell(Some.water, ("assignment/a1/request/r1", ["type": .string(type), "reason": "x", "until": 9_000]))
    }
    func answer(_ granted: Bool) {
      story.tell(Some.hub, ("assignment/a1/request/r1/answer", ["granted": .bool(granted), "until": 9_000]))
    }
    if ![.received, .dispatched, .cancelled].contains(self) { story.tell(Some.water, (progress, "accepted")) }
    switch self {
    case .received, .dispatched, .accepted: break
    case .working: story.tell(Some.water, (progress, "working"))
    case .asked: request("return")
    case .refused:
      request("return")
      answer(false)
    case .suspended:
      request("suspension")
      answer(true)
    case .returned:
      request("return")
      answer(true)
    case .recalled: story.tell(Some.hub, ("assignment/a1/recalled", ["reason": "x"]))
    case .done: story.tell(Some.water, (progress, "done"), ("assignment/a1/result", ["outcome": "solved"]))
    case .calledBack:
      story.tell(Some.water, (progress, "done"), ("assignment/a1/result", ["outcome": "solved"]))
      story.tell(Some.hub, ("verdict", ["solved": true]))
    case .closed: story.tell(Some.hub, ("closed", ["code": "special"]))
    case .cancelled: story.tell(Some.hub, ("cancelled", ["reason": "x"]))
    case .conflict:
      let seen = story.changes.count
      story.tell(Some.water, ("location", ["note": "left"]), ("caller", Stage.sealed))
      story.tell(Some.hub, havingSeen: seen, ("location", ["note": "right"]), ("caller", Stage.sealed))
    case .voided: story.tell(Some.hub, ("void/\(Dot(Some.water, 1))", ["reason": "x"]))
    }
    return story
  }

  private var progress: String { "assignment/a1/progress" }
  private static let sealed: JSON = ["sealed": Hash.of([3]).json]
}
