// The board: what is open, in columns by where it stands.

import Core

extension OrdersPages {
  /// In the order in which an order goes through them, then what stands aside.
  private static let boardColumns: [OrderStatus] = [
    .received, .dispatched, .accepted, .inProgress, .repaired, .calledBack, .suspended, .returned, .recalled,
  ]
  /// Cards of one column; the list has the rest.
  private static let columnSize = 20

  static func board(_ call: PageCall) throws -> ConsolePage {
    var filter = try filter(call)
    filter.standing = .open
    let shown = boardColumns.filter { (filter.status ?? $0) == $0 }
    let (counts, pages) = try call.seat.read(.see) { hotline in
      try hotline.database.read { db in
        let pages = try shown.map { status in
          var narrowed = filter
          narrowed.status = status
          return try OrderList.page(narrowed, after: nil, limit: columnSize, now: call.now, db)
        }
        return (try OrderList.counts(filter, now: call.now, db), pages)
      }
    }
    let columns = try zip(shown, pages).map { status, page -> ViewModel in
      let count = max(counts.byStatus[status] ?? 0, page.rows.count)
      var narrowed = filter
      narrowed.status = status
      return [
        "name": .text(call.word(.status, status.rawValue)),
        "count": .text(counts.isWhole ? "\(count)" : "\(count)+"),
        "cards": .list(try views(page.rows, call)), "href": .text(address(narrowed)),
        "more": count > page.rows.count
          ? .text(call.say(OrdersPhrase.boardMore, "\(count - page.rows.count)")) : .none,
      ]
    }
    return ConsolePage(
      title: call.say(OrdersPhrase.board), section: .orders, topics: [.orders, .platforms],
      template: boardTemplate,
      view: ["filter": try filterView(filter, view: "board", call), "columns": .list(columns)])
  }

  private static let boardTemplate = Template(
    "orders.board",
    #"""
    <h1>{{t.orders.title}} <small>{{t.orders.board}}</small></h1>
    {{filter}}
    <div class="columns" id="board">
    {{#columns}}<section aria-label="{{name}}"><h2><a href="{{href}}">{{name}}</a> <small>{{count}}</small></h2>
    <ul>{{#cards}}<li class="card" data-row><a href="{{href}}"><span class="mono">{{number}}</span> <bdi>{{title}}</bdi></a>
    <p>{{marks}}</p><p><small><bdi>{{lead}}</bdi> {{due}}</small></p></li>
    {{/cards}}</ul>{{#more}}<p><a href="{{href}}">{{more}}</a></p>{{/more}}</section>
    {{/columns}}</div>
    """#)
}
