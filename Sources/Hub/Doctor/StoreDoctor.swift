// What the hub's doctor finds in the database, and what it can put right by itself: the log is the truth, and states follow from it.

import Core
import Shell

/// Looks at the hub's whole database, page by page; the hub goes on meanwhile.
struct StoreDoctor: Sendable {
  let database: any Database
  let writer: GroupCommitWriter

  private static let ordersInOne = 200

  /// All findings; with `fixing`, what can be put right is.
  func examine(fixing: Bool) throws -> [Finding] {
    var findings = try database.check().map { check in
      Finding(
        check.name, check.isWell, check.detail,
        remedy: "stop the hub, keep a copy of its data directory, and restore a backup")
    }
    findings.append(try lineFinding())
    findings.append(try chainFinding())
    findings.append(try feedFinding())
    findings.append(try stateFinding(fixing))
    return findings
  }

  private func lineFinding() throws -> Finding {
    var checked = 0
    var damaged: [String] = []
    try database.read { db in
      try db.query("SELECT replica, n, line, hash FROM change", []) { row in
        checked += 1
        if Hash.of(row.blob(2)).bytes != row.blob(3) { damaged.append("\(row.text(0)):\(row.int(1))") }
      }
    }
    return Finding(
      "lines fit their hashes", damaged.isEmpty,
      damaged.isEmpty ? "\(checked) lines" : "altered on the disk: \(Finding.list(damaged))",
      remedy: "they are not sent on, and their agents keep them; keep a copy, and restore a backup that has them")
  }

  /// Every replica's changes, those in quarantine too, without a gap and each leading to the next.
  private func chainFinding() throws -> Finding {
    var broken: [String] = []
    var checked = 0
    var replica = ""
    var n = 0
    var chain: Hash? = .zero
    var isBroken = false
    try database.read { db in
      // A change in quarantine is kept without its chain value: behind it the chain is taken from the next row on.
      try db.query(
        """
        SELECT platform, replica, n, hash, chain FROM change
        UNION ALL SELECT platform, replica, n, hash, NULL FROM quarantine ORDER BY 1, 2, 3
        """, []
      ) { row in
        checked += 1
        if row.text(1) != replica {
          (replica, n, chain, isBroken) = (row.text(1), 0, .zero, false)
        }
        guard !isBroken else { return }
        n += 1
        let stored = row.isNull(4) ? nil : Hash(bytes: row.blob(4))
        let next = Hash(bytes: row.blob(3)).flatMap { hash in chain.map { Hash.chain($0, hash) } }
        isBroken = row.int(2) != n || (next != nil && stored != nil && next != stored)
        if isBroken { broken.append("\(replica):\(n)") }
        chain = row.isNull(4) ? next : stored
      }
    }
    return Finding(
      "chains lead on", broken.isEmpty,
      broken.isEmpty ? "\(checked) changes without a gap" : "broken at \(Finding.list(broken))",
      remedy: "somebody or the disk altered the log: keep a copy, and restore a backup")
  }

  /// Every feed dense, with its running hash, to the head that its platform's row names.
  private func feedFinding() throws -> Finding {
    var broken: [String] = []
    var checked = 0
    try database.read { db in
      let heads = try db.all("SELECT platform, feed_head, feed_hash FROM platform ORDER BY platform", []) { row in
        (platform: row.text(0), head: row.int(1), hash: row.blob(2))
      }
      for (platform, head, hash) in heads {
        var reached = 0
        var running = Hash.zero
        var isBroken = false
        try db.query(
          """
          SELECT f.position, f.feed_hash, f.replica, f.n, c.hash FROM feed f
          LEFT JOIN change c ON c.platform = f.author AND c.replica = f.replica AND c.n = f.n
          WHERE f.platform = $1 ORDER BY f.position
          """, [.text(platform)]
        ) { row in
          guard !isBroken else { return }
          checked += 1
          guard row.int(0) == reached + 1, !row.isNull(4), let change = Hash(bytes: row.blob(4)) else {
            isBroken = true
            return
          }
          running = .feed(running, Dot(try ReplicaID(row.text(2)), row.int(3)), change)
          isBroken = running.bytes != row.blob(1)
          if !isBroken { reached += 1 }
        }
        if isBroken || reached != head || running.bytes != hash { broken.append("\(platform):\(reached + 1)") }
      }
    }
    return Finding(
      "feeds are dense", broken.isEmpty,
      broken.isEmpty ? "\(checked) entries, no holes" : "broken at \(Finding.list(broken))",
      remedy: "keep a copy, and restore a backup: agents read from the start what they do not know")
  }

  private func stateFinding(_ fixing: Bool) throws -> Finding {
    let name = "states match their logs"
    var checked = 0
    var differing: [OrderID] = []
    var unreadable: [String] = []
    var after = ""
    while true {
      let page = try database.read { db in
        try db.all(
          "SELECT order_id, state FROM orders WHERE order_id > $1 ORDER BY order_id LIMIT $2",
          [.text(after), .integer(StoreDoctor.ordersInOne)]
        ) { row in (id: try OrderID(row.text(0)), state: row.blob(1)) }.map { row in
          (id: row.id, isEqual: try isFold(row.state, of: row.id, db))
        }
      }
      guard let last = page.last else { break }
      checked += page.count
      differing += page.filter { $0.isEqual == false }.map(\.id)
      unreadable += page.filter { $0.isEqual == nil }.map(\.id.text)
      after = last.id.text
    }
    guard unreadable.isEmpty else {
      return Finding(
        name, false, "logs that cannot be folded: \(Finding.list(unreadable))",
        remedy: "a line in them was altered: keep a copy, and restore a backup")
    }
    if differing.isEmpty { return Finding(name, true, "\(checked) orders folded anew, all equal") }
    let detail = "differ: \(Finding.list(differing.map(\.text)))"
    guard fixing else { return Finding(name, false, detail, remedy: "doctor --fix makes them anew from the log") }
    for start in stride(from: 0, to: differing.count, by: StoreDoctor.ordersInOne) {
      let some = differing[start..<min(start + StoreDoctor.ordersInOne, differing.count)].sorted()
      try writer.perform { transaction in
        for id in some { try transaction.refold(id) }
      }
    }
    return Finding(name, true, detail, repair: "\(differing.count) states made anew from the log")
  }

  /// Nil where the log cannot be folded: a line in it does not read.
  private func isFold(_ state: [UInt8], of id: OrderID, _ db: any DatabaseConnection) throws -> Bool? {
    do {
      let (folded, waiting) = try HubLog.fold(id, db)
      return folded.stored == state && waiting.isEmpty
    } catch is JSONError {
      return nil
    }
  }
}
