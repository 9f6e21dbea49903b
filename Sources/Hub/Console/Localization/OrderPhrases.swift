// What the pages of one order say.

import Core

enum OrderPhrase: String, PhraseSet {
  static let area = "order"

  case overview, why, print, history, reveal, revealDo, revealed, revealedDo, hide, offlineNever, offlineSince
  case unheardSince, registersMore
  case whyReceived, whyDispatched, whyAccepted, whyInProgress, whyRepaired, whyCalledBack, whySuspended, whyReturned
  case whyRecalled, whyClosed, whyCancelled, round, assignments, noAssignments, progress, active, isRecalled
  case isReturned, isSuspended, open, granted, refused, withdrawn, answer, answerGrant, answerRefuse
  case entries, noEntries, entriesMore, deadlines, noDeadlines, metInTime, metLate, noLonger, awaitsReceipt, firstDue,
    forAssignment,
    orderAsWhole
  case registers, registersDo, register, value, writtenBy, at, siblings, shownMark, graph, graphDo, graphLabel, folded
  case concurrent, onBehalfOf, received, unreadable, hybridTime, change, counts, superseded, waiting
  case byItself, voided, earlier, later, whole, nothingThere, request, origin, text, done

  var texts: Texts {
    switch self {
    case .overview: Texts("工单内容", "The order")
    case .why: Texts("为什么是这个状态", "Why it stands so")
    case .print: Texts("打印单", "Print sheet")
    case .history: Texts("全部变更", "All changes")
    case .reveal: Texts("显示个人信息", "Show personal values")
    case .revealDo:
      Texts(
        "将显示来电人、电话、门牌等。您查看过会记入审计。",
        "Caller, telephone, flat and the like will be shown. That you looked is noted in the audit.")
    case .revealed: Texts("正在显示个人信息", "Personal values are shown")
    case .revealedDo:
      Texts("已记入审计。离开本页即重新打码。", "It is noted in the audit. They are masked again when you leave this page.")
    case .hide: Texts("重新打码", "Mask again")
    case .offlineNever:
      Texts(
        "平台 {0} 从未联系过热线。工单已保存，平台一上线就会收到；请先打电话，可用打印单照念，并在下面代为登记。",
        "The platform {0} has never been in contact. The order is kept and reaches it once it is there; ring it meanwhile, read out the print sheet, and record below what it answers."
      )
    case .offlineSince:
      Texts(
        "平台 {0} 离线，最后联系 {1}。工单已保存，平台一上线就会收到；请先打电话，可用打印单照念，并在下面代为登记。",
        "The platform {0} is offline, last contact {1}. The order is kept and reaches it once it is back; ring it meanwhile, read out the print sheet, and record below what it answers."
      )
    case .unheardSince:
      Texts(
        "平台 {0} 在联系，但它自 {1} 起登记的内容还没有到这里，没有丢失；本单可能比显示的更进一步。请打电话问明，可在下面代为登记；原因见平台页。",
        "The platform {0} is in contact, yet what it recorded since {1} has not arrived, nor is it lost; the order may be further along than it shows. Ring it, and record below what it answers; its page says why."
      )
    case .whyReceived: Texts("还没有派给任何平台。", "No platform is charged with it yet.")
    case .whyDispatched: Texts("已派给 {0}，尚未签收。", "It is dispatched to {0}, which has not accepted it yet.")
    case .whyAccepted: Texts("{0} 已签收，尚未动身。", "{0} has accepted it and not set out yet.")
    case .whyInProgress: Texts("{0} 的进度是“{1}”。", "{0} is at '{1}'.")
    case .whyRepaired: Texts("{0} 已处置完毕，等待回访。", "{0} has finished; the call-back comes next.")
    case .whyCalledBack: Texts("{0} 已处置完毕，热线已回访。", "{0} has finished, and the hotline has called back.")
    case .whySuspended: Texts("已同意 {0} 挂账，时钟暂停。", "{0} was granted a suspension; its clock stands still.")
    case .whyReturned: Texts("本轮的主办平台都已退单，需要改派。", "Every lead of this round returned it; it must be dispatched anew.")
    case .whyRecalled:
      Texts("本轮的派单都已撤回，需要改派。", "Every assignment of this round was recalled; it must be dispatched anew.")
    case .whyClosed: Texts("热线已办结：{0}。", "The hotline closed it: {0}.")
    case .whyCancelled: Texts("热线已取消。", "The hotline cancelled it.")
    case .round: Texts("第 {0} 轮", "round {0}")
    case .assignments: Texts("派单", "Assignments")
    case .noAssignments: Texts("还没有派单。", "There is none yet.")
    case .progress: Texts("处置进度", "Progress")
    case .active: Texts("有效", "in force")
    case .isRecalled: Texts("已撤回", "recalled")
    case .isReturned: Texts("已退单", "returned")
    case .isSuspended: Texts("挂账中", "suspended")
    case .open: Texts("待批复", "open")
    case .granted: Texts("已同意", "granted")
    case .refused: Texts("未同意", "refused")
    case .withdrawn: Texts("已撤销", "withdrawn")
    case .answer: Texts("批复", "Answer")
    case .answerGrant: Texts("同意", "grant")
    case .answerRefuse: Texts("不同意", "refuse")
    case .entries: Texts("记录", "Entries")
    case .noEntries: Texts("还没有记录。", "There is none yet.")
    case .entriesMore: Texts("更早的记录在“全部变更”里。", "Earlier ones are under 'all changes'.")
    case .deadlines: Texts("时限", "Deadlines")
    case .noDeadlines: Texts("没有设定时限。", "None is set.")
    case .metInTime: Texts("{0} 按时完成", "reached in time, {0}")
    case .metLate: Texts("{0} 完成，已超时", "reached late, {0}")
    case .noLonger: Texts("不再要求", "not asked for any more")
    case .awaitsReceipt: Texts("平台收到后起算", "begins once the platform has it")
    case .firstDue: Texts("原定 {0}", "first {0}")
    case .forAssignment: Texts("派单 {0}", "assignment of {0}")
    case .orderAsWhole: Texts("整张工单", "the whole order")
    case .registers: Texts("字段与取值", "Registers and values")
    case .registersDo:
      Texts(
        "每个字段现在显示的值、谁写的；并发写入的其他值列在旁边，没有丢失。",
        "What each register shows and who wrote it; values written at the same time stand beside it, none is lost.")
    case .registersMore:
      Texts(
        "另有 {0} 个字段没有列出；写入它们的改动都在“全部变更”里。",
        "Registers that are not listed: {0}. The changes that wrote them are under “all changes”.")
    case .register: Texts("字段", "Register")
    case .value: Texts("值", "Value")
    case .writtenBy: Texts("写入者", "Written by")
    case .at: Texts("时间", "At")
    case .siblings: Texts("并发的其他值", "Values written at the same time")
    case .shownMark: Texts("正在显示", "shown")
    case .graph: Texts("变更的先后", "What happened after what")
    case .graphDo:
      Texts(
        "线从被看到的变更引向看到它的人；没有线相连的两处是同时做的。",
        "A line leads from a change to whoever had seen it; two without a line between them were made at once.")
    case .graphLabel: Texts("变更图：{0} 条变更", "Graph of {0} changes")
    case .folded: Texts("更早的 {0} 条变更…", "{0} earlier changes …")
    case .concurrent: Texts("与 {0} 条变更同时（互相没有看到）", "made at once with {0} others (neither had seen the other)")
    case .onBehalfOf: Texts("代 {0} 登记", "recorded for {0}")
    case .received: Texts("热线收到", "the hub received it")
    case .unreadable: Texts("无法读取", "cannot be read")
    case .hybridTime: Texts("写入时间", "Written at")
    case .change: Texts("变更", "Change")
    case .counts: Texts("有效", "counts")
    case .superseded: Texts("已由重写的变更代替", "replaced by its rewriting")
    case .waiting: Texts("等待它所依据的变更", "waits for what it names")
    case .byItself: Texts("热线中心自动", "the hub by itself")
    case .voided: Texts("作废", "void")
    case .earlier: Texts("更早", "Earlier")
    case .later: Texts("更晚", "Later")
    case .whole: Texts("回到工单", "Back to the order")
    case .nothingThere: Texts("没有变更。", "No change.")
    case .request: Texts("请求号", "request id")
    case .origin: Texts("代替", "replaces")
    case .text: Texts("内容", "Words")
    case .done: Texts("已记录。", "It is recorded.")
    }
  }
}

