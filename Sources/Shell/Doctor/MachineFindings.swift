// What a doctor finds on the machine, whichever program asks: the disk, the modes of files that hold secrets, the libraries.

import Foundation
import GRDBSQLite

public enum MachineFindings {
  /// Below this a full disk is near, bytes.
  private static let scarceBytes = 1 << 30
  /// A disk that takes longer for one fsync holds every edit up, microseconds.
  private static let slowSync = 200_000
  /// No disk that writes before it answers is quicker than this: one that is, keeps what it was told to sync in a memory that a power
  /// cut may empty, microseconds.
  private static let plausibleSync = 50
  private static let syncs = 5
  /// A clock that is further off than this spoils times and deadlines, and in the end certificates, milliseconds.
  public static let maxSkew = 300_000

  /// Room on the disk of `directory`, and how long it takes to make a page durable there.
  public static func disk(_ directory: String) -> [Finding] {
    var findings: [Finding] = []
    var room = statvfs()
    if statvfs(directory, &room) == 0 {
      let free = Int(room.f_bavail) * Int(room.f_frsize)
      findings.append(
        Finding(
          "disk space", free >= scarceBytes, "\(free / 1_048_576) MiB free on the disk of \(directory)",
          remedy: "make room: on a full disk edits are refused, while reading goes on"))
    } else {
      findings.append(
        Finding("disk space", false, "\(FileFailure("look at", directory))", remedy: "look at the disk's mount"))
    }
    do {
      findings.append(speed(microseconds: try syncMicroseconds(directory)))
    } catch {
      findings.append(
        Finding("disk speed", false, "\(error)", remedy: "the program must be able to write in its data directory"))
    }
    return findings
  }

  /// What is said of a disk by how long one fsync takes on it.
  static func speed(microseconds: Int) -> Finding {
    let time = microseconds < 10_000 ? "\(microseconds) µs" : "\(microseconds / 1_000) ms"
    let detail = "a page is said to be durable after \(time) (the middle of \(syncs))"
    guard microseconds >= plausibleSync else {
      return .doubt(
        "disk speed", detail,
        remedy:
          "so quick is memory, not a disk: where it has no battery of its own, a power cut takes what was answered as recorded;"
          + " switch the disk's or the virtual machine's volatile write cache off, and keep the data on no memory file system"
      )
    }
    return Finding(
      "disk speed", microseconds <= slowSync, detail,
      remedy: "every edit waits so long: use a local disk, and look whether it is failing or overloaded")
  }

  private static func syncMicroseconds(_ directory: String) throws(FileFailure) -> Int {
    let path = directory + "/.doctor.\(UInt64.random(in: .min ... .max))"
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
    guard file >= 0 else { throw FileFailure("create", path) }
    defer {
      close(file)
      unlink(path)
    }
    let page = [UInt8](repeating: 0, count: 4_096)
    var times: [Duration] = []
    for _ in 0..<syncs {
      let start = ContinuousClock.now
      guard write(file, page, page.count) == page.count, fsync(file) == 0 else {
        throw FileFailure("write to disk", path)
      }
      times.append(ContinuousClock.now - start)
    }
    return Int(times.sorted()[syncs / 2] / .microseconds(1))
  }

  /// Whether files that hold secrets are their owner's alone; with `fixing`, they are made so.
  public static func secrets(_ paths: [String], fixing: Bool) -> Finding {
    modes(
      "secrets", paths, fixing: fixing, afterwards: "; where others work on this machine, take new keys",
      ifMissing: "restore them from the backup of the keys, or enrol again")
  }

  /// Whether the database, which names callers, is its owner's alone, and what SQLite keeps beside it while it is open; with `fixing`,
  /// they are made so.
  public static func databaseFiles(_ path: String, fixing: Bool) -> Finding {
    let beside = ["-wal", "-shm"].map { path + $0 }.filter(Files.exists)
    return modes(
      "database files", [path] + beside, fixing: fixing, afterwards: "; who has read them may know the callers in them",
      ifMissing: "somebody removed it under the running program: stop it, and restore a backup")
  }

  private static func modes(
    _ name: String, _ paths: [String], fixing: Bool, afterwards: String, ifMissing: String
  ) -> Finding {
    var open: [(path: String, mode: mode_t)] = []
    var missing: [String] = []
    for path in paths {
      var info = stat()
      if stat(path, &info) != 0 {
        missing.append(path)
      } else if info.st_mode & 0o077 != 0 {
        open.append((path, info.st_mode & 0o777))
      }
    }
    var faults =
      open.isEmpty ? [] : ["others can use: " + Finding.list(open.map { "\($0) (mode \(String($1, radix: 8)))" })]
    if !missing.isEmpty { faults.append("not there: \(Finding.list(missing))") }
    guard !faults.isEmpty else { return Finding(name, true, "\(paths.count) files, for their owner only") }
    let detail = faults.joined(separator: "; ")
    guard missing.isEmpty else { return Finding(name, false, detail, remedy: ifMissing) }
    let remedy = "doctor --fix makes them their owner's alone" + afterwards
    guard fixing else { return Finding(name, false, detail, remedy: remedy) }
    for (path, mode) in open where chmod(path, mode & 0o700) != 0 {
      return Finding(
        name, false, "\(detail); \(FileFailure("set the mode of", path))", remedy: "chmod 600 them as their owner")
    }
    return Finding(name, true, detail, repair: "they are their owner's alone now" + afterwards)
  }

  /// The libraries in use; SQLite must be one that can do what the stores need.
  public static func libraries() -> Finding {
    let sqlite = Int(sqlite3_libversion_number())
    return Finding(
      "libraries", sqlite >= 3_040_000,
      "SQLite \(String(cString: sqlite3_libversion())), \(CurlClient.version)",
      remedy: "SQLite 3.40 or later is needed: update the system's libsqlite3")
  }
}
