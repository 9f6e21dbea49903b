// Starting, killing and waiting for the product's programs. Which ones there are, and where their files lie, is World's.

import Foundation
import Shell
import Synchronization

/// What a command line answered.
struct Finished: Sendable {
  let status: Int32
  let output: [UInt8]
  let errors: String
}

enum Processes {
  /// Starts a program in a process group of its own, so that a Ctrl-C in the terminal does not reach it, and returns its pid.
  ///
  /// - Parameters:
  ///   - output: descriptors for its standard output and standard error.
  ///   - environment: added to this process's.
  static func start(
    _ program: String, _ arguments: [String], environment: [String: String] = [:], output: (Int32, Int32)
  ) throws(CommandFailure) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    var attributes = posix_spawnattr_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawnattr_init(&attributes)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      posix_spawnattr_destroy(&attributes)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, output.0, STDOUT_FILENO)
    posix_spawn_file_actions_adddup2(&actions, output.1, STDERR_FILENO)
    keepDescriptors()
    // What this process ignores, to clean up first, must end its children as usual.
    var defaults = sigset_t()
    sigemptyset(&defaults)
    sigaddset(&defaults, SIGINT)
    sigaddset(&defaults, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &defaults)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF))
    let values = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    var argv = ([program] + arguments).map { strdup($0) }
    var envp = values.map { strdup("\($0.key)=\($0.value)") }
    defer { for text in argv + envp { free(text) } }
    argv.append(nil)
    envp.append(nil)
    var pid: pid_t = 0
    let code = posix_spawn(&pid, program, &actions, &attributes, argv, envp)
    guard code == 0 else {
      throw CommandFailure(
        "\(program) cannot be started: \(String(cString: strerror(code)))",
        remedy: "build it first: make build", status: .internalError)
    }
    return pid
  }

  /// Keeps the proxy's sockets from children: one that inherited them would hold a cut connection open. NIO does not ask for that.
  private static func keepDescriptors() {
    // Without /proc there is nothing to list, and a cut shows more slowly.
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? [] {
      if let descriptor = Int32(name), descriptor > STDERR_FILENO { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    }
  }

  /// Runs a program to its end.
  static func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws(CommandFailure) -> Finished {
    // Files rather than pipes: neither a full pipe nor a descriptor inherited by another child can hold this up.
    guard let output = tmpfile(), let errors = tmpfile() else {
      throw CommandFailure("no temporary file can be made", status: .internalError)
    }
    defer {
      fclose(output)
      fclose(errors)
    }
    let pid = try start(program, arguments, environment: environment, output: (fileno(output), fileno(errors)))
    let status = wait(pid)
    return Finished(
      status: status, output: read(fileno(output)), errors: String(decoding: read(fileno(errors)), as: UTF8.self))
  }

  /// Waits for a child's end; its exit status, or 128 and its signal.
  @discardableResult
  static func wait(_ pid: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    return exitStatus(status)
  }

  /// The exit status of a child that has ended, else nil.
  static func ended(_ pid: pid_t) -> Int32? {
    var status: Int32 = 0
    return waitpid(pid, &status, WNOHANG) == pid ? exitStatus(status) : nil
  }

  private static func exitStatus(_ status: Int32) -> Int32 {
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
  }

  private static func read(_ descriptor: Int32) -> [UInt8] {
    lseek(descriptor, 0, SEEK_SET)
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = Foundation.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return all }
      all += buffer[..<count]
    }
  }
}

/// Jobs on a few threads, and one thing that happens in the middle of them.
enum Workers {
  /// So few that two cores still serve hub and agents.
  static let threads = 4

  private struct State {
    var next = 0
    var done = 0
    var failure: (any Error)?
  }

  /// Runs all jobs; the first error ends it and is thrown. `interruption` runs beside the jobs once `fraction` of them are done.
  static func run(
    _ title: String, _ jobs: [@Sendable () throws -> Void], at fraction: Double = 0.5,
    interruption: (@Sendable () throws -> Void)? = nil
  ) throws {
    guard !jobs.isEmpty else { return }
    let bar = ProgressBar(title, total: jobs.count)
    let state = Mutex(State())
    let group = DispatchGroup()
    let threshold = max(1, Int(Double(jobs.count) * fraction))
    let isReached = DispatchSemaphore(value: 0)
    func spawn(_ body: @escaping @Sendable () throws -> Void) {
      group.enter()
      Thread {
        do { try body() } catch { state.withLock { if $0.failure == nil { $0.failure = error } } }
        group.leave()
      }.start()
    }
    for _ in 0..<threads {
      spawn {
        // Whatever ends this thread, the interruption must not wait for ever.
        defer { isReached.signal() }
        while true {
          let index: Int? = state.withLock { state in
            guard state.failure == nil, state.next < jobs.count else { return nil }
            defer { state.next += 1 }
            return state.next
          }
          guard let index else { return }
          try jobs[index]()
          let done = state.withLock { state in
            state.done += 1
            return state.done
          }
          bar.advance()
          if done == threshold { isReached.signal() }
        }
      }
    }
    if let interruption {
      spawn {
        isReached.wait()
        try interruption()
      }
    }
    group.wait()
    bar.finish()
    if let failure = state.withLock({ $0.failure }) { throw failure }
  }

  /// The same for each of some items, all at once, without a bar.
  static func each<Item: Sendable>(_ items: [Item], _ body: @escaping @Sendable (Item) throws -> Void) throws {
    let failure = Mutex<(any Error)?>(nil)
    DispatchQueue.concurrentPerform(iterations: items.count) { index in
      do { try body(items[index]) } catch { failure.withLock { if $0 == nil { $0 = error } } }
    }
    if let failure = failure.withLock({ $0 }) { throw failure }
  }
}
