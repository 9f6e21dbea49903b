// One row of a file → the registers of an order, by a mapping. Nothing is guessed: what does not fit is a fault.

import Core

/// Maps the rows of one file.
struct RowMapper: Sendable {
  /// Of a value that is repeated in a message.
  private static let maxQuotedCharacters = 60

  private let mapping: ImportMapping
  private let index: [String: Int]

  /// Finds the mapping's columns in `header`.
  init(_ mapping: ImportMapping, header: [String]) throws(ImportFailure) {
    var index: [String: Int] = [:]
    for (position, name) in header.enumerated() where mapping.columns.contains(name) {
      if index.updateValue(position, forKey: name) != nil { throw ImportFailure.repeatedColumn(name) }
    }
    let missing = mapping.columns.filter { index[$0] == nil }
    guard missing.isEmpty else { throw ImportFailure.missingColumns(missing.sorted()) }
    self.mapping = mapping
    self.index = index
  }

  /// The row as an order to be; `fields` has as many as the header.
  func row(line: Int, _ fields: [String]) throws(RowFault) -> ImportedRow {
    let cells = Cells(mapping: mapping, index: index, fields: fields)
    func fault(_ reason: String) -> RowFault { RowFault(line: line, reason: reason) }
    guard let number = cells.trimmed(mapping.key) else { throw fault("'\(mapping.key)' is empty") }
    let platform = try lookUp(mapping.platforms, "platform", cells, line)
    let category = try lookUp(mapping.category, "category", cells, line)
    var notes: [String] = []
    let createdAt = try date(mapping.createdAt, cells, line, &notes)
    let closedAt = try mapping.closedAt.flatMap { column throws(RowFault) in try date(column, cells, line, &notes) }
    let dueAt = try mapping.due.flatMap { column throws(RowFault) in try date(column, cells, line, &notes) }
    guard let createdAt else { throw fault("'\(mapping.createdAt)' is empty") }
    guard let title = mapping.title.text(cells.text) else {
      throw fault("no title: \(mapping.title.columns.sorted().joined(separator: ", ")) are empty")
    }
    if let closedAt, closedAt < createdAt { notes.append("closed before it was created") }
    let source = try mapping.source.map { map throws(RowFault) in try lookUp(map, "source", cells, line) } ?? "import"
    let sourceCode = cells.trimmed(mapping.category.column) ?? ""
    let path = mapping.categoryPath.compactMap(cells.text).map(JSON.string)
    var registers: [(name: String, value: JSON)] = [
      ("kind", .string(category.kind)),
      ("sector", .string(category.sector ?? platform.sectors[0])),
      ("title", .string(title)),
      (
        "category",
        .compact([
          ("scheme", .string(mapping.scheme)), ("code", .string(category.code ?? sourceCode)),
          ("path", path.isEmpty ? nil : .array(path)),
        ])
      ),
      ("source", .string(source)),
      ("receivedAt", .int(createdAt)),
      ("ref/" + mapping.system, .compact([("number", .string(number))])),
    ]
    if let description = mapping.description?.text(cells.text) {
      registers.append(("description", .string(description)))
    }
    if let location = try location(cells, line) { registers.append(("location", location)) }
    if let dueAt { registers.append(("due/complete", .compact([("at", .int(dueAt))]))) }
    for (name, value) in registers {
      if let reason = Self.misfit(name, value) { throw fault(reason) }
    }
    let resolution = mapping.resolution?.text(cells.text)
    if let resolution, let reason = Self.misfit("assignment/a/reply", ["public": .string(resolution)]) {
      throw fault("resolution as \(reason)")
    }
    let status = mapping.status.flatMap { cells.trimmed($0.column) }
    return ImportedRow(
      line: line, system: mapping.system, number: number, platform: platform.slug.text, registers: registers,
      createdAt: createdAt, closedAt: closedAt, dueAt: dueAt, resolution: resolution,
      wasClosed: status.map { mapping.status?.closedWords.contains($0) ?? false } ?? false, notes: notes)
  }

