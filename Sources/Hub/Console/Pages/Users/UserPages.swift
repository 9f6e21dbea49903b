// Users and programs: who there is, in which role, added and ended here. One account's page is in UserPage.swift.

import Core
import Shell

enum UserPages {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("users") { call in try all(call) }
    routes.actWaiting("users") { call in try await add(call) }
    UserPage.addRoutes(to: routes)
  }

  private static func all(_ call: PageCall) throws -> ConsolePage {
    let users = try call.seat.users().list("users")
    return ConsolePage(
      title: call.say(UserPhrase.title), section: .users, topics: [.accounts], template: template,
      view: [
        "count": .int(users.count), "users": .list(users.map { row($0, call) }),
        "roles": .list(Role.allCases.map { role($0, isOn: $0 == .operator, call) }),
        "rights": .list(
          Right.allCases.map { right in
            [
              "right": .text(call.word(.right, right.rawValue)),
              "roles": .list(Role.allCases.map { ["may": .flag(RoleTable.allows(right, $0))] }),
            ]
          }),
      ])
  }

  static func role(_ role: Role, isOn: Bool, _ call: PageCall) -> ViewModel {
    ["value": .text(role.rawValue), "name": .text(call.word(.accountRole, role.rawValue)), "on": .flag(isOn)]
  }

  static func row(_ user: JSON, _ call: PageCall) -> ViewModel {
    let isProgram = user.isTrue("program")
    return [
      "name": .text(user.text("name")), "href": .text("/users/\(user.text("name").inPath)"),
      "displayName": .text(user.text("displayName")), "role": .text(call.word(.accountRole, user.text("role"))),
      "kind": .text(call.say(isProgram ? UserPhrase.program : .person)),
      "lastSignIn": user["lastSignIn"]?.asInt == nil
        ? .text(call.say(FramePhrase.never)) : call.ago(user["lastSignIn"]?.asInt),
      "secondFactor": user["secondFactor"]?.asInt == nil
        ? .text(call.say(FramePhrase.none)) : call.time(user["secondFactor"]?.asInt),
      "hasSecondFactor": .flag(user["secondFactor"] != nil),
      "sessions": .int(user["sessions"]?.asInt ?? 0), "tokens": .int(user["tokens"]?.asInt ?? 0),
      "badge": user["disabled"]?.asInt != nil
        ? call.badge(.plain, UserPhrase.disabled)
        : user["oneTimeUntil"]?.asInt != nil
          ? call.badge(.warning, UserPhrase.oneTime) : call.badge(.good, UserPhrase.active),
    ]
  }

  private static let template = Template(
    "users",
    #"""
    <h1>{{t.users.title}} <small>{{count}}</small></h1>
    <div class="scroll" id="user-rows"><table class="rows"><thead><tr><th scope="col">{{t.users.name}}</th>
    <th scope="col">{{t.users.displayName}}</th>
    <th scope="col">{{t.users.role}}</th><th scope="col">{{t.users.state}}</th>
    <th scope="col">{{t.users.lastSignIn}}</th>
    <th scope="col" class="number">{{t.users.sessions}}</th>
    <th scope="col" class="number">{{t.users.tokens}}</th></tr></thead><tbody>
    {{#users}}<tr data-row id="user-{{name}}"><td><a href="{{href}}">{{name}}</a> <small>{{kind}}</small></td>
    <td data-label="{{t.users.displayName}}"><bdi>{{displayName}}</bdi></td>
    <td data-label="{{t.users.role}}">{{role}}</td><td data-label="{{t.users.state}}">{{badge}}</td>
    <td data-label="{{t.users.lastSignIn}}">{{lastSignIn}}</td>
    <td class="number" data-label="{{t.users.sessions}}">{{sessions}}</td>
    <td class="number" data-label="{{t.users.tokens}}">{{tokens}}</td></tr>
    {{/users}}</tbody></table></div>
    <details class="confirm" id="add-user"><summary class="button">{{t.users.add}}</summary>
    <form method="post" action="/users">{{csrf}}<p>{{t.users.addWhat}}</p>
    <p class="field"><label for="user-name">{{t.users.name}}</label>
    <input id="user-name" name="name" required maxlength="64" autocapitalize="none" spellcheck="false" autocomplete="off" aria-describedby="user-name-rule">
    <small id="user-name-rule">{{t.users.nameRule}}</small></p>
    <p class="field"><label for="user-display">{{t.users.displayName}}</label>
    <input id="user-display" name="displayName" maxlength="40" autocomplete="off"></p>
    <p class="field"><label for="user-role">{{t.users.role}}</label><select id="user-role" name="role">
    {{#roles}}<option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/roles}}</select></p>
    <p><label for="user-program">
    <input type="checkbox" id="user-program" name="program" value="yes"> {{t.users.isProgram}}</label></p>
    <p class="bar"><button>{{t.users.add}}</button></p></form></details>
    <details id="rights"><summary>{{t.users.rights}}</summary><div class="scroll" id="right-rows"><table class="rows">
    <thead><tr><th scope="col"><span class="sr">{{t.users.rights}}</span></th>
    {{#roles}}<th scope="col">{{name}}</th>{{/roles}}</tr></thead><tbody>
    {{#rights}}<tr><th scope="row">{{right}}</th>{{#roles}}<td>
    {{#may}}✓<span class="sr">{{t.frame.yes}}</span>{{/may}}{{^may}}–<span class="sr">{{t.frame.no}}</span>{{/may}}</td>{{/roles}}</tr>{{/rights}}
    </tbody></table></div></details>
    """#)

  private static func add(_ call: PageCall) async throws -> PageAnswer {
    let name = try call.demanded("name")
    guard let role = Role(rawValue: try call.demanded("role")) else {
      throw Problem(.badCommand, "there is no such role")
    }
    let made = try await call.seat.addUser(
      name: name, displayName: call.form("displayName"), role: role, isProgram: call.form("program") != nil,
      password: nil)
    guard let password = made["oneTimePassword"]?.asString else {
      return .goTo("/users/\(made.text("name").inPath)", saying: UserPhrase.added)
    }
    return .page(oncePage(call, of: made.text("name"), password))
  }

  /// A one-time password, shown once.
  static func oncePage(_ call: PageCall, of name: String, _ password: String) -> ConsolePage {
    ConsolePage(
      title: call.say(UserPhrase.onceTitle, name), section: .users, template: onceTemplate,
      view: [
        "title": .text(call.say(UserPhrase.onceTitle, name)), "secret": .text(password),
        "what": .text(call.say(UserPhrase.onceWhat)), "back": .text("/users/\(name.inPath)"),
      ])
  }

  static let onceTemplate = Template(
    "shown-once",
    #"""
    <h1>{{title}}</h1>
    <p class="notice warning">{{what}}</p>
    <p class="secret" id="secret" tabindex="0">{{secret}}</p>
    <p class="bar"><a class="button" href="{{back}}">{{t.frame.back}}</a></p>
    """#)
}
