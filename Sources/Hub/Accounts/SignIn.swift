// A name and a password become a session, or one and the same refusal whatever was wrong, after the same work. How often that may be
// tried is AttemptLimits'.

import Core
import Logging
import Synchronization

final class SignIn: Sendable {
  /// The cookie that a browser keeps after a sign-in: by it the account's owner is let in while strangers guess at the account.
  static let deviceCookie = "__Host-device"
  static let deviceMilliseconds = 180 * 86_400_000
  /// Longer ones are no passwords, and cost nothing.
  private static let maxTypedBytes = 4_096
  private static let maxDevices = 20

  /// What the console puts into cookies, once.
  struct Success: Sendable {
    let session: String
    let device: String
    let who: Operator
    /// When this account signed in before, milliseconds.
    let lastSignIn: Int?
  }

  private let database: any Database
  private let writer: GroupCommitWriter
  private let passwords: PasswordQueue
  private let sessions: Sessions
  private let environment: HubEnvironment
  private let logger: Logger
  private let limits = Mutex(AttemptLimits())

  init(
    database: any Database, writer: GroupCommitWriter, passwords: PasswordQueue, sessions: Sessions,
    environment: HubEnvironment, logger: Logger
  ) {
    self.database = database
    self.writer = writer
    self.passwords = passwords
    self.sessions = sessions
    self.environment = environment
    self.logger = logger
  }

  private static let refusal = Problem(.signInRefused, "the name or the password is wrong")

  /// Signs in. Throws `sign-in-refused`, the same for every reason; `too-many-attempts`, with when to come back; `busy`.
  ///
  /// - Parameters:
  ///   - address: the peer's IP address.
  ///   - device: what the browser sent as ``deviceCookie``.
  ///   - replacing: the id of the session that the browser sent, which ends.
  func attempt(
    name typed: String, password: String, address: String, device: String?, replacing: String?
  ) async throws -> Success {
    let name = AccountName.normalised(typed)
    let place = AttemptLimits.place(address)
    let known = try await passwords.aside { [self] in try name.flatMap { try knownDevice(device, of: $0) } }
    let keys: [AttemptLimits.Key] =
      known.map { [.device($0)] }
      ?? [.address(place), .accountFromAddress(name ?? "?", place), .account(name ?? "?")]
    return try await counted(keys, name, place) { [self] in
      try await passwords.run(forStranger: known == nil) { [self] in
        let password = password.utf8.count <= SignIn.maxTypedBytes ? PasswordRules.normalised(password) : ""
        let account = try check(name, password, place)
        return try begin(account, password, place, device: known == nil ? nil : device, replacing: replacing)
      }
    }
  }

  /// Sets one's own password: ends all sessions of the account and begins a new one. Throws `bad-command` where the new one may not be
  /// chosen, `sign-in-refused` where the current one is wrong.
  ///
  /// - Parameter current: may be nil only in a session that a one-time password began.
  func changePassword(session id: String, current: String?, new: String, address: String) async throws -> Success {
    let place = AttemptLimits.place(address)
    let session = try await passwords.aside { [self] in try sessions.find(id) }
    guard let session else { throw Problem(.signInRequired) }
    let name = session.who.name
    return try await counted([.device(SecretText.hash(id))], name, place) { [self] in
      try await passwords.run { [self] in
        var password: String?
        if !session.who.mustChangePassword {
          password = PasswordRules.normalised(String(current ?? ""))
          _ = try check(name, password ?? "", place)
        }
        guard let account = try database.read({ db in try Account.find(name, db) }) else { throw SignIn.refusal }
        if let fault = PasswordRules.fault(new, account: name, displayName: account.displayName) {
          throw Problem(.badCommand, fault.description)
        }
        let hash = try passwords.hash(PasswordRules.normalised(new))
        return try change(account, to: hash, session: id, session.who, place)
      }
    }
  }

  // MARK: Parts

  /// Counts an attempt, and takes it back unless it was refused.
  private func counted<Value: Sendable>(
    _ keys: [AttemptLimits.Key], _ name: String?, _ place: String, _ body: () async throws -> Value
  ) async throws -> Value {
    let now = environment.wall()
    if let wait = limits.withLock({ $0.take(keys, now: now) }) {
      let isNews = limits.withLock { $0.take([.notice(name ?? "?")], now: now) == nil }
      if isNews { noteLater(.signInLimited, name, place) }
      throw Problem(
        .tooManyAttempts, "too many attempts; try again in \((wait + 59) / 60) min, or ask an administrator",
        retryAfterSeconds: wait)
    }
    do {
      let value = try await body()
      limits.withLock { $0.giveBack(keys) }
      return value
    } catch {
      if (error as? Problem)?.code != .signInRefused { limits.withLock { $0.giveBack(keys) } }
      throw error
    }
  }

  /// The hash of the browser's cookie, where it is one that this account's owner got.
  private func knownDevice(_ device: String?, of name: String) throws -> [UInt8]? {
    guard let device, device.utf8.count <= 64 else { return nil }
    let key = SecretText.hash(device)
    let oldest = environment.wall() - SignIn.deviceMilliseconds
    let known = try database.read { db in
      try db.count(
        "SELECT COUNT(*) FROM device WHERE id = $1 AND account = $2 AND seen > $3",
        [.blob(key), .text(name), .integer(oldest)])
    }
    return known == 1 ? key : nil
  }

