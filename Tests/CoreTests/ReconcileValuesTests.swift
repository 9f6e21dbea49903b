// Personal values that the hub names as lacking in a comparison: given once, whichever answer names them.

import Testing

@testable import Core

/// An agent that holds what the hub holds, and one value more.
private struct OneValue: ReconcileFacts {
  let dot: Dot
  let commitment: Hash

  func topDigests() -> [UInt64] { [UInt64](repeating: 0, count: DigestBucket.fanOut) }
  func leafDigests(ofTop top: Int) -> [UInt64] { [UInt64](repeating: 0, count: DigestBucket.fanOut) }
  func orderDigests(inLeaf leaf: Int) -> [(order: OrderID, digest: UInt64)] { [] }
  func heldChanges(of order: OrderID) -> [HeldChange] { [] }
  func dots(naming commitments: [Hash]) -> [Dot] { commitments.contains(commitment) ? [dot] : [] }
}

@Suite struct ReconcileValuesTests {
  /// The questions of a comparison in which the hub names a value with the answers of these kinds, and what was given.
  private func compare(namingWith names: Set<String>, isDryRun: Bool = false) throws -> (asked: [String], given: [Dot])
  {
    let facts = OneValue(dot: Dot(try ReplicaID("hub.aaaaaaaaaaaaaaaa"), 7), commitment: .of([1]))
    var report = ReconcileReport()
    report.isDryRun = isDryRun
    var walk = ReconcileWalk(report: report)
    var asked: [String] = []
    var given: [Dot] = []
    while let call = walk.next(), asked.count < 20 {
      asked.append(call.ask.name)
      given += call.gives
      let answer: ReconcileReply.Answer =
        switch call.ask {
        case .tops: .tops(facts.topDigests())
        case .exchange: .exchanged(refused: [])
        default: .done
        }
      let lacks = names.contains(call.ask.name) ? [facts.commitment, .of([2])] : []
      try walk.take(
        ReconcileReply(head: .start, time: 1, answer: answer, lacks: lacks), to: call, tried: call.gives,
        sent: call.gives.count, bytes: 0, facts: facts)
    }
    return (asked, given)
  }

  @Test func aValueThatTheHubLacksIsGivenOnceWhicheverAnswerNamesIt() throws {
    for names in [["tops"], ["tops", "done"]] as [Set<String>] {
      let compared = try compare(namingWith: names)
      #expect(compared.asked == ["tops", "exchange", "done"] && compared.given.map(\.n) == [7], "\(names)")
    }
    let late = try compare(namingWith: ["done"])
    #expect(late.asked == ["tops", "done", "exchange", "done"] && late.given.map(\.n) == [7])
  }

  @Test func aDryRunGivesNothing() throws {
    #expect(try compare(namingWith: ["tops", "done"], isDryRun: true).given.isEmpty)
  }
}
