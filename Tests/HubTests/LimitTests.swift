// Nobody grows an order, a quarantine or a head without end, and what a disk or a sender broke stops nobody else.

import Testing

@testable import Core
@testable import Hub
@testable import Shell

@Suite struct LimitTests {
  let world: HubWorld
  let crew: FakeAuthor

  init() throws {
    world = try HubWorld()
    crew = try FakeAuthor("water")
  }

  /// Changes the order as the writer holds it, past every check.
  private func change(_ order: OrderID, _ body: @escaping @Sendable (inout OrderRow) -> Void) throws {
    try world.parts.writer.perform { transaction in
      let row = try #require(try transaction.order(order))
      transaction.orders.update(order, default: row) { body(&$0) }
    }
  }

  private func fillRegisters(_ order: OrderID, to count: Int) throws {
    try change(order) { row in
      for index in 0..<(count - row.state.registers.count) {
        row.state.registers["ref/s\(index)"] = row.state.registers["title"]
      }
    }
  }

  private func count(_ table: String) throws -> Int {
    try world.parts.database.read { db in try db.first("SELECT COUNT(*) FROM \(table)", []) { $0.int(0) } } ?? 0
  }

  private func reason(_ entry: Entry) throws -> JSON? {
    try world.state(entry.head.order).value("void/\(entry.head.dot)")?["reason"]
  }

  // MARK: Orders

  @Test func anOrderOfVeryManyRunsTakesNoNewRunAndStaysReadable() throws {
    let order = try world.dispatched(to: "water")
    try world.push([crew.entry(order, context: try world.state(order).vector, [.note("known")])], from: crew)
    let seen = try world.state(order).vector
    try fillVector(order, to: Limits.maxVectorSize - Limits.vectorReserve)
    let stranger = try FakeAuthor("water", seed: 2)
    let reply = try world.push([stranger.entry(order, context: seen, [.note("new run")])], from: stranger)
    #expect(reply.quarantined.map(\.reason) == ["limit: authors of one order"])
    #expect(try world.state(order).vector.count == Limits.maxVectorSize - Limits.vectorReserve)
    try world.push([crew.entry(order, context: seen, [.note("goes on")])], from: crew)
    #expect(try world.state(order).vector[crew.replica] == 2)
    _ = try world.perform(.note(text: "the hotline too", visibility: "all"), on: order)
  }

  private func fillVector(_ order: OrderID, to count: Int) throws {
    try change(order) { row in
      for index in 0..<(count - row.state.vector.count) {
        let random = [UInt8(index >> 8), UInt8(index & 255)] + [UInt8](repeating: 9, count: 8)
        row.state.vector.advance(to: Dot(ReplicaID(platform: .hub, random: random), 1))
      }
    }
  }

