// Figures for programs: one file that every benchmark writes its own members of.

import Core
import Foundation
import Shell

enum BenchReport {
  static var path: String { FileManager.default.currentDirectoryPath + "/.build/bench/report.json" }

  /// Puts `members` in the place of those of the same names; what other benchmarks wrote stays.
  static func write(_ members: [JSON.Member]) throws {
    var kept: [JSON.Member] = []
    if let bytes = FileManager.default.contents(atPath: path) {
      do {
        kept = try JSON(parsing: Array(bytes)).asObject ?? []
      } catch {
        throw CommandFailure("\(path) is no report: \(error)", remedy: "remove it, and it begins anew")
      }
    }
    let names = Set(members.map(\.key))
    let document = JSON.object(kept.filter { !names.contains($0.key) } + members)
    try Data(document.bytes + [0x0A]).write(to: URL(fileURLWithPath: path), options: .atomic)
  }
}
