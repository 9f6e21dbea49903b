// Files as backups read and write them: in pieces, durable, under a temporary name until they are whole. What is in them is not
// known here.

import Foundation

/// A file that is open.
final class OpenFile {
  let path: String
  let descriptor: Int32

  fileprivate init(path: String, descriptor: Int32) {
    self.path = path
    self.descriptor = descriptor
  }

  convenience init(reading path: String) throws(BackupError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(FileFailure("open", path)) }
    self.init(path: path, descriptor: descriptor)
  }

  deinit { close(descriptor) }

  var size: Int {
    get throws(BackupError) {
      var facts = stat()
      guard fstat(descriptor, &facts) == 0 else { throw .file(FileFailure("examine", path)) }
      return Int(facts.st_size)
    }
  }

  func seek(to offset: Int) throws(BackupError) {
    guard lseek(descriptor, off_t(offset), SEEK_SET) >= 0 else { throw .file(FileFailure("read", path)) }
  }

  /// The next `count` bytes; fewer only at the end of the file.
  func read(_ count: Int) throws(BackupError) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: count)
    var filled = 0
    while filled < count {
      let got = bytes.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress! + filled, count - filled) }
      if got < 0 && errno == EINTR { continue }
      guard got >= 0 else { throw .file(FileFailure("read", path)) }
      if got == 0 { break }
      filled += got
    }
    if filled < count { bytes.removeLast(count - filled) }
    return bytes
  }
}

/// A file under a temporary name, mode 0600. It is removed with this object unless it was given its place. One that an earlier,
/// killed process left is used again; one that another process is writing is refused.
final class ScratchFile {
  let path: String
  private let file: OpenFile
  private var isPlaced = false

  init(path: String) throws(BackupError) {
    self.path = path
    let descriptor = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw .file(FileFailure("create", path)) }
    file = OpenFile(path: path, descriptor: descriptor)
    // Some network file systems have no locks: there, two backups into one name at a time are not told apart.
    let lockless = [ENOLCK, EOPNOTSUPP, ENOSYS, EINVAL]
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, !lockless.contains(errno) {
      isPlaced = true  // another's: not to be removed
      throw .busy(path: path)
    }
    // Between opening and locking, the other process may have given the file its place.
    var own = stat()
    var named = stat()
    guard fstat(descriptor, &own) == 0, stat(path, &named) == 0, own.st_ino == named.st_ino, own.st_dev == named.st_dev
    else {
      isPlaced = true
      throw .busy(path: path)
    }
    guard ftruncate(descriptor, 0) == 0, fchmod(descriptor, 0o600) == 0 else {
      throw .file(FileFailure("write", path))
    }
  }

  deinit { if !isPlaced { unlink(path) } }

  func write(_ bytes: some ContiguousBytes) throws(BackupError) {
    let isWritten = bytes.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = Foundation.write(file.descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
    guard isWritten else { throw .file(FileFailure("write", path)) }
  }

  /// Waits until the disk has the bytes.
  func sync() throws(BackupError) {
    guard fsync(file.descriptor) == 0 else { throw .file(FileFailure("write to disk", path)) }
  }

  /// Gives the file its name, durably. Call ``sync()`` before.
  func place(as name: String, replaces: Bool) throws(BackupError) {
    if replaces {
      guard rename(path, name) == 0 else { throw .file(FileFailure("replace", name)) }
    } else {
      // A second name is refused where there is one already; a rename would replace it.
      let isLinked = link(path, name) == 0
      if !isLinked {
        guard errno != EEXIST, !Files.exists(name) else { throw .exists(path: name) }
        // Not every file system has second names.
        guard rename(path, name) == 0 else { throw .file(FileFailure("create", name)) }
      } else if unlink(path) != 0 {
        throw .file(FileFailure("remove", path))
      }
    }
    isPlaced = true
    try Files.syncDirectory(of: name)
  }
}

/// What is done with names.
enum Files {
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  // Foundation's `deletingLastPathComponent` traps on a name of one letter (Swift 6.3), and such a name comes from a person here.

  /// The part before the last slash.
  static func directory(of path: String) -> String {
    let path = trimmed(path)
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// The part after the last slash.
  static func name(of path: String) -> String {
    let path = trimmed(path)
    return path.lastIndex(of: "/").map { String(path[path.index(after: $0)...]) } ?? String(path)
  }

  private static func trimmed(_ path: String) -> Substring {
    var path = path[...]
    while path.count > 1, path.last == "/" { path.removeLast() }
    return path
  }

  /// Its owner's alone; one that exists keeps its mode.
  static func makeDirectory(_ path: String) throws(BackupError) {
    guard !exists(path) else { return }
    do {
      try FileManager.default.createDirectory(
        atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw .file(FileFailure("make the directory", path))
    }
  }

  /// Makes the names in the directory of `path` durable.
  static func syncDirectory(of path: String) throws(BackupError) {
    do { try SecretFile.syncDirectory(directory(of: path)) } catch {
      // A network file system may have no such call.
      if error.errno != EINVAL { throw .file(error) }
    }
  }

  /// Refuses where there is not room for `bytes` and some more.
  static func demandRoom(_ bytes: Int, in directory: String) throws(BackupError) {
    var facts = statvfs()
    guard statvfs(directory, &facts) == 0 else { throw .file(FileFailure("examine", directory)) }
    let (has, overflow) = Int(facts.f_bavail).multipliedReportingOverflow(by: Int(facts.f_frsize))
    let needs = bytes + min(bytes / 10, 64 << 20) + (1 << 20)
    guard overflow || has >= needs else { throw .noRoom(directory: directory, needs: needs, has: has) }
  }

  /// What root makes in a daemon's directory is given to whom the directory belongs, or the daemon could not open it.
  static func give(_ path: String, toOwnerOf directory: String) throws(BackupError) {
    guard geteuid() == 0 else { return }
    var owner = stat()
    guard stat(directory, &owner) == 0 else { throw .file(FileFailure("examine", directory)) }
    guard lchown(path, owner.st_uid, owner.st_gid) == 0 else { throw .file(FileFailure("give away", path)) }
  }

  /// The lock of a data directory's database, so that no daemon runs meanwhile.
  static func lock(_ lock: String) throws(BackupError) -> ProcessLock {
    do {
      let held = try ProcessLock(database: lock)
      try give(lock + ".lock", toOwnerOf: directory(of: lock))
      return held
    } catch let error as ProcessLock.Failure {
      throw .locked(error)
    } catch let error as BackupError {
      throw error
    } catch {
      throw .busy(path: lock)
    }
  }
}
