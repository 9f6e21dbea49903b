// What every page says around its own content, and the sentences of pages that stand for an error.

import Core

enum FramePhrase: String, PhraseSet {
  static let area = "frame"

  case name, skip, navigation, overview, orders, requests, conflicts, quarantine, platforms, supervision, callbacks
  case indicators, privacy, health, audit, users, language, theme, themeAuto, themeLight, themeDark, signOut, account
  case keys, close, nextPage, firstPage, earlier, newest
  case live, stale, ended, endedKept, refresh, keyHelp, keySearch, keyGo, keyNext, keyOpen, apply, now, ago, ahead,
    milliseconds, seconds, minutes, hours, days, never
  case yes, no, none, back, cancel, more, hub, singleKeys, keysOn, keysOff, keysAreOn, keysAreOff

  var texts: Texts {
    switch self {
    case .name: Texts("连心 · 热线工作台", "Lianxin · hotline console")
    case .nextPage: Texts("下一页", "Next page")
    case .firstPage: Texts("回到第一页", "Back to the first page")
    case .earlier: Texts("更早的", "Earlier")
    case .newest: Texts("最新的", "Newest")
    case .skip: Texts("跳到正文", "Skip to the content")
    case .navigation: Texts("主导航", "Main navigation")
    case .overview: Texts("总览", "Overview")
    case .orders: Texts("工单", "Orders")
    case .requests: Texts("申请", "Requests")
    case .conflicts: Texts("冲突", "Conflicts")
    case .quarantine: Texts("作废与隔离", "Voids and quarantine")
    case .platforms: Texts("平台", "Platforms")
    case .supervision: Texts("督办", "Supervision")
    case .callbacks: Texts("回访", "Call-backs")
    case .indicators: Texts("指标", "Indicators")
    case .privacy: Texts("个人信息", "Personal data")
    case .health: Texts("体检", "Health")
    case .audit: Texts("审计", "Audit")
    case .users: Texts("用户", "Users")
    case .language: Texts("语言", "Language")
    case .theme: Texts("明暗", "Light or dark")
    case .themeAuto: Texts("随系统", "as the system")
    case .themeLight: Texts("浅色", "light")
    case .themeDark: Texts("深色", "dark")
    case .signOut: Texts("退出登录", "Sign out")
    case .account: Texts("修改密码", "Change password")
    case .keys: Texts("键盘操作", "Keyboard")
    case .close: Texts("关闭", "Close")
    case .live: Texts("实时", "live")
    case .stale:
      Texts("与热线中心的连接断开，正在重连；页面停在断开之前", "The connection is lost and being made again; the page stands as it was")
    case .ended: Texts("登录已结束，请重新登录", "Your session has ended; sign in again")
    case .endedKept:
      Texts(
        "登录已结束。您填写的内容还在本页：按此在新窗口重新登录，再回到本页提交",
        "Your session has ended. What you filled in is still here: press to sign in again in a new window, then come back and send it"
      )
    case .refresh:
      Texts(
        "有新的变化。您正在填写，页面没有刷新；按此刷新", "Something changed. You are filling in a form, so the page stayed; press to refresh")
    case .keyHelp: Texts("显示本说明", "show this help")
    case .keySearch: Texts("搜索（本页没有搜索框的，搜索工单）", "search: here, or the orders where this page has no search")
    case .keyGo: Texts("到“{0}”", "go to {0}")
    case .keyNext: Texts("下一行、上一行", "next row, row before")
    case .keyOpen: Texts("打开所在的行", "open the row")
    case .apply: Texts("应用", "Apply")
    case .now: Texts("刚刚", "just now")
    case .ago: Texts("{0}前", "{0} ago")
    case .ahead: Texts("{0}后", "in {0}")
    case .milliseconds: Texts("{0} 毫秒", "{0} ms")
    case .seconds: Texts("{0} 秒", "{0} s")
    case .minutes: Texts("{0} 分钟", "{0} min")
    case .hours: Texts("{0} 小时", "{0} h")
    case .days: Texts("{0} 天", "{0} d")
    case .never: Texts("从未", "never")
    case .yes: Texts("是", "yes")
    case .no: Texts("否", "no")
    case .none: Texts("无", "none")
    case .back: Texts("返回", "Back")
    case .cancel: Texts("取消", "Cancel")
    case .more: Texts("下一页", "Next page")
    case .hub: Texts("热线", "hotline")
    case .singleKeys: Texts("单键快捷键", "Single-key shortcuts")
    case .keysOn: Texts("开", "on")
    case .keysOff: Texts("关", "off")
    case .keysAreOn:
      Texts("不想用单键，可在页面底部关闭。", "If you would rather do without single keys, switch them off at the foot of the page.")
    case .keysAreOff: Texts("单键现在是关闭的，可在页面底部打开。", "Single keys are off now; switch them on at the foot of the page.")
    }
  }
}

enum ProblemPhrase: String, PhraseSet {
  static let area = "problem"

  case notFoundTitle, notFoundDo, goneTitle, goneDo, forbiddenTitle, forbiddenDo, refusedTitle, refusedDo, staleTitle,
    staleDo
  case failedTitle, failedDo, busyTitle, busyDo, tooLargeTitle, tooLargeDo, existsTitle, existsDo
  case stepTitle, stepDo, diskTitle, diskDo, attemptsTitle, attemptsDo, signInTitle, signInDo, nothingLost, detail
  case toOverview, allowed

