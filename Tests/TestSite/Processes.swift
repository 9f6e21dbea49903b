// The two real programs as child processes: run to the end, or running in the background. Every wait has an end, and no
// process outlives the test run. What is asked of them is in the other files.

import Foundation
import Synchronization

/// Something that was waited for and did not happen in time.
struct NotInTime: Error, CustomStringConvertible {
  let description: String
}

/// Something that a test stands on and that is not so.
struct Unmet: Error, CustomStringConvertible {
  let description: String
}

/// Throws ``Unmet`` where a claim does not hold. (Testing's own `#require` is for test targets alone.)
func demand(_ claim: Bool, _ what: @autoclosure () -> String) throws {
  guard claim else { throw Unmet(description: "it should be so: \(what())") }
}

/// The value, which must be there.
func demand<Value>(_ value: Value?, _ what: @autoclosure () -> String) throws -> Value {
  guard let value else { throw Unmet(description: "it should be so: \(what())") }
  return value
}

/// Polls `condition` until it holds; throws ``NotInTime`` when it does not within so many seconds.
func eventually(_ what: String, within seconds: Double = 15, _ condition: () throws -> Bool) throws {
  let end = ContinuousClock.now + .seconds(seconds)
  while try !condition() {
    guard ContinuousClock.now < end else { throw NotInTime(description: "not within \(seconds) s: \(what)") }
    usleep(10_000)
  }
}

/// A program of the product, from the folder of the test build.
enum Program: String {
  case hub = "lianxin-hub"
  case agent = "lianxin-agent"
  case bench = "lianxin-bench"

  var path: String { Program.folder + "/" + rawValue }

  /// The tests' own executable lies beside the programs; where another one runs the tests, the debug folder of this
  /// repository.
  private static let folder: String = {
    let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().deletingLastPathComponent().path
    if FileManager.default.isExecutableFile(atPath: own + "/" + Program.hub.rawValue) { return own }
    return URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path + "/.build/debug"
  }()
}

/// How a command ended.
struct Finished {
  let status: Int32
  let output: String
  let errors: String
  /// Both streams, as a person at a terminal sees them.
  var all: String { output + errors }
}

/// A child process. It is killed when this object goes, and at the latest when the test run ends.
final class ChildProcess {
  private let process = Process()
  /// Where its standard error goes.
  let log: String

  /// - Parameters:
  ///   - scratch: a folder for what it writes to its standard streams.
  ///   - environment: added to the present one, from which all settings of the product are taken out. A hub has no console unless
  ///     it says so: all would want the same port.
  init(_ executable: String, _ arguments: [String], scratch: String, environment: [String: String] = [:]) throws {
    let name = scratch + "/" + UUID().uuidString
    log = name + ".err"
    try Data().write(to: URL(fileURLWithPath: name + ".out"))
    try Data().write(to: URL(fileURLWithPath: log))
    output = name + ".out"
    process.executableURL = URL(fileURLWithPath: executable)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("LIANXIN_") }
      .merging([
        "TZ": "UTC", "USER": "tester", "LIANXIN_HUB_CONSOLE_ENABLED": "false", "LIANXIN_HUB_METRICS_ENABLED": "false",
      ]) { $1 }.merging(environment) {
        $1
      }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    ChildProcess.remember(process.processIdentifier)
  }

  deinit { kill() }

  /// Where its standard output goes.
  let output: String
  var pid: Int32 { process.processIdentifier }
  var isRunning: Bool { process.isRunning }

  /// SIGKILL, and waits until it is gone.
  func kill() {
    if process.isRunning { Foundation.kill(process.processIdentifier, SIGKILL) }
    process.waitUntilExit()
    ChildProcess.forget(process.processIdentifier)
  }

  /// SIGTERM; the exit status.
  func terminate() throws -> Int32 {
    Foundation.kill(process.processIdentifier, SIGTERM)
    return try finish().status
  }

  /// Waits for its end, at most so many seconds; then it is killed and the wait fails.
  func finish(within seconds: Double = 60) throws -> Finished {
    do {
      try eventually("the end of \(process.arguments?.joined(separator: " ") ?? "")", within: seconds) {
        !process.isRunning
      }
    } catch {
      kill()
      throw error
    }
    process.waitUntilExit()
    ChildProcess.forget(process.processIdentifier)
    return Finished(
      status: process.terminationStatus, output: try String(contentsOfFile: output, encoding: .utf8),
      errors: try String(contentsOfFile: log, encoding: .utf8))
  }

  // MARK: The end of the test run

  private static let living = Mutex<Set<Int32>>([])
  private static let atEnd: Void = {
    _ = atexit { ChildProcess.killAll() }
  }()

  private static func remember(_ pid: Int32) {
    atEnd
    living.withLock { _ = $0.insert(pid) }
  }

  private static func forget(_ pid: Int32) { living.withLock { _ = $0.remove(pid) } }
  private static func killAll() { living.withLock { pids in for pid in pids { Foundation.kill(pid, SIGKILL) } } }
}

/// A thread whose end can be waited for, for load that goes on while a test does something else.
final class Background {
  private let ended = DispatchSemaphore(value: 0)

  init(_ body: @escaping @Sendable () -> Void) {
    let ended = ended
    let thread = Thread {
      body()
      ended.signal()
    }
    thread.stackSize = 1 << 20
    thread.start()
  }

  func join(within seconds: Double = 20) throws {
    guard ended.wait(timeout: .now() + seconds) == .success else {
      throw NotInTime(description: "a thread of the test did not end within \(seconds) s")
    }
  }
}
