// A platform's feed, read: does a cursor hold, and what comes after it, emergency lane first. Positions are handed out by the writer.

import Core

/// A page of a feed.
struct FeedPage: Sendable {
  var head: Cursor
  /// The new value of the reader's lane.
  var lane: Int
  var entries: [Entry]
}

enum Feed {
  /// True if the feed has this position with this running hash, and everything behind it.
  static func holds(_ cursor: Cursor, of platform: PlatformName, _ db: any DatabaseConnection) throws -> Bool {
    if cursor.position == 0 { return try cursor.feedHash == .zero && cut(of: platform, db) <= 1 }
    let hash = try db.first(
      "SELECT feed_hash FROM feed WHERE platform = $1 AND position = $2",
      [.text(platform.text), .integer(cursor.position)]
    ) { $0.blob(0) }
    return hash == cursor.feedHash.bytes
  }

  /// The first position that is still there, 0 where all are (FeedCut).
  static func cut(of platform: PlatformName, _ db: any DatabaseConnection) throws -> Int {
    try db.first("SELECT feed_cut FROM platform WHERE platform = $1", [.text(platform.text)]) { $0.int(0) } ?? 0
  }

  static func head(of platform: PlatformName, _ db: any DatabaseConnection) throws -> Cursor {
    let found = try db.first("SELECT feed_head, feed_hash FROM platform WHERE platform = $1", [.text(platform.text)]) {
      row in (row.int(0), row.blob(1))
    }
    guard let found, let hash = Hash(bytes: found.1) else { return .start }
    return Cursor(position: found.0, feedHash: hash)
  }

  /// What comes after the reader's cursor: open emergencies beyond its lane first, else the feed in order.
  static func page(_ request: PullRequest, for platform: PlatformName, _ db: any DatabaseConnection) throws -> FeedPage
  {
    let lane = max(request.lane, request.after.position)
    var page = FeedPage(head: try head(of: platform, db), lane: lane, entries: [])
    var reader = FeedReader(db: db, platform: platform, run: request.run)
    if page.head.position > lane {
      // From the few open emergencies (orders_in_emergency) to the feed, not from the platform's many orders: CROSS JOIN says so.
      // An order escalated beyond the lane comes whole from `after`; its key is where it was escalated.
      try reader.read(
        """
        SELECT f.position, f.feed_hash, \(FeedReader.columns),
          CASE WHEN c.lane_from > f.position THEN c.lane_from ELSE f.position END AS lane_key
        FROM orders o CROSS JOIN concern c
        CROSS JOIN feed f CROSS JOIN change ch
        WHERE o.is_emergency = 1 AND c.order_id = o.order_id AND c.platform = $1
          AND f.platform = c.platform AND f.order_id = c.order_id AND f.position > $2
          AND ch.platform = f.author AND ch.replica = f.replica AND ch.n = f.n
          AND CASE WHEN c.lane_from > f.position THEN c.lane_from ELSE f.position END > $3
        ORDER BY lane_key, f.position LIMIT $4
        """,
        [.text(platform.text), .integer(request.after.position), .integer(lane), .integer(request.limit + 1)],
        keyColumn: FeedReader.columnCount + 2)
      let (entries, newLane) = reader.takeLane(limit: request.limit, lane: lane, head: page.head.position)
      page.entries = entries
      page.lane = newLane
      // Orders that are no emergency lie between: they come by `after` in their turn.
      if !entries.isEmpty { return page }
      if reader.isEmpty { page.lane = page.head.position }
    }
    reader = FeedReader(db: db, platform: platform, run: request.run)
    try reader.read(
      """
      SELECT f.position, f.feed_hash, \(FeedReader.columns)
      FROM feed f JOIN change ch ON ch.platform = f.author AND ch.replica = f.replica AND ch.n = f.n
      WHERE f.platform = $1 AND f.position > $2 ORDER BY f.position LIMIT $3
      """, [.text(platform.text), .integer(request.after.position), .integer(request.limit)], keyColumn: nil)
    page.entries = reader.takeAll()
    page.lane = max(page.lane, page.entries.last?.head.position ?? 0)
    return page
  }

