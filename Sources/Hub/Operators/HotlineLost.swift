// What operators see and do of changes that wait for what nobody has any more. How it is found out is LostDots'.

import Core
import Shell

extension Hotline {
  var live: LiveAgents { LiveAgents(contacts: contacts, milliseconds: liveMilliseconds) }

  /// What waits for what the hub lacks: `{"lost":[{"order","number"?,"changes","missing":[dot…],"unvoided":[dot…],"since","unheard":
  /// [{"platform","agent"}…]}]}`; `unvoided` were void and lack what says so; `unheard` are the agents that have not compared everything
  /// since.
  func lost() throws -> JSON {
    let now = environment.wall()
    return try database.read { db in
      let rows = try LostDots.all(db).map { lost in
        try json(
          lost,
          number: try db.first("SELECT number FROM orders WHERE order_id = $1", [.text(lost.order.text)]) {
            $0.optionalText(0)
          } ?? nil, now: now, db)
      }
      return ["lost": .array(rows)]
    }
  }

  /// Says that what is missing in an order is lost, without asking anybody more. Where it turns up after all, it counts. Refused where
  /// nothing is missing.
  ///
  /// Returns `{"order","number"?,"changes","missing","waiting"}`, the last with what waits there still.
  func settleLost(_ order: OrderID, author: Author) throws -> JSON {
    try writer.perform { [self] transaction in
      guard let lost = try LostDots.all(transaction).first(where: { $0.order == order }), lost.canBeSettled else {
        throw Problem(.illegalStep, "nothing waits for a lost change in \(order): nothing to settle")
      }
      try LostDots.declare(lost, by: author, transaction)
      let left = try transaction.waiting(order).count
      let said = try json(
        lost, number: try transaction.view(lost.order)?.number, now: transaction.now, transaction.db)
      return .object((said.asObject ?? []) + [JSON.Member("waiting", .int(left))])
    }
  }

  /// The order by its id or number; one of which the hub holds nothing that counts yet, by its id alone.
  func lostOrder(_ text: String) throws -> OrderID {
    do { return try resolve(text) } catch let problem as Problem where problem.code == .notFound {
      guard let id = try? OrderID(text) else { throw problem }
      return id
    }
  }

  /// What the doctor says of it. What has not waited for long is mostly on its way.
  func waitingFinding() throws -> Finding {
    let name = "nothing waits for what is lost"
    let lost = try database.read { db in try LostDots.all(db) }
    guard !lost.isEmpty else { return Finding(name, true, "no change waits for another") }
    let now = environment.wall()
    let stuck = lost.filter { $0.canBeSettled && $0.since <= now - LostDots.patienceMilliseconds }
    let waiting = lost.reduce(0) { $0 + $1.changes }
    return Finding(
      name, stuck.isEmpty,
      stuck.isEmpty
        ? "\(waiting) changes wait for what is on its way"
        : "changes wait for what nobody has given back: "
          + Finding.list(
            stuck.map { "\($0.order) for \(Finding.list(($0.missing + $0.unvoided).map(\.description), atMost: 3))" }),
      remedy:
        "`lianxin-hub lost list` says which agents have not compared since; where none of them can have it, `lianxin-hub lost settle`"
        + " lets the rest take effect")
  }

  private func json(_ lost: LostOrder, number: String?, now: Int, _ db: any DatabaseConnection) throws -> JSON {
    let unheard = try LostDots.unheard(since: lost.since, among: live, now: now, db)
    return .compact([
      ("order", .string(lost.order.text)), ("number", number.map(JSON.string)),
      ("changes", .int(lost.changes)), ("missing", .array(lost.missing.map { .string($0.description) })),
      ("unvoided", .array(lost.unvoided.map { .string($0.description) })), ("since", .int(lost.since)),
      (
        "unheard",
        .array(unheard.map { ["platform": .string($0.platform.text), "agent": .string($0.agent)] })
      ),
    ])
  }
}
