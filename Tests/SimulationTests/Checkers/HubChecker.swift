// What must hold of the hubs' database, seen from outside: what a commit moved, and everything from scratch.

import Core

@testable import Hub

extension Checker {
  /// After a commit of any hub.
  func hubMoved(_ database: SQLiteDatabase) {
    guarding("hub") {
      let rows = try database.read { db in try changes(after: hub.lastRow, db) }
      let orphans = try database.read { db in try quarantine(db) }
      hub.waiting = try database.read { db in
        Set(try db.all("SELECT replica, n FROM waiting", []) { Dot(try ReplicaID($0.text(0)), $0.int(1)) })
      }
      // What comes back to a hub that went back comes in any order.
      if world.hubRollbacks == 0 {
        checkGaps(rows.map(\.held.dot) + orphans.map(\.dot).filter { hub.quarantined[$0] == nil })
      }
      var touched: Set<OrderID> = []
      for row in rows {
        hub.lastRow = max(hub.lastRow, row.rowid)
        take(row)
        try seeValues(of: row.held, database)
        touched.insert(row.held.order)
      }
      for orphan in orphans where hub.quarantined[orphan.dot] == nil { take(orphan) }
      try checkPurged(database)
      try readFeeds(database)
      for order in touched.sorted() { try checkOrder(order, database) }
    }
  }

  private func take(_ row: StoredRow) {
    let held = row.held
    let dot = held.dot
    world.model.see(
      dot, held.hash, held.order, at: "hub", isAuthor: dot.replica.isHub, origin: held.change?.origin)
    if world.model.seeAtHub(dot, held.hash) { noteArrived(held) }
    if let origin = held.rightfulOrigin, world.model.isHonest(dot) {
      hub.again[origin, default: []].insert(dot)
      if hub.again[origin]?.count ?? 0 > 1 { world.sometimes(.writtenAgainTwice) }
    }
    // Of an unreadable change only its author has the line to give back.
    let isBare =
      world.hubRollbacks > 0 && held.line?.isEmpty != false || world.damage.isAltered(dot, in: Damage.hub)
    if isBare, world.damage.isAltered(dot) { world.damage.hurt(Damage.hub, held.order) }
    if !isBare, Hash.of(held.line ?? []) != held.hash {
      world.violation("I-4", "the hub holds \(dot) with other bytes than its hash")
    }
    follow(dot, chain: row.chain, hash: held.hash)
    var history = Hasher()
    history.combine(hub.histories[held.order])
    held.hash(into: &history)
    let key = history.finalize()
    hub.histories[held.order] = key
    if isNew(key) { judge(held) }
    hub.changes[dot] = held.hash
    hub.orders[held.order, default: []].append(held)
    hub.vectors[held.order, default: VersionVector()].advance(to: dot)
  }

  private func seeValues(of held: HeldChange, _ database: SQLiteDatabase) throws {
    try world.citizens.see(held) { commitment in
      try database.read { db in
        try db.first("SELECT value FROM sealed WHERE commitment = $1", [.blob(commitment.bytes)]) { $0.blob(0) }
      }
    }
  }

