// A database whose rows were altered behind the agent's back: the doctor says what, and heals what can be healed.

import Core
import GRDB
import Testing

@testable import Agent
@testable import Shell

/// Of which nothing is in any log.
private let stranger = OrderID(maker: .hub, milliseconds: 9_000_000, random: [9])

struct StoreDoctorTests {
  private let directory: StoreDirectory
  private let store: AgentStore
  private var hub: FakeHub
  private let order: OrderID
  private let own: Dot

  init() throws {
    directory = try StoreDirectory()
    (store, hub, order) = try directory.openWithOrder()
    own = try store.edit(.accept, on: order).dot
    try store.pushAll(&hub)
    try store.pullAll(hub)
  }

  private func alter(_ sql: String, _ values: [SQLValue] = []) throws {
    try store.database.write { try $0.run(sql, values) }
  }

  private func bad(fixing: Bool = false) throws -> [Finding] {
    try store.examine(fixing: fixing, now: someTime).filter { !$0.isWell }
  }

  @Test func aSoundDatabaseHasNothingToFindOrFix() throws {
    #expect(try bad().isEmpty)
    #expect(try store.examine(fixing: true, now: someTime).allSatisfy { $0.isWell && $0.repair == nil })
  }

  @Test func aStateThatWasAlteredIsMadeAnewFromTheLog() throws {
    let sound = try store.text(order)
    try alter("UPDATE orders SET state = X'00', title = 'forged'")
    #expect(try bad().map(\.name) == ["states"])
    let fixed = try store.examine(fixing: true, now: someTime)
    #expect(fixed.allSatisfy(\.isWell) && fixed.contains { $0.repair == "1 states made anew from the log" })
    #expect(try store.text(order) == sound)
    #expect(try store.examine(fixing: true, now: someTime).allSatisfy { $0.repair == nil })
  }

  @Test func anOrderRowThatIsGoneIsMadeAnew() throws {
    let sound = try store.text(order)
    try alter("DELETE FROM orders")
    #expect(try bad().map(\.name) == ["states"])
    #expect(try bad(fixing: true).isEmpty)
    #expect(try store.text(order) == sound)
  }

  @Test(arguments: [true, false])
  func aLineThatWasAlteredIsTakenFromTheHubAgain(isOwn: Bool) throws {
    let sound = try store.text(order)
    let dot = isOwn ? own : Dot(hub.replica, 1)
    try alter(
      "UPDATE change SET line = CAST(replace(CAST(line AS TEXT), '{', '[') AS BLOB) WHERE replica = ? AND n = ?",
      [.text(dot.replica.text), .int(dot.n)])
    #expect(try bad().contains { $0.name == "lines" && $0.detail.contains(dot.description) && $0.remedy != nil })
    let fixed = try store.examine(fixing: true, now: someTime)
    #expect(fixed.contains { $0.name == "lines" && $0.repair?.hasPrefix("1 lines") == true })
    #expect(fixed.filter { !$0.isWell }.isEmpty)
    // Until the comparison has brought it, it is missing; and the hub is told what is lacking, by the order's digest.
    #expect(try bad().map(\.name) == ["lines"])
    #expect(try store.heldChanges(of: order).filter { !$0.hasLine }.map(\.dot) == [dot])
    #expect(try store.examine(fixing: true, now: someTime).contains { $0.name == "lines" && $0.repair != nil })
    let entries = hub.feed.filter { $0.head.dot == dot }
    #expect(try store.takeReconciled(entries, now: someTime).forkedAt == nil)
    #expect(try bad().isEmpty)
    #expect(try store.text(order) == sound)
  }

  @Test func theLineOfAnUnreadableChangeIsNotMissed() throws {
    try alter("UPDATE change SET verdict = 'unreadable', line = NULL WHERE n = ?", [.int(own.n)])
    #expect(try !bad().contains { $0.name == "lines" })
  }

