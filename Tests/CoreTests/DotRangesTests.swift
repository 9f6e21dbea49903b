// Dots as ranges for people: what goes on is one range, and much is counted.

import Testing

@testable import Core

@Suite struct DotRangesTests {
  private func dots(_ replica: String, _ numbers: some Sequence<Int>) throws -> [Dot] {
    let replica = try ReplicaID("\(replica).aaaaaaaaaaaaaaaa")
    return numbers.map { Dot(replica, $0) }
  }

  @Test func numbersThatGoOnAreOneRangeAndReplicasAreApart() throws {
    let found = DotRanges.of(try dots("water", [9, 5, 7, 6, 6]) + dots("gas", [2]))
    #expect(found.map(\.replica.text) == ["gas.aaaaaaaaaaaaaaaa", "water.aaaaaaaaaaaaaaaa"])
    #expect(found.map(\.words) == ["2", "5-7, 9"])
    #expect(DotRanges.of([Dot]()).isEmpty)
  }

  @Test func whatIsTooMuchToReadIsCounted() throws {
    var numbers = (0..<12).map { 2 * $0 + 1 }
    #expect(DotRanges.of(try dots("water", numbers))[0].words == "1, 3, 5, 7, 9, 11, 13, 15, 17, 19 and 2 more ranges")
    numbers.append(24)
    #expect(DotRanges.of(try dots("water", numbers))[0].more == 2, "it goes on from the one before it")
    let many = try (0..<60).flatMap { index in
      try dots("a\(index)", [1])
    }
    #expect(DotRanges.of(many).count == DotRanges.maxReplicas)
  }
}
