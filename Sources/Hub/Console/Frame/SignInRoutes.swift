// What is there for everyone: signing in and out, one's own password, language and light, reports of the content policy, and the stream of
// events. The second factor is in SecondFactorRoutes.swift.

import Core
import HTTPTypes
import Hummingbird
import NIOCore
import Shell

extension ConsoleRoutes {
  func addFrame() {
    console.assets.addRoutes(to: router)
    addSignIn()
    addSecondStep()
    addPassword()
    addSecondFactor()
    addSwitches()
    addEvents()
    router.post("csp-report") { [console] request, context in
      // Says where and what, nothing that a page or its address had in it.
      let body = (try? await request.body.collect(upTo: 16 << 10)).map { Array($0.readableBytesView) } ?? []
      let report = (try? JSON(parsing: body))?["csp-report"]
      console.reports.note(report?["effective-directive"]?.asString ?? "?", context.logger)
      return Response(status: .noContent)
    }
  }

  /// A form of someone who is not signed in: its token is the one that the page put into a cookie.
  static func openForm(
    _ request: Request, _ context: ConsoleContext, _ console: Console
  ) async throws -> (BrowserRequest, Session?) {
    var browser = BrowserRequest(request, context)
    guard !request.comesFromElsewhere else { throw ConsoleRefusal.fromElsewhere }
    try await browser.readForm(request)
    let given = browser.form["csrf"]
    let session = try await console.session(of: browser)
    let isOurs =
      session.map { Sessions.csrfMatches(given, $0) } ?? browser.formToken.map { given == $0 } ?? false
    guard isOurs else { throw ConsoleRefusal.staleForm }
    return (browser, session)
  }

  // MARK: Signing in

  private func addSignIn() {
    router.get("sign-in") { [console] request, context in
      let browser = BrowserRequest(request, context)
      let session = try await console.session(of: browser)
      if let session, session.who.duty == nil {
        return Console.goTo(BrowserRequest.ownPath(browser.query["next"]) ?? "/", saying: nil)
      }
      return try Self.signInPage(console, browser, nil)
    }
    router.post("sign-in") { [console] request, context in
      let (browser, _) = try await Self.openForm(request, context, console)
      do {
        let step = try await console.accounts.signIn.attempt(
          name: browser.form.exact("name"), password: browser.form.exact("password"), address: browser.address,
          device: browser.deviceID, replacing: browser.sessionID)
        let next = BrowserRequest.ownPath(browser.form["next"])
        switch step {
        case .signedIn(let success): return Self.welcome(success, next ?? "/", nil)
        case .codeNext(let half):
          var response = Console.goTo("/sign-in/code" + (next.map { "?next=" + $0.inPath } ?? ""), saying: nil)
          response.add(cookie: Console.cookie(SignIn.halfCookie, half))
          return response
        }
      } catch let problem as Problem where [.signInRefused, .tooManyAttempts, .busy].contains(problem.code) {
        return try Self.signInPage(console, browser, problem)
      }
    }
    router.post("sign-out") { [console] request, context in
      let (browser, _) = try await Self.openForm(request, context, console)
      if let id = browser.sessionID {
        try await console.onPool { try console.accounts.sessions.end(id) }
        console.signals.raise([.accounts])
      }
      var response = Console.goTo("/sign-in", saying: SignInPhrase.signedOut)
      response.add(cookie: Console.cookie(Sessions.cookie, "", seconds: 0))
      return response
    }
  }

  /// Leads on where nothing comes first.
  static func welcome(_ success: SignIn.Success, _ path: String, _ phrase: SignInPhrase?) -> Response {
    var response = Console.goTo(success.who.duty.map(Console.path) ?? path, saying: phrase)
    response.add(cookiesOf: success)
    return response
  }

  static func signInPage(
    _ console: Console, _ browser: BrowserRequest, _ problem: Problem?
  ) throws -> Response {
    let seconds = problem?.retryAfterSeconds
    let fault = problem.map { problem in
      problem.code == .signInRefused
        ? SignInPhrase.refused.said(in: browser.language)
        : SignInPhrase.locked.said(in: browser.language, ["\(seconds ?? 1)"])
    }
    let page = ConsolePage(
      title: SignInPhrase.title.said(in: browser.language), template: signInTemplate,
      view: [
        "fault": .optional(fault), "name": .text(browser.form.exact("name")),
        "next": .optional(BrowserRequest.ownPath(browser.form["next"] ?? browser.query["next"])),
      ])
    var response = try console.response(
      try console.rendered(page, browser.language), status: .init(code: problem?.code.status ?? 200), to: browser, nil)
    if let seconds { response.headers[.retryAfter] = "\(seconds)" }
    return response
  }

