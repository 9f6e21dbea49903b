// Comparisons as the operators ask for them and see them, and what the status and the doctor say of healing.

import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite struct ResyncTests {
  private let world: HubWorld
  private let order: OrderID

  init() throws {
    world = try HubWorld()
    order = try world.dispatched(to: "water")
    try enrol("water", "depot", "yard")
  }

  private func alter(_ sql: String) throws { _ = try world.parts.database.write { try $0.execute(sql, []) } }

  private func enrol(_ platform: String, _ agents: String...) throws {
    for agent in agents {
      try alter(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('\(platform)', '\(agent)', 0, 0)")
    }
  }

  private func ask(
    _ platform: String? = "water", agent: String? = nil, full: Bool = false, dry: Bool = false
  ) throws -> JSON {
    try world.hotline.resync(platform: platform, agent: agent, isFull: full, isDryRun: dry)
  }

  private func refusal(_ platform: String?, agent: String? = nil) -> Problem? {
    do {
      _ = try ask(platform, agent: agent)
      return nil
    } catch { return error as? Problem }
  }

  private func report(_ command: String?, _ agent: String, _ edit: (inout ReconcileReport) -> Void = { _ in }) throws {
    var report = ReconcileReport()
    report.command = command
    report.milliseconds = 1_500
    edit(&report)
    let caller = Contacts.Name(platform: try PlatformName("water"), agent: agent)
    try world.parts.writer.perform { [report] transaction in
      if let command { try Resyncs.begun(command, by: caller, transaction) }
      try Resyncs.ended(report, by: caller, transaction)
    }
  }

  private func healing() throws -> JSON { try #require(try world.hotline.status()["healing"]) }

  @Test func everyAgentThatIsNotRevokedIsAskedOnceAndPollsGoOnAtOnce() throws {
    try enrol("gas", "main")
    try alter("UPDATE agent SET revoked = 1 WHERE agent = 'yard'")
    let before = try world.parts.signals.generation(of: PlatformName("water"))
    let answer = try ask()
    #expect(try world.parts.signals.generation(of: PlatformName("water")) > before)
    #expect(answer.list("resyncs").map { $0.text("agent") } == ["depot"])
    #expect(answer.list("resyncs").allSatisfy { $0["state"] == "pending" && $0["online"] == false })
    #expect(try ask().list("resyncs").map { $0["id"] } == answer.list("resyncs").map { $0["id"] })
    #expect(try ask(nil).list("resyncs").map { $0.text("agent") }.sorted() == ["depot", "main"])
    let name = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    let open = try world.parts.database.read { db in try Resyncs.open(name, db) }
    #expect(open?.id == answer.list("resyncs").first?.text("id"))
  }

  @Test func whoCannotBeAskedIsSaidInWords() throws {
    #expect(refusal("nobody")?.code == .notFound)
    #expect(refusal("gas")?.detail.contains("token create") == true)
    #expect(refusal("water", agent: "other")?.detail.contains("'other'") == true)
    #expect(refusal("No Name")?.code == .badCommand)
    try alter("UPDATE agent SET revoked = 1")
    #expect(refusal("water")?.detail.contains("revoked") == true)
    #expect(refusal("water", agent: "yard")?.detail.contains("revoked") == true)
    #expect(refusal(nil)?.code == .notFound)
    #expect(try world.hotline.resyncs(platform: nil).list("resyncs").isEmpty)
    #expect(throws: Problem.self) { try world.hotline.resyncs(platform: "nobody") }
  }

  @Test func aFullOneMakesTheHubsOwnStoreAnewFirstAndADryOneNothing() throws {
    func rebuilt(dry: Bool = false) throws -> JSON {
      _ = try ask(full: true, dry: dry)
      let found = try world.hotline.rebuildForComparisons()
      #expect(found.count == 1, "two agents wait for the same")
      return try #require(found.first)
    }
    try alter("UPDATE orders SET digest = zeroblob(32)")
    #expect(try rebuilt(dry: true)["digests"]?.asInt ?? 0 > 0)
    #expect(try rebuilt()["digests"]?.asInt ?? 0 > 0)
    #expect(try rebuilt()["wrong"] == 0)
    _ = try ask()
    #expect(try world.hotline.rebuildForComparisons().isEmpty)
  }

  @Test func aFullOneIsAnsweredAtOnceAndItsAgentWaitsUntilTheHubIsReady() throws {
    let name = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    func open() throws -> ResyncOrder? { try world.parts.database.read { db in try Resyncs.open(name, db) } }
    func row() throws -> JSON { try #require(try world.hotline.resyncs(platform: "water").list("resyncs").first) }
    let id = try #require(try ask(agent: "depot", full: true).list("resyncs").first).text("id")
    #expect(try row()["state"] == "rebuilding" && open() == nil)
    #expect(try row()["report"] == nil && row()["rebuilt"] == nil)
    // A stop in the midst of it leaves it to the next start.
    #expect(throws: CancellationError.self) { try world.hotline.rebuildForComparisons { true } }
    #expect(try row()["state"] == "rebuilding" && world.hotline.rebuilding.isWanted)
    let before = try world.parts.signals.generation(of: PlatformName("water"))
    try world.hotline.rebuildForComparisons()
    #expect(try world.parts.signals.generation(of: PlatformName("water")) > before)
    #expect(try row()["state"] == "pending" && row()["rebuilt"]?["wrong"] == 0 && row()["report"] == nil)
    #expect(try open()?.id == id)
    // Asked for again before the agent began: the same one, and the hub looks once more.
    #expect(try ask(agent: "depot", full: true).list("resyncs").map { $0.text("id") } == [id])
    #expect(try row()["state"] == "rebuilding")
    try world.hotline.rebuildForComparisons()
    try report(id, "depot") { $0.checked = 4 }
    #expect(try row()["state"] == "done" && row()["report"]?["checked"] == 4)
    #expect(try row()["rebuilt"]?["wrong"] == 0 && row()["report"]?["rebuilt"] == nil)
  }

  @Test func whatIsAskedForOfAllIsNotDoneWithOnePlatformsOrders() throws {
    try enrol("gas", "main")
    _ = try ask("water", full: true)
    _ = try ask(nil, full: true)
    _ = try ask("gas", full: true, dry: true)
    #expect(try world.hotline.rebuildForComparisons().count == 2)
    #expect(try world.hotline.resyncs(platform: nil).list("resyncs").allSatisfy { $0["state"] == "pending" })
  }

  @Test func reportsOfOneAgentAreKeptInBoundsWhoeverAskedForThem() throws {
    for _ in 0..<30 {
      let id = try #require(try ask(agent: "depot").list("resyncs").first?.text("id"))
      world.clock.advance(1)
      try report(id, "depot")
    }
    #expect(try world.hotline.resyncs(platform: "water").list("resyncs").count == 20)
  }

  @Test func theStatusSaysWhatIsPendingWhatWasFoundAndWhatIsMissing() throws {
    #expect(try healing()["pending"] == 0)
    #expect(try healing()["waiting"] == ["changes": 0])
    _ = try ask()
    #expect(try healing()["pending"] == 2)
    try alter("UPDATE agent SET revoked = 1 WHERE agent = 'yard'")
    #expect(try healing()["pending"] == 1)
    try report(nil, "depot") { $0.differing = 2 }
    world.clock.advance(1_000)
    try report(nil, "depot")
    let found = try healing().list("found")
    #expect(found.map { $0["report"]?["differing"] } == [2], "the later one found nothing")
    try alter("UPDATE replica SET highest = 9 WHERE platform = 'hub'")
    try alter("UPDATE change SET n = 5")
    try alter("UPDATE replica SET n = 0")
    let gaps = try healing().list("gaps")
    #expect(gaps.map { $0["missing"] } == ["1-4"])
    let lines = HealingPrinting.lines(
      try healing(), on: Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: world.clock.now))
    let text = lines.joined(separator: "\n")
    for part in ["1 pending", "water/depot", "2 orders differed", "lacks 1-4", "ever checked"] {
      #expect(text.contains(part), "\(part): \(text)")
    }
  }

  @Test func theStatusTellsOfARefusalAloneAndThatTheHubWentBack() throws {
    try report(nil, "depot") { $0.refused = 3 }
    try world.parts.writer.perform { transaction in
      try WentBack.restored.note(at: transaction.now - 7_200_000, transaction.db)
    }
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: world.clock.now)
    let lines = HealingPrinting.lines(try healing(), on: page)
    #expect(lines.contains { $0.contains("found something") && $0.hasSuffix(": 3 refused") }, "\(lines)")
    #expect(lines.contains { $0.hasPrefix("Restored from a backup, started 2 h ago") }, "\(lines)")
    #expect(!lines.contains { $0.contains("without a restore") })
  }

  @Test func theTableTellsStatesAndThatNothingWasToDo() {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    func row(_ agent: String, _ state: String, _ report: JSON? = nil, online: Bool = false) -> JSON {
      .compact([
        ("platform", "water"), ("agent", .string(agent)), ("id", .string(agent)), ("reason", "operator"),
        ("full", false),
        ("dryRun", false), ("state", .string(state)), ("online", .bool(online)), ("report", report),
      ])
    }
    func text(_ rows: [JSON], _ rebuilt: JSON? = nil) -> String {
      ResyncPrinting.lines(
        .compact([("resyncs", .array(rows)), ("rebuilt", rebuilt), ("milliseconds", 5)]), on: page
      ).joined(separator: "\n")
    }
    var report = ReconcileReport()
    report.checked = 7
    report.milliseconds = 1_234
    let well = row("depot", "done", report.json)
    #expect(text([well]).contains("Nothing to do") && text([well]).contains("1.2"))
    report.differing = 1
    #expect(!text([row("depot", "done", report.json)]).contains("Nothing to do"))
    #expect(!text([well], ["orders": 3, "lines": 0, "states": 1, "digests": 0, "wrong": 1]).contains("Nothing to do"))
    let open = [well, row("yard", "pending"), row("van", "running", online: true)]
    #expect(text(open).contains("pending, offline") && text(open).contains("next contact"))
    #expect(text(open).contains("1 still running") && !text(open).contains("Nothing to do"))
    #expect(ResyncPrinting.note(open) == "1 running, 1 pending (1 offline)")
    let running = row("van", "running", online: true)
    let counted = JSON.object(
      (running.asObject ?? []) + [.init("progress", ["buckets": 9, "orders": 40, "sent": 3, "received": 0])])
    #expect(ResyncPrinting.note([counted]) == "1 running (40 orders compared, 3 sent)")
    #expect(text([row("van", "running")]).contains("stopped, offline"))
    let made = JSON.object((row("van", "rebuilding").asObject ?? []) + [.init("progress", ["orders": 4000])])
    #expect(ResyncPrinting.note([made]) == "1 rebuilding (4000 orders)")
    #expect(!text([made]).contains("Nothing to do"))
    #expect(ResyncPrinting.areDone([well]) && !ResyncPrinting.areDone(open))
  }

  @Test func whatStaysApartOrCannotBePutRightIsSaidAndIsAFailure() throws {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 0)
    func answer(_ rebuilt: JSON?, _ edit: (inout ReconcileReport) -> Void = { _ in }) -> JSON {
      var report = ReconcileReport()
      edit(&report)
      let row: JSON = [
        "platform": "water", "agent": "depot", "id": "1", "reason": "operator", "full": true, "dryRun": false,
        "state": "done", "online": true, "report": report.json,
      ]
      return .compact([("resyncs", [row]), ("rebuilt", rebuilt), ("milliseconds", 5)])
    }
    func text(_ answer: JSON) -> String { ResyncPrinting.lines(answer, on: page).joined(separator: "\n") }
    var sound = Rebuilt()
    sound.orders = 3
    #expect(ResyncPrinting.failure(answer(sound.json)) == nil)
    #expect(
      text(answer(sound.json)).contains("all as its log says") && text(answer(sound.json)).contains("Nothing to do"))

    var holed = sound
    holed.noteUnfoldable(order)
    let said = text(answer(holed.json))
    #expect(said.contains("1 logs cannot be folded") && said.contains("the log of order \(order)"))
    #expect(!said.contains("Nothing to do") && !said.contains("all as its log says"))
    #expect(ResyncPrinting.failure(answer(holed.json))?.message.contains("cannot be folded") == true)

    let dot = Dot(try ReplicaID("water.aaaaaaaaaaaaaaaa"), 4)
    let lineless: JSON = [
      "orders": 3, "lines": 0, "states": 0, "digests": 0, "wrong": 0, "unfoldable": 0, "missing": 1,
      "remaining": [["order": .string(order.text), "what": "line", "dot": .string(dot.description)]],
    ]
    #expect(text(answer(lineless)).contains("1 lines are missing"))
    #expect(
      text(answer(lineless)).contains("the line of \(dot) in order") && !text(answer(lineless)).contains("Nothing to"))
    #expect(ResyncPrinting.failure(answer(lineless))?.status == .failure)

    let refused = answer(sound.json) { report in
      report.noteRefused([(dot, "the receipt is not this hub's")])
      var repairs = Repairs()
      for _ in 0..<12 { repairs.note(Repair(.digest, order: order)) }
      report.noteRepaired(repairs)
    }
    #expect(text(refused).contains("Put right at water/depot:") && text(refused).contains("  and 2 more"))
    #expect(text(refused).contains("  \(dot): the receipt is not this hub's"))
    #expect(ResyncPrinting.failure(refused)?.message.contains("1 changes of agents were refused") == true)
    #expect(ResyncPrinting.failure(answer(nil) { $0.unresolved = 2 })?.message.contains("2 changes stay") == true)
    #expect(ResyncPrinting.failure(answer(nil) { $0.differing = 2 }) == nil)
  }

  @Test func whatIsRefusedInAComparisonIsInTheLogOncePerCall() throws {
    let book = LogBook()
    let caller = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    SyncRoutes.note([], of: caller, book.logger)
    #expect(book.text.isEmpty)
    let replica = try ReplicaID("water.aaaaaaaaaaaaaaaa")
    SyncRoutes.note([(Dot(replica, 4), "no receipt"), (Dot(replica, 5), "other")], of: caller, book.logger)
    for part in ["reconcile.refused", "water", "depot", "\(replica):4", "no receipt"] {
      #expect(book.text.contains(part), "\(part): \(book.text)")
    }
    #expect(!book.text.contains("\(replica):5"))
  }

  @Test func theCommandAsksForWhatItSays() throws {
    func call(_ arguments: String...) throws -> HubCall {
      try #require(try HubCommand.parseAsRoot(["resync"] + arguments) as? ResyncCommand).call()
    }
    func isRefused(_ arguments: String...) -> Bool {
      (try? HubCommand.parseAsRoot(["resync"] + arguments)) == nil  // why is ArgumentParser's to say
    }
    #expect(try call("water") == HubCall(path: "/v1/resync", body: ["platform": "water"]))
    #expect(try call("--all", "--wait", "2m") == HubCall(path: "/v1/resync", body: ["platform": .null]))
    #expect(
      try call("water", "--agent", "depot", "--full", "--dry-run", "--no-wait")
        == HubCall(path: "/v1/resync", body: ["platform": "water", "agent": "depot", "full": true, "dryRun": true]))
    #expect(try call("--list") == .get("/v1/resync"))
    #expect(try call("water", "--list") == .get("/v1/resync?platform=water"))
    #expect(isRefused() && isRefused("water", "--all") && isRefused("water", "--wait", "1s", "--no-wait"))
    #expect(isRefused("--list", "--full") && isRefused("--all", "--agent", "x"))
  }
}
