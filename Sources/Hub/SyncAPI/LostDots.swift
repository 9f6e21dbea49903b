// Changes that came back and name what no database has any more as a change of their order. Once every agent that is alive has compared
// everything with the hub since, or an operator says so, the hub says that those dots are lost, and nothing waits for them (DESIGN §7).

import Core

/// What waits in one order, and for what.
struct LostOrder: Sendable, Equatable {
  let order: OrderID
  /// Changes that wait.
  var changes = 0
  /// What they name and the hub does not hold as changes of the order, sorted.
  var missing: [Dot] = []
  /// Since when the newest of them waits, milliseconds.
  var since = 0
}

enum LostDots {
  /// For how long a change waits before anybody is asked: mostly what it names is on its way, milliseconds.
  static let patienceMilliseconds = 600_000
  /// Orders that one pass looks at; registers that one change writes.
  private static let maxOrders = 1_000
  private static let maxRegisters = 500

  /// What was done by a pass.
  struct Pass: Sendable, Equatable {
    /// Platforms whose agents are asked to compare first.
    var asked: Set<PlatformName> = []
    var declared: [LostOrder] = []
  }

  /// The orders in which something waits for what the hub lacks.
  static func all(_ transaction: HubTransaction) throws -> [LostOrder] {
    let waiting = try transaction.db.all(
      """
      SELECT order_id, COUNT(*), MAX(since) FROM waiting GROUP BY order_id ORDER BY order_id LIMIT $1
      """, [.integer(maxOrders)]
    ) { row in LostOrder(order: try OrderID(row.text(0)), changes: row.int(1), since: row.int(2)) }
    return try waiting.map { found in
      var found = found
      found.missing = try transaction.missing(in: found.order)
      return found
    }
  }

  /// Asks those agents to compare that have not done it since something waits, and says that dots are lost where nobody is left to ask.
  static func run(among live: LiveAgents, _ transaction: HubTransaction) throws -> Pass {
    var pass = Pass()
    for lost in try all(transaction) {
      guard !lost.missing.isEmpty, lost.since <= transaction.now - patienceMilliseconds else { continue }
      let unheard = try unheard(since: lost.since, among: live, transaction)
      for name in unheard {
        _ = try Resyncs.request(
          name.platform, name.agent, isDryRun: false, reason: reason, transaction)
        pass.asked.insert(name.platform)
      }
      guard unheard.isEmpty else { continue }
      try declare(lost, by: PushIngest.hubAuthor, transaction)
      pass.declared.append(lost)
    }
    return pass
  }

  /// The reason of a comparison that is asked for before something is said to be lost.
  static let reason = "lost"

  /// Says that what is missing in an order is lost: what named it goes on, and takes effect.
  static func declare(_ lost: LostOrder, by author: Author, _ transaction: HubTransaction) throws {
    let value = JSONText(["reason": "lost"])
    for start in stride(from: 0, to: lost.missing.count, by: maxRegisters) {
      let dots = lost.missing[start..<min(start + maxRegisters, lost.missing.count)]
      try transaction.author(lost.order, edits: dots.map { .set(register: "lost/\($0)", value: value) }, by: author)
    }
  }

  /// Agents that are alive and have not compared everything with the hub since then, at the hub's asking. One that never called holds
  /// nothing that could be missing.
  static func unheard(since: Int, among live: LiveAgents, _ transaction: HubTransaction) throws -> [Contacts.Name] {
    let heard = try transaction.db.all(
      """
      SELECT DISTINCT platform, agent FROM resync
      WHERE state = 'done' AND is_dry_run = 0 AND reason <> 'agent' AND requested >= $1
      """, [.integer(since)]
    ) { row in Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1)) }
    return try live.all(now: transaction.now, transaction.db).filter { $0.hasCalled && !heard.contains($0.name) }.map(
      \.name)
  }
}

extension HubTransaction {
  /// What the changes that wait in an order name, and is neither held as a change of it nor waits itself.
  func missing(in id: OrderID) throws -> [Dot] {
    let waiting = try waiting(id)
    let state = try order(id)?.state ?? OrderState(id: id)
    let held = Set(waiting.map(\.dot))
    var missing: Set<Dot> = []
    for incoming in waiting {
      var named = incoming.change?.context.components.map { Dot($0.replica, $0.n) } ?? []
      if let prev = incoming.former?.prev, prev > 0 { named.append(Dot(incoming.dot.replica, prev)) }
      missing.formUnion(named.filter { !held.contains($0) && !state.isThere($0.replica, $0.n) })
    }
    return missing.sorted()
  }
}
