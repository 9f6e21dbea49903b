// What the pages of supervision say: deadlines, the policy, call-backs, indicators, and their part of the overview.

enum SupervisionPhrase: String, PhraseSet {
  static let area = "supervision"

  case title, none, order, stage, platform, due, rung, next, offline, emergency, paused, all, filter, state, anyStage
  case anyPlatform, anySector, district, dueSoon, overdue, urged, supervised, inTime, explain, offlineMeans, urge,
    urgeDo
  case demand, demandDo, demandText, until, urgeSent, demandSent, policy, nextUrge, nextSupervise
  case ordersLate, dispatch, following, hotline, isPaused, pausedCount, heldWords, sector, overdueOrders, dueSoonOrders
  case overdueDeadlines, dueSoonDeadlines

  var texts: Texts {
    switch self {
    case .title: Texts("督办", "Supervision")
    case .none: Texts("没有这样的时限。", "There is no such deadline.")
    case .order: Texts("工单", "Order")
    case .stage: Texts("环节", "Stage")
    case .platform: Texts("平台", "Platform")
    case .due: Texts("时限", "Due")
    case .rung: Texts("状态", "Rung")
    case .next: Texts("热线自动", "By the hub itself")
    case .offline: Texts("平台离线", "platform offline")
    case .emergency: Texts("特急", "emergency")
    case .paused: Texts("挂账中", "suspended")
    case .all: Texts("全部未到环节", "all open")
    case .filter: Texts("筛选", "Filter")
    case .state: Texts("范围", "Which")
    case .anyStage: Texts("全部环节", "every stage")
    case .anyPlatform: Texts("全部平台", "every platform")
    case .anySector: Texts("全部行业", "every sector")
    case .district: Texts("区", "District")
    case .dueSoon: Texts("将到时限", "due soon")
    case .overdue: Texts("已超时", "overdue")
    case .urged: Texts("已催办", "urged")
    case .supervised: Texts("已督办", "supervised")
    case .inTime: Texts("时限内", "in time")
    case .explain:
      Texts(
        "时限按热线的时钟走，挂账期间停走。到时由热线按规则自动催办、督办，每一步只做一次。",
        "Deadlines run on the hotline's clock and stand still while an assignment is suspended. The hub urges and supervises by "
          + "itself as its policy says, each step once.")
    case .offlineMeans:
      Texts("平台离线：可能已经做完，只是热线还没有收到。请打电话。", "Offline: it may be done and not heard of yet. Ring the platform.")
    case .urge: Texts("催办", "Urge")
    case .urgeDo:
      Texts(
        "催办记入工单，平台下次联系时收到；时限不变，什么也不会丢失。",
        "The urge stands in the order and reaches the platform at its next contact; no deadline moves, nothing is lost."
      )
    case .demand: Texts("督办", "Supervise")
    case .demandDo:
      Texts("督办要求记入工单，平台下次联系时收到。", "The demand stands in the order and reaches the platform at its next contact.")
    case .demandText: Texts("督办要求", "Demand")
    case .until: Texts("限期", "Until")
    case .urgeSent: Texts("已催办。", "Urged.")
    case .demandSent: Texts("已督办。", "Supervised.")
    case .policy: Texts("规则", "Policy")
    case .nextUrge: Texts("{0}催办", "urges {0}")
    case .nextSupervise: Texts("{0}督办", "supervises {0}")
    case .ordersLate: Texts("其中超过办结时限的工单 {0} 张", "{0} orders of them past their own deadline")
    case .overdueOrders: Texts("张工单已超时", "orders overdue")
    case .dueSoonOrders: Texts("张工单将到时限", "orders due soon")
    case .overdueDeadlines: Texts("个环节已超时", "deadlines overdue")
    case .dueSoonDeadlines: Texts("个环节将到时限", "deadlines due soon")
    case .dispatch: Texts("派单", "dispatch")
    case .following: Texts("规则刚改过，时限和指标正在按新规则整理。", "The policy changed: deadlines and figures are being brought to it.")
    case .hotline: Texts("热线", "hotline")
    case .sector: Texts("行业", "Sector")
    case .isPaused: Texts("停走", "stands still")
    case .pausedCount: Texts("挂账停走", "standing still")
    case .heldWords:
      Texts(
        "热线刚启动或时钟刚校正时，先等平台联系，不自动催办。",
        "Right after a start or a correction of its clock the hub waits for platforms to be in contact before it reminds."
      )
    }
  }
}

