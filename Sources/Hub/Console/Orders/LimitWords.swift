// A limit of the policy as people say it: `30 minutes` is 30 分钟.

enum LimitWords {
  /// A rule as deadlines name it, `standard/accept/danger`: policy, stage and rule, each by its word where it has one.
  static func rule(_ text: String, in language: Language) -> String {
    text.split(separator: "/").map(String.init).map { part in
      (Vocabulary.policyRule.texts(part) ?? Vocabulary.stage.texts(part))?[language] ?? part
    }.joined(separator: language == .zh ? "·" : "/")
  }

  /// The limit in the reader's language; a text that is none is given as it is.
  static func said(_ text: String, in language: Language) -> String {
    guard let limit = TimeLimit.parse(text).limit else { return text }
    let texts =
      switch limit.unit {
      case .minutes: Texts("{0} 分钟", "{0} minutes")
      case .workingHours: Texts("{0} 个工作小时", "{0} working hours")
      case .workingDays: Texts("{0} 个工作日", "{0} working days")
      case .days: Texts("{0} 天", "{0} days")
      }
    return texts[language].replacing("{0}", with: "\(limit.count)")
  }
}
