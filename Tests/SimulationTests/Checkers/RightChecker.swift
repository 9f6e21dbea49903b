// What a platform may write, told apart from the product's own table.

import Core

@testable import Hub

extension Checker {
  /// A platform's accepted change may only write what a platform may: told apart from the product's own table.
  func checkRight(_ change: Change) {
    guard !change.dot.replica.isHub else { return }
    let platform = change.dot.replica.platform
    let history = hub.orders[change.order] ?? []
    var concerned = OrderFacts.concerned(history, maker: change.order.maker)
    if change.context.isEmpty { concerned.insert(change.order.maker) }
    if !concerned.contains(platform) {
      world.violation("I-10", "the hub took \(change.dot) into \(change.order), which is none of \(platform)'s")
    }
    var mine: Set<Substring> = []
    for held in history + [HeldChange(change)] {
      for case .set(let register, let value) in held.change?.edits ?? []
      where value.json["platform"]?.asString == platform.text {
        let parts = register.split(separator: "/")
        if parts.count == 2, parts[0] == "assignment" { mine.insert(parts[1]) }
      }
    }
    for case .set(let register, _) in change.edits {
      let parts = register.split(separator: "/")
      let isHubs = [
        "number", "closed", "cancelled", "verdict", "void", "clock", "purged", "relation", "referral", "confidential",
        "due",
      ]
      if let first = parts.first, isHubs.contains(String(first)) {
        world.violation("I-10", "\(platform) wrote \(register), which is the hotline's")
      }
      if parts.count > 2, parts[0] == "assignment", !mine.contains(parts[1]) {
        world.violation("I-10", "\(platform) wrote \(register) of another's assignment")
      }
      if parts.count > 2, ["recalled", "retired", "due"].contains(parts[2]) || parts.last == "answer" {
        world.violation("I-10", "\(platform) wrote \(register), which is the hotline's")
      }
    }
  }

  /// Every accepted change had the right to be, by all that is held in the end.
  func checkRights() {
    for order in hub.orders.keys.sorted() where !world.damage.lostOrders.contains(order) {
      for held in hub.orders[order] ?? [] where held.verdict == .accepted {
        if let change = held.change { checkRight(change) }
      }
    }
  }
}

extension HeldChange {
  /// A change on its way in.
  init(_ change: Change) {
    self.init(
      dot: change.dot, order: change.order, prev: change.prev, hash: .zero, verdict: .accepted,
      line: nil, isApplied: true, change: change)
  }
}
