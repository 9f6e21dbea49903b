// What is settled on the page of one order: conflicts, contradictions and void changes, and that nothing is overruled unread.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct OrderPageSettlingTests {
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
      let voids = try #require(page.main.firstRange(of: "id=\"h-voids\""))
      let actions = try #require(page.main.firstRange(of: "id=\"h-actions\""))
      #expect(voids.lowerBound < actions.lowerBound, "it is seen before what can be done")
      let fields = [("command", "reinstate"), ("dot", dot.description)]
      #expect(try await browser.post("/orders/\(order)/do", fields).status == 303)
      #expect(!(try console.view(order).state.isVoid(dot)))
      let void = [("command", "void"), ("dot", dot.description), ("reason", "mistyped")]
      #expect(try await browser.post("/orders/\(order)/do", void).status == 303)
      #expect(try console.view(order).state.isVoid(dot))
      #expect(try await browser.get("/orders/\(order)").main.contains("mistyped"))
    }
  }

  /// A section of the page, by the id of its heading.
  private func section(_ heading: String, of main: String) throws -> String {
    let start = try #require(main.firstRange(of: "id=\"\(heading)\""), "\(heading) is there")
    return main[start.lowerBound...].components(separatedBy: "</section>")[0]
  }

  @Test func whoMayNotDecideIsToldWhoDoesWhereverAButtonIsMissing() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let mayNot = StepPhrase.mayNot.said(in: .zh, ["督办员"])
      let order = try console.orderInConflict()
      let id = try OrderID(order)
      for command in [
        Command.accept,
        .request(type: "return", code: nil, reason: "不是我们的", until: nil, suggestedSector: nil),
      ] {
        _ = try console.hotline.perform(
          command, on: id, assignment: nil, onBehalfOf: try PlatformName("water"),
          author: Author(name: "op", role: "operator"), request: nil)
      }
      // A crew that saw none of that: it works while it is recalled, and writes what it may not.
      let seen = try console.view(order).state.vector
      let assignment = try #require(try console.view(order).assignments.first?.id)
      _ = try console.hotline.perform(
        .recall(reason: "wrong platform"), on: id, assignment: assignment, onBehalfOf: nil,
        author: Author(name: "op", role: "operator"), request: nil)
      let crew = try FakeAuthor("water", seed: 2)
      try console.push(
        [
          crew.entry(id, context: seen, [.set("assignment/\(assignment)/progress", "working")]),
          crew.entry(id, context: seen, [.set("title", "crew's title")]),
        ], from: crew)
      let op = try await console.signedIn(as: .operator)
      let main = try await op.get("/orders/\(order)").main
      for heading in ["h-conflicts", "h-contradictions", "h-voids"] {
        #expect(try section(heading, of: main).contains(mayNot), "\(heading)")
      }
      let answer = OrderPhrase.answer.said(in: .zh)
      #expect(try section("h-assignments", of: main).contains("<small>\(answer): \(mayNot)</small>"))
      let relate = StepPhrase.relate.said(in: .zh)
      #expect(try section("h-actions", of: main).contains("<dt>\(relate)</dt><dd>\(mayNot)</dd>"))
      let supervisor = try await console.signedIn(as: .supervisor)
      #expect(!(try await supervisor.get("/orders/\(order)").main.contains(mayNot)))
    }
  }

  @Test func aContradictionIsExplainedAndSettledByAnotherValueToo() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let browser = try await console.signedIn(as: .supervisor)
      let places: [(page: String, path: String, fields: [(String, String)])] = [
        ("/orders/ID", "/orders/ID/do", [("command", "settle"), ("choice", "new")]),
        ("/conflicts", "/conflicts/ID/write", []),
      ]
      for (index, place) in places.enumerated() {
        let order = try console.order([.init("title", "爆管")], to: "water")
        let id = try OrderID(order)
        let seen = try console.view(order).state.vector
        let assignment = try #require(try console.view(order).assignments.first?.id)
        _ = try console.hotline.perform(
          .close(code: "invalid", note: nil), on: id, assignment: nil, onBehalfOf: nil,
          author: Author(name: "op", role: "operator"), request: nil)
        // The crew works without having seen that it was closed.
        let crew = try FakeAuthor("water", seed: UInt8(index + 1))
        try console.push(
          [crew.entry(id, context: seen, [.set("assignment/\(assignment)/progress", "working")])], from: crew)
        // A page that is the same for many is made anew once a second.
        console.clock.advance(2_000)
        let main = try await browser.get(place.page.replacing("ID", with: order)).main
        #expect(main.contains(ConflictPhrase.explainContradictions.said(in: .zh)), "\(place.page)")
        #expect(main.contains(ConflictPhrase.nothingLost.said(in: .zh)), "\(place.page)")
        #expect(
          main.contains(ConflictPhrase.another.said(in: .zh)) && main.contains("name=\"v.code\""), "\(place.page)")
        let fields = place.fields + [("register", "closed"), ("v.code", "withdrawn")]
        let answer = try await browser.post(place.path.replacing("ID", with: order), fields)
        #expect(answer.status == 303, "\(place.path): \(answer.main)")
        let view = try console.view(order)
        #expect(view.contradictions.isEmpty && view.state.value("closed")?["code"] == "withdrawn", "\(place.path)")
      }
    }
  }

  @Test func ofTwoAssignmentsMadeAtOnceEitherIsRecalledWhereTheyAreShown() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      try console.addPlatform("gas")
      let order = try console.order([.init("title", "爆管")])
      let id = try OrderID(order)
      let seen = try console.view(order).state.vector
      _ = try console.hotline.perform(
        .dispatch(platform: "water", role: nil, instruction: nil, cause: nil), on: id, assignment: nil, onBehalfOf: nil,
        author: Author(name: "op", role: "operator"), request: nil)
      // What the hub had written before its database was restored: an agent gives it back.
      let former = try FakeAuthor("hub", seed: 9)
      let given = former.entry(
        id, context: seen,
        [.set("assignment/b1", ["platform": "gas", "role": "lead", "round": 1, "cause": "first"])]
      ).receipted()
      let healed = try console.parts.writer.perform { try $0.heal(given) }
      #expect(healed == .taken)
      let view = try console.view(order)
      #expect(view.contradictions.map(\.kind) == [.twoLeads])
      let op = try await console.signedIn(as: .operator)
      let onOrder = try section("h-contradictions", of: try await op.get("/orders/\(order)").main)
      let onList = try await op.get("/conflicts").main
      for assignment in view.assignments.map(\.id) {
        let field = "name=\"assignment\" value=\"\(assignment)\""
        #expect(onOrder.contains(field) && onList.contains(field), "\(assignment)")
      }
      #expect(!onOrder.contains(StepPhrase.mayNot.said(in: .zh, ["督办员"])), "recalling begins with the operator")
      let viewer = try await console.signedIn(as: .viewer)
      #expect(!(try await viewer.get("/conflicts").main.contains("name=\"assignment\"")))
      let recall = [("command", "recall"), ("assignment", "b1"), ("reason", "派重了")]
      #expect(try await op.post("/orders/\(order)/do", recall).status == 303)
      #expect(try console.view(order).contradictions.isEmpty)
    }
  }
}
