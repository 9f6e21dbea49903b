// What must hold of digests (I-6): they are the sums of what the log says is held, and in the end both sides have the same.

import Core

@testable import Agent
@testable import Hub

extension Checker {
  func checkDigests() throws {
    guard let database = world.store.database else { return }
    try database.read { db in
      for order in hub.orders.keys.sorted() {
        let stored = try db.first("SELECT digest FROM orders WHERE order_id = $1", [.text(order.text)]) {
          Digest(bytes: $0.blob(0)) ?? .zero
        }
        if stored != (try HubDigests.fromLog(order, db)) {
          world.violation("I-6", "the hub's digest of \(order) is not that of its changes")
        }
      }
      for platform in world.platformNames {
        for wrong in try HubDigests.wrongBuckets(of: platform, db) {
          world.violation("I-6", "the hub's digest of \(platform)'s bucket \(wrong.level)/\(wrong.bucket) is wrong")
        }
      }
    }
  }

  /// Also that a comparison with the hub would find nothing.
  func checkDigests(_ agent: AgentNode, _ store: AgentStore) throws {
    try store.database.read { db in
      for order in mirror(of: agent).byOrder.keys.sorted() {
        if try Digests.stored(order, db) != Digests.fromLog(order, db) {
          world.violation("I-6", "\(agent.name)'s digest of \(order) is not that of its changes")
        }
      }
      for wrong in try Digests.wrongBuckets(db) {
        world.violation("I-6", "\(agent.name)'s digest of bucket \(wrong.level)/\(wrong.bucket) is wrong")
      }
    }
    let theirs = try world.store.database?.read { try HubDigests.tops(of: agent.platform, $0) }
    if let theirs, try store.topDigests() != theirs {
      world.violation("I-18", "\(agent.name) and the hub do not hold the same, by their digests")
    }
  }
}
