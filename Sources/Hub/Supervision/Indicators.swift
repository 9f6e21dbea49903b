// The indicators of DOMAIN §4 as data: what each is called, its formula in words, and how it is made of figures. What is counted when is
// Contribution's; which figures are read, IndicatorQuery's.

/// One indicator.
struct Indicator: Sendable {
  /// How it is made.
  enum Making: Sendable {
    /// The sum of some figures.
    case count([Figure])
    /// One figure of a sum of others, in per cent.
    case share(Figure, of: [Figure])
    /// The handling time that so many thousandths do not exceed.
    case handling(perMille: Int)
  }

  let id: String
  let chinese: String
  let english: String
  let formulaChinese: String
  let formulaEnglish: String
  let making: Making

  /// In what it is told.
  var unit: String {
    switch making {
    case .count: "count"
    case .share: "percent"
    case .handling: "milliseconds"
    }
  }

  /// Its value; nil where nothing was counted that it could be made of. A share has tenths of a per cent.
  func value(_ figures: Figures) -> Int? {
    switch making {
    case .count(let parts): return parts.reduce(0) { $0 + figures[$1] }
    case .share(let part, let whole):
      let sum = whole.reduce(0) { $0 + figures[$1] }
      return sum > 0 ? (figures[part] * 1_000 + sum / 2) / sum : nil
    case .handling(let perMille): return figures.handling(perMille: perMille)
    }
  }

  /// A value for people, with its unit: `98.7 %`, `2 h 5 m`.
  func said(_ value: Int) -> String {
    switch making {
    case .count: return "\(value)"
    case .share: return Indicator.percent(value)
    case .handling:
      let minutes = value / 60_000
      if minutes < 60 { return "\(minutes) m" }
      if minutes < 48 * 60 { return "\(minutes / 60) h \(minutes % 60) m" }
      return "\(minutes / 1_440) d \(minutes / 60 % 24) h"
    }
  }

  /// Tenths of a per cent.
  static func percent(_ perMille: Int) -> String { "\(perMille / 10).\(perMille % 10) %" }

  /// Of how many it is a share or a quantile, so that one can see what it is worth.
  func base(_ figures: Figures) -> Int? {
    switch making {
    case .count: nil
    case .share(_, let whole): whole.reduce(0) { $0 + figures[$1] }
    case .handling: figures[.handled]
    }
  }
}

