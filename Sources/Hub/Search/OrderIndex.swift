// The words of all orders, by which they are found: one FTS5 table without contents, so that a word costs a byte or two an order
// (docs/decisions/0018). Kept in the transaction that changes the order. Which words is SearchWords', which orders a list shows OrderList's.

import Core

enum OrderIndex {
  /// Lengths of beginnings of words that have lists of their own: one character of Chinese, and what a person types of other words.
  static let statements = [
    """
    CREATE VIRTUAL TABLE order_words USING fts5(words, content='', columnsize=0, detail=none, tokenize='ascii',
      prefix='1 3 4 5 8')
    """,
    // What the table holds, word by word, for the doctor.
    "CREATE VIRTUAL TABLE order_words_held USING fts5vocab('order_words', 'instance')",
  ]

  /// How long a stretch of time is that has a word of its own, milliseconds: 30 days.
  private static let stretch = 30 * 86_400_000

  // MARK: Words

  /// All words of an order, and one that says when it was created.
  private static func words(_ state: OrderState, created: Int) -> [UInt8] {
    var words: [UInt8] = []
    for text in SearchText.texts(of: state) { SearchWords.write(text, to: &words) }
    words.append(contentsOf: stretchWord(created / stretch).utf8)
    return words
  }

  /// Begins with what is no letter, so that no text has it.
  private static func stretchWord(_ number: Int) -> String { "→\(number)" }

  // MARK: Asking

  /// What FTS5 is asked, narrowed to a range of time where that is not too wide to narrow anything.
  static func match(_ question: SearchQuestion, from: Int?, until: Int?) -> String {
    guard let from, let until, from < until else { return question.match }
    let numbers = from / stretch...(until - 1) / stretch
    guard numbers.count <= maxStretches else { return question.match }
    return question.match + " AND (" + numbers.map { "\"\(stretchWord($0))\"" }.joined(separator: " OR ") + ")"
  }

  /// Two years.
  private static let maxStretches = 24

  /// The places of orders that have the words, the last stored first; some too many, see ``SearchQuestion``.
  static func places(
    _ match: String, before place: Int, limit: Int, _ db: any DatabaseConnection
  ) throws -> [Int] {
    try db.all(
      "SELECT rowid FROM order_words WHERE order_words MATCH $1 AND rowid < $2 ORDER BY rowid DESC LIMIT $3",
      [.text(match), .integer(place), .integer(limit)]
    ) { $0.int(0) }
  }

  // MARK: Writing

  static func put(_ state: OrderState, created: Int, place: Int, _ db: any DatabaseConnection) throws {
    try db.execute(
      "INSERT INTO order_words (rowid, words) VALUES ($1, $2)",
      [.integer(place), .text(String(decoding: words(state, created: created), as: UTF8.self))])
  }

  /// Takes out what was put in for this very state.
  static func take(_ state: OrderState, created: Int, place: Int, _ db: any DatabaseConnection) throws {
    try db.execute(
      "INSERT INTO order_words (order_words, rowid, words) VALUES ('delete', $1, $2)",
      [.integer(place), .text(String(decoding: words(state, created: created), as: UTF8.self))])
  }

  /// The row's state was not what is in the index: what that holds of the order is not known any more, and all must be made anew.
  static func spoil(_ db: any DatabaseConnection) throws { try set(versionName, 0, db) }

  // MARK: Making it anew

  /// How far a rebuild has come: what was stored before it began is in the index up to `done`, and what came later all.
  struct Progress: Sendable, Equatable {
    var base = 0
    var done = 0

    var isWhole: Bool { done >= base }
    func hasIndexed(_ place: Int) -> Bool { place > base || place <= done }
  }

  private static let versionName = "search.version"
  private static let baseName = "search.base"
  private static let doneName = "search.done"

  static func progress(_ db: any DatabaseConnection) throws -> Progress {
    Progress(base: try value(baseName, db) ?? 0, done: try value(doneName, db) ?? 0)
  }

