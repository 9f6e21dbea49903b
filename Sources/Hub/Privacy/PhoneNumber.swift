// A telephone number as people write it, and whether a value has it. Knows no store.

import Core

/// A number without what people write between its digits and without China's country code.
struct PhoneNumber: Sendable, Equatable {
  /// Digits only.
  let digits: [UInt8]

  /// Shorter ones would be found in half the notes, longer ones do not exist.
  private static let lengths = 5...20
  /// What may stand before a number.
  private static let countryCodes: [[UInt8]] = [[], [8, 6], [0, 0, 8, 6]]

  /// Takes spaces, dashes, dots, brackets, full-width digits, `+86`, `0086`. A refusal does not repeat the number.
  init(_ text: String) throws(Problem) {
    guard let digits = PhoneNumber.whole(text) else {
      throw Problem(
        .badCommand,
        "that is no telephone number: it has \(PhoneNumber.lengths.lowerBound) to \(PhoneNumber.lengths.upperBound)"
          + " digits, as in 022-23456789")
    }
    self.digits = digits
  }

  /// True if any text in the value is this number or, in a longer text, has it, its digits together or with separators between.
  func isIn(_ value: JSON) -> Bool {
    switch value {
    case .null, .bool: false
    case .int(let number): isIn(String(number))
    case .number(let token): isIn(token)
    case .string(let text): isIn(text)
    case .array(let elements): elements.contains { isIn($0) }
    case .object(let members): members.contains { isIn($0.value) }
    }
  }

  func isIn(_ text: String) -> Bool {
    if let whole = PhoneNumber.whole(text) { return whole == digits }
    let signs = text.unicodeScalars.map(Sign.init)
    return PhoneNumber.countryCodes.contains { prefix in
      signs.indices.contains { PhoneNumber.matches(prefix + digits, signs, from: $0) }
    }
  }

  /// Whoever seeks by a number is kept, and the number nowhere: refused where his name or role has it.
  func demandAbsent(from author: Author) throws(Problem) {
    guard !isIn(author.name), !isIn(author.role) else {
      throw Problem(.badCommand, "the author is kept with the time: that must not have the number")
    }
  }

  /// Every number that ``isIn(_:)-(JSON)`` finds in the value.
  static func all(in value: JSON) -> Set<[UInt8]> { all(in: value, digits: Set(lengths)) }

  /// Every number of one of these lengths that ``isIn(_:)-(JSON)`` finds in the value.
  static func all(in value: JSON, digits lengths: Set<Int>) -> Set<[UInt8]> {
    switch value {
    case .null, .bool: []
    case .int(let number): all(in: String(number), lengths)
    case .number(let token): all(in: token, lengths)
    case .string(let text): all(in: text, lengths)
    case .array(let elements): elements.reduce(into: []) { $0.formUnion(all(in: $1, digits: lengths)) }
    case .object(let members): members.reduce(into: []) { $0.formUnion(all(in: $1.value, digits: lengths)) }
    }
  }

  private static func all(in text: String, _ lengths: Set<Int>) -> Set<[UInt8]> {
    if let whole = whole(text) { return lengths.contains(whole.count) ? [whole] : [] }
    let signs = text.unicodeScalars.map(Sign.init)
    let longest = (lengths.max() ?? 0) + 4
    var found: Set<[UInt8]> = []
    for start in signs.indices where signs[start].isDigit && (start == 0 || !signs[start - 1].isDigit) {
      var digits: [UInt8] = []
      var index = start
      scanning: while index < signs.count, digits.count < longest {
        switch signs[index] {
        case .digit(let digit): digits.append(digit)
        case .separator: break
        case .plus, .other: break scanning
        }
        index += 1
        guard signs[index - 1].isDigit, index == signs.count || !signs[index].isDigit else { continue }
        for prefix in countryCodes where digits.starts(with: prefix) && lengths.contains(digits.count - prefix.count) {
          found.insert(Array(digits.dropFirst(prefix.count)))
        }
      }
    }
    return found
  }

  /// True if these digits begin here, with separators between them at most, and are no part of a longer row of digits.
  private static func matches(_ wanted: [UInt8], _ signs: [Sign], from start: Int) -> Bool {
    if start > 0, signs[start - 1].isDigit { return false }
    var matched = 0
    var index = start
    while index < signs.count, matched < wanted.count {
      switch signs[index] {
      case .digit(let digit):
        guard digit == wanted[matched] else { return false }
        matched += 1
      case .separator: if matched == 0 { return false }
      case .plus, .other: return false
      }
      index += 1
    }
    return matched == wanted.count && (index == signs.count || !signs[index].isDigit)
  }

  /// The digits of a text that is one number and nothing else.
  private static func whole(_ text: String) -> [UInt8]? {
    var digits: [UInt8] = []
    var hasPlus = false
    for scalar in text.unicodeScalars {
      switch Sign(scalar) {
      case .digit(let digit): digits.append(digit)
      case .separator: continue
      case .plus where digits.isEmpty && !hasPlus: hasPlus = true
      case .plus, .other: return nil
      }
      // A note of any length is no number.
      if digits.count > lengths.upperBound + 4 { return nil }
    }
    if digits.starts(with: [0, 0, 8, 6]) {
      digits.removeFirst(4)
    } else if digits.starts(with: [8, 6]), hasPlus || (digits.count == 13 && digits[2] == 1) {
      digits.removeFirst(2)
    }
    return lengths.contains(digits.count) ? digits : nil
  }

  private enum Sign {
    case digit(UInt8)
    case separator
    case plus
    case other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x30...0x39: self = .digit(UInt8(scalar.value - 0x30))
      case 0xFF10...0xFF19: self = .digit(UInt8(scalar.value - 0xFF10))
      case 0x2B, 0xFF0B: self = .plus
      // Spaces, dashes, the dot, brackets, and their wide forms.
      case 0x09, 0x20, 0xA0, 0x2000...0x200B, 0x202F, 0x3000: self = .separator
      case 0x2D, 0x2010...0x2015, 0x2212, 0xFF0D: self = .separator
      case 0x2E, 0x28, 0x29, 0xFF08, 0xFF09: self = .separator
      default: self = .other
      }
    }

    var isDigit: Bool { if case .digit = self { true } else { false } }
  }
}
