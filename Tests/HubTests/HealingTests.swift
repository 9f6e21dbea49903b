// A hub that went back gets back what agents hold: in whatever order, with gaps, with forged receipts among it, and it ends as it was.

import Core
import Testing

@testable import Hub

@Suite struct HealingTests {
  /// The hub as it was before it went back, and as it is now: empty, with the same key.
  private let former: HubWorld
  private let world: HubWorld
  private let water: PlatformName
  /// What the agents of water hold, in the order of the former feed.
  private let entries: [Entry]
  private let orders: [OrderID]
  private let crew: FakeAuthor
  private static let phone: JSON = ["phone": "13800001234"]

  init() throws {
    let former = try HubWorld()
    let crew = try FakeAuthor("water")
    let first = try former.dispatched(to: "water", registers: [.init("title", "leak"), .init("caller", Self.phone)])
    let second = try former.dispatched(to: "water")
    for index in 0..<4 {
      for order in [first, second] {
        let entry = crew.entry(order, context: try former.state(order).vector, [.note("crew \(index)")])
        try former.push([entry], from: crew)
        if index % 2 == 0 { _ = try former.perform(.note(text: "hub \(index)", visibility: "all"), on: order) }
      }
    }
    self.former = former
    self.crew = crew
    orders = [first, second]
    water = try PlatformName("water")
    entries = try former.page("water").entries.map(Self.given)
    world = try HubWorld()
  }

  /// An entry of a feed as an agent gives it back.
  private static func given(_ entry: Entry) -> Entry {
    var entry = entry
    entry.head.position = nil
    entry.head.feedHash = nil
    return entry
  }

  private func reconcile(
    _ ask: ReconcileAsk, _ entries: [Entry] = [], since: Cursor? = nil, told: Cursor? = nil, at hub: HubWorld? = nil
  ) throws -> ReconcileReply {
    let parts = (hub ?? world).parts
    let calls = SyncCalls(
      database: parts.database, writer: parts.writer, contacts: parts.contacts, environment: parts.environment)
    let caller = Contacts.Name(platform: water, agent: "depot")
    let request = ReconcileRequest(since: since, told: told, ask: ask)
    let work = try calls.reconcileWork(request, entries, from: caller)
    let refused = try work.map { try parts.writer.perform($0) } ?? []
    return try calls.reconcile(request, refused: refused, from: caller).reply
  }

  /// Gives entries back. Returns which were refused.
  @discardableResult
  private func give(_ entries: [Entry], to hub: HubWorld? = nil) throws -> [Dot] {
    guard case .exchanged(let refused) = try reconcile(.exchange(wants: []), entries, at: hub).answer else { return [] }
    return refused.map(\.dot)
  }

  private func tops(_ hub: HubWorld) throws -> [UInt64] {
    guard case .tops(let digests) = try reconcile(.tops, at: hub).answer else { return [] }
    return digests
  }

  private func count(_ table: String, in hub: HubWorld? = nil) throws -> Int {
    try (hub ?? world).parts.database.read { try $0.count("SELECT COUNT(*) FROM \(table)", []) }
  }

  private func replicas(_ hub: HubWorld) throws -> [String] {
    try hub.parts.database.read { db in
      try db.all("SELECT replica, n, highest, chain FROM replica ORDER BY replica", []) {
        "\($0.text(0)) \($0.int(1)) \($0.int(2)) \($0.blob(3))"
      }
    }
  }

