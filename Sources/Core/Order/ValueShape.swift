// What a register or entry may hold, as data, and the check of a value against it. Unknown fields of a record are allowed and kept.

/// The shape of a value.
public indirect enum ValueShape: Sendable {
  /// A string of at most so many bytes.
  case text(Int)
  /// One of a closed list of words.
  case word([String])
  /// A word of an open list (sector, source …): 1 to 64 bytes.
  case openWord
  case flag
  /// Milliseconds since 1970.
  case instant
  case integer(ClosedRange<Int>)
  /// Any JSON number.
  case number
  case list(ValueShape)
  case record([Field])
  /// A placeholder `{"sealed": commitment}` for a value of this shape.
  case sealed(ValueShape)
  /// Anything.
  case any

  /// One field of a record.
  public struct Field: Sendable {
    public let name: String
    public let shape: ValueShape
    public let isRequired: Bool
    public init(_ name: String, _ shape: ValueShape, required: Bool = false) {
      self.name = name
      self.shape = shape
      isRequired = required
    }
  }

  /// What is wrong with `value`, as `path: reason`, or nil where it fits. `sealed` shapes demand the placeholder.
  public func fault(_ value: JSON, at path: String = "value") -> String? {
    fault(value, at: path, isPlain: false)
  }

  /// As `fault`, for a plain value before it, or a field of it, is sealed.
  public func faultInPlain(_ value: JSON, at path: String = "value") -> String? {
    fault(value, at: path, isPlain: true)
  }

  private func fault(_ value: JSON, at path: String, isPlain: Bool) -> String? {
    switch self {
    case .any: return nil
    case .text(let maxBytes):
      guard let text = value.asString else { return "\(path): must be text" }
      return text.utf8.count > maxBytes ? "\(path): at most \(maxBytes) bytes" : nil
    case .word(let words):
      guard let text = value.asString, words.contains(text) else {
        return "\(path): must be one of \(words.joined(separator: ", "))"
      }
      return nil
    case .openWord:
      guard let text = value.asString, (1...64).contains(text.utf8.count) else {
        return "\(path): must be a word of 1 to 64 bytes"
      }
      return nil
    case .flag: return value.asBool == nil ? "\(path): must be true or false" : nil
    case .instant:
      guard let time = value.asInt, (-Limits.maxInteger...Limits.maxInteger).contains(time) else {
        return "\(path): must be milliseconds since 1970, an integer"
      }
      return nil
    case .integer(let range):
      guard let number = value.asInt, range.contains(number) else {
        return "\(path): must be an integer from \(range.lowerBound) to \(range.upperBound)"
      }
      return nil
    case .number:
      switch value {
      case .int, .number: return nil
      default: return "\(path): must be a number"
      }
    case .list(let shape):
      guard let elements = value.asArray else { return "\(path): must be a list" }
      for (index, element) in elements.enumerated() {
        if let fault = shape.fault(element, at: "\(path)[\(index)]", isPlain: isPlain) { return fault }
      }
      return nil
    case .record(let fields):
      guard value.asObject != nil else { return "\(path): must be an object" }
      for field in fields {
        guard let member = value[field.name], member != .null else {
          if field.isRequired { return "\(path).\(field.name): is missing" }
          continue
        }
        if let fault = field.shape.fault(member, at: "\(path).\(field.name)", isPlain: isPlain) { return fault }
      }
      return nil
    case .sealed(let inner):
      if isPlain { return inner.fault(value, at: path, isPlain: true) }
      return SealedValue.commitment(in: value) == nil ? "\(path): must be a commitment" : nil
    }
  }
}
