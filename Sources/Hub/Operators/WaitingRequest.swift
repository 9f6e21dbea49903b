// Requests of platforms that wait for an answer, with the counts and limits that bear on it: for the console's page and the API alike.

import Core

/// A request with what a person must know to answer it.
struct WaitingRequest: Sendable {
  let order: OrderID
  let number: String?
  let title: String
  let platform: String
  let assignment: String
  let request: RequestView
  let round: Int
  /// Assignments that the round has had, by which the hotline comes to designate; the request's own is among them.
  let dispatches: Int
  /// A granted return leaves nobody in the round, and the next dispatch of it is the hotline's designation.
  let leadsToDesignation: Bool
  /// Extensions and suspensions that were granted on this assignment.
  let extensions: Int
  let suspensions: Int
  /// What the call-back was judged to be, nil before there was one: an exemption takes it out of the platform's rates.
  let verdict: JSON?
  /// When the platform is to have completed it.
  let due: Int?

  /// How many wait, as the page, the overview, the status and the metrics all say it.
  static func count(_ db: any DatabaseConnection) throws -> Int {
    // Index orders_asking.
    try db.count("SELECT COALESCE(SUM(requests), 0) FROM orders WHERE requests > 0")
  }

  /// Those of so many orders, by their ids; of these the oldest first.
  ///
  /// - Parameter after: the order that the page before named as its next.
  /// - Returns: `next` where more orders wait.
  static func read(_ hotline: Hotline, after: String? = nil, maxOrders: Int) throws -> (
    requests: [WaitingRequest], next: String?
  ) {
    let views = try hotline.database.read { db in
      // Index orders_asking.
      try db.all(
        "SELECT order_id, state FROM orders WHERE requests > 0 AND order_id > $1 ORDER BY order_id LIMIT $2",
        [.text(after ?? ""), .integer(maxOrders + 1)]
      ) { row in OrderView(try HubLog.state(try OrderID(row.text(0)), stored: row.blob(1), db)) }
    }
    let page = views.prefix(maxOrders)
    let requests = page.flatMap { view in
      view.openRequests.map { assignment, request in WaitingRequest(request, of: assignment, on: view) }
    }
    return (
      requests.sorted { $0.request.madeAt < $1.request.madeAt },
      views.count > maxOrders ? page.last?.state.id.text : nil
    )
  }

  private init(_ request: RequestView, of assignment: AssignmentView, on view: OrderView) {
    let ofRound = view.assignments.filter { $0.round == assignment.round }
    let others = ofRound.filter { $0.isActive && $0.id != assignment.id }
    let state = view.state
    order = state.id
    number = view.number
    title = view.title
    platform = assignment.platform
    self.assignment = assignment.id
    self.request = request
    round = assignment.round
    dispatches = ofRound.count
    leadsToDesignation =
      assignment.round == view.round && others.isEmpty && ofRound.count >= OrderView.dispatchesBeforeDesignation
    extensions = assignment.granted("extension")
    suspensions = assignment.granted("suspension")
    verdict = state.value("verdict")
    due = (state.value("assignment/\(assignment.id)/due/complete") ?? state.value("due/complete"))?["at"]?.asInt
  }

  var json: JSON {
    .compact([
      ("order", .string(order.text)), ("number", number.map(JSON.string)), ("title", .string(title)),
      ("platform", .string(platform)), ("assignment", .string(assignment)), ("id", .string(request.id)),
      ("type", .string(request.type)), ("reason", .string(request.reason)), ("until", request.until.map(JSON.int)),
      ("at", .int(request.madeAt)), ("round", .int(round)), ("dispatches", .int(dispatches)),
      ("leadsToDesignation", .bool(leadsToDesignation)), ("extensions", .int(extensions)),
      ("suspensions", .int(suspensions)), ("verdict", verdict), ("due", due.map(JSON.int)),
    ])
  }
}
