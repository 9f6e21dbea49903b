// The hub's tables, as named, append-only steps. Every key begins with the platform or the order, so the same schema distributes. The
// larger steps are in a file for each area; those of a few lines are here.

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
    Step(number: 18, statements: ["CREATE INDEX orders_by_kind ON orders (kind, created, place)"]),
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

  private static let contact = [
    // Stretches of time in which an agent was in contact; what lies between them are outages.
    """
    CREATE TABLE contact (
      platform TEXT NOT NULL, agent TEXT NOT NULL, since BIGINT NOT NULL, until BIGINT NOT NULL,
      PRIMARY KEY (platform, agent, since))
    """
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