  @Test(arguments: [
    "UPDATE order_digest SET value = zeroblob(32)", "DELETE FROM order_digest",
    "UPDATE digest SET value = zeroblob(32) WHERE level = 0", "DELETE FROM digest WHERE level = 1",
    "INSERT INTO order_digest (bucket, order_id, value) "
      + "VALUES (\(DigestBucket.leaf(of: stranger)), '\(stranger.text)', randomblob(32))",
  ])
  func aDigestThatWasAlteredIsMadeAnewFromTheLog(_ sql: String) throws {
    let sound = try (
      store.topDigests(), store.leafDigests(ofTop: DigestBucket.top(ofLeaf: DigestBucket.leaf(of: order)))
    )
    try alter(sql)
    let found = try bad()
    #expect(found.map(\.name) == ["digests"] && found.first?.remedy?.contains("doctor --fix") == true)
    let fixed = try store.examine(fixing: true, now: someTime)
    #expect(fixed.allSatisfy(\.isWell) && fixed.contains { $0.name == "digests" && $0.repair != nil })
    #expect(try bad().isEmpty)
    let healed = try (
      store.topDigests(), store.leafDigests(ofTop: DigestBucket.top(ofLeaf: DigestBucket.leaf(of: order)))
    )
    #expect(healed == sound)
  }

  @Test func aLineThatWasNeverSentIsKeptAsItIs() throws {
    let unsent = try store.edit(.note(text: "unsent", visibility: "all"), on: order).dot
    try alter(
      "UPDATE change SET line = X'7B7D' WHERE replica = ? AND n = ?", [.text(unsent.replica.text), .int(unsent.n)])
    #expect(try bad(fixing: true).contains { $0.name == "lines" && $0.remedy?.contains("backup") == true })
    let line = try store.database.read {
      try $0.first("SELECT line FROM change WHERE n = ?", [.int(unsent.n)]) { $0.blob(0) }
    }
    #expect(line == [0x7B, 0x7D])
  }

  @Test func anIndexThatDoesNotLeadToItsRowsIsNamed() throws {
    for sql in [
      "CREATE TABLE probe (a INTEGER, b INTEGER)", "CREATE INDEX probe_by_a ON probe (a)",
      "INSERT INTO probe VALUES (1, 2)", "PRAGMA writable_schema = ON",
      "UPDATE sqlite_master SET sql = 'CREATE INDEX probe_by_a ON probe (b)' WHERE name = 'probe_by_a'",
      "PRAGMA writable_schema = OFF", "PRAGMA schema_version = 999",
    ] { try alter(sql) }
    let found = try bad()
    #expect(found.map(\.name) == ["database"])
    #expect(found.first?.detail.contains("missing from index probe_by_a") == true, "\(found)")
  }

  @Test func aLinkOfTheChainThatAChangeDidNotGetBackIsMadeAnew() throws {
    _ = try store.edit(.note(text: "the next", visibility: "all"), on: order)
    let sound = try store.database.read { try $0.rows("SELECT chain FROM change ORDER BY seq") { $0.optionalBlob(0) } }
    try alter("UPDATE change SET chain = NULL")
    #expect(try bad().map(\.name) == ["chains"])
    #expect(try bad(fixing: true).isEmpty)
    #expect(
      try store.database.read { try $0.rows("SELECT chain FROM change ORDER BY seq") { $0.optionalBlob(0) } } == sound)
    // One that the run's own row contradicts is not made up.
    try alter("UPDATE replica SET chain = zeroblob(32)")
    try alter("UPDATE change SET chain = NULL")
    #expect(try bad(fixing: true).map(\.name) == ["chains"])
  }

  @Test func aChainThatDoesNotLeadOnIsNamed() throws {
    try alter("UPDATE change SET chain = X'01' WHERE chain IS NOT NULL")
    let found = try bad().filter { $0.name == "chains" }
    #expect(found.count == 1 && found.first?.detail.contains(own.description) == true)
  }
}
