// Every route and every command against every role: allowed, or refused as `forbidden`, as the one table of rights says. Over HTTP, as
// programs with API tokens and browsers with sessions come.

import Core
import Foundation
import Hummingbird
import Logging
import NIOPosix
import ServiceLifecycle
import Shell
import Testing

@testable import Hub

/// One route, a body that it can read, and the right that it takes.
struct RoutedRight: Sendable, CustomTestStringConvertible {
  let route: String
  let right: Right
  let body: JSON

  init(_ route: String, _ right: Right, _ body: JSON = .object([])) {
    self.route = route
    self.right = right
    self.body = body
  }

  var testDescription: String { route }

  /// The table. What is named in it is not there, so that nothing is changed; `o` is the order that is.
  static let all: [RoutedRight] = [
    .init("GET status", .see), .init("GET doctor", .inspect), .init("POST doctor", .administer, ["fix": true]),
    .init("GET resync", .see), .init("POST resync", .compare, ["platform": "none"]), .init("GET platforms", .see),
    .init("POST platforms", .administer, ["name": "-"]), .init("GET tokens", .administer),
    .init("POST tokens", .administer, ["platform": "none"]), .init("POST tokens/:id/revoke", .administer),
    .init("GET agents", .see), .init("GET agents/:platform/:agent/contact", .see),
    .init("GET agents/:platform/:agent/unsent", .see), .init("GET orders/:order/actions", .see),
    .init("GET voids", .see), .init("POST agents/:platform/:agent/revoke", .administer),
    .init("POST agents/:platform/:agent/settle-clone", .administer), .init("GET orders", .see),
    .init("POST orders", .handle, ["registers": ["title": "x"], "dispatch": "none"]), .init("GET orders/:order", .see),
    .init("POST orders/similar", .handle, ["title": "x", "phone": "13800001234"]),
    .init("POST orders/:order/commands", .handle, ["command": "close", "code": "solved"]),
    .init("POST orders/:order/reveal", .reveal), .init("GET orders/:order/state", .see),
    .init("POST import", .importOrders, ["system": "/", "rows": []]), .init("GET requests", .see),
    .init("GET conflicts", .see), .init("GET quarantine", .see), .init("GET quarantine/:id", .inspect),
    .init("GET lost", .see), .init("POST lost/:order/settle", .supervise),
    .init("GET changes", .inspect), .init("GET states", .see), .init("GET privacy/status", .readAudit),
    .init("GET privacy/lookups", .readAudit), .init("POST privacy/find", .seek, ["phone": "13800001234"]),
    .init("POST privacy/export", .exportPersons, ["phone": "13800001234"]),
    .init("POST privacy/purge", .purge, ["phone": "13800001234", "reason": "r"]), .init("GET users", .manageAccounts),
    .init("POST users", .manageAccounts, ["name": "-"]),
    .init("POST users/:name/role", .manageAccounts, ["role": "viewer"]),
    .init("POST users/:name/password", .manageAccounts), .init("POST users/:name/disable", .manageAccounts),
    .init("POST users/:name/second-factor/reset", .manageAccounts),
    .init("POST users/:name/enable", .manageAccounts), .init("GET users/:name/tokens", .manageAccounts),
    .init("POST users/:name/tokens", .manageAccounts, ["label": "x"]),
    .init("POST users/:name/tokens/:id/revoke", .manageAccounts), .init("GET audit", .readAudit),
    .init("GET order-counts", .see), .init("GET deadlines", .see), .init("GET orders/:order/deadlines", .see),
    .init("GET callbacks", .see), .init("GET indicators", .see), .init("GET policy", .see),
    .init("POST policy/reload", .administer),
  ]

  /// The path with the order for `:order`, and names that nothing has for the rest.
  func path(_ order: OrderID) -> (method: String, path: String) {
    let parts = route.split(separator: " ")
    let path = parts[1].split(separator: "/").map { part in
      part == ":order" ? order.text : part.hasPrefix(":") ? "none" : String(part)
    }
    return (String(parts[0]), "/api/v1/" + path.joined(separator: "/"))
  }
}

/// The operators' routes as the console's listener serves them, over a Unix socket so that no port is taken.
private struct Doorway {
  let world: HubWorld
  let client: CurlClient

