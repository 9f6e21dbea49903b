// What the pages say where somebody must decide: requests, conflicts and contradictions, voids and quarantine.

enum RequestPhrase: String, PhraseSet {
  static let area = "requests"

  case title, none, order, platform, type, reason, until, asked, bears, grant, refuse, note, grantedUntil, answered
  case extensions, dispatches, dispatchLimit, round, due, overdue, means, clockRuns, meansReturn, meansExtension
  case meansSuspension, meansExemption, nothingLost, mayNot, notADate, atLimit
  case suspensions, verdict, noVerdict

  var texts: Texts {
    switch self {
    case .title: Texts("待批复的申请", "Requests that wait for an answer")
    case .none: Texts("没有待批复的申请。", "No request waits.")
    case .order: Texts("工单", "Order")
    case .platform: Texts("平台", "Platform")
    case .type: Texts("申请", "Request")
    case .reason: Texts("理由", "Reason")
    case .until: Texts("申请到", "Asked until")
    case .asked: Texts("提出", "Asked")
    case .bears: Texts("相关的次数与限制", "Counts and limits")
    case .grant: Texts("同意", "Grant")
    case .refuse: Texts("拒绝", "Refuse")
    case .note: Texts("批复说明", "Note")
    case .grantedUntil: Texts("同意到", "granted until")
    case .answered: Texts("已批复，平台下次联系时收到。", "Answered; the platform learns it at its next contact.")
    case .extensions: Texts("本派单已同意延期 {0} 次（最多 {1} 次）", "{0} extensions granted on this assignment ({1} at most)")
    case .suspensions: Texts("本派单已同意挂账 {0} 次（次数不限）", "{0} suspensions granted on this assignment (no limit)")
    case .verdict: Texts("回访认定：{0}", "judged on call-back: {0}")
    case .noVerdict: Texts("还没有回访认定", "not judged on call-back yet")
    case .dispatches: Texts("本轮派单 {0} 次", "dispatches of this round: {0}")
    case .dispatchLimit:
      Texts("同意后，本轮再派单即由热线指定承办", "if it is granted, the next dispatch of this round is the hotline's designation")
    case .round: Texts("第 {0} 轮", "round {0}")
    case .due: Texts("完成时限 {0}", "to be completed by {0}")
    case .overdue: Texts("已超时 {0}", "overdue by {0}")
    case .means: Texts("这意味着", "What it means")
    case .clockRuns:
      Texts("批复之前，平台仍然负责，时限照走。", "Until it is answered the platform stays responsible and its clock runs.")
    case .meansReturn:
      Texts(
        "同意：平台的责任结束，工单须改派。拒绝：平台继续承办。",
        "Granted: the platform is released and the order must go to another. Refused: it goes on.")
    case .meansExtension: Texts("同意：时限推到所定时间。拒绝：时限不变。", "Granted: the deadline moves. Refused: it stays.")
    case .meansSuspension:
      Texts(
        "同意：时限暂停到所定时间，或到平台恢复为止。拒绝：时限照走。",
        "Granted: the clock stands until then, or until the platform resumes. Refused: it runs on.")
    case .meansExemption:
      Texts(
        "同意：本单不计入平台的解决率与满意率。拒绝：照计。", "Granted: the order does not count in the platform's rates. Refused: it counts.")
    case .nothingLost:
      Texts(
        "两种批复都记入工单历史，以后还可以改派或重办。",
        "Either answer stands in the order's history, and the order can still be dispatched anew later.")
    case .mayNot: Texts("批复由督办员作出。", "A supervisor answers them.")
    case .atLimit:
      Texts(
        "已达规则的延期上限，不能再同意；请拒绝，或改为挂账。",
        "The policy's limit on extensions is reached: refuse it, or suspend the assignment.")
    case .notADate: Texts("“同意到”须是日期和时间。", "'granted until' must be a date and time.")
    }
  }
}

enum ConflictPhrase: String, PhraseSet {
  static let area = "conflicts"

  case title, none, conflicts, contradictions, explain, explainContradictions, shown, rule, wrote, onBehalf, seen
  case received, choose, another, anotherUse, settled, order, uphold, lift, because, nothingLost, mayNot, flagged
  case unreadable, hubWrote, toOrder, sealedValue, sameReference, doubled, related, changedMeanwhile, more, seenOfLast

