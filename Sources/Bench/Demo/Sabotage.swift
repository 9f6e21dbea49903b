// Breaking one thing behind the product's back before the proof: a checker that has never found anything is not to be trusted.

import ArgumentParser
import Core
import Foundation
import GRDB

/// What is broken, and so what the proof must find.
enum Sabotage: String, ExpressibleByArgument, CaseIterable {
  /// A recorded edit is deleted from the hub's log.
  case lost
  /// A recorded note is written once more, under another request id.
  case doubled
  /// One agent's state of one order is changed in its database.
  case diverged

  /// Does it; returns what was done.
  func commit(_ desk: Desk) throws -> String {
    guard
      let edit = desk.ledger.edits.first(where: { $0.side != .hub && $0.step.fields.contains { $0.0 == "text" } })
    else { throw DatabaseError(message: "no agent wrote a note") }
    switch self {
    case .lost:
      let dot = try Dot(edit.dot)
      try change(desk.world.data(.hub) + "/hub.db") { db in
        try db.execute(
          sql: "DELETE FROM change WHERE replica = ? AND n = ?", arguments: [dot.replica.text, dot.n])
      }
      return "deleted \(edit.dot) from the hub's log"
    case .doubled:
      let text = edit.step.fields.first { $0.0 == "text" }?.1 ?? .null
      let body: JSON = ["command": "note", "text": text]
      _ = try desk.post(.hub, "/v1/orders/\(edit.order)/commands", body)
      return "wrote the note of \(edit.dot) once more"
    case .diverged:
      try change(desk.world.data(edit.side) + "/agent.db") { db in
        let stored = try String.fetchOne(
          db, sql: "SELECT CAST(state AS TEXT) FROM orders WHERE order_id = ?", arguments: [edit.order])
        let changed = (stored ?? "").replacing(#/\["title",(\d+),"/#) { "[\"title\",\($0.output.1),\"!" }
        try db.execute(
          sql: "UPDATE orders SET state = CAST(? AS BLOB) WHERE order_id = ?", arguments: [changed, edit.order])
      }
      return "changed the title of \(edit.order) in the database of \(edit.side.name)"
    }
  }

  private func change(_ path: String, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.write(body)
    try queue.close()
  }
}