enum PolicyPhrase: String, PhraseSet {
  static let area = "policy"

  case title, file, defaults, timeZone, workingDays, workingHours, holidays, days, now, working, resting, dispatch
  case extensions, satisfied, attempts, retry, limits, stage, rule, limit, when, always, noLimit, fromReceipt, ladder,
    stages,
    allStages
  case dueSoon, urge, supervise, answerWithin, never, reload, reloadDo, reloaded, explain, corrections, correction, back

  var texts: Texts {
    switch self {
    case .title: Texts("时限规则", "The policy")
    case .file: Texts("文件", "File")
    case .defaults: Texts("没有规则文件，按默认规则", "none: the defaults hold")
    case .timeZone: Texts("时区", "Time zone")
    case .workingDays: Texts("工作日", "Working days")
    case .workingHours: Texts("工作时间", "Working hours")
    case .holidays: Texts("节假日与调休", "Holidays and days worked instead")
    case .days: Texts("放假 {0} 天，调休上班 {1} 天", "{0} days off, {1} worked instead")
    case .now: Texts("现在", "Now")
    case .working: Texts("工作时间", "working time")
    case .resting: Texts("非工作时间", "not working time")
    case .dispatch: Texts("派单时限", "Dispatch within")
    case .extensions: Texts("同意延期最多", "Extensions at most")
    case .satisfied: Texts("满意从几分起", "Satisfied from")
    case .attempts: Texts("回访最多几次", "Call-back attempts")
    case .retry: Texts("未接通时再拨间隔", "Ring again after")
    case .limits: Texts("各环节时限", "Limits of each stage")
    case .stage: Texts("环节", "Stage")
    case .rule: Texts("规则", "Rule")
    case .limit: Texts("时限", "Limit")
    case .when: Texts("条件", "When")
    case .always: Texts("其他情况", "otherwise")
    case .noLimit: Texts("无时限", "no limit")
    case .fromReceipt: Texts("{0}（自平台收到起）", "{0} (from its receipt)")
    case .ladder: Texts("自动催办与督办", "The reminder ladder")
    case .stages: Texts("环节", "Stages")
    case .allStages: Texts("全部环节", "every stage")
    case .dueSoon: Texts("将到时限（剩余）", "Due soon (left)")
    case .urge: Texts("超时后催办", "Urge after")
    case .supervise: Texts("超时后督办", "Supervise after")
    case .answerWithin: Texts("督办限期", "Answer within")
    case .never: Texts("不自动", "never")
    case .reload: Texts("重新读取规则文件", "Read the file again")
    case .reloadDo:
      Texts(
        "文件有错时不采用，原规则不变。已经给出的时限不会改写。",
        "A file that is wrong is not taken and the policy stays. Deadlines that were given are never rewritten.")
    case .reloaded: Texts("已重新读取规则文件。", "The policy file was read again.")
    case .explain: Texts("每个环节取第一条符合条件的规则。", "Of each stage the first rule whose condition holds counts.")
    case .corrections: Texts("热线时钟的校正", "Corrections of the hub's clock")
    case .correction: Texts("{0} 至 {1} 之间的时限按 {2} 校正", "what was dated from {0} to {1} is moved by {2}")
    case .back: Texts("回到督办", "Back to supervision")
    }
  }
}

enum CallBackPhrase: String, PhraseSet {
  static let area = "callbacks"

