// Comparisons: those that were asked for here, from pending over running to done, and the reports of all that ended. A full one is first
// rebuilding: the hub makes its own states anew before the agent learns of it.

import Core

enum Resyncs {
  /// Reports that are kept of one agent.
  private static let kept = 20

  /// Whose orders the hub looks at before a full comparison.
  enum Scope: Sendable, Equatable {
    case all
    case platform(PlatformName)

    /// Kept in the row until the hub is done.
    fileprivate var text: String {
      let name: JSON =
        switch self {
        case .all: .null
        case .platform(let platform): .string(platform.text)
        }
      return String(decoding: (["rebuilding": name] as JSON).bytes, as: UTF8.self)
    }

    fileprivate init(_ text: String?) throws {
      let kept = try text.map { try JSON(parsing: Array($0.utf8)) }
      self = try kept?["rebuilding"]?.asString.map { Scope.platform(try PlatformName($0)) } ?? .all
    }
  }

  /// Asks for a full one: the hub makes its own states of `scope` anew first. One that the agent has not begun stands for it, and waits
  /// for the hub once more. Returns its id.
  static func requestFull(
    _ platform: PlatformName, _ agent: String, of scope: Scope, isDryRun: Bool, reason: String,
    _ transaction: HubTransaction
  ) throws -> String {
    let key: [SQLValue] = [.text(platform.text), .text(agent)]
    let open = try transaction.db.first(
      """
      SELECT id FROM resync WHERE platform = $1 AND agent = $2 AND state IN ('rebuilding', 'pending') AND is_full = 1
        AND is_dry_run = $3
      """, key + [.flag(isDryRun)]
    ) { $0.text(0) }
    if let open {
      // What is asked for of all is not done with what was asked for of one platform.
      try transaction.db.execute(
        """
        UPDATE resync SET state = 'rebuilding', report = $1 WHERE platform = $2 AND agent = $3 AND id = $4
          AND (state = 'pending' OR $5 = 1)
        """, [.text(scope.text)] + key + [.text(open), .flag(scope == .all)])
      return open
    }
    let id = Base64URL.encode(transaction.environment.random(9))
    try transaction.db.execute(
      """
      INSERT INTO resync (platform, agent, id, reason, is_full, is_dry_run, state, requested, report)
      VALUES ($1, $2, $3, $4, 1, $5, 'rebuilding', $6, $7)
      """, key + [.text(id), .text(reason), .flag(isDryRun), .integer(transaction.now), .text(scope.text)])
    return id
  }

  /// What the hub has to do of its own before comparisons can begin.
  struct OwnWork: Sendable {
    let scope: Scope
    let isDryRun: Bool
    /// Which comparisons wait for it.
    fileprivate(set) var rows: [(agent: Contacts.Name, id: String)]
  }

