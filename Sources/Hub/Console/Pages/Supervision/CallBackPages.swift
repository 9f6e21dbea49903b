// The queue of call-backs, and the sheet on which one is recorded: what was done, whom to ask, what they said, and what follows.

import Core
import Shell

enum CallBackPages {
  private static let pageSize = 100
  /// Earlier call-backs that a sheet shows: the last ones. All of them stand in the order.
  private static let maxEarlier = 5

  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("callbacks", query: "platform", "sector", "district", "after", sharedFor: .role) { call in
      try queue(call)
    }
    routes.page("callbacks/:order") { call in try sheet(call) }
    routes.act("callbacks/:order") { call in try record(call) }
  }

  // MARK: The queue

  private static func queue(_ call: PageCall) throws -> ConsolePage {
    let filter = SupervisionFilter(
      platform: call.query("platform"), sector: call.query("sector"), district: call.query("district"))
    let found = try call.seat.callBacks(filter, limit: pageSize, after: call.query("after"))
    let kept = [("platform", filter.platform), ("sector", filter.sector), ("district", filter.district)]
      .compactMap { name, value in value.map { "\(name)=\($0.inPath)" } }
    return ConsolePage(
      title: call.say(CallBackPhrase.title), section: .callbacks, topics: [.callbacks], template: queueTemplate,
      view: [
        "waiting": .text(call.say(CallBackPhrase.waiting, found.text("count"), found.text("ready"))),
        "platforms": .list(call.platformOptions(filter.platform)),
        "sectors": .list(call.sectorOptions(filter.sector)), "district": .optional(filter.district),
        "rows": .list(found.list("callbacks").map { row($0, call, attempts: found.text("attempts")) }),
        "nextPage": .optional(
          found["next"]?.asString.map { "/callbacks?" + (kept + ["after=\($0.inPath)"]).joined(separator: "&") }),
        "firstPage": .optional(
          call.query("after").map { _ in kept.isEmpty ? "/callbacks" : "/callbacks?" + kept.joined(separator: "&") }),
        "mayCall": .flag(call.may(.handle)),
      ])
  }

  private static func row(_ row: JSON, _ call: PageCall, attempts: String) -> ViewModel {
    let order = row.text("order")
    let isExhausted = row.isTrue("exhausted")
    return [
      "id": .text(order), "href": .text("/orders/\(order.inPath)"), "sheet": .text("/callbacks/\(order.inPath)"),
      "number": .text(row["number"]?.asString ?? order), "title": .text(row.text("title")),
      "emergency": row.isTrue("emergency") ? call.badge(.bad, SupervisionPhrase.emergency) : .none,
      "platform": .text(call.platform(row.text("platform"))),
      "platformHref": .text("/platforms/\(row.text("platform").inPath)"),
      "round": .int(row["round"]?.asInt ?? 1), "since": call.ago(row["since"]?.asInt),
      "attempts": .int(row["attempts"]?.asInt ?? 0),
      "ring": isExhausted
        ? call.badge(.plain, CallBackPhrase.exhausted)
        : row.isTrue("ready") ? call.badge(.info, CallBackPhrase.now) : call.ago(row["nextAt"]?.asInt),
      "means": isExhausted ? .text(call.say(CallBackPhrase.exhaustedMeans, attempts)) : .none,
    ]
  }

  private static let queueTemplate = Template(
    "callbacks",
    #"""
    <h1>{{t.callbacks.title}}</h1>
    <p>{{t.callbacks.explain}}</p>
    <p>{{waiting}}</p>
    <form method="get" action="/callbacks" class="bar">
    <label for="c-platform">{{t.callbacks.platform}}<select id="c-platform" name="platform">
    <option value="">{{t.supervision.anyPlatform}}</option>{{#platforms}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/platforms}}</select></label>
    <label for="c-sector">{{t.supervision.sector}}<select id="c-sector" name="sector">
    <option value="">{{t.supervision.anySector}}</option>{{#sectors}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/sectors}}</select></label>
    <label for="c-district">{{t.supervision.district}}
    <input id="c-district" name="district" value="{{district}}" maxlength="64"></label>
    <button>{{t.supervision.filter}}</button></form>
    {{^rows}}<p class="empty">{{t.callbacks.none}}</p>{{/rows}}
    <div class="scroll" id="callback-rows"><table class="rows"><thead><tr><th scope="col">{{t.callbacks.order}}</th>
    <th scope="col">{{t.callbacks.platform}}</th>
    <th scope="col" class="number">{{t.callbacks.round}}</th><th scope="col">{{t.callbacks.done}}</th>
    <th scope="col" class="number">{{t.callbacks.attempts}}</th><th scope="col">{{t.callbacks.ring}}</th>
    <th scope="col"><span class="sr">{{t.callbacks.call}}</span></th></tr></thead><tbody>
    {{#rows}}<tr data-row id="c-{{id}}"><td data-label="{{t.callbacks.order}}">
    <a href="{{sheet}}">{{number}}</a> {{emergency}} <bdi class="clip">{{title}}</bdi></td>
    <td data-label="{{t.callbacks.platform}}"><a href="{{platformHref}}"><bdi>{{platform}}</bdi></a></td>
    <td class="number" data-label="{{t.callbacks.round}}">{{round}}</td>
    <td data-label="{{t.callbacks.done}}">{{since}}</td><td class="number" data-label="{{t.callbacks.attempts}}">{{attempts}}</td>
    <td data-label="{{t.callbacks.ring}}">{{ring}} {{#means}}<small>{{means}}</small>{{/means}}</td>
    <td>{{#mayCall}}<a class="button" href="{{sheet}}">{{t.callbacks.call}}</a>{{/mayCall}}</td></tr>
    {{/rows}}</tbody></table></div>
    <p class="pager">{{#firstPage}}<a href="{{firstPage}}">{{t.frame.firstPage}}</a>{{/firstPage}}{{#nextPage}}
    <a href="{{nextPage}}" rel="next">{{t.frame.nextPage}}</a>{{/nextPage}}</p>
    """#)

  // MARK: The sheet

  /// - Parameter isRecorded: the call-back stands in the order already, so that the form would record it once more.
  private static func sheet(
    _ call: PageCall, refused: String? = nil, isRecorded: Bool = false
  ) throws -> ConsolePage {
    let order = try call.seat.resolve(try call.part("order"))
    let document = try call.seat.document(order)
    let registers = document["registers"] ?? .object([])
    func value(_ name: String) -> JSON? { registers[name]?["value"] }
    let done = document.list("assignments").last { $0.text("role") == "lead" && $0.text("progress") == "done" }
    let id = done?.text("id") ?? ""
    let caller = value("caller")
    let callBacks = try call.seat.read { hotline in
      try hotline.database.read { db in try RecordedCallBack.read(order, db) }
    }
    func choices(_ chosen: String?) -> ViewModel {
      .list((1...5).map { ["value": .int($0), "on": .flag("\($0)" == chosen)] })
    }
    return ConsolePage(
      title: call.say(CallBackPhrase.record), section: .callbacks, topics: [], template: sheetTemplate,
      view: [
        "refused": .optional(refused), "href": .text("/orders/\(order.text.inPath)"),
        "number": .text(document["number"]?.asString ?? order.text), "title": .text(document.text("title")),
        "status": .text(call.word(.status, document.text("status"))), "round": .int(document["round"]?.asInt ?? 1),
        "platform": .optional((done?.text("platform")).map(call.platform)),
        "work": .optional(value("assignment/\(id)/result")?["work"]?.asString),
        "outcome": .optional(
          value("assignment/\(id)/result")?["outcome"]?.asString.map { call.word(.outcome, $0) }),
        "reply": .optional(value("assignment/\(id)/reply")?["citizen"]?.asString),
        "callerName": .optional(caller?["name"]?.asString), "callerPhone": .optional(caller?["phone"]?.asString),
        "earlier": .list(callBacks.suffix(maxEarlier).map { earlier($0, call) }),
        "earlierCut": callBacks.count > maxEarlier
          ? .text(call.say(CallBackPhrase.earlierCut, "\(maxEarlier)", "\(callBacks.count)")) : .none,
        "action": .text("/callbacks/\(order.text.inPath)"), "mayCall": .flag(call.may(.handle) && !isRecorded),
        "isReached": .flag(call.form("reached") != "no"), "isNotReached": .flag(call.form("reached") == "no"),
        "solveds": .list(
          ["yes", "partly", "no"].map { word in
            [
              "value": .text(word), "name": .text(call.word(.answered, word)), "on": .flag(word == call.form("solved")),
            ]
          }), "results": choices(call.form("result")), "services": choices(call.form("service")),
        "reason": .optional(call.form("reason")),
        "thens": .list(
          [("", CallBackPhrase.thenNothing), ("close", .thenClose), ("rework", .thenRework)].map { value, phrase in
            ["value": .text(value), "name": .text(call.say(phrase)), "on": .flag(value == call.form("then") ?? "")]
          }),
      ])
  }

  private static func earlier(_ callBack: RecordedCallBack, _ call: PageCall) -> ViewModel {
    let isReached = callBack.value.isTrue("reached")
    // Whether somebody answered is the mark beside it.
    let said = JSON.object((callBack.value.asObject ?? []).filter { $0.key != "reached" })
    return [
      "at": call.time(callBack.at),
      "reached": call.badge(isReached ? .good : .plain, isReached ? CallBackPhrase.wasReached : .notReached),
      "round": .text(call.say(RequestPhrase.round, "\(callBack.round)")),
      "author": .text(OrdersPages.person(callBack.author, call)),
      "parts": .list(
        call.values.parts(said, ofEntry: "callback").map {
          ["label": .text($0.label), "text": .text($0.text)]
        }),
    ]
  }

  private static let sheetTemplate = Template(
    "callback",
    #"""
    <h1>{{t.callbacks.record}} <small><a href="{{href}}">{{number}}</a></small></h1>
    <p><a href="/callbacks">{{t.callbacks.back}}</a></p>
    {{#refused}}<p class="notice bad" role="alert">{{refused}}</p>{{/refused}}
    <dl class="facts"><dt>{{t.callbacks.order}}</dt><dd><bdi>{{title}}</bdi> <span class="badge plain">{{status}}</span></dd>
    <dt>{{t.callbacks.platform}}</dt><dd><bdi>{{platform}}</bdi></dd><dt>{{t.callbacks.round}}</dt><dd>{{round}}</dd>
    <dt>{{t.callbacks.work}}</dt><dd>{{outcome}} <bdi>{{work}}</bdi></dd>
    {{#reply}}<dt>{{t.callbacks.reply}}</dt><dd><bdi>{{reply}}</bdi></dd>{{/reply}}
    <dt>{{t.callbacks.caller}}</dt><dd><bdi>{{callerName}}</bdi> {{callerPhone}} <a href="{{href}}">{{t.callbacks.showCaller}}</a></dd>
    {{#earlier}}<dt>{{at}}</dt><dd>{{reached}} {{round}} · <bdi>{{author}}</bdi>{{#parts}} · {{label}}: <bdi>{{text}}</bdi>{{/parts}}</dd>{{/earlier}}
    {{#earlierCut}}<dt>{{t.callbacks.earlier}}</dt><dd><a href="{{href}}">{{earlierCut}}</a></dd>{{/earlierCut}}</dl>
    {{#mayCall}}<form method="post" action="{{action}}" class="card narrow">{{csrf}}
    <fieldset><legend>{{t.callbacks.reached}}</legend>
    <label for="reached-yes">
    <input type="radio" id="reached-yes" name="reached" value="yes"{{#isReached}} checked{{/isReached}}> {{t.callbacks.wasReached}}</label>
    <label for="reached-no">
    <input type="radio" id="reached-no" name="reached" value="no"{{#isNotReached}} checked{{/isNotReached}}> {{t.callbacks.notReached}}</label></fieldset>
    <label class="field" for="solved">{{t.callbacks.solved}}<select id="solved" name="solved"><option value=""></option>
    {{#solveds}}<option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/solveds}}</select></label>
    <label class="field" for="result">{{t.callbacks.result}} <small>{{t.callbacks.scale}}</small>
    <select id="result" name="result"><option value=""></option>{{#results}}
    <option{{#on}} selected{{/on}}>{{value}}</option>{{/results}}</select></label>
    <label class="field" for="service">{{t.callbacks.service}} <small>{{t.callbacks.scale}}</small>
    <select id="service" name="service"><option value=""></option>{{#services}}
    <option{{#on}} selected{{/on}}>{{value}}</option>{{/services}}</select></label>
    <label class="field" for="reason">{{t.callbacks.reason}}
    <textarea id="reason" name="reason" maxlength="2000">{{reason}}</textarea></label>
    <label class="field" for="channel">{{t.callbacks.channel}}<select id="channel" name="channel">
    <option value="phone">{{t.callbacks.phone}}</option><option value="sms">{{t.callbacks.sms}}</option>
    <option value="visit">{{t.callbacks.visit}}</option></select></label>
    <label class="field" for="by">{{t.callbacks.by}}<select id="by" name="by"><option value="hub">{{t.callbacks.byHub}}</option>
    <option value="platform">{{t.callbacks.byPlatform}}</option></select></label>
    <label class="field" for="then">{{t.callbacks.afterwards}}<select id="then" name="then">
    {{#thens}}<option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/thens}}</select></label>
    <button>{{t.callbacks.record}}</button></form>{{/mayCall}}
    """#)

  private static func record(_ call: PageCall) throws -> PageAnswer {
    let order = try call.seat.resolve(try call.part("order"))
    let isReached = call.form("reached") == "yes"
    if let contradiction = contradiction(call, isReached: isReached) {
      return .page(try sheet(call, refused: call.say(contradiction)), status: 422)
    }
    func number(_ name: String) -> JSON? { call.form(name).flatMap { Int($0) }.map(JSON.int) }
    let callBack = JSON.compact([
      ("by", call.form("by").map(JSON.string)), ("channel", call.form("channel").map(JSON.string)),
      ("reached", .bool(isReached)), ("solved", call.form("solved").map(JSON.string)),
      ("result", number("result")), ("service", number("service")), ("reason", call.form("reason").map(JSON.string)),
    ])
    func perform(_ command: Command, _ step: String) throws {
      _ = try call.seat.perform(
        command, on: order, assignment: nil, onBehalfOf: nil, request: call.requestID.map { $0 + step })
    }
    try perform(.callBack(callBack, verdict: nil), "")
    do {
      switch call.form("then") {
      case "close":
        let note = call.form("reason") ?? (isReached ? nil : call.say(CallBackPhrase.unreachedNote))
        try perform(.close(code: closing(answer: isReached ? call.form("solved") : nil), note: note), "-close")
        return .goTo("/callbacks", saying: CallBackPhrase.closed)
      case "rework":
        try perform(.rework(platform: nil, instruction: call.form("reason")), "-rework")
        return .goTo("/callbacks", saying: CallBackPhrase.reworked)
      default: return .goTo("/callbacks", saying: CallBackPhrase.recorded)
      }
    } catch {
      // They are two changes. What a colleague did meanwhile may forbid the second; the first stands. What passes is tried again with
      // the same form, which records nothing twice.
      let problem = HubFailure.problem(error)
      guard problem.code.retry == .never else { throw error }
      let why = call.say(CallBackPhrase.recordedOnly, call.refusal(problem.detail))
      return .page(try sheet(call, refused: why, isRecorded: true), status: problem.code.status)
    }
  }

  /// What of the sheet cannot be true together, nil where nothing is.
  private static func contradiction(_ call: PageCall, isReached: Bool) -> CallBackPhrase? {
    let answers = ["solved", "result", "service"].compactMap { call.form($0) }
    if !isReached, !answers.isEmpty { return .answeredUnreached }
    let solved = call.form("solved")
    if isReached, solved == nil { return .solvedMissing }
    if call.form("then") == "rework", solved == nil || solved == "yes" { return .reworkUnasked }
    if call.form("then") == "close", solved == "no", call.form("reason") == nil { return .explainUnsolved }
    return nil
  }

  /// The code with which the order ends, by what the citizen said; nil: nobody answered, and nobody but the platform says that it is solved.
  private static func closing(answer: String?) -> String {
    switch answer {
    case "yes": "solved"
    case "partly": "partly"
    case nil: "special"
    default: "unsolvedExplained"
    }
  }
}
