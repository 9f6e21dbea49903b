// The second step of signing in, and the page of one's own second factor: set up, replaced, taken away, its recovery codes shown once.

import Core
import Hummingbird
import Shell

extension ConsoleRoutes {
  // MARK: The second step of signing in

  func addSecondStep() {
    router.get("sign-in/code") { [console] request, context in
      let browser = BrowserRequest(request, context)
      guard let half = browser.halfID, console.accounts.signIn.isOpen(half: half) else {
        return Console.goTo("/sign-in", saying: nil)
      }
      return try Self.codePage(console, browser, nil)
    }
    router.post("sign-in/code") { [console] request, context in
      let (browser, _) = try await Self.openForm(request, context, console)
      do {
        let success = try await console.accounts.signIn.enterCode(
          browser.form.exact("code"), half: browser.halfID ?? "", address: browser.address)
        return Self.welcome(success, BrowserRequest.ownPath(browser.form["next"]) ?? "/", nil)
      } catch let problem as Problem where problem.code == .signInRequired {
        var response = Console.goTo("/sign-in", saying: SecondFactorPhrase.over)
        response.add(cookie: Console.cookie(SignIn.halfCookie, "", seconds: 0))
        return response
      } catch let problem as Problem where [.signInRefused, .tooManyAttempts, .busy].contains(problem.code) {
        return try Self.codePage(console, browser, problem)
      }
    }
  }

  private static func codePage(
    _ console: Console, _ browser: BrowserRequest, _ problem: Problem?
  ) throws -> Response {
    let fault = problem.map { problem in
      problem.code == .signInRefused
        ? SecondFactorPhrase.refused.said(in: browser.language)
        : SignInPhrase.locked.said(in: browser.language, ["\(problem.retryAfterSeconds ?? 1)"])
    }
    let page = ConsolePage(
      title: SecondFactorPhrase.title.said(in: browser.language), template: codeTemplate,
      view: [
        "fault": .optional(fault),
        "next": .optional(BrowserRequest.ownPath(browser.form["next"] ?? browser.query["next"])),
      ])
    var response = try console.response(
      try console.rendered(page, browser.language), status: .init(code: problem?.code.status ?? 200), to: browser, nil)
    if let seconds = problem?.retryAfterSeconds { response.headers[.retryAfter] = "\(seconds)" }
    return response
  }

