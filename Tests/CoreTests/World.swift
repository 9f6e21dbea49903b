// A small random world: a hotline and two or three platforms, each with its own copy of one order, writing on what they have seen
// and passing each other random parts of it. The same draws give the same world. What must hold is the tests' to say.

@testable import Core

/// Names that the tests use again and again.
enum Some {
  static let hub = ReplicaID(platform: .hub, random: [1])
  static let otherHub = ReplicaID(platform: .hub, random: [2])
  static let water = ReplicaID(platform: PlatformName(unchecked: "water"), random: [3])
  static let gas = ReplicaID(platform: PlatformName(unchecked: "gas"), random: [4])
  static let heat = ReplicaID(platform: PlatformName(unchecked: "heat"), random: [5])
  /// A replica of which nobody has anything.
  static let nobody = ReplicaID(platform: PlatformName(unchecked: "zero"), random: [6])
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
      // Where something was lost only the log can tell what is held, and stores ask it first.
      if !waiting.contains(where: { $0.dot == item.dot }), state.lostDots.isEmpty, offer(item) != .seen {
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
        let asking = waiting[index].dot
        let folded = Merge.fold(held, order: state.id, hashes: held.hashes)
        state = folded.state
        waiting = held.filter { folded.waiting.contains($0.dot) }
        if folded.waiting.contains(asking) {
          surprises.append("\(asking) asked for a fold and waits after it")
          return
        }
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
  var canonical: [UInt8] { Copy.canonical(state, held, waiting: waitingDots) }

  static func canonical(_ state: OrderState, _ held: [Merge.LogItem], waiting: Set<Dot>) -> [UInt8] {
    let entries = held.flatMap { item -> [OrderEntry] in
      guard case .change(let change) = item, !waiting.contains(change.dot), state.counts(change) else { return [] }
      return change.entries
    }
    return state.canonical(entries: entries)
  }
}

/// Everything that was written in one world, in the order of writing.
struct World {
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

  init(seed: UInt64, steps: Int = 20) {
    var choices = Choices(seed: seed)
    self.init(&choices, steps: steps)
  }

  /// Plays up to `steps` steps; each is a change or an exchange.
  init(_ choices: inout Choices, steps: Int) {
    var parties = [Some.hub, Some.water, Some.gas].map { Party(replica: $0) }
    if choices.chance(40) { parties.append(Party(replica: Some.otherHub)) }
    if choices.chance(30) { parties.append(Party(replica: Some.heat)) }
    for index in parties.indices {
      parties[index].n = choices.chance(30) ? choices.below(3) : 0
      parties[index].error = choices.chance(20) ? choices.below(600_000) : 0
    }
    write(WorldEdits.creation, by: &parties[0], now: 1_000_000)
    for index in parties.indices where index > 0 && choices.chance(70) { parties[index].copy.receive(items[0]) }
    var now = 1_000_000
    choices.some(atMost: steps, goOn: 97) { choices in
      now += choices.below(3) * 5
      let index = choices.below(parties.count)
      if choices.chance(40) {
        let from = choices.below(parties.count)
        let held = parties[from].copy.held
        for item in choices.chance(30) ? held.reversed() : held where choices.chance(70) {
          parties[index].copy.receive(item)
          if case .change(let change) = item {
            parties[index].clock.observe(change.at, now: now + parties[index].error)
          }
        }
      } else if !parties[index].copy.state.vector.isEmpty {
        let edits = WorldEdits.next(
          &choices, by: parties[index].replica, on: parties[index].copy.state, made: items.map(\.dot))
        if choices.chance(10) { parties[index].n += choices.below(3) }
        write(
          edits, by: &parties[index], now: now,
          origin: choices.chance(12) ? origin(&choices, parties[index].replica) : nil)
      }
    }
    if choices.chance(25) { makeOneUnreadable(&choices) }
    if choices.chance(15) { forgeOne(&choices) }
    if choices.chance(15) { loseOne(&choices) }
  }

