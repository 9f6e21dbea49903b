// The one table of registers and entries (DOMAIN §2): name, value, who writes, which value is shown, what is sealed and for whom.
// Permission, merge, sealing and checks are driven by it.

/// Who may write a register. What a change's author claims decides nothing; the replica's platform does.
public struct Writers: OptionSet, Sendable {
  public let rawValue: Int
  public init(rawValue: Int) { self.rawValue = rawValue }
  /// A replica of the hotline.
  public static let hub = Writers(rawValue: 1)
  /// A platform with a lead assignment of this order.
  public static let lead = Writers(rawValue: 2)
  /// A platform with a lead assignment of an order of its own making.
  public static let leadOfOwnOrder = Writers(rawValue: 4)
  /// A platform with any assignment of this order.
  public static let assigned = Writers(rawValue: 8)
  /// The platform of that assignment; the hub on its behalf.
  public static let own = Writers(rawValue: 16)
  /// Any platform concerned with the order, for its own systems.
  public static let concerned = Writers(rawValue: 32)
}

/// Which of several concurrent values everyone shows.
public enum Rule: String, Sendable {
  /// By hybrid time, then replica.
  case latest
  /// The first of concurrent writes by hybrid time; later writes have no effect.
  case first
  /// The hub's, else the latest.
  case hubElseLatest
  /// The higher in the shape's list of words: escalation wins.
  case higher
  /// `true`.
  case isTrue
  /// The furthest step; of equal rank the latest.
  case furthest
  /// The latest `finishedAt`.
  case latestFinished
  /// The refusal.
  case refusal
  /// The earliest `at`.
  case earliest
  /// The lowest time.
  case lowest
  /// A value that is not null: void, lost, purged.
  case notNull
}

/// For whom a sealed value is, beside the hub.
public enum SealedFor: Sendable {
  /// Platforms with a lead assignment, unless the order is confidential.
  case lead
  /// The platform that wrote it.
  case author
}

/// One row of the table.
public struct RegisterRow: Sendable {
  /// The name with its variable parts in angle brackets.
  public let pattern: String
  public let shape: ValueShape
  /// True if null may be written.
  public let isNullable: Bool
  public let writers: Writers
  public let rule: Rule
  public let sealedFor: SealedFor?
  /// True if the change that creates an order may set it, whoever makes it.
  public let isDescriptive: Bool
  /// The zh label.
  public let label: String

  let segments: [Substring]

  init(
    _ pattern: String, _ shape: ValueShape, nullable: Bool = false, by writers: Writers, _ rule: Rule = .latest,
    sealedFor: SealedFor? = nil, descriptive: Bool = false, label: String
  ) {
    self.pattern = pattern
    self.shape = shape
    isNullable = nullable
    self.writers = writers
    self.rule = rule
    self.sealedFor = sealedFor
    isDescriptive = descriptive
    self.label = label
    segments = pattern.split(separator: "/")
  }
}

/// A register's name, matched to its row.
public struct RegisterName: Sendable {
  public let text: String
  public let row: RegisterRow
  /// The id of the assignment whose register it is.
  public let assignment: String?
  /// The id of the request whose register it is.
  public let request: String?

  /// The row of `name` and its variable parts, or nil where the table has none.
  public init?(_ name: String) {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard let first = parts.first,
      let row = RegisterTable.byFirstSegment[String(first)]?.first(where: { RegisterName.matches($0.segments, parts) })
    else { return nil }
    text = name
    self.row = row
    var assignment: String?
    var request: String?
    for (pattern, part) in zip(row.segments, parts) {
      if pattern == "<a>" { assignment = String(part) }
      if pattern == "<r>" { request = String(part) }
    }
    self.assignment = assignment
    self.request = request
  }

  private static func matches(_ pattern: [Substring], _ parts: [Substring]) -> Bool {
    guard pattern.count == parts.count else { return false }
    for (wanted, part) in zip(pattern, parts) {
      if wanted.hasPrefix("<") {
        if part.isEmpty || part.utf8.count > 128 { return false }
        if wanted == "<stage>", !RegisterTable.stages.contains(String(part)) { return false }
        if wanted == "<order>", (try? OrderID(String(part))) == nil { return false }
        if wanted == "<dot>", (try? Dot(String(part))) == nil { return false }
        if wanted == "<commitment>", Hash(String(part)) == nil { return false }
        if wanted == "<a>" || wanted == "<r>" || wanted == "<system>", !PlatformName.isSlug(part) { return false }
      } else if wanted != part {
        return false
      }
    }
    return true
  }
}

/// One kind of entry.
public struct EntryRow: Sendable {
  public let kind: String
  public let shape: ValueShape
  public let writers: Writers
  public let label: String
}

