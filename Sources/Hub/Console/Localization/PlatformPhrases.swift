// What the pages of platforms and agents say.

import Core

enum PlatformPhrase: String, PhraseSet {
  static let area = "platforms"

  case title, platform, sectors, state, agents, agent, lastContact, outbox, oldest, lag, skew, certificate, version
  case inStep, catchingUp, offline, offlineSince, attention, noAgent, revoked, neverSeen, none, all
  case inStepMeans, catchingUpMeans, offlineMeans, attentionMeans
  case waiting, quarantined, notSent, notSentNone, contact, contactDay, contactWeek, outage, outages, noOutage, online
  case comparisons, resync, resyncWhat, resyncFull, resyncFullWhat, resyncDry, resyncDryWhat, resyncAsked, resyncNone
  case checked, differing, sent, received, repaired, unresolved, refused, took, requestedAt, reason, fullWord, dryWord
  case resyncPending, resyncRunning, resyncDone, resyncDoneSame
  case revoke, revokeWhat, revokeReason, revokeDone, token, tokenWhat, tokenAgent, tokenLife, tokenMake, tokenTitle
  case tokenOnce, tokenUse, tokenHub, tokenUseDo, tokens, tokenCreated, tokenExpires, tokenState, tokenOpen, tokenUsed
  case tokenRevoked, tokenExpired, tokenTakeBack, tokenTakenBack, add, addName, addNameRule, addDisplay, addSectors
  case addSectorsRule, added, orders, settle, settleWhat, settled, hours, causeTitle
  case causeClone, causeCloneDo, causeEnded, causeEndedDo, causeEnding, causeEndingDo, causeClock, causeClockDo
  case causeStuck, causeStuckDo, causeQuarantined, causeQuarantinedDo, causeUnresolved, causeUnresolvedDo
  case causeNever, causeNeverDo, causeNoAgent, causeNoAgentDo, causeUpdate, causeUpdateDo, nothingLost, offlineDo
  case someOffline, someOfflineMeans, offlineStateMeans, outageNow, inContactFor, inContactSince
  case causeNotApplying, causeNotApplyingDo, causeWaits, causeWaitsDo
  case lastRefusal, refusedCall, callRenew, callHello, callPush, callPull, callReconcile
  case refusedExpired, refusedExpiredDo, refusedRevoked, refusedRevokedDo, refusedOld, refusedOldDo, refusedFork
  case refusedForkDo, refusedReconcile, refusedReconcileDo, refusedBusy, refusedBusyDo, refusedDisk, refusedDiskDo
  case refusedFailed, refusedFailedDo, refusedUnread, refusedUnreadDo, refusedOther
  case bucketsCompared, resyncStopped, resyncRebuilding, resyncAll, resyncAllWhat, resyncAllGo, resyncAllAsked
  case meansApart, meansUnheard, meansUntold, meansTwice, meansUntilItEnds, meansClock, meansUnread, meansDiffer
  case meansKept, resyncRefused, tokensMayNot, noContactKnown, contactLegend, more, lastSaid
  case clockAhead, clockBehind, clockRight, unsentChanges, unsentMore, comparing