  /// The oldest, with all that wait for the same.
  static func ownWork(_ db: any DatabaseConnection) throws -> OwnWork? {
    var work: OwnWork?
    try db.query(
      "SELECT platform, agent, id, is_dry_run, report FROM resync WHERE state = 'rebuilding' ORDER BY requested, id", []
    ) { row in
      let scope = try Scope(row.optionalText(4))
      let isDryRun = row.int(3) == 1
      if work == nil { work = OwnWork(scope: scope, isDryRun: isDryRun, rows: []) }
      guard work?.scope == scope, work?.isDryRun == isDryRun else { return }
      work?.rows.append((Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1)), row.text(2)))
    }
    return work
  }

  /// The hub is done with its own: the agents learn of their comparisons.
  static func did(_ work: OwnWork, _ rebuilt: JSON, _ transaction: HubTransaction) throws {
    let report = String(decoding: (["rebuilt": rebuilt] as JSON).bytes, as: UTF8.self)
    for row in work.rows {
      try transaction.db.execute(
        """
        UPDATE resync SET state = 'pending', report = $1 WHERE platform = $2 AND agent = $3 AND id = $4
          AND state = 'rebuilding' AND report = $5
        """,
        [
          .text(report), .text(row.agent.platform.text), .text(row.agent.agent), .text(row.id),
          // Not where more was asked for meanwhile.
          .text(work.scope.text),
        ])
    }
  }

  /// Asks for one; the agent learns it with its next answer. One that is pending stands for it. Returns its id.
  static func request(
    _ platform: PlatformName, _ agent: String, isDryRun: Bool, reason: String, _ transaction: HubTransaction
  ) throws -> String {
    let open = try transaction.db.first(
      "SELECT id FROM resync WHERE platform = $1 AND agent = $2 AND state <> 'done' AND is_full = 0 AND is_dry_run = $3",
      [.text(platform.text), .text(agent), .flag(isDryRun)]
    ) { $0.text(0) }
    if let open { return open }
    let id = Base64URL.encode(transaction.environment.random(9))
    try transaction.db.execute(
      """
      INSERT INTO resync (platform, agent, id, reason, is_full, is_dry_run, state, requested)
      VALUES ($1, $2, $3, $4, 0, $5, 'pending', $6)
      """,
      [.text(platform.text), .text(agent), .text(id), .text(reason), .flag(isDryRun), .integer(transaction.now)])
    return id
  }

  /// The oldest one that the agent has not ended and for which the hub is ready.
  static func open(_ caller: Contacts.Name, _ db: any DatabaseConnection) throws -> ResyncOrder? {
    try db.first(
      """
      SELECT id, is_full, is_dry_run FROM resync WHERE platform = $1 AND agent = $2 AND state IN ('pending', 'running')
      ORDER BY requested, id LIMIT 1
      """, [.text(caller.platform.text), .text(caller.agent)]
    ) { ResyncOrder(id: $0.text(0), isFull: $0.int(1) == 1, isDryRun: $0.int(2) == 1) }
  }

  static func begun(_ id: String, by caller: Contacts.Name, _ transaction: HubTransaction) throws {
    try transaction.db.execute(
      """
      UPDATE resync SET state = 'running', started = COALESCE(started, $1)
      WHERE platform = $2 AND agent = $3 AND id = $4 AND state IN ('pending', 'running')
      """, [.integer(transaction.now), .text(caller.platform.text), .text(caller.agent), .text(id)])
  }

  /// Keeps the report; of one that was not asked for here too, so that its people see what healed by itself.
  static func ended(_ report: ReconcileReport, by caller: Contacts.Name, _ transaction: HubTransaction) throws {
    let key: [SQLValue] = [.text(caller.platform.text), .text(caller.agent)]
    let changed = try report.command.map { id in
      let rebuilt = try transaction.db.first(
        "SELECT report FROM resync WHERE platform = $1 AND agent = $2 AND id = $3", key + [.text(id)]
      ) { row in try row.optionalText(0).map { try JSON(parsing: Array($0.utf8)) }?["rebuilt"] }
      // What the hub found of its own goes on standing beside it.
      let kept = JSON.object(
        (report.json.asObject ?? []) + (rebuilt.flatMap { $0 }.map { [JSON.Member("rebuilt", $0)] } ?? []))
      return try transaction.db.execute(
        "UPDATE resync SET state = 'done', finished = $1, report = $2 WHERE platform = $3 AND agent = $4 AND id = $5",
        [.integer(transaction.now), .text(String(decoding: kept.bytes, as: UTF8.self))] + key + [.text(id)])
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
      let kept = try row.optionalText(10).map { try JSON(parsing: Array($0.utf8)) }
      let report = row.text(6) == "done" ? kept?.asObject?.filter { $0.key != "rebuilt" } : nil
      return .compact([
        ("platform", .string(row.text(0))), ("agent", .string(row.text(1))), ("id", .string(row.text(2))),
        ("reason", .string(row.text(3))), ("full", .bool(row.int(4) == 1)), ("dryRun", .bool(row.int(5) == 1)),
        ("state", .string(row.text(6))), ("requested", .int(row.int(7))), ("started", row.optionalInt(8).map(JSON.int)),
        ("finished", row.optionalInt(9).map(JSON.int)),
        ("report", report.map(JSON.object)), ("rebuilt", kept?["rebuilt"]),
      ])
    }
  }
}
