// What was seen of the hubs' database, and how its rows are read.

import Core

@testable import Hub

/// What was seen of the store.
struct HubMirror {
  var lastRow = 0
  var changes: [Dot: Hash] = [:]
  var quarantined: [Dot: Hash] = [:]
  var high: [ReplicaID: Int] = [:]
  var chains: [ReplicaID: Hash] = [:]
  var orders: [OrderID: [HeldChange]] = [:]
  var feeds: [PlatformName: [FeedFact]] = [:]
  var vectors: [OrderID: VersionVector] = [:]
  /// Stands for an order's changes in their order.
  var histories: [OrderID: Int] = [:]
  /// What honest authors wrote again, and the dots under which they did.
  var again: [Origin: Set<Dot>] = [:]
  /// Dots that came back and lack their context.
  var waiting: Set<Dot> = []

  func holds(_ dot: Dot) -> Bool { changes[dot] != nil || quarantined[dot] != nil || waiting.contains(dot) }

  func holds(_ change: Origin) -> Bool {
    changes[change.dot] == change.hash || quarantined[change.dot] == change.hash || waiting.contains(change.dot)
  }

  /// True where it is held, or what it stands for, or that was written again.
  func keeps(_ change: Origin, _ root: Origin) -> Bool { holds(change) || holds(root) || again[root] != nil }
}

extension Checker {
  struct StoredRow {
    let rowid: Int
    let held: HeldChange
    let chain: Hash?
  }

  struct Orphan {
    let dot: Dot
    let hash: Hash
    let order: OrderID
    let reason: String
  }

  func changes(after rowid: Int, _ db: any DatabaseConnection) throws -> [StoredRow] {
    try db.all(
      """
      SELECT rowid, replica, n, order_id, prev, hash, verdict, line, chain FROM change WHERE rowid > $1 ORDER BY rowid
      """, [.integer(rowid)]
    ) { row in
      let hash = Hash(bytes: row.blob(5)) ?? .zero
      let verdict = Verdict(rawValue: row.text(6))
      let line = row.blob(7)
      let dot = Dot(try decoded.replica(row.text(1)), row.int(2))
      // What the disk altered since has had its effect: who is concerned stays so.
      let change =
        world.damage.isAltered(dot, in: Damage.hub)
        ? verdict == .unreadable ? nil : decoded.known(hash) : decoded.change(line, hash, verdict)
      return StoredRow(
        rowid: row.int(0),
        held: HeldChange(
          dot: dot, order: try decoded.order(row.text(3)), prev: row.int(4), hash: hash, verdict: verdict, line: line,
          isApplied: true, change: change),
        chain: Hash(bytes: row.blob(8)))
    }
  }

  func quarantine(_ db: any DatabaseConnection) throws -> [Orphan] {
    try db.all("SELECT replica, n, hash, order_id, reason FROM quarantine ORDER BY replica, n", []) { row in
      Orphan(
        dot: Dot(try decoded.replica(row.text(0)), row.int(1)), hash: Hash(bytes: row.blob(2)) ?? .zero,
        order: try decoded.order(row.text(3)), reason: row.text(4))
    }
  }
}
