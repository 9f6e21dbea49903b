// `backup --keep N`: which earlier backups of the same database go once a new one is there. Nothing is removed that does not say of
// itself, in its first line, that it is a backup of this very database.

import Core
import Foundation

/// What became of the earlier backups.
struct Kept: Equatable {
  /// Paths that were removed, oldest first.
  var removed: [String] = []
  /// Paths that could not be, and why.
  var failed: [(path: String, reason: String)] = []

  static func == (left: Kept, right: Kept) -> Bool {
    left.removed == right.removed && left.failed.map(\.path) == right.failed.map(\.path)
  }

  /// `removed` and, where there are any, `notRemoved`.
  var members: [JSON.Member] {
    var members = [JSON.Member("removed", .array(removed.map(JSON.string)))]
    if !failed.isEmpty {
      members.append(
        JSON.Member(
          "notRemoved", .array(failed.map { ["file": .string($0.path), "reason": .string($0.reason)] })))
    }
    return members
  }
}

/// Keeps the newest backups of one database in one folder.
struct Keeping {
  /// How many stay, the new one among them; at least 1.
  let count: Int

  /// An earlier backup, as it was when its first line was read.
  private struct Earlier {
    let path: String
    let created: Int
    let inode: UInt64
    let changed: timespec
  }

  /// Removes the backups of the same database beside `path` that are not among the newest, oldest first. Call it once the new one, of
  /// which `manifest` tells, lies there whole: it always stays, whatever the clock says.
  func prune(beside path: String, like manifest: BackupManifest) throws(BackupError) -> Kept {
    let directory = Files.directory(of: path)
    let names: [String]
    do { names = try FileManager.default.contentsOfDirectory(atPath: directory) } catch {
      return Kept(failed: [(directory, "it cannot be listed: \(error.localizedDescription)")])
    }
    let own = Keeping.identity(path)
    let earlier = names.compactMap { name -> Earlier? in
      let found = Keeping.backup("\(directory)/\(name)", like: manifest)
      return found.flatMap { $0.inode == own?.inode ? nil : $0 }
    }
    let newestFirst = earlier.sorted { ($0.created, $0.path) > ($1.created, $1.path) }
    var kept = Kept()
    for backup in newestFirst.dropFirst(count - 1).reversed() {
      // Another backup may have been given that name meanwhile.
      guard let now = Keeping.identity(backup.path), now.inode == backup.inode,
        now.changed.tv_sec == backup.changed.tv_sec, now.changed.tv_nsec == backup.changed.tv_nsec
      else { continue }
      if unlink(backup.path) == 0 {
        kept.removed.append(backup.path)
      } else {
        kept.failed.append((backup.path, "\(FileFailure("remove", backup.path))"))
      }
    }
    if !kept.removed.isEmpty { try Files.syncDirectory(of: path) }
    return kept
  }

  /// The file as a backup of the same database; nil for everything else, broken backups too.
  private static func backup(_ path: String, like manifest: BackupManifest) -> Earlier? {
    guard let facts = identity(path) else { return nil }
    // Why it cannot be read does not matter: it does not say that it is one of ours.
    guard let reader = try? BackupReader(path: path), reader.manifest.isSameSubject(as: manifest) else { return nil }
    return Earlier(path: path, created: reader.manifest.created, inode: facts.inode, changed: facts.changed)
  }

  /// What tells one plain file from another; nil for links, folders and pipes.
  private static func identity(_ path: String) -> (inode: UInt64, changed: timespec)? {
    var facts = stat()
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return nil }
    return (UInt64(facts.st_ino), facts.st_mtim)
  }
}

extension BackupManifest {
  /// True if both are of the same database: of the same file of the same machine, and the same platform's or hub's.
  func isSameSubject(as other: BackupManifest) -> Bool {
    kind == .database && other.kind == .database && program == other.program && host == other.host
      && database != nil && database == other.database && platform == other.platform && authority == other.authority
  }
}