public enum RegisterTable {
  public static let stages = ["accept", "contact", "arrive", "makeSafe", "complete"]
  public static let kinds = [
    "enquiry", "help", "repair", "emergency", "violation", "situation", "complaint", "suggestion", "praise", "other",
  ]
  public static let priorities = ["normal", "urgent", "emergency"]
  /// In order of rank; `working` and `waiting` are of equal rank (`progressRank`).
  public static let progressSteps = ["accepted", "enRoute", "onSite", "working", "waiting", "done"]
  public static let requestTypes = ["return", "extension", "suspension", "exemption"]
  public static let roles = ["lead", "assist", "oversee", "inform", "verify"]
  public static let closeCodes = [
    "answered", "solved", "partly", "unsolvedExplained", "special", "withdrawn", "invalid", "notAccepted", "duplicate",
    "exempt",
  ]
  public static let relations = ["duplicate", "repeat", "sameIncident"]
  static let short = ValueShape.text(256)
  static let long = ValueShape.text(Limits.maxTextBytes)
  static let due = ValueShape.record([
    .init("at", .instant, required: true), .init("first", .instant), .init("since", .instant),
    .init("limit", .integer(0...Limits.maxInteger)), .init("unit", short), .init("policy", short),
  ])

  /// The rank of a progress step, -1 for none.
  public static func progressRank(_ step: String?) -> Int {
    switch step {
    case "accepted": 0
    case "enRoute": 1
    case "onSite": 2
    case "working", "waiting": 3
    case "done": 4
    default: -1
    }
  }

  public static let rows: [RegisterRow] = [
    .init("number", .text(32), by: .hub, label: "工单号"),
    .init(
      "ref/<system>", .record([.init("number", short, required: true), .init("url", .text(2048))]),
      by: [.hub, .concerned], descriptive: true, label: "外部编号"),
    .init("kind", .word(kinds), by: [.hub, .leadOfOwnOrder], .hubElseLatest, descriptive: true, label: "类别"),
    .init("sector", .openWord, by: [.hub, .leadOfOwnOrder], .hubElseLatest, descriptive: true, label: "行业"),
    .init("title", .text(1024), by: [.hub, .leadOfOwnOrder], .hubElseLatest, descriptive: true, label: "标题"),
    .init("description", long, by: [.hub, .leadOfOwnOrder], .hubElseLatest, descriptive: true, label: "内容"),
    .init(
      "category", .record([.init("scheme", short), .init("code", short), .init("path", .any)]), by: [.hub, .lead],
      .hubElseLatest, descriptive: true, label: "分类"),
    .init("priority", .word(priorities), by: [.hub, .lead], .higher, descriptive: true, label: "优先级"),
    .init(
      "caller",
      .sealed(
        .record([
          .init("name", short), .init("phone", short), .init("language", short), .init("anonymous", .flag),
        ])), by: [.hub, .lead], sealedFor: .lead, descriptive: true, label: "来电人"),
    .init("confidential", .flag, by: .hub, .isTrue, descriptive: true, label: "保密"),
    .init(
      "location",
      .record([
        .init("region", short), .init("district", short), .init("street", short), .init("community", short),
        .init("grid", short), .init("address", .text(1024)), .init("asset", short), .init("lat", .number),
        .init("lon", .number), .init("crs", short), .init("note", .text(2048)),
      ]), by: [.hub, .assigned], descriptive: true, label: "地址"),
    .init(
      "location/private", .sealed(.record([.init("flat", short), .init("entry", short)])), by: [.hub, .lead],
      sealedFor: .lead, descriptive: true, label: "门牌"),
    .init("source", .openWord, by: [], .first, descriptive: true, label: "来源"),
    .init("receivedAt", .instant, by: [], .first, descriptive: true, label: "受理时间"),
    .init("due/<stage>", due, by: .hub, label: "时限"),
    .init(
      "assignment/<a>",
      .record([
        .init("platform", .openWord, required: true), .init("role", .word(roles), required: true),
        .init("round", .integer(1...1_000), required: true), .init("after", short),
        .init("cause", .word(["first", "added", "reassigned", "rework", "designated"])), .init("instruction", long),
      ]), by: .hub, .first, label: "派单"),
    .init("assignment/<a>/due/<stage>", due, by: .hub, label: "派单时限"),
    .init("assignment/<a>/recalled", .record([.init("reason", long)]), nullable: true, by: .hub, label: "撤回"),
    .init("assignment/<a>/progress", .word(progressSteps), by: .own, .furthest, label: "处置进度"),
    .init(
      "assignment/<a>/result",
      .record([
        .init("outcome", .word(["solved", "partly", "unsolved", "noAction"]), required: true),
        .init("unsolvedCode", short), .init("substantiated", .flag), .init("cause", long), .init("work", long),
        .init("materials", .any), .init("cost", .number), .init("finishedAt", .instant), .init("followUp", long),
      ]), by: .own, .latestFinished, label: "处置结果"),
    .init(
      "assignment/<a>/reply", .record([.init("citizen", long), .init("public", long)]), by: .own, label: "答复"),
    .init("assignment/<a>/unit", short, by: .own, label: "承办单位"),
    .init("assignment/<a>/crew", .any, by: .own, label: "班组"),
    .init("assignment/<a>/eta", .instant, nullable: true, by: .own, label: "预计到达"),
    .init(
      "assignment/<a>/request/<r>",
      .record([
        .init("type", .word(requestTypes), required: true), .init("code", short), .init("reason", long),
        .init("until", .instant), .init("suggestedSector", .openWord),
      ]), by: .own, .first, label: "申请"),
    .init("assignment/<a>/request/<r>/withdrawn", .flag, by: .own, .isTrue, label: "撤销申请"),
    .init(
      "assignment/<a>/request/<r>/answer",
      .record([
        .init("granted", .flag, required: true), .init("until", .instant), .init("level", short), .init("note", long),
      ]), by: .hub, .refusal, label: "批复"),
    .init(
      "assignment/<a>/resumed", .record([.init("at", .instant, required: true)]), by: [.hub, .own], .earliest,
      label: "恢复"),
    .init("assignment/<a>/retired", .any, by: .hub, .notNull, label: "脱敏"),
    .init(
      "verdict", .record([.init("solved", .flag), .init("satisfied", .flag), .init("note", long)]), by: .hub,
      label: "回访结论"),
    .init(
      "closed", .record([.init("code", .word(closeCodes), required: true), .init("note", long)]), nullable: true,
      by: .hub, label: "办结"),
    .init("cancelled", .record([.init("reason", long)]), nullable: true, by: .hub, label: "取消"),
    .init(
      "relation/<order>", .word(relations), nullable: true, by: .hub, label: "并案"),
    .init("referral", .any, nullable: true, by: .hub, label: "零周折"),
    .init(
      "void/<dot>", .record([.init("reason", long, required: true)]), nullable: true, by: .hub, .notNull, label: "作废"),
    .init("clock/<dot>", .instant, by: .hub, .lowest, label: "校时"),
    .init(
      "lost/<dot>", .record([.init("reason", .word(["lost", "fork"]), required: true)]), by: .hub, .notNull, label: "遗失"
    ),
    .init("purged/<commitment>", .any, by: .hub, .notNull, label: "清除"),
  ]

