// The demonstration's story up to the cut: import, delivery, crews at work, and the first two kills. The cut is ScriptCut's, what
// comes after the heal ScriptFinish's.

import Core
import Foundation
import Shell

/// A small generator, so that a run with the same seed makes the same choices.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: Int) { state = UInt64(bitPattern: Int64(seed)) &+ 0x9E37_79B9_7F4A_7C15 }

  /// SplitMix64 (Steele, Lea, Flood 2014).
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// An order, and the platform that has it.
struct Charge: Sendable, Hashable {
  let platform: String
  let order: String
  var agent: Side { .agent(platform) }
}

/// What the run measured on its way.
struct Measures: Sendable {
  var cutSeconds = 0.0
  var healSeconds = 0.0
  /// Orders that both sides edited while they were apart.
  var editedOnBothSides = 0
  /// Orders of which both sides wrote the same register while they were apart.
  var sameRegister = 0
  /// The hub's `/v1/conflicts` right after the heal, before anyone settled anything.
  var conflictsAtHeal: JSON = .object([])
}

struct Script {
  typealias Job = @Sendable () throws -> Void

  static let data = "Examples/nyc311/nyc311-2011.csv"
  static let mapping = "Examples/nyc311/mapping.yaml"
  /// The volume, from which on the story's numbers are demanded.
  static let fullVolume = 2_000

  let world: World
  let desk: Desk
  let ledger: Ledger
  let orders: Int
  var random: SeededRandom
  var measures = Measures()
  /// What the import dispatched, by platform.
  var imported: [String: [String]] = [:]
  /// Orders that no crew has touched.
  private(set) var untouched: Set<Charge> = []

  init(_ world: World, _ desk: Desk, orders: Int, seed: Int) {
    self.world = world
    self.desk = desk
    ledger = desk.ledger
    self.orders = orders
    random = SeededRandom(seed: seed)
  }

  var isFull: Bool { orders >= Script.fullVolume }

  /// A number of the full volume, for this volume.
  func share(_ count: Int) -> Int { isFull ? count : max(1, count * orders / Script.fullVolume) }

  /// Platforms by the number of their orders, the largest first.
  var bySize: [String] {
    world.agencies.map(\.slug).sorted { (imported[$0]?.count ?? 0, $1) > (imported[$1]?.count ?? 0, $0) }
  }

  /// Every charge that was ever given, by the driver's own record.
  func charges() -> Set<Charge> {
    var all = Set(imported.flatMap { platform, orders in orders.map { Charge(platform: platform, order: $0) } })
    for edit in ledger.edits {
      switch (edit.step.what, edit.side) {
      case ("create", .agent(let platform)): all.insert(Charge(platform: platform, order: edit.order))
      case ("dispatch", .hub):
        if let platform = edit.step.fields.first(where: { $0.0 == "platform" })?.1.asString {
          all.insert(Charge(platform: platform, order: edit.order))
        }
      default: break
      }
    }
    return all
  }

  // MARK: Import

  /// By the real command line, held against the file itself; then waits until every agent has its orders.
  mutating func importOrders() throws {
    let finished = try world.demand(
      .hub,
      [
        "import", Script.data, "--mapping", Script.mapping, "--dispatch", "--limit", "\(orders)", "--author",
        "importer", "--json",
      ])
    let summary = try JSON(parsing: finished.output)
    let expected = try expectedPerPlatform()
    let total = expected.values.reduce(0, +)
    guard summary["created"] == .int(total), summary["dispatched"] == .int(total) else {
      throw CommandFailure("the import took other rows than the file has: \(finished.errors)")
    }
    for agency in world.agencies {
      let list = try desk.all(.hub, "orders", query: [("platform", agency.slug)]).compactMap { $0["id"]?.asString }
      guard list.count == expected[agency.code, default: 0] else {
        throw CommandFailure(
          "\(agency.slug) has \(list.count) orders, and the file \(expected[agency.code, default: 0])")
      }
      imported[agency.slug] = list
    }
    try waitUntilEqual("delivery")
  }

  /// Rows by agency, read from the file without the product's reader. The agency is the fourth column; no earlier one has quotes.
  private func expectedPerPlatform() throws -> [String: Int] {
    let text = try String(contentsOfFile: Script.data, encoding: .utf8)
    var counts: [String: Int] = [:]
    for line in text.split(separator: "\n").dropFirst().prefix(orders) {
      let columns = line.split(separator: ",", maxSplits: 4, omittingEmptySubsequences: false)
      if columns.count > 3 { counts[String(columns[3]), default: 0] += 1 }
    }
    return counts
  }

