// The console's languages and its phrases: each area of the console has an enum of its phrases, whose switch cannot leave a language out.

import Core

/// A language of the console; the first is the default.
enum Language: String, Sendable, CaseIterable {
  case zh, en

  /// For `<html lang>`.
  var tag: String {
    switch self {
    case .zh: "zh-CN"
    case .en: "en"
    }
  }

  /// What a browser prefers, by the order and the weights of RFC 9110 §12.5.4.
  init(accepting header: String?) {
    let wanted = (header ?? "").prefix(1_024).split(separator: ",").compactMap { part -> (Language, Double)? in
      let pieces = part.split(separator: ";").map { $0.filter { !$0.isWhitespace } }
      guard let tag = pieces.first, let language = Language(rawValue: String(tag.lowercased().prefix { $0 != "-" }))
      else { return nil }
      let weight = pieces.dropFirst().first { $0.hasPrefix("q=") }.map { Double($0.dropFirst(2)) ?? 0 }
      return (language, weight ?? 1)
    }
    self = wanted.filter { $0.1 > 0 }.max { $0.1 < $1.1 }?.0 ?? .zh
  }
}

/// A phrase in both languages. `{0}`, `{1}` … stand for what is filled in.
struct Texts: Sendable, Hashable {
  let zh: String
  let en: String

  init(_ zh: String, _ en: String) {
    self.zh = zh
    self.en = en
  }

  subscript(language: Language) -> String {
    switch language {
    case .zh: zh
    case .en: en
    }
  }
}

/// The phrases of one area of the console. Templates name them `{{t.<area>.<phrase>}}`.
protocol PhraseSet: RawRepresentable<String>, CaseIterable, Sendable {
  static var area: String { get }
  var texts: Texts { get }
}

extension PhraseSet {
  /// The phrase in a language, with its places filled in.
  func said(in language: Language, _ arguments: [String] = []) -> String {
    let text = texts[language]
    guard !arguments.isEmpty else { return text }
    var result = ""
    var rest = text[...]
    // By bytes: a page says some hundred phrases.
    while let start = rest.utf8.firstIndex(of: UInt8(ascii: "{")) {
      result += rest[..<start]
      let after = rest[rest.utf8.index(after: start)...]
      guard let end = after.utf8.firstIndex(of: UInt8(ascii: "}")), let place = Int(after[..<end]),
        arguments.indices.contains(place)
      else {
        result += "{"
        rest = after
        continue
      }
      result += arguments[place]
      rest = after[after.utf8.index(after: end)...]
    }
    return result + rest
  }
}

/// All phrases.
enum PhraseBook {
  /// Every area; a new one is added here.
  static let sets: [any PhraseSet.Type] = [
    FramePhrase.self, ProblemPhrase.self, SignInPhrase.self, SecondFactorPhrase.self, OverviewPhrase.self,
    PlatformPhrase.self,
    RequestPhrase.self, ConflictPhrase.self, QuarantinePhrase.self, PrivacyPhrase.self, AuditPhrase.self,
    UserPhrase.self, HealthPhrase.self,
    OrdersPhrase.self, NewOrderPhrase.self, OrderPhrase.self, StepPhrase.self, OrderFieldPhrase.self, ExportPhrase.self,
    SupervisionPhrase.self, PolicyPhrase.self, CallBackPhrase.self, IndicatorPhrase.self,
  ]

  static func text(_ area: String, _ name: String, _ language: Language) -> String? {
    all[area]?[name]?[language]
  }

  /// By area and name.
  static let all: [String: [String: Texts]] = Dictionary(
    sets.map { ($0.area, entries($0)) }, uniquingKeysWith: { first, second in first.merging(second) { one, _ in one } })

  private static func entries<Phrases: PhraseSet>(_ phrases: Phrases.Type) -> [String: Texts] {
    Dictionary(phrases.allCases.map { ($0.rawValue, $0.texts) }, uniquingKeysWith: { first, _ in first })
  }
}
