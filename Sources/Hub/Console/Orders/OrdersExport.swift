// Orders as rows of a CSV file (RFC 4180) for people's spreadsheets. Every text in it was written by a citizen or a platform, and a
// spreadsheet obeys what looks like a formula: such a text gets an apostrophe before it.

import Core

/// One field of a row.
enum CSVField: Sendable, Equatable {
  case text(String)
  /// Digits of ours: never obeyed, so they may begin with a minus.
  case integer(Int)
  /// A JSON number's own digits, likewise.
  case number(String)
  case empty
}

enum CSVWriter {
  /// What begins a formula, in a spreadsheet or, of wide form, in one of a Chinese or Japanese system; or hides what does.
  private static let steering: Set<Unicode.Scalar> = [
    "=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠", "|", "%",
  ]

  /// So that spreadsheets read UTF-8.
  static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]

  /// The text, made harmless. An apostrophe that is there already is one of the writer's, and gets another, so that each can be told.
  static func harmless(_ text: String) -> String {
    guard let first = text.unicodeScalars.first(where: { !isBlank($0) }) ?? text.unicodeScalars.first else { return "" }
    return steering.contains(first) || text.unicodeScalars.first == "'" ? "'" + text : text
  }

  /// Some spreadsheets pass over these before they look.
  private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
    scalar == " " || scalar == "\u{A0}" || scalar == "\u{3000}" || scalar == "\u{FEFF}" || scalar == "\u{200B}"
  }

  /// One row with its line end.
  static func row(_ fields: [CSVField]) -> [UInt8] {
    var output: [UInt8] = []
    for (index, field) in fields.enumerated() {
      if index > 0 { output.append(0x2C) }
      switch field {
      case .empty: break
      case .integer(let number): output.append(contentsOf: String(number).utf8)
      case .number(let token): output.append(contentsOf: token.utf8)
      case .text(let text):
        output.append(0x22)
        for byte in harmless(text).utf8 {
          if byte == 0x22 { output.append(byte) }
          output.append(byte)
        }
        output.append(0x22)
      }
    }
    output.append(contentsOf: [0x0D, 0x0A])
    return output
  }
}

/// Which columns an export has, and an order's values in them.
struct OrdersExport: Sendable {
  enum Column: String, Sendable, CaseIterable {
    case number, id, title, kind, sector, priority, status, platform, round, receivedAt, due, updated, district,
      address, latitude, longitude, crs, caller, phone
  }

  /// Personal values in plain: for who has the right to it, with a row in the audit.
  let isRevealing: Bool
  let label: @Sendable (Column) -> String
  let time: @Sendable (Int) -> String
  let word: @Sendable (Vocabulary, String) -> String
  let now: Int

  var header: [UInt8] { CSVWriter.byteOrderMark + CSVWriter.row(Column.allCases.map { .text(label($0)) }) }

  func row(_ row: ExportedOrder) -> [UInt8] { CSVWriter.row(Column.allCases.map { field($0, row) }) }

  private func field(_ column: Column, _ row: ExportedOrder) -> CSVField {
    let state = row.view.state
    func text(_ value: JSON?) -> CSVField { value?.asString.map(CSVField.text) ?? .empty }
    func word(_ list: Vocabulary, _ value: JSON?) -> CSVField {
      value?.asString.map { .text(self.word(list, $0)) } ?? .empty
    }
    func instant(_ value: Int?) -> CSVField { value.map { .text(time($0)) } ?? .empty }
    switch column {
    case .number: return row.view.number.map(CSVField.text) ?? .empty
    case .id: return .text(state.id.text)
    case .title: return .text(row.view.title)
    case .kind: return word(.kind, state.value("kind"))
    case .sector: return word(.sector, state.value("sector"))
    case .priority: return .text(self.word(.priority, row.view.priority))
    case .status: return .text(self.word(.status, row.view.status(now: now).rawValue))
    case .platform:
      let names = row.view.assignments.filter { $0.isLead && $0.round == row.view.round && $0.isActive }.map(\.platform)
      return names.isEmpty ? .empty : .text(names.joined(separator: ", "))
    case .round: return .integer(row.view.round)
    case .receivedAt: return instant(state.value("receivedAt")?.asInt)
    case .due: return instant(state.value("due/complete")?["at"]?.asInt)
    case .updated: return instant(row.updated)
    case .district: return text(state.value("location")?["district"])
    case .address: return text(state.value("location")?["address"])
    case .latitude: return number(state.value("location")?["lat"])
    case .longitude: return number(state.value("location")?["lon"])
    case .crs: return text(state.value("location")?["crs"])
    case .caller: return text(caller(row)?["name"])
    case .phone: return text(caller(row)?["phone"])
    }
  }

  /// A number keeps the very digits that its author wrote: they are no formula, for nothing but a number passes the register's shape.
  private func number(_ value: JSON?) -> CSVField {
    switch value {
    case .int(let number)?: .integer(number)
    case .number(let token)?: .number(token)
    default: .empty
    }
  }

  private func caller(_ row: ExportedOrder) -> JSON? { isRevealing ? row.caller : row.caller.map(Masking.masked) }
}
