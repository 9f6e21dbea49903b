// Open orders that may be about the matter of a new one: the same address, the same telephone, like words. Looked up while someone types,
// so everything here has a bound.

import Core

/// One of them, and why it is thought to be one.
struct LikelyDuplicate: Sendable {
  enum Reason: String, Sendable, CaseIterable {
    case address, phone, words

    var phrase: NewOrderPhrase {
      switch self {
      case .address: .whyAddress
      case .phone: .whyPhone
      case .words: .whyWords
      }
    }
  }

  let row: OrderRowShown
  var reasons: [Reason]
}

extension OrdersPages {
  private static let maxDuplicates = 8
  /// Words of a title that are looked for: more make no likelier duplicate.
  private static let maxWords = 8
  /// What a search for words brings at most.
  private static let maxCandidates = 40

  /// Those with the most reasons first. That someone sought by a telephone number is kept, once for each form.
  static func likelyDuplicates(of form: NewOrderForm, _ call: PageCall) throws -> [LikelyDuplicate] {
    let phone = form["phone"].flatMap { text -> PhoneNumber? in
      guard call.may(.seek), let number = try? PhoneNumber(text) else { return nil }
      return number
    }
    let found = try call.seat.read(.see) { hotline in
      try hotline.database.read { db in
        var reasons: [OrderID: [LikelyDuplicate.Reason]] = [:]
        if let address = form["address"], comparable(address).count >= 3 {
          let candidates = try OrderRows.found(address, standing: .open, limit: maxCandidates, db)
          for (order, location) in try OrderRows.locations(candidates, db)
          where location["address"]?.asString.map(comparable) == comparable(address) {
            reasons[order, default: []].append(.address)
          }
        }
        if let phone {
          for order in try OrderRows.openOfCaller(phone, key: hotline.writer.receiptKey, db) {
            reasons[order, default: []].append(.phone)
          }
        }
        for order in try alike(form["title"] ?? "", db) { reasons[order, default: []].append(.words) }
        let rows = try OrderRows.rows(reasons.keys.sorted(), db).filter(\.isOpen)
        return rows.map { LikelyDuplicate(row: $0, reasons: reasons[$0.id] ?? []) }
      }
    }
    if phone != nil {
      try call.seat.note(.personFound, "", [("orders", .int(found.count { $0.reasons.contains(.phone) }))])
    }
    let sorted = found.sorted {
      $0.reasons.count == $1.reasons.count ? $0.row.created > $1.row.created : $0.reasons.count > $1.reasons.count
    }
    return Array(sorted.prefix(maxDuplicates))
  }

  /// Open orders that have half or more of the title's words: people say the same matter in other words.
  private static func alike(_ title: String, _ db: any DatabaseConnection) throws -> [OrderID] {
    var words: [String] = []
    SearchWords.runs(of: title) { run, isPaired in
      let scalars = Array(run)
      let pieces =
        isPaired ? stride(from: 0, to: scalars.count - 1, by: 1).map { scalars[$0...($0 + 1)] } : [scalars[...]]
      words += pieces.map { String(String.UnicodeScalarView($0)) }.filter { $0.unicodeScalars.count >= 2 }
    }
    var seen: Set<String> = []
    words = Array(words.filter { seen.insert($0).inserted }.prefix(maxWords))
    var counts: [OrderID: Int] = [:]
    for word in words {
      for order in try OrderRows.found(word, standing: .open, limit: maxCandidates, db) {
        counts[order, default: 0] += 1
      }
    }
    return counts.filter { $0.value * 2 >= words.count }.map(\.key).sorted()
  }

  /// An address without what people write in different ways.
  private static func comparable(_ address: String) -> String {
    address.lowercased().filter { $0.isLetter || $0.isNumber }
  }

  /// What the script shows beside the form: `{"orders":[{"href","number","title","status","why"}],"note"}`.
  static func similar(_ call: PageCall) throws -> JSON {
    try call.seat.demand(.handle)
    let found = try likelyDuplicates(of: NewOrderForm { call.form($0) }, call)
    return [
      "title": .string(call.say(found.isEmpty ? NewOrderPhrase.similarNone : .similar)),
      "note": .string(found.isEmpty ? "" : call.say(NewOrderPhrase.similarNote)),
      "orders": .array(
        found.map { duplicate in
          [
            "href": .string("/orders/\(duplicate.row.id.text.inPath)"),
            "number": .string(duplicate.row.number ?? duplicate.row.id.short), "title": .string(duplicate.row.title),
            "status": .string(call.word(.status, duplicate.row.status.rawValue)),
            "why": .string(duplicate.reasons.map { call.say($0.phrase) }.joined(separator: ", ")),
          ]
        }),
    ]
  }
}
