// Writes a file that holds a key or another secret, so that it is whole or not there, and nobody else's to read.

import Foundation

/// Files for private keys.
public enum SecretFile {
  /// Replaces the file at `path` by one with these bytes, mode 0600. Durable when it returns: the bytes, then the name,
  /// are on disk. After a failure the old file stands as it was.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileFailure) {
    let url = URL(fileURLWithPath: path)
    let directory = url.deletingLastPathComponent().path
    let temporary = directory + "/.\(url.lastPathComponent).\(UInt64.random(in: .min ... .max))"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileFailure("create", temporary) }
    do throws(FileFailure) {
      defer { close(file) }
      try writeAll(bytes, to: file, temporary)
      guard fsync(file) == 0 else { throw FileFailure("write to disk", temporary) }
    } catch {
      unlink(temporary)
      throw error
    }
    guard rename(temporary, path) == 0 else {
      let failure = FileFailure("replace", path)
      unlink(temporary)
      throw failure
    }
    try syncDirectory(directory)
  }

  private static func writeAll(_ bytes: [UInt8], to file: Int32, _ path: String) throws(FileFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
      if written < 0 && errno == EINTR { continue }
      guard written > 0 else { throw FileFailure("write", path) }
      rest = rest.dropFirst(written)
    }
  }

  /// Makes the names in the directory durable.
  static func syncDirectory(_ path: String) throws(FileFailure) {
    let directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard directory >= 0 else { throw FileFailure("open", path) }
    defer { close(directory) }
    guard fsync(directory) == 0 else { throw FileFailure("write to disk", path) }
  }
}

/// What the system refused to do with a file.
public struct FileFailure: Error, Equatable, Sendable, CustomStringConvertible {
  public let action: String
  public let path: String
  /// The system's reason.
  public let errno: Int32

  /// Takes the reason from the thread's `errno`: make it right after the call that failed.
  init(_ action: String, _ path: String) {
    self.action = action
    self.path = path
    self.errno = Foundation.errno
  }

  public var description: String { "cannot \(action) \(path): \(String(cString: strerror(errno)))" }
}
