// Who gets in, as whom, and what a page of another site cannot do in their name.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleSignInTests {
  @Test func withoutASessionEveryPageLeadsToSigningInAndBack() async throws {
    try await ConsoleFixture().serving { console in
      try await console.addUser("li", .viewer)
      let browser = try console.browser()
      let answer = try await browser.get("/platforms")
      #expect(answer.status == 303)
      #expect(answer["Location"] == "/sign-in?next=%2Fplatforms")
      let signedIn = try await browser.post(
        "/sign-in", [("name", "li"), ("password", ConsoleFixture.password), ("next", "/platforms")])
      #expect(signedIn.status == 303)
      #expect(signedIn["Location"] == "/platforms")
      #expect(try await browser.get("/platforms").status == 200)
    }
  }

  @Test func theSessionsCookieIsForThisHostAloneAndNoScriptReadsIt() async throws {
    try await ConsoleFixture().serving { console in
      try await console.addUser("li", .viewer)
      let browser = try console.browser()
      let answer = try await browser.signIn("li", ConsoleFixture.password)
      let cookies = answer.all("Set-Cookie")
      #expect(cookies.contains { $0.hasPrefix("__Host-session=") })
      for cookie in cookies { #expect(cookie.contains("; Path=/; Secure; HttpOnly; SameSite=Strict"), "\(cookie)") }
    }
  }

  @Test func aWrongPasswordAndAnUnknownNameAreRefusedAlike() async throws {
    try await ConsoleFixture().serving { console in
      try await console.addUser("li", .viewer)
      let browser = try console.browser()
      let wrong = try await browser.signIn("li", "not the password at all")
      let unknown = try await browser.signIn("nobody", "not the password at all")
      #expect(wrong.status == 403)
      #expect(unknown.status == 403)
      #expect(wrong.main.contains(SignInPhrase.refused.said(in: .zh)))
      #expect(!wrong.all("Set-Cookie").contains { $0.hasPrefix("__Host-session") })
      func plain(_ answer: WebAnswer, _ name: String) -> String {
        // Their tags are those of their contents, with the names.
        answer.main.replacing("value=\"\(name)\"", with: "").replacing(/(value|data-live)="[^"]*"/, with: "")
      }
      #expect(plain(wrong, "li") == plain(unknown, "nobody"))
    }
  }

  @Test func guessingIsSlowedDownWithATimeToComeBack() async throws {
    try await ConsoleFixture().serving { console in
      try await console.addUser("li", .viewer)
      let browser = try console.browser()
      let token = try await browser.token()
      var last = 0
      var answer: WebAnswer?
      for _ in 0..<40 where last != 429 {
        answer = try await browser.post("/sign-in", [("name", "li"), ("password", "a wrong password")], csrf: token)
        last = answer?.status ?? 0
      }
      #expect(last == 429)
      #expect(Int(answer?["Retry-After"] ?? "") ?? 0 > 0)
    }
  }

  @Test func aOneTimePasswordDemandsANewOneAndNothingElseIsDoneBefore() async throws {
    try await ConsoleFixture().serving { console in
      let made = try await console.hotline.accounts.add(
        name: "wang", displayName: "王", role: .administrator, isProgram: false, password: nil, by: .socket)
      let browser = try console.browser()
      let first = try await browser.signIn("wang", made.text("oneTimePassword"))
      #expect(first["Location"] == "/password")
      #expect(try await browser.get("/").status == 303)
      #expect(try await browser.get("/users")["Location"] == "/password")
      let refused = try await browser.post("/platforms", [("name", "water")])
      #expect(refused["Location"] == "/password")
      let differing = try await browser.post("/password", [("new", "another long password"), ("again", "other")])
      #expect(differing.status == 422)
      #expect(differing.main.contains(SignInPhrase.different.said(in: .zh)))
      let short = try await browser.post("/password", [("new", "short"), ("again", "short")])
      #expect(short.status == 422)
      let chosen = "seven green umbrellas fly"
      let changed = try await browser.post("/password", [("new", chosen), ("again", chosen)])
      #expect(changed.status == 303)
      #expect(try await browser.get("/users").status == 200)
      let other = try console.browser()
      #expect(try await other.signIn("wang", chosen)["Location"] == "/")
    }
  }

  @Test func signingOutEndsTheSessionAtTheHubToo() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let copy = directoryCopy(browser)
      _ = try await browser.post("/sign-out", [])
      #expect(try await browser.get("/").status == 303)
      try FileManager.default.removeItem(atPath: browser.directory + "/cookies")
      try FileManager.default.copyItem(atPath: copy, toPath: browser.directory + "/cookies")
      #expect(try await browser.get("/").status == 303)
    }
  }

  private func directoryCopy(_ browser: TestBrowser) -> String {
    let path = browser.directory + "/copied"
    try? FileManager.default.copyItem(atPath: browser.directory + "/cookies", toPath: path)
    return path
  }

  @Test func aSessionEndsAfterHalfAnHourUnusedAndWhatAPageDoesByItselfIsNoUse() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .operator)
      console.clock.advance(20 * 60_000)
      #expect(try await browser.request("/", ["-H", "X-Live: 1"]).status == 200)
      console.clock.advance(11 * 60_000)
      #expect(try await browser.request("/", ["-H", "X-Live: 1"]).status == 401)
      #expect(try await browser.get("/").status == 303)
    }
  }

  @Test func aFormWithoutItsTokenOrOfAnotherSessionIsRefused() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .administrator)
      let other = try await console.signedIn(as: .supervisor)
      let foreign = try await other.token()
      for token in ["", "x", foreign] {
        let answer = try await browser.post("/platforms", [("name", "water")], csrf: token)
        #expect(answer.status == 403)
        #expect(answer.main.contains(ProblemPhrase.staleTitle.said(in: .zh)))
      }
      let stranger = try console.browser()
      #expect(try await stranger.post("/sign-in", [("name", "a"), ("password", "b")], csrf: "forged").status == 403)
      #expect(try console.hotline.platforms().list("platforms").isEmpty)
    }
  }

  @Test(arguments: [
    ["-H", "Origin: https://evil.example"], ["-H", "Sec-Fetch-Site: cross-site"], ["-H", "Sec-Fetch-Site: same-site"],
    ["-H", "Sec-Fetch-Site: cross-site", "-H", "Origin: null"],
  ])
  func aFormThatComesFromAnotherSiteIsRefusedEvenWithTheToken(headers: [String]) async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .administrator)
      let token = try await browser.token()
      let form = ["--data-urlencode", "csrf=\(token)", "--data-urlencode", "name=water"]
      #expect(try await browser.request("/platforms", form + headers).status == 403)
      #expect(try await browser.request("/sign-out", ["--data-urlencode", "csrf=\(token)"] + headers).status == 403)
      #expect(try await browser.request("/events?topics=orders", ["--max-time", "5"] + headers).status == 403)
      // The same form from the console's own page.
      let own = ["-H", "Sec-Fetch-Site: same-origin", "-H", "Origin: null"]
      #expect(try await browser.request("/platforms", form + own).status == 303)
    }
  }

  @Test func whatIsNoFormIsRefused() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .administrator)
      let answer = try await browser.request(
        "/platforms", ["-H", "Content-Type: application/json", "-d", "{\"name\":\"water\"}"])
      #expect(answer.status == 400)
    }
  }

  @Test func whoIsDisabledIsOutWithTheNextRequest() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .operator)
      #expect(try await browser.get("/").status == 200)
      _ = try console.hotline.accounts.disable("operator", by: .socket)
      #expect(try await browser.get("/").status == 303)
    }
  }
}
