// What the overview says.

enum OverviewPhrase: String, PhraseSet {
  static let area = "overview"

  case title, loop, open, rework, aside, waiting, requests, conflicts, contradictions, quarantine, voided, attention
  case allInStep, platforms, gaps, lastCheck, neverChecked, lastCheckOn, nothingWaits, comparisons, emergency
  case reveals

  var texts: Texts {
    switch self {
    case .title: Texts("总览", "Overview")
    case .loop: Texts("处置环", "The loop")
    case .open: Texts("未办结", "open")
    case .rework: Texts("未解决则重办", "not solved: rework")
    case .aside: Texts("环外", "Beside the loop")
    case .waiting: Texts("等人处理", "Waiting for somebody")
    case .requests: Texts("待批复的申请", "requests to answer")
    case .conflicts: Texts("待裁定的冲突", "conflicts to settle")
    case .contradictions: Texts("待裁定的矛盾", "contradictions to settle")
    case .quarantine: Texts("被隔离的改动", "changes set aside")
    case .voided: Texts("作废的改动", "void changes")
    case .attention: Texts("需要处理的平台", "Platforms that need attention")
    case .allInStep: Texts("全部平台都在联系，没有要处理的事。", "Every platform is in contact, and nothing needs a person.")
    case .platforms: Texts("平台", "Platforms")
    case .gaps:
      Texts(
        "热线缺少 {0} 的第 {1} 条改动：可能还没有重新送来，或已无处可寻。代理端联系时会自行补齐。",
        "The hub lacks changes {1} of {0}: not yet sent again, or lost. The agent sends them by itself when it is next in contact."
      )
    case .lastCheck: Texts("备份", "Backup")
    case .neverChecked:
      Texts(
        "还没有任何备份经过恢复检验：lianxin-hub restore FILE --check", "No backup was ever checked: lianxin-hub restore FILE --check"
      )
    case .lastCheckOn: Texts("最近一次检验过的备份", "The last backup that was checked")
    case .nothingWaits: Texts("没有等人处理的事。", "Nothing waits for anybody.")
    case .comparisons: Texts("正在进行或等待的比对：{0}", "Comparisons that run or are pending: {0}")
    case .reveals:
      Texts(
        "用户 {0} 一小时内查看个人信息的次数超过了限度，请核实。",
        "The account {0} revealed more personal data in an hour than the limit. Ask why.")
    case .emergency: Texts("其中特急", "of them emergencies")
    }
  }
}
