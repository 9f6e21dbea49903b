// One command for several orders: first a page that says to how many it can be done and why not to the others, then the doing. Each
// order has its own change and its own answer.

import Core

extension OrdersPages {
  /// Orders of one form at most: as many as a person can look over.
  private static let maxBulk = 200

  /// What the form asks for.
  private struct Bulk {
    let name: String
    let phrase: OrdersPhrase
    let command: Command

    /// `isFinal`: whether its words must be there; before that, any word shows whether the step is allowed.
    init(_ call: PageCall, isFinal: Bool) throws {
      name = try call.demanded("command")
      func text(_ field: String) throws(Problem) -> String {
        isFinal ? try call.demanded(field) : call.form(field) ?? "-"
      }
      switch name {
      case "urge": (phrase, command) = (.bulkUrge, .urge(text: call.form("text") ?? ""))
      case "note": (phrase, command) = (.bulkNote, .note(text: try text("text"), visibility: "all"))
      case "supervise":
        (phrase, command) = (
          .bulkSupervise, .supervise(to: try text("to"), demand: try text("text"), until: nil)
        )
      case "dispatch":
        (phrase, command) = (
          .bulkDispatch,
          .dispatch(platform: try text("to"), role: nil, instruction: call.form("text"), cause: nil)
        )
      default: throw Problem(.badCommand, "there is no command '\(name.prefix(32))' for several orders")
      }
    }
  }

  private static func chosen(_ call: PageCall) throws -> [OrderID] {
    var orders: [OrderID] = []
    for text in call.forms("order") {
      let order = try OrderID(text)
      if !orders.contains(order) { orders.append(order) }
    }
    guard orders.count <= maxBulk else {
      throw Problem(.tooLarge, "one form takes at most \(maxBulk) orders, these are \(orders.count)")
    }
    return orders
  }

  static func bulk(_ call: PageCall) throws -> PageAnswer {
    let bulk = try Bulk(call, isFinal: false)
    try call.seat.demand(RoleTable.right(for: bulk.command))
    let orders = try chosen(call)
    var allowed: [ViewModel] = []
    var refused: [ViewModel] = []
    try call.seat.read(.see) { hotline in
      try hotline.database.read { db in
        for order in orders {
          let view = try OrderReading.read(order, limit: 0, db).view
          let action = ActionList.tried(
            bulk.command, on: view, maxExtensions: hotline.inForce.policy.maxExtensions, now: call.now)
          let row: ViewModel = [
            "id": .text(order.text), "href": .text("/orders/\(order.text.inPath)"),
            "number": .text(view.number ?? order.short), "title": .text(view.title),
            "reason": .optional(action.refusal.map(call.refusal)),
          ]
          if action.isAllowed { allowed.append(row) } else { refused.append(row) }
        }
      }
    }
    let needsPlatform = bulk.name == "dispatch" || bulk.name == "supervise"
    return .page(
      ConsolePage(
        title: call.say(OrdersPhrase.bulkTitle, call.say(bulk.phrase)), section: .orders, template: bulkTemplate,
        view: [
          "title": .text(call.say(OrdersPhrase.bulkTitle, call.say(bulk.phrase))), "command": .text(bulk.name),
          "count": .text(
            call.say(OrdersPhrase.bulkCount, "\(orders.count)", "\(allowed.count)", "\(refused.count)")),
          "isEmpty": .flag(orders.isEmpty), "mayGo": .flag(!allowed.isEmpty), "allowed": .list(allowed),
          "refused": .list(refused), "hasRefused": .flag(!refused.isEmpty),
          "confirm": .text(call.say(OrdersPhrase.bulkConfirm, "\(allowed.count)")),
          "platforms": needsPlatform ? Choice.options(call.platformChoices, chosen: nil) : .none,
          "needsPlatform": .flag(needsPlatform),
          "isTextDemanded": .flag(bulk.name == "note" || bulk.name == "supervise"),
        ]))
  }

  static func bulkDo(_ call: PageCall) throws -> PageAnswer {
    let bulk = try Bulk(call, isFinal: true)
    let orders = try chosen(call)
    var done = 0
    var failed: [ViewModel] = []
    for (index, order) in orders.enumerated() {
      do {
        _ = try call.seat.perform(
          bulk.command, on: order, assignment: nil, onBehalfOf: nil, request: call.requestID.map { "\($0).\(index)" })
        done += 1
      } catch {
        // What is no matter of one order is none of the others' either.
        let problem = HubFailure.problem(error)
        guard problem.code.retry == .never, problem.code != .forbidden else { throw error }
        failed.append([
          "href": .text("/orders/\(order.text.inPath)"), "number": .text(order.short),
          "reason": .text(call.refusal(problem.detail)),
        ])
      }
    }
    return .page(
      ConsolePage(
        title: call.say(OrdersPhrase.bulkDoneTitle, call.say(bulk.phrase)), section: .orders, template: doneTemplate,
        view: [
          "title": .text(call.say(OrdersPhrase.bulkDoneTitle, call.say(bulk.phrase))),
          "done": .text(call.say(OrdersPhrase.bulkDone, "\(done)")), "failed": .list(failed),
          "hasFailed": .flag(!failed.isEmpty),
        ]))
  }

  private static let bulkTemplate = Template(
    "orders.bulk",
    #"""
    <h1>{{title}}</h1>
    {{#isEmpty}}<p class="empty">{{t.orders.bulkNothing}}</p>{{/isEmpty}}
    {{^isEmpty}}<p>{{count}}</p><p class="notice">{{t.orders.bulkLost}}</p>
    {{#mayGo}}<h2>{{t.orders.bulkAllowed}}</h2>
    <form method="post" action="/orders/bulk/do">{{csrf}}<input type="hidden" name="command" value="{{command}}">
    <ul>{{#allowed}}<li><input type="hidden" name="order" value="{{id}}"><a href="{{href}}" class="mono">{{number}}</a> <bdi>{{title}}</bdi></li>{{/allowed}}</ul>
    {{#needsPlatform}}<p><label for="bulk-to">{{t.orders.platform}} <select id="bulk-to" name="to">{{platforms}}</select></label></p>{{/needsPlatform}}
    <p><label for="bulk-text">{{t.order.text}} <textarea id="bulk-text" name="text" rows="3" maxlength="2000"{{#isTextDemanded}} required{{/isTextDemanded}}></textarea></label></p>
    <button>{{confirm}}</button></form>{{/mayGo}}
    {{#hasRefused}}<h2>{{t.orders.bulkRefused}}</h2>
    <ul>{{#refused}}<li><a href="{{href}}" class="mono">{{number}}</a> <bdi>{{title}}</bdi>: {{reason}}</li>{{/refused}}</ul>{{/hasRefused}}{{/isEmpty}}
    <p><a class="button quiet" href="/orders">{{t.orders.title}}</a></p>
    """#)

  private static let doneTemplate = Template(
    "orders.bulkDone",
    #"""
    <h1>{{title}}</h1>
    <p class="notice good">{{done}}</p>
    {{#hasFailed}}<p>{{t.orders.bulkFailed}}</p>
    <ul>{{#failed}}<li><a href="{{href}}" class="mono">{{number}}</a>: {{reason}}</li>{{/failed}}</ul>{{/hasFailed}}
    <p><a class="button quiet" href="/orders">{{t.orders.title}}</a></p>
    """#)
}
