// Codes as authenticator apps show them: RFC 6238 over RFC 4226. Whose code it is, and that it counts once, is SecondFactor's.

import Core
import Crypto
import Foundation

/// Time-based one-time passwords: HMAC-SHA-1, a new one every 30 s, six digits, which is what every app takes.
enum OneTimeCode {
  static let stepMilliseconds = 30_000
  static let digits = 6
  /// Steps before and after the present one that count too: clocks differ, and typing takes time (RFC 6238 §5.2).
  static let tolerance = 1
  /// 160 bits, as RFC 4226 §4 (R6) recommends.
  static let secretBytes = 20

  static func step(at milliseconds: Int) -> Int { max(0, milliseconds) / stepMilliseconds }

  /// The code of a step (RFC 4226 §5.3).
  static func code(_ secret: [UInt8], step: Int, digits: Int = OneTimeCode.digits) -> String {
    let counter = withUnsafeBytes(of: UInt64(clamping: step).bigEndian) { Array($0) }
    let mac = Array(HMAC<Insecure.SHA1>.authenticationCode(for: counter, using: SymmetricKey(data: secret)))
    // Dynamic truncation: the last half byte says where the number begins.
    let offset = Int(mac[mac.count - 1] & 0x0F)
    let number = mac[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
    let modulus = (0..<digits).reduce(1) { product, _ in product * 10 }
    let text = String(number % modulus)
    return String(repeating: "0", count: digits - text.count) + text
  }

  /// The step whose code was typed, among those that count now and come after `used`; nil where it is none. In a time that does not tell.
  static func step(of typed: String, _ secret: [UInt8], now: Int, after used: Int) -> Int? {
    let present = step(at: now)
    let typed = Array(typed.utf8)
    var found: Int?
    for step in (present - tolerance)...(present + tolerance) where step > used {
      if SecretText.equal(Array(code(secret, step: step).utf8), typed), found == nil { found = step }
    }
    return found
  }

  /// What an app reads, as a text or from a picture of it.
  static func address(_ secret: [UInt8], account: String) -> String {
    "otpauth://totp/Lianxin:\(account)?secret=\(Base32.encode(secret))&issuer=Lianxin&algorithm=SHA1&digits=\(digits)"
      + "&period=\(stepMilliseconds / 1_000)"
  }

  /// The secret for typing it into an app: base32 in groups of four.
  static func groups(_ secret: [UInt8]) -> String {
    let letters = Array(Base32.encode(secret).utf8)
    return stride(from: 0, to: letters.count, by: 4).map { start in
      String(decoding: letters[start..<min(start + 4, letters.count)], as: UTF8.self)
    }.joined(separator: " ")
  }
}

/// RFC 4648 §6, without padding.
enum Base32 {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8)

  static func encode(_ bytes: [UInt8]) -> String {
    var letters: [UInt8] = []
    var buffer = 0
    var bits = 0
    for byte in bytes {
      buffer = (buffer << 8 | Int(byte)) & 0xFFFF
      bits += 8
      while bits >= 5 {
        bits -= 5
        letters.append(alphabet[buffer >> bits & 31])
      }
    }
    if bits > 0 { letters.append(alphabet[buffer << (5 - bits) & 31]) }
    return String(decoding: letters, as: UTF8.self)
  }
}
