// What the second step of signing in and the page of one's own second factor say.

enum SecondFactorPhrase: String, PhraseSet {
  static let area = "secondFactor"

  case title, code, codeHint, enter, startAgain, over, refused, led, none, active, codesLeft, codesFew, begin, replace
  case secret, secretWhat, address, addressWhat, confirm, confirmCode, wrongCode, codesTitle, codesWhat, goOn, renew
  case renewWhat, remove, removeWhat, removed, demanded, password, proof, passwordWrong, done

  var texts: Texts {
    switch self {
    case .title: Texts("两步验证", "Second factor")
    case .code: Texts("验证码或恢复码", "Code or recovery code")
    case .codeHint:
      Texts(
        "打开手机上的验证器应用，输入本系统现在显示的 6 位数字；手机不在身边时，输入一个恢复码。",
        "Open the authenticator app and type the six digits that it shows for this console; without the device, type a recovery code."
      )
    case .enter: Texts("登录", "Sign in")
    case .startAgain: Texts("用别的用户登录", "Sign in as somebody else")
    case .over:
      Texts(
        "等待验证码的时间已过，或者试错太多。请重新输入用户名和密码。", "The code took too long or was wrong too often. Sign in from the beginning.")
    case .refused:
      Texts(
        "验证码不对，或者已经用过。请等应用显示下一个再输入；若总是不对，请核对手机的时间。",
        "The code is wrong or was used before. Wait for the next one; if it is always wrong, check the device's clock.")
    case .led:
      Texts(
        "您的角色登录时需要两步验证。请现在设置，一两分钟就好，然后开始工作。",
        "Your role takes a second factor. Set it up now; it takes a minute or two, then you go on.")
    case .none:
      Texts(
        "现在只用密码登录。设置后，登录时还要输入手机验证器应用（例如 FreeOTP、Aegis、腾讯身份验证器）显示的数字：有人知道您的密码也登录不了。",
        "You sign in by the password alone. With a second factor, signing in also takes the digits that an authenticator app shows (FreeOTP, "
          + "Aegis and others): somebody who knows your password still cannot sign in.")
    case .active: Texts("已启用，自", "In use since")
    case .codesLeft: Texts("未用的恢复码", "Recovery codes left")
    case .codesFew: Texts("恢复码快用完了，请生成新的。", "Few recovery codes are left: make new ones.")
    case .begin: Texts("开始设置", "Set it up")
    case .replace: Texts("换一台手机", "Use another device")
    case .secret: Texts("密钥", "Secret")
    case .secretWhat:
      Texts(
        "在验证器应用里选“手动输入密钥”，名称填“连心”，类型选“基于时间”，输入下面的密钥。不要告诉任何人。",
        "In the authenticator app, choose to enter a key by hand: name it Lianxin, time-based, with this secret. Tell it nobody."
      )
    case .address: Texts("或者把这个地址交给应用", "Or give the app this address")
    case .addressWhat: Texts("在手机上打开本页时，可以直接点开。", "Where this page is open on the device itself, it can be followed.")
    case .confirm: Texts("启用", "Put it in use")
    case .confirmCode: Texts("应用现在显示的 6 位数字", "The six digits that the app shows now")
    case .wrongCode:
      Texts(
        "数字不对。请核对密钥和手机的时间，再输入应用现在显示的数字。",
        "These are not its digits. Check the secret and the device's clock, and type what the app shows now.")
    case .codesTitle: Texts("恢复码", "Recovery codes")
    case .codesWhat:
      Texts(
        "请现在抄下或打印，放在稳妥的地方：离开本页后再也不能显示。手机丢了时，每个可以代替验证码用一次。以前的恢复码已作废。",
        "Write them down or print them now, and keep them safe: they cannot be shown again. Each stands in for one code when the device is "
          + "lost. Former recovery codes no longer count.")
    case .goOn: Texts("已经收好，继续", "They are safe: go on")
    case .renew: Texts("生成新的恢复码", "Make new recovery codes")
    case .renewWhat: Texts("现有的恢复码随即作废。", "The present ones no longer count then.")
    case .remove: Texts("停用两步验证", "Do without a second factor")
    case .removeWhat: Texts("以后只用密码登录；恢复码也作废。", "You sign in by the password alone then; the recovery codes are gone.")
    case .removed: Texts("两步验证已停用。您在别处的登录都已结束。", "The second factor is gone. Your other sessions have ended.")
    case .demanded: Texts("您的角色必须使用两步验证。", "Your role takes a second factor.")
    case .password: Texts("您的密码", "Your password")
    case .proof: Texts("应用现在显示的数字，或一个恢复码", "What the app shows now, or a recovery code")
    case .passwordWrong: Texts("密码或验证码不对，或者验证码已经用过。", "The password or the code is wrong, or the code was used before.")
    case .done: Texts("两步验证已启用。您在别处的登录都已结束。", "The second factor is in use. Your other sessions have ended.")
    }
  }
}
