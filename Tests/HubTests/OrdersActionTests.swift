// What the page of an order says can be done is what the hub does, and what it says cannot be is refused: every action of the list is
// given as a command to an order of the same standing.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct OrdersActionTests {
  /// How an order comes to stand somewhere.
  private enum Scene: String, CaseIterable {
    case received, dispatched, accepted, working, done, calledBack, closed, cancelled, recalled, requested, suspended

    /// Puts an order of the world there.
    func make(_ world: HubWorld) throws -> OrderID {
      let answer = try world.hotline.create(
        registers: [.init("title", "burst pipe")], dispatchTo: self == .received ? nil : "water",
        author: Author(name: "op", role: "operator"), request: nil)
      let order = try OrderID(try answer.string("order"))
      func crew(_ commands: Command...) throws {
        for command in commands {
          _ = try world.hotline.perform(
            command, on: order, assignment: nil, onBehalfOf: try PlatformName("water"),
            author: Author(name: "op", role: "operator"), request: nil)
        }
      }
      func ask(_ type: String) -> Command {
        .request(type: type, code: nil, reason: "r", until: world.clock.now + 1_000_000, suggestedSector: nil)
      }
      switch self {
      case .received, .dispatched: break
      case .accepted: try crew(.accept)
      case .working: try crew(.accept, .progress(step: "working"))
      case .done: try crew(.accept, .complete(result: ["outcome": "solved"], reply: nil))
      case .calledBack:
        try crew(.accept, .complete(result: ["outcome": "solved"], reply: nil))
        _ = try world.perform(.callBack(["reached": true, "solved": "yes"], verdict: nil), on: order)
      case .closed:
        try crew(.accept, .complete(result: ["outcome": "solved"], reply: nil))
        _ = try world.perform(.close(code: "solved", note: nil), on: order)
      case .cancelled: _ = try world.perform(.cancel(reason: "r"), on: order)
      case .recalled: _ = try world.perform(.recall(reason: "r"), on: order)
      case .requested: try crew(.accept, ask("return"))
      case .suspended:
        try crew(.accept, ask("suspension"))
        let request = try #require(try world.view(order).openRequests.first?.request.id)
        _ = try world.perform(.answer(request: request, granted: true, until: nil, note: nil), on: order)
      }
      return order
    }
  }

  private func actions(_ world: HubWorld, _ order: OrderID) throws -> [ActionList.Action] {
    let list = ActionList(on: try world.view(order), maxExtensions: 2, now: world.clock.now)
    return list.ofHub + list.ofPlatforms.flatMap(\.actions)
  }

  @Test(arguments: Scene.allCases)
  private func whatIsOfferedIsDoneAndWhatIsNotIsRefusedForThatReason(scene: Scene) throws {
    let world = try HubWorld()
    let count = try actions(world, try scene.make(world)).count
    for index in 0..<count {
      let order = try scene.make(world)
      let action = try actions(world, order)[index]
      // The platform of a dispatch is any; only a real one can be charged.
      var command = action.command
      if case .dispatch = command { command = .dispatch(platform: "gas", role: nil, instruction: nil, cause: nil) }
      func perform() throws {
        _ = try world.hotline.perform(
          command, on: order, assignment: action.assignment, onBehalfOf: action.platform,
          author: Author(name: "op", role: "operator"), request: nil)
      }
      guard let refusal = action.refusal else {
        #expect(throws: Never.self, "\(scene): \(command)") { try perform() }
        continue
      }
      do {
        try perform()
        Issue.record("\(scene): \(command) was done, though the page says: \(refusal)")
      } catch let refused as CommandRefusal {
        #expect(refused.message == refusal, "\(scene): \(command)")
      }
    }
  }

  @Test func everyCommandOfTheHotlineIsInTheList() throws {
    let world = try HubWorld()
    let list = ActionList(on: try world.view(try Scene.working.make(world)), maxExtensions: 2, now: world.clock.now)
    #expect(
      Set(list.ofHub.map(\.name)) == [
        "dispatch", "recall", "urge", "supervise", "call-back", "close", "rework", "cancel", "note", "describe",
      ])
    #expect(list.ofPlatforms.map(\.platform.text) == ["water"])
    let closing = list.ofHub.filter { $0.name == "close" }
    #expect(closing.count == RegisterTable.closeCodes.count)
    #expect(closing.contains { $0.isAllowed } && closing.contains { !$0.isAllowed })
  }

  @Test func ofTwoAssignmentsEachIsRecalledByItself() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    _ = try world.perform(.dispatch(platform: "gas", role: "assist", instruction: nil, cause: nil), on: order)
    let list = ActionList(on: try world.view(order), maxExtensions: 2, now: world.clock.now)
    let recalls = list.ofHub.filter { $0.name == "recall" }
    #expect(Set(recalls.compactMap(\.assignment)).count == 2)
    #expect(recalls.allSatisfy { $0.isAllowed })
    #expect(Set(list.ofPlatforms.map(\.platform.text)) == ["gas", "water"])
  }
}

@Suite struct OrdersRowsTests {
  private let operatorAuthor = Author(name: "op", role: "operator")

  private func page(
    _ world: HubWorld, _ filter: OrderFilter, after: OrderMark? = nil, limit: Int = 50
  ) throws -> OrderList.Page {
    try world.parts.database.read { db in
      try OrderList.page(filter, after: after, limit: limit, now: world.clock.now, db)
    }
  }

