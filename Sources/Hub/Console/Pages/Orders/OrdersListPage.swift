// The list of orders: filters and place in the address, several chosen for one command, and the result of a search by telephone.

import Core
import Shell

extension OrdersPages {
  static func list(_ call: PageCall) throws -> ConsolePage {
    let filter = try filter(call)
    let after = try call.query("after").map { text throws(Problem) -> OrderMark in
      guard let mark = OrderMark(text) else { throw Problem(.badCommand, "'after' is no place in a list") }
      return mark
    }
    let page = try page(filter, after: after, limit: pageSize, call)
    return ConsolePage(
      title: call.say(OrdersPhrase.title), section: .orders, topics: [.orders, .platforms],
      template: listTemplate,
      view: [
        "filter": try filterView(filter, view: "list", call),
        "table": tableView(try views(page.rows, call), call),
        "shown": .text(call.say(OrdersPhrase.shown, "\(page.rows.count)")),
        "next": .optional(page.next.map { address(filter, ("after", $0.text)) }),
        "export": exportView(filter, call),
      ])
  }

  static func page(_ filter: OrderFilter, after: OrderMark?, limit: Int, _ call: PageCall) throws -> OrderList.Page {
    try call.seat.read(.see) { hotline in
      try hotline.database.read { db in
        try OrderList.page(filter, after: after, limit: limit, now: call.now, db)
      }
    }
  }

  /// The table with its boxes to tick, as part of a form.
  static func tableView(_ rows: [ViewModel], _ call: PageCall) -> ViewModel {
    let commands: [(String, OrdersPhrase)] = [
      ("urge", .bulkUrge), ("note", .bulkNote), ("dispatch", .bulkDispatch), ("supervise", .bulkSupervise),
    ]
    let allowed = commands.filter { $0.0 != "supervise" || call.may(.supervise) }
    return .view(
      tableTemplate,
      [
        "rows": .list(rows), "hasRows": .flag(!rows.isEmpty), "mayHandle": .flag(call.may(.handle)),
        "commands": Choice.options(allowed.map { Choice($0.0, call.say($0.1)) }, chosen: nil),
      ])
  }

  private static func exportView(_ filter: OrderFilter, _ call: PageCall) -> ViewModel {
    [
      "items": .list(filter.items.map { ["name": .text($0.name), "value": .text($0.value)] }),
      "mayExportPersons": .flag(call.may(.exportPersons)),
    ]
  }

  private static let listTemplate = Template(
    "orders.list",
    #"""
    <h1>{{t.orders.title}}</h1>
    {{filter}}
    {{table}}
    <p class="pager">{{shown}} {{#next}}<a class="button quiet" href="{{next}}" rel="next">{{t.orders.more}}</a>{{/next}}</p>
    {{#export}}<details class="confirm" id="d-export"><summary class="button quiet">{{t.orders.export}}</summary>
    <form method="post" action="/orders/export" class="bar">{{csrf}}{{#items}}<input type="hidden" name="{{name}}" value="{{value}}">{{/items}}
    <button>{{t.orders.exportMasked}}</button></form>
    {{#mayExportPersons}}<form method="post" action="/orders/export" class="bar">{{csrf}}{{#items}}<input type="hidden" name="{{name}}" value="{{value}}">{{/items}}
    <input type="hidden" name="reveal" value="true"><p>{{t.orders.exportPlainDo}}</p><button class="danger">{{t.orders.exportPlainGo}}</button></form>{{/mayExportPersons}}
    </details>{{/export}}
    """#)

  private static let tableTemplate = Template(
    "orders.table",
    #"""
    {{^rows}}<div class="empty"><p>{{t.orders.none}}</p><p>{{t.orders.noneDo}}</p></div>{{/rows}}
    {{#hasRows}}<form method="post" action="/orders/bulk" id="bulk">{{csrf}}
    <table class="rows"><thead><tr>{{#mayHandle}}<th scope="col"><span class="sr">{{t.orders.bulk}}</span></th>{{/mayHandle}}
    <th scope="col">{{t.orders.number}}</th><th scope="col">{{t.orders.matter}}</th><th scope="col">{{t.orders.status}}</th>
    <th scope="col">{{t.orders.lead}}</th><th scope="col">{{t.orders.due}}</th><th scope="col">{{t.orders.received}}</th></tr></thead>
    <tbody>{{#rows}}<tr data-row>{{#mayHandle}}<td><input type="checkbox" name="order" value="{{id}}" aria-label="{{choose}}"></td>{{/mayHandle}}
    <td data-label="{{t.orders.number}}"><a href="{{href}}" class="mono">{{number}}</a></td>
    <td data-label="{{t.orders.matter}}"><bdi class="clip">{{title}}</bdi> <small>{{kind}} {{sector}}</small></td>
    <td data-label="{{t.orders.status}}">{{marks}}</td><td data-label="{{t.orders.lead}}"><bdi>{{lead}}</bdi></td>
    <td data-label="{{t.orders.due}}">{{due}}</td><td data-label="{{t.orders.received}}">{{received}}</td></tr>
    {{/rows}}</tbody></table>
    {{#mayHandle}}<p class="bar"><label for="bulk-command">{{t.orders.bulk}} <select id="bulk-command" name="command">{{commands}}</select></label>
    <button>{{t.orders.bulkGo}}</button></p>{{/mayHandle}}</form>{{/hasRows}}
    """#)

  // MARK: By telephone

  /// Orders of one caller that a page has at most.
  private static let mostOfPerson = 200

  /// Finds by a number, which stands in the body alone; that this person looked is kept before the answer.
  static func phone(_ call: PageCall) throws -> PageAnswer {
    let found = try call.seat.findPerson(phone: try call.demanded("phone")).list("orders")
    let orders = found.compactMap { try? OrderID($0.text("order")) }
    let rows = try call.seat.read(.see) { hotline in
      try hotline.database.read { db in try OrderRows.rows(Array(orders.suffix(mostOfPerson).reversed()), db) }
    }
    return .page(
      ConsolePage(
        title: call.say(OrdersPhrase.phoneTitle), section: .orders, template: phoneTemplate,
        view: [
          "found": .text(call.say(OrdersPhrase.phoneFound, "\(orders.count)")), "isEmpty": .flag(orders.isEmpty),
          "table": tableView(try views(rows, call), call),
        ]))
  }

  private static let phoneTemplate = Template(
    "orders.phone",
    #"""
    <h1>{{t.orders.phoneTitle}}</h1>
    <p class="notice">{{t.orders.phoneNote}}</p>
    {{#isEmpty}}<p class="empty">{{t.orders.phoneNone}}</p>{{/isEmpty}}
    {{^isEmpty}}<p>{{found}}</p>{{table}}{{/isEmpty}}
    <p><a class="button quiet" href="/orders">{{t.orders.title}}</a></p>
    """#)
}
