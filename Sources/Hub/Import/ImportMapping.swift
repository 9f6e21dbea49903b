// How the columns of a file become an order: the mapping as values. Reading it from YAML is in MappingFile.swift.

import Core

/// A mapping that has been checked: system and crs are well formed, every kind is one of the register table's.
struct ImportMapping: Sendable {
  /// The word in `ref/<system>`, as in `nyc311`.
  let system: String
  let dates: LocalDateFormat
  /// The reference system of the file's coordinates: never guessed.
  let crs: String
  /// Words that the file writes where it has nothing, as in `N/A`.
  let emptyWords: Set<String>
  /// The column with the other system's number.
  let key: String
  let platforms: ValueMap<MappedPlatform>
  let category: ValueMap<MappedCategory>
  /// The word in `category.scheme`.
  let scheme: String
  let categoryPath: [String]
  let title: ColumnText
  let description: ColumnText?
  /// Of `location`: field → text, in the register table's order of fields.
  let location: [(field: String, text: ColumnText)]
  let latitude: String?
  let longitude: String?
  let source: ValueMap<String>?
  let createdAt: String
  let closedAt: String?
  let due: String?
  let resolution: ColumnText?
  let status: MappedStatus?

  /// Every column that the mapping reads.
  var columns: Set<String> {
    var all: Set<String> = [key, platforms.column, category.column, createdAt]
    all.formUnion(categoryPath)
    all.formUnion([latitude, longitude, source?.column, closedAt, due, status?.column].compactMap { $0 })
    for text in [title, description, resolution].compactMap({ $0 }) + location.map(\.text) {
      all.formUnion(text.columns)
    }
    return all
  }

  /// The platforms that the mapping names, each once, by name: what must exist before its rows can be dispatched.
  var allPlatforms: [MappedPlatform] {
    let values = platforms.values.map(\.value) + [platforms.fallback].compactMap { $0 }
    let bySlug = Dictionary(values.map { ($0.slug.text, $0) }, uniquingKeysWith: { first, _ in first })
    return bySlug.values.sorted { $0.slug < $1.slug }
  }
}

/// A column whose values are looked up.
struct ValueMap<Value: Sendable>: Sendable {
  let column: String
  let values: [String: Value]
  /// For a value that is not in the map; nil makes it a fault of the row.
  let fallback: Value?

  func callAsFunction(_ text: String) -> Value? { values[text] ?? fallback }
}

/// The platform that an agency of the file stands for.
struct MappedPlatform: Hashable, Sendable {
  let slug: PlatformName
  let name: String
  /// At least one; an order has the first unless its category says otherwise.
  let sectors: [String]
}

/// What a complaint type stands for.
struct MappedCategory: Hashable, Sendable {
  let kind: String
  let sector: String?
  /// `category.code`; the file's own word where nil.
  let code: String?
}

/// The column that says whether the matter is over, and which of its words do.
struct MappedStatus: Hashable, Sendable {
  let column: String
  let closedWords: Set<String>
}

/// A text out of one or more columns.
indirect enum ColumnText: Hashable, Sendable {
  case column(String)
  /// The first that is not empty.
  case first([ColumnText])
  /// Those that are not empty, with a separator between.
  case joined([ColumnText], separator: String)

  var columns: Set<String> {
    switch self {
    case .column(let name): [name]
    case .first(let texts), .joined(let texts, _): texts.reduce(into: []) { $0.formUnion($1.columns) }
    }
  }

  /// The text, or nil where all its columns are empty.
  func text(_ value: (String) -> String?) -> String? {
    switch self {
    case .column(let name): return value(name)
    case .first(let texts):
      for text in texts { if let found = text.text(value) { return found } }
      return nil
    case .joined(let texts, let separator):
      let found = texts.compactMap { $0.text(value) }
      return found.isEmpty ? nil : found.joined(separator: separator)
    }
  }
}