  private func filter(_ change: (inout OrderFilter) -> Void) -> OrderFilter {
    var filter = OrderFilter()
    change(&filter)
    return filter
  }

  @Test func aListGoesOnWhereItsPageEndedAndHasEveryOrderOnce() throws {
    let world = try HubWorld()
    var made: [OrderID] = []
    for number in 0..<23 {
      // Some of them in one millisecond.
      if number % 3 == 0 { world.clock.advance(1) }
      made.append(try world.dispatched(to: number % 2 == 0 ? "water" : "gas"))
    }
    var found: [OrderID] = []
    var after: OrderMark?
    repeat {
      let page = try page(world, OrderFilter(), after: after, limit: 4)
      found += page.rows.map(\.id)
      after = page.next
    } while after != nil
    #expect(found.count == 23 && Set(found) == Set(made))
    #expect(found.first == made.max { $0.text.suffix(36) < $1.text.suffix(36) })
  }

  @Test func eachFilterKeepsJustItsOwn() throws {
    let world = try HubWorld()
    func create(_ registers: [JSON.Member], to platform: String? = nil) throws -> OrderID {
      try OrderID(
        try world.hotline.create(registers: registers, dispatchTo: platform, author: operatorAuthor, request: nil)
          .string("order"))
    }
    let water = try create([.init("title", "a"), .init("sector", "water"), .init("kind", "repair")], to: "water")
    let urgent = try create([.init("title", "b"), .init("sector", "gas"), .init("priority", "urgent")])
    let late = try create([.init("title", "c"), .init("due/complete", ["at": .int(world.clock.now - 5)])])
    let later = try create([.init("title", "d"), .init("due/complete", ["at": .int(world.clock.now - 1)])])
    let over = try create([.init("title", "e")])
    _ = try world.perform(.cancel(reason: "r"), on: over)
    func ids(_ change: (inout OrderFilter) -> Void) throws -> [OrderID] {
      try page(world, filter(change)).rows.map(\.id)
    }
    #expect(Set(try ids { _ in }) == [water, urgent, late, later])
    #expect(try ids { $0.standing = .over } == [over])
    #expect(Set(try ids { $0.standing = .all }) == [water, urgent, late, later, over])
    #expect(try ids { $0.status = .cancelled } == [over])
    #expect(try ids { $0.platform = "water" } == [water])
    #expect(try ids { $0.sector = "gas" } == [urgent])
    #expect(try ids { $0.kind = "repair" } == [water])
    #expect(try ids { $0.priority = "urgent" } == [urgent])
    #expect(try ids { $0.isOverdue = true } == [late, later])
  }

  @Test func anOrderIsReadWithARunOfItsLogAndItsValuesMasked() throws {
    let world = try HubWorld()
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "a"), .init("caller", ["name": "张三", "phone": "13812341234"])])
    for number in 0..<9 { _ = try world.perform(.note(text: "n\(number)", visibility: "all"), on: order) }
    func read(end: Int? = nil, limit: Int, masking: Bool = true) throws -> OrderReading {
      try world.parts.database.read { db in
        try OrderReading.read(order, end: end, limit: limit, masking: masking, db)
      }
    }
    let newest = try read(limit: 4)
    #expect(newest.changes == 10 && newest.earlier == 6 && newest.history.count == 4)
    let earlier = try read(end: 6, limit: 100)
    #expect(earlier.earlier == 0 && earlier.history.count == 6)
    #expect(earlier.history.map(\.dot) + newest.history.map(\.dot) == (try read(limit: 100)).history.map(\.dot))
    let caller = try #require(newest.view.state.value("caller"))
    #expect(newest.shown(caller)["phone"] == "138****1234")
    #expect(try read(limit: 1, masking: false).shown(caller)["phone"] == "13812341234")
    #expect(try read(end: 99_999, limit: 2).history.count == 2)
    #expect(throws: Problem.self) {
      try world.parts.database.read { db in
        try OrderReading.read(OrderID(maker: .hub, milliseconds: 1, random: [9]), limit: 1, db)
      }
    }
  }

  @Test func openOrdersAreFoundByTheirCallersNumber() throws {
    let world = try HubWorld()
    let mine = try world.dispatched(
      to: "water", registers: [.init("title", "a"), .init("caller", ["phone": "138-1234-1234"])])
    _ = try world.dispatched(to: "water", registers: [.init("title", "b"), .init("caller", ["phone": "13900000000"])])
    let over = try world.dispatched(
      to: "water", registers: [.init("title", "c"), .init("caller", ["phone": "13812341234"])])
    _ = try world.perform(.cancel(reason: "r"), on: over)
    let noted = try world.dispatched(to: "water", registers: [.init("title", "d")])
    _ = try world.perform(.note(text: "ring 13812341234 too", visibility: "own"), on: noted)
    let phone = try PhoneNumber("+86 138 1234 1234")
    let found = try world.parts.database.read { db in
      try OrderRows.openOfCaller(phone, key: world.parts.writer.receiptKey, db)
    }
    #expect(found == [mine])
  }

  @Test func aPlatformWithoutAnAgentInContactIsOffline() throws {
    let world = try HubWorld()
    let reach = try world.parts.database.read { db in try world.hotline.reach(of: ["water", "nobody"], db) }
    #expect(reach["water"]?.isOnline == false && reach["water"]?.lastContact == nil)
  }
}
