// What follows from orders and is written beside them in the same transaction, by floors above: deadlines and figures, words to search by.
// What a follower makes of an order is its own business; here is only what it is told.

import Core

/// Told once a transaction, before its commit, of every order that it changed. What it writes commits with them or not at all; its error
/// undoes the transaction.
protocol OrderFollower: Sendable {
  func follow(_ orders: [FollowedOrder], in transaction: HubTransaction) throws
}

/// An order that a transaction changed, after its row was written.
struct FollowedOrder {
  let id: OrderID
  let row: OrderRow
  let view: OrderView
}

/// What a transaction did to an order.
struct TakenChanges {
  /// Changes that it stored and that count, in the order of their storing.
  var changes: [Change] = []
  /// The state was made anew from the log: what counts may be another than before.
  var isFolded = false
}

extension FollowedOrder {
  /// Every change of the log that counts.
  func log(_ db: any DatabaseConnection) throws -> [Change] {
    try HubLog.history(id, db).compactMap(\.change).filter { row.state.counts($0) }
  }
}
