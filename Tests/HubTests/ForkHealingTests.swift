// A dot that is proved with two contents: two processes wrote one run, and the hub was restored from a backup in between. It belongs to
// neither, and neither content is lost.

import Core
import Testing

@testable import Hub

@Suite struct ForkHealingTests {
  private let world: HubWorld
  private let order: OrderID
  /// What the hub forgot, with the receipt that it had given, and what it took instead under the same dot.
  private let forgotten: Entry
  private let present: Entry

  init() throws {
    world = try HubWorld(platforms: ["water", "gas"])
    order = try world.dispatched(to: "water")
    let context = try world.state(order).vector
    let (first, second) = (try FakeAuthor("water"), try FakeAuthor("water"))
    second.time += 40
    forgotten = first.entry(order, context: context, [.set("priority", "urgent"), .note("the first one's")])
      .receipted(isChained: true)
    present = second.entry(order, context: context, [.set("priority", "emergency"), .note("the second one's")])
    try world.push([present], from: second)
  }

  private func heal(_ entry: Entry) throws -> Healed { try world.parts.writer.perform { try $0.heal(entry) } }
  private func history() throws -> [HistoryItem] { try world.parts.database.read { try HubLog.history(order, $0) } }

  @Test func bothContentsAreWrittenAgainAndTheDotIsVoid() throws {
    let dot = present.head.dot
    #expect(try heal(forgotten) == .taken)
    let state = try world.state(order)
    #expect(state.isVoid(dot) && state.shown("void/\(dot)")?.value.json["reason"] == "fork")
    let written = try history().compactMap(\.change).filter { $0.origin != nil }
    #expect(
      Set(written.compactMap(\.origin)) == [
        Origin(dot: dot, hash: forgotten.head.hash), Origin(dot: dot, hash: present.head.hash),
      ])
    #expect(Set(written.map(\.dot.replica)).count == 2 && written.allSatisfy { $0.dot.replica.isHub && $0.dot.n == 1 })
    #expect(written.allSatisfy { $0.author.name == "crew" }, "they are still who wrote them")
    #expect(Set(state.siblings("priority").map(\.value.json)) == ["urgent", "emergency"], "neither had seen the other")
    let entries = OrderDocument.entries(of: try history(), in: state)
    #expect(entries.map { $0.value.json["text"] }.contains("the first one's") && entries.count == 2)
  }

  @Test func theListOfVoidsSaysThatItCountsAlready() throws {
    _ = try heal(forgotten)
    let listed = try VoidChange.read(world.hotline).voids
    #expect(listed.map(\.dot) == [present.head.dot.description] && listed.allSatisfy { $0.isVoid && $0.isWrittenAgain })
    // The same word, written by somebody, is no such thing.
    _ = try world.perform(.note(text: "a note", visibility: "all"), on: order)
    let dot = try #require(try history().last?.dot)
    _ = try world.perform(.void(dot: dot.description, reason: "fork"), on: order)
    let other = try #require(try VoidChange.read(world.hotline).voids.first(where: { $0.dot == dot.description }))
    #expect(other.isVoid && !other.isWrittenAgain)
  }

  @Test func givenAgainNothingMoreIsWritten() throws {
    _ = try heal(forgotten)
    let before = try history().map(\.dot)
    #expect(try heal(forgotten) == .held && heal(forgotten) == .held)
    #expect(try history().map(\.dot) == before)
  }

  @Test func whoHoldsTheOtherContentIsFedTheVoidBeforeTheOneThatStays() throws {
    let after = try world.page("water").head
    _ = try heal(forgotten)
    let fed = try world.page("water", after: after).entries
    let void = try #require(
      fed.firstIndex { entry in
        entry.line.flatMap { try? ChangeLine.decode($0) }?.cannotBeVoided == true
      })
    let stays = try #require(fed.firstIndex { $0.head.dot == present.head.dot && $0.head.hash == present.head.hash })
    #expect(void < stays && fed.count == 4)
  }

  @Test func aContentWhoseAuthorWroteItAgainAlreadyIsNotDoubled() throws {
    let clone = try FakeAuthor("water", seed: 9)
    let again = Change(
      order: order, dot: Dot(clone.replica, 1), context: try world.state(order).vector, at: HybridTime(clone.time),
      author: Author(name: "crew", role: "crew"), edits: [.set("priority", "urgent")],
      origin: Origin(dot: forgotten.head.dot, hash: forgotten.head.hash))
    let line = ChangeLine.encode(again)
    var head = Head(order: order, dot: again.dot, prev: 0, hash: .of(line))
    head.chain = .chain(.zero, head.hash)
    try world.push([Entry(head: head, line: line)], from: clone)
    _ = try heal(forgotten)
    let origins = try history().compactMap { $0.change?.origin }
    #expect(origins.count == 2 && Set(origins).count == 2)
  }

  @Test func withoutTheHubsReceiptTheSecondContentIsNoProof() throws {
    var forged = forgotten
    forged.head.receipt = Hash.of([1])
    guard case .refused = try heal(forged) else {
      Issue.record("a forged receipt was taken")
      return
    }
    #expect(try !world.state(order).isVoid(present.head.dot))
  }

  @Test func whatWasVoidIsNotWrittenAgain() throws {
    _ = try heal(forgotten.receipted(as: .void, isChained: true))
    let origins = try history().compactMap { $0.change?.origin?.hash }
    #expect(origins == [present.head.hash])
  }

  @Test func anOrderThatTwoCopiesCreateAgainIsCreatedOnceAndNeitherCreationIsVoid() throws {
    let id = OrderID(maker: try PlatformName("water"), milliseconds: 1_764_000_000_000, random: [4])
    let edits: [Edit] = [
      .set("title", "leak"), .set("source", "platform"), .set("receivedAt", 1_764_000_000_000),
      .set("assignment/a1", ["platform": "water", "role": "lead", "round": 1, "cause": "first"]),
    ]
    let origin = Origin(dot: Dot(present.head.dot.replica, 40), hash: .of([1]))
    for seed in [UInt8(5), 6] {
      let copy = try FakeAuthor("water", seed: seed)
      let creation = Change(
        order: id, dot: Dot(copy.replica, 1), context: VersionVector(), at: HybridTime(copy.time),
        author: Author(name: "crew", role: "crew"), edits: edits, origin: origin)
      let line = ChangeLine.encode(creation)
      var head = Head(order: id, dot: creation.dot, prev: 0, hash: .of(line))
      head.chain = .chain(.zero, head.hash)
      try world.push([Entry(head: head, line: line)], from: copy)
    }
    let state = try world.state(id)
    #expect(state.voidedDots.isEmpty && state.superseded.count == 1)
    #expect(state.siblings("title").count == 1 && state.siblings("number").count == 1)
    // One that replaces nothing is no second creation.
    let other = try FakeAuthor("water", seed: 7)
    try world.push([other.entry(id, context: VersionVector(), edits)], from: other)
    #expect(try world.state(id).voidedDots == [Dot(other.replica, 1)])
  }
}
