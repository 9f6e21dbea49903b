// What the hub's doctor finds in the database, and what it can put right by itself: the log is the truth, and states follow from it.

import Core
import Shell

/// Looks at the hub's whole database, page by page; the hub goes on meanwhile.
struct StoreDoctor: Sendable {
  let database: any Database
  let writer: GroupCommitWriter

  /// All findings; with `fixing`, what can be put right is.
  ///
  /// - Parameter afterPage: told how many orders were folded so far; what it throws ends the examination.
  func examine(fixing: Bool, afterPage: (Int) throws -> Void = { _ in }) throws -> [Finding] {
    var findings = try database.check().map { check in
      Finding(
        check.name, check.isWell, check.detail,
        remedy: "stop the hub, keep a copy of its data directory, and restore a backup")
    }
    let rebuilt = try HubRebuild(database: database, writer: writer).run(
      of: nil, repairing: fixing, afterPage: afterPage)
    findings.append(lineFinding(rebuilt, fixing))
    findings.append(try chainFinding())
    findings.append(try feedFinding())
    findings.append(stateFinding(rebuilt, fixing))
    findings.append(digestFinding(rebuilt, fixing))
    findings.append(try numberFinding())
    findings.append(try tallyFinding(fixing))
    findings.append(try wordsFinding(fixing))
    return findings
  }

  private func lineFinding(_ rebuilt: Rebuilt, _ fixing: Bool) -> Finding {
    let altered = rebuilt.altered.map(\.description)
    let missing = rebuilt.missing.map(\.description)
    let parts = [
      altered.isEmpty ? nil : "altered on the disk: \(Finding.list(altered))",
      missing.isEmpty ? nil : "missing, asked for with the next resync: \(Finding.list(missing))",
    ].compactMap(\.self)
    return Finding(
      "lines fit their hashes", parts.isEmpty, parts.isEmpty ? "\(rebuilt.lines) lines" : parts.joined(separator: "; "),
      remedy: altered.isEmpty || fixing
        ? "`lianxin-hub resync --all` fetches them from the agents that hold them"
        : "they are not sent on; doctor --fix drops them, and `lianxin-hub resync --all` fetches them from the agents",
      repair: fixing && !altered.isEmpty ? "\(altered.count) altered lines dropped" : nil)
  }

  /// Every replica's changes, those in quarantine and those that wait too, each leading to the next: without a gap as far as the hub
  /// says that it has none. Behind that there may be gaps, where others gave back what a restored hub lacks.
  private func chainFinding() throws -> Finding {
    var broken: [String] = []
    var checked = 0
    let gaps = try database.read { db in
      var unseen: [String: Int] = [:]
      try db.query("SELECT replica, n FROM replica", []) { unseen[$0.text(0)] = $0.int(1) }
      var replica = ""
      // Held without a gap, so the hub says.
      var dense = 0
      var n = 0
      var chain: Hash? = .zero
      var isBroken = false
      func end() { if !isBroken, n < dense { broken.append("\(replica):\(n + 1)") } }
      // A change in quarantine is kept without its chain value, and so is one with a gap before it: behind it the chain is taken from
      // the next row on that has one.
      try db.query(
        """
        SELECT platform, replica, n, hash, chain FROM change
        UNION ALL SELECT platform, replica, n, hash, NULL FROM quarantine
        UNION ALL SELECT platform, replica, n, hash, chain FROM waiting ORDER BY 1, 2, 3
        """, []
      ) { row in
        checked += 1
        if row.text(1) != replica {
          end()
          (replica, n, chain, isBroken) = (row.text(1), 0, .zero, false)
          dense = unseen.removeValue(forKey: replica) ?? 0
        }
        guard !isBroken else { return }
        if row.int(2) > n + 1, n >= dense {
          n = row.int(2) - 1
          chain = nil
        }
        n += 1
        let stored = row.isNull(4) ? nil : Hash(bytes: row.blob(4))
        let next = Hash(bytes: row.blob(3)).flatMap { hash in chain.map { Hash.chain($0, hash) } }
        isBroken = row.int(2) != n || (next != nil && stored != nil && next != stored)
        if isBroken { broken.append("\(replica):\(n)") }
        chain = stored ?? next
      }
      end()
      broken += unseen.filter { $0.value > 0 }.keys.sorted().map { "\($0):1" }
      return try Gap.all(db, withLost: true)
    }
    let told = gaps.map { "\($0.replica) lacks \($0.words)" }
    return Finding(
      "chains lead on", broken.isEmpty,
      broken.isEmpty
        ? "\(checked) changes"
          + (gaps.isEmpty ? " without a gap" : "; gaps, not broken, lost or not yet sent again: \(Finding.list(told))")
        : "broken at \(Finding.list(broken))",
      remedy: "somebody or the disk altered the log: keep a copy, and restore a backup")
  }

