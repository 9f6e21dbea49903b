// The table of docs/testing.md that says which tests try which rows of the fault matrix: each test that it names is where it says.

import Foundation
import Testing

@Suite struct FaultRowsTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// What stands in the third column, by the row's number.
  private func rows() throws -> [(number: Int, cell: String)] {
    let text = try String(contentsOf: Self.root.appending(path: "docs/testing.md"), encoding: .utf8)
    return text.matches(of: /(?m)^\| (\d+) \| [^|\n]+ \| ([^|\n]+) \|$/).compactMap { match in
      Int(match.output.1).map { ($0, String(match.output.2)) }
    }
  }

  @Test func everyRowOnHealingIsThereOnce() throws {
    #expect(try rows().map(\.number) == Array(108...137))
  }

  @Test func everyTestThatIsNamedIsInItsFile() throws {
    for (number, cell) in try rows() {
      if cell.hasPrefix("none: ") { continue }
      for part in cell.components(separatedBy: "; ") {
        let halves = part.components(separatedBy: ": ").map { $0.replacing("`", with: "") }
        try #require(halves.count == 2, "row \(number): \(part)")
        let file = Self.root.appending(path: "Tests/" + halves[0])
        let text = try String(contentsOf: file, encoding: .utf8)
        // Where no test is declared, checks, faults and rare states are named.
        let declared =
          text.contains("@Test")
          ? text.matches(of: /func (\w+)/).map { String($0.output.1) }
          : text.matches(of: /\w+/).map { String($0.output) }
        let names = Set(declared)
        for name in halves[1].components(separatedBy: ", ") {
          let stem = name.replacing("…", with: "")
          let found = names.filter { name == stem ? $0 == name : $0.hasPrefix(stem) }
          #expect(found.count == 1, "row \(number): \(halves[0]) has \(found.sorted()) for \(name)")
        }
      }
    }
  }
}
