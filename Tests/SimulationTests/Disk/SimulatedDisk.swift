// A disk of the simulation, as Swift sees it: where its files are, what fails, and what a power cut does. How it does it is the C
// target FaultVFS.

import FaultVFS
import Synchronization

/// A named set of files in memory that SQLite opens by path. It is gone with its last reference; a second disk of the same name
/// takes the name, and the first one's handles are dead.
///
/// A crash must come before the connections are closed: closing them moves the log into the file and syncs it.
///
/// `@unchecked Sendable`: the pointer never changes and is released in `deinit` only, when nobody can call any more; what it points
/// to is only touched by FaultVFS, under its mutex. The backups are behind one of their own.
final class SimulatedDisk: @unchecked Sendable {
  /// What SQLite asks of a disk. All but reads change what a power cut may leave.
  enum Kind: UInt32, CaseIterable, Sendable {
    case read, write, sync, truncate, delete, creation
  }

  /// Calls since the disk was made.
  struct Calls: Equatable, Sendable {
    var reads = 0, writes = 0, syncs = 0, truncates = 0, deletes = 0, creations = 0
    /// Bytes written.
    var bytes = 0
    /// What `crashAt(call:)` counts.
    var changes: Int { writes + syncs + truncates + deletes + creations }
  }

  struct File: Equatable, Sendable {
    let name: String
    let bytes: [UInt8]
  }

  let name: String
  private let disk: OpaquePointer
  private let backups = Mutex<[String: SimulatedDisk]>([:])

  /// Makes an empty disk; the process's SQLite knows `/sim/` from the first one on. `name`: 1–127 bytes, no slash.
  init(name: String) {
    let isInstalled = faultvfs_install() == 0
    guard isInstalled, let disk = faultvfs_create(name) else {
      preconditionFailure("no simulated disk of the name '\(name)': a wrong name, or no memory")
    }
    self.name = name
    self.disk = disk
  }

  deinit { faultvfs_release(disk) }

  /// Where SQLite finds `file`.
  func path(_ file: String) -> String { "/sim/\(name)/\(file)" }

  // MARK: Faults

  /// The power is cut and comes back; see `faultvfs_crash`. Also ends what `crashAt(call:)` began. Other faults stay.
  func crash(seed: UInt64, losingEverythingUnsynced: Bool = false) {
    let code = faultvfs_crash(disk, seed, losingEverythingUnsynced)
    precondition(code == 0, "no memory for the simulated disk '\(name)'")
  }

  /// The process is killed but the power stays: handles are dead, and every byte is there, durable or not. Ends what
  /// `crashAt(call:)` began.
  func kill() {
    let code = faultvfs_kill(disk)
    precondition(code == 0, "no memory for the simulated disk '\(name)'")
  }

  /// Has the process die in the `call`-th changing call from now (1 is the next): from then on every call fails, until `crash` or `kill`.
  func crashAt(call: Int) { faultvfs_crash_at(disk, Int64(call)) }

  /// True from the call that `crashAt(call:)` named until `crash` or `kill`.
  var hasCrashed: Bool { faultvfs_has_crashed(disk) }

  /// Has the `call`-th call of `kind` from now fail with an I/O error, and with `on` every later one. After a failed sync that is
  /// `forgetting`, what was not synced can be read until a crash but never becomes durable (Linux does so).
  func fail(_ kind: Kind, at call: Int = 1, on: Bool = false, forgetting: Bool = true) {
    faultvfs_fail(disk, faultvfs_kind(rawValue: kind.rawValue), Int64(call), on, forgetting)
  }

  /// Lets files grow by so many bytes in all; then the disk is full. What is deleted or cut off is free again.
  func fill(afterBytes bytes: Int) { faultvfs_fill(disk, Int64(bytes)) }

  /// Takes all planned faults back. What has crashed stays so until `crash` or `kill`.
  func heal() { faultvfs_heal(disk) }

  /// Turns one bit over on the medium; false where the file has no such byte.
  @discardableResult
  func flip(_ file: String, offset: Int, bit: Int = 0) -> Bool { faultvfs_flip(disk, file, Int64(offset), Int32(bit)) }

  // MARK: Looking and copying

  var calls: Calls {
    let counted = faultvfs_count(disk)
    let of = counted.of
    return Calls(
      reads: Int(of.0), writes: Int(of.1), syncs: Int(of.2), truncates: Int(of.3), deletes: Int(of.4),
      creations: Int(of.5), bytes: Int(counted.bytes))
  }

  /// Keeps what this disk holds at present under a name: a backup.
  func snapshot(to backup: String) {
    let copy = SimulatedDisk(name: "\(name).\(backup)")
    copy.take(disk)
    backups.withLock { $0[backup] = copy }
  }

  /// Brings a backup back, durable; open handles are dead. False where there is none of the name.
  @discardableResult
  func restore(from backup: String) -> Bool {
    guard let copy = backups.withLock({ $0[backup] }) else { return false }
    take(copy.disk)
    return true
  }

  /// Becomes what `other` holds at present, synced or not, as its processes see it; open handles of this disk are dead.
  func copy(_ other: SimulatedDisk) { take(other.disk) }

  /// The backup of the name, as a disk of its own.
  func backup(_ name: String) -> SimulatedDisk? { backups.withLock { $0[name] } }

  /// Takes every file away, durably; open handles are dead. Backups stay.
  func empty() { take(nil) }

  /// Takes every file and backup away; open handles are dead.
  func remove() {
    empty()
    backups.withLock { $0 = [:] }
  }

  private func take(_ other: OpaquePointer?) {
    let code = faultvfs_copy(other, disk)
    precondition(code == 0, "no memory for the simulated disk '\(name)'")
  }

  /// Size in bytes, nil where there is no such file.
  func size(_ file: String) -> Int? {
    let size = faultvfs_size(disk, file)
    return size < 0 ? nil : Int(size)
  }

  func bytes(_ file: String) -> [UInt8] {
    let size = size(file) ?? 0
    return [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      count = size == 0 ? 0 : Int(faultvfs_read(disk, file, buffer.baseAddress, Int64(size)))
    }
  }

  /// What is there at present, by name.
  var files: [File] {
    var names: [String] = []
    var buffer = [CChar](repeating: 0, count: 128)
    while faultvfs_list(disk, Int32(names.count), &buffer, Int32(buffer.count)) {
      names.append(String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }
    return names.sorted().map { File(name: $0, bytes: bytes($0)) }
  }
}
