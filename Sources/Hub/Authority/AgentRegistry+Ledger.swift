// What the ledger remembers and the database may have forgotten: enrolments, revocations, spent tokens and purges are made good at
// every start.

import Core
import Foundation

extension AgentRegistry {
  /// Puts back what the database lacks. Returns how many facts that were.
  func recall(_ records: [LedgerRecord]) throws -> Int {
    guard !records.isEmpty else { return 0 }
    return try writer.perform { try AgentRegistry.recall(records, $0) }
  }

  /// The same within a transaction.
  @discardableResult
  static func recall(_ records: [LedgerRecord], _ transaction: HubTransaction) throws -> Int {
    let numbers = try records.filter { record in
      if case .numberPurged(let number, _) = record { try transaction.keep(number) } else { false }
    }
    var recalled = numbers.count
    for record in records { recalled += try AgentRegistry.recall(record, transaction) }
    recalled += try AgentRegistry.recallStandings(records, transaction.db)
    // Last, for what no record names; and once for all numbers.
    if !numbers.isEmpty { recalled += try transaction.destroyHeldOfPurgedNumbers() }
    return recalled
  }

  /// Notes that these values are destroyed for ever. Durable when it returns: call it before the commit that destroys them.
  func notePurge(of order: OrderID, _ commitments: [Hash], now: Int) throws {
    try ledger.append(
      .purged(order: order, commitments: commitments, at: Date(milliseconds: now)))
  }

  /// Notes that what was recorded with this number is destroyed whenever it arrives. Durable when it returns.
  func notePurge(of number: PurgedNumber, now: Int) throws {
    try ledger.append(.numberPurged(number, at: Date(milliseconds: now)))
  }

  /// Whether an agent is revoked says the last record of it; those of its certificates say it of these alone. Returns how many agents
  /// the database had otherwise.
  private static func recallStandings(_ records: [LedgerRecord], _ db: any DatabaseConnection) throws -> Int {
    struct Standing {
      let key: [SQLValue]
      var at: Int
      /// Nil where it was enrolled last.
      var revokedFor: String?
    }
    var standings: [String: Standing] = [:]
    for record in records {
      switch record {
      case .issued(_, let platform, let agent, _, _, _, let at):
        standings["\(platform)/\(agent)"] = Standing(key: [.text(platform.text), .text(agent)], at: at.milliseconds)
      case .revoked(_, let platform, let agent, let reason, let at):
        standings["\(platform)/\(agent)"] = Standing(
          key: [.text(platform.text), .text(agent)], at: at.milliseconds, revokedFor: reason)
      case .tokenSpent, .tokenRevoked, .purged, .numberPurged: continue
      }
    }
    // The ledger counts in seconds. What the database knows of later times stays.
    return try standings.keys.sorted().reduce(0) { count, name in
      guard let standing = standings[name] else { return count }
      guard let reason = standing.revokedFor else {
        return try count
          + db.execute(
            """
            UPDATE agent SET revoked = NULL, revoked_reason = NULL, enrolled = $1
            WHERE platform = $2 AND agent = $3 AND revoked < $1 + 1000
            """, [.integer(standing.at)] + standing.key)
      }
      return try count
        + db.execute(
          """
          UPDATE agent SET revoked = $1, revoked_reason = $2
          WHERE platform = $3 AND agent = $4 AND revoked IS NULL AND enrolled < $1 + 1000
          """, [.integer(standing.at), .text(reason)] + standing.key)
    }
  }

  private static func recall(_ record: LedgerRecord, _ transaction: HubTransaction) throws -> Int {
    let db = transaction.db
    switch record {
    case .revoked(let serial, let platform, let agent, _, let at):
      // A certificate that the database never knew, or knows no more, stays revoked as well.
      let added = try db.execute(
        """
        INSERT INTO certificate (platform, serial, agent, key_hash, pem, issued, not_after, revoked)
        VALUES ($1, $2, $3, '', '', $4, $4, $4) ON CONFLICT (platform, serial) DO NOTHING
        """, [.text(platform.text), .text(serial), .text(agent), .integer(at.milliseconds)])
      let changed = try db.execute(
        "UPDATE certificate SET revoked = $1 WHERE platform = $2 AND serial = $3 AND revoked IS NULL",
        [.integer(at.milliseconds), .text(platform.text), .text(serial)])
      return added + changed
    case .tokenSpent(let token, let platform, let key, let at):
      return try db.execute(
        "UPDATE token SET used = $1, key_hash = $2 WHERE platform = $3 AND hash = $4 AND used IS NULL",
        [.integer(at.milliseconds), .text(key.description), .text(platform.text), .blob(token.bytes)])
    case .tokenRevoked(let token, let platform, let at):
      return try db.execute(
        "UPDATE token SET revoked = $1 WHERE platform = $2 AND hash = $3 AND revoked IS NULL",
        [.integer(at.milliseconds), .text(platform.text), .blob(token.bytes)])
    case .issued(let serial, let platform, let agent, let key, let notAfter, _, let at):
      return try takeBack(
        serial: serial, platform: platform, agent: agent, key: key, notAfter: notAfter, issued: at.milliseconds, db)
    case .purged(let order, let commitments, let at):
      return try transaction.recallPurge(of: order, commitments, at: at.milliseconds)
    case .numberPurged: return 0
    }
  }

  /// An agent that was enrolled after the backup from which the database came: it, its certificate and its platform, where they are
  /// not there. Of an agent that was revoked after `issued` the certificate is revoked. Returns how many rows that were.
  static func takeBack(
    serial: String, platform: PlatformName, agent: String, key: Hash, notAfter: Date, issued: Int,
    _ db: any DatabaseConnection
  ) throws -> Int {
    var added = try db.execute(
      """
      INSERT INTO platform (platform, display_name, sectors, created, feed_head, feed_hash) VALUES ($1, $2, '', $3, 0, $4)
      ON CONFLICT (platform) DO NOTHING
      """, [.text(platform.text), .text(platform.text), .integer(issued), .blob(Hash.zero.bytes)])
    added += try db.execute(
      """
      INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ($1, $2, $3, 0)
      ON CONFLICT (platform, agent) DO NOTHING
      """, [.text(platform.text), .text(agent), .integer(issued)])
    added += try db.execute(
      """
      INSERT INTO certificate (platform, serial, agent, key_hash, pem, issued, not_after, revoked)
      SELECT $1, $2, $3, $4, '', $5, $6, CASE WHEN revoked >= $5 THEN revoked END
      FROM agent WHERE platform = $1 AND agent = $3
      ON CONFLICT (platform, serial) DO NOTHING
      """,
      [
        .text(platform.text), .text(serial), .text(agent), .text(key.description), .integer(issued),
        .integer(notAfter.milliseconds),
      ])
    return added
  }
}
