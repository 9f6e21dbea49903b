// Orders that have the same reference, as long as they have it and nobody has said how they belong together.

import Core

extension HubTransaction {
  /// What a change may write that makes two orders such a pair, or ends it.
  private static let bearing = ["ref/", "relation/", "void/"]

  /// After a change of an order: which others have a reference of it too.
  func keepDoubled(_ incoming: IncomingChange) throws {
    guard incoming.verdict == .accepted, let change = incoming.change else { return }
    let bears = change.edits.contains { edit in
      guard case .set(let register, _) = edit else { return false }
      return HubTransaction.bearing.contains { register.hasPrefix($0) }
    }
    guard bears else { return }
    let order = incoming.order
    // reference by its key, reference_by_number
    let twins = try db.all(
      """
      SELECT DISTINCT b.order_id, a.system, a.number FROM reference a
      JOIN reference b ON b.system = a.system AND b.number = a.number AND b.order_id <> a.order_id WHERE a.order_id = $1
      """, [.text(order.text)]
    ) { (order: try OrderID($0.text(0)), system: $0.text(1), number: $0.text(2)) }
    guard !twins.isEmpty, let state = try glimpse(order) else { return }
    for twin in twins {
      guard let other = try glimpse(twin.order) else { continue }
      let isOpen =
        [state, other].allSatisfy { has($0, twin.system, twin.number) }
        && state.value("relation/\(twin.order)") == nil && other.value("relation/\(order)") == nil
      let row: [SQLValue] = [
        .text(min(order.text, twin.order.text)), .text(max(order.text, twin.order.text)), .text(twin.system),
        .text(twin.number),
      ]
      if isOpen {
        try db.execute(
          """
          INSERT INTO doubled (order_id, other, system, number) VALUES ($1, $2, $3, $4)
          ON CONFLICT (order_id, other, system, number) DO NOTHING
          """, row)
      } else {
        try db.execute(
          "DELETE FROM doubled WHERE order_id = $1 AND other = $2 AND system = $3 AND number = $4", row)
      }
    }
  }

  private func has(_ state: OrderState, _ system: String, _ number: String) -> Bool {
    state.siblings("ref/\(system)").contains { $0.value.json["number"] == .string(number) }
  }

  /// The state of an order that is only looked at. Its row is not locked: two transactions, each of one order and with an eye on the other,
  /// must not wait for each other.
  func glimpse(_ id: OrderID) throws -> OrderState? {
    if let row = orders[id] { return row.state }
    let stored = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(id.text)]) { $0.blob(0) }
    return try stored.map { try HubLog.state(id, stored: $0, db) }
  }
}
