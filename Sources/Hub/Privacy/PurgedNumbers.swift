// Telephone numbers whose purge was asked for. What was recorded with one before that, and is sent only now or comes back only now, is
// destroyed when it arrives. A number is kept as its hash under the hub's key, so that no database and no backup of one tells it.

import Core

/// A number that was purged: what was recorded with it until then is to be gone.
struct PurgedNumber: Sendable, Equatable {
  /// The number's keyed hash.
  var mark: Hash
  /// How many digits it has: of a long text only numbers of such lengths are looked at.
  var digits: Int
  /// By the hub's hybrid clock; an author's clock decides what it recorded before.
  var until: HybridTime
}

extension PurgedNumber {
  init(_ phone: PhoneNumber, until: HybridTime, key: [UInt8]) {
    self.init(mark: PurgedNumber.mark(phone.digits, key), digits: phone.digits.count, until: until)
  }

  fileprivate static func mark(_ digits: [UInt8], _ key: [UInt8]) -> Hash {
    // A receipt's message begins with an order's id, which no word without a hyphen is.
    .authenticating(Array("number\n".utf8) + digits.map { $0 + 0x30 }, key: key)
  }
}

extension HubTransaction {
  /// Keeps a number, or a later purge of it. False where that is known. The ledger comes before.
  @discardableResult
  func keep(_ number: PurgedNumber) throws -> Bool {
    purgedLengths?.insert(number.digits)
    return try db.execute(
      """
      INSERT INTO purged_number (mark, digits, until, until_counter) VALUES ($1, $2, $3, $4)
      ON CONFLICT (mark) DO UPDATE SET until = excluded.until, until_counter = excluded.until_counter
      WHERE purged_number.until < excluded.until
        OR (purged_number.until = excluded.until AND purged_number.until_counter < excluded.until_counter)
      """,
      [
        .blob(number.mark.bytes), .integer(number.digits), .integer(number.until.milliseconds),
        .integer(number.until.counter),
      ]) > 0
  }

  /// True if the value has a number of which everything that was recorded at `made` is purged.
  func hasPurgedNumber(_ value: JSON, made: HybridTime) throws -> Bool {
    let lengths = try purgedLengths ?? lengthsOfPurged()
    purgedLengths = lengths
    guard !lengths.isEmpty else { return false }
    for digits in PhoneNumber.all(in: value, digits: lengths) {
      let until = try db.first(
        "SELECT until, until_counter FROM purged_number WHERE mark = $1",
        [.blob(PurgedNumber.mark(digits, receiptKey).bytes)]
      ) { HybridTime($0.int(0), $0.int(1)) }
      if let until, made <= until { return true }
    }
    return false
  }

  private func lengthsOfPurged() throws -> Set<Int> {
    Set(try db.all("SELECT DISTINCT digits FROM purged_number", []) { $0.int(0) })
  }

  /// Destroys what a database that went back holds of numbers that only the ledger remembers. Returns how many values that were.
  func destroyHeldOfPurgedNumbers() throws -> Int {
    var destroyed = 0
    let orders = try db.all("SELECT DISTINCT order_id FROM sealed ORDER BY order_id", []) { try OrderID($0.text(0)) }
    for order in orders {
      let key: [SQLValue] = [.text(order.text)]
      let values = try db.all("SELECT commitment, value FROM sealed WHERE order_id = $1 ORDER BY commitment", key) {
        (commitment: Hash(bytes: $0.blob(0)), value: PersonalValues.plain($0.blob(1)))
      }
      let suspects = try values.filter { try hasPurgedNumber($0.value, made: HybridTime(0)) }
      guard !suspects.isEmpty else { continue }
      let changes = try db.all(
        """
        SELECT line FROM change WHERE order_id = $1 AND notes % 2 = 1
        UNION ALL SELECT line FROM waiting WHERE order_id = $1
        """, key
      ) { try? ChangeLine.decode($0.blob(0)) }.compactMap(\.self)  // a line that cannot be read names nothing
      let before = destroyed
      for case (let commitment?, let value) in suspects {
        let naming = changes.filter { $0.sealedMentions.contains { $0.commitment == commitment } }
        guard try naming.contains(where: { try hasPurgedNumber(value, made: $0.at) }) else { continue }
        try destroy(commitment, of: order, at: now, by: nil)
        destroyed += 1
      }
      if destroyed > before, try self.order(order) != nil { try writeForgottenPurges(order) }
    }
    return destroyed
  }
}
