// Finding orders by words: what is found, what never enters the index, and that it is kept with the order.

import Core
import Testing

@testable import Hub

@Suite struct SearchTests {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func found(_ text: String, _ change: (inout OrderFilter) -> Void = { _ in }) throws -> [OrderID] {
    var filter = OrderFilter()
    filter.standing = .all
    filter.text = text
    change(&filter)
    return try world.parts.database.read { db in
      try OrderList.page(filter, after: nil, limit: 50, now: world.clock.now, db).rows.map(\.id)
    }
  }

  private func check() throws -> WordsRebuild.Outcome {
    try WordsRebuild(database: world.parts.database, writer: world.parts.writer).run(repairing: false)
  }

  private func order(_ registers: [JSON.Member]) throws -> OrderID {
    world.clock.advance(1_000)
    return try world.dispatched(to: "water", registers: registers)
  }

  @Test func anOrderIsFoundByItsNumberReferenceTitleDescriptionAndAddress() throws {
    let order = try order([
      .init("title", "自来水爆管"), .init("description", "楼前绿地积水，请抢修"),
      .init("location", ["district": "河西区", "address": "大沽南路12号", "note": "Behind the school"]),
      .init("ref/city12345", ["number": "TJ-2026-778899", "url": "https://example.org/secretpath"]),
    ])
    _ = try self.order([.init("title", "路灯不亮")])
    let number = try #require(try world.view(order).number)
    let words = ["爆管", "爆", "抢修", "河西 大沽南路", "12", "SCHOOL", "tj 778899", number, String(number.suffix(6)), "绿地 爆管"]
    for text in words { #expect(try found(text) == [order], "\(text)") }
    for text in ["secretpath", "河东", "爆灯", "管爆"] { #expect(try found(text).isEmpty, "\(text)") }
  }

  @Test func whatTheIndexDecidesAloneIsWhatALookIntoTheTextsWouldSay() throws {
    var random = SeededGenerator(state: 7)
    let letters = ["爆", "管", "a", "1", " ", "，"].map { Character($0) }
    func text(_ most: Int) -> String {
      String((0..<Int.random(in: 1...most, using: &random)).map { _ in letters[Int.random(in: 0..<6, using: &random)] })
    }
    var texts: [Int: String] = [:]
    for _ in 0..<60 {
      let title = text(9)
      let order = try order([.init("title", .string("爆 \(title)"))])
      let place = try world.parts.database.read { db in
        try db.count("SELECT place FROM orders WHERE order_id = $1", [.text(order.text)])
      }
      texts[place] = "爆 \(title)"
    }
    var decided = 0
    for _ in 0..<400 {
      guard let question = SearchQuestion(text(12)), question.isDecidedByIndex else { continue }
      decided += 1
      let found = try world.parts.database.read { db in
        try OrderIndex.places(question.match, before: .max, limit: 100, db)
      }
      let wanted = texts.filter { question.isAnswered(by: [$0.value]) }.keys.sorted(by: >)
      #expect(found == wanted, "\(question.match)")
    }
    #expect(decided > 50)
  }

  @Test func personalValuesAreNotFound() throws {
    let order = try order([
      .init("title", "漏水"), .init("caller", ["name": "某某某", "phone": "13800001234"]),
      .init("location/private", ["flat": "flat997", "entry": "entry998"]),
    ])
    for text in ["某某某", "13800001234", "flat997", "entry998"] { #expect(try found(text).isEmpty, "\(text)") }
    #expect(try found("漏水") == [order])
    let held = try world.parts.database.read { db in
      try db.all("SELECT term FROM order_words_held", []) { $0.text(0) }.joined(separator: " ")
    }
    for word in ["13800001234", "flat997", "某某"] { #expect(!held.contains(word)) }
  }

  @Test func whatIsChangedIsFoundAsItIsNow() throws {
    let order = try order([.init("title", "暖气不热")])
    _ = try world.perform(.describe([.init("title", "燃气泄漏")]), on: order)
    #expect(try found("燃气泄漏") == [order])
    #expect(try found("暖气").isEmpty)
    _ = try world.perform(.note(text: "暖气也查过", visibility: "all"), on: order)
    #expect(try found("暖气").isEmpty)
    #expect(try !check().isWrong)
  }

  @Test func anOrderInConflictIsFoundByEitherValue() throws {
    let crew = try FakeAuthor("water")
    let own = OrderID(maker: try PlatformName("water"), milliseconds: 7, random: [1])
    let creation = crew.entry(
      own, context: VersionVector(),
      [
        .set("title", "first"), .set("assignment/a1", ["platform": "water", "role": "lead", "round": 1]),
      ])
    try world.push([creation], from: crew)
    var seen = VersionVector()
    seen.advance(to: Dot(crew.replica, 1))
    _ = try world.perform(.describe([.init("title", "hubs word")]), on: own)
    try world.push([crew.entry(own, context: seen, [.set("title", "crews word")])], from: crew)
    #expect(try world.state(own).conflicts == ["title"])
    #expect(try found("hubs") == [own])
    #expect(try found("crews") == [own])
    #expect(try !check().isWrong)
  }

  @Test func aVoidChangeIsNotFound() throws {
    let order = try order([.init("title", "暖气不热")])
    _ = try world.perform(.describe([.init("title", "燃气泄漏")]), on: order)
    let dot = try #require(try world.state(order).shown("title")).dot
    _ = try world.perform(.void(dot: "\(dot)", reason: "mistyped"), on: order)
    #expect(try found("燃气").isEmpty)
    #expect(try found("暖气") == [order])
    #expect(try !check().isWrong)
  }

  @Test func aRequestThatFailsLeavesNothingInTheIndex() throws {
    struct Refused: Error {}
    #expect(throws: (any Error).self) {
      try world.parts.writer.perform { transaction in
        _ = try transaction.author(
          OrderID(maker: .hub, milliseconds: 3, random: [3]), edits: [.set("title", "塌陷")],
          by: Author(name: "op", role: "operator"))
        throw Refused()
      }
    }
    let order = try order([.init("title", "路面塌陷")])
    #expect(try found("塌陷") == [order])
    #expect(try !check().isWrong)
  }

  @Test func theNewestComeFirstAndPagesGoOn() throws {
    let orders = try (0..<7).map { try order([.init("title", .string("爆管 \($0)"))]) }
    var filter = OrderFilter()
    filter.text = "爆管"
    var pages: [[OrderID]] = []
    var after: OrderMark?
    repeat {
      let page = try world.parts.database.read { db in
        try OrderList.page(filter, after: after, limit: 3, now: world.clock.now, db)
      }
      pages.append(page.rows.map(\.id))
      after = page.next
    } while after != nil
    #expect(pages.map(\.count) == [3, 3, 1])
    #expect(pages.flatMap(\.self) == orders.reversed())
  }

  @Test func aSearchIsNarrowedByWhatTheOrdersAre() throws {
    let old = try order([.init("title", "爆管"), .init("sector", "water")])
    world.clock.advance(100 * 86_400_000)
    let new = try order([.init("title", "爆管"), .init("sector", "gas")])
    _ = try world.perform(.cancel(reason: "twice"), on: old)
    #expect(try found("爆管") == [new, old])
    #expect(try found("爆管") { $0.sector = "water" } == [old])
    #expect(try found("爆管") { $0.standing = .open } == [new])
    #expect(try found("爆管") { $0.platform = "gas" }.isEmpty)
    let now = world.clock.now
    #expect(try found("爆管") { ($0.from, $0.until) = (now - 200 * 86_400_000, now - 86_400_000) } == [old])
    #expect(try found("爆管") { ($0.from, $0.until) = (now - 86_400_000, now + 1) } == [new])
    #expect(try found("爆管") { $0.from = now - 86_400_000 } == [new])
  }

  @Test func anIndexThatDiffersIsNoticedAndMadeAnewWhileTheHubGoesOn() throws {
    let first = try order([.init("title", "爆管")])
    let second = try order([.init("title", "停水")])
    try world.parts.database.write { db in
      try OrderIndex.put(
        try OrderState(
          id: first,
          stored: try db.first(
            "SELECT state FROM orders WHERE order_id = $1", [.text(first.text)]
          ) { $0.blob(0) } ?? []),
        created: 0, place: 99, db)
    }
    #expect(try check().isWrong)
    let named = try world.hotline.doctor().list("checks").first { $0.text("name") == "search finds every order" }
    #expect(named?["ok"] == false)
    #expect(try world.hotline.doctor(fixing: true)["ok"] == true)
    #expect(try !check().isWrong)
    #expect(try found("爆管") == [first])
    // Half made: an order whose turn has not come is changed, and a new one is taken.
    try world.parts.writer.perform { transaction in
      try OrderIndex.begin(transaction.db)
      try OrderIndex.fillPage(1, transaction.db)
    }
    _ = try world.perform(.describe([.init("title", "停气")]), on: second)
    _ = try world.perform(.describe([.init("title", "水管")]), on: first)
    let third = try order([.init("title", "塌陷")])
    #expect(try found("停气").isEmpty)
    #expect(try found("塌陷") == [third])
    #expect(try WordsRebuild(database: world.parts.database, writer: world.parts.writer).resume())
    #expect(try found("停气") == [second])
    #expect(try found("水管") == [first])
    #expect(try !check().isWrong)
  }

  @Test func aStateThatTheDiskAlteredSpoilsNothingForGood() throws {
    let order = try order([.init("title", "AAAA")])
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute(
        "UPDATE orders SET state = CAST(REPLACE(CAST(state AS TEXT), 'AAAA', 'BBBB') AS BLOB)", [])
    }
    #expect(try world.hotline.doctor()["ok"] == false)
    #expect(try world.hotline.doctor(fixing: true)["ok"] == true)
    #expect(try found("aaaa") == [order])
    #expect(try !check().isWrong)
  }

  @Test func aFullResyncLooksAtTheIndexToo() throws {
    _ = try order([.init("title", "爆管")])
    try world.parts.database.write { db in
      try db.execute("INSERT INTO order_words (order_words) VALUES ('delete-all')", [])
    }
    #expect(try found("爆管").isEmpty)
    let rebuild = WordsRebuild(database: world.parts.database, writer: world.parts.writer)
    #expect(try rebuild.run(repairing: true) == .init(isWrong: true, orders: 1))
    #expect(try found("爆管").count == 1)
  }
}
