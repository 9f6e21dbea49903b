// `kills`: real processes under load on a bad network are killed again and again, and then held against the bench's own ledger. What
// the load does is KillLoad's, what the network does Weather's, what is compared Checker's.

import ArgumentParser
import Core
import Foundation
import Shell

struct KillsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "kills",
    abstract: "Kill hub and agents under load on a bad network, and prove that nothing is lost, doubled or different.",
    discussion: """
      Starts a hub and some agents as processes with a proxy between them that drops, delays, cuts, half-opens and throttles; \
      lets operators and crews work; and kills an agent, the hub or both at random moments, starting them again at once. Then \
      the network heals, everyone syncs, and every acknowledged command must be found at its author and at the hub, once, and \
      every state with the same bytes. The report is in .build/kills/report.json and adds up over runs. The status is 0 only \
      if the proof holds.

      EXAMPLES:
        lianxin-bench kills --count 200
        lianxin-bench kills --count 20 --seed 7 --keep
        lianxin-bench kills --count 2 --sabotage lost
      """)

  @Option(help: ArgumentHelp("How many SIGKILLs.", valueName: "number")) var count = 200
  @Option(help: ArgumentHelp("How many agents, each of a platform of its own.", valueName: "number")) var agents = 4
  @Option(help: ArgumentHelp("The same seed makes the same choices; without it, the time's.", valueName: "number"))
  var seed: Int?
  @Flag(help: "Leave the run's databases and logs; they stay in any case where the proof fails.") var keep = false
  @Option(
    help: ArgumentHelp("Where report.json and the run's data lie. Keep it short, sockets are in it.", valueName: "dir"))
  var directory = ".build/kills"

  @Option(
    help: ArgumentHelp(
      "Break one thing behind the product's back before the proof, to see that it is found; such a run is in no report.",
      valueName: Sabotage.allCases.map(\.rawValue).joined(separator: "|")))
  var sabotage: Sabotage?

  /// Short waits: an outage of seconds has many tries in it, and a dead poll is given up within the run.
  private static let settings = [
    "LIANXIN_AGENT_PULL_WAIT": "2s", "LIANXIN_AGENT_RETRY_FIRST": "20ms", "LIANXIN_AGENT_RETRY_MAX": "400ms",
    "LIANXIN_AGENT_RETRY_OPERATOR": "1s",
  ]

  private var world: String { "\(directory)/run" }

  func validate() throws {
    guard count > 0 else { throw ValidationError("--count is a number from 1.") }
    guard (1...99).contains(agents) else { throw ValidationError("--agents is a number from 1 to 99.") }
    guard "\(world)/agents/platform99/agent.sock".utf8.count <= CurlClient.maxSocketPathBytes else {
      throw ValidationError(
        "--directory is too long: a socket's path has at most \(CurlClient.maxSocketPathBytes) bytes.")
    }
  }

  func run() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    let seed = seed ?? Int(Date().timeIntervalSince1970) % 1_000_000
    let binaries = (CommandLine.arguments[0] as NSString).deletingLastPathComponent
    let agencies = (1...agents).map {
      Agency(code: "\($0)", slug: "platform\($0)", name: "Platform \($0)", sectors: ["road"])
    }
    let world = try World(
      directory: world, binaries: binaries.isEmpty ? "." : binaries, agencies: agencies,
      environment: KillsCommand.settings)
    let interrupts = [SIGINT, SIGTERM].map { DemoCommand.onSignal($0, world) }
    defer { for interrupt in interrupts { interrupt.cancel() } }
    let replay = "\(CommandLine.arguments[0]) kills --count \(count) --agents \(agents) --seed \(seed)"
    Terminal.write("kills: \(count) with \(agents) agents, seed \(seed)\n", to: STDERR_FILENO)
    do {
      var report = try play(world, seed: seed)
      report.seconds = start.duration(to: clock.now) / .seconds(1)
      if sabotage == nil { try report.publish("\(directory)/report.json") }
      report.show()
      let failed = try world.stopAll()
      guard failed.isEmpty else { throw CommandFailure("did not end cleanly: \(failed.joined(separator: ", "))") }
      try world.proxy.stop()
      guard report.verdict.isProof else {
        throw CommandFailure(
          "the proof failed", remedy: "see above, and the ledger, databases and logs in \(self.world); again: \(replay)"
        )
      }
    } catch {
      world.killAll()
      Terminal.write("seed \(seed); again: \(replay)\n", to: STDERR_FILENO)
      throw error
    }
    if !keep { try FileManager.default.removeItem(atPath: self.world) }
  }

  private func play(_ world: World, seed: Int) throws -> KillsReport {
    let desk = Desk(world, try Ledger(path: "\(self.world)/ledger.jsonl"))
    let script = Script(world, desk, orders: 0, seed: seed)
    try world.makeHub()
    for agency in world.agencies {
      _ = try world.demand(.hub, ["platform", "add", agency.slug, "--sectors", "road"])
      try world.enrol(agency)
      try world.start(.agent(agency.slug))
    }
    let weathers = world.agencies.enumerated().map { index, agency in
      let weather = Weather(seed: seed &+ 100 + index)
      world.proxy.line(agency.slug).set(.stormy(weather))
      return weather
    }
    let load = KillLoad(desk, seed: seed)
    load.start()
    var killer = Killer(world: world, load: load, seed: seed)
    try killer.run(count) { done in
      let faults = weathers.reduce(0) { $0 + $1.counts.faults }
      return "\(done) kills, \(desk.ledger.edits.count) acknowledged, \(faults) faults"
    }
    try load.stop()
    let underWay = try script.remaining()
    for agency in world.agencies { world.proxy.line(agency.slug).set(.open) }
    try script.waitUntilEqual("everyone syncs")
    if let sabotage { try commit(sabotage, desk, script) }

    var checker = Checker(desk, charges: script.charges())
    var verdict = try checker.check()
    verdict.doubled += try KillsCommand.repeatedRequests(desk)
    verdict.diverged += try world.sides.compactMap { side in
      let doctor = try world.commandLine(side, ["doctor"])
      return doctor.status == 0 ? nil : "\(side.name): doctor says \(String(decoding: doctor.output, as: UTF8.self))"
    }
    var faults = Weather.Counts()
    for weather in weathers { faults.add(weather.counts) }
    return KillsReport(
      seed: seed, agentKills: killer.agentKills, hubKills: killer.hubKills, acknowledged: desk.ledger.edits.count,
      underWay: underWay, counts: desk.ledger.counts, faults: faults, verdict: verdict)
  }

  /// After a note that it can be done to, however short the run was.
  private func commit(_ sabotage: Sabotage, _ desk: Desk, _ script: Script) throws {
    if case .recorded(let order, _) = try desk.perform(
      desk.world.agents[0], nil, { .create("\($0) reported at the depot", sector: "road") })
    {
      try desk.perform(desk.world.agents[0], order) { .note("\($0) to be broken") }
    }
    try script.waitUntilEqual("everyone syncs")
    Terminal.write("sabotage: \(try sabotage.commit(desk))\n", to: STDERR_FILENO)
  }

  /// Request ids under which the hub's log has more than one change.
  private static func repeatedRequests(_ desk: Desk) throws -> [String] {
    var counts: [String: Int] = [:]
    for row in try desk.all(.hub, "changes") {
      guard let line = row["line"]?.asString else { continue }
      if let request = try JSON(parsing: Array(line.utf8))["request"]?.asString { counts[request, default: 0] += 1 }
    }
    return counts.filter { $0.value > 1 }.map { "the request \($0.key) has \($0.value) changes" }.sorted()
  }
}

