// The call-backs that an order has had, as whoever rings next needs to know of them.

import Core

/// A call-back that stands in an order.
struct RecordedCallBack: Sendable {
  /// Milliseconds, by its author's clock.
  let at: Int
  let author: Author
  /// What was recorded: `{"reached","solved"?,"result"?,"service"?,"reason"?,…}`.
  let value: JSON
  /// The last round that its author had seen begin.
  let round: Int

  /// In the order of the order's history.
  static func read(_ order: OrderID, _ db: any DatabaseConnection) throws -> [RecordedCallBack] {
    let stored = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
    guard let stored else { throw Problem(.notFound, "there is no order '\(order)'") }
    let view = OrderView(try HubLog.state(order, stored: stored, db))
    let history = try HubLog.history(order, db)
    let contexts = Dictionary(
      history.compactMap { item in item.change.map { (item.dot, $0.context) } }, uniquingKeysWith: { first, _ in first }
    )
    return OrderDocument.entries(of: history, in: view.state).filter { $0.kind == "callback" }.map { entry in
      let seen = view.assignments.filter { contexts[entry.dot]?.covers($0.write.dot) ?? false }
      return RecordedCallBack(
        at: entry.at.milliseconds, author: entry.author, value: entry.value.json, round: seen.map(\.round).max() ?? 1)
    }
  }
}
