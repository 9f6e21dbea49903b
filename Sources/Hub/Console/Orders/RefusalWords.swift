// Why something is refused, in the reader's language. Core and the hotline say it in English, at one place each; here is the same in
// Chinese, found by the sentence. A test reads the sources and demands that no refusal is without one.

import Core
import Foundation

enum RefusalWords {
  /// The sentence in the reader's language; one that is not known here is given as it is.
  ///
  /// - Parameter word: what a word of the domain is called, as in a status; nil where it is none.
  static func said(_ sentence: String, in language: Language, word: (String) -> String?) -> String {
    // The steps that are allowed stand beside it.
    let sentence = sentence.firstRange(of: "; allowed now: ").map { String(sentence[..<$0.lowerBound]) } ?? sentence
    guard language == .zh else { return sentence }
    if let rest = sentence.dropping("cannot "), let colon = rest.firstRange(of: ": ") {
      let why = String(rest[colon.upperBound...])
      if let step = commands[String(rest[..<colon.lowerBound])] {
        return "现在不能\(step)：" + said(why, in: language, word: word)
      }
    }
    // What is wrong with a value stands behind the code.
    if let rest = sentence.dropping("value-invalid: ") { return said(String(rest), in: language, word: word) }
    for (pieces, chinese) in all {
      guard let found = places(between: pieces, in: sentence) else { continue }
      return found.enumerated().reduce(chinese) { text, place in
        text.replacing("{\(place.offset)}", with: said(place: place.element, in: language, word))
      }
    }
    return sentence
  }

  /// What stands at a place of a sentence: a word, a register or a field of one, or several words; else as it is.
  private static func said(place: String, in language: Language, _ word: (String) -> String?) -> String {
    if let known = word(place) { return known }
    if RegisterName(place) != nil { return RegisterWords.register(place, language) }
    if let name = place.dropping("platform '"), name.hasSuffix("'") { return "平台 \(name.dropLast())" }
    if let kind = place.dropping("entry ") { return RegisterWords.entry(String(kind), language) }
    let parts = place.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    if parts.count == 2, RegisterName(parts[0]) != nil || RegisterTable.entry(parts[0]) != nil {
      let whole =
        RegisterName(parts[0]) == nil
        ? RegisterWords.entry(parts[0], language) : RegisterWords.register(parts[0], language)
      return "\(whole)的\(FieldWords.label(parts[1], language))"
    }
    let words = place.components(separatedBy: ", ")
    if words.count > 1 { return words.map { word($0) ?? $0 }.joined(separator: "、") }
    return (FieldWords.labels[place] ?? FilterWords.labels[place])?[language] ?? place
  }

  /// As above, with the words of every list.
  static func said(_ sentence: String, in language: Language) -> String {
    said(sentence, in: language, word: ValueWords(language: language, time: { "\($0)" }).word)
  }

  /// What a reason is about, in Chinese: a register, an entry, what is wrong with a value.
  static func said(subject: String) -> String {
    let words = ValueWords(language: .zh) { "\($0)" }
    let sentence = said(subject, in: .zh, word: words.word)
    return sentence == subject ? said(place: subject, in: .zh, words.word) : sentence
  }

  /// A step that is allowed, as Core names it.
  static func step(_ name: String, in language: Language) -> String {
    guard language == .zh else { return name }
    if let type = name.dropping("request "), let texts = Vocabulary.request.texts(String(type)) {
      return "申请" + texts[language]
    }
    return commands[name] ?? name
  }

  /// All sentences, each cut where something stands in it.
  private static let all = (sentences + ofHub).map { (pieces: pieces($0.english), chinese: $0.chinese) }

  /// What of a pattern stands before, between and behind its `{}`.
  static func pieces(_ pattern: String) -> [String] {
    pattern.split(separator: "{}", omittingEmptySubsequences: false).map(String.init)
  }

  /// What stands between the pieces, or nil where the sentence is another. Each place takes as little as it can.
  static func places(between pieces: [String], in sentence: String) -> [String]? {
    guard var rest = sentence.dropping(pieces[0]) else { return nil }
    var found: [String] = []
    for (index, piece) in pieces.enumerated().dropFirst() {
      if index == pieces.count - 1 {
        guard rest.hasSuffix(piece) else { return nil }
        found.append(String(rest.dropLast(piece.count)))
        return found
      }
      guard let next = rest.firstRange(of: piece) else { return nil }
      found.append(String(rest[..<next.lowerBound]))
      rest = rest[next.upperBound...]
    }
    return rest.isEmpty ? found : nil
  }

  /// The steps by their names at the command line.
  static let commands: [String: String] = [
    "accept": "签收", "progress": "更新进度", "result": "填写处置结果", "complete": "完成处置", "reply": "答复",
    "request": "提出申请", "withdraw": "撤销申请", "resume": "恢复处置", "plan": "填写安排", "contact": "记录联系",
    "note": "备注", "describe": "修改内容", "amend": "修改内容", "dispatch": "派单", "recall": "撤回", "urge": "催办",
    "supervise": "督办",
    "call-back": "回访", "close": "办结", "rework": "重办", "cancel": "取消", "answer": "批复", "settle": "裁定",
    "relate": "并案",
    "void": "作废", "reinstate": "恢复生效",
  ]

