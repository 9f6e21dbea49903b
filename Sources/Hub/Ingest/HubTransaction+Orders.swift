// How an order's row is written at the end of a transaction: its state, the columns that lists are made of, its words in the index, and
// the tally of orders by status. What a state becomes is decided before.

import Core

/// The columns of an order that lists and counts are made of. Each of them is in some index, so they are written only when they change.
struct OrderListing: Equatable {
  var number: String?
  var title = ""
  var kind: String?
  var sector: String?
  var priority = ""
  var status = ""
  var lead: String?
  var due: Int?
  var isOpen = false
  var isEmergency = false
  var isConfidential = false
  var conflicts = 0
  var contradictions = 0
  var requests = 0
  /// Of what is searched (`SearchText.mark`).
  var textMark: Int?
  /// When the status becomes another one although nothing is written; nil where it does not.
  var statusUntil: Int?

  init() {}

  init(_ row: OrderRow, _ view: OrderView, now: Int) {
    let status = view.status(now: now)
    let lead = view.assignments.last { $0.isLead && $0.isActive } ?? view.assignments.last(where: \.isLead)
    number = view.number
    title = view.title
    kind = row.state.value("kind")?.asString
    sector = row.state.value("sector")?.asString
    priority = view.priority
    self.status = status.rawValue
    self.lead = lead?.platform
    due = row.state.value("due/complete")?["at"]?.asInt
    isOpen = !status.isOver
    isEmergency = row.isEmergency
    isConfidential = view.isConfidential
    conflicts = row.state.conflicts.count
    contradictions = view.contradictions.count
    requests = view.openRequests.count
    textMark = SearchText.mark(of: row.state)
    statusUntil = status == .suspended ? view.suspensionEnd : nil
  }

  /// In the order of ``read(_:from:)``.
  static let columns = """
    number, title, kind, sector, priority, status, lead, due, is_open, is_emergency, is_confidential, conflicts, contradictions,
    requests, text_mark, status_until
    """

  static func read(_ row: any SQLRow, from first: Int) -> OrderListing {
    var listing = OrderListing()
    listing.number = row.optionalText(first)
    listing.title = row.text(first + 1)
    listing.kind = row.optionalText(first + 2)
    listing.sector = row.optionalText(first + 3)
    listing.priority = row.text(first + 4)
    listing.status = row.text(first + 5)
    listing.lead = row.optionalText(first + 6)
    listing.due = row.optionalInt(first + 7)
    listing.isOpen = row.int(first + 8) == 1
    listing.isEmergency = row.int(first + 9) == 1
    listing.isConfidential = row.int(first + 10) == 1
    listing.conflicts = row.int(first + 11)
    listing.contradictions = row.int(first + 12)
    listing.requests = row.int(first + 13)
    listing.textMark = row.optionalInt(first + 14)
    listing.statusUntil = row.optionalInt(first + 15)
    return listing
  }
}

extension HubTransaction {
  /// Writes an order that was changed: what differs from what is stored.
  func write(_ id: OrderID, _ row: OrderRow, _ listing: OrderListing, _ tally: inout Tally) throws {
    if listing.textMark != row.listing?.textMark { try writeWords(id, row) }
    note(row, listing, in: &tally)
    // Who joined was taken to join an open order.
    if row.listing?.isOpen ?? true != listing.isOpen || (row.talliedFor != row.concerned && !listing.isOpen) {
      try db.execute(
        "UPDATE concern SET is_open = $1 WHERE order_id = $2", [.flag(listing.isOpen), .text(id.text)])
    }
    if let former = row.listing, former == listing {
      try db.execute(
        "UPDATE orders SET state = $1, changes = $2, entries = $3, updated = $4, digest = $5 WHERE order_id = $6",
        [
          .blob(row.state.stored), .integer(row.changes), .integer(row.entries), .integer(row.updated),
          .blob(row.digest.bytes), .text(id.text),
        ])
    } else {
      try writeWhole(id, row, listing)
    }
    guard row.listing != listing || row.storedChanges != row.changes || row.talliedFor != row.concerned else { return }
    orders.update(id, default: row) {
      $0.listing = listing
      $0.storedChanges = $0.changes
      $0.talliedFor = $0.concerned
    }
  }

