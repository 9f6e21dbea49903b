// What the hotline does for a person who asks: says what is held, gives a copy, destroys it everywhere, and reports who confirmed. The
// number that was asked for is in no answer but the copy, in no refusal and in no log.

import Core

extension Hotline {
  /// Orders of one transaction of a purge: other work goes on between two.
  private static let ordersInOne = 50
  private static let maxReasonBytes = 256
  /// Purges that a report has, the newest.
  private static let maxPurges = 1_000

  // MARK: Finding

  /// `{"orders":[{"order","number"?,"title"?,"status"?,"values":[{"commitment","places","author"}],"platforms"}]}`: where values with the
  /// number are held, and which platforms may have had them. Values are not shown. That `author` looked is kept.
  func findPerson(phone: String, author: Author, also: @escaping Alongside = { _ in }) throws -> JSON {
    let now = environment.wall()
    let persons = try lookedUp(phone, .find, by: author, also: also).persons
    return ["orders": .array(persons.map { found($0.values, $0.view, now: now) })]
  }

  /// `{"phone","at","orders":[{…,"registers":[…],"entries":[…]}]}`: all that is held under the number, in plain, for the person.
  /// That `author` took a copy is kept.
  func exportPerson(phone: String, author: Author, also: @escaping Alongside = { _ in }) throws -> JSON {
    let now = environment.wall()
    let (phone, persons) = try lookedUp(phone, .export, by: author, also: also)
    return [
      "phone": .string(String(decoding: phone.digits.map { $0 + 0x30 }, as: UTF8.self)), "at": .int(now),
      "orders": .array(persons.map { exported($0.values, $0.view, now: now) }),
    ]
  }

  /// What is held under the number, after it was kept who asked.
  private func lookedUp(
    _ phone: String, _ lookup: Lookup, by author: Author, also: @escaping Alongside
  ) throws -> (phone: PhoneNumber, persons: [(values: PersonalValues, view: OrderView?)]) {
    let phone = try PhoneNumber(phone)
    try phone.demandAbsent(from: author)
    let persons = try persons(phone)
    try lookup.note(by: author, orders: persons.count, self, also: also)
    return (phone, persons)
  }

  private func persons(_ phone: PhoneNumber) throws -> [(values: PersonalValues, view: OrderView?)] {
    try database.read { db in
      try NumberIndex.orders(with: phone, key: writer.receiptKey, db).compactMap { order in
        guard let values = try PersonalValues.find(phone, in: order, db) else { return nil }
        let stored = try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
        return (values, try stored.map { OrderView(try HubLog.state(order, stored: $0, db)) })
      }
    }
  }

  private func heading(_ order: OrderID, _ view: OrderView?, now: Int) -> [(String, JSON?)] {
    [
      ("order", .string(order.text)), ("number", view?.number.map(JSON.string)),
      ("title", view.map { .string($0.title) }),
      ("status", view.map { .string($0.status(now: now).rawValue) }),
    ]
  }

  private func found(_ person: PersonalValues, _ view: OrderView?, now: Int) -> JSON {
    .compact(
      heading(person.order, view, now: now) + [
        (
          "values",
          .array(
            person.values.map { value in
              [
                "commitment": value.commitment.json, "places": .array(value.places.sorted().map(JSON.string)),
                "author": .string(value.author.text),
              ]
            })
        ), ("platforms", .array(person.platforms.map { .string($0.text) })),
      ])
  }

  private func exported(_ person: PersonalValues, _ view: OrderView?, now: Int) -> JSON {
    let plain = Dictionary(person.values.map { ($0.commitment, $0.value) }) { first, _ in first }
    func reveal(_ value: JSON) -> JSON? { SealedValue.commitment(in: value).flatMap { plain[$0] } }
    var registers: [JSON] = []
    var entries: [JSON] = []
    for (change, verdict) in person.changes {
      func row(_ name: String, _ text: String, _ value: JSON) -> JSON {
        [
          name: .string(text), "value": value, "at": .int(change.at.milliseconds),
          "platform": .string(change.dot.replica.platform.text), "author": .string(change.author.name),
          "dot": .string(change.dot.description), "verdict": .string((verdict ?? .accepted).rawValue),
        ]
      }
      for edit in change.edits {
        switch edit {
        case .set(let register, let value):
          if let value = reveal(value.json) { registers.append(row("register", register, value)) }
        case .append(let kind, let value):
          let members = value.json.asObject ?? []
          guard members.contains(where: { reveal($0.value) != nil }) else { continue }
          entries.append(
            row("kind", kind, .object(members.map { .init($0.key, reveal($0.value) ?? $0.value) })))
        }
      }
    }
    let told = ["kind", "description", "location", "receivedAt", "source"].map { ($0, view?.state.value($0)) }
    return .compact(
      heading(person.order, view, now: now) + told + [
        ("registers", .array(registers)), ("entries", .array(entries)),
        ("platforms", .array(person.platforms.map { .string($0.text) })),
      ])
  }