  /// What must hold of a change by what was stored of its order before it.
  private func judge(_ held: HeldChange) {
    let dot = held.dot
    if world.model.isHonest(dot), held.verdict != .accepted, !world.damage.isHurt(Damage.hub, held.order) {
      let voids = (hub.orders[held.order] ?? []).flatMap { $0.change?.edits ?? [] }.compactMap { edit -> String? in
        guard case .set("void/\(dot)", let value) = edit else { return nil }
        return String(decoding: value.bytes, as: UTF8.self)
      }
      let edits = held.change?.edits.map { "\($0)".prefix(160) } ?? []
      world.violation(
        "row 109",
        "the hub did not accept the honest change \(dot): \(held.verdict?.rawValue ?? "none") \(voids), \(edits)")
    }
    let corrections = Set(
      (hub.orders[held.order] ?? []).filter(\.dot.replica.isHub).flatMap { $0.change?.edits ?? [] }.compactMap { edit in
        if case .set(let register, _) = edit { register } else { nil }
      })
    if held.verdict == .void, world.hubRollbacks == 0, !corrections.contains("void/\(dot)") {
      world.violation("row 124", "the hub stored \(dot), which is void, before the register that says so")
    }
    if let change = held.change, !dot.replica.isHub, world.hubClocksAreRight, world.hubRollbacks == 0,
      change.at.milliseconds > World.epoch + world.timeline.now + 301_000, !corrections.contains("clock/\(dot)")
    {
      world.violation("I-14", "the hub stored \(dot), whose clock is far ahead, without a time to count as")
    }
    if let change = held.change, held.verdict == .accepted {
      let vector = hub.vectors[held.order] ?? VersionVector()
      let isThere = change.context.components.allSatisfy {
        vector[$0.replica] >= $0.n || corrections.contains("lost/\(Dot($0.replica, $0.n))")
      }
      if !isThere { world.violation("I-9", "the hub stored \(dot) before all that it names") }
      let isAfterLost = corrections.contains { $0.hasPrefix("lost/\(dot.replica.text):") }
      if held.prev != vector[dot.replica], !isAfterLost {
        world.violation("I-9", "the hub's prev of \(dot) is not its log's")
      }
      // A change whose author left out what gave it the right may come back before that: then the whole is judged in the end.
      if world.hubRollbacks == 0 { checkRight(change) }
      noteRare(change, corrections)
    }
  }

  private func noteRare(_ change: Change, _ corrections: Set<String>) {
    if corrections.contains("clock/\(change.dot)") { world.sometimes(.reTimed) }
    if !change.forkedElsewhere.isEmpty { world.sometimes(.twoOrders) }
    for case .set(let register, _) in change.edits {
      if register.hasPrefix("void/"), let target = try? Dot(String(register.dropFirst(5))) {
        let builds = (hub.orders[change.order] ?? []).contains {
          $0.dot != target && $0.change?.context.covers(target) == true
        }
        if builds { world.sometimes(.voidAfterDependants) }
      }
      let parts = register.split(separator: "/")
      if parts.count > 2, parts[0] == "assignment", !change.dot.replica.isHub {
        let makers = (hub.orders[change.order] ?? []).filter { held in
          held.change?.edits.contains { if case .set("assignment/\(parts[1])", _) = $0 { true } else { false } } == true
        }
        if makers.contains(where: { corrections.contains("void/\($0.dot)") }) {
          world.sometimes(.workOnVoidedAssignment)
        }
      }
    }
  }

  private func take(_ orphan: Orphan) {
    world.model.see(orphan.dot, orphan.hash, orphan.order, at: "hub's quarantine", isAuthor: false)
    if world.model.isHonest(orphan.dot) {
      world.violation("row 109", "the hub put aside the honest change \(orphan.dot): \(orphan.reason)")
    }
    hub.quarantined[orphan.dot] = orphan.hash
    hub.high[orphan.dot.replica] = max(hub.high[orphan.dot.replica] ?? 0, orphan.dot.n)
    hub.chains[orphan.dot.replica] = nil
  }

  /// I-5: whatever the hub takes of a replica continues it, in quarantine or not, honest or not.
  private func checkGaps(_ dots: [Dot]) {
    var reached = hub.high
    for dot in dots.sorted() {
      let high = reached[dot.replica] ?? 0
      if dot.n != high + 1 { world.violation("I-5", "the hub holds \(dot) after \(high) of its replica") }
      reached[dot.replica] = dot.n
    }
  }

  /// `chain` is nil where the hub does not know it, for want of what comes before.
  private func follow(_ dot: Dot, chain: Hash?, hash: Hash) {
    let high = hub.high[dot.replica] ?? 0
    // Where changes come back in any order, chains are looked at in the end.
    if world.hubRollbacks == 0, let chain, let before = hub.chains[dot.replica] ?? (dot.n == 1 ? .zero : nil),
      dot.n == high + 1,
      Hash.chain(before, hash) != chain
    {
      world.violation("I-5", "the chain does not lead to \(dot)")
    }
    hub.high[dot.replica] = max(high, dot.n)
    hub.chains[dot.replica] = chain
  }

