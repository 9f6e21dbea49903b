// Rows of a CSV file (RFC 4180) out of its bytes. A row that is not well formed is reported and the rest goes on.
// What the columns mean is the mapping's matter.

/// One row, or what is wrong with it. `line` is that of its first byte, from 1.
enum CSVRow: Equatable, Sendable {
  case fields(line: Int, [String])
  case fault(line: Int, CSVFault)
}

/// Why a row cannot be taken.
enum CSVFault: Error, Equatable, Sendable, CustomStringConvertible {
  case unterminatedQuote(openedInLine: Int)
  case textAfterQuote(openedInLine: Int)
  case columnCount(found: Int, expected: Int)
  case rowTooLong(maxBytes: Int)
  case fieldTooLong(column: Int, maxBytes: Int)
  case notUTF8(column: Int)

  var description: String {
    switch self {
    case .unterminatedQuote(let line): "the quote that opens in line \(line) is not closed"
    case .textAfterQuote(let line):
      "the quote that opens in line \(line) is closed within the field; write a quote inside a quoted field twice"
    case .columnCount(let found, let expected): "has \(found) columns, the header has \(expected)"
    case .rowTooLong(let maxBytes): "is longer than \(maxBytes) bytes"
    case .fieldTooLong(let column, let maxBytes): "column \(column) is longer than \(maxBytes) bytes"
    case .notUTF8(let column): "column \(column) is not UTF-8; save the file as UTF-8"
    }
  }
}

/// Reads rows one by one: LF or CRLF, an optional byte-order mark, quoted fields with commas, doubled quotes and line
/// breaks in them. A quote inside an unquoted field is text, an empty line is no row. The first row, the header, sets
/// how many columns each row must have.
///
/// After a quote that is not properly closed, reading goes on in the line after the one where that quote opened: the
/// rows that it would have swallowed are read for themselves.
struct CSVReader: Sequence, IteratorProtocol {
  /// No register could hold more.
  static let maxFieldBytes = 64 * 1024
  /// Bounds how far an unclosed quote is followed.
  static let maxRowBytes = 1024 * 1024

  private static let lineFeed: UInt8 = 0x0A
  private static let carriageReturn: UInt8 = 0x0D
  private static let quote: UInt8 = 0x22
  private static let comma: UInt8 = 0x2C

  private let bytes: [UInt8]
  private var position = 0
  private var line = 1
  private var columns: Int?

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { position = 3 }
  }

  mutating func next() -> CSVRow? {
    skipEmptyLines()
    guard position < bytes.count else { return nil }
    let first = line
    switch readRow() {
    case .failure(let fault): return .fault(line: first, fault)
    case .success(let fields):
      guard let expected = columns else {
        columns = fields.count
        return .fields(line: first, fields)
      }
      guard fields.count == expected else {
        return .fault(line: first, .columnCount(found: fields.count, expected: expected))
      }
      return .fields(line: first, fields)
    }
  }

  private mutating func skipEmptyLines() {
    while position < bytes.count, let length = lineBreakLength(at: position) {
      position += length
      line += 1
    }
  }

  /// The length of the line break at `index`, or nil where there is none. A lone carriage return is text.
  private func lineBreakLength(at index: Int) -> Int? {
    if bytes[index] == Self.lineFeed { return 1 }
    if bytes[index] == Self.carriageReturn, index + 1 < bytes.count, bytes[index + 1] == Self.lineFeed { return 2 }
    return nil
  }

  /// Reads up to and with the row's line break, whatever is wrong within, so that the next row begins at its start.
  private mutating func readRow() -> Result<[String], CSVFault> {
    let start = position
    var fields: [String] = []
    var count = 0
    var fault: CSVFault?
    while true {
      count += 1
      let field: [UInt8]
      if position < bytes.count, bytes[position] == Self.quote {
        switch readQuoted(rowStart: start) {
        case .failure(let fault): return .failure(fault)
        case .success(let content): field = content
        }
      } else {
        let end = endOfUnquoted()
        field = Array(bytes[position..<end])
        position = end
      }
      if field.count > Self.maxFieldBytes {
        fault = fault ?? .fieldTooLong(column: count, maxBytes: Self.maxFieldBytes)
      } else if let text = String(validating: field, as: UTF8.self) {
        fields.append(text)
      } else {
        fault = fault ?? .notUTF8(column: count)
      }
      guard position < bytes.count, bytes[position] == Self.comma else { break }
      position += 1
    }
    if position - start > Self.maxRowBytes { fault = fault ?? .rowTooLong(maxBytes: Self.maxRowBytes) }
    if position < bytes.count { skipLineBreak() }
    if let fault { return .failure(fault) }
    return .success(fields)
  }

  private func endOfUnquoted() -> Int {
    var index = position
    while index < bytes.count, bytes[index] != Self.comma, lineBreakLength(at: index) == nil { index += 1 }
    return index
  }

  /// The content of the quoted field at `position`; leaves `position` at the comma, line break or end behind it. On a
  /// fault, at the line after the one where the quote opened.
  private mutating func readQuoted(rowStart: Int) -> Result<[UInt8], CSVFault> {
    let opening = position
    let openingLine = line
    var content: [UInt8] = []
    position += 1
    while position < bytes.count {
      guard position - rowStart <= Self.maxRowBytes else {
        let isOneField = position - opening > Self.maxFieldBytes
        resume(afterLineOf: opening, openingLine)
        return .failure(
          isOneField
            ? .unterminatedQuote(openedInLine: openingLine) : .rowTooLong(maxBytes: Self.maxRowBytes))
      }
      let byte = bytes[position]
      position += 1
      if byte != Self.quote {
        if byte == Self.lineFeed { line += 1 }
        content.append(byte)
        continue
      }
      if position < bytes.count, bytes[position] == Self.quote {
        content.append(byte)
        position += 1
      } else if position == bytes.count || bytes[position] == Self.comma || lineBreakLength(at: position) != nil {
        return .success(content)
      } else {
        resume(afterLineOf: opening, openingLine)
        return .failure(.textAfterQuote(openedInLine: openingLine))
      }
    }
    resume(afterLineOf: opening, openingLine)
    return .failure(.unterminatedQuote(openedInLine: openingLine))
  }

  private mutating func resume(afterLineOf opening: Int, _ openingLine: Int) {
    position = opening
    line = openingLine
    while position < bytes.count, bytes[position] != Self.lineFeed { position += 1 }
    if position < bytes.count { skipLineBreak() }
  }

  private mutating func skipLineBreak() {
    position += lineBreakLength(at: position) ?? 0
    line += 1
  }
}
