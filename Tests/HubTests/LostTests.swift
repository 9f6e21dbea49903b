// What names a change that every disk has lost: it waits, agents are asked, and then the hub says that it is lost. And a dot that two
// orders have each a content of, which is lost for one of them.

import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite struct LostTests {
  private let world: HubWorld
  private let order: OrderID
  private let crew: FakeAuthor
  /// Two changes of one run: the hub never gets the first back.
  private let missing: Entry
  private let given: Entry

  init() throws {
    world = try HubWorld(platforms: ["water", "gas"])
    order = try world.dispatched(to: "water")
    crew = try FakeAuthor("water")
    let context = try world.state(order).vector
    missing = crew.entry(order, context: context, [.note("lost on every disk")]).receipted()
    given = crew.entry(
      order, context: context.merged(with: VersionVector([(crew.replica, 1)])), [.set("priority", "urgent")]
    ).receipted()
  }

  private func heal(_ entry: Entry) throws -> Healed { try world.parts.writer.perform { try $0.heal(entry) } }
  private func waiting() throws -> Int {
    try world.parts.database.read { try $0.count("SELECT COUNT(*) FROM waiting") }
  }
  private func pass() throws -> LostDots.Pass {
    let live = LiveAgents(contacts: world.parts.contacts, milliseconds: 86_400_000)
    return try world.parts.writer.perform { try LostDots.run(among: live, $0) }
  }

  /// An agent that was seen just now.
  private func enrol(_ platform: String, _ agent: String) throws {
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO agent (platform, agent, enrolled, last_contact, cursor_position) VALUES ($1, $2, $3, $3, 0)",
        [.text(platform), .text(agent), .integer(transaction.now)])
    }
  }

  /// The agent makes the comparison that it was asked for.
  private func compare(_ platform: String, _ agent: String) throws {
    let name = Contacts.Name(platform: try PlatformName(platform), agent: agent)
    try world.parts.writer.perform { transaction in
      let asked = try #require(try Resyncs.open(name, transaction.db))
      var report = ReconcileReport()
      report.command = asked.id
      try Resyncs.ended(report, by: name, transaction)
    }
  }

  @Test func whatWaitsTakesEffectOnceEveryAgentThatIsAliveHasCompared() throws {
    try enrol("water", "depot")
    try enrol("gas", "north")
    #expect(try heal(given) == .taken && waiting() == 1)
    #expect(try pass() == LostDots.Pass(), "mostly what is missing is on its way")
    world.clock.advance(LostDots.patienceMilliseconds)
    #expect(try pass().asked.map(\.text).sorted() == ["gas", "water"])
    #expect(try pass().declared.isEmpty && waiting() == 1)
    try compare("water", "depot")
    #expect(try pass().asked.map(\.text) == ["gas"])
    try compare("gas", "north")
    #expect(try pass().declared.map(\.missing) == [[missing.head.dot]])
    #expect(try waiting() == 0 && world.state(order).value("priority") == "urgent")
    #expect(try pass() == LostDots.Pass(), "it is said once")
  }

  @Test func anAgentThatWasNotSeenForLongIsNotWaitedFor() throws {
    try enrol("gas", "north")
    world.clock.advance(2 * 86_400_000)
    try enrol("water", "depot")
    _ = try heal(given)
    world.clock.advance(LostDots.patienceMilliseconds)
    #expect(try pass().asked.map(\.text) == ["water"])
    try compare("water", "depot")
    #expect(try pass().declared.count == 1)
  }

  @Test func anAgentThatNeverCalledIsNotWaitedFor() throws {
    try enrol("water", "depot")
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('gas', 'north', $1, 0)",
        [.integer(transaction.now)])
    }
    _ = try heal(given)
    world.clock.advance(LostDots.patienceMilliseconds)
    #expect(try pass().asked.map(\.text) == ["water"])
    try compare("water", "depot")
    #expect(try pass().declared.count == 1)
  }

  @Test func anOperatorMaySayItEarlierAndIsRefusedWhereNothingWaits() throws {
    let operators = Author(name: "op", role: "operator")
    #expect(throws: Problem.self) { try world.hotline.settleLost(order, author: operators) }
    try enrol("gas", "north")
    _ = try heal(given)
    let before = world.parts.changes.moment
    let row = try #require(try world.hotline.lost()["lost"]?.asArray?.first)
    #expect(world.parts.changes.moment == before, "a page that shows it would be shown anew for ever")
    #expect(row["missing"] == [.string(missing.head.dot.description)] && row["changes"] == 1)
    #expect(row["unheard"] == [["platform": "gas", "agent": "north"]])
    #expect(try world.hotline.settleLost(order, author: operators)["waiting"] == 0)
    #expect(try world.state(order).value("priority") == "urgent")
    #expect(try world.hotline.lost()["lost"] == [])
  }

  @Test func theDoctorNamesWhatWaitsForLongAndTheCommand() throws {
    func finding() throws -> JSON {
      try #require(
        try world.hotline.doctor().list("checks").first { $0.text("name") == "nothing waits for what is lost" })
    }
    #expect(try finding().text("detail") == "no change waits for another")
    _ = try heal(given)
    #expect(try finding()["ok"] == true && finding().text("detail").hasPrefix("1 changes wait"), "it may be on its way")
    world.clock.advance(LostDots.patienceMilliseconds)
    let found = try finding()
    #expect(found["ok"] == false && found.text("remedy").contains("lianxin-hub lost list"))
    #expect(found.text("detail").contains(order.text) && found.text("detail").contains(missing.head.dot.description))
    _ = try world.hotline.settleLost(order, author: Author(name: "op", role: "operator"))
    #expect(try finding()["ok"] == true)
  }

  @Test func whatTurnsUpAfterItWasSaidToBeLostCounts() throws {
    _ = try heal(given)
    _ = try world.hotline.settleLost(order, author: Author(name: "op", role: "operator"))
    #expect(try heal(missing) == .taken)
    let texts = try world.parts.database.read { db in
      OrderDocument.entries(of: try HubLog.history(order, db), in: try HubLog.fold(order, db).state)
        .map { $0.value.json["text"] }
    }
    #expect(texts == ["lost on every disk"])
    let (state, waits) = try world.parts.database.read { try HubLog.fold(order, $0) }
    #expect(try waits.isEmpty && state == world.state(order))
  }

  @Test func theStatusNamesWhatIsSaidToBeLostUntilItTurnsUp() throws {
    func told(_ list: String) throws -> JSON? { try world.hotline.status()["healing"]?[list] }
    let replica = JSON.string(crew.replica.text)
    _ = try heal(given)
    #expect(try told("gaps") == [["replica": replica, "missing": "1"]])
    #expect(try told("lost") == [])
    _ = try world.hotline.settleLost(order, author: Author(name: "op", role: "operator"))
    #expect(try told("gaps") == [], "nobody sends that again")
    #expect(try told("lost") == [["replica": replica, "lost": "1"]])
    let healing = try world.hotline.status()["healing"]
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: world.clock.now)
    #expect(
      HealingPrinting.lines(healing, on: page).contains { $0.hasPrefix("Said to be lost: \(crew.replica) 1: ") })
    // A database that has no such rows yet gets them from its states.
    try world.parts.database.write { db in
      try db.execute("DELETE FROM lost_dot", [])
      try KeptLosses.fill(db)
    }
    #expect(try told("lost") == [["replica": replica, "lost": "1"]])
    #expect(try heal(missing) == .taken)
    #expect(try told("lost") == [])
  }

  @Test func aDotThatTwoOrdersHaveEachAContentOfIsLostForTheOneAndWhatItSaidIsWrittenAgain() throws {
    // A copy of the machine wrote another order under the same dot, and the hub, restored in between, took that.
    let other = try world.dispatched(to: "water")
    let copy = try FakeAuthor("water")
    try world.push([copy.entry(other, context: try world.state(other).vector, [.note("the copy's")])], from: copy)
    #expect(try heal(given) == .taken && waiting() == 1)
    #expect(try heal(missing) == .taken)
    let state = try world.state(order)
    #expect(state.shown("lost/\(missing.head.dot)")?.value.json["reason"] == "fork")
    #expect(try waiting() == 0 && state.value("priority") == "urgent")
    #expect(try world.hotline.status()["healing"]?["lost"] == [], "what it said is written again")
    let (again, texts) = try world.parts.database.read { db -> ([Change], [JSON?]) in
      let history = try HubLog.history(order, db)
      return (
        history.compactMap(\.change).filter { $0.origin != nil },
        OrderDocument.entries(of: history, in: state).map { $0.value.json["text"] }
      )
    }
    #expect(again.map(\.origin) == [Origin(dot: missing.head.dot, hash: missing.head.hash)])
    #expect(again.first?.dot.replica.isHub == true && texts == ["lost on every disk"])
    #expect(try world.state(other).voidedDots.isEmpty, "there it is what it is")
    #expect(try heal(missing) == .held, "given again nothing more is written")
    #expect(try world.state(order) == state)
  }

  @Test func aCreationWhoseDotIsAnotherOrdersIsCreatedByTheHubAgain() throws {
    let id = OrderID(maker: try PlatformName("water"), milliseconds: 1_764_000_000_000, random: [4])
    let edits: [Edit] = [
      .set("title", "leak"), .set("source", "platform"), .set("receivedAt", 1_764_000_000_000),
      .set("assignment/a1", ["platform": "water", "role": "lead", "round": 1, "cause": "first"]),
    ]
    let first = try FakeAuthor("water", seed: 3)
    let creation = first.entry(id, context: VersionVector(), edits).receipted()
    let copy = try FakeAuthor("water", seed: 3)
    try world.push([copy.entry(order, context: try world.state(order).vector, [.note("the copy's")])], from: copy)
    #expect(try heal(creation) == .taken)
    let view = try world.view(id)
    #expect(view.title == "leak" && view.assignments.map(\.platform) == ["water"])
    #expect(try world.page("water").entries.contains { $0.head.order == id })
  }
}