  // MARK: Purging

  /// Destroys what is held under the number: of each order in one transaction, after the ledger has it. The lines, their hashes and the
  /// history stay. Agents destroy theirs when they read the register; ``purges()`` tells who has. What was recorded with the number until
  /// now and is not here yet is destroyed when it arrives.
  ///
  /// Returns `{"orders":[{…,"dots"}],"values"}`; an order without dots has no room for the register, or is not here.
  func purgePerson(phone: String, reason: String, author: Author) throws -> JSON {
    let phone = try PhoneNumber(phone)
    guard (1...Hotline.maxReasonBytes).contains(reason.utf8.count) else {
      throw Problem(.badCommand, "a reason has 1 to \(Hotline.maxReasonBytes) bytes")
    }
    // It goes into lines, which stay for ever, at every platform.
    guard !phone.isIn(reason), !phone.isIn(author.name) else {
      throw Problem(.badCommand, "the reason stands in the order's history for ever: it must not have the number")
    }
    // What agents recorded before now and have not sent yet.
    try writer.perform { [registry] transaction in
      let number = PurgedNumber(
        phone, until: transaction.run.clock.tick(now: transaction.now), key: transaction.receiptKey)
      try registry.notePurge(of: number, now: transaction.now)
      try transaction.keep(number)
    }
    var rows: [JSON] = []
    var count = 0
    while true {
      // Again until none is left: what came while the rest was destroyed is of the same person.
      let orders = try database.read { db in try NumberIndex.orders(with: phone, key: writer.receiptKey, db) }
      let before = count
      for start in stride(from: 0, to: orders.count, by: Hotline.ordersInOne) {
        let some = orders[start..<min(start + Hotline.ordersInOne, orders.count)]
        let purged = try writer.perform { [self] transaction in
          try some.compactMap { try purge(phone, in: $0, reason: reason, author, transaction) }
        }
        rows += purged.map(\.row)
        count += purged.reduce(0) { $0 + $1.count }
      }
      if count == before { return ["orders": .array(rows), "values": .int(count)] }
    }
  }

  private func purge(
    _ phone: PhoneNumber, in order: OrderID, reason: String, _ author: Author, _ transaction: HubTransaction
  ) throws -> (row: JSON, count: Int)? {
    let view = try transaction.view(order)
    guard let person = try PersonalValues.find(phone, in: order, transaction.db) else { return nil }
    let commitments = person.values.map(\.commitment)
    try registry.notePurge(of: order, commitments, now: transaction.now)
    let dots = try transaction.purge(commitments, of: order, reason: reason, by: author)
    guard case .object(let members) = found(person, view, now: transaction.now) else { return nil }
    return (.object(members + [.init("dots", .array(dots.map { .string($0.description) }))]), commitments.count)
  }

  // MARK: Who confirmed