  func send(
    _ method: String, _ path: String, headers: [(String, String)], _ body: JSON = .object([])
  ) async throws -> (status: Int, body: JSON, answer: HTTPAnswer) {
    let answer = try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { [client] in
        continuation.resume(
          with: Result {
            try client.send(method, path, headers: headers, body: method == "GET" ? [] : body.bytes)
          })
      }
    }
    let isJSON = answer.contentType?.hasSuffix("json") == true
    return (answer.status, isJSON ? try JSON(parsing: answer.body) : .null, answer)
  }

  static func open(_ body: (Doorway) async throws -> Void) async throws {
    let world = try HubWorld(platforms: ["water"])
    let socket = world.directory + "/door.sock"
    let pool = NIOThreadPool(numberOfThreads: 2)
    pool.start()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let router = Router(context: BasicRequestContext.self)
    OperatorsAPI.addRoutes(to: router.group("api/v1"), of: world.hotline, pool: pool)
    let (starts, start) = AsyncStream<Void>.makeStream()
    let application = Application(
      router: router, configuration: .init(address: .unixDomainSocket(path: socket)),
      onServerRunning: { _ in start.finish() }, logger: logger)
    let group = ServiceGroup(configuration: .init(services: [application], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask {
        defer { start.finish() }
        try await group.run()
      }
      for await _ in starts {}
      let result: Result<Void, any Error>
      do { result = .success(try await body(Doorway(world: world, client: try CurlClient(.unixSocket(socket))))) } catch
      {
        result = .failure(error)
      }
      await group.triggerGracefulShutdown()
      try await tasks.waitForAll()
      try result.get()
    }
    try await pool.shutdownGracefully()
  }

  /// A program with each role, by its token's header.
  func programs() async throws -> [(role: Role, headers: [(String, String)])] {
    var programs: [(Role, [(String, String)])] = []
    for role in Role.allCases {
      _ = try await world.accounts.add(
        name: role.rawValue, displayName: nil, role: role, isProgram: true, password: nil, by: .socket)
      let token = try world.accounts.createToken(
        for: role.rawValue, label: "test", role: nil, lifeSeconds: nil, by: .socket)
      programs.append((role, [("Authorization", "Bearer \(token.text("token"))")]))
    }
    return programs
  }
}

@Suite struct RoleMatrixTests {
  @Test func everyRouteStandsInTheTable() {
    let routes = DoorRoutes<Seat>.names(rules: OperatorsAPI.rules, addRoutes: OperatorsAPI.addRoutes)
    #expect(routes.sorted() == RoutedRight.all.map(\.route).sorted())
  }

  /// Whoever changes what he signs in with types his password again, at the console; the description of the calls says so.
  @Test func noRouteChangesWhatOneSignsInWithOneself() {
    #expect(RoutedRight.all.allSatisfy { $0.right != .ownAccount })
    let touching = RoutedRight.all.filter { $0.route.contains("password") || $0.route.contains("second-factor") }
    #expect(touching.allSatisfy { $0.right == .manageAccounts } && touching.count == 2)
    #expect(String(decoding: PackageResources.openapi_yaml, as: UTF8.self).contains("**At the console alone.**"))
  }

