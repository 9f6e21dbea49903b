// The lists on which a supervisor decides and an operator only looks: requests, conflicts, contradictions, and changes that are void or
// wait for lost ones.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleSupervisorTests {
  @Test func aRequestIsAnsweredByASupervisorAndNotByAnOperator() async throws {
    try await ConsoleFixture().serving { console in
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
    try await ConsoleFixture().serving { console in
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
    try await ConsoleFixture().serving { console in
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
    try await ConsoleFixture().serving { console in
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
      #expect(line.contains("action=\"/quarantine/\(dot.inPath)/reinstate\""), "and can be reinstated there")
      #expect(line.contains("name=\"order\" value=\"\(order)\""))
      let viewer = try await console.signedIn(as: .viewer)
      #expect(!(try await viewer.get("/quarantine").main.contains(link)))
      #expect(try await viewer.get("/quarantine/\(dot.inPath)").status == 403)
      let op = try await console.signedIn(as: .operator)
      #expect(!(try await op.get("/quarantine/\(dot.inPath)").main.contains("/reinstate\"")))
      #expect(try await op.post("/quarantine/\(dot.inPath)/reinstate", [("order", order)]).status == 403)
      #expect(try await supervisor.post("/quarantine/\(dot.inPath)/reinstate", [("order", order)]).status == 303)
      #expect(try await supervisor.get("/quarantine").main.contains(QuarantinePhrase.isReinstated.said(in: .zh)))
      let counts = try await supervisor.get("/quarantine/\(dot.inPath)").main
      #expect(counts.contains(QuarantinePhrase.reinstatedDo.said(in: .zh)) && counts.contains("&quot;closed&quot;"))
      #expect(!counts.contains("/reinstate\""))
      // What never was void is no matter of this page.
      let sound = try console.parts.database.read { db in try OrderReading.read(OrderID(order), limit: 1, db).history }
      #expect(try await supervisor.get("/quarantine/\(try #require(sound.first).dot.description.inPath)").status == 404)
    }
  }

  @Test func whatAnOperatorVoidedStandsInTheListWithWhoAndWhyAndCountsWhileItIsVoid() async throws {
    try await ConsoleFixture().serving { console in
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

  @Test func aForkThatTheHubWroteAgainIsNotOfferedToBeReinstated() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let seen = try console.parts.database.read { db in try OrderReading.read(id, limit: 0, db).view.state.vector }
      // Two processes wrote one number; the hub had taken the first one's before it was restored, and takes the other's now.
      let (first, second) = (try FakeAuthor("water"), try FakeAuthor("water"))
      second.time += 40
      let forgotten = first.entry(id, context: seen, [.set("priority", "urgent")]).receipted(isChained: true)
      let present = second.entry(id, context: seen, [.set("priority", "emergency")])
      let header = PushHeader(replica: second.replica, cursor: .start, told: .start, health: .fresh)
      let water = try PlatformName("water")
      _ = try console.parts.writer.perform { try PushIngest.take([present], header: header, from: water, in: $0) }
      let healed = try console.parts.writer.perform { try $0.heal(forgotten) }
      #expect(healed == .taken)
      let dot = present.head.dot.description
      let pages = ["/quarantine", "/quarantine/\(dot.inPath)", "/orders/\(order)", "/orders/\(order)/history"]
      let again = QuarantinePhrase.writtenAgain.said(in: .zh)
      let reinstate = #/action="/quarantine/[^"]+/reinstate"|name="command" value="reinstate"/#
      let supervisor = try await console.signedIn(as: .supervisor)
      for page in pages {
        let main = try await supervisor.get(page).main
        #expect(main.contains(again) && !main.contains(reinstate), "\(page)")
      }
      // Where what was written again is void in its turn, nothing of it counts any more.
      let written = try console.parts.database.read { db in
        try OrderReading.read(id, limit: 100, db).history.filter { $0.change?.origin != nil }.map(\.dot.description)
      }
      #expect(written.count == 2)
      for copy in written {
        let void = [("command", "void"), ("dot", copy), ("reason", "记错了")]
        #expect(try await supervisor.post("/orders/\(order)/do", void).status == 303)
      }
      console.clock.advance(2_000)
      for page in pages {
        let main = try await supervisor.get(page).main
        #expect(!main.contains(again), "\(page)")
      }
    }
  }

  @Test func whatWaitsForALostChangeIsShownAndSettledByASupervisor() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      let order = try console.order([.init("title", "爆管")], to: "water")
      let id = try OrderID(order)
      let seen = try console.parts.database.read { db in try OrderReading.read(id, limit: 0, db).view.state.vector }
      // Of two changes the first is on no disk any more.
      let crew = try FakeAuthor("water")
      let missing = crew.entry(id, context: seen, [.set("priority", "normal")]).head.dot
      let given = crew.entry(
        id, context: seen.merged(with: VersionVector([(crew.replica, 1)])), [.set("priority", "urgent")]
      ).receipted()
      let healed = try console.parts.writer.perform { try $0.heal(given) }
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
}
