// Feeds do not grow for ever: what every agent that is alive has read, and what is older than `feed.keep`, is cut off (DESIGN §5). Only
// entries go; changes stay. Whoever comes back from before the cut compares instead of reading (docs/decisions/0022).

import Core

enum FeedCut {
  /// Entries that one transaction removes: other work goes on between two.
  private static let maxEntries = 5_000
  /// A feed's length is noted so many times within `feed.keep`.
  private static let marksPerKeep = 100

  /// One transaction's part of the work: notes how long the feeds are, and cuts each of them as far as it may.
  /// - Returns: how many entries were removed, by platform; nothing where nothing is left to do.
  static func run(among live: LiveAgents, _ transaction: HubTransaction) throws -> [PlatformName: Int] {
    let db = transaction.db
    let slowest = Dictionary(
      try live.all(now: transaction.now, db).map { ($0.name.platform, $0.position) }, uniquingKeysWith: min)
    let feeds = try db.all("SELECT platform, feed_head, feed_cut FROM platform ORDER BY platform", []) { row in
      (platform: try PlatformName(row.text(0)), head: row.int(1), cut: row.int(2))
    }
    var removed: [PlatformName: Int] = [:]
    for feed in feeds {
      let old = try mark(feed.platform, feed.head, live.milliseconds, transaction)
      // What this very transaction feeds has no position yet.
      let last = min(old, slowest[feed.platform] ?? old, feed.head)
      guard last > feed.cut else { continue }
      // The entry at the cut stays: its hash is what the cursor of whoever has read just so far is known by.
      let cut = min(last, max(feed.cut, 1) + maxEntries)
      let count = try db.execute(
        "DELETE FROM feed WHERE platform = $1 AND position < $2", [.text(feed.platform.text), .integer(cut)])
      try db.execute(
        "UPDATE platform SET feed_cut = $1 WHERE platform = $2", [.integer(cut), .text(feed.platform.text)])
      if count > 0 { removed[feed.platform] = count }
    }
    return removed
  }

  /// Notes the feed's length now and then. Returns how long it was `feed.keep` ago, as far as that is known; 0 where it is not.
  private static func mark(
    _ platform: PlatformName, _ head: Int, _ keep: Int, _ transaction: HubTransaction
  ) throws -> Int {
    let db = transaction.db
    let key = SQLValue.text(platform.text)
    // A clock that was set back would keep all marks for ever, one that was ahead would find them old too soon: those go.
    try db.execute("DELETE FROM feed_mark WHERE platform = $1 AND at > $2", [key, .integer(transaction.now)])
    let newest = try db.first("SELECT MAX(at) FROM feed_mark WHERE platform = $1", [key]) { $0.optionalInt(0) } ?? nil
    if newest ?? Int.min <= transaction.now - keep / marksPerKeep {
      try db.execute(
        "INSERT INTO feed_mark (platform, at, position) VALUES ($1, $2, $3)",
        [key, .integer(transaction.now), .integer(head)])
    }
    let old = try db.first(
      "SELECT at, position FROM feed_mark WHERE platform = $1 AND at <= $2 ORDER BY at DESC LIMIT 1",
      [key, .integer(transaction.now - keep)]
    ) { (at: $0.int(0), position: $0.int(1)) }
    guard let old else { return 0 }
    try db.execute("DELETE FROM feed_mark WHERE platform = $1 AND at < $2", [key, .integer(old.at)])
    return old.position
  }
}
