// The inputs for a value of a register, by its shape in Core's table, and the value that comes back from them. Shapes that people could
// not fill in field by field (lists, anything) have none.

import Core
import Shell

struct ShapeForm: Sendable {
  /// One input.
  struct Field: Sendable {
    let name: String
    let label: String
    let kind: Kind
    let isRequired: Bool
  }

  enum Kind: Sendable {
    case text(maxBytes: Int)
    case choice([String], Vocabulary?)
    case flag
    case number
    case time
  }

  let register: RegisterName
  let fields: [Field]
  /// True where each field is one of a record.
  let isRecord: Bool

  /// Nil where the register's values are none that a form could ask for.
  init?(_ register: RegisterName, _ language: Language) {
    self.register = register
    var shape = register.row.shape
    if case .sealed(let inner) = shape { shape = inner }
    let pattern = register.row.pattern
    if case .record(let known) = shape {
      isRecord = true
      fields = known.compactMap { field in
        guard let kind = ShapeForm.kind(field.shape, FieldWords.vocabulary(pattern, field: field.name)) else {
          return nil
        }
        return Field(
          name: field.name, label: FieldWords.label(field.name, language), kind: kind, isRequired: field.isRequired)
      }
      if fields.isEmpty { return nil }
    } else {
      isRecord = false
      guard let kind = ShapeForm.kind(shape, FieldWords.vocabulary(pattern)) else { return nil }
      fields = [
        Field(
          name: "value", label: RegisterWords.register(register.text, language), kind: kind, isRequired: true)
      ]
    }
  }

  private static func kind(_ shape: ValueShape, _ vocabulary: Vocabulary?) -> Kind? {
    switch shape {
    case .text(let maxBytes): .text(maxBytes: maxBytes)
    case .openWord: .text(maxBytes: 64)
    case .word(let words): .choice(words, vocabulary)
    case .flag: .flag
    case .integer, .number: .number
    case .instant: .time
    case .list, .record, .sealed, .any: nil
    }
  }

  /// What was filled in; nil where nothing was. Whether it fits is the command's to say.
  ///
  /// - Parameter clearing: whether a field of a record that was left empty is null; else it is not there.
  func value(now: Int, clearing: Bool = false, _ given: (String) -> String?) throws(Problem) -> JSON? {
    var members: [(String, JSON?)] = []
    for field in fields {
      guard let text = given(field.name) else {
        if clearing, isRecord { members.append((field.name, .null)) }
        continue
      }
      members.append((field.name, try ShapeForm.value(text, field.kind, field.label, now: now)))
    }
    guard !members.isEmpty else { return nil }
    return isRecord ? .compact(members) : members.first?.1
  }

  /// What was filled in, with what of the shown value no input could hold.
  func completed(_ value: JSON, from shown: JSON?) -> JSON {
    guard isRecord, let members = value.asObject, let others = shown?.asObject else { return value }
    let held = Set(fields.map(\.name))
    return .object(members + others.filter { !held.contains($0.key) })
  }

  /// A value as the inputs have it, by field; what no input could hold is left out.
  func filled(with value: JSON) -> [String: String] {
    var filled: [String: String] = [:]
    for field in fields {
      switch (isRecord ? value[field.name] : value, field.kind) {
      case (.int(let instant)?, .time): filled[field.name] = ConsoleTimes.short(instant).replacing(" ", with: "T")
      case (.string(let text)?, _): filled[field.name] = text
      case (.bool(let flag)?, _): filled[field.name] = flag ? "true" : "false"
      case (.int(let number)?, _): filled[field.name] = "\(number)"
      case (.number(let token)?, _): filled[field.name] = token
      default: break
      }
    }
    return filled
  }

  private static func value(_ text: String, _ kind: Kind, _ label: String, now: Int) throws(Problem) -> JSON {
    switch kind {
    case .text, .choice: return .string(text)
    case .flag: return .bool(text == "true")
    case .number:
      guard let value = try? JSON(parsing: Array(text.utf8)) else { throw notFilled(label, "a number") }
      switch value {
      case .int, .number: return value
      default: throw notFilled(label, "a number")
      }
    case .time: return .int(try time(text, label, now: now))
    }
  }

  private static func notFilled(_ label: String, _ what: String) -> Problem {
    Problem(.badCommand, "'\(label)' takes \(what)")
  }

  /// A point in time as a form has it, milliseconds.
  static func time(_ text: String, _ label: String, now: Int) throws(Problem) -> Int {
    do { return try TimeArgument(parsing: text).milliseconds(now: now) } catch {
      throw notFilled(label, "a date and a time, as in 2026-12-01T10:00")
    }
  }
}
