// What the hub holds of a person, found by a telephone number: the orders, the sealed values in them, and who may have had those. Reads
// only; what is answered of it is in HotlinePrivacy.swift.

import Core

/// A sealed value as the hub holds it.
struct PersonalValue: Sendable {
  let commitment: Hash
  let value: JSON
  let author: PlatformName
  let isForLead: Bool
  /// Registers and kinds of entries that hold it.
  var places: Set<String> = []
}

/// One order's values of a person.
struct PersonalValues: Sendable {
  let order: OrderID
  /// By commitment. Where the person is the order's caller, all that the order has; else only those with the number.
  let values: [PersonalValue]
  /// The changes whose lines name them, as far as they can be read.
  let changes: [(change: Change, verdict: Verdict?)]
  /// Platforms that may have had them: who led the order or wrote one.
  let platforms: [PlatformName]

  /// An order's values, nil where none has the number.
  static func find(_ phone: PhoneNumber, in order: OrderID, _ db: any DatabaseConnection) throws -> PersonalValues? {
    var held = try db.all(
      "SELECT commitment, value, author, for_lead FROM sealed WHERE order_id = $1 ORDER BY commitment",
      [.text(order.text)]
    ) { row -> PersonalValue? in
      guard let commitment = Hash(bytes: row.blob(0)) else { return nil }
      return PersonalValue(
        commitment: commitment, value: plain(row.blob(1)), author: try PlatformName(row.text(2)),
        isForLead: row.int(3) == 1)
    }.compactMap(\.self)
    guard held.contains(where: { phone.isIn($0.value) }) else { return nil }
    let changes = try self.changes(of: order, db)
    let places = Dictionary(
      grouping: changes.flatMap { $0.change.sealedMentions }, by: \.commitment)
    for index in held.indices { held[index].places = Set((places[held[index].commitment] ?? []).map(\.place)) }
    let matching = held.filter { phone.isIn($0.value) }
    let values = matching.contains { $0.places.contains("caller") } ? held : matching
    let wanted = Set(values.map(\.commitment))
    var platforms = Set(values.map(\.author).filter { !$0.isHub })
    if values.contains(where: \.isForLead) {
      try db.query(
        "SELECT platform FROM concern WHERE order_id = $1 AND lead_from IS NOT NULL", [.text(order.text)]
      ) { platforms.insert(try PlatformName($0.text(0))) }
    }
    return PersonalValues(
      order: order, values: values,
      changes: changes.filter { $0.change.sealedMentions.contains { wanted.contains($0.commitment) } },
      platforms: platforms.sorted())
  }

  private static func changes(
    of order: OrderID, _ db: any DatabaseConnection
  ) throws -> [(change: Change, verdict: Verdict?)] {
    try db.all("SELECT line, verdict FROM change WHERE order_id = $1 ORDER BY ordinal", [.text(order.text)]) { row in
      // A line that cannot be read names nothing; its value is found and destroyed all the same.
      (try? ChangeLine.decode(row.blob(0))).map { ($0, Verdict(rawValue: row.text(1))) }
    }.compactMap(\.self)
  }

  /// A value that is no JSON is searched as the text that it is.
  static func plain(_ bytes: [UInt8]) -> JSON {
    (try? JSON(parsing: bytes)) ?? .string(String(decoding: bytes, as: UTF8.self))
  }
}