/// Kills and starts again, at moments that the seed chooses.
private struct Killer {
  let world: World
  let load: KillLoad
  private var random: SeededRandom
  private(set) var agentKills = 0
  private(set) var hubKills = 0

  init(world: World, load: KillLoad, seed: Int) {
    self.world = world
    self.load = load
    random = SeededRandom(seed: seed)
  }

  mutating func run(_ count: Int, _ describe: (Int) -> String) throws {
    let bar = ProgressBar("kills", total: count)
    while agentKills + hubKills < count {
      Thread.sleep(forTimeInterval: .random(in: 0.1...1.3, using: &random))
      try load.check()
      let agent = world.agents.randomElement(using: &random) ?? .hub
      let choice = Int.random(in: 0..<100, using: &random)
      let sides: [Side] =
        choice < 50 ? [agent] : choice < 85 || agentKills + hubKills + 1 == count ? [.hub] : [agent, .hub]
      for side in sides { note(side) }
      try Workers.each(sides) { [world] side in try world.kill(side) }
      // In one of six cases recovery itself is killed too, once or twice.
      if Int.random(in: 0..<6, using: &random) == 0, let side = sides.first {
        for _ in 0..<Int.random(in: 1...2, using: &random) where agentKills + hubKills < count {
          note(side)
          try world.killAtStart(side, after: .random(in: 0.005...0.2, using: &random))
        }
      }
      try Workers.each(sides) { [world] side in try world.start(side) }
      bar.update(agentKills + hubKills, note: describe(agentKills + hubKills))
    }
    bar.finish()
  }

  private mutating func note(_ side: Side) { if side == .hub { hubKills += 1 } else { agentKills += 1 } }
}
