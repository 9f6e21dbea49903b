// Open orders that may be about the matter of a new one: the same address, the same telephone, like words. Looked up while someone types,
// so everything here has a bound. How it is shown is the console's.

import Core

/// One of them, and why it is thought to be one.
struct LikelyDuplicate: Sendable {
  enum Reason: String, Sendable, CaseIterable {
    case address, phone, words
  }

  let row: OrderRowShown
  let reasons: [Reason]

  /// `{"order","number"?,"title","status","created","why"}`
  var json: JSON {
    .compact([
      ("order", .string(row.id.text)), ("number", row.number.map(JSON.string)), ("title", .string(row.title)),
      ("status", .string(row.status.rawValue)), ("created", .int(row.created)),
      ("why", .array(reasons.map { .string($0.rawValue) })),
    ])
  }
}

/// What is known of a new order while it is taken.
struct NewMatter: Sendable {
  var title: String?
  var address: String?
  var phone: PhoneNumber?
}

extension NewMatter {
  /// Words of a title that are looked for: more make no likelier duplicate.
  private static let maxWords = 8
  /// What a search for words brings at most.
  private static let maxCandidates = 40
  /// Characters of an address without which it is no place.
  private static let leastOfAddress = 3

  /// Open orders that may be about it, those with the most reasons first, of these the newest.
  ///
  /// - Parameter key: by which numbers are found.
  func likelyDuplicates(key: [UInt8], _ db: any DatabaseConnection) throws -> [LikelyDuplicate] {
    let words = words
    let place = address.flatMap { NewMatter.comparable($0).count >= NewMatter.leastOfAddress ? $0 : nil }
    let sought = place.map { [NewMatter.sought($0)] } ?? []
    let found = try OrderRows.open(having: words + sought, addresses: Set(sought), limit: NewMatter.maxCandidates, db)
    var reasons: [OrderID: [LikelyDuplicate.Reason]] = [:]
    if let place, let candidates = found.last {
      for (order, location) in try OrderRows.locations(candidates, db)
      where location["address"]?.asString.map(NewMatter.comparable) == NewMatter.comparable(place) {
        reasons[order, default: []].append(.address)
      }
    }
    if let phone {
      for order in try OrderRows.openOfCaller(phone, key: key, db) { reasons[order, default: []].append(.phone) }
    }
    // Half or more of the title's words: people say the same matter in other words.
    var counts: [OrderID: Int] = [:]
    for order in found.prefix(words.count).joined() { counts[order, default: 0] += 1 }
    for (order, count) in counts where count * 2 >= words.count { reasons[order, default: []].append(.words) }
    let rows = try OrderRows.rows(reasons.keys.sorted(), db).filter(\.isOpen)
    return rows.map { LikelyDuplicate(row: $0, reasons: reasons[$0.id] ?? []) }.sorted {
      ($0.reasons.count, $0.row.created) > ($1.reasons.count, $1.row.created)
    }
  }

  /// The title's words, each once.
  private var words: [String] {
    var words: [String] = []
    var seen: Set<String> = []
    SearchWords.runs(of: title ?? "") { run, isPaired in
      let scalars = Array(run)
      let pieces =
        isPaired ? stride(from: 0, to: scalars.count - 1, by: 1).map { scalars[$0...($0 + 1)] } : [scalars[...]]
      for piece in pieces where words.count < NewMatter.maxWords && piece.count >= 2 {
        let word = String(String.UnicodeScalarView(piece))
        if seen.insert(word).inserted { words.append(word) }
      }
    }
    return words
  }

  /// What of an address is looked for, before whole addresses are compared: a single Chinese character, as behind the number of a house, is
  /// the beginning of too many words.
  private static func sought(_ address: String) -> String {
    var runs: [String] = []
    SearchWords.runs(of: address) { run, isPaired in
      if !isPaired || run.count > 1 { runs.append(String(String.UnicodeScalarView(run))) }
    }
    return runs.isEmpty ? address : runs.joined(separator: " ")
  }

  /// An address without what people write in different ways.
  private static func comparable(_ address: String) -> String {
    address.lowercased().filter { $0.isLetter || $0.isNumber }
  }
}

extension Seat {
  /// What is shown at most: whoever has more reads the list of orders.
  private static let maxDuplicates = 8

  /// Open orders that may be about the matter. That someone sought by a telephone number is kept before they are shown, once for each call.
  func likelyDuplicates(of matter: NewMatter) throws -> [LikelyDuplicate] {
    try demand(.handle)
    if let phone = matter.phone {
      try demand(.seek)
      try phone.demandAbsent(from: author)
    }
    let found = try read { hotline in
      try hotline.database.read { db in try matter.likelyDuplicates(key: hotline.writer.receiptKey, db) }
    }
    if matter.phone != nil {
      try note(.personFound, "", [("orders", .int(found.count { $0.reasons.contains(.phone) }))])
    }
    return Array(found.prefix(Seat.maxDuplicates))
  }

  /// `{"orders":[…]}`, each as ``LikelyDuplicate/json``.
  func similar(title: String?, address: String?, phone: String?) throws -> JSON {
    // The right first: what is wrong with a number is nothing for those who may not send it.
    try demand(.handle)
    let matter = NewMatter(title: title, address: address, phone: try phone.map { try PhoneNumber($0) })
    return ["orders": .array(try likelyDuplicates(of: matter).map(\.json))]
  }
}
