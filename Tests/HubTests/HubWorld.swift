// A hub without its listeners, over a real database in a temporary folder, and a plain author of changes to push at it. Time and
// randomness are the test's.

import Core
import Foundation
import Logging
import Synchronization
import Testing

@testable import Hub

/// A hub's parts over a fresh directory, removed at the end.
final class HubWorld {
  let directory: String
  let parts: HubParts
  let clock: TestClock
  static let receiptKey = [UInt8](repeating: 7, count: 32)

  init(
    platforms: [String] = ["water", "gas"], secondFactor: SecondFactorRule = .off, revealsPerHour: Int = 60
  ) throws {
    directory = NSTemporaryDirectory() + "lianxin-hub-\(UUID().uuidString)"
    let keys = KeyDirectory(path: directory + "/keys")
    var generator = SeededGenerator(state: 11)
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    let clock = TestClock()
    self.clock = clock
    let random = Mutex(SeededGenerator(state: 5))
    var environment = HubEnvironment(
      wall: { clock.now }, random: { count in random.withLock { $0.bytes(count) } }, day: { _ in "20261125" })
    environment.revealsPerHour = revealsPerHour
    parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: directory + "/hub.db"),
      authority: try CertificateAuthority.create(in: keys, name: "test", now: Date(), using: &generator),
      receiptKey: HubWorld.receiptKey, ledger: try Ledger(path: keys.ledger), environment: environment, queue: 64,
      group: 16,
      certificateLifeSeconds: 86_400, certificateGraceSeconds: 3_600, passwordCost: .ofTests,
      secondFactor: secondFactor,
      logger: Logger(label: "test"))
    parts.writer.start()
    for platform in platforms { _ = try parts.hotline.addPlatform(name: platform, displayName: nil, sectors: []) }
  }

  deinit {
    parts.writer.stop()
    try? parts.database.close()
    try? FileManager.default.removeItem(atPath: directory)
  }

  var hotline: Hotline { parts.hotline }

  /// Copies the database as it is on disk. Returns where to.
  func copy(_ name: String) throws -> String {
    let path = directory + "/\(name).db"
    for end in ["", "-wal"] where FileManager.default.fileExists(atPath: directory + "/hub.db" + end) {
      try FileManager.default.copyItem(atPath: directory + "/hub.db" + end, toPath: path + end)
    }
    return path
  }

  /// The hub as it was when its database was copied, with the keys and the ledger of now. Whoever asks for it stops its writer.
  func restored(_ copy: String) throws -> HubParts {
    let keys = KeyDirectory(path: directory + "/keys")
    let parts = try HubParts.assemble(
      database: try SQLiteDatabase(path: copy), authority: try CertificateAuthority.load(from: keys),
      receiptKey: HubWorld.receiptKey, ledger: try Ledger(path: keys.ledger), environment: parts.environment,
      queue: 64, group: 16, certificateLifeSeconds: 86_400, certificateGraceSeconds: 3_600,
      logger: Logger(label: "test"))
    parts.writer.start()
    return parts
  }

  /// A new order of the hotline, dispatched to `platform`.
  func dispatched(to platform: String, registers: [JSON.Member] = [.init("title", "burst pipe")]) throws -> OrderID {
    let answer = try hotline.create(
      registers: registers, dispatchTo: platform, author: Author(name: "op", role: "operator"), request: nil)
    return try OrderID(try answer.string("order"))
  }

  func perform(_ command: Command, on order: OrderID) throws -> JSON {
    try hotline.perform(
      command, on: order, assignment: nil, onBehalfOf: nil, author: Author(name: "op", role: "operator"), request: nil)
  }

  /// Pushes as the sync call does.
  @discardableResult
  func push(_ entries: [Entry], from author: FakeAuthor, as platform: String? = nil, cursor: Cursor = .start) throws
    -> PushReply
  {
    let header = PushHeader(replica: author.replica, cursor: cursor, told: cursor, health: .fresh)
    let platform = try PlatformName(platform ?? author.replica.platform.text)
    return try parts.writer.perform { transaction in
      try PushIngest.take(entries, header: header, from: platform, in: transaction)
    }
  }

  func page(_ platform: String, after: Cursor = .start, lane: Int = 0, run: Run? = nil, limit: Int = 1_000) throws
    -> FeedPage
  {
    let request = PullRequest(
      after: after, lane: lane, told: after, run: run, limit: limit, waitMilliseconds: 0, health: .fresh)
    let name = try PlatformName(platform)
    return try parts.database.read { db in try Feed.page(request, for: name, db) }
  }

  func state(_ order: OrderID) throws -> OrderState {
    let stored = try parts.database.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
    }
    return try OrderState(id: order, stored: try #require(stored))
  }

  func view(_ order: OrderID) throws -> OrderView { OrderView(try state(order)) }
}

/// A clock that the test moves, milliseconds.
final class TestClock: Sendable {
  private let time = Mutex(1_764_000_000_000)
  var now: Int { time.withLock { $0 } }
  func advance(_ milliseconds: Int) { time.withLock { $0 += milliseconds } }
}

extension Health {
  static let fresh = Health(outbox: 0, oldest: nil, waiting: 0, quarantined: 0, clock: 0, version: "test")
}

/// One run of a platform's database: makes contiguous, chained changes.
final class FakeAuthor {
  let replica: ReplicaID
  private(set) var n = 0
  private(set) var chain = Hash.zero
  var time = 1_764_000_000_000

  init(_ platform: String, seed: UInt8 = 1) throws {
    replica = ReplicaID(platform: try PlatformName(platform), random: [UInt8](repeating: seed, count: 10))
  }

  /// The next change as an entry. `tamper` may replace the line before it is hashed.
  func entry(
    _ order: OrderID, context: VersionVector, _ edits: [Edit], sealed: [SealedValue] = [],
    tamper: ([UInt8]) -> [UInt8] = { $0 }
  ) -> Entry {
    n += 1
    time += 1
    let change = Change(
      order: order, dot: Dot(replica, n), context: context, at: HybridTime(time),
      author: Author(name: "crew", role: "crew"),
      edits: edits)
    let line = tamper(ChangeLine.encode(change))
    let hash = Hash.of(line)
    chain = .chain(chain, hash)
    var head = Head(order: order, dot: Dot(replica, n), prev: context[replica], hash: hash)
    head.chain = chain
    head.sealed = sealed
    return Entry(head: head, line: line)
  }
}

extension Edit {
  static func set(_ register: String, _ value: JSON) -> Edit { .set(register: register, value: JSONText(value)) }
  static func note(_ text: String) -> Edit {
    .append(kind: "note", value: JSONText(["text": .string(text), "visibility": "all"]))
  }
}

extension Entry {
  /// The change as an agent gives it back that had it from the hub: with the hub's receipt.
  ///
  /// - Parameter isChained: false where it comes without its place in its author's chain.
  func receipted(as verdict: Verdict = .accepted, isChained: Bool = false) -> Entry {
    var entry = self
    if !isChained { entry.head.chain = nil }
    entry.head.verdict = verdict
    entry.head.receipt = Receipt.issue(
      order: head.order, dot: head.dot, prev: head.prev, hash: head.hash, verdict: verdict, key: HubWorld.receiptKey)
    return entry
  }
}
