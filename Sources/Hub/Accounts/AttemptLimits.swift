// How often a wrong password may be tried: per address, per account from one address, per account from strangers' machines, and per machine
// that the account is known to use. Strangers use up their own share only, so nobody can lock another one out. A value; SignIn keeps it.

import Core
import Foundation

struct AttemptLimits: Sendable {
  /// So many at once, and so many again in that time.
  struct Share: Sendable, Hashable {
    let attempts: Int
    let perMilliseconds: Int
    /// What one attempt takes of it.
    var costMilliseconds: Int { perMilliseconds / attempts }
  }

  /// What is counted.
  enum Key: Hashable, Sendable {
    /// One address, whatever name is tried from it.
    case address(String)
    case accountFromAddress(String, String)
    /// One name, from all machines that are not known.
    case account(String)
    /// A machine from which the account signed in before, by the hash of its cookie.
    case device([UInt8])
    /// That a name is being guessed at, or a right is tried that is missing, is told once an hour.
    case notice(String)

    var share: Share {
      switch self {
      case .address: Share(attempts: 30, perMilliseconds: 900_000)
      case .accountFromAddress, .device: Share(attempts: 6, perMilliseconds: 900_000)
      // NIST SP 800-63B-4 §3.2.2: no more than 100.
      case .account: Share(attempts: 96, perMilliseconds: 86_400_000)
      case .notice: Share(attempts: 1, perMilliseconds: 3_600_000)
      }
    }
  }

  /// Shares that are remembered at most; those with the most attempts stay.
  static let maxKeys = 20_000

  /// Until when a share counts as used up, as in the generic cell rate algorithm: one number tells level and time.
  private var usedUntil: [Key: Int] = [:]

  var count: Int { usedUntil.count }

  /// Takes an attempt from each share, or from none: then in how many seconds there is one again.
  mutating func take(_ keys: [Key], now: Int) -> Int? {
    var used: [(Key, Int)] = []
    var wait = 0
    for key in keys {
      let share = key.share
      // A clock that went back must not keep anybody out for longer than the share's own time.
      if let until = usedUntil[key] { usedUntil[key] = min(until, now + share.perMilliseconds) }
      let until = max(usedUntil[key] ?? 0, now)
      wait = max(wait, until + share.costMilliseconds - share.perMilliseconds - now)
      used.append((key, until + share.costMilliseconds))
    }
    guard wait <= 0 else { return (wait + 999) / 1_000 }
    for (key, until) in used { usedUntil[key] = until }
    if usedUntil.count > AttemptLimits.maxKeys { forget(now: now) }
    return nil
  }

  /// An attempt that was right was none.
  mutating func giveBack(_ keys: [Key]) {
    for key in keys { usedUntil[key]? -= key.share.costMilliseconds }
  }

  private mutating func forget(now: Int) {
    usedUntil = usedUntil.filter { $0.value > now }
    guard usedUntil.count > AttemptLimits.maxKeys / 2 else { return }
    let kept = usedUntil.sorted { $0.value > $1.value }.prefix(AttemptLimits.maxKeys / 2)
    usedUntil = Dictionary(uniqueKeysWithValues: kept.map { ($0.key, $0.value) })
  }

  /// An address as it is counted: of IPv6 the network, since one machine has all of it.
  static func place(_ address: String) -> String {
    var bytes = in6_addr()
    let bare = address.prefix { $0 != "%" }
    guard inet_pton(AF_INET6, String(bare), &bytes) == 1 else { return String(address.prefix(64)) }
    return withUnsafeBytes(of: bytes) { raw in
      let isMapped = raw.prefix(10).allSatisfy { $0 == 0 } && raw[10] == 0xFF && raw[11] == 0xFF
      if isMapped { return raw.suffix(4).map(String.init).joined(separator: ".") }
      let words = stride(from: 0, to: 8, by: 2).map { String(Int(raw[$0]) << 8 | Int(raw[$0 + 1]), radix: 16) }
      return words.joined(separator: ":") + "/64"
    }
  }
}
