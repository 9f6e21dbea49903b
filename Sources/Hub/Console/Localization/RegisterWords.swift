// What registers and entries are called. The Chinese is the label of Core's table; the English stands here by the same pattern.

import Core

enum RegisterWords {
  /// A register by its path, as `assignment/<a>/progress`; the path itself where no row of the table is meant.
  static func register(_ path: String, _ language: Language) -> String {
    guard let row = RegisterName(path)?.row else { return path }
    switch language {
    case .zh: return row.label
    case .en: return english[row.pattern] ?? path
    }
  }

  /// An entry by its kind.
  static func entry(_ kind: String, _ language: Language) -> String {
    switch language {
    case .zh: RegisterTable.entry(kind)?.label ?? kind
    case .en: englishEntries[kind] ?? kind
    }
  }

  static let english: [String: String] = [
    "number": "number", "ref/<system>": "reference elsewhere", "kind": "kind", "sector": "sector", "title": "title",
    "description": "description", "category": "category", "priority": "priority", "caller": "caller",
    "confidential": "confidential", "location": "location", "location/private": "flat and entry", "source": "source",
    "receivedAt": "received at", "due/<stage>": "due", "assignment/<a>": "assignment",
    "assignment/<a>/due/<stage>": "due of the assignment", "assignment/<a>/recalled": "recall",
    "assignment/<a>/progress": "progress", "assignment/<a>/result": "result", "assignment/<a>/reply": "reply",
    "assignment/<a>/unit": "unit", "assignment/<a>/crew": "crew", "assignment/<a>/eta": "expected arrival",
    "assignment/<a>/request/<r>": "request", "assignment/<a>/request/<r>/withdrawn": "withdrawal of the request",
    "assignment/<a>/request/<r>/answer": "answer to the request", "assignment/<a>/resumed": "end of the suspension",
    "assignment/<a>/retired": "personal values taken back", "verdict": "verdict of the call-backs",
    "closed": "closing", "cancelled": "cancellation", "relation/<order>": "relation to another order",
    "referral": "referral", "void/<dot>": "void", "clock/<dot>": "corrected time",
    "lost/<dot>": "lost change",
    "purged/<commitment>": "purged value",
  ]

  static let englishEntries: [String: String] = [
    "note": "note", "contact": "contact", "callback": "call-back", "urge": "urge", "supervise": "supervision",
    "answer": "answer", "delivered": "delivered", "media": "media", "attachment": "attachment",
    "published": "published",
  ]
}
