// Which changes are void, or once were: those that came so, and those that an operator voided. Whether one is void is the order's state to
// say; here it is kept so that it is found.

import Core

enum KeptVoids {
  private static let beginning = "void/"

  /// The changes that a change voids or reinstates.
  static func targets(of change: Change) -> [Dot] {
    change.edits.compactMap { edit in
      guard case .set(let register, _) = edit, register.hasPrefix(beginning) else { return nil }
      return try? Dot(String(register.dropFirst(beginning.count)))  // no dot: nothing is void by it
    }
  }

  static func keep(
    _ target: Dot, of order: OrderID, isVoid: Bool, at: Int, _ db: any DatabaseConnection
  ) throws {
    try db.execute(
      """
      INSERT INTO voiding (order_id, replica, n, at, is_void) VALUES ($1, $2, $3, $4, $5)
      ON CONFLICT (order_id, replica, n) DO UPDATE SET at = excluded.at, is_void = excluded.is_void
      """,
      [.text(order.text), .text(target.replica.text), .integer(target.n), .integer(at), .flag(isVoid)])
  }

  /// Makes the rows of a database that has none yet from the hub's own lines.
  @Sendable static func fill(_ db: any DatabaseConnection) throws {
    let mark = Array(("\"" + beginning).utf8)
    var found: [(order: OrderID, target: Dot, at: Int)] = []
    try db.query("SELECT received, line FROM change WHERE platform = 'hub' ORDER BY received", []) { row in
      let line = row.blob(1)
      guard line.firstRange(of: mark) != nil else { return }
      // A line that cannot be read voids nothing.
      guard let change = try? ChangeLine.decode(line) else { return }
      found += targets(of: change).map { (change.order, $0, row.int(0)) }
    }
    for (order, targets) in Dictionary(grouping: found, by: \.order) {
      let state = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) {
        try HubLog.state(order, stored: $0.blob(0), db)
      }
      for row in targets { try keep(row.target, of: order, isVoid: state?.isVoid(row.target) ?? false, at: row.at, db) }
    }
  }
}
