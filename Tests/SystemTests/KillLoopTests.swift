// A sample of `lianxin-bench kills`, and that its proof can fail. What the whole loop does is told in the bench.

import Core
import Foundation
import Testing

@testable import TestSite

extension SystemTests {
  @Suite struct KillLoop {
    private func kills(_ directory: String, _ arguments: String...) throws -> Finished {
      try ChildProcess(
        Program.bench.path, ["kills", "--directory", directory] + arguments, scratch: directory
      ).finish(within: 120)
    }

    private func temporaryFolder() throws -> String {
      let path = NSTemporaryDirectory() + "lx-" + String(UUID().uuidString.prefix(8))
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      return path
    }

    @Test func underLoadOnABadNetworkKillsLoseAndDoubleNothing() throws {
      let directory = try temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: directory) }  // a leftover of a test harms nobody
      let finished = try kills(directory, "--count", "6", "--agents", "2", "--seed", "11")
      #expect(finished.status == 0, "\(finished.all)")
      let file = try #require(FileManager.default.contents(atPath: directory + "/report.json"))
      let report = try JSON(parsing: Array(file))
      #expect(report["kills"] == 6 && report["total"]?["kills"] == 6)
      for what in ["lost", "doubled", "diverged", "waiting"] { #expect(report[what] == 0, "\(finished.all)") }
      #expect((report["acknowledged"]?.asInt ?? 0) > 50 && (report["statesCompared"]?.asInt ?? 0) > 0)
    }

    /// The other two that it can do, doubled and diverged, are found by the same checker.
    @Test func aChangeThatIsMissingAtTheHubIsFoundAndNamed() throws {
      let directory = try temporaryFolder()
      defer { try? FileManager.default.removeItem(atPath: directory) }  // a leftover of a test harms nobody
      let finished = try kills(directory, "--count", "1", "--agents", "1", "--seed", "12", "--sabotage", "lost")
      #expect(finished.status == 1, "\(finished.all)")
      #expect(finished.output.contains("is not in the hub's log") && finished.errors.contains("--seed 12"))
      #expect(!FileManager.default.fileExists(atPath: directory + "/report.json"))
      // Its evidence stays.
      #expect(FileManager.default.fileExists(atPath: directory + "/run/ledger.jsonl"))
    }
  }
}
