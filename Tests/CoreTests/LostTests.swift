// Changes that nobody has any more, in the words of FAULTS 73: what names them goes on once the hub says that they are lost, and they
// count if they turn up. Random cases are MergeProperties'.

import Testing

@testable import Core

@Suite struct LostTests {
  private let missing: Change
  private let follows: Change
  private let answers: Change
  private let lost: Change

  /// A crew's change that every disk lost, its next one, and what gas wrote having seen both.
  init() {
    var hand = Hand()
    missing = hand.change(Some.water, [Some.set("title", "missing"), Some.set("priority", "urgent")])
    follows = hand.change(Some.water, seeing: [missing], [Some.set("title", "follows")])
    answers = hand.change(Some.gas, seeing: [follows], [Some.set("priority", "emergency")])
    lost = hand.change(Some.hub, [Some.set("lost/\(missing.dot)", ["reason": "lost"])])
  }

  private func copy(_ changes: [Change]) -> Copy { Copy(receiving: changes.map { .change($0) }) }

  @Test func whatNamesALostChangeWaitsUntilTheHubSaysSo() {
    var copy = copy([answers, follows])
    #expect(copy.waitingDots == [answers.dot, follows.dot])
    copy.receive(lost)
    #expect(copy.waiting.isEmpty && copy.surprises.isEmpty)
    #expect(copy.state.siblings("title").map(\.dot) == [follows.dot])
    #expect(copy.state.siblings("priority").map(\.dot) == [answers.dot])
    #expect(copy.state.lostDots == [missing.dot] && copy.state.isLost(missing.dot))
  }

  @Test func aLostChangeThatTurnsUpCountsAsIfItHadNeverBeenMissed() throws {
    let changes = [missing, follows, answers, lost]
    for order in permutations(4) {
      let copy = copy(order.map { changes[$0] })
      #expect(copy.waiting.isEmpty && copy.surprises.isEmpty)
      #expect(copy.state == Merge.fold(changes.map { .change($0) }, order: Some.order).state)
      #expect(copy.state.siblings("title").map(\.dot) == [follows.dot], "its author had seen it")
      #expect(copy.state.siblings("priority").map(\.dot) == [answers.dot])
    }
  }

  @Test func onlyTheHubSaysThatAChangeIsLost() {
    let forged = Change(
      order: Some.order, dot: Dot(Some.heat, 1), context: VersionVector(), at: HybridTime(0), author: Some.author,
      edits: [Some.set("lost/\(missing.dot)", ["reason": "lost"])])
    let copy = copy([forged, follows])
    #expect(copy.waitingDots == [follows.dot] && copy.state.lostDots.isEmpty)
  }

  @Test func sayingThatAChangeIsLostCannotBeVoided() {
    var hand = Hand()
    let void = Change(
      order: Some.order, dot: Dot(Some.otherHub, 1), context: VersionVector([(Some.hub, 1)]), at: HybridTime(0),
      author: Some.author, edits: [Some.set("void/\(lost.dot)", ["reason": "a mistake"])])
    _ = hand.change(Some.hub, [])
    let copy = copy([lost, void, follows, answers])
    #expect(copy.waiting.isEmpty && copy.state.isLost(missing.dot))
  }

  @Test func twoThatEachNameTheOtherAfterAForkStillGiveOneState() {
    // Copied machines: what gas saw under the dot was another content, and the one that turned up had seen gas.
    let back = Change(
      order: Some.order, dot: missing.dot, context: VersionVector([(Some.gas, 1)]), at: HybridTime(5),
      author: Some.author, edits: [Some.set("title", "the copy's")])
    let items = [answers, follows, lost, back].map { Merge.LogItem.change($0) }
    let folded = Merge.fold(items, order: Some.order)
    #expect(folded.waiting.isEmpty)
    for order in permutations(4) {
      let copy = Copy(receiving: order.map { items[$0] })
      #expect(copy.state == folded.state && copy.waiting.isEmpty)
    }
  }
}
