// One simulated world: its hubs, agents, network, time and faults, and what was found wrong with it. A world is made of a plan and
// lives on one thread.

import Core
import Crypto
import Foundation
import Logging
import Synchronization

@testable import Agent
@testable import Hub

/// Something that must never be.
struct Violation: Error, Sendable, CustomStringConvertible {
  /// The invariant of FAULTS.md, or the row of its matrix.
  let rule: String
  let detail: String
  var description: String { "\(rule): \(detail)" }
}

final class World {
  /// Wall time at which every world begins, milliseconds.
  static let epoch = 1_764_000_000_000
  /// Everything from scratch after so many events.
  private static let deepEvery = 200
  /// More events than any world needs that comes to rest.
  private static let maxEvents = 60_000

  let plan: Plan
  let label: String
  let directory: String
  let timeline = Timeline()
  let trace = Trace()
  let logger: Logger
  let authority: CertificateAuthority
  let ledger: Ledger
  var random: SimRandom
  private(set) var hubs: [HubNode] = []
  private(set) var agents: [AgentNode] = []
  /// Agents that were revoked and are enrolled no more; their machines go on calling.
  private(set) var expelled: [AgentNode] = []
  /// Machines that came later.
  var joined = 0
  /// How many machines were copied while they ran.
  var clones = 0
  private(set) var store: HubStore!
  private(set) var network: Network!
  private(set) var model: Model!
  private(set) var checker: Checker!
  var citizens: Citizens!
  var damage: Damage!
  var operators: Operators!
  var crews: Crews!
  var script: FaultScript!
  var byzantine: Byzantine?
  private(set) var platformNames: [PlatformName]
  /// False once the faults have stopped.
  var isFaulty = true
  private(set) var violations: [Violation] = []
  private(set) var faults: [Fault: Int] = [:]
  private(set) var reached: [Rare: Int] = [:]
  private var serials = 0
  /// How often the hub went back to a backup.
  var hubRollbacks = 0
  var isLostRoundPlanned = false
  /// Up to where each platform's feed is cut in the store.
  var feedCuts: [PlatformName: Int] = [:]

