// A small random world: a hotline and two or three platforms, each with its own copy of one order, writing on what they have seen
// and passing each other random parts of it. The same seed gives the same world. What must hold is the tests' to say.

import Foundation

@testable import Core

/// Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
struct SplitMix64 {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
  mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[below(elements.count)] }

  mutating func shuffled<Element>(_ elements: [Element]) -> [Element] {
    var elements = elements
    for index in elements.indices.reversed() where index > 0 { elements.swapAt(index, below(index + 1)) }
    return elements
  }
}

/// How many random cases the property tests try; `LIANXIN_CASES` says otherwise.
enum Cases {
  static let count = ProcessInfo.processInfo.environment["LIANXIN_CASES"].flatMap(Int.init) ?? 20_000
  /// The tests are cut into as many parts, which may run beside each other; each part has seeds of its own.
  static let parts = 4
}

/// Names that the tests use again and again.
enum Some {
  static let hub = ReplicaID(platform: .hub, random: [1])
  static let otherHub = ReplicaID(platform: .hub, random: [2])
  static let water = ReplicaID(platform: PlatformName(unchecked: "water"), random: [3])
  static let gas = ReplicaID(platform: PlatformName(unchecked: "gas"), random: [4])
  static let heat = ReplicaID(platform: PlatformName(unchecked: "heat"), random: [5])
  static let order = OrderID(maker: .hub, milliseconds: 1_340_000_000_000, random: [7])
  static let author = Author(name: "Li", role: "operator")

  static func set(_ register: String, _ value: JSON) -> Edit { .set(register: register, value: JSONText(value)) }
}

/// One replica's copy of the order: merged change by change, folded where the merge says so.
struct Copy {
  private(set) var state: OrderState
  private(set) var held: [Merge.LogItem] = []
  private(set) var waiting: [Merge.LogItem] = []
  private(set) var folds = 0
  /// What the merge answered that it never should.
  private(set) var surprises: [String] = []
  private var dots: Set<Dot> = []

  init(_ order: OrderID = Some.order) { state = OrderState(id: order) }

  mutating func receive(_ item: Merge.LogItem) {
    guard dots.insert(item.dot).inserted else {
      if !waiting.contains(where: { $0.dot == item.dot }), offer(item) != .seen {
        surprises.append("a second \(item.dot) was not seen")
      }
      return
    }
    held.append(item)
    waiting.append(item)
    settle()
  }

  mutating func receive(_ change: Change) { receive(.change(change)) }

  /// Tries what waits until nothing moves.
  private mutating func settle() {
    var index = 0
    while index < waiting.count {
      switch offer(waiting[index]) {
      case .applied:
        waiting.remove(at: index)
        index = 0
      case .waiting: index += 1
      case .seen:
        surprises.append("\(waiting[index].dot) waited and was seen")
        waiting.remove(at: index)
      case .needsFold:
        folds += 1
        let folded = Merge.fold(held, order: state.id)
        state = folded.state
        waiting = held.filter { folded.waiting.contains($0.dot) }
        index = 0
      }
    }
  }

  private mutating func offer(_ item: Merge.LogItem) -> MergeOutcome {
    switch item {
    case .change(let change): Merge.apply(change, to: &state)
    case .unreadable(let dot, let prev): Merge.applyUnreadable(dot, prev: prev, to: &state)
    }
  }

  var waitingDots: Set<Dot> { Set(waiting.map(\.dot)) }
  var canonical: [UInt8] { Copy.canonical(state, held) }

  static func canonical(_ state: OrderState, _ held: [Merge.LogItem]) -> [UInt8] {
    let entries = held.flatMap { item -> [OrderEntry] in
      guard case .change(let change) = item, state.vector.covers(change.dot),
        change.cannotBeVoided || !state.isVoid(change.dot)
      else { return [] }
      return change.entries
    }
    return state.canonical(entries: entries)
  }
}

/// Everything that was written in one world, in the order of writing.
struct World {
  let seed: UInt64
  private(set) var items: [Merge.LogItem] = []

  private struct Party {
    let replica: ReplicaID
    var copy = Copy()
    var n = 0
    var clock = HybridClock()
    /// Its wall clock's error, milliseconds.
    var error = 0
  }

  var changes: [Change] { items.compactMap { if case .change(let change) = $0 { change } else { nil } } }

  /// Plays `steps` steps; each is a change or an exchange.
  init(seed: UInt64, steps: Int = 20) {
    self.seed = seed
    var random = SplitMix64(seed: seed)
    var parties = [Party(replica: Some.hub), Party(replica: Some.water), Party(replica: Some.gas)]
    if random.chance(50) { parties.append(Party(replica: Some.heat)) }
    if random.chance(40) { parties.append(Party(replica: Some.otherHub)) }
    for index in parties.indices {
      parties[index].n = random.below(3)
      parties[index].error = random.chance(20) ? random.below(600_000) : random.below(50)
    }
    write(WorldEdits.creation(&random), by: &parties[0], now: 1_000_000)
    for index in parties.indices where index > 0 && random.chance(70) { parties[index].copy.receive(items[0]) }
    for step in 0..<steps {
      let index = random.below(parties.count)
      if random.chance(55) {
        guard !parties[index].copy.state.vector.isEmpty else { continue }
        let edits = WorldEdits.next(
          &random, by: parties[index].replica, on: parties[index].copy.state, made: items.map(\.dot))
        parties[index].n += random.chance(20) ? random.below(3) : 0
        write(edits, by: &parties[index], now: 1_000_000 + step * 10)
      } else {
        let from = random.below(parties.count)
        for item in random.shuffled(parties[from].copy.held) where random.chance(70) {
          parties[index].copy.receive(item)
          if case .change(let change) = item {
            parties[index].clock.observe(change.at, now: 1_000_000 + step * 10 + parties[index].error)
          }
        }
      }
    }
    if random.chance(25) { makeOneUnreadable(&random) }
  }