  /// False where it was made by other software, or where it is known to be wrong.
  static func isCurrent(_ db: any DatabaseConnection) throws -> Bool {
    try value(versionName, db) == SearchWords.version
  }

  /// Empties it; then ``fillPage(_:)`` goes on until the progress is whole.
  static func begin(_ db: any DatabaseConnection) throws {
    try db.execute("INSERT INTO order_words (order_words) VALUES ('delete-all')", [])
    // orders_by_place
    try set(baseName, try db.count("SELECT COALESCE(MAX(place), 0) FROM orders"), db)
    try set(doneName, 0, db)
    try set(versionName, SearchWords.version, db)
  }

  /// Puts in the next orders of those that were there when it began. An order whose state cannot be read is left out: the doctor names it.
  static func fillPage(_ count: Int, _ db: any DatabaseConnection) throws {
    let progress = try progress(db)
    guard !progress.isWhole else { return }
    var done = progress.base
    var seen = 0
    try db.query(
      // orders_by_place
      """
      SELECT order_id, state, created, place FROM orders WHERE place > $1 AND place <= $2 ORDER BY place LIMIT $3
      """, [.integer(progress.done), .integer(progress.base), .integer(count)]
    ) { row in
      seen += 1
      if seen == count { done = row.int(3) }
      guard let state = try? OrderState(id: try OrderID(row.text(0)), stored: row.blob(1)) else { return }
      try put(state, created: row.int(2), place: row.int(3), db)
      try db.execute(
        "UPDATE orders SET text_mark = $1 WHERE place = $2",
        [.integer(SearchText.mark(of: state)), .integer(row.int(3))])
    }
    try set(doneName, done, db)
  }

  /// For a database that had none: gives every order its place in lists, as they were created, and fills the index.
  static func fill(_ db: any DatabaseConnection) throws {
    let orders = try db.all("SELECT order_id FROM orders ORDER BY created, order_id", []) { $0.text(0) }
    for (index, order) in orders.enumerated() {
      try db.execute(
        "UPDATE orders SET place = $1 WHERE order_id = $2", [.integer(index + 1), .text(order)])
    }
    try begin(db)
    while try !progress(db).isWhole { try fillPage(1_000, db) }
  }

  private static func value(_ name: String, _ db: any DatabaseConnection) throws -> Int? {
    try db.first("SELECT value FROM counter WHERE name = $1", [.text(name)]) { $0.int(0) }
  }

  private static func set(_ name: String, _ value: Int, _ db: any DatabaseConnection) throws {
    try db.execute(
      "INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
      [.text(name), .integer(value)])
  }

  // MARK: Checking

  /// Sums over all pairs of word and order, once as the states have them and once as the index has them: equal where it is right.
  static func sums(_ db: any DatabaseConnection) throws -> (states: UInt64, index: UInt64, orders: Int) {
    var states: UInt64 = 0
    var orders = 0
    try db.query("SELECT order_id, state, created, place FROM orders", []) { row in
      guard let state = try? OrderState(id: try OrderID(row.text(0)), stored: row.blob(1)) else { return }
      orders += 1
      let place = row.int(3)
      let words = Set(words(state, created: row.int(2)).split(separator: 0x20).map { Array($0) })
      for word in words { states &+= pair(word, place) }
    }
    var index: UInt64 = 0
    try db.query("SELECT term, doc FROM order_words_held", []) { row in
      index &+= pair(Array(row.text(0).utf8), row.int(1))
    }
    return (states, index, orders)
  }

  private static func pair(_ word: [UInt8], _ place: Int) -> UInt64 {
    var mark = SearchText.Mark()
    mark.take(word)
    withUnsafeBytes(of: UInt64(truncatingIfNeeded: place).littleEndian) { mark.take($0) }
    // Spread, so that the sum of two pairs is not that of two others.
    return (mark.value ^ (mark.value >> 31)) &* 0x9E37_79B9_7F4A_7C15
  }
}
