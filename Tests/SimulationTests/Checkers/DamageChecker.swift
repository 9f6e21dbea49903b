// What must hold where a disk altered bytes (row 35): the doctor finds it, nobody sends it on, and one command repairs it wherever anybody
// still has it as it was; what nobody has any more is named.

import Core

@testable import Agent
@testable import Hub

extension Checker {
  // MARK: Found

  /// Right after a byte was altered there.
  func checkFound(at agent: AgentNode, naming dot: Dot?) {
    guard let store = agent.process?.store, !agent.disk.hasCrashed else { return }
    guarding(agent.name) {
      let findings = try store.examine(fixing: false, now: agent.wall).filter { !$0.isWell }
      check(findings.map(\.detail), name: dot, agent.name)
    }
  }

  func checkFoundAtHub(naming dot: Dot?) {
    guard let parts = world.hubs.first(where: \.isUp)?.process?.parts, !world.store.disk.hasCrashed else { return }
    guarding("hub") {
      let doctor = StoreDoctor(database: parts.database, writer: parts.writer)
      let findings = try doctor.examine(fixing: false).filter { !$0.isWell }
      check(findings.map(\.detail), name: dot, "hub")
    }
  }

  private func check(_ details: [String], name dot: Dot?, _ place: String) {
    if details.isEmpty { world.violation("row 35", "the doctor of \(place) does not find what its disk altered") }
    if let dot, !details.contains(where: { $0.contains(dot.description) }) {
      world.violation("row 35", "the doctor of \(place) does not name \(dot): \(details)")
    }
  }

  /// Whoever sends a line sends what was hashed.
  func checkSound(_ entries: [Entry], from place: String) {
    for entry in entries {
      if let line = entry.line, Hash.of(line) != entry.head.hash {
        world.violation("row 35", "\(place) sends \(entry.head.dot) with other bytes than were hashed")
      }
    }
  }

  /// A line that nobody else had is given up: its author says so. What builds on it, as on an order's creation, may be void then.
  func gaveUp(_ change: Origin, _ agent: AgentNode, _ store: AgentStore) throws {
    let dot = change.dot
    if let order = world.model.content(of: change)?.order { world.damage.hurt(Damage.hub, order) }
    world.model.lose(change)
    let isNamed = try store.database.read { db in
      try db.number(
        "SELECT COUNT(*) FROM quarantine WHERE replica = ? AND n = ?", [.text(dot.replica.text), .int(dot.n)])
    }
    if isNamed == 0 { world.violation("row 35", "\(agent.name) gave \(dot) up and does not say so") }
    world.sometimes(.unsentLineGivenUp)
  }

  // MARK: Repaired

  /// When the faults have stopped operators have everything compared in full, again until nothing is found; and then it is as if nothing
  /// had been altered, but for what no disk has any more.
  func repairDamage() {
    guard world.damage.flips > 0 else { return }
    var found: Int? = 1
    for round in 1...4 where found != 0 && world.violations.isEmpty {
      found = compareInFull()
      world.note("full comparison \(round) found \(found ?? 0)")
    }
    guard world.violations.isEmpty else { return }
    guarding("hub") { try checkLostLines() }
    // Where an assignment is lost the hub may not know any more who has the order.
    if found != 0, world.damage.lostOrders.isEmpty {
      world.violation("row 35", "full comparisons find something again and again: \(found ?? 0)")
    }
    world.damage.isRepaired()
  }

  /// How much a full comparison of everybody's found; nil where it could not be made.
  private func compareInFull() -> Int? {
    do {
      guard let hub = world.hubs.first(where: \.isUp) else { throw Problem(.busy, "no hub") }
      let rebuilt = try hub.operate { hotline in
        _ = try hotline.resync(platform: nil, agent: nil, isFull: true, isDryRun: false)
        return try hotline.rebuildForComparisons()
      }
      var found = rebuilt.reduce(0) { $0 + ($1["wrong"]?.asInt ?? 0) }
      // Of copied machines the hub's word reaches one: so everybody's people ask for it as well.
      for agent in world.agents { agent.compareInFull() }
      world.run(until: world.timeline.now + Simulation.quietMilliseconds)
      for agent in world.agents {
        guard let store = agent.process?.store else { continue }
        let last = try store.healings(limit: 1).first?["report"] ?? .null
        if last["full"] != true { world.violation("row 35", "\(agent.name) made no full comparison: \(last)") }
        world.note("\(agent.name) compared in full: \(String(decoding: last.bytes, as: UTF8.self))")
        found += ["differing", "repaired", "sent", "received"].reduce(0) { $0 + (last[$1]?.asInt ?? 0) }
      }
      return found
    } catch {
      world.violation("row 35", "nothing can be compared in full: \(error)")
      return nil
    }
  }

  /// A line that the hub lacks was altered there, no agent has it, and the doctor names it.
  private func checkLostLines() throws {
    guard let database = world.store.database, let parts = world.hubs.first(where: \.isUp)?.process?.parts else {
      return
    }
    let bare = try database.read { db in
      try db.all(
        "SELECT replica, n, order_id FROM change WHERE LENGTH(line) = 0 AND verdict <> 'unreadable' ORDER BY replica, n",
        []
      ) { (dot: Dot(try ReplicaID($0.text(0)), $0.int(1)), order: try OrderID($0.text(2))) }
    }
    let doctor = try StoreDoctor(database: parts.database, writer: parts.writer).examine(fixing: false)
    let told = doctor.filter { !$0.isWell }.map(\.detail).joined(separator: "; ")
    for (dot, order) in bare {
      world.damage.lostOrders.insert(order)
      world.sometimes(.lineLost)
      if !world.damage.isAltered(dot) {
        world.violation("row 35", "the hub lacks the line of \(dot), which no disk altered")
      }
      if !told.contains(dot.description) { world.violation("row 35", "nobody says that the line of \(dot) is lost") }
      for agent in world.agents {
        guard let store = agent.process?.store, let line = try line(of: dot, store) else { continue }
        world.violation("row 35", "\(agent.name) has the line of \(dot), \(line.count) bytes, and the hub does not")
      }
    }
    let lost = Set(bare.map(\.dot))
    for (store, dots) in world.damage.lines where dots.contains(where: { !lost.contains($0) }) {
      if store == Damage.hub { world.sometimes(.lineBackAtHub) } else { world.sometimes(.lineBackAtAgent) }
    }
  }

  private func line(of dot: Dot, _ store: AgentStore) throws -> [UInt8]? {
    try store.database.read { db in
      try db.first(
        "SELECT line FROM change WHERE replica = ? AND n = ? AND line IS NOT NULL",
        [.text(dot.replica.text), .int(dot.n)]
      ) { $0.blob(0) }
    }
  }
}
