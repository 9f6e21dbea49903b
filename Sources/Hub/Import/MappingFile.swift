// Reads a mapping from its YAML file: every fault is named with file and line, and an unknown key is one.
// What the values mean is in ImportMapping.swift.

import Core
import Foundation
import Shell
import Yams

/// Everything that is wrong with a mapping file, at once.
struct MappingFailure: Error, Equatable, CustomStringConvertible {
  struct Fault: Equatable, Sendable {
    /// `mapping.yaml:12`.
    let place: String
    let reason: String
  }

  let faults: [Fault]

  var description: String { faults.map { "\($0.place): \(Sanitize.line($0.reason))" }.joined(separator: "\n") }
}

enum MappingFile {
  /// A mapping is short; this stops a wrong file from being parsed.
  private static let maxBytes = 1 << 20

  /// The mapping in the file at `path`.
  static func read(_ path: String) throws(MappingFailure) -> ImportMapping {
    let data: Data
    do {
      data = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw MappingFailure(faults: [.init(place: path, reason: "cannot be read: \(error.localizedDescription)")])
    }
    guard data.count <= maxBytes, let text = String(data: data, encoding: .utf8) else {
      throw MappingFailure(faults: [.init(place: path, reason: "is not a UTF-8 text of at most \(maxBytes) bytes")])
    }
    return try parse(text, name: path)
  }

  /// The mapping that `text` holds; `name` is the file's in messages.
  static func parse(_ text: String, name: String) throws(MappingFailure) -> ImportMapping {
    let root: Node?
    do {
      root = try compose(yaml: text)
    } catch {
      throw MappingFailure(faults: [fault(error, name)])
    }
    guard let root else { throw MappingFailure(faults: [.init(place: name, reason: "is empty")]) }
    var reader = MappingReader(file: name)
    let mapping = reader.mapping(root)
    guard reader.faults.isEmpty, let mapping else { throw MappingFailure(faults: reader.faults) }
    return mapping
  }

  private static func fault(_ error: any Error, _ name: String) -> MappingFailure.Fault {
    switch error as? YamlError {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      .init(place: "\(name):\(mark.line)", reason: "is not YAML: \(problem)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      .init(
        place: "\(name):\(context.mark.line)",
        reason: "'\(duplicates.joined(separator: ", "))' is given twice in the mapping that begins here")
    default: .init(place: name, reason: "is not YAML: \(error)")
    }
  }
}

/// One walk over the tree. A part that is missing or wrong is noted, and the walk goes on to find the others.
private struct MappingReader {
  let file: String
  var faults: [MappingFailure.Fault] = []

  init(file: String) { self.file = file }

  private static let locationFields = ["region", "district", "street", "community", "grid", "address", "asset", "note"]

  mutating func mapping(_ root: Node) -> ImportMapping? {
    guard
      let top = section(
        root, "the mapping",
        keys: [
          "system", "timeZone", "dateFormat", "crs", "empty", "key", "platforms", "category", "title", "description",
          "location", "source", "createdAt", "closedAt", "due", "resolution", "status",
        ])
    else { return nil }
    let system = name(top, "system")
    let dates = self.dates(top)
    let key = word(top, "key")
    let platforms = required(top, "platforms").flatMap { self.platforms($0) }
    let category = required(top, "category").flatMap { self.category($0) }
    let title = required(top, "title").flatMap { columnText($0, "title") }
    let createdAt = word(top, "createdAt")
    let location = top["location"].flatMap { self.location($0) }
    let hasCoordinates = location?.latitude != nil
    let crs = hasCoordinates || top["crs"] != nil ? word(top, "crs") : ""
    let emptyWords = top["empty"].map { words($0, "empty") } ?? []
    let description = top["description"].flatMap { columnText($0, "description") }
    let source = top["source"].flatMap { self.source($0) }
    let resolution = top["resolution"].flatMap { columnText($0, "resolution") }
    let status = top["status"].flatMap { self.status($0) }
    let closedAt = top["closedAt"].flatMap { text($0, "closedAt") }
    let due = top["due"].flatMap { text($0, "due") }
    guard let system, let dates, let key, let platforms, let category, let title, let createdAt, let crs else {
      return nil
    }
    return ImportMapping(
      system: system, dates: dates, crs: crs, emptyWords: Set(emptyWords), key: key, platforms: platforms,
      category: category.map, scheme: category.scheme ?? system, categoryPath: category.path, title: title,
      description: description, location: location?.texts ?? [], latitude: location?.latitude,
      longitude: location?.longitude, source: source, createdAt: createdAt, closedAt: closedAt, due: due,
      resolution: resolution, status: status)
  }

