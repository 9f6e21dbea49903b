// The hub's tables, as named, append-only steps. Every key begins with the platform or the order, so the same schema distributes.

enum HubSchema {
  /// One step: a number that never changes, and its statements.
  private struct Step {
    let number: Int
    let statements: [String]
    /// What the statements cannot compute of the rows that are there.
    var fill: @Sendable (any DatabaseConnection) throws -> Void = { _ in }
  }

  private static let steps = [
    Step(number: 1, statements: first), Step(number: 2, statements: second, fill: HubDigests.fill),
    Step(number: 3, statements: third), Step(number: 4, statements: clones),
    Step(number: 5, statements: retention), Step(number: 6, statements: accounts),
    Step(number: 7, statements: lists, fill: fillLists), Step(number: 8, statements: supervision),
    Step(number: 9, statements: contact),
    Step(number: 10, statements: numbers), Step(number: 11, statements: lost),
    Step(number: 12, statements: factors + heldNumbers + statusEnds),
    Step(number: 13, statements: feedCut),
    Step(number: 14, statements: voiding, fill: KeptVoids.fill),
    Step(number: 15, statements: delivery),
    Step(number: 16, statements: lostDots, fill: KeptLosses.fill),
    Step(number: 17, statements: countedDeadlines),
  ]

  static var newest: Int { steps.map(\.number).max() ?? 0 }

  /// Brings the database to the newest schema, each step in one transaction. A database of newer software is refused.
  static func migrate(_ database: some Database) throws {
    try database.write { db in
      try db.execute("CREATE TABLE IF NOT EXISTS schema_step (step BIGINT PRIMARY KEY)", [])
    }
    let done = try database.read { db in try db.all("SELECT step FROM schema_step", []) { $0.int(0) } }
    if let found = done.max(), found > newest { throw StoreError.tooNew(found: found, known: newest) }
    for step in steps where !done.contains(step.number) {
      try database.write { db in
        for statement in step.statements { try db.execute(statement, []) }
        try step.fill(db)
        try db.execute("INSERT INTO schema_step (step) VALUES ($1)", [.integer(step.number)])
      }
    }
  }

