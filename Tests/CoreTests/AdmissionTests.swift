// What the hub does with a pushed change, case by case, over a hub that is a few dictionaries.

import Testing

@testable import Core

/// The facts of a small hub. It stores what is decided as the real one does, so that what follows can be pushed too.
struct SmallHub: AdmissionFacts {
  private var held: [Dot: (hash: Hash, order: OrderID?)] = [:]
  private var high: [ReplicaID: (n: Int, chain: Hash)] = [:]
  private var states: [OrderID: OrderState] = [:]
  private var concerned: [OrderID: Set<PlatformName>] = [:]

  func heldHash(_ dot: Dot) -> Hash? { held[dot]?.hash }
  func appliedOrder(_ dot: Dot) -> OrderID? { held[dot]?.order }
  func highWater(_ replica: ReplicaID) -> (n: Int, chain: Hash) { high[replica] ?? (0, .zero) }
  func previous(_ replica: ReplicaID, on order: OrderID) -> Int { vector(order)[replica] }
  func state(_ order: OrderID) -> OrderState? { states[order] }
  func isConcerned(_ platform: PlatformName, with order: OrderID) -> Bool {
    concerned[order]?.contains(platform) ?? false
  }

  func vector(_ order: OrderID = Some.order) -> VersionVector { states[order]?.vector ?? VersionVector() }

  /// The replica's next change, having seen `context`, or all that is here.
  func next(
    _ replica: ReplicaID, on order: OrderID = Some.order, seeing context: VersionVector? = nil, _ edits: [Edit]
  ) -> Change {
    Change(
      order: order, dot: Dot(replica, highWater(replica).n + 1), context: context ?? vector(order), at: HybridTime(1),
      author: Some.author, edits: edits)
  }

  /// The entry in which a change is pushed, with its own line or another.
  func entry(_ change: Change, line: [UInt8]? = nil) -> Entry {
    let line = line ?? ChangeLine.encode(change)
    var head = Head(order: change.order, dot: change.dot, prev: change.prev, hash: .of(line))
    head.chain = .chain(highWater(change.dot.replica).chain, head.hash)
    return Entry(head: head, line: line)
  }

  func decide(_ entry: Entry) throws -> Admission {
    try Admission.decide(entry, from: entry.head.dot.replica.platform, facts: self)
  }

  func decide(_ change: Change) throws -> Admission { try decide(entry(change)) }

  /// Pushes the entry, and stores it as decided.
  @discardableResult
  mutating func push(_ entry: Entry) throws -> Admission {
    let decision = try decide(entry)
    let (order, dot) = (entry.head.order, entry.head.dot)
    var state = states[order] ?? OrderState(id: order)
    switch decision {
    case .skip, .fork, .gap: return decision
    case .quarantine: held[dot] = (entry.head.hash, nil)
    case .unreadable, .void:
      #expect(Merge.applyUnreadable(dot, prev: 0, to: &state) == .applied)
      held[dot] = (entry.head.hash, order)
      states[order] = state
    case .accept(let change):
      #expect(Merge.apply(change, to: &state) == .applied)
      held[dot] = (entry.head.hash, order)
      states[order] = state
    }
    high[dot.replica] = (dot.n, .chain(highWater(dot.replica).chain, entry.head.hash))
    return decision
  }

  @discardableResult
  mutating func push(_ change: Change) throws -> Admission { try push(entry(change)) }

  /// A change of the hub's own.
  @discardableResult
  mutating func write(_ order: OrderID, _ edits: [Edit]) throws -> Dot {
    let change = next(Some.hub, on: order, edits)
    #expect(try push(change) == .accept(change))
    return change.dot
  }

  /// Has the platform concerned with the order, past every check.
  mutating func concern(_ platform: PlatformName, with order: OrderID) {
    concerned[order, default: []].insert(platform)
  }

  /// Puts runs of others into the order's vector, past every check.
  mutating func fillVector(to count: Int) { states[Some.order]?.fillVector(to: count) }

  /// A hub with one order, which is assigned to water as lead.
  static func dispatched() throws -> SmallHub {
    var hub = SmallHub()
    try hub.write(Some.order, [Some.set("title", "爆管"), Some.set("assignment/a1", Story.assignment())])
    hub.concerned[Some.order] = [Some.water.platform]
    return hub
  }
}

