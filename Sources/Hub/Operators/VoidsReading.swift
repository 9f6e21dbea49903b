// What the list of voids reads: changes that are void or were, the last said first, each with who said so and why.

import Core

extension OrderState {
  /// True if the change is void because its number came with two contents, and the hub wrote them again: they count, and to reinstate it
  /// would change nothing. One that could not be read was not written again.
  func isForkWrittenAgain(_ dot: Dot, _ item: HistoryItem?) -> Bool {
    guard isVoid(dot), value("void/\(dot)")?.text("reason") == HubTransaction.forkReason else { return false }
    guard let item else { return isWrittenAgain(dot, origin: nil) }
    return item.change.map { isWrittenAgain(dot, origin: $0.origin?.dot) } ?? false
  }
}

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
  /// True if what it wrote counts all the same, written again by the hub.
  let isWrittenAgain: Bool
  /// Who voided it; nil where it counts again, or where that cannot be read.
  let by: Author?
  let wrote: [Part]

  /// A page of the list.
  struct Page: Sendable {
    let voids: [VoidChange]
    /// Where the next one goes on, nil where nothing is left.
    let next: String?

    /// `{"voids":[…],"next"?}`
    var json: JSON { .compact([("voids", .array(voids.map(\.json))), ("next", next.map(JSON.string))]) }
  }

  /// `{"dot","platform","order","number","title","received"?,"at","reason","void","writtenAgain"?,"by"?,"wrote":[{"register"}|{"entry"}]}`
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
      ("void", .bool(isVoid)), ("writtenAgain", isWrittenAgain ? .bool(true) : nil), ("by", by.map(\.document)),
      ("wrote", .array(parts)),
    ])
  }

  static let maxShown = 200

  private struct Listed {
    let order: OrderID
    let dot: Dot
    let at: Int

    var mark: String { "\(at),\(order.text),\(dot.replica.text),\(dot.n)" }

    /// Before all of them.
    static let beginning: [SQLValue] = [.integer(Int.max), .text(""), .text(""), .integer(0)]

    /// The values of a mark.
    static func values(_ mark: String) throws(Problem) -> [SQLValue] {
      let parts = mark.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 4, let at = Int(parts[0]), let n = Int(parts[3]) else {
        throw Problem(.badCommand, "'after' is what the page before named as 'next'")
      }
      return [.integer(at), .text(parts[1]), .text(parts[2]), .integer(n)]
    }
  }

  /// - Parameter after: what the page before named as its next.
  static func read(_ hotline: Hotline, after: String? = nil, limit: Int = maxShown) throws -> Page {
    let from = try after.map { mark throws(Problem) in try Listed.values(mark) } ?? Listed.beginning
    return try hotline.database.read { db in
      let found = try db.all(
        // voiding_by_time
        """
        SELECT order_id, replica, n, at FROM voiding
        WHERE at <= $1 AND (at < $1 OR (order_id, replica, n) > ($2, $3, $4))
        ORDER BY at DESC, order_id, replica, n LIMIT $5
        """, from + [.integer(limit + 1)]
      ) { row in
        Listed(order: try OrderID(row.text(0)), dot: Dot(try ReplicaID(row.text(1)), row.int(2)), at: row.int(3))
      }
      let rows = found.prefix(limit)
      var views: [OrderID: OrderView] = [:]
      let voids = try rows.map { row in
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
          isWrittenAgain: view?.state.isForkWrittenAgain(row.dot, target) ?? false,
          by: try void.flatMap { try item($0.dot, db)?.change?.author },
          wrote: (target?.change?.edits ?? []).map { edit in
            switch edit {
            case .set(let register, _): .register(register)
            case .append(let kind, _): .entry(kind)
            }
          })
      }
      return Page(voids: voids, next: found.count > limit ? rows.last?.mark : nil)
    }
  }

  /// Such a change as it was received, whatever became of it, as ``Hotline/quarantined(_:)`` has those that were set aside; nil where it
  /// never was void.
  static func line(of text: String, _ hotline: Hotline) throws -> JSON? {
    guard let dot = try? Dot(text) else { return nil }  // what is no dot is refused by who is asked next
    return try hotline.database.read { db in
      let held = try db.first(
        // The keys of change and of voiding.
        """
        SELECT c.order_id, c.received, c.line FROM change c
        JOIN voiding v ON v.order_id = c.order_id AND v.replica = c.replica AND v.n = c.n
        WHERE c.platform = $1 AND c.replica = $2 AND c.n = $3 AND c.verdict <> 'unreadable'
        """, [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)]
      ) { row in (order: try OrderID(row.text(0)), received: row.int(1), line: row.blob(2)) }
      guard let held else { return nil }
      let state = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(held.order.text)]) {
        try HubLog.state(held.order, stored: $0.blob(0), db)
      }
      let isWrittenAgain = try state?.isForkWrittenAgain(dot, item(dot, db)) ?? false
      return [
        "id": .string(dot.description), "platform": .string(dot.replica.platform.text),
        "replica": .string(dot.replica.text), "dot": .string(dot.description), "order": .string(held.order.text),
        "at": .int(held.received), "reason": .string(state?.value("void/\(dot)")?.text("reason") ?? ""),
        "void": .bool(state?.isVoid(dot) ?? false), "writtenAgain": .bool(isWrittenAgain),
        "bytes": .int(held.line.count),
        "line": .string(String(decoding: held.line, as: UTF8.self)),
      ]
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
