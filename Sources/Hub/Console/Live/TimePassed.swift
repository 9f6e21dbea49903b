// What the passing of time alone changes on pages: an order is overdue, a citizen can be rung again. No commit tells of it; it is looked
// for once a minute, by indexes.

import Core

struct TimePassed: Sendable {
  /// Up to when it was looked, milliseconds.
  private(set) var looked: Int

  init(since now: Int) { looked = now }

  /// What is to be shown anew because something's time came since the last look.
  mutating func topics(now: Int, _ db: any DatabaseConnection) throws -> Set<Topic> {
    let since = looked
    looked = now
    // A clock that was set back: what was past is not any more.
    guard now >= since else { return [.orders, .supervision, .callbacks] }
    func some(_ sql: String) throws -> Bool {
      try db.first(sql, [.integer(since), .integer(now)]) { _ in true } ?? false
    }
    var topics: Set<Topic> = []
    // orders_open_by_due
    if try some("SELECT 1 FROM orders WHERE is_open = 1 AND due > $1 AND due <= $2 LIMIT 1") { topics.insert(.orders) }
    // deadline_by_time, deadline_soon
    if try some("SELECT 1 FROM deadline WHERE is_paused = 0 AND at > $1 AND at <= $2 LIMIT 1")
      || some("SELECT 1 FROM deadline WHERE is_paused = 0 AND soon_at > $1 AND soon_at <= $2 LIMIT 1")
    {
      topics.formUnion([.orders, .supervision])
    }
    // callback_queue_next
    if try some("SELECT 1 FROM callback_queue WHERE next_at > $1 AND next_at <= $2 LIMIT 1") {
      topics.formUnion([.callbacks, .supervision])
    }
    return topics
  }
}