  private static let first = [
    """
    CREATE TABLE platform (
      platform TEXT PRIMARY KEY, display_name TEXT NOT NULL, sectors TEXT NOT NULL, created BIGINT NOT NULL,
      feed_head BIGINT NOT NULL, feed_hash BYTEA NOT NULL)
    """,
    """
    CREATE TABLE agent (
      platform TEXT NOT NULL, agent TEXT NOT NULL, enrolled BIGINT NOT NULL, revoked BIGINT, revoked_reason TEXT,
      last_contact BIGINT, health TEXT, cursor_position BIGINT NOT NULL, skew BIGINT, PRIMARY KEY (platform, agent))
    """,
    """
    CREATE TABLE certificate (
      platform TEXT NOT NULL, serial TEXT NOT NULL, agent TEXT NOT NULL, key_hash TEXT NOT NULL, pem TEXT NOT NULL,
      issued BIGINT NOT NULL, not_after BIGINT NOT NULL, revoked BIGINT, PRIMARY KEY (platform, serial))
    """,
    "CREATE INDEX certificate_by_key ON certificate (key_hash)",
    """
    CREATE TABLE token (
      platform TEXT NOT NULL, id TEXT NOT NULL, hash BYTEA NOT NULL, agent TEXT, created BIGINT NOT NULL,
      expires BIGINT NOT NULL, used BIGINT, key_hash TEXT, serial TEXT, revoked BIGINT, PRIMARY KEY (platform, id))
    """,
    // n and chain are the replica's newest at the hub.
    """
    CREATE TABLE replica (
      platform TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, chain BYTEA NOT NULL,
      PRIMARY KEY (platform, replica))
    """,
    // ordinal: the order's history in the order of storing, dense, causal. notes: 1 names sealed values, 2 makes an assignment.
    """
    CREATE TABLE change (
      platform TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, order_id TEXT NOT NULL, ordinal BIGINT NOT NULL,
      prev BIGINT NOT NULL, hash BYTEA NOT NULL, chain BYTEA NOT NULL, receipt BYTEA NOT NULL, verdict TEXT NOT NULL,
      received BIGINT NOT NULL, notes BIGINT NOT NULL, line BYTEA NOT NULL, PRIMARY KEY (platform, replica, n))
    """,
    "CREATE UNIQUE INDEX change_by_order ON change (order_id, ordinal)",
    "CREATE INDEX change_put_aside ON change (verdict) WHERE verdict <> 'accepted'",
    """
    CREATE TABLE orders (
      order_id TEXT PRIMARY KEY, changes BIGINT NOT NULL, entries BIGINT NOT NULL, number TEXT,
      title TEXT NOT NULL, kind TEXT, sector TEXT, priority TEXT NOT NULL, status TEXT NOT NULL, lead TEXT, due BIGINT,
      created BIGINT NOT NULL, updated BIGINT NOT NULL, is_open BIGINT NOT NULL, is_emergency BIGINT NOT NULL,
      is_confidential BIGINT NOT NULL, conflicts BIGINT NOT NULL, contradictions BIGINT NOT NULL, requests BIGINT NOT NULL,
      state BYTEA NOT NULL)
    """,
    "CREATE INDEX orders_by_number ON orders (number)",
    "CREATE INDEX orders_in_emergency ON orders (order_id) WHERE is_emergency = 1",
    "CREATE INDEX orders_disagreeing ON orders (order_id) WHERE conflicts > 0 OR contradictions > 0",
    "CREATE INDEX orders_asking ON orders (order_id) WHERE requests > 0",
    // lane_from: the feed position whose entry made the order an emergency; lead_from: of the first lead
    // assignment; is_lead: it has one that is neither recalled nor returned.
    """
    CREATE TABLE concern (
      order_id TEXT NOT NULL, platform TEXT NOT NULL, lane_from BIGINT, lead_from BIGINT, is_lead BIGINT NOT NULL,
      PRIMARY KEY (order_id, platform))
    """,
    "CREATE INDEX concern_by_platform ON concern (platform, order_id)",
    """
    CREATE TABLE feed (
      platform TEXT NOT NULL, position BIGINT NOT NULL, feed_hash BYTEA NOT NULL, order_id TEXT NOT NULL,
      author TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (platform, position))
    """,
    "CREATE INDEX feed_by_order ON feed (platform, order_id, position)",
    """
    CREATE TABLE sealed (
      order_id TEXT NOT NULL, commitment BYTEA NOT NULL, nonce BYTEA NOT NULL, value BYTEA NOT NULL,
      for_lead BIGINT NOT NULL, author TEXT NOT NULL, PRIMARY KEY (order_id, commitment))
    """,
    """
    CREATE TABLE request (
      platform TEXT NOT NULL, request TEXT NOT NULL, order_id TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL,
      PRIMARY KEY (platform, request))
    """,
    """
    CREATE TABLE quarantine (
      platform TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, order_id TEXT NOT NULL, hash BYTEA NOT NULL,
      at BIGINT NOT NULL, reason TEXT NOT NULL, line BYTEA NOT NULL, PRIMARY KEY (platform, replica, n))
    """,
    """
    CREATE TABLE reference (
      order_id TEXT NOT NULL, system TEXT NOT NULL, number TEXT NOT NULL, author TEXT NOT NULL,
      PRIMARY KEY (order_id, system, number, author))
    """,
    "CREATE INDEX reference_by_number ON reference (system, number)",
    "CREATE INDEX sealed_by_commitment ON sealed (commitment)",
    "CREATE TABLE counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL)",
  ]

