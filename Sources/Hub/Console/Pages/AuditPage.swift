// The audit: who did what that is no change of an order, newest first.

import Core
import Shell

enum AuditPage {
  private static let pageSize = 100

  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("audit", query: "who", "action", "before") { call in try page(call) }
  }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let who = call.query("who")
    let action = call.query("action")
    let answer = try call.seat.audit(
      before: call.query("before").flatMap(Int.init), who: who, action: action, limit: pageSize)
    let filter = [("who", who), ("action", action)].compactMap { name, value in value.map { "\(name)=\($0.inPath)" } }
    let head = answer["head"]
    return ConsolePage(
      title: call.say(AuditPhrase.title), section: .audit, topics: [.accounts], template: template,
      view: [
        "who": .optional(who),
        "actions": .list(
          AuditAction.allCases.map { known in
            [
              "value": .text(known.rawValue), "name": .text(call.word(.auditAction, known.rawValue)),
              "on": .flag(known.rawValue == action),
            ]
          }),
        "rows": .list(answer.list("audit").map { row($0, call) }),
        "next": .optional(
          (answer["next"]?.asInt).map { "/audit?" + (filter + ["before=\($0)"]).joined(separator: "&") }),
        "isLater": .flag(call.query("before") != nil),
        "first": .text(filter.isEmpty ? "/audit" : "/audit?" + filter.joined(separator: "&")),
        "head": .optional(
          head.map { call.say(AuditPhrase.head, $0.text("number"), String($0.text("hash").prefix(12))) }),
      ])
  }

  private static func row(_ row: JSON, _ call: PageCall) -> ViewModel {
    let words = AuditWords(call)
    let action = row.text("action")
    return [
      "number": .int(row["number"]?.asInt ?? 0), "at": call.time(row["at"]?.asInt),
      "who": .text(words.who(row.text("who"))),
      "role": .text(call.word(.accountRole, row.text("role"))), "via": .text(words.via(row.text("via"))),
      "action": .text(call.word(.auditAction, action)), "object": .text(words.object(row.text("object"), of: action)),
      "details": .list(
        (row["detail"]?.asObject ?? []).map { member in
          ["key": .text(words.label(member.key)), "value": .text(words.value(member.value, of: member.key))]
        }),
    ]
  }

  private static let template = Template(
    "audit",
    #"""
    <h1>{{t.audit.title}}</h1>
    <p>{{t.audit.explain}}</p>
    <form method="get" action="/audit" class="bar">
    <label for="audit-who">{{t.audit.who}}<input id="audit-who" name="who" value="{{who}}" maxlength="64" data-search></label>
    <label for="audit-action">{{t.audit.action}}<select id="audit-action" name="action">
    <option value="">{{t.audit.anyAction}}</option>
    {{#actions}}<option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/actions}}</select></label>
    <button>{{t.audit.filter}}</button></form>
    {{^rows}}<p class="empty">{{t.audit.none}}</p>{{/rows}}
    <div class="scroll" id="audit-rows"><table class="rows"><thead><tr>
    <th scope="col" class="number">{{t.audit.number}}</th><th scope="col">{{t.audit.at}}</th>
    <th scope="col">{{t.audit.who}}</th><th scope="col">{{t.audit.action}}</th><th scope="col">{{t.audit.object}}</th>
    <th scope="col">{{t.audit.detail}}</th><th scope="col">{{t.audit.via}}</th></tr></thead><tbody>
    {{#rows}}<tr data-row id="audit-{{number}}"><td class="number" data-label="{{t.audit.number}}">{{number}}</td>
    <td data-label="{{t.audit.at}}">{{at}}</td>
    <td data-label="{{t.audit.who}}"><bdi>{{who}}</bdi> <small>{{role}}</small></td>
    <td data-label="{{t.audit.action}}">{{action}}</td>
    <td class="mono" data-label="{{t.audit.object}}"><bdi>{{object}}</bdi></td>
    <td data-label="{{t.audit.detail}}">{{#details}}<small>{{key}}</small> <bdi>{{value}}</bdi> {{/details}}</td>
    <td data-label="{{t.audit.via}}">{{via}}</td></tr>
    {{/rows}}</tbody></table></div>
    <p class="pager">
    {{#isLater}}<a href="{{first}}">{{t.frame.newest}}</a>{{/isLater}}{{#next}}<a href="{{next}}" rel="next">{{t.frame.earlier}}</a>{{/next}}</p>
    {{#head}}<p><small class="mono">{{head}}</small></p>{{/head}}
    """#)
}
