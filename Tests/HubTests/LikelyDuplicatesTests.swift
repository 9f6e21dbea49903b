// Likely duplicates of a new order, as programs ask for them and as the form does: what is found and why, who may ask, what is kept, and
// what it costs.

import Core
import Testing

@testable import Hub

/// Notes what is asked of the database.
private final class ListeningConnection: DatabaseConnection {
  private let base: any DatabaseConnection
  private(set) var queries: [String] = []

  init(_ base: any DatabaseConnection) { self.base = base }

  var rowLock: String { base.rowLock }

  @discardableResult
  func execute(_ sql: String, _ arguments: [SQLValue]) throws -> Int { try base.execute(sql, arguments) }

  func query(_ sql: String, _ arguments: [SQLValue], _ each: (any SQLRow) throws -> Void) throws {
    queries.append(sql)
    try base.query(sql, arguments, each)
  }

  func savepoint<Value>(_ body: () throws -> Value) throws -> Value { try base.savepoint(body) }
}

@Suite struct LikelyDuplicatesTests {
  private static let phone = "13812341234"

  let world: HubWorld

  init() throws { world = try HubWorld() }

  private func order(_ title: String, address: String? = nil, phone: String? = nil) throws -> OrderID {
    world.clock.advance(1_000)
    return try world.dispatched(
      to: "water",
      registers: [.init("title", .string(title))]
        + (address.map { [JSON.Member("location", ["address": .string($0)])] } ?? [])
        + (phone.map { [JSON.Member("caller", ["name": "张三", "phone": .string($0)])] } ?? []))
  }

  private func seat(_ role: Role, _ name: String = "li") -> Seat {
    Seat(world.hotline, Operator(name: name, role: role, via: .console))
  }

  /// The orders that are answered, with the reasons of each.
  private func similar(title: String? = nil, address: String? = nil, phone: String? = nil) throws -> [[JSON?]] {
    try seat(.operator).similar(title: title, address: address, phone: phone).list("orders").map {
      [$0["order"], $0["why"]]
    }
  }

  @Test func eachIsAnsweredWithAllItsReasonsThoseWithTheMostFirst() throws {
    let words = try order("burst pipe at the bridge")
    let all = try order("burst pipe", address: "滨海路 8 号", phone: Self.phone)
    let place = try order("lamp", address: "滨海路8号")
    let elsewhere = try order("lamp", address: "滨海路 80 号")
    let over = try order("burst pipe", address: "滨海路8号", phone: Self.phone)
    _ = try world.perform(.cancel(reason: "twice"), on: over)
    #expect(
      try similar(title: "burst pipe", address: "滨海路8号", phone: "138 1234 1234") == [
        [.string(all.text), ["address", "phone", "words"]], [.string(place.text), ["address"]],
        [.string(words.text), ["words"]],
      ])
    // Half of the words are enough, a third is not.
    #expect(try similar(title: "pipe flooded").count == 2)
    #expect(try similar(title: "pipe flooded garage").isEmpty)
    #expect(try similar(address: "滨海路80号") == [[.string(elsewhere.text), ["address"]]])
    #expect(try similar().isEmpty)
    #expect(try similar(title: "", address: "8").isEmpty)
    let shown = try #require(
      try seat(.operator).similar(title: "bridge", address: nil, phone: nil).list("orders").first)
    let view = try world.view(words)
    #expect(shown["number"]?.asString == view.number && shown["title"] == "burst pipe at the bridge")
    #expect(shown["status"] == "dispatched" && shown["created"] != nil)
  }

  @Test func noMoreThanAFewAreAnswered() throws {
    for number in 0..<12 { _ = try order("burst pipe \(number)") }
    let found = try similar(title: "burst pipe")
    #expect(found.count == 8)
  }

  @Test func aSearchByNumberIsKeptWithoutItAndAnyOtherIsNot() throws {
    _ = try order("leak", phone: Self.phone)
    _ = try similar(title: "leak")
    #expect(try world.audit().isEmpty)
    #expect(try similar(title: "leak", phone: Self.phone).count == 1)
    #expect(try world.audit() == ["li person-found "])
    let page = try seat(.supervisor).audit(before: nil, who: nil, action: nil, limit: 10)
    #expect(page.list("audit").first?["detail"]?["orders"] == 1)
    #expect(!String(decoding: page.bytes, as: UTF8.self).contains("12341234"))
  }

  @Test func whoMayNotTakeOrdersIsRefusedAndSoIsWhatIsNoNumber() throws {
    let viewer = #expect(throws: Problem.self) { try seat(.viewer).similar(title: "x", address: nil, phone: nil) }
    #expect(viewer?.code == .forbidden)
    for phone in ["", "12", "call me"] {
      let refused = #expect(throws: Problem.self) { try similar(phone: phone) }
      #expect(refused?.code == .badCommand, "\(phone)")
    }
    // What is kept must not be the number.
    let named = Author(name: "li \(Self.phone)", role: "operator")
    let refused = #expect(throws: Problem.self) {
      try Seat.socket(world.hotline).acting(as: named).similar(title: nil, address: nil, phone: Self.phone)
    }
    #expect(refused?.code == .badCommand)
    #expect(try world.audit() == ["li refused handle"])
  }

  @Test func whatIsOpenIsReadOnceForAllWords() throws {
    let known = try order("burst pipe at the old bridge near the market hall", address: "滨海路 8 号")
    let matter = NewMatter(
      title: "burst pipe at the old bridge near the market hall", address: "滨海路8号", phone: nil)
    let (found, queries) = try world.parts.database.read { db in
      let listening = ListeningConnection(db)
      let found = try matter.likelyDuplicates(key: HubWorld.receiptKey, listening)
      return (found, listening.queries)
    }
    #expect(found.map(\.row.id) == [known] && found.first?.reasons == [.address, .words])
    #expect(queries.count { $0.contains("SELECT place FROM orders WHERE is_open = 1") } == 1)
  }
}
