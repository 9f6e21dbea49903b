// The step of the schema for lists, tallies and the index of words, and how rows of older databases are filled in.

extension HubSchema {
  static let lists =
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

  @Sendable static func fillLists(_ db: any DatabaseConnection) throws {
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
}
