// Which orders a list has, as an address says it, and the rows themselves. What the rows look like is the console's.

import Core

/// What a list of orders is narrowed to. It can always be written into an address and read from it again: it holds nothing personal.
struct OrderFilter: Sendable, Equatable {
  /// Whether more is expected of anybody.
  enum Standing: String, Sendable, CaseIterable {
    case open = "true"
    case over = "false"
    case all
  }

  /// A platform that the order concerns: it made it, was ever assigned it or wrote to it.
  var platform: String?
  var sector: String?
  var kind: String?
  var status: OrderStatus?
  var priority: String?
  /// Counts where no status is named.
  var standing = Standing.open
  /// Only open orders whose deadline has passed, the one that waits longest first; else the newest first.
  var isOverdue = false
  /// Only orders on which some writes disagree.
  var isAtOdds = false
  /// Only orders that the hub first stored at or after this time, milliseconds, and before that one.
  var from: Int?
  var until: Int?
  /// Words of the number, the references, the title, the address or the description.
  var text: String?

  init() {}

  /// The names of its items in an address.
  static let names = [
    "platform", "sector", "kind", "status", "priority", "open", "overdue", "disagreement", "from", "until", "text",
  ]

  /// Longer texts are no search.
  private static let maxTextBytes = 512

  /// Reads the items of an address. What is no word of ours is refused: a filter with a typing error would be no filter.
  ///
  /// - Parameter standing: which orders are meant where no item says so.
  init(orElse standing: Standing = .open, reading item: (String) -> String?) throws(Problem) {
    func oneOf(_ name: String, _ words: [String]) throws(Problem) -> String? {
      guard let text = item(name), !text.isEmpty else { return nil }
      guard words.contains(text) else {
        throw Problem(
          .badCommand, "there is no \(name) '\(text.prefix(32))'; use \(words.joined(separator: ", "))")
      }
      return text
    }
    func open(_ name: String) throws(Problem) -> String? {
      guard let text = item(name), !text.isEmpty else { return nil }
      guard text.utf8.count <= 64 else { throw Problem(.badCommand, "'\(name)' has at most 64 bytes") }
      return text
    }
    func time(_ name: String) throws(Problem) -> Int? {
      guard let text = item(name), !text.isEmpty else { return nil }
      guard let time = Int(text), (0...Limits.maxInteger).contains(time) else {
        throw Problem(.badCommand, "'\(name)' is a time in milliseconds since 1970, not '\(text.prefix(32))'")
      }
      return time
    }
    platform = try open("platform")
    sector = try open("sector")
    kind = try oneOf("kind", RegisterTable.kinds)
    status = try oneOf("status", OrderStatus.allCases.map(\.rawValue)).flatMap(OrderStatus.init)
    priority = try oneOf("priority", RegisterTable.priorities)
    self.standing = try oneOf("open", Standing.allCases.map(\.rawValue)).flatMap(Standing.init) ?? standing
    isOverdue = try oneOf("overdue", ["true", "false"]) == "true"
    isAtOdds = try oneOf("disagreement", ["true", "false"]) == "true"
    from = try time("from")
    until = try time("until")
    if let text = item("text"), !text.isEmpty {
      guard text.utf8.count <= OrderFilter.maxTextBytes else {
        throw Problem(.badCommand, "a search has at most \(OrderFilter.maxTextBytes) bytes")
      }
      self.text = text
    }
  }

  /// What stands in an address; what is as usual does not.
  var items: [(name: String, value: String)] {
    let all: [(String, String?)] = [
      ("platform", platform), ("sector", sector), ("kind", kind), ("status", status?.rawValue), ("priority", priority),
      ("open", standing == .open ? nil : standing.rawValue), ("overdue", isOverdue ? "true" : nil),
      ("disagreement", isAtOdds ? "true" : nil), ("from", from.map(String.init)), ("until", until.map(String.init)),
      ("text", text),
    ]
    return all.compactMap { name, value in value.map { (name, $0) } }
  }
}

extension OrderFilter {
  /// True where no order that is over can pass.
  var isOfOpenOnly: Bool { status.map { !$0.isOver } ?? (isOverdue || standing == .open) }

  /// The same of all open orders, whatever status or standing it names.
  var ofAllOpen: OrderFilter {
    var filter = self
    (filter.status, filter.standing) = (nil, .open)
    return filter
  }

  /// True where nothing narrows it but platform and sector, whatever status it names.
  var isOfPlatformAndSectorOnly: Bool {
    kind == nil && priority == nil && !isOverdue && !isAtOdds && from == nil && until == nil && text == nil
  }

  /// What a row says by itself; not of the platform, and not of the text.
  func passes(_ row: OrderRowShown, now: Int) -> Bool {
    if let status, row.status != status { return false }
    if status == nil, !isOverdue, standing != .all, row.isOpen != (standing == .open) { return false }
    if isOverdue, !row.isOverdue(now: now) { return false }
    if isAtOdds, row.disagreements == 0 { return false }
    if let from, row.created < from { return false }
    if let until, row.created >= until { return false }
    return (sector ?? row.sector) == row.sector && (kind ?? row.kind) == row.kind
      && (priority ?? row.priority) == row.priority
  }

  /// For the audit: what an export was narrowed to.
  var json: JSON { .object(items.map { JSON.Member($0.name, .string($0.value)) }) }
}

/// One row of a list of orders, from the columns that are kept for lists.
struct OrderRowShown: Sendable {
  let id: OrderID
  let number: String?
  let title: String
  let kind: String?
  let sector: String?
  let priority: String
  let status: OrderStatus
  let lead: String?
  let due: Int?
  /// When the hub first stored it.
  let created: Int
  let updated: Int
  let isOpen: Bool
  let isEmergency: Bool
  let disagreements: Int
  let requests: Int
  /// Its place in the order in which this database first stored the orders.
  var place = 0
  /// Of what is searched (`SearchText.mark`).
  var textMark: Int?

  func isOverdue(now: Int) -> Bool { isOpen && (due ?? Int.max) < now }
}

/// Where a page of a list ends: the value by which it is sorted, and the order.
struct OrderMark: Sendable, Equatable {
  let value: Int
  let order: String

  init(value: Int, order: String) {
    self.value = value
    self.order = order
  }

  /// Reads `value.order`; nil for what nobody of us wrote.
  init?(_ text: String) {
    guard let dot = text.firstIndex(of: "."), let value = Int(text[..<dot]),
      let order = try? OrderID(String(text[text.index(after: dot)...]))
    else { return nil }
    self.init(value: value, order: order.text)
  }

  var text: String { "\(value).\(order)" }
}

/// One order as an export has it.
struct ExportedOrder: Sendable {
  let view: OrderView
  let updated: Int
  /// What is held of the caller, nil where nothing is or it was destroyed.
  let caller: JSON?
}
