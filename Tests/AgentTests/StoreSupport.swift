// A store in a temporary directory, and a hub of a few lines that gives dots, receipts, positions and running hashes. It admits
// whatever it is given; what a hub should refuse is the hub's tests' business.

import Core
import Foundation

@testable import Agent

/// A data directory that goes away with its object.
final class StoreDirectory: Sendable {
  let path: String

  init() throws {
    path = "/tmp/lianxin-store-\(UInt64.random(in: .min ... .max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }  // a leftover in /tmp harms nobody

  func open(_ platform: String = "water") throws -> AgentStore {
    try AgentStore(
      path: path + "/agent.db", lock: path + "/agent", platform: try PlatformName(platform),
      random: { count in
        (0..<count).map { _ in UInt8.random(in: .min ... .max) }
      })
  }

  /// Opens the store over an order that the hub dispatched to its platform.
  func openWithOrder() throws -> (store: AgentStore, hub: FakeHub, order: OrderID) {
    let store = try open()
    var hub = FakeHub()
    let order = hub.dispatch()
    try store.pullAll(hub)
    return (store, hub, order)
  }

  /// Copies the database as it is on disk, with its write-ahead log: what a crash, a backup or a clone leaves.
  func copy() throws -> StoreDirectory {
    let copy = try StoreDirectory()
    for name in ["agent.db", "agent.db-wal"] where FileManager.default.fileExists(atPath: path + "/" + name) {
      try FileManager.default.copyItem(atPath: path + "/" + name, toPath: copy.path + "/" + name)
    }
    return copy
  }
}

/// The hotline's side of one platform.
struct FakeHub {
  let replica = ReplicaID(platform: .hub, random: [9])
  private(set) var n = 0
  private(set) var feed: [Entry] = []
  private(set) var states: [OrderID: OrderState] = [:]
  /// By run: the highest n and the chain there.
  private(set) var runs: [ReplicaID: Run] = [:]
  private var chains: [Dot: Hash] = [:]
  private var clock = HybridClock()
  private let key = Array("receipts".utf8)
  var now = 2_000_000

  var head: Cursor {
    feed.last.map { Cursor(position: $0.head.position ?? 0, feedHash: $0.head.feedHash ?? .zero) } ?? .start
  }

  func state(_ order: OrderID) -> OrderState { states[order] ?? OrderState(id: order) }

  /// A change of the hub, by default on what it holds of the order.
  func change(_ edits: [Edit], on order: OrderID, n: Int? = nil, context: VersionVector? = nil) -> Change {
    Change(
      order: order, dot: Dot(replica, n ?? self.n + 1), context: context ?? state(order).vector, at: HybridTime(now),
      author: Author(name: "Wang", role: "operator"), edits: edits)
  }

  /// Writes a change of the hub and feeds it.
  @discardableResult
  mutating func write(_ edits: [Edit], on order: OrderID, sealed: [SealedValue] = []) -> Dot {
    let change = change(edits, on: order)
    n += 1
    add(change, line: ChangeLine.encode(change), verdict: .accepted, sealed: sealed)
    return change.dot
  }

  /// An order that the hub made and dispatched to `platform`.
  mutating func dispatch(to platform: String = "water", title: String = "爆管", _ number: Int = 1) -> OrderID {
    let order = OrderID(maker: .hub, milliseconds: 1_000_000 + number, random: [UInt8(number & 255)])
    write(
      [
        set("title", .string(title)), set("kind", "repair"), set("number", .string("2026-\(number)")),
        set("assignment/a1", ["platform": .string(platform), "role": "lead", "round": 1]),
      ], on: order)
    return order
  }

  /// Feeds a change as it stands.
  mutating func add(_ change: Change, line: [UInt8], verdict: Verdict, sealed: [SealedValue] = [], isBare: Bool = false)
  {
    var state = state(change.order)
    let prev = state.vector[change.dot.replica]
    if verdict == .unreadable {
      _ = Merge.applyUnreadable(change.dot, prev: prev, to: &state)
    } else if Merge.apply(change, to: &state) == .needsFold {
      let lines = feed.filter { $0.head.order == change.order }.compactMap(\.line) + [line]
      let held = lines.compactMap { try? ChangeLine.decode($0) }
      let hashes = zip(held, lines).map { ($0.dot, Hash.of($1)) }
      state =
        Merge.fold(
          held.map { .change($0) }, order: change.order, hashes: Dictionary(hashes) { first, _ in first }
        ).state
    }
    states[change.order] = state
    var head = Head(order: change.order, dot: change.dot, prev: prev, hash: Hash.of(line))
    head.receipt = Receipt.issue(
      order: change.order, dot: change.dot, prev: prev, hash: head.hash, verdict: verdict, key: key)
    head.verdict = verdict
    head.received = now
    head.sealed = sealed
    head.position = feed.count + 1
    head.feedHash = Hash.feed(self.head.feedHash, change.dot, head.hash)
    feed.append(Entry(head: head, line: isBare ? nil : line))
  }

