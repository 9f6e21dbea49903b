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
  /// Changes that wait for nothing but their own void: they were void when they first came, and what says so is not back.
  var unvoided: [Dot] = []
  /// Since when the newest of them waits, milliseconds.
  var since = 0

  var canBeSettled: Bool { !missing.isEmpty || !unvoided.isEmpty }
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
    try all(transaction.db) { try transaction.order($0)?.state }
  }

  /// The same, read beside the writer: who looks at it makes no commit.
  static func all(_ db: any DatabaseConnection) throws -> [LostOrder] {
    try all(db) { order in
      try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }.map {
        try HubLog.state(order, stored: $0, db)
      }
    }
  }

  private static func all(
    _ db: any DatabaseConnection, state: (OrderID) throws -> OrderState?
  ) throws -> [LostOrder] {
    let waiting = try db.all(
      """
      SELECT order_id, COUNT(*), MAX(since) FROM waiting GROUP BY order_id ORDER BY order_id LIMIT $1
      """, [.integer(maxOrders)]
    ) { row in LostOrder(order: try OrderID(row.text(0)), changes: row.int(1), since: row.int(2)) }
    return try waiting.map { found in
      var found = found
      (found.missing, found.unvoided) = missing(
        try HubTransaction.waiting(found.order, db), state: try state(found.order) ?? OrderState(id: found.order))
      return found
    }
  }

  /// What those changes name, and is neither held as a change of the order nor waits itself; and those whose void is what is missing.
  private static func missing(
    _ waiting: [IncomingChange], state: OrderState
  ) -> (dots: [Dot], unvoided: [Dot]) {
    let held = Set(waiting.map(\.dot))
    var missing: Set<Dot> = []
    for incoming in waiting {
      var named = incoming.change?.context.components.map { Dot($0.replica, $0.n) } ?? []
      if let prev = incoming.former?.prev, prev > 0 { named.append(Dot(incoming.dot.replica, prev)) }
      missing.formUnion(named.filter { !held.contains($0) && !state.isThere($0.replica, $0.n) })
    }
    return (missing.sorted(), waiting.filter { HubTransaction.lacksVoid($0, state) }.map(\.dot).sorted())
  }

  /// Asks those agents to compare that have not done it since something waits, and says that dots are lost where nobody is left to ask.
  static func run(among live: LiveAgents, _ transaction: HubTransaction) throws -> Pass {
    var pass = Pass()
    for lost in try all(transaction) {
      guard lost.canBeSettled, lost.since <= transaction.now - patienceMilliseconds else { continue }
      let unheard = try unheard(since: lost.since, among: live, now: transaction.now, transaction.db)
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

  /// Why a change is void whose first void was lost.
  static let voidLost = "void-lost"
  /// The reason of a comparison that is asked for before something is said to be lost.
  static let reason = "lost"

  /// Says that what is missing in an order is lost: what named it goes on, and takes effect. What was void is so again.
  static func declare(_ lost: LostOrder, by author: Author, _ transaction: HubTransaction) throws {
    let edits =
      lost.unvoided.map { Edit.set(register: "void/\($0)", value: JSONText(["reason": .string(voidLost)])) }
      + lost.missing.map { Edit.set(register: "lost/\($0)", value: JSONText(["reason": "lost"])) }
    for start in stride(from: 0, to: edits.count, by: maxRegisters) {
      try transaction.author(
        lost.order, edits: Array(edits[start..<min(start + maxRegisters, edits.count)]), by: author)
    }
  }

  /// Agents that are alive and have not compared everything with the hub since then, at the hub's asking. One that never called holds
  /// nothing that could be missing.
  static func unheard(
    since: Int, among live: LiveAgents, now: Int, _ db: any DatabaseConnection
  ) throws -> [Contacts.Name] {
    let heard = try db.all(
      """
      SELECT DISTINCT platform, agent FROM resync
      WHERE state = 'done' AND is_dry_run = 0 AND reason <> 'agent' AND requested >= $1
      """, [.integer(since)]
    ) { row in Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1)) }
    return try live.all(now: now, db).filter { $0.hasCalled && !heard.contains($0.name) }.map(\.name)
  }
}
