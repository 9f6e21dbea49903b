// Codes of authenticator apps against the vectors of their RFCs, and how their secrets are kept.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct OneTimeCodeTests {
  private static let secret = Array("12345678901234567890".utf8)

  /// RFC 6238, Appendix B, the rows of SHA-1.
  @Test(arguments: [
    (59, "94287082"), (1_111_111_109, "07081804"), (1_111_111_111, "14050471"), (1_234_567_890, "89005924"),
    (2_000_000_000, "69279037"), (20_000_000_000, "65353130"),
  ])
  func aCodeIsThatOfTheStandard(seconds: Int, code: String) {
    let step = OneTimeCode.step(at: seconds * 1_000)
    #expect(OneTimeCode.code(Self.secret, step: step, digits: 8) == code)
    #expect(OneTimeCode.code(Self.secret, step: step) == code.suffix(6))
  }

  /// RFC 4226, Appendix D.
  @Test func truncationIsThatOfTheStandard() {
    let codes = (0..<10).map { OneTimeCode.code(Self.secret, step: $0) }
    #expect(
      codes == [
        "755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
      ])
  }

  /// RFC 4648, §10, without padding.
  @Test(arguments: [
    ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
    ("foobar", "MZXW6YTBOI"),
  ])
  func base32IsThatOfTheStandard(text: String, encoded: String) {
    #expect(Base32.encode(Array(text.utf8)) == encoded)
  }

  @Test func aCodeCountsOneStepEarlyAndOneLateAndNeverTwice() {
    let now = 1_234_567_890_000
    let present = OneTimeCode.step(at: now)
    func step(_ step: Int, after used: Int = 0) -> Int? {
      OneTimeCode.step(of: OneTimeCode.code(Self.secret, step: step), Self.secret, now: now, after: used)
    }
    #expect((-3...3).map { step(present + $0) != nil } == [false, false, true, true, true, false, false])
    #expect(step(present, after: present) == nil && step(present - 1, after: present) == nil)
    #expect(step(present + 1, after: present) == present + 1)
    for typed in ["", "00000", "0000000", "abcdef"] {
      #expect(OneTimeCode.step(of: typed, Self.secret, now: now, after: 0) == nil)
    }
  }

  @Test func whatAnAppTakesNamesAccountAndSecret() {
    #expect(OneTimeCode.groups(Self.secret) == "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ")
    #expect(
      OneTimeCode.address(Self.secret, account: "li.wei")
        == "otpauth://totp/Lianxin:li.wei?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Lianxin&algorithm=SHA1"
        + "&digits=6&period=30")
  }

  @Test func aSecretOpensUnderTheKeyAndForTheAccountThatItWasSealedFor() throws {
    let keys = FactorKeys(hubKey: HubWorld.receiptKey)
    let environment = try HubWorld(platforms: []).parts.environment
    let sealed = try keys.seal(Self.secret, of: "li", environment)
    #expect(keys.open(sealed, of: "li") == Self.secret)
    #expect(keys.open(sealed, of: "wang") == nil)
    #expect(FactorKeys(hubKey: [UInt8](repeating: 8, count: 32)).open(sealed, of: "li") == nil)
    #expect(keys.open(Array(sealed.dropLast()), of: "li") == nil && keys.open([], of: "li") == nil)
    #expect(keys.mark("a", of: "li") != keys.mark("a", of: "wang"))
  }
}
