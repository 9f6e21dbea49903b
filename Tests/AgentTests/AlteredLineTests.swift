// Lines and states that the disk altered (row 35): they are found when they are read, never sent, and repaired or given up by a full
// comparison.

import Core
import Shell
import Testing

@testable import Agent

@Suite struct AlteredLineTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private var hub = FakeHub()
  private let order: OrderID

  init() throws {
    directory = try StoreDirectory()
    store = try directory.open()
    order = hub.dispatch(title: "burst pipe", 1)
    try store.pullAll(hub)
  }

  private func note(_ text: String) throws -> Dot {
    try store.edit(.note(text: text, visibility: "all"), on: order, request: text).dot
  }

  /// Another text of the same length in the line, which can be read as well.
  private func alter(_ dot: Dot, _ text: String, to other: String) throws {
    try store.database.write { database in
      try database.run(
        "UPDATE change SET line = CAST(REPLACE(CAST(line AS TEXT), ?, ?) AS BLOB) WHERE replica = ? AND n = ?",
        [.text(text), .text(other), .text(dot.replica.text), .int(dot.n)])
    }
  }

  private func texts() throws -> [String] {
    try store.document(order.text, now: someTime)?["entries"]?.asArray?.compactMap { $0["value"]?["text"]?.asString }
      ?? []
  }

  private func settle(_ hub: FakeHub) throws -> ForkSettled {
    while let probe = try store.forkProbe(now: someTime) {
      #expect(store.narrowFork(hub.greet(probe), asked: probe.runs))
    }
    return try store.settleFork(now: someTime)
  }

  // MARK: Never sent

  @Test func aLineThatTheDiskAlteredIsNotSentAndWhatComesBeforeItIs() throws {
    let (first, second) = (try note("first"), try note("second"))
    _ = try note("third")
    try alter(second, "second", to: "secund")
    let batch = try #require(try store.outboxBatch(maxChanges: 9, maxBytes: 1 << 20))
    #expect(batch.entries.map(\.head.dot) == [first])
    var hub = hub
    _ = try store.acknowledge(
      first.replica, through: try hub.take(batch.entries).acceptedThrough, sent: first.n, told: hub.head,
      quarantined: [], now: someTime)
    #expect(throws: AlteredLine(dot: second)) { try store.outboxBatch(maxChanges: 9, maxBytes: 1 << 20) }
    let outcome = SyncDialogue.outcome(of: AlteredLine(dot: second))
    guard case .failed(.needsOperator, let reason, _) = outcome else {
      Issue.record("\(String(describing: outcome))")
      return
    }
    #expect(reason.contains(second.description) && reason.contains("resync --full"))
  }

  @Test func whatItSaysIsNotShownAsSaid() throws {
    let dot = try note("at ten")
    try alter(dot, "at ten", to: "at two")
    #expect(try texts().isEmpty)
  }

  @Test func whatTheHubOnceHeldIsPassedOverWhereItWentBack() throws {
    var hub = hub
    let dots = [try note("first"), try note("second")]
    try store.pushAll(&hub)
    try store.pullAll(hub)
    try alter(dots[0], "first", to: "furst")
    // The hub went back behind both, and has the heads again by a comparison.
    try store.database.write { try $0.run("UPDATE replica SET acked_through = 0") }
    let batch = try #require(try store.outboxBatch(maxChanges: 9, maxBytes: 1 << 20))
    #expect(batch.entries.map(\.head.dot) == [dots[1]])
    try alter(dots[1], "second", to: "secund")
    let dialogue = SyncDialogue(store: store)
    guard
      case .send(.push(let header, let entries)) = try dialogue.step(
        for: .push(maxChanges: 9, maxBytes: 1 << 20), now: someTime)
    else {
      Issue.record("the hub is not asked how far it is")
      return
    }
    #expect(entries.isEmpty)
    let reply = PushReply(replica: header.replica, acceptedThrough: 2, head: hub.head)
    let answer = HTTPAnswer(status: 200, headers: ["content-type": "application/json"], body: reply.json.bytes)
    let outcome = try dialogue.take(answer, to: .push(header, entries), now: someTime)
    #expect(outcome == .pushed(isOutboxEmpty: true))
    #expect(try store.health(now: someTime).outbox == 0)
  }

  // MARK: Given up

  @Test func aFullComparisonGivesUpWhatNobodyHasSaysSoAndSendsTheRest() throws {
    var hub = hub
    _ = try note("sent")
    try store.pushAll(&hub)
    let (lost, kept) = (try note("lost"), try note("kept"))
    try alter(lost, "lost", to: "lust")
    let dialogue = SyncDialogue(store: store)
    #expect(dialogue.reconciler.want(ResyncRequest(isFull: true)))
    guard case .settled(.forkFound) = try dialogue.step(for: .reconcile, now: someTime) else {
      Issue.record("what was altered is not settled first")
      return
    }
    #expect(try settle(hub).changes == 1)
    let told = try store.quarantine()["quarantine"]?.asArray ?? []
    #expect(told.map { $0["dot"]?.asString } == [lost.description])
    #expect(told.first?["reason"]?.asString?.contains("altered on the disk") == true)
    #expect(try store.healings(limit: 1).first?["reason"] == .string(HealingReason.damage))
    try store.pushAll(&hub)
    #expect(try texts() == ["sent", "kept"])
    let again = try ChangeLine.decode(try #require(hub.feed.last?.line))
    #expect(
      again.dot.replica != kept.replica && !again.context.covers(lost), "it was written again, without the lost one")
    #expect(try store.examine(fixing: false, now: someTime).allSatisfy(\.isWell))
    // Once: the comparison itself comes next.
    guard case .send(.reconcile) = try dialogue.step(for: .reconcile, now: someTime) else {
      Issue.record("the comparison does not go on")
      return
    }
    // Who asks for it again has it done.
    #expect(try !store.edit(.note(text: "lost", visibility: "all"), on: order, request: "lost").repeated)
    #expect(try store.edit(.note(text: "kept", visibility: "all"), on: order, request: "kept").repeated)
  }

  @Test func whatTheHubTurnsOutToHoldIsNotGivenUp() throws {
    var hub = hub
    let dot = try note("held")
    // The push came through, its answer did not.
    _ = try hub.take(try #require(try store.outboxBatch(maxChanges: 9, maxBytes: 1 << 20)).entries)
    try alter(dot, "held", to: "hold")
    #expect(try store.giveUpAltered())
    #expect(try settle(hub).changes == 0)
    #expect(try store.quarantine()["quarantine"]?.asArray?.isEmpty == true)
    try store.pullAll(hub)
    #expect(try store.rebuilt(repairing: true).count > 0)
    var entry = try #require(hub.feed.last)
    #expect(entry.head.dot == dot)
    entry.head.position = nil
    entry.head.feedHash = nil
    _ = try store.takeReconciled([entry], now: someTime)
    #expect(try texts() == ["held"])
    #expect(try store.examine(fixing: false, now: someTime).allSatisfy(\.isWell))
  }

  @Test func aRebuildNamesWhatItPutsRightAndOneThatOnlyLooksTheSame() throws {
    var hub = hub
    let dot = try note("held")
    try store.pushAll(&hub)
    try store.pullAll(hub)
    try alter(dot, "held", to: "hold")
    try store.database.write { database in
      try database.run("UPDATE orders SET state = X'00'")
      try database.run("DELETE FROM digest WHERE level = 0")
    }
    let seen = try store.rebuilt(repairing: false)
    let top = DigestBucket.top(ofLeaf: DigestBucket.leaf(of: order))
    #expect(
      seen.named == [
        Repair(.line, order: order, dot: dot), Repair(.state, order: order), .bucket(top, level: 0),
      ])
    #expect(try store.rebuilt(repairing: true) == seen)
    #expect(try store.rebuilt(repairing: true) == Repairs())
  }

  @Test(arguments: [ResyncRequest(isFull: true, isDryRun: true), .init(command: "c", isFull: true), .init()])
  func nothingIsGivenUpWhereNobodyHereAsksForIt(request: ResyncRequest) throws {
    try alter(try note("lost"), "lost", to: "lust")
    let dialogue = SyncDialogue(store: store)
    #expect(dialogue.reconciler.want(request))
    guard case .send = try dialogue.step(for: .reconcile, now: someTime) else {
      Issue.record("it does not compare")
      return
    }
    #expect(!store.isForked)
  }

  // MARK: States

  @Test func aStateThatTheDiskAlteredIsReadFromTheLog() throws {
    let text = try store.text(order)
    try store.database.write { database in
      try database.run(
        "UPDATE orders SET state = CAST(REPLACE(CAST(state AS TEXT), 'burst pipe', 'burnt pipe') AS BLOB)")
    }
    #expect(try store.text(order) == text)
    #expect(try store.examine(fixing: false, now: someTime).contains { $0.name == "states" && !$0.isWell })
    _ = try note("goes on")
    #expect(try store.examine(fixing: false, now: someTime).allSatisfy(\.isWell), "the next write makes it anew")
  }
}

extension AgentStore {
  /// Looks everything over, step by step, as before a full comparison.
  fileprivate func rebuilt(repairing: Bool) throws -> Repairs {
    var rebuild = Rebuild(only: nil, repairing: repairing)
    while try !lookOver(&rebuild, now: someTime) {}
    return rebuild.wrong
  }
}
