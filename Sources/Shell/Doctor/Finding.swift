// What a doctor says: one finding after the other, each with what a person can do. What is looked at is each program's own.

import Core

/// What one check found.
public struct Finding: Sendable, Equatable {
  public var name: String
  public var isWell: Bool
  /// Nothing is wrong, as far as can be seen, and yet a person should look: the finding is well and has a remedy.
  public var isDoubtful = false
  /// What was found, in words.
  public var detail: String
  /// What to do about it; nil where all is well, or nothing needs doing.
  public var remedy: String?
  /// What was put right just now, in words; the finding is well then.
  public var repair: String?

  public init(_ name: String, _ isWell: Bool, _ detail: String, remedy: String? = nil, repair: String? = nil) {
    self.name = name
    self.isWell = isWell
    self.detail = detail
    self.remedy = isWell ? nil : remedy
    self.repair = repair
  }

  /// What may be well, and what a person should look at.
  public static func doubt(_ name: String, _ detail: String, remedy: String) -> Finding {
    var finding = Finding(name, true, detail)
    finding.isDoubtful = true
    finding.remedy = remedy
    return finding
  }

  public var json: JSON {
    .compact([
      ("name", .string(name)), ("ok", .bool(isWell)), ("doubtful", isDoubtful ? true : nil),
      ("detail", .string(detail)), ("remedy", remedy.map(JSON.string)),
      ("repair", repair.map(JSON.string)),
    ])
  }

  /// The names of what was found wrong, the first few, with how many more there are.
  public static func list(_ names: [String], atMost shown: Int = 10) -> String {
    let more = names.count - shown
    return names.prefix(shown).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
  }
}

extension Sequence<Finding> {
  /// `{"checks":[{"name","ok","doubtful"?,"detail","remedy"?,"repair"?}],"ok"}`.
  public var report: JSON {
    ["checks": .array(map(\.json)), "ok": .bool(allSatisfy(\.isWell))]
  }
}
