// How the hub and every agent fare: the sync status, and the doctor that folds every order anew.

import Core
import Shell

extension Contacts.Refusal {
  var json: JSON {
    [
      "at": .int(at), "since": .int(since), "call": .string(call.rawValue), "code": .string(code.rawValue),
    ]
  }

  init?(_ json: JSON) {
    guard let at = json["at"]?.asInt, let since = json["since"]?.asInt,
      let call = Contacts.Call(rawValue: json.text("call")),
      let code = ProblemCode(rawValue: json.text("code"))
    else { return nil }
    self.init(call: call, code: code, at: at, since: since)
  }
}

extension Contacts.Comparison {
  var json: JSON {
    ["buckets": .int(buckets), "orders": .int(orders), "sent": .int(sent), "received": .int(received)]
  }
}

extension Hotline {
  /// How long after its last contact an agent without an open poll still counts as online, milliseconds.
  static let onlineMilliseconds = 45_000

  // MARK: Platforms and agents

  /// Their names and trades alone: pages ask for them at every turn.
  func platforms() throws -> JSON {
    let rows = try database.read { db in
      try db.all("SELECT platform, display_name, sectors, feed_head FROM platform ORDER BY platform", []) {
        row -> JSON in
        [
          "name": .string(row.text(0)), "displayName": .string(row.text(1)),
          "sectors": .array(row.text(2).split(separator: ",").map { .string(String($0)) }), "head": .int(row.int(3)),
        ]
      }
    }
    return ["platforms": .array(rows)]
  }

  /// All platforms with how they stand: `{"platforms":[{"name","displayName","sectors","head","standing","causes"}]}`.
  func platformsAsTheyStand() throws -> JSON {
    let platforms = try PlatformReading.read(self).platforms
    return ["platforms": .array(platforms.map { .compact(Hotline.members(of: $0)) })]
  }

  private static func members(of platform: PlatformStanding) -> [(String, JSON?)] {
    [
      ("name", .string(platform.name)), ("displayName", .string(platform.displayName)),
      ("sectors", .array(platform.sectors.map(JSON.string))), ("head", .int(platform.head)),
      ("standing", .string(platform.standing.rawValue)), ("causes", .array(platform.causeDocuments)),
    ]
  }

  /// What people call each platform, by its name.
  func platformNames() throws -> [String: String] {
    try database.read { db in
      Dictionary(
        uniqueKeysWithValues: try db.all("SELECT platform, display_name FROM platform", []) { row in
          (row.text(0), row.text(1).isEmpty ? row.text(0) : row.text(1))
        })
    }
  }

  func agents() throws -> JSON {
    let agents = try PlatformReading.read(self).platforms.flatMap(\.agents)
    return [
      "agents": .array(
        agents.map { .object([JSON.Member("platform", .string($0.platform))] + ($0.document.asObject ?? [])) })
    ]
  }

