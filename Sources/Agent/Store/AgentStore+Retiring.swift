// Retiring: a platform that leads an order no more, or whose order ended long ago, blanks its copies of the personal values. Lines,
// commitments and states stay as they are. What the hub destroys everywhere is a purge, and OrderLog's.

import Core
import GRDB

/// Orders of which something is to be blanked, now or later.
enum Retiring {
  /// Takes note of what an order that was just written means for the values that are held of it.
  static func note(_ id: OrderID, _ view: OrderView, of platform: PlatformName, _ database: Database) throws {
    let ended = view.endedAt
    // An order that was opened again keeps its values, and takes them again.
    if ended == nil { try database.run("DELETE FROM retiring WHERE order_id = ?", [.text(id.text)]) }
    guard let since = view.isLetKnow(platform) ? ended : 0 else { return }
    try database.run(
      """
      INSERT INTO retiring (order_id, since, next, pending, is_past)
      SELECT ?1, ?2, 0, 1, 0 WHERE EXISTS (SELECT 1 FROM sealed WHERE order_id = ?1)
      ON CONFLICT (order_id) DO UPDATE SET since = excluded.since, next = 0, pending = 1
      """, [.text(id.text), .int(since)])
  }

  /// True if the order's values were blanked since it ended long ago: then none of them is asked for.
  static func isPast(_ id: OrderID, _ database: Database) throws -> Bool {
    try database.number("SELECT COUNT(*) FROM retiring WHERE order_id = ? AND is_past = 1", [.text(id.text)]) > 0
  }
}

extension AgentStore {
  /// Orders that one pull's reply looks at; the next one goes on.
  private static let retiredInOne = 100
  /// What was spared is looked at again after so long, milliseconds.
  private static let retiringAgain = 60_000

  /// Blanks what this platform may have no more, by what was applied before the pull that `reply` answers: the hub, asked with the
  /// cursor behind it, says that it holds. Values of own changes without a receipt, and those that the hub lacks, are spared until later.
  func retire(_ reply: PullReply, _ database: Database) throws {
    // A full list may have left some out.
    guard reply.lacks.count < Limits.maxLacks else { return }
    // By retiring_due.
    let orders = try database.rows(
      "SELECT order_id FROM retiring WHERE pending = 1 AND since <= ? AND next <= ? ORDER BY since LIMIT ?",
      [
        .int(reply.retain.map { max(0, reply.time - $0) } ?? 0), .int(reply.time), .int(AgentStore.retiredInOne),
      ]
    ) { try OrderID($0.text(0)) }
    let lacked = Set(reply.lacks)
    for order in orders { try retire(order, lacked, reply, database) }
  }

  private func retire(_ order: OrderID, _ lacked: Set<Hash>, _ reply: PullReply, _ database: Database) throws {
    // Where something of the order is missing, the right may be in it.
    guard try AgentStore.isWhole(order, database), let state = try AgentStore.state(order, database) else {
      return try postpone(order, reply, database)
    }
    let view = OrderView(state)
    let ended = view.endedAt
    let isPast = if let ended, let retain = reply.retain { ended <= reply.time - retain } else { false }
    var isSpared = false
    var isOwnKept = false
    if isPast || !view.isLetKnow(platform) {
      let own = try ownCommitments(order, database)
      for commitment in try AgentStore.heldCommitments(order, database) {
        if own.withoutReceipt.contains(commitment) || lacked.contains(commitment) {
          isSpared = true
        } else if !isPast, own.all.contains(commitment) {
          isOwnKept = true
        } else {
          try database.run("DELETE FROM sealed WHERE commitment = ?", [.blob(commitment.bytes)])
        }
      }
    } else {
      isOwnKept = true
    }
    if isPast { try database.run("UPDATE retiring SET is_past = 1 WHERE order_id = ?", [.text(order.text)]) }
    if isSpared { return try postpone(order, reply, database) }
    if isPast {
      try database.run("UPDATE retiring SET pending = 0 WHERE order_id = ?", [.text(order.text)])
    } else if isOwnKept, let ended {
      try database.run("UPDATE retiring SET since = ? WHERE order_id = ?", [.int(ended), .text(order.text)])
    } else {
      try database.run("DELETE FROM retiring WHERE order_id = ?", [.text(order.text)])
    }
  }

  private func postpone(_ order: OrderID, _ reply: PullReply, _ database: Database) throws {
    try database.run(
      "UPDATE retiring SET next = ? WHERE order_id = ?",
      [.int(reply.time + AgentStore.retiringAgain), .text(order.text)])
  }

  /// True if every change of the order that is held has its line and counts.
  private static func isWhole(_ order: OrderID, _ database: Database) throws -> Bool {
    try database.number(
      """
      SELECT COUNT(*) FROM change
      WHERE order_id = ? AND (applied = 0 OR line IS NULL AND verdict IS NOT 'unreadable')
      """, [.text(order.text)]) == 0
  }

  private static func heldCommitments(_ order: OrderID, _ database: Database) throws -> [Hash] {
    try database.rows("SELECT commitment FROM sealed WHERE order_id = ?", [.text(order.text)]) {
      Hash(bytes: $0.blob(0))
    }.compactMap(\.self)
  }

  /// Commitments that changes of this platform name, and those of them that the hub is not proved to hold.
  private func ownCommitments(
    _ order: OrderID, _ database: Database
  ) throws -> (all: Set<Hash>, withoutReceipt: Set<Hash>) {
    var all: Set<Hash> = []
    var withoutReceipt: Set<Hash> = []
    try database.each(
      "SELECT replica, n, line, receipt IS NULL FROM change WHERE order_id = ? AND sealed > 0", [.text(order.text)]
    ) { row in
      let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
      guard dot.replica.platform == platform else { return true }
      let named = OrderLog.readable(row.blob(2), dot, order)?.sealedMentions.map(\.commitment) ?? []
      all.formUnion(named)
      if row.bool(3) { withoutReceipt.formUnion(named) }
      return true
    }
    return (all, withoutReceipt)
  }
}