extension OrderState {
  /// Puts runs of others into the vector until it has `count`.
  mutating func fillVector(to count: Int) {
    for index in 0..<(count - vector.count) {
      let random = [UInt8(index >> 8), UInt8(index & 255)] + [UInt8](repeating: 9, count: 8)
      vector.advance(to: Dot(ReplicaID(platform: Some.heat.platform, random: random), 1))
    }
  }
}

@Suite struct AdmissionTests {
  private let progress = [Some.set("assignment/a1/progress", "accepted")]
  private let place = [Some.set("location", ["note": "n"])]
  private static let unknown = OrderID(maker: .hub, milliseconds: 1, random: [1])
  private static let foreign = OrderID(maker: .hub, milliseconds: 2, random: [2])

  @Test func anHonestChangeIsAcceptedAndSkippedWhenItComesAgain() throws {
    var hub = try SmallHub.dispatched()
    let change = hub.next(Some.water, progress)
    let entry = hub.entry(change)
    #expect(try hub.push(entry) == .accept(change))
    for _ in 0..<3 { #expect(try hub.push(entry) == .skip) }
    #expect(hub.state(Some.order)?.value("assignment/a1/progress") == "accepted")
  }

  @Test func aPlatformCreatesItsOwnOrder() throws {
    var hub = SmallHub()
    let edits = [Some.set("source", "call"), Some.set("assignment/a1", Story.assignment())] + progress
    let change = hub.next(Some.water, on: Told.ownOrder, edits)
    #expect(try hub.push(change) == .accept(change))
    let late = hub.next(Some.water, on: Told.ownOrder, [Some.set("source", "web")])
    #expect(try hub.push(late) == .void(reason: "not-permitted: source", late), "once, by its creation")
  }

  @Test func oneDotWithTwoContentsIsAFork() throws {
    var hub = try SmallHub.dispatched()
    let second = hub.entry(hub.next(Some.water, place))
    try hub.push(hub.next(Some.water, progress))
    #expect(try hub.push(second) == .fork)
  }

  @Test func aBrokenChainIsAFork() throws {
    var hub = try SmallHub.dispatched()
    try hub.push(hub.next(Some.water, progress))
    var entry = hub.entry(hub.next(Some.water, place))
    entry.head.chain = .chain(.zero, entry.head.hash)
    #expect(try hub.push(entry) == .fork, "another change came before it")
  }

  @Test func whatComesTooEarlyIsAskedForInOrder() throws {
    var hub = try SmallHub.dispatched()
    let first = hub.next(Some.water, progress)
    var ahead = hub
    try ahead.push(first)
    let second = ahead.next(Some.water, place)
    let entry = ahead.entry(second)
    #expect(try hub.push(entry) == .gap(expected: 1))
    try hub.push(first)
    #expect(try hub.push(entry) == .accept(second))
  }

  @Test func anOrderOfOthersAndAnOrderOfNobodyGetTheSameAnswer() throws {
    var hub = try SmallHub.dispatched()
    try hub.write(Self.foreign, [Some.set("title", "others'")])
    for order in [Self.foreign, Self.unknown] {
      let change = hub.next(Some.water, on: order, seeing: VersionVector(), progress)
      for line in [nil, [0x7B], ChangeLine.encode(hub.next(Some.water, progress))] {
        #expect(try hub.decide(hub.entry(change, line: line)) == .quarantine(reason: "not-found"))
      }
    }
  }

  @Test func whatIsQuarantinedIsHeldAndHoldsUpNothing() throws {
    var hub = try SmallHub.dispatched()
    let entry = hub.entry(hub.next(Some.water, on: Self.unknown, progress))
    #expect(try hub.push(entry) == .quarantine(reason: "not-found"))
    #expect(try hub.push(entry) == .skip)
    #expect(hub.state(Self.unknown) == nil, "never entered")
    let next = hub.next(Some.water, progress)
    #expect(try hub.push(next) == .accept(next))
  }

  @Test func aLineThatCannotBeReadCountsAndHoldsUpNothing() throws {
    for text in [#"{"order":"#, "{}", "[]", "\u{0}", #"{"order":"x","dot":["y",1]}"#] {
      var hub = try SmallHub.dispatched()
      let broken = hub.entry(hub.next(Some.water, progress), line: Array(text.utf8))
      guard case .unreadable(let reason) = try hub.push(broken) else {
        Issue.record("\(text) is readable")
        continue
      }
      #expect(!reason.isEmpty)
      let next = hub.next(Some.water, progress)
      #expect(next.prev == 1)
      #expect(try hub.push(next) == .accept(next))
    }
  }

  @Test func aLineThatSpeaksOfAnotherDotOrOrderIsUnreadable() throws {
    let hub = try SmallHub.dispatched()
    let change = hub.next(Some.water, progress)
    for (order, dot) in [
      (change.order, Dot(Some.water, 7)), (Self.unknown, change.dot), (change.order, Dot(Some.gas, 1)),
    ] {
      let other = Change(
        order: order, dot: dot, context: change.context, at: change.at, author: change.author, edits: change.edits)
      let decision = try hub.decide(hub.entry(change, line: ChangeLine.encode(other)))
      #expect(decision == .unreadable(reason: "head and line disagree"))
    }
  }

  @Test func aContextIsSeenOnlyIfEveryDotOfItIsThisOrdersAndHere() throws {
    var hub = try SmallHub.dispatched()
    let elsewhere = try hub.write(Self.foreign, [Some.set("title", "others'")])
    let latest = try hub.write(Some.order, [Some.set("priority", "urgent")])
    for (seen, isThere) in [(1, true), (elsewhere.n, false), (latest.n, true), (latest.n + 6, false)] {
      let change = hub.next(Some.water, seeing: VersionVector([(Some.hub, seen)]), progress)
      #expect(
        try hub.decide(change) == (isThere ? .accept(change) : .void(reason: "context-unseen", change)),
        "the hub's \(seen)")
    }
    let unheard = hub.next(Some.water, seeing: VersionVector([(Some.hub, 1), (Some.gas, 1)]), progress)
    #expect(try hub.decide(unheard) == .void(reason: "context-unseen", unheard))
  }

