// The everyday sample of the restore grid, and the door of `make grid`.

import Foundation
import Testing

@Suite("The restore grid: hub and agent go back to backups of different ages")
struct RestoreGridTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let isLong = RestoreGridSettings(environment) != nil || environment["LIANXIN_GRID_CELL"] != nil

  /// Corners, one of the diagonal, and another.
  private static let sample: [RestoreCell] = {
    var random = SimRandom(seed: 20)
    let last = RestoreCell.ages - 1
    let middle = RestoreCell.ages / 2
    let pairs = [
      (0, 0), (0, last), (last, 0), (last, last), (middle, middle),
      (random.below(RestoreCell.ages), random.below(RestoreCell.ages)),
    ]
    // Both may go first: by the seed.
    return pairs.enumerated().map { RestoreCell(agent: $1.0, hub: $1.1, seed: UInt64(1 + $0 % 2)) }
  }()

  @Test("what survives anywhere is everywhere in the end", .enabled(if: !isLong), arguments: sample)
  func heals(cell: RestoreCell) throws {
    let outcome = RestoreGrid.run(cell, grounds: try Grounds())
    #expect(outcome.violations.isEmpty, "\(cell)\n\(outcome.violations)\n\(outcome.tail.joined(separator: "\n"))")
    #expect(outcome.roleChanges > 0, "\(cell): no order changed hands")
    #expect(outcome.purged > 0, "\(cell): nothing was purged")
    #expect(outcome.forgotten > 0, "\(cell): neither of them forgot anything")
    #expect(outcome.givenBack > 0, "\(cell): nothing was given back")
  }

  @Test("where nobody meets after the restores, the checks say so", .enabled(if: !isLong), arguments: [UInt64(2)])
  func canFail(seed: UInt64) throws {
    let cell = RestoreCell(agent: 6, hub: 3, seed: seed)
    let outcome = RestoreGrid.run(cell, grounds: try Grounds(), isReunited: false)
    let rules = Set(outcome.violations.map(\.rule))
    #expect(rules.isSuperset(of: ["I-11", "I-18"]), "found only \(rules.sorted())")
  }

  @Test("the same cell is the same world, to the last event", .enabled(if: !isLong))
  func repeats() throws {
    let grounds = try Grounds()
    let cell = RestoreCell(agent: 12, hub: 5, seed: 2)
    let hashes = (0..<2).map { _ in RestoreGrid.run(cell, grounds: grounds).traceHash }
    #expect(hashes[0] == hashes[1])
  }

  @Test("all cells heal", .enabled(if: RestoreGridSettings(environment) != nil))
  func grid() async throws {
    let settings = try #require(RestoreGridSettings(Self.environment))
    let report = try await RestoreGridRun(settings).run()
    let found = report.violations.map { "\($0.agent),\($0.hub),\($0.seed): \($0.rule): \($0.detail)" }
    #expect(found.isEmpty, "\(found.joined(separator: "\n"))")
    #expect(report.givenBack > 0)
  }

  @Test("a cell is replayed", .enabled(if: environment["LIANXIN_GRID_CELL"] != nil))
  func replay() throws {
    let text = try #require(Self.environment["LIANXIN_GRID_CELL"])
    let cell = try #require(RestoreCell(text: text), "'\(text)' is not agent,hub,seed")
    let outcome = RestoreGrid.run(cell, grounds: try Grounds())
    print(outcome.tail.joined(separator: "\n"))
    print(
      "edits \(outcome.edits), forgotten \(outcome.forgotten), given back \(outcome.givenBack), lost \(outcome.lost), "
        + "trace \(String(outcome.traceHash, radix: 16))")
    #expect(outcome.violations.isEmpty, "\(outcome.violations)")
  }
}