  @Test func everyRouteIsAllowedToTheRolesThatHaveItsRightAndToNoOther() async throws {
    try await Doorway.open { door in
      let order = try door.world.dispatched(to: "water")
      for (role, headers) in try await door.programs() {
        for routed in RoutedRight.all {
          let (method, path) = routed.path(order)
          let answer = try await door.send(method, path, headers: headers, routed.body)
          let isForbidden = answer.status == 403 && answer.body["code"] == "forbidden"
          #expect(
            isForbidden == !RoleTable.allows(routed.right, role),
            "\(role) \(routed.route): \(answer.status) \(answer.body["detail"]?.asString ?? "")")
          #expect(answer.status < 500, "\(role) \(routed.route)")
        }
      }
    }
  }

  @Test func everyRouteIsRefusedToNobody() async throws {
    try await Doorway.open { door in
      let order = try door.world.dispatched(to: "water")
      for routed in RoutedRight.all {
        let (method, path) = routed.path(order)
        for headers in [[], [("Authorization", "Bearer lxa-none")], [("Cookie", "\(Sessions.cookie)=none")]] {
          let answer = try await door.send(method, path, headers: headers, routed.body)
          #expect(answer.status == 401 && answer.body["code"] == "sign-in-required", "\(routed.route)")
        }
      }
    }
  }

  @Test func aSessionReadsByItsCookieAndChangesWithItsTokenOnly() async throws {
    try await Doorway.open { door in
      try await door.world.person("li")
      let id = try await door.world.signIn("li").session
      let csrf = try #require(try door.world.accounts.sessions.find(id)).csrf
      let cookie = ("Cookie", "other=1; \(Sessions.cookie)=\(id)")
      #expect(try await door.send("GET", "/api/v1/status", headers: [cookie]).status == 200)
      let order: JSON = ["registers": ["title": "x"]]
      #expect(try await door.send("POST", "/api/v1/orders", headers: [cookie], order).body["code"] == "forbidden")
      let made = try await door.send(
        "POST", "/api/v1/orders", headers: [cookie, (Sessions.csrfHeader, csrf)], order)
      #expect(made.status == 200)
      var named = order
      named = .object((named.asObject ?? []) + [.init("author", ["name": "boss", "role": "administrator"])])
      let refused = try await door.send(
        "POST", "/api/v1/orders", headers: [cookie, (Sessions.csrfHeader, csrf)], named)
      #expect(refused.body["code"] == "forbidden", "the author is the account")
    }
  }

  @Test func everyCommandTakesTheRightOfTheTable() throws {
    let world = try HubWorld()
    let order = try world.dispatched(to: "water")
    let supervisors: Set<String> = ["answer", "supervise", "settle", "relate", "void", "reinstate", "cancel"]
    for command in Self.commands {
      let right: Right = supervisors.contains(command.name) ? .supervise : .handle
      #expect(RoleTable.right(for: command) == right, "\(command.name)")
      for role in Role.allCases {
        let seat = Seat(world.hotline, Operator(name: "x", role: role, via: .console))
        var isForbidden = false
        do {
          // Nothing that exists is named: what is allowed fails for another reason.
          _ = try seat.perform(
            command, on: order, assignment: "none", onBehalfOf: try PlatformName("nobody"), request: "")
        } catch let problem as Problem {
          isForbidden = problem.code == .forbidden
        }
        #expect(isForbidden == !RoleTable.allows(right, role), "\(role) \(command.name)")
      }
    }
    #expect(Set(Self.commands.map(\.name)).count == 26)
  }

  private static let commands: [Command] = [
    .accept, .progress(step: "onSite"), .result(.object([])), .complete(result: .object([]), reply: nil),
    .reply(.object([])), .request(type: "return", code: nil, reason: "", until: nil, suggestedSector: nil),
    .withdraw(request: "r"), .resume, .plan(field: "eta", value: 1), .contact(.object([]), number: nil),
    .note(text: "x", visibility: "all"), .describe([.init("title", "x")]),
    .amend([.init("title", "x")]),
    .dispatch(platform: "none", role: nil, instruction: nil, cause: nil), .recall(reason: ""), .urge(text: ""),
    .supervise(to: "water", demand: "x", until: nil), .callBack(.object([]), verdict: nil),
    .close(code: "solved", note: nil), .rework(platform: nil, instruction: nil), .cancel(reason: ""),
    .answer(request: "r", granted: true, until: nil, note: nil), .settle(register: "title", value: nil),
    .relate(order: "x", kind: "repeat"), .void(dot: "x", reason: ""), .reinstate(dot: "x"),
  ]

  @Test func aRoleHasAllRightsOfThoseBelowItAndEachHasMore() {
    for (lower, higher) in zip(Role.allCases, Role.allCases.dropFirst()) {
      let below = Set(Right.allCases.filter { RoleTable.allows($0, lower) })
      let above = Set(Right.allCases.filter { RoleTable.allows($0, higher) })
      #expect(below.isStrictSubset(of: above), "\(lower) \(higher)")
    }
    #expect(Right.allCases.allSatisfy { RoleTable.allows($0, .administrator) })
  }

  @Test func theDocumentHasTheTable() throws {
    let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/operate.md").standardized
    let text = try String(contentsOf: url, encoding: .utf8)
    for right in Right.allCases {
      let marks = Role.allCases.map { RoleTable.allows(right, $0) ? "yes" : "–" }.joined(separator: " | ")
      let row = try #require(
        text.components(separatedBy: "\n").first { $0.hasPrefix("| `\(right.rawValue)` |") }, "\(right.rawValue)")
      #expect(row.hasSuffix("| \(marks) |"), "as it must end: | \(marks) |")
    }
  }
}