  init(_ plan: Plan, grounds: Grounds) throws {
    self.plan = plan
    label = "\(plan.seed)-\(grounds.nextWorld())"
    directory = grounds.directory + "/" + label
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    authority = grounds.authority
    ledger = try Ledger(path: directory + "/ledger")
    var quiet = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }
    quiet.logLevel = .critical
    logger = quiet
    random = SimRandom(seed: plan.seed &+ 1)
    let names = ["water", "gas", "heat", "power", "transit", "drainage", "lighting", "road", "rail", "housing"]
    platformNames = try plan.platforms.indices.map { index in
      try PlatformName(index < names.count ? names[index] : "sector\(index)")
    }
    citizens = Citizens(world: self)
    damage = Damage(world: self)
    store = HubStore(world: self, name: label + "-hub")
    model = Model(world: self)
    checker = Checker(world: self)
    network = Network(world: self, random: random.split())
    hubs = (0..<plan.hubs).map { HubNode(index: $0, world: self, random: random.split()) }
    try store.open()
    for hub in hubs { try hub.start() }
    for platform in platformNames {
      _ = try hubs[0].operate { try $0.addPlatform(name: platform.text, displayName: nil, sectors: []) }
    }
    for (index, count) in plan.platforms.enumerated() {
      for number in 1...count {
        let name = "\(platformNames[index])-\(number)"
        let peer = try enrol(platformNames[index], name)
        agents.append(
          AgentNode(name: name, platform: platformNames[index], peer: peer, world: self, random: random.split()))
      }
    }
    operators = Operators(world: self, random: random.split())
    crews = Crews(world: self, random: random.split())
    script = FaultScript(world: self, random: random.split())
    if plan.has(.byzantine) { byzantine = try Byzantine(world: self, random: random.split()) }
    for agent in agents { agent.start() }
  }

  /// Ends the world and takes its disks away.
  func end() {
    for agent in agents + expelled {
      agent.stop()
      agent.disk.remove()
    }
    for hub in hubs { hub.die("the end") }
    store.close()
    store.disk.remove()
    timeline.end()
    try? FileManager.default.removeItem(atPath: directory)  // a leftover in the temporary folder harms nobody
  }

  /// A certificate of `name`, known to the hub.
  func enrol(_ platform: PlatformName, _ name: String, lifeDays: Int = 400) throws -> PeerIdentity {
    serials += 1
    let serial = String(serials, radix: 16)
    let notAfter = World.epoch + timeline.now + lifeDays * 86_400_000
    let now = World.epoch + timeline.now
    try ledger.append(
      .issued(
        serial: serial, platform: platform, agent: name, publicKeyHash: .zero,
        notAfter: Date(timeIntervalSince1970: Double(notAfter / 1_000)), token: nil,
        at: Date(timeIntervalSince1970: Double(now / 1_000))))
    _ = try hubs.first(where: \.isUp)?.operate { hotline in
      try hotline.writer.perform { transaction in
        try transaction.db.execute(
          """
          INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ($1, $2, $3, 0)
          ON CONFLICT (platform, agent) DO UPDATE SET enrolled = excluded.enrolled, revoked = NULL
          """, [.text(platform.text), .text(name), .integer(now)])
        try transaction.db.execute(
          "INSERT INTO certificate (platform, serial, agent, key_hash, pem, issued, not_after) VALUES ($1,$2,$3,$4,$5,$6,$7)",
          [
            .text(platform.text), .text(serial), .text(name), .text(serial), .text(""), .integer(now),
            .integer(notAfter),
          ])
      }
    }
    return PeerIdentity(
      platform: platform, agent: name, serialHex: serial, notBefore: Date(timeIntervalSince1970: 0),
      notAfter: Date(timeIntervalSince1970: Double(notAfter) / 1_000), publicKeyHash: .zero)
  }

  /// A machine more.
  func join(_ agent: AgentNode) { agents.append(agent) }

  /// A platform more.
  func join(_ platform: PlatformName) { platformNames.append(platform) }

  /// A machine less: what it holds counts for nothing any more.
  func expel(_ agent: AgentNode) {
    agents.removeAll { $0 === agent }
    expelled.append(agent)
  }

  // MARK: What happens

  /// Runs events until `end`, or until something is wrong.
  func run(until end: Int) {
    while violations.isEmpty, timeline.step(before: end) {
      if store.disk.hasCrashed { storeDied() }
      if timeline.count % World.deepEvery == 0 { checkWhole() }
      if timeline.count > World.maxEvents {
        violation("I-18", "the world does not come to rest: \(timeline.count) events")
      }
    }
    timeline.pass(to: end)
  }

  /// A crash that was planned at a call of the hubs' store has come.
  private func storeDied() {
    count(plan.hubs == 1 ? .hubCrash : .storeCrash)
    store.crash(seed: random.next())
    timeline.after(500 + random.below(30_000)) { [self] in restartHubs() }
  }

  func restartHubs() {
    do {
      if store.database == nil {
        try store.open()
        if let database = store.database { try noteForgotten(database) }
      }
      for hub in hubs { try hub.start() }
      try citizens.recall(ledger.replay())
      if let database = store.database { checker.checkWholeHub(database) }
      if model.mustNoteLost { model.noteLost(checker) }
    } catch {
      guard isFaulty else { return violation("I-2", "the hub cannot open its database: \(error)") }
      note("the hub cannot start: \(error)")
      store.crash(seed: random.next())
      timeline.after(2_000) { [self] in restartHubs() }
    }
  }

  /// A hub has committed: what it moved is looked at, and the other hubs are told, as a database server would.
  func hubCommitted(_ hub: HubNode) {
    if store.disk.hasCrashed { return }
    if hub.process?.parts.writer.failed != nil { return hubFailed(hub) }
    guard let database = store.database else { return }
    checker.hubMoved(database)
    planLostRound(database)
    for other in hubs where other !== hub && other.isUp && !random.chance(isFaulty ? 0.2 : 0) {
      timeline.after(random.below(50)) { [self] in other.process?.parts.signals.grew(Set(platformNames)) }
    }
  }

  /// The hub met a disk that failed: its process must end.
  private func hubFailed(_ hub: HubNode) {
    store.disk.heal()
    store.crash(seed: random.next())
    timeline.after(1_000 + random.below(20_000)) { [self] in restartHubs() }
  }

  func checkWhole() {
    if let database = store.database, !store.disk.hasCrashed { checker.checkWholeHub(database) }
    for agent in agents { if let process = agent.process { checker.checkWhole(agent, process.store) } }
  }

  func canonical(_ order: OrderID) throws -> [UInt8]? {
    try hubs.first(where: \.isUp)?.process?.parts.hotline.canonical(order)
  }

  /// No hub's clock has been wrong so far.
  var hubClocksAreRight: Bool { faults[.hubClockJump] == nil }

  /// True where the hub knows no certificate of the agent that counts.
  func isRevoked(_ agent: AgentNode) -> Bool {
    let revoked = try? store.database?.read { db in
      try db.count(
        "SELECT COUNT(*) FROM certificate WHERE serial = $1 AND revoked IS NOT NULL", [.text(agent.peer.serialHex)])
    }
    return (revoked ?? 0) > 0
  }

  func isCrashing(_ place: String) -> Bool {
    place == "hub" ? store.disk.hasCrashed : agents.first { $0.name == place }?.disk.hasCrashed ?? false
  }

  // MARK: Notes

  func note(_ text: String) {
    // A path names the world, which is another one when the seed is run again.
    trace.note(timeline.now, text.contains(label) ? text.replacing(label, with: "world") : text)
  }

  func violation(_ rule: String, _ detail: String) {
    note("VIOLATION \(rule): \(detail)")
    violations.append(Violation(rule: rule, detail: detail))
  }

  func count(_ fault: Fault) {
    faults[fault, default: 0] += 1
    note("fault \(fault.rawValue)")
  }

  /// A rare state was reached.
  func sometimes(_ what: Rare) { reached[what, default: 0] += 1 }

  /// Whether `fault` strikes now; counts it where it does.
  func strikes(_ fault: Fault, _ probability: Double, _ random: inout SimRandom) -> Bool {
    guard isFaulty, plan.has(fault), random.chance(probability * plan.intensity) else { return false }
    count(fault)
    return true
  }
}

/// What all worlds of a process share: a folder for lock files and an authority, which costs too much to make for each.
final class Grounds {
  let directory: String
  let authority: CertificateAuthority
  /// Worlds of this process: their disks are known to all of it by name.
  private static let worlds = Atomic<Int>(0)

  init() throws {
    directory = NSTemporaryDirectory() + "lianxin-simulation-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    var generator = SystemRandomNumberGenerator()
    authority = try CertificateAuthority.create(
      in: KeyDirectory(path: directory + "/keys"), name: "simulation", now: Date(), using: &generator)
  }

  func nextWorld() -> Int { Grounds.worlds.add(1, ordering: .relaxed).newValue }

  deinit { try? FileManager.default.removeItem(atPath: directory) }  // a leftover harms nobody
}