  /// These changes as the platform's feed has them or had them before it was cut, with lines and what it may have of sealed values, as
  /// many of the first ones as a body holds. Whoever is concerned is fed all of an order; nothing else is there for it.
  static func entries(
    of dots: [Dot], for platform: PlatformName, _ db: any DatabaseConnection
  ) throws -> [Entry] {
    var reader = FeedReader(db: db, platform: platform, run: nil)
    for dot in dots where !reader.isFull {
      try reader.read(
        """
        SELECT f.position, f.feed_hash, \(FeedReader.columns)
        FROM change ch JOIN concern c ON c.platform = $1 AND c.order_id = ch.order_id
        LEFT JOIN feed f ON f.platform = $1 AND f.order_id = ch.order_id
          AND f.author = ch.platform AND f.replica = ch.replica AND f.n = ch.n
        WHERE ch.platform = $2 AND ch.replica = $3 AND ch.n = $4 ORDER BY f.position LIMIT 1
        """,
        [.text(platform.text), .text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n)],
        keyColumn: nil)
    }
    return reader.takeAll().map { entry in
      var entry = entry
      entry.head.position = nil
      entry.head.feedHash = nil
      return entry
    }
  }
}

/// Turns feed rows into entries: heads alone for the run that pulls and where the line's bytes are not what was hashed, sealed
/// values only for whom they are.
private struct FeedReader {
  let db: any DatabaseConnection
  let platform: PlatformName
  let run: Run?
  private var entries: [(entry: Entry, key: Int, bytes: Int)] = []
  private var bytes = 0
  /// True where a page's bytes ran out before its rows.
  private var isCut = false
  /// By order: the position from which the platform may have a lead's values, nil where it may not.
  private var leads: [OrderID: Int?] = [:]

  static let columns =
    "ch.order_id, ch.replica, ch.n, ch.prev, ch.hash, ch.receipt, ch.verdict, ch.received, ch.notes, ch.line"
  static let columnCount = 10

  init(db: any DatabaseConnection, platform: PlatformName, run: Run?) {
    self.db = db
    self.platform = platform
    self.run = run
  }

  /// Half the limit of a body: heads and sealed values need room too.
  private static let maxBytes = Limits.maxBatchBytes / 2
  /// Of sealed values in one head; the agent names the others as lacking.
  private static let maxSealedBytes = 64 * 1024
  /// Changes that an assignment's values are gathered from, newest first.
  private static let maxSealedChanges = 64

  mutating func read(_ sql: String, _ arguments: [SQLValue], keyColumn: Int?) throws {
    var rows: [(entry: Entry, notes: Int, line: [UInt8], key: Int)] = []
    var total = 0
    try db.query(sql, arguments) { row in
      guard total < FeedReader.maxBytes else {
        isCut = true
        return
      }
      let isCutOff = row.isNull(0)
      guard let feedHash = isCutOff ? .zero : Hash(bytes: row.blob(1)), let hash = Hash(bytes: row.blob(6)),
        let receipt = Hash(bytes: row.blob(7))
      else { throw StoreError.corrupt("a feed entry of \(platform) has no hash") }
      var head = Head(
        order: try OrderID(row.text(2)), dot: Dot(try ReplicaID(row.text(3)), row.int(4)), prev: row.int(5), hash: hash)
      if !isCutOff {
        head.position = row.int(0)
        head.feedHash = feedHash
      }
      head.receipt = receipt
      head.verdict = Verdict(rawValue: row.text(8))
      head.received = row.int(9)
      head.isLane = keyColumn != nil
      let line = row.blob(11)
      let isOwn = run.map { $0.replica == head.dot.replica && head.dot.n <= $0.n } ?? false
      // A line that the disk has changed is not sent on: the agent puts the head aside and goes on.
      let isSound = Hash.of(line) == hash
      let goesAlone = isOwn || head.verdict == .unreadable || !isSound
      total += goesAlone ? 256 : line.count + 256
      rows.append(
        (
          Entry(head: head, line: goesAlone ? nil : line), isSound ? row.int(10) : 0, line,
          keyColumn.map { row.int($0) } ?? 0
        ))
    }
    for row in rows {
      var entry = row.entry
      if row.notes != 0 { entry.head.sealed = try sealed(entry.head, notes: row.notes, line: row.line) }
      let size = (entry.line?.count ?? 0) + entry.head.sealed.reduce(256) { $0 + $1.value.bytes.count }
      // A page ends before it would be too large for a body, but never empty.
      if bytes + size > FeedReader.maxBytes * 3 / 2, !entries.isEmpty {
        isCut = true
        break
      }
      bytes += size
      entries.append((entry, row.key, size))
    }
  }

