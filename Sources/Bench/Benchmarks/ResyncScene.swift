// Hub and agent with many orders, and the steps of a resync over them: fill both, alter the stopped agent's file, compare. What is
// demanded of the figures is the benchmark's.

import Core
import Foundation
import Shell

struct ResyncScene {
  /// How a comparison ended.
  struct Outcome {
    let messages: Int
    let bytes: Int
    let differing: Int
    let received: Int
    let repaired: Int
    /// From the request until the agent shows the report.
    let seconds: Double

    /// Without the report at the end.
    var roundTrips: Int { messages - 1 }
    var isNothing: Bool { differing == 0 && received == 0 && repaired == 0 }
  }

  private static let writers = 4
  /// Of one writer before they all wait for each other: bounds what is held in memory.
  private static let ordersInRound = 2_500
  private static let longest = 3_600.0

  private let world: BenchWorld

  init(_ world: BenchWorld) { self.world = world }

  // MARK: Filling

  /// Pushes so many orders, of two changes each, as runs of the agent, and lets the real agent pull them.
  func populate(_ orders: Int) throws {
    let pusher = try Pusher(world, orders: [])
    let pushing = ProgressBar("orders to the hub", total: orders)
    var done = 0
    let toHub = try seconds {
      while done < orders {
        var authors: [[Push]] = []
        for _ in 0..<Self.writers where done < orders {
          var run = RunWriter(pusher.platform)
          let count = min(Self.ordersInRound, orders - done)
          for number in done..<done + count { run.writeOrder(number) }
          done += count
          authors.append(run.finish())
        }
        try pusher.push(pusher.bodies(authors))
        pushing.update(done)
      }
    }
    pushing.finish()
    let pulling = ProgressBar("orders to the agent", total: orders)
    let toAgent = try seconds {
      try world.startAgent()
      try wait("the agent has all orders", step: { _ in 0.1 }) { [world] in
        let status = try world.json(try world.agentClient().get("/v1/status"))
        let held = status["orders"]?["total"]?.asInt ?? 0
        pulling.update(held)
        return held == orders && Self.isSettled(status)
      }
    }
    pulling.finish()
    Terminal.write(
      String(
        format: "filled  %d orders: %.1f s to the hub (%.2f ms each), %.1f s to the agent (%.2f ms each)\n", orders,
        toHub,
        toHub * 1_000 / Double(orders), toAgent, toAgent * 1_000 / Double(orders)))
  }

  private static func isSettled(_ status: JSON) -> Bool {
    status["link"]?["state"] == "online" && status["cursor"]?["lag"] == .int(0)
  }

  // MARK: Altering

  /// Stops the agent, alters its file in so many orders, and starts it again. Returns those and what they were.
  func alter(_ count: Int, _ body: (AgentFile, [OrderID]) throws -> Void) throws -> (
    before: FileContent, orders: [OrderID]
  ) {
    world.stopAgent()
    let file = try AgentFile(world)
    let orders = try file.orders(count)
    let before = try file.content(of: orders)
    try body(file, orders)
    try file.close()
    try world.startAgent()
    try wait("the agent is online", step: { _ in 0.02 }) { [world] in
      Self.isSettled(try world.json(try world.agentClient().get("/v1/status")))
    }
    return (before, orders)
  }

  /// What the file holds of these orders; leaves the agent stopped.
  func content(of orders: [OrderID]) throws -> FileContent {
    world.stopAgent()
    let file = try AgentFile(world)
    let content = try file.content(of: orders)
    try file.close()
    return content
  }

  // MARK: Comparing

  /// Has the running agent compare, and waits for the end.
  func resync(_ title: String, full: Bool = false) throws -> Outcome {
    let client = try world.agentClient()
    let before = try world.json(try client.get("/v1/resync")).int("number")
    let bar = full ? ProgressBar(title, total: 0) : nil
    let start = ContinuousClock.now
    _ = try client.post("/v1/resync", JSON.object([.init("full", .bool(full))]).bytes)
    var report: JSON?
    // Looking costs the agent something: seldom enough that the figures stay true, often enough that they are exact to a twentieth.
    try wait("the resync ends", step: { min(0.5, max(0.005, $0 / 20)) }) { [world] in
      let document = try world.json(try client.get("/v1/resync"))
      bar?.update(try document.int("done"), total: try document.int("orders"))
      guard try document.int("number") > before else { return false }
      bar?.update(try document.int("orders"))
      report = document["report"]
      return true
    }
    let taken = (ContinuousClock.now - start) / .seconds(1)
    bar?.finish()
    guard let report else { throw CommandFailure("the agent shows no report of its resync") }
    return Outcome(
      messages: try report.int("messages"), bytes: try report.int("bytes"), differing: try report.int("differing"),
      received: try report.int("received"), repaired: try report.int("repaired"), seconds: taken)
  }

  /// - Parameter step: seconds until the next look, of those that have passed.
  private func wait(_ what: String, step: (Double) -> Double, _ isTrue: () throws -> Bool) throws {
    let start = ContinuousClock.now
    while try !isTrue() {
      let passed = (ContinuousClock.now - start) / .seconds(1)
      guard passed < Self.longest else {
        throw CommandFailure("waited \(Int(passed)) s in vain: \(what)", remedy: "see \(world.directory)/log")
      }
      Thread.sleep(forTimeInterval: step(passed))
    }
  }
}
