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
  /// What a settlement is about, as its form carries it.
  let atStake: Set<Dot>
}

struct StandingContradiction: Sendable {
  let order: String
  let number: String
  let title: String
  let contradiction: Contradiction
  /// What a settlement is about, for each of the two.
  let leftAtStake: Set<Dot>
  let rightAtStake: Set<Dot>
  /// Those of the two that are settled by recalling an assignment, and can be.
  let recallable: [String]
  /// Changes of the order.
  let changes: Int
  let left: RivalValue
  let right: RivalValue
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

/// How much nobody has settled: as the overview, the status and the metrics all say it.
struct DisagreementCounts: Sendable, Equatable {
  /// Registers with values that were written at once.
  let conflicts: Int
  /// Between registers of one order, and pairs of orders with one reference.
  let contradictions: Int

  static func read(_ db: any DatabaseConnection) throws -> DisagreementCounts {
    let doubled = try db.count("SELECT COUNT(*) FROM doubled")
    let counts = try db.first(
      // orders_disagreeing
      """
      SELECT COALESCE(SUM(conflicts), 0), COALESCE(SUM(contradictions), 0) FROM orders
      WHERE conflicts > 0 OR contradictions > 0
      """, []
    ) { DisagreementCounts(conflicts: $0.int(0), contradictions: $0.int(1) + doubled) }
    return counts ?? DisagreementCounts(conflicts: 0, contradictions: doubled)
  }
}

extension OrderView {
  /// The assignment that a register makes, if it can still be recalled: what is written once is settled by that.
  func recallable(_ register: String) -> String? {
    guard let name = RegisterName(register), name.row.pattern == "assignment/<a>", let id = name.assignment,
      assignment(id)?.isActive == true
    else { return nil }
    return id
  }
}

struct ConflictsReading: Sendable {
  let conflicts: [StandingConflict]
  let contradictions: [StandingContradiction]
  let doubled: [DoubledReference]
  /// More wait than these.
  let isDoubledCut: Bool
  /// The order after which the next page begins, nil where nothing is left.
  let next: String?

  /// Pairs of orders that are shown; who has more settles these first.
  static let maxDoubled = 200

  /// Those of so many orders, by their ids.
  ///
  /// - Parameter after: what the page before named as its next. Pairs of orders are read with the first page alone.
  static func read(_ hotline: Hotline, after: String? = nil, maxOrders: Int) throws -> ConflictsReading {
    try hotline.database.read { db in
      // Index orders_disagreeing.
      let found = try db.all(
        """
        SELECT order_id, state FROM orders WHERE (conflicts > 0 OR contradictions > 0) AND order_id > $1
        ORDER BY order_id LIMIT $2
        """, [.text(after ?? ""), .integer(maxOrders + 1)]
      ) { row in OrderView(try HubLog.state(try OrderID(row.text(0)), stored: row.blob(1), db)) }
      var conflicts: [StandingConflict] = []
      var contradictions: [StandingContradiction] = []
      let page = found.prefix(maxOrders)
      for view in page {
        let history = try HubLog.history(view.state.id, db)
        conflicts += view.state.conflicts.map { conflict($0, view, history) }
        contradictions += view.contradictions.compactMap { contradiction($0, view, history) }
      }
      let doubled = after == nil ? try DoubledReference.read(limit: maxDoubled + 1, db) : []
      return ConflictsReading(
        conflicts: conflicts, contradictions: contradictions, doubled: Array(doubled.prefix(maxDoubled)),
        isDoubledCut: doubled.count > maxDoubled,
        next: found.count > maxOrders ? page.last?.state.id.text : nil)
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
    StandingConflict(
      order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title, register: register,
      rule: RegisterName(register)?.row.rule, changes: history.count,
      values: view.state.siblings(register).map { rival($0, of: register, view, history) },
      atStake: view.atStake(in: register))
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
      contradiction: contradiction, leftAtStake: view.atStake(in: contradiction.left),
      rightAtStake: view.atStake(in: contradiction.right),
      recallable: [contradiction.left, contradiction.right].filter { view.recallable($0) != nil },
      changes: history.count, left: left, right: right)
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