  private mutating func write(_ edits: [Edit], by party: inout Party, now: Int) {
    party.n += 1
    let change = Change(
      order: Some.order, dot: Dot(party.replica, party.n), context: party.copy.state.vector,
      at: party.clock.tick(now: now + party.error), author: Some.author, edits: edits)
    items.append(.change(change))
    party.copy.receive(change)
  }

  /// A platform's line that nobody's software can read: its dot counts, its writes do not.
  private mutating func makeOneUnreadable(_ random: inout SplitMix64) {
    let index = random.below(items.count)
    guard case .change(let change) = items[index], !change.dot.replica.isHub else { return }
    items[index] = .unreadable(change.dot, prev: change.prev)
  }
}

/// What parties write in a world. Values are odd on purpose: their exact bytes must survive.
private enum WorldEdits {
  static func raw(_ text: String) -> JSONText { JSONText(unchecked: Array(text.utf8)) }

  static func creation(_ random: inout SplitMix64) -> [Edit] {
    [
      Some.set("source", "call"), Some.set("receivedAt", 1_000_000), Some.set("title", "爆管"),
      Some.set("assignment/a1", ["platform": "water", "role": "lead", "round": 1]),
      Some.set("assignment/a2", ["platform": "gas", "role": "assist", "round": 1]),
    ]
  }

  static func next(_ random: inout SplitMix64, by replica: ReplicaID, on state: OrderState, made: [Dot]) -> [Edit] {
    (0...random.below(3)).map { _ in
      replica.isHub && random.chance(75)
        ? ofHub(&random, on: state, made: made) : ofAnyone(&random, by: replica)
    }
  }

  private static let ofAnyone: [(String, [JSONText])] = [
    ("assignment/a1/progress", RegisterTable.progressSteps.map { raw("\"\($0)\"") }),
    ("assignment/a2/progress", RegisterTable.progressSteps.map { raw("\"\($0)\"") }),
    (
      "assignment/a1/result",
      [raw(#"{"outcome":"solved","cost":1.50}"#), raw(#"{ "finishedAt":7,"outcome":"partly"}"#)]
    ),
    ("assignment/a1/reply", [raw(#"{"public":"\u4fee好","citizen":"a\/b"}"#), raw(#"{"citizen":"é","public":"é"}"#)]),
    ("assignment/a1/request/r1", [raw(#"{"type":"return"}"#), raw(#"{"type":"suspension","until":9}"#)]),
    ("assignment/a1/request/r1/withdrawn", [raw("true"), raw("false")]),
    ("assignment/a1/resumed", [raw(#"{"at":5}"#), raw(#"{"at":6}"#)]),
    ("priority", [raw("\"normal\""), raw("\"urgent\""), raw("\"emergency\"")]),
    ("title", [raw("\"爆管\""), raw("\"漏水\"")]),
    ("location", [raw(#"{"lat":39.10,"lon":117.2e0}"#), raw(#"{"lon":117.2,"lat":1e400}"#)]),
    ("source", [raw("\"web\""), raw("\"media\"")]),
    ("future/thing", [raw("[1,2.0]"), raw("null")]),
    ("void/not-a-dot", [raw("null")]),
  ]

  private static func ofAnyone(_ random: inout SplitMix64, by replica: ReplicaID) -> Edit {
    if random.chance(15) {
      return .append(kind: "note", value: raw(#"{"text":"n\#(random.below(9))","visibility":"all"}"#))
    }
    let (register, values) = random.pick(ofAnyone)
    return .set(register: register, value: random.pick(values))
  }

  private static let ofHub: [(String, [JSONText])] = [
    ("assignment/a1/recalled", [raw(#"{"reason":"x"}"#), raw("null")]),
    ("assignment/a1", [raw(#"{"platform":"heat","role":"lead","round":2}"#)]),
    ("assignment/a3", [raw(#"{"platform":"heat","role":"lead","round":1}"#)]),
    ("assignment/a1/request/r1/answer", [raw(#"{"granted":true}"#), raw(#"{"granted":false}"#)]),
    ("closed", [raw(#"{"code":"solved"}"#), raw("null")]),
    ("cancelled", [raw(#"{"reason":""}"#), raw("null")]),
    ("confidential", [raw("true"), raw("false")]),
    ("due/complete", [raw(#"{"at":1}"#), raw(#"{"at":2}"#)]),
    ("verdict", [raw(#"{"solved":true}"#), raw(#"{"solved":false}"#)]),
    ("purged/\(Hash.of([1]))", [raw("true"), raw("null")]),
  ]

  private static func ofHub(_ random: inout SplitMix64, on state: OrderState, made: [Dot]) -> Edit {
    switch random.below(10) {
    case 0, 1, 2: return .set(register: "void/\(random.pick(made))", value: raw(#"{"reason":"test"}"#))
    case 3:
      // An operator reinstates what lies before her: the change and its void.
      let voided = state.voidedDots.filter { state.vector.covers($0) }
      guard !voided.isEmpty else { break }
      return .set(register: "void/\(random.pick(voided))", value: .null)
    case 4: return .set(register: "clock/\(random.pick(made))", value: raw("\(999_000 + random.below(2_000))"))
    default: break
    }
    let (register, values) = random.pick(ofHub)
    return .set(register: register, value: random.pick(values))
  }
}
