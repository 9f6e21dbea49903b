// The path of a daemon's Unix socket: made free before the daemon binds it, and closed to other users after.
// What is spoken over it is in the other files of this folder, and the daemons'.

import Foundation

/// Why a daemon's socket cannot be had.
public enum DoorSocketError: Error, Equatable, CustomStringConvertible {
  case tooLong(path: String, maxBytes: Int)
  case notASocket(path: String)
  case inUse(path: String)
  case file(path: String, errno: Int32)

  public var description: String {
    switch self {
    case .tooLong(let path, let maxBytes):
      "the socket's path \(path) is longer than \(maxBytes) bytes; choose a shorter one with `socket`"
    case .notASocket(let path):
      "\(path) is there and is no socket; remove it, or choose another path with `socket`"
    case .inUse(let path):
      "another process answers on the socket \(path); stop it, or choose another path with `socket`"
    case .file(let path, let code):
      "the socket \(path) cannot be set up: \(String(cString: strerror(code)))"
    }
  }

  /// As a command that starts the daemon says it, with its exit status.
  public var asCommandFailure: CommandFailure {
    if case .inUse = self { return CommandFailure(description, status: .conflict) }
    return CommandFailure(description, status: .configuration)
  }
}

/// A daemon's side of the socket that its command line connects to.
public enum DoorSocket {
  /// What `sockaddr_un` holds, without its final zero.
  static let maxPathBytes = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Removes what a killed daemon left at `path`. Call it only while holding the process lock of the data directory: a socket
  /// that still answers belongs to a daemon over another one, and stays.
  public static func makeFree(_ path: String) throws(DoorSocketError) {
    guard path.utf8.count <= maxPathBytes else { throw .tooLong(path: path, maxBytes: maxPathBytes) }
    var status = stat()
    guard lstat(path, &status) == 0 else {
      if errno == ENOENT { return }
      throw .file(path: path, errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFSOCK else { throw .notASocket(path: path) }
    if try isAnswered(path) { throw .inUse(path: path) }
    guard unlink(path) == 0 || errno == ENOENT else { throw .file(path: path, errno: errno) }
  }

  /// Only the daemon's own user may connect.
  static func close(toOthers path: String) throws(DoorSocketError) {
    guard chmod(path, 0o600) == 0 else { throw .file(path: path, errno: errno) }
  }

  private static func isAnswered(_ path: String) throws(DoorSocketError) -> Bool {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    guard descriptor >= 0 else { throw .file(path: path, errno: errno) }
    defer { Foundation.close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    return result == 0
  }
}
