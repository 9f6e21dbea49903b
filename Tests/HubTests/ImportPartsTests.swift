// The parts of an import for themselves: the CSV reader, local dates, the mapping file, and values that no register takes.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct ImportReaderTests {
  private func rows(_ text: String) -> [CSVRow] { Array(CSVReader(Array(text.utf8))) }

  @Test(arguments: ["a,b\n1,2\n", "a,b\r\n1,2\r\n", "\u{FEFF}a,b\n1,2", "\u{FEFF}\"a\",b\r\n\"1\",\"2\""])
  func aTableIsTheSameWithAnyLineBreakAndWithAByteOrderMark(text: String) {
    #expect(rows(text) == [.fields(line: 1, ["a", "b"]), .fields(line: 2, ["1", "2"])])
  }

  @Test func emptyFieldsAndEmptyQuotedFieldsAreFields() {
    #expect(rows(",\n,\"\"\n\"\",") == [1, 2, 3].map { .fields(line: $0, ["", ""]) })
  }

  @Test func linesAreCountedThroughQuotedLineBreaksAndEmptyLines() {
    #expect(
      rows("a,b\n\n\"1\n2\r\n3\",x\r\n\r\ny,z\n") == [
        .fields(line: 1, ["a", "b"]), .fields(line: 3, ["1\n2\r\n3", "x"]), .fields(line: 7, ["y", "z"]),
      ])
  }

  @Test func aQuoteThatSwallowsTheNextRowCostsItsOwnRowOnly() {
    #expect(
      rows("a,b\n\"1,2\n\"3\",4\n5,6\n") == [
        .fields(line: 1, ["a", "b"]), .fault(line: 2, .textAfterQuote(openedInLine: 2)),
        .fields(line: 3, ["3", "4"]), .fields(line: 4, ["5", "6"]),
      ])
    #expect(
      rows("a,b\n\"x\ny\",\"1\n2,3\n") == [
        .fields(line: 1, ["a", "b"]), .fault(line: 2, .unterminatedQuote(openedInLine: 3)),
        .fields(line: 4, ["2", "3"]),
      ])
  }

  @Test func whatIsTooLongOrNotUTF8IsOneRowsFault() {
    let field = String(repeating: "x", count: CSVReader.maxFieldBytes)
    let wide = "\(field)x,\n\"\(field)x\n\",\n\(field),\n"
    #expect(
      rows("a,b\n" + wide).map(\.line) == [.fields(1), .fault(2), .fault(3), .fields(5)])
    let endless = "\"" + String(repeating: "x\n", count: CSVReader.maxRowBytes)
    #expect(rows("a,b\n" + endless)[1] == .fault(line: 2, .unterminatedQuote(openedInLine: 2)))
    let bytes = Array("a,b\n1,".utf8) + [0xFF] + Array("\n3,4".utf8)
    #expect(
      Array(CSVReader(bytes)) == [
        .fields(line: 1, ["a", "b"]), .fault(line: 2, .notUTF8(column: 2)), .fields(line: 3, ["3", "4"]),
      ])
  }

  @Test func anyBytesAreRowsOrFaultsAndTheReaderEnds() {
    var random = SeededGenerator(state: 7)
    let alphabet = Array("a,\"\r\n\u{FEFF}é".utf8)
    for _ in 0..<3_000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        alphabet[Int.random(in: alphabet.indices, using: &random)]
      }
      let rows = Array(CSVReader(bytes))
      #expect(rows.count <= bytes.count { $0 == 0x0A } + 1, "\(bytes)")
      let lines = rows.map(\.line.number)
      #expect(lines == lines.sorted(), "\(bytes)")
    }
  }
}

extension CSVRow {
  fileprivate enum Line: Equatable {
    case fields(Int)
    case fault(Int)

    var number: Int {
      switch self {
      case .fields(let line), .fault(let line): line
      }
    }
  }

  fileprivate var line: Line {
    switch self {
    case .fields(let line, _): .fields(line)
    case .fault(let line, _): .fault(line)
    }
  }
}

