// `demo`: the handling loop end to end on real requests, phase by phase, and its proof.

import ArgumentParser
import Core
import Foundation
import Shell

struct DemoCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "demo",
    abstract: "Run the handling loop on New York's requests, with cuts and kills, and prove the result.",
    discussion: """
      Starts a hub and one agent for each of 13 agencies as processes, imports and dispatches the requests, lets crews and \
      operators work, cuts the network in the middle, kills processes, heals, and holds every database against its own ledger. \
      Run it in the repository's root. The status is 0 only if nothing is lost, doubled or different.

      EXAMPLES:
        lianxin-bench demo
        lianxin-bench demo --keep
        lianxin-bench demo --stop
      """)

  @Flag(help: "Leave hub and agents running at the end, and say how to look around.") var keep = false
  @Flag(help: "Stop what an earlier run with --keep left running, and do nothing else.") var stop = false
  @Option(help: ArgumentHelp("How many requests, from the file's first.", valueName: "count")) var orders = Script
    .fullVolume
  @Option(help: ArgumentHelp("The same seed makes the same choices.", valueName: "number")) var seed = 1
  @Option(
    help: ArgumentHelp(
      "Where the run's data lie; made anew each time. Keep it short, sockets are in it.", valueName: "dir"))
  var directory = ".build/demo"

  @Option(
    help: ArgumentHelp(
      "Break one thing behind the product's back before the proof, to see that it is found.",
      valueName: Sabotage.allCases.map(\.rawValue).joined(separator: "|")))
  var sabotage: Sabotage?

  func validate() throws {
    guard orders > 0 else { throw ValidationError("--orders is a number from 1.") }
    let longest = "\(directory)/agents/nycem/agent.sock"
    guard longest.utf8.count <= CurlClient.maxSocketPathBytes else {
      throw ValidationError(
        "--directory is too long: a socket's path has at most \(CurlClient.maxSocketPathBytes) bytes.")
    }
  }

  func run() async throws {
    if stop { return print("Stopped \(World.stopPrevious(directory)) processes.") }
    let clock = ContinuousClock()
    let start = clock.now
    let binaries = (CommandLine.arguments[0] as NSString).deletingLastPathComponent
    let world = try World(
      directory: directory, binaries: binaries.isEmpty ? "." : binaries,
      agencies: try Agency.read(mapping: Script.mapping))
    let interrupts = [SIGINT, SIGTERM].map { DemoCommand.onSignal($0, world) }
    defer { for interrupt in interrupts { interrupt.cancel() } }
    let verdict: Verdict
    do {
      verdict = try play(world)
    } catch {
      world.killAll()
      throw error
    }
    if keep {
      try leaveRunning(world)
    } else {
      let failed = try world.stopAll()
      guard failed.isEmpty else { throw CommandFailure("did not end cleanly: \(failed.joined(separator: ", "))") }
    }
    try world.proxy.stop()
    print("\nThe demonstration took \(Int(start.duration(to: clock.now) / .seconds(1))) s.")
    guard verdict.isProof else {
      throw CommandFailure("the proof failed", remedy: "see above, and the logs in \(directory)/logs")
    }
  }

  // MARK: The phases

  private func play(_ world: World) throws -> Verdict {
    let desk = Desk(world, try Ledger(path: "\(directory)/ledger.jsonl"))
    var script = Script(world, desk, orders: orders, seed: seed)
    let clock = ContinuousClock()

    heading(1, "A hub and \(world.agencies.count) agents, over TLS on loopback")
    try world.makeHub()
    for agency in world.agencies {
      _ = try world.demand(
        .hub,
        [
          "platform", "add", agency.slug, "--display-name", agency.name, "--sectors",
          agency.sectors.joined(separator: ","),
        ])
    }
    try Workers.each(world.agencies) { agency in
      try world.enrol(agency)
      try world.start(.agent(agency.slug))
    }
    say("enrolled with one-time tokens, each agent on a line of its own through the proxy")

    heading(2, "Import and dispatch")
    try script.importOrders()
    say("\(script.imported.values.reduce(0) { $0 + $1.count }) requests imported, dispatched and delivered")

    heading(3, "Crews at work; the hub is killed among them, and \(script.bySize[1]) with a push in flight")
    try script.work()
    try script.waitUntilEqual("catching up")
    try script.killAgentAwaitingReply(script.bySize[1])
    try script.waitUntilEqual("catching up")
    say("\(script.ledger.edits.count) edits recorded, \(world.kills) kills")

    let platforms = script.cutPlatforms
    heading(4, "The network is cut for \(platforms.joined(separator: ", "))")
    let cutAt = clock.now
    try script.cut(platforms)
    try script.workApart(platforms)
    try script.demandEnough()
    say(
      "\(script.measures.editedOnBothSides) orders edited on both sides, \(script.measures.sameRegister) in the same register;"
        + " the hub was killed once more")

    heading(5, "The link heals; \(platforms[0]) is killed in its first push")
    let healAt = clock.now
    script.measures.cutSeconds = cutAt.duration(to: healAt) / .seconds(1)
    try script.heal(platforms)
    script.measures.healSeconds = healAt.duration(to: clock.now) / .seconds(1)
    say(String(format: "everyone equal after %.1f s", script.measures.healSeconds))
    try script.demandContradictions()

    heading(6, "Operators answer, crews finish, citizens are called back")
    try script.finish()
    say("\(script.ledger.edits.count) edits recorded in all")

    heading(7, "Proof")
    if let sabotage { say("sabotage: \(try sabotage.commit(desk))") }
    var checker = Checker(desk, charges: script.charges())
    let verdict = try checker.check()
    try Report(world: world, desk: desk, measures: script.measures, verdict: verdict).publish()
    return verdict
  }

  private func heading(_ number: Int, _ text: String) {
    Terminal.write("\n" + Style.standardOutput.paint("\(number)  \(text)", .bold) + "\n")
  }

  private func say(_ text: String) { Terminal.write("   \(text)\n") }

  // MARK: Its end

  /// The proxy ends with this process: the agents go on without it.
  private func leaveRunning(_ world: World) throws {
    try Workers.each(world.agents) { side in
      try world.stop(side)
      try world.start(side, direct: true)
    }
    // Good for signing in once: whoever does chooses a password then.
    let user = try JSON(
      parsing: world.demand(.hub, ["user", "add", "demo", "--role", "administrator", "--json"]).output)
    let agent = World.shown(world.program(.agent("nypd")), world.data(.agent("nypd")))
    let hub = World.shown(world.program(.hub), world.data(.hub))
    Terminal.write(
      """

      Hub and agents are running. Look around with
        \(hub("status"))
        \(hub("orders list --status closed --limit 5"))
        \(hub("conflicts list"))
        \(agent("status"))
        \(agent("orders list --open"))
        \(agent("conflicts"))
      or in a browser at
        \(try world.consoleAddress())
        user demo, password \(try user.string("oneTimePassword")): it is good for signing in once; you choose your own then.
        The hub's authority vouches for the address, which no browser knows: \(directory)/hub/keys/ca.pem
      The logs are in \(directory)/logs. Stop everything with
        \(CommandLine.arguments[0]) demo --stop

      """)
  }

  static func onSignal(_ number: Int32, _ world: World) -> any DispatchSourceSignal {
    signal(number, SIG_IGN)
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      world.killAll()
      Foundation.exit(128 + number)
    }
    source.resume()
    return source
  }
}

extension World {
  /// A command line to copy.
  static func shown(_ program: String, _ data: String) -> (String) -> String {
    { "\(program) \($0) --data \(data)" }
  }
}

extension Script {
  /// The issue's numbers, at its volume: a story that got smaller would prove less.
  func demandEnough() throws {
    guard isFull else { return }
    guard measures.editedOnBothSides >= 100, measures.sameRegister >= 40 else {
      throw CommandFailure(
        "only \(measures.editedOnBothSides) orders were edited on both sides, \(measures.sameRegister) in the same register"
      )
    }
  }

  func demandContradictions() throws {
    guard isFull else { return }
    let rows = measures.conflictsAtHeal["contradictions"]?.asArray ?? []
    for kind in ["recalledWhileDone", "closedWhileWorking"] {
      let count = rows.count { $0["kind"]?.asString == kind }
      guard count >= 30 else { throw CommandFailure("only \(count) orders are \(kind) after the heal") }
    }
    guard ledger.counts.throughCommandLine >= 50, ledger.counts.repeats >= 50 else {
      throw CommandFailure("too few steps went through the command lines, or too few were repeated")
    }
  }
}
