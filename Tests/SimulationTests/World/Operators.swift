// The hotline's people: they take orders, dispatch, answer, recall, close and settle, at random but as people would.

import Core

@testable import Hub

final class Operators {
  private unowned let world: World
  private var random: SimRandom
  /// Orders of any maker that the hotline knows, newest last.
  private var orders: [OrderID] = []
  private var requests = 0
  private(set) var done = 0
  private(set) var refused = 0

  init(world: World, random: SimRandom) {
    self.world = world
    self.random = random
  }

  /// One thing that an operator does. True where it was recorded.
  func act() -> Bool {
    guard let hub = random.pick(world.hubs.filter(\.isUp)) else { return false }
    do {
      if orders.count < 4 || random.chance(0.2) { try take(hub) } else { try work(hub) }
      done += 1
      return true
    } catch {
      refused += 1
      return false
    }
  }

  private func author() -> Author { Author(name: "operator \(random.below(5))", role: "operator") }

  private func request() -> String? {
    requests += 1
    return random.chance(0.5) ? "op-\(requests)" : nil
  }

  private func take(_ hub: HubNode) throws {
    var registers: [JSON.Member] = [
      .init("title", .string(["burst pipe", "no heating", "gas smell", "dark street"][random.below(4)])),
      .init("kind", .string(["repair", "emergency", "complaint", "enquiry"][random.below(4)])),
      .init("priority", .string(["normal", "urgent", "emergency"][random.below(3)])),
      .init("caller", world.citizens.caller()),
    ]
    if random.chance(0.2) { registers.append(.init("confidential", true)) }
    if random.chance(0.3) { registers.append(.init("ref/nyc311", ["number": .string("\(random.below(40))")])) }
    let platform = random.chance(0.85) ? random.pick(world.platformNames)?.text : nil
    let author = author()
    let request = request()
    let answer = try hub.operate {
      try $0.create(registers: registers, dispatchTo: platform, author: author, request: request)
    }
    let order = try OrderID(try answer.string("order"))
    world.note("operator takes \(order.short) for \(platform ?? "nobody")")
    orders.append(order)
    if let request, random.chance(0.2) {
      // The same program repeats its command: one order.
      let again = try hub.operate {
        try $0.create(registers: registers, dispatchTo: platform, author: author, request: request)
      }
      if try again.string("order") != order.text { world.violation("I-20", "the request \(request) made two orders") }
      world.sometimes(.repeatedByOperator)
    }
  }

  private func work(_ hub: HubNode) throws {
    // Also the orders that platforms made, as far as the hub knows them.
    let known = world.checker.hub.orders.keys.sorted()
    let recent = random.chance(0.6) ? Array(orders.suffix(5)) : known
    // Now and then somebody goes through the conflicts, the worst first.
    let conflicted = random.chance(0.08) ? random.pick(world.checker.worstConflicts) : nil
    guard let order = conflicted ?? random.pick(recent), let command = try command(on: order, hub) else { return }
    let onBehalf = command.isOfPlatform ? try lead(of: order, hub) : nil
    if command.isOfPlatform, onBehalf == nil { return }
    let author = author()
    let request = request()
    _ = try hub.operate {
      try $0.perform(command, on: order, assignment: nil, onBehalfOf: onBehalf, author: author, request: request)
    }
    world.note("operator \(command.name) \(order.short)")
    switch command {
    case .dispatch(let platform, _, _, _):
      let isAway = world.agents.allSatisfy { $0.platform.text != platform || !$0.isUp || $0.link.mode != .open }
      if isAway { world.sometimes(.handOverWhileCut) }
    case .reinstate: world.sometimes(.reinstated)
    default: break
    }
  }

  private func state(_ order: OrderID, _ hub: HubNode) throws -> OrderState? {
    let stored = try hub.process?.parts.database.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
    }
    return try stored.flatMap { $0 }.map { try OrderState(id: order, stored: $0) }
  }

  private func lead(of order: OrderID, _ hub: HubNode) throws -> PlatformName? {
    guard let state = try state(order, hub) else { return nil }
    return OrderView(state).assignments.last { $0.isActive }.flatMap { try? PlatformName($0.platform) }
  }

  private func command(on order: OrderID, _ hub: HubNode) throws -> Command? {
    guard let state = try state(order, hub) else { return nil }
    let view = OrderView(state)
    if let conflict = random.pick(state.conflicts), random.chance(0.5) {
      if state.siblings(conflict).count >= 3 { world.sometimes(.threeSettled) }
      if world.agents.contains(where: { $0.holdsUnsent(conflict, of: order) }) {
        world.sometimes(.settledWhileAnotherIsInFlight)
      }
      return .settle(register: conflict, value: nil)
    }
    if let open = random.pick(view.openRequests), random.chance(0.6) {
      return .answer(request: open.request.id, granted: random.chance(0.6), until: nil, note: nil)
    }
    if random.chance(0.06) {
      if let dot = random.pick(state.voidedDots) { return .reinstate(dot: dot.description) }
      let dots = (world.checker.hub.orders[order] ?? []).map(\.dot).filter { !$0.replica.isHub || random.chance(0.2) }
      if let dot = random.pick(dots) { return .void(dot: dot.description, reason: "wrong order") }
    }
    switch random.below(16) {
    case 0, 1, 2:
      return .dispatch(
        platform: random.pick(world.platformNames)?.text ?? "water",
        role: ["lead", "assist", nil][random.below(3)], instruction: nil, cause: nil)
    case 3: return .recall(reason: "wrong platform")
    case 4: return .urge(text: "please hurry")
    case 5, 6: return .close(code: ["special", "solved", "withdrawn"][random.below(3)], note: nil)
    case 7:
      return .rework(platform: random.chance(0.5) ? random.pick(world.platformNames)?.text : nil, instruction: nil)
    case 8: return .cancel(reason: "withdrawn by the citizen")
    case 9: return .callBack(["reached": true, "solved": "yes", "result": 4, "service": 5], verdict: nil)
    case 10, 11: return .describe([.init("title", .string("title \(random.below(1_000))"))])
    case 12: return .describe([.init("priority", .string(["normal", "urgent", "emergency"][random.below(3)]))])
    case 13: return .describe([.init("location", ["address": .string("\(random.below(99)) Main St")])])
    case 14: return .note(text: "call from \(random.below(9))", visibility: "all")
    default: return random.chance(0.5) ? .accept : .progress(step: "working")
    }
  }
}
