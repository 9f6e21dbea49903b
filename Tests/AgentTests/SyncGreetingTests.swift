// What the engine offers the loop's push lane while the pull lane's poll is open: to greet by itself, and to rest without a word.

import Core
import Testing

/// An engine whose pull lane polls.
private struct Polling {
  var engine = SyncEngine()
  var now = 1_000

  init() { end(.pull, .greeted(cursorHolds: true, forked: false)) }

  mutating func end(_ lane: SyncLane, _ outcome: SyncOutcome) {
    engine.finished(lane, outcome, now: now, elapsed: 0, wall: now, random: 0.5)
  }

  var pushes: Bool { if case .push = engine.next(.push, now: now) { true } else { false } }
}

struct SyncGreetingTests {
  @Test(arguments: [SyncOutcome.outOfStep, .cursorLost])
  func aPushOutOfStepIsGreetedAboutWithoutWaitingForThePoll(outcome: SyncOutcome) {
    var polling = Polling()
    #expect(!polling.engine.greetsAtOnce && polling.pushes)
    polling.end(.push, outcome)
    #expect(polling.engine.greetsAtOnce && !polling.pushes)
    polling.end(.push, .greeted(cursorHolds: true, forked: false))
    #expect(!polling.engine.greetsAtOnce && polling.pushes)
  }

  @Test func aGreetingThatDoesNotHelpIsFollowedByAWait() {
    var polling = Polling()
    polling.end(.push, .outOfStep)
    polling.end(.push, .greeted(cursorHolds: true, forked: false))
    polling.end(.push, .outOfStep)
    #expect(!polling.engine.greetsAtOnce, "greeting and refusal must not take turns for ever")
    polling.end(.pull, .pulled(entries: 0))
    polling.end(.pull, .greeted(cursorHolds: true, forked: false))
    #expect(!polling.pushes)
    polling.now = polling.engine.retryAt(.push) ?? 0
    #expect(polling.pushes)
    polling.end(.push, .pushed(isOutboxEmpty: false))
    polling.end(.push, .outOfStep)
    #expect(polling.engine.greetsAtOnce, "a push that works begins anew")
  }

  @Test func aGreetingThatFailsOrAForkEndsTheOffer() {
    let failed = SyncOutcome.failed(.transient, reason: "no route", retryAfterMilliseconds: nil)
    let fork = SyncOutcome.failed(.fork, reason: "two contents", retryAfterMilliseconds: nil)
    for (lane, outcome) in [(SyncLane.push, failed), (.pull, fork), (.pull, .greeted(cursorHolds: true, forked: true))]
    {
      var polling = Polling()
      polling.end(.push, .outOfStep)
      polling.end(lane, outcome)
      #expect(!polling.engine.greetsAtOnce, "\(lane) \(outcome)")
    }
  }

  @Test func anEmptyOutboxSaysNothingOfTheHub() {
    var polling = Polling()
    polling.end(.pull, .failed(.transient, reason: "no route", retryAfterMilliseconds: nil))
    let shown = polling.engine.link
    polling.end(.push, .nothingToPush)
    #expect(polling.engine.link == shown && shown == .offline(since: 1_000, reason: "no route"))
    polling.end(.pull, .greeted(cursorHolds: true, forked: false))
    polling.end(.push, .nothingToPush)
    #expect(!polling.pushes)
    polling.engine.localChange()
    #expect(polling.pushes)
  }
}
