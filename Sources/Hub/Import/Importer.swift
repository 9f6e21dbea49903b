// A whole file → rows and faults; and a file's days moved so that it can be played as today.
// Making orders of the rows, and knowing which are there already, is the commands' matter.

enum Importer {
  /// Every row of `csv`, in the file's order, and every row that cannot be one. A number that was used above in the file
  /// is a fault of the later row.
  static func read(
    csv: [UInt8], mapping: ImportMapping
  ) throws(ImportFailure) -> (rows: [ImportedRow], faults: [RowFault]) {
    var reader = CSVReader(csv)
    let mapper: RowMapper
    switch reader.next() {
    case nil: throw ImportFailure.empty
    case .fault(let line, let fault): throw ImportFailure.header(RowFault(line: line, reason: fault.description))
    case .fields(_, let header): mapper = try RowMapper(mapping, header: header)
    }
    var rows: [ImportedRow] = []
    var faults: [RowFault] = []
    var lines: [String: Int] = [:]
    while let next = reader.next() {
      switch next {
      case .fault(let line, let fault): faults.append(RowFault(line: line, reason: fault.description))
      case .fields(let line, let fields):
        do {
          let row = try mapper.row(line: line, fields)
          if let first = lines[row.number] {
            faults.append(
              RowFault(line: line, reason: "'\(mapping.key)': \(row.number) is already used in line \(first)"))
          } else {
            lines[row.number] = line
            rows.append(row)
          }
        } catch {
          faults.append(error)
        }
      }
    }
    return (rows, faults)
  }
}

/// A file played as a day of work.
enum Replay {
  /// The rows in the order of creation (then of the file), all dates moved by one span so that the last creation is
  /// `now`, in milliseconds since 1970.
  static func shifted(_ rows: [ImportedRow], now: Int) -> [ImportedRow] {
    guard let last = rows.map(\.createdAt).max() else { return [] }
    return rows.map { $0.moved(by: now - last) }.sorted { ($0.createdAt, $0.line) < ($1.createdAt, $1.line) }
  }
}

extension ImportedRow {
  fileprivate func moved(by span: Int) -> ImportedRow {
    var row = self
    row.createdAt += span
    row.closedAt = closedAt.map { $0 + span }
    row.dueAt = dueAt.map { $0 + span }
    row.registers = registers.map { name, value in
      switch name {
      case "receivedAt": (name, .int(row.createdAt))
      case "due/complete": (name, row.dueAt.map { .compact([("at", .int($0))]) } ?? value)
      default: (name, value)
      }
    }
    return row
  }
}
