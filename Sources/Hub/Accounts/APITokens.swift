// API tokens: by them programs act in an account's name. A token may do what its own role allows and its account's role still does.

import Core

/// An API token's text: `lxa-<43 letters>`. The hub keeps its hash.
enum APIToken {
  static let prefix = "lxa-"
  static let maxLabelBytes = 128
  static let lifeSeconds = 86_400...730 * 86_400
  static let defaultLifeSeconds = 365 * 86_400
  /// Of one account, that count.
  static let maxOfAccount = 50
  /// How exactly it is known when one was last used.
  static let usedMilliseconds = 60_000
}

extension Accounts {
  /// Who acts by the token. Throws `sign-in-required`, the same for every reason.
  func caller(token text: String) throws -> Operator {
    let refusal = Problem(.signInRequired, "the API token is unknown, revoked or expired")
    guard text.hasPrefix(APIToken.prefix), text.utf8.count <= 128 else { throw refusal }
    let now = environment.wall()
    let found = try database.read { db in
      try db.first(
        // Index api_token_by_hash.
        """
        SELECT t.id, t.account, t.role, a.role, t.used FROM api_token t JOIN account a ON a.name = t.account
        WHERE t.hash = $1 AND t.revoked IS NULL AND t.expires > $2 AND a.disabled IS NULL
        """, [.blob(SecretText.hash(text)), .integer(now)]
      ) { row in
        (
          id: row.text(0), account: row.text(1),
          role: min(Role(rawValue: row.text(2)) ?? .viewer, Role(rawValue: row.text(3)) ?? .viewer),
          used: row.optionalInt(4)
        )
      }
    }
    guard let found else { throw refusal }
    if found.used.map({ $0 + APIToken.usedMilliseconds <= now }) ?? true { noteUsed(found.id, now) }
    return Operator(name: found.account, role: found.role, via: .token(found.id))
  }

  /// `{"id","token","account","role","label","expires"}`; the token is in this answer and nowhere else.
  func createToken(
    for typed: String, label: String, role: Role?, lifeSeconds: Int?, by who: Operator
  ) throws -> JSON {
    guard (1...APIToken.maxLabelBytes).contains(label.utf8.count) else {
      throw Problem(
        .badCommand, "a token is labelled with what uses it, in 1 to \(APIToken.maxLabelBytes) bytes")
    }
    let life = lifeSeconds ?? APIToken.defaultLifeSeconds
    guard APIToken.lifeSeconds.contains(life) else {
      throw Problem(.badCommand, "an API token lives from 1 day to 730 days")
    }
    let token = APIToken.prefix + SecretText.make(environment)
    let id = environment.random(6).map { String(Int($0) + 256, radix: 16).dropFirst() }.joined()
    return try writer.perform { transaction in
      let db = transaction.db
      let account = try Accounts.existing(typed, db)
      let role = role ?? account.role
      guard role <= account.role else {
        throw Problem(.badCommand, "a token's role is at most its account's, which is \(account.role.rawValue)")
      }
      let held = try db.count(
        "SELECT COUNT(*) FROM api_token WHERE account = $1 AND revoked IS NULL AND expires > $2",
        [.text(account.name), .integer(transaction.now)])
      guard held < APIToken.maxOfAccount else {
        throw Problem(.limit, "the account has \(held) tokens that count; revoke those that nobody uses")
      }
      let expires = transaction.now + life * 1_000
      try db.execute(
        """
        INSERT INTO api_token (id, hash, account, role, label, created, created_by, expires)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        """,
        [
          .text(id), .blob(SecretText.hash(token)), .text(account.name), .text(role.rawValue), .text(label),
          .integer(transaction.now), .text(who.name), .integer(expires),
        ])
      try Audit.note(
        .apiTokenCreated, id, by: who,
        with: [("account", .string(account.name)), ("role", .string(role.rawValue)), ("label", .string(label))],
        transaction)
      return [
        "id": .string(id), "token": .string(token), "account": .string(account.name), "role": .string(role.rawValue),
        "label": .string(label), "expires": .int(expires),
      ]
    }
  }

  /// `{"tokens":[{"id","account","role","label","created","createdBy","expires","used"?,"revoked"?}]}`, newest first.
  func tokens(of typed: String) throws -> JSON {
    try database.read { db in
      let account = try Accounts.existing(typed, db)
      let rows = try db.all(
        """
        SELECT id, role, label, created, created_by, expires, used, revoked FROM api_token WHERE account = $1
        ORDER BY created DESC, id LIMIT 1000
        """, [.text(account.name)]
      ) { row -> JSON in
        .compact([
          ("id", .string(row.text(0))), ("account", .string(account.name)), ("role", .string(row.text(1))),
          ("label", .string(row.text(2))), ("created", .int(row.int(3))), ("createdBy", .string(row.text(4))),
          ("expires", .int(row.int(5))), ("used", row.optionalInt(6).map(JSON.int)),
          ("revoked", row.optionalInt(7).map(JSON.int)),
        ])
      }
      return ["tokens": .array(rows)]
    }
  }

  /// Counts for nothing from the next request on.
  func revokeToken(_ id: String, of typed: String, by who: Operator) throws -> JSON {
    try writer.perform { transaction in
      let db = transaction.db
      let account = try Accounts.existing(typed, db)
      let key: [SQLValue] = [.text(id), .text(account.name)]
      guard try db.count("SELECT COUNT(*) FROM api_token WHERE id = $1 AND account = $2", key) == 1 else {
        throw Problem(.notFound, "\(account.name) has no API token '\(id.prefix(64))'")
      }
      let ended = try db.execute(
        "UPDATE api_token SET revoked = $1 WHERE id = $2 AND account = $3 AND revoked IS NULL",
        [.integer(transaction.now)] + key)
      if ended > 0 {
        try Audit.note(.apiTokenRevoked, id, by: who, with: [("account", .string(account.name))], transaction)
      }
      return ["revoked": .string(id), "account": .string(account.name)]
    }
  }

  /// In the background: it tells administrators which tokens nobody uses, and decides nothing.
  private func noteUsed(_ id: String, _ now: Int) {
    let logger = logger
    let update: @Sendable (HubTransaction) throws -> Void = { transaction in
      try transaction.db.execute("UPDATE api_token SET used = $1 WHERE id = $2", [.integer(now), .text(id)])
    }
    do {
      try writer.submit(update) { result in
        if case .failure(let error) = result { logger.warning("token.used.unwritten", metadata: ["error": "\(error)"]) }
      }
    } catch {
      logger.warning("token.used.unwritten", metadata: ["error": "\(error)"])
    }
  }
}