  private static let second = [
    // XOR over what is held: of each order, and by platform of the buckets into which its orders fall (level 0: 256 top buckets,
    // 1: their leaves).
    "ALTER TABLE orders ADD COLUMN digest BYTEA",
    "ALTER TABLE concern ADD COLUMN bucket BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX concern_by_bucket ON concern (platform, bucket, order_id)",
    """
    CREATE TABLE digest (
      platform TEXT NOT NULL, level BIGINT NOT NULL, bucket BIGINT NOT NULL, value BYTEA NOT NULL,
      PRIMARY KEY (platform, level, bucket))
    """,
    // The highest n that is held at all: above `n` where others gave back what this replica's platform has not sent again.
    "ALTER TABLE replica ADD COLUMN highest BIGINT NOT NULL DEFAULT 0",
    "UPDATE replica SET highest = n",
    // Changes that came back before something of their context did. Nobody is fed them; `change` holds what counts.
    """
    CREATE TABLE waiting (
      platform TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, order_id TEXT NOT NULL, prev BIGINT NOT NULL,
      hash BYTEA NOT NULL, chain BYTEA NOT NULL, receipt BYTEA NOT NULL, verdict TEXT NOT NULL, received BIGINT NOT NULL,
      line BYTEA NOT NULL, PRIMARY KEY (platform, replica, n))
    """,
    "CREATE INDEX waiting_by_order ON waiting (order_id)",
    // Commitments of changes that came back without their values.
    "CREATE TABLE lacking (order_id TEXT NOT NULL, commitment BYTEA NOT NULL, PRIMARY KEY (order_id, commitment))",
    // Comparisons that were asked for here, and reports of all that ended.
    """
    CREATE TABLE resync (
      platform TEXT NOT NULL, agent TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL, is_full BIGINT NOT NULL,
      is_dry_run BIGINT NOT NULL, state TEXT NOT NULL, requested BIGINT NOT NULL, started BIGINT, finished BIGINT,
      report TEXT, PRIMARY KEY (platform, agent, id))
    """,
  ]

  private static let third = [
    // Commitments whose values were destroyed and are never kept again. replica, n: the change whose register says so; null where the
    // ledger alone remembers it, until the order is there and the register is written anew.
    """
    CREATE TABLE purged (
      order_id TEXT NOT NULL, commitment BYTEA NOT NULL, at BIGINT NOT NULL, replica TEXT, n BIGINT,
      PRIMARY KEY (order_id, commitment))
    """,
    "CREATE INDEX purged_by_commitment ON purged (commitment)",
    "CREATE INDEX purged_forgotten ON purged (order_id) WHERE replica IS NULL",
  ]

  private static let clones = [
    // Signs that an agent's certificate is used by two machines. mark: the run or the certificate's serial that it is about; place: the dot
    // or serial where it showed; times: how often it came back after it had been settled, and once.
    """
    CREATE TABLE clone (
      platform TEXT NOT NULL, mark TEXT NOT NULL, agent TEXT NOT NULL, sign TEXT NOT NULL, place TEXT NOT NULL,
      since BIGINT NOT NULL, times BIGINT NOT NULL, settled BIGINT, settled_by TEXT, PRIMARY KEY (platform, mark))
    """,
    "CREATE INDEX clone_open ON clone (platform, agent) WHERE settled IS NULL",
    // When a certificate was first used, so that one that was renewed is noticed where it goes on beside it.
    "ALTER TABLE certificate ADD COLUMN first_used BIGINT",
    "CREATE INDEX certificate_by_agent ON certificate (platform, agent)",
  ]

  private static let retention = [
    // 1: not asked for by a person, but after the order's end plus what the policy says.
    "ALTER TABLE purged ADD COLUMN is_retention BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX purged_asked ON purged (at) WHERE is_retention = 0",
    // Behind which position of its feed a platform has read all of those.
    "CREATE TABLE retention (platform TEXT PRIMARY KEY, position BIGINT NOT NULL)",
    // Who sought or copied a person's values, and in how many orders they were. Not whose.
    """
    CREATE TABLE lookup (
      at BIGINT NOT NULL, id TEXT NOT NULL, action TEXT NOT NULL, author TEXT NOT NULL, role TEXT NOT NULL,
      orders BIGINT NOT NULL, PRIMARY KEY (at, id))
    """,
  ]

