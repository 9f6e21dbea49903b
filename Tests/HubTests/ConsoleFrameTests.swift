// What every answer of the console has, whatever was asked: headers, language, light, and errors in words.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleFrameTests {
  @Test func everyAnswerHasTheSecurityHeadersWhateverWasAsked() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      let stranger = try console.browser()
      // More than an argument may have.
      let windbag = NSTemporaryDirectory() + "lianxin-\(UUID().uuidString)"
      defer { try? FileManager.default.removeItem(atPath: windbag) }  // a leftover in the temporary folder harms nobody
      try String(repeating: "a", count: 600_000).write(toFile: windbag, atomically: false, encoding: .utf8)
      let css = try #require(try await browser.get("/").body.firstMatch(of: /href="(\/assets\/[^"]+css)"/)).output.1
      let answers = [
        try await browser.get("/"), try await browser.get("/nothing"), try await browser.get("/users"),
        try await browser.get(String(css)), try await stranger.get("/"), try await stranger.get("/sign-in"),
        try await stranger.get("/api/v1/status"), try await stranger.get("/api/v1/nothing"),
        try await stranger.request("/csp-report", ["-d", "{}", "-H", "Content-Type: application/csp-report"]),
        try await browser.request("/sign-out", ["-X", "POST"]), try await browser.request("/", ["-X", "DELETE"]),
        try await stranger.request("/sign-in", ["-d", "@" + windbag]),
      ]
      #expect(answers.map(\.status) == [200, 404, 403, 200, 303, 200, 401, 404, 204, 400, 404, 413])
      for answer in answers {
        for (name, value) in SecurityHeaders.all { #expect(answer[name.rawName] == value, "\(answer.status) \(name)") }
        #expect(answer["Cache-Control"] != nil)
      }
      #expect(answers[0]["Cache-Control"] == "no-store")
    }
  }

  @Test func theContentPolicyAllowsNothingInlineAndNoPageHasAny() async throws {
    #expect(SecurityHeaders.contentPolicy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self';"))
    #expect(!SecurityHeaders.contentPolicy.contains("unsafe"))
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .administrator)
      for section in ConsolePages.sections {
        let page = try await browser.get(section.path)
        #expect(page.status == 200, "\(section)")
        #expect(page.body.firstMatch(of: /<[^>]+\s(style|on\w+)=/) == nil, "\(section)")
        #expect(page.body.matches(of: /<script/).count == 1, "\(section)")
      }
    }
  }

  @Test func everyAnswerIsTimedWhateverBecomesOfTheRequest() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try console.browser()
      func count(_ kind: RequestClass) -> Int { console.times.readings.first { $0.kind == kind }?.reading.count ?? 0 }
      _ = try await browser.get("/sign-in")
      _ = try await browser.get("/nothing-is-here")
      #expect(count(.page) == 2 && count(.act) == 0 && count(.read) == 0)
      #expect(try await browser.get("/api/v1/status").status == 401)
      #expect(count(.read) == 1 && count(.page) == 2)
    }
  }

  @Test func assetsAreKeptForGoodUnderTheHashOfTheirContent() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try console.browser()
      let page = try await browser.get("/sign-in")
      for end in ["css", "js", "svg"] {
        let path = try #require(
          page.body.matches(of: /"(\/assets\/[^"]+)"/).map(\.output.1).first { $0.hasSuffix("." + end) })
        let asset = try await browser.get(String(path))
        #expect(asset.status == 200)
        #expect(asset["Cache-Control"] == "public, max-age=31536000, immutable")
        #expect(!asset.body.isEmpty)
      }
    }
  }

  @Test func aPageSpeaksTheLanguageOfTheBrowserAndTheSwitchIsRemembered() async throws {
    try await ConsoleFixture().serving { console in
      let chinese = try console.browser(language: .zh)
      #expect(try await chinese.get("/sign-in").body.contains("<html lang=\"zh-CN\""))
      #expect(try await chinese.get("/sign-in").body.contains("用户名"))
      let english = try await console.signedIn(as: .viewer, language: .en)
      #expect(try await english.get("/").body.contains("<h1>Overview</h1>"))
      let switched = try await english.post("/language", [("language", "zh"), ("back", "/platforms")])
      #expect(switched.status == 303)
      #expect(switched["Location"] == "/platforms")
      #expect(try await english.get("/").body.contains("<h1>总览</h1>"))
    }
  }

  @Test func lightAndDarkFollowTheSystemUntilOneIsChosen() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      #expect(try await browser.get("/").body.contains("data-theme") == false)
      _ = try await browser.post("/theme", [("theme", "dark"), ("back", "/")])
      #expect(try await browser.get("/").body.contains("data-theme=\"dark\""))
      _ = try await browser.post("/theme", [("theme", "\"><b>"), ("back", "/")])
      #expect(try await browser.get("/").body.contains("data-theme") == false)
    }
  }

  @Test func singleKeysAreThereUntilTheyAreSwitchedOff() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      #expect(try await browser.get("/").body.contains("data-keys=\"off\"") == false)
      let switched = try await browser.post("/keys", [("keys", "off"), ("back", "/orders?open=all")])
      #expect(switched["Location"] == "/orders?open=all")
      #expect(try await browser.get("/").body.contains("data-keys=\"off\""))
      _ = try await browser.post("/keys", [("keys", "on"), ("back", "/")])
      #expect(try await browser.get("/").body.contains("data-keys=\"off\"") == false)
    }
  }

  @Test func everyErrorSaysWhatToDoInTheReadersLanguage() async throws {
    try await ConsoleFixture().serving { console in
      for language in Language.allCases {
        let browser = try await console.signedIn(as: .viewer, language: language)
        let gone = try await browser.get("/platforms/nowhere")
        #expect(gone.status == 404)
        #expect(gone.main.contains(ProblemPhrase.notFoundTitle.said(in: language)))
        #expect(gone.main.contains(ProblemPhrase.notFoundDo.said(in: language)))
        let forbidden = try await browser.get("/users")
        #expect(forbidden.status == 403)
        #expect(forbidden.main.contains(ProblemPhrase.forbiddenDo.said(in: language)))
        // Whoever is signed in keeps the navigation.
        #expect(forbidden.body.contains("aria-label=\"\(FramePhrase.navigation.said(in: language))\""))
        let filter = try await browser.get("/platforms?typo=1")
        #expect(filter.status == 404)
      }
    }
  }

  @Test func aFormThatIsRefusedSaysThatNothingIsLost() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .administrator)
      let answer = try await browser.post("/platforms", [("name", "Not A Name")])
      #expect(answer.status == 400)
      #expect(answer.main.contains(ProblemPhrase.nothingLost.said(in: .zh)))
      #expect(answer.main.contains(ProblemPhrase.refusedDo.said(in: .zh)))
    }
  }

  @Test func noOneIsSentAwayFromTheConsole() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .viewer)
      for back in ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", ""] {
        let answer = try await browser.post("/language", [("language", "en"), ("back", back)])
        #expect(answer["Location"] == "/", "\(back)")
      }
      let stranger = try console.browser()
      let signedIn = try await stranger.post(
        "/sign-in", [("name", "viewer"), ("password", ConsoleFixture.password), ("next", "//evil.example")])
      #expect(signedIn["Location"] == "/")
    }
  }

  @Test func reportsOfThePolicyAreCountedAndAnsweredWithNothing() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try console.browser()
      for body in ["{\"csp-report\":{\"effective-directive\":\"script-src\"}}", "no json", ""] {
        let answer = try await browser.request(
          "/csp-report", ["-H", "Content-Type: application/csp-report", "--data-raw", body])
        #expect(answer.status == 204)
      }
      #expect(console.console.reports.total == 3)
    }
  }

  @Test func tls12IsStillSpokenAndNothingOlder() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try console.browser()
      #expect(try await browser.request("/sign-in", ["--tls-max", "1.2"]).status == 200)
      let old = try await TestBrowser.run(
        ["curl", "-s", "-o", "/dev/null", "--cacert", browser.authority, "--tls-max", "1.1", browser.url + "/sign-in"])
      #expect(old != 0)
    }
  }
}
