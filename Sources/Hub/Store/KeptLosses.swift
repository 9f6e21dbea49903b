// Which changes the hub said to be lost, of those that have not turned up since. The orders' states and logs say it; here it is kept so
// that it is found.

import Core

enum KeptLosses {
  /// Makes an order's rows those of its state, and of what its log holds.
  static func keep(_ state: OrderState, _ db: any DatabaseConnection) throws {
    try db.execute("DELETE FROM lost_dot WHERE order_id = $1", [.text(state.id.text)])
    for dot in state.goneDots {
      try db.execute(
        """
        INSERT INTO lost_dot (order_id, replica, n) SELECT $1, $2, $3
        WHERE NOT EXISTS (SELECT 1 FROM change WHERE platform = $4 AND replica = $2 AND n = $3 AND order_id = $1)
        """,
        [.text(state.id.text), .text(dot.replica.text), .integer(dot.n), .text(dot.replica.platform.text)])
    }
  }

  static func all(_ db: any DatabaseConnection) throws -> [DotRanges] {
    DotRanges.of(
      try db.all("SELECT DISTINCT replica, n FROM lost_dot ORDER BY replica, n", []) { row in
        Dot(try ReplicaID(row.text(0)), row.int(1))
      })
  }

  /// Makes the rows of a database that has none yet from its states.
  @Sendable static func fill(_ db: any DatabaseConnection) throws {
    let mark = Array("lost/".utf8)
    let found = try db.all("SELECT order_id, state FROM orders", []) { row -> (id: OrderID, stored: [UInt8])? in
      let stored = row.blob(1)
      return stored.firstRange(of: mark) == nil ? nil : (try OrderID(row.text(0)), stored)
    }
    for case let order? in found { try keep(try HubLog.state(order.id, stored: order.stored, db), db) }
  }
}
