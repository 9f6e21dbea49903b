// Requests of platforms that wait for an answer, with the counts and limits that bear on it.

import Core
import Shell

/// A request with what a person must know to answer it.
struct WaitingRequest: Sendable {
  let order: String
  let number: String
  let title: String
  let platform: String
  let assignment: String
  let request: RequestView
  let round: Int
  /// Extensions that were granted on this assignment.
  let extensions: Int
  /// Lead assignments that the order has had.
  let dispatches: Int
  /// When the order is to be completed.
  let due: Int?

  /// Orders whose requests are shown at once.
  static let maxOrders = 500

  /// The oldest first; `isCut`: more orders wait than those.
  static func read(_ hotline: Hotline, maxOrders: Int = WaitingRequest.maxOrders) throws -> (
    requests: [WaitingRequest], isCut: Bool
  ) {
    let views = try hotline.database.read { db in
      // Index orders_asking.
      try db.all(
        "SELECT order_id, state FROM orders WHERE requests > 0 ORDER BY order_id LIMIT $1", [.integer(maxOrders + 1)]
      ) { row in OrderView(try HubLog.state(try OrderID(row.text(0)), stored: row.blob(1), db)) }
    }
    let requests = views.prefix(maxOrders).flatMap { view in
      view.openRequests.map { assignment, request in
        WaitingRequest(
          order: view.state.id.text, number: view.number ?? view.state.id.text, title: view.title,
          platform: assignment.platform, assignment: assignment.id, request: request, round: assignment.round,
          extensions: assignment.grantedExtensions,
          dispatches: view.assignments.filter(\.isLead).count,
          due: (view.state.value("assignment/\(assignment.id)/due/complete") ?? view.state.value("due/complete"))?[
            "at"]?
            .asInt)
      }
    }
    return (requests.sorted { $0.request.madeAt < $1.request.madeAt }, views.count > maxOrders)
  }
}

enum RequestsPage {
  /// After so many dispatches the hotline designates (DOMAIN §3).
  private static let dispatchLimit = 3

  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("requests", sharedFor: .role) { call in try page(call) }
    routes.act("requests/:order/:request") { call in try answer(call) }
  }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let (found, maxExtensions) = try call.seat.read { hotline in
      (try WaitingRequest.read(hotline), hotline.inForce.policy.maxExtensions)
    }
    return ConsolePage(
      title: call.say(RequestPhrase.title), section: .requests, topics: [.requests], template: template,
      view: [
        "count": .int(found.requests.count),
        "more": .optional(found.isCut ? call.say(RequestPhrase.more, "\(WaitingRequest.maxOrders)") : nil),
        "mayAnswer": .flag(call.may(.supervise)),
        "requests": .list(found.requests.map { row($0, maxExtensions: maxExtensions, call) }),
      ])
  }

  private static func row(_ row: WaitingRequest, maxExtensions: Int, _ call: PageCall) -> ViewModel {
    var bearing = [
      call.say(RequestPhrase.round, "\(row.round)"), call.say(RequestPhrase.dispatches, "\(row.dispatches)"),
    ]
    if row.request.type == "return", row.dispatches >= dispatchLimit {
      bearing.append(call.say(RequestPhrase.dispatchLimit))
    }
    if row.request.type == "extension" {
      bearing.append(call.say(RequestPhrase.extensions, "\(row.extensions)", "\(maxExtensions)"))
    }
    if let due = row.due { bearing.append(call.say(RequestPhrase.due, ConsoleTimes.short(due))) }
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
      "id": .text(row.request.id), "href": .text("/orders/\(row.order.inPath)"), "number": .text(row.number),
      "title": .text(row.title), "platform": .text(call.platform(row.platform)),
      "platformHref": .text("/platforms/\(row.platform.inPath)"),
      "type": .text(call.word(.request, row.request.type)), "reason": .text(row.request.reason),
      "until": call.time(row.request.until), "asked": call.ago(row.request.madeAt),
      "bearing": .text(bearing.joined(separator: " · ")),
      "overdue": late > 0 ? call.badge(.bad, RequestPhrase.overdue, call.duration(late)) : .none,
      "means": .optional(means.map { call.say($0) }), "takesTime": .flag(takesTime),
      "refusal": .optional(isAtLimit ? call.say(RequestPhrase.atLimit) : nil),
      "action": .text("/requests/\(row.order.inPath)/\(row.request.id.inPath)"), "assignment": .text(row.assignment),
      "untilLocal": .optional(
        row.request.until.map { ConsoleTimes.short($0).replacing(" ", with: "T") }),
    ]
  }

  private static let template = Template(
    "requests",
    #"""
    <h1>{{t.requests.title}} <small>{{count}}</small></h1>
    <p>{{t.requests.clockRuns}}</p>
    {{#more}}<p class="notice warning">{{more}}</p>{{/more}}
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
