// The tables of docs/protocol.md against the code's tables: limits, problem codes, registers, entries, contradictions. A row that is
// missing, left over or different fails, and the failure prints the row as it must stand.

import Foundation
import Testing

@testable import Core

@Suite struct ProtocolTablesTests {
  let document: ProtocolDocument

  init() throws { document = try .load() }

  /// Every limit by its name; that none is missing here is checked against the source.
  static let limits: [(name: String, value: Int)] = [
    ("maxDepth", Limits.maxDepth), ("maxNumberBytes", Limits.maxNumberBytes), ("maxInteger", Limits.maxInteger),
    ("maxLineBytes", Limits.maxLineBytes), ("maxHeadBytes", Limits.maxHeadBytes), ("maxEdits", Limits.maxEdits),
    ("maxValueBytes", Limits.maxValueBytes), ("maxRegisterNameBytes", Limits.maxRegisterNameBytes),
    ("maxRegisters", Limits.maxRegisters), ("registerReserve", Limits.registerReserve),
    ("maxEntries", Limits.maxEntries), ("maxVectorSize", Limits.maxVectorSize), ("vectorReserve", Limits.vectorReserve),
    ("warnVectorSize", Limits.warnVectorSize),
    ("maxSealedBytes", Limits.maxSealedBytes), ("maxSealedDepth", Limits.maxSealedDepth),
    ("maxSealedValues", Limits.maxSealedValues), ("maxQuarantined", Limits.maxQuarantined),
    ("maxBatchChanges", Limits.maxBatchChanges),
    ("maxBatchBytes", Limits.maxBatchBytes), ("maxMessageBytes", Limits.maxMessageBytes),
    ("maxRunsInHello", Limits.maxRunsInHello), ("maxLacks", Limits.maxLacks),
    ("maxReconcileTops", Limits.maxReconcileTops), ("maxReconcileLeaves", Limits.maxReconcileLeaves),
    ("maxReconcileOrders", Limits.maxReconcileOrders), ("maxReconcileDots", Limits.maxReconcileDots),
    ("maxRequestIDBytes", Limits.maxRequestIDBytes),
    ("maxTextBytes", Limits.maxTextBytes), ("maxWaitSeconds", Limits.maxWaitSeconds), ("maxPage", Limits.maxPage),
  ]

  @Test func everyLimitStandsInTheDocumentWithItsValue() throws {
    let rows = try document.rows(ofSection: "14. Limits").filter { $0[0].hasPrefix("`") }
    #expect(rows.map { "\($0[0]) \($0[1])" } == Self.limits.map { "`\($0.name)` \($0.value)" })
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Sources/Core/Sync/Limits.swift").standardized
    let declared = try String(contentsOf: source, encoding: .utf8).components(separatedBy: "\n").compactMap { line in
      line.firstMatch(of: /public static let (\w+)/).map { String($0.1) }
    }
    #expect(declared == Self.limits.map(\.name))
  }

  @Test func everyProblemCodeStandsInTheDocumentWithItsStatusRetryAndTitle() throws {
    let rows = try document.rows(ofSection: "15. Problems").filter { $0[0].hasPrefix("`") }
    let expected = ProblemCode.allCases.map { ["`\($0.rawValue)`", "\($0.status)", $0.retry.rawValue, $0.title] }
    #expect(rows == expected)
  }

  @Test func everyRegisterAndEntryStandsInTheDocumentAsInTheTable() throws {
    let rows = try document.rows(ofSection: "11. Registers and entries").filter { $0[0].hasPrefix("`") }
    let registers = RegisterTable.rows.map { row in
      [
        "`\(row.pattern)`", Self.words(row.shape), Self.words(row.writers), row.rule.rawValue,
        row.isNullable ? "yes" : "–",
        row.sealedFor.map { "\($0)" } ?? "–", row.isDescriptive ? "yes" : "–", row.label,
      ]
    }
    let entries = RegisterTable.entries.map {
      ["`\($0.kind)`", Self.words($0.shape), Self.words($0.writers), $0.label]
    }
    #expect(rows.count == registers.count + entries.count)
    for (row, expected) in zip(rows, registers + entries) { #expect(row == expected) }
  }

  @Test func everyContradictionStandsInTheDocumentWithWhatIsShownAndWhy() throws {
    let rows = try document.rows(ofSection: "12. What is shown")
    for kind in ContradictionKind.allCases {
      let row = try #require(rows.first { $0[0] == "`\(kind.rawValue)`" }, "\(kind)")
      #expect(row.suffix(3) == [kind.shown, kind.because, kind.isFlagged ? "yes" : "no"])
    }
    let named = rows.filter { $0.count == 6 && $0[0].hasPrefix("`") }
    #expect(named.count == ContradictionKind.allCases.count)
  }

  @Test func everyStatusStandsInTheDocument() throws {
    let section = try document.rows(ofSection: "12. What is shown").flatMap { $0 }.joined(separator: " ")
    for status in OrderStatus.allCases { #expect(section.contains("`\(status.rawValue)`"), "\(status)") }
  }

  static func words(_ writers: Writers) -> String {
    let names: [(Writers, String)] = [
      (.hub, "hub"), (.lead, "lead"), (.leadOfOwnOrder, "lead of own order"), (.assigned, "assigned"), (.own, "own"),
      (.concerned, "concerned"),
    ]
    let held = names.filter { writers.contains($0.0) }.map(\.1)
    return held.isEmpty ? "–" : held.joined(separator: ", ")
  }

  static func words(_ shape: ValueShape) -> String {
    switch shape {
    case .text(let maxBytes): "text ≤ \(maxBytes)"
    case .word(let words): words.map { "`\($0)`" }.joined(separator: " ")
    case .openWord: "word"
    case .flag: "true or false"
    case .instant: "ms"
    case .integer(let range): "integer \(range.lowerBound) to \(range.upperBound)"
    case .number: "number"
    case .list(let element): "list of " + words(element)
    case .record(let fields):
      "{ " + fields.map { "`\($0.name)`\($0.isRequired ? "!" : ""): \(words($0.shape))" }.joined(separator: ", ") + " }"
    case .sealed(let inner): "sealed " + words(inner)
    case .any: "any JSON"
    }
  }
}
