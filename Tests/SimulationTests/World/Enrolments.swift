// Machines and platforms that come later, and machines that are sent away for good: what a hub's ledger must not forget (row 113).

import Core

@testable import Hub

extension World {
  private static let maxJoined = 2

  /// An agent more, of a new platform or of one that is there.
  func joinMachine(_ random: inout SimRandom) {
    guard joined < World.maxJoined, let hub = hubs.first(where: \.isUp) else { return }
    // Also where it fails: the ledger may have it.
    joined += 1
    do {
      let isNew = random.chance(0.5)
      let platform = isNew ? try PlatformName("late\(joined)") : platformNames[random.below(platformNames.count)]
      if isNew {
        _ = try hub.operate { try $0.addPlatform(name: platform.text, displayName: nil, sectors: []) }
        join(platform)
      }
      let name = "\(platform)-new\(joined)"
      let peer = try enrol(platform, name)
      let agent = AgentNode(name: name, platform: platform, peer: peer, world: self, random: random.split())
      join(agent)
      note("\(name) joins")
      agent.start()
    } catch { note("nobody can join: \(error)") }
  }

  /// An agent is revoked and enrolled no more; its machine goes on calling. Only one of several of a platform, and no copied one.
  func expelMachine(_ random: inout SimRandom) {
    let candidates = agents.filter { agent in
      agents.contains { $0.platform == agent.platform && $0.certifiedName != agent.certifiedName && $0.isUp }
        && !agents.contains { $0 !== agent && $0.certifiedName == agent.certifiedName }
    }
    guard let agent = random.pick(candidates), let hub = random.pick(hubs.filter(\.isUp)) else { return }
    do {
      _ = try hub.operate {
        try $0.revokeAgent(platform: agent.platform.text, agent: agent.certifiedName, reason: "sold")
      }
      note("\(agent.name) is revoked for good")
      script.noteRevoked(agent.peer.serialHex)
      expel(agent)
      model.noteLost(checker)
    } catch { note("revocation failed: \(error)") }
  }

  /// A hub's database was opened: what it forgot and the ledger knows. Before the ledger is asked.
  func noteForgotten(_ database: SQLiteDatabase) throws {
    guard hubRollbacks > 0 else { return }
    try checker.noteForgottenPurges(database)
    let (revoked, serials, platforms) = try database.read { db in
      (
        Set(try db.all("SELECT serial FROM certificate WHERE revoked IS NOT NULL", []) { $0.text(0) }),
        Set(try db.all("SELECT serial FROM certificate", []) { $0.text(0) }),
        Set(try db.all("SELECT platform FROM platform", []) { $0.text(0) })
      )
    }
    if expelled.contains(where: { !revoked.contains($0.peer.serialHex) }) { sometimes(.revocationForgotten) }
    if agents.contains(where: { !serials.contains($0.peer.serialHex) }) { sometimes(.enrolmentForgotten) }
    if platformNames.contains(where: { !platforms.contains($0.text) }) { sometimes(.platformForgotten) }
  }

  /// Who was sent away is not let in again, whatever the hub's database was since.
  func checkExpelled() {
    for agent in expelled where !isRevoked(agent) {
      violation("row 113", "\(agent.name) was revoked and is not in the end")
    }
  }
}
