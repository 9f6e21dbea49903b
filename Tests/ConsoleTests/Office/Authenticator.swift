// The app on a person's telephone that shows the codes of a second factor: RFC 6238 over a secret in base32 (RFC 4648 §6). It shares
// nothing with the hub's own reckoning, so that both must be right.

import Crypto
import Foundation

@testable import TestSite

struct Authenticator {
  private static let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
  private let key: SymmetricKey

  /// - Parameter groups: the secret as a page shows it to be typed in.
  init(typing groups: String) throws {
    let bits = try groups.filter { !$0.isWhitespace }.flatMap { letter in
      let value = try demand(Self.letters.firstIndex(of: letter), "'\(letter)' is a letter of base32")
      return (0..<5).reversed().map { value >> $0 & 1 }
    }
    let bytes = (0..<bits.count / 8).map { place in UInt8(bits[place * 8..<place * 8 + 8].reduce(0) { $0 << 1 | $1 }) }
    try demand(bytes.count == 20, "the secret has 160 bits, not \(bits.count)")
    key = SymmetricKey(data: bytes)
  }

  /// What it shows now.
  var code: String {
    let step = UInt64(Date().timeIntervalSince1970) / 30
    let mac = Array(
      HMAC<Insecure.SHA1>.authenticationCode(for: withUnsafeBytes(of: step.bigEndian) { Array($0) }, using: key))
    let place = Int(mac[19] & 15)
    let number = mac[place..<place + 4].reduce(0) { $0 << 8 | Int($1) } & 0x7FFF_FFFF
    return String(String(1_000_000 + number % 1_000_000).dropFirst())
  }
}
