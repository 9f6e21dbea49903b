// What the hub keeps of an account's second factor: the secret of its codes, sealed under the hub's key, and marks of its recovery codes.
// Read and written inside a transaction; who may do it, and how often, is SignIn's.

import Core
import Crypto
import Foundation

/// Of whom a second factor is demanded.
enum SecondFactorRule: String, Sendable, CaseIterable {
  case off, supervisor, all

  func demands(of role: Role) -> Bool {
    switch self {
    case .off: false
    case .supervisor: role >= .supervisor
    case .all: true
    }
  }
}

/// What seals secrets that the hub must be able to read again, and marks those that it need not. The key lies beside the database, never
/// in it: a database, or a backup of it, tells none of them.
struct FactorKeys: Sendable {
  private let sealing: SymmetricKey
  private let marking: [UInt8]

  init(hubKey: [UInt8]) {
    let key = SymmetricKey(data: hubKey)
    func derived(_ purpose: String) -> SymmetricKey {
      HKDF<SHA256>.deriveKey(inputKeyMaterial: key, info: Array(purpose.utf8), outputByteCount: 32)
    }
    sealing = derived("lianxin second factor")
    marking = derived("lianxin recovery code").withUnsafeBytes { Array($0) }
  }

  /// - Parameter account: what is sealed for one account opens for no other.
  func seal(_ secret: [UInt8], of account: String, _ environment: HubEnvironment) throws -> [UInt8] {
    let nonce = try ChaChaPoly.Nonce(data: environment.random(12))
    return Array(
      try ChaChaPoly.seal(secret, using: sealing, nonce: nonce, authenticating: Array(account.utf8)).combined)
  }

  /// Nil where it was sealed under another key, or for another account.
  func open(_ sealed: [UInt8], of account: String) -> [UInt8]? {
    guard let box = try? ChaChaPoly.SealedBox(combined: sealed) else { return nil }
    return (try? ChaChaPoly.open(box, using: sealing, authenticating: Array(account.utf8))).map { Array($0) }
  }

  /// What is kept of a recovery code.
  func mark(_ code: String, of account: String) -> Hash {
    .authenticating(Array("\(account)\n\(code)".utf8), key: marking)
  }
}

/// The row of an account's second factor.
struct SecondFactor: Sendable {
  /// Sealed; nil until the first one is confirmed.
  let secret: [UInt8]?
  /// Since when it counts.
  let since: Int?
  /// The step of the last code that was used: none counts twice (RFC 6238 §5.2).
  let usedStep: Int
  /// Sealed: the secret that waits for its first code, and the session that asked for it, which alone may see and confirm it.
  let pending: [UInt8]?
  let pendingSince: Int?
  let pendingSession: [UInt8]?

  /// For how long a secret waits for its first code.
  static let pendingMilliseconds = 15 * 60_000
  static let recoveryCodes = 10
  /// 80 bits.
  private static let recoveryLetters = 16
  private static let letters = Array("abcdefghijklmnopqrstuvwxyz234567".utf8)

  static func find(_ account: String, _ db: any DatabaseConnection) throws -> SecondFactor? {
    try db.first(
      "SELECT secret, since, used_step, pending, pending_since, pending_session FROM second_factor WHERE account = $1",
      [.text(account)]
    ) { row in
      SecondFactor(
        secret: row.optionalBlob(0), since: row.optionalInt(1), usedStep: row.int(2),
        pending: row.optionalBlob(3), pendingSince: row.optionalInt(4),
        pendingSession: row.optionalBlob(5))
    }
  }

  /// The secret that this session may confirm now.
  func pending(for session: [UInt8], now: Int) -> [UInt8]? {
    guard let pending, let pendingSince, pendingSession == session,
      (pendingSince...pendingSince + SecondFactor.pendingMilliseconds).contains(now)
    else { return nil }
    return pending
  }

  // MARK: In a transaction

