// What an edit leaves behind, and what it does not.

import Core
import Foundation
import Testing

@testable import Agent

struct StoreEditTests {
  private let directory: StoreDirectory

  init() throws { directory = try StoreDirectory() }

  @Test func commitsAreDurableAndNothingIsMapped() throws {
    let settings = try directory.open().database.durability()
    #expect(settings.synchronous == 2)
    #expect(settings.journal == "wal")
    #expect(settings.mmap == 0)
  }

  @Test func aSecondProcessIsRefusedAndNamesTheFirst() throws {
    let store = try directory.open()
    let error = #expect(throws: AgentDatabaseError.self) { try directory.open() }
    #expect(error?.description.contains("pid \(getpid())") == true)
    withExtendedLifetime(store) {}
  }

  @Test func aDatabaseOfAnotherPlatformIsRefused() throws {
    do { _ = try directory.open("water") }
    #expect(throws: AgentDatabaseError.foreign(platform: "water")) { try directory.open("gas") }
  }

  @Test func anOrderIsWorkedOnOfflineAndWaitsInTheOutbox() throws {
    let (store, _, order) = try directory.openWithOrder()
    #expect(store.present == nil)
    let accepted = try store.edit(.accept, on: order)
    #expect(accepted.status == .accepted)
    #expect(!accepted.confirmed)
    #expect(accepted.dot == Dot(try #require(store.present), 1))
    let done = try store.edit(.complete(result: ["outcome": "solved"], reply: nil), on: order)
    #expect(done.status == .repaired)
    #expect(done.dot.n == 2)
    let health = try store.health(now: someTime)
    #expect(health.outbox == 2)
    #expect(health.oldest == someTime)
    #expect(try store.database.read { try $0.number("SELECT COUNT(*) FROM outbox") } == 2)
  }

  @Test func whatWasPushedIsConfirmedAndBothSidesShowTheSame() throws {
    let (store, before, order) = try directory.openWithOrder()
    var hub = before
    for index in 0..<7 {
      _ = try store.edit(.note(text: "\(index)", visibility: "all"), on: order, request: "r\(index)")
    }
    try store.pushAll(&hub)
    try store.pullAll(hub)
    #expect(try store.health(now: someTime).outbox == 0)
    #expect(try store.isSettled())
    #expect(try store.vector(order) == hub.state(order).vector)
    let repeated = try store.edit(.note(text: "0", visibility: "all"), on: order, request: "r0")
    #expect(repeated.repeated && repeated.confirmed && repeated.dot.n == 1)
    let text = try store.text(order)
    #expect(text.components(separatedBy: "\nentry ").count == 8)
  }

  @Test func aRepeatedRequestGetsTheFirstAnswerWhateverHappenedSince() throws {
    let (store, _, order) = try directory.openWithOrder()
    let first = try store.edit(.accept, on: order, request: "accept-1")
    _ = try store.edit(.progress(step: "onSite"), on: order)
    let again = try store.edit(.accept, on: order, request: "accept-1")
    #expect(again.dot == first.dot && again.repeated && again.status == .inProgress)
    #expect(try store.health(now: someTime).outbox == 2)
  }

  @Test func aRefusedStepLeavesNothingAndSaysWhatIsAllowed() throws {
    let (store, _, order) = try directory.openWithOrder()
    let before = try store.text(order)
    let problem = #expect(throws: Problem.self) { try store.edit(.progress(step: "onSite"), on: order) }
    #expect(problem?.code == .illegalStep)
    #expect(problem?.allowed.contains("accept") == true)
    let stranger = OrderID(maker: .hub, milliseconds: 5, random: [5])
    #expect(throws: Problem(.notFound, "there is no order \(stranger) here")) { try store.edit(.accept, on: stranger) }
    #expect(try store.text(order) == before)
    #expect(try store.health(now: someTime).outbox == 0)
  }

  @Test func everyProcessWritesUnderARunOfItsOwn() throws {
    var order: OrderID?
    var first: Dot?
    do {
      let (store, _, made) = try directory.openWithOrder()
      order = made
      first = try store.edit(.accept, on: made).dot
    }
    let store = try directory.open()
    let second = try store.edit(.progress(step: "onSite"), on: try #require(order)).dot
    #expect(second.replica != first?.replica)
    #expect(second.n == 1)
    let batch = try #require(try store.outboxBatch(maxChanges: 10, maxBytes: 1 << 20))
    #expect(batch.replica == first?.replica, "the oldest run goes first")
    #expect(batch.entries.map(\.head.dot.n) == [1])
  }

  @Test func anAnsweredEditSurvivesTheProcessAndOneThatFailedLeavesNoTrace() throws {
    let (store, _, order) = try directory.openWithOrder()
    let recorded = try store.edit(.accept, on: order, request: "x")
    struct Crash: Error {}
    #expect(throws: Crash.self) {
      try store.write { database in
        try database.run("UPDATE replica SET n = n + 1")
        throw Crash()
      }
    }
    let copy = try directory.copy()
    let after = try copy.open()
    let again = try after.edit(.accept, on: order, request: "x")
    #expect(again.dot == recorded.dot && again.repeated)
    #expect(try after.text(order) == store.text(order))
    #expect(try after.health(now: someTime).outbox == 1)
  }