  private static let signInTemplate = Template(
    "sign-in",
    #"""
    <form class="card narrow" method="post" action="/sign-in">{{csrf}}
    <h1>{{t.signIn.title}}</h1>
    {{#fault}}<p class="notice bad" role="alert" id="fault">{{fault}}</p>{{/fault}}
    {{#next}}<input type="hidden" name="next" value="{{next}}">{{/next}}
    <label for="name">{{t.signIn.name}}</label>
    <input id="name" name="name" value="{{name}}" autocomplete="username" autocapitalize="none" spellcheck="false" required autofocus>
    <label for="password">{{t.signIn.password}}</label>
    <input id="password" name="password" type="password" autocomplete="current-password" required>
    <p class="bar"><button>{{t.signIn.button}}</button></p>
    </form>
    """#)

  // MARK: One's own password

  private func addPassword() {
    router.get("password") { [console] request, context in
      let call = try await console.call(request, context, despite: [.newPassword, .secondFactor])
      return try console.response(.page(Self.passwordPage(call, nil)), to: call)
    }
    router.post("password") { [console] request, context in
      let call = try await console.call(request, context, despite: [.newPassword, .secondFactor])
      let form = call.request.form
      guard form.exact("new") == form.exact("again") else {
        return try console.response(
          .page(Self.passwordPage(call, call.say(SignInPhrase.different)), status: 422), to: call)
      }
      do {
        let success = try await console.accounts.signIn.changePassword(
          session: call.request.sessionID ?? "", current: call.who.duty == .newPassword ? nil : form.exact("current"),
          new: form.exact("new"), address: call.request.address)
        console.signals.acted()
        return Self.welcome(success, "/", .changed)
      } catch let problem as Problem where [.badCommand, .signInRefused].contains(problem.code) {
        let fault =
          problem.code == .signInRefused
          ? call.say(SignInPhrase.refused)
          : call.say(SignInPhrase.rules, "\(Self.leastLength(call))") + " (\(problem.detail))"
        return try console.response(.page(Self.passwordPage(call, fault), status: 422), to: call)
      }
    }
  }

  private static func leastLength(_ call: PageCall) -> Int {
    PasswordRules.minLength(hasSecondFactor: call.session.hasSecondFactor)
  }

  private static func passwordPage(_ call: PageCall, _ fault: String?) -> ConsolePage {
    ConsolePage(
      title: call.say(SignInPhrase.changeTitle), template: passwordTemplate,
      view: [
        "fault": .optional(fault), "isFirst": .flag(call.who.duty == .newPassword), "account": .text(call.who.name),
        "least": .int(leastLength(call)), "rules": .text(call.say(SignInPhrase.rules, "\(leastLength(call))")),
      ])
  }

  private static let passwordTemplate = Template(
    "password",
    #"""
    <form class="card narrow" method="post" action="/password">{{csrf}}
    <h1>{{t.signIn.changeTitle}}</h1>
    {{#isFirst}}<p>{{t.signIn.changeFirst}}</p>{{/isFirst}}
    {{#fault}}<p class="notice bad" role="alert" id="fault">{{fault}}</p>{{/fault}}
    <label for="username">{{t.signIn.name}}</label>
    <input id="username" name="username" value="{{account}}" autocomplete="username" readonly>
    {{^isFirst}}<label for="current">{{t.signIn.current}}</label>
    <input id="current" name="current" type="password" autocomplete="current-password" required>{{/isFirst}}
    <label for="new">{{t.signIn.new}}</label>
    <input id="new" name="new" type="password" autocomplete="new-password" minlength="{{least}}" required aria-describedby="rules">
    <p id="rules">{{rules}}</p>
    <label for="again">{{t.signIn.again}}</label>
    <input id="again" name="again" type="password" autocomplete="new-password" required>
    <p class="bar"><button>{{t.signIn.change}}</button></p>
    {{^isFirst}}<p><a href="/second-factor">{{t.secondFactor.title}}</a></p>{{/isFirst}}
    </form>
    """#)

  // MARK: Switches and events

  /// Three cookies that hold no secret and last a year.
  private func addSwitches() {
    let year = 365 * 86_400
    router.post("language") { [console] request, context in
      let (browser, _) = try await Self.openForm(request, context, console)
      let language = browser.form["language"].flatMap(Language.init) ?? browser.language
      var response = Console.goTo(BrowserRequest.ownPath(browser.form["back"]) ?? "/", saying: nil)
      response.add(cookie: Console.cookie(BrowserRequest.languageCookie, language.rawValue, seconds: year))
      return response
    }
    router.post("theme") { [console] request, context in
      let (browser, _) = try await Self.openForm(request, context, console)
      let theme = browser.form["theme"] ?? "auto"
      let isNamed = ["light", "dark"].contains(theme)
      var response = Console.goTo(BrowserRequest.ownPath(browser.form["back"]) ?? "/", saying: nil)
      response.add(
        cookie: Console.cookie(BrowserRequest.themeCookie, isNamed ? theme : "", seconds: isNamed ? year : 0))
      return response
    }
    router.post("keys") { [console] request, context in
      let (browser, _) = try await Self.openForm(request, context, console)
      let isOff = browser.form["keys"] == "off"
      var response = Console.goTo(BrowserRequest.ownPath(browser.form["back"]) ?? "/", saying: nil)
      response.add(
        cookie: Console.cookie(BrowserRequest.keysCookie, isOff ? "off" : "", seconds: isOff ? year : 0))
      return response
    }
  }

  private func addEvents() {
    router.get("events") { [console] request, context in
      guard !request.comesFromElsewhere else { throw ConsoleRefusal.fromElsewhere }
      let browser = BrowserRequest(request, context)
      guard let id = browser.sessionID, try await console.session(of: browser) != nil else {
        // A stream that is refused so is not taken up again by the browser.
        return Response(status: .noContent)
      }
      let names = (browser.query["topics"] ?? "").split(separator: " ").compactMap { Topic(rawValue: String($0)) }
      return try EventStream(topics: Set(names), signals: console.signals, streams: console.streams) {
        // Where it cannot be told, the next heartbeat asks again; no page is sent without a session.
        do {
          return try await console.onPool { try console.accounts.sessions.find(id, isActivity: false) != nil }
        } catch {
          console.logger.warning("console.session.unread", metadata: ["error": "\(error)"])
          return true
        }
      }.response()
    }
  }
}
