// Makes a hub that holds a year of a city's orders, through the hub's own store: created and dispatched by the hotline, accepted and
// completed by the platforms, called back and closed, each at its time of the year. For measuring; what the orders say is CityTexts', what
// is left for people to decide at its end is YearsEnd's.

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
  private static let remainsName = "year.remains"
  private static let completedName = "year.completed"
  /// Changes that every order has at least, so that each has a history.
  static let minChanges = 3

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
    // What follows from the year's orders follows by the policy in force from the beginning, and need not be gone through again.
    _ = try Supervisor(database: parts.database, writer: parts.writer, inForce: parts.hotline.inForce)
      .pass(mayAct: false)
  }

  private func knows(_ platform: String) throws -> Bool {
    try parts.database.read { db in
      try db.count("SELECT COUNT(*) FROM platform WHERE platform = $1", [.text(platform)]) == 1
    }
  }

  /// Orders that are made so far.
  func made() throws -> Int { try counter(YearMaker.madeName) }

  /// 0 where there is none.
  private func counter(_ name: String) throws -> Int {
    try parts.database.read { db in
      try db.first("SELECT value FROM counter WHERE name = $1", [.text(name)]) { $0.int(0) } ?? 0
    }
  }

  /// Once all orders are made: leaves what people have to decide, and gives each order its history. What was done stays done, however
  /// often it is asked for; a year that ended before there was this gets it now.
  func complete() throws {
    clock.now = end
    let count = try made()
    if try counter(YearMaker.remainsName) == 0 {
      try parts.writer.perform { transaction in
        var ending = YearsEnd(transaction, author: YearMaker.operatorOfYear)
        try ending.leave(YearRemains(orders: count))
        try YearMaker.set(YearMaker.remainsName, 1, transaction.db)
      }
    }
    guard try counter(YearMaker.completedName) != count else { return }
    var place: Int? = 0
    while let before = place { place = try noteOnShortOnes(after: before) }
    try parts.writer.perform { transaction in try YearMaker.set(YearMaker.completedName, count, transaction.db) }
  }

  private static let notes = ["已电话告知来电人受理情况", "来电人补充：白天家中有人"]

  /// Notes on the next orders that have too few changes. The place of the last of them; nil where there are no more.
  private func noteOnShortOnes(after place: Int) throws -> Int? {
    let short = try parts.database.read { db in
      try db.all(
        // orders_by_place
        "SELECT order_id, changes, place FROM orders WHERE place > $1 AND changes < $2 ORDER BY place LIMIT $3",
        [.integer(place), .integer(YearMaker.minChanges), .integer(YearMaker.batch)]
      ) { (id: try OrderID($0.text(0)), changes: $0.int(1), place: $0.int(2)) }
    }
    try parts.writer.perform { transaction in
      for order in short {
        for text in YearMaker.notes.prefix(YearMaker.minChanges - order.changes) {
          let note: JSON = ["text": .string(text), "visibility": "all"]
          try transaction.author(
            order.id, edits: [.append(kind: "note", value: JSONText(note))], by: YearMaker.operatorOfYear)
        }
      }
    }
    return short.last?.place
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

  static let operatorOfYear = Author(name: "year", role: "operator")

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
      let header = run.header(at: clock.now)
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
struct PlatformRun {
  let replica: ReplicaID
  private var n = 0
  private var chain = Hash.zero

  init(_ platform: PlatformName, random: [UInt8]) { replica = ReplicaID(platform: platform, random: random) }

  /// Of a push, by an agent that is well and knows nothing of the feed.
  func header(at time: Int) -> PushHeader {
    PushHeader(
      replica: replica, cursor: .start, told: .start,
      health: Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: time, version: HubVersion.text))
  }

  /// The next change, and the context of the one after it. `damaging` may make of its line what nobody can read.
  mutating func entry(
    _ order: OrderID, _ context: inout VersionVector, _ edits: [Core.Edit], at time: Int,
    damaging: ([UInt8]) -> [UInt8] = { $0 }
  ) -> Entry {
    n += 1
    let change = Change(
      order: order, dot: Dot(replica, n), context: context, at: HybridTime(time),
      author: Author(name: "crew", role: "crew"), edits: edits)
    let line = damaging(ChangeLine.encode(change))
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    var head = Head(order: order, dot: change.dot, prev: change.prev, hash: hash)
    head.chain = chain
    context.advance(to: change.dot)
    return Entry(head: head, line: line)
  }
}