  var isEmpty: Bool { entries.isEmpty }
  /// A body holds no more.
  var isFull: Bool { isCut || bytes >= FeedReader.maxBytes }

  func takeAll() -> [Entry] { entries.map(\.entry) }

  /// Whole groups of one lane key, so that the lane never passes part of an order; the lane's new value with them.
  func takeLane(limit: Int, lane: Int, head: Int) -> (entries: [Entry], lane: Int) {
    if entries.count <= limit, !isCut { return (takeAll(), head) }
    guard let last = entries.last?.key, let cut = entries.lastIndex(where: { $0.key < last }) else {
      // One order's history is larger than a page: it comes in the feed's order instead.
      return ([], lane)
    }
    return (entries[...cut].map(\.entry), entries[cut].key)
  }

  /// The position of the platform's first lead assignment, where it leads the order now and may know who called.
  private mutating func leadFrom(_ order: OrderID) throws -> Int? {
    if let known = leads[order] { return known }
    let found = try db.first(
      """
      SELECT c.lead_from, c.is_lead, o.is_confidential FROM concern c JOIN orders o ON o.order_id = c.order_id
      WHERE c.order_id = $1 AND c.platform = $2
      """, [.text(order.text), .text(platform.text)]
    ) { row in row.int(1) == 1 && row.int(2) == 0 ? row.optionalInt(0) : nil }
    let from = found.flatMap { $0 }
    leads[order] = .some(from)
    return from
  }

  /// What the platform wrote itself always; a lead's from its assignment on, and with the assignment what came before it. What was cut
  /// off the feed has no place before or behind the assignment: a lead that compares gets its values.
  private mutating func sealed(_ head: Head, notes: Int, line: [UInt8]) throws -> [SealedValue] {
    let from = try leadFrom(head.order)
    if notes & ChangeNotes.assigns != 0, let from, from == head.position {
      let lines = try db.all(
        """
        SELECT line FROM change WHERE order_id = $1 AND notes % 2 = 1 ORDER BY ordinal DESC LIMIT $2
        """, [.text(head.order.text), .integer(FeedReader.maxSealedChanges)]
      ) { $0.blob(0) }
      return try values(of: lines, head.order, mayLead: true)
    }
    guard notes & ChangeNotes.sealed != 0 else { return [] }
    return try values(of: [line], head.order, mayLead: from.map { (head.position ?? .max) > $0 } ?? false)
  }

  /// The values that these lines name, in this order, as far as one head carries them. Whose a value is says the row that was
  /// kept with it: a line can name any commitment.
  private func values(of lines: [[UInt8]], _ order: OrderID, mayLead: Bool) throws -> [SealedValue] {
    var wanted: [SealedValue] = []
    var named: Set<Hash> = []
    var left = FeedReader.maxSealedBytes
    for line in lines {
      // A line that cannot be read any more names nothing.
      guard let change = try? ChangeLine.decode(line) else { continue }
      for mention in change.sealedMentions where named.insert(mention.commitment).inserted {
        let found = try db.first(
          """
          SELECT nonce, value FROM sealed
          WHERE order_id = $1 AND commitment = $2 AND (author = $3 OR for_lead = 1 AND $4 = 1)
          """,
          [.text(order.text), .blob(mention.commitment.bytes), .text(platform.text), .flag(mayLead)]
        ) { row in SealedValue(nonce: row.blob(0), value: try JSONText(checking: row.blob(1))) }
        guard let value = found else { continue }
        left -= value.value.bytes.count
        if left < 0 { return wanted }
        wanted.append(value)
      }
    }
    return wanted
  }
}
