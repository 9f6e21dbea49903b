// Makes a hub that holds a year of a city's orders, through the hub's own store: created and dispatched by the hotline, accepted and
// completed by the platforms, called back and closed, each at its time of the year. For measuring; what the orders say is CityTexts'.

import Core
import Foundation
import Logging
import Shell
import Synchronization

/// The hub's clock while the year goes by.
final class YearClock: Sendable {
  private let time = Mutex(0)
  var now: Int {
    get { time.withLock { $0 } }
    set { time.withLock { $0 = newValue } }
  }
}

struct YearMaker {
  let parts: HubParts
  let clock: YearClock
  /// Orders that there are to be in the end.
  let orders: Int
  /// When the year ends, milliseconds.
  let end: Int
  private var runs: [String: PlatformRun] = [:]

  /// Orders of one transaction: they have one time.
  static let batch = 100
  private static let yearMilliseconds = 365 * 86_400_000
  /// How long a platform takes, and then the hotline until it rings back.
  private static let handling = 6 * 3_600_000
  private static let madeName = "year.made"
  private static let endName = "year.end"

  /// Goes on with the year that was begun in the same database, and begins one otherwise.
  init(parts: HubParts, clock: YearClock, orders: Int, now: Int) throws {
    self.parts = parts
    self.clock = clock
    self.orders = orders
    let begun = try parts.database.read { db in
      try db.first("SELECT value FROM counter WHERE name = $1", [.text(YearMaker.endName)]) { $0.int(0) }
    }
    end = begun ?? now
    clock.now = end - YearMaker.yearMilliseconds
    guard begun == nil else { return }
    for sector in CityTexts.sectors where try !knows(sector) {
      _ = try parts.hotline.addPlatform(name: sector, displayName: sector, sectors: [sector])
    }
    let now = end
    try parts.writer.perform { transaction in
      try YearMaker.set(YearMaker.endName, now, transaction.db)
      try YearMaker.set(YearMaker.madeName, 0, transaction.db)
    }
  }

  private func knows(_ platform: String) throws -> Bool {
    try parts.database.read { db in
      try db.count("SELECT COUNT(*) FROM platform WHERE platform = $1", [.text(platform)]) == 1
    }
  }

  /// Orders that are made so far.
  func made() throws -> Int {
    try parts.database.read { db in
      try db.count("SELECT value FROM counter WHERE name = $1", [.text(YearMaker.madeName)])
    }
  }

  /// Makes the next orders, and goes on with those of some hours before. False once all are there.
  mutating func step() throws -> Bool {
    let first = try made()
    guard first < orders else { return false }
    let new = Batch(first: first, of: self)
    let later = max(1, YearMaker.handling / max(1, Batch(first: first + YearMaker.batch, of: self).time - new.time))
    let hotline = parts.hotline
    clock.now = new.time
    try parts.writer.perform { transaction in
      for (made, id) in new.orders {
        guard try transaction.order(id) == nil else { continue }
        _ = try hotline.create(
          id, made.creation(at: new.time), dispatchTo: try PlatformName(made.matter.sector), nil,
          YearMaker.operatorOfYear, nil, transaction)
      }
    }
    if first >= later * YearMaker.batch {
      let begun = Batch(first: first - later * YearMaker.batch, of: self)
      try handle(begun.orders.filter { $0.made.isHandled(age: end - begun.time) })
    }
    let over = first - 2 * later * YearMaker.batch
    let ending = over < 0 ? nil : Batch(first: over, of: self)
    let count = first + new.orders.count
    try parts.writer.perform { [end] transaction in
      for (made, id) in ending?.orders ?? [] where made.isClosed(age: end - (ending?.time ?? end)) {
        guard let view = try transaction.view(id), !view.isClosed else { continue }
        let (edits, sealed) = Authoring.seal(made.closing(at: transaction.now)) { [] }
        try transaction.author(id, edits: edits, sealed: sealed, by: YearMaker.operatorOfYear)
      }
      try YearMaker.set(YearMaker.madeName, count, transaction.db)
    }
    return true
  }

  /// Orders of one transaction.
  private struct Batch: Sendable {
    let time: Int
    let orders: [(made: Made, id: OrderID)]

    /// The year is as long for few orders as for many.
    init(first: Int, of maker: YearMaker) {
      let passed = Double(first) / Double(maker.orders) * Double(YearMaker.yearMilliseconds)
      let time = maker.end - YearMaker.yearMilliseconds + Int(passed)
      self.time = time
      orders = (first..<max(first, min(first + YearMaker.batch, maker.orders))).map { index in
        let made = Made(index: index)
        return (made, OrderID(maker: .hub, milliseconds: time, random: made.random(10)))
      }
    }
  }

  private static let operatorOfYear = Author(name: "year", role: "operator")

