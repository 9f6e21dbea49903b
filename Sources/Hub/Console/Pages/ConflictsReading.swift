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
  /// What a settlement is about, as its form carries it.
  let atStake: String
}

struct StandingContradiction: Sendable {
  let order: String
  let number: String
  let title: String
  let contradiction: Contradiction
  /// The value of the left register now.
  let left: JSON
  /// What a settlement is about, as its form carries it.
  let atStake: String
}

/// The same matter of another system on two orders.
struct DoubledReference: Sendable {
  struct Side: Sendable {
    let order: String
    let number: String
    let title: String
    let created: Int
  }

  /// The one that came later: the duplicate, if it is one.
  let later: Side
  let earlier: Side
  let system: String
  /// Of the matter in that system.
  let number: String

  /// Those that nobody has related.
  static func read(limit: Int, _ db: any DatabaseConnection) throws -> [DoubledReference] {
    try db.all(
      """
      SELECT d.system, d.number, a.order_id, a.number, a.title, a.created, b.order_id, b.number, b.title, b.created
      FROM doubled d JOIN orders a ON a.order_id = d.order_id JOIN orders b ON b.order_id = d.other
      ORDER BY d.order_id, d.other, d.system, d.number LIMIT $1
      """, [.integer(limit)]
    ) { row in
      func side(from first: Int) -> Side {
        Side(
          order: row.text(first), number: row.optionalText(first + 1) ?? row.text(first), title: row.text(first + 2),
          created: row.int(first + 3))
      }
      let (one, other) = (side(from: 2), side(from: 6))
      let isSorted = (one.created, one.order) > (other.created, other.order)
      return DoubledReference(
        later: isSorted ? one : other, earlier: isSorted ? other : one, system: row.text(0), number: row.text(1))
    }
  }
}

struct ConflictsReading: Sendable {
  let conflicts: [StandingConflict]
  let contradictions: [StandingContradiction]
  let doubled: [DoubledReference]
  /// More wait than these.
  let isCut: Bool

  /// Orders that are shown; who has more settles these first.
  static let maxOrders = 200

  static func read(_ hotline: Hotline, maxOrders: Int = ConflictsReading.maxOrders) throws -> ConflictsReading {
    try hotline.database.read { db in
      // Index orders_disagreeing.
      let found = try db.all(
        "SELECT order_id, state FROM orders WHERE (conflicts > 0 OR contradictions > 0) ORDER BY order_id LIMIT $1",
        [.integer(maxOrders + 1)]
      ) { row in OrderView(try HubLog.state(try OrderID(row.text(0)), stored: row.blob(1), db)) }
      let views = found.prefix(maxOrders)
      let conflicts = try views.filter { !$0.state.conflicts.isEmpty }.flatMap { view in
        let history = try HubLog.history(view.state.id, db)
        return view.state.conflicts.map { conflict($0, view, history) }
      }
      let doubled = try DoubledReference.read(limit: maxOrders + 1, db)
      return ConflictsReading(
        conflicts: conflicts,
        contradictions: views.flatMap { view in
          view.contradictions.map { contradiction in
            StandingContradiction(
              order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title,
              contradiction: contradiction, left: view.state.value(contradiction.left) ?? .null,
              atStake: SeenValues.field(contradiction.left, of: view))
          }
        }, doubled: Array(doubled.prefix(maxOrders)), isCut: max(found.count, doubled.count) > maxOrders)
    }
  }

  private static func conflict(_ register: String, _ view: OrderView, _ history: [HistoryItem]) -> StandingConflict {
    let byDot = Dictionary(history.map { ($0.dot, $0) }, uniquingKeysWith: { first, _ in first })
    let shown = view.state.shown(register)?.dot
    return StandingConflict(
      order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title, register: register,
      rule: RegisterName(register)?.row.rule, changes: history.count,
      values: view.state.siblings(register).map { sibling in
        let item = byDot[sibling.dot]
        let context = item?.change?.context
        return RivalValue(
          dot: sibling.dot, value: sibling.value.json, isShown: sibling.dot == shown, at: sibling.at.milliseconds,
          author: item?.change?.author, platform: sibling.dot.replica.platform, received: item?.received,
          seen: context.map { context in history.filter { context.covers($0.dot) }.count } ?? 0)
      }, atStake: SeenValues.field(register, of: view))
  }
}