  var texts: Texts {
    switch self {
    case .title: Texts("平台", "Platforms")
    case .platform: Texts("平台", "Platform")
    case .sectors: Texts("行业", "Sectors")
    case .state: Texts("状态", "State")
    case .agents: Texts("代理端", "Agents")
    case .agent: Texts("代理端", "Agent")
    case .lastContact: Texts("最近联系", "Last contact")
    case .outbox: Texts("待发送（最近上报）", "Outbox as last reported")
    case .oldest: Texts("最早一条", "Oldest")
    case .lag: Texts("未收到", "Not yet received")
    case .skew: Texts("时钟偏差", "Clock")
    case .certificate: Texts("证书有效期至", "Certificate until")
    case .version: Texts("版本", "Version")
    case .inStep: Texts("同步", "In step")
    case .catchingUp: Texts("追赶中", "Catching up")
    case .offline: Texts("离线", "Offline")
    case .offlineSince: Texts("离线，自 {0}", "Offline since {0}")
    case .attention: Texts("需要处理", "Needs attention")
    case .noAgent: Texts("尚无代理端", "No agent yet")
    case .revoked: Texts("已吊销", "Revoked")
    case .neverSeen: Texts("从未联系", "Never in contact")
    case .none: Texts("还没有平台。", "There is no platform yet.")
    case .all: Texts("全部代理端", "all agents")
    case .inStepMeans: Texts("双方持有的工单一致。", "Both sides hold the same.")
    case .catchingUpMeans: Texts("正在联系，还有改动在路上，会自行补齐。", "In contact, with changes on their way. It passes by itself.")
    case .offlineMeans:
      Texts(
        "联系不上。平台照常工作，恢复联系后双方自动补齐，什么也不会丢失。",
        "Not reachable. The platform goes on working, and both sides catch up by themselves later; nothing is lost.")
    case .attentionMeans: Texts("有一件事要人来处理，见下。", "Something needs a person; see below.")
    case .waiting: Texts("等待前一改动", "Waiting for one before")
    case .quarantined: Texts("代理端隔离", "Set aside at the agent")
    case .notSent: Texts("平台还不知道的改动", "Changes that the platform does not know yet")
    case .notSentNone: Texts("平台已收到全部改动。", "The platform has received everything.")
    case .contact: Texts("联系记录", "Contact")
    case .contactDay: Texts("最近 24 小时", "The last 24 hours")
    case .contactWeek: Texts("最近 7 天", "The last 7 days")
    case .outage: Texts("中断：{0} 至 {1}，{2}", "Out of contact from {0} to {1}: {2}")
    case .outages: Texts("7 天内的中断", "Outages within 7 days")
    case .noOutage: Texts("7 天内没有中断。", "No outage within 7 days.")
    case .online: Texts("在线：{0} 至 {1}", "In contact from {0} to {1}")
    case .comparisons: Texts("比对记录", "Comparisons")
    case .resync: Texts("重新比对", "Resync")
    case .resyncWhat:
      Texts(
        "热线与代理端比对各自持有的改动，并互相补齐所缺的。随时可以按，工作不受影响，什么也不会丢失。离线的代理端在下次联系时开始。",
        "Hub and agent compare what they hold and give each other what is missing. Press it whenever you like: work goes on meanwhile "
          + "and nothing is lost by it. An agent that is offline begins at its next contact.")
    case .resyncFull: Texts("先从日志重建全部状态", "first make every state anew from the log")
    case .resyncFullWhat: Texts("更彻底，也更慢。", "More thorough, and slower.")
    case .resyncDry: Texts("只报告差异，不改动", "only report what differs")
    case .resyncDryWhat: Texts("两边都不做改动。", "Changes nothing on either side.")
    case .resyncAsked: Texts("已请求比对。进展见本页。", "The comparison is asked for. Its progress is shown here.")
    case .resyncNone: Texts("还没有比对过。", "There was no comparison yet.")
    case .checked: Texts("已比对工单", "orders compared")
    case .differing: Texts("有差异", "differed")
    case .sent: Texts("代理端补发", "sent by the agent")
    case .received: Texts("代理端补收", "received by it")
    case .repaired: Texts("已修复", "repaired")
    case .unresolved: Texts("未解决", "unresolved")
    case .refused: Texts("热线拒收", "refused by the hub")
    case .took: Texts("用时", "took")
    case .requestedAt: Texts("请求时间", "Asked for")
    case .reason: Texts("由谁发起", "By")
    case .fullWord: Texts("彻底", "full")
    case .dryWord: Texts("仅报告", "report only")
    case .resyncPending: Texts("等待代理端下次联系", "waits for the agent's next contact")
    case .resyncRunning: Texts("正在比对，已用 {0}", "running for {0}")
    case .resyncDone: Texts("完成，发现差异", "done, differences found")
    case .resyncDoneSame: Texts("完成，双方一致", "done, both sides the same")
    case .revoke: Texts("吊销代理端", "Revoke the agent")
    case .revokeWhat:
      Texts(
        "吊销后它立即不能再联系热线。它已送达的改动都保留；未发送的留在它的机器上，重新登记后再送来。",
        "It can no longer reach the hub, at once. What it delivered stays; what it has not sent stays on its machine and comes when it "
          + "has enrolled anew.")
    case .revokeReason: Texts("原因", "Reason")
    case .revokeDone: Texts("代理端已吊销。", "The agent is revoked.")
    case .token: Texts("令牌编号", "Token's id")
    case .tokenWhat: Texts("代理端用它登记一次。令牌只显示这一次。", "An agent enrols with it once. It is shown this once only.")
    case .tokenAgent: Texts("只给这个名称的代理端（可不填）", "only for the agent of this name (may be left empty)")
    case .tokenLife: Texts("有效小时数", "good for so many hours")
    case .tokenMake: Texts("生成令牌", "Make a token")
    case .tokenTitle: Texts("平台 {0} 的登记令牌", "Enrolment token for {0}")
    case .tokenOnce:
      Texts(
        "请现在抄下或复制：离开本页后再也不能显示。若丢失，吊销它并生成新的即可。",
        "Copy it now: it cannot be shown again. If it is lost, take it back and make another.")
    case .tokenUse: Texts("在代理端的机器上运行", "Run this on the agent's machine")
    case .tokenHub: Texts("本热线的地址", "this-hub's-address")
    case .tokenUseDo:
      Texts(
        "运行后粘贴令牌，再按 Ctrl-D。端口是接收代理端的端口，未改配置时是 7443；ca.pem 在热线机器的 keys 目录里，可以公开。",
        "Paste the token when it waits, then press Ctrl-D. The port is the one that takes agents, 7443 unless it was configured; ca.pem "
          + "is in the hub's keys directory and is no secret.")
    case .tokens: Texts("登记令牌", "Enrolment tokens")
    case .tokenCreated: Texts("生成", "Made")
    case .tokenExpires: Texts("有效期至", "Good until")
    case .tokenState: Texts("状态", "State")
    case .tokenOpen: Texts("未使用", "not used")
    case .tokenUsed: Texts("已使用", "used")
    case .tokenRevoked: Texts("已收回", "taken back")
    case .tokenExpired: Texts("已过期", "expired")
    case .tokenTakeBack: Texts("收回", "Take back")
    case .tokenTakenBack: Texts("令牌已收回。", "The token is taken back.")
    case .add: Texts("添加平台", "Add a platform")
    case .addName: Texts("标识", "Name")
    case .addNameRule: Texts("小写字母、数字和连字符；以后不能更改", "lower-case letters, digits and hyphens; it never changes")
    case .addDisplay: Texts("显示名称", "Display name")
    case .addSectors: Texts("行业", "Sectors")
    case .addSectorsRule: Texts("用逗号分隔，如 water,drainage", "separated by commas, such as water,drainage")
    case .added: Texts("平台已添加。下一步：为它生成登记令牌。", "The platform is added. Next: make an enrolment token for it.")
    case .orders: Texts("它的工单", "Its orders")
    case .settle: Texts("解除克隆警报", "Settle the clone alarm")
    case .settleWhat:
      Texts(
        "只在确认只有一台机器使用这张证书之后再按。双方的改动都已保留。",
        "Press it once you are sure that one machine alone uses the certificate. The changes of both are kept.")
    case .settled: Texts("警报已解除。", "The alarm is settled.")
    case .hours: Texts("小时", "hours")
    case .causeTitle: Texts("要处理的事", "What needs attention")
    case .causeClone: Texts("证书被两台机器同时使用，最早发现于 {0}。", "Two machines use its certificate, first seen {0}.")
    case .causeCloneDo:
      Texts(
        "请平台停掉其中一台；必要时吊销并重新登记，然后解除警报。双方的改动都已保留。",
        "Have the platform stop one of them; revoke and enrol anew if need be, then settle the alarm. The changes of both are kept."
      )
    case .causeEnded: Texts("证书已于 {0} 过期。", "Its certificate ended {0}.")
    case .causeEndedDo:
      Texts(
        "代理端会在宽限期内自行续期；若一直不成，请为它生成新的登记令牌。",
        "Within the grace period the agent renews it by itself; if it does not, make a new enrolment token for it.")
    case .causeEnding: Texts("证书将于 {0} 到期，早该自行续期了。", "Its certificate ends {0}, and should have been renewed by now.")
    case .causeEndingDo:
      Texts("请平台看看代理端的日志：有什么妨碍它续期。", "Have the platform look at the agent's log: something keeps it from renewing.")
    case .causeUpdate: Texts("它的软件比热线中心的新，暂时不能同步。", "Its software is newer than the hub's, so it cannot sync.")
    case .causeUpdateDo:
      Texts("请升级热线中心的软件。在此之前平台照常工作，不会丢失。", "Upgrade the hub. Until then the platform works on, and nothing is lost.")
    case .causeClock: Texts("它的时钟{0}。", "Its clock is {0}.")
    case .causeClockDo:
      Texts(
        "请平台校时（NTP）。", "Have the platform set its clock (NTP).")
    case .causeStuck:
      Texts(
        "虽在联系，却有 {0} 条改动发不出来，最早一条是 {1}的。",
        "It is in contact, yet {0} of its changes do not arrive; the oldest was made {1}.")
    case .causeStuckDo:
      Texts(
        "请平台看看代理端的日志：热线拒收的原因写在那里。改动仍在它的机器上，没有丢失。",
        "Have the platform look at the agent's log, which says why the hub refuses them. They are still on its machine; nothing is lost."
      )
    case .causeQuarantined: Texts("代理端隔离了 {0} 条它读不懂的改动。", "It has set aside {0} changes that it cannot read.")
    case .causeQuarantinedDo:
      Texts("通常是版本旧了：请平台升级代理端，之后会自行读出。", "Mostly its version is old: have it upgraded, and it reads them by itself.")
    case .causeUnresolved: Texts("上次比对有 {0} 处未能解决。", "The last comparison left {0} things unresolved.")
    case .causeUnresolvedDo:
      Texts(
        "请勾选“先从日志重建”再比对一次；若仍如此，请管理员做一次“体检”。",
        "Compare once more with every state made anew; if it stays so, an administrator should look at Health.")
    case .causeNever: Texts("登记之后从未联系过。", "It has never been in contact since it enrolled.")
    case .causeNeverDo:
      Texts("请平台启动代理端，并检查到热线的网络。", "Have the platform start the agent, and check the network to the hub.")
    case .causeNoAgent:
      Texts("还没有代理端登记，派给它的单子没有人看到。", "No agent has enrolled, so nobody sees what is dispatched to it.")
    case .causeNoAgentDo: Texts("生成登记令牌并交给平台。", "Make an enrolment token and give it to the platform.")
    case .nothingLost: Texts("什么也没有丢失。", "Nothing is lost.")
    case .offlineDo:
      Texts(
        "急事请打电话给平台，并在工单上代为登记进展；恢复联系后与平台自己的记录合并。",
        "In urgent matters ring the platform up and record its steps on the order; they are merged with its own when it is back."
      )
    case .someOffline: Texts("{1} 个代理端中 {0} 个离线，自 {2}", "{0} of {1} agents offline, since {2}")
    case .someOfflineMeans:
      Texts(
        "平台仍有代理端在线；离线的那一个恢复联系后自动补齐，什么也不会丢失。",
        "Another agent of the platform is in contact. The one that is not catches up by itself later; nothing is lost.")
    case .offlineStateMeans:
      Texts(
        "平台或它的某个代理端联系不上。工作照常，恢复联系后自动补齐，什么也不会丢失。",
        "The platform, or one of its agents, is not reachable. Work goes on there, and it catches up by itself; nothing is lost."
      )
    case .outageNow: Texts("中断：自 {0} 起，至今 {1}", "Out of contact since {0}: {1} until now")
    case .inContactFor: Texts("已连续在线 {0}", "in contact for {0}")
    case .inContactSince: Texts("自 {0} 起连续在线，已 {1}", "in contact since {0}, for {1}")
    case .causeNotApplying:
      Texts("虽在联系，自 {0} 起却没有再收下改动，尚缺 {1} 条。", "It is in contact, yet has taken no change since {0}; it lacks {1}.")
    case .causeNotApplyingDo:
      Texts(
        "请平台看看代理端的日志和磁盘：有什么妨碍它写入。改动留在热线，之后自行送达。",
        "Have the platform look at the agent's log and disk: something keeps it from storing them. They stay here and reach it later."
      )
    case .causeWaits:
      Texts(
        "自 {0} 起，有 {1} 条改动在等它没有的前一改动。", "Since {0}, {1} of its changes wait for one before them that it does not have.")
    case .causeWaitsDo:
      Texts(
        "请与它重新比对，通常就此补齐；若仍在等，请管理员运行 lianxin-hub lost list，看缺的是什么。",
        "Have it compared: mostly that brings what is missing. If they still wait, an administrator should run lianxin-hub lost list, "
          + "which says for what.")
    case .lastRefusal: Texts("最近被拒", "Last refused")
    case .refusedCall: Texts("{0}被拒（{1}）：{2}", "{0} was refused ({1}): {2}")
    case .callRenew: Texts("续期证书", "Renewing its certificate")
    case .callHello: Texts("打招呼", "Its greeting")
    case .callPush: Texts("发送改动", "Sending changes")
    case .callPull: Texts("收取改动", "Fetching changes")
    case .callReconcile: Texts("比对", "Comparing")
    case .refusedExpired: Texts("证书已过期。", "its certificate has ended.")
    case .refusedExpiredDo:
      Texts("请为它生成新的登记令牌，由平台重新登记。", "Make a new enrolment token for it; the platform enrols it anew.")
    case .refusedRevoked: Texts("证书已吊销，或热线不认识。", "its certificate is revoked, or not known here.")
    case .refusedRevokedDo:
      Texts(
        "若不是有意吊销的，请为它生成新的登记令牌，由平台重新登记。",
        "Unless it was revoked on purpose, make a new enrolment token for it; the platform enrols it anew.")
    case .refusedOld: Texts("两边版本不合。", "the versions of the two sides do not go together.")
    case .refusedOldDo: Texts("请先升级热线，再请平台升级代理端。", "Upgrade the hub first, then have the platform upgrade the agent.")
    case .refusedFork: Texts("同一编号有两个内容。", "one number has two contents.")
    case .refusedForkDo:
      Texts(
        "多半是它的机器被复制或由旧备份恢复，通常自行好转；若不然，请确认只有一台机器在用，再重新比对。",
        "Mostly its machine was copied or came from an old backup, and it passes by itself; if not, make sure that one machine alone is "
          + "used, then have it compared.")
    case .refusedReconcile: Texts("须先比对。", "it must compare first.")
    case .refusedReconcileDo:
      Texts("它会自行比对；若迟迟不成，请按“重新比对”。", "It compares by itself; if that does not come about, press resync.")
    case .refusedBusy: Texts("热线正忙，或正在重启。", "the hub was busy or restarting.")
    case .refusedBusyDo:
      Texts(
        "它会自行重试；若持续如此，请管理员查看热线机器的负荷和磁盘。", "It tries again by itself; if that goes on, look at the hub's load and disk.")
    case .refusedDisk: Texts("热线的磁盘已满。", "the hub's disk is full.")
    case .refusedDiskDo: Texts("请管理员立即腾出空间。", "An administrator must make room at once.")
    case .refusedFailed: Texts("热线出了故障。", "the hub failed at it.")
    case .refusedFailedDo:
      Texts(
        "请管理员查看热线的日志，并做一次“体检”。", "An administrator should read the hub's log and look at Health.")
    case .refusedUnread: Texts("热线读不懂它送来的内容。", "the hub could not read what it sent.")
    case .refusedUnreadDo:
      Texts(
        "请平台升级代理端，并把它的日志交给管理员；改动仍在它的机器上。",
        "Have the platform upgrade the agent and give its log to an administrator; the changes are still on its machine."
      )
    case .refusedOther: Texts("热线没有接受。", "the hub did not accept it.")
    case .meansApart:
      Texts(
        "双方目前互不往来：派给它的单子和这里的改动它看不到，它登记的进展这里也看不到。急事请打电话给平台。",
        "Neither side hears of the other now: it does not see what is dispatched or changed here, and what it records does not show here. "
          + "In urgent matters ring it up.")
    case .meansUnheard:
      Texts(
        "它登记的进展还没有到这里：它的工单可能比显示的更进一步，时限照走。",
        "What it recorded is not here yet: its orders may be further along than they show, and their deadlines run on.")
    case .meansUntold:
      Texts(
        "新派给它的单子和这里的改动它还看不到。急事请打电话给平台。",
        "It does not see yet what was dispatched or changed here. In urgent matters ring it up.")
    case .meansTwice:
      Texts(
        "两台机器各自登记，同一张工单可能因此出现冲突，须逐一裁定。",
        "Both record for it, so that an order may show conflicts, which have to be settled one by one.")
    case .meansUntilItEnds:
      Texts("证书到期之前照常同步，到期之后就不能了。", "Until its certificate ends it goes on syncing, and then no more.")
    case .meansClock: Texts("热线会记下正确的时间，工单不受影响。", "The hub notes the right times; orders are not harmed.")
    case .meansUnread:
      Texts(
        "这些改动在平台那边的工单上还不起作用；在热线这边照常有效。",
        "They have no effect on the orders there yet; here they count.")
    case .meansDiffer:
      Texts("个别工单在两边显示的可能不一样。", "Single orders may look different on the two sides.")
    case .meansKept:
      Texts("派给它的单子留在热线，登记之后送达。", "What is dispatched to it is kept here, and reaches it once one has enrolled.")
    case .resyncRefused:
      Texts(
        "热线拒收的改动只在代理端有效，那边的工单可能与这里不同。改动仍在它的机器上。",
        "What the hub refused counts at the agent alone: the order may look different there. It is still on its machine."
      )
    case .tokensMayNot:
      Texts("登记令牌由管理员生成和收回。", "An administrator makes enrolment tokens and takes them back.")
    case .more: Texts("还有 {0} 条更早的。", "{0} earlier ones more.")
    case .noContactKnown: Texts("没有联系记录", "no contact on record")
    case .contactLegend:
      Texts(
        "高条是在线，低条是中断，空白处没有联系记录。",
        "High is in contact, low is an outage; where it is empty no contact is on record.")
    case .lastSaid: Texts("代理端最近一次上报：", "as it last said,")
    case .unsentChanges: Texts("{0} 条改动", "changes: {0}")
    case .unsentMore:
      Texts(
        "此外还有 {0} 条改动没有列出，依次送达。", "Changes that wait beside these, and reach it in their turn: {0}.")
    case .clockAhead: Texts("比热线快 {0}", "{0} ahead of the hub's")
    case .clockBehind: Texts("比热线慢 {0}", "{0} behind the hub's")
    case .clockRight: Texts("与热线相差不到 1 秒", "within a second of the hub's")
    case .bucketsCompared: Texts("已比对分组", "groups compared")
    case .resyncRebuilding:
      Texts("热线正从日志重建自己的状态，已看 {0} 单", "the hub makes its own states anew first: {0} orders so far")
    case .resyncAll: Texts("与全部平台比对…", "Compare all platforms…")
    case .resyncAllWhat:
      Texts("将请求 {1} 个平台的 {0} 个代理端比对。", "This asks {0} agents of {1} platforms to compare.")
    case .resyncAllGo: Texts("全部重新比对", "Resync all")
    case .resyncAllAsked:
      Texts(
        "已请求全部比对。每个平台的进展见它自己的页面。", "All comparisons are asked for. Each platform's own page shows how its own goes.")
    case .comparing: Texts("比对：{0} 个正在进行，{1} 个等待开始", "Comparisons: {0} running, {1} not begun yet")
    case .resyncStopped: Texts("已停下，下次联系时继续", "stopped, goes on at its next contact")
    }
  }
}
