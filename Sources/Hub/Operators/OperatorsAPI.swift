// The operators' API: JSON over HTTP/1.1 on the hub's Unix socket. Here is the table of routes; the server is Shell's Door, reading what
// only these calls have is in OperatorsCalls.swift, what the calls do is Hotline's.

import Core
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
  let rules = DoorRules(
    name: "operators", emptyItemIsAbsent: false, problem: HubFailure.problem, reason: { "\($0)" })
  return try makeDoorApplication(
    hotline, socket: socket, rules: rules, logger: logger, pool: pool, onServerRunning: onServerRunning,
    addRoutes: OperatorsAPI.addRoutes)
}

/// The routes, each a line of the contract.
enum OperatorsAPI {
  static func addRoutes(to routes: DoorRoutes<Hotline>) {
    addHealth(to: routes)
    addPlatforms(to: routes)
    addOrders(to: routes)
    addReports(to: routes)
    addPrivacy(to: routes)
  }

  private static func addHealth(to routes: DoorRoutes<Hotline>) {
    routes.get("status") { hotline, _ in try hotline.status() }
    routes.get("doctor") { hotline, _ in try hotline.doctor() }
    routes.post("doctor") { hotline, call in
      try hotline.doctor(fixing: try call.body("fix").optionalBool("fix") ?? false)
    }
    routes.get("resync", query: "platform") { hotline, call in try hotline.resyncs(platform: call.query("platform")) }
    routes.post("resync") { hotline, call in
      let body = try call.body("platform", "agent", "full", "dryRun")
      // Everything is a lot to ask: it must be said.
      guard body["platform"] != nil else { throw JSONError(.missing, field: "platform") }
      return try hotline.resync(
        platform: try body.optionalString("platform"), agent: try body.optionalString("agent"),
        isFull: try body.optionalBool("full") ?? false, isDryRun: try body.optionalBool("dryRun") ?? false)
    }
  }

  private static func addPlatforms(to routes: DoorRoutes<Hotline>) {
    routes.get("platforms") { hotline, _ in try hotline.platforms() }
    routes.post("platforms") { hotline, call in
      let body = try call.body("name", "displayName", "sectors")
      return try hotline.addPlatform(
        name: try body.string("name"), displayName: try body.optionalString("displayName"),
        sectors: try call.strings("sectors"))
    }
    routes.get("tokens") { hotline, _ in try hotline.tokens() }
    routes.post("tokens") { hotline, call in
      let body = try call.body("platform", "agent", "life")
      return try hotline.createToken(
        platform: try body.string("platform"), agent: try body.optionalString("agent"),
        lifeSeconds: try body.optionalInt("life"))
    }
    routes.post("tokens/:id/revoke") { hotline, call in try hotline.revokeToken(try call.part("id")) }
    routes.get("agents") { hotline, _ in try hotline.agents() }
    routes.post("agents/:platform/:agent/revoke") { hotline, call in
      try hotline.revokeAgent(
        platform: try call.part("platform"), agent: try call.part("agent"),
        reason: try call.body("reason").optionalString("reason") ?? "")
    }
    routes.post("agents/:platform/:agent/settle-clone") { hotline, call in
      _ = try call.body("author")
      return try hotline.settleClone(
        platform: try call.part("platform"), agent: try call.part("agent"), author: try call.author())
    }
  }

  private static func addOrders(to routes: DoorRoutes<Hotline>) {
    routes.get("orders", query: "platform", "status", "open", "text", "limit", "after") { hotline, call in
      try hotline.list(
        platform: call.query("platform"), status: call.query("status"), openOnly: try call.flag("open") ?? false,
        text: call.query("text"), limit: try call.limit(), after: call.query("after"))
    }
    routes.post("orders") { hotline, call in
      let body = try call.body("registers", "dispatch", "request", "author")
      return try hotline.create(
        registers: try call.registers(), dispatchTo: try body.optionalString("dispatch"), author: try call.author(),
        request: try call.requestID())
    }
    routes.get("orders/:order") { hotline, call in try hotline.document(try hotline.resolve(try call.part("order"))) }
    routes.post("orders/:order/commands") { hotline, call in
      // The fields of the command itself are Command's to know, so that none is listed here.
      let body = try call.body()
      let onBehalfOf = try body.optionalString("onBehalfOf").map { try PlatformName($0) }
      var author = try call.author()
      author.onBehalfOf = onBehalfOf?.text
      return try hotline.perform(
        try Command(body), on: try hotline.resolve(try call.part("order")),
        assignment: try body.optionalString("assignment"), onBehalfOf: onBehalfOf, author: author,
        request: try call.requestID())
    }
    routes.getText("orders/:order/state") { hotline, call in
      try hotline.canonical(try hotline.resolve(try call.part("order")))
    }
    routes.post("import", limit: OperatorsLimits.maxImportBytes) { hotline, call in
      let body = try call.body("system", "dispatch", "rows", "author")
      guard let rows = body["rows"]?.asArray else {
        throw JSONError(body["rows"] == nil ? .missing : .wrongType, field: "rows")
      }
      guard rows.count <= OperatorsLimits.maxImportRows else {
        throw Problem(
          .tooLarge, "one request imports at most \(OperatorsLimits.maxImportRows) rows, these are \(rows.count)")
      }
      return try hotline.importRows(
        system: try body.string("system"), dispatch: try body.optionalBool("dispatch") ?? false, rows: rows,
        author: try call.author())
    }
  }

  private static func addReports(to routes: DoorRoutes<Hotline>) {
    routes.get("requests") { hotline, _ in try hotline.requests() }
    routes.get("conflicts") { hotline, _ in try hotline.conflicts() }
    routes.get("quarantine") { hotline, _ in try hotline.quarantine() }
    routes.get("quarantine/:id") { hotline, call in try hotline.quarantined(try call.part("id")) }
    routes.get("lost") { hotline, _ in try hotline.lost() }
    routes.post("lost/:order/settle") { hotline, call in
      _ = try call.body("author")
      return try hotline.settleLost(try hotline.lostOrder(try call.part("order")), author: try call.author())
    }
    routes.get("changes", query: "after", "limit") { hotline, call in
      try hotline.changes(after: call.query("after"), limit: try call.limit())
    }
    routes.get("states", query: "platform", "after", "limit") { hotline, call in
      try hotline.states(platform: call.query("platform"), after: call.query("after"), limit: try call.limit())
    }
  }

  /// The number goes in the body: addresses are for everyone to see.
  private static func addPrivacy(to routes: DoorRoutes<Hotline>) {
    routes.get("privacy/status") { hotline, _ in try hotline.purges() }
    routes.get("privacy/lookups") { hotline, _ in try hotline.lookups() }
    routes.post("privacy/find") { hotline, call in
      try hotline.findPerson(phone: try call.body("phone", "author").string("phone"), author: try call.author())
    }
    routes.post("privacy/export") { hotline, call in
      try hotline.exportPerson(phone: try call.body("phone", "author").string("phone"), author: try call.author())
    }
    routes.post("privacy/purge") { hotline, call in
      let body = try call.body("phone", "reason", "author")
      return try hotline.purgePerson(
        phone: try body.string("phone"), reason: try body.string("reason"), author: try call.author())
    }
  }
}
