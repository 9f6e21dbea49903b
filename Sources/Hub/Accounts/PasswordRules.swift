// Which passwords may be chosen: long ones that are not tried first (NIST SP 800-63B-4 §3.1.1.2). No rule of composition, none of age.

import Core
import Foundation

/// Why a password may not be chosen. Never quotes it.
enum PasswordFault: Error, Hashable, CustomStringConvertible {
  /// Fewer characters than `least`.
  case tooShort(least: Int)
  case tooLong, known, monotonous, ofItsContext

  var description: String {
    switch self {
    case .tooShort(let least):
      "a password has at least \(least) characters; a sentence of a few words is easy to keep in mind"
    case .tooLong: "a password has at most \(PasswordRules.maxLength) characters"
    case .known: "this password is among those that are tried first; take a few words that do not belong together"
    case .monotonous: "this password is one pattern again and again; take a few words that do not belong together"
    case .ofItsContext:
      "this password is little more than your name or the hotline's; add words that have nothing to do with it"
    }
  }
}

enum PasswordRules {
  /// Unicode scalars.
  static let minLength = 15
  /// Beside a second factor.
  static let minLengthWithFactor = 8
  static let maxLength = 256
  /// Longer texts are not looked at: however they are written, they are too long.
  private static let maxTypedBytes = 16_384
  /// What must be left of it without the words that its context gives away.
  private static let minOwnLength = 8
  private static let minDistinct = 6
  /// A unit this long or shorter, repeated, is a pattern whatever it is.
  private static let maxUnit = 4
  private static let contextWords = ["lianxin", "连心", "hotline", "热线", "工单", "12345", "console", "password"]
  /// Rows of the keyboard, there and back, beside the order of the alphabet itself.
  private static let rows = [
    "qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890", "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
  ]

  /// As it is hashed: in one of the ways to write the same characters (NFKC), so that full-width letters of an input method do not matter.
  static func normalised(_ password: String) -> String { password.precomposedStringWithCompatibilityMapping }

  static func minLength(hasSecondFactor: Bool) -> Int { hasSecondFactor ? minLengthWithFactor : minLength }

  /// Whether it counts beside a second factor alone.
  static func isShort(_ password: String) -> Bool { normalised(password).unicodeScalars.count < minLength }

  /// Why the password may not be chosen for the account, or nil.
  static func fault(
    _ password: String, account: String, displayName: String, hasSecondFactor: Bool = false
  ) -> PasswordFault? {
    let least = minLength(hasSecondFactor: hasSecondFactor)
    guard password.utf8.count <= maxTypedBytes else { return .tooLong }
    let password = normalised(password)
    guard password.unicodeScalars.count >= least else { return .tooShort(least: least) }
    guard password.unicodeScalars.count <= maxLength else { return .tooLong }
    let plain = password.lowercased()
    if isListed(plain) || isListed(core(of: plain)) { return .known }
    let scalars = Array(plain.unicodeScalars)
    if Set(scalars).count < minDistinct || isOneRun(scalars) || isRepetition(scalars) { return .monotonous }
    let own = ([account, displayName.lowercased()] + contextWords).filter { $0.unicodeScalars.count > 1 }
      .reduce(plain) { $0.replacing($1, with: "") }
    return own.unicodeScalars.count < minOwnLength ? .ofItsContext : nil
  }

  private static func isListed(_ word: String) -> Bool { KnownPasswords.words.contains(Substring(word)) }

  /// Without what is commonly put before and behind a word.
  private static func core(of text: String) -> String {
    let isEdge: (Character) -> Bool = { !$0.isLetter }
    return String(text.drop(while: isEdge).reversed().drop(while: isEdge).reversed())
  }

  /// The same few characters, or the same known word, again and again; the last time may be cut off.
  private static func isRepetition(_ scalars: [Unicode.Scalar]) -> Bool {
    (1...scalars.count / 2).contains { length in
      guard scalars.indices.dropFirst(length).allSatisfy({ scalars[$0] == scalars[$0 - length] }) else { return false }
      var unit = String.UnicodeScalarView()
      unit.append(contentsOf: scalars.prefix(length))
      return length <= maxUnit || isListed(String(unit)) || isListed(core(of: String(unit)))
    }
  }

  /// Whether nearly all of it walks on along the alphabet or a row of keys.
  private static func isOneRun(_ scalars: [Unicode.Scalar]) -> Bool {
    let steps = zip(scalars, scalars.dropFirst()).count { left, right in
      abs(Int(left.value) - Int(right.value)) <= 1 || areNeighbours(left, right)
    }
    return steps * 5 >= (scalars.count - 1) * 4
  }

  private static func areNeighbours(_ left: Unicode.Scalar, _ right: Unicode.Scalar) -> Bool {
    let pair = "\(left)\(right)"
    let back = "\(right)\(left)"
    return rows.contains { $0.contains(pair) || $0.contains(back) }
  }
}