  /// What a change says to replace: something that was made, its own platform's or another's, or that nobody ever saw; with the
  /// content that it has, or with one that it has not. Few, so that several replace the same.
  private func origin(_ choices: inout Choices, _ replica: ReplicaID) -> Origin {
    let made = changes.filter { $0.dot.replica.platform == replica.platform || choices.chance(20) }.prefix(3)
    let known = Array(made).hashed
    if known.isEmpty || choices.chance(30) {
      return Origin(dot: Dot(ReplicaID(platform: replica.platform, random: [10]), 1 + choices.below(2)), hash: .of([1]))
    }
    let (dot, hash) = choices.pick(known)
    return Origin(dot: dot, hash: choices.chance(25) ? .of([2]) : hash)
  }

  private mutating func write(_ edits: [Edit], by party: inout Party, now: Int, origin: Origin? = nil) {
    party.n += 1
    let change = Change(
      order: Some.order, dot: Dot(party.replica, party.n), context: party.copy.state.vector,
      at: party.clock.tick(now: now + party.error), author: Some.author, edits: edits, origin: origin)
    items.append(.change(change))
    party.copy.receive(change)
  }

  /// A platform's line that nobody's software can read: its dot counts, its writes do not.
  private mutating func makeOneUnreadable(_ choices: inout Choices) {
    let index = choices.below(items.count)
    guard case .change(let change) = items[index], !change.dot.replica.isHub else { return }
    items[index] = .unreadable(change.dot, prev: change.prev)
  }

  /// A platform's change that claims to have seen what nobody ever made: it waits for good, unless a hub that knows of nothing else
  /// voids it.
  private mutating func forgeOne(_ choices: inout Choices) {
    let index = choices.below(items.count)
    guard case .change(let change) = items[index], !change.dot.replica.isHub else { return }
    items[index] = .change(
      Change(
        order: change.order, dot: change.dot, context: change.context.merged(with: VersionVector([(Some.nobody, 9)])),
        at: change.at, author: change.author, edits: change.edits, origin: change.origin))
    if choices.chance(30) { return }
    items.append(
      .change(
        Change(
          order: Some.order, dot: Dot(ReplicaID(platform: .hub, random: [8]), 1), context: VersionVector(),
          at: HybridTime(1_000_000), author: Some.author,
          edits: [Some.set("void/\(change.dot)", ["reason": "context-unseen"])])))
  }
}

extension World {
  /// A change that every disk lost, and that the hub says to be lost; or it turned up again.
  private mutating func loseOne(_ choices: inout Choices) {
    let index = choices.below(items.count)
    let dot = items[index].dot
    if choices.chance(60) { items.remove(at: index) }
    items.append(
      .change(
        Change(
          order: Some.order, dot: Dot(ReplicaID(platform: .hub, random: [11]), 1), context: VersionVector(),
          at: HybridTime(1_000_000), author: Some.author, edits: [Some.set("lost/\(dot)", ["reason": "lost"])])))
  }
}

extension [Change] {
  /// With the hashes of their lines.
  var hashed: [(Dot, Hash)] { map { ($0.dot, Hash.of(ChangeLine.encode($0))) } }
}

extension [Merge.LogItem] {
  /// The hashes of what is said to be replaced, which are all that a fold asks for.
  var hashes: [Dot: Hash] {
    let changes = compactMap { item -> Change? in if case .change(let change) = item { change } else { nil } }
    let wanted = Set(changes.compactMap { $0.origin?.dot })
    return Dictionary(changes.filter { wanted.contains($0.dot) }.hashed) { first, _ in first }
  }
}

/// What parties write in a world. Values are odd on purpose: their exact bytes must survive.
private enum WorldEdits {
  static func raw(_ text: String) -> JSONText { JSONText(unchecked: Array(text.utf8)) }

  static let creation: [Edit] = [
    Some.set("source", "call"), Some.set("receivedAt", 1_000_000), Some.set("title", "爆管"),
    Some.set("assignment/a1", ["platform": "water", "role": "lead", "round": 1]),
    Some.set("assignment/a2", ["platform": "gas", "role": "assist", "round": 1]),
  ]

  static func next(_ choices: inout Choices, by replica: ReplicaID, on state: OrderState, made: [Dot]) -> [Edit] {
    func edit(_ choices: inout Choices) -> Edit {
      replica.isHub && choices.chance(75) ? ofHub(&choices, on: state, made: made) : ofAnyone(&choices)
    }
    let first = edit(&choices)
    return [first] + choices.list(atMost: 2, goOn: 55, edit)
  }