  /// Every feed dense, with its running hash, to the head that its platform's row names.
  private func feedFinding() throws -> Finding {
    var broken: [String] = []
    var checked = 0
    try database.read { db in
      let heads = try db.all("SELECT platform, feed_head, feed_hash, feed_cut FROM platform ORDER BY platform", []) {
        row in
        (platform: row.text(0), head: row.int(1), hash: row.blob(2), cut: row.int(3))
      }
      for (platform, head, hash, cut) in heads {
        var reached = max(0, cut - 1)
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
          // What came before a cut is not there to be added up: the first entry is believed.
          let isFirst = cut > 0 && reached == cut - 1
          running =
            isFirst
            ? Hash(bytes: row.blob(1)) ?? .zero : .feed(running, Dot(try ReplicaID(row.text(2)), row.int(3)), change)
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

  /// A hub that went back may have given out a number again before the order that had it came back.
  private func numberFinding() throws -> Finding {
    let (shared, orders) = try database.read { db in
      // orders_by_number.
      let shared = try db.all(
        "SELECT number, COUNT(*) FROM orders WHERE number IS NOT NULL GROUP BY number HAVING COUNT(*) > 1 ORDER BY number",
        []
      ) { "\($0.text(0)) (\($0.int(1)) orders)" }
      return (shared, try db.count("SELECT COUNT(*) FROM orders WHERE number IS NOT NULL", []))
    }
    return Finding(
      "numbers are given once", shared.isEmpty,
      shared.isEmpty ? "\(orders) orders with a number" : "given again after a restore: \(Finding.list(shared))",
      remedy:
        "nothing is lost: the orders are told apart by their ids; `lianxin-hub orders list --text NUMBER` shows both")
  }

  private func tallyFinding(_ fixing: Bool) throws -> Finding {
    let name = "orders are counted"
    let wrong = try database.read { db in try Tally.wrong(db) }
    guard wrong > 0 else { return Finding(name, true, "every count of orders by status") }
    if fixing { try writer.perform { transaction in try Tally.fill(transaction.db) } }
    return Finding(
      name, fixing, "\(wrong) counts differ", remedy: "doctor --fix counts anew",
      repair: fixing ? "counted anew" : nil)
  }

  private func wordsFinding(_ fixing: Bool) throws -> Finding {
    let name = "search finds every order"
    let check = try WordsRebuild(database: database, writer: writer).run(repairing: fixing)
    guard check.isWrong else { return Finding(name, true, "the words of \(check.orders) orders") }
    return Finding(
      name, fixing, "the index of words is not what the orders say", remedy: "doctor --fix makes it anew",
      repair: fixing ? "made anew from \(check.orders) orders" : nil)
  }

  private func stateFinding(_ rebuilt: Rebuilt, _ fixing: Bool) -> Finding {
    let name = "states match their logs"
    guard rebuilt.unfoldable.isEmpty else {
      return Finding(
        name, false, "logs that cannot be folded: \(Finding.list(rebuilt.unfoldable.map(\.text)))",
        remedy: "keep a copy, and restore a backup")
    }
    guard !rebuilt.states.isEmpty else {
      return Finding(name, true, "\(rebuilt.orders) orders folded anew, all equal")
    }
    return Finding(
      name, fixing, "differ: \(Finding.list(rebuilt.states.map(\.text)))",
      remedy: "doctor --fix makes them anew from the log",
      repair: fixing ? "\(rebuilt.states.count) states made anew from the log" : nil)
  }

  private func digestFinding(_ rebuilt: Rebuilt, _ fixing: Bool) -> Finding {
    let name = "digests match their logs"
    let buckets = rebuilt.buckets.keys.sorted().map { "\(rebuilt.buckets[$0] ?? 0) buckets of \($0)" }
    guard !rebuilt.digests.isEmpty || !buckets.isEmpty else { return Finding(name, true, "\(rebuilt.orders) orders") }
    return Finding(
      name, fixing, "differ: \(Finding.list(rebuilt.digests.map(\.text) + buckets))",
      remedy:
        "doctor --fix makes them anew from the log; until then comparisons with agents look at more than they need",
      repair: fixing ? "made anew from the log" : nil)
  }
}
