// The house as STYLE tells it: imports point down between targets, and inside the hub and the agent the lower floors do not know the
// upper ones. Read from the sources themselves.

import Foundation
import Testing

@Suite struct ArchitectureTests {
  private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources")

  private func files(_ folder: String) throws -> [(path: String, text: String)] {
    let root = Self.sources.appending(path: folder)
    let all = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    return try all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map { url in
      (url.path.replacing(root.path + "/", with: ""), try String(contentsOf: url, encoding: .utf8))
    }
  }

  private func imports(_ text: String) -> Set<String> {
    Set(
      text.matches(of: /(?m)^(?:@\w+ )?(?:public )?import (?:struct |enum |class |func )?(\w+)/).map {
        String($0.output.1)
      })
  }

  @Test(arguments: [
    ("Core", ["Shell", "Agent", "Hub", "Bench", "CCurl", "GRDB", "Foundation", "Hummingbird", "NIOCore"]),
    ("Shell", ["Agent", "Hub", "Bench", "GRDB"]), ("Agent", ["Hub", "Bench"]), ("Hub", ["Agent", "Bench"]),
    ("Bench", ["Agent", "Hub"]),
  ])
  func importsPointDown(target: String, forbidden: [String]) throws {
    for file in try files(target) {
      let found = imports(file.text).intersection(forbidden)
      #expect(found.isEmpty, "\(target)/\(file.path) imports \(found.sorted())")
    }
  }

  @Test func coreReadsNoClockAndNoRandomness() throws {
    for file in try files("Core") {
      for word in ["Date()", "SystemRandomNumberGenerator", "UUID()", "FileManager", "ProcessInfo", ".random(in"] {
        #expect(!file.text.contains(word), "Core/\(file.path) uses \(word)")
      }
    }
  }

  /// The folders of a target from the ground up; a file names no type that a higher floor declares.
  @Test(arguments: [
    (
      "Hub",
      [
        ["Store", "Search"], ["Ingest", "Feed", "Authority", "Import"], ["Supervision", "Accounts"],
        ["SyncAPI", "Operators", "Config", "Metrics"],
        ["Console"], ["Commands"],
      ]
    ),
    ("Agent", [["Config", "Enrolment"], ["Store"], ["Sync"], ["LocalAPI"], ["Commands"]]),
  ])
  func lowerFloorsDoNotKnowUpperOnes(target: String, floors: [[String]]) throws {
    let all = try files(target)
    func floor(_ path: String) -> Int? {
      let folder = String(path.prefix { $0 != "/" })
      return floors.firstIndex { $0.contains(folder) }
    }
    var declared: [String: Int] = [:]
    for file in all {
      guard let floor = floor(file.path) else { continue }
      for match in file.text.matches(of: /(?m)^(?:final class|class|struct|enum|actor|protocol) (\w+)/) {
        declared[String(match.output.1)] = floor
      }
    }
    for file in all {
      guard let own = floor(file.path) else { continue }
      let code = file.text.replacing(/(?m)\/\/.*$/, with: "").replacing(/"[^"\n]*"/, with: "")
      let words = Set(code.matches(of: /\b[A-Z]\w+/).map { String($0.output) })
      let above = words.filter { (declared[$0] ?? 0) > own }
      #expect(above.isEmpty, "\(target)/\(file.path) knows \(above.sorted()) of a floor above")
    }
  }
}
