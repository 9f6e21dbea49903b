// The hub and the agents as processes with their directories, sockets and logs: started, killed, started again, stopped. What they
// are asked to do is Desk's and the script's.

import Core
import Foundation
import Shell
import Synchronization

/// An agency of the data, and so a platform.
struct Agency: Sendable {
  /// As the data names it.
  let code: String
  /// The platform's name.
  let slug: String
  let name: String
  let sectors: [String]

  /// Reads the platforms of a mapping file: one a line, as in `DOT: {slug: dot, name: …, sectors: [road, transit]}`.
  static func read(mapping path: String) throws(CommandFailure) -> [Agency] {
    let pattern = /^\s+(\w+): \{slug: ([\w-]+), name: (.+), sectors: \[(.+)\]\}$/
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else {  // said so below
      throw CommandFailure("\(path) cannot be read", remedy: "run this in the repository's root", status: .usage)
    }
    let agencies = text.split(separator: "\n").compactMap { line in
      line.wholeMatch(of: pattern).map { match in
        Agency(
          code: String(match.1), slug: String(match.2), name: String(match.3),
          sectors: match.4.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) })
      }
    }
    guard !agencies.isEmpty else { throw CommandFailure("\(path) names no platform", status: .configuration) }
    return agencies
  }
}

final class World: Sendable {
  let directory: String
  let agencies: [Agency]
  let proxy: Proxy
  private let binaries: String
  private let environment: [String: String]
  private let pids = Mutex<[Side: pid_t]>([:])
  private let killed = Mutex(0)

  /// - Parameters:
  ///   - directory: where everything of the demonstration lies. Relative, so that sockets' paths stay short.
  ///   - binaries: where lianxin-hub and lianxin-agent are.
  ///   - environment: settings of the product's programs, beside those that every run has.
  init(directory: String, binaries: String, agencies: [Agency], environment: [String: String] = [:]) throws {
    self.directory = directory
    self.binaries = binaries
    self.environment = World.environment.merging(environment) { $1 }
    self.agencies = agencies
    let previous = World.stopPrevious(directory)
    if previous > 0 {
      Terminal.write("Stopped \(previous) processes of an earlier demonstration.\n", to: STDERR_FILENO)
    }
    let files = FileManager.default
    if files.fileExists(atPath: directory) { try files.removeItem(atPath: directory) }
    for folder in ["hub", "agents", "logs"] {
      try files.createDirectory(atPath: "\(directory)/\(folder)", withIntermediateDirectories: true)
    }
    proxy = try Proxy(for: agencies.map(\.slug))
  }

  var sides: [Side] { [.hub] + agents }
  var agents: [Side] { agencies.map { .agent($0.slug) } }
  /// How often something was killed.
  var kills: Int { killed.withLock { $0 } }

  func data(_ side: Side) -> String {
    switch side {
    case .hub: "\(directory)/hub"
    case .agent(let name): "\(directory)/agents/\(name)"
    }
  }

  func socket(_ side: Side) -> String { data(side) + (side == .hub ? "/hub.sock" : "/agent.sock") }
  func program(_ side: Side) -> String { binaries + (side == .hub ? "/lianxin-hub" : "/lianxin-agent") }
  func log(_ side: Side) -> String { "\(directory)/logs/\(side.name).log" }

  /// The real command line of that side, to its end.
  func commandLine(_ side: Side, _ arguments: [String]) throws(CommandFailure) -> Finished {
    try Processes.run(program(side), arguments + ["--data", data(side)], environment: environment)
  }

  /// The same; anything but success is thrown with what it said.
  func demand(_ side: Side, _ arguments: [String]) throws(CommandFailure) -> Finished {
    let finished = try commandLine(side, arguments)
    guard finished.status == 0 else {
      throw CommandFailure(
        "\(side == .hub ? "lianxin-hub" : "lianxin-agent") \(arguments.prefix(2).joined(separator: " ")) ended with status"
          + " \(finished.status): \(finished.errors)")
    }
    return finished
  }

  // MARK: Life

  /// Ports that nobody chose cannot be taken already. Whoever looks around signs in with a password alone.
  private static let environment = [
    "LIANXIN_HUB_SYNC_NAMES": "localhost,127.0.0.1", "LIANXIN_HUB_ACCOUNTS_SECOND_FACTOR": "off",
    "LIANXIN_HUB_CONSOLE_PORT": "0", "LIANXIN_HUB_METRICS_PORT": "0",
  ]
  /// Ample for a start on a busy machine; it takes a fraction of a second.
  private static let startSeconds = 30.0

  /// Makes the hub's directory and starts it.
  func makeHub() throws {
    _ = try demand(.hub, ["init"])
    try start(.hub)
  }

  /// The real way in: a token from the hub, used once by the agent through its line.
  func enrol(_ agency: Agency) throws {
    let side = Side.agent(agency.slug)
    try FileManager.default.createDirectory(atPath: data(side), withIntermediateDirectories: true)
    let token = "\(data(side))/token"
    _ = try demand(.hub, ["token", "create", agency.slug, "--out", token])
    _ = try demand(
      side,
      [
        "enroll", "--hub", "https://127.0.0.1:\(proxy.ports[agency.slug] ?? 0)", "--ca", data(.hub) + "/keys/ca.pem",
        "--token-file", token, "--name", "\(agency.slug)-1",
      ])
    try FileManager.default.removeItem(atPath: token)
  }

