// What the page of the hub's health says around its findings. What the findings say is in HealthWords.

enum HealthPhrase: String, PhraseSet {
  static let area = "health"

  case title, explain, examine, asked, fix, fixWhat, fixGo, fixAsked, running, fixing, waiting, none, last, lastFixed
  case allWell, someWrong, someDoubtful, failed, state, check, found, remedy, wrong, look, well, repaired

  var texts: Texts {
    switch self {
    case .title: Texts("体检", "Health")
    case .explain:
      Texts(
        "热线把自己的数据库整个读一遍，逐单从日志重算并核对，再看磁盘、密钥、时钟和证书。数据多时要几分钟；其间工作照常，可以离开本页。",
        "The hub reads its whole database, folds every order anew from its log and compares, and looks at disk, keys, clocks and "
          + "certificates. With many orders it takes minutes; work goes on meanwhile, and you may leave this page.")
    case .examine: Texts("现在体检", "Examine now")
    case .asked: Texts("体检已开始，结果见本页。", "The examination begins; its report is shown here.")
    case .fix: Texts("修复能修复的…", "Put right what can be…")
    case .fixWhat:
      Texts(
        "同样整个查一遍，并把与日志不符的状态、摘要和计数从日志重做，把他人可读的文件改为只有自己可读；磁盘改坏的行会被丢弃，之后请与全部平台比对，由代理端补回。",
        "Examines all the same, and makes anew from the log what differs from it: states, digests, counts. Files that others can read are "
          + "made their owner's alone. Lines that the disk altered are dropped: compare all platforms afterwards, and agents give them "
          + "back.")
    case .fixGo: Texts("体检并修复", "Examine and put right")
    case .fixAsked: Texts("体检和修复已开始，结果见本页。", "Examination and repair begin; the report is shown here.")
    case .running: Texts("正在体检：已核对 {0} 单，已用 {1}", "Examining: {0} orders so far, for {1}")
    case .fixing: Texts("正在体检并修复：已核对 {0} 单，已用 {1}", "Examining and putting right: {0} orders so far, for {1}")
    case .waiting: Texts("即将开始体检", "The examination is about to begin")
    case .none: Texts("热线启动以来还没有从本页体检过。", "Since the hub started, nobody has had it examined here.")
    case .last: Texts("上次体检：{0}，用时 {1}", "Last examination: {0}, it took {1}")
    case .lastFixed: Texts("上次体检并修复：{0}，用时 {1}", "Last examination with repair: {0}, it took {1}")
    case .allWell: Texts("一切正常", "all well")
    case .someWrong: Texts("{0} 项异常", "{0} wrong")
    case .someDoubtful: Texts("{0} 项请留意", "{0} to look at")
    case .failed: Texts("体检没有完成：", "The examination could not be finished:")
    case .state: Texts("状态", "State")
    case .check: Texts("项目", "Check")
    case .found: Texts("结果", "Found")
    case .remedy: Texts("怎么办", "What to do")
    case .wrong: Texts("异常", "wrong")
    case .look: Texts("请留意", "look")
    case .well: Texts("正常", "well")
    case .repaired: Texts("已修复", "put right")
    }
  }
}
