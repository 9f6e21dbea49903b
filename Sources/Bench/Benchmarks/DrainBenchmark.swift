// The backlog of an outage: changes queued at one agent while the hub is away, and how long from the link's return until the last of
// them is durable at the hub. And what a dispatch costs when nothing else is going on.

import ArgumentParser
import Core
import Foundation
import Shell

struct DrainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "drain", abstract: "Seconds until an agent's backlog is durable at the hub after an outage.")

  @Option(help: "Changes that wait in the outbox.") var changes = 20_000
  @Option(help: "Orders that they go to.") var orders = 1_000

  func run() throws {
    let world = try BenchWorld("drain")
    let ids = try world.dispatchOrders(orders)
    try world.startAgent()
    let agent = try world.agentClient()
    try world.waitUntil("the agent has all orders") {
      try JSON(parsing: try agent.get("/v1/status"))["orders"]?["total"] == .int(orders)
    }
    let before = try total(world)
    world.stopHub()
    let idle = world.agentMemory
    let bar = ProgressBar("editing offline", total: changes)
    let clients = try (0..<4).map { _ in try world.agentClient() }
    let editing = try seconds {
      try Workers.each(Array(clients.enumerated())) { lane, client in
        for n in stride(from: lane, to: changes, by: clients.count) {
          let body: JSON = [
            "command": "note",
            "text": .string("crew 7 on site, valve closed, pipe exposed; 3.2 bar at the hydrant \(n)"),
            "request": .string("drain-\(n)"),
          ]
          _ = try client.post("/v1/orders/\(ids[n % ids.count].text)/commands", body.bytes)
          bar.advance()
        }
      }
    }
    bar.finish()
    try world.startHub()
    let taken = try seconds {
      _ = try agent.post("/v1/sync", Array("{}".utf8))
      try world.waitUntil("the backlog is at the hub", seconds: 300) { try total(world) >= before + changes }
    }
    print("drain   \(changes) changes queued at one agent on \(orders) orders")
    print("  local edits    \(Int(Double(changes) / editing)) changes/s, each durable, over the local API")
    print(
      "  drain          \(String(format: "%.2f", taken)) s = \(Int(Double(changes) / taken)) changes/s from heal to durable"
    )
    print("  agent memory   \(describe(idle)) before the backlog; \(describe(world.agentMemory)) after the drain")
    print("  hub memory     \(describe(world.hubMemory))")
  }

  private func total(_ world: BenchWorld) throws -> Int {
    try JSON(parsing: try world.hubClient().get("/v1/status"))["changes"]?.asInt ?? 0
  }

  private func describe(_ memory: (now: Double, peak: Double)) -> String {
    String(format: "%.0f MiB (at most %.0f)", memory.now, memory.peak)
  }
}

struct LatencyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "latency", abstract: "Milliseconds from a dispatch to an idle online agent, and from its answer back.")

  @Option(help: "Dispatches.") var dispatches = 300

  func run() throws {
    let world = try BenchWorld("latency")
    try world.startAgent()
    let hub = try world.hubClient()
    let agent = try world.agentClient()
    var down: [Double] = []
    var up: [Double] = []
    for n in 0..<dispatches {
      let create: JSON = [
        "registers": ["kind": "repair", "title": .string("latency \(n)")], "dispatch": .string(BenchWorld.platform),
      ]
      var order = ""
      var start = ContinuousClock.now
      order = try JSON(parsing: try hub.post("/v1/orders", create.bytes)).string("order")
      try world.waitUntil("the agent has it") { (try? agent.get("/v1/orders/\(order)/state")) != nil }
      down.append(milliseconds(since: start))
      start = ContinuousClock.now
      _ = try agent.post("/v1/orders/\(order)/commands", JSON.object([.init("command", "accept")]).bytes)
      try world.waitUntil("the hub has it") {
        try JSON(parsing: try hub.get("/v1/orders/\(order)"))["status"] == "accepted"
      }
      up.append(milliseconds(since: start))
    }
    print(
      "latency \(dispatches) dispatches, one at a time, idle hub and agent (the look each 0.5 ms is in the figures)")
    print("  dispatch → agent  \(describe(down))")
    print("  accept → hub      \(describe(up))")
  }

  private func milliseconds(since start: ContinuousClock.Instant) -> Double {
    let duration = ContinuousClock.now - start
    return Double(duration.components.seconds) * 1_000 + Double(duration.components.attoseconds) / 1e15
  }

  private func describe(_ values: [Double]) -> String {
    let spread = Spread(values)
    return String(
      format: "p50 %.1f ms, p99 %.1f ms, max %.1f ms", spread.median, spread.percentile(0.99), spread.sorted.last ?? 0)
  }
}

struct AllBenchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "all", abstract: "Every measurement, one after the other.")

  func run() throws {
    try IngestCommand.parse([]).run()
    try DrainCommand.parse([]).run()
    try LatencyCommand.parse([]).run()
    try ResyncCommand.parse([]).run()
    try ConsoleCommand.parse([]).run()
  }
}
