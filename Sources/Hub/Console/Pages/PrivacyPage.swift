// Personal data of one person: found by the telephone number, copied for the person, destroyed everywhere; and who has confirmed that. The
// number goes in the bodies of forms and never in an address. And who has looked.

import Core
import Shell

enum PrivacyPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("privacy") { call in try page(call) }
    routes.act("privacy/find") { call in try find(call) }
    routes.act("privacy/export") { call in try export(call) }
    routes.act("privacy/purge") { call in try purge(call) }
  }

  // MARK: Destructions

  /// Lookups that the page shows, the newest.
  static let maxLookups = 100

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let report = try call.seat.purges()
    let lookups = try call.seat.lookups().list("lookups")
    return ConsolePage(
      title: call.say(PrivacyPhrase.title), section: .privacy, template: template,
      view: [
        "maySeek": .flag(call.may(.seek)), "purges": .list(report.list("purges").map { purge($0, call) }),
        "retention": .list((report["retention"].map { retention($0, call) } ?? []).map(ViewModel.text)),
        "last": call.time(report["retention"]?["last"]?.asInt),
        "hasPurge": .flag(report["retention"]?["purge"] != nil),
        "lookups": .list(lookups.prefix(maxLookups).map { lookup($0, call) }),
        "moreLookups": .optional(
          lookups.count > maxLookups ? call.say(PrivacyPhrase.lookupsMore, "\(maxLookups)") : nil),
      ])
  }

  private static func lookup(_ row: JSON, _ call: PageCall) -> ViewModel {
    // The same act has one name here and in the audit.
    let action: AuditAction? =
      switch Lookup(rawValue: row.text("action")) {
      case .find: .personFound
      case .export: .personExported
      case nil: nil
      }
    return [
      "at": call.time(row["at"]?.asInt), "who": .text(AuditWords(call).who(row.text("author"))),
      "role": .text(call.word(.accountRole, row.text("role"))),
      "did": .text(call.word(.auditAction, action?.rawValue ?? row.text("action"))),
      "orders": .int(row["orders"]?.asInt ?? 0),
    ]
  }

  private static func purge(_ row: JSON, _ call: PageCall) -> ViewModel {
    let badge =
      switch row.text("state") {
      case "confirmed": call.badge(.good, PrivacyPhrase.confirmed)
      case "waiting": call.badge(.info, PrivacyPhrase.waiting)
      default: call.badge(.warning, PrivacyPhrase.unwritten)
      }
    return [
      "number": .text(row["number"]?.asString ?? row.text("order")),
      "href": .text("/orders/\(row.text("order").inPath)"), "at": call.time(row["at"]?.asInt),
      "values": .int(row["values"]?.asInt ?? 0), "badge": badge, "waitingFor": .text(waiting(row, call)),
    ]
  }

  /// The agents that have not read a purge, by platform.
  private static func waiting(_ purge: JSON, _ call: PageCall) -> String {
    purge.list("platforms").flatMap { platform in
      platform.list("agents").filter { $0["state"] != "confirmed" }.map { agent in
        "\(call.platform(platform.text("platform"))) \(agent.text("agent"))"
          + (agent["state"] == "revoked" ? " (\(call.say(PrivacyPhrase.revoked)))" : "")
      }
    }.joined(separator: call.language == .zh ? "、" : ", ")
  }

  /// How long values are kept, and what that destroyed so far.
  private static func retention(_ report: JSON, _ call: PageCall) -> [String] {
    func days(_ key: String) -> String? { report[key]?.asInt.map { "\(max(1, $0 / 86_400_000))" } }
    let kept =
      days("platform").map { call.say(PrivacyPhrase.retentionPlatforms, $0) } ?? call.say(PrivacyPhrase.retentionKept)
    guard let purge = days("purge") else { return [kept, call.say(PrivacyPhrase.retentionNone)] }
    var lines = [
      kept, call.say(PrivacyPhrase.retentionPurge, purge),
      call.say(PrivacyPhrase.retentionDone, report.text("values"), report.text("orders")),
    ]
    let waiting = waiting(report, call)
    if !waiting.isEmpty { lines.append("\(call.say(PrivacyPhrase.waitingFor)): \(waiting)") }
    if let unwritten = report["unwritten"], unwritten != 0 {
      lines.append(call.say(PrivacyPhrase.retentionUnwritten, report.text("unwritten")))
    }
    return lines
  }

  private static let template = Template(
    "privacy",
    #"""
    <h1>{{t.privacy.title}}</h1>
    <p>{{t.privacy.explain}}</p>
    {{#maySeek}}<form method="post" action="/privacy/find" class="bar">{{csrf}}
    <label for="person-phone">{{t.privacy.phone}} <input id="person-phone" name="phone" type="tel" required maxlength="40" autocomplete="off" aria-describedby="person-rule" data-search></label>
    <button>{{t.privacy.find}}</button></form><p><small id="person-rule">{{t.privacy.findWhat}}</small></p>{{/maySeek}}
    <section aria-labelledby="purges"><h2 id="purges">{{t.privacy.purges}}</h2>
    <p>{{t.privacy.purgesExplain}}</p>
    {{^purges}}<p class="empty">{{t.privacy.none}}</p>{{/purges}}
    <div class="scroll" id="purge-rows"><table class="rows"><thead><tr><th scope="col">{{t.privacy.order}}</th>
    <th scope="col">{{t.privacy.at}}</th><th scope="col" class="number">{{t.privacy.values}}</th>
    <th scope="col">{{t.privacy.state}}</th><th scope="col">{{t.privacy.waitingFor}}</th></tr></thead><tbody>
    {{#purges}}<tr data-row><td><a href="{{href}}" class="mono">{{number}}</a></td>
    <td data-label="{{t.privacy.at}}">{{at}}</td>
    <td class="number" data-label="{{t.privacy.values}}">{{values}}</td>
    <td data-label="{{t.privacy.state}}">{{badge}}</td>
    <td data-label="{{t.privacy.waitingFor}}">{{#waitingFor}}<bdi>{{waitingFor}}</bdi>{{/waitingFor}}{{^waitingFor}}{{t.privacy.everyone}}{{/waitingFor}}</td></tr>
    {{/purges}}</tbody></table></div></section>
    <section aria-labelledby="retention"><h2 id="retention">{{t.privacy.retention}}</h2>
    <ul>{{#retention}}<li>{{.}}</li>{{/retention}}
    {{#hasPurge}}<li>{{t.privacy.retentionLast}}: {{#last}}{{last}}{{/last}}{{^last}}{{t.privacy.retentionNotYet}}{{/last}}</li>{{/hasPurge}}</ul></section>
    <section aria-labelledby="lookups"><h2 id="lookups">{{t.privacy.lookups}}</h2>
    <p>{{t.privacy.lookupsExplain}}</p>
    {{^lookups}}<p class="empty">{{t.privacy.lookupsNone}}</p>{{/lookups}}
    <div class="scroll" id="lookup-rows"><table class="rows"><thead><tr><th scope="col">{{t.privacy.at}}</th>
    <th scope="col">{{t.privacy.lookupsWho}}</th><th scope="col">{{t.privacy.lookupsDid}}</th>
    <th scope="col" class="number">{{t.privacy.lookupsOrders}}</th></tr></thead><tbody>
    {{#lookups}}<tr data-row><td>{{at}}</td>
    <td data-label="{{t.privacy.lookupsWho}}"><bdi>{{who}}</bdi> <small>{{role}}</small></td>
    <td data-label="{{t.privacy.lookupsDid}}">{{did}}</td>
    <td class="number" data-label="{{t.privacy.lookupsOrders}}">{{orders}}</td></tr>
    {{/lookups}}</tbody></table></div>
    {{#moreLookups}}<p>{{moreLookups}} <a href="/audit?action=person-found">{{t.privacy.lookupsAudit}}</a></p>{{/moreLookups}}</section>
    """#)

  // MARK: One person

  private static func find(_ call: PageCall) throws -> PageAnswer {
    // The right first: what is missing in the form is nothing for those who may not send it.
    try call.seat.demand(.seek)
    let phone = try call.demanded("phone")
    let orders = try call.seat.findPerson(phone: phone).list("orders")
    let values = orders.reduce(0) { $0 + $1.list("values").count }
    return .page(
      ConsolePage(
        title: call.say(PrivacyPhrase.foundTitle), section: .privacy, template: foundTemplate,
        view: [
          "found": .text(call.say(PrivacyPhrase.found, "\(values)", "\(orders.count)")),
          "isEmpty": .flag(orders.isEmpty), "rows": .list(orders.map { found($0, call) }), "phone": .text(phone),
          "mayExport": .flag(call.may(.exportPersons)), "mayPurge": .flag(call.may(.purge)),
          "purgeWhat": .text(call.say(PrivacyPhrase.purgeWhat, "\(values)", "\(orders.count)")),
          "purgeGo": .text(call.say(PrivacyPhrase.purgeGo, "\(values)")),
        ]))
  }

  private static func found(_ row: JSON, _ call: PageCall) -> ViewModel {
    let values = row.list("values")
    let places = Set(values.flatMap { $0.list("places").compactMap(\.asString) })
    let platforms = row.list("platforms").compactMap(\.asString)
    let comma = call.language == .zh ? "、" : ", "
    return [
      "number": .text(row["number"]?.asString ?? row.text("order")),
      "href": .text("/orders/\(row.text("order").inPath)"), "title": .text(row.text("title")),
      "state": call.word(.status, row["status"]?.asString), "values": .int(values.count),
      "places": .text(places.sorted().map { place(in: $0, call.language) }.joined(separator: comma)),
      "platforms": .text(platforms.map { call.platform($0) }.joined(separator: comma)),
    ]
  }

  /// A register or a kind of entry.
  private static func place(in name: String, _ language: Language) -> String {
    let register = RegisterWords.register(name, language)
    return register == name ? RegisterWords.entry(name, language) : register
  }

  private static let foundTemplate = Template(
    "privacy.found",
    #"""
    <h1>{{t.privacy.foundTitle}}</h1>
    {{#isEmpty}}<p class="empty">{{t.privacy.foundNone}}</p>{{/isEmpty}}
    {{^isEmpty}}<p>{{found}}</p>
    <div class="scroll" id="person-rows"><table class="rows"><thead><tr><th scope="col">{{t.privacy.order}}</th>
    <th scope="col">{{t.privacy.state}}</th><th scope="col" class="number">{{t.privacy.values}}</th>
    <th scope="col">{{t.privacy.places}}</th><th scope="col">{{t.privacy.platforms}}</th></tr></thead><tbody>
    {{#rows}}<tr data-row><td><a href="{{href}}" class="mono">{{number}}</a> <bdi>{{title}}</bdi></td>
    <td data-label="{{t.privacy.state}}">{{state}}</td>
    <td class="number" data-label="{{t.privacy.values}}">{{values}}</td>
    <td data-label="{{t.privacy.places}}"><bdi>{{places}}</bdi></td>
    <td data-label="{{t.privacy.platforms}}">{{#platforms}}<bdi>{{platforms}}</bdi>{{/platforms}}{{^platforms}}{{t.privacy.nobody}}{{/platforms}}</td></tr>
    {{/rows}}</tbody></table></div>
    {{#mayExport}}<form method="post" action="/privacy/export">{{csrf}}<input type="hidden" name="phone" value="{{phone}}">
    <p>{{t.privacy.exportWhat}}</p><p class="bar"><button>{{t.privacy.export}}</button></p></form>{{/mayExport}}
    {{^mayExport}}<p>{{t.privacy.mayNotExport}}</p>{{/mayExport}}
    {{#mayPurge}}<details class="confirm" id="purge"><summary class="button danger">{{t.privacy.purge}}</summary>
    <form method="post" action="/privacy/purge">{{csrf}}<input type="hidden" name="phone" value="{{phone}}">
    <p class="notice bad">{{purgeWhat}}</p>
    <p class="field"><label for="purge-reason">{{t.privacy.purgeReason}}</label>
    <input id="purge-reason" name="reason" required maxlength="200" autocomplete="off"></p>
    <p class="bar"><button class="danger">{{purgeGo}}</button></p></form></details>{{/mayPurge}}
    {{^mayPurge}}<p>{{t.privacy.mayNotPurge}}</p>{{/mayPurge}}{{/isEmpty}}
    <p class="bar"><a class="button quiet" href="/privacy">{{t.privacy.again}}</a></p>
    """#)

  private static func export(_ call: PageCall) throws -> PageAnswer {
    try call.seat.demand(.exportPersons)
    let copy = try call.seat.exportPerson(phone: try call.demanded("phone"))
    // The name of the file is kept by browsers: it says nothing of whose copy it is.
    return .file(name: "personal-data.json", type: "application/json; charset=utf-8", bytes: copy.bytes + [0x0A])
  }

  private static func purge(_ call: PageCall) throws -> PageAnswer {
    try call.seat.demand(.purge)
    let answer = try call.seat.purgePerson(
      phone: try call.demanded("phone"), reason: try call.demanded("reason"))
    let orders = answer.list("orders")
    let silent = orders.count { $0.list("dots").isEmpty }
    return .page(
      ConsolePage(
        title: call.say(PrivacyPhrase.purgedTitle), section: .privacy, template: purgedTemplate,
        view: [
          "purged": .text(call.say(PrivacyPhrase.purged, answer.text("values"), "\(orders.count)")),
          "silent": .optional(silent > 0 ? call.say(PrivacyPhrase.purgedSilent, "\(silent)") : nil),
        ]))
  }

  private static let purgedTemplate = Template(
    "privacy.purged",
    #"""
    <h1>{{t.privacy.purgedTitle}}</h1>
    <p class="notice good">{{purged}}</p>
    {{#silent}}<p class="notice warning">{{silent}}</p>{{/silent}}
    <p>{{t.privacy.purgedAgents}}</p>
    <p class="bar"><a class="button" href="/privacy#purges">{{t.privacy.purges}}</a></p>
    """#)
}
