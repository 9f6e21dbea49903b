// What an earlier process left in a SQLite write-ahead log, made durable before anything is built on it. SQLite's own part of the
// file's life begins after that.

import GRDBSQLite

/// The log beside a database file that nobody has open.
public enum WriteAheadLog {
  /// The log could not be written again; `code` is SQLite's.
  public struct Failure: Error, Equatable, CustomStringConvertible {
    public let path: String
    public let code: Int32

    public var description: String {
      "the log \(path) cannot be made durable (\(String(cString: sqlite3_errstr(code)))): is its disk sound and writable?"
    }
  }

  /// SQLite's own file layer writes less than 128 KiB at a time: it takes a length modulo that.
  private static let chunkBytes = 1 << 16

  /// Writes the log's own bytes over it, and syncs it.
  ///
  /// A process whose fsync failed may have left frames that can be read and are not on the disk: Linux marks the pages of a failed
  /// fsync as clean, so that a later one succeeds without writing them (Rebello et al., "Can Applications Recover from fsync
  /// Failures?", USENIX ATC 2020). A checkpoint would move such frames into the database, and a power cut in the middle of it would
  /// leave half of them there and none in the log. Pages that are written again are dirty again.
  ///
  /// The caller sees to it that no other process has the database open, and calls it before opening.
  public static func rewrite(besideDatabase path: String) throws(Failure) {
    let log = path + "-wal"
    guard let vfs = sqlite3_vfs_find(nil), let names = sqlite3_create_filename(path, path + "-journal", log, 0, nil),
      let name = sqlite3_filename_wal(names)
    else { throw Failure(path: log, code: SQLITE_NOMEM) }
    defer { sqlite3_free_filename(names) }
    var exists: Int32 = 0
    try check(vfs.pointee.xAccess(vfs, name, SQLITE_ACCESS_EXISTS, &exists), log)
    guard exists != 0 else { return }

    let memory = UnsafeMutableRawPointer.allocate(byteCount: Int(vfs.pointee.szOsFile), alignment: 16)
    memory.initializeMemory(as: UInt8.self, repeating: 0, count: Int(vfs.pointee.szOsFile))
    defer { memory.deallocate() }
    let file = memory.assumingMemoryBound(to: sqlite3_file.self)
    var granted: Int32 = 0
    try check(vfs.pointee.xOpen(vfs, name, file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_WAL, &granted), log)
    guard let methods = file.pointee.pMethods?.pointee else { throw Failure(path: log, code: SQLITE_CANTOPEN) }
    let written = Result { () throws(Failure) in
      guard granted & SQLITE_OPEN_READONLY == 0 else { throw Failure(path: log, code: SQLITE_READONLY) }
      try copyOntoItself(file, methods, log)
    }
    let closed = methods.xClose(file)
    try written.get()
    try check(closed, log)
  }

  private static func copyOntoItself(
    _ file: UnsafeMutablePointer<sqlite3_file>, _ methods: sqlite3_io_methods, _ log: String
  ) throws(Failure) {
    var size: Int64 = 0
    try check(methods.xFileSize(file, &size), log)
    guard size > 0 else { return }
    let chunk = UnsafeMutableRawPointer.allocate(byteCount: chunkBytes, alignment: 16)
    defer { chunk.deallocate() }
    var offset: Int64 = 0
    while offset < size {
      let count = Int32(min(Int64(chunkBytes), size - offset))
      try check(methods.xRead(file, chunk, count, offset), log)
      try check(methods.xWrite(file, chunk, count, offset), log)
      offset += Int64(count)
    }
    try check(methods.xSync(file, SQLITE_SYNC_NORMAL), log)
  }

  private static func check(_ code: Int32, _ log: String) throws(Failure) {
    if code != SQLITE_OK { throw Failure(path: log, code: code) }
  }
}