enum StepPhrase: String, PhraseSet {
  static let area = "step"

  case allowed, notAllowed, notAllowedDo, allAllowed, dispatch, recall, urge, supervise, callBack, close, rework, cancel
  case note, describe, voiding, reinstate, reason, to, role, roleAuto, instruction, demand, until
  case reached, solved, resultScale, serviceScale, unknown, code, sameLead, visibility, recallDo, cancelDo, closeDo
  case reworkDo, describeDo, present, clearEmpty, behalf, behalfDo, behalfGo, behalfStep, work, outcome, said,
    replyCitizen, eta
  case stepPlan, stepContact, stepRequest, stepWithdraw, mayNot, conflicts, conflictsDo, neither, settleGo, settleNew
  case settleNewGo, contradictions, keep, takeBack, recallInstead, voids, voidsDo, voidsMeaning, voidDo, reinstateDo
  case voidReason, decided, changedMeanwhile, writeFirst, relate, relateDo, relateTo, relateAs, relateNone, onlyLooking
  case recallThis

  var texts: Texts {
    switch self {
    case .allowed: Texts("现在可以做", "What can be done now")
    case .notAllowed: Texts("现在不能做，以及原因", "What cannot be done now, and why")
    case .notAllowedDo:
      Texts("每一项都试过：原因是系统的判断，不是按钮坏了。", "Each was tried: the reason is the check's own, no button is broken.")
    case .allAllowed: Texts("没有不能做的。", "There is nothing that cannot.")
    case .dispatch: Texts("派单", "Dispatch")
    case .recall: Texts("撤回派单", "Recall")
    case .urge: Texts("催办", "Urge")
    case .supervise: Texts("督办", "Supervise")
    case .callBack: Texts("登记回访", "Call-back")
    case .close: Texts("办结", "Close")
    case .rework: Texts("重办", "Rework")
    case .cancel: Texts("取消工单", "Cancel")
    case .note: Texts("备注", "Note")
    case .describe: Texts("修改内容", "Edit")
    case .voiding: Texts("作废", "Void")
    case .reinstate: Texts("恢复生效", "Reinstate")
    case .reason: Texts("理由", "Reason")
    case .to: Texts("给", "To")
    case .role: Texts("角色", "Role")
    case .roleAuto: Texts("自动（没有主办则为主办）", "by itself (lead where there is none)")
    case .instruction: Texts("派单要求", "Instruction")
    case .demand: Texts("督办要求", "Demand")
    case .until: Texts("期限", "Until")
    case .reached: Texts("联系上了市民", "The citizen was reached")
    case .solved: Texts("是否解决", "Solved?")
    case .resultScale: Texts("对结果满意（1–5）", "Satisfied with the result (1–5)")
    case .serviceScale: Texts("对服务满意（1–5）", "Satisfied with the service (1–5)")
    case .unknown: Texts("未问", "not asked")
    case .code: Texts("办结方式", "How it is closed")
    case .sameLead: Texts("原主办平台", "the same lead")
    case .visibility: Texts("谁能看到", "Who sees it")
    case .recallDo:
      Texts(
        "平台不再负责；它已做的记录都保留。平台若同时已完工，会显示为冲突，由您裁定。",
        "The platform is no longer responsible; what it has recorded stays. If it finished meanwhile, that shows as a contradiction for you to settle."
      )
    case .cancelDo: Texts("工单停止办理；所有记录都保留。", "Nothing more is done about the order; everything recorded stays.")
    case .closeDo: Texts("工单办结；以后仍可“重办”重新打开。", "The order ends; 'rework' opens it again.")
    case .reworkDo: Texts("开始新的一轮；上一轮的工作和结果原样保留。", "A new round begins; work and result of the last stay as they were.")
    case .describeDo:
      Texts(
        "只填要改的：留空的不变。改过的原值仍在历史里。",
        "Fill in what is to change: what is left empty stays. The former value stays in the history.")
    case .present: Texts("不变（{0}）", "as it is ({0})")
    case .clearEmpty: Texts("{0}：把没填的栏清空", "{0}: clear the fields that are left empty")
    case .behalf: Texts("代平台登记（电话）", "Record for a platform (by telephone)")
    case .behalfDo:
      Texts(
        "记录会标明是热线代为登记；平台上线后若自己也有记录，按规则合并，不会丢失。",
        "It is marked as recorded by the hotline; what the platform recorded itself is merged with it by rule once it is back, and nothing is lost."
      )
    case .behalfGo: Texts("代 {0} 登记", "Record for {0}")
    case .behalfStep: Texts("步骤", "Step")
    case .work: Texts("处置经过", "Work done")
    case .outcome: Texts("处置结果", "Outcome")
    case .said: Texts("说明或理由", "Words or reason")
    case .replyCitizen: Texts("答复市民", "Reply to the citizen")
    case .eta: Texts("时间", "Time")
    case .stepPlan: Texts("预计到达", "expected arrival")
    case .stepContact: Texts("已联系市民", "contacted the citizen")
    case .stepRequest: Texts("申请{0}", "request: {0}")
    case .stepWithdraw: Texts("撤销申请 {0}", "withdraw request {0}")
    case .onlyLooking:
      Texts("您的角色只能查看。处理工单从角色“{0}”起可以做。", "Your role looks on. To act on an order begins with the role {0}.")
    case .mayNot: Texts("这一步从角色“{0}”起可以做。", "This step begins with the role {0}.")
    case .conflicts: Texts("冲突：同时写入了不同的值", "Conflicts: different values written at once")
    case .conflictsDo:
      Texts(
        "两个值都保留着，没有丢失。现在显示的按规则选出，直到裁定哪个为准；裁定会发给各方。",
        "Both values are kept, nothing is lost. What is shown was picked by the rule, until it is settled which is to stand; then everyone is told."
      )
    case .neither: Texts("双方写入时都没有看到对方。", "Neither had seen the other's when writing.")
    case .settleGo: Texts("以所选的值为准", "Let the chosen value stand")
    case .settleNew: Texts("都不对，写新值", "Neither is right: a new value")
    case .settleNewGo: Texts("以新值为准", "Let the new value stand")
    case .contradictions: Texts("矛盾：两件事不能同时成立", "Contradictions: two things that cannot both stand")
    case .keep: Texts("维持：{0}", "Let it stand: {0}")
    case .takeBack: Texts("收回：{0}", "Take it back: {0}")
    case .recallInstead: Texts("请撤回其中一个派单。", "Recall one of the two assignments.")
    case .recallThis: Texts("撤回这个派单", "Recall this assignment")
    case .voids: Texts("已作废的变更", "Void changes")
    case .voidsDo:
      Texts(
        "作废的变更没有效力，但内容都在；恢复生效会让它重新起作用。",
        "A void change has no effect, and all of it is kept; reinstating gives it its effect again.")
    case .voidsMeaning: Texts("原因：{0}。", "Reason: {0}.")
    case .voidDo:
      Texts(
        "这条变更将不再起作用，各方看到的工单随之改变；内容保留，随时可以恢复生效。",
        "The change has no effect any more, and everyone's view of the order changes with it; it is kept and can be reinstated at any time."
      )
    case .reinstateDo: Texts("这条变更重新起作用，从现在起算。", "The change has its effect again, from now on.")
    case .voidReason: Texts("作废理由", "Why it is void")
    case .decided: Texts("已裁定，各方会收到。", "It is settled, and everyone will be told.")
    case .changedMeanwhile:
      Texts(
        "此期间来了别的值，或者别人已裁定。什么也没有写入；下面是现在的情况，请再看一遍。",
        "Another value came meanwhile, or somebody else settled it. Nothing was written; below is what stands now: look at it again."
      )
    case .writeFirst: Texts("请填写新值。", "Fill in the new value.")
    case .relate: Texts("并案", "Relate")
    case .relateDo:
      Texts(
        "说明本单与另一单的关系；两单都保留。重复的可再办结为“重复”。",
        "Says what this order is of another one; both stay. A duplicate can then be closed as one.")
    case .relateTo: Texts("另一单的工单号或编号", "The other order, by number or id")
    case .relateAs: Texts("本单是它的", "This one is its")
    case .relateNone: Texts("无关（撤回并案）", "not related (take it back)")
    }
  }
}

enum OrderFieldPhrase: String, PhraseSet {
  static let area = "orderField"

  case address, district, street, note, flat, entry, lat, lon, crs, phone, name, anonymous

  /// As the fields of records are called everywhere.
  var texts: Texts { FieldWords.labels[rawValue] ?? Texts(rawValue, rawValue) }
}
