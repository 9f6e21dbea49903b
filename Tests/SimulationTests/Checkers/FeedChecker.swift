// What must hold of the feeds in the hubs' database: dense, bound by their running hash, also where they were cut (I-7).

import Core

@testable import Hub

/// One position of a platform's feed.
struct FeedFact: Equatable {
  let order: OrderID
  let dot: Dot
  let hash: Hash
  let feedHash: Hash
}

/// An entry, and the running hash before it.
struct FeedLink {
  let fact: FeedFact
  let before: Hash
}

extension Checker {
  func readFeeds(_ database: SQLiteDatabase) throws {
    for platform in world.platformNames {
      let cut = try database.read { db in try Feed.cut(of: platform, db) }
      world.feedCuts[platform] = cut
      if hub.feeds[platform] == nil, cut > 1 { try recallFeed(of: platform, until: cut, database) }
      let known = hub.feeds[platform]?.count ?? 0
      let fresh = try database.read { db in try feed(platform, after: known, db) }
      for (position, fact) in fresh {
        let count = hub.feeds[platform]?.count ?? 0
        if position != count + 1 { world.violation("I-7", "\(platform)'s feed goes from \(count) to \(position)") }
        let before = hub.feeds[platform]?.last?.feedHash ?? .zero
        if Hash.feed(before, fact.dot, fact.hash) != fact.feedHash {
          world.violation("I-7", "the running hash of \(platform)'s feed does not hold at \(position)")
        }
        take(fact, of: platform)
      }
    }
  }

  private func take(_ fact: FeedFact, of platform: PlatformName) {
    feedLinks[platform, default: [:]][fact.feedHash] = FeedLink(
      fact: fact, before: hub.feeds[platform]?.last?.feedHash ?? .zero)
    hub.feeds[platform, default: []].append(fact)
    fedByOrder[Pair(platform, fact.order), default: []].append(fact.dot)
  }

  /// What was seen of a feed before it was cut, from the first entry that is left: its running hash stands for all before it.
  private func recallFeed(of platform: PlatformName, until cut: Int, _ database: SQLiteDatabase) throws {
    let first = try database.read { db in try feed(platform, after: 0, db).first }
    guard let (position, fact) = first, position == cut else {
      return world.violation("I-7", "\(platform)'s feed is cut at \(cut) and begins at \(first?.0 ?? 0)")
    }
    var facts: [FeedFact] = []
    var next = fact.feedHash
    while next != .zero {
      guard let link = feedLinks[platform]?[next] else {
        return world.violation("I-7", "\(platform)'s feed begins at \(cut) with what nobody saw there")
      }
      facts.append(link.fact)
      next = link.before
    }
    if facts.count != cut {
      world.violation("I-7", "\(platform)'s feed begins at \(cut) with what was its entry \(facts.count)")
    }
    for fact in facts.reversed() { take(fact, of: platform) }
  }

  private func feed(_ platform: PlatformName, after position: Int, _ db: any DatabaseConnection) throws -> [(
    Int, FeedFact
  )] {
    try db.all(
      """
      SELECT f.position, f.order_id, f.replica, f.n, c.hash, f.feed_hash FROM feed f
      JOIN change c ON c.platform = f.author AND c.replica = f.replica AND c.n = f.n
      WHERE f.platform = $1 AND f.position > $2 ORDER BY f.position
      """, [.text(platform.text), .integer(position)]
    ) { row in
      (
        row.int(0),
        FeedFact(
          order: try decoded.order(row.text(1)), dot: Dot(try decoded.replica(row.text(2)), row.int(3)),
          hash: Hash(bytes: row.blob(4)) ?? .zero, feedHash: Hash(bytes: row.blob(5)) ?? .zero)
      )
    }
  }
}
