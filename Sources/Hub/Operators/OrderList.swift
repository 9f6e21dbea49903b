// A page of the orders that pass a filter, newest first, and how many there are. Each way through the orders is one statement over one
// index, named beside it; what that index does not decide is decided row by row, and of rows that do not pass a page looks at so many at
// most. What is searched and how words lie is Search's.

import Core

enum OrderList {
  struct Page: Sendable {
    var rows: [OrderRowShown] = []
    /// Where the next page goes on, nil where nothing is left. A page may be short, even empty, and still name one: then it has looked at
    /// as many orders as one page may.
    var next: OrderMark?
  }

  /// Rows that one page looks at: some 12 µs each.
  static let maxLooked = 1_500
  /// Words' orders that one page passes over by their place alone: some 0.2 µs each.
  static let maxPassed = 100_000
  /// What it costs, in rows looked at, to read an order's texts for nothing.
  private static let readingCost = 8
  /// Rows read at once, where the first ones, as many as a page has, did not fill it.
  private static let chunk = 200

  /// - Parameters:
  ///   - after: the mark that the page before named.
  ///   - open: what is open in this snapshot, where the caller has read it; a search for words reads it else.
  ///   - looking: false where the caller looks into the texts itself; then the index may have given some orders too many.
  static func page(
    _ filter: OrderFilter, after: OrderMark?, limit: Int, now: Int, among open: OpenPlaces? = nil, looking: Bool = true,
    _ db: any DatabaseConnection
  ) throws -> Page {
    // Of a sector that never had to do with the platform a page would look at thousands in vain.
    if let platform = filter.platform, let sector = filter.sector,
      try Tally.byStatus(platform: platform, sector: sector, db).isEmpty
    {
      return Page()
    }
    let place = try after.flatMap { mark in
      try db.first("SELECT place FROM orders WHERE order_id = $1", [.text(mark.order)]) { $0.int(0) }
    }
    if let text = filter.text {
      guard let question = SearchQuestion(text) else { return Page() }
      return try found(
        question, filter, among: open, before: place ?? Int.max, limit: limit, now: now,
        looking: looking && !question.isDecidedByIndex, db)
    }
    var from = OrderPath.Position(value: filter.isOverdue ? Int.min : filter.until ?? Int.max, place: 0)
    if let after { from = .init(value: after.value, place: place ?? (filter.isOverdue ? Int.max : 0)) }
    let path = OrderPath(filter, now: now)
    var page = Page()
    var looked = 0
    while true {
      let chunk = looked == 0 ? min(limit + 1, chunk) : chunk
      let rows = try path.rows(from: from, limit: chunk, db)
      for row in rows {
        looked += 1
        guard try passes(row, filter, path, now: now, db) else { continue }
        if page.rows.count == limit {
          page.next = page.rows.last.map { mark($0, filter) }
          return page
        }
        page.rows.append(row)
      }
      guard rows.count == chunk, let last = rows.last else { return page }
      from = OrderPath.Position(value: filter.isOverdue ? last.due ?? 0 : last.created, place: last.place)
      if looked >= maxLooked {
        page.next = mark(last, filter)
        return page
      }
    }
  }

  private static func mark(_ row: OrderRowShown, _ filter: OrderFilter) -> OrderMark {
    OrderMark(value: filter.isOverdue && filter.text == nil ? row.due ?? 0 : row.created, order: row.id.text)
  }

  /// What the path's index does not decide.
  static func passes(
    _ row: OrderRowShown, _ filter: OrderFilter, _ path: OrderPath?, now: Int, _ db: any DatabaseConnection
  ) throws -> Bool {
    guard filter.passes(row, now: now) else { return false }
    guard let platform = filter.platform, path?.isOfPlatform != true else { return true }
    // The primary key.
    return try db.count(
      "SELECT COUNT(*) FROM concern WHERE order_id = $1 AND platform = $2", [.text(row.id.text), .text(platform)]) > 0
  }

  // MARK: Words

  /// Orders that have the words, the last stored first. What is open is little: then the words' orders are held against those before any
  /// row is read.
  private static func found(
    _ question: SearchQuestion, _ filter: OrderFilter, among open: OpenPlaces?, before place: Int, limit: Int, now: Int,
    looking: Bool, _ db: any DatabaseConnection
  ) throws -> Page {
    let among = filter.isOfOpenOnly ? try (open ?? OpenPlaces(db)).places : nil
    let match = OrderIndex.match(question, from: filter.from, until: filter.until)
    var page = Page()
    var before = place
    var looked = 0
    var passed = 0
    while true {
      let places = try OrderIndex.places(match, before: before, limit: among == nil ? chunk : chunk * 10, db)
      for place in places {
        passed += 1
        before = place
        if let among, !among.contains(place) { continue }
        looked += 1
        guard let row = try OrderPath.row(at: place, db) else { continue }
        guard try passes(row, filter, nil, now: now, db) else { continue }
        guard try !looking || answers(question, row, db) else {
          looked += readingCost
          continue
        }
        if page.rows.count == limit {
          page.next = page.rows.last.map { mark($0, filter) }
          return page
        }
        page.rows.append(row)
      }
      if places.count < (among == nil ? chunk : chunk * 10) { return page }
      guard looked >= maxLooked || passed >= maxPassed else { continue }
      page.next = try OrderPath.row(at: before, db).map { mark($0, filter) }
      return page
    }
  }