  /// The account whose password it is. The work is the same where there is none, or none that may sign in.
  private func check(_ name: String?, _ password: String, _ place: String) throws -> Account {
    let account = try name.flatMap { name in try database.read { db in try Account.find(name, db) } }
    let isRight = try passwords.matches(password, account?.usablePassword(now: environment.wall()))
    guard let account, isRight else {
      noteLater(.signInRefused, name, place)
      throw SignIn.refusal
    }
    return account
  }

  private func begin(
    _ account: Account, _ password: String, _ place: String, device: String?, replacing: String?
  ) throws -> Success {
    let isOneTime = account.oneTimeUntil != nil
    // A hash that was made at another price is made anew.
    let isDated = account.password.flatMap(PasswordHash.init)?.cost != passwords.cost
    let renewed = isDated && !isOneTime ? try passwords.hash(password) : nil
    return try writer.perform { [environment] transaction in
      let db = transaction.db
      // It may have been disabled, or changed, while the password was hashed.
      guard let present = try Account.find(account.name, db), present.password == account.password,
        present.usablePassword(now: transaction.now) != nil
      else { throw SignIn.refusal }
      if let replacing { try db.execute("DELETE FROM session WHERE id = $1", [.blob(SecretText.hash(replacing))]) }
      // A one-time password has had its one time.
      let kept = isOneTime ? nil : renewed?.text ?? account.password
      try db.execute(
        "UPDATE account SET password = $1, one_time_until = NULL, signed_in = $2 WHERE name = $3",
        [.optional(kept), .integer(transaction.now), .text(account.name)])
      let who = Operator(name: account.name, role: present.role, via: .console, mustChangePassword: isOneTime)
      try Audit.note(.signIn, account.name, by: who, with: [("address", .string(place))], transaction)
      return Success(
        session: try Sessions.create(for: account.name, mustChangePassword: isOneTime, environment, transaction),
        device: try SignIn.keepDevice(device, of: account.name, environment, transaction), who: who,
        lastSignIn: account.lastSignIn)
    }
  }

  private func change(
    _ account: Account, to hash: PasswordHash, session id: String, _ who: Operator, _ place: String
  ) throws -> Success {
    try writer.perform { [environment] transaction in
      let db = transaction.db
      let isOpen = try db.count(
        """
        SELECT COUNT(*) FROM session s JOIN account a ON a.name = s.account
        WHERE s.id = $1 AND s.account = $2 AND a.disabled IS NULL
        """, [.blob(SecretText.hash(id)), .text(account.name)])
      guard isOpen == 1 else { throw Problem(.signInRequired) }
      try db.execute(
        "UPDATE account SET password = $1, one_time_until = NULL WHERE name = $2",
        [.text(hash.text), .text(account.name)])
      try Sessions.endAll(of: account.name, transaction)
      try SignIn.forgetDevices(of: account.name, transaction)
      var who = who
      who.mustChangePassword = false
      try Audit.note(.passwordChanged, account.name, by: who, with: [("address", .string(place))], transaction)
      return Success(
        session: try Sessions.create(for: account.name, mustChangePassword: false, environment, transaction),
        device: try SignIn.keepDevice(nil, of: account.name, environment, transaction), who: who,
        lastSignIn: account.lastSignIn)
    }
  }

  // MARK: Devices

  static func forgetDevices(of account: String, _ transaction: HubTransaction) throws {
    try transaction.db.execute("DELETE FROM device WHERE account = $1", [.text(account)])
  }

  /// Keeps the device, a new one where `device` is nil. Returns what goes into its cookie.
  private static func keepDevice(
    _ device: String?, of account: String, _ environment: HubEnvironment, _ transaction: HubTransaction
  ) throws -> String {
    let db = transaction.db
    let held = try db.all("SELECT id FROM device WHERE account = $1 ORDER BY seen DESC, id", [.text(account)]) {
      $0.blob(0)
    }
    let device = device ?? SecretText.make(environment)
    let key = SecretText.hash(device)
    for id in held.filter({ $0 != key }).dropFirst(maxDevices - 1) {
      try db.execute("DELETE FROM device WHERE id = $1", [.blob(id)])
    }
    try db.execute(
      """
      INSERT INTO device (id, account, seen) VALUES ($1, $2, $3)
      ON CONFLICT (id) DO UPDATE SET seen = excluded.seen
      """, [.blob(key), .text(account), .integer(transaction.now)])
    return device
  }

  // MARK: Audit

  /// Notes what was refused to an account that there is. In the background, so that the answer comes as fast as for a name that nobody has.
  private func noteLater(_ action: AuditAction, _ name: String?, _ place: String) {
    guard let name else { return }
    let logger = logger
    let note: @Sendable (HubTransaction) throws -> Void = { transaction in
      guard let account = try Account.find(name, transaction.db) else { return }
      let who = Operator(name: name, role: account.role, via: .console)
      try Audit.note(action, name, by: who, with: [("address", .string(place))], transaction)
    }
    do {
      try writer.submit(note) { result in
        if case .failure(let error) = result { logger.warning("signin.unwritten", metadata: ["error": "\(error)"]) }
      }
    } catch {
      logger.warning("signin.unwritten", metadata: ["error": "\(error)"])
    }
  }
}