  private func checkOrder(_ order: OrderID, _ database: SQLiteDatabase) throws {
    let changes = hub.orders[order] ?? []
    let stored = try database.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order.text)]) { $0.blob(0) }
    }
    guard let stored else { return world.violation("I-6", "the hub has changes of \(order) and no state") }
    let fed = world.platformNames.map { fedByOrder[Pair($0, order)] ?? [] }
    var facts = Hasher()
    facts.combine(OrderFacts.key("hub", order, [], stored))
    facts.combine(hub.histories[order])
    facts.combine(fed)
    guard isNew(facts.finalize()) else { return }
    var twoContents: Set<Dot> = []
    if !isExcused(order, stored, changes) {
      let (state, waiting) = OrderFacts.fold(changes, order)
      if !waiting.isEmpty { world.violation("I-9", "\(waiting.count) changes of \(order) wait at the hub") }
      let found = try OrderState(id: order, stored: stored)
      if found != state {
        world.violation("I-6", "the hub's state of \(order) is not the fold of its \(changes.count) changes")
      }
      checkRegisters(order, found, changes, "hub")
      siblings[order] = found.conflicts.map { found.siblings($0).count }.max()
      twoContents = Set(found.voidedDots.filter { found.shown("void/\($0)")?.value.json["reason"] == "fork" })
    }
    // Who is concerned stands in lines: where they were altered, and the hub went back, nobody may know it.
    if isDoubtful(order) { return }
    let concerned = OrderFacts.concerned(changes, maker: order.maker)
    // A dot with two contents is fed once more behind its void, and one whose line came back.
    let again = twoContents.union(fed.flatMap { $0.filter(world.damage.isAltered) })
    for (platform, fed) in zip(world.platformNames, fed) {
      if concerned.contains(platform) {
        let once = fed.filter { !again.contains($0) }
        if once.count != Set(once).count || Set(fed) != Set(changes.map(\.dot)) {
          world.violation(
            "I-7", "\(platform)'s feed has \(fed.count) entries of \(order), which has \(changes.count) changes")
        }
      } else if !fed.isEmpty {
        world.violation("I-10", "\(platform) is fed \(order), which is none of its own")
      }
    }
  }

  /// True where what the hub's lines say of an order is not what it knows of it.
  func isDoubtful(_ order: OrderID) -> Bool {
    world.damage.isHurt(Damage.hub, order) || world.damage.lostOrders.contains(order)
  }

  /// What the disk altered is looked at again when it is repaired; what is lost then is missing from the state.
  private func isExcused(_ order: OrderID, _ stored: [UInt8], _ changes: [HeldChange]) -> Bool {
    isDoubtful(order) && !isWhole(order, stored, changes)
  }

  /// Everything from scratch, as after a crash: nothing that was promised may be missing, nothing that was seen may have changed.
  func checkWholeHub(_ database: SQLiteDatabase) {
    let before = (hub, fedByOrder)
    hub = HubMirror()
    fedByOrder = [:]
    hubMoved(database)
    // A crash that was planned at a call of the store has come while it was read.
    if world.store.disk.hasCrashed {
      (hub, fedByOrder) = before
      return
    }
    for (replica, n) in world.model.acknowledged.sorted(by: { $0.key < $1.key }) where (hub.high[replica] ?? 0) < n {
      world.violation("I-15", "the hub acknowledged \(replica) through \(n) and holds \(hub.high[replica] ?? 0)")
    }
    for (platform, feed) in before.0.feeds.sorted(by: { $0.key < $1.key }) {
      let now = hub.feeds[platform] ?? []
      // What no reader was told of may be lost with its transaction; positions that were read stay what they were.
      let told = toldPositions[platform] ?? 0
      if now.count < told || now.prefix(told) != feed.prefix(told) {
        world.violation("I-7", "\(platform)'s feed changed before \(told), to which it had been read")
      }
    }
  }

  /// The database is an older one: what was seen of it counts no more.
  func hubWentBack() {
    hub = HubMirror()
    fedByOrder = [:]
    toldPositions = [:]
    world.model.forgetAcknowledged()
  }
}
