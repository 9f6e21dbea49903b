// The policy in force, as people read it: calendar, limits, ladder; and to read its file again.

import Core
import Shell

enum PolicyPage {
  static func page(_ call: PageCall) throws -> ConsolePage {
    let answer = try call.seat.policy()
    let policy = answer["policy"] ?? .null
    let calendar = policy["calendar"] ?? .null
    let callBacks = policy["callBacks"] ?? .null
    func words(_ json: JSON?, _ word: (String) -> String = { $0 }) -> String {
      (json?.asArray ?? []).compactMap(\.asString).map(word).joined(separator: call.language == .zh ? "、" : ", ")
    }
    func from(_ rule: JSON, _ limit: String) -> String {
      rule["from"] == nil ? limit : call.say(PolicyPhrase.fromReceipt, limit)
    }
    func limit(_ text: String) -> String { LimitWords.said(text, in: call.language) }
    return ConsolePage(
      title: call.say(PolicyPhrase.title), section: .supervision, topics: [.supervision], template: template,
      view: [
        "name": .text(call.word(.policyRule, policy.text("name"))), "file": .optional(answer["file"]?.asString),
        "following": .flag(answer.isTrue("following")), "timeZone": .text(calendar.text("timeZone")),
        "workingDays": .text(words(calendar["workingDays"]) { call.word(.weekday, $0) }),
        "workingHours": .text(words(calendar["workingHours"])),
        "holidays": .text(
          call.say(
            PolicyPhrase.days, "\(calendar.list("holidays").count)", "\(calendar.list("makeUpDays").count)")),
        "now": .text(call.say(answer.isTrue("working") ? PolicyPhrase.working : .resting)),
        "dispatch": .text(limit(policy.text("dispatch"))),
        "extensions": .text(policy["requests"]?.text("maxExtensions") ?? ""),
        "satisfied": .text(callBacks.text("satisfiedFrom")), "attempts": .text(callBacks.text("attempts")),
        "retry": .text(limit(callBacks.text("retryAfter"))),
        "limits": .list(
          (policy["limits"]?.asObject ?? []).flatMap { stage in
            (stage.value.asArray ?? []).map { rule -> ViewModel in
              [
                "stage": .text(call.stage(stage.key)), "name": .text(call.word(.policyRule, rule.text("name"))),
                "limit": .text(
                  rule.text("limit") == "none" ? call.say(PolicyPhrase.noLimit) : from(rule, limit(rule.text("limit")))),
                "when": .text(condition(rule["when"], call)),
              ]
            }
          }),
        "ladder": .list(
          policy.list("ladder").map { rule in
            func after(_ key: String) -> ViewModel {
              .text(rule.text(key) == "never" ? call.say(PolicyPhrase.never) : limit(rule.text(key)))
            }
            let stages = rule.list("stages").compactMap(\.asString).map { call.stage($0) }
            return [
              "stages": .text(stages.isEmpty ? call.say(PolicyPhrase.allStages) : stages.joined(separator: ", ")),
              "dueSoon": .text(rule.text("dueSoon").replacing(" percent", with: " %")), "urge": after("urge"),
              "supervise": after("supervise"),
              "answerWithin": .text(limit(rule.text("answerWithin"))), "when": .text(condition(rule["when"], call)),
            ]
          }),
        "corrections": .list(
          answer.list("corrections").map { step in
            func time(_ key: String) -> String { ConsoleTimes.short(step[key]?.asInt ?? 0) }
            let by = step["by"]?.asInt ?? 0
            let amount = (by < 0 ? "−" : "+") + call.duration(abs(by))
            return .text(call.say(PolicyPhrase.correction, time("since"), time("until"), amount))
          }),
        "hasCorrections": .flag(!answer.list("corrections").isEmpty),
        "mayReload": .flag(call.may(.administer) && answer["file"] != nil),
      ])
  }

