// A name and a password become a session, or one and the same refusal whatever was wrong, after the same work; of an account with a second
// factor a right password leads to a second step, which takes its code. How often that may be tried is AttemptLimits'; what an account's
// owner does about the second factor is in OwnSecondFactor.swift.

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

  /// What a right password leads to.
  enum Step: Sendable {
    case signedIn(Success)
    /// The account has a second factor. What the console puts into ``halfCookie``; it is no session, and opens nothing but the second step.
    case codeNext(half: String)
  }

  /// The cookie of a sign-in that waits for its code.
  static let halfCookie = "__Host-half"

  let database: any Database
  let writer: GroupCommitWriter
  let passwords: PasswordQueue
  let sessions: Sessions
  let environment: HubEnvironment
  let keys: FactorKeys
  let rule: SecondFactorRule
  private let logger: Logger
  private let limits = Mutex(AttemptLimits())
  private let halves = Mutex(HalfSignIns())

  init(
    database: any Database, writer: GroupCommitWriter, passwords: PasswordQueue, sessions: Sessions,
    environment: HubEnvironment, keys: FactorKeys, rule: SecondFactorRule, logger: Logger
  ) {
    self.keys = keys
    self.rule = rule
    self.database = database
    self.writer = writer
    self.passwords = passwords
    self.sessions = sessions
    self.environment = environment
    self.logger = logger
  }

  static let refusal = Problem(.signInRefused, "the name or the password is wrong")
  static let codeRefusal = Problem(.signInRefused, "the code is wrong, or was used before")

  /// The first step of signing in, and for an account without a second factor the only one. Throws `sign-in-refused`, the same for every
  /// reason; `too-many-attempts`, with when to come back; `busy`.
  ///
  /// - Parameters:
  ///   - address: the peer's IP address.
  ///   - device: what the browser sent as ``deviceCookie``.
  ///   - replacing: the id of the session that the browser sent, which ends.
  func attempt(
    name typed: String, password: String, address: String, device: String?, replacing: String?
  ) async throws -> Step {
    let name = AccountName.normalised(typed)
    let place = AttemptLimits.place(address)
    let known = try await passwords.aside { [self] in try name.flatMap { try knownDevice(device, of: $0) } }
    return try await counted(SignIn.shares(of: name, at: place, known), name, place) { [self] in
      try await passwords.run(forStranger: known == nil) { [self] in
        let password = password.utf8.count <= SignIn.maxTypedBytes ? PasswordRules.normalised(password) : ""
        let account = try check(name, password, place)
        // A hash that was made at another price is made anew, while the password is here.
        let isDated = account.password.flatMap(PasswordHash.init)?.cost != passwords.cost
        let half = HalfSignIn(
          account: account, renewed: isDated && account.oneTimeUntil == nil ? try passwords.hash(password) : nil,
          device: known == nil ? nil : device, knownDevice: known, replacing: replacing, since: environment.wall())
        guard account.secondFactor != nil else { return .signedIn(try begin(half, code: nil, place)) }
        let id = SecretText.make(environment)
        halves.withLock { $0.keep(half, SecretText.hash(id)) }
        return .codeNext(half: id)
      }
    }
  }

  /// The second step: a code of the app, or a recovery code. Throws `sign-in-required` where the first step is too long ago or has had its
  /// wrong codes, `sign-in-refused` where the code is wrong; `too-many-attempts` by the limits of passwords; `busy`.
  ///
  /// - Parameter id: what the browser sent as ``halfCookie``.
  func enterCode(_ code: String, half id: String, address: String) async throws -> Success {
    let place = AttemptLimits.place(address)
    let key = SecretText.hash(id)
    guard id.utf8.count <= 64, let half = halves.withLock({ $0.find(key, now: environment.wall()) }) else {
      throw Problem(.signInRequired)
    }
    let name = half.account.name
    return try await counted(SignIn.shares(of: name, at: place, half.knownDevice), name, place) { [self] in
      do {
        let success = try await passwords.run(forStranger: half.knownDevice == nil) { [self] in
          try begin(half, code: code, place)
        }
        halves.withLock { $0.end(key) }
        return success
      } catch let problem as Problem where problem.code == .signInRefused {
        halves.withLock { $0.noteWrong(key) }
        noteLater(.secondFactorRefused, name, place)
        throw problem
      }
    }
  }

  /// Whether the second step of this half can still be made.
  func isOpen(half id: String) -> Bool {
    halves.withLock { $0.find(SecretText.hash(id), now: environment.wall()) } != nil
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
        if session.who.duty != .newPassword {
          password = PasswordRules.normalised(String(current ?? ""))
          _ = try check(name, password ?? "", place)
        }
        guard let account = try database.read({ db in try Account.find(name, db) }) else { throw SignIn.refusal }
        let fault = PasswordRules.fault(
          new, account: name, displayName: account.displayName, hasSecondFactor: account.secondFactor != nil)
        if let fault { throw Problem(.badCommand, fault.description) }
        let hash = try passwords.hash(PasswordRules.normalised(new))
        return try change(account, to: hash, isShort: PasswordRules.isShort(new), session: id, session.who, place)
      }
    }
  }

  // MARK: Parts

  /// What an attempt takes of: the known browser's share, or all that strangers share.
  private static func shares(of name: String?, at place: String, _ known: [UInt8]?) -> [AttemptLimits.Key] {
    known.map { [.device($0)] }
      ?? [.address(place), .accountFromAddress(name ?? "?", place), .account(name ?? "?")]
  }

  /// Counts an attempt, and takes it back unless it was refused.
  func counted<Value: Sendable>(
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
  func check(_ name: String?, _ password: String, _ place: String) throws -> Account {
    let account = try name.flatMap { name in try database.read { db in try Account.find(name, db) } }
    let isRight = try passwords.matches(password, account?.usablePassword(now: environment.wall()))
    guard let account, isRight else {
      noteLater(.signInRefused, name, place)
      throw SignIn.refusal
    }
    return account
  }

  private func begin(_ half: HalfSignIn, code: String?, _ place: String) throws -> Success {
    let account = half.account
    let isOneTime = account.oneTimeUntil != nil
    return try writer.perform { [environment, keys, rule] transaction in
      let db = transaction.db
      // It may have been disabled, or changed, while the password was hashed.
      guard let present = try Account.find(account.name, db), present.password == account.password,
        present.usablePassword(now: transaction.now) != nil
      else { throw SignIn.refusal }
      var proof: SecondFactor.Proof?
      if present.secondFactor != nil {
        // One that was set up in the meantime counts too.
        guard let code else { throw SignIn.refusal }
        proof = try SecondFactor.use(code, of: account.name, keys, transaction)
        if proof == nil { throw SignIn.codeRefusal }
      }
      if let replacing = half.replacing {
        try db.execute("DELETE FROM session WHERE id = $1", [.blob(SecretText.hash(replacing))])
      }
      // A one-time password has had its one time.
      let kept = isOneTime ? nil : half.renewed?.text ?? account.password
      try db.execute(
        "UPDATE account SET password = $1, one_time_until = NULL, signed_in = $2 WHERE name = $3",
        [.optional(kept), .integer(transaction.now), .text(account.name)])
      let duty = present.duty(rule)
      let who = Operator(name: account.name, role: present.role, via: .console, duty: duty)
      try Audit.note(
        .signIn, account.name, by: who,
        with: [("address", .string(place)), ("secondFactor", proof.map { .string($0.rawValue) })], transaction)
      return Success(
        session: try Sessions.create(for: account.name, duty: duty, environment, transaction),
        device: try SignIn.keepDevice(half.device, of: account.name, environment, transaction), who: who,
        lastSignIn: account.lastSignIn)
    }
  }

  private func change(
    _ account: Account, to hash: PasswordHash, isShort: Bool, session id: String, _ who: Operator, _ place: String
  ) throws -> Success {
    try writer.perform { [self] transaction in
      let present = try openAccount(of: id, account.name, transaction)
      // The factor that made a short password long enough may be gone.
      guard !isShort || present.secondFactor != nil else { throw Problem(.signInRequired) }
      try transaction.db.execute(
        "UPDATE account SET password = $1, one_time_until = NULL, is_short = $2 WHERE name = $3",
        [.text(hash.text), .flag(isShort), .text(account.name)])
      try SignIn.forgetDevices(of: account.name, transaction)
      try Audit.note(.passwordChanged, account.name, by: who, with: [("address", .string(place))], transaction)
      return try beginAnew(account.name, transaction)
    }
  }

  /// The account of a session that is still open.
  func openAccount(of id: String, _ name: String, _ transaction: HubTransaction) throws -> Account {
    let isOpen = try transaction.db.count(
      "SELECT COUNT(*) FROM session WHERE id = $1 AND account = $2", [.blob(SecretText.hash(id)), .text(name)])
    guard isOpen == 1, let account = try Account.find(name, transaction.db), account.disabled == nil else {
      throw Problem(.signInRequired)
    }
    return account
  }

  /// Ends all sessions of the account and begins a new one, after what it signs in by has changed.
  func beginAnew(_ name: String, _ transaction: HubTransaction) throws -> Success {
    guard let account = try Account.find(name, transaction.db) else { throw Problem(.signInRequired) }
    try Sessions.endAll(of: name, transaction)
    let duty = account.duty(rule)
    return Success(
      session: try Sessions.create(for: name, duty: duty, environment, transaction),
      device: try SignIn.keepDevice(nil, of: name, environment, transaction),
      who: Operator(name: name, role: account.role, via: .console, duty: duty), lastSignIn: account.lastSignIn)
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
  func noteLater(_ action: AuditAction, _ name: String?, _ place: String) {
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
