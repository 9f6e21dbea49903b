// Templates: a small part of Mustache's syntax, read once and rendered often. There is no tag for unescaped text, and none that reads
// another template: what may stand in a page as it is says its type, and a part is a value.

/// A template: text with tags. `{{name}}` and `{{outer.name}}` print a value, `{{.}}` the present one; `{{#name}}…{{/name}}` is rendered
/// for something, and once for each element of a list; `{{^name}}…{{/name}}` for nothing; `{{! … }}` is a comment. `{{t.area.phrase}}`
/// prints a phrase in the reader's language.
struct Template: Sendable {
  let name: String
  private let parsed: Result<[Node], TemplateFault>

  fileprivate indirect enum Node: Sendable {
    case text(String)
    case value([String])
    case section([String], isInverted: Bool, [Node])
  }

  init(_ name: String, _ source: String) {
    self.name = name
    parsed = Result { () throws(TemplateFault) in try TemplateParser.parse(source, name) }
  }

  /// Renders for a reader. Throws where the template itself is wrong, which is no reader's fault.
  func render(_ model: ViewModel, for reader: Reader) throws(TemplateFault) -> Rendering {
    var rendering = Rendering(reader: reader)
    try render([model], into: &rendering)
    return rendering
  }

  private func render(_ stack: [ViewModel], into rendering: inout Rendering) throws(TemplateFault) {
    try Self.render(try parsed.get(), stack, name, &rendering)
  }

  private static func render(
    _ nodes: [Node], _ stack: [ViewModel], _ template: String, _ rendering: inout Rendering
  ) throws(TemplateFault) {
    for node in nodes {
      switch node {
      case .text(let text): rendering.markup += text
      case .value(let path):
        try print(find(path, stack, template, &rendering), stack, &rendering)
      case .section(let path, let isInverted, let inner):
        let value = find(path, stack, template, &rendering)
        guard value.isSomething != isInverted else { continue }
        if isInverted {
          try render(inner, stack, template, &rendering)
        } else if case .list(let elements) = value {
          for element in elements { try render(inner, stack + [element], template, &rendering) }
        } else {
          try render(inner, stack + [value], template, &rendering)
        }
      }
    }
  }

  private static func print(
    _ value: ViewModel, _ stack: [ViewModel], _ rendering: inout Rendering
  ) throws(TemplateFault) {
    switch value {
    case .none, .flag, .object: break
    case .text(let text): HTMLText.append(text, to: &rendering.markup)
    case .int(let number): rendering.markup += String(number)
    case .html(let part): rendering.markup += part.markup
    case .list(let elements): for element in elements { try print(element, stack, &rendering) }
    case .view(let template, let model): try template.render(stack + [model], into: &rendering)
    }
  }

  /// The innermost value of that name; what nobody has is noted and is nothing.
  private static func find(
    _ path: [String], _ stack: [ViewModel], _ template: String, _ rendering: inout Rendering
  ) -> ViewModel {
    guard let first = path.first else { return stack.last ?? .none }
    if first == "t" {
      if path.count == 3, let text = rendering.reader.phrase(path[1], path[2]) { return .text(text) }
    } else if var value = stack.lazy.reversed().compactMap({ $0[first] }).first {
      for name in path.dropFirst() {
        guard let next = value[name] else {
          if case .none = value { return .none }
          rendering.unknown.insert("\(template): \(path.joined(separator: "."))")
          return .none
        }
        value = next
      }
      return value
    }
    rendering.unknown.insert("\(template): \(path.joined(separator: "."))")
    return .none
  }
}

/// For whom is rendered.
struct Reader: Sendable {
  let language: Language
  /// A phrase by its area and name.
  func phrase(_ area: String, _ name: String) -> String? { PhraseBook.text(area, name, language) }
}

/// What rendering made.
struct Rendering: Sendable {
  let reader: Reader
  fileprivate(set) var markup = ""
  /// Names that the templates have and no model: mistakes of ours.
  fileprivate(set) var unknown: Set<String> = []

  fileprivate init(reader: Reader) {
    self.reader = reader
    markup.reserveCapacity(16 << 10)
  }

  var html: SafeHTML { SafeHTML(Rendered(markup: markup)) }
}

/// Markup that came out of a template; nothing else can make one.
struct Rendered: Sendable {
  let markup: String
  fileprivate init(markup: String) { self.markup = markup }
}

/// What is wrong with a template.
struct TemplateFault: Error, Hashable, CustomStringConvertible {
  let template: String
  let line: Int
  let reason: String
  var description: String { "the template '\(template)', line \(line): \(reason)" }
}

private enum TemplateParser {
  private struct Open {
    let path: [String]
    let isInverted: Bool
    let line: Int
    var nodes: [Template.Node] = []
  }

  static func parse(_ source: String, _ name: String) throws(TemplateFault) -> [Template.Node] {
    var open = [Open(path: [], isInverted: false, line: 0)]
    var rest = source[...]
    var line = 1
    func fault(_ reason: String) -> TemplateFault { TemplateFault(template: name, line: line, reason: reason) }
    while let start = rest.firstRange(of: "{{") {
      let text = rest[..<start.lowerBound]
      if !text.isEmpty { open[open.count - 1].nodes.append(.text(String(text))) }
      line += text.utf8.count(where: { $0 == 0x0A })
      rest = rest[start.upperBound...]
      guard let end = rest.firstRange(of: "}}") else { throw fault("a tag is not closed") }
      let tag = rest[..<end.lowerBound]
      rest = rest[end.upperBound...]
      let inner = tag.dropFirst().trimmed
      switch tag.first {
      case "!": break
      case "{", "&", ">", "<", "=", "$", "%": throw fault("there is no tag '{{\(tag)}}' here")
      case "#", "^": open.append(Open(path: try path(inner, fault), isInverted: tag.first == "^", line: line))
      case "/":
        guard open.count > 1, let last = open.popLast() else { throw fault("nothing is open for '{{\(tag)}}'") }
        guard last.path == (try path(inner, fault)) else {
          throw fault("'{{\(tag)}}' closes '\(last.path.joined(separator: "."))' of line \(last.line)")
        }
        open[open.count - 1].nodes.append(.section(last.path, isInverted: last.isInverted, last.nodes))
      default: open[open.count - 1].nodes.append(.value(try path(tag.trimmed, fault)))
      }
      line += tag.utf8.count(where: { $0 == 0x0A })
    }
    if !rest.isEmpty { open[open.count - 1].nodes.append(.text(String(rest))) }
    guard open.count == 1 else { throw fault("'\(open[open.count - 1].path.joined(separator: "."))' is not closed") }
    return open[0].nodes
  }

  /// The names in a tag; none for `.`.
  private static func path(_ text: Substring, _ fault: (String) -> TemplateFault) throws(TemplateFault) -> [String] {
    if text == "." { return [] }
    let names = text.split(separator: ".", omittingEmptySubsequences: false)
    guard
      names.allSatisfy({ name in
        !name.isEmpty && name.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x41...0x5A).contains($0 & 0xDF) }
      })
    else { throw fault("'\(text)' is no name") }
    return names.map(String.init)
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = self
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
