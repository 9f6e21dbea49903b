// What the pages of platforms read of the hub, in one snapshot each and by indexes: nothing here grows with the number of orders.

import Core
import Shell

/// An order of which a platform does not know the newest changes yet.
struct UnsentOrder: Sendable {
  let order: String
  let number: String
  let title: String
  let changes: Int
}

/// A stretch of time in which an agent was in contact, milliseconds.
struct ContactSpan: Sendable, Equatable {
  let since: Int
  let until: Int
}

struct PlatformReading: Sendable {
  let platforms: [PlatformStanding]
  /// Comparisons, oldest first.
  let resyncs: [JSON]

  /// All platforms, or one of that name alone; no such one is refused.
  static func read(_ hotline: Hotline, only name: String? = nil) throws -> PlatformReading {
    let platform = try name.map(Hotline.platformName)
    let now = hotline.environment.wall()
    return try hotline.database.read { db in
      if let platform { try Hotline.demandPlatform(platform, db) }
      let resyncs = try Resyncs.list(of: platform, db)
      let agents = Dictionary(grouping: try hotline.agentRows(db), by: \.platform)
      let newest = Dictionary(
        resyncs.map { ("\($0.text("platform"))/\($0.text("agent"))", $0) }, uniquingKeysWith: { _, later in later })
      let platforms = try db.all(
        """
        SELECT platform, display_name, sectors, feed_head FROM platform WHERE $1 = '' OR platform = $1
        ORDER BY platform
        """, [.text(platform?.text ?? "")]
      ) { row in
        let name = row.text(0)
        return PlatformStanding(
          name: name, displayName: row.text(1), sectors: row.text(2).split(separator: ",").map(String.init),
          agents: (agents[name] ?? []).map { agent in
            let last = newest["\(name)/\(agent.json.text("name"))"]
            return AgentStanding(
              agent.json, platform: name,
              unresolved: ["unresolved", "refused"].reduce(0) { $0 + (last?["report"]?[$1]?.asInt ?? 0) },
              isComparing: last.map { $0.text("state") != "done" } ?? false, now: now)
          }, head: row.int(3))
      }
      return PlatformReading(platforms: platforms, resyncs: resyncs)
    }
  }

  /// Shown of what was not sent.
  private static let maxUnsent = 20

  /// The orders behind the entries that the agent has not confirmed, of the oldest ones first.
  static func unsent(_ hotline: Hotline, platform: String, agent: String) throws -> [UnsentOrder] {
    let name = Contacts.Name(platform: try Hotline.platformName(platform), agent: agent)
    return try hotline.database.read { db in
      let stored = try db.first(
        "SELECT cursor_position FROM agent WHERE platform = $1 AND agent = $2", [.text(platform), .text(agent)]
      ) { $0.int(0) }
      let position = hotline.contacts[name]?.cursorPosition ?? stored ?? 0
      // By the feed's primary key; a long queue is looked at from its beginning only.
      return try db.all(
        """
        SELECT f.order_id, COALESCE(o.number, ''), COALESCE(o.title, ''), f.changes FROM (
          SELECT order_id, COUNT(*) AS changes, MIN(position) AS first FROM (
            SELECT order_id, position FROM feed WHERE platform = $1 AND position > $2 ORDER BY position LIMIT 500
          ) AS newest GROUP BY order_id ORDER BY MIN(position) LIMIT $3
        ) AS f LEFT JOIN orders o ON o.order_id = f.order_id ORDER BY f.first
        """, [.text(platform), .integer(position), .integer(maxUnsent)]
      ) { row in
        UnsentOrder(order: row.text(0), number: row.text(1), title: row.text(2), changes: row.int(3))
      }
    }
  }

  /// When an agent was in contact since a time, oldest first.
  static func contacts(_ hotline: Hotline, platform: String, agent: String, since: Int) throws -> [ContactSpan] {
    try hotline.database.read { db in
      try db.all(
        "SELECT since, until FROM contact WHERE platform = $1 AND agent = $2 AND until >= $3 ORDER BY since",
        [.text(platform), .text(agent), .integer(since)]
      ) { ContactSpan(since: $0.int(0), until: $0.int(1)) }
    }
  }
}