  /// Starts the daemon and waits until it answers.
  ///
  /// - Parameter direct: an agent is to reach the hub without the proxy.
  func start(_ side: Side, direct: Bool = false) throws {
    let pid = try launch(side, direct: direct)
    try poll(side, pid) { [self] in
      guard side != .hub || FileManager.default.fileExists(atPath: portFile) else { return false }
      let client = try DaemonClient(socket: socket(side), startCommand: "")
      return (try? client.document("/v1/status", timeout: .seconds(2))) != nil  // not up yet: asked again
    }
    if side == .hub { proxy.setUpstream(port: try number(in: portFile)) }
  }

  /// Starts the daemon and kills it so many seconds later, whatever it is doing by then.
  func killAtStart(_ side: Side, after seconds: Double) throws {
    _ = try launch(side, direct: false)
    Thread.sleep(forTimeInterval: seconds)
    try kill(side)
  }

  private var portFile: String { data(.hub) + "/hub.port" }

  /// Where the hub that is running serves the console.
  func consoleAddress() throws -> String { "https://localhost:\(try number(in: data(.hub) + "/console.port"))" }

  private func launch(_ side: Side, direct: Bool) throws -> pid_t {
    var arguments = [side == .hub ? "serve" : "run", "--data", data(side)]
    if side == .hub {
      if FileManager.default.fileExists(atPath: portFile) { try FileManager.default.removeItem(atPath: portFile) }
      arguments += ["--listen", "127.0.0.1", "--port", "0"]
    } else if direct {
      arguments += ["--hub", "https://127.0.0.1:\(try number(in: portFile))"]
    }
    let file = open(log(side), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw CommandFailure("\(log(side)) cannot be written") }
    defer { close(file) }
    let pid = try Processes.start(program(side), arguments, environment: environment, output: (file, file))
    pids.withLock { $0[side] = pid }
    try writePids()
    return pid
  }

  private func number(in file: String) throws -> Int {
    let text = try String(contentsOfFile: file, encoding: .utf8).trimmingCharacters(in: .whitespacesAndNewlines)
    guard let port = Int(text) else { throw CommandFailure("\(file) holds no port") }
    return port
  }

  private func poll(_ side: Side, _ pid: pid_t, until isReady: () throws -> Bool) throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(World.startSeconds)
    while try !isReady() {
      if let status = Processes.ended(pid) {
        pids.withLock { _ = $0.removeValue(forKey: side) }
        throw CommandFailure("\(side.name) ended with status \(status) at its start", remedy: "see \(log(side))")
      }
      guard clock.now < end else { throw CommandFailure("\(side.name) does not answer", remedy: "see \(log(side))") }
      Thread.sleep(forTimeInterval: 0.01)
    }
  }

  /// SIGKILL: no chance to write anything down.
  func kill(_ side: Side) throws {
    guard let pid = pids.withLock({ $0.removeValue(forKey: side) }) else { return }
    _ = Foundation.kill(pid, SIGKILL)
    Processes.wait(pid)
    killed.withLock { $0 += 1 }
    try writePids()
  }

  /// SIGTERM; the exit status.
  @discardableResult
  func stop(_ side: Side) throws -> Int32 {
    guard let pid = pids.withLock({ $0.removeValue(forKey: side) }) else { return 0 }
    _ = Foundation.kill(pid, SIGTERM)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(10)
    while clock.now < end {
      if let status = Processes.ended(pid) { return status }
      Thread.sleep(forTimeInterval: 0.02)
    }
    _ = Foundation.kill(pid, SIGKILL)
    Processes.wait(pid)
    return 128 + SIGKILL
  }

  /// Agents first, as they would notice the hub's end. Names those that did not end by themselves with status 0.
  func stopAll() throws -> [String] {
    let failed = Mutex<[String]>([])
    try Workers.each(agents) { [self] side in
      let status = try stop(side)
      if status != 0 { failed.withLock { $0.append("\(side.name) (\(status))") } }
    }
    let status = try stop(.hub)
    if status != 0 { failed.withLock { $0.append("hub (\(status))") } }
    try writePids()
    return failed.withLock { $0 }
  }

  /// For a signal handler's thread: no waiting.
  func killAll() {
    for pid in pids.withLock({ $0.values }) { _ = Foundation.kill(pid, SIGKILL) }
  }

  // MARK: What an earlier run left behind

  private func writePids() throws {
    let text = pids.withLock { $0.values.sorted().map(String.init).joined(separator: "\n") }
    try text.write(toFile: "\(directory)/pids", atomically: true, encoding: .utf8)
  }

  /// Stops the daemons that an earlier run in this directory left running; how many.
  static func stopPrevious(_ directory: String) -> Int {
    // Without the file there was no earlier run.
    guard let text = try? String(contentsOfFile: "\(directory)/pids", encoding: .utf8) else { return 0 }
    let alive = text.split(separator: "\n").compactMap { pid_t($0) }.filter { isOurs($0, directory) }
    for pid in alive { _ = Foundation.kill(pid, SIGTERM) }
    for _ in 0..<500 where alive.contains(where: { isOurs($0, directory) }) { Thread.sleep(forTimeInterval: 0.02) }
    for pid in alive where isOurs(pid, directory) { _ = Foundation.kill(pid, SIGKILL) }
    return alive.count
  }

  /// A pid may be somebody else's by now.
  private static func isOurs(_ pid: pid_t, _ directory: String) -> Bool {
    guard let bytes = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") else { return false }
    let words = String(decoding: bytes, as: UTF8.self).split(separator: "\0")
    return words.first?.contains("lianxin-") == true && words.contains { $0.hasPrefix(directory) }
  }
}