extension Indicator {
  static let all: [Indicator] = [
    Indicator(
      id: "received", chinese: "受理量", english: "Orders taken",
      formulaChinese: "当日进入热线的工单数", formulaEnglish: "orders that the hotline took on the day",
      making: .count([.received])),
    Indicator(
      id: "completion", chinese: "办结率", english: "Completion",
      formulaChinese: "已办结 ÷ 应办结(已办结或已过时限;挂账期间不计)",
      formulaEnglish: "closed ÷ due to be closed (closed, or past its deadline; suspensions excluded)",
      making: .share(.closed, of: [.due])),
    Indicator(
      id: "inTime", chinese: "按期办结率", english: "In time",
      formulaChinese: "时限内办结 ÷ 应办结", formulaEnglish: "closed by its deadline ÷ due to be closed",
      making: .share(.closedInTime, of: [.due])),
    Indicator(
      id: "response", chinese: "响应率", english: "Response",
      formulaChinese: "按时签收并按时联系的派单 ÷ 应签收的派单(已签收或已过时限)",
      formulaEnglish: "assignments accepted in time, and the citizen contacted in time where that has a deadline"
        + " ÷ assignments due to be accepted (accepted, or past the deadline)",
      making: .share(.responded, of: [.responseDue])),
    Indicator(
      id: "solved", chinese: "解决率", english: "Solved",
      formulaChinese: "回访认定已解决 ÷(已解决 + 未解决);未接通的和批准免责的不计",
      formulaEnglish:
        "judged solved on call-back ÷ (solved + unsolved); those not reached and granted exemptions excluded",
      making: .share(.solved, of: [.solved, .unsolved])),
    Indicator(
      id: "satisfied", chinese: "满意率", english: "Satisfied",
      formulaChinese: "回访认定满意 ÷(满意 + 不满意);满意的界线见规则文件;未接通的和批准免责的不计",
      formulaEnglish:
        "judged satisfied on call-back ÷ (satisfied + unsatisfied); from which result on is the policy's to say;"
        + " those not reached and granted exemptions excluded",
      making: .share(.satisfied, of: [.satisfied, .unsatisfied])),
    Indicator(
      id: "atDesk", chinese: "直接答复率", english: "Answered at the desk",
      formulaChinese: "未派单直接答复办结 ÷ 受理量", formulaEnglish: "closed as answered without a dispatch ÷ orders taken",
      making: .share(.answeredAtDesk, of: [.received])),
    Indicator(
      id: "dispatchedInTime", chinese: "派单及时率", english: "Dispatched in time",
      formulaChinese: "受理后在规定时间(默认 1 分钟)内派单 ÷ 热线已派单的工单",
      formulaEnglish:
        "dispatched within the policy's time (by default 1 minute) of being taken ÷ orders that the hotline dispatched",
      making: .share(.dispatchedInTime, of: [.dispatched])),
    Indicator(
      id: "handlingMedian", chinese: "处置时长中位数", english: "Median handling time",
      formulaChinese: "主办单位从派单到处置完成的时长,一半不超过此值(误差不超过十分之一)",
      formulaEnglish: "from a lead's dispatch to its work done: half take no longer (to within a tenth)",
      making: .handling(perMille: 500)),
    Indicator(
      id: "handlingP90", chinese: "处置时长 90 分位", english: "90th percentile of handling time",
      formulaChinese: "主办单位从派单到处置完成的时长,九成不超过此值(误差不超过十分之一)",
      formulaEnglish: "from a lead's dispatch to its work done: nine in ten take no longer (to within a tenth)",
      making: .handling(perMille: 900)),
    Indicator(
      id: "returnsAsked", chinese: "申请退单", english: "Returns asked",
      formulaChinese: "当日提出的退单申请数", formulaEnglish: "returns that were asked for on the day",
      making: .count([.returnsAsked])),
    Indicator(
      id: "returnsGranted", chinese: "同意退单", english: "Returns granted",
      formulaChinese: "当日提出、后来同意的退单申请数", formulaEnglish: "of those asked for on the day, granted by now",
      making: .count([.returnsGranted])),
    Indicator(
      id: "extensions", chinese: "同意延期", english: "Extensions",
      formulaChinese: "当日提出、后来同意的延期申请数", formulaEnglish: "extensions asked for on the day and granted by now",
      making: .count([.extensionsGranted])),
    Indicator(
      id: "reworks", chinese: "重办", english: "Rework rounds",
      formulaChinese: "当日派出的重办(第二轮及以后)数", formulaEnglish: "second and later rounds that began on the day",
      making: .count([.reworks])),
    Indicator(
      id: "urges", chinese: "催办", english: "Urges",
      formulaChinese: "当日催办次数(人工和自动)", formulaEnglish: "urges on the day, by people and by the hub itself",
      making: .count([.urges])),
    Indicator(
      id: "supervisions", chinese: "督办", english: "Supervised",
      formulaChinese: "当日督办次数(人工和自动)", formulaEnglish: "formal demands on the day, by people and by the hub itself",
      making: .count([.supervisions])),
    Indicator(
      id: "callBacks", chinese: "回访次数", english: "Call-backs",
      formulaChinese: "当日回访次数,含未接通", formulaEnglish: "attempts to call back on the day",
      making: .count([.callBacks])),
    Indicator(
      id: "reached", chinese: "回访接通率", english: "Reached",
      formulaChinese: "接通的回访 ÷ 回访次数", formulaEnglish: "attempts that reached the citizen ÷ attempts",
      making: .share(.reached, of: [.callBacks])),
  ]
}