  case title, none, waiting, order, platform, round, done, attempts, ring, now, exhausted, exhaustedMeans, explain, call
  case record, reached, notReached, wasReached, solved, result, service, scale, reason, channel, phone, sms, visit,
    afterwards
  case thenNothing, thenClose, thenRework, recorded, closed, reworked, work, reply, caller, showCaller, by, byHub,
    byPlatform
  case solvedMissing, answeredUnreached, reworkUnasked, explainUnsolved, unreachedNote, back, nobody
  case recordedOnly, earlier, earlierCut

  var texts: Texts {
    switch self {
    case .title: Texts("回访", "Call-backs")
    case .none: Texts("没有待回访的工单。", "No order waits for a call-back.")
    case .waiting: Texts("待回访 {0} 张，现在可拨 {1} 张", "{0} orders wait, {1} can be rung now")
    case .order: Texts("工单", "Order")
    case .platform: Texts("平台", "Platform")
    case .round: Texts("轮次", "Round")
    case .done: Texts("处置完毕", "Done")
    case .attempts: Texts("已拨次数", "Attempts")
    case .ring: Texts("何时拨", "Ring")
    case .now: Texts("现在", "now")
    case .exhausted: Texts("不再拨", "no more")
    case .exhaustedMeans:
      Texts("已拨 {0} 次未接通，可以不回访直接办结。", "Rung {0} times without an answer: it can be closed without a call-back.")
    case .explain:
      Texts(
        "平台处置完毕的工单，逐轮回访来电人：是否接通、是否解决、对结果和服务是否满意。",
        "Of what platforms have done, round by round, the citizen is asked: reached? solved? satisfied with result and service?"
      )
    case .call: Texts("回访", "Call back")
    case .record: Texts("记录回访", "Record the call-back")
    case .reached: Texts("是否接通", "Reached?")
    case .notReached: Texts("未接通", "not reached")
    case .wasReached: Texts("已接通", "reached")
    case .solved: Texts("是否解决", "Solved?")
    case .result: Texts("对结果的满意度", "Satisfied with the result")
    case .service: Texts("对服务的满意度", "Satisfied with the service")
    case .scale: Texts("1（很不满意）至 5（很满意）", "1 (not at all) to 5 (very)")
    case .reason: Texts("不满意或未解决的原因", "Why not solved or not satisfied")
    case .channel: Texts("方式", "By")
    case .phone: Texts("电话", "telephone")
    case .sms: Texts("短信", "text message")
    case .visit: Texts("上门", "visit")
    case .afterwards: Texts("然后", "Then")
    case .thenNothing: Texts("只记录", "only record it")
    case .thenClose:
      Texts(
        "按回答办结：已解决、部分解决或未解决已说明；未接通：专案",
        "close it by the answer: solved, partly solved or unsolved, explained; not reached: special")
    case .thenRework: Texts("重办：同一平台新一轮", "rework: a new round for the same platform")
    case .recorded: Texts("已记录回访。", "The call-back is recorded.")
    case .closed: Texts("已记录回访并办结。", "The call-back is recorded and the order closed.")
    case .reworked: Texts("已记录回访并重办。", "The call-back is recorded and the order is dispatched again.")
    case .work: Texts("处置情况", "What was done")
    case .reply: Texts("答复口径", "What the citizen is told")
    case .caller: Texts("来电人", "Caller")
    case .showCaller: Texts("在工单页查看电话（留痕）", "Show the number on the order's page (audited)")
    case .by: Texts("由谁回访", "Called back by")
    case .byHub: Texts("热线", "the hotline")
    case .byPlatform: Texts("平台", "the platform")
    case .solvedMissing:
      Texts("已接通时，请选是否解决。什么也没有记录。", "Who was reached must say whether it is solved. Nothing was recorded.")
    case .answeredUnreached:
      Texts(
        "选了未接通，又填了市民的回答。请改其中一项；什么也没有记录。",
        "Not reached, and yet with answers of the citizen: change one or the other. Nothing was recorded.")
    case .reworkUnasked:
      Texts(
        "市民没有说未解决或部分解决，不能由此重办。什么也没有记录。",
        "The citizen did not say that it is unsolved or solved in part, so this is no reason for rework. Nothing was recorded."
      )
    case .explainUnsolved:
      Texts(
        "未解决而办结，请写明原因：这是向市民说明的内容。什么也没有记录。",
        "To close what is unsolved, give the reason: it is what was explained to the citizen. Nothing was recorded.")
    case .earlier: Texts("以前的回访", "Earlier call-backs")
    case .earlierCut: Texts("共 {1} 次，这里是最近 {0} 次；全部在工单里", "the last {0} of {1}; all of them are on the order's page")
    case .recordedOnly:
      Texts(
        "回访已经记录，不必再记一次；但接下来的一步没有做：{0}。",
        "The call-back is recorded and need not be recorded again. What was to follow was not done: {0}.")
    case .unreachedNote: Texts("回访未接通", "not reached on call-back")
    case .back: Texts("回到回访队列", "Back to the queue")
    case .nobody: Texts("无", "none")
    }
  }
}

