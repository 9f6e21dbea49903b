// What the rows of the audit say beside who did what: by which way, to what, and the details by their keys.

import Core

struct AuditWords: Sendable {
  let language: Language
  let values: ValueWords

  init(_ call: PageCall) {
    language = call.language
    values = call.values
  }

  /// Who did it; whoever came by the hub's own socket has no account.
  func who(_ name: String) -> String { name == Operator.socket.name ? via("socket") : name }

  /// By which way somebody came.
  func via(_ text: String) -> String {
    switch text {
    case "socket": return Texts("热线中心的命令行", "command line")[language]
    case "console": return Texts("工作台", "console")[language]
    default:
      guard text.hasPrefix("token:") else { return text }
      return Texts("API 令牌", "API token")[language] + " " + text.dropFirst(6)
    }
  }

  /// What it was done to; names and ids stand for themselves.
  func object(_ text: String, of action: String) -> String {
    switch (action, text) {
    case (AuditAction.refused.rawValue, let right): Vocabulary.right.texts(right)?[language] ?? right
    case (AuditAction.exported.rawValue, "orders"): Texts("工单", "orders")[language]
    case (AuditAction.resyncAsked.rawValue, "*"): Texts("全部平台", "every platform")[language]
    case (AuditAction.storeRepaired.rawValue, "doctor"): Texts("存储", "the store")[language]
    default: text
    }
  }

  func label(_ key: String) -> String { (AuditWords.labels[key] ?? FieldWords.labels[key])?[language] ?? key }

  func value(_ value: JSON, of key: String) -> String {
    switch (key, value) {
    case (_, .bool(let flag)): (flag ? FramePhrase.yes : FramePhrase.no).texts[language]
    case (_, .int(let number)): String(number)
    case ("role", .string(let role)), ("from", .string(let role)), ("to", .string(let role)):
      Vocabulary.accountRole.texts(role)?[language] ?? role
    case (_, .string(let text)): text
    case ("filter", .object(let members)): members.isEmpty ? FramePhrase.none.texts[language] : filter(members)
    default: String(decoding: value.bytes, as: UTF8.self)
    }
  }

  /// What an export was narrowed to.
  private func filter(_ members: [JSON.Member]) -> String {
    let lists: [String: Vocabulary] = ["sector": .sector, "kind": .kind, "status": .status, "priority": .priority]
    return members.map { member in
      let text = member.value.asString ?? ""
      let said: String =
        switch member.key {
        case "open": (text == "all" ? OrdersPhrase.scopeAll : text == "false" ? .scopeOver : .scopeOpen).texts[language]
        case "overdue", "disagreement": FramePhrase.yes.texts[language]
        case "from", "until": Int(text).map(values.time) ?? text
        default: lists[member.key]?.texts(text)?[language] ?? text
        }
      return "\(FilterWords.labels[member.key]?[language] ?? member.key): \(said)"
    }.joined(separator: language == .zh ? "；" : "; ")
  }

  private static let labels: [String: Texts] = [
    "rows": Texts("行数", "rows"), "dispatch": Texts("同时派单", "dispatched"), "agent": Texts("代理端", "agent"),
    "full": Texts("彻底", "full"), "dryRun": Texts("仅报告", "report only"), "address": Texts("来自", "from"),
    "account": Texts("用户", "account"), "persons": Texts("含个人信息", "with personal data"),
    "filter": Texts("筛选", "filter"), "orders": Texts("工单数", "orders"), "values": Texts("个人信息数", "values"),
    "label": Texts("用途", "label"), "program": Texts("程序", "program"), "once": Texts("一次性", "one-time"),
    "from": Texts("从", "from"), "to": Texts("到", "to"),
  ]
}

/// What the items of a filter are called.
enum FilterWords {
  static let labels: [String: Texts] = [
    "platform": OrdersPhrase.platform.texts, "sector": OrdersPhrase.sector.texts, "kind": OrdersPhrase.kind.texts,
    "status": OrdersPhrase.status.texts, "priority": OrdersPhrase.priority.texts, "open": OrdersPhrase.scope.texts,
    "overdue": OrdersPhrase.overdueOnly.texts, "disagreement": OrdersPhrase.disagreement.texts,
    "text": OrdersPhrase.text.texts, "from": Texts("从", "from"), "until": Texts("至", "until"),
    "fromDay": OrdersPhrase.receivedFrom.texts, "untilDay": OrdersPhrase.receivedUntil.texts,
    "state": SupervisionPhrase.state.texts, "stage": SupervisionPhrase.stage.texts,
  ]
}