  /// The platforms take their orders and complete them.
  private mutating func handle(_ orders: [(made: Made, id: OrderID)]) throws {
    for platform in Set(orders.map(\.made.matter.sector)).sorted() {
      var run = try runs[platform] ?? PlatformRun(PlatformName(platform), random: parts.environment.random(10))
      var entries: [Entry] = []
      for (made, id) in orders where made.matter.sector == platform {
        let state = try parts.database.read { db in
          try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(id.text)]) {
            try OrderState(id: id, stored: $0.blob(0))
          }
        }
        guard let state, let assignment = OrderView(state).assignments.first, assignment.progress == nil else {
          continue
        }
        let prefix = "assignment/\(assignment.id)"
        var context = state.vector
        entries.append(
          run.entry(id, &context, [.set(register: prefix + "/progress", value: JSONText("accepted"))], at: clock.now))
        guard !made.isOnlyAccepted else { continue }
        entries.append(
          run.entry(
            id, &context,
            [
              .set(
                register: prefix + "/result",
                value: JSONText([
                  "outcome": "solved", "work": .string(made.matter.work), "finishedAt": .int(clock.now),
                ])), .set(register: prefix + "/reply", value: JSONText(["citizen": .string(made.matter.work)])),
              .set(register: prefix + "/progress", value: JSONText("done")),
            ], at: clock.now))
      }
      runs[platform] = run
      guard !entries.isEmpty else { continue }
      let header = PushHeader(
        replica: run.replica, cursor: .start, told: .start,
        health: Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: clock.now, version: HubVersion.text))
      let name = try PlatformName(platform)
      let pushed = entries
      try parts.writer.perform { transaction in
        _ = try PushIngest.take(pushed, header: header, from: name, in: transaction)
      }
    }
  }

  private static func set(_ name: String, _ value: Int, _ db: any DatabaseConnection) throws {
    try db.execute(
      "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(name), .integer(value)])
  }
}

/// One order of the year: the same for the same index.
private struct Made: Sendable {
  let index: Int
  let matter: CityMatter
  /// What chance decides of it.
  private let chance: [UInt8]

  init(index: Int) {
    var texts = CityTexts(seed: UInt64(index) &* 0x2545_F491_4F6C_DD1D)
    self.index = index
    matter = texts.next()
    chance = (0..<24).map { _ in UInt8(texts.below(256)) }
  }

  func random(_ count: Int) -> [UInt8] { Array(chance.prefix(count)) }

  /// Nobody's number: no network begins so.
  private var phone: String {
    "100" + String(String(1_0000_0000 + chance[10...13].reduce(0) { $0 * 256 + Int($1) } % 1_0000_0000).dropFirst())
  }

  func creation(at time: Int) -> [Draft] {
    var drafts: [Draft] = [
      .set("kind", .string(matter.kind)), .set("sector", .string(matter.sector)), .set("title", .string(matter.title)),
      .set("description", .string(matter.description)), .set("priority", .string(matter.priority)),
      .set("location", matter.location), .set("receivedAt", .int(time)), .set("source", "call"),
      .set("caller", ["phone": .string(phone)]),
    ]
    if chance[14] < 64 {
      drafts.append(.set("ref/city", ["number": .string("TJ\(10_000_000 + index)")]))
    }
    return drafts
  }

  func closing(at time: Int) -> [Draft] {
    let isSatisfied = chance[15] >= 11
    return [
      .append(
        "callback",
        [
          "by": "hub", "channel": "call", "attempt": 1, "reached": true, "solved": "yes",
          "result": .int(isSatisfied ? 5 : 2), "service": .int(isSatisfied ? 5 : 3),
        ]), .set("verdict", ["solved": true, "satisfied": .bool(isSatisfied)]), .set("closed", ["code": "solved"]),
    ]
  }

  /// Of the last days some are still with the platform; of older ones one in 300 is.
  private func isSlow(age: Int) -> Bool {
    let days = Double(age) / 86_400_000
    let open = days < 4 ? 0.7 - 0.15 * days : 0.003
    return Double(Int(chance[16]) * 256 + Int(chance[17])) / 65_536 < open
  }

  /// Taken by its platform at all.
  func isHandled(age: Int) -> Bool { !isSlow(age: age) || chance[18] < 160 }
  /// Taken, and no more.
  var isOnlyAccepted: Bool { chance[18] < 160 && chance[19] < 200 && chance[20] < 6 }
  func isClosed(age: Int) -> Bool { !isSlow(age: age) && !isOnlyAccepted }
}

/// One run of a platform's database: contiguous, chained changes.
private struct PlatformRun {
  let replica: ReplicaID
  private var n = 0
  private var chain = Hash.zero

  init(_ platform: PlatformName, random: [UInt8]) { replica = ReplicaID(platform: platform, random: random) }

  /// The next change, and the context of the one after it.
  mutating func entry(_ order: OrderID, _ context: inout VersionVector, _ edits: [Core.Edit], at time: Int) -> Entry {
    n += 1
    let change = Change(
      order: order, dot: Dot(replica, n), context: context, at: HybridTime(time),
      author: Author(name: "crew", role: "crew"), edits: edits)
    let line = ChangeLine.encode(change)
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    var head = Head(order: order, dot: change.dot, prev: change.prev, hash: hash)
    head.chain = chain
    context.advance(to: change.dot)
    return Entry(head: head, line: line)
  }
}
