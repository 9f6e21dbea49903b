// One hub and one agent as real processes in a folder of their own, for measurements. The demonstration has a world of its own.

import Core
import Foundation
import Shell

/// The measured world: durable writes, TLS on, loopback.
final class BenchWorld {
  let directory: String
  private let binaries: String
  private var hubPid: pid_t?
  private var agentPid: pid_t?
  private let log: Int32

  static let platform = "water"

  /// - Parameters:
  ///   - hub: the data directory of a hub that is there already, or that `preparing` makes; nil makes a fresh one.
  ///   - preparing: called before the hub is started.
  init(_ name: String, hub given: String? = nil, preparing: (BenchWorld) throws -> Void = { _ in }) throws {
    directory = FileManager.default.currentDirectoryPath + "/.build/bench/" + name
    binaries = (CommandLine.arguments[0] as NSString).deletingLastPathComponent
    if FileManager.default.fileExists(atPath: directory) { try FileManager.default.removeItem(atPath: directory) }
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    log = open(directory + "/log", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    hub = given ?? directory + "/hub"
    // A hub that is there already may have an agent of an earlier measurement.
    agentName = given == nil ? "bench" : "bench\(getpid())"
    if given == nil { _ = try command("lianxin-hub", ["init", "--data", hub, "--names", "localhost"]) }
    try preparing(self)
    try startHub()
    if given == nil { _ = try command("lianxin-hub", ["platform", "add", BenchWorld.platform, "--data", hub]) }
    let token = try json(try command("lianxin-hub", ["token", "create", BenchWorld.platform, "--data", hub, "--json"]))
    _ = try command(
      "lianxin-agent",
      [
        "enroll", "--data", agent, "--hub", url, "--ca", hub + "/keys/ca.pem", "--token", try token.string("token"),
        "--name", agentName,
      ])
  }

  let hub: String
  /// Of the agent, at the hub.
  let agentName: String
  var agent: String { directory + "/agent" }
  private var hubSocket: String { socketPath("hub") }
  private var agentSocket: String { socketPath("agent") }
  private(set) var port = "0"
  private(set) var consolePort = 0
  var url: String { "https://localhost:" + port }

  /// Unix socket paths are short; a checkout's may be long.
  private func socketPath(_ name: String) -> String { "/tmp/lianxin-bench-\(getpid())-\(name).sock" }

  func startHub() throws {
    let pid = try Processes.start(
      binaries + "/lianxin-hub",
      ["serve", "--data", hub, "--socket", hubSocket, "--listen", "127.0.0.1", "--port", port],
      environment: [
        "LIANXIN_HUB_CONSOLE_PORT": "\(consolePort)", "LIANXIN_HUB_METRICS_ENABLED": "false",
        "LIANXIN_HUB_ACCOUNTS_SECOND_FACTOR": "off",
      ],
      output: (log, log))
    hubPid = pid
    try waitUntil("the hub answers") { [self] in (try? hubClient().get("/v1/status")) != nil }
    // Operators are answered before agents: the port is there a moment later. After a restart it is the same one.
    try waitUntil("the hub listens to agents") { [self] in
      let text = String(decoding: FileManager.default.contents(atPath: hub + "/hub.port") ?? Data(), as: UTF8.self)
      port = text.trimmingCharacters(in: .whitespacesAndNewlines)
      return Int(port) != nil
    }
    try waitUntil("the hub listens to browsers") { [self] in
      let text = String(decoding: FileManager.default.contents(atPath: hub + "/console.port") ?? Data(), as: UTF8.self)
      consolePort = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
      return consolePort > 0
    }
  }

  func startAgent() throws {
    agentPid = try Processes.start(
      binaries + "/lianxin-agent", ["run", "--data", agent, "--socket", agentSocket], output: (log, log))
    try waitUntil("the agent answers") { [self] in (try? agentClient().get("/v1/status")) != nil }
  }

  /// Ends a process with `signal` and waits for it.
  func stopHub(_ signal: Int32 = SIGTERM) { end(&hubPid, signal) }
  func stopAgent(_ signal: Int32 = SIGTERM) { end(&agentPid, signal) }

  private func end(_ pid: inout pid_t?, _ signal: Int32) {
    guard let running = pid else { return }
    kill(running, signal)
    Processes.wait(running)
    pid = nil
  }

  deinit {
    stopAgent()
    stopHub()
    close(log)
  }

  func hubClient() throws -> DaemonClient { try DaemonClient(socket: hubSocket, startCommand: "lianxin-hub serve") }
  func agentClient() throws -> DaemonClient { try DaemonClient(socket: agentSocket, startCommand: "lianxin-agent run") }

  /// The agent's way to the hub, for a program that speaks the protocol itself.
  func syncClient() throws -> CurlClient {
    try CurlClient(
      .https(
        baseURL: url, caFile: agent + "/identity/ca.pem", certificateFile: agent + "/identity/cert.pem",
        keyFile: agent + "/identity/key.pem"))
  }

  func command(_ program: String, _ arguments: [String]) throws -> [UInt8] {
    // Commands that reach the running hub need its socket.
    let needsSocket = program == "lianxin-hub" && !["init", "year"].contains(arguments.first)
    let all = arguments + (needsSocket ? ["--socket", hubSocket] : [])
    let done = try Processes.run(binaries + "/" + program, all)
    guard done.status == 0 else {
      throw CommandFailure("\(program) \(arguments.joined(separator: " ")): \(done.errors)")
    }
    return done.output
  }

  /// Orders of the hotline, dispatched to the platform.
  func dispatchOrders(_ count: Int) throws -> [OrderID] {
    let client = try hubClient()
    var orders: [OrderID] = []
    for start in stride(from: 0, to: count, by: 200) {
      let rows = (start..<min(start + 200, count)).map { number -> JSON in
        [
          "line": .int(number), "number": .string("b\(number)"), "platform": .string(BenchWorld.platform),
          "registers": [
            "kind": "repair", "title": .string("burst pipe \(number)"), "ref/bench": ["number": .string("b\(number)")],
            "location": ["address": "1 Main Street", "district": "Heping"],
          ],
        ]
      }
      let answer = try json(
        try client.post(
          "/v1/import",
          JSON.object([.init("system", "bench"), .init("dispatch", true), .init("rows", .array(rows))]).bytes))
      for row in answer["rows"]?.asArray ?? [] { orders.append(try OrderID(try row.string("order"))) }
    }
    return orders
  }

  /// Resident memory in MiB: now and at its highest.
  static func memory(_ pid: pid_t?) -> (now: Double, peak: Double) {
    guard let pid, let status = try? String(contentsOfFile: "/proc/\(pid)/status", encoding: .utf8) else {
      return (0, 0)
    }
    func kilobytes(_ field: String) -> Double {
      let line = status.split(separator: "\n").first { $0.hasPrefix(field + ":") }
      return line?.split(separator: " ", omittingEmptySubsequences: true).compactMap { Double($0) }.first ?? 0
    }
    return (kilobytes("VmRSS") / 1024, kilobytes("VmHWM") / 1024)
  }

  var hubMemory: (now: Double, peak: Double) { BenchWorld.memory(hubPid) }
  var agentMemory: (now: Double, peak: Double) { BenchWorld.memory(agentPid) }

  func json(_ bytes: [UInt8]) throws -> JSON { try JSON(parsing: bytes) }

  func waitUntil(_ what: String, seconds: Double = 60, _ isTrue: () throws -> Bool) throws {
    let end = Date().addingTimeInterval(seconds)
    while Date() < end {
      if try isTrue() { return }
      usleep(500)
    }
    throw CommandFailure("waited \(Int(seconds)) s in vain: \(what)", remedy: "see \(directory)/log")
  }
}

/// Seconds that `body` takes.
func seconds(_ body: () throws -> Void) rethrows -> Double {
  let clock = ContinuousClock()
  let duration = try clock.measure(body)
  return Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

/// Figures of several runs: minimum, median, maximum.
struct Spread: CustomStringConvertible {
  let sorted: [Double]
  init(_ values: [Double]) { sorted = values.sorted() }
  var median: Double { sorted.isEmpty ? 0 : sorted[sorted.count / 2] }
  func percentile(_ share: Double) -> Double {
    sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int(Double(sorted.count) * share))]
  }
  var description: String {
    "\(Int(median)) (\(Int(sorted.first ?? 0)) … \(Int(sorted.last ?? 0)))"
  }
}
