// The second factor as a browser meets it: led to it, set up, asked for at the sign-in, taken away by an administrator.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleSecondFactorTests {
  /// The bytes of the base32 that the page shows in groups.
  private static func secret(_ page: WebAnswer) throws -> [UInt8] {
    let shown = try #require(page.main.firstMatch(of: /id="secret" tabindex="0">([A-Z2-7 ]+)</)).output.1
    var bits = 0
    var buffer = 0
    var bytes: [UInt8] = []
    for letter in shown where letter != " " {
      let value = try #require("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".firstIndex(of: letter)).utf16Offset(
        in: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
      buffer = (buffer << 5 | value) & 0xFFFF
      bits += 5
      if bits >= 8 {
        bits -= 8
        bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
      }
    }
    return bytes
  }

  private static func said(_ phrase: SecondFactorPhrase, _ language: Language) -> String {
    phrase.said(in: language).replacing("'", with: "&#39;")
  }

  private static func code(_ secret: [UInt8], _ console: ConsoleFixture) -> String {
    OneTimeCode.code(secret, step: OneTimeCode.step(at: console.clock.now))
  }

  @Test(arguments: Language.allCases)
  func whoseRoleTakesOneIsLedToItAndSignsInByItFromThenOn(language: Language) async throws {
    try await ConsoleFixture(secondFactor: .supervisor).serving { console in
      try await console.addUser("boss", .supervisor)
      let browser = try console.browser(language: language)
      #expect(try await browser.signIn("boss", ConsoleFixture.password)["Location"] == "/second-factor")
      #expect(try await browser.get("/orders")["Location"] == "/second-factor")
      #expect(try await browser.post("/platforms", [("name", "water")])["Location"] == "/second-factor")
      #expect(try await browser.get("/second-factor").main.contains(Self.said(.led, language)))
      #expect(try await browser.post("/second-factor", [("act", "begin")]).status == 303)
      let page = try await browser.get("/second-factor")
      let secret = try Self.secret(page)
      #expect(secret.count == OneTimeCode.secretBytes)
      #expect(page.main.contains("otpauth://totp/Lianxin:boss?secret=\(Base32.encode(secret))&amp;issuer=Lianxin"))
      let wrong = try await browser.post("/second-factor", [("act", "confirm"), ("code", "000000")])
      #expect(wrong.status == 422 && wrong.main.contains(Self.said(.wrongCode, language)))
      let done = try await browser.post("/second-factor", [("act", "confirm"), ("code", Self.code(secret, console))])
      #expect(done.status == 200)
      let codes = done.main.matches(of: /<li class="mono">([a-z2-7-]+)</).map { String($0.output.1) }
      #expect(Set(codes).count == SecondFactor.recoveryCodes)
      #expect(try await browser.get("/orders").status == 200)
      #expect(try await browser.get("/second-factor").main.contains("id=\"codes-left\">10<"))

      console.clock.advance(OneTimeCode.stepMilliseconds)
      let next = try console.browser(language: language)
      let first = try await next.post(
        "/sign-in", [("name", "boss"), ("password", ConsoleFixture.password), ("next", "/platforms")])
      #expect(first["Location"] == "/sign-in/code?next=%2Fplatforms")
      #expect(!first.all("Set-Cookie").contains { $0.hasPrefix(Sessions.cookie) })
      for cookie in first.all("Set-Cookie") { #expect(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Strict")) }
      #expect(try await next.get("/platforms").status == 303, "the password alone opens nothing")
      let asked = try await next.get("/sign-in/code?next=%2Fplatforms")
      #expect(asked.status == 200 && asked.main.contains("autocomplete=\"one-time-code\""))
      let token = try #require(asked.body.firstMatch(of: /name="csrf" value="([^"]+)"/)?.output.1).description
      let refused = try await next.post("/sign-in/code", [("code", "000000")], csrf: token)
      #expect(refused.status == 403 && refused.main.contains(Self.said(.refused, language)))
      let signedIn = try await next.post(
        "/sign-in/code", [("code", Self.code(secret, console)), ("next", "/platforms")], csrf: token)
      #expect(signedIn.status == 303 && signedIn["Location"] == "/platforms")
      #expect(try await next.get("/platforms").status == 200)
      #expect(try await next.post("/sign-in/code", [("code", codes[0])])["Location"]?.hasPrefix("/sign-in?") == true)
    }
  }

  @Test func aFormOfAnotherSiteEntersNoCode() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try console.browser()
      let answer = try await browser.post("/sign-in/code", [("code", "000000")], csrf: "planted-token-of-another")
      #expect(answer.status == 403)
      #expect(try await browser.get("/sign-in/code")["Location"] == "/sign-in")
    }
  }

  @Test func oneIsChosenFreelyWhereTheRoleTakesNoneAndAnAdministratorResetsIt() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .operator)
      let page = try await browser.get("/second-factor")
      #expect(page.main.contains(Self.said(.none, .zh)) && !page.main.contains("name=\"code\""))
      let wrong = try await browser.post("/second-factor", [("act", "begin"), ("password", "not the password")])
      #expect(wrong.status == 422)
      #expect(
        try await browser.post("/second-factor", [("act", "begin"), ("password", ConsoleFixture.password)]).status
          == 303)
      let secret = try Self.secret(try await browser.get("/second-factor"))
      _ = try await browser.post("/second-factor", [("act", "confirm"), ("code", Self.code(secret, console))])
      #expect(try await browser.get("/second-factor").main.contains("value=\"remove\""))
      #expect(try await browser.get("/password").main.contains("minlength=\"8\""))

      let administrator = try await console.signedIn(as: .administrator)
      #expect(try await administrator.get("/users/operator").main.contains("id=\"reset-second-factor\""))
      #expect(try await administrator.post("/users/operator/second-factor", []).status == 303)
      #expect(try await !administrator.get("/users/operator").main.contains("id=\"reset-second-factor\""))
      #expect(try await browser.get("/").status == 303)
      #expect(try await browser.signIn("operator", ConsoleFixture.password)["Location"] == "/")
    }
  }
}