  private static let accounts = [
    // password: scrypt with its parameters; one_time_until: it is good for signing in once, until then.
    """
    CREATE TABLE account (
      name TEXT PRIMARY KEY, display_name TEXT NOT NULL, role TEXT NOT NULL, is_program BIGINT NOT NULL,
      created BIGINT NOT NULL, disabled BIGINT, password TEXT, one_time_until BIGINT, signed_in BIGINT)
    """,
    // Ids and tokens are secrets: what is kept is their hash.
    """
    CREATE TABLE session (
      id BYTEA PRIMARY KEY, account TEXT NOT NULL, created BIGINT NOT NULL, seen BIGINT NOT NULL,
      must_change BIGINT NOT NULL)
    """,
    "CREATE INDEX session_by_account ON session (account)",
    // Browsers in which an account signed in.
    "CREATE TABLE device (id BYTEA PRIMARY KEY, account TEXT NOT NULL, seen BIGINT NOT NULL)",
    "CREATE INDEX device_by_account ON device (account)",
    """
    CREATE TABLE api_token (
      id TEXT PRIMARY KEY, hash BYTEA NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL, label TEXT NOT NULL,
      created BIGINT NOT NULL, created_by TEXT NOT NULL, expires BIGINT NOT NULL, used BIGINT, revoked BIGINT)
    """,
    "CREATE UNIQUE INDEX api_token_by_hash ON api_token (hash)",
    "CREATE INDEX api_token_by_account ON api_token (account)",
    // What was done that is no change of an order. hash: over the row and the hash of the row before; audit_head has the last.
    """
    CREATE TABLE audit (
      number BIGINT PRIMARY KEY, at BIGINT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, via TEXT NOT NULL,
      action TEXT NOT NULL, object TEXT NOT NULL, detail TEXT NOT NULL, hash BYTEA NOT NULL)
    """,
    "CREATE TABLE audit_head (id BIGINT PRIMARY KEY, number BIGINT NOT NULL, hash BYTEA NOT NULL)",
  ]

  private static let lists =
    [
      // place: the order in which this database first stored the orders; it never changes, and it is what the index of words calls them.
      // text_mark: of what is searched.
      "ALTER TABLE orders ADD COLUMN place BIGINT",
      "ALTER TABLE orders ADD COLUMN text_mark BIGINT",
      "CREATE UNIQUE INDEX orders_by_place ON orders (place)",
      // Lists show the newest first, so that every index of a list ends with when an order was created.
      "CREATE INDEX orders_by_created ON orders (created, place)",
      "CREATE INDEX orders_by_status ON orders (status, created, place)",
      "CREATE INDEX orders_by_sector ON orders (sector, created, place)",
      "CREATE INDEX orders_pressing ON orders (priority, created, place) WHERE priority <> 'normal'",
      "CREATE INDEX orders_open ON orders (created, place, status, sector, kind, priority, due) WHERE is_open = 1",
      "CREATE INDEX orders_open_by_sector ON orders (sector, created, place) WHERE is_open = 1",
      "CREATE INDEX orders_open_by_due ON orders (due, place) WHERE is_open = 1 AND due IS NOT NULL",
      "CREATE INDEX orders_at_odds ON orders (created, place) WHERE conflicts + contradictions > 0",
      "ALTER TABLE concern ADD COLUMN created BIGINT NOT NULL DEFAULT 0",
      "ALTER TABLE concern ADD COLUMN place BIGINT NOT NULL DEFAULT 0",
      // is_open: as of its order.
      "ALTER TABLE concern ADD COLUMN is_open BIGINT NOT NULL DEFAULT 1",
      "CREATE INDEX concern_by_created ON concern (platform, created, place)",
      "CREATE INDEX concern_open ON concern (platform, created, place) WHERE is_open = 1",
      // How many orders of a status concern a platform; platform '': how many there are.
      """
      CREATE TABLE tally (
        platform TEXT NOT NULL, sector TEXT NOT NULL, status TEXT NOT NULL, orders BIGINT NOT NULL,
        PRIMARY KEY (platform, sector, status))
      """,
      // Two orders with the same reference.
      """
      CREATE TABLE doubled (
        order_id TEXT NOT NULL, other TEXT NOT NULL, system TEXT NOT NULL, number TEXT NOT NULL,
        PRIMARY KEY (order_id, other, system, number))
      """,
    ] + OrderIndex.statements

