// What a report says beside its counts: in bounds, and readable by peers that say less or more.

import Testing

@testable import Core

@Suite struct ReconcileReportTests {
  private func order(_ index: Int) -> OrderID {
    OrderID(maker: .hub, milliseconds: 1_700_000_000_000 + index, random: [UInt8](repeating: 7, count: 10))
  }

  private func dot(_ n: Int) throws -> Dot { Dot(try ReplicaID("water.aaaaaaaaaaaaaaaa"), n) }

  @Test func itNamesTheFirstOfWhatItCountsAndReadsBack() throws {
    var repairs = Repairs()
    repairs.note([
      Repair(.digest, order: order(0)), Repair(.line, order: order(0), dot: try dot(4)),
      .bucket(17, level: 0, of: try PlatformName("water")), .bucket(4_400, level: 1),
    ])
    for index in 1...200 { repairs.note(Repair(.state, order: order(index))) }
    var report = ReconcileReport()
    report.noteRepaired(repairs)
    report.noteRepaired(repairs)
    report.noteRefused([])
    let dots = try (1...20).map { try dot($0) }
    report.noteRefused(dots.prefix(7).map { (dot: $0, reason: "no receipt") })
    report.noteRefused(dots.dropFirst(7).map { (dot: $0, reason: String(repeating: "x", count: 9_000)) })
    #expect(report.repaired == 408 && report.repairs.count == 100 && report.repairs[2].bucket == "water top 17")
    #expect(report.refused == 20 && report.refusals.map(\.dot) == Array(dots.prefix(10)))
    let bytes = report.json.bytes
    #expect(bytes.count < 32_000)
    #expect(try ReconcileReport(JSON(parsing: bytes)) == report)
  }

  @Test func whatOlderSoftwareDoesNotSayAndNewerSaysOtherwiseIsNoError() throws {
    var report = ReconcileReport()
    report.noteRepaired(Repairs())
    #expect(report.json["repairs"] == nil && report.json["refusals"] == nil)
    let newer: JSON = .object(
      (report.json.asObject ?? []) + [
        JSON.Member("repairs", [["what": "colour"], "x", ["what": "state", "order": "x"], ["what": "words"]]),
        JSON.Member(
          "refusals", [["dot": "x", "reason": "y"], ["dot": .string(try dot(3).description), "reason": "y"]]),
      ])
    let read = try ReconcileReport(newer)
    #expect(read.repairs == [Repair(.words)])
    #expect(read.refusals == [.init(try dot(3), "y")])
  }
}