@Suite struct ImportDatesTests {
  private func format(_ pattern: String, _ zone: String = "America/New_York") throws -> LocalDateFormat {
    try LocalDateFormat(pattern, timeZone: #require(TimeZone(identifier: zone)))
  }

  @Test(arguments: [
    ("01/01/1970 12:00:00 AM", 18_000), ("02/29/2012 12:00:00 PM", 1_330_534_800), ("12/31/1969 07:00:00 pm", 0),
    ("01/01/1900 12:00:00 AM", -2_208_970_800), ("02/28/2100 11:59:59 PM", 4_107_560_399),
  ])
  func aDateIsItsInstant(text: String, seconds: Int) throws {
    #expect(try format("MM/dd/yyyy hh:mm:ss a").instant(text) == .init(milliseconds: seconds * 1_000, assumption: nil))
  }

  @Test(arguments: [
    "", "03/01/2011", "3/1/2011 10:00:00 AM", "13/01/2011 10:00:00 AM", "00/01/2011 10:00:00 AM",
    "02/30/2011 10:00:00 AM", "02/29/2100 10:00:00 AM", "03/01/2011 00:00:00 AM", "03/01/2011 13:00:00 PM",
    "03/01/2011 10:60:00 AM", "03/01/2011 10:00:60 AM", "03/01/2011 10:00:00 XM", "03/01/2011 10:00:00 AM ",
    "03/01/2011 10:00:00", "+3/01/2011 10:00:00 AM", "03/01/２０１１ 10:00:00 AM", "03-01-2011 10:00:00 AM",
    "00/00/0000 10:00:00 AM",
  ])
  func whatIsNoDateIsNotRepaired(text: String) throws {
    #expect(try format("MM/dd/yyyy hh:mm:ss a").instant(text) == nil)
  }

  @Test func otherFormatsAndZonesAreTaken() throws {
    let iso = try format("yyyy-MM-dd HH:mm:ss", "Asia/Shanghai")
    #expect(iso.instant("2012-05-01 08:00:00")?.milliseconds == 1_335_830_400_000)
    #expect(try format("yyyyMMdd", "UTC").instant("19700102")?.milliseconds == 86_400_000)
  }

  @Test(arguments: [
    "MM/dd", "yyyy-MM-dd hh:mm", "yyyy-MM-dd HH:mm a", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd Z", "yyyy-MM-dd dd", "",
  ])
  func aFormatThatIsNotUnderstoodIsRefused(pattern: String) {
    #expect(throws: LocalDateFormat.FormatError.self) { try format(pattern) }
  }
}

@Suite struct ImportMappingTests {
  private static let lines = [
    "system: erp", "timeZone: Asia/Shanghai", "dateFormat: yyyy-MM-dd HH:mm", "key: 编号", "createdAt: 时间",
    "title: 标题", "platforms:", "  column: 单位", "  map:", "    水务: {slug: water, name: 水务集团, sectors: [water]}",
    "category:", "  column: 类别", "  map:", "    报修: repair",
  ]

  /// The mapping above, with its line `number` replaced.
  private func text(replacing number: Int? = nil, with line: String = "") -> String {
    var lines = Self.lines
    if let number { lines[number - 1] = line }
    return lines.joined(separator: "\n")
  }

  private func faults(_ text: String) -> [MappingFailure.Fault] {
    do {
      _ = try MappingFile.parse(text, name: "m.yaml")
      return []
    } catch {
      return error.faults
    }
  }

  private func read(_ csv: String) throws -> (rows: [ImportedRow], faults: [RowFault]) {
    try Importer.read(csv: Array(csv.utf8), mapping: MappingFile.parse(text(), name: "m.yaml"))
  }

