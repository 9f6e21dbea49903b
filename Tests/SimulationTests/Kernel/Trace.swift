// What happened, as text: hashed whole, so that two runs of a seed can be compared, and kept at its end, so that a failure can be read.

import Foundation

/// One run's record.
final class Trace {
  /// Lines that a report shows; `LIANXIN_SIM_LINES` shows more.
  static let shown = ProcessInfo.processInfo.environment["LIANXIN_SIM_LINES"].flatMap { Int($0) } ?? 60
  /// Lines kept for reading.
  private static let kept = max(600, shown)

  /// FNV-1a over every line since the start.
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  private(set) var lines = 0
  private var ring: [String] = []

  func note(_ time: Int, _ text: String) {
    let line = "\(time) \(text)"
    for byte in line.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    hash = (hash ^ 0x0A) &* 0x0000_0100_0000_01B3
    lines += 1
    if ring.count < Trace.kept {
      ring.append(line)
    } else {
      ring[(lines - 1) % Trace.kept] = line
    }
  }

  /// The last lines, oldest first.
  func tail(_ count: Int) -> [String] {
    guard lines > Trace.kept else { return Array(ring.suffix(count)) }
    let start = lines % Trace.kept
    return Array((ring[start...] + ring[..<start]).suffix(count))
  }
}
