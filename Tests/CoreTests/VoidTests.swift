// Void and reinstatement, in the words of the faults they answer. Random and exhaustive cases are MergeProperties' and SmallScope's.

import Testing

@testable import Core

/// Writes by hand: each change sees exactly what it is told to have seen.
struct Hand {
  private var numbers: [ReplicaID: Int] = [:]

  /// The next change of `replica`, having seen `seen` and all its own.
  mutating func change(
    _ replica: ReplicaID, at: Int = 0, seeing seen: [Change] = [], _ edits: [Edit]
  ) -> Change {
    var context = seen.reduce(VersionVector()) {
      $0.merged(with: $1.context.merged(with: VersionVector([($1.dot.replica, $1.dot.n)])))
    }
    let n = (numbers[replica] ?? 0) + 1
    if n > 1 { context.advance(to: Dot(replica, n - 1)) }
    numbers[replica] = n
    return Change(
      order: Some.order, dot: Dot(replica, n), context: context, at: HybridTime(at), author: Some.author, edits: edits)
  }
}

@Suite struct VoidTests {
  /// The states that the changes give in every order of arrival; one, unless something is wrong.
  private func states(_ items: [Merge.LogItem]) -> Set<OrderState> {
    var states: Set<OrderState> = []
    for order in permutations(items.count) {
      var copy = Copy()
      for index in order { copy.receive(items[index]) }
      #expect(copy.waiting.isEmpty && copy.surprises.isEmpty)
      states.insert(copy.state)
    }
    #expect(states == [Merge.fold(items, order: Some.order).state])
    return states
  }

  private func state(_ changes: [Change]) throws -> OrderState {
    let states = states(changes.map { .change($0) })
    return try #require(states.count == 1 ? states.first : nil)
  }

  @Test func aVoidThatArrivesBeforeItsTargetKeepsItFromEverBeingShown() throws {
    var hand = Hand()
    let target = hand.change(Some.water, [Some.set("title", "x")])
    let void = hand.change(Some.hub, [Some.set("void/\(target.dot)", ["reason": "not-permitted"])])
    var copy = Copy()
    copy.receive(void)
    copy.receive(target)
    #expect(copy.folds == 0)
    #expect(copy.state.siblings("title").isEmpty)
    #expect(copy.state.vector.covers(target.dot), "a void change still counts")
    #expect(try state([target, void]).voidedDots == [target.dot])
  }

  /// Seed 181 of the simulated world: the void one's dot hid an accepted write wherever the order was folded.
  @Test func aChangeThatLeavesOutItsAuthorsPreviousOneHidesNothing() throws {
    var hand = Hand()
    let seen = hand.change(Some.water, [Some.set("title", "x")])
    let standing = hand.change(Some.gas, seeing: [seen], [Some.set("title", "y")])
    let forged = Change(
      order: Some.order, dot: Dot(Some.gas, 2), context: VersionVector(), at: HybridTime(1), author: Some.author,
      edits: [Some.set("title", "z")])
    for void in [nil, hand.change(Some.hub, [Some.set("void/\(forged.dot)", ["reason": "context-unseen"])])] {
      let prevs = [seen.dot: 0, standing.dot: 0, forged.dot: 1]
      let changes = [seen, standing, forged] + (void.map { [$0] } ?? [])
      for order in permutations(changes.count) {
        let items = order.map { Merge.LogItem.change(changes[$0]) }
        let (state, waiting) = Merge.fold(items, order: Some.order, prevs: prevs)
        #expect(waiting.isEmpty && state.siblings("title").contains { $0.dot == standing.dot })
        var early = OrderState(id: Some.order)
        #expect(Merge.apply(forged, prev: 1, to: &early) == .waiting)
      }
    }
  }

  @Test func aVoidChangeThatNamesWhatNobodyHasStillCounts() throws {
    let forged = Change(
      order: Some.order, dot: Dot(Some.water, 1), context: VersionVector([(Some.gas, 9)]), at: HybridTime(1),
      author: Some.author, edits: [Some.set("title", "x")])
    let honest = Change(
      order: Some.order, dot: Dot(Some.water, 2), context: VersionVector([(Some.water, 1)]), at: HybridTime(2),
      author: Some.author, edits: [Some.set("location", ["note": "n"])])
    var hand = Hand()
    let void = hand.change(Some.hub, [Some.set("void/\(forged.dot)", ["reason": "context-unseen"])])
    let state = try state([forged, honest, void])
    #expect(state.vector[Some.water] == 2)
    #expect(state.siblings("title").isEmpty)
    #expect(!state.siblings("location").isEmpty)
  }

  @Test func whatFollowsAVoidChangeIsNotHeldUp() throws {
    var hand = Hand()
    let target = hand.change(Some.water, [Some.set("title", "x")])
    let next = hand.change(Some.water, seeing: [target], [Some.set("location", ["note": "n"])])
    let void = hand.change(Some.hub, [Some.set("void/\(target.dot)", ["reason": "r"])])
    let state = try state([target, next, void])
    #expect(state.registers.keys.sorted() == ["location", "void/\(target.dot)"])
  }

