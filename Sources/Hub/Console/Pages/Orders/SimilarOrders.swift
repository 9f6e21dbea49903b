// What the form for a new order shows of likely duplicates. Which orders those are is NewMatter's.

import Core

extension LikelyDuplicate.Reason {
  var phrase: NewOrderPhrase {
    switch self {
    case .address: .whyAddress
    case .phone: .whyPhone
    case .words: .whyWords
    }
  }
}

extension OrdersPages {
  /// A number that is not whole yet, or is nobody's to seek by, is not looked up.
  static func likelyDuplicates(of form: NewOrderForm, _ call: PageCall) throws -> [LikelyDuplicate] {
    let phone = form["phone"].flatMap { text -> PhoneNumber? in
      guard call.may(.seek), let number = try? PhoneNumber(text) else { return nil }
      return number
    }
    return try call.seat.likelyDuplicates(
      of: NewMatter(title: form["title"], address: form["address"], phone: phone))
  }

  /// What the script shows beside the form: `{"orders":[{"href","number","title","status","why"}],"title","note"}`.
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
