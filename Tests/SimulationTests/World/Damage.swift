// Bytes that a disk alters behind everyone's back, in lines, states and digests, at an agent or at the hub, whether its process runs or
// not (row 35). What operators do about it in the end, and what must hold then, is in Checkers/DamageChecker.swift.

import Core

@testable import Agent
@testable import Hub

final class Damage {
  /// What a byte was altered in.
  private enum Kind { case line, state, digest }

  /// The hub's place among the agents' names.
  static let hub = "hub"
  private static let maxFlips = 6

  private unowned let world: World
  private var random: SimRandom
  private(set) var flips = 0
  /// The change whose line was altered last, nil where it was something else.
  private var latest: Dot?
  /// Orders of which something was altered, by store.
  private var orders: [String: Set<OrderID>] = [:]
  /// Changes whose line was altered, by store.
  private(set) var lines: [String: Set<Dot>] = [:]
  /// Orders of which in the end a line is nowhere as it was.
  var lostOrders: Set<OrderID> = []

  init(world: World) {
    self.world = world
    random = SimRandom(seed: world.plan.seed &+ 353)
  }

  /// True from the first altered byte of the order in this store on, until all is repaired in the end.
  func isHurt(_ store: String, _ order: OrderID) -> Bool { orders[store]?.contains(order) ?? false }
  func isAltered(_ dot: Dot, in store: String) -> Bool { lines[store]?.contains(dot) ?? false }

  /// True where any disk altered its line: whoever gives it back then gives its head alone.
  func isAltered(_ dot: Dot) -> Bool { lines.values.contains { $0.contains(dot) } }

  /// A store got a change without its line.
  func hurt(_ store: String, _ order: OrderID) { orders[store, default: []].insert(order) }

  /// All is repaired: every check looks at everything again.
  func isRepaired() { orders = [:] }

  /// A machine was copied, with what its disk had altered.
  func copy(_ original: String, to copy: String) {
    orders[copy] = orders[original]
    lines[copy] = lines[original]
  }

  // MARK: Altering

  /// One byte somewhere; of a line in some cases wherever it is held.
  func flip() {
    guard flips < Damage.maxFlips else { return }
    let kind: Kind = [.line, .line, .state, .digest][random.below(4)]
    if random.chance(0.45) {
      flipAtHub(kind)
    } else if let agent = random.pick(world.agents) {
      flip(kind, at: agent)
    }
  }

  private func altered(_ bytes: [UInt8]) -> [UInt8] {
    guard !bytes.isEmpty else { return bytes }
    var bytes = bytes
    bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
    return bytes
  }

  private func note(_ what: String, _ store: String, _ order: OrderID?, _ dot: Dot? = nil) {
    flips += 1
    latest = dot
    world.note("the disk of \(store) alters \(what)")
    if let order { orders[store, default: []].insert(order) }
    if let dot { lines[store, default: []].insert(dot) }
  }

  // MARK: At an agent

  private func flip(_ kind: Kind, at agent: AgentNode) {
    let before = flips
    do {
      if let store = agent.process?.store {
        try flip(kind, at: agent, store.database)
        agent.lookAtDisk()
      } else {
        let database = try AgentDatabase(
          path: agent.disk.path("agent.db"), lock: "\(world.directory)/\(agent.name)-damage-\(flips)")
        try flip(kind, at: agent, database)
        try database.close()
      }
    } catch {
      // The disk failed for another reason, or is about to.
      world.note("nothing is altered at \(agent.name)")
      agent.lookAtDisk()
      return
    }
    if flips > before { world.checker.checkFound(at: agent, naming: latest) }
  }

  private func flip(_ kind: Kind, at agent: AgentNode, _ database: AgentDatabase) throws {
    switch kind {
    case .line:
      let isUnsent = random.chance(0.3)
      let rows = try database.read { db in
        try db.rows(
          """
          SELECT replica, n, order_id, line FROM change WHERE line IS NOT NULL AND (? = 0 OR EXISTS (
            SELECT 1 FROM replica WHERE replica.id = change.replica AND change.n > replica.acked_through)) ORDER BY seq
          """, [.bool(isUnsent)]
        ) { (dot: Dot(try ReplicaID($0.text(0)), $0.int(1)), order: try OrderID($0.text(2)), line: $0.blob(3)) }
      }
      guard let row = random.pick(rows) else { return }
      try write(altered(row.line), row.dot, at: agent, database)
      if isUnsent { world.sometimes(.unsentLineAltered) }
      note("the line of \(row.dot)", agent.name, row.order, row.dot)
    case .state:
      let rows = try database.read { db in
        try db.rows("SELECT order_id, state FROM orders ORDER BY order_id") { (try OrderID($0.text(0)), $0.blob(1)) }
      }
      guard let (order, state) = random.pick(rows) else { return }
      let bytes = altered(state)
      try database.write {
        try $0.run("UPDATE orders SET state = ? WHERE order_id = ?", [.blob(bytes), .text(order.text)])
      }
      world.sometimes(.stateAltered)
      note("the state of \(order.short)", agent.name, order)
    case .digest:
      let rows = try database.read { db in
        try db.rows("SELECT level, bucket, value FROM digest ORDER BY level, bucket") {
          ($0.int(0), $0.int(1), $0.blob(2))
        }
      }
      guard let (level, bucket, value) = random.pick(rows) else { return }
      let bytes = altered(value)
      try database.write {
        try $0.run(
          "UPDATE digest SET value = ? WHERE level = ? AND bucket = ?", [.blob(bytes), .int(level), .int(bucket)])
      }
      world.sometimes(.digestAltered)
      note("a digest", agent.name, nil)
    }
  }

