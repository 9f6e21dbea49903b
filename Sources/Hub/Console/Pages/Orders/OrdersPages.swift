// The pages of orders: which there are, and at which address. Each is made in a file of its own beside this one.

import Core

enum OrdersPages {
  /// Orders of one page of a list.
  static let pageSize = 50

  static func addRoutes(to routes: ConsoleRoutes) {
    let places = PlaceCache()
    // Beside a filter's own items (OrderFilter.names): the form's days, how it is shown, where it goes on, and which points the map has.
    routes.page(
      "orders", query: "view", "platform", "sector", "kind", "status", "priority", "open", "overdue", "disagreement",
      "from", "until", "fromDay", "untilDay", "text", "after", "crs", sharedFor: .role
    ) { call in
      switch call.query("view") {
      case "board": try board(call)
      case "map": try map(call, places)
      default: try list(call)
      }
    }
    routes.act("orders") { call in try create(call) }
    routes.page("orders/new") { call in try newOrder(call) }
    routes.act("orders/new") { call in try checkedOrder(call) }
    routes.data("orders/similar") { call in try similar(call) }
    routes.act("orders/bulk") { call in try bulk(call) }
    routes.act("orders/bulk/do") { call in try bulkDo(call) }
    routes.act("orders/export") { call in try export(call) }
    routes.act("orders/phone") { call in try phone(call) }
    routes.page("orders/:order") { call in try one(call) }
    routes.page("orders/:order/history", query: "end") { call in try history(call) }
    routes.page("orders/:order/print") { call in try sheet(call) }
    routes.act("orders/:order/print") { call in try plainSheet(call) }
    routes.act("orders/:order/reveal") { call in try revealed(call) }
    routes.act("orders/:order/do") { call in try act(call) }
  }
}
