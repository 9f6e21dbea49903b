// Who reveals personal values more often than the work takes: noticed in the audit, where every reveal stands, and told to those who watch.
// Nothing is refused: a storm brings many calls.

import Core

/// An account that revealed more in an hour than the limit allows.
struct RevealAlert: Sendable, Equatable {
  let account: String
  /// Milliseconds.
  let at: Int
}

enum RevealAlerts {
  /// Over which reveals are counted, and how often an account is told of.
  static let spanMilliseconds = 3_600_000
  /// For how long an alert is shown.
  static let shownMilliseconds = 86_400_000

  /// Adds an alert to the audit where the reveal that was just noted is one too many.
  static func note(by who: Operator, _ transaction: HubTransaction) throws {
    let limit = transaction.environment.revealsPerHour
    guard limit > 0 else { return }
    let since = transaction.now - spanMilliseconds
    let reveals = try transaction.db.count(
      // audit_revealed
      "SELECT COUNT(*) FROM audit WHERE action = 'revealed' AND who = $1 AND at > $2",
      [.text(who.name), .integer(since)])
    guard reveals > limit else { return }
    let told = try transaction.db.count(
      // audit_revealed_many
      "SELECT COUNT(*) FROM audit WHERE action = 'revealed-many' AND at > $1 AND object = $2",
      [.integer(since), .text(who.name)])
    guard told == 0 else { return }
    try Audit.note(
      .revealedMany, who.name, by: who, with: [("reveals", .int(reveals)), ("limit", .int(limit))], transaction)
  }

  /// Those of the last day, the newest first.
  static func recent(now: Int, _ db: any DatabaseConnection) throws -> [RevealAlert] {
    try db.all(
      // audit_revealed_many
      "SELECT object, at FROM audit WHERE action = 'revealed-many' AND at > $1 ORDER BY at DESC, number DESC LIMIT 1000",
      [.integer(now - shownMilliseconds)]
    ) { RevealAlert(account: $0.text(0), at: $0.int(1)) }
  }
}
