// Parts of the pages of orders that know no page: the plane of points, the export, masks, what can be done, filters, refusals' words.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct OrdersPointMapTests {
  private func place(_ lat: String, _ lon: String, _ crs: String? = "wgs84", emergency: Bool = false) -> Place {
    let location = JSON.compact([("lat", .number(lat)), ("lon", .number(lon)), ("crs", crs.map(JSON.string))])
    return Place(
      order: OrderID(maker: .hub, milliseconds: 1, random: [1]), name: "n", isEmergency: emergency,
      position: OrderPosition(location))
  }

  @Test func systemsAreNeverDrawnTogether() {
    let places = [
      place("39.10", "117.20"), place("39.11", "117.21"), place("39.12", "117.22", "gcj02"),
      place("39.1", "117.2", nil),
    ]
    let map = PointMap(places)
    #expect(map.system == "wgs84")
    #expect(map.systems.map(\.name) == ["wgs84", "gcj02", "unknown"])
    #expect(map.systems.map(\.orders) == [2, 1, 1])
    #expect(map.marks.flatMap(\.places).sorted() == [0, 1])
    #expect(PointMap(places, system: "gcj02").marks.flatMap(\.places) == [2])
    #expect(PointMap(places, system: "bd09").system == "wgs84")
  }

  @Test func northIsUpAndEastIsRight() throws {
    let map = PointMap([place("39.10", "117.20"), place("39.15", "117.30")])
    let south = try #require(map.marks.first { $0.places == [0] })
    let north = try #require(map.marks.first { $0.places == [1] })
    #expect(north.y < south.y && north.x > south.x)
    for mark in map.marks {
      #expect((0...PointMap.size.width).contains(mark.x) && (0...PointMap.size.height).contains(mark.y))
    }
  }

  /// A degree of latitude is 111 km; the bar must agree with the marks.
  @Test func theScaleIsThatOfTheMarks() throws {
    let map = PointMap([place("39.0", "117.2"), place("39.1", "117.2")])
    let ys = map.marks.map(\.y)
    let metres = 11_132.0
    let unitsAMetre = Double(try #require(ys.max()) - (try #require(ys.min()))) / metres
    #expect(abs(Double(map.scale.length) - Double(map.scale.metres) * unitsAMetre) < 3)
    #expect(map.scale.length <= PointMap.size.width / 4 && map.scale.length > PointMap.size.width / 20)
  }

  @Test func whatIsNoPlaceIsCountedAndNotDrawn() {
    let places = [
      place("0", "0"), place("91", "10"), place("1e400", "2"), place("39.1", "117.2"),
      Place(order: OrderID(maker: .hub, milliseconds: 1, random: [1]), name: "", isEmergency: false, position: nil),
    ]
    let map = PointMap(places)
    #expect(map.unplaced == [0, 1, 2, 4])
    #expect(map.marks.flatMap(\.places) == [3])
  }

  @Test func oneFigureMistypedDoesNotShrinkTheCity() {
    let city = (0..<20).map { place("39.\(10 + $0)", "117.\(10 + $0)") }
    let map = PointMap(city + [place("-39.1", "117.2")])
    #expect(map.far == [20])
    #expect(map.marks.count > 5)
  }

  @Test func ordersInOnePlaceAreOneMark() {
    let map = PointMap([place("39.1", "117.2"), place("39.1", "117.2", emergency: true), place("39.2", "117.2")])
    #expect(map.marks.map(\.places).sorted { $0.count < $1.count } == [[2], [0, 1]])
    #expect(map.marks.first { $0.places.count == 2 }?.isEmergency == true)
  }

  @Test func everyOrderIsDrawnOrListed() {
    var random = SeededGenerator(state: 4)
    for _ in 0..<50 {
      let places = (0..<40).map { _ in
        place(
          "\(Int(random.next() % 200) - 100).\(random.next() % 99)", "\(Int(random.next() % 400) - 200).5",
          ["wgs84", "gcj02", nil][Int(random.next() % 3)])
      }
      let map = PointMap(places)
      let others = places.indices.filter { (places[$0].position?.system ?? map.system) != map.system }
      let all = map.marks.flatMap(\.places) + map.unplaced + map.far + others
      #expect(all.sorted() == Array(places.indices))
    }
  }
}

