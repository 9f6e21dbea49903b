// What operators ask and see of healing: comparisons with the agents, and what the hub knows that it lacks. How a comparison goes is
// SyncAPI's, how the hub's own store is made anew HubRebuild's.

import Core
import Shell

extension Hotline {
  // MARK: Comparisons

  /// Asks the agents of a platform, or of all, to compare what they hold with the hub. With `isFull` the hub first makes its own states
  /// and digests anew from its log: that goes on when this has answered (``RebuildingWatch``), and the agents learn of it afterwards. With
  /// `isDryRun` nothing is put right on either side.
  ///
  /// Returns `{"resyncs":[…]}`, those that this call asked for or that stand for them.
  func resync(
    platform: String?, agent: String?, isFull: Bool, isDryRun: Bool, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    let platform = try platform.map(Hotline.platformName)
    let agents = try agentsToAsk(platform, agent)
    let scope = platform.map(Resyncs.Scope.platform) ?? .all
    let ids = try writer.perform { transaction in
      try also(transaction)
      return try agents.map { name in
        isFull
          ? try Resyncs.requestFull(
            name.platform, name.agent, of: scope, isDryRun: isDryRun, reason: "operator", transaction)
          : try Resyncs.request(name.platform, name.agent, isDryRun: isDryRun, reason: "operator", transaction)
      }
    }
    // Whoever polls now is answered at once, and learns it.
    if isFull { rebuilding.want() } else { signals.grew(Set(agents.map(\.platform))) }
    let asked = Set(ids)
    return ["resyncs": .array(try resyncRows(platform).filter { asked.contains($0.text("id")) })]
  }

  /// Makes the hub's own store anew for all comparisons that wait for it, one scope after the other, and lets their agents begin.
  ///
  /// - Parameter isStopping: asked between two pages; what is left then is begun again at the next start.
  /// - Returns: what was found, of each scope.
  @discardableResult
  func rebuildForComparisons(isStopping: () -> Bool = { false }) throws -> [JSON] {
    rebuilding.take()
    var found: [JSON] = []
    do {
      while let work = try database.read({ try Resyncs.ownWork($0) }) {
        let rebuilt = try rebuild(work, isStopping)
        try writer.perform { try Resyncs.did(work, rebuilt, $0) }
        signals.grew(Set(work.rows.map(\.agent.platform)))
        found.append(rebuilt)
      }
    } catch {
      rebuilding.want()
      throw error
    }
    return found
  }

  private func rebuild(_ work: Resyncs.OwnWork, _ isStopping: () -> Bool) throws -> JSON {
    func demandTime() throws { if isStopping() { throw CancellationError() } }
    let platform: PlatformName? = if case .platform(let name) = work.scope { name } else { nil }
    defer { rebuilding.count(nil) }
    var rebuilt = try HubRebuild(database: database, writer: writer).run(of: platform, repairing: !work.isDryRun) {
      orders in
      rebuilding.count(orders)
      contacts.progressed(now: environment.wall())
      try demandTime()
    }
    let words = try WordsRebuild(database: database, writer: writer).run(
      repairing: !work.isDryRun, isStopping: isStopping)
    try demandTime()
    rebuilt.isSearchWrong = words.isWrong
    _ = try supervisionRebuild.run(repairing: !work.isDryRun, afterPage: demandTime)
    return rebuilt.json
  }

  func resyncs(platform: String?) throws -> JSON {
    let platform = try platform.map(Hotline.platformName)
    if let platform { _ = try database.read { db in try Hotline.demandPlatform(platform, db) } }
    return ["resyncs": .array(try resyncRows(platform))]
  }

  private func resyncRows(_ platform: PlatformName?) throws -> [JSON] {
    try database.read { db in try resyncRows(platform, try agentRows(db), db) }
  }

  /// As `Resyncs.list`, each with whether its agent is online, and those that run with how far they are.
  func resyncRows(
    _ platform: PlatformName?, _ agents: [(platform: String, json: JSON)], _ db: any DatabaseConnection
  ) throws -> [JSON] {
    let online = Set(agents.filter { $0.json.isTrue("online") }.map { "\($0.platform)/\($0.json.text("name"))" })
    return try Resyncs.list(of: platform, db).map { row in
      let (name, agent) = (row.text("platform"), row.text("agent"))
      var more = [JSON.Member("online", .bool(online.contains("\(name)/\(agent)")))]
      if row["state"] == "running",
        let counts = contacts.comparison(of: Contacts.Name(platform: try PlatformName(name), agent: agent))
      {
        more.append(JSON.Member("progress", counts.json))
      }
      if row["state"] == "rebuilding", let orders = rebuilding.orders {
        more.append(JSON.Member("progress", ["orders": .int(orders)]))
      }
      return .object((row.asObject ?? []) + more)
    }
  }

  /// From this silence on within a comparison it does not go on, milliseconds.
  private static let comparisonSilence = 120_000

  /// Whether an agent compares now, whoever asked for it.
  func isComparing(platform: String, agent: String, now: Int) throws -> Bool {
    let name = Contacts.Name(platform: try PlatformName(platform), agent: agent)
    return contacts.comparison(of: name).map { now - $0.at < Hotline.comparisonSilence } ?? false
  }