  static let byFirstSegment: [String: [RegisterRow]] = Dictionary(grouping: rows) { String($0.segments[0]) }

  public static let entries: [EntryRow] = [
    .init(
      kind: "note",
      shape: .record([.init("text", .any, required: true), .init("visibility", .word(["all", "own"]), required: true)]),
      writers: [.hub, .concerned], label: "备注"),
    .init(
      kind: "contact",
      shape: .record([.init("at", .instant), .init("number", .sealed(short)), .init("said", long)]),
      writers: [.hub, .assigned], label: "联系"),
    .init(
      kind: "callback",
      shape: .record([
        .init("by", short), .init("channel", short), .init("attempt", .integer(1...100)),
        .init("reached", .flag, required: true), .init("solved", .word(["yes", "partly", "no"])),
        .init("result", .integer(1...5)), .init("service", .integer(1...5)), .init("reason", long),
        .init("claimConfirmed", .flag),
      ]), writers: [.hub, .assigned], label: "回访"),
    .init(
      kind: "urge", shape: .record([.init("text", long), .init("assignment", short), .init("stage", short)]),
      writers: .hub, label: "催办"),
    .init(
      kind: "supervise",
      shape: .record([
        .init("to", short, required: true), .init("demand", long, required: true), .init("until", .instant),
        .init("assignment", short), .init("stage", short),
      ]),
      writers: .hub, label: "督办"),
    .init(
      kind: "answer", shape: .record([.init("to", short), .init("text", long)]), writers: [.hub, .assigned], label: "回复"
    ),
    .init(kind: "delivered", shape: .any, writers: .hub, label: "送达"),
    .init(kind: "media", shape: .any, writers: [.hub, .assigned], label: "媒体"),
    .init(
      kind: "attachment",
      shape: .record([
        .init("sha256", short, required: true), .init("name", short), .init("type", short),
        .init("bytes", .integer(0...Limits.maxInteger)),
        .init("role", .word(["before", "after", "document", "recording"])),
      ]), writers: [.hub, .concerned], label: "附件"),
    .init(kind: "published", shape: .any, writers: .hub, label: "公开"),
  ]

  static let entryByKind: [String: EntryRow] = Dictionary(uniqueKeysWithValues: entries.map { ($0.kind, $0) })

  public static func entry(_ kind: String) -> EntryRow? { entryByKind[kind] }
}
