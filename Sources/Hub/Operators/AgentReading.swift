// What is known of one agent beside how it stands: what it has not been sent, and when it was in contact.

import Core

/// An order of which a platform does not know the newest changes yet.
struct UnsentOrder: Sendable {
  let order: String
  let number: String
  let title: String
  let changes: Int
}

/// What an agent has not confirmed of its platform's feed: the first orders, and the changes that are not among theirs.
struct UnsentChanges: Sendable {
  let orders: [UnsentOrder]
  let more: Int
}

/// A stretch of time in which an agent was in contact, milliseconds.
struct ContactSpan: Sendable, Equatable {
  let since: Int
  let until: Int
}

extension Hotline {
  /// Shown of what was not sent.
  private static let maxUnsent = 20

  /// The orders behind the entries that the agent has not confirmed, of the oldest ones first.
  func unsentChanges(platform: String, agent: String) throws -> UnsentChanges {
    let name = Contacts.Name(platform: try Hotline.platformName(platform), agent: agent)
    return try database.read { db in
      let stored = try db.first(
        """
        SELECT a.cursor_position, p.feed_head FROM agent a JOIN platform p ON p.platform = a.platform
        WHERE a.platform = $1 AND a.agent = $2
        """, [.text(platform), .text(agent)]
      ) { (position: $0.int(0), head: $0.int(1)) }
      let position = contacts[name]?.cursorPosition ?? stored?.position ?? 0
      // By the feed's primary key; a long queue is looked at from its beginning only.
      let orders = try db.all(
        """
        SELECT f.order_id, COALESCE(o.number, ''), COALESCE(o.title, ''), f.changes FROM (
          SELECT order_id, COUNT(*) AS changes, MIN(position) AS first FROM (
            SELECT order_id, position FROM feed WHERE platform = $1 AND position > $2 ORDER BY position LIMIT 500
          ) AS newest GROUP BY order_id ORDER BY MIN(position) LIMIT $3
        ) AS f LEFT JOIN orders o ON o.order_id = f.order_id ORDER BY f.first
        """, [.text(platform), .integer(position), .integer(Hotline.maxUnsent)]
      ) { row in
        UnsentOrder(order: row.text(0), number: row.text(1), title: row.text(2), changes: row.int(3))
      }
      // Every position of a feed is one change: what is not counted with an order is left, without a look at a long queue.
      let left = (stored?.head ?? 0) - position - orders.map(\.changes).reduce(0, +)
      return UnsentChanges(orders: orders, more: max(0, left))
    }
  }

  /// When an agent was in contact since a time, oldest first; with the last time before that, where an outage may have begun.
  func contactSpans(platform: String, agent: String, since: Int) throws -> [ContactSpan] {
    try database.read { db in
      try db.all(
        """
        SELECT since, until FROM contact WHERE platform = $1 AND agent = $2 AND (until >= $3 OR since = (
          SELECT MAX(since) FROM contact WHERE platform = $1 AND agent = $2 AND until < $3)) ORDER BY since
        """, [.text(platform), .text(agent), .integer(since)]
      ) { ContactSpan(since: $0.int(0), until: $0.int(1)) }
    }
  }

  // MARK: As documents

  /// How far back a history of contact goes unless told otherwise, milliseconds.
  private static let contactMilliseconds = 7 * 86_400_000

  /// `{"orders":[{"order","number"?,"title","changes"}],"more"?}`: the first of those that the agent does not know whole, and how many
  /// changes wait beside theirs.
  func unsent(platform: String, agent: String) throws -> JSON {
    try demandAgent(platform, agent)
    let unsent = try unsentChanges(platform: platform, agent: agent)
    let orders = unsent.orders.map { order in
      JSON.compact([
        ("order", .string(order.order)), ("number", order.number.isEmpty ? nil : .string(order.number)),
        ("title", .string(order.title)), ("changes", .int(order.changes)),
      ])
    }
    return .compact([("orders", .array(orders)), ("more", unsent.more > 0 ? .int(unsent.more) : nil)])
  }

  /// `{"contact":[{"since","until"}]}`: the stretches of time in which it was in contact, oldest first; between two it was not.
  func contact(platform: String, agent: String, since: Int?) throws -> JSON {
    try demandAgent(platform, agent)
    let spans = try contactSpans(
      platform: platform, agent: agent, since: since ?? environment.wall() - Hotline.contactMilliseconds)
    return ["contact": .array(spans.map { ["since": .int($0.since), "until": .int($0.until)] })]
  }

  private func demandAgent(_ platform: String, _ agent: String) throws {
    let platform = try Hotline.platformName(platform)
    try database.read { db in
      try Hotline.demandPlatform(platform, db)
      let known = try db.count(
        "SELECT COUNT(*) FROM agent WHERE platform = $1 AND agent = $2", [.text(platform.text), .text(agent)])
      guard known == 1 else {
        throw Problem(
          .notFound,
          "there is no agent '\(agent.prefix(64))' of platform '\(platform)'; see: lianxin-hub agent list")
      }
    }
  }
}
