// The platforms' people: they accept, work, report, ask and make orders of their own, whether or not the network is there.

import Core

@testable import Agent

final class Crews {
  private unowned let world: World
  private var random: SimRandom
  private var requests = 0
  private(set) var done = 0
  private(set) var refused = 0
  /// Commands that died with their process, by agent: their callers will ask again.
  private var unanswered: [String: [(request: String, repeat: (AgentNode) throws -> Recorded?)]] = [:]

  init(world: World, random: SimRandom) {
    self.world = world
    self.random = random
  }

  /// One thing that somebody at a platform does, at `place` if that is up. True where it was recorded.
  func act(at place: AgentNode? = nil) -> Bool {
    let places = (place.map { [$0] } ?? world.agents).filter { $0.isUp && !$0.isSuspended }
    guard let agent = random.pick(places) else { return false }
    requests += 1
    let request = "\(agent.name)-\(requests)"
    do {
      if let waiting = unanswered[agent.name]?.popLast() {
        try perform(waiting.request, agent, waiting.repeat)
        world.sometimes(.repeatedAfterLostAnswer)
        return true
      }
      let body = try choose(agent, request)
      guard let body else { return false }
      try perform(request, agent, body)
      if random.chance(0.1) {
        try perform(request, agent, body)
        world.sometimes(.repeatedCommand)
      }
      return true
    } catch {
      refused += 1
      return false
    }
  }

  private func perform(_ request: String, _ agent: AgentNode, _ body: @escaping (AgentNode) throws -> Recorded?) throws
  {
    guard let recorded = try body(agent) else {
      unanswered[agent.name, default: []].append((request, body))
      return
    }
    if let store = agent.process?.store { world.checker.agentMoved(agent, store) }
    world.model.recorded(recorded, request: request, by: agent)
    world.note("\(agent.name) records \(recorded.dot)\(recorded.repeated ? " again" : "") \(recorded.status.rawValue)")
    done += 1
  }

  private func choose(_ agent: AgentNode, _ request: String) throws -> ((AgentNode) throws -> Recorded?)? {
    let author = Author(name: "crew \(random.below(4))", role: "crew")
    guard let store = agent.process?.store else { return nil }
    let ids = try store.database.read { db in
      try db.rows("SELECT order_id FROM orders WHERE status <> '' ORDER BY order_id") { try OrderID($0.text(0)) }
    }
    if ids.isEmpty || random.chance(0.08) {
      let registers: [JSON.Member] = [
        .init("title", .string("own order \(random.below(99))")), .init("kind", "repair"),
        .init("caller", world.citizens.caller()),
      ]
      return { node in try node.edit { try $0.create(registers: registers, author: author, request: request, now: $1) }
      }
    }
    guard let order = random.pick(random.chance(0.5) ? Array(ids.suffix(4)) : ids) else { return nil }
    let stored = try store.database.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = ?", [.text(order.text)]) { $0.blob(0) }
    }
    guard let stored else { return nil }
    let view = OrderView(try OrderState(id: order, stored: stored))
    guard let command = command(view, agent) else { return nil }
    let mine = view.assignments(of: agent.platform).filter(\.isActive)
    let assignment = mine.count > 1 ? random.pick(mine)?.id : nil
    return { node in
      try node.edit {
        try $0.perform(command, on: order, assignment: assignment, author: author, request: request, now: $1)
      }
    }
  }

  private func command(_ view: OrderView, _ agent: AgentNode) -> Command? {
    let mine = view.assignments(of: agent.platform).filter(\.isActive)
    if let fresh = mine.last, fresh.progress == nil, random.chance(0.6) { return .accept }
    if let open = mine.flatMap(\.requests).first(where: \.isOpen), random.chance(0.3) {
      return .withdraw(request: open.id)
    }
    let result: JSON = ["outcome": "solved", "work": .string("replaced \(random.below(99))")]
    switch random.below(14) {
    case 0, 1, 2: return .progress(step: ["enRoute", "onSite", "working", "waiting"][random.below(4)])
    case 3, 4: return .complete(result: result, reply: ["citizen": "done", "public": "done"])
    case 5: return .result(result)
    case 6:
      return .request(
        type: ["return", "extension", "suspension", "exemption"][random.below(4)], code: nil, reason: "not ours",
        until: agent.wall + 86_400_000, suggestedSector: nil)
    case 7: return .resume
    case 8: return .note(text: "note \(random.below(999)) \(world.citizens.call())", visibility: "own")
    case 9: return .note(text: "note \(random.below(999))", visibility: "all")
    case 10: return .describe([.init("location", ["address": .string("\(random.below(99)) Side St")])])
    case 11: return .plan(field: "crew", value: .string("crew \(random.below(9))"))
    case 12: return .contact(["said": "on the way"], number: world.citizens.call())
    default: return .describe([.init("title", .string("own title \(random.below(99))"))])
    }
  }
}
