// Who gets a stored change, and in which position: collected while changes are stored, handed out at the end under the platforms'
// row locks (docs/decisions/0008).

import Core

/// A feed entry without its position yet.
struct PendingEntry {
  let platform: PlatformName
  let order: OrderID
  let dot: Dot
  let hash: Hash
  /// The entry from which the order runs in the emergency lane.
  var startsLane = false
  /// The platform's first lead assignment.
  var startsLead = false
}

extension HubTransaction {
  /// Feeds a stored change to everyone concerned; who is newly concerned first gets the order's whole history.
  func feed(_ incoming: IncomingChange, assigned: [(platform: PlatformName, isLead: Bool)], isNew: Bool) throws {
    let id = incoming.order
    guard let row = orders[id] else { return }
    var joining = Set(assigned.map(\.platform))
    if isNew, !id.maker.isHub { joining.insert(id.maker) }
    if incoming.verdict == .accepted, !incoming.dot.replica.isHub { joining.insert(incoming.dot.replica.platform) }
    joining.subtract(row.concerned)
    let leading = Set(assigned.filter(\.isLead).map(\.platform)).subtracting(row.leads)
    let isEmergency = isOpenEmergency(row.state)
    let starts = isEmergency && !row.isEmergency
    for platform in row.concerned.sorted() {
      pendingFeed.append(
        PendingEntry(
          platform: platform, order: id, dot: incoming.dot, hash: incoming.hash, startsLane: starts,
          startsLead: leading.contains(platform)))
    }
    for platform in joining.sorted() {
      try db.execute(
        """
        INSERT INTO concern (order_id, platform, is_lead, bucket, created, place) VALUES ($1, $2, 0, $3, $4, $5)
        ON CONFLICT (order_id, platform) DO NOTHING
        """,
        [
          .text(id.text), .text(platform.text), .integer(DigestBucket.leaf(of: id)), .integer(row.created),
          .integer(row.place),
        ])
      try handOver(id, to: platform, startsLane: isEmergency, leading: leading.contains(platform))
    }
    orders.update(id, default: row) {
      $0.concerned.formUnion(joining)
      $0.leads.formUnion(leading)
      $0.isEmergency = isEmergency
    }
  }

  /// The whole history, in causal order (that of storing), this change last.
  private func handOver(_ id: OrderID, to platform: PlatformName, startsLane: Bool, leading: Bool) throws {
    try db.query("SELECT replica, n, hash FROM change WHERE order_id = $1 ORDER BY ordinal", [.text(id.text)]) { row in
      guard let hash = Hash(bytes: row.blob(2)) else { throw StoreError.corrupt("a change of \(id) has no hash") }
      pendingFeed.append(
        PendingEntry(platform: platform, order: id, dot: Dot(try ReplicaID(row.text(0)), row.int(1)), hash: hash))
    }
    guard !pendingFeed.isEmpty else { return }
    pendingFeed[pendingFeed.count - 1].startsLane = startsLane
    pendingFeed[pendingFeed.count - 1].startsLead = leading
  }

  private func isOpenEmergency(_ state: OrderState) -> Bool {
    guard state.value("priority") == "emergency" || state.value("kind") == "emergency" else { return false }
    return state.value("closed") == nil && state.value("cancelled") == nil
  }

  func append(_ entries: [PendingEntry], to platform: PlatformName) throws {
    let found = try db.first(
      "SELECT feed_head, feed_hash FROM platform WHERE platform = $1" + db.rowLock, [.text(platform.text)]
    ) { row in (row.int(0), row.blob(1)) }
    guard let found, var hash = Hash(bytes: found.1) else {
      throw Problem(.notFound, "there is no platform '\(platform)'")
    }
    var position = found.0
    for entry in entries {
      position += 1
      hash = .feed(hash, entry.dot, entry.hash)
      try db.execute(
        """
        INSERT INTO feed (platform, position, feed_hash, order_id, author, replica, n)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        """,
        [
          .text(platform.text), .integer(position), .blob(hash.bytes), .text(entry.order.text),
          .text(entry.dot.replica.platform.text), .text(entry.dot.replica.text), .integer(entry.dot.n),
        ])
      if entry.startsLane {
        try db.execute(
          "UPDATE concern SET lane_from = $1 WHERE order_id = $2 AND platform = $3",
          [.integer(position), .text(entry.order.text), .text(platform.text)])
      }
      if entry.startsLead {
        try db.execute(
          "UPDATE concern SET lead_from = $1 WHERE order_id = $2 AND platform = $3",
          [.integer(position), .text(entry.order.text), .text(platform.text)])
      }
    }
    try db.execute(
      "UPDATE platform SET feed_head = $1, feed_hash = $2 WHERE platform = $3",
      [.integer(position), .blob(hash.bytes), .text(platform.text)])
  }
}
