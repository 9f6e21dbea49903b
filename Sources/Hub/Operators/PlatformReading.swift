// What is read of the hub to say how its platforms stand, in one snapshot and by indexes: nothing here grows with the number of orders.

import Core
import Shell

struct PlatformReading: Sendable {
  let platforms: [PlatformStanding]
  /// Comparisons, oldest first.
  let resyncs: [JSON]

  /// All platforms, or one of that name alone; no such one is refused.
  static func read(_ hotline: Hotline, only name: String? = nil) throws -> PlatformReading {
    let platform = try name.map(Hotline.platformName)
    return try hotline.database.read { db in
      if let platform { try Hotline.demandPlatform(platform, db) }
      return try read(hotline, only: platform, db)
    }
  }

  static func read(_ hotline: Hotline, only platform: PlatformName?, _ db: any DatabaseConnection) throws
    -> PlatformReading
  {
    let now = hotline.environment.wall()
    let rows = try hotline.agentRows(db)
    let resyncs = try hotline.resyncRows(platform, rows, db)
    let agents = Dictionary(grouping: rows, by: \.platform)
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
        agents: try (agents[name] ?? []).map { agent in
          let last = newest["\(name)/\(agent.json.text("name"))"]
          let isAsked = last.map { $0.text("state") != "done" } ?? false
          let compares = try hotline.isComparing(platform: name, agent: agent.json.text("name"), now: now)
          return AgentStanding(
            agent.json, platform: name,
            unresolved: ["unresolved", "refused"].reduce(0) { $0 + (last?["report"]?[$1]?.asInt ?? 0) },
            isComparing: isAsked || compares, now: now)
        }, head: row.int(3))
    }
    return PlatformReading(platforms: platforms, resyncs: resyncs)
  }
}