  /// Takes a push: what is held already is skipped.
  mutating func take(_ entries: [Entry]) throws -> PushReply {
    for entry in entries {
      let head = entry.head
      let known = runs[head.dot.replica]
      if let known, head.dot.n <= known.n { continue }
      guard head.dot.n == (known?.n ?? 0) + 1, let line = entry.line, let chain = head.chain else {
        return PushReply(
          replica: head.dot.replica, acceptedThrough: known?.n ?? 0, head: self.head, expected: (known?.n ?? 0) + 1)
      }
      chains[head.dot] = chain
      runs[head.dot.replica] = Run(replica: head.dot.replica, n: head.dot.n, chain: chain)
      add(try ChangeLine.decode(line), line: line, verdict: .accepted, sealed: head.sealed)
    }
    let last = entries.last?.head.dot
    return PushReply(replica: last?.replica ?? replica, acceptedThrough: last?.n ?? 0, head: head)
  }

  /// Answers a pull: what comes after, own changes of the present run as heads alone.
  func answer(_ request: PullRequest) -> (PullReply, [Entry]) {
    let entries = feed.dropFirst(request.after.position).prefix(request.limit).map { entry -> Entry in
      guard let run = request.run, run.replica == entry.head.dot.replica, entry.head.dot.n <= run.n else {
        return entry
      }
      return Entry(head: entry.head, line: nil)
    }
    let lane = max(request.lane, request.after.position + entries.count)
    return (PullReply(cursorHolds: true, head: head, lane: lane, time: now), Array(entries))
  }

  func greet(_ request: HelloRequest) -> HelloReply {
    let known = request.runs.map { runs[$0.replica] ?? Run(replica: $0.replica, n: 0, chain: .zero) }
    return HelloReply(
      platform: "water", agent: "a", version: "1", time: now, cursorHolds: true, head: head, runs: known,
      chains: request.runs.compactMap { asked in
        chains[Dot(asked.replica, asked.n)].map { Run(replica: asked.replica, n: asked.n, chain: $0) }
      })
  }
}

func set(_ register: String, _ value: JSON) -> Edit { .set(register: register, value: JSONText(value)) }

let crew = Author(name: "Li", role: "crew")
let someTime = 2_000_000

extension AgentStore {
  /// Pulls everything that the hub has.
  @discardableResult
  func pullAll(_ hub: FakeHub, limit: Int = 500) throws -> PullEffect {
    var total = PullEffect()
    while true {
      let request = try pullRequest(limit: limit, waitMilliseconds: 0, now: someTime)
      let (reply, entries) = hub.answer(request)
      let effect = try applyPull(reply, entries: entries, asked: request.after, now: someTime)
      total.entries += effect.entries
      total.forkedAt = effect.forkedAt
      if entries.isEmpty || effect.forkedAt != nil { return total }
    }
  }

  /// Pushes everything to the hub.
  func pushAll(_ hub: inout FakeHub) throws {
    while let (replica, entries) = try outboxBatch(maxChanges: 3, maxBytes: 1 << 20) {
      let reply = try hub.take(entries)
      _ = try acknowledge(
        replica, through: reply.acceptedThrough, sent: entries.last?.head.dot.n ?? 0, told: reply.head, quarantined: [],
        now: someTime)
    }
  }

  func edit(_ command: Command, on order: OrderID, request: String? = nil) throws -> Recorded {
    try perform(command, on: order, author: crew, request: request, now: someTime)
  }

  func text(_ order: OrderID) throws -> String {
    String(decoding: try canonical(order.text) ?? [], as: UTF8.self)
  }

  func vector(_ order: OrderID) throws -> VersionVector {
    try database.read { try AgentStore.state(order, $0)?.vector ?? VersionVector() }
  }
}
