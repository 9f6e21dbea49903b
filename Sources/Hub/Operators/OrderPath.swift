// The ways through the orders: for each the statement that walks along it and the index that it walks on. Which rows a list shows is
// OrderList's.

import Core

/// One way through the orders, newest first; that of the overdue ones by their deadline.
enum OrderPath: Sendable, Equatable {
  case overdue(now: Int)
  case atOdds
  case status(String, since: Int)
  case openOfPlatform(String, since: Int)
  case openOfSector(String, since: Int)
  case open(Narrowing, since: Int)
  case platform(String, since: Int)
  case pressing(String, since: Int)
  case kind(String, since: Int)
  case sector(String, since: Int)
  case all(since: Int)

  /// What the index of the open orders decides by its own columns; empty where any will do.
  struct Narrowing: Sendable, Equatable {
    var status = ""
    var sector = ""
    var kind = ""
    var priority = ""

    fileprivate var values: [SQLValue] { [status, sector, kind, priority].map(SQLValue.text) }
  }

  /// Where it goes on: behind this value of what it is sorted by, and this place.
  struct Position: Sendable, Equatable {
    var value: Int
    var place: Int
  }

  /// The one with the fewest rows that do not pass, by what such orders are: few are overdue or at odds, some are open, most are over.
  init(_ filter: OrderFilter, now: Int) {
    let since = filter.from ?? Int.min
    if filter.isOverdue {
      self = .overdue(now: now)
    } else if filter.isAtOdds {
      self = .atOdds
    } else if filter.isOfOpenOnly, let platform = filter.platform {
      self = .openOfPlatform(platform, since: since)
    } else if filter.isOfOpenOnly {
      let narrowing = Narrowing(
        status: filter.status?.rawValue ?? "", sector: filter.sector ?? "", kind: filter.kind ?? "",
        priority: filter.priority ?? "")
      if narrowing == Narrowing(status: narrowing.status), !narrowing.status.isEmpty {
        self = .status(narrowing.status, since: since)
      } else if narrowing == Narrowing(sector: narrowing.sector), !narrowing.sector.isEmpty {
        self = .openOfSector(narrowing.sector, since: since)
      } else {
        self = .open(narrowing, since: since)
      }
    } else if let priority = filter.priority, priority != "normal" {
      self = .pressing(priority, since: since)
    } else if let platform = filter.platform {
      self = .platform(platform, since: since)
    } else if let kind = filter.kind {
      self = .kind(kind, since: since)
    } else if let sector = filter.sector {
      self = .sector(sector, since: since)
    } else if let status = filter.status {
      self = .status(status.rawValue, since: since)
    } else {
      self = .all(since: since)
    }
  }

  var isOfPlatform: Bool {
    switch self {
    case .platform, .openOfPlatform: true
    default: false
    }
  }

  static let columns = """
    o.order_id, o.number, o.title, o.kind, o.sector, o.priority, o.status, o.lead, o.due, o.created, o.updated, o.is_open,
    o.is_emergency, o.conflicts + o.contradictions, o.requests, o.place, o.text_mark
    """

  private static let newestFirst = "ORDER BY o.created DESC, o.place DESC LIMIT"

  /// The next rows. `position` is where the walk has come to, or where a range of time begins.
  func rows(from position: Position, limit: Int, _ db: any DatabaseConnection) throws -> [OrderRowShown] {
    let (sql, values) = statement(from: position, limit: limit)
    return try db.all(sql, values, OrderPath.read)
  }