  // MARK: Parts

  /// A name that may stand in a register's path.
  private mutating func name(_ parent: Section, _ key: String) -> String? {
    guard let text = word(parent, key) else { return nil }
    do {
      return try PlatformName(text).text
    } catch {
      note(parent[key], "\(key): \(error)")
      return nil
    }
  }

  private mutating func dates(_ top: Section) -> LocalDateFormat? {
    guard let zoneName = word(top, "timeZone"), let pattern = word(top, "dateFormat") else { return nil }
    guard let timeZone = TimeZone(identifier: zoneName) else {
      note(top["timeZone"], "timeZone: '\(zoneName)' is not a time zone; write one as in America/New_York")
      return nil
    }
    do {
      return try LocalDateFormat(pattern, timeZone: timeZone)
    } catch {
      note(top["dateFormat"], "dateFormat: \(error)")
      return nil
    }
  }

  private mutating func platforms(_ node: Node) -> ValueMap<MappedPlatform>? {
    var bySlug: [String: MappedPlatform] = [:]
    return valueMap(node, "platforms") { (reader, node, key) in
      guard let parts = reader.section(node, "platforms.\(key)", keys: ["slug", "name", "sectors"]),
        let slug = reader.name(parts, "slug"), let name = reader.word(parts, "name"),
        let sectorsNode = reader.required(parts, "sectors")
      else { return nil }
      let sectors = reader.words(sectorsNode, "sectors")
      guard !sectors.isEmpty, let slug = try? PlatformName(slug), !slug.isHub else {
        // `name` has passed the slug, so what is left is the hotline's own name, or no sector.
        reader.note(node, "platforms.\(key): a platform has at least one sector, and 'hub' is the hotline")
        return nil
      }
      let platform = MappedPlatform(slug: slug, name: name, sectors: sectors)
      if let other = bySlug.updateValue(platform, forKey: slug.text), other != platform {
        reader.note(node, "platforms.\(key): '\(slug)' is described twice, and differently")
      }
      return platform
    }
  }

  private mutating func category(
    _ node: Node
  ) -> (map: ValueMap<MappedCategory>, scheme: String?, path: [String])? {
    guard
      let parts = section(node, "category", keys: ["column", "map", "default", "scheme", "path"]),
      let map = valueMap(
        node, "category", extraKeys: ["scheme", "path"],
        value: { (reader, node, key) in reader.categoryValue(node, "category.\(key)") })
    else { return nil }
    return (map, parts["scheme"].flatMap { text($0, "scheme") }, parts["path"].map { words($0, "path") } ?? [])
  }

  /// A kind alone, or a section.
  private mutating func categoryValue(_ node: Node, _ place: String) -> MappedCategory? {
    if node.scalar != nil { return kind(node, place).map { MappedCategory(kind: $0, sector: nil, code: nil) } }
    guard let parts = section(node, place, keys: ["kind", "sector", "code"]), let kindNode = required(parts, "kind"),
      let kind = kind(kindNode, place)
    else { return nil }
    return MappedCategory(
      kind: kind, sector: parts["sector"].flatMap { text($0, "sector") },
      code: parts["code"].flatMap { text($0, "code") })
  }

  private mutating func kind(_ node: Node, _ place: String) -> String? {
    guard let kind = text(node, place) else { return nil }
    guard RegisterTable.kinds.contains(kind) else {
      note(node, "\(place): '\(kind)' is not a kind; there are \(RegisterTable.kinds.joined(separator: ", "))")
      return nil
    }
    return kind
  }

  private mutating func location(
    _ node: Node
  ) -> (texts: [(field: String, text: ColumnText)], latitude: String?, longitude: String?)? {
    guard let parts = section(node, "location", keys: Self.locationFields + ["lat", "lon"]) else { return nil }
    if (parts["lat"] == nil) != (parts["lon"] == nil) { note(node, "location: lat and lon go together") }
    var texts: [(field: String, text: ColumnText)] = []
    for field in Self.locationFields {
      if let text = parts[field].flatMap({ columnText($0, "location.\(field)") }) { texts.append((field, text)) }
    }
    return (texts, parts["lat"].flatMap { text($0, "lat") }, parts["lon"].flatMap { text($0, "lon") })
  }

