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

  /// I-18: nothing waits in the end.
  func checkWaiting() throws {
    guard let database = world.store.database else { return }
    let waiting = try database.read { db in
      try db.all("SELECT replica, n, order_id, prev, line FROM waiting ORDER BY replica, n", []) { row in
        (
          dot: Dot(try ReplicaID(row.text(0)), row.int(1)), order: try OrderID(row.text(2)), prev: row.int(3),
          change: try? ChangeLine.decode(row.blob(4))
        )
      }
    }
    for item in waiting {
      let vector = hub.vectors[item.order] ?? VersionVector()
      let missing = (item.change?.context.components ?? []).filter { $0.n > vector[$0.replica] }
      world.violation(
        "I-18",
        "\(item.dot) of \(item.order) waits at the hub for \(missing.map { "\($0.replica):\($0.n)" }), its prev is "
          + "\(item.prev), held \(vector[item.dot.replica])")
    }
  }

  /// I-5: each replica is held without a gap up to the n that its row names, and the chain leads there.
  func checkChains() throws {
    guard let database = world.store.database else { return }
    try database.read { db in
      let replicas = try db.all("SELECT replica, n, chain, highest FROM replica ORDER BY replica", []) { row in
        (id: row.text(0), n: row.int(1), chain: row.blob(2), highest: row.int(3))
      }
      for replica in replicas {
        var chain = Hash.zero
        var n = 0
        try db.query(
          """
          SELECT n, hash, chain FROM change WHERE replica = $1 AND n <= $2
          UNION ALL SELECT n, hash, NULL FROM quarantine WHERE replica = $1 AND n <= $2
          UNION ALL SELECT n, hash, chain FROM waiting WHERE replica = $1 AND n <= $2 ORDER BY 1
          """, [.text(replica.id), .integer(replica.n)]
        ) { row in
          n += 1
          chain = .chain(chain, Hash(bytes: row.blob(1)) ?? .zero)
          // Of what left the quarantine the hub may not know it.
          let stored = row.optionalBlob(2) ?? []
          if row.int(0) != n || !stored.isEmpty && stored != chain.bytes {
            world.violation("I-5", "the hub's log of \(replica.id) breaks at \(row.int(0)), expected \(n)")
          }
        }
        if n != replica.n || n > 0 && chain.bytes != replica.chain || replica.highest < n {
          world.violation("I-5", "the hub's row of \(replica.id) says \(replica.n), its log \(n)")
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
    // Where an assignment is lost the hub may not know any more who has the order.
    guard world.damage.lostOrders.isEmpty else { return }
    if let theirs, try store.topDigests() != theirs {
      world.violation("I-18", "\(agent.name) and the hub do not hold the same, by their digests")
    }
  }
}