  // MARK: Work

  /// Crews accept and progress while operators urge and note; in the middle the hub is killed.
  mutating func work() throws {
    var jobs: [Job] = []
    let desk = desk
    for (platform, orders) in imported.sorted(by: { $0.key < $1.key }) {
      for (index, order) in orders.enumerated() {
        let charge = Charge(platform: platform, order: order)
        // One in twelve waits for the crews' second half of the day.
        if index % 12 == 11 {
          untouched.insert(charge)
          continue
        }
        jobs.append {
          try desk.perform(charge.agent, order, byCommandLine: index == 0) { _ in .accept }
          if index % 3 == 0 { try desk.perform(charge.agent, order) { _ in .progress("working") } }
          if index % 3 == 1 { try desk.perform(charge.agent, order) { _ in .progress("enRoute") } }
          if index % 10 == 3 {
            try desk.perform(charge.agent, order, byCommandLine: index == 3) { .note("\($0) 已到现场，正在处理") }
          }
        }
        if index % 20 == 5 { jobs.append { try desk.perform(.hub, order) { .urge("\($0) due soon") } } }
        if index % 20 == 7 { jobs.append { try desk.perform(.hub, order) { .note("\($0) the caller rang again") } } }
      }
    }
    jobs.shuffle(using: &random)
    let world = world
    try Workers.run("crews at work", jobs) {
      try world.kill(.hub)
      try world.start(.hub)
    }
  }

  /// Kills the agent while the hub's answer to its push is under way: the hub has the changes, and the agent does not know.
  mutating func killAgentAwaitingReply(_ platform: String) throws {
    let side = Side.agent(platform)
    let line = world.proxy.line(platform)
    let desk = desk
    line.set(.holdingReplies)
    let before = ledger.edits.count
    let some = (imported[platform] ?? []).prefix(40)
    try Workers.run(
      "\(platform) writes while a reply is held",
      some.map { order in
        { try desk.perform(side, order) { .note("\($0) written before the kill") } }
      })
    try wait("no push of \(platform) came under way") {
      line.counts.heldReplyBytes > 0 && line.counts.passedRequestBytes > 0
    }
    try killHolding(side, line)
    for edit in ledger.edits[before...] where edit.side == side { try desk.again(edit) }
  }

  /// Demands that there is something to lose, kills, and starts again over an open line.
  func killHolding(_ side: Side, _ line: ProxyLine) throws {
    let status = try desk.get(side, "/v1/status")
    let held = status["orders"]?["total"]?.asInt ?? 0
    let outbox = status["outbox"]?["depth"]?.asInt ?? 0
    guard outbox > 0, held >= share(100) else {
      throw CommandFailure(
        "\(side.name) holds \(held) orders and \(outbox) unsent changes: its kill would show nothing")
    }
    try world.kill(side)
    line.set(.open)
    try world.start(side)
  }

  // MARK: Waiting

  /// Waits until every agent is online, has sent everything and is where its feed ends.
  func waitUntilEqual(_ title: String) throws {
    var most = 0
    let bar = ProgressBar(title, total: 0)
    try wait("the agents do not catch up with the hub", seconds: 120) {
      let left = try remaining()
      most = max(most, left)
      bar.update(most - left, total: most)
      return left == 0
    }
    bar.finish()
  }

  /// Changes that are on their way in either direction, and one for each agent that is not online.
  func remaining() throws -> Int {
    let status = try desk.get(.hub, "/v1/status")
    let heads = Dictionary(
      (status["platforms"]?.asArray ?? []).map { ($0["name"]?.asString ?? "", $0["head"]?.asInt ?? 0) }
    ) { $1 }
    return try world.agents.reduce(0) { sum, side in
      let status = try desk.get(side, "/v1/status")
      let isOnline = status["link"]?["state"] == "online"
      let behind = max(0, heads[side.name, default: 0] - (status["cursor"]?["position"]?.asInt ?? 0))
      return sum + (status["outbox"]?["depth"]?.asInt ?? 0) + behind + (isOnline ? 0 : 1)
    }
  }

  /// Polls; a bounded wait for what the processes do by themselves.
  func wait(_ failure: String, seconds: Double = 20, until isReached: () throws -> Bool) throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while try !isReached() {
      guard clock.now < end else { throw CommandFailure(failure, remedy: "see the logs in \(world.directory)/logs") }
      Thread.sleep(forTimeInterval: 0.02)
    }
  }
}