  var texts: Texts {
    switch self {
    case .title: Texts("冲突与矛盾", "Conflicts and contradictions")
    case .none: Texts("没有待裁定的冲突。", "No conflict stands.")
    case .conflicts: Texts("冲突：同一字段有几个值", "Conflicts: one field with several values")
    case .contradictions: Texts("矛盾：几个字段说法不一", "Contradictions: fields that disagree")
    case .explain:
      Texts(
        "双方在看到对方的改动之前各自写了同一字段。两个值都保留着；在裁定之前，各处按同一规则显示其中一个。",
        "Two sides wrote the same field before either had seen the other's change. Both values are kept; until it is settled everyone "
          + "shows one of them, by the same rule.")
    case .explainContradictions:
      Texts(
        "双方同时做的两件事不能都成立。在裁定之前，各处按同一规则显示。",
        "Two things that were done at once cannot both hold. Until it is settled everyone shows the same, by the same rule."
      )
    case .shown: Texts("现在显示", "shown now")
    case .rule: Texts("规则", "Rule")
    case .wrote: Texts("{0}（{1}）写于 {2}", "written by {0} ({1}), {2}")
    case .onBehalf: Texts("代 {0} 登记", "on behalf of {0}")
    case .seen:
      Texts("写时已看到本单 {1} 条改动中的 {0} 条，没有看到另一个值", "had seen {0} of the order's {1} changes, and not the other value")
    case .seenOfLast:
      Texts(
        "写时已看到本单最近 {1} 条改动中的 {0} 条，没有看到另一个值",
        "had seen {0} of the order's last {1} changes, and not the other value")
    case .received: Texts("热线收到于 {0}", "received by the hub {0}")
    case .choose: Texts("采用这个值", "Choose this value")
    case .another: Texts("另写一个值", "Another value")
    case .anotherUse: Texts("采用", "Use it")
    case .settled: Texts("已裁定。各平台下次联系时一致。", "Settled. Every platform follows at its next contact.")
    case .order: Texts("工单", "Order")
    case .uphold: Texts("维持“{0}”", "Uphold: {0}")
    case .lift: Texts("撤销“{0}”", "Take back: {0}")
    case .because: Texts("因为", "because")
    case .nothingLost:
      Texts("没有采用的值仍留在工单历史中，什么也不会丢失。", "What is not chosen stays in the order's history; nothing is lost.")
    case .mayNot: Texts("由督办员裁定。", "A supervisor settles them.")
    case .flagged: Texts("须由督办员查看", "a supervisor must look")
    case .unreadable: Texts("这条改动无法读取", "this change cannot be read")
    case .hubWrote: Texts("热线", "hotline")
    case .toOrder: Texts("打开工单处理", "Open the order")
    case .sealedValue: Texts("个人信息：请打开工单，查看后裁定。", "Personal data: open the order, reveal it, and settle there.")
    case .sameReference:
      Texts(
        "与更早的工单 {0} 有同一外部编号。若是一件事，请选本单与它的关系；两单都保留，重复的可再办结为“重复”。若不是，请更正外部编号。",
        "The same outside reference as the earlier order {0}. If they are one matter, choose what this one is of it; both orders stay, and "
          + "a duplicate can then be closed as one. If they are not, correct the reference.")
    case .related: Texts("已并案。", "The orders are related.")
    case .more:
      Texts(
        "编号相同的工单最多显示 {0} 对，还有更多；裁定后会显示其余的。",
        "Of orders with one reference {0} pairs are shown, and there are more: they appear as these are settled.")
    case .changedMeanwhile:
      Texts(
        "此期间来了别的值，或者别人已裁定。什么也没有写入；下面是现在的情况，请再看一遍。",
        "Another value came meanwhile, or somebody else settled it. Nothing was written; below is what stands now: look at it again."
      )
    case .doubled: Texts("请撤回其中一个派单；另一个继续有效。", "Recall one of the two assignments; the other goes on.")
    }
  }
}

enum QuarantinePhrase: String, PhraseSet {
  static let area = "quarantine"

  case title, voids, voidsExplain, voidNone, quarantine, quarantineExplain, none, change, platform, order, received
  case reason, bytes, line, reinstate, reinstateWhat, reinstated, isReinstated, isVoid, lineTitle, mayNotSee, todo
  case unreadable, unreadableDo, notThisPlatform, otherDo, back, supervisorDoes, wrote,
    by, byHub
  case voidLineTitle, voidDo, reinstatedDo, writtenAgain
  case lost, lostExplain, lostNone, lostChanges, lostMissing, lostMore, lostSince, lostUnheard, lostAllHeard
  case lostSettle, lostSettleWhat, lostSettled, lostSupervisor

