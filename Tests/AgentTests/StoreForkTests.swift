// A machine that was copied while its agent ran: two processes write one run. Whoever notices second writes again, under another run,
// what it had written beyond what both have.

import Core
import Testing

@testable import Agent

@Suite struct StoreForkTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private var hub = FakeHub()
  private let order: OrderID
  private let other: OrderID

  /// An agent with three changes that the hub has.
  init() throws {
    directory = try StoreDirectory()
    store = try directory.open()
    order = hub.dispatch(1)
    other = hub.dispatch(2)
    try store.pullAll(hub)
    for command in [Command.accept, .progress(step: "enRoute"), .note(text: "before", visibility: "all")] {
      _ = try store.edit(command, on: order)
    }
    try store.pushAll(&hub)
    try store.pullAll(hub)
  }

  /// The machine copied with its memory: the copy writes the same run.
  private func clone() throws -> (directory: StoreDirectory, store: AgentStore) {
    let copy = try directory.copy()
    let clone = try copy.open()
    let (present, clock) = store.memory.withLock { ($0.present, $0.clock) }
    clone.memory.withLock { memory in
      memory.present = present
      memory.clock = clock
    }
    return (copy, clone)
  }

  /// Asks the hub until it is known where the run parts, and settles; what the comparison that is due then would find comes by the feed
  /// here. Returns how many greetings it took.
  private func settle(
    _ store: AgentStore, _ hub: FakeHub, isCompared: Bool = true
  ) throws -> (settled: ForkSettled, greetings: Int) {
    var greetings = 0
    while let probe = try store.forkProbe(now: someTime) {
      #expect(store.narrowFork(hub.greet(probe), asked: probe.runs))
      greetings += 1
    }
    let settled = try store.settleFork(now: someTime)
    #expect(try store.isReconcileDue() == (settled.changes > 0))
    if isCompared {
      let cursor = try store.database.read { try AgentStore.cursor($0).after }
      try store.finishReconcile(
        since: cursor, told: cursor, report: ReconcileReport(), reason: HealingReason.local, now: someTime)
    }
    return (settled, greetings)
  }

  private func lines(_ store: AgentStore) throws -> [Change] {
    try store.database.read { database in
      try database.rows("SELECT line FROM change WHERE replica LIKE 'water.%' ORDER BY seq") { row in
        try ChangeLine.decode(row.blob(0))
      }
    }
  }

  @Test func whatTheSecondOfTwoClonesWroteIsWrittenAgainAndBothValuesAreShown() throws {
    var hub = hub
    let (folder, clone) = try clone()
    defer { withExtendedLifetime(folder) {} }
    let first = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    let second = try clone.edit(.progress(step: "working"), on: order, request: "call-7")
    let note = try clone.edit(.note(text: "by the copy", visibility: "all"), on: order)
    #expect(first.dot == second.dot, "one dot, two contents")
    #expect(try clone.pullAll(hub).forkedAt == first.dot && clone.isForked)
    // People go on meanwhile, and see what they wrote before.
    let later = try clone.edit(.note(text: "while it is not settled", visibility: "all"), on: order)
    #expect(later.dot.replica != first.dot.replica)

    let (settled, _) = try settle(clone, hub)
    #expect(settled == ForkSettled(changes: 3, orders: [order]))
    #expect(!clone.isForked && clone.forkedAt == nil)
    let written = try lines(clone).suffix(3)
    #expect(written.map(\.dot.n) == [1, 2, 3] && Set(written.map(\.dot.replica)).count == 1)
    #expect(written.map { $0.origin?.dot } == [second.dot, note.dot, later.dot])
    let kept = Dot(first.dot.replica, 3)
    #expect(written.allSatisfy { $0.context[kept.replica] == kept.n }, "nobody has seen what the other one wrote")
    #expect(written.map(\.prev) == [0, 1, 2])
    let again = try clone.edit(.progress(step: "working"), on: order, request: "call-7")
    #expect(again.repeated && again.dot == written.first?.dot, "the command's answer is where its change is now")

    try clone.pushAll(&hub)
    #expect(try clone.pullAll(hub).forkedAt == nil)
    #expect(try store.pullAll(hub).forkedAt == nil)
    let siblings = hub.state(order).siblings("assignment/a1/progress").map(\.value.json)
    #expect(Set(siblings.compactMap(\.asString)) == ["onSite", "working"], "the conflict shows")
    for side in [store, clone] {
      #expect(try side.database.read { try AgentStore.state(order, $0) } == hub.state(order))
      #expect(try side.database.read { try OwnChains($0).broken }.isEmpty)
    }
    let fresh = try clone.edit(.note(text: "after", visibility: "all"), on: order)
    #expect(fresh.dot == Dot(again.dot.replica, 4))
  }

  @Test func aLaterRunGoesWithWhatItHadSeenAndStaysWhereItHadNot() throws {
    var hub = hub
    let (folder, clone) = try clone()
    _ = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    let lost = try clone.edit(.progress(step: "working"), on: order)
    // The copy's process starts anew: what it writes now is of another run.
    let disk = try folder.copy()
    let restarted = try disk.open()
    defer { withExtendedLifetime(disk) {} }
    let apart = try restarted.edit(.accept, on: other)
    let seen = try restarted.edit(.note(text: "saw it", visibility: "all"), on: order)
    let behind = try restarted.edit(.note(text: "behind it", visibility: "all"), on: other)
    #expect(try restarted.pullAll(hub).forkedAt == lost.dot)
    let (settled, _) = try settle(restarted, hub)
    #expect(settled == ForkSettled(changes: 3, orders: [order, other]))
    let written = try lines(restarted).suffix(3)
    #expect(written.map { $0.origin?.dot } == [lost.dot, seen.dot, behind.dot])
    #expect(written.last?.context[apart.dot.replica] == apart.dot.n, "what stays is still seen")
    let runs = try restarted.helloRequest(now: someTime).runs
    #expect(Dictionary(uniqueKeysWithValues: runs.map { ($0.replica, $0.n) })[apart.dot.replica] == apart.dot.n)
    try restarted.pushAll(&hub)
    #expect(try restarted.pullAll(hub).forkedAt == nil)
    #expect(try restarted.database.read { try AgentStore.state(other, $0) } == hub.state(other))
  }

  @Test func aLongRunIsComparedInAFewGreetings() throws {
    var hub = hub
    for index in 0..<200 { _ = try store.edit(.note(text: "\(index)", visibility: "all"), on: order) }
    let (folder, clone) = try clone()
    defer { withExtendedLifetime(folder) {} }
    for index in 0..<5 { _ = try store.edit(.note(text: "first \(index)", visibility: "all"), on: order) }
    for index in 0..<40 { _ = try clone.edit(.note(text: "second \(index)", visibility: "all"), on: order) }
    try store.pushAll(&hub)
    #expect(try clone.pullAll(hub).forkedAt != nil)
    let (settled, greetings) = try settle(clone, hub)
    #expect(settled.changes == 40 && greetings <= 3)
    try clone.pushAll(&hub)
    #expect(try clone.pullAll(hub).forkedAt == nil)
    #expect(try clone.database.read { try AgentStore.state(order, $0) } == hub.state(order))
    let notes = try clone.database.read {
      try $0.number("SELECT entry_count FROM orders WHERE order_id = ?", [.text(order.text)])
    }
    #expect(notes == 1 + 200 + 5 + 40, "every note is there once")
  }

  @Test func nothingIsWrittenAgainWhereNothingWasWrittenBeyondWhatBothHave() throws {
    var hub = hub
    let (folder, clone) = try clone()
    defer { withExtendedLifetime(folder) {} }
    _ = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    #expect(try clone.pullAll(hub).forkedAt != nil, "its run was written elsewhere")
    #expect(try settle(clone, hub).settled == ForkSettled())
    #expect(try clone.pullAll(hub).forkedAt == nil)
    let next = try clone.edit(.progress(step: "working"), on: order)
    #expect(next.dot.n == 1, "under a run of its own from now on")
    try clone.pushAll(&hub)
    #expect(hub.state(order).conflicts.isEmpty, "it had seen the other one's")
  }

  @Test func anAnswerToAnotherGreetingSaysNothingOfWhereTheRunParts() throws {
    var hub = hub
    let (folder, clone) = try clone()
    defer { withExtendedLifetime(folder) {} }
    let late = hub.greet(try clone.helloRequest(now: someTime))
    _ = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    _ = try clone.edit(.progress(step: "working"), on: order)
    #expect(try clone.pullAll(hub).forkedAt != nil)
    let probe = try #require(try clone.forkProbe(now: someTime))
    #expect(!clone.narrowFork(late, asked: probe.runs))
    #expect(try clone.forkProbe(now: someTime)?.runs == probe.runs, "it is asked again")
    #expect(try settle(clone, hub).settled.changes == 1)
  }

  @Test func whatTheHubHadAcknowledgedComesBackByAComparison() throws {
    var hub = hub
    let (folder, clone) = try clone()
    defer { withExtendedLifetime(folder) {} }
    _ = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    let edit = try clone.edit(.progress(step: "working"), on: order)
    _ = try clone.acknowledge(
      edit.dot.replica, through: edit.dot.n, sent: edit.dot.n, told: hub.head, quarantined: [], now: someTime)
    #expect(try clone.pullAll(hub).forkedAt != nil)
    #expect(try settle(clone, hub, isCompared: false).settled.changes == 1)
    #expect(try clone.isReconcileDue())
  }

  @Test func somebodyElsesDotWithTwoContentsIsReplacedOnceTheHubHasVoidedIt() throws {
    var (first, second) = (hub, hub)
    let gas = ReplicaID(platform: try PlatformName("gas"), random: [5])
    func change(_ text: String) -> Change {
      Change(
        order: order, dot: Dot(gas, 1), context: hub.state(order).vector, at: HybridTime(someTime), author: crew,
        edits: [.append(kind: "note", value: JSONText(["text": .string(text), "visibility": "all"]))])
    }
    let (ours, theirs) = (change("the first one's"), change("the second one's"))
    first.add(ours, line: ChangeLine.encode(ours), verdict: .accepted)
    try store.pullAll(first)
    second.write([set("void/\(ours.dot)", ["reason": "fork"])], on: order)
    second.add(theirs, line: ChangeLine.encode(theirs), verdict: .accepted)
    let (void, other) = (second.feed[second.feed.count - 2], second.feed[second.feed.count - 1])
    let early = try store.takeReconciled([other], now: someTime)
    #expect(early.received.isEmpty && early.forkedAt == nil, "what the hub has not settled stays as it is")
    #expect(try store.text(order).contains("the first one's"))
    let settled = try store.takeReconciled([void, other], now: someTime)
    #expect(settled.received == [void.head.dot, other.head.dot])
    #expect(try store.database.read { try AgentStore.state(order, $0) } == second.state(order))
    #expect(try !store.text(order).contains("the first one's"))
  }

  @Test func somebodyElsesDotThatIsAnotherOrdersIsGivenUpAndBothSidesAreComparedAgain() throws {
    var (first, second) = (hub, hub)
    let gas = ReplicaID(platform: try PlatformName("gas"), random: [5])
    func note(_ n: Int, seeing context: VersionVector) -> Change {
      Change(
        order: order, dot: Dot(gas, n), context: context, at: HybridTime(someTime), author: crew,
        edits: [.append(kind: "note", value: JSONText(["text": .string("of gas \(n)"), "visibility": "all"]))])
    }
    let context = hub.state(order).vector
    let (given, follows) = (
      note(1, seeing: context), note(2, seeing: context.merged(with: VersionVector([(gas, 1)])))
    )
    for change in [given, follows] { first.add(change, line: ChangeLine.encode(change), verdict: .accepted) }
    try store.pullAll(first)
    // The hub, which holds the dot as a change of another order, wrote it again here.
    second.write([set("lost/\(given.dot)", ["reason": "fork"])], on: order)
    second.add(follows, line: ChangeLine.encode(follows), verdict: .accepted)
    let (lost, behind) = (second.feed[second.feed.count - 2], second.feed[second.feed.count - 1])
    #expect(try store.takeReconciled([lost, behind], now: someTime).received == [lost.head.dot, behind.head.dot])
    let text = try store.text(order)
    #expect(!text.contains("of gas 1") && text.contains("of gas 2"), "what named it goes on")
    #expect(try store.health(now: someTime).waiting == 0)
    #expect(try store.database.read { try AgentStore.state(order, $0) } == second.state(order))
    // One that is under way may have passed by what the hub holds under the dot.
    for isDueAgain in [true, false] {
      try store.finishReconcile(
        since: .start, told: .start, report: ReconcileReport(), reason: HealingReason.local, now: someTime)
      #expect(try store.isReconcileDue() == isDueAgain)
    }
  }

  @Test func anOwnDotThatIsAnotherOrdersIsAForkOfItsRun() throws {
    var hub = hub
    let own = try #require(try lines(store).last)
    hub.write([set("lost/\(own.dot)", ["reason": "fork"])], on: order)
    #expect(try store.pullAll(hub).forkedAt == own.dot && store.isForked)
    #expect(try lines(store).last == own, "nothing is given up before it is written again")
  }

  @Test func aForkThatShowsInAComparisonThatIsDueIsSettledBehindIt() throws {
    var hub = hub
    let (folder, clone) = try clone()
    defer { withExtendedLifetime(folder) {} }
    _ = try store.edit(.progress(step: "onSite"), on: order)
    try store.pushAll(&hub)
    _ = try clone.edit(.progress(step: "working"), on: order)
    hub.write([set("title", "later")], on: order)
    try clone.noteCursorLost()
    let taken = try clone.takeReconciled(Array(hub.feed.suffix(2)), now: someTime)
    #expect(taken.forkedAt == nil && taken.received.count == 1, "what is behind it is taken")
    #expect(clone.isForked)
    #expect(try clone.greeted(hub.greet(try clone.helloRequest(now: someTime)), now: someTime).isForked)
  }

  @Test func whatThePushDidNotSendIsNotTakenAsAcknowledged() throws {
    let edit = try store.edit(.progress(step: "onSite"), on: order)
    _ = try store.edit(.progress(step: "working"), on: order)
    _ = try store.acknowledge(
      edit.dot.replica, through: edit.dot.n + 40, sent: edit.dot.n, told: hub.head, quarantined: [], now: someTime)
    #expect(try store.health(now: someTime).outbox == 1)
  }
}
