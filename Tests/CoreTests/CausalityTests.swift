// A vector has one form, the hybrid clock carries and refuses, and names are well formed or refused. The laws of vectors and clock
// are CausalityProperties'.

import Testing

@testable import Core

@Suite struct CausalityTests {
  private static let replicas = (0..<5).map {
    ReplicaID(platform: PlatformName(unchecked: "p\($0)"), random: [UInt8($0)])
  }

  private func vector(_ random: inout SplitMix64) -> VersionVector {
    VersionVector(
      (0..<random.below(6)).map { _ in (random.pick(CausalityTests.replicas), 1 + random.below(3)) })
  }

  @Test func aVectorHasOneFormHoweverItWasBuilt() {
    var random = SplitMix64(seed: 3)
    for _ in 0..<500 {
      let one = vector(&random)
      let other = VersionVector(random.shuffled(one.components.map { ($0.replica, $0.n) }))
      var bytes: ([UInt8], [UInt8]) = ([], [])
      one.write(to: &bytes.0)
      other.write(to: &bytes.1)
      #expect(one == other && bytes.0 == bytes.1)
    }
  }

  @Test func theClockGrowsThroughManyEventsInOneMillisecondAndAWallThatStepsBack() {
    var clock = HybridClock()
    var last = clock.tick(now: 1_000)
    for event in 0..<140_000 {
      let time = clock.tick(now: event % 3 == 0 ? 1_000 : 400)
      guard time > last, (0...65_535).contains(time.counter) else {
        Issue.record("event \(event): \(time) after \(last)")
        return
      }
      last = time
    }
    #expect(last.milliseconds == 1_002)
  }

  @Test func aPeerBeyondTheSkewMovesNothing() {
    var clock = HybridClock(last: HybridTime(50, 3), skewMilliseconds: 300_000)
    let isBeyondTaken = clock.observe(HybridTime(300_101), now: 100)
    #expect(!isBeyondTaken)
    #expect(clock.last == HybridTime(50, 3))
    let isWithinTaken = clock.observe(HybridTime(300_100, 9), now: 100)
    #expect(isWithinTaken)
    let next = clock.tick(now: 100)
    #expect(next == HybridTime(300_100, 10))
  }

  @Test(arguments: ["", "Water", "-a", "a-", "1a", "a.b", "a b", "wäter", String(repeating: "a", count: 33)])
  func aPlatformIsNamedByASlug(text: String) {
    #expect(throws: NameError.self) { try PlatformName(text) }
  }

  @Test func namesReadBackAsTheyWereWritten() throws {
    let dot = Dot(Some.water, Limits.maxInteger)
    #expect(try Dot(dot.description) == dot)
    #expect(dot.replica.platform == (try PlatformName("water")))
    let order = OrderID(maker: try PlatformName("heat-2"), milliseconds: 1_700_000_000_000, random: Array(1...10))
    #expect(try OrderID(order.text) == order)
    #expect(order.maker.text == "heat-2")
  }

  @Test(arguments: [
    "water.short:1", "\(Some.water):0", "\(Some.water):-1", "\(Some.water):01", "\(Some.water):+1", "\(Some.water):",
    "\(Some.water)", "\(Some.water):9007199254740992", "\(Some.water):9223372036854775808", ":1", "",
  ])
  func whatIsNoDotIsRefused(text: String) {
    #expect(throws: NameError.self) { try Dot(text) }
  }

  @Test(arguments: [
    "", "hub", "hub-1", "hub-0137f6e1-d000-7700-8000-00000000000", "Hub-0137f6e1-d000-7700-8000-000000000000",
    "hub-0137F6E1-d000-7700-8000-000000000000", "-0137f6e1-d000-7700-8000-000000000000",
    "é-0137f6e1-d000-7700-8000-000000000000",
  ])
  func whatIsNoOrderIsRefused(text: String) {
    #expect(throws: NameError.self) { try OrderID(text) }
  }
}