  private static let ofAnyone: [(String, [JSONText])] = [
    ("assignment/a1/progress", RegisterTable.progressSteps.map { raw("\"\($0)\"") }),
    ("assignment/a2/progress", RegisterTable.progressSteps.map { raw("\"\($0)\"") }),
    (
      "assignment/a1/result",
      [raw(#"{"outcome":"solved","cost":1.50}"#), raw(#"{ "finishedAt":7,"outcome":"partly"}"#)]
    ),
    ("assignment/a1/reply", [raw(#"{"public":"\u4fee好","citizen":"a\/b"}"#), raw(#"{"citizen":"é","public":"é"}"#)]),
    (
      "assignment/a1/request/r1",
      [raw(#"{"type":"return"}"#), raw(#"{"type":"suspension","until":9}"#), raw(#"{"type":"exemption"}"#)]
    ),
    ("assignment/a1/request/r1/withdrawn", [raw("true"), raw("false")]),
    ("assignment/a1/resumed", [raw(#"{"at":5}"#), raw(#"{"at":6}"#)]),
    ("priority", [raw("\"normal\""), raw("\"urgent\""), raw("\"emergency\"")]),
    ("title", [raw("\"爆管\""), raw("\"漏水\"")]),
    ("location", [raw(#"{"lat":39.10,"lon":117.2e0}"#), raw(#"{"lon":117.2,"lat":1e400}"#)]),
    ("source", [raw("\"web\""), raw("\"media\"")]),
    ("future/thing", [raw("[1,2.0]"), raw("null")]),
    ("void/not-a-dot", [raw("null")]),
  ]

  private static func ofAnyone(_ choices: inout Choices) -> Edit {
    if choices.chance(15) {
      return .append(kind: "note", value: raw(#"{"text":"n\#(choices.below(9))","visibility":"all"}"#))
    }
    let (register, values) = choices.pick(ofAnyone)
    return .set(register: register, value: choices.pick(values))
  }

  private static let ofHub: [(String, [JSONText])] = [
    ("assignment/a1/recalled", [raw(#"{"reason":"x"}"#), raw("null")]),
    ("assignment/a1", [raw(#"{"platform":"heat","role":"lead","round":2}"#)]),
    ("assignment/a3", [raw(#"{"platform":"heat","role":"lead","round":1}"#)]),
    ("assignment/a4", [raw(#"{"platform":"gas","role":"lead","round":1}"#)]),
    ("assignment/a5", [raw(#"{"platform":"gas","role":"assist","round":1}"#)]),
    ("relation/\(Some.order)", [raw("\"duplicate\""), raw("null")]),
    ("assignment/a1/request/r1/answer", [raw(#"{"granted":true}"#), raw(#"{"granted":false}"#)]),
    ("closed", [raw(#"{"code":"solved"}"#), raw("null")]),
    ("cancelled", [raw(#"{"reason":""}"#), raw("null")]),
    ("confidential", [raw("true"), raw("false")]),
    ("due/complete", [raw(#"{"at":1}"#), raw(#"{"at":2}"#)]),
    ("verdict", [raw(#"{"solved":true}"#), raw(#"{"satisfied":false}"#)]),
    ("purged/\(Hash.of([1]))", [raw("true"), raw("null")]),
  ]

  private static func ofHub(_ choices: inout Choices, on state: OrderState, made: [Dot]) -> Edit {
    switch choices.below(10) {
    case 0, 1, 2: return .set(register: "void/\(choices.pick(made))", value: raw(#"{"reason":"test"}"#))
    case 3:
      // An operator reinstates what lies before her: the change and its void.
      let voided = state.voidedDots.filter { state.vector.covers($0) }
      guard !voided.isEmpty else { break }
      return .set(register: "void/\(choices.pick(voided))", value: .null)
    case 4: return .set(register: "clock/\(choices.pick(made))", value: raw("\(999_000 + choices.below(2_000))"))
    default: break
    }
    let (register, values) = choices.pick(ofHub)
    return .set(register: register, value: choices.pick(values))
  }
}
