// What the page of conflicts reads: the values that stand against each other, who wrote each, and what that one had seen.

import Core
import Shell

/// One of several values of a register, and how it came to be.
struct RivalValue: Sendable {
  let dot: Dot
  let value: JSON
  let isShown: Bool
  let at: Int
  /// Nil where the change cannot be read.
  let author: Author?
  let platform: PlatformName
  let received: Int?
  /// How many of the order's changes its author had seen.
  let seen: Int
}

struct StandingConflict: Sendable {
  let order: String
  let number: String
  let title: String
  let register: String
  let rule: Rule?
  /// Changes of the order.
  let changes: Int
  let values: [RivalValue]
}

struct StandingContradiction: Sendable {
  let order: String
  let number: String
  let title: String
  let contradiction: Contradiction
  /// Changes of the order.
  let changes: Int
  let left: RivalValue
  let right: RivalValue
}

/// The same matter of another system on two orders.
struct DoubledReference: Sendable {
  let order: String
  let other: String
  let system: String
}

struct ConflictsReading: Sendable {
  let conflicts: [StandingConflict]
  let contradictions: [StandingContradiction]
  let doubled: [DoubledReference]

  /// Orders that are shown; who has more settles these first.
  private static let maxOrders = 200

  static func read(_ hotline: Hotline) throws -> ConflictsReading {
    try hotline.database.read { db in
      // Index orders_disagreeing.
      let views = try db.all(
        "SELECT order_id, state FROM orders WHERE (conflicts > 0 OR contradictions > 0) ORDER BY order_id LIMIT $1",
        [.integer(maxOrders)]
      ) { row in OrderView(try HubLog.state(try OrderID(row.text(0)), stored: row.blob(1), db)) }
      var conflicts: [StandingConflict] = []
      var contradictions: [StandingContradiction] = []
      for view in views {
        let history = try HubLog.history(view.state.id, db)
        conflicts += view.state.conflicts.map { conflict($0, view, history) }
        contradictions += view.contradictions.compactMap { contradiction($0, view, history) }
      }
      let doubled = try db.all(
        "SELECT order_id, other, system FROM doubled ORDER BY order_id, other LIMIT $1", [.integer(maxOrders)]
      ) { DoubledReference(order: $0.text(0), other: $0.text(1), system: $0.text(2)) }
      return ConflictsReading(conflicts: conflicts, contradictions: contradictions, doubled: doubled)
    }
  }

  private static func conflict(_ register: String, _ view: OrderView, _ history: [HistoryItem]) -> StandingConflict {
    StandingConflict(
      order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title, register: register,
      rule: RegisterName(register)?.row.rule, changes: history.count,
      values: view.state.siblings(register).map { rival($0, of: register, view, history) })
  }

  /// The two values that cannot both hold. Each is one of its register's: that is how the contradiction was found.
  private static func contradiction(
    _ contradiction: Contradiction, _ view: OrderView, _ history: [HistoryItem]
  ) -> StandingContradiction? {
    func side(_ register: String, _ dot: Dot) -> RivalValue? {
      view.state.siblings(register).first { $0.dot == dot }.map { rival($0, of: register, view, history) }
    }
    guard let left = side(contradiction.left, contradiction.leftDot),
      let right = side(contradiction.right, contradiction.rightDot)
    else { return nil }
    return StandingContradiction(
      order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title,
      contradiction: contradiction, changes: history.count, left: left, right: right)
  }

  private static func rival(
    _ sibling: Sibling, of register: String, _ view: OrderView, _ history: [HistoryItem]
  ) -> RivalValue {
    let item = history.first { $0.dot == sibling.dot }
    return RivalValue(
      dot: sibling.dot, value: sibling.value.json, isShown: sibling.dot == view.state.shown(register)?.dot,
      at: sibling.at.milliseconds, author: item?.change?.author, platform: sibling.dot.replica.platform,
      received: item?.received, seen: history.filter { sibling.context.covers($0.dot) }.count)
  }
}
