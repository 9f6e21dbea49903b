// The store of accounts: who there is, in which role, added and ended by administrators. Rights are demanded above, by Seat; API tokens are
// in APITokens.swift, sessions and passwords in the other files of this folder.

import Core
import Logging
import Synchronization

final class Accounts: Sendable {
  /// For how long a password that an administrator gave is good, once.
  static let oneTimeMilliseconds = 72 * 3_600_000
  private static let maxDisplayNameBytes = 128

  let database: any Database
  let writer: GroupCommitWriter
  let environment: HubEnvironment
  let sessions: Sessions
  let signIn: SignIn
  let logger: Logger
  let rule: SecondFactorRule
  private let passwords: PasswordQueue
  private let notices = Mutex(AttemptLimits())

  init(
    database: any Database, writer: GroupCommitWriter, environment: HubEnvironment, cost: PasswordCost,
    hubKey: [UInt8], rule: SecondFactorRule, logger: Logger
  ) {
    self.rule = rule
    self.database = database
    self.writer = writer
    self.environment = environment
    self.logger = logger
    passwords = PasswordQueue(cost: cost, environment: environment)
    sessions = Sessions(
      database: database, writer: writer, environment: environment, rule: rule, logger: logger)
    signIn = SignIn(
      database: database, writer: writer, passwords: passwords, sessions: sessions, environment: environment,
      keys: FactorKeys(hubKey: hubKey), rule: rule, logger: logger)
  }

  // MARK: Who calls

  /// Who a request is from: an API token where there is one, else a session. Throws `sign-in-required` where it is nobody's that counts,
  /// and `forbidden` where a change does not carry the session's CSRF token.
  ///
  /// - Parameters:
  ///   - authorization: the header `Authorization`.
  ///   - session: the value of the cookie ``Sessions/cookie``.
  ///   - csrf: the header ``Sessions/csrfHeader``, or the form's field.
  ///   - changes: whether the method is another than GET and HEAD.
  ///   - isActivity: whether a person did it, not a page by itself.
  func caller(
    authorization: String?, session: String?, csrf: String?, changes: Bool, isActivity: Bool = true
  ) throws -> Operator {
    if let authorization {
      let parts = authorization.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "bearer" else {
        throw Problem(.signInRequired, "the Authorization header takes the word Bearer and an API token")
      }
      return try caller(token: String(parts[1]))
    }
    guard let session, let found = try sessions.find(session, isActivity: isActivity) else {
      throw Problem(.signInRequired, "sign in at the console, or send an API token as Authorization: Bearer")
    }
    if changes, !Sessions.csrfMatches(csrf, found) {
      throw Problem(
        .forbidden,
        "the request does not carry its session's \(Sessions.csrfHeader); load the page again, then repeat it")
    }
    return found.who
  }

  /// Keeps that a right was tried that is missing; in the background, for the answer is the same.
  func noteRefused(_ right: Right, to who: Operator) {
    let now = environment.wall()
    guard who.duty == nil,
      notices.withLock({ $0.take([.notice("\(who.name)/\(right.rawValue)")], now: now) == nil })
    else { return }
    let logger = logger
    do {
      try writer.submit { transaction in
        try Audit.note(.refused, right.rawValue, by: who, transaction)
      } then: { result in
        if case .failure(let error) = result { logger.warning("audit.unwritten", metadata: ["error": "\(error)"]) }
      }
    } catch {
      logger.warning("audit.unwritten", metadata: ["error": "\(error)"])
    }
  }

  // MARK: Reading

  func account(_ name: String) throws -> Account? { try database.read { db in try Account.find(name, db) } }

