// Lists of orders: each way through them by its index, the newest first, with counts that are kept.

import Core
import Testing

@testable import Hub

@Suite struct SearchListTests {
  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func page(_ limit: Int = 50, after: OrderMark? = nil, _ change: (inout OrderFilter) -> Void) throws
    -> OrderList.Page
  {
    var filter = OrderFilter()
    filter.standing = .all
    change(&filter)
    return try world.parts.database.read { db in
      try OrderList.page(filter, after: after, limit: limit, now: world.clock.now, db)
    }
  }

  private func order(_ platform: String, _ registers: [JSON.Member] = [], after milliseconds: Int = 1_000) throws
    -> OrderID
  {
    world.clock.advance(milliseconds)
    return try world.dispatched(to: platform, registers: [.init("title", "leak")] + registers)
  }

  private static let paths: [OrderPath] = [
    .overdue(now: 5), .atOdds, .status("closed", since: 0), .openOfPlatform("water", since: 0),
    .openOfSector("gas", since: 0), .open(.init(), since: 0),
    .open(.init(status: "closed", kind: "praise"), since: 0), .kind("praise", since: 0), .platform("water", since: 0),
    .pressing("urgent", since: 0),
    .sector("gas", since: 0), .all(since: 0),
  ]

  @Test(arguments: paths) func everyWayWalksOnTheIndexThatIsNamedBesideIt(path: OrderPath) throws {
    let (sql, values) = path.statement(from: .init(value: 9, place: 9), limit: 5)
    let plan = try world.parts.database.read { db in
      try db.all("EXPLAIN QUERY PLAN \(sql)", values) { $0.text(3) }
    }
    #expect(plan.first?.contains(" \(path.index) ") == true, "\(plan)")
    #expect(!plan.contains { $0.contains("TEMP B-TREE") || $0.contains("SCAN") }, "\(plan)")
  }

  @Test func theBoardHasOfEachStatusTheNewestThatPass() throws {
    var random = SeededGenerator(state: 18)
    let kinds = ["repair", "praise"]
    for index in 0..<40 {
      let made = try order(
        ["water", "gas"][index % 2],
        [
          .init("kind", .string(kinds[Int.random(in: 0..<2, using: &random)])),
          .init("sector", .string(["water", "gas"][Int.random(in: 0..<2, using: &random)])),
          .init("description", .string(["阀门", "水表"][Int.random(in: 0..<2, using: &random)])),
        ])
      switch Int.random(in: 0..<4, using: &random) {
      case 0: _ = try world.perform(.cancel(reason: "twice"), on: made)
      case 1: _ = try world.perform(.recall(reason: "wrong trade"), on: made)
      default: break
      }
    }
    let statuses: [OrderStatus] = [.received, .dispatched, .recalled]
    let narrowings: [(inout OrderFilter) -> Void] = [
      { _ in }, { $0.sector = "gas" }, { $0.kind = "praise" }, { ($0.kind, $0.sector) = ("repair", "water") },
      { $0.platform = "gas" }, { ($0.platform, $0.kind) = ("water", "praise") }, { $0.text = "阀门" },
    ]
    for narrow in narrowings {
      let all = try page { filter in
        narrow(&filter)
        filter.standing = .open
      }.rows
      var filter = OrderFilter()
      narrow(&filter)
      let (counts, columns) = try world.parts.database.read { db in
        try OrderList.board(filter, statuses: statuses, size: 3, now: world.clock.now, db)
      }
      #expect(!all.isEmpty)
      for (status, column) in zip(statuses, columns) {
        let wanted = all.filter { $0.status == status }
        #expect(column.map(\.id) == wanted.prefix(3).map(\.id), "\(filter.items) \(status)")
        #expect(counts.byStatus[status] ?? 0 == wanted.count, "\(filter.items) \(status)")
      }
    }
  }

