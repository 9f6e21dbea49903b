// The sums of the indicators against the sums made anew from every order's log, over random worlds: dispatches, crews that come late,
// requests, call-backs, closing and opening again, voids and reinstatements.

import Core
import Foundation
import Testing

@testable import Hub

/// A hub in which things happen at random.
private final class RandomCity {
  let world: HubWorld
  private var random: SeededGenerator
  private var orders: [OrderID] = []
  private var crews: [String: FakeAuthor] = [:]
  private static let author = Author(name: "op", role: "operator")

  init(seed: UInt64) throws {
    world = try HubWorld()
    random = SeededGenerator(state: seed)
    for platform in ["water", "gas"] { crews[platform] = try FakeAuthor(platform) }
  }

  private func pick<Element>(_ list: [Element]) -> Element { list[Int.random(in: 0..<list.count, using: &random)] }
  private func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

  func live(_ steps: Int) throws {
    for _ in 0..<steps {
      world.clock.advance(Int.random(in: 0...20_000_000, using: &random))
      do {
        if orders.count < 3 || chance(15) { try take() } else { try step(pick(orders)) }
      } catch is CommandRefusal {
        // Not every step is allowed at every time.
      } catch let problem as Problem where problem.code != .internalError {
        // Nor every void.
      }
    }
  }

  private func take() throws {
    var registers: [JSON.Member] = [
      .init("title", "x"), .init("kind", .string(pick(["repair", "emergency", "enquiry"]))),
      .init("sector", .string(pick(["water", "gas"]))),
    ]
    if chance(70) { registers.append(.init("location", ["district": .string(pick(["和平", "河西"]))])) }
    let answer = try world.hotline.create(
      registers: registers, dispatchTo: chance(70) ? pick(["water", "gas"]) : nil, author: Self.author, request: nil)
    orders.append(try OrderID(try answer.string("order")))
  }

  private func step(_ order: OrderID) throws {
    let view = try world.view(order)
    let commands: [Command] = [
      .dispatch(platform: pick(["water", "gas"]), role: nil, instruction: nil, cause: nil), .recall(reason: "x"),
      .close(code: pick(["answered", "special", "solved"]), note: nil), .cancel(reason: "x"),
      .rework(platform: nil, instruction: nil), .urge(text: "x"),
      .callBack(
        ["reached": .bool(chance(70)), "solved": .string(pick(["yes", "no"])), "result": .int(pick([1, 3, 5]))],
        verdict: nil),
      .describe([.init("sector", .string(pick(["water", "gas", "heat"])))]),
      .describe([.init("priority", .string(pick(["normal", "emergency"])))]),
    ]
    switch Int.random(in: 0..<10, using: &random) {
    case 0..<4: _ = try world.perform(pick(commands), on: order)
    case 4..<8: try crew(view)
    case 8:
      guard let open = view.openRequests.first else { return }
      _ = try world.perform(
        .answer(request: open.request.id, granted: chance(60), until: world.clock.now + 50_000_000, note: nil),
        on: order)
    default:
      let dots = try world.hotline.document(order).list("history").map { $0.text("dot") }
      _ = try world.perform(chance(60) ? .void(dot: pick(dots), reason: "x") : .reinstate(dot: pick(dots)), on: order)
    }
  }

  private func crew(_ view: OrderView) throws {
    guard let assignment = view.assignments.last, let crew = crews[assignment.platform] else { return }
    crew.time = max(crew.time, world.clock.now - pick([0, 0, 0, 5_000_000]))
    let prefix = "assignment/\(assignment.id)"
    let edits: [[Edit]] = [
      [.set(prefix + "/progress", .string(pick(["accepted", "onSite", "waiting"])))],
      [.set(prefix + "/progress", "done")],
      [
        .set(
          prefix + "/request/r\(Int.random(in: 0..<1_000, using: &random))",
          ["type": .string(pick(["return", "extension", "suspension", "exemption"])), "reason": "x"])
      ],
      [.append(kind: "contact", value: JSONText(["at": 5]))],
      [.append(kind: "callback", value: JSONText(["reached": true]))],
    ]
    // Now and then by one who has not seen the hub's last changes.
    var components: [(ReplicaID, Int)] = []
    for component in view.state.vector.components {
      let unseen = component.replica.isHub && chance(20) ? pick([1, 2, 5]) : 0
      if component.n > unseen { components.append((component.replica, component.n - unseen)) }
    }
    let context = VersionVector(components)
    try world.push([crew.entry(view.state.id, context: context, pick(edits))], from: crew)
  }
}