  @Test func anOrderOfOnesOwnMakingStartsWithItsLead() throws {
    let store = try directory.open()
    let recorded = try store.create(
      registers: [
        .init("title", "井盖缺失"), .init("kind", "repair"), .init("caller", ["name": "Zhao", "phone": "13800001234"]),
      ], author: crew, request: "c1", now: someTime)
    #expect(recorded.status == .dispatched)
    #expect(recorded.order.maker.text == "water")
    let again = try store.create(registers: [.init("title", "x")], author: crew, request: "c1", now: someTime)
    #expect(again.order == recorded.order && again.repeated)
    _ = try store.edit(.accept, on: recorded.order)
    let document = try #require(try store.document(recorded.order.text, now: someTime))
    #expect(document["registers"]?["caller"]?["value"]?["phone"] == "13800001234")
    #expect(document["registers"]?["source"]?["value"] == "platform")
    #expect(try !store.text(recorded.order).contains("13800001234"))
    let entries = try #require(try store.outboxBatch(maxChanges: 1, maxBytes: 1)).entries
    #expect(entries[0].head.sealed.first?.value.json["phone"] == "13800001234")
    #expect(!String(decoding: entries[0].line ?? [], as: UTF8.self).contains("13800001234"))
  }

  @Test func aRegisterThatDoesNotDescribeAnOrderIsRefusedAtCreation() throws {
    let store = try directory.open()
    for member in [JSON.Member("closed", ["code": "solved"]), .init("nonsense", 1), .init("priority", "enormous")] {
      let problem = #expect(throws: Problem.self) {
        try store.create(registers: [.init("title", "x"), member], author: crew, request: nil, now: someTime)
      }
      #expect(problem?.code == .badCommand)
    }
    #expect(try store.health(now: someTime).outbox == 0)
  }

  @Test func aFullDiskRefusesInWordsAndGoesOnWhenThereIsSpace() throws {
    let (store, _, order) = try directory.openWithOrder()
    _ = try store.edit(.accept, on: order)
    let before = try store.text(order)
    try store.database.configure { database in
      let pages = try database.number("PRAGMA page_count")
      _ = try database.number("PRAGMA max_page_count = \(pages)")
    }
    var refused: Problem?
    for index in 0..<400 where refused == nil {
      do {
        _ = try store.edit(
          .note(text: String(repeating: "x", count: 4_000), visibility: "all"), on: order, request: "n\(index)")
      } catch let problem as Problem { refused = problem }
    }
    #expect(refused?.code == .diskFull)
    #expect(refused?.detail.contains("free some space") == true)
    let held = try store.health(now: someTime).outbox
    #expect(try store.text(order).hasPrefix(before.prefix(20)))
    try store.database.configure { _ = try $0.number("PRAGMA max_page_count = 1000000") }
    let next = try store.edit(.progress(step: "onSite"), on: order)
    #expect(next.dot.n == held + 1, "no dot was spent on what was refused")
  }

  /// Puts runs of others into the order's vector as it is stored, past every check.
  private func fillVector(_ order: OrderID, of store: AgentStore, to count: Int) throws {
    try store.write { database in
      var state = try #require(try AgentStore.state(order, database))
      for index in 0..<(count - state.vector.count) {
        let random = [UInt8(index >> 8), UInt8(index & 255)] + [UInt8](repeating: 8, count: 8)
        let run = ReplicaID(platform: try PlatformName("gas"), random: random)
        let change = Change(
          order: order, dot: Dot(run, 1), context: VersionVector(), at: HybridTime(1), author: crew, edits: [])
        _ = Merge.apply(change, to: &state)
      }
      try database.run(
        "UPDATE orders SET state = ? WHERE order_id = ?", [.blob(state.stored), .text(order.text)])
    }
  }

  @Test func theOwnRunGoesOnInAFullVectorAndANewOneIsRefused() throws {
    let (store, _, order) = try directory.openWithOrder()
    _ = try store.edit(.accept, on: order)
    try fillVector(order, of: store, to: Limits.maxVectorSize)
    let next = try store.edit(.progress(step: "working"), on: order)
    #expect(next.dot.n == 2 && next.status == .inProgress)

    let copy = try directory.copy()
    let restarted = try copy.open()
    let problem = #expect(throws: Problem.self) { try restarted.edit(.progress(step: "waiting"), on: order) }
    #expect(problem?.code == .limit && problem?.detail.contains("open a related order") == true)
    #expect(try restarted.vector(order).count == Limits.maxVectorSize)
  }

  @Test func anOwnNoteIsRefusedAtItsTrueLimitInWords() throws {
    let (store, _, order) = try directory.openWithOrder()
    let text = String(repeating: "x", count: Limits.maxSealedBytes - 1)
    let problem = #expect(throws: Problem.self) { try store.edit(.note(text: text, visibility: "own"), on: order) }
    #expect(problem?.code == .badCommand && problem?.detail.contains("\(Limits.maxSealedBytes) bytes") == true)
    _ = try store.edit(.note(text: text, visibility: "all"), on: order)
    _ = try store.edit(.note(text: String(text.dropLast()), visibility: "own"), on: order)
  }

  @Test func theLogHasNoGapsAndFitsItsChain() throws {
    let (store, _, order) = try directory.openWithOrder()
    for index in 0..<20 { _ = try store.edit(.note(text: "\(index)", visibility: "own"), on: order) }
    let entries = try #require(try store.outboxBatch(maxChanges: 100, maxBytes: 1 << 20)).entries
    #expect(entries.map(\.head.dot.n) == Array(1...20))
    #expect(entries.map(\.head.prev) == Array(0...19))
    var chain = Hash.zero
    for entry in entries {
      chain = Hash.chain(chain, entry.head.hash)
      #expect(entry.head.chain == chain)
      #expect(entry.head.sealed.count == 1)
    }
    #expect(try store.examine(fixing: false, now: 0).allSatisfy(\.isWell))
  }
}
