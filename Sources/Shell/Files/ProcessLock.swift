// One process per database: an advisory lock on a file beside it, which the kernel releases whatever becomes of the
// process.

import Foundation

/// Held as long as this object lives.
public final class ProcessLock: Sendable {
  /// Why the lock was not got.
  public enum Failure: Error, Equatable, Sendable, CustomStringConvertible {
    /// Another process holds it; the pid is nil when it has not written it yet.
    case held(path: String, pid: Int32?)
    case file(FileFailure)

    public var description: String {
      switch self {
      case .held(let path, let pid):
        "another process\(pid.map { " (pid \($0))" } ?? "") has this database open (lock file \(path));"
          + " stop it first, or use the command that speaks to it"
      case .file(let failure): "\(failure)"
      }
    }

    /// As a command says it.
    public var asCommandFailure: CommandFailure {
      switch self {
      case .held: CommandFailure(description, status: .conflict)
      case .file: CommandFailure(description)
      }
    }
  }

  private let file: Int32

  /// Takes the lock of the database at `database`, or fails at once. The lock file `<database>.lock` stays when the lock
  /// is released: removing it would let two processes lock two files of one name.
  public init(database: String) throws(Failure) {
    let path = database + ".lock"
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw .file(FileFailure("open", path)) }
    guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
      let failure: Failure =
        errno == EWOULDBLOCK ? .held(path: path, pid: Self.holder(file)) : .file(FileFailure("lock", path))
      close(file)
      throw failure
    }
    let text = Array("\(getpid())\n".utf8)
    guard ftruncate(file, 0) == 0, pwrite(file, text, text.count, 0) == text.count else {
      let failure = Failure.file(FileFailure("write", path))
      close(file)
      throw failure
    }
    self.file = file
  }

  deinit { close(file) }

  private static func holder(_ file: Int32) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(file, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: buffer[..<count], as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
