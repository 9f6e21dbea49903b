// By which telephone numbers sealed values are found without reading them all: each number in a value has a mark, its hash under the hub's
// key, so that neither the database nor a backup of it tells the number. Values that have no marks yet are read; so what is found is the
// same at every moment, only sooner.

import Core

enum NumberIndex {
  /// `is_marked` of a sealed value: not looked at yet; all its numbers have marks; too many for that, so that it is read every time.
  static let unmarked = 0
  static let marked = 1
  static let unmarkable = 2
  /// A text that has more was written to fill the disk.
  static let maxNumbers = 256
  private static let markBytes = 16

  /// The number's mark. Of another kind than those of purged numbers, so that a database does not tell who called again after a purge.
  private static func mark(_ digits: [UInt8], _ key: [UInt8]) -> SQLValue {
    let hash = Hash.authenticating(Array("held number\n".utf8) + digits.map { $0 + 0x30 }, key: key)
    return .blob(Array(hash.bytes.prefix(markBytes)))
  }

  /// The numbers in a value; nil where they are too many to mark.
  static func numbers(in value: JSON) -> [[UInt8]]? {
    let numbers = PhoneNumber.all(in: value)
    return numbers.count <= maxNumbers ? numbers.sorted { $0.lexicographicallyPrecedes($1) } : nil
  }

  /// What `is_marked` says of a value with these numbers.
  static func state(of numbers: [[UInt8]]?) -> Int { numbers == nil ? unmarkable : marked }

  /// Marks the numbers of a value that is kept.
  static func put(_ numbers: [[UInt8]], of commitment: Hash, key: [UInt8], _ db: any DatabaseConnection) throws {
    for digits in numbers {
      try db.execute(
        "INSERT INTO sealed_number (mark, commitment) VALUES ($1, $2) ON CONFLICT (mark, commitment) DO NOTHING",
        [mark(digits, key), .blob(commitment.bytes)])
    }
  }

  /// Forgets the marks of a value that is destroyed.
  static func take(_ commitment: Hash, _ db: any DatabaseConnection) throws {
    // sealed_number_by_commitment
    try db.execute("DELETE FROM sealed_number WHERE commitment = $1", [.blob(commitment.bytes)])
  }

  /// Marks some values of an older database. Returns how many that were.
  static func fillPage(_ count: Int, key: [UInt8], _ db: any DatabaseConnection) throws -> Int {
    let values = try db.all(
      // sealed_unmarked
      "SELECT commitment, value FROM sealed WHERE is_marked <> 1 AND is_marked = $1 LIMIT $2",
      [.integer(unmarked), .integer(count)]
    ) { row in (commitment: row.blob(0), value: PersonalValues.plain(row.blob(1))) }
    for (bytes, value) in values {
      // What is no commitment is nobody's to mark: it is read every time.
      let commitment = Hash(bytes: bytes)
      let found = commitment == nil ? nil : numbers(in: value)
      if let commitment { try put(found ?? [], of: commitment, key: key, db) }
      // sealed_by_commitment
      try db.execute(
        "UPDATE sealed SET is_marked = $1 WHERE commitment = $2", [.integer(state(of: found)), .blob(bytes)])
    }
    return values.count
  }

  /// True where every value has been looked at.
  static func isWhole(_ db: any DatabaseConnection) throws -> Bool {
    // sealed_unmarked
    try db.first("SELECT 1 FROM sealed WHERE is_marked <> 1 AND is_marked = $1 LIMIT 1", [.integer(unmarked)]) { _ in
      true
    } == nil
  }

  /// Orders in which some value has the number.
  static func orders(with phone: PhoneNumber, key: [UInt8], _ db: any DatabaseConnection) throws -> [OrderID] {
    var found = Set(
      try db.all(
        // The primary key, then sealed_by_commitment.
        """
        SELECT s.order_id FROM sealed_number n JOIN sealed s ON s.commitment = n.commitment WHERE n.mark = $1
        """, [mark(phone.digits, key)]
      ) { $0.text(0) })
    // sealed_unmarked
    try db.query("SELECT order_id, value FROM sealed WHERE is_marked <> 1", []) { row in
      let order = row.text(0)
      if !found.contains(order), phone.isIn(PersonalValues.plain(row.blob(1))) { found.insert(order) }
    }
    return try found.sorted().map { try OrderID($0) }
  }
}

/// Gives the values of an older database their marks, page by page through the writer; what is left goes on at the next start.
struct NumbersRebuild: Sendable {
  let database: any Database
  let writer: GroupCommitWriter

  /// Values of one page, and so of one transaction.
  private static let valuesInOne = 500

  /// - Parameter isStopping: asked between two pages.
  /// - Returns: true where there was something to do.
  func resume(isStopping: () -> Bool = { false }) throws -> Bool {
    var wasDone = false
    while try !isStopping() && database.read({ db in try !NumberIndex.isWhole(db) }) {
      try writer.perform { transaction in
        _ = try NumberIndex.fillPage(NumbersRebuild.valuesInOne, key: transaction.receiptKey, transaction.db)
      }
      wasDone = true
    }
    return wasDone
  }
}
