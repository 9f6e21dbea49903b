// Notes in an order when a platform first had an assignment of it, where a limit counts from then: an agent has acknowledged the entry of
// its feed that brought it. How far that was looked at is kept in the transaction that writes the entries, so none is missed or doubled.

import Core

struct Deliveries: Sendable {
  let database: any Database
  let writer: GroupCommitWriter
  let inForce: PolicyInForce

  /// Entries of a feed that one pass looks at.
  private static let most = 2_000
  /// Kept once a limit counted from its receipt: what was dispatched by that policy goes on to.
  private static let wanted = "delivery/wanted"

  /// A platform's feed as far as it is acknowledged and not looked at yet.
  private struct Stretch {
    let platform: PlatformName
    let from: Int
    /// Included; behind it more may be acknowledged.
    let to: Int
    /// When an agent of it was last in contact.
    let at: Int?
    /// Changes in it that assign somebody.
    var changes: [Change] = []
  }

  /// Looks at what was acknowledged since the last time; how many entries it wrote.
  func pass() throws -> Int {
    let isWanted = try inForce.policy.countsReceipts || database.read { db in try Deliveries.isWanted(db) }
    let stretches = try database.read { db in try Deliveries.stretches(isWanted: isWanted, db) }
    guard !stretches.isEmpty else { return 0 }
    return try writer.perform { transaction in
      if isWanted {
        try transaction.db.execute(
          "INSERT INTO counter (name, value) VALUES ($1, 1) ON CONFLICT (name) DO NOTHING", [.text(Deliveries.wanted)])
      }
      var written = 0
      for stretch in stretches {
        for change in stretch.changes { written += try Deliveries.note(change, stretch, transaction) }
        try transaction.db.execute(
          """
          INSERT INTO delivery (platform, position) VALUES ($1, $2)
          ON CONFLICT (platform) DO UPDATE SET position = excluded.position
          """, [.text(stretch.platform.text), .integer(stretch.to)])
      }
      return written
    }
  }

  private static func isWanted(_ db: any DatabaseConnection) throws -> Bool {
    try db.count("SELECT COUNT(*) FROM counter WHERE name = $1", [.text(wanted)]) > 0
  }

  /// By the platform's agent that has read furthest: it was the first to have what lies there.
  private static func stretches(isWanted: Bool, _ db: any DatabaseConnection) throws -> [Stretch] {
    let acknowledged = try db.all(
      """
      SELECT a.platform, MAX(a.cursor_position), MAX(a.last_contact), COALESCE(d.position, 0)
      FROM agent a LEFT JOIN delivery d ON d.platform = a.platform
      GROUP BY a.platform, d.position HAVING MAX(a.cursor_position) > COALESCE(d.position, 0) ORDER BY a.platform
      """, []
    ) { row in (platform: try PlatformName(row.text(0)), to: row.int(1), at: row.optionalInt(2), from: row.int(3)) }
    return try acknowledged.map { row in
      // Nobody asks for what was before the first such limit.
      guard isWanted else { return Stretch(platform: row.platform, from: row.from, to: row.to, at: row.at) }
      var stretch = Stretch(platform: row.platform, from: row.from, to: min(row.to, row.from + most), at: row.at)
      stretch.changes = try db.all(
        // The primary keys of feed and change.
        """
        SELECT c.line FROM feed f JOIN change c ON c.platform = f.author AND c.replica = f.replica AND c.n = f.n
        WHERE f.platform = $1 AND f.position > $2 AND f.position <= $3 AND c.notes >= $4 ORDER BY f.position
        """,
        [
          .text(stretch.platform.text), .integer(stretch.from), .integer(stretch.to), .integer(ChangeNotes.assigns),
        ]
      ) { try? ChangeLine.decode($0.blob(0)) }  // what cannot be read assigns nobody
      .compactMap(\.self)
      return stretch
    }
  }

  /// Writes that the platform has what a change assigns to it, where a limit waits for it and nobody has written it yet.
  private static func note(_ change: Change, _ stretch: Stretch, _ transaction: HubTransaction) throws -> Int {
    guard let row = try transaction.order(change.order) else { return 0 }
    let waiting = change.edits.compactMap { edit -> String? in
      guard case .set(let name, let value) = edit, let register = RegisterName(name),
        register.row.pattern == "assignment/<a>", let id = register.assignment,
        value.json["platform"] == .string(stretch.platform.text)
      else { return nil }
      return counts(id, row.state) ? id : nil
    }
    guard !waiting.isEmpty else { return 0 }
    let known = try SupervisionFollower.milestones(of: change.order, row, transaction.db).delivered
    let news = waiting.filter { known[$0] == nil }
    guard !news.isEmpty, row.entries + news.count <= Limits.maxEntries else { return 0 }
    let edits = news.map { id -> Edit in
      .append(
        kind: "delivered",
        value: JSONText(
          .compact([
            ("assignment", .string(id)), ("to", .string(stretch.platform.text)), ("at", stretch.at.map(JSON.int)),
          ])))
    }
    do {
      _ = try transaction.request { try transaction.author(change.order, edits: edits, by: PushIngest.hubAuthor) }
      return news.count
    } catch let problem as Problem where problem.code == .limit {
      // A full order takes nothing more; its deadlines wait for the first step instead.
      return 0
    }
  }

  /// True if a deadline of the assignment counts from its receipt.
  private static func counts(_ assignment: String, _ state: OrderState) -> Bool {
    RegisterTable.stages.contains { stage in
      state.value("assignment/\(assignment)/due/\(stage)")?["from"]?.asString == LimitStart.receipt.rawValue
    }
  }
}
