// What pages of orders ask beside a list: rows by their ids, places, callers, and orders as an export has them. Lists are OrderList's.

import Core

enum OrderRows {
  /// For each of the texts the open orders whose number, references, title, address or description has its words: so many at most, the
  /// newest first. Those of ``addresses`` are some too many: the caller compares them.
  static func open(
    having texts: [String], addresses: Set<String> = [], limit: Int, _ db: any DatabaseConnection
  ) throws -> [[OrderID]] {
    guard !texts.isEmpty else { return [] }
    let open = try OrderList.OpenPlaces(db)
    return try texts.map { text in
      var filter = OrderFilter()
      filter.text = text
      let page = try OrderList.page(
        filter, after: nil, limit: limit, now: 0, among: open, looking: !addresses.contains(text), db)
      return page.rows.map(\.id)
    }
  }

  /// These orders, in this order; those that are not there are left out.
  static func rows(_ orders: [OrderID], _ db: any DatabaseConnection) throws -> [OrderRowShown] {
    try orders.compactMap { order in
      try db.first(
        "SELECT \(OrderPath.columns) FROM orders o WHERE o.order_id = $1", [.text(order.text)], OrderPath.read)
    }
  }

  /// These orders as an export has them.
  static func exported(_ rows: [OrderRowShown], _ db: any DatabaseConnection) throws -> [ExportedOrder] {
    try rows.compactMap { row in
      let state = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(row.id.text)]) {
        try HubLog.state(row.id, stored: $0.blob(0), db)
      }
      guard let state else { return nil }
      let view = OrderView(state)
      let caller = try state.value("caller").flatMap { SealedValue.commitment(in: $0) }.flatMap { commitment in
        try db.first(
          "SELECT value FROM sealed WHERE order_id = $1 AND commitment = $2",
          [.text(row.id.text), .blob(commitment.bytes)]
        ) { try JSONText(checking: $0.blob(0)).json }
      }
      return ExportedOrder(view: view, updated: row.updated, caller: caller)
    }
  }

  /// Open orders whose caller has this number, the newest first.
  ///
  /// - Parameter key: by which numbers are found.
  static func openOfCaller(
    _ phone: PhoneNumber, key: [UInt8], _ db: any DatabaseConnection
  ) throws -> [OrderID] {
    let rows = try rows(try NumberIndex.orders(with: phone, key: key, db), db).filter(\.isOpen)
    let ofCaller = try rows.filter { row in
      // What somebody noted for his own eyes makes nobody the caller.
      try db.all("SELECT value FROM sealed WHERE order_id = $1 AND for_lead = 1", [.text(row.id.text)]) {
        phone.isIn(PersonalValues.plain($0.blob(0)))
      }.contains(true)
    }
    return ofCaller.sorted { ($0.created, $0.place) > ($1.created, $1.place) }.map(\.id)
  }

  /// The location registers of those orders that have one.
  static func locations(_ orders: [OrderID], _ db: any DatabaseConnection) throws -> [OrderID: JSON] {
    var found: [OrderID: JSON] = [:]
    for order in orders {
      let state = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) {
        try HubLog.state(order, stored: $0.blob(0), db)
      }
      found[order] = state?.value("location")
    }
    return found
  }
}