@Suite struct OrdersExportTests {
  private static let formulas = [
    "=cmd|' /C calc'!A0", "+86 138", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\0=1", "\n=1", "  =1", "＝1", "＠x", "'=1",
    "\u{FEFF}=1", "%0A", "|x",
  ]

  @Test(arguments: formulas)
  func whatASpreadsheetWouldObeyGetsAnApostrophe(text: String) {
    #expect(CSVWriter.harmless(text) == "'" + text)
  }

  @Test(arguments: ["", "爆管", "a=b", "津南区-1号", "12", " "])
  func ordinaryTextsStayAsTheyAre(text: String) { #expect(CSVWriter.harmless(text) == text) }

  @Test func quotesCommasAndLineBreaksSurvive() {
    let texts = ["a\"b", "a,b", "a\nb", "a\r\nb", "", "爆管", "x'y"]
    let bytes = CSVWriter.byteOrderMark + CSVWriter.row(texts.map(CSVField.text))
    #expect(Array(CSVReader(bytes)) == [.fields(line: 1, texts)])
  }

  @Test func everyFieldOfAnyTextIsReadBackWithAtMostAnApostrophe() {
    var random = SeededGenerator(state: 6)
    let signs = Array("=+-@\t\r\n\0\"',;爆a1 \u{202E}")
    for _ in 0..<2_000 {
      let texts = (0..<3).map { _ in
        String((0..<random.next() % 6).map { _ in signs[Int(random.next() % UInt64(signs.count))] })
      }
      guard case .fields(_, let fields)? = Array(CSVReader(CSVWriter.row(texts.map(CSVField.text)))).first else {
        Issue.record("not one row: \(texts)")
        continue
      }
      for (text, field) in zip(texts, fields) {
        #expect(field == text || field == "'" + text)
        let first = field.unicodeScalars.first { $0 != " " }
        #expect(first.map { !"=+-@\t\r\n\0".unicodeScalars.contains($0) } ?? true, "\(field.debugDescription)")
      }
    }
  }

  @Test func thePhoneIsMaskedUnlessItIsToBeRevealed() throws {
    var state = OrderState(id: OrderID(maker: .hub, milliseconds: 1, random: [1]))
    let change = Change(
      order: state.id, dot: Dot(ReplicaID(platform: .hub, random: [1]), 1), context: VersionVector(), at: HybridTime(1),
      author: Author(name: "op", role: "operator"),
      edits: [
        .set("title", "=cmd()"), .set("number", "20261125-000001"),
        .set(
          "location", .object([.init("lat", .number("39.10")), .init("lon", .number("-73.9")), .init("crs", "wgs84")])),
      ])
    _ = Merge.apply(change, to: &state)
    let row = ExportedOrder(
      view: OrderView(state), updated: 2, caller: ["name": "张三", "phone": "13812341234"])
    func fields(_ isRevealing: Bool) throws -> [String: String] {
      let export = OrdersExport(
        isRevealing: isRevealing, label: \.rawValue, time: { "\($0)" }, word: { $1 }, now: 5)
      let rows = Array(CSVReader(export.header + export.row(row)))
      guard case .fields(_, let names)? = rows.first, case .fields(_, let values)? = rows.last else { return [:] }
      return Dictionary(zip(names, values)) { first, _ in first }
    }
    let masked = try fields(false)
    #expect(masked["phone"] == "138****1234")
    #expect(masked["caller"] == "张*")
    #expect(masked["title"] == "'=cmd()")
    #expect(masked["latitude"] == "39.10")
    #expect(masked["longitude"] == "-73.9")
    #expect(masked["status"] == "received")
    let plain = try fields(true)
    #expect(plain["phone"] == "13812341234")
    #expect(plain["caller"] == "张三")
  }
}

@Suite struct OrdersFilterTests {
  @Test func aFilterIsReadFromWhatItWrites() throws {
    var filter = OrderFilter()
    filter.platform = "water"
    filter.sector = "water"
    filter.kind = "repair"
    filter.status = .repaired
    filter.priority = "urgent"
    filter.standing = .all
    filter.isOverdue = true
    filter.isAtOdds = true
    filter.from = 1
    filter.until = 2
    filter.text = "爆管 & x=1"
    let items = Dictionary(filter.items.map { ($0.name, $0.value) }) { first, _ in first }
    #expect(Set(items.keys) == Set(OrderFilter.names))
    #expect(try OrderFilter(reading: { items[$0] }) == filter)
    #expect(OrderFilter().items.isEmpty)
  }