  @Test func theHubsRunGoesOnInAFullVectorAndANewOneIsRefused() throws {
    let order = try world.dispatched(to: "water")
    try fillVector(order, to: Limits.maxVectorSize)
    _ = try world.perform(.close(code: "special", note: nil), on: order)
    #expect(try world.view(order).isClosed)
    // As after a restart: the hub's present run is not in the vector.
    let other = try world.dispatched(to: "water")
    try change(other) { $0.state.vector = VersionVector() }
    try fillVector(other, to: Limits.maxVectorSize)
    let held = try count("change")
    let problem = #expect(throws: Problem.self) {
      try world.perform(.note(text: "x", visibility: "all"), on: other)
    }
    #expect(problem?.code == .limit && problem?.detail.contains("open a related order") == true)
    #expect(try count("change") == held)
    #expect(try world.state(other).vector.count == Limits.maxVectorSize)
  }

  @Test(arguments: [true, false]) func whatNeedsACorrectionInAFullVectorIsQuarantinedAndHoldsUpNothing(isLate: Bool)
    throws
  {
    let order = try world.dispatched(to: "water")
    try world.push([crew.entry(order, context: try world.state(order).vector, [.note("known")])], from: crew)
    // As after many restarts: the hub's present run is not in the vector.
    let known = crew.replica
    try change(order) { $0.state.vector = VersionVector([(known, 1)]) }
    try fillVector(order, to: Limits.maxVectorSize)
    let held = try count("change")
    let seen = VersionVector([(known, 1)])
    if isLate { crew.time += 86_400_000 }
    let faulty = crew.entry(
      order, context: seen, [isLate ? .note("from tomorrow") : .set("closed", ["code": "solved"])])
    #expect(try world.push([faulty], from: crew).quarantined.map(\.reason) == ["limit: authors of one order"])
    #expect(try count("change") == held && count("quarantine") == 1)
    #expect(try world.state(order).vector.count == Limits.maxVectorSize)
    // What the same run wrote elsewhere is taken.
    let other = try world.dispatched(to: "water")
    if isLate { crew.time -= 86_400_000 }
    let next = crew.entry(other, context: try world.state(other).vector, [.note("elsewhere")])
    #expect(try world.push([next], from: crew).acceptedThrough == 3)
    #expect(throws: Problem.self, "nor does the hub write there by another way") {
      try world.parts.writer.perform { transaction in
        try transaction.author(order, edits: [.note("one author too many")], by: PushIngest.hubAuthor)
      }
    }
    #expect(try world.state(order).vector.count == Limits.maxVectorSize)
  }

  @Test func aChangeThatNeedsNoCorrectionIsTakenIntoAFullVector() throws {
    let order = try world.dispatched(to: "water")
    try world.push([crew.entry(order, context: try world.state(order).vector, [.note("known")])], from: crew)
    let known = crew.replica
    try change(order) { $0.state.vector = VersionVector([(known, 1)]) }
    try fillVector(order, to: Limits.maxVectorSize)
    let sound = crew.entry(order, context: VersionVector([(known, 1)]), [.note("goes on")])
    #expect(try world.push([sound], from: crew).quarantined.isEmpty)
    #expect(try world.state(order).vector[known] == 2)
    #expect(try world.state(order).vector.count == Limits.maxVectorSize)
  }

  @Test func anOrderThatPlatformsFilledIsClosed() throws {
    let order = try world.dispatched(to: "water")
    try fillRegisters(order, to: Limits.maxRegisters * 2)
    let refusal = #expect(throws: CommandRefusal.self) {
      try world.perform(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: order)
    }
    #expect(refusal?.code == "limit")
    _ = try world.perform(.recall(reason: "wrong trade"), on: order)
    _ = try world.perform(.close(code: "special", note: nil), on: order)
    #expect(try world.view(order).isClosed)
  }

  @Test func anOrderThatManyRunsWroteToIsShownWithAWarning() throws {
    let order = try world.dispatched(to: "water")
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    func text() throws -> String {
      OrderPrinting.order(try world.hotline.document(order), on: page).joined(separator: "\n")
    }
    #expect(try !text().contains("Warning"))
    try fillVector(order, to: Limits.warnVectorSize)
    #expect(try text().contains("\nWarning: 3276 authors' runs have written to this order"))
  }

  @Test func anEntryBeyondTheLimitIsVoid() throws {
    let order = try world.dispatched(to: "water")
    try change(order) { $0.entries = Limits.maxEntries - 1 }
    let last = crew.entry(order, context: try world.state(order).vector, [.note("the last")])
    try world.push([last], from: crew)
    let beyond = crew.entry(order, context: try world.state(order).vector, [.note("one too many")])
    try world.push([beyond], from: crew)
    #expect(try reason(last) == nil)
    #expect(try reason(beyond) == "limit: entries of one order")
  }

  @Test func voidsFillAnOrderOnlySoFar() throws {
    let order = try world.dispatched(to: "water")
    try fillRegisters(order, to: Limits.maxRegisters * 2 - 1)
    let bad = crew.entry(order, context: try world.state(order).vector, [.set("closed", ["code": "solved"])])
    try world.push([bad], from: crew)
    #expect(try world.state(order).isVoid(bad.head.dot))
    let worse = crew.entry(order, context: try world.state(order).vector, [.set("closed", ["code": "solved"])])
    let reply = try world.push([worse], from: crew)
    #expect(reply.quarantined.map(\.reason) == ["limit: registers of one order"])
    #expect(try world.state(order).registers.count == Limits.maxRegisters * 2)
    #expect(try world.state(order).vector[crew.replica] == 1)
  }

  @Test func aClockThatRunsAheadFillsAnOrderOnlySoFar() throws {
    let order = try world.dispatched(to: "water")
    try fillRegisters(order, to: Limits.maxRegisters * 2)
    let sound = crew.entry(order, context: try world.state(order).vector, [.note("in time")])
    try world.push([sound], from: crew)
    #expect(try world.state(order).vector[crew.replica] == 1)
    crew.time += 3_600_000
    let ahead = crew.entry(order, context: try world.state(order).vector, [.note("ahead")])
    let reply = try world.push([ahead], from: crew)
    #expect(reply.quarantined.map(\.reason) == ["limit: registers of one order"])
    #expect(try world.state(order).registers.count == Limits.maxRegisters * 2)
  }

  @Test func aFullQuarantineHoldsUpItsPlatformAndNobodyElse() throws {
    let order = try world.dispatched(to: "water")
    let foreign = try world.dispatched(to: "gas")
    try world.parts.writer.perform { transaction in
      _ = try transaction.db.execute(
        """
        WITH RECURSIVE row (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM row WHERE n < $1)
        INSERT INTO quarantine (platform, replica, n, order_id, hash, at, reason, line)
        SELECT 'water', 'water.zzzzzzzzzzzzzzzz', n, 'o', $2, 0, 'r', $2 FROM row
        """, [.integer(Limits.maxQuarantined), .blob([1])])
    }
    let note = crew.entry(order, context: try world.state(order).vector, [.note("mine")])
    let snoop = crew.entry(foreign, context: VersionVector(), [.note("not mine")])
    let reply = try world.push([note, snoop], from: crew)
    #expect(reply.acceptedThrough == 1)
    #expect(reply.quarantined.isEmpty)
    #expect {
      try world.push([snoop], from: crew)
    } throws: { error in
      (error as? Problem)?.code == .busy
    }
    let gas = try FakeAuthor("gas")
    let other = try world.push([gas.entry(order, context: VersionVector(), [.note("snoop")])], from: gas)
    #expect(other.quarantined.count == 1)
  }

  // MARK: Sealed values

  private func own(_ order: OrderID, _ sealed: [SealedValue]) throws -> Entry {
    crew.entry(
      order, context: try world.state(order).vector,
      sealed.map { .append(kind: "note", value: JSONText(["text": $0.placeholder, "visibility": "own"])) },
      sealed: sealed)
  }

  private func value(_ json: JSON, _ nonce: UInt8 = 1) -> SealedValue {
    SealedValue(nonce: [UInt8](repeating: nonce, count: 16), value: JSONText(json))
  }

  @Test func sealedValuesBeyondTheLimitsVoidTheirChangeAndAreNotKept() throws {
    let order = try world.dispatched(to: "water")
    let sound = try own(order, [value(.string("mine"))])
    try world.push([sound], from: crew)
    #expect(try reason(sound) == nil)
    #expect(try count("sealed") == 1)
    let nested = (0...Limits.maxSealedDepth).reduce(JSON.int(1)) { json, _ in .array([json]) }
    let bad = [
      [value(.string(String(repeating: "x", count: Limits.maxSealedBytes)))], [value(nested)],
      (0...UInt8(Limits.maxSealedValues)).map { value("x", $0) },
    ]
    for sealed in bad {
      let entry = try own(order, sealed)
      try world.push([entry], from: crew)
      #expect(try reason(entry) == "limit: sealed values")
    }
    #expect(try count("sealed") == 1)
  }

  @Test func anAssignmentBringsTheNewestPersonalValuesThatOneHeadCanCarry() throws {
    let order = try world.dispatched(to: "water")
    let callers = (0..<12).map { index in
      value(.string(String(repeating: "x", count: 8_000) + "\(index)"), UInt8(index))
    }
    for caller in callers {
      let edits = [Edit.set("caller", caller.placeholder)]
      let entry = crew.entry(order, context: try world.state(order).vector, edits, sealed: [caller])
      try world.push([entry], from: crew)
      #expect(try reason(entry) == nil)
    }
    _ = try world.perform(.recall(reason: "wrong trade"), on: order)
    _ = try world.perform(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: order)
    let head = try #require(try world.page("gas").entries.last?.head)
    #expect(head.sealed == Array(callers.reversed().prefix(8)))
  }

  @Test func aRecalledLeadGetsNoLaterPersonalValues() throws {
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    #expect(try world.page("water").entries.flatMap(\.head.sealed).count == 1)
    _ = try world.perform(.recall(reason: "wrong trade"), on: order)
    _ = try world.perform(.describe([.init("caller", ["phone": "13900005678"])]), on: order)
    #expect(try world.page("water").entries.flatMap(\.head.sealed).isEmpty)
    _ = try world.perform(.dispatch(platform: "gas", role: nil, instruction: nil, cause: nil), on: order)
    #expect(try world.page("gas").entries.flatMap(\.head.sealed).map { $0.value.json["phone"] }.contains("13900005678"))
  }

  @Test func namingACommitmentInAnOwnNoteDoesNotOpenIt() throws {
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    _ = try world.perform(.dispatch(platform: "gas", role: "assist", instruction: nil, cause: nil), on: order)
    let caller = try #require(try world.page("water").entries.flatMap(\.head.sealed).first)
    let gas = try FakeAuthor("gas")
    let note = JSONText(["text": caller.placeholder, "visibility": "own"])
    let entry = gas.entry(order, context: try world.state(order).vector, [.append(kind: "note", value: note)])
    try world.push([entry], from: gas)
    #expect(try world.page("gas").entries.last?.head.dot == entry.head.dot)
    #expect(try world.page("gas").entries.flatMap(\.head.sealed).isEmpty)
  }

  // MARK: What is broken

  @Test func aLineThatTheDiskChangedIsNotSentOnAndTheRestFlows() throws {
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    _ = try world.perform(.note(text: "after", visibility: "all"), on: order)
    let broken = try #require(try world.page("water").entries.first?.head.dot)
    try world.parts.writer.perform { transaction in
      _ = try transaction.db.execute(
        "UPDATE change SET line = $1 WHERE replica = $2 AND n = $3",
        [.blob(Array("{\"order\":\"?".utf8)), .text(broken.replica.text), .integer(broken.n)])
    }
    let page = try world.page("water")
    #expect(page.entries.map { $0.line != nil } == [false, true])
    #expect(page.entries.first?.head.dot == broken)
    #expect(page.entries.allSatisfy { entry in entry.line.map { Hash.of($0) == entry.head.hash } ?? true })
  }

  @Test(arguments: [true, false]) func whatComesBeforeABrokenEntryIsTaken(losesChain: Bool) throws {
    let order = try world.dispatched(to: "water")
    let context = try world.state(order).vector
    let good = crew.entry(order, context: context, [.note("good")])
    var bad = crew.entry(order, context: context.merged(with: VersionVector([(crew.replica, 1)])), [.note("bad")])
    if losesChain { bad.head.chain = nil } else { bad.line?[40] ^= 1 }
    let reply = try world.push([good, bad], from: crew)
    #expect(reply.acceptedThrough == 1)
    #expect(try world.state(order).vector[crew.replica] == 1)
    #expect {
      try world.push([bad], from: crew)
    } throws: { error in
      (error as? Problem)?.code == .badBody
    }
  }
}