  var texts: Texts {
    switch self {
    case .title: Texts("作废与隔离", "Voids and quarantine")
    case .voids: Texts("作废的改动", "Void changes")
    case .voidsExplain:
      Texts(
        "作废的改动已收到并永久保留，但对工单不起作用。若它其实合理，可以恢复，恢复后立即生效。",
        "A void change was received and is kept for ever, but has no effect on its order. If it was right after all, reinstate it: it "
          + "counts from then on.")
    case .voidNone: Texts("没有作废的改动。", "No change is void.")
    case .quarantine: Texts("隔离的改动", "Changes set aside")
    case .quarantineExplain:
      Texts(
        "热线读不懂或不能归属的改动原样保留在这里，不影响工单，什么也没有丢失。代理端或热线升级后能读懂的会自行恢复。",
        "What the hub cannot read, or cannot ascribe, is kept here as it came, and does not touch any order; nothing is lost. What newer "
          + "software can read comes back by itself.")
    case .none: Texts("没有隔离的改动。", "Nothing is set aside.")
    case .change: Texts("改动", "Change")
    case .platform: Texts("平台", "Platform")
    case .order: Texts("工单", "Order")
    case .received: Texts("收到", "Received")
    case .reason: Texts("原因", "Reason")
    case .bytes: Texts("字节", "bytes")
    case .line: Texts("原文", "Raw line")
    case .reinstate: Texts("恢复", "Reinstate")
    case .reinstateWhat:
      Texts("恢复后它立即生效；以后还可以再作废。什么也不会丢失。", "It counts from then on, and can be voided again. Nothing is lost.")
    case .reinstated: Texts("改动已恢复。", "The change is reinstated.")
    case .isReinstated: Texts("已恢复", "reinstated")
    case .isVoid: Texts("作废", "void")
    case .lineTitle: Texts("隔离的改动：原文", "A change set aside: its raw line")
    case .voidLineTitle: Texts("作废的改动：原文", "A void change: its raw line")
    case .voidDo:
      Texts(
        "若它其实合理，由督办员恢复，恢复后立即生效；什么也没有丢失。",
        "If it was right after all, a supervisor reinstates it, and it counts from then on; nothing is lost."
      )
    case .reinstatedDo: Texts("它已重新起作用，不用再做什么。", "It counts again; nothing is to be done.")
    case .writtenAgain:
      Texts(
        "它写的内容热线已另行重写，并且已经生效：不用再做什么，也没有可恢复的。",
        "The hub wrote again what it says, and that counts already: nothing is to be done, and there is nothing to reinstate."
      )
    case .mayNotSee: Texts("查看原文需要话务员的权限。", "Raw lines are for operators.")
    case .todo: Texts("怎么办", "What to do")
    case .unreadable: Texts("读不懂：多半来自更新的软件版本", "unreadable: mostly of newer software")
    case .unreadableDo: Texts("升级热线中心；之后会自行读出。", "Upgrade the hub; it reads them by itself then.")
    case .notThisPlatform: Texts("不是该平台能写的改动", "no change that this platform may write")
    case .otherDo:
      Texts("请联系该平台，并请管理员查看原文。", "Get in touch with the platform, and have an administrator look at the raw line.")
    case .back: Texts("返回", "Back")
    case .supervisorDoes: Texts("由督办员恢复。", "A supervisor reinstates them.")
    case .wrote: Texts("写了什么", "What it wrote")
    case .by: Texts("由{0}作废", "voided by {0}")
    case .byHub: Texts("收到时由热线按规则作废", "voided by the hub's rules as it arrived")
    case .lost: Texts("等待遗失改动的工单", "Lost changes")
    case .lostExplain:
      Texts(
        "有的改动所依据的另一条改动，如今哪里都找不到了，所以还在等待，没有生效。热线会请各代理端比对；都比对过仍找不到，热线就自行认定它遗失，等待的改动随即生效。",
        "Some changes were made after one that nobody has any more: they wait, without effect. The hub asks every agent to compare; once "
          + "all have, it says by itself that the missing one is lost, and what waits takes effect.")
    case .lostNone: Texts("没有改动在等遗失的改动。", "Nothing waits for a lost change.")
    case .lostChanges: Texts("等待的改动", "Changes that wait")
    case .lostMissing: Texts("缺少的改动", "What is missing")
    case .lostMore: Texts("另有 {0} 条", "and {0} more")
    case .lostSince: Texts("开始等待", "Since")
    case .lostUnheard: Texts("尚未比对的代理端", "Agents not heard yet")
    case .lostAllHeard:
      Texts("都已比对，热线几分钟内自行认定", "all have been heard: the hub settles it within minutes")
    case .lostSettle: Texts("认定遗失", "Settle as lost")
    case .lostSettleWhat:
      Texts(
        "不再等尚未比对的代理端：等待的改动立即生效，由谁认定记入工单历史。缺少的改动以后若又出现，照样计入。什么也不会丢失。",
        "Nobody else is waited for: what waits takes effect at once, and who said so stands in the order's history. If a missing change "
          + "turns up after all, it counts as if it had never been missed. Nothing is lost by it.")
    case .lostSettled: Texts("已认定遗失，等待的改动已经生效。", "It is settled: what waited has taken effect.")
    case .lostSupervisor: Texts("由督办员认定。", "A supervisor settles it.")
    }
  }
}
