// The Seat: the author is the account's, personal values are masked until somebody reveals them, and looking is audited.

import Core
import Testing

@testable import Hub

@Suite struct SeatTests {
  private static let phone = "13800001234"

  private func seat(_ world: HubWorld, _ name: String, _ role: Role) -> Seat {
    Seat(world.hotline, Operator(name: name, role: role, via: .console))
  }

  private func order(_ world: HubWorld) throws -> OrderID {
    try world.dispatched(
      to: "water",
      registers: [
        .init("title", "leak"),
        .init("caller", ["name": "王芳", "phone": .string(Self.phone), "language": "zh"]),
        .init("location/private", ["flat": "3-2"]),
      ])
  }

  private func has(_ document: JSON, _ text: String) -> Bool {
    String(decoding: document.bytes, as: UTF8.self).contains(text)
  }

  @Test func theAuthorIsTheAccount() throws {
    let world = try HubWorld()
    let seat = seat(world, "li.wei", .operator)
    let made = try seat.create(registers: [.init("title", "x")], dispatchTo: "water", request: nil)
    let order = try OrderID(try made.string("order"))
    _ = try seat.perform(
      .accept, on: order, assignment: nil, onBehalfOf: try PlatformName("water"), request: nil)
    let authors = try seat.document(order).list("history").compactMap { $0["author"] }
    #expect(
      authors == [
        ["name": "li.wei", "role": "operator"], ["name": "li.wei", "role": "operator", "for": "water"],
      ])
  }

  @Test func onlyTheSocketsCallerNamesAnAuthor() throws {
    let world = try HubWorld()
    let author = Author(name: "somebody else", role: "operator")
    #expect(throws: Problem.self) { try seat(world, "li", .administrator).acting(as: author) }
    #expect(try seat(world, "li", .operator).acting(as: nil).author.name == "li")
    let socket = try Seat.socket(world.hotline).acting(as: author)
    #expect(socket.author == author)
    #expect(socket.who == Operator(name: "somebody else", role: .administrator, via: .socket))
  }

  @Test func personalValuesAreMaskedUntilTheyAreRevealedWhichIsKept() throws {
    let world = try HubWorld()
    let order = try order(world)
    let seat = seat(world, "li", .operator)
    let masked = try seat.document(order)
    #expect(
      masked["registers"]?["caller"]?["value"]
        == ["name": "王*", "phone": "138****1234", "language": "zh", "masked": true])
    for text in ["王芳", Self.phone, "3-2"] { #expect(!has(masked, text), "\(text)") }
    let plain = try seat.reveal(order)
    for text in ["王芳", Self.phone, "3-2"] { #expect(has(plain, text), "\(text)") }
    #expect(try world.audit() == ["li revealed \(order)"])
    #expect(throws: Problem.self) { try self.seat(world, "guest", .viewer).reveal(order) }
    #expect(throws: Problem.self) { try self.seat(world, "guest", .viewer).reveal(order) }
    #expect(try world.audit() == ["li revealed \(order)", "guest refused reveal"], "that it was tried, once an hour")
    world.clock.advance(3_600_000)
    #expect(throws: Problem.self) { try self.seat(world, "guest", .viewer).reveal(order) }
    #expect(try world.audit().count == 3)
  }

  @Test(arguments: [
    ("13800001234", "138****1234"), ("+86 138-0000-1234", "861****1234"), ("022 2345 6789", "022****6789"),
    ("12345", "****45"), ("1234", "***"), ("call 13800001234", "***"), ("", "***"),
  ])
  func aNumberKeepsItsEndsAndWhatIsNoNumberKeepsNothing(number: String, shown: String) {
    #expect(Masking.masked(["phone": .string(number)])["phone"] == .string(shown))
  }

  @Test func whoSeeksOrCopiesAPersonsValuesIsAuditedWithoutTheNumber() throws {
    let world = try HubWorld()
    _ = try order(world)
    let li = seat(world, "li", .supervisor)
    #expect(try li.findPerson(phone: Self.phone).list("orders").count == 1)
    _ = try li.exportPerson(phone: Self.phone)
    _ = try seat(world, "boss", .administrator).purgePerson(phone: Self.phone, reason: "request 17")
    #expect(
      try world.audit() == ["li person-found ", "li person-exported ", "boss person-purged "])
    let page = try li.audit(before: nil, who: nil, action: nil, limit: 10)
    #expect(!has(page, Self.phone))
    #expect(try li.lookups().list("lookups").map { $0["author"] } == ["li", "li"])
    #expect(throws: Problem.self) { try li.purgePerson(phone: Self.phone, reason: "x") }
    #expect(throws: Problem.self) { try self.seat(world, "op", .operator).exportPerson(phone: Self.phone) }
  }
}
