// What a comparison leaves at the agent: digests that follow what is held, a feed that goes on from where the comparison began, and a
// comparison that begins anew where the hub went back in its middle.

import Core
import Shell
import Testing

@testable import Agent

struct ReconcileDialogueTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private let dialogue: SyncDialogue
  private let order: OrderID
  private let hub: FakeHub

  init() throws {
    directory = try StoreDirectory()
    (store, hub, order) = try directory.openWithOrder()
    dialogue = SyncDialogue(store: store)
  }

  private func digests(_ store: AgentStore) throws -> (stored: Digest, fromLog: Digest) {
    try store.database.read { try (Digests.stored(order, $0), Digests.fromLog(order, $0)) }
  }

  private func call() throws -> SyncCall? {
    guard case .send(let call) = try dialogue.step(for: .reconcile, now: someTime) else { return nil }
    return call
  }

  private func ask(_ call: SyncCall?) -> ReconcileWalk.Call? {
    guard case .reconcile(let asked, _, _) = call else { return nil }
    return asked
  }

  private func take(_ answer: ReconcileReply.Answer, head: Cursor) throws {
    let call = try #require(try call())
    let reply = ReconcileReply(head: head, time: someTime, answer: answer)
    let body = Batch(header: reply.json, entries: []).bytes
    _ = try dialogue.take(
      HTTPAnswer(status: 200, headers: ["content-type": Batch.mediaType], body: body), to: call, now: someTime)
  }

  private func forgetCursor(in store: AgentStore) throws {
    var reply = hub.greet(try store.helloRequest(now: someTime))
    reply.cursorHolds = false
    reply.head = .start
    #expect(try store.greeted(reply, now: someTime).mustReconcile)
  }

  @Test func aDryLookInWhichTheHubTurnsOutToLackSomethingBeginsAnewAndPutsRight() throws {
    var request = ResyncRequest()
    request.isFull = true
    request.isDryRun = true
    #expect(dialogue.reconciler.ask(request) == .taken)
    #expect(dialogue.reconciler.begin(now: someTime) == request)
    dialogue.reconciler.lookOver(Rebuild(only: nil, repairing: false))
    try forgetCursor(in: store)
    try store.write { database in try database.run("UPDATE orders SET state = X'00'") }
    #expect(try call() != nil)
    #expect(try store.database.read { try AgentStore.faults(of: order, $0) } == [])
    let report = try #require(dialogue.reconciler.walk?.report)
    #expect(!report.isDryRun && report.repaired == 1)
  }

  @Test func aValueThatTheHubLacksIsOfferedOnceByAComparison() throws {
    var hub = hub
    _ = try store.edit(.note(text: "ask for Li at the gate", visibility: "own"), on: order)
    let line = try #require(try store.outboxBatch(maxChanges: 1, maxBytes: 1 << 20)?.1.first?.line)
    let commitment = try #require(try ChangeLine.decode(line).sealedMentions.first?.commitment)
    func pull() throws {
      guard case .send(.pull(let asked)) = try dialogue.step(for: .pull(waitMilliseconds: 0), now: someTime) else {
        Issue.record("nothing is pulled")
        return
      }
      var (reply, entries) = hub.answer(asked)
      reply.lacks = [commitment, Hash.of([9])]
      let body = Batch(header: reply.json, entries: entries).bytes
      let answer = HTTPAnswer(status: 200, headers: ["content-type": Batch.mediaType], body: body)
      _ = try dialogue.take(answer, to: .pull(asked), now: someTime)
    }
    try pull()
    #expect(!dialogue.reconciler.isWanted, "what has no receipt yet is pushed")
    try store.pushAll(&hub)
    try pull()
    #expect(dialogue.reconciler.isWanted)
    _ = dialogue.reconciler.begin(now: someTime)
    dialogue.reconciler.finish(ReconcileReport())
    try pull()
    #expect(!dialogue.reconciler.isWanted, "a hub that does not take it is not asked for ever")
  }

  @Test func anOwnChangeIsComparedFromItsReceiptOn() throws {
    var hub = hub
    let before = try digests(store)
    #expect(before.stored == before.fromLog && before.stored != .zero)
    _ = try store.edit(.accept, on: order)
    try store.pushAll(&hub)
    #expect(try digests(store) == before, "the hub has judged nothing yet")
    try store.pullAll(hub)
    let after = try digests(store)
    #expect(after.stored == after.fromLog && after.stored != before.stored)
    // Another agent of the platform, which got the same from the feed alone.
    let elsewhere = try StoreDirectory()
    let other = try elsewhere.open()
    try other.pullAll(hub)
    #expect(try digests(other) == after)
    #expect(try other.topDigests() == store.topDigests())
    withExtendedLifetime(elsewhere) {}
  }

  @Test func theFeedGoesOnFromWhereTheComparisonBegan() throws {
    var hub = hub
    try forgetCursor(in: store)
    let begun = hub.head
    try take(.tops(try store.topDigests()), head: begun)
    let late = hub.dispatch(2)
    try take(.done, head: hub.head)
    let figures = try store.figures(now: someTime)
    #expect(figures.cursor == begun && figures.told == hub.head)
    try store.pullAll(hub)
    #expect(try store.resolve(late.text) == late, "it came after what was compared")
    #expect(try !store.isReconcileDue())
  }

  @Test func aComparisonThatIsDueIsDueAfterARestartAndNothingIsTakenBefore() throws {
    try forgetCursor(in: store)
    let left = try directory.copy()
    let opened = try left.open()
    for store in [store, opened] {
      #expect(try store.isReconcileDue())
      #expect(throws: FeedFault.self) { try store.pullAll(hub) }
      // Not even a greeting that finds the cursor in a feed that has grown again.
      #expect(try store.greeted(hub.greet(try store.helloRequest(now: someTime)), now: someTime).mustReconcile)
    }
    withExtendedLifetime(left) {}
  }

  @Test func aComparisonBeginsAnewWhereTheHubWentBackInItsMiddle() throws {
    try forgetCursor(in: store)
    try take(.tops([UInt64](repeating: 1, count: DigestBucket.fanOut)), head: hub.head)
    let second = try #require(try call())
    #expect(ask(second)?.since == hub.head)
    let problem = Problem(.reconcileFirst, "the hub does not know what the comparison is built on")
    let answer = HTTPAnswer(
      status: 409, headers: ["content-type": Problem.mediaType], body: problem.json.bytes)
    #expect(throws: SyncFailure.cursorLost) { try dialogue.take(answer, to: second, now: someTime) }
    let again = try #require(ask(try call()))
    #expect(again.ask == .tops && again.since == nil && again.told == nil)
    try take(.tops(try store.topDigests()), head: .start)
    try take(.done, head: .start)
    #expect(try store.figures(now: someTime).cursor == .start)
  }
}
