// What an account's owner does about the second factor at the console: sets it up, replaces it, makes new recovery codes, takes it away.
// Each takes the password, and the code of the factor that there is; by the limits of signing in.

import Core

/// How one's own second factor stands.
struct OwnSecondFactor: Sendable {
  /// Since when it counts; nil: there is none.
  let since: Int?
  let recoveryCodesLeft: Int
  /// The role takes one, so that it cannot be taken away.
  let isDemanded: Bool
  /// The secret that waits for its first code in this session.
  let pending: [UInt8]?
}

extension SignIn {
  func ownSecondFactor(session id: String, _ session: Session) throws -> OwnSecondFactor {
    let name = session.who.name
    return try database.read { db in
      let factor = try SecondFactor.find(name, db)
      let sealed = factor?.pending(for: SecretText.hash(id), now: environment.wall())
      return OwnSecondFactor(
        since: factor?.since, recoveryCodesLeft: try SecondFactor.recoveryCodesLeft(of: name, db),
        isDemanded: rule.demands(of: session.who.role), pending: sealed.flatMap { keys.open($0, of: name) })
    }
  }

  /// Makes a secret that counts once ``confirmSecondFactor(_:session:address:)`` has its code. Throws as the others here:
  /// `sign-in-refused` where password or code is wrong, `too-many-attempts`, `busy`.
  func beginSecondFactor(session id: String, password: String, code: String, address: String) async throws {
    try await proved(id, password, code, address) { [keys] account, _, transaction in
      try SecondFactor.begin(for: account.name, session: SecretText.hash(id), keys, transaction)
    }
  }

  /// Lets the pending secret count. Ends all sessions of the account, begins a new one, and returns the recovery codes, which are told once.
  func confirmSecondFactor(
    _ code: String, session id: String, address: String
  ) async throws -> (success: Success, codes: [String]) {
    let place = AttemptLimits.place(address)
    let session = try await openSession(id)
    let key = SecretText.hash(id)
    return try await counted([.device(key)], session.who.name, place) { [self] in
      try await passwords.run { [self] in
        try writer.perform { [self] transaction in
          let name = try openAccount(of: id, session.who.name, transaction).name
          guard try SecondFactor.confirm(code, of: name, session: key, keys, transaction) else {
            throw SignIn.codeRefusal
          }
          try Audit.note(
            .secondFactorSet, name, by: session.who, with: [("address", .string(place))], transaction)
          let codes = try SecondFactor.makeRecoveryCodes(for: name, keys, transaction)
          return (try beginAnew(name, transaction), codes)
        }
      }
    }
  }

  /// New recovery codes; the former ones count no more.
  func renewRecoveryCodes(
    session id: String, password: String, code: String, address: String
  ) async throws -> [String] {
    try await proved(id, password, code, address) { [keys] account, who, transaction in
      guard account.secondFactor != nil else { throw Problem(.illegalStep, "there is no second factor") }
      try Audit.note(.recoveryCodesMade, account.name, by: who, transaction)
      return try SecondFactor.makeRecoveryCodes(for: account.name, keys, transaction)
    }
  }

  /// Takes the second factor away, where the role allows it. Ends all sessions and begins a new one.
  func removeSecondFactor(session id: String, password: String, code: String, address: String) async throws -> Success {
    try await proved(id, password, code, address) { [self] account, who, transaction in
      guard account.secondFactor != nil else { throw Problem(.illegalStep, "there is no second factor") }
      guard !rule.demands(of: account.role) else { throw Problem(.illegalStep, "your role takes a second factor") }
      guard !account.isShort else {
        throw Problem(.illegalStep, "without it your password is too short: choose a longer one first")
      }
      try SecondFactor.forget(account.name, transaction)
      try Audit.note(.secondFactorRemoved, account.name, by: who, transaction)
      return try beginAnew(account.name, transaction)
    }
  }

  // MARK: Parts

  private func openSession(_ id: String) async throws -> Session {
    let session = try await passwords.aside { [self] in try sessions.find(id) }
    guard let session, session.who.duty != .newPassword else { throw Problem(.signInRequired) }
    return session
  }

  /// Runs `body` after the account's owner has shown the password, and a code where there is a second factor. A session that was led here
  /// has just shown the password, and can do nothing else.
  private func proved<Value: Sendable>(
    _ id: String, _ password: String, _ code: String, _ address: String,
    _ body: @escaping @Sendable (Account, Operator, HubTransaction) throws -> Value
  ) async throws -> Value {
    let place = AttemptLimits.place(address)
    let session = try await openSession(id)
    let name = session.who.name
    return try await counted([.device(SecretText.hash(id))], name, place) { [self] in
      try await passwords.run { [self] in
        if session.who.duty == nil { _ = try check(name, PasswordRules.normalised(password), place) }
        do {
          return try writer.perform { [self] transaction in
            let account = try openAccount(of: id, name, transaction)
            if account.secondFactor != nil, try SecondFactor.use(code, of: name, keys, transaction) == nil {
              throw SignIn.codeRefusal
            }
            return try body(account, session.who, transaction)
          }
        } catch let problem as Problem where problem.code == .signInRefused {
          noteLater(.secondFactorRefused, name, place)
          throw problem
        }
      }
    }
  }
}
