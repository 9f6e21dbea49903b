// What the page of personal data says.

enum PrivacyPhrase: String, PhraseSet {
  static let area = "privacy"

  case title, explain, find, findWhat, phone, foundTitle, found, foundNone, order, state, values, places
  case platforms, nobody, export, exportWhat, purge, purgeWhat, purgeReason, purgeGo, purgedTitle, purged, purgedAgents
  case purgedSilent, again, purges, purgesExplain, none, at, confirmed, waiting, unwritten, waitingFor, everyone
  case revoked, retention, retentionPlatforms, retentionKept, retentionPurge, retentionNone, retentionDone
  case retentionLast, retentionNotYet, retentionUnwritten, mayNotExport, mayNotPurge
  case lookups, lookupsExplain, lookupsNone, lookupsWho, lookupsDid, lookupsOrders, lookupsMore, lookupsAudit

  var texts: Texts {
    switch self {
    case .title: Texts("个人信息", "Personal data")
    case .explain:
      Texts(
        "按电话号码查找某人的个人信息，交给本人一份，或在各处永久清除。查的是谁不留痕；谁查过，记入审计。",
        "What is held of a person, found by the telephone number: a copy for the person, or its destruction everywhere, for ever. Whose it "
          + "was is kept nowhere; who looked stands in the audit.")
    case .find: Texts("查找", "Find")
    case .findWhat:
      Texts(
        "空格、短横和国家代码不影响查找。描述等自由文字里写的号码不在查找之列。",
        "Spaces, dashes and the country's code make no difference. Free text, as in descriptions, is not searched.")
    case .phone: Texts("电话号码", "Telephone number")
    case .foundTitle: Texts("该号码名下的个人信息", "What is held under this number")
    case .found: Texts("{1} 张工单中的 {0} 项个人信息。", "{0} values in {1} orders.")
    case .foundNone: Texts("该号码名下没有个人信息。", "Nothing is held under this number.")
    case .order: Texts("工单", "Order")
    case .state: Texts("状态", "State")
    case .values: Texts("项数", "Values")
    case .places: Texts("所在", "In")
    case .platforms: Texts("可能持有的平台", "Platforms that may have had them")
    case .nobody: Texts("没有平台", "none")
    case .export: Texts("下载副本", "Download a copy")
    case .exportWhat:
      Texts("副本是明文，只交给本人；交出后请删除。", "The copy is in plain, and for the person alone: delete it once it was handed over.")
    case .purge: Texts("永久清除", "Destroy for ever")
    case .purgeWhat:
      Texts(
        "将清除 {1} 张工单中的 {0} 项个人信息：热线立即清除，各代理端在下次联系时清除。这一步不能撤回。工单及其历史保留。",
        "{0} values in {1} orders will be destroyed: here at once, at every agent at its next contact. It cannot be taken back. The orders "
          + "and their histories stay.")
    case .purgeReason:
      Texts(
        "理由（永久留在工单历史里，各平台可见，请勿写姓名和号码）", "Why (it stays in the orders' histories, at every platform: name nobody in it)")
    case .purgeGo: Texts("永久清除这 {0} 项", "Destroy these {0} values for ever")
    case .purgedTitle: Texts("已清除", "Destroyed")
    case .purged: Texts("热线已清除 {1} 张工单中的 {0} 项个人信息。", "Destroyed here: {0} values of {1} orders.")
    case .purgedAgents:
      Texts(
        "各代理端随后清除，本页的“清除进度”说明谁已确认。此前的备份里仍有这些信息，请按期清除备份。",
        "The agents follow; the list of destructions says who has confirmed. Older backups still have them: let those expire."
      )
    case .purgedSilent:
      Texts(
        "其中 {0} 张工单暂时不能通知代理端。", "{0} of the orders have no room for the notice to the agents yet.")
    case .again: Texts("返回", "Back")
    case .purges: Texts("清除进度", "Destructions, and who confirmed")
    case .purgesExplain:
      Texts(
        "代理端读到清除通知后即清除自己的一份并算作已确认。离线的代理端在下次联系时进行。",
        "An agent destroys its copy when it reads the notice, and counts as confirmed then. One that is offline does it at its next contact."
      )
    case .none: Texts("还没有应请求清除过。", "Nothing was destroyed for anyone who asked.")
    case .at: Texts("时间", "When")
    case .confirmed: Texts("都已确认", "confirmed")
    case .waiting: Texts("等待确认", "waiting")
    case .unwritten: Texts("热线已清除，尚不能通知", "destroyed here, nobody can be told yet")
    case .waitingFor: Texts("等待谁", "Waiting for")
    case .everyone: Texts("无", "nobody")
    case .revoked: Texts("已吊销", "revoked")
    case .retention: Texts("保存期限", "Retention")
    case .retentionPlatforms:
      Texts("工单结束 {0} 天后，平台清除自己的一份。", "Platforms blank their copies {0} days after an order's end.")
    case .retentionKept: Texts("平台一直保存自己的一份。", "Platforms keep their copies.")
    case .retentionPurge: Texts("工单结束 {0} 天后，各处自行清除。", "Everyone's are destroyed {0} days after an order's end.")
    case .retentionNone: Texts("不会自行清除。", "Nothing is destroyed by itself.")
    case .retentionDone:
      Texts("至今按期清除了 {1} 张工单中的 {0} 项。", "Destroyed so by now: {0} values of {1} orders.")
    case .retentionLast: Texts("上次检查", "Last looked")
    case .retentionNotYet: Texts("还没有", "not yet")
    case .retentionUnwritten:
      Texts("其中 {0} 项不能通知代理端。", "Of {0} of them the agents cannot be told.")
    case .mayNotExport: Texts("副本由督办员下载。", "A supervisor downloads copies.")
    case .mayNotPurge: Texts("清除由管理员进行。", "An administrator destroys them.")
    case .lookups: Texts("谁查过", "Who looked")
    case .lookupsExplain:
      Texts(
        "谁在何时按号码查找或导出过个人信息，涉及几张工单。查的是谁不留痕。",
        "Who found or copied personal data by a number, when, and in how many orders. Whose it was is kept nowhere.")
    case .lookupsNone: Texts("还没有人查过。", "Nobody has looked yet.")
    case .lookupsWho: Texts("谁", "Who")
    case .lookupsDid: Texts("做了什么", "Did")
    case .lookupsOrders: Texts("涉及工单", "Orders")
    case .lookupsMore: Texts("这里列出最近 {0} 次；更早的见审计。", "These are the last {0}; earlier ones stand in the audit.")
    case .lookupsAudit: Texts("审计", "Audit")
    }
  }
}