  @Test func aVoidWriteGivesBackWhatItHadReplaced() throws {
    var hand = Hand()
    let first = hand.change(Some.hub, [Some.set("title", "first")])
    let second = hand.change(Some.water, seeing: [first], [Some.set("title", "second")])
    let void = hand.change(Some.hub, seeing: [second], [Some.set("void/\(second.dot)", ["reason": "r"])])
    #expect(try state([first, second, void]).value("title") == "first")
  }

  @Test func aReinstatedChangeAndAWriteOverItInTheMeantimeAreSiblings() throws {
    var hand = Hand()
    let x = hand.change(Some.water, [Some.set("title", "x")])
    let void = hand.change(Some.hub, seeing: [x], [Some.set("void/\(x.dot)", ["reason": "r"])])
    let y = hand.change(Some.gas, seeing: [void], [Some.set("title", "y")])
    let reinstated = hand.change(Some.hub, seeing: [void], [Some.set("void/\(x.dot)", .null)])
    let both = try state([x, void, y, reinstated])
    #expect(both.siblings("title").map(\.dot).sorted() == [x.dot, y.dot].sorted())
    let settled = hand.change(Some.hub, seeing: [y, reinstated], [Some.set("title", "z")])
    #expect(try state([x, void, y, reinstated, settled]).siblings("title").map(\.dot) == [settled.dot])
  }

  @Test func voidAndReinstatedAtOnceIsVoid() throws {
    var hand = Hand()
    let x = hand.change(Some.water, [Some.set("title", "x")])
    let void = hand.change(Some.hub, seeing: [x], [Some.set("void/\(x.dot)", ["reason": "r"])])
    let reinstated = hand.change(Some.hub, seeing: [void], [Some.set("void/\(x.dot)", .null)])
    let again = hand.change(Some.otherHub, seeing: [void], [Some.set("void/\(x.dot)", ["reason": "again"])])
    let state = try state([x, void, reinstated, again])
    #expect(state.isVoid(x.dot))
    #expect(state.siblings("title").isEmpty)
  }

  @Test func aHubChangeThatCarriesAVoidCannotBeVoided() throws {
    var hand = Hand()
    let x = hand.change(Some.water, [Some.set("title", "x")])
    let void = hand.change(
      Some.hub, [Some.set("void/\(x.dot)", ["reason": "r"]), Some.set("number", "20120301-000001")])
    let attempt = hand.change(Some.otherHub, seeing: [void], [Some.set("void/\(void.dot)", ["reason": "r"])])
    let state = try state([x, void, attempt])
    #expect(state.siblings("title").isEmpty)
    #expect(state.value("number") == "20120301-000001")
  }

  @Test func aPlatformVoidsNothing() throws {
    var hand = Hand()
    let x = hand.change(Some.water, [Some.set("title", "x")])
    let attempt = hand.change(Some.gas, seeing: [x], [Some.set("void/\(x.dot)", ["reason": "r"])])
    #expect(try state([x, attempt]).value("title") == "x")
  }

  @Test func aCorrectedClockOfAVoidChangeCountsForNobody() throws {
    var hand = Hand()
    let x = hand.change(Some.water, at: 900, [Some.set("title", "x")])
    let clock = hand.change(Some.hub, [Some.set("clock/\(x.dot)", 5)])
    let void = hand.change(Some.otherHub, [Some.set("void/\(clock.dot)", ["reason": "r"])])
    #expect(try state([x, clock, void]).siblings("title").map(\.at) == [HybridTime(900)])
  }

  @Test func aFastClockWinsNothingOnceTheHubHasSetItRight() throws {
    var hand = Hand()
    let fast = hand.change(Some.water, at: 900, [Some.set("location", ["note": "fast"])])
    let honest = hand.change(Some.gas, at: 100, [Some.set("location", ["note": "honest"])])
    #expect(try state([fast, honest]).value("location") == ["note": "fast"])
    let clock = hand.change(Some.hub, [Some.set("clock/\(fast.dot)", 50)])
    #expect(try state([fast, honest, clock]).value("location") == ["note": "honest"])
  }

  @Test func anUnreadableLineCountsAlikeForAllAndHoldsUpNobody() throws {
    var hand = Hand()
    let first = hand.change(Some.water, [Some.set("title", "first")])
    let unreadable = hand.change(Some.water, seeing: [first], [Some.set("title", "unreadable")])
    let next = hand.change(Some.water, seeing: [unreadable], [Some.set("location", ["note": "n"])])
    let items: [Merge.LogItem] = [
      .change(first), .unreadable(unreadable.dot, prev: unreadable.prev), .change(next),
    ]
    let state = try #require(states(items).first)
    #expect(state.vector[Some.water] == 3)
    #expect(state.value("title") == "first")
    #expect(state.value("location") == ["note": "n"])
  }

  @Test func aChangeWaitsForWhatItsAuthorHadSeen() {
    var hand = Hand()
    let first = hand.change(Some.hub, [Some.set("title", "x")])
    let next = hand.change(Some.water, seeing: [first], [Some.set("title", "y")])
    var copy = Copy()
    copy.receive(next)
    #expect(copy.waiting.count == 1 && copy.state == OrderState(id: Some.order))
    copy.receive(first)
    #expect(copy.waiting.isEmpty && copy.state.value("title") == "y")
  }
}
