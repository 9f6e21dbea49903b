// Making everything that follows from the log anew, and comparing it with what is stored: states, digests, buckets. Lines that the disk
// altered are dropped, so that a comparison with the agents brings them again. What that comparison is stands in SyncAPI/ReconcileCalls.

import Core

/// What a rebuild looked at and found.
struct Rebuilt: Sendable, Equatable {
  var orders = 0
  var lines = 0
  /// Changes whose line the disk altered.
  var altered: [Dot] = []
  /// Changes whose line is known to be lost, so that the next comparison asks for it.
  var missing: [Dot] = []
  /// Orders whose state is not the fold of their log.
  var states: [OrderID] = []
  /// Orders whose log cannot be folded though each line is as it was.
  var unfoldable: [OrderID] = []
  /// Orders whose digest is not that of their log.
  var digests: [OrderID] = []
  /// Platforms, and how many of their buckets are not the sum of their orders.
  var buckets: [PlatformName: Int] = [:]
  /// True where the index of words was not what the states say; nil where nobody looked.
  var isSearchWrong: Bool?
  /// All of that which could be put right, in bounds; the index of words apart.
  var repairs = Repairs()
  /// What no rebuild can put right: logs that cannot be folded, and lines that are missing.
  var remaining = Repairs()

  /// What was wrong and could be put right.
  var wrong: Int {
    altered.count + states.count + digests.count + buckets.values.reduce(0, +) + (isSearchWrong == true ? 1 : 0)
  }

  mutating func noteUnfoldable(_ order: OrderID) {
    unfoldable.append(order)
    remaining.note(Repair(.log, order: order))
  }

  var json: JSON {
    var repairs = repairs
    if isSearchWrong == true { repairs.note(Repair(.words)) }
    return .compact([
      ("orders", .int(orders)), ("lines", .int(altered.count)), ("states", .int(states.count)),
      ("digests", .int(digests.count + buckets.values.reduce(0, +))),
      ("search", isSearchWrong.map { .int($0 ? 1 : 0) }), ("wrong", .int(wrong)),
      ("unfoldable", .int(unfoldable.count)), ("missing", .int(missing.count)),
      ("repairs", repairs.count > 0 ? repairs.json : nil), ("remaining", remaining.count > 0 ? remaining.json : nil),
    ])
  }
}

/// Looks at every order, page by page; what it repairs goes through the writer, and the hub goes on meanwhile.
struct HubRebuild: Sendable {
  let database: any Database
  let writer: GroupCommitWriter

  /// Orders of one page, and so of one transaction.
  private static let ordersInOne = 200

  /// - Parameters:
  ///   - platform: looks at the orders that concern it; nil: at all.
  ///   - repairing: puts right what is wrong.
  ///   - afterPage: told how many orders were looked at; what it throws ends the look between two pages.
  func run(
    of platform: PlatformName?, repairing: Bool, afterPage: (Int) throws -> Void = { _ in }
  ) throws -> Rebuilt {
    var found = Rebuilt()
    var after = ""
    // Whose buckets have what was repaired in them.
    var platforms = Set(try platform.map { [$0] } ?? self.platforms())
    while true {
      let (page, suspects) = try database.read { db in
        let page = try HubRebuild.page(of: platform, after: after, db)
        return (page, try page.filter { try HubRebuild.examine($0, &found, db) })
      }
      if repairing, !suspects.isEmpty {
        platforms.formUnion(
          try writer.perform { transaction in
            try suspects.reduce(into: Set<PlatformName>()) { $0.formUnion(try transaction.repair($1)) }
          })
        try writer.perform { transaction in for id in suspects { try transaction.writeForgottenPurges(id) } }
      }
      guard let last = page.last else { break }
      found.orders += page.count
      after = last.text
      try afterPage(found.orders)
    }
    for platform in platforms.sorted() {
      let wrong = try database.read { db in
        try HubDigests.wrongBuckets(of: platform, db).map { Repair.bucket($0.bucket, level: $0.level, of: platform) }
      }
      guard !wrong.isEmpty else { continue }
      found.buckets[platform] = wrong.count
      found.repairs.note(wrong)
      if repairing { try writer.perform { transaction in try transaction.correctBuckets(of: platform) } }
    }
    return found
  }

  private func platforms() throws -> [PlatformName] {
    try database.read { db in
      try db.all("SELECT platform FROM platform ORDER BY platform", []) { try PlatformName($0.text(0)) }
    }
  }

  private static func page(
    of platform: PlatformName?, after: String, _ db: any DatabaseConnection
  ) throws -> [OrderID] {
    try db.all(
      """
      SELECT o.order_id FROM orders o WHERE o.order_id > $1
        AND ($2 = '' OR EXISTS (SELECT 1 FROM concern c WHERE c.order_id = o.order_id AND c.platform = $2))
      ORDER BY o.order_id LIMIT $3
      """, [.text(after), .text(platform?.text ?? ""), .integer(ordersInOne)]
    ) { try OrderID($0.text(0)) }
  }

  /// True if the stored form is that of the state; older software wrote it otherwise.
  private static func says(_ stored: [UInt8]?, _ state: OrderState) -> Bool {
    guard let stored else { return false }
    return stored == state.stored || (try? OrderState(id: state.id, stored: stored)) == state
  }