  private func write(_ line: [UInt8], _ dot: Dot, at agent: AgentNode, _ database: AgentDatabase) throws {
    try database.write {
      try $0.run(
        "UPDATE change SET line = ? WHERE replica = ? AND n = ?", [.blob(line), .text(dot.replica.text), .int(dot.n)])
    }
  }

  /// The same line as at the hub.
  private func flip(_ dot: Dot, of order: OrderID, at agent: AgentNode) throws {
    guard let database = agent.process?.store.database else { return }
    let line = try database.read { db in
      try db.first(
        "SELECT line FROM change WHERE replica = ? AND n = ? AND line IS NOT NULL",
        [.text(dot.replica.text), .int(dot.n)]
      ) { $0.blob(0) }
    }
    guard let line else { return }
    try write(altered(line), dot, at: agent, database)
    note("the same line, of \(dot)", agent.name, order, dot)
  }

  // MARK: At the hub

  private func flipAtHub(_ kind: Kind) {
    let before = flips
    do {
      if let database = world.store.database {
        try flipAtHub(kind, database)
      } else {
        let database = try SQLiteDatabase(path: world.store.disk.path("hub.db"))
        try flipAtHub(kind, database)
        try database.close()
      }
    } catch {
      return world.note("nothing is altered at the hub")
    }
    if flips > before { world.checker.checkFoundAtHub(naming: latest) }
  }

  private func flipAtHub(_ kind: Kind, _ database: SQLiteDatabase) throws {
    switch kind {
    case .line:
      let rows = try database.read { db in
        try db.all("SELECT replica, n, order_id, line FROM change WHERE LENGTH(line) > 0 ORDER BY rowid", []) {
          (dot: Dot(try ReplicaID($0.text(0)), $0.int(1)), order: try OrderID($0.text(2)), line: $0.blob(3))
        }
      }
      guard let row = random.pick(random.chance(0.5) ? Array(rows.suffix(10)) : rows) else { return }
      let bytes = altered(row.line)
      try database.write {
        _ = try $0.execute(
          "UPDATE change SET line = $1 WHERE platform = $2 AND replica = $3 AND n = $4",
          [
            .blob(bytes), .text(row.dot.replica.platform.text), .text(row.dot.replica.text), .integer(row.dot.n),
          ])
      }
      world.sometimes(.lineAlteredAtHub)
      note("the line of \(row.dot)", Damage.hub, row.order, row.dot)
      if random.chance(0.3) {
        for agent in world.agents { try flip(row.dot, of: row.order, at: agent) }
      }
    case .state:
      let rows = try database.read { db in
        try db.all("SELECT order_id, state FROM orders ORDER BY order_id", []) { (try OrderID($0.text(0)), $0.blob(1)) }
      }
      guard let (order, state) = random.pick(rows) else { return }
      let bytes = altered(state)
      try database.write {
        _ = try $0.execute(
          "UPDATE orders SET state = $1 WHERE order_id = $2", [.blob(bytes), .text(order.text)])
      }
      world.sometimes(.stateAltered)
      note("the state of \(order.short)", Damage.hub, order)
    case .digest:
      let rows = try database.read { db in
        try db.all("SELECT platform, level, bucket, value FROM digest ORDER BY platform, level, bucket", []) {
          ($0.text(0), $0.int(1), $0.int(2), $0.blob(3))
        }
      }
      guard let (platform, level, bucket, value) = random.pick(rows) else { return }
      let bytes = altered(value)
      try database.write {
        _ = try $0.execute(
          "UPDATE digest SET value = $1 WHERE platform = $2 AND level = $3 AND bucket = $4",
          [.blob(bytes), .text(platform), .integer(level), .integer(bucket)])
      }
      world.sometimes(.digestAltered)
      note("a digest of \(platform)", Damage.hub, nil)
    }
  }
}
