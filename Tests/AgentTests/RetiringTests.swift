// Which copies of personal values a platform blanks, when, and which come again: over the real store and a hub of a few lines.

import Core
import Foundation
import Testing

@testable import Agent

struct RetiringTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private let value = SealedValue(
    nonce: [UInt8](repeating: 3, count: 16), value: JSONText(["name": "王芳", "phone": "13800001234"]))
  private let days = 86_400_000

  init() throws {
    directory = try StoreDirectory()
    store = try directory.open()
  }

  private func held(_ store: AgentStore? = nil) throws -> Set<Hash> {
    try (store ?? self.store).database.read { database in
      Set(try database.rows("SELECT commitment FROM sealed") { Hash(bytes: $0.blob(0)) ?? .zero })
    }
  }

  /// One pull, answered with what a real hub would say of values.
  @discardableResult
  private func pull(
    _ hub: FakeHub, retain: Int? = nil, lacks: [Hash] = [], at store: AgentStore? = nil
  ) throws -> PullRequest {
    let store = store ?? self.store
    let request = try store.pullRequest(limit: 500, waitMilliseconds: 0, now: someTime)
    var (reply, entries) = hub.answer(request)
    reply.retain = retain
    reply.lacks = lacks
    reply.values = request.lacks.contains(value.commitment) ? [value] : []
    _ = try store.applyPull(reply, entries: entries, asked: request.after, now: someTime)
    return request
  }

  /// The hub's order with a caller, led by water and read there.
  private func order(_ hub: inout FakeHub) throws -> OrderID {
    let order = hub.dispatch()
    hub.write([set("caller", value.placeholder)], on: order, sealed: [value])
    try pull(hub)
    try pull(hub)
    #expect(try held() == [value.commitment])
    return order
  }

  private func handOver(_ order: OrderID, _ hub: inout FakeHub) {
    hub.write([set("assignment/a1/recalled", ["reason": "gas"])], on: order)
    hub.write([set("assignment/a2", ["platform": "gas", "role": "lead", "round": 1])], on: order, sealed: [value])
  }

  // MARK: No lead any more

  @Test func whatWasHandedOverIsBlankedAtTheOldPlatformAndNowhereElse() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    let gasDirectory = try StoreDirectory()
    let gas = try gasDirectory.open("gas")
    handOver(order, &hub)
    try pull(hub)
    #expect(try held() == [value.commitment], "the hub has not confirmed yet that the cursor holds")
    #expect(try pull(hub).lacks.isEmpty)
    #expect(try held() == [])
    for _ in 1...3 { try pull(hub, retain: days, at: gas) }
    #expect(try held(gas) == [value.commitment])
    // The order, its lines and its commitments are as they were.
    #expect(try store.text(order) == String(decoding: hub.state(order).canonical(entries: []), as: UTF8.self))
    #expect(try store.text(order).contains("\(value.commitment)"))
    let held = try store.heldChanges(of: order)
    #expect(held.count == hub.feed.count && held.allSatisfy(\.hasLine))
    #expect(
      try store.document(order.text, now: someTime)?["registers"]?["caller"]?["value"] == value.placeholder)
    #expect(try pull(hub).lacks.isEmpty, "what it may have no more is not asked for")
  }

  @Test func whatWasReturnedOrMadeConfidentialIsBlanked() throws {
    for edits in [
      [set("assignment/a1/request/r1/answer", ["granted": true])], [set("confidential", true)],
    ] {
      let directory = try StoreDirectory()
      let store = try directory.open()
      var hub = FakeHub()
      let order = hub.dispatch()
      hub.write(
        [set("caller", value.placeholder), set("assignment/a1/request/r1", ["type": "return", "reason": "gas"])],
        on: order, sealed: [value])
      try pull(hub, at: store)
      try pull(hub, at: store)
      #expect(try held(store) == [value.commitment])
      hub.write(edits, on: order)
      try pull(hub, at: store)
      try pull(hub, at: store)
      #expect(try held(store) == [], "\(edits)")
    }
  }

  @Test func anotherAssignmentBringsTheValueAgainWithItsHeadOrOnDemand() throws {
    for comesWithHead in [true, false] {
      let directory = try StoreDirectory()
      let store = try directory.open()
      var hub = FakeHub()
      let order = hub.dispatch()
      hub.write([set("caller", value.placeholder)], on: order, sealed: [value])
      try pull(hub, at: store)
      handOver(order, &hub)
      try pull(hub, at: store)
      try pull(hub, at: store)
      #expect(try held(store) == [])
      hub.write(
        [set("assignment/a3", ["platform": "water", "role": "lead", "round": 2])], on: order,
        sealed: comesWithHead ? [value] : [])
      try pull(hub, at: store)
      #expect(try pull(hub, at: store).lacks == (comesWithHead ? [] : [value.commitment]))
      for _ in 1...2 { try pull(hub, retain: 1, at: store) }
      #expect(try held(store) == [value.commitment])
    }
  }

  @Test func anAssignmentThatComesInTheVeryReplyThatConfirmsTheRecallKeepsItsValue() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    handOver(order, &hub)
    try pull(hub)
    hub.write([set("assignment/a3", ["platform": "water", "role": "lead", "round": 2])], on: order, sealed: [value])
    try pull(hub)
    #expect(try held() == [value.commitment])
    try pull(hub)
    #expect(try held() == [value.commitment])
  }

  @Test func whileSomethingOfTheOrderIsMissingNothingIsBlanked() throws {
    var hub = FakeHub()
    let order = hub.dispatch()
    hub.write([set("caller", value.placeholder)], on: order, sealed: [value])
    var assignment = hub.feed[0]
    try pull(hub)
    hub.write([set("assignment/a1/recalled", ["reason": "x"])], on: order)
    let line = ChangeLine.encode(
      hub.change([set("assignment/a2", ["platform": "water", "role": "lead", "round": 2])], on: order))
    hub.add(try ChangeLine.decode(line), line: line, verdict: .accepted, isBare: true)
    assignment = try #require(hub.feed.last)
    assignment.line = line
    for _ in 1...3 { try pull(hub) }
    #expect(try held() == [value.commitment])
    _ = try store.takeReconciled([assignment], now: someTime)
    hub.now += 60_000
    for _ in 1...2 { try pull(hub) }
    #expect(try held() == [value.commitment], "it leads by the line that came")
  }

  @Test func aCopyFromBeforeTheRecallBlanksAtItsNextPulls() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    let copy = try directory.copy()
    handOver(order, &hub)
    let restored = try copy.open()
    for _ in 1...2 { try pull(hub, at: restored) }
    #expect(try held(restored) == [])
  }

  @Test func whatOlderSoftwareKeptIsBlankedWhenTheDatabaseIsBroughtUpToDate() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    let kept = hub.dispatch(to: "water", title: "second", 2)
    let other = SealedValue(nonce: [UInt8](repeating: 4, count: 16), value: JSONText(["phone": "139"]))
    hub.write([set("caller", other.placeholder)], on: kept, sealed: [other])
    handOver(order, &hub)
    try pull(hub)
    try store.database.write { database in
      try database.execute(sql: "DROP TABLE retiring; DELETE FROM grdb_migrations WHERE identifier LIKE '5 %'")
    }
    let copy = try directory.copy()
    let newer = try copy.open()
    try pull(hub, at: newer)
    #expect(try held(newer) == [other.commitment])
  }

  // MARK: Spared

  @Test func ownValuesAreKeptWhileTheOrderIsOpenAndAsLongAsTheyHaveNoReceipt() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    _ = try store.edit(.note(text: "key is at 12-302", visibility: "own"), on: order)
    let own = try held().subtracting([value.commitment])
    #expect(own.count == 1)
    handOver(order, &hub)
    for _ in 1...2 { try pull(hub, retain: days) }
    #expect(try held() == own)
    hub.write([set("closed", ["code": "solved"])], on: order)
    hub.now += 2 * days
    for _ in 1...3 {
      try pull(hub, retain: days)
      hub.now += 60_000
    }
    #expect(try held() == own, "unsent: nobody else has it")
    let sent = try #require(try store.outboxBatch(maxChanges: 9, maxBytes: 1 << 20)).entries
    #expect(Set(sent.flatMap(\.head.sealed).map(\.commitment)) == own, "it goes to the hub, with its value")
    try store.pushAll(&hub)
    hub.now += 60_000
    try pull(hub, retain: days)
    #expect(try held() == own, "this very reply brings the receipt")
    hub.now += 60_000
    try pull(hub, retain: days)
    #expect(try held() == [])
  }

  @Test func ownValuesWithAReceiptAreKeptWhileTheOrderIsOpen() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    _ = try store.edit(.note(text: "key is at 12-302", visibility: "own"), on: order)
    let own = try held().subtracting([value.commitment])
    try store.pushAll(&hub)
    handOver(order, &hub)
    hub.now += 900 * days
    for _ in 1...3 {
      try pull(hub, retain: days)
      hub.now += 60_000
    }
    #expect(try held() == own)
    hub.write([set("closed", ["code": "solved"])], on: order)
    try pull(hub, retain: days)
    hub.now += days - 1
    try pull(hub, retain: days)
    #expect(try held() == own)
    hub.now += 1
    try pull(hub, retain: days)
    #expect(try held() == [])
  }

  @Test func whatTheHubLacksIsSparedUntilItHasIt() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    handOver(order, &hub)
    try pull(hub)
    for _ in 1...2 {
      try pull(hub, lacks: [value.commitment])
      #expect(try held() == [value.commitment])
      hub.now += 60_000
    }
    // So many that this one may not be named.
    try pull(hub, lacks: (0..<Limits.maxLacks).map { .of([UInt8($0 & 255), UInt8($0 >> 8)]) })
    #expect(try held() == [value.commitment])
    try pull(hub)
    #expect(try held() == [])
  }

  // MARK: Over

  @Test func whatIsOverIsBlankedAfterTheDaysAndNotAskedForAgain() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    hub.write([set("closed", ["code": "solved"])], on: order)
    try pull(hub, retain: days)
    hub.now += days - 1
    for retain in [days, nil] { try pull(hub, retain: retain) }
    #expect(try held() == [value.commitment])
    hub.now += 1
    try pull(hub)
    #expect(try held() == [value.commitment], "a hub without a policy takes nothing away")
    try pull(hub, retain: days)
    #expect(try held() == [])
    // The order moves, and is compared.
    hub.write([.append(kind: "note", value: JSONText(["text": "late", "visibility": "all"]))], on: order)
    try pull(hub, retain: days)
    #expect(try pull(hub, retain: days).lacks.isEmpty)
    var given = hub.feed[1]
    given.head.position = nil
    given.head.feedHash = nil
    _ = try store.takeReconciled([given], now: someTime)
    try pull(hub, retain: days)
    #expect(try held() == [])
    // A value of this machine's making is not lost by it: it has no receipt yet.
    _ = try store.edit(.note(text: "late too", visibility: "own"), on: order)
    try pull(hub, retain: days)
    #expect(try held().count == 1)
  }

  @Test func whatWasCancelledIsBlankedAfterTheDaysToo() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    hub.write([set("cancelled", ["reason": "mistake"])], on: order)
    try pull(hub, retain: days)
    hub.now += days
    try pull(hub, retain: days)
    #expect(try held() == [])
  }

  @Test func anOrderThatWasOpenedAgainKeepsItsValues() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    hub.write([set("closed", ["code": "solved"])], on: order)
    try pull(hub, retain: days)
    hub.write([set("closed", .null)], on: order)
    try pull(hub, retain: days)
    hub.now += 900 * days
    for _ in 1...2 { try pull(hub, retain: days) }
    #expect(try held() == [value.commitment])
    // Closed again, the days begin anew; opened after them, it takes the values again.
    hub.write([set("closed", ["code": "solved"])], on: order)
    for _ in 1...2 { try pull(hub, retain: days) }
    #expect(try held() == [value.commitment])
    hub.now += days
    try pull(hub, retain: days)
    #expect(try held() == [])
    hub.write([set("closed", .null)], on: order)
    try pull(hub, retain: days)
    #expect(try pull(hub, retain: days).lacks == [value.commitment])
    hub.now += 900 * days
    for _ in 1...2 { try pull(hub, retain: days) }
    #expect(try held() == [value.commitment])
  }

  @Test func theReopeningThatArrivesAfterTheDaysIsReadAfterTheBlankingAndMakesItGood() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    hub.write([set("closed", ["code": "solved"])], on: order)
    try pull(hub, retain: days)
    hub.now += days
    hub.write([set("closed", .null)], on: order)
    for _ in 1...2 { try pull(hub, retain: days) }
    #expect(try held() == [value.commitment])
  }

  @Test func whatIsMoreThanOneReplyLooksAtIsBlankedByTheNext() throws {
    var hub = FakeHub()
    for number in 1...150 {
      let order = hub.dispatch(to: "water", title: "many", number)
      let value = SealedValue(nonce: [UInt8](repeating: UInt8(number), count: 16), value: JSONText(["phone": "1"]))
      hub.write([set("caller", value.placeholder)], on: order, sealed: [value])
      hub.write([set("assignment/a1/recalled", ["reason": "x"])], on: order)
    }
    try pull(hub)
    #expect(try held().count == 150)
    for _ in 1...2 { try pull(hub) }
    #expect(try held() == [])
    #expect(try store.database.read { try $0.number("SELECT COUNT(*) FROM retiring") } == 0)
  }

  @Test func aBlankedValueIsOnNoPageOfTheFile() throws {
    var hub = FakeHub()
    let order = try order(&hub)
    handOver(order, &hub)
    for _ in 1...2 { try pull(hub) }
    try store.database.close()
    let file = try Data(contentsOf: URL(filePath: directory.path + "/agent.db"))
    #expect(file.range(of: Data(value.commitment.description.utf8)) != nil, "the line is there")
    #expect(file.range(of: Data("13800001234".utf8)) == nil)
  }
}
