// The first steps of the schema: platforms and their agents, changes, orders, feeds and sealed values; and what comparing with agents takes.

extension HubSchema {
  static let first = [
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

  static let second = [
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
}
