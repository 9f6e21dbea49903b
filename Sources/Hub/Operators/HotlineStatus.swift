// How the hub and every agent fare: the sync status, and the doctor that folds every order anew.

import Core

extension Hotline {
  /// How long after its last contact an agent without an open poll still counts as online, milliseconds.
  private static let onlineMilliseconds = 45_000

  // MARK: Platforms and agents

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

  func agents() throws -> JSON {
    let rows = try database.read { db in try agentRows(db) }
    return [
      "agents": .array(rows.map { .object([JSON.Member("platform", .string($0.platform))] + ($0.json.asObject ?? [])) })
    ]
  }

  private func agentRows(_ db: any DatabaseConnection) throws -> [(platform: String, json: JSON)] {
    let now = environment.wall()
    return try db.all(
      """
      SELECT a.platform, a.agent, a.revoked, a.last_contact, a.health, a.cursor_position, a.skew, p.feed_head,
        (SELECT MAX(c.not_after) FROM certificate c WHERE c.platform = a.platform AND c.agent = a.agent AND c.revoked IS NULL)
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
      return (
        row.text(0),
        .compact([
          ("name", .string(row.text(1))), ("online", .bool(isOnline)), ("lastContact", last.map(JSON.int)),
          ("outbox", health.map { .int($0.outbox) }), ("oldest", health?.oldest.map(JSON.int)),
          ("lag", .int(max(0, row.int(7) - acknowledged))),
          ("skew", (contact?.skew ?? row.optionalInt(6)).map(JSON.int)),
          ("certificateNotAfter", row.optionalInt(8).map(JSON.int)), ("version", health.map { .string($0.version) }),
          ("waiting", health.map { .int($0.waiting) }), ("quarantined", health.map { .int($0.quarantined) }),
          ("revoked", .bool(isRevoked)),
        ])
      )
    }
  }

  func status() throws -> JSON {
    try database.read { db in
      let agents = Dictionary(grouping: try agentRows(db), by: \.platform)
      let platforms = try db.all(
        """
        SELECT p.platform, p.display_name, p.sectors, p.feed_head,
          (SELECT COUNT(*) FROM concern c WHERE c.platform = p.platform)
        FROM platform p ORDER BY p.platform
        """, []
      ) { row -> JSON in
        [
          "name": .string(row.text(0)), "displayName": .string(row.text(1)),
          "sectors": .array(row.text(2).split(separator: ",").map { .string(String($0)) }), "orders": .int(row.int(4)),
          "head": .int(row.int(3)), "agents": .array((agents[row.text(0)] ?? []).map(\.json)),
        ]
      }
      return [
        "version": .string(environment.version), "time": .int(environment.wall()),
        "orders": [
          "total": .int(try db.count("SELECT COUNT(*) FROM orders")),
          "open": .int(try db.count("SELECT COUNT(*) FROM orders WHERE is_open = 1")),
        ],
        "changes": .int(try db.count("SELECT COALESCE(SUM(changes), 0) FROM orders")),
        "voided": .int(try db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'void'")),
        "quarantined": .int(
          try db.count("SELECT COUNT(*) FROM quarantine")
            + db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'unreadable'")),
        "conflicts": .int(try db.count("SELECT COALESCE(SUM(conflicts), 0) FROM orders WHERE conflicts > 0")),
        "contradictions": .int(
          try db.count("SELECT COALESCE(SUM(contradictions), 0) FROM orders WHERE contradictions > 0")),
        "requests": .int(try db.count("SELECT COALESCE(SUM(requests), 0) FROM orders WHERE requests > 0")),
        "platforms": .array(platforms),
      ]
    }
  }

  /// Looks for what a person should know: the database, states that do not match their log, feeds with holes.
  func doctor() throws -> JSON {
    var checks = try database.check().map { (name: $0.name, isWell: $0.isWell, detail: $0.detail) }
    let holes = try database.read { db in
      try db.all(
        """
        SELECT p.platform FROM platform p
        WHERE p.feed_head <> (SELECT COUNT(*) FROM feed f WHERE f.platform = p.platform)
        """, []
      ) { $0.text(0) }
    }
    checks.append(
      ("feeds are dense", holes.isEmpty, holes.isEmpty ? "no holes" : "holes in: \(holes.joined(separator: ", "))"))
    let faulty = try statesThatDiffer()
    checks.append(
      (
        "states match their logs", faulty.differing.isEmpty,
        faulty.differing.isEmpty
          ? "\(faulty.checked) orders folded anew, all equal"
          : "differ: \(faulty.differing.prefix(10).joined(separator: ", "))"
      ))
    let now = environment.wall()
    for certificate in certificates() {
      let days = (certificate.notAfter - now) / 86_400_000
      checks.append(("certificate of the \(certificate.name)", days >= 30, "\(days) days left"))
    }
    return [
      "checks": .array(
        checks.map { ["name": .string($0.name), "ok": .bool($0.isWell), "detail": .string($0.detail)] }),
      "ok": .bool(checks.allSatisfy(\.isWell)),
    ]
  }

  private func statesThatDiffer() throws -> (checked: Int, differing: [String]) {
    var checked = 0
    var differing: [String] = []
    var after = ""
    while true {
      let page = try database.read { db in
        try db.all("SELECT order_id, state FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT 500", [.text(after)])
        { row in
          (id: try OrderID(row.text(0)), state: row.blob(1))
        }.map { row in (id: row.id, isEqual: try HubLog.fold(row.id, db).state.stored == row.state) }
      }
      guard let last = page.last else { return (checked, differing) }
      checked += page.count
      differing += page.filter { !$0.isEqual }.map(\.id.text)
      after = last.id.text
    }
  }
}
