// A Chinese page has no word of another language but what people and programs wrote: every page is read with data that is told apart.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleChineseTests {
  /// Names in the data all begin so, and no word does.
  private static let mark = "zq"
  /// Names of things that are called so in Chinese too, what is typed at a command line, and the switch to the other language.
  private static let allowed: Set<String> = [
    "API", "CSV", "NTP", "WGS", "GCJ", "CGCS", "Tab", "English", "Open", "HTTP", "lianxin", "hub", "doctor", "restore",
    "FILE", "check", "water", "drainage", "Asia", "Shanghai", "SHA", "wgs",
    "lost", "list",
    // Authors of the other tests' tools.
    "crew", "op",
  ]

  /// What a person reads of a page: its text, and the attributes that are read out or shown; without what is marked as a machine's.
  private func words(_ page: WebAnswer) -> Set<String> {
    let html = page.body.replacing(/(?s)<(pre|kbd|code|script|style)\b.*?<\/\1>/, with: " ")
      .replacing(/<[a-z]+ [^>]*class="(mono|secret|[^"]* mono)"[^>]*>[^<]*/, with: " ")
    let read = html.matches(of: /(?:title|aria-label|placeholder|alt|data-label|data-word|data-stale)="([^"]*)"/).map {
      String($0.output.1)
    }
    let text = ([html.replacing(/<[^>]*>/, with: " ")] + read).joined(separator: " ")
      .replacing(/&[a-z#0-9]+;/, with: " ").replacing(/[a-z0-9-]+\.[a-z2-7]{16}(:\d+)?/, with: " ")
      .replacing(/\ba[a-z2-7]{12}\b/, with: " ").replacing(
        /[a-z0-9]+-[0-9a-f]{8}-[0-9a-f-]{27}|[a-z0-9]+…[0-9a-f]{8}/, with: " ")
    return Set(text.matches(of: /[A-Za-z]{2,}/).map { String($0.output) })
  }

  /// - Parameter data: what programs wrote and nobody could tell apart.
  private func expectChinese(_ page: WebAnswer, _ place: String, data: [String] = []) {
    let page = WebAnswer(
      status: page.status, headers: page.headers, body: data.reduce(page.body) { $0.replacing($1, with: " ") })
    let foreign = words(page).filter { !$0.lowercased().hasPrefix(Self.mark) && !Self.allowed.contains($0) }
    #expect(foreign.isEmpty, "\(place): \(foreign.sorted().joined(separator: " "))")
    #expect(page.status < 500, "\(place)")
  }

  private static let registers: [JSON.Member] = [
    .init("title", "中山路爆管"), .init("description", "水很大"), .init("kind", "repair"), .init("sector", "water"),
    .init("priority", "urgent"), .init("caller", ["name": "张三", "phone": "13812341234", "anonymous": false]),
    .init("location", ["address": "滨海路 8 号", "lat": .number("39.10"), "lon": .number("117.20"), "crs": "wgs84"]),
    .init("location/private", ["flat": "3 门 201", "entry": "1234"]), .init("confidential", false),
    .init("ref/zqerp", ["number": "7"]), .init("category", ["scheme": "zqs", "code": "17"]),
  ]

  private func perform(_ console: ConsoleFixture, _ order: String, _ commands: Command..., by platform: String? = nil)
    throws
  {
    for command in commands {
      _ = try console.hotline.perform(
        command, on: try OrderID(order), assignment: nil, onBehalfOf: try platform.map { try PlatformName($0) },
        author: Author(name: "王", role: "operator"), request: nil)
    }
  }

  /// An order with everything that an order can have; its id.
  private func order(_ console: ConsoleFixture) throws -> String {
    let order = try console.order(Self.registers, to: "zqw")
    let id = try OrderID(order)
    let crew = try FakeAuthor("zqw")
    let seen = try console.view(order).state.vector
    let assignment = try #require(try console.view(order).assignments.first?.id)
    try perform(
      console, order, .accept, .plan(field: "eta", value: 1_764_000_900_000), .plan(field: "unit", value: "一队"),
      .contact(["said": "在家"], number: "13812341234"),
      .request(type: "suspension", code: nil, reason: "等料", until: 1_764_009_000_000, suggestedSector: nil),
      .request(type: "extension", code: nil, reason: "等料", until: 1_764_009_000_000, suggestedSector: nil),
      .progress(step: "onSite"), by: "zqw")
    try perform(
      console, order, .amend([.init("location", ["address": "滨海路 9 号"])]), .urge(text: "快"),
      .supervise(to: "zqw", demand: "书面说明", until: 1_764_009_000_000), .note(text: "市民又来电", visibility: "own"))
    // A crew that has seen none of that: a conflict, a contradiction, and what may not be written.
    let prefix = "assignment/\(assignment)"
    try console.push(
      [
        crew.entry(id, context: seen, [.set("location", ["address": "滨海路 10 号"])]),
        crew.entry(
          id, context: seen,
          [.set(prefix + "/result", ["outcome": "solved", "work": "换管", "finishedAt": 1_764_000_000_000])]),
        crew.entry(id, context: seen, [.set("title", "别的标题")]),
        crew.entry(id, context: seen, [.set("priority", "zqsoon")]),
        crew.entry(id, context: seen, [.append(kind: "urge", value: JSONText(["text": "x"]))]),
        crew.entry(id, context: seen, [.set("zqcolour", "zqred")]),
      ], from: crew)
    let request = try #require(
      try console.view(order).openRequests.first { $0.request.type == "suspension" }?.request.id)
    try perform(console, order, .answer(request: request, granted: true, until: nil, note: "同意"))
    let voided = try #require(try console.view(order).state.shown(prefix + "/progress")?.dot)
    try perform(console, order, .void(dot: voided.description, reason: "记错了"), .recall(reason: "派错了"))
    try console.push([crew.entry(id, context: seen, [.set(prefix + "/progress", "done")])], from: crew)
    try perform(console, order, .dispatch(platform: "zqg", role: nil, instruction: "看看", cause: nil))
    return order
  }

  /// One that waits for its call-back.
  private func done(_ console: ConsoleFixture) throws -> String {
    let order = try console.order(Self.registers, to: "zqw")
    try perform(
      console, order, .accept, .complete(result: ["outcome": "partly", "work": "换管"], reply: ["citizen": "修好了"]),
      by: "zqw")
    try perform(console, order, .callBack(["by": "hub", "channel": "phone", "reached": false], verdict: nil))
    return order
  }

  private func prepare(_ console: ConsoleFixture) async throws {
    for (name, title) in [("zqw", "自来水集团"), ("zqg", "燃气集团"), ("zqn", "新平台")] {
      _ = try console.hotline.addPlatform(name: name, displayName: title, sectors: ["water"])
    }
    try console.enrol("zqw", "zqdepot")
    try console.heard("zqw", "zqdepot", outbox: 2, oldest: 1, quarantined: 1, skew: 90_000, version: "1.0")
    try console.enrol("zqg", "zqold")
    for call in Contacts.Call.allCases {
      console.parts.contacts.refused(
        call, of: .init(platform: try PlatformName("zqw"), agent: "zqdepot"), .updateNeeded, now: console.clock.now)
    }
    _ = try console.hotline.resync(platform: "zqw", agent: nil, isFull: true, isDryRun: true)
    let water = try PlatformName("zqw")
    for (n, reason) in [(1, "not-found"), (2, "limit: authors of one order")] {
      _ = try console.parts.writer.perform { transaction in
        try transaction.db.execute(
          """
          INSERT INTO quarantine (platform, replica, n, order_id, at, reason, hash, line)
          VALUES ('zqw', $1, $2, 'hub-0', 1, $3, $4, $5)
          """,
          [
            .text(ReplicaID(platform: water, random: [UInt8](repeating: 3, count: 10)).text), .integer(n),
            .text(reason),
            .blob(Hash.zero.bytes), .blob(Array("{}".utf8)),
          ])
      }
    }
    _ = try await console.hotline.accounts.add(
      name: "zqchief", displayName: "赵", role: .administrator, isProgram: false, password: ConsoleFixture.password,
      by: .socket)
  }

  @Test func everyPageIsInChinese() async throws {
    try await ConsoleFixture().serving { console in
      try await prepare(console)
      let order = try order(console)
      let waiting = try done(console)
      console.clock.advance(3 * 86_400_000)
      let browser = try console.browser()
      expectChinese(try await browser.get("/sign-in"), "sign-in")
      #expect(try await browser.signIn("zqchief", ConsoleFixture.password).status == 303)
      let dot = ReplicaID(platform: try PlatformName("zqw"), random: [UInt8](repeating: 3, count: 10)).text + ":1"
      // What is audited with details.
      _ = try await browser.post("/orders/export", [("kind", "repair"), ("open", "all"), ("from", "1764000000000")])
      _ = try await browser.post("/users", [("name", "zqli"), ("displayName", "李"), ("role", "operator")])
      _ = try await browser.post("/users/zqli/role", [("role", "viewer")])
      _ = try await browser.post("/platforms/zqw/resync", [("full", "1")])
      _ = try await browser.post("/platforms/zqw/token", [("hours", "2"), ("agent", "zqnew")])
      expectChinese(try await browser.get("/health"), "health, never examined")
      _ = try await browser.post("/health", [])
      expectChinese(try await browser.get("/health"), "health, about to be examined")
      console.hotline.examineIfWanted()
      let tokens = try console.hotline.tokens().list("tokens").map { $0.text("id") }
      expectChinese(try await browser.post("/orders/phone", [("phone", "13812341234")]), "phone")
      for path in [
        "/", "/orders", "/orders?view=board", "/orders?view=map", "/orders/new", "/orders/\(order)",
        "/orders/\(order)/history", "/orders/\(order)/print", "/orders/\(waiting)", "/requests", "/conflicts",
        "/quarantine", "/quarantine/\(dot.inPath)", "/platforms", "/platforms/zqw", "/platforms/zqg", "/platforms/zqn",
        "/agents/zqw/zqdepot", "/supervision?state=all", "/supervision", "/supervision/policy", "/callbacks",
        "/callbacks/\(waiting)", "/indicators", "/indicators?by=sector", "/privacy", "/health", "/audit", "/users",
        "/users/zqli",
        "/password",
      ] {
        let page = try await browser.get(path)
        #expect(page.status == 200, "\(path)")
        expectChinese(page, path, data: tokens)
      }
      expectChinese(try await browser.post("/orders/\(order)/reveal", []), "reveal")
      expectChinese(
        try await browser.post("/orders/bulk", [("command", "dispatch"), ("order", order), ("order", waiting)]), "bulk")
      // The last, for it destroys.
      let phone = ("phone", "13812341234")
      expectChinese(try await browser.post("/privacy/find", [phone]), "a person")
      expectChinese(try await browser.post("/privacy/purge", [phone, ("reason", "本人申请")]), "destroyed")
      expectChinese(try await browser.post("/privacy/find", [phone]), "nobody")
      expectChinese(try await browser.get("/privacy"), "destructions")
    }
  }

  @Test func everyRefusalIsInChinese() async throws {
    try await ConsoleFixture().serving { console in
      try await prepare(console)
      let order = try order(console)
      let browser = try console.browser()
      #expect(try await browser.signIn("zqchief", ConsoleFixture.password).status == 303)
      let act = "/orders/\(order)/do"
      let refusals: [(String, [(String, String)])] = [
        (act, [("command", "zqx")]), (act, [("command", "close"), ("code", "solved")]), (act, [("command", "recall")]),
        (act, [("command", "cancel")]), (act, [("command", "describe")]),
        (act, [("command", "describe"), ("location.v.lat", "zqnorth")]),
        (act, [("command", "describe"), ("kind.v.value", "zqkind")]),
        (act, [("command", "describe"), ("title.v.value", String(repeating: "长", count: 400))]),
        (act, [("command", "dispatch"), ("to", "zqnone")]), (act, [("command", "supervise"), ("to", "zqw")]),
        (act, [("command", "supervise"), ("to", "zqw"), ("demand", "快"), ("until", "zqsoon")]),
        (act, [("command", "answer"), ("requestId", "zqr"), ("granted", "true")]),
        (act, [("command", "settle"), ("register", "title"), ("choice", "keep")]),
        (act, [("command", "settle"), ("register", "zqcolour"), ("choice", "keep")]),
        (act, [("command", "settle"), ("register", "location"), ("choice", "zq.zq:1")]),
        (act, [("command", "void"), ("dot", "zqdot"), ("reason", "错")]),
        (act, [("command", "reinstate"), ("dot", "zqdot")]),
        (act, [("command", "behalf"), ("platform", "zqn"), ("step", "accept")]),
        (act, [("command", "behalf"), ("platform", "zqg"), ("step", "zq")]),
        ("/orders/zqnone/do", [("command", "urge")]), ("/orders/phone", [("phone", "zq")]),
        ("/privacy/find", [("phone", "zq")]), ("/privacy/find", []), ("/privacy/export", [("phone", "zq")]),
        ("/privacy/purge", [("phone", "13812341234")]),
        ("/privacy/purge", [("phone", "13812341234"), ("reason", "13812341234 销毁")]),
        ("/quarantine/lost/\(order)/settle", []), ("/quarantine/lost/zqnone/settle", []),
        ("/orders/bulk", [("command", "zq"), ("order", order)]), ("/platforms", [("name", "zqw")]),
        ("/platforms", [("name", "Zq")]), ("/platforms/zqnone/resync", []), ("/platforms/zqn/resync", []),
        ("/platforms/zqw/token", [("hours", "900")]), ("/agents/zqw/zqnone/revoke", [("reason", "x")]),
        ("/agents/zqw/zqdepot/settle-clone", []),
        ("/conflicts/\(order)/choose", [("register", "title"), ("dot", "zq")]),
        ("/conflicts/\(order)/write", [("register", "location")]), ("/supervision/policy/reload", []),
        ("/users", [("name", "zqchief"), ("role", "viewer")]), ("/users", [("name", "zq!"), ("role", "viewer")]),
        ("/users/zqchief/role", [("role", "viewer")]), ("/users/zqnone/role", [("role", "viewer")]),
        ("/users/zqchief/tokens", [("label", "zq"), ("role", "viewer"), ("days", "9999")]),
      ]
      for (path, fields) in refusals {
        let page = try await browser.post(path, fields)
        #expect((400..<500).contains(page.status), "\(path) \(fields): \(page.status)")
        expectChinese(page, "\(path) \(fields)")
      }
      for path in [
        "/zqnothing", "/orders?status=zq", "/orders?from=zq", "/orders?zq=1", "/orders/zqnone", "/platforms/zqnone",
        "/agents/zqw/zqnone", "/supervision?state=zq", "/supervision?stage=zq", "/indicators?from=zq",
        "/indicators?from=2026-01-02&to=2026-01-01", "/quarantine/zq", "/callbacks/zqnone", "/users/zqnone",
        "/audit?action=zq", "/orders/\(order)/history?end=zq", "/orders?after=zq",
      ] {
        let page = try await browser.get(path)
        #expect((400..<500).contains(page.status), "\(path): \(page.status)")
        expectChinese(page, path)
      }
    }
  }
}
