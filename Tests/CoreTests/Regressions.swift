// Cases that once failed, or that a seeded bug failed on, by name. A failing run prints the line to add here. Draws belong to their
// generator: where one changes so that a case no longer tells its story, write the story out as a test of its own (as VoidTests do).

import Testing

@testable import Core

/// A case that must never fail again.
struct KeptCase: Sendable, CustomTestStringConvertible {
  let property: String
  let draws: [Int]
  let story: String

  init(_ property: String, _ draws: [Int], _ story: String) {
    self.property = property
    self.draws = draws
    self.story = story
  }

  var testDescription: String { story }
}

@Suite struct Regressions {
  static let kept: [KeptCase] = [
    .init(
      "void and lifted at once is void, and counts", [10, 0, 80, 0, 0, 1],
      "a void that came before its change keeps it from ever being shown"),
    .init("void and lifted at once is void, and counts", [10], "a void of what is held already takes it back"),
    .init(
      "void and lifted at once is void, and counts", [10, 1, 0, 50, 10],
      "void by one process and lifted by another at once is void, whoever is named first"),
    .init(
      "void and lifted at once is void, and counts", [10, 0, 80, 50, 0, 1],
      "a change that comes after its void was lifted stands from the lifting"),
    .init(
      "a write removes exactly what its author had seen",
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 25, 0, 0, 0, 3, 0, 0, 0, 25, 3, 0, 0, 0, 0, 0, 0, 70],
      "who had not seen the lifting does not remove what it lifted"),
    .init(
      "a state is the same in whatever order its changes arrive", [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 25, 4],
      "a corrected clock counts in the fold as it does change by change"),
    .init(
      "a state is the same in whatever order its changes arrive",
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 25, 0, 45, 25, 3, 1, 0, 0, 3, 0, 0, 0, 25, 0, 1],
      "what cannot be void cannot be lifted either"),
    .init(
      "a state is the same in whatever order its changes arrive",
      [60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 25, 4, 0, 45, 25, 3, 12, 0, 0, 0, 3, 0, 0, 0, 25, 0, 1],
      "a change that purges cannot be void"),
    .init(
      "a state is the same in whatever order its changes arrive",
      [60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 12, 45, 25, 3, 2, 0, 0, 3, 0, 0, 0, 25, 4, 1],
      "the stored form keeps two times of one change apart"),
    .init(
      "a state is the same in whatever order its changes arrive",
      [0, 0, 0, 0, 0, 0, 0, 0, 0, 30, 3, 0, 2, 0, 85, 0, 0, 0, 3, 0, 2, 0, 0, 0, 0, 0, 0, 0, 75, 2, 0, 1],
      "an unreadable change waits for the one before it"),
    .init(
      "a state is the same in whatever order its changes arrive",
      [0, 0, 0, 0, 0, 0, 0, 0, 30, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 85, 1],
      "a void change that claims to have seen what nobody made still counts"),
    .init(
      "contradictions are a function of the set, by DOMAIN's table", [],
      "two assignments made by one change are listed alike everywhere"),
  ]

  @Test(arguments: kept)
  func whatOnceFailedHolds(kept: KeptCase) throws {
    let property = try #require(Properties.all.first { $0.name == kept.property }, "no property '\(kept.property)'")
    #expect(property.fault(of: kept.draws) == nil)
  }

  /// Found by the property of contradictions (seed 1): the assignments of one change tie in time and dot, and were listed as a
  /// dictionary happened to hold them, so two replicas in one state could choose, print and contradict in different orders.
  @Test func assignmentsMadeByOneChangeAreListedByTheirIds() {
    var hand = Hand()
    let ids = (1...9).map { "a\($0)" }
    let made = hand.change(
      Some.hub,
      ids.reversed().map { Some.set("assignment/\($0)", ["platform": "water", "role": "assist", "round": 1]) })
    let view = OrderView(Copy(receiving: [.change(made)]).state)
    #expect(view.assignments.map(\.id) == ids)
  }
}
