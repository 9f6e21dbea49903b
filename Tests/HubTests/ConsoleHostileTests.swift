// What a citizen, a crew or an agent may write, on every page that shows it: text, and nothing that acts.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleHostileTests {
  /// A page in which hostile text stands is sound if a browser reads none of it as markup.
  private func expectInert(_ page: WebAnswer, _ place: String) {
    #expect(page.status < 500, "\(place)")
    let body = page.body
    for raw in [
      "<script>alert", "<img src=x", "<svg onload", "<\u{301}script", "autofocus onfocus='", "\u{202E}", "\u{0}",
      "</textarea></style>", "\"\u{301} onmouseover",
    ] {
      #expect(!body.contains(raw), "\(place) holds \(raw)")
    }
    // What stands in quotes is a value, however it reads.
    let unquoted = body.replacing(/="[^"]*"/, with: "=")
    #expect(unquoted.firstMatch(of: /<[a-z]+[^>]*\s(on\w+|style)\s*=/.ignoresCase()) == nil, "\(place)")
    #expect(
      body.firstMatch(of: /(href|src|action)\s*=\s*"\s*(javascript|data|vbscript):/.ignoresCase()) == nil, "\(place)")
    #expect(body.matches(of: /<script/).count <= 1, "\(place)")
    // The mark of a form's token is not to be had by writing it: there are as many tokens as forms.
    #expect(body.matches(of: /name="csrf"/).count == body.matches(of: /name="request"/).count, "\(place)")
  }

  @Test(arguments: Array(ConsoleFixture.hostile.enumerated().map(\.element)))
  func hostileTextIsInertOnEveryPage(text: String) async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: text, sectors: [String(text.prefix(20))])
      try console.enrol("water", "depot")
      try console.heard("water", "depot", quarantined: 1, version: text)
      // NUL is refused by the hub itself in what it writes; from an agent it may come.
      let words = text.replacing("\u{0}", with: "")
      let order = try console.order(
        [
          .init("title", .string(words)), .init("description", .string(words)),
          .init("caller", ["name": .string(words), "phone": "13812341234"]),
        ], to: "water")
      let id = try OrderID(order)
      let water = try PlatformName("water")
      let author = Author(name: words, role: words)
      for command in [
        Command.accept,
        .request(type: "extension", code: nil, reason: words, until: 1_900_000_000_000, suggestedSector: nil),
      ] {
        _ = try console.hotline.perform(
          command, on: id, assignment: nil, onBehalfOf: water, author: author, request: nil)
      }
      _ = try console.parts.writer.perform { transaction in
        try transaction.db.execute(
          """
          INSERT INTO quarantine (platform, replica, n, order_id, at, reason, hash, line)
          VALUES ('water', $1, 1, $2, 1, $3, $4, $5)
          """,
          [
            .text(ReplicaID(platform: water, random: [UInt8](repeating: 3, count: 10)).text), .text(order), .text(text),
            .blob(Hash.zero.bytes), .blob(Array(text.utf8)),
          ])
      }
      _ = try await console.hotline.accounts.add(
        name: "zhao", displayName: words.isEmpty ? "x" : words, role: .viewer, isProgram: false,
        password: ConsoleFixture.password, by: .socket)
      _ = try console.hotline.findPerson(phone: "13812341234", author: author)
      let browser = try await console.signedIn(as: .administrator)
      let dot = ReplicaID(platform: water, random: [UInt8](repeating: 3, count: 10)).text + ":1"
      for path in [
        "/", "/platforms", "/platforms/water", "/agents/water/depot", "/requests", "/conflicts", "/quarantine",
        "/quarantine/\(dot.inPath)", "/privacy", "/audit", "/audit?who=\(text.inPath)", "/users", "/users/zhao",
        "/platforms/\(text.inPath)", "/?done=\(text.inPath)", "/platforms?\(text.inPath)=\(text.inPath)",
        "/sign-in?next=\(text.inPath)", "/\(text.inPath)",
      ] {
        expectInert(try await browser.get(path), path)
      }
      expectInert(try await browser.post("/platforms", [("name", words), ("displayName", words)]), "adding a platform")
      expectInert(try await browser.post("/users", [("name", words), ("role", words)]), "adding a user")
      expectInert(try await browser.post("/privacy/find", [("phone", words)]), "a number that is none")
      let phone = ("phone", "13812341234")
      expectInert(try await browser.post("/privacy/find", [phone]), "a person's orders")
      expectInert(try await browser.post("/privacy/purge", [phone, ("reason", words)]), "a reason")
      expectInert(try await browser.get("/audit"), "the reason in the audit")
      let stranger = try console.browser()
      expectInert(try await stranger.signIn(words, words), "signing in")
      let zhao = try console.browser()
      _ = try await zhao.signIn("zhao", ConsoleFixture.password)
      expectInert(try await zhao.get("/"), "the own name")
    }
  }

  @Test func tenThousandCharactersBreakNothing() async throws {
    try await ConsoleFixture().serving { console in
      let long = String(repeating: "长", count: 10_000)
      let browser = try await console.signedIn(as: .administrator)
      let file = browser.directory + "/long"
      try Data("displayName=\(long.inPath)".utf8).write(to: URL(fileURLWithPath: file))
      let answer = try await browser.post("/platforms", [("name", "water")], ["--data", "@" + file])
      #expect(answer.status == 400)
      #expect(try await browser.get("/platforms?text=\(String(long.prefix(500)).inPath)").status == 404)
    }
  }
}
