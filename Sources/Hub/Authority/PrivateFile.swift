// Files of the keys' directory: refused when they hold a secret that others could read, appended to, and written whole (by
// the shell's SecretFile).
// What is in them is their callers' business.

import Foundation
import Shell

/// Why a file that holds a secret could not be written or may not be used.
enum PrivateFileError: Error, Equatable, CustomStringConvertible {
  case missing(path: String)
  case exists(path: String)
  /// Others than the owner may read it; `mode` is its permission bits.
  case exposed(path: String, mode: UInt32)
  case tooLarge(path: String, maxBytes: Int)
  case failed(path: String, doing: String, code: Int32)

  var description: String {
    switch self {
    case .missing(let path):
      "\(path) does not exist; run `lianxin-hub init`, or restore it from the copy of the keys"
    case .exists(let path):
      "\(path) exists already and is never overwritten; move it away first if you mean to replace it"
    case .exposed(let path, let mode):
      "\(path) holds a secret, but others can read it (mode \(String(mode, radix: 8))); run `chmod 600 \(path)`"
    case .tooLarge(let path, let maxBytes):
      "\(path) is larger than \(maxBytes) bytes and cannot be what it should be"
    case .failed(let path, let doing, let code):
      "cannot \(doing) \(path): \(String(cString: strerror(code)))"
    }
  }
}

/// Reads and writes files by their whole content, durably.
enum PrivateFile {
  /// No key, certificate or bundle of them comes near this.
  private static let maxBytes = 1 << 20

  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// Makes `path` and its missing parents, for the owner only. One that exists keeps its mode.
  static func makeDirectory(_ path: String) throws(PrivateFileError) {
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .failed(path: path, doing: "make the directory", code: errno)
    }
  }

  /// Replaces the content of `path`, durably; a crash leaves the old or the new content, never a part.
  ///
  /// - Parameter mode: 0600 for a secret; 0644 for what everyone may read.
  static func write(_ bytes: some Sequence<UInt8>, to path: String, mode: mode_t = 0o600) throws(PrivateFileError) {
    do {
      try SecretFile.write(Array(bytes), to: path)
    } catch {
      throw .failed(path: error.path, doing: error.action, code: error.errno)
    }
    guard mode == 0o600 || chmod(path, mode) == 0 else {
      throw .failed(path: path, doing: "set the mode of", code: errno)
    }
  }

  /// The content of a file that only its owner may read.
  static func readSecret(_ path: String) throws(PrivateFileError) -> [UInt8] {
    try read(path, secret: true)
  }

  /// The content of a file that need not be secret, as a certificate.
  static func readPublic(_ path: String) throws(PrivateFileError) -> [UInt8] {
    try read(path, secret: false)
  }

  /// Writes all of `bytes` at the end of an open file and waits until the disk has them.
  static func append(_ bytes: [UInt8], to file: Int32, path: String) throws(PrivateFileError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw .failed(path: path, doing: "write", code: errno) }
      rest = rest.dropFirst(count)
    }
    guard fsync(file) == 0 else { throw .failed(path: path, doing: "flush to disk", code: errno) }
  }

  /// Makes the directory entry of `path` durable.
  static func syncDirectory(of path: String) throws(PrivateFileError) {
    let directory = (path as NSString).deletingLastPathComponent
    let handle = open(directory.isEmpty ? "." : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw .failed(path: directory, doing: "open", code: errno) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw .failed(path: directory, doing: "flush to disk", code: errno) }
  }

  /// Refuses an open file that its group or others may read or write.
  static func refuseExposed(_ file: Int32, path: String) throws(PrivateFileError) {
    var facts = stat()
    guard fstat(file, &facts) == 0 else { throw .failed(path: path, doing: "examine", code: errno) }
    guard facts.st_mode & 0o077 == 0 else { throw .exposed(path: path, mode: facts.st_mode & 0o777) }
  }

  private static func read(_ path: String, secret: Bool) throws(PrivateFileError) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw errno == ENOENT ? .missing(path: path) : .failed(path: path, doing: "open", code: errno)
    }
    defer { close(file) }
    if secret { try refuseExposed(file, path: path) }
    var content: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    while true {
      let count = Glibc.read(file, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .failed(path: path, doing: "read", code: errno) }
      if count == 0 { return content }
      content += buffer[..<count]
      guard content.count <= maxBytes else { throw .tooLarge(path: path, maxBytes: maxBytes) }
    }
  }
}
