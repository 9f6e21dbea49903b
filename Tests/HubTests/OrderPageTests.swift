// The page of one order over HTTPS: steps by form, recording for a platform that is offline, correcting what was recorded, and what is
// refused.

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

  @Test func registersThatAreNotListedAreCounted() async throws {
    try await ConsoleFixture().serving { console in
      let order = try console.order([.init("title", "爆管")])
      let browser = try await console.signedIn(as: .viewer)
      let more = try #require(OrderPhrase.registersMore.texts.zh.split(separator: "}").last)
      #expect(try await !browser.get("/orders/\(order)").main.contains(more))
      for round in 0..<3 {
        let references = (0..<100).map { JSON.Member("ref/s\(round)-\($0)", ["number": "1"]) }
        _ = try console.hotline.perform(
          .describe(references), on: try OrderID(order), assignment: nil, onBehalfOf: nil,
          author: Author(name: "王", role: "operator"), request: nil)
      }
      console.clock.advance(2_000)
      let names = try console.view(order).state.registers.keys.filter {
        !$0.hasPrefix("purged/") && !$0.hasPrefix("clock/")
      }
      let left = names.count - OrdersPages.maxRegisters
      #expect(left > 0)
      let page = try await browser.get("/orders/\(order)").main
      #expect(page.contains(OrderPhrase.registersMore.said(in: .zh, ["\(left)"])))
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

  @Test func ofEveryWayOfClosingThatIsRefusedTheReasonIsSaid() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let browser = try await console.signedIn(as: .operator)
      let close = StepPhrase.close.said(in: .zh)
      func actions() async throws -> String {
        let main = try await browser.get("/orders/\(order)").main
        let start = try #require(main.firstRange(of: "id=\"h-actions\""))
        return main[start.lowerBound...].components(separatedBy: "</section>")[0]
      }
      // An invalid one can be closed at once, what is not repaired cannot be closed as solved.
      let open = try await actions()
      #expect(open.contains("<option value=\"solved\" disabled>") && open.contains("<option value=\"invalid\""))
      for code in ["solved", "partly"] {
        let word = try #require(Vocabulary.closing.texts(code))[.zh]
        #expect(open.contains("<dt>\(close) (\(word))</dt><dd>"), "\(code)")
        #expect(open.contains("“\(word)”须在处置完成后才能选"), "\(code)")
      }
      #expect(open.ranges(of: "<dt>\(close) (").count == 2, "and no other")
      // Where none is left it is closing itself, once.
      _ = try await browser.post("/orders/\(order)/do", [("command", "close"), ("code", "invalid")])
      let closed = try await actions()
      #expect(closed.ranges(of: "<dt>\(close)</dt>").count == 1 && !closed.contains("<dt>\(close) ("))
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
}
