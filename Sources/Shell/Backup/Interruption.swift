// Ctrl-C, SIGTERM and SIGHUP during long work: it ends at the next piece, and takes its temporary files with it.

import Foundation
import Synchronization

/// Whether the process was asked to end.
enum Interruption {
  private static let isAsked = Atomic<Bool>(false)

  /// From now on those signals only set the flag.
  static func listen() {
    // Made before a signal needs it: a handler may not allocate.
    isAsked.store(false, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] { signal(number) { _ in Interruption.note() } }
  }

  private static func note() { isAsked.store(true, ordering: .relaxed) }

  static var happened: Bool { isAsked.load(ordering: .relaxed) }

  static func check() throws(BackupError) {
    if happened { throw .interrupted }
  }
}

/// Bytes done, shown on a terminal; elsewhere nothing is.
final class BackupProgress {
  private let bar: ProgressBar?
  private var done = 0

  init(_ title: String, bytes: Int) {
    // A bar that is gone before it can be read only disturbs.
    let isLong = bytes > 16 << 20
    bar = isLong && Terminal.isTerminal(STDERR_FILENO) ? ProgressBar("\(title) (MiB)", total: bytes >> 20) : nil
  }

  /// Counts, and ends the work if that was asked for.
  func advance(_ bytes: Int) throws(BackupError) {
    try Interruption.check()
    done += bytes
    bar?.update(done >> 20)
  }

  func show(_ bytes: Int) { bar?.update(bytes >> 20) }
  func finish() { bar?.finish() }
}