  /// `sector: 供水, 燃气; hours: 22:00-06:00`.
  private static func condition(_ json: JSON?, _ call: PageCall) -> String {
    let members = json?.asObject ?? []
    guard !members.isEmpty else { return call.say(PolicyPhrase.always) }
    let lists: [String: Vocabulary] = ["kind": .kind, "priority": .priority, "sector": .sector]
    return members.map { member in
      if member.key == "emergency" {
        return (member.value == true ? "" : "≠ ") + call.say(SupervisionPhrase.emergency)
      }
      let values = (member.value.asArray ?? []).compactMap(\.asString)
      return values.map { value in lists[member.key].map { call.word($0, value) } ?? value }.joined(separator: ", ")
    }.joined(separator: "; ")
  }

  private static let template = Template(
    "policy",
    #"""
    <h1>{{t.policy.title}} <small>{{name}}</small></h1>
    <p><a href="/supervision">{{t.policy.back}}</a></p>
    {{#following}}<p class="notice info">{{t.supervision.following}}</p>{{/following}}
    <dl class="facts"><dt>{{t.policy.file}}</dt><dd class="mono">{{#file}}{{file}}{{/file}}{{^file}}{{t.policy.defaults}}{{/file}}</dd>
    <dt>{{t.policy.timeZone}}</dt><dd>{{timeZone}}</dd><dt>{{t.policy.workingDays}}</dt><dd>{{workingDays}}</dd>
    <dt>{{t.policy.workingHours}}</dt><dd>{{workingHours}}</dd><dt>{{t.policy.holidays}}</dt><dd>{{holidays}}</dd>
    <dt>{{t.policy.now}}</dt><dd>{{now}}</dd><dt>{{t.policy.dispatch}}</dt><dd>{{dispatch}}</dd>
    <dt>{{t.policy.extensions}}</dt><dd>{{extensions}}</dd><dt>{{t.policy.satisfied}}</dt><dd>{{satisfied}}</dd>
    <dt>{{t.policy.attempts}}</dt><dd>{{attempts}}</dd><dt>{{t.policy.retry}}</dt><dd>{{retry}}</dd></dl>
    {{#mayReload}}<details class="confirm" id="d-reload"><summary class="button">{{t.policy.reload}}</summary>
    <form method="post" action="/supervision/policy/reload">{{csrf}}
    <p>{{t.policy.reloadDo}}</p><button>{{t.policy.reload}}</button></form></details>{{/mayReload}}
    <h2>{{t.policy.limits}}</h2><p>{{t.policy.explain}}</p>
    <div class="scroll" id="limit-rows"><table class="rows"><thead><tr><th scope="col">{{t.policy.stage}}</th><th scope="col">{{t.policy.rule}}</th>
    <th scope="col" class="number">{{t.policy.limit}}</th><th scope="col">{{t.policy.when}}</th></tr></thead><tbody>
    {{#limits}}<tr><td data-label="{{t.policy.stage}}">{{stage}}</td><td data-label="{{t.policy.rule}}">{{name}}</td>
    <td data-label="{{t.policy.limit}}" class="number">{{limit}}</td>
    <td data-label="{{t.policy.when}}">{{when}}</td></tr>{{/limits}}</tbody></table></div>
    <h2>{{t.policy.ladder}}</h2>
    <div class="scroll" id="stage-rows"><table class="rows"><thead><tr><th scope="col">{{t.policy.stages}}</th>
    <th scope="col" class="number">{{t.policy.dueSoon}}</th>
    <th scope="col" class="number">{{t.policy.urge}}</th><th scope="col" class="number">{{t.policy.supervise}}</th>
    <th scope="col" class="number">{{t.policy.answerWithin}}</th><th scope="col">{{t.policy.when}}</th></tr></thead><tbody>
    {{#ladder}}<tr><td data-label="{{t.policy.stages}}">{{stages}}</td>
    <td data-label="{{t.policy.dueSoon}}" class="number">{{dueSoon}}</td>
    <td data-label="{{t.policy.urge}}" class="number">{{urge}}</td>
    <td data-label="{{t.policy.supervise}}" class="number">{{supervise}}</td>
    <td data-label="{{t.policy.answerWithin}}" class="number">{{answerWithin}}</td>
    <td data-label="{{t.policy.when}}">{{when}}</td></tr>{{/ladder}}</tbody></table></div>
    {{#hasCorrections}}<h2>{{t.policy.corrections}}</h2><ul>{{#corrections}}<li>{{.}}</li>{{/corrections}}</ul>{{/hasCorrections}}
    """#)
}
