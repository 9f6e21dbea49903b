// Import and replay from the command's side: how rows are sent, what is counted, when a row has its turn.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct CommandsImportTests {
  private func row(_ line: Int, at createdAt: Int = 0, title: String = "x") -> ImportedRow {
    ImportedRow(
      line: line, system: "nyc311", number: "\(line)", platform: "dot", registers: [("title", .string(title))],
      createdAt: createdAt, closedAt: nil, dueAt: nil, resolution: nil, wasClosed: false, notes: [])
  }

  @Test func rowsGoInTheirOrderInBatchesOfBoundedLength() throws {
    let batches = ImportSession.batches((1...250).map { row($0) }[...])
    #expect(batches.map(\.count) == [100, 100, 50])
    #expect(batches.flatMap { $0 }.compactMap { $0["line"]?.asInt } == Array(1...250))
    #expect(batches[0][0] == ["line": 1, "number": "1", "platform": "dot", "registers": ["title": "x"]])
    let wide = (1...10).map { row($0, title: String(repeating: "y", count: 1 << 20)) }
    #expect(ImportSession.batches(wide[...]).map(\.count) == [3, 3, 3, 1])
    let monster = [row(1), row(2, title: String(repeating: "y", count: 5 << 20)), row(3)]
    #expect(ImportSession.batches(monster[...]).map(\.count) == [1, 1, 1])
    #expect(ImportSession.batches([]).isEmpty)
  }

  @Test func everyRowOfAnAnswerIsCountedOnce() throws {
    let client = try DaemonClient(socket: "/nowhere", startCommand: "")
    var session = ImportSession(client: client, system: "nyc311", dispatch: true, author: .object([]))
    session.take([
      "rows": [
        ["line": 1, "order": "a", "created": true, "dispatched": true],
        ["line": 2, "order": "b", "created": true, "dispatched": false],
        ["line": 3, "order": "c", "created": false, "dispatched": false],
        ["line": 4, "created": false, "dispatched": false, "fault": "no platform"],
      ]
    ])
    #expect(session.counts == ImportSession.Counts(created: 2, known: 1, dispatched: 1))
    #expect(session.refused == [RowFault(line: 4, reason: "no platform")])
    #expect(
      session.summary(rows: 4, faults: session.refused) == [
        "rows": 4, "created": 2, "known": 1, "dispatched": 1, "faults": [["line": 4, "reason": "no platform"]],
      ])
  }

  @Test func aReplayedRowHasItsTurnWhenItsTimeHasComeAtThatSpeed() {
    let times = [1_000, 2_000, 2_000, 5_000]
    func due(_ elapsed: Double, _ speed: Double?) -> Int {
      ReplayPace.due(times, elapsedMilliseconds: elapsed, speed: speed)
    }
    #expect(due(0, nil) == 4)
    #expect(due(0, 1) == 1)
    #expect(due(999, 1) == 1)
    #expect(due(1_000, 1) == 3)
    #expect(due(399, 10) == 3)
    #expect(due(400, 10) == 4)
    #expect(ReplayPace.due([], elapsedMilliseconds: 5, speed: 2) == 0)
  }
}
