// Runs a plan from its first order to the quiet at its end, and tells what came of it.

import Core

@testable import Agent

/// What came of a world.
struct SimulationResult: Sendable {
  var plan: Plan
  var violations: [Violation]
  var events = 0
  var virtualDays = 0.0
  var edits = 0
  var faults: [Fault: Int] = [:]
  var reached: [Rare: Int] = [:]
  var traceHash: UInt64 = 0
  var tail: [String] = []
}

enum Simulation {
  /// Three times the longest wait between two tries, and time for a person's mistakes to be looked at again.
  static let quietMilliseconds = 3 * 900_000

  static func run(_ plan: Plan, grounds: Grounds) -> SimulationResult {
    let world: World
    do {
      world = try World(plan, grounds: grounds)
    } catch {
      return SimulationResult(plan: plan, violations: [Violation(rule: "set-up", detail: "\(error)")])
    }
    defer { world.end() }
    work(world)
    if world.violations.isEmpty { calm(world) }
    return SimulationResult(
      plan: plan, violations: world.violations, events: world.timeline.count,
      virtualDays: Double(world.timeline.now) / 86_400_000, edits: world.crews.done + world.operators.done,
      faults: world.faults, reached: world.reached, traceHash: world.trace.hash, tail: world.trace.tail(Trace.shown))
  }

  /// Bursts of work, and long hours between them.
  private static func work(_ world: World) {
    let plan = world.plan
    world.planFeedCuts()
    let gap = max(600_000, plan.days * 86_400_000 / max(1, plan.bursts))
    for burst in 0..<plan.bursts where world.violations.isEmpty {
      if burst > 0 {
        world.script.rest()
        world.run(until: world.timeline.now + gap)
        world.script.rise()
      }
      let wanted = plan.edits * (burst + 1) / plan.bursts
      var tries = 0
      while world.violations.isEmpty, world.crews.done + world.operators.done < wanted, tries < plan.edits * 4 {
        tries += 1
        _ = world.random.chance(0.45) ? world.operators.act() : world.crews.act()
        world.script.maybe()
        world.run(until: world.timeline.now + 50 + world.random.below(2_500))
      }
    }
  }

  /// Faults stop; then all must be quiet within the bound, and equal.
  private static func calm(_ world: World) {
    world.run(until: world.timeline.now + 1)
    world.script.stopAll()
    world.run(until: world.timeline.now + quietMilliseconds)
    world.checker.repairDamage()
    guard world.violations.isEmpty else { return }
    world.checkWhole()
    world.checker.checkQuiet()
  }
}