  func statement(from position: Position, limit: Int) -> (sql: String, values: [SQLValue]) {
    let before: [SQLValue] = [.integer(position.value), .integer(position.place)]
    switch self {
    case .overdue(let now):
      return (
        // orders_open_by_due
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE o.is_open = 1 AND o.due IS NOT NULL
          AND (o.due, o.place) > ($1, $2) AND o.due < $3 ORDER BY o.due, o.place LIMIT $4
        """, before + [.integer(now), .integer(limit)]
      )
    case .atOdds:
      return (
        // orders_at_odds
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE o.conflicts + o.contradictions > 0
          AND (o.created, o.place) < ($1, $2) \(OrderPath.newestFirst) $3
        """, before + [.integer(limit)]
      )
    case .status(let status, let since):
      return (
        // orders_by_status
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          AND o.status = $4 \(OrderPath.newestFirst) $5
        """, before + [.integer(since), .text(status), .integer(limit)]
      )
    case .openOfPlatform(let platform, let since):
      return (
        // concern_open, then the primary key
        """
        SELECT \(OrderPath.columns) FROM concern c CROSS JOIN orders o
        WHERE o.order_id = c.order_id AND (c.created, c.place) < ($1, $2) AND c.created >= $3 AND c.platform = $4
          AND c.is_open = 1 ORDER BY c.created DESC, c.place DESC LIMIT $5
        """, before + [.integer(since), .text(platform), .integer(limit)]
      )
    case .openOfSector(let sector, let since):
      return (
        // orders_open_by_sector
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          AND o.is_open = 1 AND o.sector = $4 \(OrderPath.newestFirst) $5
        """, before + [.integer(since), .text(sector), .integer(limit)]
      )
    case .open(let narrowing, let since):
      return (
        // orders_open: what it is narrowed to is among its columns, so that rows which do not pass are not read.
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          AND o.is_open = 1 AND ($4 = '' OR o.status = $4) AND ($5 = '' OR o.sector = $5) AND ($6 = '' OR o.kind = $6)
          AND ($7 = '' OR o.priority = $7) \(OrderPath.newestFirst) $8
        """, before + [.integer(since)] + narrowing.values + [.integer(limit)]
      )
    case .platform(let platform, let since):
      return (
        // concern_by_created, then the primary key
        """
        SELECT \(OrderPath.columns) FROM concern c CROSS JOIN orders o
        WHERE o.order_id = c.order_id AND (c.created, c.place) < ($1, $2) AND c.created >= $3 AND c.platform = $4
        ORDER BY c.created DESC, c.place DESC LIMIT $5
        """, before + [.integer(since), .text(platform), .integer(limit)]
      )
    case .pressing(let priority, let since):
      return (
        // orders_pressing
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          AND o.priority <> 'normal' AND o.priority = $4 \(OrderPath.newestFirst) $5
        """, before + [.integer(since), .text(priority), .integer(limit)]
      )
    case .kind(let kind, let since):
      return (
        // orders_by_kind
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          AND o.kind = $4 \(OrderPath.newestFirst) $5
        """, before + [.integer(since), .text(kind), .integer(limit)]
      )
    case .sector(let sector, let since):
      return (
        // orders_by_sector
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          AND o.sector = $4 \(OrderPath.newestFirst) $5
        """, before + [.integer(since), .text(sector), .integer(limit)]
      )
    case .all(let since):
      return (
        // orders_by_created
        """
        SELECT \(OrderPath.columns) FROM orders o WHERE (o.created, o.place) < ($1, $2) AND o.created >= $3
          \(OrderPath.newestFirst) $4
        """, before + [.integer(since), .integer(limit)]
      )
    }
  }

  /// The index that each of them walks on, as SQLite's plan names it.
  var index: String {
    switch self {
    case .overdue: "orders_open_by_due"
    case .atOdds: "orders_at_odds"
    case .status: "orders_by_status"
    case .openOfPlatform: "concern_open"
    case .openOfSector: "orders_open_by_sector"
    case .open: "orders_open"
    case .platform: "concern_by_created"
    case .pressing: "orders_pressing"
    case .kind: "orders_by_kind"
    case .sector: "orders_by_sector"
    case .all: "orders_by_created"
    }
  }

  static func row(at place: Int, _ db: any DatabaseConnection) throws -> OrderRowShown? {
    // orders_by_place
    try db.first("SELECT \(columns) FROM orders o WHERE o.place = $1", [.integer(place)], read)
  }

  static func read(_ row: any SQLRow) throws -> OrderRowShown {
    OrderRowShown(
      id: try OrderID(row.text(0)), number: row.optionalText(1), title: row.text(2), kind: row.optionalText(3),
      sector: row.optionalText(4), priority: row.text(5), status: OrderStatus(rawValue: row.text(6)) ?? .received,
      lead: row.optionalText(7), due: row.optionalInt(8), created: row.int(9), updated: row.int(10),
      isOpen: row.int(11) == 1, isEmergency: row.int(12) == 1, disagreements: row.int(13), requests: row.int(14),
      place: row.int(15), textMark: row.optionalInt(16))
  }
}