  /// Makes a secret that counts once it was confirmed; what counted before goes on until then.
  static func begin(
    for account: String, session: [UInt8], _ keys: FactorKeys, _ transaction: HubTransaction
  ) throws {
    let secret = transaction.environment.random(OneTimeCode.secretBytes)
    let sealed = try keys.seal(secret, of: account, transaction.environment)
    try transaction.db.execute(
      """
      INSERT INTO second_factor (account, used_step, pending, pending_since, pending_session) VALUES ($1, 0, $2, $3, $4)
      ON CONFLICT (account) DO UPDATE SET pending = excluded.pending, pending_since = excluded.pending_since,
        pending_session = excluded.pending_session
      """, [.text(account), .blob(sealed), .integer(transaction.now), .blob(session)])
  }

  /// Lets the pending secret count from now on. False where the code is not its code.
  static func confirm(
    _ code: String, of account: String, session: [UInt8], _ keys: FactorKeys, _ transaction: HubTransaction
  ) throws -> Bool {
    guard let sealed = try find(account, transaction.db)?.pending(for: session, now: transaction.now),
      let secret = keys.open(sealed, of: account),
      let step = OneTimeCode.step(of: plain(code), secret, now: transaction.now, after: 0)
    else { return false }
    try transaction.db.execute(
      """
      UPDATE second_factor SET secret = $1, since = $2, used_step = $3, pending = NULL, pending_since = NULL,
        pending_session = NULL WHERE account = $4
      """, [.blob(sealed), .integer(transaction.now), .integer(step), .text(account)])
    return true
  }

  /// How a second factor was shown.
  enum Proof: String, Sendable {
    case code, recovery
  }

  /// Uses up a code of the app or a recovery code. Nil where it is neither, or was used before.
  static func use(
    _ typed: String, of account: String, _ keys: FactorKeys, _ transaction: HubTransaction
  ) throws -> Proof? {
    let typed = plain(typed)
    guard let factor = try find(account, transaction.db), let sealed = factor.secret else { return nil }
    // A secret of another hub's key has no codes; the recovery codes are marked by that key too, so it must be reset.
    let step = keys.open(sealed, of: account).flatMap {
      OneTimeCode.step(of: typed, $0, now: transaction.now, after: factor.usedStep)
    }
    if let step {
      let isFresh = try transaction.db.execute(
        "UPDATE second_factor SET used_step = $1 WHERE account = $2 AND used_step < $1",
        [.integer(step), .text(account)])
      return isFresh > 0 ? .code : nil
    }
    let used = try transaction.db.execute(
      "DELETE FROM recovery_code WHERE account = $1 AND mark = $2",
      [.text(account), .blob(keys.mark(typed, of: account).bytes)])
    return used > 0 ? .recovery : nil
  }

  /// Replaces the recovery codes. Returns the new ones, which are shown once.
  static func makeRecoveryCodes(
    for account: String, _ keys: FactorKeys, _ transaction: HubTransaction
  ) throws -> [String] {
    try transaction.db.execute("DELETE FROM recovery_code WHERE account = $1", [.text(account)])
    return try (0..<recoveryCodes).map { _ in
      let code = transaction.environment.random(recoveryLetters).map { letters[Int($0 & 31)] }
      try transaction.db.execute(
        "INSERT INTO recovery_code (account, mark) VALUES ($1, $2)",
        [.text(account), .blob(keys.mark(String(decoding: code, as: UTF8.self), of: account).bytes)])
      return stride(from: 0, to: code.count, by: 4).map { String(decoding: code[$0..<$0 + 4], as: UTF8.self) }
        .joined(separator: "-")
    }
  }

  static func recoveryCodesLeft(of account: String, _ db: any DatabaseConnection) throws -> Int {
    try db.count("SELECT COUNT(*) FROM recovery_code WHERE account = $1", [.text(account)])
  }

  static func forget(_ account: String, _ transaction: HubTransaction) throws {
    for table in ["second_factor", "recovery_code"] {
      try transaction.db.execute("DELETE FROM \(table) WHERE account = $1", [.text(account)])
    }
  }

  /// As it is compared: without the spaces and dashes that people put in, in small letters.
  private static func plain(_ typed: String) -> String {
    String(typed.precomposedStringWithCompatibilityMapping.lowercased().prefix(64).filter { !" -\t\n".contains($0) })
  }
}
