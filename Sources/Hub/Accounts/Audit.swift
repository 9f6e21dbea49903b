// What was done at the hub that is no change of an order: who, when, by which way, to what. Rows are only ever added, and each carries the
// hash of all before it, so that one that was altered or taken out is noticed.

import Core

/// What is audited.
enum AuditAction: String, Sendable, CaseIterable {
  case signIn = "sign-in"
  case signInRefused = "sign-in-refused"
  case signInLimited = "sign-in-limited"
  case signOut = "sign-out"
  /// Something that the role does not allow was tried; once an hour for each right.
  case refused
  case passwordChanged = "password-changed"
  case secondFactorRefused = "second-factor-refused"
  case secondFactorSet = "second-factor-set"
  case secondFactorRemoved = "second-factor-removed"
  case secondFactorReset = "second-factor-reset"
  case recoveryCodesMade = "recovery-codes-made"
  case accountAdded = "account-added"
  case passwordSet = "password-set"
  case roleSet = "role-set"
  case accountDisabled = "account-disabled"
  case accountEnabled = "account-enabled"
  case apiTokenCreated = "api-token-created"
  case apiTokenRevoked = "api-token-revoked"
  case revealed
  /// An account revealed more in an hour than the limit allows; once an hour.
  case revealedMany = "revealed-many"
  case personFound = "person-found"
  case personExported = "person-exported"
  case personPurged = "person-purged"
  case exported
  case imported
  case platformAdded = "platform-added"
  case enrolmentTokenCreated = "enrolment-token-created"
  case enrolmentTokenRevoked = "enrolment-token-revoked"
  case agentRevoked = "agent-revoked"
  case cloneSettled = "clone-settled"
  case resyncAsked = "resync-asked"
  case storeRepaired = "store-repaired"
  case policyReloaded = "policy-reloaded"
}

enum Audit {
  static let maxObjectBytes = 512
  static let maxDetailBytes = 4_096
  /// The one row of `audit_head`.
  private static let head = 1

  /// Adds a row in the caller's transaction. No personal data of citizens: `object` names an order, an account, a platform, an agent, a
  /// token; `detail` says with what.
  static func note(
    _ action: AuditAction, _ object: String, by who: Operator, with detail: [(String, JSON?)] = [],
    _ transaction: HubTransaction
  ) throws {
    let db = transaction.db
    let last = try db.first(
      "SELECT number, hash FROM audit_head WHERE id = $1" + db.rowLock, [.integer(head)]
    ) { (number: $0.int(0), hash: $0.blob(1)) }
    let row = AuditRow(
      number: (last?.number ?? 0) + 1, at: transaction.now, who: who.name, role: who.role.rawValue, via: who.via.text,
      action: action.rawValue, object: String(decoding: object.utf8.prefix(maxObjectBytes), as: UTF8.self),
      detail: detail.isEmpty ? "" : fitting(JSON.compact(detail)))
    let hash = row.hash(after: last?.hash ?? Hash.zero.bytes)
    try db.execute(
      """
      INSERT INTO audit (number, at, who, role, via, action, object, detail, hash)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
      """,
      [
        .integer(row.number), .integer(row.at), .text(row.who), .text(row.role), .text(row.via), .text(row.action),
        .text(row.object), .text(row.detail), .blob(hash.bytes),
      ])
    try db.execute(
      """
      INSERT INTO audit_head (id, number, hash) VALUES ($1, $2, $3)
      ON CONFLICT (id) DO UPDATE SET number = excluded.number, hash = excluded.hash
      """, [.integer(head), .integer(row.number), .blob(hash.bytes)])
  }

  private static func fitting(_ detail: JSON) -> String {
    let text = String(decoding: detail.bytes, as: UTF8.self)
    return text.utf8.count <= maxDetailBytes ? text : #"{"cut":true}"#
  }

  // MARK: Reading

  private static let columns = "number, at, who, role, via, action, object, detail, hash"

  /// `{"audit":[{"number","at","who","role","via","action","object","detail"?}],"next"?,"head":{"number","hash"}}`, newest first; `before`
  /// is the `next` of the page before.
  static func page(
    before: Int?, who: String?, action: String?, limit: Int, _ db: any DatabaseConnection
  ) throws -> JSON {
    let rows = try db.all(
      """
      SELECT \(columns) FROM audit WHERE number < $1 AND ($2 = '' OR who = $2) AND ($3 = '' OR action = $3)
      ORDER BY number DESC LIMIT $4
      """,
      [.integer(before ?? Limits.maxInteger), .text(who ?? ""), .text(action ?? ""), .integer(limit + 1)]
    ) { AuditRow($0) }
    let head = try db.first("SELECT number, hash FROM audit_head WHERE id = $1", [.integer(head)]) { row -> JSON in
      ["number": .int(row.int(0)), "hash": Hash(bytes: row.blob(1))?.json ?? .null]
    }
    return .compact([
      ("audit", .array(rows.prefix(limit).map(\.json))),
      ("next", rows.count > limit ? .int(rows[limit - 1].number) : nil), ("head", head),
    ])
  }

  /// The first row that is not what was written, in words; nil where all are.
  static func fault(_ db: any DatabaseConnection) throws -> String? {
    var hash = Hash.zero.bytes
    var number = 0
    var fault: String?
    try db.query("SELECT \(columns) FROM audit ORDER BY number", []) { columns in
      guard fault == nil else { return }
      let row = AuditRow(columns)
      number += 1
      hash = row.hash(after: hash).bytes
      if row.number != number {
        fault = "row \(number) is missing"
      } else if columns.blob(8) != hash {
        fault = "row \(number) is not what was written"
      }
    }
    if let fault { return fault }
    let head = try db.first("SELECT number, hash FROM audit_head WHERE id = $1", [.integer(head)]) {
      (number: $0.int(0), hash: $0.blob(1))
    }
    guard head?.number ?? 0 == number, head == nil || head?.hash == hash else {
      return "rows after \(number) are missing: \(head?.number ?? 0) were written"
    }
    return nil
  }
}

/// One row as it is hashed.
private struct AuditRow {
  let number: Int
  let at: Int
  let who: String
  let role: String
  let via: String
  let action: String
  let object: String
  /// JSON, or empty.
  let detail: String

  func hash(after previous: [UInt8]) -> Hash {
    let fields: JSON = [
      .int(number), .int(at), .string(who), .string(role), .string(via), .string(action), .string(object),
      .string(detail),
    ]
    return .of(previous, fields.bytes)
  }

  var json: JSON {
    .compact([
      ("number", .int(number)), ("at", .int(at)), ("who", .string(who)), ("role", .string(role)), ("via", .string(via)),
      ("action", .string(action)), ("object", .string(object)),
      ("detail", detail.isEmpty ? nil : (try? JSON(parsing: Array(detail.utf8))) ?? .string(detail)),
    ])
  }
}

extension AuditRow {
  /// The columns of `Audit`.
  init(_ row: any SQLRow) {
    self.init(
      number: row.int(0), at: row.int(1), who: row.text(2), role: row.text(3), via: row.text(4), action: row.text(5),
      object: row.text(6), detail: row.text(7))
  }
}