  @Test func theMapKnowsPlacesAlreadyAndFollowsAnOrderThatMoves() throws {
    let cache = PlaceCache()
    func location(_ lat: String) -> JSON.Member {
      .init("location", ["lat": .number(lat), "lon": .number("117.2"), "crs": "wgs84"])
    }
    let still = try order("water", [location("39.1")])
    let moved = try order("water", [location("39.2")])
    let nowhere = try order("water")
    func latitudes() throws -> [OrderID: Double] {
      let rows = try page { _ in }.rows
      return try world.parts.database.read { db in try cache.positions(of: rows, db) }.mapValues(\.latitude)
    }
    #expect(try latitudes() == [still: 39.1, moved: 39.2])
    _ = try world.perform(.describe([location("39.3")]), on: moved)
    #expect(try latitudes() == [still: 39.1, moved: 39.3])
    _ = try world.perform(.describe([location("39.4")]), on: nowhere)
    #expect(try latitudes() == [still: 39.1, moved: 39.3, nowhere: 39.4])
    // What is known is not read again.
    let rows = try page { _ in }.rows
    try world.parts.database.write { db in _ = try db.execute("DELETE FROM orders", []) }
    #expect(try world.parts.database.read { db in try cache.positions(of: rows, db) }.count == 3)
  }

  @Test func theListHasThePositionsThatTheMapDraws() throws {
    let here = try order(
      "water", [.init("location", ["lat": .number("39.10"), "lon": .number("117.2"), "crs": "WGS84"])])
    let unsaid = try order("water", [.init("location", ["lat": .number("-39.25"), "lon": 117])])
    _ = try order("water", [.init("location", ["lat": 0, "lon": 0, "crs": "wgs84"])])
    _ = try order("water", [.init("location", ["address": "中山路 1 号"])])
    _ = try order("water")
    var filter = OrderFilter()
    filter.standing = .all
    let listed = try world.hotline.list(filter, limit: 10, after: nil).list("orders")
    let positions = Dictionary(
      uniqueKeysWithValues: listed.compactMap { row in row["position"].map { (row.text("id"), $0) } })
    #expect(listed.count == 5)
    let told: JSON = ["lat": .number("39.1"), "lon": .number("117.2"), "crs": "wgs84"]
    let ofUnknownSystem: JSON = ["lat": .number("-39.25"), "lon": .number("117.0"), "crs": "unknown"]
    #expect(positions == [here.text: told, unsaid.text: ofUnknownSystem])
    let rows = try page { _ in }.rows
    let drawn = try world.parts.database.read { db in try PlaceCache().positions(of: rows, db) }
    #expect(drawn.mapValues(\.json) == [here: told, unsaid: ofUnknownSystem])
  }

  @Test func theFilterPicksOrdersAndAWayThatLeadsToThem() throws {
    let leak = try order("water", [.init("sector", "water"), .init("kind", "repair")])
    let smell = try order("gas", [.init("sector", "gas"), .init("priority", "emergency")])
    let over = try order("water", [.init("sector", "water")])
    _ = try world.perform(.cancel(reason: "twice"), on: over)
    let from = world.clock.now
    let late = try order(
      "water", [.init("sector", "gas"), .init("due/complete", ["at": .int(world.clock.now + 5_000)])])
    func ids(_ change: (inout OrderFilter) -> Void) throws -> [OrderID] {
      try page(50, after: nil, change).rows.map(\.id)
    }
    #expect(try ids { _ in } == [late, over, smell, leak])
    #expect(try ids { $0.standing = .open } == [late, smell, leak])
    #expect(try ids { $0.standing = .over } == [over])
    #expect(try ids { $0.status = .cancelled } == [over])
    #expect(try ids { $0.status = .dispatched } == [late, smell, leak])
    #expect(try ids { $0.platform = "water" } == [late, over, leak])
    #expect(try ids { ($0.platform, $0.standing) = ("water", .open) } == [late, leak])
    #expect(try ids { ($0.platform, $0.sector) = ("water", "gas") } == [late])
    #expect(try ids { ($0.platform, $0.sector) = ("gas", "water") } == [])
    #expect(try ids { $0.sector = "water" } == [over, leak])
    #expect(try ids { ($0.sector, $0.standing) = ("water", .open) } == [leak])
    #expect(try ids { $0.priority = "emergency" } == [smell])
    #expect(try ids { $0.priority = "normal" } == [late, over, leak])
    #expect(try ids { $0.kind = "repair" } == [leak])
    #expect(try ids { $0.until = from } == [smell, leak])
    #expect(try ids { $0.from = from } == [late, over])
    #expect(try ids { $0.isOverdue = true }.isEmpty)
    world.clock.advance(10_000)
    #expect(try ids { $0.isOverdue = true } == [late])
    #expect(try ids { $0.isAtOdds = true }.isEmpty)
  }

