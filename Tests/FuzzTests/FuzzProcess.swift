// One child process: started, listened to, and known to be over.

import Foundation

/// A started process whose output is kept, as far as its end goes.
struct FuzzProcess {
  /// How it ended.
  enum End: Equatable, CustomStringConvertible {
    case exit(Int32)
    case signal(Int32)

    var description: String {
      switch self {
      case .exit(let status): "exit \(status)"
      case .signal(let number): "signal \(number) (\(String(cString: strsignal(number))))"
      }
    }
  }

  let pid: pid_t
  private let output: Int32
  private(set) var tail: [UInt8] = []

  init(_ arguments: [String], environment: [String: String]) throws {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else { throw FuzzFailure("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
    posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
    var argv = arguments.map { strdup($0) } + [nil]
    var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in argv + variables { free(text) } }
    var pid: pid_t = 0
    let fault = posix_spawn(&pid, arguments[0], &actions, nil, &argv, &variables)
    close(ends[1])
    guard fault == 0 else {
      close(ends[0])
      throw FuzzFailure("cannot start \(arguments[0]): \(String(cString: strerror(fault)))")
    }
    self.pid = pid
    output = ends[0]
  }

  /// Waits for the end, at most so long. nil: it is still there.
  mutating func end(within milliseconds: Int32) -> End? {
    var watched = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
    // Another process, started between pipe and fcntl, may hold the output open: so the child itself is asked too.
    guard poll(&watched, 1, milliseconds) > 0 else { return reaped(WNOHANG) }
    var buffer = [UInt8](repeating: 0, count: 4_096)
    let count = read(output, &buffer, buffer.count)
    if count > 0 {
      tail = (tail + buffer[..<count]).suffix(8_192)
      return nil
    }
    return reaped()
  }

  /// Kills it and waits for its end.
  func kill() {
    Foundation.kill(pid, SIGKILL)
    _ = reaped()
  }

  private func reaped(_ options: Int32 = 0) -> End? {
    var status: Int32 = 0
    var found: pid_t = 0
    repeat { found = waitpid(pid, &status, options) } while found < 0 && errno == EINTR
    guard found != 0 else { return nil }
    close(output)
    // Somebody else has taken its status: an end all the same.
    guard found == pid else { return .exit(-1) }
    let signal = status & 0x7F
    return signal == 0 ? .exit(status >> 8 & 0xFF) : .signal(signal)
  }
}
