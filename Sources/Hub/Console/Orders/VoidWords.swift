// Why a change is void, in words: what the hub found when it arrived, or what an operator wrote.

import Core

enum VoidWords {
  /// What the reason of a void register means; an operator's own words stay as they are.
  static func said(_ reason: String, in language: Language) -> String {
    let parts = reason.split(separator: ":", maxSplits: 1)
    let rest = parts.count > 1 ? parts[1].drop { $0 == " " } : ""
    guard let code = parts.first, let texts = codes[String(code)] else { return reason }
    let said = language == .zh ? RefusalWords.said(subject: String(rest)) : String(rest)
    return texts[language] + (rest.isEmpty ? "" : (language == .zh ? "：" : ": ") + said)
  }

  private static let codes: [String: Texts] = [
    "context-unseen": Texts(
      "它依据的变更，热线没有发给过该平台", "it names a change that the hub never sent to its platform"),
    "not-permitted": Texts("该平台无权写这个字段", "its platform may not write that register"),
    "register-unknown": Texts("没有这个字段", "there is no such register"),
    "value-invalid": Texts("值不合要求", "the value does not fit"),
    "void-lost": Texts("以前已作废，说明原因的记录已丢失", "it was void before, and the record that said why is lost"),
    "retention": Texts("保存期已满，按规定清除", "kept as long as the rules say"),
    "recalled from the ledger": Texts("按台账补记", "recalled from the ledger"),
    "fork": Texts("同一编号出现了两种内容（机器被复制）", "one number came with two contents (a copied machine)"),
    "lost": Texts("它的内容已无处可寻", "nobody has its content any more"),
    "limit": Texts("超过了上限", "a limit was exceeded"),
    "not-found": Texts("工单不在，或者与该平台无关", "there is no such order, or the platform has no part in it"),
  ]
}