  @Test func itsOwnComponentIsExactlyItsLastOnThisOrder() throws {
    var hub = try SmallHub.dispatched()
    try hub.push(hub.next(Some.water, progress))
    try hub.push(hub.next(Some.water, on: Told.ownOrder, [Some.set("source", "call")]))
    for prev in 0...2 {
      let change = hub.next(
        Some.water, seeing: VersionVector([(Some.hub, 1), (Some.water, prev)].filter { $0.1 > 0 }), place)
      #expect(
        try hub.decide(change) == (prev == 1 ? .accept(change) : .void(reason: "context-unseen", change)),
        "prev \(prev)")
    }
  }

  @Test func whatMayNotBeWrittenIsVoidAndCounts() throws {
    for (edit, reason) in [
      (Some.set("closed", ["code": "solved"]), "not-permitted: closed"),
      (Some.set("assignment/a1/progress", "asleep"), "value-invalid: assignment/a1/progress: must be one of "),
      (Some.set("colour", "red"), "register-unknown: colour"),
    ] {
      var hub = try SmallHub.dispatched()
      let change = hub.next(Some.water, [edit])
      guard case .void(let said, change) = try hub.push(change) else {
        Issue.record("\(edit) is not void")
        continue
      }
      #expect(said.hasPrefix(reason))
      let next = hub.next(Some.water, progress)
      #expect(try hub.push(next) == .accept(next), "what follows it is not held up")
    }
  }

  @Test func anotherPlatformsAssignmentIsNotForThisOneToMove() throws {
    var hub = try SmallHub.dispatched()
    try hub.write(Some.order, [Some.set("assignment/a2", Story.assignment("gas", role: "assist"))])
    let change = hub.next(Some.water, [Some.set("assignment/a2/progress", "done")])
    #expect(try hub.push(change) == .void(reason: "not-permitted: assignment/a2/progress", change))
  }

  @Test func onlyTheFirstChangeOfAnOrderCreatesIt() throws {
    var hub = SmallHub()
    try hub.push(hub.next(Some.water, on: Told.ownOrder, [Some.set("title", "x")]))
    let assignment = [Some.set("assignment/a1", Story.assignment())]
    let second = hub.next(Some.water, on: Told.ownOrder, assignment)
    #expect(try hub.decide(second) == .void(reason: "not-permitted: assignment/a1", second))
    let otherRun = ReplicaID(platform: Some.water.platform, random: [9])
    let blind = hub.next(otherRun, on: Told.ownOrder, seeing: VersionVector(), assignment)
    #expect(try hub.decide(blind) == .void(reason: "not-permitted: assignment/a1", blind))
  }

  @Test func aCreationThatComesBackAfterTheHubWroteToItsOrderStillCreatesIt() throws {
    var hub = SmallHub()
    hub.concern(.hub, with: Told.ownOrder)
    try hub.write(Told.ownOrder, [Some.set("title", "described by an operator")])
    let edits = [
      Some.set("source", "platform"), Some.set("title", "leak"), Some.set("assignment/a1", Story.assignment()),
    ]
    let creation = hub.next(Some.water, on: Told.ownOrder, seeing: VersionVector(), edits)
    #expect(try hub.push(creation) == .accept(creation))
    #expect(hub.state(Told.ownOrder)?.siblings("title").count == 2, "neither had seen the other")
  }

  @Test func anOrderTakesOnlySoManyRegisters() throws {
    var hub = try SmallHub.dispatched()
    // Two registers are there; seven places stay free.
    let fill = Limits.maxRegisters * 2 - 2 - 7
    for start in stride(from: 0, to: fill, by: 128) {
      try hub.write(
        Some.order, (start..<min(start + 128, fill)).map { Some.set("ref/s\($0)", ["number": "1"]) })
    }
    func filling(_ count: Int) -> Change {
      hub.next(Some.water, (0..<count).map { Some.set("ref/t\($0)", ["number": "1"]) })
    }
    #expect(try hub.decide(filling(7)) == .accept(filling(7)))
    #expect(try hub.decide(filling(8)) == .void(reason: "limit: registers of one order", filling(8)))
  }

  @Test func authorsJudgeTheRoomForTheirRunAsTheHubDoes() throws {
    let otherRun = ReplicaID(platform: Some.water.platform, random: [9])
    let most = Limits.maxVectorSize - Limits.vectorReserve
    for (count, hasRoom) in [(most - 1, true), (most, false), (Limits.maxVectorSize, false)] {
      var hub = try SmallHub.dispatched()
      try hub.push(hub.next(Some.water, progress))
      hub.fillVector(to: count)
      for (run, expected) in [(Some.water, true), (otherRun, hasRoom)] {
        let change = hub.next(run, place)
        #expect(hub.vector().hasRoom(for: run) == expected)
        #expect(
          try hub.decide(change) == (expected ? .accept(change) : .quarantine(reason: "limit: authors of one order")))
      }
      #expect(hub.vector().hasRoom(for: Some.hub))
      #expect(hub.vector().hasRoom(for: Some.otherHub) == (count < Limits.maxVectorSize))
    }
  }

  @Test func aBodyThatContradictsItselfIsRefusedAsAWhole() throws {
    let hub = try SmallHub.dispatched()
    let entry = hub.entry(hub.next(Some.water, progress))
    var (altered, headOnly, chainless) = (entry, entry, entry)
    altered.line?[0] = 0x5B
    headOnly.line = nil
    chainless.head.chain = nil
    for faulty in [altered, headOnly, chainless] {
      let problem = #expect(throws: Problem.self) { try hub.decide(faulty) }
      #expect(problem?.code == .badBody)
    }
  }

  @Test func aReplicaIsPushedOnlyByItsOwnPlatform() throws {
    let hub = try SmallHub.dispatched()
    for replica in [Some.water, Some.hub] {
      let entry = hub.entry(hub.next(replica, progress))
      let problem = #expect(throws: Problem.self) {
        try Admission.decide(entry, from: Some.gas.platform, facts: hub)
      }
      #expect(problem?.code == .notPermitted)
    }
  }
}
