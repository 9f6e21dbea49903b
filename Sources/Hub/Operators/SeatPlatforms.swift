// What an operator may do with platforms and their agents, and to the hub itself: status, doctor, comparisons, enrolment, revocation.

import Core

extension Seat {
  // MARK: The hub

  func status() throws -> JSON { try read { try $0.status() } }
  func doctor() throws -> JSON { try read(.inspect) { try $0.doctor() } }

  func doctor(fixing: Bool) throws -> JSON {
    guard fixing else { return try doctor() }
    try demand(.administer)
    try note(.storeRepaired, "doctor")
    return try hotline.doctor(fixing: true)
  }

  /// The examinations that were asked for here since the hub started.
  func checkup() throws -> Checkup.Standing { try read(.inspect) { $0.checkup.standing } }

  /// Asks for an examination beside everything else; its report is ``checkup()``'s.
  func askForCheckup(fixing: Bool) throws {
    try demand(fixing ? .administer : .inspect)
    if fixing { try note(.storeRepaired, "doctor") }
    hotline.checkup.want(fixing: fixing)
  }

  func resyncs(platform: String?) throws -> JSON { try read { try $0.resyncs(platform: platform) } }

  func resync(platform: String?, agent: String?, isFull: Bool, isDryRun: Bool) throws -> JSON {
    try demand(.compare)
    return try hotline.resync(
      platform: platform, agent: agent, isFull: isFull, isDryRun: isDryRun,
      also: audited(
        .resyncAsked, platform ?? "*",
        [("agent", agent.map(JSON.string)), ("full", .bool(isFull)), ("dryRun", .bool(isDryRun))]))
  }

  // MARK: Platforms and agents

  func platforms() throws -> JSON { try read { try $0.platforms() } }
  func platformsAsTheyStand() throws -> JSON { try read { try $0.platformsAsTheyStand() } }

  func addPlatform(name: String, displayName: String?, sectors: [String]) throws -> JSON {
    try demand(.administer)
    return try hotline.addPlatform(
      name: name, displayName: displayName, sectors: sectors, also: audited(.platformAdded, name))
  }

  func agents() throws -> JSON { try read { try $0.agents() } }

  func contact(platform: String, agent: String, since: Int?) throws -> JSON {
    try read { try $0.contact(platform: platform, agent: agent, since: since) }
  }

  func unsent(platform: String, agent: String) throws -> JSON {
    try read { try $0.unsent(platform: platform, agent: agent) }
  }

  func revokeAgent(platform: String, agent: String, reason: String) throws -> JSON {
    try demand(.administer)
    return try hotline.revokeAgent(
      platform: platform, agent: agent, reason: reason,
      also: audited(.agentRevoked, "\(platform)/\(agent)", [("reason", .string(reason))]))
  }

  func settleClone(platform: String, agent: String) throws -> JSON {
    try demand(.administer)
    return try hotline.settleClone(
      platform: platform, agent: agent, author: author, also: audited(.cloneSettled, "\(platform)/\(agent)"))
  }

  // MARK: Enrolment

  func tokens() throws -> JSON { try read(.administer) { try $0.tokens() } }

  func createToken(platform: String, agent: String?, lifeSeconds: Int?) throws -> JSON {
    try demand(.administer)
    return try hotline.createToken(
      platform: platform, agent: agent, lifeSeconds: lifeSeconds,
      also: audited(.enrolmentTokenCreated, platform, [("agent", agent.map(JSON.string))]))
  }

  func revokeToken(_ id: String) throws -> JSON {
    try demand(.administer)
    return try hotline.revokeToken(id, also: audited(.enrolmentTokenRevoked, id))
  }
}