enum IndicatorPhrase: String, PhraseSet {
  static let area = "indicators"

  case title, from, to, by, allTogether, bySector, byPlatform, byDistrict, byDay, byMonth, show, group, all, none, apply
  case definitions, overdueNow, export, availability, lag, online, offline, chart, noName, of, following, noValue,
    tooLong
  case today, more, overdueFormula, availabilityFormula, lagFormula

  var texts: Texts {
    switch self {
    case .title: Texts("指标", "Indicators")
    case .from: Texts("从", "From")
    case .to: Texts("到", "To")
    case .by: Texts("分组", "By")
    case .allTogether: Texts("合计", "all together")
    case .bySector: Texts("按行业", "by sector")
    case .byPlatform: Texts("按平台", "by platform")
    case .byDistrict: Texts("按区", "by district")
    case .byDay: Texts("按日", "by day")
    case .byMonth: Texts("按月", "by month")
    case .show: Texts("图示", "Chart")
    case .group: Texts("分组", "Group")
    case .all: Texts("合计", "All")
    case .none: Texts("这段时间没有数字。", "There are no figures in this period.")
    case .apply: Texts("显示", "Show")
    case .definitions: Texts("指标定义", "Definitions")
    case .overdueNow: Texts("此刻超时未办结的工单", "Orders overdue now")
    case .export: Texts("导出 CSV", "Export as CSV")
    case .overdueFormula:
      Texts(
        "此刻已过自己的办结时限而未办结的工单数;挂账的不计;与所选时段无关",
        "orders that are past their own deadline at this moment and not closed; suspensions excluded; whatever the period"
      )
    case .availability: Texts("代理端在线率", "Agent availability")
    case .availabilityFormula:
      Texts(
        "所选时段内至少一个代理端与热线保持联系的时长 ÷ 该时段已经过去的时长(自首个代理端登记起算)",
        "time within the period in which at least one of the platform's agents was in contact ÷ time of the period that has passed,"
          + " since its first agent was enrolled")
    case .lagFormula:
      Texts(
        "此刻发给该平台的改动中,收得最多的代理端尚未确认的条数;与所选时段无关",
        "changes in the platform's feed that its furthest agent has not acknowledged at this moment; whatever the period"
      )
    case .lag: Texts("未送达的改动", "Changes not acknowledged")
    case .online: Texts("在线", "online")
    case .offline: Texts("离线", "offline")
    case .chart: Texts("{0}：{1}", "{0}: {1}")
    case .noName: Texts("（未填）", "(none)")
    case .of: Texts("共 {0}", "of {0}")
    case .following:
      Texts("规则改过，指标正在重新计算，数字还会变。", "The policy changed and the figures are being made anew; they will still change.")
    case .noValue: Texts("无", "none")
    case .tooLong: Texts("按日最多 100 天。", "By the day a period has at most 100 days.")
    case .today: Texts("今日", "Today")
    case .more: Texts("详细", "More")
    }
  }
}
