// Requests of platforms that wait for an answer: each with the counts and limits that bear on it, what either answer means, and the form.

import Core
import Shell

enum RequestsPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("requests", query: "after", sharedFor: .role) { call in try page(call) }
    routes.act("requests/:order/:request") { call in try answer(call) }
  }

  /// Orders whose requests are on one page.
  private static let maxOrders = 50

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let (waiting, count, maxExtensions) = try call.seat.read { hotline in
      (
        try WaitingRequest.read(hotline, after: call.query("after"), maxOrders: maxOrders),
        try hotline.database.read { db in try WaitingRequest.count(db) }, hotline.inForce.policy.maxExtensions
      )
    }
    let (requests, next) = waiting
    return ConsolePage(
      title: call.say(RequestPhrase.title), section: .requests, topics: [.requests], template: template,
      view: [
        "count": .int(count), "isLater": .flag(call.query("after") != nil),
        "next": .optional(next.map { "/requests?after=\($0.inPath)" }),
        "mayAnswer": .flag(call.may(.supervise)),
        "requests": .list(requests.map { row($0, maxExtensions: maxExtensions, call) }),
      ])
  }

  private static func row(_ row: WaitingRequest, maxExtensions: Int, _ call: PageCall) -> ViewModel {
    let late = row.due.map { call.now - $0 } ?? 0
    let means: RequestPhrase? =
      switch row.request.type {
      case "return": .meansReturn
      case "extension": .meansExtension
      case "suspension": .meansSuspension
      case "exemption": .meansExemption
      default: nil
      }
    let isAtLimit = row.request.type == "extension" && row.extensions >= maxExtensions
    let takesTime = row.request.type == "extension" || row.request.type == "suspension"
    return [
      "id": .text(row.request.id), "href": .text("/orders/\(row.order.text.inPath)"),
      "number": .text(row.number ?? row.order.text),
      "title": .text(row.title), "platform": .text(call.platform(row.platform)),
      "platformHref": .text("/platforms/\(row.platform.inPath)"),
      "type": .text(call.word(.request, row.request.type)), "reason": .text(row.request.reason),
      "until": call.time(row.request.until), "asked": call.ago(row.request.madeAt),
      "bearing": .text(bearing(row, maxExtensions: maxExtensions, call).joined(separator: " · ")),
      "overdue": late > 0 ? call.badge(.bad, RequestPhrase.overdue, call.duration(late)) : .none,
      "means": .optional(means.map { call.say($0) }), "takesTime": .flag(takesTime),
      "refusal": .optional(isAtLimit ? call.say(RequestPhrase.atLimit) : nil),
      "action": .text("/requests/\(row.order.text.inPath)/\(row.request.id.inPath)"),
      "assignment": .text(row.assignment),
      "untilLocal": .optional(
        row.request.until.map { ConsoleTimes.short($0).replacing(" ", with: "T") }),
    ]
  }

  /// What has been, and what the policy allows, as far as it bears on the answer.
  private static func bearing(_ row: WaitingRequest, maxExtensions: Int, _ call: PageCall) -> [String] {
    var all = [
      call.say(RequestPhrase.round, "\(row.round)"), call.say(RequestPhrase.dispatches, "\(row.dispatches)"),
    ]
    switch row.request.type {
    case "return": if row.leadsToDesignation { all.append(call.say(RequestPhrase.dispatchLimit)) }
    case "extension": all.append(call.say(RequestPhrase.extensions, "\(row.extensions)", "\(maxExtensions)"))
    case "suspension": all.append(call.say(RequestPhrase.suspensions, "\(row.suspensions)"))
    case "exemption":
      let verdict = row.verdict.map { call.values.line($0, ofRegister: "verdict") }
      all.append(verdict.map { call.say(RequestPhrase.verdict, $0) } ?? call.say(RequestPhrase.noVerdict))
    default: break
    }
    if let due = row.due { all.append(call.say(RequestPhrase.due, ConsoleTimes.short(due))) }
    return all
  }

  private static let template = Template(
    "requests",
    #"""
    <h1>{{t.requests.title}} <small>{{count}}</small></h1>
    <p>{{t.requests.clockRuns}}</p>
    {{^mayAnswer}}<p>{{t.requests.mayNot}}</p>{{/mayAnswer}}
    {{^requests}}<p class="empty">{{t.requests.none}}</p>{{/requests}}
    <div class="cards wide">{{#requests}}<article class="card" data-row id="request-{{id}}">
    <h2><span class="badge info">{{type}}</span> <a href="{{href}}">{{number}}</a> <bdi>{{title}}</bdi></h2>
    <dl class="facts"><dt>{{t.requests.platform}}</dt><dd><a href="{{platformHref}}"><bdi>{{platform}}</bdi></a></dd>
    <dt>{{t.requests.reason}}</dt><dd><bdi>{{reason}}</bdi></dd>
    {{#until}}<dt>{{t.requests.until}}</dt><dd>{{until}}</dd>{{/until}}
    <dt>{{t.requests.asked}}</dt><dd>{{asked}}</dd>
    <dt>{{t.requests.bears}}</dt><dd>{{overdue}} {{bearing}}</dd>
    {{#means}}<dt>{{t.requests.means}}</dt><dd>{{means}} {{t.requests.nothingLost}}</dd>{{/means}}</dl>
    {{#mayAnswer}}
    <form method="post" action="{{action}}" class="bar">{{csrf}}<input type="hidden" name="assignment" value="{{assignment}}">
    {{#takesTime}}<label for="until-{{id}}">{{t.requests.grantedUntil}}<input id="until-{{id}}" name="until" type="datetime-local" value="{{untilLocal}}"></label>{{/takesTime}}
    <label for="note-{{id}}">{{t.requests.note}}<input id="note-{{id}}" name="note" maxlength="500"></label>
    <button name="granted" value="yes"{{#refusal}} disabled aria-describedby="limit-{{id}}"{{/refusal}}>{{t.requests.grant}}</button>
    {{#refusal}}<small id="limit-{{id}}">{{refusal}}</small>{{/refusal}}
    <button class="danger" name="granted" value="no">{{t.requests.refuse}}</button></form>{{/mayAnswer}}
    </article>{{/requests}}</div>
    <p class="pager">{{#isLater}}<a class="button quiet" href="/requests">{{t.frame.firstPage}}</a>{{/isLater}}
    {{#next}}<a class="button quiet" href="{{next}}" rel="next">{{t.frame.nextPage}}</a>{{/next}}</p>
    """#)

  private static func answer(_ call: PageCall) throws -> PageAnswer {
    let isGranted = try call.demanded("granted") == "yes"
    let until =
      isGranted
      ? try call.form("until").map { text throws(Problem) in
        try ShapeForm.time(text, call.say(RequestPhrase.grantedUntil), now: call.now)
      } : nil
    _ = try call.seat.perform(
      .answer(request: try call.part("request"), granted: isGranted, until: until, note: call.form("note")),
      on: try call.seat.resolve(try call.part("order")), assignment: call.form("assignment"), onBehalfOf: nil,
      request: call.requestID)
    return .goTo("/requests", saying: RequestPhrase.answered)
  }
}
