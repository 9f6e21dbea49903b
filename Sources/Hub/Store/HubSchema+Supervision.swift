// The step of the schema for deadlines, call-backs and figures.

extension HubSchema {
  static let supervision = [
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
  static let countedDeadlines = [
    "CREATE INDEX deadline_by_rung ON deadline (reminded, is_paused, at, soon_at, platform, sector, district)",
    // Those of orders, one an order.
    """
    CREATE INDEX deadline_of_order ON deadline (assignment, stage, is_paused, at, soon_at, platform, sector, district)
      WHERE assignment = ''
    """,
  ]
}
