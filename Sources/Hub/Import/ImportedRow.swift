// What an import yields for one row: the hotline's registers of a new order, or why there are none.

import Core
import Shell

/// A row that could be mapped. All times are milliseconds since 1970.
struct ImportedRow: Sendable {
  /// Where the row begins in its file, from 1.
  let line: Int
  /// The other system, as in `ref/<system>`.
  let system: String
  /// The matter's number there: by system and number an import recognises what it already has.
  let number: String
  /// The name of the platform to which the file says the order belongs.
  let platform: String
  /// The descriptive registers and `due/complete`, each of its table row's shape.
  var registers: [(name: String, value: JSON)]
  var createdAt: Int
  /// As the file has it; may lie before `createdAt` (then `notes` says so).
  var closedAt: Int?
  var dueAt: Int?
  /// What was done, in the file's words.
  let resolution: String?
  /// True if the file's status says so; a closed date alone does not.
  let wasClosed: Bool
  /// What was odd and had to be read in one way or another, for the report.
  let notes: [String]

  /// The value of one register.
  subscript(register: String) -> JSON? { registers.first { $0.name == register }?.value }
}

/// A row that could not be mapped.
struct RowFault: Error, Equatable, Sendable, CustomStringConvertible {
  let line: Int
  let reason: String

  var description: String { "line \(line): \(Sanitize.line(reason))" }
}

/// Why a file cannot be imported at all.
enum ImportFailure: Error, Equatable, CustomStringConvertible {
  case empty
  case header(RowFault)
  case missingColumns([String])
  case repeatedColumn(String)

  var description: String {
    switch self {
    case .empty: "the file is empty; its first line must name the columns"
    case .header(let fault): "the header cannot be read, \(fault)"
    case .missingColumns(let names):
      "the header lacks what the mapping names: " + names.map { "'\(Sanitize.line($0))'" }.joined(separator: ", ")
    case .repeatedColumn(let name): "the header has the column '\(Sanitize.line(name))' twice"
    }
  }
}
