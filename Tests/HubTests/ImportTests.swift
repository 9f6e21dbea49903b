// Real rows and hard rows → orders: what survives, to the token, and which rows are reported with which line and reason.

import Core
import Foundation
import Testing

@testable import Hub

/// The example files beside the sources, as a clone has them.
private enum Example {
  static func path(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Examples/nyc311/" + name).path
  }

  static func bytes(_ name: String) throws -> [UInt8] {
    try [UInt8](Data(contentsOf: URL(fileURLWithPath: path(name))))
  }

  static func read(_ name: String) throws -> (rows: [ImportedRow], faults: [RowFault]) {
    try Importer.read(csv: bytes(name), mapping: MappingFile.read(path("mapping.yaml")))
  }
}

@Suite struct ImportOfRealRowsTests {
  @Test func everyRealRowBecomesAnOrderOfOneOfThirteenPlatforms() throws {
    let (rows, faults) = try Example.read("nyc311-2011.csv")
    #expect(faults == [])
    #expect(rows.count == 2_000)
    #expect(rows.map(\.line) == Array(2...2_001))
    let counts = Dictionary(grouping: rows, by: \.platform).mapValues(\.count)
    #expect(
      counts == [
        "nypd": 619, "dot": 502, "dof": 340, "dhs": 181, "dpr": 111, "dohmh": 83, "dca": 65, "tlc": 55, "dfta": 28,
        "hpd": 7, "doe": 5, "dsny": 3, "nycem": 1,
      ])
    #expect(rows.count { $0.wasClosed } == 1_956)
    #expect(rows.count { $0.closedAt != nil } == 1_958)
    #expect(rows.count { $0.dueAt != nil } == 1_983)
    #expect(rows.count { $0["due/complete"] != nil } == 1_983)
    #expect(rows.allSatisfy { $0.resolution != nil })
    #expect(rows.filter { !$0.notes.isEmpty }.map(\.line) == [1_604])
    #expect(rows.first { $0.line == 1_604 }?.notes == ["closed before it was created"])
  }

  @Test func noComplaintTypeOfTheRealRowsIsLeftToTheDefault() throws {
    let mapping = try MappingFile.read(Example.path("mapping.yaml"))
    for row in try Example.read("nyc311-2011.csv").rows {
      let code = try #require(row["category"]?["code"]?.asString)
      #expect(mapping.category.values[code] != nil, "\(code)")
    }
  }

  @Test func theMappingNamesThePlatformsToBeMade() throws {
    let platforms = try MappingFile.read(Example.path("mapping.yaml")).allPlatforms
    #expect(platforms.count == 13)
    #expect(platforms.map(\.slug) == platforms.map(\.slug).sorted())
    #expect(platforms.first { $0.slug.text == "dpr" }?.name == "Department of Parks and Recreation")
    #expect(platforms.first { $0.slug.text == "dot" }?.sectors == ["road", "transit"])
  }

  @Test func coordinatesAreTheFilesVeryTokens() throws {
    let (rows, _) = try Example.read("nyc311-2011.csv")
    let text = try String(decoding: Example.bytes("nyc311-2011.csv"), as: UTF8.self)
    // The file repeats a row's coordinates in its last column, quoted: "(lat, lon)".
    let expected = text.split(separator: "\n").dropFirst().map { line -> String? in
      line.hasSuffix(")\"") ? line.range(of: "\"(", options: .backwards).map { String(line[$0.lowerBound...]) } : nil
    }
    #expect(expected.count { $0 != nil } == 1_402)
    for (row, expected) in zip(rows, expected) {
      guard let lat = row["location"]?["lat"], let lon = row["location"]?["lon"] else {
        #expect(expected == nil)
        #expect(row["location"]?["crs"] == nil)
        continue
      }
      let tokens = [lat, lon].map { String(decoding: $0.bytes, as: UTF8.self) }
      #expect("\"(\(tokens[0]), \(tokens[1]))\"" == expected)
      #expect(row["location"]?["crs"] == "wgs84")
    }
  }

  @Test func aRealRowIsReadColumnByColumn() throws {
    let row = try #require(try Example.read("nyc311-2011.csv").rows.first { $0.number == "19937902" })
    #expect(row.line == 4)
    #expect(row.createdAt == 1_298_988_465_000)  // 2011-03-01 14:07:45 UTC
    #expect(row.closedAt == 1_300_191_969_000)  // 2011-03-15 12:26:09 UTC, daylight time by then
    #expect(row.resolution == "The Department of Transportation has completed the request or corrected the condition.")
    let expected: [String: JSON] = [
      "kind": "repair", "sector": "road", "title": "Other/Unknown",
      "description": "Street Sign - Missing · Other/Unknown · Street", "source": "call",
      "category": [
        "scheme": "nyc311", "code": "Street Sign - Missing", "path": ["Street Sign - Missing", "Other/Unknown"],
      ],
      "location": [
        "district": "QUEENS", "street": "158 STREET", "community": "07 QUEENS",
        "address": "158 STREET & NORTHERN BOULEVARD", "lat": .number("40.763497105049986"),
        "lon": .number("-73.80733639290203"), "crs": "wgs84",
      ],
      "receivedAt": 1_298_988_465_000, "ref/nyc311": ["number": "19937902"],
      "due/complete": ["at": 1_300_213_473_000],
    ]
    #expect(Dictionary(uniqueKeysWithValues: row.registers.map { ($0.name, $0.value) }) == expected)
  }

  @Test func aReplayEndsNowAndKeepsEveryDistance() throws {
    let rows = try Example.read("nyc311-2011.csv").rows
    let now = 1_800_000_000_000
    let shifted = Replay.shifted(rows, now: now)
    #expect(shifted.count == rows.count)
    #expect(shifted.last?.createdAt == now)
    #expect(shifted.map(\.createdAt) == shifted.map(\.createdAt).sorted())
    let original = Dictionary(uniqueKeysWithValues: rows.map { ($0.number, $0) })
    let span = try #require(rows.map(\.createdAt).max()).distance(to: now)
    for row in shifted {
      let before = try #require(original[row.number])
      #expect(row.createdAt - before.createdAt == span)
      #expect(row.closedAt == before.closedAt.map { $0 + span })
      #expect(row["receivedAt"] == .int(row.createdAt))
      #expect(row["due/complete"]?["at"] == row.dueAt.map { .int($0) })
      #expect(row["location"] == before["location"])
    }
    #expect(Replay.shifted([], now: now).isEmpty)
  }
}

