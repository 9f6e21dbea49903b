// A database that an older version left: it is brought up to date, and what did not exist then is made from its log.

import Core
import Testing

@testable import Hub

@Suite struct UpgradeTests {
  /// Takes away what later schema steps brought.
  private static let backToTheFirst = [
    "DROP TABLE second_factor", "DROP TABLE recovery_code", "DROP TABLE sealed_number", "DROP INDEX sealed_unmarked",
    "ALTER TABLE sealed DROP COLUMN is_marked", "DROP INDEX orders_status_until",
    "ALTER TABLE orders DROP COLUMN status_until",
    "DROP TABLE followed", "DROP TABLE deadline", "DROP TABLE callback_queue", "DROP TABLE owing", "DROP TABLE rollup",
    "DROP TABLE clock_step", "DROP TABLE contact", "DROP TABLE account", "DROP TABLE session", "DROP TABLE device",
    "DROP TABLE api_token", "DROP TABLE audit", "DROP TABLE audit_head", "DROP TABLE order_words_held",
    "DROP TABLE order_words", "DROP TABLE tally", "DROP TABLE doubled", "DROP INDEX orders_by_place",
    "DROP INDEX orders_by_created", "DROP INDEX orders_by_status", "DROP INDEX orders_by_sector",
    "DROP INDEX orders_by_kind", "DROP INDEX orders_pressing", "DROP INDEX orders_open",
    "DROP INDEX orders_open_by_sector",
    "DROP INDEX orders_open_by_due", "DROP INDEX orders_at_odds", "ALTER TABLE orders DROP COLUMN place",
    "ALTER TABLE orders DROP COLUMN text_mark", "DROP INDEX concern_by_created", "DROP INDEX concern_open",
    "ALTER TABLE concern DROP COLUMN created", "ALTER TABLE concern DROP COLUMN place",
    "ALTER TABLE concern DROP COLUMN is_open",
    "DROP TABLE digest", "DROP TABLE waiting", "DROP TABLE lacking", "DROP TABLE resync", "DROP TABLE purged",
    "DROP TABLE retention", "DROP TABLE purged_number", "DROP TABLE voiding", "DROP TABLE delivery",
    "DROP TABLE lost_dot",
    "DROP TABLE lookup", "DROP TABLE clone",
    "DROP INDEX certificate_by_agent", "DROP TABLE feed_mark", "ALTER TABLE platform DROP COLUMN feed_cut",
    "ALTER TABLE certificate DROP COLUMN first_used",
    "DROP INDEX concern_by_bucket", "ALTER TABLE orders DROP COLUMN digest", "ALTER TABLE concern DROP COLUMN bucket",
    "ALTER TABLE replica DROP COLUMN highest", "DELETE FROM schema_step WHERE step > 1",
  ]

  @Test func whatIsVoidInAnOlderDatabaseIsFoundInItsLines() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    let crew = try FakeAuthor("water")
    let dots = try (0..<2).map { _ in
      let entry = crew.entry(order, context: try world.state(order).vector, [.set("title", "crew's title")])
      try world.push([entry], from: crew)
      return entry.head.dot
    }
    _ = try world.perform(.reinstate(dot: dots[0].description), on: order)
    func rows() throws -> [String] {
      try world.parts.database.read { db in
        try db.all("SELECT replica, n, at, is_void FROM voiding ORDER BY replica, n", []) {
          "\($0.text(0)):\($0.int(1)) \($0.int(2)) \($0.int(3))"
        }
      }
    }
    let before = try rows()
    #expect(before.count == 2 && before[0].hasSuffix(" 0") && before[1].hasSuffix(" 1"))
    try world.parts.database.write { db in
      for statement in Self.backToTheFirst { try db.execute(statement, []) }
    }
    try HubSchema.migrate(world.parts.database)
    #expect(try rows() == before)
  }

  @Test func digestsOfAnOlderDatabaseAreMadeFromItsLog() throws {
    let world = try HubWorld()
    let orders = try (0..<5).map { index in
      try world.dispatched(to: index % 2 == 0 ? "water" : "gas", registers: [.init("title", .string("order \(index)"))])
    }
    _ = try world.perform(.note(text: "called again", visibility: "all"), on: orders[0])
    let platforms = try ["water", "gas"].map { try PlatformName($0) }
    func tops() throws -> [[UInt64]] {
      try world.parts.database.read { db in try platforms.map { try HubDigests.tops(of: $0, db) } }
    }
    let before = try tops()
    #expect(before.allSatisfy { $0.contains { $0 != 0 } })
    try world.parts.database.write { db in
      for statement in Self.backToTheFirst { try db.execute(statement, []) }
    }
    try HubSchema.migrate(world.parts.database)
    #expect(try tops() == before)
    try world.parts.database.read { db in
      for platform in platforms { #expect(try HubDigests.wrongBuckets(of: platform, db).isEmpty) }
      for order in orders {
        let held =
          try HubDigests.orders(inLeaf: DigestBucket.leaf(of: order), of: platforms[0], db)
          + HubDigests.orders(inLeaf: DigestBucket.leaf(of: order), of: platforms[1], db)
        #expect(held.contains { $0.order == order && $0.digest == (try? HubDigests.fromLog(order, db).short) })
      }
      #expect(try db.count("SELECT COUNT(*) FROM replica WHERE highest <> n") == 0)
    }
  }
}
