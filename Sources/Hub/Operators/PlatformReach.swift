// Whether somebody at a platform would see a dispatch now: for the marks beside orders. How an agent fares is HotlineStatus's.

import Core

struct PlatformReach: Sendable {
  /// Whether one of its agents is in contact.
  let isOnline: Bool
  /// The newest contact of any of them, nil where there was none.
  let lastContact: Int?
  /// Since when what its agents that are in contact recorded does not arrive, by the oldest of it; nil while it does.
  let unheardSince: Int?

  /// A change that is older than this while its agent is in contact does not arrive, milliseconds.
  static let unheardAfter = 600_000
}

extension Hotline {
  /// Of each of these platforms. One that has no agent, or is not known, is offline.
  func reach(of platforms: some Sequence<String>, _ db: any DatabaseConnection) throws -> [String: PlatformReach] {
    let now = environment.wall()
    var found: [String: PlatformReach] = [:]
    for platform in Set(platforms) {
      guard let name = try? PlatformName(platform) else { continue }
      let agents = try db.all(
        "SELECT agent, last_contact FROM agent WHERE platform = $1 AND revoked IS NULL", [.text(platform)]
      ) { row in (name: row.text(0), last: row.optionalInt(1)) }
      var isOnline = false
      var last: Int?
      var oldest: Int?
      for agent in agents {
        let contact = contacts[Contacts.Name(platform: name, agent: agent.name)]
        last = max(last ?? Int.min, contact?.last ?? agent.last ?? Int.min)
        guard let contact else { continue }
        guard contact.openPolls > 0 || now - contact.last < Hotline.onlineMilliseconds else { continue }
        isOnline = true
        if contact.health.outbox > 0, let since = contact.health.oldest, now - since > PlatformReach.unheardAfter {
          oldest = min(oldest ?? Int.max, since)
        }
      }
      found[platform] = PlatformReach(
        isOnline: isOnline, lastContact: last == Int.min ? nil : last, unheardSince: oldest)
    }
    return found
  }
}
