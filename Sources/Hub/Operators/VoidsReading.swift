// What the list of voids reads: changes that are void or were, the last said first, each with who said so and why.

import Core

/// A change that is void, or was and counts again.
struct VoidChange: Sendable {
  /// What it wrote.
  enum Part: Sendable {
    case register(String)
    case entry(String)
  }

  let dot: String
  let platform: String
  let order: String
  let number: String
  let title: String
  /// Nil where the change itself is not held.
  let received: Int?
  /// When it was voided or reinstated.
  let at: Int
  let reason: String
  let isVoid: Bool
  /// Who voided it; nil where it counts again, or where that cannot be read.
  let by: Author?
  let wrote: [Part]

  /// `{"dot","platform","order","number","title","received"?,"at","reason","void","by"?,"wrote":[{"register"}|{"entry"}]}`
  var json: JSON {
    let parts = wrote.map { part -> JSON in
      switch part {
      case .register(let name): ["register": .string(name)]
      case .entry(let kind): ["entry": .string(kind)]
      }
    }
    return .compact([
      ("dot", .string(dot)), ("platform", .string(platform)), ("order", .string(order)), ("number", .string(number)),
      ("title", .string(title)), ("received", received.map(JSON.int)), ("at", .int(at)), ("reason", .string(reason)),
      ("void", .bool(isVoid)), ("by", by.map(\.document)), ("wrote", .array(parts)),
    ])
  }

  static let maxShown = 200

  static func read(_ hotline: Hotline) throws -> [VoidChange] {
    try hotline.database.read { db in
      let rows = try db.all(
        // voiding_by_time
        "SELECT order_id, replica, n, at FROM voiding ORDER BY at DESC, order_id, replica, n LIMIT $1",
        [.integer(maxShown)]
      ) { row in (order: try OrderID(row.text(0)), dot: Dot(try ReplicaID(row.text(1)), row.int(2)), at: row.int(3)) }
      var views: [OrderID: OrderView] = [:]
      return try rows.map { row in
        if views[row.order] == nil {
          views[row.order] = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(row.order.text)]) {
            OrderView(try HubLog.state(row.order, stored: $0.blob(0), db))
          }
        }
        let view = views[row.order]
        let void = view?.state.shown("void/\(row.dot)").flatMap { $0.value.isNull ? nil : $0 }
        let target = try item(row.dot, db)
        return VoidChange(
          dot: row.dot.description, platform: row.dot.replica.platform.text, order: row.order.text,
          number: view?.number ?? row.order.text, title: view?.title ?? "", received: target?.received, at: row.at,
          reason: void?.value.json["reason"]?.asString ?? "", isVoid: view?.state.isVoid(row.dot) ?? false,
          by: try void.flatMap { try item($0.dot, db)?.change?.author },
          wrote: (target?.change?.edits ?? []).map { edit in
            switch edit {
            case .set(let register, _): .register(register)
            case .append(let kind, _): .entry(kind)
            }
          })
      }
    }
  }

  private static func item(_ dot: Dot, _ db: any DatabaseConnection) throws -> HistoryItem? {
    try db.first(
      """
      SELECT replica, n, hash, verdict, received, line FROM change
      WHERE platform = $1 AND replica = $2 AND n = $3
      """, [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)], HubLog.item)
  }
}
