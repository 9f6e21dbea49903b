// The page of one order over HTTPS: steps by form, recording for a platform that is offline, settling, reinstating, and that nothing that
// anybody wrote does anything in a browser.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct OrderPageTests {
  @Test func everyStepFromDispatchToClosingIsAFormOfThePage() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")])
      let browser = try await console.signedIn(as: .supervisor)
      func act(_ fields: [(String, String)]) async throws {
        let answer = try await browser.post("/orders/\(order)/do", fields)
        #expect(answer.status == 303, "\(fields): \(answer.main)")
      }
      let first = try await browser.get("/orders/\(order)")
      #expect(first.main.contains("还没有派给任何平台") && first.main.contains("没有有效的派单"))
      try await act([("command", "dispatch"), ("to", "water"), ("instruction", "关阀")])
      try await act([("command", "urge"), ("text", "快")])
      let behalf = [("command", "behalf"), ("platform", "water")]
      let assignment = try #require(try console.view(order).assignments.first?.id)
      try await act(behalf + [("assignment", assignment), ("step", "accept")])
      try await act(behalf + [("assignment", assignment), ("step", "progress:onSite")])
      try await act(
        behalf + [("assignment", assignment), ("step", "complete"), ("outcome", "solved"), ("work", "换了一段管")])
      try await act([("command", "call-back"), ("reached", "true"), ("solved", "yes"), ("result", "5")])
      let before = try await browser.get("/orders/\(order)")
      #expect(before.main.contains("已回访") && before.main.contains("代 water 登记") && before.main.contains("换了一段管"))
      try await act([("command", "close"), ("code", "solved"), ("note", "好")])
      #expect(try console.view(order).status(now: console.clock.now) == .closed)
      let after = try await browser.get("/orders/\(order)")
      #expect(after.main.contains("热线已办结：已解决"))
      #expect(after.main.contains("现在不能派单：工单已办结") || after.main.contains("工单已办结"))
      try await act([("command", "rework"), ("instruction", "又漏了")])
      #expect(try console.view(order).round == 2)
      let changes = try await browser.get("/orders/\(order)/history")
      #expect(changes.main.ranges(of: "id=\"change-").count == 9)
    }
  }

  @Test func aStepThatIsNotAllowedIsRefusedInWordsAndNothingIsLost() async throws {
    try await ConsoleFixture().serving { console in
      let order = try console.order([.init("title", "爆管")])
      let browser = try await console.signedIn(as: .operator)
      let early = try await browser.post("/orders/\(order)/do", [("command", "close"), ("code", "solved")])
      #expect(early.status == 409)
      // Settling and cancelling begin with the supervisor.
      #expect(try await browser.post("/orders/\(order)/do", [("command", "cancel"), ("reason", "x")]).status == 403)
      let page = try await browser.get("/orders/\(order)")
      #expect(page.main.contains("这一步从角色“督办员”起可以做"))
      for fields in [[("command", "explode")], [("command", "recall")], [("command", "describe")], []] {
        #expect(try await browser.post("/orders/\(order)/do", fields).status == 400, "\(fields)")
      }
      #expect(try await browser.post("/orders/hub-nothing/do", [("command", "urge")]).status == 404)
      #expect(try await browser.get("/orders/nothing").status == 404)
      #expect(try console.view(order).status(now: 0) == .received)
    }
  }

  @Test func anOrderIsFoundByItsNumberToo() async throws {
    try await ConsoleFixture().serving { console in
      let order = try console.order([.init("title", "爆管")])
      let number = try #require(try console.view(order).number)
      let browser = try await console.signedIn(as: .viewer)
      #expect(try await browser.get("/orders/\(number)").main.contains(order))
    }
  }

  @Test func aConflictIsShownWithBothValuesAndSettledByChoosing() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.orderInConflict()
      let browser = try await console.signedIn(as: .supervisor)
      let page = try await browser.get("/orders/\(order)")
      #expect(page.main.contains("hub street 1") && page.main.contains("crew street 2"))
      #expect(page.main.contains("都没有看到对方") && page.main.contains("以最后写入为准"))
      #expect(page.main.ranges(of: "没有看到另一个值").count == 2, "what each author had seen")
      #expect(page.main.ranges(of: "热线收到于").count == 2, "when the hub had each value")
      let crewDot = try #require(
        try console.view(order).state.siblings("location").first { !$0.dot.replica.isHub }?.dot.description)
      let settle = [("command", "settle"), ("register", "location")]
      let answer = try await browser.post("/orders/\(order)/do", settle + [("choice", crewDot)])
      #expect(answer.status == 303 && answer["Location"]?.contains("done=step.decided") == true)
      #expect(try console.view(order).state.conflicts.isEmpty)
      #expect(try console.view(order).state.value("location")?["address"] == "crew street 2")
      // Once settled, the same form says so.
      #expect(try await browser.post("/orders/\(order)/do", settle + [("choice", crewDot)]).status == 409)
    }
  }

  @Test func aConflictIsSettledByANewValueToo() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.orderInConflict()
      let browser = try await console.signedIn(as: .supervisor)
      let settle = [("command", "settle"), ("register", "location"), ("choice", "new")]
      #expect(try await browser.post("/orders/\(order)/do", settle).status == 400)
      let fields = settle + [("v.address", "right street 3"), ("v.lat", "39.5"), ("v.crs", "wgs84")]
      #expect(try await browser.post("/orders/\(order)/do", fields).status == 303)
      let location = try console.view(order).state.value("location")
      #expect(location?["address"] == "right street 3" && location?["lat"] == .number("39.5"))
      #expect(try console.view(order).state.conflicts.isEmpty)
      let operatorBrowser = try await console.signedIn(as: .operator)
      let again = try console.orderInConflict(run: 9)
      let page = try await operatorBrowser.get("/orders/\(again)")
      #expect(page.main.contains("crew street 2") && !page.main.contains("name=\"choice\""))
    }
  }

  @Test func whatCameAfterThePageWasOpenedIsNotOverruledUnread() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "burst pipe")], to: "water")
      let id = try OrderID(order)
      let dispatched = try console.view(order).state.vector
      func write(_ address: String, crew: UInt8) throws {
        let crew = try FakeAuthor("water", seed: crew)
        let edit = Edit.set("location", ["address": .string(address)])
        try console.push([crew.entry(id, context: dispatched, [edit])], from: crew)
      }
      try write("first street 1", crew: 1)
      try write("second street 2", crew: 2)
      let dot = try #require(try console.view(order).state.siblings("location").first?.dot.description)
      let browser = try await console.signedIn(as: .supervisor)
      func field(on page: String) async throws -> (String, String) {
        // A page that is the same for many is made anew once a second.
        console.clock.advance(2_000)
        let main = try await browser.get(page).main
        return ("seen", try #require(main.firstMatch(of: /name="seen" value="([^"]+)"/)).output.1.description)
      }
      let register = ("register", "location")
      let onOrder = [("command", "settle"), register]
      let forms: [(page: String, path: String, fields: [(String, String)])] = [
        ("/orders/\(order)", "/orders/\(order)/do", onOrder + [("choice", "keep")]),
        ("/orders/\(order)", "/orders/\(order)/do", onOrder + [("choice", dot)]),
        ("/orders/\(order)", "/orders/\(order)/do", onOrder + [("choice", "new"), ("v.address", "right street 3")]),
        ("/conflicts", "/conflicts/\(order)/choose", [register, ("dot", dot)]),
        ("/conflicts", "/conflicts/\(order)/write", [register, ("v.address", "right street 3")]),
        ("/conflicts", "/conflicts/\(order)/uphold", [register]),
      ]
      for (index, form) in forms.enumerated() {
        let seen = try await field(on: form.page)
        try write("late street \(index)", crew: UInt8(10 + index))
        let answer = try await browser.post(form.path, form.fields + [seen])
        #expect(answer.status == 409, "\(form.path) \(form.fields)")
        #expect(answer.main.contains(ConflictPhrase.changedMeanwhile.said(in: .zh)))
        #expect(answer.main.contains("late street \(index)"), "what came is shown")
        let siblings = try console.view(order).state.siblings("location")
        #expect(siblings.count == 3 + index && siblings.allSatisfy { !$0.dot.replica.isHub }, "nothing was written")
      }
      // Who looked again settles it.
      let settled = try await browser.post("/orders/\(order)/do", forms[0].fields + [field(on: "/orders/\(order)")])
      #expect(settled.status == 303)
      #expect(try console.view(order).state.conflicts.isEmpty)
    }
  }

  @Test func aNewValueKeepsWhatItsFormHasNoInputsFor() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "burst pipe")], to: "water")
      let id = try OrderID(order)
      let dispatched = try console.view(order).state.vector
      let browser = try await console.signedIn(as: .supervisor)
      let path: JSON = ["pipes", "burst"]
      let places: [(path: String, fields: [(String, String)])] = [
        ("/orders/\(order)/do", [("command", "settle"), ("choice", "new")]), ("/conflicts/\(order)/write", []),
      ]
      for (index, place) in places.enumerated() {
        for number in 1...2 {
          let crew = try FakeAuthor("water", seed: UInt8(10 * index + number))
          let edit = Edit.set("category", ["scheme": "city", "code": .string("0\(number)"), "path": path])
          try console.push([crew.entry(id, context: dispatched, [edit])], from: crew)
        }
        let fields = place.fields + [("register", "category"), ("v.scheme", "city"), ("v.code", "07")]
        #expect(try await browser.post(place.path, fields).status == 303)
        let category = try console.view(order).state.value("category")
        #expect(category == ["scheme": "city", "code": "07", "path": path], "\(place.path)")
      }
    }
  }

  @Test func aContradictionIsTakenBackOrLeftToStand() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let crew = try FakeAuthor("water")
      let seen = try console.view(order).state.vector
      let assignment = try #require(try console.view(order).assignments.first?.id)
      let browser = try await console.signedIn(as: .supervisor)
      _ = try await browser.post(
        "/orders/\(order)/do", [("command", "recall"), ("assignment", assignment), ("reason", "wrong platform")])
      try console.push(
        [crew.entry(id, context: seen, [.set("assignment/\(assignment)/progress", "working")])], from: crew)
      let page = try await browser.get("/orders/\(order)")
      #expect(page.main.contains("撤回时平台正在处置") && page.main.contains("由热线指挥"))
      #expect(page.main.ranges(of: "没有看到另一个值").count == 2)
      let fields = [("command", "settle"), ("register", "assignment/\(assignment)/recalled"), ("choice", "takeBack")]
      #expect(try await browser.post("/orders/\(order)/do", fields).status == 303)
      let view = try console.view(order)
      #expect(view.contradictions.isEmpty && view.status(now: 0) == .inProgress)
    }
  }

  @Test func aVoidChangeIsShownWithItsReasonAndReinstated() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let crew = try FakeAuthor("water")
      try console.push(
        [crew.entry(id, context: try console.view(order).state.vector, [.set("title", "crew's title")])], from: crew)
      let dot = Dot(crew.replica, 1)
      #expect(try console.view(order).state.isVoid(dot))
      let browser = try await console.signedIn(as: .supervisor)
      let page = try await browser.get("/orders/\(order)")
      #expect(page.main.contains("该平台无权写这个字段") && page.main.contains("crew&#39;s title"))
      let fields = [("command", "reinstate"), ("dot", dot.description)]
      #expect(try await browser.post("/orders/\(order)/do", fields).status == 303)
      #expect(!(try console.view(order).state.isVoid(dot)))
      let void = [("command", "void"), ("dot", dot.description), ("reason", "mistyped")]
      #expect(try await browser.post("/orders/\(order)/do", void).status == 303)
      #expect(try console.view(order).state.isVoid(dot))
      #expect(try await browser.get("/orders/\(order)").main.contains("mistyped"))
    }
  }

  @Test func aRequestIsAnsweredOnThePage() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let browser = try await console.signedIn(as: .supervisor)
      let assignment = try #require(try console.view(order).assignments.first?.id)
      let behalf = [("command", "behalf"), ("platform", "water"), ("assignment", assignment)]
      _ = try await browser.post("/orders/\(order)/do", behalf + [("step", "accept")])
      _ = try await browser.post("/orders/\(order)/do", behalf + [("step", "request:return"), ("said", "不是我们的")])
      let request = try #require(try console.view(order).openRequests.first?.request.id)
      #expect(try await browser.get("/orders/\(order)").main.contains("不是我们的"))
      let answer = [("command", "answer"), ("requestId", request), ("granted", "true"), ("note", "同意")]
      #expect(try await browser.post("/orders/\(order)/do", answer).status == 303)
      #expect(try console.view(order).status(now: 0) == .returned)
    }
  }

  @Test func whatAnOperatorCorrectsIsOneRegisterAndTheRestStays() async throws {
    try await ConsoleFixture().serving { console in
      let order = try console.order([.init("title", "爆管"), .init("description", "水很大")])
      let browser = try await console.signedIn(as: .operator)
      let fields = [("command", "describe"), ("title.v.value", "主管爆裂"), ("location.v.address", "滨海路 9 号")]
      #expect(try await browser.post("/orders/\(order)/do", fields).status == 303)
      let state = try console.view(order).state
      #expect(state.value("title") == "主管爆裂" && state.value("description") == "水很大")
      #expect(state.value("location")?["address"] == "滨海路 9 号")
      let wrong = [("command", "describe"), ("location.v.lat", "north")]
      #expect(try await browser.post("/orders/\(order)/do", wrong).status == 400)
    }
  }

  @Test func whatIsNotFilledInOfARecordStaysUnlessItIsToBeCleared() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order(
        [
          .init("title", "爆管"), .init("caller", ["name": "张三", "phone": "13812341234"]),
          .init("location", ["address": "滨海路 8 号", "lat": .number("39.10"), "lon": 117, "crs": "wgs84", "own": ["x"]]),
        ], to: "water")
      let browser = try await console.signedIn(as: .operator)
      let page = try await browser.get("/orders/\(order)").main
      #expect(page.contains("placeholder=\"滨海路 8 号\"") && page.contains("placeholder=\"138****1234\""))
      // Meanwhile a crew finds out more about the place.
      let crew = try FakeAuthor("water")
      try console.push(
        [
          crew.entry(
            try OrderID(order), context: try console.view(order).state.vector,
            [
              .set(
                "location", ["address": "滨海路 8 号", "lat": .number("39.11"), "lon": 117, "crs": "wgs84", "own": ["x"]])
            ])
        ], from: crew)
      func edit(_ fields: (String, String)...) async throws {
        let answer = try await browser.post("/orders/\(order)/do", [("command", "describe")] + fields)
        #expect(answer.status == 303, "\(answer.main)")
      }
      func caller() throws -> JSON? {
        try console.hotline.document(try OrderID(order))["registers"]?["caller"]?["value"]
      }
      try await edit(("location.v.address", "滨海路 9 号"), ("caller.v.phone", "13900000000"))
      #expect(
        try console.view(order).state.value("location")
          == ["address": "滨海路 9 号", "lat": .number("39.11"), "lon": 117, "crs": "wgs84", "own": ["x"]])
      #expect(try caller() == ["name": "张三", "phone": "13900000000"])
      #expect(try console.view(order).state.conflicts.isEmpty)
      try await edit(("location.v.note", "后门"), ("location.clear", "true"))
      #expect(try console.view(order).state.value("location") == ["own": ["x"], "note": "后门"])
    }
  }

  @Test func aRefusalSaysItsPhraseOnceAndWhatIsGoneIsNoMissingPage() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let browser = try await console.signedIn(as: .supervisor)
      let refused = try await browser.post("/orders/\(order)/do", [("command", "close"), ("code", "solved")])
      #expect(refused.status == 409)
      #expect(refused.main.ranges(of: ProblemPhrase.allowed.said(in: .zh)).count == 1)
      #expect(refused.main.contains("<dd>撤回</dd>") && refused.main.contains("<dd>取消</dd>"))
      let answer = [("command", "answer"), ("requestId", "r9"), ("granted", "true")]
      let gone = try await browser.post("/orders/\(order)/do", answer)
      #expect(gone.status == 404)
      #expect(gone.main.contains(ProblemPhrase.goneTitle.said(in: .zh)) && gone.main.contains("工单没有申请 r9"))
      #expect(!gone.main.contains(ProblemPhrase.notFoundTitle.said(in: .zh)))
      #expect(try await browser.get("/nothing").main.contains(ProblemPhrase.notFoundTitle.said(in: .zh)))
    }
  }

  @Test func deadlinesAreShownWithTheirPausesAndWhatWasReached() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order(
        [.init("title", "爆管"), .init("kind", "repair"), .init("sector", "water")], to: "water")
      let browser = try await console.signedIn(as: .supervisor)
      let assignment = try #require(try console.view(order).assignments.first?.id)
      let behalf = [("command", "behalf"), ("platform", "water"), ("assignment", assignment)]
      func deadlines() async throws -> String {
        let main = try await browser.get("/orders/\(order)").main
        let start = try #require(main.firstRange(of: "id=\"h-due\""))
        return String(main[start.lowerBound...].prefix { $0 != "§" }.components(separatedBy: "</section>")[0])
      }
      #expect(try await deadlines().contains(SupervisionPhrase.inTime.said(in: .zh)))
      console.clock.advance(60_000)
      _ = try await browser.post("/orders/\(order)/do", behalf + [("step", "accept")])
      #expect(try await deadlines().contains("按时完成"))
      _ = try await browser.post("/orders/\(order)/do", behalf + [("step", "request:suspension"), ("said", "等料")])
      let request = try #require(try console.view(order).openRequests.first?.request.id)
      _ = try await browser.post(
        "/orders/\(order)/do", [("command", "answer"), ("requestId", request), ("granted", "true")])
      #expect(try await deadlines().contains(SupervisionPhrase.isPaused.said(in: .zh)))
      _ = try await browser.post("/orders/\(order)/do", [("command", "cancel"), ("reason", "误报")])
      #expect(try await deadlines().contains(OrderPhrase.noLonger.said(in: .zh)))
    }
  }

  @Test func whateverAnyoneWritesIsInertOnEveryPage() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let browser = try await console.signedIn(as: .supervisor, language: .en)
      var run: UInt8 = 0
      for hostile in ConsoleFixture.hostile {
        let text = JSON.string(hostile)
        let order = try console.order(
          [
            .init("title", text), .init("description", text), .init("sector", text),
            .init("caller", ["name": text, "phone": text, "language": text]),
            .init("location", ["address": text, "crs": text, "note": text, "lat": 1, "lon": 2]),
            .init("ref/erp", ["number": text, "url": text]), .init("source", text),
          ], to: "water")
        let id = try OrderID(order)
        run += 1
        let author = try FakeAuthor("water", seed: run)
        let assignment = try #require(try console.view(order).assignments.first?.id)
        let prefix = "assignment/\(assignment)"
        try console.push(
          [
            author.entry(
              id, context: try console.view(order).state.vector,
              [
                .set(prefix + "/unit", text), .set(prefix + "/crew", [text]),
                .set(prefix + "/result", ["outcome": "solved", "work": text]), .set("title", text),
                .append(kind: "note", value: JSONText(["text": text, "visibility": "all"])),
              ])
          ], from: author)
        for path in [
          "/orders", "/orders?view=board", "/orders?view=map", "/orders/\(order)", "/orders/\(order)/history",
          "/orders/\(order)/print", "/orders?text=\(hostile.inPath)",
        ] {
          let page = try await browser.get(path)
          #expect(page.status == 200, "\(path): \(hostile.debugDescription)")
          Self.expectInert(page, path)
        }
        Self.expectInert(try await browser.post("/orders/\(order)/reveal", []), "reveal")
        let form = NewOrderForm.fields.map { ($0, hostile) }
        Self.expectInert(try await browser.post("/orders/new", form), "form")
        Self.expectInert(try await browser.post("/orders/bulk", [("command", "note"), ("order", order)]), "bulk")
      }
    }
  }

  /// No element, attribute or address is of others' making: what a browser would read is looked at, not the text.
  private static func expectInert(_ page: WebAnswer, _ place: String) {
    let main = page.main
    for match in main.matches(of: /<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s=>"']+(?:="[^"]*")?)*)\s*\/?>/) {
      let name = match.output.1.lowercased()
      #expect(
        !["script", "img", "iframe", "object", "base", "style", "link", "meta"].contains(name), "\(place): <\(name)>")
      let attributes = match.output.2
      // What stands in quotes is a value, however it reads.
      let names = attributes.replacing(/="[^"]*"/, with: "=")
      #expect(names.firstMatch(of: /\s(on[a-z]+|style|srcdoc)=/) == nil, "\(place): \(attributes)")
      if let href = attributes.firstMatch(of: /\s(?:href|action|formaction|src)="([^"]*)"/)?.output.1 {
        #expect(href.hasPrefix("/") || href.hasPrefix("#"), "\(place): \(href)")
      }
    }
    // Every `<` that stands there begins or ends an element of ours.
    let tags = main.matches(of: /<\/?[a-zA-Z][a-zA-Z0-9]*((?:\s+[^\s=>"']+(?:="[^"]*")?)*)\s*\/?>/).count
    #expect(main.count { $0 == "<" } == tags, "\(place)")
    #expect(!main.unicodeScalars.contains("\u{202E}") && !main.unicodeScalars.contains("\u{0}"), "\(place)")
  }
}