  /// `{"users":[{"name","displayName","role","program","created","disabled"?,"hasPassword","oneTimeUntil"?,"lastSignIn"?,"sessions",
  /// "tokens"}]}`, by name.
  func list() throws -> JSON {
    let now = environment.wall()
    return try database.read { db in
      let sessions = try counts(
        "SELECT account, COUNT(*) FROM session WHERE created > $1 AND seen > $2 GROUP BY account",
        [.integer(now - Sessions.lifeMilliseconds), .integer(now - Sessions.idleMilliseconds)], db)
      let tokens = try counts(
        "SELECT account, COUNT(*) FROM api_token WHERE revoked IS NULL AND expires > $1 GROUP BY account",
        [.integer(now)], db)
      let accounts = try db.all("SELECT \(Account.columns) FROM account ORDER BY name", []) { Account($0) }
      let rows = accounts.map { account -> JSON in
        .object(
          (account.json.asObject ?? []) + [
            .init("sessions", .int(sessions[account.name] ?? 0)), .init("tokens", .int(tokens[account.name] ?? 0)),
          ])
      }
      return ["users": .array(rows)]
    }
  }

  private func counts(
    _ sql: String, _ arguments: [SQLValue], _ db: any DatabaseConnection
  ) throws -> [String: Int] {
    let rows = try db.all(sql, arguments) { ($0.text(0), $0.int(1)) }
    return Dictionary(rows) { first, _ in first }
  }

  // MARK: Changing

