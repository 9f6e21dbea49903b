// A hub and the agents of some platforms as real processes over TLS on loopback, each in a folder of its own under one
// temporary folder. What a test does with them is the test's; it imports this as `@testable`.

import Core
import Foundation
import Shell

/// An answer of a daemon's Unix socket or of the sync listener.
struct Answer {
  let status: Int
  let json: JSON
  var code: String? { json["code"]?.asString }
  var detail: String { json["detail"]?.asString ?? "" }

  init(_ answer: HTTPAnswer) throws {
    status = answer.status
    json = answer.body.isEmpty ? .null : try JSON(parsing: answer.body)
  }
}

/// One daemon with its data directory: started, killed, asked through its socket and through its own command line.
final class Daemon {
  let program: Program
  let data: String
  private let site: String
  /// Settings of the product under which it is started.
  var environment: [String: String]
  private var arguments: [String]
  private(set) var process: ChildProcess?

  init(_ program: Program, data: String, site: String, arguments: [String], environment: [String: String] = [:]) {
    self.program = program
    self.data = data
    self.site = site
    self.arguments = arguments
    self.environment = environment
  }

  var socket: String { data + (program == .hub ? "/hub.sock" : "/agent.sock") }
  var pid: Int32 { process?.pid ?? 0 }

  /// Starts it and waits until it answers.
  func start(_ more: [String] = []) throws {
    let child = try ChildProcess(program.path, arguments + more, scratch: site, environment: environment)
    process = child
    try eventually("\(program.rawValue) answers on \(socket)") {
      if !child.isRunning {
        throw NotInTime(description: "it ended: \(try String(contentsOfFile: child.log, encoding: .utf8))")
      }
      return (try? get("/v1/status").status) == 200  // refused until it listens
    }
  }

  func kill() {
    process?.kill()
    process = nil
  }

  /// SIGTERM; the exit status.
  func terminate() throws -> Int32 {
    let status = try demand(process, "\(program.rawValue) runs").terminate()
    process = nil
    return status
  }

  /// Runs a command of the daemon's own command line on its data directory.
  func command(_ arguments: String...) throws -> Finished {
    try ChildProcess(program.path, arguments + ["--data", data], scratch: site).finish()
  }

  /// As ``command(_:)``, which must succeed, with `--json`.
  func json(_ arguments: String...) throws -> JSON {
    let finished = try ChildProcess(program.path, arguments + ["--data", data, "--json"], scratch: site).finish()
    try demand(finished.status == 0, "\(arguments) succeeds: \(finished.all)")
    return try JSON(parsing: Array(finished.output.utf8))
  }

  func get(_ path: String) throws -> Answer { try send("GET", path, []) }
  func post(_ path: String, _ body: JSON) throws -> Answer { try send("POST", path, body.bytes) }

  private func send(_ method: String, _ path: String, _ body: [UInt8]) throws -> Answer {
    let client = try CurlClient(.unixSocket(socket))
    return try Answer(
      client.send(method, path, headers: [("Content-Type", "application/json")], body: body, timeout: .seconds(20)))
  }

  /// The canonical form of an order here.
  func state(_ order: OrderID) throws -> [UInt8] {
    let answer = try CurlClient(.unixSocket(socket)).send("GET", "/v1/orders/\(order)/state", timeout: .seconds(20))
    try demand(answer.status == 200, "\(order) has a state here: \(answer.status)")
    return answer.body
  }

  func order(_ order: OrderID) throws -> JSON { try get("/v1/orders/\(order)").json }

  /// A command on an order; its answer.
  func perform(_ command: String, on order: OrderID, _ fields: (String, JSON)...) throws -> Answer {
    try post(
      "/v1/orders/\(order)/commands",
      .object([JSON.Member("command", .string(command))] + fields.map { JSON.Member($0, $1) }))
  }

  func note(_ text: String, on order: OrderID, request: String) throws -> Answer {
    try perform("note", on: order, ("text", .string(text)), ("request", .string(request)))
  }

  /// Every line of its log, by dot.
  func lines() throws -> [String: String] {
    var lines: [String: String] = [:]
    var after = ""
    while true {
      let page = try get("/v1/changes?limit=1000" + (after.isEmpty ? "" : "&after=\(after)")).json
      for row in page["changes"]?.asArray ?? [] { lines[try row.string("dot")] = row["line"]?.asString ?? "" }
      guard let next = page["next"] else { return lines }
      after = next.asString ?? next.asInt.map(String.init) ?? ""
    }
  }

  // MARK: An agent's

  var status: JSON { get throws { try get("/v1/status").json } }
  var link: String { get throws { try status["link"]?["state"]?.asString ?? "" } }
  var outbox: Int { get throws { try status["outbox"]?["depth"]?.asInt ?? -1 } }

  /// Starts the agent anew where it cannot reach the hub: people work on with it.
  func cutOff() throws {
    kill()
    environment["LIANXIN_AGENT_HUB"] = "https://localhost:1"
    try start()
  }

  /// Starts it anew with its way to the hub.
  func reconnect() throws {
    kill()
    environment["LIANXIN_AGENT_HUB"] = nil
    try start()
  }

  /// Waits until the agent and its hub have each other's changes.
  func settle() throws {
    try eventually("\(data) is in step with the hub") {
      let status = try post("/v1/sync", ["wait": 5]).json
      return status["link"]?["state"] == "online" && status["outbox"]?["depth"] == 0 && status["cursor"]?["lag"] == 0
    }
  }
}