  /// As each last said and as the hub sees it; how it stands is ``PlatformReading``'s to say.
  func agentRows(_ db: any DatabaseConnection) throws -> [(platform: String, json: JSON)] {
    let now = environment.wall()
    let alarms = try Clones.alarms(db)
    return try db.all(
      """
      SELECT a.platform, a.agent, a.revoked, a.last_contact, a.health, a.cursor_position, a.skew, p.feed_head,
        (SELECT MAX(c.not_after) FROM certificate c WHERE c.platform = a.platform AND c.agent = a.agent AND c.revoked IS NULL),
        (SELECT s.since FROM contact s WHERE s.platform = a.platform AND s.agent = a.agent ORDER BY s.since DESC LIMIT 1),
        (SELECT s.until FROM contact s WHERE s.platform = a.platform AND s.agent = a.agent ORDER BY s.since DESC LIMIT 1)
      FROM agent a JOIN platform p ON p.platform = a.platform ORDER BY a.platform, a.agent
      """, []
    ) { row in
      let name = Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1))
      let contact = contacts[name]
      let stored = try row.optionalText(4).map { try Health(try JSON(parsing: Array($0.utf8))) }
      let health = contact?.health ?? stored
      let last = contact?.last ?? row.optionalInt(3)
      let acknowledged = contact?.cursorPosition ?? row.int(5)
      let isRevoked = !row.isNull(2)
      let isOnline =
        !isRevoked
        && ((contact?.openPolls ?? 0) > 0 || contact.map { now - $0.last < Hotline.onlineMilliseconds } ?? false)
      // The newest stretch of contact, as far as it goes on: what was noted since is not written yet.
      let since = row.optionalInt(10).flatMap { until in
        last.flatMap { $0 - until <= Contacts.outage ? row.optionalInt(9) : nil }
      }
      let lag = max(0, row.int(7) - acknowledged)
      let isWaiting = (health?.waiting ?? 0) > 0
      let onlineSince = isOnline ? since ?? last : nil
      let behindSince = isOnline && lag > 0 ? contact?.behindSince : nil
      let waitingSince = isOnline && isWaiting ? contact?.waitingSince : nil
      let clone = alarms.first { $0.platform == row.text(0) && $0.agent == name.agent }?.json
      let members: [(String, JSON?)] = [
        ("name", .string(row.text(1))), ("online", .bool(isOnline)), ("lastContact", last.map(JSON.int)),
        ("onlineSince", onlineSince.map(JSON.int)),
        ("outbox", health.map { .int($0.outbox) }), ("oldest", health?.oldest.map(JSON.int)),
        ("lag", .int(lag)), ("behindSince", behindSince.map(JSON.int)), ("waitingSince", waitingSince.map(JSON.int)),
        ("refusal", contacts.refusal(of: name)?.json),
        ("skew", (contact?.skew ?? row.optionalInt(6)).map(JSON.int)),
        ("certificateNotAfter", row.optionalInt(8).map(JSON.int)), ("version", health.map { .string($0.version) }),
        ("waiting", health.map { .int($0.waiting) }), ("quarantined", health.map { .int($0.quarantined) }),
        ("revoked", .bool(isRevoked)), ("updateNeeded", contacts.needsUpdate(name) ? .bool(true) : nil),
        ("clone", clone),
      ]
      return (row.text(0), .compact(members))
    }
  }

  func status() throws -> JSON {
    try database.read { db in
      let concerned = try Tally.byPlatform(db)
      let byStatus = try Tally.byStatus(platform: nil, sector: nil, db)
      let disagreements = try DisagreementCounts.read(db)
      let platforms = try PlatformReading.read(self, only: nil, db).platforms.map { platform in
        JSON.compact(
          Hotline.members(of: platform) + [
            ("orders", .int(concerned[platform.name] ?? 0)), ("agents", .array(platform.agents.map(\.document))),
          ])
      }
      return [
        "version": .string(environment.version), "time": .int(environment.wall()),
        "orders": [
          "total": .int(byStatus.values.reduce(0, +)),
          "open": .int(byStatus.reduce(0) { $0 + (OrderStatus(rawValue: $1.key)?.isOver == true ? 0 : $1.value) }),
        ],
        "changes": .int(try Tally.changes(db)),
        "voided": .int(try db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'void'")),
        "quarantined": .int(
          try db.count("SELECT COUNT(*) FROM quarantine")
            + db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'unreadable'")),
        "conflicts": .int(disagreements.conflicts), "contradictions": .int(disagreements.contradictions),
        "requests": .int(try WaitingRequest.count(db)),
        "platforms": .array(platforms), "healing": try healing(db),
        "revealAlerts": .int(try RevealAlerts.recent(now: environment.wall(), db).count),
      ]
    }
  }

  /// Looks for what a person should know: the database, the machine, the hub's own certificates. With `fixing`, puts right what can
  /// be.
  func doctor(fixing: Bool = false) throws -> JSON { try findings(fixing: fixing).report }

  /// As ``doctor(fixing:)``.
  ///
  /// - Parameters:
  ///   - isStopping: asked between two pages of orders; then it ends with a `CancellationError`.
  ///   - progress: told how many orders were folded so far.
  func findings(
    fixing: Bool, isStopping: () -> Bool = { false }, progress: (Int) -> Void = { _ in }
  ) throws -> [Finding] {
    func demandTime() throws { if isStopping() { throw CancellationError() } }
    var findings = try StoreDoctor(database: database, writer: writer).examine(fixing: fixing) { orders in
      progress(orders)
      try demandTime()
    }
    findings.append(try cloneFinding())
    findings.append(try waitingFinding())
    findings.append(try auditFinding())
    findings.append(try supervisionFinding(fixing: fixing, afterPage: demandTime))
    findings += machine(fixing)
    findings.append(try clockFinding())
    let now = environment.wall()
    for certificate in certificates() {
      let days = (certificate.notAfter - now) / 86_400_000
      findings.append(
        Finding(
          "certificate of the \(certificate.name)", days >= 30, "\(days) days left",
          remedy: "restart the hub: it renews its own certificate; the authority's must be replaced in time"))
    }
    return findings
  }

  /// The agents' clocks against the hub's, as each agent last told its own.
  private func clockFinding() throws -> Finding {
    let clocks = try database.read { db in try agentRows(db) }.compactMap {
      platform, agent -> (name: String, skew: Int)? in
      guard agent["revoked"] != true, let skew = agent["skew"]?.asInt else { return nil }
      return ("\(platform)/\(agent.text("name"))", skew)
    }
    let wrong = clocks.filter { $0.skew.magnitude >= UInt(MachineFindings.maxSkew) }
    return Finding(
      "clocks of the agents", wrong.isEmpty,
      wrong.isEmpty
        ? "\(clocks.count) agents told theirs, none is off by \(MachineFindings.maxSkew / 60_000) m or more"
        : "ahead of this machine's, or with a minus behind it: \(Finding.list(wrong.map { "\($0.name) \($0.skew) ms" }))",
      remedy:
        "set the clocks of those machines, and let NTP keep them; where all are off by about as much, it is this machine's"
    )
  }

  private func auditFinding() throws -> Finding {
    let fault = try database.read { db in try Audit.fault(db) }
    return Finding(
      "the audit is whole", fault == nil, fault ?? "every row is what was written",
      remedy: "somebody changed the database by hand: keep a copy, and compare it with your backups")
  }
}
