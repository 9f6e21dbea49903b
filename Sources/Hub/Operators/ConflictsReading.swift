// What the lists of conflicts read: the values that stand against each other, who wrote each, and what that one had seen.

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

  /// `{"dot","at","value","platform","author"?,"received"?,"seen"}`
  var json: JSON {
    .compact([
      ("dot", .string(dot.description)), ("at", .int(at)), ("value", value), ("platform", .string(platform.text)),
      ("author", author.map(\.document)), ("received", received.map(JSON.int)), ("seen", .int(seen)),
    ])
  }
}

extension Author {
  /// `{"name","role","onBehalfOf"?}`, as answers have it.
  var document: JSON {
    .compact([
      ("name", .string(name)), ("role", .string(role)), ("onBehalfOf", onBehalfOf.map(JSON.string)),
    ])
  }
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
  /// The value of the left register now.
  let left: JSON
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
      let conflicts = try views.filter { !$0.state.conflicts.isEmpty }.flatMap { view in
        let history = try HubLog.history(view.state.id, db)
        return view.state.conflicts.map { conflict($0, view, history) }
      }
      let doubled = try db.all(
        "SELECT order_id, other, system FROM doubled ORDER BY order_id, other LIMIT $1", [.integer(maxOrders)]
      ) { DoubledReference(order: $0.text(0), other: $0.text(1), system: $0.text(2)) }
      return ConflictsReading(
        conflicts: conflicts,
        contradictions: views.flatMap { view in
          view.contradictions.map { contradiction in
            StandingContradiction(
              order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title,
              contradiction: contradiction, left: view.state.value(contradiction.left) ?? .null)
          }
        }, doubled: doubled)
    }
  }

  /// As `OrderDocument.conflicts`, of one order, with how many changes it has, and of each value who wrote it where, when the hub received
  /// it, and how many of those changes its author had seen.
  static func documents(_ view: OrderView, _ db: any DatabaseConnection) throws -> [JSON] {
    guard !view.state.conflicts.isEmpty else { return [] }
    let history = try HubLog.history(view.state.id, db)
    return zip(view.state.conflicts, OrderDocument.conflicts(view)).map { register, row in
      let found = conflict(register, view, history)
      return .object(
        (row.asObject ?? []).filter { $0.key != "siblings" } + [
          .init("changes", .int(found.changes)), .init("siblings", .array(found.values.map(\.json))),
        ])
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
      })
  }
}
