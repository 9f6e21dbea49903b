// One account: its role, its password, its API tokens, and its end.

import Core
import Shell

enum UserPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("users/:name") { call in try page(call) }
    routes.act("users/:name/role") { call in try setRole(call) }
    routes.actWaiting("users/:name/password") { call in try await resetPassword(call) }
    routes.act("users/:name/disable") { call in
      _ = try call.seat.disableUser(try call.part("name"))
      return .goTo(try path(call), saying: UserPhrase.disabledNow)
    }
    routes.act("users/:name/enable") { call in
      _ = try call.seat.enableUser(try call.part("name"))
      return .goTo(try path(call), saying: UserPhrase.enabledNow)
    }
    routes.act("users/:name/second-factor") { call in
      _ = try call.seat.resetSecondFactor(of: try call.part("name"))
      return .goTo(try path(call), saying: UserPhrase.secondFactorGone)
    }
    routes.act("users/:name/tokens") { call in try makeToken(call) }
    routes.act("users/:name/tokens/:id/revoke") { call in
      _ = try call.seat.revokeAPIToken(try call.part("id"), of: try call.part("name"))
      return .goTo(try path(call), saying: UserPhrase.tokenRevoked)
    }
  }

  private static func path(_ call: PageCall) throws(Problem) -> String { "/users/\(try call.part("name").inPath)" }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let name = try call.part("name")
    guard let user = try call.seat.users().list("users").first(where: { $0.text("name") == name }) else {
      throw Problem(.notFound, "there is no account '\(name.prefix(64))'")
    }
    let tokens = try call.seat.apiTokens(of: name).list("tokens")
    return ConsolePage(
      title: user.text("displayName"), section: .users, topics: [.accounts], template: template,
      view: UserPages.row(user, call).with([
        "path": .text(try path(call)), "isYourself": .flag(name == call.who.name),
        "isDisabled": .flag(user["disabled"]?.asInt != nil), "isPerson": .flag(!user.isTrue("program")),
        "roles": .list(Role.allCases.map { UserPages.role($0, isOn: $0.rawValue == user.text("role"), call) }),
        "tokenRows": .list(tokens.map { token($0, call) }),
      ]))
  }

  private static func token(_ token: JSON, _ call: PageCall) -> ViewModel {
    let expires = token["expires"]?.asInt ?? 0
    let isOpen = token["revoked"]?.asInt == nil && expires > call.now
    return [
      "id": .text(token.text("id")), "label": .text(token.text("label")),
      "role": .text(call.word(.accountRole, token.text("role"))), "expires": call.time(expires),
      "used": token["used"]?.asInt == nil ? .text(call.say(FramePhrase.never)) : call.ago(token["used"]?.asInt),
      "isOpen": .flag(isOpen),
    ]
  }

  private static let template = Template(
    "user",
    #"""
    <h1><bdi>{{displayName}}</bdi> <small class="mono">{{name}}</small></h1>
    <p>{{badge}} {{kind}} · {{role}}</p>
    <dl class="facts"><dt>{{t.users.lastSignIn}}</dt><dd>{{lastSignIn}}</dd><dt>{{t.users.sessions}}</dt>
    <dd>{{sessions}}</dd>{{#isPerson}}<dt>{{t.users.secondFactor}}</dt><dd>{{secondFactor}}</dd>{{/isPerson}}</dl>
    {{#isYourself}}<p class="notice">{{t.users.yourself}}</p>{{/isYourself}}
    {{^isYourself}}
    <form method="post" action="{{path}}/role" class="bar">{{csrf}}<label for="role">{{t.users.role}}<select id="role" name="role">
    {{#roles}}<option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/roles}}</select></label>
    <button>{{t.users.setRole}}</button></form>
    {{#isPerson}}<details class="confirm" id="reset"><summary class="button">{{t.users.password}}</summary>
    <form method="post" action="{{path}}/password">{{csrf}}<p>{{t.users.passwordWhat}}</p><p class="bar">
    <button>{{t.users.password}}</button></p></form></details>{{/isPerson}}
    {{#hasSecondFactor}}<details class="confirm" id="reset-second-factor">
    <summary class="button">{{t.users.secondFactorReset}}</summary>
    <form method="post" action="{{path}}/second-factor">{{csrf}}<p>{{t.users.secondFactorWhat}}</p><p class="bar">
    <button>{{t.users.secondFactorReset}}</button></p></form></details>{{/hasSecondFactor}}
    {{#isDisabled}}<form method="post" action="{{path}}/enable">{{csrf}}<p class="bar">
    <button>{{t.users.enable}}</button></p></form>{{/isDisabled}}
    {{^isDisabled}}<details class="confirm" id="disable"><summary class="button danger">{{t.users.disable}}</summary>
    <form method="post" action="{{path}}/disable">{{csrf}}<p>{{t.users.disableWhat}}</p><p class="bar">
    <button class="danger">{{t.users.disable}}</button></p></form></details>{{/isDisabled}}
    {{/isYourself}}
    <h2>{{t.users.tokens}}</h2>
    {{^tokenRows}}<p class="empty">{{t.users.tokenNone}}</p>{{/tokenRows}}
    <div class="scroll" id="token-rows"><table class="rows"><thead><tr><th scope="col">{{t.users.tokenLabel}}</th>
    <th scope="col">{{t.users.role}}</th>
    <th scope="col">{{t.platforms.tokenExpires}}</th><th scope="col">{{t.users.tokenUsed}}</th><th scope="col">
    <span class="sr">{{t.users.tokenRevoke}}</span></th></tr></thead><tbody>
    {{#tokenRows}}<tr data-row><td><bdi>{{label}}</bdi> <small class="mono">{{id}}</small></td>
    <td data-label="{{t.users.role}}">{{role}}</td>
    <td data-label="{{t.platforms.tokenExpires}}">{{expires}}</td><td data-label="{{t.users.tokenUsed}}">{{used}}</td>
    <td>{{#isOpen}}<form method="post" action="{{path}}/tokens/{{id}}/revoke">{{csrf}}
    <button class="quiet" aria-label="{{t.users.tokenRevoke}} {{label}}">{{t.users.tokenRevoke}}</button></form>{{/isOpen}}</td></tr>
    {{/tokenRows}}</tbody></table></div>
    <form method="post" action="{{path}}/tokens" class="bar">{{csrf}}
    <label for="token-label">{{t.users.tokenLabel}}<input id="token-label" name="label" required maxlength="40"></label>
    <label for="token-role">{{t.users.tokenRole}}<select id="token-role" name="role">
    {{#roles}}<option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/roles}}</select></label>
    <label for="token-days">{{t.users.tokenLife}}<input id="token-days" name="days" type="number" min="1" max="730" value="365"></label>
    <button>{{t.users.tokenMake}}</button></form>
    """#)

  // MARK: Acts

  private static func chosenRole(_ call: PageCall) throws(Problem) -> Role {
    guard let role = Role(rawValue: try call.demanded("role")) else {
      throw Problem(.badCommand, "there is no such role")
    }
    return role
  }

  private static func setRole(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.setRole(of: try call.part("name"), to: try chosenRole(call))
    return .goTo(try path(call), saying: UserPhrase.roleSet)
  }

  private static func resetPassword(_ call: PageCall) async throws -> PageAnswer {
    try call.seat.demand(.manageAccounts)
    let name = try call.part("name")
    guard name != call.who.name else {
      throw Problem(.illegalStep, "your own password is changed on the page 'Change password'")
    }
    let made = try await call.seat.setPassword(of: name, password: nil)
    return .page(UserPages.oncePage(call, of: name, made.text("oneTimePassword")))
  }

  private static func makeToken(_ call: PageCall) throws -> PageAnswer {
    let name = try call.part("name")
    guard let days = Int(call.form("days") ?? "365"), (1...730).contains(days) else {
      throw Problem(.badCommand, "an API token is good for 1 to 730 days")
    }
    let made = try call.seat.createAPIToken(
      for: name, label: try call.demanded("label"), role: try chosenRole(call), lifeSeconds: days * 86_400)
    return .page(
      ConsolePage(
        title: call.say(UserPhrase.tokenTitle, name), section: .users, template: UserPages.onceTemplate,
        view: [
          "title": .text(call.say(UserPhrase.tokenTitle, name)), "secret": .text(made.text("token")),
          "what": .text(call.say(UserPhrase.tokenOnce)), "back": .text(try path(call)),
        ]))
  }
}
