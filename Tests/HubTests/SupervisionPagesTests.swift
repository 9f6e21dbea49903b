// The console's pages of supervision over a real HTTPS socket: what they show, who may press what, and that hostile text is inert.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct SupervisionPagesTests {
  private static let minute = 60_000

  private func supervisor(_ console: ConsoleFixture) -> Supervisor {
    Supervisor(
      database: console.hotline.database, writer: console.hotline.writer, inForce: console.hotline.inForce)
  }

  private func done(_ order: String, _ console: ConsoleFixture) throws {
    for command in [Command.accept, .complete(result: ["outcome": "solved", "work": "换了阀门"], reply: nil)] {
      _ = try console.hotline.perform(
        command, on: try OrderID(order), assignment: nil, onBehalfOf: try PlatformName("water"),
        author: Author(name: "op", role: "operator"), request: nil)
    }
  }

  @Test func theLadderIsShownAndAnOverdueOrderIsUrgedAndDemandedFromThere() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: ["water"])
      let order = try console.order([.init("title", "中山路爆管"), .init("kind", "emergency")], to: "water")
      let browser = try await console.signedIn(as: .supervisor)
      #expect(try await browser.get("/supervision").main.contains(SupervisionPhrase.none.said(in: .zh)))
      console.clock.advance(20 * Self.minute)
      let page = try await browser.get("/supervision?state=overdue").main
      #expect(page.contains("中山路爆管") && page.contains("签收"))
      #expect(page.contains(SupervisionPhrase.offline.said(in: .zh)), "it has no agent in contact")
      #expect(try await browser.get("/supervision?stage=complete").main.contains("中山路爆管") == false)
      #expect(try await browser.post("/supervision/\(order)/urge", []).status == 303)
      let demanded = try await browser.post(
        "/supervision/\(order)/demand", [("to", "water"), ("demand", "立即到场"), ("until", "2026-12-01T10:00")])
      #expect(demanded.status == 303)
      let entries = try console.hotline.document(try OrderID(order)).list("entries")
      #expect(entries.map { $0.text("kind") } == ["urge", "supervise"])
      let operatorsPage = try await console.signedIn(as: .operator).get("/supervision").main
      #expect(operatorsPage.contains("/urge") && !operatorsPage.contains("/demand"))
      let english = try await console.signedIn(as: .viewer, language: .en).get("/supervision").main
      #expect(english.contains("overdue") && !english.contains("/urge"))
      #expect(try await browser.get("/supervision?state=nonsense").status == 400)
    }
  }

  @Test func eachRungOfTheLadderIsAListOfItsOwn() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: ["water"])
      let order = try OrderID(try console.order([.init("title", "中山路爆管"), .init("kind", "emergency")], to: "water"))
      func listed(_ state: DeadlineState) throws -> [String] {
        try console.hotline.deadlines(SupervisionFilter(), state: state, stage: "accept", limit: 10, after: nil)
          .list("deadlines").map { $0.text("order") }
      }
      // Accepting is due after 15 minutes, and urged a minute later.
      console.clock.advance(20 * Self.minute)
      #expect(try listed(.overdue) == [order.text] && listed(.urged) == [] && listed(.supervised) == [])
      _ = try supervisor(console).pass(mayAct: true)
      #expect(try listed(.overdue) == [order.text] && listed(.urged) == [order.text] && listed(.supervised) == [])
      console.clock.advance(60 * Self.minute)
      _ = try supervisor(console).pass(mayAct: true)
      #expect(try listed(.overdue) == [order.text] && listed(.urged) == [] && listed(.supervised) == [order.text])
      let browser = try await console.signedIn(as: .viewer)
      let page = try await browser.get("/supervision?state=supervised").main
      #expect(page.contains("中山路爆管") && page.contains("href=\"/supervision?state=urged\""))
      #expect(page.contains("<option value=\"supervised\" selected>"))
      #expect(!(try await browser.get("/supervision?state=urged&stage=accept").main.contains("中山路爆管")))
    }
  }

  @Test func thePolicyIsShownAndReadAgainByAnAdministratorOnly() async throws {
    try await ConsoleFixture().serving { console in
      let page = try await console.signedIn(as: .viewer, language: .en).get("/supervision/policy").main
      #expect(page.contains("Asia/Shanghai") && page.contains("15 minutes") && page.contains("emergency"))
      #expect(!page.contains("/supervision/policy/reload"))
      #expect(try await console.signedIn(as: .supervisor).post("/supervision/policy/reload", []).status == 403)
      #expect(try await console.signedIn(as: .administrator).post("/supervision/policy/reload", []).status == 400)
    }
  }

  @Test func aCitizenIsCalledBackFromTheQueueAndTheOrderClosed() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: ["water"])
      let order = try console.order(
        [.init("title", "漏水"), .init("kind", "repair"), .init("caller", ["phone": "13800001234"])], to: "water")
      let browser = try await console.signedIn(as: .operator)
      #expect(try await browser.get("/callbacks").main.contains(CallBackPhrase.none.said(in: .zh)))
      try done(order, console)
      // A page that is the same for many is made anew once a second.
      console.clock.advance(2_000)
      #expect(try await browser.get("/callbacks").main.contains("漏水"))
      let sheet = try await browser.get("/callbacks/\(order)").main
      #expect(sheet.contains("换了阀门") && sheet.contains("138****1234") && !sheet.contains("13800001234"))
      // Nobody answered; it comes again later.
      #expect(try await browser.post("/callbacks/\(order)", [("reached", "no"), ("channel", "phone")]).status == 303)
      let queue = try console.hotline.callBacks(SupervisionFilter(), limit: 10, after: nil).list("callbacks")
      #expect(queue.map { $0["attempts"] } == [1] && queue[0]["ready"] == false)
      // Whoever was reached must have been asked.
      let refused = try await browser.post("/callbacks/\(order)", [("reached", "yes"), ("reason", "太慢")])
      #expect(refused.status == 422 && refused.main.contains("太慢"))
      let closed = try await browser.post(
        "/callbacks/\(order)",
        [
          ("reached", "yes"), ("solved", "yes"), ("result", "5"), ("service", "4"), ("channel", "phone"), ("by", "hub"),
          ("then", "close"),
        ])
      #expect(closed.status == 303)
      let document = try console.hotline.document(try OrderID(order))
      #expect(document["status"] == "closed")
      #expect(document["registers"]?["verdict"]?["value"] == ["solved": true, "satisfied": true])
      #expect(try await browser.get("/callbacks").main.contains(CallBackPhrase.none.said(in: .zh)))
    }
  }

  @Test(
    arguments: [
      ("yes", "solved"), ("partly", "partly"), ("no", "unsolvedExplained"), (nil, "special"),
    ] as [(String?, String)])
  func theSheetClosesByWhatTheCitizenSaid(answer: String?, code: String) async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "漏水"), .init("kind", "repair")], to: "water")
      let browser = try await console.signedIn(as: .operator)
      try done(order, console)
      var fields = [("reached", answer == nil ? "no" : "yes"), ("then", "close"), ("reason", "等管网改造")]
      if let answer { fields.append(("solved", answer)) }
      #expect(try await browser.post("/callbacks/\(order)", fields).status == 303)
      let closed = try console.hotline.document(try OrderID(order))["registers"]?["closed"]?["value"]
      #expect(closed == ["code": .string(code), "note": "等管网改造"])
    }
  }

  @Test(
    arguments: [
      ([("reached", "no"), ("solved", "no")], CallBackPhrase.answeredUnreached),
      ([("reached", "no"), ("service", "2")], .answeredUnreached),
      ([("reached", "no"), ("then", "rework")], .reworkUnasked),
      ([("reached", "yes"), ("solved", "yes"), ("then", "rework")], .reworkUnasked),
      ([("reached", "yes"), ("solved", "no"), ("then", "close")], .explainUnsolved),
      ([("reached", "yes"), ("then", "close")], .solvedMissing),
    ] as [([(String, String)], CallBackPhrase)])
  func whatCannotBeTrueTogetherIsRefusedBeforeAnythingIsWritten(
    fields: [(String, String)], phrase: CallBackPhrase
  ) async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "漏水"), .init("kind", "repair")], to: "water")
      let browser = try await console.signedIn(as: .operator)
      try done(order, console)
      let refused = try await browser.post("/callbacks/\(order)", fields)
      #expect(refused.status == 422 && refused.main.contains(phrase.said(in: .zh)))
      let document = try console.hotline.document(try OrderID(order))
      #expect(document["status"] == "repaired" && document.list("entries").allSatisfy { $0["kind"] != "callback" })
    }
  }

  @Test func aCallBackThatIsRecordedSaysSoWhereTheOrderCannotBeClosedAnyMore() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "漏水"), .init("kind", "repair")], to: "water")
      let browser = try await console.signedIn(as: .operator)
      try done(order, console)
      // A colleague closed it while the citizen was on the line.
      _ = try console.hotline.perform(
        .close(code: "special", note: nil), on: try OrderID(order), assignment: nil, onBehalfOf: nil,
        author: Author(name: "li", role: "operator"), request: nil)
      let fields = [("reached", "yes"), ("solved", "yes"), ("then", "close"), ("request", "sheet-1")]
      for _ in 0..<2 {
        let answer = try await browser.post("/callbacks/\(order)", fields)
        #expect(answer.status == 409)
        #expect(answer.main.contains("回访已经记录，不必再记一次") && answer.main.contains("工单已办结"))
        #expect(!answer.main.contains("action=\"/callbacks/"), "nothing is offered that would record it again")
      }
      let document = try console.hotline.document(try OrderID(order))
      #expect(document.list("entries").count { $0["kind"] == "callback" } == 1)
      #expect(document["registers"]?["closed"]?["value"]?["code"] == "special")
    }
  }

  @Test func theSheetSaysOfEarlierCallBacksWhoRangWhatWasSaidAndInWhichRound() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "漏水"), .init("kind", "repair")], to: "water")
      func perform(_ command: Command) throws {
        _ = try console.hotline.perform(
          command, on: try OrderID(order), assignment: nil, onBehalfOf: nil,
          author: Author(name: "li<b>", role: "operator"), request: nil)
      }
      try done(order, console)
      for attempt in 1...5 {
        try perform(.callBack(["reached": false, "reason": .string("第 \(attempt) 次")], verdict: nil))
      }
      let browser = try await console.signedIn(as: .operator, language: .en)
      let five = try await browser.get("/callbacks/\(order)").main
      #expect(five.contains("第 1 次") && !five.contains("Earlier call-backs"))
      try perform(
        .callBack(["reached": true, "solved": "partly", "result": 2, "service": 4, "reason": "还在滴水"], verdict: nil))
      try perform(.rework(platform: nil, instruction: nil))
      try done(order, console)
      let sheet = try await browser.get("/callbacks/\(order)").main
      #expect(!sheet.contains("第 1 次") && sheet.contains("the last 5 of 6"))
      let last = try #require(sheet.components(separatedBy: "<dd>").first { $0.contains("还在滴水") })
      for part in [
        "reached", "round 1", "li&lt;b&gt; (operator)", "partly", "satisfied with the result: <bdi>2</bdi>",
        "satisfied with the service: <bdi>4</bdi>",
      ] {
        #expect(last.contains(part), "\(part)")
      }
      try perform(.callBack(["reached": false, "reason": "占线"], verdict: nil))
      let again = try await browser.get("/callbacks/\(order)").main
      #expect(try #require(again.components(separatedBy: "<dd>").first { $0.contains("占线") }).contains("round 2"))
    }
  }

  @Test func indicatorsAreATableAPictureAndAFileWithTheirDefinitions() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "=cmd()", sectors: ["water"])
      for index in 0..<3 {
        let order = try console.order(
          [
            .init("title", "漏水"), .init("kind", "repair"), .init("location", ["district": "<script>alert(1)</script>"]),
          ],
          to: "water")
        if index > 0 { try done(order, console) }
      }
      let browser = try await console.signedIn(as: .viewer)
      let page = try await browser.get("/indicators").main
      #expect(page.contains("办结率") && page.contains("<svg") && page.contains("=cmd()"))
      for indicator in Indicator.all { #expect(page.contains(indicator.formulaChinese.prefix(4)), "\(indicator.id)") }
      // Nor is there a column without one.
      for formula in [IndicatorPhrase.overdueFormula, .availabilityFormula, .lagFormula] {
        #expect(page.contains(formula.said(in: .zh)), "\(formula)")
      }
      for heading in page.matches(of: /<th scope="col" class="number">\s*<a href="#([^"]+)"/) {
        #expect(page.contains("id=\"\(heading.output.1)\""))
      }
      let districts = try await browser.get("/indicators?by=district&show=received").main
      #expect(!districts.contains("<script>alert") && districts.contains("&lt;script&gt;alert"))
      for by in ["none", "day", "month", "sector"] {
        #expect(try await browser.get("/indicators?by=\(by)").status == 200)
      }
      #expect(try await browser.get("/indicators?from=2020-01-01&by=day").status == 400)
      let file = try await browser.post("/indicators/export", [("by", "platform")])
      #expect(file.status == 200)
      #expect(file.body.contains("\"'=cmd()\",3,"), "a formula is a text")
      let lines = file.body.split(whereSeparator: \.isNewline)
      for phrase in [IndicatorPhrase.overdueNow, .availability, .lag] {
        #expect(lines.first?.contains(phrase.said(in: .zh)) == true, "\(phrase) has its column")
      }
      #expect(Set(lines.map { $0.filter { $0 == "," }.count }).count == 1, "every row has every column: \(lines)")
      let english = try await console.signedIn(as: .viewer, language: .en).get("/indicators").main
      #expect(english.contains("closed ÷ due to be closed"))
    }
  }

  @Test func aPlatformThatWasNeverThereHasItsRowAndEveryColumnItsPicture() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: ["water"])
      _ = try console.hotline.addPlatform(name: "gas", displayName: "燃气集团", sectors: ["gas", "heat"])
      let browser = try await console.signedIn(as: .viewer)
      // The agents of a page's platform as the page shows them, without the filter's own list of platforms.
      func rows(_ query: String) async throws -> String {
        let page = try await browser.get("/indicators\(query)").main
        return page.components(separatedBy: "id=\"indicator-rows\"").last ?? ""
      }
      #expect(try await browser.get("/indicators").main.contains(IndicatorPhrase.none.said(in: .zh)))
      try console.enrol("gas", "depot")
      _ = try console.order([.init("title", "漏水"), .init("kind", "repair"), .init("sector", "water")], to: "water")
      console.clock.advance(10 * Self.minute)
      let all = try await rows("")
      #expect(all.contains("自来水集团") && all.contains("燃气集团") && all.contains("0.0 %"))
      #expect(try await rows("?sector=heat").contains("燃气集团"))
      #expect(!(try await rows("?sector=water").contains("燃气集团")))
      #expect(!(try await rows("?platform=water").contains("燃气集团")))
      let file = try await browser.post("/indicators/export", [("by", "platform")]).body
      #expect(file.split(whereSeparator: \.isNewline).contains { $0.contains("燃气集团") && $0.hasSuffix(",0,0.0,0") })
      for (id, phrase) in [
        ("overdueNow", IndicatorPhrase.overdueNow), ("availability", .availability), ("lag", .lag),
      ] {
        let page = try await browser.get("/indicators?show=\(id)").main
        #expect(page.contains("<option value=\"\(id)\" selected>"))
        #expect(page.contains("aria-label=\"\(phrase.said(in: .zh))："), "\(id)")
      }
      // By the day there is no such column, and so no picture of it.
      let byDay = try await browser.get("/indicators?by=day&show=lag")
      #expect(byDay.status == 200 && !byDay.main.contains("<option value=\"lag\""))
    }
  }

  @Test func whatIsOverdueHasItsRowThoughItWasTakenBeforeThePeriod() throws {
    let world = try HubWorld()
    _ = try world.dispatched(to: "water", registers: [.init("title", "burst"), .init("kind", "emergency")])
    world.clock.advance(7 * 24 * 60 * Self.minute)
    _ = try Supervisor(
      database: world.parts.database, writer: world.parts.writer, inForce: world.hotline.inForce
    ).pass(mayAct: false)
    let today = world.hotline.today
    let answer = try world.hotline.indicators(IndicatorQuery(from: today, to: today, grouping: .platform))
    #expect(answer.list("rows").map { $0["group"] } == ["water"])
    #expect(answer["overdue"]?["groups"] == ["water": 1])
  }

  @Test func theLoopEndsWithTheClosedOrdersAndTheyAreNotAmongTheOpen() async throws {
    try await ConsoleFixture().serving { console in
      for (title, code) in [("a", "answered"), ("b", "invalid"), ("c", nil)] as [(String, String?)] {
        let order = try OrderID(try console.order([.init("title", .string(title))]))
        guard let code else { continue }
        _ = try console.hotline.perform(
          .close(code: code, note: nil), on: order, assignment: nil, onBehalfOf: nil,
          author: Author(name: "op", role: "operator"), request: nil)
      }
      let page = try await console.signedIn(as: .viewer, language: .en).get("/").main
      let loop = try #require(
        page.components(separatedBy: "<ol class=\"loop\">").last?.components(separatedBy: "</ol>").first)
      let stages = loop.matches(of: /href="\/orders\?status=([a-zA-Z]+)">\s*<span class="figure">(\d+)<\/span>/).map {
        "\($0.output.1) \($0.output.2)"
      }
      #expect(
        stages == [
          "received 1", "dispatched 0", "accepted 0", "inProgress 0", "repaired 0", "calledBack 0", "closed 2",
        ])
      #expect(page.contains("<small>open 1</small>"))
    }
  }

  @Test func theOverviewSaysWhatIsOverdueAndTodaysFigures() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: ["water"])
      _ = try console.order([.init("title", "漏水"), .init("kind", "emergency")], to: "water")
      console.clock.advance(20 * Self.minute)
      _ = try supervisor(console).pass(mayAct: true)
      // The figure of the card that leads there, for somebody who comes to look.
      func card(_ address: String) async throws -> Int? {
        let page = try await console.signedIn(as: .viewer, language: .en).get("/").main
        #expect(page.contains("Completion"))
        let rest = page.components(separatedBy: "href=\"\(address)\" data-row><span class=\"figure\">").dropFirst()
          .first
        return rest.flatMap { Int($0.prefix(while: \.isNumber)) }
      }
      // It is late to be accepted: a deadline, and not yet the order.
      #expect(try await card("/orders?overdue=true") == 0)
      #expect(try await card("/supervision?state=overdue") == 1)
      // Then everything about it is late, and it is one order.
      console.clock.advance(7 * 24 * 60 * Self.minute)
      _ = try supervisor(console).pass(mayAct: true)
      #expect(try await card("/orders?overdue=true") == 1)
      let deadlines = try #require(try await card("/supervision?state=overdue"))
      #expect(deadlines > 2)
    }
  }
}
