// The words of the domain in both languages, by the word that code and wire have. Open lists (sectors, sources) have those that are
// known; another word stands for itself.

/// Which list a word is of.
enum Vocabulary: String, Sendable, CaseIterable {
  case status, kind, priority, role, cause, progress, outcome, request, closing, sector, source
  case relation, answered, visibility, stage, contradictionShown, contradictionWhy, party, channel, unit, weekday,
    attachmentRole
  /// Reasons that begin with a code; what they say is VoidWords'.
  case voidReason
  /// Rules of the policy by their names; those of the defaults are known.
  case policyRule
  case deadlineState, limitStart
  case contradiction, shown, because, rule, accountRole, auditAction, right, verdict, resyncState, resyncReason,
    cloneSign

  /// The word in both languages; nil where it is not known.
  func texts(_ word: String) -> Texts? { Vocabulary.table[self]?[word] }

  /// All words that are known.
  var known: [String: Texts] { Vocabulary.table[self] ?? [:] }

  private static let table: [Vocabulary: [String: Texts]] = [
    .status: [
      "received": Texts("已受理", "received"), "dispatched": Texts("已派单", "dispatched"),
      "accepted": Texts("已签收", "accepted"), "inProgress": Texts("处置中", "in progress"),
      "repaired": Texts("已处置", "repaired"), "calledBack": Texts("已回访", "called back"),
      "closed": Texts("已办结", "closed"), "suspended": Texts("挂账中", "suspended"),
      "returned": Texts("已退单", "returned"), "recalled": Texts("已撤回", "recalled"),
      "cancelled": Texts("已取消", "cancelled"),
    ],
    .kind: [
      "enquiry": Texts("咨询", "enquiry"), "help": Texts("求助", "help"), "repair": Texts("报修", "repair"),
      "emergency": Texts("抢险", "emergency"), "violation": Texts("举报", "violation"),
      "situation": Texts("情况反映", "situation"), "complaint": Texts("投诉", "complaint"),
      "suggestion": Texts("建议", "suggestion"), "praise": Texts("表扬", "praise"), "other": Texts("其他", "other"),
    ],
    .priority: [
      "normal": Texts("一般", "normal"), "urgent": Texts("紧急", "urgent"), "emergency": Texts("特急", "emergency"),
    ],
    .role: [
      "lead": Texts("主办", "lead"), "assist": Texts("协办", "assist"), "oversee": Texts("督办单位", "oversee"),
      "inform": Texts("告知", "inform"), "verify": Texts("核查", "verify"),
    ],
    .cause: [
      "first": Texts("首次派单", "first"), "added": Texts("追加", "added"), "reassigned": Texts("改派", "reassigned"),
      "rework": Texts("重办", "rework"), "designated": Texts("指定承办", "designated"),
    ],
    .progress: [
      "accepted": Texts("已签收", "accepted"), "enRoute": Texts("前往现场", "en route"),
      "onSite": Texts("已到场", "on site"), "working": Texts("处置中", "working"),
      "waiting": Texts("等待中", "waiting"), "done": Texts("处置完毕", "done"),
    ],
    .outcome: [
      "solved": Texts("已解决", "solved"), "partly": Texts("部分解决", "partly solved"),
      "unsolved": Texts("未解决", "unsolved"), "noAction": Texts("无需处置", "no action needed"),
    ],
    .request: [
      "return": Texts("退单", "return"), "extension": Texts("延期", "extension"),
      "suspension": Texts("挂账", "suspension"), "exemption": Texts("免责", "exemption"),
    ],
    .closing: [
      "answered": Texts("直接答复", "answered"), "solved": Texts("已解决", "solved"),
      "partly": Texts("部分解决", "partly solved"),
      "unsolvedExplained": Texts("未解决已说明", "unsolved, explained"), "special": Texts("专案", "special"),
      "withdrawn": Texts("市民撤诉", "withdrawn"), "invalid": Texts("无效", "invalid"),
      "notAccepted": Texts("不予受理", "not accepted"), "duplicate": Texts("重复", "duplicate"),
      "exempt": Texts("免责", "exempt"),
    ],
    .sector: [
      "water": Texts("供水", "water"), "gas": Texts("燃气", "gas"), "heat": Texts("供热", "heat"),
      "power": Texts("供电", "power"), "drainage": Texts("排水", "drainage"), "lighting": Texts("路灯", "lighting"),
      "road": Texts("道路", "road"), "transit": Texts("公交", "transit"), "rail": Texts("轨道交通", "rail"),
      "housing": Texts("房屋", "housing"), "property": Texts("物业", "property"),
      "construction-safety": Texts("施工安全", "construction safety"), "greening": Texts("园林绿化", "greening"),
      "sanitation": Texts("环卫", "sanitation"), "enforcement": Texts("城管执法", "enforcement"),
      "planning": Texts("规划", "planning"),
    ],
    .source: [
      "call": Texts("来电", "call"), "web": Texts("网站", "web"), "open311": Texts("Open311", "Open311"),
      "media": Texts("媒体", "media"), "government": Texts("政府交办", "government"),
      "platform": Texts("平台自报", "platform"), "upstream": Texts("上级转办", "upstream"),
    ],
    .relation: [
      "duplicate": Texts("重复", "duplicate"), "repeat": Texts("重复来电", "repeat"),
      "sameIncident": Texts("同一事件", "same incident"),
    ],
    .stage: [
      "accept": Texts("签收", "accept"), "contact": Texts("联系市民", "contact"), "arrive": Texts("到场", "arrive"),
      "makeSafe": Texts("排除险情", "make safe"), "complete": Texts("办结", "complete"),
      "dispatch": Texts("派单", "dispatch"),
    ],
    .limitStart: ["dispatch": Texts("派单", "dispatch"), "receipt": Texts("收到", "receipt")],
    .deadlineState: [
      "soon": Texts("将到时限", "soon"), "overdue": Texts("已超时", "overdue"), "urged": Texts("已催办", "urged"),
      "supervised": Texts("已督办", "supervised"), "paused": Texts("挂账", "paused"), "all": Texts("全部", "all"),
    ],
    .policyRule: [
      "standard": Texts("默认规则", "standard"), "danger": Texts("险情", "danger"), "danger-gas": Texts("燃气险情", "danger-gas"),
      "supply": Texts("水电气热", "supply"), "repair": Texts("报修", "repair"), "enquiry": Texts("咨询求助", "enquiry"),
      "other": Texts("其他", "other"),
    ],
    .party: ["hub": Texts("热线", "the hotline"), "platform": Texts("平台", "the platform")],
    .channel: [
      "phone": Texts("电话", "telephone"), "call": Texts("电话", "telephone"), "sms": Texts("短信", "text message"),
      "visit": Texts("上门", "visit"),
    ],
    .unit: [
      "minutes": Texts("分钟", "minutes"), "workingHours": Texts("工作小时", "working hours"),
      "workingDays": Texts("工作日", "working days"), "days": Texts("天", "days"),
    ],
    .weekday: [
      "monday": Texts("周一", "Monday"), "tuesday": Texts("周二", "Tuesday"), "wednesday": Texts("周三", "Wednesday"),
      "thursday": Texts("周四", "Thursday"), "friday": Texts("周五", "Friday"), "saturday": Texts("周六", "Saturday"),
      "sunday": Texts("周日", "Sunday"),
    ],
    .attachmentRole: [
      "before": Texts("处置前", "before"), "after": Texts("处置后", "after"), "document": Texts("文件", "document"),
      "recording": Texts("录音", "recording"),
    ],
    .answered: ["yes": Texts("是", "yes"), "partly": Texts("部分", "partly"), "no": Texts("否", "no")],
    .visibility: ["all": Texts("全部", "everyone"), "own": Texts("仅本单位", "one's own")],
    .contradiction: [
      "recalledWhileDone": Texts("撤回时平台已处置完毕", "recalled while the platform had finished"),
      "recalledWhileWorking": Texts("撤回时平台正在处置", "recalled while the platform was at work"),
      "cancelledWhileDone": Texts("取消时平台已处置完毕", "cancelled while the platform had finished"),
      "cancelledWhileWorking": Texts("取消时平台正在处置", "cancelled while the platform was at work"),
      "closedWhileWorking": Texts("办结时平台仍在处置", "closed while the platform was still at work"),
      "closedWhileRequested": Texts("办结时平台的申请未批复", "closed while a request was still open"),
      "returnGrantedWhileDone": Texts("同意退单时平台已处置完毕", "return granted while the platform had finished"),
      "returnGrantedWhileWorking": Texts("同意退单时平台正在处置", "return granted while the platform was at work"),
      "suspendedWhileWorking": Texts("挂账期间平台又有进展", "suspended while the platform went on working"),
      "suspendedWhileDone": Texts("挂账期间平台已处置完毕", "suspended while the platform had finished"),
      "exemptWhileUnsatisfied": Texts("已免责但回访不满意", "exempted while the citizen was not satisfied"),
      "duplicateWhileDone": Texts("并案的同时本单已处置完毕", "marked a duplicate while it had been finished itself"),
      "twoLeads": Texts("同一轮有两个主办平台", "two lead platforms in one round"),
      "twoAssignmentsOfOnePlatform": Texts("同一轮对同一平台派单两次", "one platform assigned twice in one round"),
      "sameReference": Texts("两张工单有同一外部编号", "two orders with one outside reference"),
    ],
    .contradictionShown: [
      "done": Texts("已处置完毕", "done"), "recalled": Texts("已撤回", "recalled"), "repaired": Texts("已处置", "repaired"),
      "cancelled": Texts("已取消", "cancelled"), "closed": Texts("已办结", "closed"), "returned": Texts("已退单", "returned"),
      "running again": Texts("恢复处置", "running again"), "exempt": Texts("免责", "exempt"), "both": Texts("两者", "both"),
    ],
    .contradictionWhy: [
      "facts beat intentions": Texts("事实优先于打算", "facts beat intentions"),
      "the work exists, and costs": Texts("活已经干了，费用也已发生", "the work exists, and costs"),
      "the hotline directs": Texts("由热线指挥", "the hotline directs"),
      "a supervisor must look": Texts("须由督办员查看", "a supervisor must look"),
      "the crew is at work": Texts("班组正在处置", "the crew is at work"),
      "the hotline decided; a supervisor must look": Texts(
        "热线已决定，须由督办员查看", "the hotline decided; a supervisor must look"),
      "both are true": Texts("两者都是事实", "both are true"),
      "two operators dispatched at once": Texts("两名话务员同时派单", "two operators dispatched at once"),
      "a merge is proposed": Texts("建议并案", "a merge is proposed"),
    ],
    .shown: [
      "done": Texts("处置完毕", "done"), "recalled": Texts("已撤回", "recalled"), "repaired": Texts("已处置", "repaired"),
      "cancelled": Texts("已取消", "cancelled"), "closed": Texts("已办结", "closed"),
      "returned": Texts("已退单", "returned"), "running again": Texts("恢复计时", "running again"),
      "exempt": Texts("已免责", "exempt"), "both": Texts("两者都显示", "both"),
    ],
    .because: [
      "facts beat intentions": Texts("事实优先于意图", "facts beat intentions"),
      "the work exists, and costs": Texts("活已干了，费用已发生", "the work exists, and costs"),
      "the hotline directs": Texts("由热线指挥", "the hotline directs"),
      "a supervisor must look": Texts("须由督办员查看", "a supervisor must look"),
      "the crew is at work": Texts("班组正在处置", "the crew is at work"),
      "the hotline decided; a supervisor must look": Texts(
        "热线已决定，须由督办员查看", "the hotline decided; a supervisor must look"),
      "both are true": Texts("两者都属实", "both are true"),
      "two operators dispatched at once": Texts("两位话务员同时派单", "two operators dispatched at once"),
    ],
    .rule: [
      "latest": Texts("以最后写入为准", "the latest write"), "first": Texts("以最先写入为准", "the first write"),
      "hubElseLatest": Texts("热线写的优先，否则以最后写入为准", "the hotline's, else the latest write"),
      "higher": Texts("取较高者", "the higher one"), "isTrue": Texts("有一方为“是”即为“是”", "yes, if anyone says yes"),
      "furthest": Texts("取进展最远者", "the one furthest along"),
      "latestFinished": Texts("取完工时间最晚者", "the one finished last"), "refusal": Texts("拒绝优先", "the refusal"),
      "earliest": Texts("取最早者", "the earliest"), "lowest": Texts("取最低者", "the lowest"),
      "notNull": Texts("有值者优先", "the one that is set"),
    ],
    .accountRole: [
      "viewer": Texts("查看员", "viewer"), "operator": Texts("话务员", "operator"),
      "supervisor": Texts("督办员", "supervisor"), "administrator": Texts("管理员", "administrator"),
      // Roles of authors who have no account.
      "crew": Texts("班组", "crew"), "system": Texts("系统", "system"),
    ],
    .auditAction: [
      "sign-in": Texts("登录", "signed in"), "sign-in-refused": Texts("登录被拒", "sign-in refused"),
      "sign-in-limited": Texts("登录次数过多", "too many sign-ins"), "sign-out": Texts("退出登录", "signed out"),
      "refused": Texts("无权而被拒", "refused for want of the right"),
      "password-changed": Texts("修改了自己的密码", "changed the own password"),
      "second-factor-refused": Texts("两步验证未通过", "second factor refused"),
      "second-factor-set": Texts("启用两步验证", "second factor set up"),
      "second-factor-removed": Texts("停用两步验证", "second factor taken away"),
      "second-factor-reset": Texts("重置他人的两步验证", "second factor reset"),
      "recovery-codes-made": Texts("生成恢复码", "recovery codes made"),
      "account-added": Texts("添加用户", "user added"), "password-set": Texts("重置密码", "password reset"),
      "role-set": Texts("更改角色", "role set"), "account-disabled": Texts("停用用户", "user disabled"),
      "account-enabled": Texts("启用用户", "user enabled"),
      "api-token-created": Texts("生成 API 令牌", "API token made"),
      "api-token-revoked": Texts("收回 API 令牌", "API token taken back"),
      "revealed": Texts("查看个人信息", "personal data revealed"),
      "revealed-many": Texts("查看个人信息过于频繁", "personal data revealed too often"),
      "person-found": Texts("按电话查找", "found by telephone"),
      "person-exported": Texts("导出个人信息", "personal data copied"),
      "person-purged": Texts("清除个人信息", "personal data destroyed"), "exported": Texts("导出工单", "orders exported"),
      "imported": Texts("导入工单", "orders imported"), "platform-added": Texts("添加平台", "platform added"),
      "enrolment-token-created": Texts("生成登记令牌", "enrolment token made"),
      "enrolment-token-revoked": Texts("收回登记令牌", "enrolment token taken back"),
      "agent-revoked": Texts("吊销代理端", "agent revoked"), "clone-settled": Texts("解除克隆警报", "clone alarm settled"),
      "resync-asked": Texts("请求比对", "comparison asked for"), "store-repaired": Texts("修复存储", "store repaired"),
      "policy-reloaded": Texts("重新读取时限规则", "policy read again"),
    ],
    .right: [
      "see": Texts("查看工单、平台与状态（个人信息遮盖）", "see orders, platforms and states (personal data masked)"),
      "own-account": Texts("修改自己的密码", "change the own password"),
      "handle": Texts("受理、派单、登记进展、回访、办结", "take, dispatch, record, call back, close"),
      "reveal": Texts("查看一张工单的个人信息（留痕）", "reveal an order's personal data (audited)"),
      "seek": Texts("按电话查找（留痕）", "find by telephone (audited)"),
      "inspect": Texts("查看改动原文", "see raw lines"), "compare": Texts("发起重新比对", "ask for a resync"),
      "supervise": Texts(
        "批复申请、督办、裁定冲突、作废与恢复、取消",
        "answer requests, supervise, settle conflicts, void and reinstate, cancel"),
      "import-orders": Texts("导入工单", "import orders"),
      "export-persons": Texts("导出个人信息（留痕）", "copy personal data (audited)"),
      "read-audit": Texts("查看审计", "read the audit"),
      "administer": Texts("管理平台、令牌、代理端", "manage platforms, tokens and agents"),
      "purge": Texts("永久清除个人信息", "destroy personal data for ever"),
      "manage-accounts": Texts("管理用户与 API 令牌", "manage users and API tokens"),
    ],
    .verdict: [
      "accepted": Texts("有效", "accepted"), "void": Texts("作废", "void"),
      "unreadable": Texts("无法读取", "unreadable"),
    ],
    .resyncState: [
      "pending": Texts("等待代理端联系", "waits for the agent's next contact"), "running": Texts("正在比对", "running"),
      "done": Texts("已完成", "done"),
    ],
    .resyncReason: [
      "operator": Texts("话务员发起", "asked for by an operator"), "agent": Texts("代理端自行发起", "by the agent itself"),
    ],
    .cloneSign: [
      "fork": Texts("同一改动出现两种内容", "one change with two contents"),
      "chain": Texts("改动链不一致", "another chain of changes"),
      "origin": Texts("改动被重新写入", "a change was written again"),
      "certificate": Texts("旧证书仍在使用", "an old certificate is still in use"),
    ],
  ]
}
