// What a child has done, in a file that both processes map: it outlives the child's trap, to the very input.

import Foundation

/// A page of counters shared between the parent and one child after another. Every word has one writer at a time.
final class FuzzProgress {
  /// What the child is about.
  enum Phase: UInt64 {
    case starting
    case making
    case trying
  }

  static let stagesAtMost = 8
  private static let headWords = 8
  private static let bytes = 64 << 10

  private let words: UnsafeMutablePointer<UInt64>

  init(path: String) throws {
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard file >= 0, ftruncate(file, off_t(FuzzProgress.bytes)) == 0 else {
      throw FuzzFailure("cannot write \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    guard
      let page = mmap(nil, FuzzProgress.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0), page != MAP_FAILED
    else { throw FuzzFailure("cannot map \(path): \(String(cString: strerror(errno)))") }
    words = page.bindMemory(to: UInt64.self, capacity: FuzzProgress.bytes / 8)
  }

  deinit { munmap(words, FuzzProgress.bytes) }

  var phase: Phase {
    get { Phase(rawValue: words[0]) ?? .starting }
    set { words[0] = newValue.rawValue }
  }
  /// The input that is being made or tried.
  var index: Int {
    get { Int(words[1]) }
    set { words[1] = UInt64(newValue) }
  }
  /// Inputs that were begun; in a hang it stands still.
  var begun: Int {
    get { Int(words[2]) }
    set { words[2] = UInt64(newValue) }
  }
  /// Of those, mutations of the corpus.
  var mutated: Int {
    get { Int(words[3]) }
    set { words[3] = UInt64(newValue) }
  }

  /// Counters of one target: the inputs, then one a stage.
  func count(target: Int, slot: Int) -> Int { Int(words[place(target, slot)]) }

  func raise(target: Int, slot: Int) { words[place(target, slot)] += 1 }

  private func place(_ target: Int, _ slot: Int) -> Int {
    FuzzProgress.headWords + target * (FuzzProgress.stagesAtMost + 1) + slot
  }
}
