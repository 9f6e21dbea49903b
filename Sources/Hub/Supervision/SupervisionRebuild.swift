// Looks whether what supervision keeps follows from the logs: rows order by order, and the sums of the indicators; and puts it right. The
// hub goes on meanwhile.

import Core

struct SupervisionRebuild: Sendable {
  /// What was looked at and found.
  struct Found: Sendable, Equatable {
    var orders = 0
    /// Orders of which something else is kept than follows from their log.
    var differing: [OrderID] = []
    /// Sums that are not those of their orders.
    var sums = 0
    /// Nothing was looked at: the hub is still bringing its orders to a new policy, which does the same.
    var isUnderWay = false

    var wrong: Int { differing.count + sums }
  }

  let database: any Database
  let writer: GroupCommitWriter
  let inForce: PolicyInForce

  private static let ordersInOne = 200

  /// - Parameter afterPage: what it throws ends the look between two pages.
  func run(repairing: Bool, afterPage: () throws -> Void = {}) throws -> Found {
    var found = Found()
    let supervision = inForce.now
    guard try database.read({ try !Supervisor.isFollowing(inForce, $0) }) else {
      found.isUnderWay = true
      return found
    }
    var after = ""
    while true {
      let (last, differing) = try database.read { db in try examine(after: after, supervision, &found, db) }
      if repairing, !differing.isEmpty {
        try writer.perform { try SupervisionFollower.followAgain(differing, supervision, $0) }
      }
      guard let last else { break }
      after = last
      try afterPage()
    }
    let wrong = try database.read { db in try SupervisionRebuild.wrongSums(db) }
    found.sums = wrong.count
    // What is missing is added: it stays right whatever was written since.
    if repairing, !wrong.isEmpty { try writer.perform { try Rollups(adding: wrong).write(to: $0.db) } }
    return found
  }

  /// Looks at the next page. Returns its last order, nil where there was none.
  private func examine(
    after: String, _ supervision: Supervision, _ found: inout Found, _ db: any DatabaseConnection
  ) throws -> (last: String?, differing: [OrderID]) {
    let page = try db.all(
      "SELECT order_id, state, created FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2",
      [.text(after), .integer(SupervisionRebuild.ordersInOne)]
    ) { row in (id: try OrderID(row.text(0)), state: row.blob(1), created: row.int(2)) }
    var differing: [OrderID] = []
    for order in page {
      found.orders += 1
      // A state that cannot be read is the other rebuild's to put right.
      guard let state = try? OrderState(id: order.id, stored: order.state),
        let history = try? HubLog.history(order.id, db)
      else { continue }
      let milestones = Milestones(log: history.compactMap(\.change), in: state)
      var wanted = SupervisionRows(of: OrderView(state), milestones, created: order.created, supervision)
      wanted.deadlines.sort { ($0.assignment, $0.stage) < ($1.assignment, $1.stage) }
      guard try SupervisionRows.stored(order.id, db) != wanted else { continue }
      differing.append(order.id)
    }
    found.differing += differing
    return (page.last?.id.text, differing)
  }

  /// By how much each sum is wrong.
  static func wrongSums(_ db: any DatabaseConnection) throws -> [RollupKey: Figures] {
    var sums: [RollupKey: Figures] = [:]
    try db.query("SELECT contribution FROM followed", []) { row in
      let contribution = Contribution(bytes: row.blob(0))
      for (cell, figures) in contribution.cells {
        for key in Rollups.keys(cell, contribution) { sums[key, default: Figures()] += figures }
      }
    }
    try db.query("SELECT span, sector, platform, district, figures FROM rollup", []) { row in
      let key = RollupKey(span: row.int(0), sector: row.text(1), platform: row.text(2), district: row.text(3))
      sums[key, default: Figures()] -= Figures(bytes: row.blob(4))
    }
    return sums.filter { !$0.value.isEmpty }
  }
}