  /// Counts the order where it is now and no longer where it was.
  private func note(_ row: OrderRow, _ listing: OrderListing, in tally: inout Tally) {
    tally.addChanges(row.changes - row.storedChanges)
    let hasMoved = row.listing?.status != listing.status || row.listing?.sector != listing.sector
    guard hasMoved || row.talliedFor != row.concerned else { return }
    if let former = row.listing {
      for platform in row.talliedFor.map(\.text) + [""] {
        tally.add(-1, platform: platform, sector: former.sector, status: former.status)
      }
    }
    for platform in row.concerned.map(\.text) + [""] {
      tally.add(1, platform: platform, sector: listing.sector, status: listing.status)
    }
  }

  private func writeWhole(_ id: OrderID, _ row: OrderRow, _ listing: OrderListing) throws {
    try db.execute(
      """
      INSERT INTO orders (order_id, state, changes, entries, number, title, kind, sector, priority, status, lead, due,
        created, updated, is_open, is_emergency, is_confidential, conflicts, contradictions, requests, digest, text_mark, place,
        status_until)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
      ON CONFLICT (order_id) DO UPDATE SET state = excluded.state, changes = excluded.changes, entries = excluded.entries,
        number = excluded.number, title = excluded.title, kind = excluded.kind, sector = excluded.sector,
        priority = excluded.priority, status = excluded.status, lead = excluded.lead, due = excluded.due,
        updated = excluded.updated, is_open = excluded.is_open, is_emergency = excluded.is_emergency,
        is_confidential = excluded.is_confidential, conflicts = excluded.conflicts,
        contradictions = excluded.contradictions, requests = excluded.requests, digest = excluded.digest,
        text_mark = excluded.text_mark, status_until = excluded.status_until
      """,
      [
        .text(id.text), .blob(row.state.stored), .integer(row.changes), .integer(row.entries),
        .optional(listing.number), .text(listing.title), .optional(listing.kind), .optional(listing.sector),
        .text(listing.priority), .text(listing.status), .optional(listing.lead), .optional(listing.due),
        .integer(row.created), .integer(row.updated), .flag(listing.isOpen), .flag(listing.isEmergency),
        .flag(listing.isConfidential), .integer(listing.conflicts), .integer(listing.contradictions),
        .integer(listing.requests), .blob(row.digest.bytes), .optional(listing.textMark), .integer(row.place),
        .optional(listing.statusUntil),
      ])
  }

  /// Takes the former words out of the index, as the stored state has them, and puts the present ones in.
  private func writeWords(_ id: OrderID, _ row: OrderRow) throws {
    // Of an index that is being made anew this order's turn may still come, and its row will be as it is then.
    guard try OrderIndex.progress(db).hasIndexed(row.place) else { return }
    if let formerMark = row.listing?.textMark {
      let stored = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(id.text)]) { $0.blob(0) }
      guard let former = stored.flatMap({ try? OrderState(id: id, stored: $0) }),
        SearchText.mark(of: former) == formerMark
      else { return try OrderIndex.spoil(db) }
      try OrderIndex.take(former, created: row.created, place: row.place, db)
    }
    try OrderIndex.put(row.state, created: row.created, place: row.place, db)
  }

  /// The next place in lists: orders have them in the order in which this database first stored them. Given at once, so that what is
  /// rolled back leaves a gap and nothing else.
  func nextPlace() throws -> Int {
    // orders_by_place
    let last = try lastPlace ?? db.count("SELECT COALESCE(MAX(place), 0) FROM orders")
    lastPlace = last + 1
    return last + 1
  }
}
