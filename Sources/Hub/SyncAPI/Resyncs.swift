// Comparisons: those that were asked for here, from pending over running to done, and the reports of all that ended.

import Core

enum Resyncs {
  /// Reports that are kept of one agent.
  private static let kept = 20

  /// Asks for one; the agent learns it with its next answer. One that is pending stands for it. Returns its id.
  static func request(
    _ platform: PlatformName, _ agent: String, isFull: Bool, isDryRun: Bool, reason: String,
    _ transaction: HubTransaction
  ) throws -> String {
    let open = try transaction.db.first(
      "SELECT id FROM resync WHERE platform = $1 AND agent = $2 AND state <> 'done' AND is_full = $3 AND is_dry_run = $4",
      [.text(platform.text), .text(agent), .flag(isFull), .flag(isDryRun)]
    ) { $0.text(0) }
    if let open { return open }
    let id = Base64URL.encode(transaction.environment.random(9))
    try transaction.db.execute(
      """
      INSERT INTO resync (platform, agent, id, reason, is_full, is_dry_run, state, requested)
      VALUES ($1, $2, $3, $4, $5, $6, 'pending', $7)
      """,
      [
        .text(platform.text), .text(agent), .text(id), .text(reason), .flag(isFull), .flag(isDryRun),
        .integer(transaction.now),
      ])
    return id
  }

  /// The oldest one that the agent has not ended.
  static func open(_ caller: Contacts.Name, _ db: any DatabaseConnection) throws -> ResyncOrder? {
    try db.first(
      """
      SELECT id, is_full, is_dry_run FROM resync WHERE platform = $1 AND agent = $2 AND state <> 'done'
      ORDER BY requested, id LIMIT 1
      """, [.text(caller.platform.text), .text(caller.agent)]
    ) { ResyncOrder(id: $0.text(0), isFull: $0.int(1) == 1, isDryRun: $0.int(2) == 1) }
  }

  static func begun(_ id: String, by caller: Contacts.Name, _ transaction: HubTransaction) throws {
    try transaction.db.execute(
      """
      UPDATE resync SET state = 'running', started = COALESCE(started, $1)
      WHERE platform = $2 AND agent = $3 AND id = $4 AND state <> 'done'
      """, [.integer(transaction.now), .text(caller.platform.text), .text(caller.agent), .text(id)])
  }

  /// Keeps the report; of one that was not asked for here too, so that its people see what healed by itself.
  static func ended(_ report: ReconcileReport, by caller: Contacts.Name, _ transaction: HubTransaction) throws {
    let key: [SQLValue] = [.text(caller.platform.text), .text(caller.agent)]
    let changed = try report.command.map { id in
      try transaction.db.execute(
        "UPDATE resync SET state = 'done', finished = $1, report = $2 WHERE platform = $3 AND agent = $4 AND id = $5",
        [.integer(transaction.now), .text(String(decoding: report.json.bytes, as: UTF8.self))] + key + [.text(id)])
    }
    if changed ?? 0 == 0 {
      let id = Base64URL.encode(transaction.environment.random(9))
      try transaction.db.execute(
        """
        INSERT INTO resync (platform, agent, id, reason, is_full, is_dry_run, state, requested, started, finished, report)
        VALUES ($1, $2, $3, 'agent', $4, $5, 'done', $6, $7, $6, $8)
        """,
        key + [
          .text(id), .flag(report.isFull), .flag(report.isDryRun), .integer(transaction.now),
          .integer(transaction.now - report.milliseconds), .text(String(decoding: report.json.bytes, as: UTF8.self)),
        ])
    }
    try transaction.db.execute(
      """
      DELETE FROM resync WHERE platform = $1 AND agent = $2 AND state = 'done' AND id NOT IN (
        SELECT id FROM resync WHERE platform = $1 AND agent = $2 AND state = 'done'
        ORDER BY finished DESC, id LIMIT $3)
      """, key + [.integer(kept)])
  }

  /// All of a platform's, or of all: `{"platform","agent","id","reason","full","dryRun","state","requested","started"?,…}`.
  static func list(of platform: PlatformName?, _ db: any DatabaseConnection) throws -> [JSON] {
    try db.all(
      """
      SELECT platform, agent, id, reason, is_full, is_dry_run, state, requested, started, finished, report FROM resync
      WHERE platform = $1 OR $1 = '' ORDER BY requested, platform, agent, id
      """, [.text(platform?.text ?? "")]
    ) { row in
      .compact([
        ("platform", .string(row.text(0))), ("agent", .string(row.text(1))), ("id", .string(row.text(2))),
        ("reason", .string(row.text(3))), ("full", .bool(row.int(4) == 1)), ("dryRun", .bool(row.int(5) == 1)),
        ("state", .string(row.text(6))), ("requested", .int(row.int(7))), ("started", row.optionalInt(8).map(JSON.int)),
        ("finished", row.optionalInt(9).map(JSON.int)),
        ("report", try row.optionalText(10).map { try JSON(parsing: Array($0.utf8)) }),
      ])
    }
  }
}