  @Test(arguments: [("status", "gone"), ("priority", "high"), ("open", "maybe"), ("overdue", "1"), ("kind", "x")])
  func aFilterWithATypingErrorIsRefused(name: String, value: String) {
    #expect(throws: Problem.self) { try OrderFilter(reading: { $0 == name ? value : nil }) }
  }

  @Test func aMarkThatNobodyWroteIsNone() {
    let order = OrderID(maker: .hub, milliseconds: 1, random: [1])
    let mark = OrderMark(value: -7, order: order.text)
    #expect(OrderMark(mark.text) == mark)
    for text in ["", "x", "5", "5.", "5.x", ".\(order)", "5.' OR 1=1"] { #expect(OrderMark(text) == nil, "\(text)") }
  }
}

@Suite struct OrdersRefusalTests {
  /// Every sentence with which Core refuses a command, as it stands in its sources.
  private func sentences() throws -> [String] {
    let core = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Core/Order")
    return try ["HubSteps", "PlatformSteps", "CommandCheck"].flatMap { name -> [String] in
      let text = try String(contentsOf: core.appending(path: "\(name).swift"), encoding: .utf8)
      let begins = text.matches(of: /refuse\("|CommandRefusal\(\s*"[a-z-]+",\s*"/).map(\.range.upperBound)
      return begins.map { literal(from: text[$0...]) }
    }.filter { !$0.hasPrefix("cannot x7") }
  }

  /// The sentences with which the hub itself refuses what the console's pages can ask.
  private func sentencesOfTheHub() throws -> [String] {
    let hub = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Hub")
    return try ["Operators", "Console", "Privacy"].flatMap { part -> [String] in
      let files = FileManager.default.enumerator(at: hub.appending(path: part), includingPropertiesForKeys: nil)
      return try (files?.allObjects ?? []).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.flatMap {
        file -> [String] in
        let text = try String(contentsOf: file, encoding: .utf8)
        return text.matches(of: /(?:Problem\(\s*\.[a-zA-Z]+|CommandRefusal\(\s*"[a-z-]+"),\s*"/).map {
          literal(from: text[$0.range.upperBound...])
        }
      }
    }
  }

  /// A string literal behind its opening quote, and those that are added to it, with `x7` for whatever is filled in.
  private func literal(from text: Substring) -> String {
    var rest = text
    var result = ""
    while let sign = rest.popFirst() {
      if sign == "\"" {
        guard let more = rest.prefixMatch(of: /\s*\+\s*"/) else { return result }
        rest = rest[more.range.upperBound...]
        continue
      }
      guard sign == "\\" else {
        result.append(sign)
        continue
      }
      guard rest.popFirst() == "(" else { continue }
      var depth = 1
      while depth > 0, let inner = rest.popFirst() {
        if inner == "(" { depth += 1 }
        if inner == ")" { depth -= 1 }
      }
      result += "x7"
    }
    return result
  }

  @Test func everyRefusalHasAChineseSentence() throws {
    let ofCommands = try sentences()
    let ofHub = try sentencesOfTheHub()
    #expect(ofCommands.count > 35 && ofHub.count > 50)
    for sentence in ofCommands + ofHub {
      let said = RefusalWords.said(sentence, in: .zh, word: { _ in nil })
      #expect(said != sentence, "\(sentence)")
      #expect(said.unicodeScalars.contains { (0x4E00...0x9FFF).contains($0.value) }, "\(said)")
    }
  }

  @Test func wordsOfTheDomainAreSaidInTheReadersLanguage() {
    let sentence = "cannot close: 'solved' needs a finished repair (the order is dispatched)"
    let words = ["solved": "已解决", "dispatched": "已派单"]
    #expect(RefusalWords.said(sentence, in: .zh, word: { words[$0] }) == "现在不能办结：“已解决”须在处置完成后才能选（工单状态：已派单）")
    #expect(RefusalWords.said(sentence, in: .en, word: { words[$0] }) == sentence)
    #expect(RefusalWords.said("something new", in: .zh, word: { _ in nil }) == "something new")
  }
}
