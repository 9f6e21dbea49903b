// How a text falls into the words by which an order is found. The index and a question both go through here, so that they cannot
// disagree. Where the words lie is OrderIndex's.

import Foundation

/// Words of a text: of scripts that put no spaces between words (Chinese, Japanese, Korean) every two neighbouring characters, and the
/// last character of each run by itself; of all others the words, in lower case.
///
/// So 爆管抢修 is 爆管, 管抢, 抢修 and 修, and is found by 爆管, by 抢修 and, as the beginning of a word, by 爆.
enum SearchWords {
  /// Raised with every change of what is below: an index of another version is made anew at the next start.
  static let version = 2
  /// Characters of one word that count; what is longer is found by its beginning.
  static let maxWordLength = 48
  /// Words of one text that count: what a text of some thousand characters has. A longer one is found by its beginning.
  static let maxWords = 4_096

  /// Writes the words of `text` in their order, repeated ones too, each with a space behind it.
  static func write(_ text: String, to words: inout [UInt8]) {
    var count = 0
    runs(of: text) { run, isPaired in
      guard isPaired else {
        guard count < maxWords else { return }
        count += 1
        for scalar in run.prefix(maxWordLength) { words.append(contentsOf: scalar.utf8) }
        return words.append(0x20)
      }
      for index in run.indices.prefix(maxWords - count) {
        words.append(contentsOf: run[index].utf8)
        if index + 1 < run.endIndex { words.append(contentsOf: run[index + 1].utf8) }
        words.append(0x20)
      }
      count = min(count + run.count, maxWords)
    }
  }

  /// The runs of `text`: of characters that are paired, or of the letters and digits of one word.
  static func runs(of text: String, _ each: (ArraySlice<Unicode.Scalar>, _ isPaired: Bool) -> Void) {
    let scalars = folded(text)
    var start = 0
    var kind = Kind.other
    for index in 0...scalars.count {
      let next = index < scalars.count ? Kind(scalars[index]) : .other
      guard next != kind || next == .other else { continue }
      if kind != .other { each(scalars[start..<index], kind == .paired) }
      start = index
      kind = next
    }
  }

  /// One form for what people take for the same: full-width letters and digits, half-width kana, composed and decomposed ones, upper and
  /// lower case.
  private static func folded(_ text: String) -> [Unicode.Scalar] {
    var scalars: [Unicode.Scalar] = []
    scalars.reserveCapacity(text.utf8.count / 2)
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x41...0x5A: scalars.append(Unicode.Scalar(UInt8(scalar.value + 0x20)))
      case 0..<0x80, 0x3000...0x303F, 0x3400...0x9FFF: scalars.append(scalar)
      case 0xFF01...0xFF20: scalars.append(Unicode.Scalar(UInt8(scalar.value - 0xFEE0)))
      // The usual text of a Chinese order never comes here.
      // Foundation leaves the marks of half-width kana (ｶﾞ) uncomposed in its compatibility mapping: composed once more they are ガ.
      default:
        return Array(
          text.precomposedStringWithCompatibilityMapping.precomposedStringWithCanonicalMapping.lowercased()
            .unicodeScalars)
      }
    }
    return scalars
  }

  private enum Kind {
    case paired, word, other

    init(_ scalar: Unicode.Scalar) {
      switch scalar.value {
      case 0x30...0x39, 0x61...0x7A: self = .word
      case 0..<0x80: self = .other
      // Ideographs, kana, hangul.
      case 0x3005...0x3007, 0x3041...0x30FF, 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
        0x20000...0x323AF:
        self = .paired
      default:
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter, .decimalNumber,
          .letterNumber, .otherNumber, .nonspacingMark, .spacingMark:
          self = .word
        default: self = .other
        }
      }
    }
  }
}
