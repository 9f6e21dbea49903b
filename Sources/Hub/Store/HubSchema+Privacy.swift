// The steps of the schema for personal data: what was destroyed and stays so, how long values are kept, and who sought them.

extension HubSchema {
  static let third = [
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

  static let retention = [
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

  static let numbers = [
    // Numbers that were purged, by keyed hash, with how many digits they have: what was recorded with one until then (hybrid time) is
    // destroyed when it arrives.
    """
    CREATE TABLE purged_number (
      mark BYTEA PRIMARY KEY, digits BIGINT NOT NULL, until BIGINT NOT NULL, until_counter BIGINT NOT NULL)
    """
  ]

  static let heldNumbers = [
    // Telephone numbers in sealed values, by keyed hash. is_marked: 1 where all of a value's numbers stand here, 2 where they are too many.
    "CREATE TABLE sealed_number (mark BYTEA NOT NULL, commitment BYTEA NOT NULL, PRIMARY KEY (mark, commitment))",
    "CREATE INDEX sealed_number_by_commitment ON sealed_number (commitment)",
    "ALTER TABLE sealed ADD COLUMN is_marked BIGINT NOT NULL DEFAULT 0",
    "CREATE INDEX sealed_unmarked ON sealed (order_id, commitment) WHERE is_marked <> 1",
  ]
}
