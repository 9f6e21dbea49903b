// Small scenes of the handling loop, made by the product's own commands: orders at every step, and a hub that holds one. From
// them the corpus is written, and against them decoded changes and commands are judged.

import Testing

@testable import Core

/// One order, seen by everyone at once except where a party is told to write on what it saw earlier.
struct FuzzScene: Sendable {
  struct Made: Sendable {
    let change: Change
    let sealed: [SealedValue]
    var line: [UInt8] { ChangeLine.encode(change) }
  }

  static let hub = ReplicaID(platform: .hub, random: [1])
  static let water = ReplicaID(platform: PlatformName(unchecked: "water"), random: [3])
  static let gas = ReplicaID(platform: PlatformName(unchecked: "gas"), random: [4])
  static let order = OrderID(maker: .hub, milliseconds: 1_340_000_000_000, random: [7])
  static let start = 1_340_000_000_000

  private(set) var facts = FuzzHub()
  private(set) var made: [Made] = []

  var state: OrderState { facts.states[FuzzScene.order] ?? OrderState(id: FuzzScene.order) }
  var now: Int { FuzzScene.start + made.count * 60_000 }

  /// An order that the hotline took.
  init() throws {
    try append(
      [
        .set("source", "call"), .set("receivedAt", .int(FuzzScene.start)), .set("title", "爆管 burst pipe"),
        .set("kind", "repair"), .set("sector", "water"), .set("priority", "urgent"),
        .set("caller", ["name": "王", "phone": "13800000000", "anonymous": false]),
        .set(
          "location", ["district": "和平", "address": "南京路 1", "lat": .number("39.10"), "lon": .number("117.2e0")]),
        .set("category", ["scheme": "t12319", "code": "w1", "path": ["a", "b"]]),
      ], by: FuzzScene.hub)
  }

  /// A scene in which these commands were given, each with the id for what it makes.
  init(_ steps: [(by: ReplicaID, id: String, JSON)]) throws {
    try self.init()
    for step in steps { try perform(step.2, by: step.by, id: step.id) }
  }

  /// Gives a command, on what is there now or on what `seen` is.
  mutating func perform(_ json: JSON, by replica: ReplicaID, id: String, seeing seen: OrderState? = nil) throws {
    let context = CommandContext(actor: replica.platform, now: now, ids: [id])
    try append(
      try CommandCheck.drafts(Command(json), on: OrderView(seen ?? state), context), by: replica, seeing: seen)
  }

  mutating func append(_ drafts: [Draft], by replica: ReplicaID, seeing seen: OrderState? = nil) throws {
    let step = made.count
    let (edits, sealed) = Authoring.seal(drafts) { [UInt8](repeating: UInt8(step & 255), count: 16) }
    let change = Change(
      order: FuzzScene.order, dot: Dot(replica, facts.highWater(replica).n + 1), context: (seen ?? state).vector,
      at: HybridTime(now, step % 3), author: Author(name: "Li", role: "operator"), edits: edits,
      request: step % 4 == 0 ? "req-\(step)" : nil)
    let entry = facts.entry(ChangeLine.encode(change), of: change, sealed: sealed)
    guard case .accept = try facts.push(entry) else { throw FuzzFailure("\(change.dot) was not accepted") }
    made.append(Made(change: change, sealed: sealed))
  }

  // MARK: The fixed scenes

