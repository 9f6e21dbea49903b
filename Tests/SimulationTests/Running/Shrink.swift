// Makes a failing world smaller while it still fails by the same rule: fewer faults, fewer edits, fewer machines.

enum Shrink {
  /// The smallest plan found within `attempts` runs, and what came of it.
  static func smallest(_ failed: SimulationResult, grounds: Grounds, attempts: Int = 60) -> SimulationResult {
    guard let rule = failed.violations.first?.rule else { return failed }
    var best = failed
    var left = attempts
    func tries(_ plan: Plan) -> Bool {
      guard left > 0 else { return false }
      left -= 1
      let result = Simulation.run(plan, grounds: grounds)
      guard result.violations.first?.rule == rule else { return false }
      best = result
      return true
    }
    var isMoving = true
    while isMoving, left > 0 {
      isMoving = false
      for smaller in candidates(best.plan) where tries(smaller) {
        isMoving = true
        break
      }
    }
    return best
  }

  /// Smaller plans, the boldest first.
  private static func candidates(_ plan: Plan) -> [Plan] {
    var plans: [Plan] = []
    func add(_ change: (inout Plan) -> Void) {
      var smaller = plan
      change(&smaller)
      plans.append(smaller)
    }
    if plan.edits > 20 { add { $0.edits /= 2 } }
    if plan.hubs > 1 { add { $0.hubs = 1 } }
    if plan.bursts > 1 { add { $0.bursts = 1 } }
    if plan.days > 1 { add { $0.days = 1 } }
    if plan.platforms.count > 1 { add { $0.platforms.removeLast() } }
    if plan.platforms.contains(2) { add { $0.platforms = $0.platforms.map { _ in 1 } } }
    for fault in plan.faults.sorted() { add { $0.faults.remove(fault) } }
    if plan.edits > 8 { add { $0.edits -= $0.edits / 4 } }
    return plans
  }
}
