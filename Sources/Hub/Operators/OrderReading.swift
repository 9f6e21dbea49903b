// One order as a page about it needs it, read in one snapshot: its state, and a run of its log that has a bound however long the log is.

import Core

struct OrderReading: Sendable {
  let view: OrderView
  /// Changes stored of it.
  let changes: Int
  /// When the hub first stored it, and when it last changed.
  let created: Int
  let updated: Int
  /// A run of the log, oldest first.
  let history: [HistoryItem]
  /// Changes before that run.
  let earlier: Int
  /// Personal values by their commitments: masked, or in plain for who asked for them and stands in the audit.
  let personal: [Hash: JSON]

  var id: OrderID { view.state.id }

  /// A value with what is held in place of its commitments, which stand one level deep at most.
  func shown(_ value: JSON) -> JSON {
    if let commitment = SealedValue.commitment(in: value) { return personal[commitment] ?? value }
    guard let members = value.asObject else { return value }
    return .object(
      members.map { member in
        guard let commitment = SealedValue.commitment(in: member.value) else { return member }
        return JSON.Member(member.key, personal[commitment] ?? member.value)
      })
  }

  /// - Parameters:
  ///   - end: how many changes of the log come before the end of the run; nil for all.
  ///   - limit: how many changes the run has at most.
  ///   - masking: whether personal values are shown as ``Masking`` leaves them.
  static func read(
    _ order: OrderID, end: Int? = nil, limit: Int, masking: Bool = true, _ db: any DatabaseConnection
  ) throws -> OrderReading {
    let row = try db.first(
      "SELECT state, changes, created, updated FROM orders WHERE order_id = $1", [.text(order.text)]
    ) { row in
      (
        state: try HubLog.state(order, stored: row.blob(0), db), changes: row.int(1), created: row.int(2),
        updated: row.int(3)
      )
    }
    guard let row else { throw Problem(.notFound, "there is no order '\(order)'") }
    let end = min(max(end ?? row.changes, 0), row.changes)
    let start = max(0, end - limit)
    let history = try db.all(
      """
      SELECT replica, n, hash, verdict, received, line FROM change
      WHERE order_id = $1 AND ordinal > $2 AND ordinal <= $3 ORDER BY ordinal
      """, [.text(order.text), .integer(start), .integer(end)], HubLog.item)
    let plain = try HubLog.personalValues(of: order, db)
    return OrderReading(
      view: OrderView(row.state), changes: row.changes, created: row.created, updated: row.updated, history: history,
      earlier: start, personal: masking ? plain.mapValues(Masking.masked) : plain)
  }
}
