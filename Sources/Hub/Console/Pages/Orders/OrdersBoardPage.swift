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
    let (counts, cards) = try call.seat.read(.see) { hotline in
      try hotline.database.read { db in
        try OrderList.board(filter, statuses: shown, size: columnSize, now: call.now, db)
      }
    }
    let columns = try zip(shown, cards).map { status, cards -> ViewModel in
      let count = max(counts.byStatus[status] ?? 0, cards.count)
      var narrowed = filter
      narrowed.status = status
      return [
        "name": .text(call.word(.status, status.rawValue)),
        "count": .text(counts.isWhole ? "\(count)" : "\(count)+"),
        "cards": .list(try views(cards, call)), "href": .text(address(narrowed)),
        "more": count > cards.count
          ? .text(call.say(OrdersPhrase.boardMore, "\(count - cards.count)")) : .none,
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