  private static let codeTemplate = Template(
    "sign-in-code",
    #"""
    <form class="card narrow" method="post" action="/sign-in/code">{{csrf}}
    <h1>{{t.secondFactor.title}}</h1>
    {{#fault}}<p class="notice bad" role="alert" id="fault">{{fault}}</p>{{/fault}}
    {{#next}}<input type="hidden" name="next" value="{{next}}">{{/next}}
    <label for="code">{{t.secondFactor.code}}</label>
    <input id="code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" required autofocus aria-describedby="code-hint">
    <p id="code-hint">{{t.secondFactor.codeHint}}</p>
    <p class="bar"><button>{{t.secondFactor.enter}}</button> <a href="/sign-in">{{t.secondFactor.startAgain}}</a></p>
    </form>
    """#)

  // MARK: One's own second factor

  func addSecondFactor() {
    router.get("second-factor") { [console] request, context in
      let call = try await console.call(request, context, despite: [.secondFactor])
      return try console.response(.page(try await Self.factorPage(console, call, nil)), to: call)
    }
    router.post("second-factor") { [console] request, context in
      let call = try await console.call(request, context, despite: [.secondFactor])
      defer { console.signals.acted() }
      let act = call.form("act") ?? ""
      do {
        return try await Self.perform(act, console, call)
      } catch let problem as Problem where problem.code == .signInRefused {
        let fault = call.say(act == "confirm" ? SecondFactorPhrase.wrongCode : .passwordWrong)
        return try console.response(.page(try await Self.factorPage(console, call, fault), status: 422), to: call)
      }
    }
  }

  private static func perform(_ act: String, _ console: Console, _ call: PageCall) async throws -> Response {
    let signIn = console.accounts.signIn
    let id = call.request.sessionID ?? ""
    let form = call.request.form
    let (password, code, address) = (form.exact("password"), form.exact("code"), call.request.address)
    switch act {
    case "begin":
      try await signIn.beginSecondFactor(session: id, password: password, code: code, address: address)
      return Console.goTo("/second-factor", saying: nil)
    case "confirm":
      let (success, codes) = try await signIn.confirmSecondFactor(code, session: id, address: address)
      // The answer is the new session's: its page has that one's token.
      let session = try await console.onPool { try console.accounts.sessions.find(success.session) }
      var response = try console.response(
        try console.rendered(codesPage(call, codes), call.language), to: call.request, session)
      response.add(cookiesOf: success)
      return response
    case "codes":
      let codes = try await signIn.renewRecoveryCodes(session: id, password: password, code: code, address: address)
      return try console.response(.page(codesPage(call, codes)), to: call)
    case "remove":
      let success = try await signIn.removeSecondFactor(session: id, password: password, code: code, address: address)
      var response = Console.goTo("/second-factor", saying: SecondFactorPhrase.removed)
      response.add(cookiesOf: success)
      return response
    default: throw Problem(.badCommand, "there is no such step")
    }
  }

  private static func factorPage(_ console: Console, _ call: PageCall, _ fault: String?) async throws -> ConsolePage {
    let own = try await console.onPool {
      try console.accounts.signIn.ownSecondFactor(session: call.request.sessionID ?? "", call.session)
    }
    let isLed = call.who.duty == .secondFactor
    return ConsolePage(
      title: call.say(SecondFactorPhrase.title), template: factorTemplate,
      view: [
        "fault": .optional(fault), "isLed": .flag(isLed), "isSet": .flag(own.since != nil),
        "since": call.time(own.since),
        "left": .int(own.recoveryCodesLeft), "isFew": .flag(own.since != nil && own.recoveryCodesLeft < 3),
        "isDemanded": .flag(own.isDemanded), "account": .text(call.who.name),
        "pending": own.pending.map { secret in
          [
            "groups": .text(OneTimeCode.groups(secret)),
            "address": .text(OneTimeCode.address(secret, account: call.who.name)),
          ]
        } ?? .none,
      ])
  }

  private static func codesPage(_ call: PageCall, _ codes: [String]) -> ConsolePage {
    ConsolePage(
      title: call.say(SecondFactorPhrase.codesTitle), template: codesTemplate,
      view: ["codes": .list(codes.map { .text($0) })])
  }

  private static let codesTemplate = Template(
    "recovery-codes",
    #"""
    <h1>{{t.secondFactor.codesTitle}}</h1>
    <p class="notice warning">{{t.secondFactor.codesWhat}}</p>
    <ol id="codes" class="secret">{{#codes}}<li class="mono">{{.}}</li>{{/codes}}</ol>
    <p class="bar"><a class="button" href="/">{{t.secondFactor.goOn}}</a></p>
    """#)

  private static let factorTemplate = Template(
    "second-factor",
    #"""
    <h1>{{t.secondFactor.title}}</h1>
    {{#isLed}}<p class="notice warning">{{t.secondFactor.led}}</p>{{/isLed}}
    {{#fault}}<p class="notice bad" role="alert" id="fault">{{fault}}</p>{{/fault}}
    {{#isSet}}<dl class="facts"><dt>{{t.secondFactor.active}}</dt><dd>{{since}}</dd>
    <dt>{{t.secondFactor.codesLeft}}</dt><dd id="codes-left">{{left}}</dd></dl>
    {{#isFew}}<p class="notice warning">{{t.secondFactor.codesFew}}</p>{{/isFew}}{{/isSet}}
    {{^isSet}}{{^isLed}}<p>{{t.secondFactor.none}}</p>{{/isLed}}{{/isSet}}
    {{#pending}}<form class="card narrow" id="pending" method="post" action="/second-factor">{{csrf}}
    <p>{{t.secondFactor.secretWhat}}</p>
    <h2>{{t.secondFactor.secret}}</h2><p class="secret mono" id="secret" tabindex="0">{{groups}}</p>
    <h2>{{t.secondFactor.address}}</h2><p><a class="mono" id="otpauth" href="{{address}}">{{address}}</a></p>
    <p>{{t.secondFactor.addressWhat}}</p>
    <label for="confirm-code">{{t.secondFactor.confirmCode}}</label>
    <input id="confirm-code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="12" required>
    <p class="bar"><button name="act" value="confirm">{{t.secondFactor.confirm}}</button></p></form>{{/pending}}
    {{^pending}}<form class="card narrow" id="own" method="post" action="/second-factor">{{csrf}}
    <input type="hidden" name="username" value="{{account}}" autocomplete="username">
    {{^isLed}}<label for="own-password">{{t.secondFactor.password}}</label>
    <input id="own-password" name="password" type="password" autocomplete="current-password" required>{{/isLed}}
    {{#isSet}}<label for="own-code">{{t.secondFactor.proof}}</label>
    <input id="own-code" name="code" autocomplete="one-time-code" autocapitalize="none" spellcheck="false" maxlength="40" required>{{/isSet}}
    <p class="bar"><button name="act" value="begin">{{#isSet}}{{t.secondFactor.replace}}{{/isSet}}{{^isSet}}{{t.secondFactor.begin}}{{/isSet}}</button>
    {{#isSet}}<button name="act" value="codes">{{t.secondFactor.renew}}</button>{{/isSet}}</p>
    {{#isSet}}<p>{{t.secondFactor.renewWhat}}</p>
    {{#isDemanded}}<p>{{t.secondFactor.demanded}}</p>{{/isDemanded}}
    {{^isDemanded}}<p>{{t.secondFactor.removeWhat}}</p>
    <p class="bar"><button name="act" value="remove" class="danger">{{t.secondFactor.remove}}</button></p>{{/isDemanded}}{{/isSet}}
    </form>{{/pending}}
    """#)
}