  @Sendable private static func fillLists(_ db: any DatabaseConnection) throws {
    try OrderIndex.fill(db)
    try db.execute(
      """
      UPDATE concern SET created = (SELECT o.created FROM orders o WHERE o.order_id = concern.order_id),
        place = (SELECT o.place FROM orders o WHERE o.order_id = concern.order_id),
        is_open = (SELECT o.is_open FROM orders o WHERE o.order_id = concern.order_id)
      """, [])
    try Tally.fill(db)
    try db.execute(
      """
      INSERT INTO doubled (order_id, other, system, number) SELECT DISTINCT a.order_id, b.order_id, a.system, a.number
      FROM reference a JOIN reference b ON b.system = a.system AND b.number = a.number AND b.order_id > a.order_id
      """, [])
  }

  private static let contact = [
    // Stretches of time in which an agent was in contact; what lies between them are outages.
    """
    CREATE TABLE contact (
      platform TEXT NOT NULL, agent TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL,
      PRIMARY KEY (platform, agent, since))
    """
  ]

  private static let supervision = [
    // What follows from an order's log for deadlines and figures. contribution: what the rollups have of it.
    """
    CREATE TABLE followed (
      order_id TEXT PRIMARY KEY, milestones TEXT NOT NULL, contribution BYTEA NOT NULL, platform TEXT NOT NULL,
      is_emergency BIGINT NOT NULL)
    """,
    // Open deadlines. assignment: empty for the order's own; next_at: when the hub does something about it by itself; reminded: what it
    // did last.
    """
    CREATE TABLE deadline (
      order_id TEXT NOT NULL, assignment TEXT NOT NULL, stage TEXT NOT NULL, platform TEXT NOT NULL, sector TEXT NOT NULL,
      district TEXT NOT NULL, is_emergency BIGINT NOT NULL, since BIGINT NOT NULL, soon_at BIGINT NOT NULL,
      at BIGINT NOT NULL, next_at BIGINT, reminded TEXT NOT NULL, is_paused BIGINT NOT NULL,
      PRIMARY KEY (order_id, assignment, stage))
    """,
    "CREATE INDEX deadline_by_time ON deadline (at, order_id, assignment, stage) WHERE is_paused = 0",
    "CREATE INDEX deadline_next ON deadline (next_at, order_id) WHERE next_at IS NOT NULL",
    "CREATE INDEX deadline_soon ON deadline (soon_at) WHERE is_paused = 0",
    """
    CREATE TABLE callback_queue (
      order_id TEXT PRIMARY KEY, round BIGINT NOT NULL, since BIGINT NOT NULL, attempts BIGINT NOT NULL, last_at BIGINT,
      next_at BIGINT NOT NULL, platform TEXT NOT NULL, sector TEXT NOT NULL, district TEXT NOT NULL,
      is_emergency BIGINT NOT NULL)
    """,
    "CREATE INDEX callback_queue_next ON callback_queue (next_at, order_id)",
    // Orders to which the hub still owes deadlines: those that others made, or that were there before there was a policy.
    "CREATE TABLE owing (order_id TEXT PRIMARY KEY, since BIGINT NOT NULL)",
    "CREATE INDEX owing_since ON owing (since, order_id)",
    // The sums of all contributions, by day (20261125) and month (202611).
    """
    CREATE TABLE rollup (
      span BIGINT NOT NULL, sector TEXT NOT NULL, platform TEXT NOT NULL, district TEXT NOT NULL, figures BYTEA NOT NULL,
      PRIMARY KEY (span, sector, platform, district))
    """,
    // Corrections of the hub's clock: what it dated from since to until was wrong by so much.
    "CREATE TABLE clock_step (until BIGINT PRIMARY KEY, since BIGINT NOT NULL, amount BIGINT NOT NULL)",
  ]

  // Deadlines are counted, by how far they have come, whenever a page shows them: by these indexes alone, without a look into the rows.
  private static let countedDeadlines = [
    "CREATE INDEX deadline_by_rung ON deadline (reminded, is_paused, at, soon_at, platform, sector, district)",
    // Those of orders, one an order.
    """
    CREATE INDEX deadline_of_order ON deadline (assignment, stage, is_paused, at, soon_at, platform, sector, district)
      WHERE assignment = ''
    """,
  ]

