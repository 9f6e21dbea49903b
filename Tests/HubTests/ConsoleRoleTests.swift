// Who sees which buttons, and that a button which is not shown does nothing either.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleRoleTests {
  /// What the console lets be pressed, the right that it takes, and the page whose form it is.
  private static let acts: [(act: String, right: Right, page: String?)] = [
    ("/platforms", .administer, "/platforms"), ("/platforms/water/resync", .compare, "/platforms/water"),
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
    ("/quarantine/lost/hub-0/settle", .supervise, nil),
  ]

  private func prepared() throws -> ConsoleFixture { try ConsoleFixture() }

  @Test(arguments: Role.allCases)
  func everyRoleSeesJustTheButtonsThatItMayPress(role: Role) async throws {
    try await prepared().serving { console in
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
    try await prepared().serving { console in
      let browser = try await console.signedIn(as: role)
      let home = try await browser.get("/")
      for section in ConsolePages.sections {
        let may = RoleTable.allows(section.right, role)
        #expect(home.body.contains("<a href=\"\(section.path)\"") == may, "\(role) \(section)")
        #expect(try await browser.get(section.path).status == (may ? 200 : 403), "\(role) \(section)")
      }
    }
  }

  @Test func aRequestIsAnsweredByASupervisorAndNotByAnOperator() async throws {
    try await prepared().serving { console in
      let (order, request) = try requested(console)
      let op = try await console.signedIn(as: .operator)
      #expect(!(try await op.get("/requests").main.contains("action=\"/requests/")))
      #expect(try await op.post("/requests/\(order)/\(request)", [("granted", "yes")]).status == 403)
      let supervisor = try await console.signedIn(as: .supervisor)
      let page = try await supervisor.get("/requests").main
      #expect(page.contains("阀门坏了，配件要等"))
      #expect(page.contains("本派单已同意延期 0 次"))
      let answer = try await supervisor.post(
        "/requests/\(order)/\(request)", [("granted", "yes"), ("until", "2030-01-01T10:00"), ("note", "可")])
      #expect(answer.status == 303, "\(answer.main)")
      #expect(try await supervisor.get("/requests").main.contains(RequestPhrase.none.said(in: .zh)))
    }
  }

  /// An order whose platform asked for more time.
  private func requested(_ console: ConsoleFixture) throws -> (order: String, request: String) {
    _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
    let order = try console.order([.init("title", "中山路爆管")], to: "water")
    let water = try PlatformName("water")
    let author = Author(name: "li", role: "operator")
    for command in [
      Command.accept,
      .request(type: "extension", code: nil, reason: "阀门坏了，配件要等", until: 1_900_000_000_000, suggestedSector: nil),
    ] {
      _ = try console.hotline.perform(
        command, on: try OrderID(order), assignment: nil, onBehalfOf: water, author: author, request: nil)
    }
    let row = try #require(try console.hotline.requests().list("requests").first)
    return (order, row.text("id"))
  }

  @Test func aConflictIsSettledByChoosingOneOfItsValues() async throws {
    try await prepared().serving { console in
      let order = try conflicting(console)
      let op = try await console.signedIn(as: .operator)
      #expect(!(try await op.get("/conflicts").main.contains("action=\"/conflicts/")))
      let supervisor = try await console.signedIn(as: .supervisor)
      let page = try await supervisor.get("/conflicts").main
      #expect(page.contains("中山路 1 号") && page.contains("中山路 100 号"))
      #expect(page.contains(ConflictPhrase.shown.said(in: .zh)))
      let dot = try #require(
        page.matches(of: /name="dot" value="([^"]+)"/).map { String($0.output.1) }.first { $0.hasPrefix("water") })
      let fields = [("register", "location"), ("dot", dot)]
      #expect(try await op.post("/conflicts/\(order)/choose", fields).status == 403)
      #expect(try await supervisor.post("/conflicts/\(order)/choose", fields).status == 303)
      #expect(try await supervisor.get("/conflicts").main.contains(ConflictPhrase.none.said(in: .zh)))
      let location = try console.hotline.document(try OrderID(order))["registers"]?["location"]?["value"]
      #expect(location?["address"] == "中山路 100 号")
      // Whoever comes second is told so.
      #expect(try await supervisor.post("/conflicts/\(order)/choose", fields).status == 409)
    }
  }

  /// An order on whose place the hotline and a crew disagree.
  private func conflicting(_ console: ConsoleFixture) throws -> String {
    _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
    let order = try console.order([.init("title", "爆管")], to: "water")
    let id = try OrderID(order)
    let context = try console.parts.database.read { db in
      try db.first("SELECT state FROM orders WHERE order_id = $1", [.text(order)]) {
        try OrderState(id: id, stored: $0.blob(0)).vector
      }
    }
    // The crew writes without having seen what the hotline wrote meanwhile.
    _ = try console.hotline.perform(
      .describe([.init("location", ["address": "中山路 1 号"])]), on: id, assignment: nil, onBehalfOf: nil,
      author: Author(name: "li", role: "operator"), request: nil)
    try push(console, id, [.set(register: "location", value: JSONText(["address": "中山路 100 号"]))], seen: context)
    return order
  }

  @Test func aContradictionShowsBothSidesAndEitherIsUpheld() async throws {
    try await prepared().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let view = try console.parts.database.read { db in try OrderReading.read(id, limit: 0, db).view }
      let assignment = try #require(view.assignments.first?.id)
      let recalled = "assignment/\(assignment)/recalled"
      let progress = "assignment/\(assignment)/progress"
      // The crew works without having seen that it was recalled.
      _ = try console.hotline.perform(
        .recall(reason: "派错了单位"), on: id, assignment: assignment, onBehalfOf: nil,
        author: Author(name: "li", role: "operator"), request: nil)
      try push(console, id, [.set(register: progress, value: JSONText(.string("working")))], seen: view.state.vector)
      let supervisor = try await console.signedIn(as: .supervisor)
      let page = try await supervisor.get("/conflicts").main
      #expect(page.contains("派错了单位") && page.contains("处置中"), "both values")
      #expect(page.contains("li（热线 · 话务员）") && page.contains("crew（water · 班组）"), "who wrote each")
      #expect(page.ranges(of: "没有看到另一个值").count == 2 && page.ranges(of: "热线收到于").count == 2)
      for path in [recalled, progress] { #expect(page.contains("name=\"register\" value=\"\(path)\"")) }
      #expect(page.ranges(of: "name=\"lift\"").count == 1, "only the recall can be taken back")
      #expect(!(try await console.signedIn(as: .operator).get("/conflicts").main.contains("/uphold")))
      let answer = try await supervisor.post("/conflicts/\(order)/uphold", [("register", progress)])
      #expect(answer.status == 303, "\(answer.main)")
      #expect(
        try console.parts.database.read { db in try OrderReading.read(id, limit: 0, db).view.contradictions } == [])
    }
  }

  /// A change of a crew, as it comes up.
  @discardableResult
  private func push(
    _ console: ConsoleFixture, _ order: OrderID, _ edits: [Edit], seen context: VersionVector?
  ) throws -> Dot {
    let crew = try FakeAuthor("water")
    let entry = crew.entry(order, context: try #require(context), edits)
    let header = PushHeader(replica: crew.replica, cursor: .start, told: .start, health: .fresh)
    let water = try PlatformName("water")
    _ = try console.parts.writer.perform { try PushIngest.take([entry], header: header, from: water, in: $0) }
    return entry.head.dot
  }

  @Test func aVoidChangeIsReinstatedByASupervisor() async throws {
    try await prepared().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "爆管")], to: "water")
      // Closing is the hotline's alone.
      let closing = Edit.set(register: "closed", value: JSONText(["code": "solved"]))
      let dot = try push(console, try OrderID(order), [closing], seen: VersionVector()).description
      let supervisor = try await console.signedIn(as: .supervisor)
      let page = try await supervisor.get("/quarantine").main
      #expect(page.contains(QuarantinePhrase.isVoid.said(in: .zh)))
      #expect(page.contains("action=\"/quarantine/\(dot.inPath)/reinstate\""))
      // Its line can be looked at from both pages, by who may.
      let link = "href=\"/quarantine/\(dot.inPath)\""
      #expect(page.contains(link))
      #expect(try await supervisor.get("/orders/\(order)").main.contains(link))
      let line = try await supervisor.get("/quarantine/\(dot.inPath)").main
      #expect(line.contains(QuarantinePhrase.voidLineTitle.said(in: .zh)) && line.contains("&quot;closed&quot;"))
      #expect(line.contains(VoidWords.said("not-permitted", in: .zh)))
      let viewer = try await console.signedIn(as: .viewer)
      #expect(!(try await viewer.get("/quarantine").main.contains(link)))
      #expect(try await viewer.get("/quarantine/\(dot.inPath)").status == 403)
      let op = try await console.signedIn(as: .operator)
      #expect(try await op.post("/quarantine/\(dot.inPath)/reinstate", [("order", order)]).status == 403)
      #expect(try await supervisor.post("/quarantine/\(dot.inPath)/reinstate", [("order", order)]).status == 303)
      #expect(try await supervisor.get("/quarantine").main.contains(QuarantinePhrase.isReinstated.said(in: .zh)))
      let counts = try await supervisor.get("/quarantine/\(dot.inPath)").main
      #expect(counts.contains(QuarantinePhrase.reinstatedDo.said(in: .zh)) && counts.contains("&quot;closed&quot;"))
      // What never was void is no matter of this page.
      let sound = try console.parts.database.read { db in try OrderReading.read(OrderID(order), limit: 1, db).history }
      #expect(try await supervisor.get("/quarantine/\(try #require(sound.first).dot.description.inPath)").status == 404)
    }
  }

  @Test func whatAnOperatorVoidedStandsInTheListWithWhoAndWhyAndCountsWhileItIsVoid() async throws {
    try await prepared().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let note = Edit.append(kind: "note", value: JSONText(["text": "写错了工单", "visibility": "all"]))
      let seen = try console.parts.database.read { db in try OrderReading.read(id, limit: 0, db).view.state.vector }
      let dot = try push(console, id, [note], seen: seen).description
      let supervisor = try await console.signedIn(as: .supervisor)
      func voided() throws -> Int { try console.parts.database.read { try OverviewReading.voided($0) } }
      #expect(try voided() == 0)
      let void = [("command", "void"), ("dot", dot), ("reason", "张冠李戴")]
      #expect(try await supervisor.post("/orders/\(order)/do", void).status == 303)
      let page = try await supervisor.get("/quarantine").main
      #expect(page.contains("张冠李戴") && page.contains("由supervisor") && page.contains(">备注</td>"))
      #expect(try voided() == 1)
      #expect(try await supervisor.post("/quarantine/\(dot.inPath)/reinstate", [("order", order)]).status == 303)
      #expect(try await supervisor.get("/quarantine").main.contains(QuarantinePhrase.isReinstated.said(in: .zh)))
      #expect(try voided() == 0)
      #expect(try await supervisor.post("/orders/\(order)/do", void).status == 303)
      #expect(try voided() == 1)
    }
  }

  @Test func whatWaitsForALostChangeIsShownAndSettledByASupervisor() async throws {
    try await prepared().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let seen = try console.parts.database.read { db in try OrderReading.read(id, limit: 0, db).view.state.vector }
      // Of two changes the first is on no disk any more.
      let crew = try FakeAuthor("water")
      let missing = crew.entry(id, context: seen, [.set("priority", "normal")]).head.dot
      var given = crew.entry(
        id, context: seen.merged(with: VersionVector([(crew.replica, 1)])), [.set("priority", "urgent")])
      given.head.chain = nil
      given.head.verdict = .accepted
      given.head.receipt = Receipt.issue(
        order: id, dot: given.head.dot, prev: given.head.prev, hash: given.head.hash, verdict: .accepted,
        key: HubWorld.receiptKey)
      let came = given
      let healed = try console.parts.writer.perform { try $0.heal(came) }
      #expect(healed == .taken)
      let action = "/quarantine/lost/\(order)/settle"
      let op = try await console.signedIn(as: .operator)
      let seenByAll = try await op.get("/quarantine").main
      #expect(seenByAll.contains(missing.description) && seenByAll.contains("water depot"))
      #expect(!seenByAll.contains("action=\"\(action)\""))
      #expect(try await op.post(action, []).status == 403)
      let supervisor = try await console.signedIn(as: .supervisor)
      let page = try await supervisor.get("/quarantine").main
      #expect(page.contains("action=\"\(action)\""))
      #expect(page.contains(QuarantinePhrase.lostSettleWhat.said(in: .zh)))
      #expect(try await supervisor.post(action, []).status == 303)
      #expect(try await supervisor.get("/quarantine").main.contains(QuarantinePhrase.lostNone.said(in: .zh)))
      #expect(try console.hotline.document(id)["registers"]?["priority"]?["value"] == "urgent")
      // Whoever comes second is told so.
      #expect(try await supervisor.post(action, []).status == 409)
    }
  }

  @Test func aPersonIsFoundCopiedAndDestroyedByThoseWhoMay() async throws {
    try await prepared().serving { console in
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
    try await prepared().serving { console in
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
    try await prepared().serving { console in
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
    try await prepared().serving { console in
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
