// Feeds are cut behind what every agent that is alive has read and what is old; changes stay, and whoever comes from before the cut is
// told to compare.

import Core
import Testing

@testable import Hub

@Suite struct FeedCutTests {
  private let world: HubWorld
  private let water: PlatformName
  private static let keep = 90 * 86_400_000

  init() throws {
    world = try HubWorld(platforms: ["water", "gas"])
    water = try PlatformName("water")
  }

  /// Runs until nothing is left to do. Returns how many entries each feed lost.
  @discardableResult
  private func cut() throws -> [PlatformName: Int] {
    let live = LiveAgents(contacts: world.parts.contacts, milliseconds: Self.keep)
    var all: [PlatformName: Int] = [:]
    while true {
      let removed = try world.parts.writer.perform { try FeedCut.run(among: live, $0) }
      if removed.isEmpty { return all }
      all.merge(removed, uniquingKeysWith: +)
    }
  }

  private func enrol(_ agent: String, on platform: String = "water") throws {
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ($1, $2, $3, 0)",
        [.text(platform), .text(agent), .integer(transaction.now)])
    }
  }

  private func read(_ agent: String, through position: Int) throws {
    let name = Contacts.Name(platform: water, agent: agent)
    world.parts.contacts.note(name, health: .fresh, cursorPosition: 0, now: world.clock.now)
    world.parts.contacts.acknowledged(name, position)
  }

  private func holds(_ cursor: Cursor) throws -> Bool {
    try world.parts.database.read { db in try Feed.holds(cursor, of: water, db) }
  }

  /// Cursors of the water works' feed, by position.
  private func cursors() throws -> [Cursor] {
    [.start]
      + (try world.page("water").entries.map { entry in
        Cursor(position: try #require(entry.head.position), feedHash: try #require(entry.head.feedHash))
      })
  }

  @Test func whatEveryoneAliveHasReadAndIsOldIsCutAndTheRestStays() throws {
    try enrol("depot")
    try enrol("yard")
    for _ in 0..<6 { _ = try world.dispatched(to: "water") }
    let before = try cursors()
    try cut()
    world.clock.advance(Self.keep)
    _ = try world.dispatched(to: "water")
    try read("depot", through: 7)
    try read("yard", through: 4)
    #expect(try cut() == [water: 3])
    #expect(try before.map { try holds($0) } == [false, false, false, false, true, true, true])
    let page = try world.page("water", after: before[4])
    #expect(page.entries.map(\.head.position) == [5, 6, 7] && page.head.position == 7)
    try read("yard", through: 7)
    #expect(try cut() == [water: 2], "what is younger than feed.keep stays, for whoever goes back to a backup")
    let doctor = try StoreDoctor(database: world.parts.database, writer: world.parts.writer).examine(fixing: false)
    #expect(doctor.first { $0.name == "feeds are dense" }?.isWell == true)
  }

  @Test func anAgentThatWasNotSeenForLongHoldsNothingBackAndIsTold() throws {
    try enrol("depot")
    try enrol("dead")
    let order = try world.dispatched(to: "water")
    for _ in 0..<3 { _ = try world.perform(.note(text: "again", visibility: "all"), on: order) }
    try read("dead", through: 1)
    let dead = try cursors()[1]
    try cut()
    world.clock.advance(Self.keep + 1)
    try read("depot", through: 4)
    #expect(try cut() == [water: 3])
    let calls = SyncCalls(
      database: world.parts.database, writer: world.parts.writer, contacts: world.parts.contacts,
      environment: world.parts.environment)
    let name = Contacts.Name(platform: water, agent: "dead")
    let pulled = try calls.pull(
      PullRequest(after: dead, lane: 1, told: dead, run: nil, limit: 100, waitMilliseconds: 0, health: .fresh),
      from: name)
    #expect(!pulled.reply.cursorHolds && pulled.reply.head.position == 4)
    let greeted = try calls.hello(HelloRequest(health: .fresh, cursor: dead, told: dead, runs: []), from: name)
    #expect(!greeted.cursorHolds)
    let given = try world.parts.database.read {
      try $0.count("SELECT MAX(value) FROM counter WHERE name LIKE 'number/%'")
    }
    #expect(given < 1_000, "it tells nothing of a hub that went back, so no numbers are skipped")
  }

  /// Row 132: the feed is cut before an author read its receipt there.
  @Test func whatWasCutOffIsGivenByAComparisonWithItsReceipt() throws {
    let crew = try FakeAuthor("water")
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    let context = try world.state(order).vector
    let broken = crew.entry(order, context: context, [.note("mine")]) { Array($0.dropLast(3)) + Array("}}?".utf8) }
    try world.push([broken], from: crew)
    try cut()
    world.clock.advance(Self.keep)
    _ = try world.dispatched(to: "water")
    #expect(try cut() == [water: 1])
    _ = try world.perform(.note(text: "later", visibility: "all"), on: order)
    world.clock.advance(Self.keep)
    #expect(try cut() == [water: 1])
    let calls = SyncCalls(
      database: world.parts.database, writer: world.parts.writer, contacts: world.parts.contacts,
      environment: world.parts.environment)
    let name = Contacts.Name(platform: water, agent: "depot")
    func ask(_ ask: ReconcileAsk) throws -> (reply: ReconcileReply, entries: [Entry]) {
      try calls.reconcile(ReconcileRequest(since: nil, told: nil, ask: ask), refused: [], from: name)
    }
    guard case .held(let held, _) = try ask(.held(orders: [order])).reply.answer else {
      Issue.record("another answer")
      return
    }
    let changes = try #require(held[order])
    #expect(changes.map(\.verdict).contains(.unreadable))
    let entries = try ask(.exchange(wants: changes.map(\.dot))).entries
    #expect(
      Set(entries.map(\.head.dot)) == Set(changes.map(\.dot)), "all of the order is there, though its feed begins later"
    )
    let own = try #require(entries.first { $0.head.dot.replica == crew.replica })
    #expect(
      own.head.receipt
        == Receipt.issue(
          order: order, dot: own.head.dot, prev: own.head.prev, hash: own.head.hash, verdict: .unreadable,
          key: HubWorld.receiptKey))
    #expect(entries.flatMap(\.head.sealed).map { $0.value.json["phone"] } == ["13800001234"])
  }

  @Test func aPurgeThatWasCutOffIsConfirmedByWhoHasReadBeyondIt() throws {
    try enrol("depot")
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["name": "Li", "phone": "13800001234"])])
    _ = try world.hotline.purgePerson(
      phone: "13800001234", reason: "asked", author: Author(name: "op", role: "supervisor"))
    for _ in 0..<3 { _ = try world.perform(.note(text: "again", visibility: "all"), on: order) }
    func state() throws -> String? { try world.hotline.purges().list("purges").first?.text("state") }
    #expect(try state() == "waiting")
    try cut()
    world.clock.advance(Self.keep + 1)
    #expect(try cut()[water] ?? 0 >= 2, "nobody is alive who would have to read it")
    #expect(try state() == "waiting")
    try read("depot", through: try world.page("water").head.position)
    #expect(try state() == "confirmed")
  }
}