  private static let numbers = [
    // Numbers that were purged, by keyed hash, with how many digits they have: what was recorded with one until then (hybrid time) is
    // destroyed when it arrives.
    """
    CREATE TABLE purged_number (
      mark BYTEA PRIMARY KEY, digits BIGINT NOT NULL, until BIGINT NOT NULL, until_counter BIGINT NOT NULL)
    """
  ]

  private static let factors = [
    // secret: sealed under the hub's key; used_step: of the last code; pending: a secret that waits for its first code.
    """
    CREATE TABLE second_factor (
      account TEXT PRIMARY KEY, secret BYTEA, since BIGINT, used_step BIGINT NOT NULL, pending BYTEA,
      pending_since BIGINT, pending_session BYTEA)
    """,
    "CREATE TABLE recovery_code (account TEXT NOT NULL, mark BYTEA NOT NULL, PRIMARY KEY (account, mark))",
    // must_enrol: a second factor must be set up first; is_short: the password is long enough beside one alone.
    "ALTER TABLE session ADD COLUMN must_enrol BIGINT NOT NULL DEFAULT 0",
    "ALTER TABLE account ADD COLUMN is_short BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX audit_revealed ON audit (who, at) WHERE action = 'revealed'",
    "CREATE INDEX audit_revealed_many ON audit (at) WHERE action = 'revealed-many'",
  ]

  private static let heldNumbers = [
    // Telephone numbers in sealed values, by keyed hash. is_marked: 1 where all of a value's numbers stand here, 2 where they are too many.
    "CREATE TABLE sealed_number (mark BYTEA NOT NULL, commitment BYTEA NOT NULL, PRIMARY KEY (mark, commitment))",
    "CREATE INDEX sealed_number_by_commitment ON sealed_number (commitment)",
    "ALTER TABLE sealed ADD COLUMN is_marked BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sealed_unmarked ON sealed (order_id, commitment) WHERE is_marked <> 1",
  ]

  private static let statusEnds = [
    // When the status becomes another one although nothing is written. Those that are suspended now are looked at once.
    "ALTER TABLE orders ADD COLUMN status_until BIGINT",
    "CREATE INDEX orders_status_until ON orders (status_until) WHERE status_until IS NOT NULL",
    "UPDATE orders SET status_until = 0 WHERE status = 'suspended'",
  ]

  private static let lost = [
    // Since when a change waits, by the hub's clock: what it names is looked for from then on.
    "ALTER TABLE waiting ADD COLUMN since BIGINT NOT NULL DEFAULT 0"
  ]

  private static let voiding = [
    // replica, n: the change that is or was void. at: when that was last said, by the hub's clock.
    """
    CREATE TABLE voiding (
      order_id TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, at BIGINT NOT NULL, is_void BIGINT NOT NULL,
      PRIMARY KEY (order_id, replica, n))
    """,
    "CREATE INDEX voiding_by_time ON voiding (at)",
    "CREATE INDEX voiding_now ON voiding (at) WHERE is_void = 1",
  ]

  private static let delivery = [
    // Up to which position of its feed a platform's acknowledged entries were looked at.
    "CREATE TABLE delivery (platform TEXT PRIMARY KEY, position BIGINT NOT NULL)"
  ]

  private static let lostDots = [
    // replica, n: a change that the hub said to be lost for the order, and that has not turned up.
    """
    CREATE TABLE lost_dot (
      order_id TEXT NOT NULL, replica TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (order_id, replica, n))
    """,
    "CREATE INDEX lost_dot_by_replica ON lost_dot (replica, n)",
  ]

  private static let feedCut = [
    // The first position of the feed that is still there, 0 where all are.
    "ALTER TABLE platform ADD COLUMN feed_cut BIGINT NOT NULL DEFAULT 0",
    // How long a feed was at which times, so that it is known which entries are old.
    """
    CREATE TABLE feed_mark (
      platform TEXT NOT NULL, at BIGINT NOT NULL, position BIGINT NOT NULL, PRIMARY KEY (platform, at))
    """,
  ]
}
