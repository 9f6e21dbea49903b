// The agent's local API: JSON over HTTP/1.1 on a Unix socket. Here is the table of routes; the server is Shell's Door, reading what only
// these calls have is LocalCalls', what the calls do is the agent's.

import Core
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell

/// What the local listener allows, beside every door's limits.
enum LocalLimits {
  /// The longest that one `sync` may be waited for, in seconds.
  static let maxSyncSeconds = 3_600
  /// The latest comparisons with the hub that are named.
  static let shownHealings = 10
}

/// Makes the local server; run it as a service. Frees the socket of what a killed daemon left, so call it while holding the
/// database's process lock.
///
/// - Parameters:
///   - pool: where the agent's blocking calls run.
///   - onServerRunning: called once connections are accepted and nobody else may connect.
func makeLocalApplication(
  door: any AgentDoor, socket: String, logger: Logger, pool: NIOThreadPool = .singleton,
  onServerRunning: @escaping @Sendable () async -> Void = {}
) throws(DoorSocketError) -> some ApplicationProtocol {
  let rules = DoorRules(
    name: "local", emptyItemIsAbsent: true,
    problem: { _ in Problem(.internalError) },
    // The error may name values: only its type is logged.
    reason: { "\(type(of: $0))" })
  return try makeDoorApplication(
    door, socket: socket, rules: rules, logger: logger, pool: pool, onServerRunning: onServerRunning,
    addRoutes: LocalAPI.addRoutes)
}

/// The routes, each a line of the contract.
enum LocalAPI {
  static func addRoutes(to routes: DoorRoutes<any AgentDoor>) {
    addHealth(to: routes)
    addResync(to: routes)
    addOrders(to: routes)
    addReports(to: routes)
  }

  private static func addHealth(to routes: DoorRoutes<any AgentDoor>) {
    routes.get("status") { door, _ in try door.status() }
    routes.get("doctor") { door, _ in try door.doctor(fixing: false) }
    routes.post("doctor") { door, call in try door.doctor(fixing: try call.body("fix").optionalBool("fix") ?? false) }
    routes.postWaiting("sync") { [pool = routes.pool] door, call in
      let wait = try call.body("wait").optionalInt("wait", in: 0...LocalLimits.maxSyncSeconds) ?? 0
      // A daemon that is told to end does not stay for whoever waits.
      await cancelWhenGracefulShutdown { await door.syncNow(wait: wait > 0 ? .seconds(wait) : nil) }
      return try await pool.runIfActive { try door.status() }
    }
  }

  private static func addResync(to routes: DoorRoutes<any AgentDoor>) {
    routes.get("resync") { door, _ in try resyncDocument(door) }
    routes.post("resync") { door, call in
      let body = try call.body("full", "dryRun", "order")
      var request = ResyncRequest()
      request.isFull = try body.optionalBool("full") ?? false
      request.isDryRun = try body.optionalBool("dryRun") ?? false
      if let name = try body.optionalString("order") { request.order = try held(try door.store.resolve(name), name) }
      let answer = door.resync(request)
      if case .busy(let other) = answer {
        throw Problem(
          .busy, "another resync is under way (\(other.words)); wait for its end", retryAfterSeconds: 5)
      }
      let joined = answer == .joined ? [JSON.Member("joined", true)] : []
      return .object((try resyncDocument(door).asObject ?? []) + joined)
    }
  }

  /// As the door gives it, with the latest comparisons.
  private static func resyncDocument(_ door: any AgentDoor) throws -> JSON {
    let healings = JSON.Member("healings", .array(try door.store.healings(limit: LocalLimits.shownHealings)))
    return .object((try door.resyncDocument().asObject ?? []) + [healings])
  }

  private static func addOrders(to routes: DoorRoutes<any AgentDoor>) {
    routes.get("orders", query: "status", "open", "text", "limit", "after") { door, call in
      let filter = OrderFilter(
        status: try call.status(), open: try call.flag("open"), text: call.query("text"), limit: try call.limit(),
        after: try call.order("after"))
      return try door.store.list(filter, now: Wall.now)
    }
    routes.post("orders") { door, call in
      _ = try call.body("registers", "request", "author")
      let recorded = try door.store.create(
        registers: try call.registers(), author: try call.author(), request: try call.requestID(), now: Wall.now)
      door.localChange()
      return recorded.json
    }
    routes.get("orders/:order") { door, call in
      let name = try call.part("order")
      return try held(try door.store.document(name, now: Wall.now), name)
    }
    routes.getText("orders/:order/state") { door, call in
      let name = try call.part("order")
      return try held(try door.store.canonical(name), name)
    }
    routes.post("orders/:order/commands") { door, call in
      // The fields of the command itself are Command's to know, so that none is listed here.
      let body = try call.body()
      let name = try call.part("order")
      let recorded = try door.store.perform(
        try Command(body), on: try held(try door.store.resolve(name), name),
        assignment: try body.optionalString("assignment"), author: try call.author(), request: try call.requestID(),
        now: Wall.now)
      door.localChange()
      return recorded.json
    }
  }

  private static func addReports(to routes: DoorRoutes<any AgentDoor>) {
    routes.get("states", query: "after", "limit") { door, call in
      try door.store.states(after: try call.order("after"), limit: try call.limit())
    }
    routes.get("changes", query: "after", "limit") { door, call in
      try door.store.changes(after: try call.number("after") ?? 0, limit: try call.limit())
    }
    routes.get("conflicts") { door, _ in try door.store.conflicts() }
    routes.get("quarantine") { door, _ in try door.store.quarantine() }
  }
}

/// What the store found under that name, or `not-found`: the same answer for an order of others and for none.
private func held<Value>(_ found: Value?, _ name: String) throws(Problem) -> Value {
  guard let found else { throw Problem(.notFound, "there is no order '\(name.prefix(80))' here") }
  return found
}
