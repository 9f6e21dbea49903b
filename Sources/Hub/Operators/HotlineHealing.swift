// What operators ask and see of healing: comparisons with the agents, and what the hub knows that it lacks. How a comparison goes is
// SyncAPI's, how the hub's own store is made anew HubRebuild's.

import Core
import Shell

extension Hotline {
  // MARK: Comparisons

  /// Asks the agents of a platform, or of all, to compare what they hold with the hub. With `isFull` the hub first makes its own states
  /// and digests anew from its log, which takes its time; with `isDryRun` nothing is put right on either side.
  ///
  /// Returns `{"resyncs":[…],"rebuilt"?}`, those that this call asked for or that stand for them.
  func resync(
    platform: String?, agent: String?, isFull: Bool, isDryRun: Bool, also: @escaping Alongside = { _ in }
  ) throws -> JSON {
    let platform = try platform.map(Hotline.platformName)
    let agents = try agentsToAsk(platform, agent)
    var rebuilt =
      isFull ? try HubRebuild(database: database, writer: writer).run(of: platform, repairing: !isDryRun) : nil
    if rebuilt != nil {
      rebuilt?.isSearchWrong = try WordsRebuild(database: database, writer: writer).run(repairing: !isDryRun).isWrong
    }
    if isFull { _ = try supervisionRebuild.run(repairing: !isDryRun) }
    let ids = try writer.perform { transaction in
      try also(transaction)
      return try agents.map { name in
        try Resyncs.request(
          name.platform, name.agent, isFull: isFull, isDryRun: isDryRun, reason: "operator", transaction)
      }
    }
    // Whoever polls now is answered at once, and learns it.
    signals.grew(Set(agents.map(\.platform)))
    let asked = Set(ids)
    return .compact([
      ("resyncs", .array(try resyncRows(platform).filter { asked.contains($0.text("id")) })),
      ("rebuilt", rebuilt?.json),
    ])
  }

  func resyncs(platform: String?) throws -> JSON {
    let platform = try platform.map(Hotline.platformName)
    if let platform { _ = try database.read { db in try Hotline.demandPlatform(platform, db) } }
    return ["resyncs": .array(try resyncRows(platform))]
  }

  /// As `Resyncs.list`, each with whether its agent is online.
  private func resyncRows(_ platform: PlatformName?) throws -> [JSON] {
    let (rows, agents) = try database.read { db in (try Resyncs.list(of: platform, db), try agentRows(db)) }
    let online = Set(agents.filter { $0.json.isTrue("online") }.map { "\($0.platform)/\($0.json.text("name"))" })
    return rows.map { row in
      .object(
        (row.asObject ?? []) + [
          JSON.Member("online", .bool(online.contains("\(row.text("platform"))/\(row.text("agent"))")))
        ])
    }
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
      ("pending", .int(states.filter { $0 == "pending" }.count)),
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
