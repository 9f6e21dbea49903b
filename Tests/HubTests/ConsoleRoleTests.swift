// Who sees which buttons, and that a button which is not shown does nothing either.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleRoleTests {
  /// What the console lets be pressed, the right that it takes, and the page whose form it is.
  private static let acts: [(act: String, right: Right, page: String?)] = [
    ("/platforms", .administer, "/platforms"), ("/platforms/resync", .compare, "/platforms"),
    ("/platforms/water/resync", .compare, "/platforms/water"),
    ("/platforms/water/token", .administer, "/platforms/water"),
    ("/agents/water/depot/resync", .compare, "/agents/water/depot"),
    ("/agents/water/depot/revoke", .administer, "/agents/water/depot"),
    ("/agents/water/depot/settle-clone", .administer, nil), ("/users", .manageAccounts, "/users"),
    ("/users/operator/role", .manageAccounts, "/users/operator"),
    ("/users/operator/disable", .manageAccounts, "/users/operator"),
    ("/users/operator/password", .manageAccounts, "/users/operator"),
    ("/users/operator/tokens", .manageAccounts, "/users/operator"),
    ("/users/operator/second-factor", .manageAccounts, nil), ("/privacy/find", .seek, "/privacy"),
    ("/privacy/export", .exportPersons, nil), ("/privacy/purge", .purge, nil),
    ("/quarantine/lost/hub-0/settle", .supervise, nil), ("/health", .inspect, "/health"),
    ("/health/fix", .administer, "/health"),
  ]

  @Test(arguments: Role.allCases)
  func everyRoleSeesJustTheButtonsThatItMayPress(role: Role) async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try await console.addUser("operator", .operator)
      let browser = try await console.signedIn(as: role)
      for (act, right, page) in Self.acts {
        let may = RoleTable.allows(right, role)
        if let page {
          let shown = try await browser.get(page)
          #expect(shown.main.contains("action=\"\(act)\"") == (may && shown.status == 200), "\(role) \(act)")
        }
        guard !may else { continue }
        let answer = try await browser.post(act, [("name", "x"), ("reason", "x"), ("role", "viewer"), ("label", "x")])
        #expect(answer.status == 403, "\(role) \(act)")
        #expect(answer.main.contains(ProblemPhrase.forbiddenDo.said(in: .zh)))
      }
      #expect(try console.hotline.platforms().list("platforms").count == 1)
    }
  }

  @Test(arguments: Role.allCases)
  func theNavigationLeadsToWhatTheRoleMayOpenAndNowhereElse(role: Role) async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: role)
      let home = try await browser.get("/")
      for section in ConsolePages.sections {
        let may = RoleTable.allows(section.right, role)
        #expect(home.body.contains("<a href=\"\(section.path)\"") == may, "\(role) \(section)")
        #expect(try await browser.get(section.path).status == (may ? 200 : 403), "\(role) \(section)")
      }
    }
  }

  @Test func aPersonIsFoundCopiedAndDestroyedByThoseWhoMay() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      let phone = ("phone", "138 1234 1234")
      let caller = JSON.Member("caller", ["name": "张三", "phone": "13812341234"])
      _ = try console.order([.init("title", "爆管"), caller], to: "water")
      let destroy = PrivacyPhrase.purgeGo.said(in: .zh, ["1"])
      let op = try await console.signedIn(as: .operator)
      let found = try await op.post("/privacy/find", [phone])
      #expect(found.status == 200 && found.main.contains("爆管") && !found.main.contains("张三"))
      #expect(!found.main.contains("action=\"/privacy/export\"") && !found.main.contains("action=\"/privacy/purge\""))
      let supervisor = try await console.signedIn(as: .supervisor)
      let shown = try await supervisor.post("/privacy/find", [phone]).main
      #expect(shown.contains("action=\"/privacy/export\"") && !shown.contains(destroy))
      let copy = try await supervisor.post("/privacy/export", [phone])
      #expect(copy["Content-Disposition"] == "attachment; filename=\"personal-data.json\"")
      #expect(copy.body.contains("张三"))
      let administrator = try await console.signedIn(as: .administrator)
      #expect(try await administrator.post("/privacy/find", [phone]).main.contains(destroy))
      #expect(try await administrator.post("/privacy/purge", [phone]).status == 400, "a reason is demanded")
      let purged = try await administrator.post("/privacy/purge", [phone, ("reason", "本人申请")])
      #expect(purged.status == 200 && purged.main.contains(PrivacyPhrase.purged.said(in: .zh, ["1", "1"])))
      let after = try await administrator.post("/privacy/find", [phone]).main
      #expect(after.contains(PrivacyPhrase.foundNone.said(in: .zh)))
      let status = try await supervisor.get("/privacy").main
      #expect(status.contains(PrivacyPhrase.waiting.said(in: .zh)) && status.contains("water depot"))
      let audit = try await administrator.get("/audit").main
      for action in [AuditAction.personFound, .personExported, .personPurged] {
        #expect(audit.contains(Vocabulary.auditAction.texts(action.rawValue)?.zh ?? "?"), "\(action)")
      }
      #expect(!audit.contains("13812341234") && !audit.contains("138 1234 1234"))
    }
  }

  @Test func whoLookedStandsWithThePersonalDataForThoseWhoReadTheAudit() async throws {
    try await ConsoleFixture().serving { console in
      func lookups(_ browser: TestBrowser) async throws -> String {
        let page = try await browser.get("/privacy").main
        return try #require(page.components(separatedBy: "id=\"lookups\"").dropFirst().first)
      }
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let caller = JSON.Member("caller", ["name": "张三", "phone": "13812341234"])
      _ = try console.order([.init("title", "爆管"), caller], to: "water")
      let supervisor = try await console.signedIn(as: .supervisor, language: .en)
      let none = try await lookups(supervisor)
      #expect(none.contains(PrivacyPhrase.lookupsNone.said(in: .en)) && !none.contains("<time"))
      _ = try console.hotline.findPerson(phone: "13812341234", author: Author(name: "wang", role: "operator"))
      console.clock.advance(60_000)
      _ = try console.hotline.exportPerson(phone: "13812341234", author: Author(name: "zhao", role: "supervisor"))
      let some = try await lookups(supervisor)
      #expect(!some.contains(PrivacyPhrase.lookupsNone.said(in: .en)) && !some.contains("13812341234"))
      // The newest first, each with who, what and when.
      let rows = some.components(separatedBy: "<tr data-row>").dropFirst()
      #expect(rows.count == 2 && rows.allSatisfy { $0.contains("<time datetime=") })
      let export = try #require(rows.first)
      let find = try #require(rows.last)
      #expect(export.contains("<bdi>zhao</bdi> <small>supervisor</small>") && export.contains("personal data copied"))
      #expect(find.contains("<bdi>wang</bdi> <small>operator</small>") && find.contains("found by telephone"))
      #expect(!some.contains("/audit?action"))
      for number in 0..<PrivacyPage.maxLookups {
        let author = Author(name: "li\(number)", role: "operator")
        _ = try console.hotline.findPerson(phone: "13900000000", author: author)
      }
      let many = try await lookups(supervisor)
      #expect(many.ranges(of: "<tr data-row>").count == PrivacyPage.maxLookups)
      #expect(many.contains("href=\"/audit?action=person-found\"") && many.contains("the last 100"))
      let op = try await console.signedIn(as: .operator)
      let refused = try await op.get("/privacy")
      #expect(refused.status == 403 && !refused.body.contains("zhao"))
    }
  }

  @Test func aUserIsMadeWithAOneTimePasswordGivenARoleAndEnded() async throws {
    try await ConsoleFixture().serving { console in
      let administrator = try await console.signedIn(as: .administrator)
      let made = try await administrator.post("/users", [("name", "zhao"), ("displayName", "赵"), ("role", "viewer")])
      #expect(made.status == 200)
      let password = try #require(made.main.firstMatch(of: /id="secret"[^>]*>([^<]+)</)).output.1
      let browser = try console.browser()
      #expect(try await browser.signIn("zhao", String(password))["Location"] == "/password")
      #expect(try await administrator.post("/users/zhao/role", [("role", "operator")]).status == 303)
      #expect(try console.hotline.accounts.account("zhao")?.role == .operator)
      #expect(try await administrator.post("/users/zhao/disable", []).status == 303)
      #expect(try await browser.get("/password").status == 303)
      // Nobody takes away his own rights.
      #expect(try await administrator.post("/users/administrator/disable", []).status == 409)
      let audit = try await administrator.get("/audit").main
      #expect(audit.contains("zhao"))
      #expect(audit.contains(Vocabulary.auditAction.texts("account-disabled")?.zh ?? "?"))
      let filtered = try await administrator.get("/audit?who=administrator&action=role-set").main
      #expect(filtered.matches(of: /<tr data-row/).count == 1)
    }
  }

  @Test func anAPITokenOfTheConsoleOpensTheOperatorsAPIWithItsRole() async throws {
    try await ConsoleFixture().serving { console in
      try await console.addUser("robot", .supervisor)
      let administrator = try await console.signedIn(as: .administrator)
      let made = try await administrator.post(
        "/users/robot/tokens", [("label", "reports"), ("role", "viewer"), ("days", "30")])
      let token = try #require(made.main.firstMatch(of: /id="secret"[^>]*>([^<]+)</)).output.1
      let program = try console.browser()
      let bearer = ["-H", "Authorization: Bearer \(token)"]
      #expect(try await program.request("/api/v1/status", bearer).status == 200)
      #expect(try await program.request("/api/v1/users", bearer).status == 403)
      #expect(try await program.get("/api/v1/status").status == 401)
    }
  }
}
