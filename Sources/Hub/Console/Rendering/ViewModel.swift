// What a template is given: texts, numbers, claims, lists and parts. Texts are escaped where they are printed; only SafeHTML is not.

/// A value that a template can name.
indirect enum ViewModel: Sendable, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral,
  ExpressibleByDictionaryLiteral
{
  case none
  case text(String)
  case int(Int)
  case flag(Bool)
  case html(SafeHTML)
  case list([ViewModel])
  case object([String: ViewModel])
  /// A part of a page with its own template.
  case view(Template, ViewModel)

  init(stringLiteral value: String) { self = .text(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
  init(arrayLiteral elements: ViewModel...) { self = .list(elements) }
  init(dictionaryLiteral elements: (String, ViewModel)...) {
    self = .object(Dictionary(elements, uniquingKeysWith: { _, last in last }))
  }

  static func optional(_ text: String?) -> ViewModel { text.map(ViewModel.text) ?? .none }
  static func optional(_ number: Int?) -> ViewModel { number.map(ViewModel.int) ?? .none }

  /// Whether a section of it is rendered: there is something, and it is not `false`, no empty text and no empty list.
  var isSomething: Bool {
    switch self {
    case .none: false
    case .text(let text): !text.isEmpty
    case .flag(let claim): claim
    case .list(let elements): !elements.isEmpty
    case .html(let markup): !markup.markup.isEmpty
    case .int, .object, .view: true
    }
  }

  /// A member of an object.
  subscript(name: String) -> ViewModel? {
    if case .object(let members) = self { members[name] } else { nil }
  }

  /// An object with these members too.
  func with(_ more: [String: ViewModel]) -> ViewModel {
    guard case .object(let members) = self else { return .object(more) }
    return .object(members.merging(more) { _, new in new })
  }
}
