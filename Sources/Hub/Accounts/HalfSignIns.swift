// Sign-ins that wait for their second step: the password was right, the code is still to come. In memory and for minutes: a restart asks
// for the password again. A value; SignIn keeps it.

/// One whose password was right.
struct HalfSignIn: Sendable {
  /// As it was then: it must be so still when the code comes.
  let account: Account
  /// The password's hash at the present price, where the stored one has another.
  let renewed: PasswordHash?
  /// The browser's cookie, where the account knows it, and its hash.
  let device: String?
  let knownDevice: [UInt8]?
  /// The session that the browser had, which ends with this sign-in.
  let replacing: String?
  /// Milliseconds.
  let since: Int
}

struct HalfSignIns: Sendable {
  static let lifeMilliseconds = 5 * 60_000
  /// After so many wrong codes the password is asked again.
  static let maxWrong = 5
  /// Of one account; the oldest gives way, so that nobody fills the memory with one password.
  static let maxOfAccount = 5

  private var held: [[UInt8]: (half: HalfSignIn, wrong: Int)] = [:]

  var count: Int { held.count }

  mutating func keep(_ half: HalfSignIn, _ key: [UInt8]) {
    held = held.filter { HalfSignIns.isAlive($0.value.half, now: half.since) }
    let own = held.filter { $0.value.half.account.name == half.account.name }
    if own.count >= HalfSignIns.maxOfAccount, let oldest = own.min(by: { $0.value.half.since < $1.value.half.since }) {
      held[oldest.key] = nil
    }
    held[key] = (half, 0)
  }

  func find(_ key: [UInt8], now: Int) -> HalfSignIn? {
    guard let half = held[key]?.half, HalfSignIns.isAlive(half, now: now) else { return nil }
    return half
  }

  mutating func noteWrong(_ key: [UInt8]) {
    held[key]?.wrong += 1
    if let wrong = held[key]?.wrong, wrong >= HalfSignIns.maxWrong { held[key] = nil }
  }

  mutating func end(_ key: [UInt8]) { held[key] = nil }

  private static func isAlive(_ half: HalfSignIn, now: Int) -> Bool {
    (half.since..<half.since + lifeMilliseconds).contains(now)
  }
}
