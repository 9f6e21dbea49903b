// The hub with a year of orders that measurements are made with: it holds all that people meet, lists and search and indicators read it,
// and it goes on where it was stopped.

import Core
import Foundation
import Logging
import Shell
import Synchronization
import Testing

@testable import Hub

/// A hub's parts under a year's clock, removed at the end.
private final class YearWorld {
  let directory = NSTemporaryDirectory() + "lianxin-year-\(UUID().uuidString)"
  let parts: HubParts
  let clock: YearClock
  static let end = 1_764_000_000_000

  init() throws {
    let keys = KeyDirectory(path: directory + "/keys")
    var generator = SeededGenerator(state: 11)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let random = Mutex(SeededGenerator(state: 5))
    let clock = YearClock()
    self.clock = clock
    parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: directory + "/hub.db"),
      authority: try CertificateAuthority.create(in: keys, name: "test", now: Date(), using: &generator),
      receiptKey: HubWorld.receiptKey, ledger: try Ledger(path: keys.ledger),
      environment: HubEnvironment(
        wall: { clock.now }, random: { count in random.withLock { $0.bytes(count) } },
        day: { _ in "20261125" }),
      queue: 64, group: 16, certificateLifeSeconds: 86_400, certificateGraceSeconds: 3_600, passwordCost: .ofTests,
      logger: Logger(label: "test"))
  }

  deinit {
    try? parts.database.close()
    try? FileManager.default.removeItem(atPath: directory)
  }

  func maker(orders: Int) throws -> YearMaker {
    try YearMaker(parts: parts, clock: clock, orders: orders, now: YearWorld.end)
  }

  func count(_ sql: String) throws -> Int { try parts.database.read { db in try db.count(sql) } }

  func page(_ change: (inout OrderFilter) -> Void = { _ in }) throws -> OrderList.Page {
    var filter = OrderFilter()
    filter.standing = .all
    change(&filter)
    return try parts.database.read { db in
      try OrderList.page(filter, after: nil, limit: 50, now: YearWorld.end, db)
    }
  }
}

@Suite struct YearTests {
  @Test func aYearHoldsWhatPeopleMeetAndIsReadByListsSearchAndIndicators() throws {
    let world = try YearWorld()
    let orders = 2_000
    // Stopped in the middle, and gone on with.
    var begun = try world.maker(orders: orders)
    for _ in 0..<7 { _ = try begun.step() }
    var maker = try world.maker(orders: orders)
    #expect(try maker.made() == 700)
    while try maker.step() {}
    #expect(try maker.made() == orders)
    // A year of before there was this ended here.
    #expect(try world.count("SELECT COUNT(*) FROM orders WHERE changes < 3") > 0)
    try maker.complete()

    #expect(try world.count("SELECT COUNT(*) FROM orders") == orders)
    #expect(try world.count("SELECT COUNT(*) FROM orders WHERE changes < 3") == 0)
    let inForce = world.parts.hotline.inForce
    #expect(try world.parts.database.read { db in try !Supervisor.isFollowing(inForce, db) })
    let remains = YearRemains(orders: orders)
    let requests = try world.parts.hotline.requests().list("requests")
    #expect(requests.count == remains.requests)
    #expect(Set(requests.map { $0.text("type") }) == Set(RegisterTable.requestTypes))
    let reading = try ConflictsReading.read(world.parts.hotline, maxOrders: 1_000)
    #expect(reading.conflicts.count == remains.conflicts)
    #expect(Set(reading.conflicts.map(\.register)) == ["location", "priority", "category"])
    #expect(reading.contradictions.count == remains.contradictions)
    #expect(Set(reading.contradictions.map(\.contradiction.kind)).count == 4)
    let voids = try VoidChange.read(world.parts.hotline).voids
    #expect(voids.count == remains.voids && voids.allSatisfy { $0.isVoid && $0.reason.hasPrefix("not-permitted") })
    let reasons = try world.parts.hotline.quarantine().list("quarantine").map { $0.text("reason") }
    #expect(reasons.sorted() == ["not-found", "not-found", "unreadable", "unreadable"])

    // Asked for again, and by who comes later: nothing is done twice.
    let changes = try world.count("SELECT COUNT(*) FROM change")
    try maker.complete()
    var later = try world.maker(orders: orders)
    let isMore = try later.step()
    #expect(!isMore)
    try later.complete()
    #expect(try world.count("SELECT COUNT(*) FROM change") == changes)

    let all = try world.page()
    #expect(all.rows.count == 50)
    #expect(all.rows.map(\.created) == all.rows.map(\.created).sorted(by: >))
    let found = try world.page { $0.text = "爆管" }
    #expect(!found.rows.isEmpty && found.rows.allSatisfy { $0.title.contains("爆管") })
    let number = try #require(all.rows.last?.number)
    let numbered = try world.page { $0.text = number }
    #expect(numbered.rows.map(\.number).contains(number))
    let disagreeing = try world.page { $0.isAtOdds = true }
    #expect(disagreeing.rows.count == remains.conflicts + remains.contradictions)

    let today = world.parts.hotline.today
    let indicators = try world.parts.hotline.indicators(
      IndicatorQuery(from: today.advanced(by: -364), to: today, grouping: .month))
    #expect((12...13).contains(indicators.list("rows").count))
  }

  @Test func aYearLeavesAllOfItAndASmallOneItsShare() {
    func counts(_ orders: Int) -> [Int] {
      let remains = YearRemains(orders: orders)
      return [remains.requests, remains.conflicts, remains.contradictions, remains.voids, remains.unreadable]
    }
    let (whole, small): ([Int], [Int]) = ([300, 200, 100, 200, 100], [12, 8, 4, 8, 4])
    #expect(counts(50_000) == whole)
    #expect(counts(1_390_000) == whole)
    #expect(counts(2_000) == small)
  }

  @Test func aYearThatTheDiskHasNoRoomForIsRefusedInFiguresThatSayIt() throws {
    func refusal(_ free: Int, _ orders: Int) -> String? {
      do throws(any Error) {
        try YearCommand.demand(free: free, in: "/data", forOrders: orders)
        return nil
      } catch {
        return (error as? CommandFailure)?.message ?? "\(error)"
      }
    }
    #expect(
      refusal(480_000_000, 50_000)
        == "50000 orders that are still to be made need 0.6 GB, and /data has 0.4 GB free")
    #expect(
      refusal(14_990_000_000, 1_390_000)
        == "1390000 orders that are still to be made need 15.0 GB, and /data has 14.9 GB free")
    #expect(refusal(15_000_000_000, 1_390_000) == nil)
    // After a stop what is missing counts, all of it and nothing else.
    #expect(refusal(7_500_000_000, 695_000) == nil)
    #expect(refusal(7_400_000_000, 695_000)?.contains("need 7.5 GB, and /data has 7.4 GB free") == true)
    #expect(refusal(50_000_000, 100)?.contains("need 0.1 GB, and /data has 0.0 GB free") == true)
    #expect(refusal(0, 0) == nil)
  }
}
