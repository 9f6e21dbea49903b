// The agent's tables and their migrations: named, append-only steps. What the rows mean is told by the store's other files.

import Core
import GRDB

enum AgentSchema {
  /// Every step that ever was, oldest first.
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("1 log, orders, cursor") { database in
      try database.execute(sql: first)
    }
    migrator.registerMigration("2 digests") { database in
      try database.execute(sql: second)
      try Digests.rebuild(database)
    }
    migrator.registerMigration("3 purged") { database in
      try database.execute(sql: third)
      try purge(database)
    }
    migrator.registerMigration("5 retired") { database in
      try database.execute(sql: fifth)
    }
    migrator.registerMigration("6 put aside") { database in
      // What the hub did not take as it was, for the status.
      try database.execute(
        sql: "CREATE INDEX IF NOT EXISTS change_put_aside ON change (verdict) WHERE verdict <> 'accepted'")
    }
    migrator.registerMigration("7 lost") { database in
      try database.execute(sql: seventh)
      try Losses.fill(database)
    }
    return migrator
  }

  private static let first = """
    -- The log: own changes and those received, bytes as received. `line` is null where only the head is known.
    CREATE TABLE change (
      seq INTEGER PRIMARY KEY,
      replica TEXT NOT NULL,
      n INTEGER NOT NULL,
      order_id TEXT NOT NULL,
      prev INTEGER NOT NULL,            -- the replica's previous n on this order
      line BLOB,
      hash BLOB NOT NULL,
      chain BLOB,                       -- only of own changes
      receipt BLOB,                     -- null until the hub gave it
      verdict TEXT,                     -- accepted, void or unreadable; null until the hub judged
      received INTEGER,                 -- the hub's clock when it first stored it, milliseconds
      applied INTEGER NOT NULL,         -- 0 waits, 1 counts
      at INTEGER NOT NULL,              -- its author's clock, milliseconds; 0 where unreadable
      sealed INTEGER NOT NULL,          -- how many commitments its line names
      UNIQUE (replica, n)
    ) STRICT;
    CREATE INDEX change_order ON change (order_id);
    CREATE INDEX change_waiting ON change (order_id) WHERE applied = 0;

    -- Personal values, beside the lines that hold their commitments.
    CREATE TABLE sealed (
      commitment BLOB PRIMARY KEY,
      order_id TEXT NOT NULL,
      nonce BLOB NOT NULL,
      value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX sealed_order ON sealed (order_id);

    -- Commitments whose values this platform may have and has not got yet.
    CREATE TABLE lacking (
      commitment BLOB PRIMARY KEY,
      order_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The materialised state of each order, and what lists filter by. `status` is empty while nothing of the order counts.
    CREATE TABLE orders (
      order_id TEXT PRIMARY KEY,
      state BLOB NOT NULL,
      number TEXT,
      title TEXT NOT NULL,
      status TEXT NOT NULL,             -- when last written; a suspension may have run out since
      kind TEXT,
      priority TEXT NOT NULL,
      updated INTEGER NOT NULL,         -- the latest change's time, milliseconds
      open INTEGER NOT NULL,
      conflicts INTEGER NOT NULL,
      contradictions INTEGER NOT NULL,
      entry_count INTEGER NOT NULL,
      waiting INTEGER NOT NULL
    ) STRICT;
    CREATE INDEX orders_open ON orders (open, order_id);
    CREATE INDEX orders_number ON orders (number) WHERE number IS NOT NULL;
    CREATE INDEX orders_conflicting ON orders (order_id) WHERE conflicts > 0 OR contradictions > 0;

    -- The runs of this database, in order. `n` and `chain` are those of the last change that was written here.
    CREATE TABLE replica (
      id TEXT PRIMARY KEY,
      run INTEGER NOT NULL UNIQUE,
      n INTEGER NOT NULL,
      chain BLOB NOT NULL,
      acked_through INTEGER NOT NULL
    ) STRICT;

    -- What is still to be pushed: own changes above `acked_through`, oldest run first.
    CREATE VIEW outbox AS
      SELECT change.*, replica.run FROM replica
      JOIN change ON change.replica = replica.id AND change.n > replica.acked_through AND change.n <= replica.n;

    -- How far the feed was read, the highest head that a reply named, and the hybrid clock. One row.
    CREATE TABLE cursor (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      position INTEGER NOT NULL,
      feed_hash BLOB NOT NULL,
      lane INTEGER NOT NULL,
      told_position INTEGER NOT NULL,
      told_hash BLOB NOT NULL,
      clock INTEGER NOT NULL,
      clock_counter INTEGER NOT NULL
    ) STRICT;

    -- The first answer to each request id of this platform.
    CREATE TABLE request (
      request TEXT PRIMARY KEY,
      replica TEXT NOT NULL,
      n INTEGER NOT NULL,
      order_id TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- What could not take effect, here or at the hub, and why.
    CREATE TABLE quarantine (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      replica TEXT,
      n INTEGER,
      order_id TEXT,
      reason TEXT NOT NULL,
      line BLOB,
      UNIQUE (replica, n)
    ) STRICT;

    -- To whom the database belongs.
    CREATE TABLE meta (
      key TEXT PRIMARY KEY,
      value TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    """

  private static let second = """
    -- XOR over what is held: of each order, and of the buckets into which orders fall (level 0: 256 top buckets, 1: their leaves).
    CREATE TABLE order_digest (
      bucket INTEGER NOT NULL,
      order_id TEXT NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY (bucket, order_id)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE digest (
      level INTEGER NOT NULL,
      bucket INTEGER NOT NULL,
      value BLOB NOT NULL,
      PRIMARY KEY (level, bucket)
    ) STRICT, WITHOUT ROWID;

    -- 1 from the moment when the hub did not know this agent's cursor until both were compared.
    ALTER TABLE cursor ADD COLUMN reconcile_due INTEGER NOT NULL DEFAULT 0;

    -- The latest comparisons, and what they found.
    CREATE TABLE healing (
      id INTEGER PRIMARY KEY,
      at INTEGER NOT NULL,
      reason TEXT NOT NULL,
      report TEXT NOT NULL
    ) STRICT;
    """

  private static let third = """
    -- Commitments whose values were destroyed and are never kept again.
    CREATE TABLE purged (
      commitment BLOB PRIMARY KEY
    ) STRICT, WITHOUT ROWID;
    """

  private static let fifth = """
    -- Orders with values of which this platform may have some no more, now or later. since: when the order ended, 0 where something is to
    -- be looked at at once; next: not before (the hub's clock); pending: 0 once nothing is left to do; is_past: 1 once the values were
    -- blanked since the order ended long ago.
    CREATE TABLE retiring (
      order_id TEXT PRIMARY KEY,
      since INTEGER NOT NULL,
      next INTEGER NOT NULL,
      pending INTEGER NOT NULL,
      is_past INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX retiring_due ON retiring (since, next) WHERE pending = 1;
    -- What older software has kept is looked at once.
    INSERT INTO retiring (order_id, since, next, pending, is_past) SELECT DISTINCT order_id, 0, 0, 1, 0 FROM sealed;
    """

  private static let seventh = """
    -- Changes that the hub said to be lost for an order, and that have not turned up.
    CREATE TABLE lost_dot (
      order_id TEXT NOT NULL,
      replica TEXT NOT NULL,
      n INTEGER NOT NULL,
      PRIMARY KEY (order_id, replica, n)
    ) STRICT, WITHOUT ROWID;
    """

  /// What a hub purged while the software here did not know of it yet.
  private static func purge(_ database: Database) throws {
    let states = try database.rows(
      "SELECT order_id, state FROM orders WHERE instr(state, CAST('purged/' AS BLOB)) > 0"
    ) { row in
      // A state that cannot be read is made anew from the log, which purges then.
      try? OrderState(id: try OrderID(row.text(0)), stored: row.blob(1))
    }
    for commitment in states.compactMap(\.self).flatMap(\.purged) { try database.purge(commitment) }
  }
}
