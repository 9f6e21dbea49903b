// The value of a register or an entry as people read it: words of the domain in their language, times in the hub's zone, yes and no.

import Core

struct ValueWords: Sendable {
  let language: Language
  /// A time as a text, milliseconds.
  let time: @Sendable (Int) -> String

  /// One field of a value; of a value that is no record, the label is empty.
  struct Part: Sendable, Equatable {
    let label: String
    let text: String
  }

  /// A register's value by its path.
  func parts(_ value: JSON, ofRegister name: String) -> [Part] {
    let row = RegisterName(name)?.row
    return parts(value, row?.shape ?? .any, row?.pattern ?? name)
  }

  /// An entry's value by its kind.
  func parts(_ value: JSON, ofEntry kind: String) -> [Part] {
    parts(value, RegisterTable.entry(kind)?.shape ?? .any, kind)
  }

  /// The same in one line.
  func line(_ value: JSON, ofRegister name: String) -> String {
    parts(value, ofRegister: name).map { $0.label.isEmpty ? $0.text : "\($0.label): \($0.text)" }
      .joined(separator: language == .zh ? "；" : "; ")
  }

  /// The word that a register, or a field of its record, is set to.
  func word(_ word: String, ofRegister name: String) -> String {
    guard let row = RegisterName(name)?.row else { return word }
    var lists = [FieldWords.vocabulary(row.pattern)]
    if case .record(let fields) = row.shape {
      lists += fields.map { FieldWords.vocabulary(row.pattern, field: $0.name) }
    }
    return lists.compactMap { $0?.texts(word) }.first?[language] ?? word
  }

  /// A bare word, whatever list it is of: for sentences.
  func word(_ word: String) -> String? {
    for list in [
      Vocabulary.status, .progress, .request, .closing, .role, .priority, .outcome, .accountRole, .kind, .stage,
      .deadlineState,
    ] {
      if let texts = list.texts(word) { return texts[language] }
    }
    return nil
  }

  private func parts(_ value: JSON, _ shape: ValueShape, _ pattern: String) -> [Part] {
    if case .sealed(let inner) = shape, SealedValue.commitment(in: value) == nil { return parts(value, inner, pattern) }
    guard let members = value.asObject, SealedValue.commitment(in: value) == nil else {
      return [Part(label: "", text: text(value, shape, FieldWords.vocabulary(pattern)))]
    }
    var fields: [ValueShape.Field] = []
    if case .record(let known) = shape { fields = known }
    return members.filter { !$0.value.isNull && $0.value != "" }.map { member in
      let inner = fields.first { $0.name == member.key }?.shape ?? (member.key == "at" ? .instant : .any)
      return Part(
        label: FieldWords.label(member.key, language),
        text: text(member.value, inner, FieldWords.vocabulary(pattern, field: member.key)))
    }
  }

  private func text(_ value: JSON, _ shape: ValueShape, _ vocabulary: Vocabulary?) -> String {
    switch (value, shape) {
    case (.int(let instant), .instant): time(instant)
    case (.string(let text), _) where vocabulary == .policyRule: LimitWords.rule(text, in: language)
    case (.string(let word), _) where vocabulary == .voidReason: VoidWords.said(word, in: language)
    case (.string(let word), _): vocabulary?.texts(word)?[language] ?? word
    case (.null, _): FramePhrase.none.texts[language]
    case (.bool(let flag), _): (flag ? FramePhrase.yes : FramePhrase.no).texts[language]
    case (.int(let number), _): String(number)
    case (.number(let token), _): token
    case (.object, _) where SealedValue.commitment(in: value) != nil: "***"
    default: String(decoding: value.bytes, as: UTF8.self)
    }
  }
}