@Suite struct ImportOfHardRowsTests {
  private let rows: [String: ImportedRow]
  private let faults: [RowFault]

  init() throws {
    let result = try Example.read("hard.csv")
    rows = Dictionary(uniqueKeysWithValues: result.rows.map { ($0.number, $0) })
    faults = result.faults
  }

  @Test func rowsThatCannotBeMappedAreReportedAndTheRestGoesOn() {
    #expect(
      rows.keys.sorted() == ["9001", "9002", "9003", "9004", "9005", "9010", "9011", "9014", "9016"])
    let format = "is not a date as in MM/dd/yyyy hh:mm:ss a"
    #expect(
      faults.map(\.description) == [
        "line 10: 'Agency': the mapping has no platform for 'XYZ'",
        "line 11: has 4 columns, the header has 41",
        "line 12: 'Created Date': '02/29/2011 10:00:00 AM' \(format)",
        "line 13: 'Closed Date': '2011-03-02T10:00:00' \(format)",
        "line 14: 'Unique Key' is empty",
        "line 17: 'Unique Key': 9001 is already used in line 2",
        "line 19: the quote that opens in line 19 is closed within the field; write a quote inside a quoted field twice",
        "line 20: 'Latitude': '40,66' is not a number from -90 to 90",
        "line 23: the quote that opens in line 23 is not closed",
      ])
  }

  @Test func quotesCommasAndLineBreaksSurvive() {
    let row = rows["9001"]
    #expect(row?.line == 2)
    #expect(row?["title"] == "Sign says \"No Standing\", twice")
    #expect(row?["location"]?["address"] == "12, 5 AVENUE; \"REAR\"")
    #expect(row?.resolution == "Inspected.\r\nFound \"loose\".\r\n\r\nFixed, and closed.")
    #expect(rows["9002"]?.line == 6)
    #expect(rows["9011"]?["title"] == "Pipe 6\" broken")
  }

  @Test func chineseTextSurvives() {
    let row = rows["9010"]
    #expect(row?["title"] == "建国路自来水管爆裂，路面积水")
    #expect(row?["location"]?["address"] == "和平区南京路189号")
    #expect(row?.resolution == "已修复，恢复供水。\n感谢来电。")
  }

  @Test func theFirstDayOf1970IsADay() {
    #expect(rows["9002"]?.createdAt == 18_000_000)
    #expect(rows["9002"]?["receivedAt"] == 18_000_000)
    #expect(rows["9002"]?.dueAt == nil)
    #expect(rows["9002"]?["due/complete"] == nil)
  }

  @Test func aTimeThatWasTwiceOnTheClockIsTheFirstAndNoted() {
    #expect(rows["9003"]?.createdAt == 1_320_557_400_000)  // 05:30 UTC, still daylight time
    #expect(rows["9003"]?.notes.count == 1)
    #expect(rows["9003"]?.notes.first?.contains("twice on the clock") == true)
    #expect(rows["9003"]?.closedAt == 1_320_564_600_000)  // 02:30, standard time, two hours later
  }

  @Test func aTimeThatWasNeverOnTheClockCountsFromBeforeTheChangeAndIsNoted() {
    #expect(rows["9004"]?.createdAt == 1_300_001_400_000)  // 07:30 UTC
    #expect(rows["9004"]?.notes.first?.contains("never on the clock") == true)
    #expect(rows["9004"]?.closedAt == 1_300_002_300_000)  // 03:45 daylight time, 15 minutes later
  }

  @Test func closedBeforeCreatedIsKeptAndNoted() {
    #expect(rows["9005"]?.closedAt == -2_208_970_800_000)
    #expect(rows["9005"]?.notes == ["closed before it was created"])
  }

  @Test func emptyFieldsAreAbsentAndNotEmptyTexts() {
    let row = rows["9014"]
    #expect(row?.closedAt == nil)
    #expect(row?.resolution == nil)
    #expect(row?.wasClosed == false)
    #expect(row?["location"]?["lat"] == nil)
    #expect(row?["location"]?["crs"] == nil)
  }

  @Test func theRowAfterAnUnclosedQuoteIsReadWithItsExactTokens() {
    let row = rows["9016"]
    #expect(row?["location"]?["lat"] == .number("40.70000000000000000001"))
    #expect(row?["location"]?["lon"] == .number("-7.39E1"))
    #expect(row?["kind"] == "other")
    #expect(row?["title"] == "Something New")
    #expect(row?["source"] == "other")
    #expect(rows["9010"]?["location"]?["lat"] == .number("39.12"))
  }
}
