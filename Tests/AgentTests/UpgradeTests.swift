// A database that an older version left: it is brought up to date, and what did not exist then is made from its log.

import Core
import GRDB
import Testing

@testable import Agent

@Suite struct UpgradeTests {
  @Test func digestsOfAnOlderDatabaseAreMadeFromItsLog() throws {
    let directory = try StoreDirectory()
    var hub = FakeHub()
    let before: [UInt64]
    do {
      let store = try directory.open()
      for number in 1...4 {
        let order = hub.dispatch(title: "order \(number)", number)
        try store.pullAll(hub)
        _ = try store.edit(.accept, on: order)
      }
      try store.pushAll(&hub)
      try store.pullAll(hub)
      _ = hub.dispatch(title: "not read yet", 5)
      before = try store.topDigests()
      #expect(before.contains { $0 != 0 })
      try store.database.write { database in
        for statement in [
          "DROP TABLE digest", "DROP TABLE order_digest", "DROP TABLE healing", "DROP TABLE purged",
          "DROP TABLE retiring", "DROP TABLE lost_dot",
          "ALTER TABLE cursor DROP COLUMN reconcile_due",
          "DELETE FROM grdb_migrations WHERE identifier <> '1 log, orders, cursor'",
        ] {
          try database.execute(sql: statement)
        }
      }
    }
    let copy = try directory.copy()
    let opened = try copy.open()
    #expect(try opened.topDigests() == before)
    #expect(try opened.database.read { try Digests.wrongBuckets($0) }.isEmpty)
    #expect(try opened.pullAll(hub).entries == 1)
    #expect(try opened.topDigests() != before)
    withExtendedLifetime((directory, copy)) {}
  }
}