  /// Nobody is fed anything before its causes, and nothing twice.
  private func checkFeed(_ hub: HubWorld) throws {
    var vectors: [OrderID: VersionVector] = [:]
    for entry in try hub.page("water").entries {
      let change = try ChangeLine.decode(try #require(entry.line))
      let vector = vectors[change.order] ?? VersionVector()
      #expect(vector.covers(change.context), "\(change.dot) is fed before what its author had seen")
      #expect(!vector.covers(change.dot), "\(change.dot) is fed twice")
      vectors[change.order] = vector.merged(with: VersionVector([(change.dot.replica, change.dot.n)]))
    }
  }

  @Test(arguments: [UInt64](0..<8))
  func whatComesBackInWhateverOrderAndWithGapsIsWhatItWas(seed: UInt64) throws {
    let world = try HubWorld()
    var random = SeededGenerator(state: seed)
    var left = entries.shuffled(using: &random)
    while !left.isEmpty {
      let batch = Array(left.prefix(Int.random(in: 1...4, using: &random)))
      left.removeFirst(batch.count)
      #expect(try give(batch, to: world).isEmpty)
      #expect(try give(batch, to: world).isEmpty, "the same again is no fault")
      try checkFeed(world)
      let held = try count("change", in: world) + count("waiting", in: world)
      #expect(held == entries.count - left.count)
    }
    #expect(try count("waiting", in: world) == 0)
    #expect(try world.page("water").entries.count == entries.count)
    for order in orders {
      #expect(try world.state(order) == former.state(order))
      #expect(try world.hotline.canonical(order) == former.hotline.canonical(order))
    }
    #expect(try tops(world) == tops(former), "a comparison would find nothing")
    #expect(try replicas(world) == replicas(former))
    #expect(try count("sealed", in: world) == 1)
    // The platform goes on where it was, and the hub knows it.
    let order = orders[0]
    let goesOn = crew.entry(order, context: try world.state(order).vector, [.note("and on")])
    #expect(try world.push([goesOn], from: crew).acceptedThrough == crew.n)
  }

  @Test func whatWaitsIsSaidToBeHeldAndIsFedToNobody() throws {
    let late = try #require(entries.last { $0.head.order == orders[1] })
    #expect(try give([late]).isEmpty)
    #expect(try count("waiting") == 1 && count("change") == 0)
    #expect(try world.page("water").entries.isEmpty)
    #expect(try give(entries).isEmpty)
    guard case .held(let held, _) = try reconcile(.held(orders: orders)).answer else {
      Issue.record("another answer than was asked for")
      return
    }
    #expect(held.values.joined().count == entries.count)
  }

  @Test func howFarAComparisonIsIsCountedByItsCalls() throws {
    let caller = Contacts.Name(platform: water, agent: "depot")
    func counted() -> Contacts.Comparison? { world.parts.contacts.comparison(of: caller) }
    _ = try reconcile(.tops)
    #expect(counted() == Contacts.Comparison(at: world.clock.now))
    _ = try reconcile(.leaves(tops: [1, 2]))
    _ = try reconcile(.orders(leaves: [7]))
    #expect(counted()?.buckets == 3)
    try give(entries)
    #expect(counted()?.sent == entries.count)
    _ = try reconcile(.held(orders: orders))
    #expect(counted()?.orders == 2)
    _ = try reconcile(.exchange(wants: [entries[0].head.dot]))
    #expect(counted()?.received == 1)
    _ = try reconcile(.done(ReconcileReport()))
    #expect(counted() == nil)
  }

  @Test func onlyAReceiptOfThisHubForJustThisBringsAChangeBack() throws {
    let sound = entries[0]
    let head = sound.head
    func forged(_ edit: (inout Head) -> Void) -> Entry {
      var entry = sound
      edit(&entry.head)
      return entry
    }
    let stranger = Receipt.issue(
      order: head.order, dot: head.dot, prev: head.prev, hash: head.hash, verdict: .accepted, key: [1])
    let other = Receipt.issue(
      order: head.order, dot: head.dot, prev: head.prev, hash: head.hash, verdict: .void, key: HubWorld.receiptKey)
    let forgeries = [
      forged { $0.receipt = stranger }, forged { $0.receipt = other }, forged { $0.receipt = nil },
      forged { $0.verdict = .void }, forged { $0.verdict = nil }, forged { $0.prev = 1 },
      forged { $0.order = orders[1] }, forged { $0.dot = Dot($0.dot.replica, 9) }, forged { $0.hash = .zero },
    ]
    for forgery in forgeries {
      #expect(try give([forgery]) == [forgery.head.dot])
      #expect(try count("change") + count("waiting") == 0, "\(forgery.head)")
    }
    #expect(try give([sound]).isEmpty)
    #expect(try count("change") == 1)
  }

  @Test func aHubThatWentBackInTheMiddleOfAComparisonSaysSo() throws {
    #expect(try give(entries).isEmpty)
    let begun = Cursor.start
    let now = try reconcile(.tops).head
    #expect(now.position == entries.count)
    _ = try reconcile(.tops, since: begun, told: now)
    let forgotten = Cursor(position: now.position + 1, feedHash: .zero)
    let asks: [(since: Cursor, told: Cursor)] = [(begun, forgotten), (forgotten, now), (now, forgotten)]
    for ask in asks {
      #expect(throws: Problem.self) { try reconcile(.tops, since: ask.since, told: ask.told) }
    }
  }

  @Test func whatAForgetfulHubPutAsideComesOutOfTheQuarantineByItsReceipt() throws {
    let own = entries.filter { $0.head.dot.replica == crew.replica }
    var chain = Hash.zero
    let pushed = own.map { entry in
      var entry = entry
      chain = .chain(chain, entry.head.hash)
      entry.head.chain = chain
      return entry
    }
    #expect(try world.push(pushed, from: crew).quarantined.count == own.count)
    #expect(try give(entries).isEmpty)
    #expect(try count("quarantine") == 0)
    for order in orders { #expect(try world.state(order) == former.state(order)) }
    #expect(try tops(world) == tops(former))
    try checkFeed(world)
  }

  /// The former feed after the crew wrote what it may not: all, the void change, and those of the hotline that say so or lift it.
  private func former(reinstating isReinstated: Bool) throws -> (all: [Entry], target: Entry, words: [Entry]) {
    let forged = crew.entry(orders[0], context: try former.state(orders[0]).vector, [.set("title", "taken over")])
    try former.push([forged], from: crew)
    #expect(try former.state(orders[0]).isVoid(forged.head.dot))
    if isReinstated { _ = try former.perform(.reinstate(dot: forged.head.dot.description), on: orders[0]) }
    let all = try former.page("water").entries.map(Self.given)
    let words = try all.filter { entry in
      try ChangeLine.decode(try #require(entry.line)).edits.contains {
        if case .set(let name, _) = $0 { name == "void/\(forged.head.dot)" } else { false }
      }
    }
    return (all, try #require(all.first { $0.head.dot == forged.head.dot }), words)
  }

  /// Row 123: whoever gives back a change that was void keeps back what says so.
  @Test func aVoidGivenBackAloneStaysVoid() throws {
    let (all, target, words) = try former(reinstating: false)
    #expect(words.count == 1 && target.head.verdict == .void)
    try give(all.filter { entry in !words.contains { $0.head.dot == entry.head.dot } })
    #expect(try world.view(orders[0]).title == "leak")
    #expect(try count("waiting") == 1)
    let row = try #require(try world.hotline.lost()["lost"]?.asArray?.first)
    #expect(row["unvoided"] == [.string(target.head.dot.description)] && row["missing"] == [])
    try give(words)
    #expect(try count("waiting") == 0)
    #expect(try world.state(orders[0]) == former.state(orders[0]))
    try checkFeed(world)
  }

  @Test func aVoidWhoseWordIsLostIsSaidAnew() throws {
    let (all, target, words) = try former(reinstating: false)
    try give(all.filter { entry in !words.contains { $0.head.dot == entry.head.dot } })
    _ = try world.hotline.settleLost(orders[0], author: Author(name: "op", role: "operator"))
    #expect(try count("waiting") == 0)
    let state = try world.state(orders[0])
    #expect(state.isVoid(target.head.dot) && state.value("void/\(target.head.dot)")?["reason"] == "void-lost")
    #expect(try world.view(orders[0]).title == "leak")
  }

  @Test func aVoidThatWasLiftedCountsOnceWhatLiftedItIsBack() throws {
    let (all, target, words) = try former(reinstating: true)
    #expect(words.count == 2)
    try give([target])
    try give(all.filter { entry in !words.contains { $0.head.dot == entry.head.dot } })
    #expect(try world.view(orders[0]).title == "leak")
    try give(words.reversed())
    #expect(try world.view(orders[0]).title == "taken over")
    #expect(try world.state(orders[0]) == former.state(orders[0]))
  }

  @Test func aTimeThatIsStillAheadIsCorrectedAgain() throws {
    crew.time = former.clock.now + 86_400_000
    let fast = crew.entry(orders[0], context: try former.state(orders[0]).vector, [.note("from tomorrow")])
    try former.push([fast], from: crew)
    let own = try former.page("water").entries.map(Self.given).filter { entry in
      try ChangeLine.decode(try #require(entry.line)).edits.allSatisfy {
        if case .set(let name, _) = $0 { !name.hasPrefix("clock/") } else { true }
      }
    }
    try give(own)
    #expect(try world.state(orders[0]).value("clock/\(fast.head.dot)") == .int(world.clock.now))
  }

  @Test func aValueThatDidNotComeWithItsChangeIsAskedForUntilSomebodyBringsIt() throws {
    let bare = entries.map { entry in
      var entry = entry
      entry.head.sealed = []
      return entry
    }
    #expect(try give(bare).isEmpty)
    let named = try reconcile(.tops).lacks
    #expect(named.count == 1)
    let bringing = entries.filter { !$0.head.sealed.isEmpty }
    #expect(bringing.count == 1 && bringing[0].head.sealed.map(\.commitment) == named)
    #expect(try give(bringing).isEmpty)
    #expect(try reconcile(.tops).lacks.isEmpty)
    let values = try world.page("water").entries.flatMap(\.head.sealed).map(\.value.json)
    #expect(values == [Self.phone])
  }
}
