// The runner itself: it finds what is wrong, shrinks it to the least case that is still wrong, and shows that case again.

import Testing

@testable import Core

@Suite struct ShrinkingTests {
  private func smallest<Case>(_ property: Property<Case>) throws -> Counterexample {
    try #require(property.counterexample(seeds: 0..<UInt64(500)))
  }

  private func lists(_ name: String, _ fault: @escaping @Sendable ([Int]) -> String?) -> Property<[Int]> {
    Property(
      name: name, cases: 500, generate: { $0.list(atMost: 10) { $0.below(1_000) } }, story: { "\($0)" }, fault: fault)
  }

  @Test func aSumThatIsTooHighShrinksToTheOneLeastNumber() throws {
    let found = try smallest(lists("sums stay below 100") { $0.reduce(0, +) < 100 ? nil : "too high" })
    #expect(found.story == "[100]" && found.fault == "too high")
  }

  @Test func aListThatIsNotSortedShrinksToTheLeastTwo() throws {
    let found = try smallest(lists("lists are sorted") { $0 == $0.sorted() ? nil : "not sorted" })
    #expect(found.story == "[1, 0]")
  }

  @Test func aThrownErrorIsAFaultToo() throws {
    let property = Property<[Int]>(
      name: "dots read back", cases: 500, generate: { $0.list(atMost: 10) { $0.below(1_000) } }, story: { "\($0)" },
      fault: { numbers in
        for number in numbers { _ = try Dot("\(Some.water):\(number)") }
        return nil
      })
    let found = try smallest(property)
    #expect(found.story == "[0]" && found.fault.contains("is not a dot"))
  }

  /// That worlds have no conflicts is wrong on purpose: the least that shows it is an order and two writes that know only of it.
  @Test func aWorldShrinksToTheFewChangesThatMatter() throws {
    let property = Property<Delivery>(
      name: "nobody contradicts anybody", cases: 500, generate: { Delivery(&$0, arrivals: 1) }, story: Delivery.story,
      fault: { delivery in
        Merge.fold(delivery.items, order: Some.order).state.conflicts.first.map { "\($0) is in conflict" }
      })
    let found = try smallest(property)
    var choices = Choices(replaying: found.draws)
    let delivery = Delivery(&choices, arrivals: 1)
    #expect(delivery.items.count == 3, "\(found.story)")
    #expect(
      delivery.arrivals[0].map(\.dot) == delivery.items.map(\.dot), "it fails in any order, so the plainest is left")
    #expect(property.fault(of: found.draws) == found.fault, "the draws show it again")
    var first = Choices(seed: found.seed)
    #expect(property.fault(of: property.draws(of: &first)) != nil, "so does the seed")
  }

  @Test func theSameDrawsGiveTheSameCase() {
    for seed in 0..<UInt64(50) {
      var choices = Choices(seed: seed)
      let first = Delivery(&choices, arrivals: 2)
      var again = Choices(replaying: choices.drawn)
      #expect(Delivery.story(Delivery(&again, arrivals: 2)) == Delivery.story(first))
      #expect(again.drawn == choices.drawn && again.spans == choices.spans)
    }
  }

  @Test func theEverydayRunHasItsTwoHundredThousandCases() {
    #expect(Properties.all.map(\.cases).reduce(0, +) >= Cases.usual)
    #expect(Set(Properties.all.map(\.name)).count == Properties.all.count)
  }
}

extension Property {
  /// What making a case draws.
  func draws(of choices: inout Choices) -> [Int] {
    _ = generate(&choices)
    return choices.drawn
  }
}