@Suite struct SupervisionRollupTests {
  @Test(arguments: 0..<6)
  func sumsAndRowsAreThoseMadeAnewFromEveryLog(seed: UInt64) throws {
    let city = try RandomCity(seed: seed)
    let parts = city.world.parts
    let supervisor = Supervisor(database: parts.database, writer: parts.writer, inForce: parts.hotline.inForce)
    let rebuild = SupervisionRebuild(database: parts.database, writer: parts.writer, inForce: parts.hotline.inForce)
    for _ in 0..<5 {
      try city.live(35)
      _ = try supervisor.pass(mayAct: true)
      while try supervisor.pass(mayAct: false).followed > 0 {}
      let found = try rebuild.run(repairing: false)
      #expect(found.differing.isEmpty, "seed \(seed)")
      #expect(found.sums == 0, "seed \(seed)")
    }
    // Months are the sums of their days.
    let (days, months) = try parts.database.read { db in
      var sums: [Int: Figures] = [:]
      try db.query("SELECT span, figures FROM rollup", []) { row in
        let span = row.int(0)
        sums[span > 1_000_000 ? -span / 100 : span, default: Figures()] += Figures(bytes: row.blob(1))
      }
      return (sums.filter { $0.key < 0 }, sums.filter { $0.key > 0 })
    }
    #expect(months.count > 0)
    for (month, figures) in months { #expect(days[-month] == figures) }
    #expect(try city.world.hotline.doctor()["ok"] == true)
    try checkPeriods(of: city.world)
  }

  /// What is due in a period, counted order by order at the present time, against what is read from the sums.
  private func checkPeriods(of world: HubWorld) throws {
    let (supervision, now) = (world.hotline.inForce.now, world.clock.now)
    let clock = supervision.policy.calendar.clock
    var dates: [(due: LocalDay, isClosed: Bool, platform: String)] = []
    try world.parts.database.read { db in
      let orders = try db.all("SELECT order_id, state, created FROM orders", []) { row in
        (id: try OrderID(row.text(0)), state: row.blob(1), created: row.int(2))
      }
      for order in orders {
        let view = OrderView(try OrderState(id: order.id, stored: order.state))
        let milestones = Milestones(log: try HubLog.history(order.id, db).compactMap(\.change), in: view.state)
        let deadline = Deadline.all(of: view, milestones, created: order.created, supervision.policy)
          .first { $0.stage == "complete" && $0.assignment == nil }
        let leads = view.assignments.filter(\.isLead)
        let platform = (leads.last(where: \.isActive) ?? leads.last)?.platform ?? ""
        if let closed = view.state.shown("closed"), !closed.value.isNull {
          let end = min(closed.at.milliseconds, deadline?.at ?? Int.max)
          dates.append((clock.day(of: end), true, platform))
        } else if let deadline, deadline.state == .open, deadline.at <= now {
          dates.append((clock.day(of: deadline.at), false, platform))
        }
      }
    }
    let today = clock.day(of: now)
    for (from, to) in [(-400, 0), (-400, 60), (-20, -3), (-1, 1), (0, 0), (1, 90), (-95, -32)] {
      var query = IndicatorQuery(from: today.advanced(by: from), to: today.advanced(by: to))
      let wanted = dates.filter { (query.from...query.to).contains($0.due) }
      for grouping in [nil, .platform, .month] as [IndicatorQuery.Grouping?] {
        query.grouping = grouping
        let groups = try world.parts.database.read { try query.read(now: now, clock, $0) }
        #expect(groups.values.reduce(0) { $0 + $1[.due] } == wanted.count, "\(from)...\(to)")
        #expect(groups.values.reduce(0) { $0 + $1[.closed] } == wanted.count { $0.isClosed })
        guard grouping == .platform else { continue }
        for platform in ["", "water", "gas"] {
          #expect(groups[platform]?[.due] ?? 0 == wanted.count { $0.platform == platform })
        }
      }
    }
  }

  @Test func aPeriodIsWholeMonthsAndTheDaysBesideThem() throws {
    func spans(_ from: String, _ to: String, _ grouping: IndicatorQuery.Grouping? = nil) throws -> [ClosedRange<Int>] {
      IndicatorQuery(
        from: try #require(LocalDay(from)), to: try #require(LocalDay(to)), grouping: grouping
      ).spans
    }
    #expect(try spans("2026-11-25", "2026-11-25") == [20_261_125...20_261_125])
    #expect(try spans("2026-11-01", "2026-11-30") == [202_611...202_611])
    #expect(
      try spans("2026-10-31", "2027-02-03") == [
        20_261_031...20_261_031, 202_611...202_612, 202_701...202_701, 20_270_201...20_270_203,
      ])
    #expect(try spans("2026-11-01", "2026-11-30", .day) == [20_261_101...20_261_130])
    #expect(try spans("2026-11-02", "2026-11-01").isEmpty)
  }

  @Test func figuresAreTheSameBytesWhenReadBack() {
    var random = SeededGenerator(state: 7)
    for _ in 0..<2_000 {
      var figures = Figures()
      for figure in Figure.allCases where Bool.random(using: &random) {
        figures.add(figure, Int.random(in: -5...1_000_000, using: &random))
      }
      for _ in 0..<3 { figures.addHandling(Int.random(in: 0...10_000_000_000, using: &random)) }
      #expect(Figures(bytes: figures.bytes) == figures)
      var nothing = figures
      nothing -= figures
      #expect(nothing.isEmpty && nothing.bytes.isEmpty)
    }
    for bytes in [[0x80], [0xFF, 0xFF], [UInt8](repeating: 0xFF, count: 40)] as [[UInt8]] { _ = Figures(bytes: bytes) }
  }

  @Test func medianAndNinetiethPercentileAreWithinATenth() {
    var random = SeededGenerator(state: 3)
    for _ in 0..<200 {
      let times = (0..<Int.random(in: 1...300, using: &random)).map { _ in
        60_000 << Int.random(in: 0...16, using: &random) + Int.random(in: 0...59_999, using: &random)
      }
      var figures = Figures()
      for time in times { figures.addHandling(time) }
      for perMille in [500, 900] {
        let exact = Double(times.sorted()[max(1, (times.count * perMille + 999) / 1_000) - 1])
        let shown = Double(figures.handling(perMille: perMille) ?? 0)
        #expect(abs(shown - exact) <= exact * 0.1, "\(shown) for \(exact)")
      }
    }
  }
}