/// A hub and an agent for each platform, enrolled and running.
final class Site {
  let directory: String
  let hub: Daemon
  private(set) var agents: [String: Daemon] = [:]
  /// Waits short enough for a test.
  static let quick = [
    "LIANXIN_AGENT_RETRY_FIRST": "50ms", "LIANXIN_AGENT_RETRY_MAX": "300ms", "LIANXIN_AGENT_RETRY_OPERATOR": "1s",
  ]

  private static let consolePort = "LIANXIN_HUB_CONSOLE_PORT"

  /// - Parameters:
  ///   - console: whether the hub has its console, on a port that the system chooses.
  ///   - beforehand: is given each daemon's data directory before anything is made in it.
  convenience init(
    _ platforms: String..., console: Bool = false, beforehand: (String) throws -> Void = { _ in }
  ) throws {
    try self.init(platforms: platforms, console: console, beforehand: beforehand)
  }

  /// As ``init(_:console:beforehand:)``.
  init(platforms: [String], console: Bool, beforehand: (String) throws -> Void = { _ in }) throws {
    // A socket's path has at most 107 bytes, so the folder's is short.
    directory = NSTemporaryDirectory() + "lx-" + String(UUID().uuidString.prefix(8))
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    hub = Daemon(
      .hub, data: directory + "/hub", site: directory,
      arguments: ["serve", "--data", directory + "/hub", "--listen", "127.0.0.1"],
      // People of these sites sign in by a password alone: what a second factor changes has tests of its own.
      environment: ["LIANXIN_HUB_ACCOUNTS_SECOND_FACTOR": "off"].merging(
        console ? ["LIANXIN_HUB_CONSOLE_ENABLED": "true", Site.consolePort: "0"] : [:]
      ) { $1 })
    try beforehand(hub.data)
    let made = try hub.command("init", "--names", "localhost,127.0.0.1")
    try demand(made.status == 0, "the hub is made: \(made.all)")
    try hub.start(["--port", "0"])
    for platform in platforms {
      try addPlatform(platform)
      try addAgent(of: platform, beforehand: beforehand)
    }
  }

  deinit {
    for agent in agents.values { agent.kill() }
    hub.kill()
    try? FileManager.default.removeItem(atPath: directory)  // a leftover of a test harms nobody
  }

  /// An agent's daemon with a data directory of this name; it is not started.
  func daemon(_ name: String) -> Daemon {
    Daemon(
      .agent, data: directory + "/" + name, site: directory, arguments: ["run", "--data", directory + "/" + name],
      environment: Site.quick)
  }

  /// Enrols an agent of a platform that the hub knows, and starts it.
  ///
  /// - Parameter beforehand: is given its data directory before anything is made in it.
  func addAgent(of platform: String, beforehand: (String) throws -> Void = { _ in }) throws {
    let agent = daemon(platform)
    try beforehand(agent.data)
    try demand(enrol(agent.data, token: try token(platform)).status == 0, "\(platform)'s agent is enrolled")
    try agent.start()
    agents[platform] = agent
  }

  func agent(_ platform: String) throws -> Daemon { try demand(agents[platform], "\(platform) has an agent") }

  var port: Int { get throws { try number(in: "hub.port") } }
  /// Of the console, where the hub has one.
  var consolePort: Int { get throws { try number(in: "console.port") } }

  private func number(in file: String) throws -> Int {
    let path = hub.data + "/" + file
    // The socket answers before the other listeners do.
    try eventually("the hub writes \(file)") { FileManager.default.fileExists(atPath: path) }
    let text = try String(contentsOfFile: path, encoding: .utf8)
    return try demand(Int(text.trimmingCharacters(in: .whitespacesAndNewlines)), "a number in \(file): \(text)")
  }

  var address: String { get throws { "https://localhost:\(try port)" } }
  var authority: String { hub.data + "/keys/ca.pem" }

  /// Starts the hub again where it was.
  func restartHub() throws {
    if hub.environment[Site.consolePort] != nil { hub.environment[Site.consolePort] = "\(try consolePort)" }
    try hub.start(["--port", "\(port)"])
  }

  func addPlatform(_ name: String, displayName: String? = nil, sectors: [String] = []) throws {
    let answer = try hub.post(
      "/v1/platforms",
      .compact([
        ("name", .string(name)), ("displayName", displayName.map(JSON.string)),
        ("sectors", sectors.isEmpty ? nil : .array(sectors.map(JSON.string))),
      ]))
    try demand(answer.status == 200, "the hub adds \(name): \(answer)")
  }

  func token(_ platform: String, life: Int = 3_600) throws -> String {
    try hub.post("/v1/tokens", ["platform": .string(platform), "life": .int(life)]).json.string("token")
  }

  /// `lianxin-agent enroll` into a data directory.
  func enrol(_ data: String, token: String, _ more: String...) throws -> Finished {
    try ChildProcess(
      Program.agent.path,
      ["enroll", "--data", data, "--hub", address, "--ca", authority, "--token", token] + more, scratch: directory
    ).finish()
  }

  /// A new order of the hotline, dispatched to `platform`, which holds it when this returns.
  func dispatched(to platform: String, title: String = "burst pipe") throws -> OrderID {
    let answer = try hub.post(
      "/v1/orders", ["registers": ["title": .string(title), "kind": "repair"], "dispatch": .string(platform)])
    try demand(answer.status == 200, "the hub makes an order: \(answer)")
    let order = try OrderID(try answer.json.string("order"))
    if let agent = agents[platform] {
      try eventually("\(platform) holds \(order)") { try agent.get("/v1/orders/\(order)").status == 200 }
    }
    return order
  }
}