  @Test func aReopenedOrderIsAmongThePlatformsOpenOnesAgain() throws {
    let order = try order("water")
    func open() throws -> [OrderID] {
      try page { ($0.platform, $0.standing) = ("water", .open) }.rows.map(\.id)
    }
    _ = try world.perform(.cancel(reason: "twice"), on: order)
    #expect(try open().isEmpty)
    let dot = try #require(try world.state(order).shown("cancelled")).dot
    _ = try world.perform(.void(dot: "\(dot)", reason: "mistaken"), on: order)
    #expect(try open() == [order])
  }

  @Test func pagesAreDisjointWhateverComesBetweenThem() throws {
    // Many of one millisecond: imports are like that.
    let orders = try (0..<10).map { try order("water", after: $0 < 5 ? 0 : 1_000) }
    let first = try page(4) { _ in }
    let newer = try order("water")
    _ = try world.perform(.note(text: "called again", visibility: "all"), on: orders[0])
    let second = try page(4, after: first.next) { _ in }
    let third = try page(4, after: second.next) { _ in }
    let seen = (first.rows + second.rows + third.rows).map(\.id)
    #expect(Set(seen).count == 10)
    #expect(Set(seen) == Set(orders))
    #expect(!seen.contains(newer))
    #expect(third.next == nil)
    let created = (first.rows + second.rows + third.rows).map(\.created)
    #expect(created == created.sorted(by: >))
  }

  @Test func theMostOverdueComesFirst() throws {
    let orders = try [30, 10, 20].map { due in
      try order("water", [.init("due/complete", ["at": .int(world.clock.now + due * 1_000)])], after: 0)
    }
    world.clock.advance(60_000)
    let first = try page(2) { $0.isOverdue = true }
    #expect(first.rows.map(\.id) == [orders[1], orders[2]])
    #expect(try page(2, after: first.next) { $0.isOverdue = true }.rows.map(\.id) == [orders[0]])
  }

  @Test func countsFollowEveryChangeAndAreWhatCountingGives() throws {
    func counts(_ change: (inout OrderFilter) -> Void = { _ in }) throws -> OrderList.Counts {
      var filter = OrderFilter()
      change(&filter)
      return try world.parts.database.read { db in try OrderList.counts(filter, now: world.clock.now, db) }
    }
    let leak = try order("water", [.init("sector", "water")])
    _ = try order("gas", [.init("sector", "gas"), .init("priority", "urgent")])
    let over = try order("water", [.init("sector", "water")])
    _ = try world.perform(.cancel(reason: "twice"), on: over)
    #expect(try counts().byStatus == [.dispatched: 2, .cancelled: 1])
    #expect(try counts { $0.platform = "water" }.byStatus == [.dispatched: 1, .cancelled: 1])
    _ = try world.perform(.describe([.init("sector", "drainage")]), on: leak)
    _ = try world.perform(.dispatch(platform: "gas", role: "assist", instruction: nil, cause: nil), on: leak)
    #expect(try counts { $0.platform = "gas" }.byStatus == [.dispatched: 2])
    #expect(try counts { $0.sector = "drainage" }.byStatus == [.dispatched: 1])
    #expect(try counts { $0.sector = "water" }.byStatus == [.cancelled: 1])
    #expect(try counts { $0.priority = "urgent" }.byStatus == [.dispatched: 1])
    #expect(try counts { $0.text = "leak" } == .init(byStatus: [.dispatched: 2], isWhole: true))
    #expect(try world.parts.database.read { try Tally.wrong($0) } == 0)
    try world.parts.database.write { db in try db.execute("UPDATE tally SET orders = orders + 1", []) }
    #expect(try world.parts.database.read { try Tally.wrong($0) } > 0)
    #expect(try world.hotline.doctor(fixing: true)["ok"] == true)
    #expect(try counts().byStatus == [.dispatched: 2, .cancelled: 1])
  }

  @Test func twoOrdersWithOneReferenceAreShownOnce() throws {
    let first = try order("water", [.init("ref/city", ["number": "17"])])
    let second = try order("water", [.init("ref/city", ["number": "17"])])
    _ = try order("water", [.init("ref/city", ["number": "18"])])
    let rows = try world.hotline.conflicts().list("contradictions")
    #expect(rows.map { $0.text("order") } == [first.text])
    #expect(rows.first?.text("right") == second.text)
  }

  @Test func aFilterWithATypingErrorIsRefused() throws {
    for (name, value) in [("status", "opened"), ("from", "yesterday"), ("disagreement", "yes"), ("until", "-1")] {
      #expect(throws: Problem.self) { try OrderFilter { $0 == name ? value : nil } }
    }
  }
}