  /// `{"purges":[{"order","number"?,"at","values","dot"?,"state","platforms":[{"platform","state","agents":[{"agent","state",
  /// "lastContact"?}]}]}],"retention":{"platform"?,"purge"?,"last"?,"orders","values","unwritten","state","platforms"}}`, newest first. An
  /// agent has confirmed a purge that it has read past in its feed. `state` of a purge: `confirmed` · `waiting` · `unwritten` (destroyed
  /// here; no agent can be told yet). What retention purged is told in sum.
  func purges() throws -> JSON {
    try database.read { db in
      let agents = Dictionary(grouping: try knownAgents(db), by: \.platform)
      let purges = try db.all(
        """
        SELECT p.order_id, o.number, p.replica, p.n, MIN(p.at), COUNT(*)
        FROM purged p LEFT JOIN orders o ON o.order_id = p.order_id WHERE p.is_retention = 0
        GROUP BY p.order_id, o.number, p.replica, p.n ORDER BY MIN(p.at) DESC, p.order_id, p.n LIMIT $1
        """, [.integer(Hotline.maxPurges)]
      ) { row in
        (
          order: row.text(0), number: row.optionalText(1),
          dot: row.isNull(2) ? nil : Dot(try ReplicaID(row.text(2)), row.int(3)), at: row.int(4), values: row.int(5)
        )
      }
      let rows = try purges.map { purge -> JSON in
        let told = try purge.dot.map { try self.told(of: $0, purge.order, agents, db) } ?? []
        let state = purge.dot == nil ? "unwritten" : told.allSatisfy(\.isConfirmed) ? "confirmed" : "waiting"
        return .compact([
          ("order", .string(purge.order)), ("number", purge.number.map(JSON.string)), ("at", .int(purge.at)),
          ("values", .int(purge.values)), ("dot", purge.dot.map { .string($0.description) }),
          ("state", .string(state)), ("platforms", .array(told.map(\.row))),
        ])
      }
      let behind = try Retention.positions(db).map { self.told($0.platform, $0.position, agents) }
      let state: JSON = behind.allSatisfy(\.isConfirmed) ? "confirmed" : "waiting"
      let retention = JSON.compact(
        try Retention.report(environment.retention, db) + [
          ("state", state), ("platforms", .array(behind.map(\.row))),
        ])
      return ["purges": .array(rows), "retention": retention]
    }
  }

  private struct KnownAgent {
    let platform: String
    let name: String
    let isRevoked: Bool
    let position: Int
    let lastContact: Int?
  }

  private func knownAgents(_ db: any DatabaseConnection) throws -> [KnownAgent] {
    try db.all("SELECT platform, agent, revoked, cursor_position, last_contact FROM agent ORDER BY platform, agent", [])
    {
      row in
      let contact = contacts[Contacts.Name(platform: try PlatformName(row.text(0)), agent: row.text(1))]
      return KnownAgent(
        platform: row.text(0), name: row.text(1), isRevoked: !row.isNull(2),
        position: contact?.cursorPosition ?? row.int(3), lastContact: contact?.last ?? row.optionalInt(4))
    }
  }

  /// By platform that has the purge in its feed: which of its agents have read it. A revoked agent cannot be told, and is not waited for.
  private func told(
    of dot: Dot, _ order: String, _ agents: [String: [KnownAgent]], _ db: any DatabaseConnection
  ) throws -> [(row: JSON, isConfirmed: Bool)] {
    let platforms = try db.all(
      """
      SELECT c.platform, MIN(COALESCE(f.position, p.feed_cut)) FROM concern c
      JOIN platform p ON p.platform = c.platform
      LEFT JOIN feed f ON f.platform = c.platform AND f.order_id = c.order_id
        AND f.author = $1 AND f.replica = $2 AND f.n = $3
      WHERE c.order_id = $4 AND (f.position IS NOT NULL OR p.feed_cut > 0) GROUP BY c.platform ORDER BY c.platform
      """,
      [.text(dot.replica.platform.text), .text(dot.replica.text), .integer(dot.n), .text(order)]
    ) { row in (platform: row.text(0), position: row.int(1)) }
    return platforms.map { told($0.platform, $0.position, agents) }
  }

  /// Which of the platform's agents have read up to there.
  private func told(
    _ platform: String, _ position: Int, _ agents: [String: [KnownAgent]]
  ) -> (row: JSON, isConfirmed: Bool) {
    let own = agents[platform] ?? []
    let isConfirmed = own.allSatisfy { $0.isRevoked || $0.position >= position }
    return (
      [
        "platform": .string(platform), "state": isConfirmed ? "confirmed" : "waiting",
        "agents": .array(
          own.map { agent in
            .compact([
              ("agent", .string(agent.name)),
              (
                "state",
                agent.position >= position ? "confirmed" : agent.isRevoked ? "revoked" : "waiting"
              ), ("lastContact", agent.lastContact.map(JSON.int)),
            ])
          }),
      ], isConfirmed
    )
  }
}