  private mutating func source(_ node: Node) -> ValueMap<String>? {
    valueMap(node, "source") { (reader, node, key) in reader.text(node, "source.\(key)") }
  }

  private mutating func status(_ node: Node) -> MappedStatus? {
    guard let parts = section(node, "status", keys: ["column", "closed"]), let column = word(parts, "column"),
      let closed = required(parts, "closed")
    else { return nil }
    return MappedStatus(column: column, closedWords: Set(words(closed, "status.closed")))
  }

  /// `column`, `map` and, where it may be, `default`.
  private mutating func valueMap<Value>(
    _ node: Node, _ place: String, extraKeys: [String] = [],
    value: (inout MappingReader, Node, _ key: String) -> Value?
  ) -> ValueMap<Value>? {
    guard let parts = section(node, place, keys: ["column", "map", "default"] + extraKeys),
      let column = word(parts, "column"), let mapNode = required(parts, "map")
    else { return nil }
    guard case .mapping(let entries) = mapNode else {
      note(mapNode, "\(place).map: here a section is expected, one line for each value of '\(column)'")
      return nil
    }
    var values: [String: Value] = [:]
    for (keyNode, valueNode) in entries {
      guard let key = text(keyNode, "\(place).map") else { continue }
      values[key] = value(&self, valueNode, key)
    }
    let fallback = parts["default"].flatMap { value(&self, $0, "default") }
    return ValueMap(column: column, values: values, fallback: fallback)
  }

  /// A column; a list: the first that is not empty; `{join: [columns], with: separator}`.
  private mutating func columnText(_ node: Node, _ place: String) -> ColumnText? {
    switch node {
    case .scalar: return text(node, place).map { .column($0) }
    case .sequence(let sequence):
      let texts = sequence.compactMap { columnText($0, place) }
      if sequence.isEmpty { note(node, "\(place): names no column") }
      return texts.isEmpty ? nil : .first(texts)
    default:
      guard let parts = section(node, place, keys: ["join", "with"]), let columns = required(parts, "join") else {
        return nil
      }
      let separator = parts["with"].flatMap { text($0, "\(place).with") } ?? " "
      return .joined(words(columns, "\(place).join").map { .column($0) }, separator: separator)
    }
  }

  // MARK: Nodes

  /// The keys of a section, with the node itself for messages.
  private struct Section {
    let node: Node
    let place: String
    let values: [String: Node]
    subscript(key: String) -> Node? { values[key] }
  }

  private mutating func section(_ node: Node, _ place: String, keys: [String]) -> Section? {
    guard case .mapping(let mapping) = node else {
      note(node, "\(place): here a section with \(keys.joined(separator: ", ")) is expected")
      return nil
    }
    var values: [String: Node] = [:]
    for (keyNode, valueNode) in mapping {
      guard let key = keyNode.scalar?.string, keys.contains(key) else {
        note(
          keyNode,
          "'\(keyNode.scalar?.string ?? "?")' is not a key of \(place); there are \(keys.joined(separator: ", "))")
        continue
      }
      values[key] = valueNode
    }
    return Section(node: node, place: place, values: values)
  }

  private mutating func required(_ parent: Section, _ key: String) -> Node? {
    if parent[key] == nil { note(parent.node, "\(parent.place): '\(key)' is missing") }
    return parent[key]
  }

  private mutating func word(_ parent: Section, _ key: String) -> String? {
    required(parent, key).flatMap { text($0, key) }
  }

  private mutating func text(_ node: Node, _ place: String) -> String? {
    guard let text = node.scalar?.string, node.null == nil, !text.isEmpty else {
      note(node, "\(place): a text is expected")
      return nil
    }
    return text
  }

  private mutating func words(_ node: Node, _ place: String) -> [String] {
    guard case .sequence(let sequence) = node else {
      note(node, "\(place): a list is expected, as in [a, b]")
      return []
    }
    return sequence.compactMap { text($0, place) }
  }

  private mutating func note(_ node: Node?, _ reason: String) {
    faults.append(.init(place: "\(file):\(node?.mark?.line ?? 0)", reason: reason))
  }
}
