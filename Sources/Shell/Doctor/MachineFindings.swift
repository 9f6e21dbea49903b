// What a doctor finds on the machine, whichever program asks: the disk, the modes of files that hold secrets, the libraries.

import Foundation
import GRDBSQLite

public enum MachineFindings {
  /// Below this a full disk is near, bytes.
  private static let scarceBytes = 1 << 30
  /// A disk that takes longer for one fsync holds every edit up, milliseconds.
  private static let slowSync = 200
  private static let syncs = 5

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
      let milliseconds = try syncMilliseconds(directory)
      findings.append(
        Finding(
          "disk speed", milliseconds <= slowSync, "a page is durable after \(milliseconds) ms (the middle of \(syncs))",
          remedy: "every edit waits so long: use a local disk, and look whether it is failing or overloaded"))
    } catch {
      findings.append(
        Finding("disk speed", false, "\(error)", remedy: "the program must be able to write in its data directory"))
    }
    return findings
  }

  private static func syncMilliseconds(_ directory: String) throws(FileFailure) -> Int {
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
    return Int(times.sorted()[syncs / 2] / .milliseconds(1))
  }

  /// Whether files that hold secrets are their owner's alone.
  public static func secrets(_ paths: [String]) -> Finding {
    var open: [String] = []
    var missing: [String] = []
    for path in paths {
      var info = stat()
      if stat(path, &info) != 0 {
        missing.append(path)
      } else if info.st_mode & 0o077 != 0 {
        open.append(path + " (mode " + String(info.st_mode & 0o777, radix: 8) + ")")
      }
    }
    let faults =
      (open.isEmpty ? [] : ["others can read: \(Finding.list(open))"])
      + (missing.isEmpty ? [] : ["not there: \(Finding.list(missing))"])
    return Finding(
      "secrets", faults.isEmpty,
      faults.isEmpty ? "\(paths.count) files, for their owner only" : faults.joined(separator: "; "),
      remedy: open.isEmpty
        ? "restore them from the backup of the keys, or enrol again"
        : "chmod 600 them; where others work on this machine, take new keys")
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