  @Test func theSmallestMappingMapsARow() throws {
    let (rows, faults) = try read("编号,时间,单位,类别,标题\n 7 ,2012-05-01 08:00,水务,报修,爆管\n")
    #expect(faults == [])
    let row = try #require(rows.first)
    #expect(row.number == "7")
    #expect(row.platform == "water")
    #expect(row.createdAt == 1_335_830_400_000)
    #expect(row["category"] == ["scheme": "erp", "code": "报修"])
    #expect(row["sector"] == "water")
    #expect(row["location"] == nil)
  }

  @Test(arguments: [
    (1, "systm: erp", "'systm' is not a key"), (1, "system: ERP 1", "is not a name"),
    (2, "timeZone: Mars/Olympus", "is not a time zone"), (3, "dateFormat: YYYY", "is not understood"),
    (4, "key: [a, b]", "a text is expected"), (6, "title: []", "names no column"),
    (10, "    水务: {slug: hub, name: x, sectors: [water]}", "'hub' is the hotline"),
    (10, "    水务: {slug: water, name: x, sectors: []}", "at least one sector"),
    (10, "    水务: {slug: water, name: x, sector: [water]}", "'sector' is not a key"),
    (14, "    报修: repairs", "'repairs' is not a kind"),
    (14, "    报修: {kind: repair, sector: }", "a text is expected"),
    (14, "    报修: {kind: repair", "is not YAML"),
  ])
  func aFaultOfTheMappingIsNamedWithItsLine(number: Int, line: String, reason: String) {
    let found = faults(text(replacing: number, with: line))
    #expect(
      found.contains { $0.reason.contains(reason) && ($0.place == "m.yaml:\(number)" || reason == "is not YAML") },
      "\(found)")
  }

  @Test func aKeyThatIsMissingOrTwiceIsNamedAndAllFaultsComeAtOnce() {
    #expect(faults(text(replacing: 4)).map(\.reason) == ["the mapping: 'key' is missing"])
    #expect(faults(text(replacing: 4, with: "system: b")).first?.reason.contains("twice") == true)
    #expect(faults("a: 1\nb: 2").count >= 9)
    #expect(faults("").first?.reason == "is empty")
    #expect(faults(text() + "\nlocation: {lat: a, lon: b}").map(\.reason) == ["the mapping: 'crs' is missing"])
  }

  @Test func aFileWithoutTheMappingsColumnsIsRefusedAsAWhole() {
    #expect(throws: ImportFailure.missingColumns(["标题", "类别"])) { try read("编号,时间,单位\n") }
    #expect(throws: ImportFailure.repeatedColumn("编号")) { try read("编号,编号,时间,单位,类别,标题\n") }
    #expect(throws: ImportFailure.empty) { try read("\n\n") }
    #expect(throws: ImportFailure.header(RowFault(line: 1, reason: CSVFault.notUTF8(column: 1).description))) {
      try Importer.read(csv: [0xFF, 0xFE, 0x61, 0], mapping: MappingFile.parse(text(), name: "m.yaml"))
    }
  }

  @Test func aValueThatItsRegisterDoesNotTakeIsAFaultOfTheRowThatNamesIt() throws {
    let title = String(repeating: "管", count: 342)
    let (rows, faults) = try read("编号,时间,单位,类别,标题\n1,2012-05-01 08:00,水务,报修,\(title)\n2,2012-05-01 08:00,水务,报修,x\n")
    #expect(faults.map(\.description) == ["line 2: title: at most 1024 bytes"])
    #expect(rows.map(\.number) == ["2"])
    let number = String(repeating: "1", count: 257)
    #expect(
      try read("编号,时间,单位,类别,标题\n\(number),2012-05-01 08:00,水务,报修,x\n").faults.map(\.description) == [
        "line 2: ref/erp.number: at most 256 bytes"
      ])
  }

  @Test func controlCharactersOfTheFileDoNotReachTheReport() throws {
    let faults = try read("编号,时间,单位,类别,标题\n1,2012-05-01 08:00,\u{1B}[2J,报修,x\n").faults
    #expect(faults.first?.description.contains("\u{1B}") == false)
    #expect(faults.first?.description.contains("'单位'") == true)
  }
}