  var texts: Texts {
    switch self {
    case .notFoundTitle: Texts("没有这一页", "There is no such page")
    case .notFoundDo:
      Texts(
        "地址可能写错了，或者它所指的已经不在。请从导航重新进入。",
        "The address may be misspelt, or what it names is gone. Go on from the navigation.")
    case .goneTitle: Texts("没有做成：找不到所指的内容", "Not done: what it is about was not found")
    case .goneDo:
      Texts(
        "它可能已被别人处理，或者编号不对。请返回，刷新页面后看看现在的状态。",
        "Somebody else may have dealt with it, or the number is another. Go back, reload the page, and see how it stands now."
      )
    case .forbiddenTitle: Texts("您的角色不能这样做", "Your role may not do this")
    case .forbiddenDo:
      Texts("请由有权限的同事来做，或者请管理员调整您的角色。", "Ask a colleague who may, or an administrator for another role.")
    case .refusedTitle: Texts("没有做成：所填内容不能接受", "Not done: what was filled in cannot be taken")
    case .refusedDo: Texts("请返回，按下面的说明改正后再提交。", "Go back, put right what is named below, and send it again.")
    case .staleTitle: Texts("没有做成：这张表单已经过期", "Not done: this form is no longer valid")
    case .staleDo:
      Texts(
        "您可能在另一个窗口重新登录过。请返回，刷新页面后再提交。",
        "You may have signed in anew in another window. Go back, reload the page, and send it again.")
    case .failedTitle: Texts("热线中心出错了", "The hub failed")
    case .failedDo:
      Texts(
        "请稍后再试。若一直如此，请管理员查看热线中心的日志。",
        "Try again in a while. If it stays so, an administrator should look at the hub's log.")
    case .busyTitle: Texts("热线中心正忙", "The hub is busy")
    case .busyDo:
      Texts("请过几秒再提交一次：同一张表单提交两次也只做一次。", "Send it again in a few seconds: a form that is sent twice is done once.")
    case .tooLargeTitle: Texts("没有做成：内容太大", "Not done: it is too large")
    case .tooLargeDo: Texts("请缩短内容，或者分成几次提交。", "Shorten it, or send it in parts.")
    case .existsTitle: Texts("没有做成：已经有了", "Not done: there is one already")
    case .existsDo: Texts("请换一个名称，或者打开已有的那一个。", "Choose another name, or open the one that is there.")
    case .stepTitle: Texts("没有做成：工单现在不能走这一步", "Not done: the order does not allow this step now")
    case .stepDo:
      Texts(
        "在您打开页面之后工单可能又有变化。请返回，看看现在的状态和可以做的步骤。",
        "The order may have changed since you opened the page. Go back and see its present state and the steps that are allowed."
      )
    case .diskTitle: Texts("热线中心的磁盘已满", "The hub's disk is full")
    case .diskDo:
      Texts(
        "查阅照常，暂不能写入。请管理员腾出空间，之后会自行恢复。",
        "Reading goes on, writing does not. An administrator must make room; then it goes on by itself.")
    case .attemptsTitle: Texts("尝试次数太多", "Too many attempts")
    case .attemptsDo: Texts("请等一会儿再试。", "Wait a while before you try again.")
    case .signInTitle: Texts("请先登录", "Sign in first")
    case .signInDo: Texts("登录已结束，或者还没有登录。", "Your session has ended, or you have not signed in yet.")
    case .nothingLost: Texts("什么也没有丢失：已有的工单和改动都原样保留。", "Nothing is lost by it: orders and changes stand as they were.")
    case .detail: Texts("详情", "Details")
    case .toOverview: Texts("回到总览", "To the overview")
    case .allowed: Texts("现在可以做的步骤", "Steps that are allowed now")
    }
  }
}

enum SignInPhrase: String, PhraseSet {
  static let area = "signIn"

  case title, name, password, button, refused, locked, changeTitle, changeFirst, current, new, again, rules, change
  case different, changed, signedOut, failures

  var texts: Texts {
    switch self {
    case .title: Texts("登录", "Sign in")
    case .name: Texts("用户名", "User name")
    case .password: Texts("密码", "Password")
    case .button: Texts("登录", "Sign in")
    case .refused: Texts("用户名或密码不对，或者该用户已停用。", "The user name or the password is wrong, or the user is disabled.")
    case .locked: Texts("尝试次数太多，请在 {0} 秒后再试。", "Too many attempts; try again in {0} seconds.")
    case .changeTitle: Texts("修改密码", "Change the password")
    case .changeFirst:
      Texts(
        "您是用一次性密码登录的。请先设置自己的密码，然后才能工作。",
        "You signed in with a one-time password. Choose one of your own before you go on.")
    case .current: Texts("现在的密码", "Present password")
    case .new: Texts("新密码", "New password")
    case .again: Texts("再输入一次新密码", "New password again")
    case .rules:
      Texts(
        "至少 {0} 个字符，任何字符都可以，例如几个不相干的词；不能是常见的密码。",
        "At least {0} characters, of any kind: a few unrelated words, for example. Common passwords are refused.")
    case .change: Texts("保存新密码", "Save the new password")
    case .different: Texts("两次输入的新密码不一样。", "The two new passwords differ.")
    case .changed: Texts("密码已修改。您在别处的登录都已结束。", "The password is changed. Your other sessions have ended.")
    case .signedOut: Texts("已退出登录。", "You are signed out.")
    case .failures:
      Texts(
        "上次登录之后，有 {0} 次登录失败。若不是您本人，请告诉管理员。",
        "{0} sign-ins failed since your last one. If it was not you, tell an administrator.")
    }
  }
}
