// Sessions of people at the console: found, kept alive, ended. They are born of a password, which is SignIn's business. A session's id is
// a secret of 256 bits; the database has its hash.

import Core
import Logging

/// One session, with what counts now.
struct Session: Sendable {
  /// With the role that the account has at this moment.
  let who: Operator
  let displayName: String
  let hasSecondFactor: Bool
  /// What a form or a script of this session sends back with everything that changes something.
  let csrf: String
  let created: Int
  /// When it ends, whatever is done.
  let ends: Int
}

final class Sessions: Sendable {
  /// The cookie's name: with this prefix a browser takes it from this host alone, by TLS, for all paths.
  static let cookie = "__Host-session"
  static let csrfHeader = "X-CSRF-Token"
  static let idleMilliseconds = 30 * 60_000
  static let lifeMilliseconds = 12 * 3_600_000
  /// How exactly it is known when a session was last used.
  static let seenMilliseconds = 60_000
  /// Of one account; the one that was unused for longest gives way.
  static let maxOfAccount = 10

  private let database: any Database
  private let writer: GroupCommitWriter
  private let environment: HubEnvironment
  private let rule: SecondFactorRule
  private let logger: Logger

  init(
    database: any Database, writer: GroupCommitWriter, environment: HubEnvironment, rule: SecondFactorRule,
    logger: Logger
  ) {
    self.rule = rule
    self.database = database
    self.writer = writer
    self.environment = environment
    self.logger = logger
  }

  /// The session, or nil where there is none that counts: unknown, unused for too long, at its end, or of an account that is disabled.
  ///
  /// - Parameter isActivity: whether a person did something; what a page does by itself keeps no session alive.
  func find(_ id: String, isActivity: Bool = true) throws -> Session? {
    let now = environment.wall()
    let key = SecretText.hash(id)
    let found = try database.read { db in
      try db.first(
        // By its primary key, and the account by its own.
        """
        SELECT s.account, s.created, s.seen, s.must_change, s.must_enrol, a.role, a.display_name,
          (SELECT f.since FROM second_factor f WHERE f.account = s.account) FROM session s
        JOIN account a ON a.name = s.account WHERE s.id = $1 AND a.disabled IS NULL
        """, [.blob(key)]
      ) { row in
        (
          account: row.text(0), created: row.int(1), seen: row.int(2), mustChange: row.int(3) == 1,
          mustEnrol: row.int(4) == 1, role: Role(rawValue: row.text(5)) ?? .viewer, displayName: row.text(6),
          hasSecondFactor: !row.isNull(7)
        )
      }
    }
    guard let found, Sessions.isAlive(created: found.created, seen: found.seen, now: now) else { return nil }
    if isActivity, found.seen + Sessions.seenMilliseconds <= now { noteSeen(key, now) }
    let duty: Duty? =
      found.mustChange ? .newPassword : found.mustEnrol && rule.demands(of: found.role) ? .secondFactor : nil
    return Session(
      who: Operator(name: found.account, role: found.role, via: .console, duty: duty),
      displayName: found.displayName, hasSecondFactor: found.hasSecondFactor, csrf: Sessions.csrf(id),
      created: found.created,
      ends: found.created + Sessions.lifeMilliseconds)
  }

  /// Whether what came with a request is the session's own; in a time that does not tell.
  static func csrfMatches(_ given: String?, _ session: Session) -> Bool {
    SecretText.equal(Array((given ?? "").utf8), Array(session.csrf.utf8))
  }

  /// Log-out. An id that is unknown has ended already.
  func end(_ id: String) throws {
    guard let session = try find(id, isActivity: false) else { return }
    try writer.perform { transaction in
      let ended = try transaction.db.execute(
        "DELETE FROM session WHERE id = $1", [.blob(SecretText.hash(id))])
      if ended > 0 { try Audit.note(.signOut, session.who.name, by: session.who, transaction) }
    }
  }

  // MARK: In a transaction

  /// Makes a session, and room for it. Returns its id, which is shown to nobody else.
  static func create(
    for account: String, duty: Duty?, _ environment: HubEnvironment, _ transaction: HubTransaction
  ) throws -> String {
    let db = transaction.db
    let now = transaction.now
    try db.execute(
      "DELETE FROM session WHERE created <= $1 OR seen <= $2",
      [.integer(now - lifeMilliseconds), .integer(now - idleMilliseconds)])
    let held = try db.all(
      "SELECT id FROM session WHERE account = $1 ORDER BY seen DESC, id", [.text(account)]
    ) { $0.blob(0) }
    for id in held.dropFirst(maxOfAccount - 1) { try db.execute("DELETE FROM session WHERE id = $1", [.blob(id)]) }
    let id = SecretText.make(environment)
    try db.execute(
      "INSERT INTO session (id, account, created, seen, must_change, must_enrol) VALUES ($1, $2, $3, $3, $4, $5)",
      [
        .blob(SecretText.hash(id)), .text(account), .integer(now), .flag(duty == .newPassword),
        .flag(duty == .secondFactor),
      ])
    return id
  }

  /// Has the account's open sessions set up a second factor before they go on.
  static func demandSecondFactor(of account: String, _ transaction: HubTransaction) throws {
    try transaction.db.execute("UPDATE session SET must_enrol = 1 WHERE account = $1", [.text(account)])
  }

  static func endAll(of account: String, _ transaction: HubTransaction) throws {
    try transaction.db.execute("DELETE FROM session WHERE account = $1", [.text(account)])
  }

  // MARK: Parts

  private static func isAlive(created: Int, seen: Int, now: Int) -> Bool {
    now < created + lifeMilliseconds && now < seen + idleMilliseconds
  }

  /// Of the id and nothing else: whoever can compute it has the session.
  private static func csrf(_ id: String) -> String { Hash.of(Array("csrf".utf8), Array(id.utf8)).description }

  /// In the background: nobody waits for it, and a session whose sign of life was lost ends earlier, no more.
  private func noteSeen(_ key: [UInt8], _ now: Int) {
    let logger = logger
    let update: @Sendable (HubTransaction) throws -> Void = { transaction in
      try transaction.db.execute(
        "UPDATE session SET seen = $1 WHERE id = $2 AND seen < $1", [.integer(now), .blob(key)])
    }
    do {
      try writer.submit(update) { result in
        if case .failure(let error) = result {
          logger.warning("session.seen.unwritten", metadata: ["error": "\(error)"])
        }
      }
    } catch {
      logger.warning("session.seen.unwritten", metadata: ["error": "\(error)"])
    }
  }
}
