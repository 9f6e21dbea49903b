// What the doctor's findings say, in Chinese: the checks by their names, what was found and what to do by their sentences. The findings
// say it in English, each at its place (StoreDoctor, HotlineStatus and the files beside it, MachineFindings).

import Core
import Shell

enum HealthWords {
  /// The sentence in the reader's language; nil where there is none in it.
  static func said(_ sentence: String, in language: Language) -> String? {
    guard language == .zh else { return sentence }
    if let whole = chinese(sentence) { return whole }
    // Several things that were found stand in one row.
    let parts = sentence.components(separatedBy: "; ").map(chinese)
    let known = parts.compactMap(\.self)
    return known.count == parts.count ? known.joined(separator: "；") : nil
  }

  static func name(_ name: String, in language: Language) -> String? {
    language == .zh ? names[name] : name
  }

  private static func chinese(_ sentence: String) -> String? {
    for (pattern, chinese) in sentences {
      guard let found = RefusalWords.places(between: RefusalWords.pieces(pattern), in: sentence) else { continue }
      return found.enumerated().reduce(chinese) { text, place in
        text.replacing("{\(place.offset)}", with: said(place: place.element))
      }
    }
    return nil
  }

  /// A list of names, with what is counted beside them.
  private static func said(place: String) -> String {
    place
      .replacing(#/ and (\d+) more/#) { " 等，另有 \($0.output.1) 项" }
      .replacing(#/(\d+) buckets of ([^ ,]+)/#) { "\($0.output.2) 的 \($0.output.1) 组" }
      .replacing(#/ \((\d+) orders\)/#) { "（\($0.output.1) 单）" }
      .replacing(#/ \(mode (\d+)\)/#) { "（权限 \($0.output.1)）" }
      .replacing(#/(-?\d+) ms\b/#) { "\($0.output.1) 毫秒" }
      .replacing(", seen at ", with: "，见于 ").replacing(" lacks ", with: " 缺 ").replacing(" for ", with: " 缺 ")
      .replacing(", ", with: "、")
  }

  static let names: [String: String] = [
    "durable writes": "写入落盘", "write-ahead log": "预写日志", "integrity": "数据库结构", "lines fit their hashes": "每行与校验值",
    "chains lead on": "变更前后相接", "feeds are dense": "下发队列连续", "states match their logs": "工单状态与日志",
    "digests match their logs": "比对摘要与日志", "numbers are given once": "工单号不重复", "orders are counted": "工单计数",
    "search finds every order": "搜索索引", "one machine for each certificate": "一证一机",
    "nothing waits for what is lost": "等待遗失的改动", "the audit is whole": "审计完整",
    "deadlines and figures match their logs": "时限和指标与日志", "disk space": "磁盘空间", "disk speed": "磁盘速度",
    "secrets": "密钥文件", "database files": "数据库文件", "libraries": "程序库", "clocks of the agents": "代理端的时钟",
    "certificate of the authority": "签发机构的证书", "certificate of the listener": "热线自己的证书",
  ]

  private static let keepCopy = "先留一份副本，再恢复备份"

  /// The longer before the shorter, where one begins as the other does.
  private static let sentences: [(english: String, chinese: String)] = [
    // What was found.
    ("PRAGMA synchronous = {} (2 is FULL)", "级别 {0}（应为 2）"),
    ("journal_mode = wal", "已启用"), ("journal_mode = {}", "方式为 {0}，没有启用"), ("ok", "完好"),
    ("{} lines", "{0} 行"), ("altered on the disk: {}", "被磁盘改坏：{0}"),
    ("missing, asked for with the next resync: {}", "缺少，下次比对时索取：{0}"), ("{} changes without a gap", "{0} 条变更，没有缺口"),
    ("gaps, not broken, lost or not yet sent again: {}", "有缺口而未断开，遗失或尚未补来：{0}"), ("broken at {}", "断开于 {0}"),
    ("{} entries, no holes", "{0} 条，没有空缺"), ("{} orders folded anew, all equal", "{0} 单重算，全部一致"),
    ("{} orders, all equal", "{0} 单，全部一致"), ("logs that cannot be folded: {}", "日志无法重算：{0}"),
    ("orders that differ: {}", "不一致的工单：{0}"), ("differ: {}", "不一致：{0}"), ("{} orders with a number", "{0} 单有工单号"),
    ("given again after a restore: {}", "恢复后重复发出：{0}"), ("every count of orders by status", "各状态的工单数都对"),
    ("{} counts differ", "{0} 个计数不对"), ("the words of {} orders", "{0} 单的词"),
    ("the index of words is not what the orders say", "索引与工单内容不符"), ("no agent was seen twice", "没有代理端重复出现"),
    ("used by two machines: {}", "被两台机器使用：{0}"), ("no change waits for another", "没有改动在等待"),
    ("{} changes wait for what is on its way", "{0} 条改动在等路上的改动"),
    ("changes wait for what nobody has given back: {}", "有改动在等没有人送回的改动：{0}"),
    ("every row is what was written", "每一行都与写入时相同"), ("row {} is missing", "缺第 {0} 行"),
    ("row {} is not what was written", "第 {0} 行被改过"),
    ("rows after {} are missing: {} were written", "第 {0} 行之后的都不见了：写过 {1} 行"),
    ("being brought to the policy in force", "正按现行规则重做"), ("look again later", "请稍后再看"),
    ("{} sums of the indicators differ", "指标的 {0} 个合计不对"), ("{} MiB free on the disk of {}", "{1} 所在磁盘剩余 {0} 兆字节"),
    ("a page is said to be durable after {} ms (the middle of {})", "写一页到磁盘要 {0} 毫秒（{1} 次的中位）"),
    ("a page is said to be durable after {} (the middle of {})", "写一页到磁盘要 {0}（{1} 次的中位）"),
    ("{} files, for their owner only", "{0} 个文件，只有所有者可读"), ("others can use: {}", "他人可读：{0}"),
    ("not there: {}", "不存在：{0}"),
    (
      "{} agents told theirs, none is off by {} m or more", "{0} 个代理端报了时间，偏差都不到 {1} 分钟"
    ),
    ("ahead of this machine's, or with a minus behind it: {}", "比本机快（负数为慢）：{0}"), ("{} days left", "还有 {0} 天"),
    // What was put right.
    ("{} altered lines dropped", "已丢弃 {0} 条被改坏的行"), ("counted anew", "已重新计数"),
    ("made anew from {} orders", "已从 {0} 单重做"),
    ("{} states made anew from the log", "已从日志重做 {0} 单的状态"), ("made anew from the log", "已从日志重做"),
    ("they are their owner's alone now", "已改为只有所有者可读"),
    ("where others work on this machine, take new keys", "若有他人使用本机，请更换密钥"),
    ("who has read them may know the callers in them", "读过的人可能已知道其中的来电人"),
    // What to do.
    ("stop the hub, keep a copy of its data directory, and restore a backup", "停掉热线，留一份数据目录的副本，再恢复备份"),
    ("`lianxin-hub resync --all` fetches them from the agents that hold them", "请在“平台”页与全部平台比对，由持有的代理端补回"),
    (
      "they are not sent on; doctor --fix drops them, and `lianxin-hub resync --all` fetches them from the agents",
      "它们不会再发出。请先“修复”，再在“平台”页与全部平台比对，由代理端补回"
    ),
    ("somebody or the disk altered the log: keep a copy, and restore a backup", "日志被人或磁盘改动：" + keepCopy),
    ("keep a copy, and restore a backup: agents read from the start what they do not know", keepCopy + "；代理端会从头读取所缺的"),
    ("keep a copy, and restore a backup", keepCopy),
    (
      "nothing is lost: the orders are told apart by their ids; `lianxin-hub orders list --text NUMBER` shows both",
      "什么也没有丢失：工单另有编号可以分辨，在“工单”里搜索该工单号可见两者"
    ),
    ("doctor --fix counts anew", "请“修复”，重新计数"), ("doctor --fix makes it anew", "请“修复”，重做索引"),
    (
      "doctor --fix makes them anew from the log; until then comparisons with agents look at more than they need",
      "请“修复”，从日志重做；在此之前，与代理端比对要多看一些"
    ),
    ("doctor --fix makes them anew from the log", "请“修复”，从日志重做"),
    ("doctor --fix makes them their owner's alone", "请“修复”，改为只有所有者可读"),
    ("stop one of the two machines, revoke the agent {}", "停掉其中一台，吊销该代理端，另一台重新登记；若只剩一台，在代理端的页面解除警报"),
    (
      "`lianxin-hub lost list` says which agents have not compared since; {}",
      "“作废与隔离”页的“遗失的改动”里写着哪些代理端尚未比对；若都不可能有，可在那里裁定"
    ),
    (
      "somebody changed the database by hand: keep a copy, and compare it with your backups", "有人直接改过数据库：请留一份副本，并与备份对照"
    ),
    ("make room: on a full disk edits are refused, while reading goes on", "请腾出空间：磁盘满了就不能再写，只能看"),
    ("look at the disk's mount", "请检查磁盘的挂载"),
    ("the program must be able to write in its data directory", "程序须能写自己的数据目录"),
    ("so quick is memory, not a disk: {}", "这么快的是内存而不是磁盘：没有电池保护时，断电会丢失已答复的内容。请关闭磁盘或虚拟机的易失写缓存，不要把数据放在内存文件系统上"),
    (
      "every edit waits so long: use a local disk, and look whether it is failing or overloaded",
      "每次写入都要等这么久：请用本机磁盘，并看它是否将坏或过载"
    ),
    ("restore them from the backup of the keys, or enrol again", "请从密钥的备份恢复"),
    ("somebody removed it under the running program: stop it, and restore a backup", "程序运行时被人删除：请停掉热线，再恢复备份"),
    ("chmod 600 them as their owner", "请由所有者把权限改为 600"),
    ("SQLite 3.40 or later is needed: update {}", "版本太旧，请升级系统的数据库程序库"),
    ("set the clocks of those machines, and let NTP keep them; {}", "请校准那些机器的时钟并用 NTP 保持；若全都差得差不多，错的是本机"),
    (
      "restart the hub: it renews its own certificate; the authority's must be replaced in time",
      "请重启热线：它会续期自己的证书；签发机构的证书须及时更换"
    ),
    // The shortest.
    ("SQLite {}, {}", "SQLite {0}，{1}"), ("{} changes", "{0} 条变更"), ("{} orders", "{0} 单"),
  ]
}