  private static func answers(
    _ question: SearchQuestion, _ row: OrderRowShown, _ db: any DatabaseConnection
  ) throws -> Bool {
    let state = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(row.id.text)]) { $0.blob(0) }
    return try state.map { question.isAnswered(by: SearchText.texts(of: try HubLog.state(row.id, stored: $0, db))) }
      ?? false
  }

  // MARK: The board

  /// How many orders of each status pass the filter, and of each of the statuses the newest, so many at most.
  static func board(
    _ filter: OrderFilter, statuses: [OrderStatus], size: Int, now: Int, _ db: any DatabaseConnection
  ) throws -> (counts: Counts, columns: [[OrderRowShown]]) {
    guard filter.platform == nil, !filter.isAtOdds, filter.text == nil else {
      // No index has these by status: one walk serves all columns.
      func columns(_ rows: [OrderRowShown]) -> [[OrderRowShown]] {
        statuses.map { status in Array(rows.filter { $0.status == status }.prefix(size)) }
      }
      guard filter.isOfPlatformAndSectorOnly else {
        let page = try allOpen(filter, now: now, db)
        return (Counts(page), columns(page.rows))
      }
      let counts = try counts(filter, now: now, db)
      let open = filter.ofAllOpen
      var found: [[OrderRowShown]] = []
      var rows: [OrderRowShown] = []
      var after: OrderMark?
      repeat {
        // One less than is read at once: the last tells that there are more.
        let page = try page(open, after: after, limit: chunk - 1, now: now, db)
        rows += page.rows
        found = columns(rows)
        after = page.next
      } while after != nil && rows.count < maxLooked
        && zip(statuses, found).contains { $1.count < min(size, counts.byStatus[$0] ?? 0) }
      return (counts, found)
    }
    let counts = try counts(filter, now: now, db)
    let columns = try statuses.map { status in
      let count = counts.byStatus[status] ?? 0
      guard count > 0 else { return [OrderRowShown]() }
      var narrowed = filter
      narrowed.status = status
      // No more than there are: else the last of them would be sought to the end.
      return try page(narrowed, after: nil, limit: min(size, count), now: now, db).rows
    }
    return (counts, columns)
  }

  /// The places of all open orders: some tens of thousands, read once for searches that follow each other in one snapshot.
  struct OpenPlaces: Sendable {
    /// Nil where they are too many to hold.
    fileprivate let places: Set<Int>?

    init(_ db: any DatabaseConnection) throws {
      // orders_open, alone: it has the places.
      let found = try db.all(
        "SELECT place FROM orders WHERE is_open = 1 LIMIT $1", [.integer(OrderList.maxPassed + 1)]
      ) { $0.int(0) }
      places = found.count > OrderList.maxPassed ? nil : Set(found)
    }
  }

  // MARK: Counts

  struct Counts: Sendable, Equatable {
    var byStatus: [OrderStatus: Int] = [:]
    /// False where there are more than could be counted.
    var isWhole = true
  }

  /// How many orders of each status pass the filter, whatever status or standing that names. By platform and sector alone all are counted,
  /// whatever their number; else those that are open.
  static func counts(_ filter: OrderFilter, now: Int, _ db: any DatabaseConnection) throws -> Counts {
    var counts = Counts()
    guard !filter.isOfPlatformAndSectorOnly else {
      for (word, count) in try Tally.byStatus(platform: filter.platform, sector: filter.sector, db) {
        if let status = OrderStatus(rawValue: word) { counts.byStatus[status] = count }
      }
      return counts
    }
    guard filter.platform != nil || filter.isAtOdds || filter.text != nil else {
      try db.query(
        // orders_open, alone: it has these columns.
        """
        SELECT status, COUNT(*) FROM orders WHERE is_open = 1 AND created >= $1 AND created < $2
          AND ($3 = '' OR sector = $3) AND ($4 = '' OR kind = $4) AND ($5 = '' OR priority = $5) AND ($6 = 0 OR due < $6)
        GROUP BY status
        """,
        [
          .integer(filter.from ?? 0), .integer(filter.until ?? Int.max), .text(filter.sector ?? ""),
          .text(filter.kind ?? ""), .text(filter.priority ?? ""), .integer(filter.isOverdue ? now : 0),
        ]
      ) { row in
        if let status = OrderStatus(rawValue: row.text(0)) { counts.byStatus[status] = row.int(1) }
      }
      return counts
    }
    return Counts(try allOpen(filter, now: now, db))
  }

  /// All open orders that pass, whatever status the filter names, as far as one look goes.
  private static func allOpen(_ filter: OrderFilter, now: Int, _ db: any DatabaseConnection) throws -> Page {
    return try page(
      filter.ofAllOpen, after: nil, limit: filter.text == nil ? maxLooked : maxFoundCounted, now: now, db)
  }

  /// Each of them is read to see whether it has what was searched: some 50 µs.
  private static let maxFoundCounted = 400
}

extension OrderList.Counts {
  fileprivate init(_ page: OrderList.Page) {
    self.init(isWhole: page.next == nil)
    for row in page.rows { byStatus[row.status, default: 0] += 1 }
  }
}
