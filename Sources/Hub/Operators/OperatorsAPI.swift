// The operators' API: JSON over HTTP/1.1 on the hub's Unix socket, and over HTTPS beside the console. Here is the table of routes; the
// server is Shell's Door, reading what only these calls have is in OperatorsCalls.swift, what the calls do, and who may, is Seat's.

import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOPosix
import Shell

/// What the operators' listener allows, beside every door's limits.
enum OperatorsLimits {
  /// Bytes of an import's body.
  static let maxImportBytes = Limits.maxBatchBytes
  /// Rows of one import request: what one transaction should take at most.
  static let maxImportRows = 200
  /// Bytes of an author's name or role: it stands in every change.
  static let maxAuthorBytes = 256
}

/// Makes the operators' server; run it as a service. Frees the socket of what a killed hub left, so call it while
/// holding the data directory's process lock.
///
/// - Parameters:
///   - pool: where the hotline's blocking calls run.
///   - onServerRunning: called once connections are accepted and nobody else may connect.
func makeOperatorsApplication(
  hotline: Hotline, socket: String, logger: Logger, pool: NIOThreadPool = .singleton,
  onServerRunning: @escaping @Sendable () async -> Void = {}
) throws(DoorSocketError) -> some ApplicationProtocol {
  try makeDoorApplication(
    Seat.socket(hotline), socket: socket, rules: OperatorsAPI.rules, logger: logger, pool: pool,
    onServerRunning: onServerRunning,
    addRoutes: OperatorsAPI.addRoutes)
}

/// The routes, each a line of the contract.
enum OperatorsAPI {
  static let rules = DoorRules(
    name: "operators", emptyItemIsAbsent: false, problem: HubFailure.problem, reason: { "\($0)" })

  /// Serves the same routes to whoever has an API token or a session: `Authorization: Bearer`, or the session's cookie and, with
  /// whatever changes something, its CSRF token in `X-CSRF-Token`.
  static func addRoutes(to group: RouterGroup<some RequestContext>, of hotline: Hotline, pool: NIOThreadPool) {
    // What describes the calls is for whoever wants to write a program against them, account or not.
    group.get("openapi.yaml") { _, _ in
      Response(
        status: .ok, headers: [.contentType: "application/yaml", .cacheControl: "no-cache"],
        body: .init(byteBuffer: ByteBuffer(bytes: PackageResources.openapi_yaml)))
    }
    addDoorRoutes(
      to: group, rules: rules, pool: pool, service: { request, _ in Seat(hotline, try caller(request, hotline)) },
      addRoutes: addRoutes)
  }

  /// Who sent the request.
  static func caller(_ request: Request, _ hotline: Hotline) throws -> Operator {
    try hotline.accounts.caller(
      authorization: request.headers[.authorization], session: request.cookies[Sessions.cookie]?.value,
      csrf: HTTPField.Name(Sessions.csrfHeader).flatMap { request.headers[$0] },
      changes: request.method != .get && request.method != .head)
  }

  static func addRoutes(to routes: DoorRoutes<Seat>) {
    addHealth(to: routes)
    addPlatforms(to: routes)
    addOrders(to: routes)
    addReports(to: routes)
    addSupervision(to: routes)
    addPrivacy(to: routes)
    addAccounts(to: routes)
  }

  private static func addHealth(to routes: DoorRoutes<Seat>) {
    routes.get("status") { seat, _ in try seat.status() }
    routes.get("doctor") { seat, _ in try seat.doctor() }
    routes.post("doctor") { seat, call in
      try seat.doctor(fixing: try call.body("fix").optionalBool("fix") ?? false)
    }
    routes.get("resync", query: "platform") { seat, call in try seat.resyncs(platform: call.query("platform")) }
    routes.post("resync") { seat, call in
      let body = try call.body("platform", "agent", "full", "dryRun")
      // Everything is a lot to ask: it must be said.
      guard body["platform"] != nil else { throw JSONError(.missing, field: "platform") }
      return try seat.resync(
        platform: try body.optionalString("platform"), agent: try body.optionalString("agent"),
        isFull: try body.optionalBool("full") ?? false, isDryRun: try body.optionalBool("dryRun") ?? false)
    }
  }