  /// Notes what is wrong with an order; true if something is that can be put right.
  private static func examine(
    _ id: OrderID, _ found: inout Rebuilt, _ db: any DatabaseConnection
  ) throws -> Bool {
    var altered: [Dot] = []
    try db.query(
      "SELECT replica, n, line, hash, verdict FROM change WHERE order_id = $1 ORDER BY ordinal", [.text(id.text)]
    ) {
      row in
      found.lines += 1
      let dot = Dot(try ReplicaID(row.text(0)), row.int(1))
      let line = row.blob(2)
      if line.isEmpty {
        // Of an unreadable change not everyone has the line, and nobody needs it.
        guard row.text(4) != Verdict.unreadable.rawValue else { return }
        found.missing.append(dot)
        found.remaining.note(Repair(.line, order: id, dot: dot))
      } else if Hash.of(line).bytes != row.blob(3) {
        altered.append(dot)
      }
    }
    found.altered += altered
    found.repairs.note(altered.map { Repair(.line, order: id, dot: $0) })
    var isWrong = !altered.isEmpty
    let stored = try db.first("SELECT state, digest FROM orders WHERE order_id = $1", [.text(id.text)]) { row in
      (state: row.blob(0), digest: Digest(bytes: row.blob(1)))
    }
    if try stored?.digest != HubDigests.fromLog(id, db) {
      found.digests.append(id)
      found.repairs.note(Repair(.digest, order: id))
      isWrong = true
    }
    do {
      let (state, waiting) = try HubLog.fold(id, db)
      if !waiting.isEmpty {
        found.noteUnfoldable(id)
      } else if !HubRebuild.says(stored?.state, state) {
        // Of an altered line too: that is put right with the line.
        if altered.isEmpty {
          found.states.append(id)
          found.repairs.note(Repair(.state, order: id))
        }
        isWrong = true
      }
    } catch is JSONError {
      if altered.isEmpty { found.noteUnfoldable(id) }
    }
    return isWrong
  }
}

extension HubTransaction {
  /// Puts an order's lines, digest and state right. Returns who is concerned with it. An order whose log cannot be folded is left as
  /// it is.
  func repair(_ id: OrderID) throws -> Set<PlatformName> {
    do {
      return try request { try repairWhole(id) }
    } catch is JSONError {
      return []
    } catch let error as StoreError where !error.endsTransaction {
      return []
    }
  }

  private func repairWhole(_ id: OrderID) throws -> Set<PlatformName> {
    // All of them first: a fold between two would read the others.
    let altered = try alteredLines(id)
    for line in altered {
      try db.execute(
        "UPDATE change SET line = $1 WHERE platform = $2 AND replica = $3 AND n = $4",
        [.blob([]), .text(line.dot.replica.platform.text), .text(line.dot.replica.text), .integer(line.dot.n)])
    }
    for line in altered { try dropLine(of: line.dot, id, line.hash, line.verdict) }
    try forgetPurges(of: id, in: altered.map(\.dot))
    try refold(id)
    guard let row = try order(id) else { return [] }
    let right = try HubDigests.fromLog(id, db)
    let stored = try db.first("SELECT digest FROM orders WHERE order_id = $1", [.text(id.text)]) {
      Digest(bytes: $0.blob(0)) ?? .zero
    }
    let difference = row.digest ^ right
    if difference != .zero || stored != row.storedDigest {
      // The buckets are left alone: what they have of the order is found by their sum, in ``correctBuckets(of:)``, which reads this row.
      let former = row.storedDigest ^ difference
      try db.execute(
        "UPDATE orders SET digest = $1 WHERE order_id = $2", [.blob(former.bytes), .text(id.text)])
      orders.update(id, default: row) {
        $0.digest = right
        $0.storedDigest = former
      }
    }
    return row.concerned
  }

  private func alteredLines(_ id: OrderID) throws -> [(dot: Dot, hash: Hash, verdict: Verdict)] {
    try db.all(
      "SELECT replica, n, line, hash, verdict FROM change WHERE order_id = $1 AND LENGTH(line) > 0 ORDER BY ordinal",
      [.text(id.text)]
    ) { row -> (dot: Dot, hash: Hash, verdict: Verdict)? in
      guard let hash = Hash(bytes: row.blob(3)), let verdict = Verdict(rawValue: row.text(4)),
        Hash.of(row.blob(2)) != hash
      else { return nil }
      return (Dot(try ReplicaID(row.text(0)), row.int(1)), hash, verdict)
    }.compactMap(\.self)
  }

  /// Makes a platform's buckets the sums of its orders' digests.
  func correctBuckets(of platform: PlatformName) throws {
    guard try HubDigests.correctBuckets(of: platform, db) > 0 else { return }
    // Orders that became the platform's in this transaction were in that sum already, as their rows are: only what changes of them is
    // added at its end.
    for (id, row) in orders.changed where row.concerned.contains(platform) && !row.digestedFor.contains(platform) {
      orders.update(id, default: row) { _ = $0.digestedFor.insert(platform) }
    }
  }
}
