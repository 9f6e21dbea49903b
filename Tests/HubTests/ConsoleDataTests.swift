// What the console shows, as the operators' calls have it: of a conflict who wrote what and had seen how much, what can be done with an
// order, what is void, when an agent was there and what it lacks.

import Core
import Testing

@testable import Hub

@Suite struct ConsoleDataTests {
  private let world: HubWorld
  private let order: OrderID
  private let crew: FakeAuthor
  private let seat: Seat

  init() throws {
    world = try HubWorld(platforms: ["water", "gas"])
    order = try world.dispatched(to: "water")
    crew = try FakeAuthor("water")
    seat = Seat(world.hotline, Operator(name: "li", role: .operator, via: .console))
  }

  @Test func aConflictSaysOfEachValueWhoWroteItWhenItCameAndWhatTheyHadSeen() throws {
    let seen = try world.state(order).vector
    let held = try world.parts.database.read { db in try OrderReading.read(order, limit: 0, db).changes }
    _ = try world.perform(.describe([.init("location", ["address": "1 Main St"])]), on: order)
    try world.push([crew.entry(order, context: seen, [.set("location", ["address": "100 Main St"])])], from: crew)
    let conflict = try #require(try seat.conflicts().list("conflicts").first)
    #expect(conflict["changes"]?.asInt ?? 0 >= held + 2)
    let values = conflict.list("siblings")
    #expect(Set(values.map { $0.text("platform") }) == ["hub", "water"])
    for value in values {
      // Neither had seen the other's, nor its own.
      #expect(value["seen"] == .int(held))
      #expect(value["received"] == .int(world.clock.now) && value["at"] != nil && value["dot"] != nil)
    }
    let theirs = try #require(values.first { $0["platform"] == "water" })
    #expect(theirs["author"] == ["name": "crew", "role": "crew"])
    #expect(theirs["value"] == ["address": "100 Main St"])
  }

  @Test func whatCanBeDoneIsToldWithTheRightThatItTakesAndWhatCannotWithTheReason() throws {
    let actions = try seat.actions(order).list("actions")
    let close = try #require(actions.first { $0["command"] == "close" && $0["code"] == "solved" })
    #expect(close["allowed"] == false && close["reason"]?.asString?.isEmpty == false)
    #expect(close["right"] == "handle" && close["permitted"] == true)
    let cancel = try #require(actions.first { $0["command"] == "cancel" })
    #expect(cancel["right"] == "supervise" && cancel["permitted"] == false)
    let accept = try #require(actions.first { $0["command"] == "accept" })
    #expect(accept["onBehalfOf"] == "water" && accept["allowed"] == true && accept["reason"] == nil)
    let assignment = try world.view(order).assignments.first?.id
    #expect(assignment != nil && accept["assignment"]?.asString == assignment)
    let types = actions.filter { $0["command"] == "request" }.map { $0.text("type") }
    #expect(types.sorted() == RegisterTable.requestTypes.sorted())
  }

  @Test func whatIsVoidIsListedWithWhatItWrote() throws {
    #expect(try seat.voids() == ["voids": []])
    let seen = try world.state(order).vector
    // Closing is the hotline's alone.
    let entry = crew.entry(order, context: seen, [.set("closed", ["code": "solved"])])
    try world.push([entry], from: crew)
    let void = try #require(try seat.voids().list("voids").first)
    #expect(void["dot"] == .string(entry.head.dot.description) && void["void"] == true)
    #expect(void["order"] == .string(order.text) && void["platform"] == "water")
    #expect(void["wrote"] == [["register": "closed"]])
  }

  @Test func whatIsVoidAndWhatIsSetAsideIsListedPageByPage() throws {
    var seen = try world.state(order).vector
    for index in 1...5 {
      // All at one moment, so that the page's end lies among equal times.
      let entry = crew.entry(order, context: seen, [.set("closed", ["code": "solved", "note": .string("\(index)")])])
      try world.push([entry], from: crew)
      seen = try world.state(order).vector
    }
    let none = OrderID(maker: .hub, milliseconds: 1, random: [9])
    let strangers = (0..<5).map { _ in crew.entry(none, context: VersionVector(), [.note("snoop")]) }
    try world.push(strangers, from: crew)
    func pages(_ list: String, _ read: (String?) throws -> JSON) throws -> [[String]] {
      var pages: [[String]] = []
      var after: String?
      repeat {
        let page = try read(after)
        pages.append(page.list(list).map { $0.text("dot") })
        after = page["next"]?.asString
      } while after != nil && pages.count < 9
      return pages
    }
    let lists = [
      try pages("voids") { try seat.voids(after: $0, limit: 2) },
      try pages("quarantine") { try seat.quarantine(after: $0, limit: 2) },
    ]
    for pages in lists {
      #expect(pages.map(\.count) == [2, 2, 1])
      #expect(Set(pages.joined()).count == 5)
    }
    #expect(lists[0].flatMap(\.self) == (try seat.voids().list("voids").map { $0.text("dot") }))
    #expect(lists[1].flatMap(\.self) == (try seat.quarantine().list("quarantine").map { $0.text("dot") }))
    for mark in ["", "1,2", "x,a,b,1", "1,a,b,x"] {
      #expect(throws: Problem(.badCommand, "'after' is what the page before named as 'next'")) {
        try seat.voids(after: mark)
      }
    }
    #expect(throws: Problem(.badCommand, "'after' is what the page before named as 'next'")) {
      try seat.quarantine(after: "nothing")
    }
  }

  @Test func anAgentsContactAndWhatItLacksAreTold() throws {
    let now = world.clock.now
    let day = 86_400_000
    _ = try world.parts.writer.perform { transaction in
      try transaction.db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'depot', $1, 0)",
        [.integer(now)])
    }
    for (since, until) in [(now - 9 * day, now - 8 * day), (now - 2 * day, now - day), (now - 1_000, now)] {
      _ = try world.parts.writer.perform { transaction in
        try transaction.db.execute(
          "INSERT INTO contact (platform, agent, since, until) VALUES ('water', 'depot', $1, $2)",
          [.integer(since), .integer(until)])
      }
    }
    func spans(since: Int?) throws -> Int {
      try seat.contact(platform: "water", agent: "depot", since: since).list("contact").count
    }
    // Of what was before, the last time: an outage may have begun with it.
    #expect(try spans(since: nil) == 3 && spans(since: 0) == 3 && spans(since: now - 500) == 2)
    let unsent = try seat.unsent(platform: "water", agent: "depot").list("orders")
    #expect(unsent.map { $0.text("order") } == [order.text])
    #expect(unsent.first?["title"] == "burst pipe" && unsent.first?["changes"]?.asInt ?? 0 > 0)
    #expect(throws: Problem.self) { try seat.unsent(platform: "water", agent: "nobody") }
    #expect(throws: Problem.self) { try seat.contact(platform: "none", agent: "depot", since: nil) }
  }
}
