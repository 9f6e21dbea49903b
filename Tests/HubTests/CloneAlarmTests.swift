// A machine that was copied while its agent ran: what the hub notices of it, how often it tells, and what ends the alarm.

import Core
import Crypto
import Foundation
import Synchronization
import Testing
import X509

@testable import Hub

@Suite struct CloneAlarmTests {
  private let world: HubWorld
  private let order: OrderID
  private let depot: Contacts.Name
  /// The two that write one run, and what both have of it.
  private let original: FakeAuthor
  private let copy: FakeAuthor

  init() throws {
    world = try HubWorld()
    order = try world.dispatched(to: "water")
    depot = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    original = try FakeAuthor("water")
    copy = try FakeAuthor("water")
    try world.parts.database.write { db in
      try db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'depot', 1, 0)", [])
    }
    let common = note("before", by: original)
    _ = note("before", by: copy)
    try accepted([common], by: original)
  }

  private var calls: SyncCalls {
    SyncCalls(
      database: world.parts.database, writer: world.parts.writer, contacts: world.parts.contacts,
      environment: world.parts.environment)
  }

  private func note(_ text: String, by author: FakeAuthor, replacing origin: Origin? = nil) -> Entry {
    let context = author.n == 0 ? VersionVector() : VersionVector([(author.replica, author.n)])
    return author.entry(order, context: context, [.note(text)]) { line in
      guard let origin, let change = try? ChangeLine.decode(line) else { return line }
      return ChangeLine.encode(
        Change(
          order: change.order, dot: change.dot, context: change.context, at: change.at, author: change.author,
          edits: change.edits, origin: origin))
    }
  }

  /// Pushes as the call does, and waits for its end.
  @discardableResult
  private func push(_ entries: [Entry], by author: FakeAuthor) throws -> Result<PushReply, any Error> {
    let header = PushHeader(replica: author.replica, cursor: .start, told: .start, health: .fresh)
    let done = DispatchSemaphore(value: 0)
    let answer = Mutex<Result<PushReply, any Error>?>(nil)
    try calls.push(entries, header: header, from: depot) { result in
      answer.withLock { $0 = result }
      done.signal()
    }
    done.wait()
    return try #require(answer.withLock { $0 })
  }

  private func accepted(_ entries: [Entry], by author: FakeAuthor) throws { _ = try push(entries, by: author).get() }

  private func hello(_ runs: Run...) throws {
    _ = try calls.hello(HelloRequest(health: .fresh, cursor: .start, told: .start, runs: runs), from: depot)
  }

  private func pull(_ run: Run) throws {
    let request = PullRequest(
      after: .start, lane: 0, told: .start, run: run, limit: 1, waitMilliseconds: 0, health: .fresh)
    _ = try calls.pull(request, from: depot)
  }

  private func run(_ author: FakeAuthor) -> Run { Run(replica: author.replica, n: author.n, chain: author.chain) }

  private var alarms: [CloneAlarm] { get throws { try world.parts.database.read { try Clones.alarms($0) } } }

  private func settle(_ agent: String = "depot") throws -> JSON {
    try world.hotline.settleClone(platform: "water", agent: agent, author: Author(name: "li", role: "operator"))
  }

  /// Rows that the hub's connection ever changed.
  private func writes() throws -> Int { try world.parts.database.write { try $0.count("SELECT total_changes()") } }

  private func isFork(_ result: Result<PushReply, any Error>) -> Bool {
    if case .failure(let problem as Problem) = result { problem.code == .fork } else { false }
  }

  // MARK: Seen

  @Test func aForkInAPushIsToldOnceHoweverOftenItIsSent() throws {
    try accepted([note("from the original", by: original)], by: original)
    let forked = [note("from the copy", by: copy), note("and on", by: copy)]
    let now = world.clock.now
    #expect(isFork(try push(forked, by: copy)))
    let told = CloneAlarm(
      platform: "water", agent: "depot", since: now, times: 1, sign: .fork, place: "\(copy.replica):2")
    #expect(try alarms == [told])
    world.clock.advance(60_000)
    let before = try writes()
    #expect(isFork(try push(forked, by: copy)))
    try hello(run(copy), Run(replica: copy.replica, n: 2, chain: .zero))
    #expect(try alarms == [told])
    #expect(try writes() == before)
  }

  @Test func nothingOfAForkedPushIsTakenButTheAlarm() throws {
    let held = note("from the original", by: original)
    try accepted([held], by: original)
    // Continues the run, with a chain value of another one.
    var broken = note("the third", by: original)
    broken.head.chain = .zero
    let changes = try world.parts.database.read { try $0.count("SELECT COUNT(*) FROM change") }
    let fine = note("the fourth", by: original)
    #expect(isFork(try push([held, broken, fine], by: original)))
    #expect(try world.parts.database.read { try $0.count("SELECT COUNT(*) FROM change") } == changes)
    #expect(try alarms.map(\.place) == ["\(original.replica):3"])
  }

  @Test(arguments: [false, true])
  func anotherChainValueInAGreetingOrAPollIsTold(polls: Bool) throws {
    try accepted([note("from the original", by: original)], by: original)
    _ = note("from the copy", by: copy)
    try polls ? pull(run(copy)) : hello(run(copy))
    #expect(try alarms.map(\.sign) == [.chain])
    #expect(try alarms.map(\.place) == ["\(copy.replica):2"])
  }

  @Test func aRunThatIsAheadOrBehindOrSomebodyElsesIsNoClone() throws {
    let before = run(original)
    try accepted([note("second", by: original)], by: original)
    try accepted([note("third", by: original)], by: original)
    _ = note("not sent yet", by: original)
    let gas = try FakeAuthor("gas")
    let stranger = Run(replica: gas.replica, n: 1, chain: .zero)
    let unheardOf = Run(replica: try FakeAuthor("water", seed: 9).replica, n: 4, chain: .zero)
    let writes = try writes()
    for run in [before, run(original), stranger, unheardOf] {
      try hello(run)
      try pull(run)
    }
    #expect(try alarms.isEmpty)
    // What is usual costs no commit.
    #expect(try self.writes() == writes)
    // These agents tell no time.
    let faults = try world.hotline.doctor().list("checks").filter { !$0.isTrue("ok") }.map { $0.text("name") }
    #expect(faults == ["clocks of the agents"])
  }

  @Test func aChangeThatWasWrittenAgainTellsOfACloneOfItsOwnPlatformOnly() throws {
    let later = try FakeAuthor("water", seed: 2)
    let foreign = Origin(dot: Dot(try FakeAuthor("gas").replica, 1), hash: .of([1]))
    try accepted([note("of another platform", by: later, replacing: foreign)], by: later)
    #expect(try alarms.isEmpty)
    let origin = Origin(dot: Dot(original.replica, 2), hash: .of([1]))
    let again = note("again", by: later, replacing: origin)
    try accepted([again], by: later)
    #expect(try alarms.map(\.sign) == [.origin])
    #expect(try alarms.map(\.place) == ["\(original.replica):2"])
    // What comes twice is no second sign, and what comes late none after the end.
    _ = try settle()
    try accepted([again], by: later)
    try accepted([note("too", by: later, replacing: Origin(dot: Dot(original.replica, 3), hash: .of([2])))], by: later)
    #expect(try alarms.isEmpty)
  }

  @Test func whoMakesSignsUpFillsNoTable() throws {
    try world.parts.database.write { db in
      for number in 0..<Clones.maxOpen + 5 {
        try Clones.note(CloneSight(serial: "\(number)"), of: depot.platform, agent: "depot", now: number, db)
      }
    }
    #expect(try alarms.map(\.times) == [Clones.maxOpen])
  }

  // MARK: Ended

  @Test func theAlarmEndsByCommandAndComesBackWithTheMachine() throws {
    #expect { try settle() } throws: { ($0 as? Problem)?.code == .illegalStep }
    #expect { try settle("nobody") } throws: { ($0 as? Problem)?.code == .notFound }
    try accepted([note("from the original", by: original)], by: original)
    let forked = [note("from the copy", by: copy)]
    try push(forked, by: copy)
    #expect(try settle()["signs"] == 1)
    #expect(try alarms.isEmpty)
    let who = try world.parts.database.read { db in
      try db.first("SELECT settled, settled_by FROM clone", []) { "\($0.int(0)) \($0.text(1))" }
    }
    #expect(who == "\(world.clock.now) operator li")
    #expect { try settle() } throws: { ($0 as? Problem)?.code == .illegalStep }
    try push(forked, by: copy)
    #expect(try alarms.map(\.times) == [2])
  }

  @Test func theAlarmEndsWhereTheAgentIsRevokedAndEnrolledAnew() async throws {
    try accepted([note("from the original", by: original)], by: original)
    let forked = [note("from the copy", by: copy)]
    func enrol() async throws {
      let token = try world.hotline.createToken(platform: "water", agent: "depot", lifeSeconds: nil)
      _ = try await world.parts.registry.enroll(
        token: try token.string("token"), csr: try request(key: .init(P256.Signing.PrivateKey())), agent: nil)
    }
    try await enrol()
    try push(forked, by: copy)
    #expect(try alarms.count == 1)
    // Another certificate beside the old one ends nothing.
    try await enrol()
    #expect(try alarms.count == 1)
    _ = try world.hotline.revokeAgent(platform: "water", agent: "depot", reason: "cloned")
    #expect(try alarms.count == 1)
    try await enrol()
    #expect(try alarms.isEmpty)
    // The machine that goes on may be the one whose run parted: its certificate is its own now.
    try push(forked, by: copy)
    try hello(run(copy))
    #expect(try alarms.isEmpty)
  }

  // MARK: Certificates

  @Test func aCertificateThatGoesOnBesideItsRenewalIsTold() async throws {
    let registry = world.parts.registry
    let key = P256.Signing.PrivateKey()
    let csr = try request(key: .init(key))
    func peer(_ answer: JSON) throws -> PeerIdentity {
      try PeerIdentity(certificate: Certificate(pemEncoded: try answer.string("certificate")))
    }
    let token = try world.hotline.createToken(platform: "water", agent: "depot", lifeSeconds: nil)
    let old = try peer(
      try await registry.enroll(token: try token.string("token"), csr: csr, agent: nil))
    _ = try registry.authorize(old)
    world.clock.advance(1_000)
    let new = try peer(try await registry.renew(old, csr: csr))
    world.clock.advance(AgentRegistry.changeOverMilliseconds * 2)
    // The answer to the renewal may have been lost: as long as nobody uses the new one, the old one is the only one.
    _ = try registry.authorize(old)
    #expect(try alarms.isEmpty)
    _ = try registry.authorize(new)
    world.clock.advance(AgentRegistry.changeOverMilliseconds - 1)
    // A poll that was under way.
    _ = try registry.authorize(old)
    #expect(try alarms.isEmpty)
    world.clock.advance(2_000)
    let writes = try writes()
    _ = try registry.authorize(new)
    #expect(try self.writes() == writes)
    #expect(try alarms.isEmpty)
    _ = try registry.authorize(old)
    #expect(try alarms.map(\.sign) == [.certificate])
    #expect(try alarms.map(\.place) == [old.serialHex])
    let told = try alarms
    world.clock.advance(5_000)
    _ = try registry.authorize(old)
    #expect(try alarms == told)
  }
}