  /// Those that are not revoked; refused in words where there is none.
  private func agentsToAsk(_ platform: PlatformName?, _ agent: String?) throws -> [Contacts.Name] {
    let enrolled = try database.read { db in
      if let platform { try Hotline.demandPlatform(platform, db) }
      return try db.all(
        "SELECT platform, agent, revoked FROM agent WHERE platform = $1 OR $1 = '' ORDER BY platform, agent",
        [.text(platform?.text ?? "")]
      ) { row in
        (name: Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1)), isRevoked: !row.isNull(2))
      }
    }
    let meant = enrolled.filter { agent == nil || $0.name.agent == agent }
    let agents = meant.filter { !$0.isRevoked }.map(\.name)
    guard agents.isEmpty else { return agents }
    let whose = platform.map { "platform '\($0)'" } ?? "any platform"
    if let agent, !meant.isEmpty {
      throw Problem(.notFound, "the agent '\(agent.prefix(64))' of \(whose) is revoked; it must enrol again first")
    }
    if let agent {
      throw Problem(.notFound, "there is no agent '\(agent.prefix(64))' of \(whose); see: lianxin-hub agent list")
    }
    throw Problem(
      .notFound,
      "there is no agent of \(whose) to compare with"
        + (meant.isEmpty ? "; one enrols with a token: lianxin-hub token create PLATFORM" : ": all are revoked"))
  }

  static func demandPlatform(_ platform: PlatformName, _ db: any DatabaseConnection) throws {
    guard try db.count("SELECT COUNT(*) FROM platform WHERE platform = $1", [.text(platform.text)]) == 1 else {
      throw Problem(.notFound, "there is no platform '\(platform)'; `lianxin-hub platform list` shows those there are")
    }
  }

  // MARK: Status

  /// `{"pending","running","waiting":{"changes","oldest"?},"gaps":[{"replica","missing"}],"lost":[{"replica","lost"}],"clones":[…],
  /// "found":[…],"restored"?,"wentBack"?,"lastCheck"?}`; `found` holds of each platform the last comparison that found something, `lost`
  /// what was said to be lost, `clones` the agents whose machine was copied; `restored` is the start after a restore, `wentBack` when the
  /// database turned out to have gone back without one.
  func healing(_ db: any DatabaseConnection) throws -> JSON {
    let states = try db.all(
      """
      SELECT r.state FROM resync r JOIN agent a ON a.platform = r.platform AND a.agent = r.agent
      WHERE r.state <> 'done' AND a.revoked IS NULL
      """, []
    ) { $0.text(0) }
    let waiting = try db.first("SELECT COUNT(*), MIN(received) FROM waiting", []) { row -> JSON in
      .compact([("changes", .int(row.int(0))), ("oldest", row.optionalInt(1).map(JSON.int))])
    }
    var found: [String: JSON] = [:]
    for row in try Resyncs.list(of: nil, db) {
      guard let report = row["report"], ReconcileReport.foundSomething(report),
        found[row.text("platform")]?["finished"]?.asInt ?? 0 <= row["finished"]?.asInt ?? 0
      else { continue }
      found[row.text("platform")] = row
    }
    return .compact([
      ("pending", .int(states.filter { $0 != "running" }.count)),
      ("running", .int(states.filter { $0 == "running" }.count)), ("waiting", waiting),
      (
        "gaps",
        .array(
          try Gap.all(db, withLost: false).map {
            ["replica": .string($0.replica.text), "missing": .string($0.words)]
          })
      ),
      (
        "lost",
        .array(
          try KeptLosses.all(db).map { ["replica": .string($0.replica.text), "lost": .string($0.words)] })
      ), ("clones", .array(try cloneRows(db))), ("found", .array(found.keys.sorted().compactMap { found[$0] })),
      ("restored", try WentBack.restored.last(db).map(JSON.int)),
      ("wentBack", try WentBack.unasked.last(db).map(JSON.int)), ("lastCheck", lastCheck()?.json),
    ])
  }
}

/// Changes of one replica that the hub does not hold although it holds later ones: lost, or not yet sent again.
enum Gap {
  /// - Parameter withLost: those too that the hub said to be lost.
  static func all(_ db: any DatabaseConnection, withLost: Bool) throws -> [DotRanges] {
    let replicas = try db.all(
      "SELECT platform, replica, n FROM replica WHERE highest > n ORDER BY platform, replica LIMIT $1",
      [.integer(DotRanges.maxReplicas)]
    ) { row in (platform: row.text(0), replica: try ReplicaID(row.text(1)), n: row.int(2)) }
    return try replicas.map { row in
      var gap = DotRanges(row.replica)
      var reached = row.n
      // lost_dot_by_replica
      try db.query(
        """
        SELECT n FROM change WHERE platform = $1 AND replica = $2 AND n > $3
        UNION SELECT n FROM quarantine WHERE platform = $1 AND replica = $2 AND n > $3
        UNION SELECT n FROM waiting WHERE platform = $1 AND replica = $2 AND n > $3
        UNION SELECT n FROM lost_dot WHERE replica = $2 AND n > $3 AND $4 = 0 ORDER BY 1
        """, [.text(row.platform), .text(row.replica.text), .integer(row.n), .flag(withLost)]
      ) { held in
        if held.int(0) > reached + 1 { gap.add(reached + 1...held.int(0) - 1) }
        reached = held.int(0)
      }
      return gap
    }.filter { !$0.isEmpty }
  }
}
