// Keeps supervision's rows and the sums of the indicators in the very transactions that change orders. What the rows are is
// SupervisionRows'.

import Core

struct SupervisionFollower: OrderFollower {
  let inForce: PolicyInForce

  func follow(_ orders: [FollowedOrder], in transaction: HubTransaction) throws {
    let supervision = inForce.now
    var rollups = Rollups()
    for order in orders where order.row.taken.moves {
      let rows = try SupervisionFollower.follow(order, supervision, &rollups, transaction.db)
      transaction.orders.update(order.id, default: order.row) { $0.kept = rows }
    }
    try rollups.write(to: transaction.db)
  }

  /// Brings an order's rows to what follows from its state and log, and returns them. With `isWhole`, whatever is stored of its milestones
  /// is made anew.
  @discardableResult
  static func follow(
    _ order: FollowedOrder, isWhole: Bool = false, _ supervision: Supervision, _ rollups: inout Rollups,
    _ db: any DatabaseConnection
  ) throws -> SupervisionRows {
    let taken = order.row.taken
    let isNew = taken.changes.count == order.row.changes && !taken.isFolded
    let old =
      isNew
      ? nil : isWhole || taken.isFolded ? try SupervisionRows.stored(order.id, db) : try kept(order.id, order.row, db)
    let milestones =
      taken.isFolded || isWhole || (old == nil && !isNew)
      ? Milestones(log: try order.log(db), in: order.row.state) : SupervisionFollower.added(taken, order.row, to: old)
    let new = SupervisionRows(of: order.view, milestones, created: order.row.created, supervision)
    try new.write(order.id, over: old, to: db)
    rollups.move(from: old?.contribution ?? Contribution(), to: new.contribution)
    return new
  }

  /// What is stored of an order, from memory where it was read before.
  private static func kept(
    _ id: OrderID, _ row: OrderRow, _ db: any DatabaseConnection
  ) throws -> SupervisionRows? {
    try row.kept as? SupervisionRows ?? SupervisionRows.stored(id, db)
  }

  private static func added(_ taken: TakenChanges, _ row: OrderRow, to old: SupervisionRows?) -> Milestones {
    var milestones = old?.milestones ?? Milestones()
    for change in taken.changes { milestones.take(change, at: row.state.time(of: change)) }
    return milestones
  }

  /// The milestones of an order in the middle of a transaction: what is stored, and what the transaction did.
  static func milestones(of order: OrderID, _ row: OrderRow, _ db: any DatabaseConnection) throws -> Milestones {
    let old = try kept(order, row, db)
    guard row.taken.isFolded || old == nil else { return added(row.taken, row, to: old) }
    let followed = FollowedOrder(id: order, row: row, view: OrderView(row.state))
    return Milestones(log: try followed.log(db), in: row.state)
  }

  /// Brings orders to what follows from their logs, whatever is stored of them; those that the transaction changed follow at its end.
  static func followAgain(_ orders: [OrderID], _ supervision: Supervision, _ transaction: HubTransaction) throws {
    var rollups = Rollups()
    for id in orders {
      guard let row = try transaction.order(id) else { continue }
      guard row.taken.changes.isEmpty, !row.taken.isFolded else {
        transaction.orders.update(id, default: row) { $0.taken.isFolded = true }
        continue
      }
      let order = FollowedOrder(id: id, row: row, view: OrderView(row.state))
      let rows = try follow(order, isWhole: true, supervision, &rollups, transaction.db)
      // Only what is in memory must be put right there.
      if row.kept != nil { transaction.orders.update(id, default: row) { $0.kept = rows } }
    }
    try rollups.write(to: transaction.db)
  }
}

extension TakenChanges {
  /// True if any of it can change a deadline, a call-back or a figure: a register was written, or one of the entries that count.
  fileprivate var moves: Bool {
    isFolded
      || changes.contains { change in
        Milestones.moved(by: change) || change.edits.contains { if case .set = $0 { true } else { false } }
      }
  }
}