  private static func addPlatforms(to routes: DoorRoutes<Seat>) {
    routes.get("platforms") { seat, _ in try seat.platformsAsTheyStand() }
    routes.post("platforms") { seat, call in
      let body = try call.body("name", "displayName", "sectors")
      return try seat.addPlatform(
        name: try body.string("name"), displayName: try body.optionalString("displayName"),
        sectors: try call.strings("sectors"))
    }
    routes.get("tokens") { seat, _ in try seat.tokens() }
    routes.post("tokens") { seat, call in
      let body = try call.body("platform", "agent", "life")
      return try seat.createToken(
        platform: try body.string("platform"), agent: try body.optionalString("agent"),
        lifeSeconds: try body.optionalInt("life"))
    }
    routes.post("tokens/:id/revoke") { seat, call in try seat.revokeToken(try call.part("id")) }
    routes.get("agents") { seat, _ in try seat.agents() }
    routes.get("agents/:platform/:agent/contact", query: "since") { seat, call in
      try seat.contact(
        platform: try call.part("platform"), agent: try call.part("agent"), since: try call.number("since"))
    }
    routes.get("agents/:platform/:agent/unsent") { seat, call in
      try seat.unsent(platform: try call.part("platform"), agent: try call.part("agent"))
    }
    routes.post("agents/:platform/:agent/revoke") { seat, call in
      try seat.revokeAgent(
        platform: try call.part("platform"), agent: try call.part("agent"),
        reason: try call.body("reason").optionalString("reason") ?? "")
    }
    routes.post("agents/:platform/:agent/settle-clone") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).settleClone(
        platform: try call.part("platform"), agent: try call.part("agent"))
    }
  }

  private static func addOrders(to routes: DoorRoutes<Seat>) {
    routes.get("orders", query: OrderFilter.names + ["limit", "after"]) { seat, call in
      try seat.list(
        try OrderFilter(orElse: .all) { call.query($0) }, limit: try call.limit(), after: call.query("after"))
    }
    routes.get("order-counts", query: OrderFilter.names) { seat, call in
      try seat.counts(try OrderFilter(orElse: .all) { call.query($0) })
    }
    routes.post("orders") { seat, call in
      let body = try call.body("registers", "dispatch", "request", "author")
      return try seat.acting(as: call.author()).create(
        registers: try call.registers(), dispatchTo: try body.optionalString("dispatch"),
        request: try call.requestID())
    }
    // The number goes in the body, as everywhere.
    routes.post("orders/similar") { seat, call in
      let body = try call.body("title", "address", "phone", "author")
      return try seat.acting(as: call.author()).similar(
        title: try body.optionalString("title"), address: try body.optionalString("address"),
        phone: try body.optionalString("phone"))
    }
    routes.get("orders/:order") { seat, call in try seat.document(try seat.resolve(try call.part("order"))) }
    routes.post("orders/:order/commands") { seat, call in
      // The fields of the command itself are Command's to know, so that none is listed here.
      let body = try call.body()
      let onBehalfOf = try body.optionalString("onBehalfOf").map { try PlatformName($0) }
      return try seat.acting(as: call.author()).perform(
        try Command(body), on: try seat.resolve(try call.part("order")),
        assignment: try body.optionalString("assignment"), onBehalfOf: onBehalfOf, request: try call.requestID())
    }
    routes.post("orders/:order/reveal") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).reveal(try seat.resolve(try call.part("order")))
    }
    routes.get("orders/:order/actions") { seat, call in try seat.actions(try seat.resolve(try call.part("order"))) }
    routes.getText("orders/:order/state") { seat, call in
      try seat.canonical(try seat.resolve(try call.part("order")))
    }
    routes.post("import", limit: OperatorsLimits.maxImportBytes) { seat, call in
      let body = try call.body("system", "dispatch", "rows", "author")
      guard let rows = body["rows"]?.asArray else {
        throw JSONError(body["rows"] == nil ? .missing : .wrongType, field: "rows")
      }
      guard rows.count <= OperatorsLimits.maxImportRows else {
        throw Problem(
          .tooLarge, "one request imports at most \(OperatorsLimits.maxImportRows) rows, these are \(rows.count)")
      }
      return try seat.acting(as: call.author()).importRows(
        system: try body.string("system"), dispatch: try body.optionalBool("dispatch") ?? false, rows: rows)
    }
  }

  private static func addReports(to routes: DoorRoutes<Seat>) {
    routes.get("requests") { seat, _ in try seat.requests() }
    routes.get("conflicts") { seat, _ in try seat.conflicts() }
    routes.get("voids", query: "after", "limit") { seat, call in
      try seat.voids(after: call.query("after"), limit: try call.limit())
    }
    routes.get("quarantine", query: "after", "limit") { seat, call in
      try seat.quarantine(after: call.query("after"), limit: try call.limit())
    }
    routes.get("quarantine/:id") { seat, call in try seat.quarantined(try call.part("id")) }
    routes.get("lost") { seat, _ in try seat.lost() }
    routes.post("lost/:order/settle") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).settleLost(try call.part("order"))
    }
    routes.get("changes", query: "after", "limit") { seat, call in
      try seat.changes(after: call.query("after"), limit: try call.limit())
    }
    routes.get("states", query: "platform", "after", "limit") { seat, call in
      try seat.states(platform: call.query("platform"), after: call.query("after"), limit: try call.limit())
    }
  }

  private static func addSupervision(to routes: DoorRoutes<Seat>) {
    routes.get("deadlines", query: "platform", "sector", "district", "state", "stage", "limit", "after") { seat, call in
      try seat.deadlines(
        call.supervisionFilter(), state: try call.deadlineState(), stage: call.query("stage"),
        limit: try call.limit(), after: call.query("after"))
    }
    routes.get("orders/:order/deadlines") { seat, call in
      try seat.deadlines(of: try seat.resolve(try call.part("order")))
    }
    routes.get("callbacks", query: "platform", "sector", "district", "limit", "after") { seat, call in
      try seat.callBacks(call.supervisionFilter(), limit: try call.limit(), after: call.query("after"))
    }
    routes.get("indicators", query: "from", "to", "sector", "platform", "district", "by") { seat, call in
      try seat.indicators(try call.indicatorQuery(seat))
    }
    routes.get("policy") { seat, _ in try seat.policy() }
    routes.post("policy/reload") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).reloadPolicy()
    }
  }

  /// The number goes in the body: addresses are for everyone to see.
  private static func addPrivacy(to routes: DoorRoutes<Seat>) {
    routes.get("privacy/status") { seat, _ in try seat.purges() }
    routes.get("privacy/lookups") { seat, _ in try seat.lookups() }
    routes.post("privacy/find") { seat, call in
      try seat.acting(as: call.author()).findPerson(phone: try call.body("phone", "author").string("phone"))
    }
    routes.post("privacy/export") { seat, call in
      try seat.acting(as: call.author()).exportPerson(phone: try call.body("phone", "author").string("phone"))
    }
    routes.post("privacy/purge") { seat, call in
      let body = try call.body("phone", "reason", "author")
      return try seat.acting(as: call.author()).purgePerson(
        phone: try body.string("phone"), reason: try body.string("reason"))
    }
  }

  private static func addAccounts(to routes: DoorRoutes<Seat>) {
    routes.get("users") { seat, _ in try seat.users() }
    routes.postWaiting("users") { seat, call in
      let body = try call.body("name", "displayName", "role", "program", "password", "author")
      return try await seat.acting(as: call.author()).addUser(
        name: try body.string("name"), displayName: try body.optionalString("displayName"),
        role: try call.role("role") ?? .viewer, isProgram: try body.optionalBool("program") ?? false,
        password: try body.optionalString("password"))
    }
    routes.post("users/:name/role") { seat, call in
      guard try call.body("role", "author")["role"] != nil, let role = try call.role("role") else {
        throw JSONError(.missing, field: "role")
      }
      return try seat.acting(as: call.author()).setRole(of: try call.part("name"), to: role)
    }
    routes.postWaiting("users/:name/password") { seat, call in
      let password = try call.body("password", "author").optionalString("password")
      return try await seat.acting(as: call.author()).setPassword(of: try call.part("name"), password: password)
    }
    routes.post("users/:name/disable") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).disableUser(try call.part("name"))
    }
    routes.post("users/:name/enable") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).enableUser(try call.part("name"))
    }
    routes.post("users/:name/second-factor/reset") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).resetSecondFactor(of: try call.part("name"))
    }
    routes.get("users/:name/tokens") { seat, call in try seat.apiTokens(of: try call.part("name")) }
    routes.post("users/:name/tokens") { seat, call in
      let body = try call.body("label", "role", "life", "author")
      return try seat.acting(as: call.author()).createAPIToken(
        for: try call.part("name"), label: try body.string("label"), role: try call.role("role"),
        lifeSeconds: try body.optionalInt("life"))
    }
    routes.post("users/:name/tokens/:id/revoke") { seat, call in
      _ = try call.body("author")
      return try seat.acting(as: call.author()).revokeAPIToken(try call.part("id"), of: try call.part("name"))
    }
    routes.get("audit", query: "before", "who", "action", "limit") { seat, call in
      try seat.audit(
        before: try call.number("before"), who: call.query("who"), action: call.query("action"),
        limit: try call.limit())
    }
  }
}
