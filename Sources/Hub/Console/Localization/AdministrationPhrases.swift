// What the pages of audit and users say.

enum AuditPhrase: String, PhraseSet {
  static let area = "audit"

  case title, explain, number, at, who, via, action, object, detail, filter, none, anyAction, head

  var texts: Texts {
    switch self {
    case .title: Texts("审计", "Audit")
    case .explain:
      Texts(
        "谁在何时做了什么。只增不改，每一行都带着前面各行的校验值。工单上的改动在工单历史里。",
        "Who did what, and when. Rows are only ever added, and each carries a hash of all before it. Changes of orders stand in the orders' "
          + "own histories.")
    case .number: Texts("序号", "No.")
    case .at: Texts("时间", "Time")
    case .who: Texts("用户", "User")
    case .via: Texts("途径", "By way of")
    case .action: Texts("动作", "Action")
    case .object: Texts("对象", "Object")
    case .detail: Texts("详情", "Details")
    case .filter: Texts("筛选", "Filter")
    case .none: Texts("没有符合的记录。", "Nothing fits.")
    case .anyAction: Texts("全部动作", "every action")
    case .head: Texts("最新序号 {0}，校验值 {1}", "Newest number {0}, hash {1}")
    }
  }
}

enum UserPhrase: String, PhraseSet {
  static let area = "users"

  case title, name, displayName, role, lastSignIn, state, sessions, tokens, active, disabled, program, person, oneTime
  case noPassword, add, addWhat, nameRule, isProgram, added, once, onceWhat, onceTitle, password, passwordWhat
  case setRole, roleSet, disable, disableWhat, disabledNow, enable, enabledNow, tokenMake, tokenLabel, tokenLife
  case tokenRole, tokenOnce, tokenRevoke, tokenRevoked, tokenTitle, tokenUsed, days, yourself, rights, tokenNone, manage
  case secondFactor, secondFactorReset, secondFactorWhat, secondFactorGone

  var texts: Texts {
    switch self {
    case .title: Texts("用户", "Users")
    case .name: Texts("用户名", "User name")
    case .displayName: Texts("姓名", "Name")
    case .role: Texts("角色", "Role")
    case .lastSignIn: Texts("最近登录", "Last sign-in")
    case .state: Texts("状态", "State")
    case .sessions: Texts("登录中", "Sessions")
    case .tokens: Texts("API 令牌", "API tokens")
    case .active: Texts("启用", "enabled")
    case .disabled: Texts("已停用", "disabled")
    case .program: Texts("程序", "program")
    case .person: Texts("人", "person")
    case .oneTime: Texts("一次性密码未用", "one-time password not used yet")
    case .noPassword: Texts("无密码", "no password")
    case .add: Texts("添加用户", "Add a user")
    case .addWhat:
      Texts(
        "人会得到一个一次性密码，首次登录时换成自己的。程序没有密码，用 API 令牌。",
        "A person gets a one-time password and replaces it at the first sign-in. A program has no password but API tokens."
      )
    case .nameRule: Texts("小写字母和数字，中间可用 . _ -；以后不能更改", "a-z and 0-9, inside also . _ -; it never changes")
    case .isProgram: Texts("这是一个程序", "it is a program")
    case .added: Texts("用户已添加。", "The user is added.")
    case .once: Texts("一次性密码", "One-time password")
    case .onceWhat:
      Texts(
        "请现在告诉本人：离开本页后再也不能显示。72 小时内有效，只能登录一次。",
        "Tell the person now: it cannot be shown again. It is good for one sign-in within 72 hours.")
    case .onceTitle: Texts("{0} 的一次性密码", "One-time password for {0}")
    case .password: Texts("重置密码", "Reset the password")
    case .passwordWhat: Texts("结束其全部登录，并给出新的一次性密码。", "Ends all sessions and gives a new one-time password.")
    case .setRole: Texts("改角色", "Set the role")
    case .roleSet: Texts("角色已更改，立即生效。", "The role is set, and counts at once.")
    case .disable: Texts("停用", "Disable")
    case .disableWhat:
      Texts(
        "立即结束其全部登录和令牌。做过的事都保留；以后可以再启用。",
        "Ends all sessions and tokens at once. What was done stays; the user can be enabled again.")
    case .disabledNow: Texts("用户已停用。", "The user is disabled.")
    case .enable: Texts("启用", "Enable")
    case .enabledNow: Texts("用户已启用。", "The user is enabled.")
    case .tokenMake: Texts("生成 API 令牌", "Make an API token")
    case .tokenLabel: Texts("用途", "What for")
    case .tokenLife: Texts("有效天数", "good for so many days")
    case .tokenRole: Texts("令牌的角色（不高于用户）", "role of the token (not above the user's)")
    case .tokenOnce: Texts("请现在复制：离开本页后再也不能显示。", "Copy it now: it cannot be shown again.")
    case .tokenRevoke: Texts("收回", "Take back")
    case .tokenRevoked: Texts("令牌已收回。", "The token is taken back.")
    case .tokenTitle: Texts("{0} 的 API 令牌", "API token for {0}")
    case .tokenUsed: Texts("最近使用", "last used")
    case .days: Texts("天", "days")
    case .yourself: Texts("这是您自己：请另一位管理员来改", "this is you: another administrator must change it")
    case .rights: Texts("各角色的权限", "What each role may do")
    case .tokenNone: Texts("没有令牌。", "No token.")
    case .manage: Texts("管理", "Manage")
    case .secondFactor: Texts("两步验证", "Second factor")
    case .secondFactorReset: Texts("重置两步验证", "Reset the second factor")
    case .secondFactorWhat:
      Texts(
        "手机和恢复码都丢了时使用。先确认确实是本人。其全部登录随即结束；下次只凭密码登录，并重新设置。",
        "For somebody who has lost the device and the recovery codes; be sure who asks. Ends all sessions; the next sign-in takes the "
          + "password alone, to set up another.")
    case .secondFactorGone: Texts("两步验证已重置。", "The second factor is reset.")
    }
  }
}