  /// Adds an account. A person without `password` gets one that is good for signing in once: it is in the answer and nowhere else.
  ///
  /// Returns the account as in ``list()``, and `"oneTimePassword"?`.
  func add(
    name typed: String, displayName: String?, role: Role, isProgram: Bool, password: String?, by who: Operator
  ) async throws -> JSON {
    guard let name = AccountName.normalised(typed) else {
      throw Problem(
        .badCommand, "'\(typed.prefix(64))' is no name for an account: use a-z and 0-9, and inside also . _ -")
    }
    let displayName = displayName ?? name
    guard (1...Accounts.maxDisplayNameBytes).contains(displayName.utf8.count) else {
      throw Problem(.badCommand, "a display name has 1 to \(Accounts.maxDisplayNameBytes) bytes")
    }
    guard !isProgram || password == nil else {
      throw Problem(.badCommand, "a program has no password: give it an API token")
    }
    let chosen = try await isProgram ? nil : choose(password, account: name, displayName: displayName)
    return try await writer.submit { transaction in
      let db = transaction.db
      guard try Account.find(name, db) == nil else {
        throw Problem(.exists, "there is an account '\(name)' already; one that was disabled can be enabled again")
      }
      try db.execute(
        """
        INSERT INTO account (name, display_name, role, is_program, created, password, one_time_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
          .text(name), .text(displayName), .text(role.rawValue), .flag(isProgram), .integer(transaction.now),
          .optional(chosen?.hash.text), .optional(chosen?.oneTimeUntil),
        ])
      try Audit.note(
        .accountAdded, name, by: who, with: [("role", .string(role.rawValue)), ("program", isProgram ? true : nil)],
        transaction)
      return try Accounts.answer(name, chosen?.shown, db)
    }
  }

  /// Gives a person another password, a one-time one where `password` is nil; ends all sessions.
  func setPassword(of typed: String, password: String?, by who: Operator) async throws -> JSON {
    let account = try await passwords.aside { [self] in
      try database.read { db in try Accounts.existing(typed, db) }
    }
    guard !account.isProgram else { throw Problem(.illegalStep, "'\(account.name)' is a program and has no password") }
    let chosen = try await choose(password, account: account.name, displayName: account.displayName)
    return try await writer.submit { transaction in
      let db = transaction.db
      try db.execute(
        "UPDATE account SET password = $1, one_time_until = $2, is_short = 0 WHERE name = $3",
        [.text(chosen.hash.text), .optional(chosen.oneTimeUntil), .text(account.name)])
      try Sessions.endAll(of: account.name, transaction)
      try SignIn.forgetDevices(of: account.name, transaction)
      try Audit.note(
        .passwordSet, account.name, by: who, with: [("once", .bool(chosen.oneTimeUntil != nil))], transaction)
      return try Accounts.answer(account.name, chosen.shown, db)
    }
  }

  /// Counts from the next request on, in open sessions and API tokens too.
  func setRole(of typed: String, to role: Role, by who: Operator) throws -> JSON {
    try change(typed, by: who) { [rule] account, transaction in
      try transaction.db.execute(
        "UPDATE account SET role = $1 WHERE name = $2", [.text(role.rawValue), .text(account.name)])
      // A session that began with a password alone must not carry a right that takes more.
      if rule.demands(of: role), account.secondFactor == nil {
        try Sessions.demandSecondFactor(of: account.name, transaction)
      }
      try Audit.note(
        .roleSet, account.name, by: who,
        with: [("from", .string(account.role.rawValue)), ("to", .string(role.rawValue))],
        transaction)
    }
  }

  /// Ends its sessions; its API tokens count for nothing while it is disabled.
  func disable(_ typed: String, by who: Operator) throws -> JSON {
    try change(typed, by: who) { account, transaction in
      guard account.disabled == nil else { return }
      try transaction.db.execute(
        "UPDATE account SET disabled = $1 WHERE name = $2", [.integer(transaction.now), .text(account.name)])
      try Sessions.endAll(of: account.name, transaction)
      try Audit.note(.accountDisabled, account.name, by: who, transaction)
    }
  }

  func enable(_ typed: String, by who: Operator) throws -> JSON {
    try change(typed, by: who) { account, transaction in
      guard account.disabled != nil else { return }
      try transaction.db.execute("UPDATE account SET disabled = NULL WHERE name = $1", [.text(account.name)])
      try Audit.note(.accountEnabled, account.name, by: who, transaction)
    }
  }

  /// For somebody who has lost the device: the second factor and the recovery codes are gone, all sessions end, and the next sign-in takes
  /// the password alone, to set up another.
  func resetSecondFactor(of typed: String, by who: Operator) throws -> JSON {
    try change(typed, by: who) { account, transaction in
      guard account.secondFactor != nil else {
        throw Problem(.illegalStep, "'\(account.name)' has no second factor")
      }
      try SecondFactor.forget(account.name, transaction)
      try Sessions.endAll(of: account.name, transaction)
      try SignIn.forgetDevices(of: account.name, transaction)
      try Audit.note(.secondFactorReset, account.name, by: who, transaction)
    }
  }

  // MARK: Parts

  /// Nobody changes what he may do himself: so there is always an administrator left.
  private func change(
    _ typed: String, by who: Operator, _ body: @escaping @Sendable (Account, HubTransaction) throws -> Void
  ) throws -> JSON {
    try writer.perform { transaction in
      let account = try Accounts.existing(typed, transaction.db)
      guard who.via == .socket || who.name != account.name else {
        throw Problem(.illegalStep, "one's own role and account are changed by another administrator")
      }
      try body(account, transaction)
      return try Accounts.answer(account.name, nil, transaction.db)
    }
  }

  static func existing(_ typed: String, _ db: any DatabaseConnection) throws -> Account {
    guard let name = AccountName.normalised(typed), let account = try Account.find(name, db) else {
      throw Problem(.notFound, "there is no account '\(typed.prefix(64))'; see: lianxin-hub user list")
    }
    return account
  }

  private static func answer(_ name: String, _ shown: String?, _ db: any DatabaseConnection) throws -> JSON {
    let members = try existing(name, db).json.asObject ?? []
    return .object(members + (shown.map { [JSON.Member("oneTimePassword", .string($0))] } ?? []))
  }

  private struct Chosen: Sendable {
    let hash: PasswordHash
    let oneTimeUntil: Int?
    /// What is told once.
    let shown: String?
  }

  /// The password, hashed; a random one where none is given.
  private func choose(_ password: String?, account: String, displayName: String) async throws -> Chosen {
    if let password, let fault = PasswordRules.fault(password, account: account, displayName: displayName) {
      throw Problem(.badCommand, fault.description)
    }
    return try await passwords.run { [passwords, environment] in
      if let password {
        return Chosen(hash: try passwords.hash(PasswordRules.normalised(password)), oneTimeUntil: nil, shown: nil)
      }
      let typed = SecretText.typed(environment)
      return Chosen(
        hash: try passwords.hash(typed), oneTimeUntil: environment.wall() + Accounts.oneTimeMilliseconds, shown: typed)
    }
  }
}
