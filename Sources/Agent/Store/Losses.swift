// Which changes are not here that others name: those that the hub said to be lost, kept beside the states so that they are found, and
// those for which something waits.

import Core
import GRDB

enum Losses {
  /// Makes an order's rows those of its state, and of what the log holds.
  static func keep(_ state: OrderState, _ database: Database) throws {
    try database.run("DELETE FROM lost_dot WHERE order_id = ?", [.text(state.id.text)])
    for dot in state.goneDots {
      try database.run(
        """
        INSERT INTO lost_dot (order_id, replica, n) SELECT ?1, ?2, ?3
        WHERE NOT EXISTS (SELECT 1 FROM change WHERE replica = ?2 AND n = ?3 AND order_id = ?1)
        """, [.text(state.id.text), .text(dot.replica.text), .int(dot.n)])
    }
  }

  /// Makes the rows of a database that has none yet from its states.
  static func fill(_ database: Database) throws {
    let states = try database.rows(
      "SELECT order_id, state FROM orders WHERE instr(state, CAST('lost/' AS BLOB)) > 0"
    ) { row in
      // A state that cannot be read is made anew from the log, which keeps them then.
      try? OrderState(id: try OrderID(row.text(0)), stored: row.blob(1))
    }
    for state in states.compactMap(\.self) { try keep(state, database) }
  }
}

extension AgentStore {
  /// Changes that wait, as many as are looked at for what they wait for.
  private static let maxWaitingLookedAt = 1_000

  /// What the hub said to be lost and has not turned up since.
  func lost() throws -> [DotRanges] {
    try database.read { database in
      DotRanges.of(
        try database.rows("SELECT replica, n FROM lost_dot") { Dot(try ReplicaID($0.text(0)), $0.int(1)) })
    }
  }

  /// What the changes that wait name and is not here: not yet sent again, or lost.
  func missing() throws -> [DotRanges] {
    try database.read { database in
      // change_waiting
      let waiting = try database.rows(
        "SELECT order_id, replica, n, prev, line, hash FROM change WHERE applied = 0 ORDER BY order_id LIMIT ?",
        [.int(AgentStore.maxWaitingLookedAt)]
      ) { row -> (order: OrderID, dot: Dot, named: [Dot]) in
        let (order, dot) = (try OrderID(row.text(0)), Dot(try ReplicaID(row.text(1)), row.int(2)))
        let change = row.optionalBlob(4).flatMap { OrderLog.readable($0, of: Hash(bytes: row.blob(5)), dot, order) }
        let named = change?.context.components.map { Dot($0.replica, $0.n) } ?? []
        return (order, dot, named + (row.int(3) > 0 ? [Dot(dot.replica, row.int(3))] : []))
      }
      let held = Set(waiting.map(\.dot))
      var missing: Set<Dot> = []
      for (order, changes) in Dictionary(grouping: waiting, by: \.order) {
        let state = try AgentStore.state(order, database) ?? OrderState(id: order)
        for dot in changes.flatMap(\.named) where !held.contains(dot) && !state.isThere(dot.replica, dot.n) {
          missing.insert(dot)
        }
      }
      return DotRanges.of(missing)
    }
  }
}