  /// Why `value` is none of that register, by the register table.
  private static func misfit(_ name: String, _ value: JSON) -> String? {
    guard let register = RegisterName(name) else { return "\(name): is not a register" }
    if value.bytes.count > Limits.maxValueBytes { return "\(name): at most \(Limits.maxValueBytes) bytes" }
    return register.row.shape.fault(value, at: name)
  }

  private func lookUp<Value>(
    _ map: ValueMap<Value>, _ what: String, _ cells: Cells, _ line: Int
  ) throws(RowFault) -> Value {
    let text = cells.trimmed(map.column) ?? ""
    if let value = map(text) { return value }
    let reason =
      text.isEmpty
      ? "'\(map.column)' is empty: no \(what)" : "'\(map.column)': the mapping has no \(what) for \(Self.quoted(text))"
    throw RowFault(line: line, reason: reason)
  }

  private func date(
    _ column: String, _ cells: Cells, _ line: Int, _ notes: inout [String]
  ) throws(RowFault) -> Int? {
    guard let text = cells.trimmed(column) else { return nil }
    guard let instant = mapping.dates.instant(text) else {
      throw RowFault(
        line: line, reason: "'\(column)': \(Self.quoted(text)) is not a date as in \(mapping.dates.pattern)")
    }
    switch instant.assumption {
    case .firstOfTwo: notes.append("'\(column)': \(text) was twice on the clock; the first is taken")
    case .inGap: notes.append("'\(column)': \(text) was never on the clock; counted from before the change")
    case nil: break
    }
    return instant.milliseconds
  }

  private func location(_ cells: Cells, _ line: Int) throws(RowFault) -> JSON? {
    var members: [(String, JSON?)] = mapping.location.map { ($0.field, $0.text.text(cells.text).map(JSON.string)) }
    if let latitude = mapping.latitude, let longitude = mapping.longitude {
      let lat = try coordinate(latitude, limit: 90, cells, line)
      let lon = try coordinate(longitude, limit: 180, cells, line)
      guard (lat == nil) == (lon == nil) else {
        throw RowFault(line: line, reason: "'\(latitude)' and '\(longitude)': one is empty, the other is not")
      }
      if let lat, let lon { members += [("lat", lat), ("lon", lon), ("crs", .string(mapping.crs))] }
    }
    guard members.contains(where: { $0.1 != nil }) else { return nil }
    return .compact(members)
  }

  /// Degrees, as the very token that the file has.
  private func coordinate(
    _ column: String, limit: Double, _ cells: Cells, _ line: Int
  ) throws(RowFault) -> JSON? {
    guard let token = cells.trimmed(column) else { return nil }
    // What is no JSON is no number either: the one reason of the fault.
    let value = try? JSON(parsing: Array(token.utf8))
    switch value {
    case .int, .number:
      guard let value, let degrees = Double(token), abs(degrees) <= limit else { break }
      return value.bytes == Array(token.utf8) ? value : .number(token)
    default: break
    }
    throw RowFault(
      line: line, reason: "'\(column)': \(Self.quoted(token)) is not a number from -\(Int(limit)) to \(Int(limit))")
  }

  private static func quoted(_ text: String) -> String {
    "'" + (text.count > maxQuotedCharacters ? text.prefix(maxQuotedCharacters) + "…" : text[...]) + "'"
  }
}

/// The fields of one row by column.
private struct Cells {
  let mapping: ImportMapping
  let index: [String: Int]
  let fields: [String]

  /// As the file has it, or nil where it has nothing.
  func text(_ column: String) -> String? {
    trimmed(column) == nil ? nil : index[column].map { fields[$0] }
  }

  /// Without white space around it: for numbers, dates and words that are looked up.
  func trimmed(_ column: String) -> String? {
    guard let position = index[column] else { return nil }
    let text = fields[position].trimmingWhitespace
    return text.isEmpty || mapping.emptyWords.contains(text) ? nil : text
  }
}

extension String {
  fileprivate var trimmingWhitespace: String {
    guard first?.isWhitespace == true || last?.isWhitespace == true else { return self }
    let start = drop { $0.isWhitespace }
    return String(start.reversed().drop { $0.isWhitespace }.reversed())
  }
}
