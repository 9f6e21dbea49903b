// What operators see and do of an agent whose machine was copied. How the hub sees it is Clones'.

import Core
import Shell

extension Hotline {
  /// Ends the alarm: a person has seen to it that one machine alone uses the agent's certificate. Refused where there is none, so that
  /// a name that was mistyped is noticed.
  ///
  /// Returns `{"platform","agent","signs"}`.
  func settleClone(
    platform: String, agent: String, author: Author, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    let platform = try Hotline.platformName(platform)
    let signs = try writer.perform { transaction in
      let known = try transaction.db.count(
        "SELECT COUNT(*) FROM agent WHERE platform = $1 AND agent = $2", [.text(platform.text), .text(agent)])
      guard known == 1 else {
        throw Problem(.notFound, "\(platform) has no agent '\(agent.prefix(64))'; see: lianxin-hub agent list")
      }
      let signs = try Clones.settle(platform, agent, by: author.name, now: transaction.now, transaction.db)
      guard signs > 0 else {
        throw Problem(.illegalStep, "there is no clone alarm for \(platform)/\(agent): nothing to settle")
      }
      try also(transaction)
      return signs
    }
    return ["platform": .string(platform.text), "agent": .string(agent), "signs": .int(signs)]
  }

  /// `[{"platform","agent","revoked","since","times","sign","at"}]`.
  func cloneRows(_ db: any DatabaseConnection) throws -> [JSON] {
    try Clones.alarms(db).map { alarm in
      let revoked = try db.count(
        "SELECT COUNT(*) FROM agent WHERE platform = $1 AND agent = $2 AND revoked IS NOT NULL",
        [.text(alarm.platform), .text(alarm.agent)])
      let whose: [JSON.Member] = [
        .init("platform", .string(alarm.platform)), .init("agent", .string(alarm.agent)),
        .init("revoked", .bool(revoked > 0)),
      ]
      return .object(whose + (alarm.json.asObject ?? []))
    }
  }

  /// What the doctor says of it.
  func cloneFinding() throws -> Finding {
    let alarms = try database.read { db in try Clones.alarms(db) }
    return Finding(
      "one machine for each certificate", alarms.isEmpty,
      alarms.isEmpty
        ? "no agent was seen twice"
        : "used by two machines: \(Finding.list(alarms.map { "\($0.platform)/\($0.agent), seen at \($0.place)" }))",
      remedy:
        "stop one of the two machines, revoke the agent (lianxin-hub agent revoke) and enrol the other one anew; where only one is"
        + " left already: lianxin-hub agent settle-clone PLATFORM AGENT")
  }
}