  /// One scene for each step of an order's life, so that every command is allowed in one of them.
  static func lives() throws -> [FuzzScene] {
    let dispatched: [(by: ReplicaID, id: String, JSON)] = [
      (hub, "a1", ["command": "dispatch", "platform": "water", "role": "lead"]),
      (hub, "a2", ["command": "dispatch", "platform": "gas", "role": "assist"]),
    ]
    let accepted = dispatched + [(water, "x", ["command": "accept"])]
    let suspension: (by: ReplicaID, id: String, JSON) = (
      water, "r1", ["command": "request", "type": "suspension", "reason": "rain"]
    )
    let done = accepted + [(water, "x", ["command": "complete", "result": ["outcome": "solved"]])]
    var conflict = try FuzzScene(accepted)
    let seen = conflict.state
    try conflict.perform(["command": "describe", "registers": ["priority": "emergency"]], by: water, id: "x")
    try conflict.perform(
      ["command": "describe", "registers": ["priority": "normal"]], by: hub, id: "x", seeing: seen)
    try conflict.perform(["command": "note", "text": "wrong"], by: gas, id: "x")
    try conflict.perform(["command": "void", "dot": .string("\(gas):1"), "reason": "test"], by: hub, id: "x")
    return [
      try FuzzScene(), try FuzzScene(dispatched), try FuzzScene(accepted), try FuzzScene(accepted + [suspension]),
      try FuzzScene(accepted + [suspension, (hub, "x", ["command": "answer", "requestId": "r1", "granted": true])]),
      try FuzzScene(done), try FuzzScene(done + [(hub, "x", ["command": "close", "code": "solved"])]), conflict,
    ]
  }

  /// The lives, made once: they are as good as constants.
  static let fixed: Result<[FuzzScene], any Error> = Result { try lives() }

  /// The scene in which most is allowed: the platform is at work.
  static func working() throws -> FuzzScene { try fixed.get()[2] }
}

/// A fault of the fuzzer or its corpus, not of the product.
struct FuzzFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}

/// A hub in memory: what admission asks for, and what it decided.
struct FuzzHub: AdmissionFacts, Sendable {
  private var held: [Dot: (hash: Hash, order: OrderID?)] = [:]
  private var high: [ReplicaID: (n: Int, chain: Hash)] = [:]
  private(set) var states: [OrderID: OrderState] = [:]
  private var items: [OrderID: [Merge.LogItem]] = [:]

  func heldHash(_ dot: Dot) -> Hash? { held[dot]?.hash }
  func appliedOrder(_ dot: Dot) -> OrderID? { held[dot]?.order }
  func highWater(_ replica: ReplicaID) -> (n: Int, chain: Hash) { high[replica] ?? (0, .zero) }
  func previous(_ replica: ReplicaID, on order: OrderID) -> Int { states[order]?.vector[replica] ?? 0 }
  func state(_ order: OrderID) -> OrderState? { states[order] }
  func isConcerned(_ platform: PlatformName, with order: OrderID) -> Bool {
    states[order].map { !OrderView($0).assignments(of: platform).isEmpty } ?? false
  }

  /// The entry in which this line would be pushed next.
  func entry(_ line: [UInt8], of change: Change, sealed: [SealedValue] = []) -> Entry {
    var head = Head(order: change.order, dot: change.dot, prev: change.prev, hash: .of(line))
    head.chain = .chain(highWater(change.dot.replica).chain, head.hash)
    head.sealed = sealed
    return Entry(head: head, line: line)
  }

  /// Decides, and keeps what was decided. What cannot be kept as decided is thrown as a `FuzzFailure`.
  mutating func push(_ entry: Entry, from platform: PlatformName? = nil) throws -> Admission {
    let (order, dot) = (entry.head.order, entry.head.dot)
    let decision = try Admission.decide(entry, from: platform ?? dot.replica.platform, facts: self)
    var state = states[order] ?? OrderState(id: order)
    switch decision {
    case .skip, .fork, .gap: return decision
    case .quarantine: held[dot] = (entry.head.hash, nil)
    case .unreadable, .void:
      let prev = previous(dot.replica, on: order)
      guard Merge.applyUnreadable(dot, prev: prev, to: &state) == .applied else {
        throw FuzzFailure("\(dot) is held and cannot be counted")
      }
      items[order, default: []].append(.unreadable(dot, prev: prev))
      held[dot] = (entry.head.hash, order)
    case .accept(let change):
      items[order, default: []].append(.change(change))
      switch Merge.apply(change, to: &state) {
      case .applied: break
      case .needsFold: state = Merge.fold(items[order] ?? [], order: order).state
      case .seen, .waiting: throw FuzzFailure("\(dot) is accepted and cannot be merged")
      }
      held[dot] = (entry.head.hash, order)
    }
    if !state.vector.isEmpty { states[order] = state }
    high[dot.replica] = (dot.n, .chain(highWater(dot.replica).chain, entry.head.hash))
    return decision
  }

}