  private static let sentences: [(english: String, chinese: String)] = [
    // The hotline's steps.
    ("the order is closed", "工单已办结"),
    ("the order is cancelled", "工单已取消"),
    ("no assignment is in force", "没有有效的派单"),
    ("several assignments are in force: name one of {}", "有多个有效派单，请指明其中一个：{0}"),
    ("{} has done it; use rework", "{0} 已处置完成，请用“重办”"),
    ("nothing has been repaired yet (the order is {})", "尚未处置完成（工单状态：{0}）"),
    ("a call-back that reached the citizen must say 'solved': {}", "已联系上市民的回访必须填写是否解决"),
    ("who was not reached gave no answer: leave '{}' out", "未联系上的市民没有回答：请不要填写“{0}”"),
    ("'{}' needs a finished repair (the order is {})", "“{0}”须在处置完成后才能选（工单状态：{1}）"),
    ("the order has no request '{}'", "工单没有申请 {0}"),
    ("the request is answered or withdrawn already", "该申请已批复或已撤销"),
    ("'{}' is not a dot", "“{0}”不是变更编号"),
    ("'{}' is not void", "“{0}”没有作废"),
    ("'{}' is not the hotline's step", "“{0}”不是热线的操作"),
    ("{} has an assignment of round {} already", "{0} 在第 {1} 轮已有派单"),
    ("round {} has a lead already; recall it first", "第 {0} 轮已有主办单位，请先撤回"),
    ("{} is not in conflict", "{0} 没有冲突"),
    ("an order is not related to itself", "工单不能与自己并案"),
    ("it is not related to {}", "没有与 {0} 并案"),
    ("{} is written once; recall the assignment instead", "{0} 只能写一次，请改为撤回派单"),
    ("the values of {} changed meanwhile: nothing was written; {}", "{0}的值在此期间变了：什么也没有写入，请再看一遍"),
    ("{} is sealed: give the value", "{0} 是密封的个人信息，请填写新值"),
    // A platform's steps.
    ("the hotline has recalled the assignment", "热线已撤回该派单"),
    ("the assignment has been returned", "该派单已退单"),
    ("it is accepted already (progress: {})", "已经签收（进度：{0}）"),
    ("'{}' is not a step: {}", "“{0}”不是处置进度"),
    ("it is not accepted yet", "尚未签收"),
    ("it is done already", "已处置完成"),
    ("the crew is at {} already", "进度已到“{0}”"),
    ("plan sets unit, crew or eta, not '{}'", "安排只能填写承办单位、班组或预计到达，不能填写“{0}”"),
    ("the assignment has no request '{}'", "该派单没有申请 {0}"),
    ("it is not suspended", "没有挂账"),
    ("'{}' is not a request: {}", "“{0}”不是申请类型"),
    ("a request for {} is pending already", "已有待批复的{0}申请"),
    ("a designated assignment cannot be returned", "指定派单不能退单"),
    ("{} extensions have been granted, which is the limit", "已批准 {0} 次延期，达到上限"),
    ("the deadline has passed", "时限已过"),
    ("'{}' is not a platform's step", "“{0}”不是平台的操作"),
    ("{} has no assignment '{}' of this order", "{0} 在本工单没有派单 {1}"),
    ("{} has several assignments: name one of {}", "{0} 有多个派单，请指明其中一个：{1}"),
    ("the order is not assigned to {}", "本工单没有派给 {0}"),
    // Any command.
    ("only the hotline records something on behalf of a platform", "只有热线可以代平台登记"),
    ("'{}' is the platform's step; name the platform it is recorded for", "“{0}”是平台的操作，请指明代哪个平台登记"),
    ("'{}' is the hotline's step", "“{0}”是热线的操作"),
    ("a note's visibility is all or own", "备注的可见范围只有“全部”或“仅本单位”"),
    ("a note for one's own has {}", "仅本单位可见的备注不能为空，也不能过长：它会密封保存"),
    ("a note has {}", "备注不能为空，也不能过长（{0}）"),
    ("'{}' is not a descriptive register", "“{0}”不是描述性字段"),
    ("{} is set when the order is made, once", "{0} 只在建单时填写一次"),
    ("{} may not write {}", "{0} 无权填写 {1}"),
    // An order's room.
    ("too many authors' runs have written to the order already; open a related order", "本工单的写入方过多，请另建关联工单"),
    ("the order has {} registers already; open a related order", "本工单已有 {0} 个字段，请另建关联工单"),
    ("the order has {} entries already; open a related order", "本工单已有 {0} 条记录，请另建关联工单"),
    // The hotline around them.
    ("it carries a void itself; reinstate instead", "它本身是一次作废，请改用“恢复生效”"),
    ("an order needs at least a kind or a title", "工单至少要有类别或标题"),
    ("'{}' is not a register that a new order can have", "新工单不能填写“{0}”"),
    ("register-unknown: {}", "没有字段 {0}"),
    ("not-permitted: {}", "无权填写 {0}"),
    ("the right '{}' begins with the role {}; yours is {}", "该权限从“{1}”起，您的角色是“{2}”"),
  ]
}

extension StringProtocol {
  /// What follows the beginning, nil where it is another.
  fileprivate func dropping(_ beginning: String) -> Substring? {
    hasPrefix(beginning) ? Substring(dropFirst(beginning.count)) : nil
  }
}
