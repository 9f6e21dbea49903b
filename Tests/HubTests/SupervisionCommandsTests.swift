// The command lines of supervision: what they ask of the hub, what they print, and a policy file that is checked without one.

import ArgumentParser
import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite struct SupervisionCommandsTests {
  private static let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 1_764_000_000_000)

  private func command(_ arguments: String...) throws -> any HubRequestCommand {
    try #require(try HubCommand.parseAsRoot(arguments) as? any HubRequestCommand)
  }

  private func isRefused(_ arguments: String...) -> Bool {
    do {
      _ = try HubCommand.parseAsRoot(arguments)
      return false
    } catch {
      return HubCommand.exitCode(for: error) == .validationFailure
    }
  }

  @Test func listsAreAskedForWithTheirFilters() throws {
    #expect(try command("deadlines").call() == .get("/v1/deadlines?limit=50"))
    #expect(
      try command(
        "deadlines", "--state", "overdue", "--stage", "accept", "--platform", "water", "--district", "和平", "--after",
        "5,hub-1,a1,accept"
      ).call()
        == .get(
          "/v1/deadlines?state=overdue&stage=accept&platform=water&district=%E5%92%8C%E5%B9%B3&limit=50"
            + "&after=5%2Chub-1%2Ca1%2Caccept"))
    #expect(try command("callbacks", "--sector", "gas").call() == .get("/v1/callbacks?sector=gas&limit=50"))
    #expect(try command("indicators").call() == .get("/v1/indicators"))
    #expect(
      try command("indicators", "--from", "2026-11-01", "--by", "platform").call()
        == .get("/v1/indicators?from=2026-11-01&by=platform"))
    #expect(try command("policy", "show").call() == .get("/v1/policy"))
    #expect(try command("policy", "reload").call() == HubCall(path: "/v1/policy/reload", body: .object([])))
    #expect(isRefused("deadlines", "--state", "late"))
    #expect(isRefused("deadlines", "--stage", "finish"))
    #expect(isRefused("indicators", "--by", "week"))
    #expect(isRefused("indicators", "--from", "yesterday"))
    #expect(isRefused("callbacks", "--limit", "0"))
  }

  @Test func documentsOfARealHubArePrinted() throws {
    let world = try HubWorld()
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "爆管\u{1B}[2J"), .init("kind", "emergency")])
    world.clock.advance(20 * 60_000)
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: world.clock.now)
    func lines(_ command: any HubRequestCommand, _ answer: JSON) -> String {
      command.lines(answer, on: page).joined(separator: "\n")
    }
    let deadlines = lines(
      try command("deadlines"),
      try world.hotline.deadlines(SupervisionFilter(), state: .all, stage: nil, limit: 10, after: nil))
    #expect(deadlines.contains("accept") && deadlines.contains("overdue") && deadlines.contains("offline"))
    #expect(!deadlines.contains("\u{1B}"))
    let callBacks = lines(
      try command("callbacks"), try world.hotline.callBacks(SupervisionFilter(), limit: 10, after: nil))
    #expect(callBacks.contains("Nobody waits"))
    let today = world.hotline.today
    let indicators = lines(
      try command("indicators"),
      try world.hotline.indicators(IndicatorQuery(from: today, to: today, grouping: .platform)))
    #expect(indicators.contains("closed ÷ due to be closed") && indicators.contains("water"))
    #expect(lines(try command("policy", "show"), try world.hotline.policy()).contains("Asia/Shanghai"))
    let shown = try world.hotline.deadlines(of: order).list("deadlines")
    #expect(shown.map { $0.text("stage") } == ["dispatch", "complete", "accept", "arrive", "complete"])
    #expect(shown[2]["rung"] == "overdue" && shown[0]["state"] == "met")
  }

  @Test func aListGoesOnWhereThePageBeforeEnded() throws {
    let world = try HubWorld()
    for index in 0..<7 { _ = try world.dispatched(to: "water", registers: [.init("title", .string("\(index)"))]) }
    var seen: [String] = []
    var after: String?
    repeat {
      let page = try world.hotline.deadlines(
        SupervisionFilter(), state: .all, stage: "accept", limit: 3, after: after)
      seen += page.list("deadlines").map { $0.text("order") }
      after = page["next"]?.asString
    } while after != nil
    #expect(seen.count == 7 && Set(seen).count == 7)
    for mark in ["", "x", "1,2", "a,b,c,d"] {
      #expect(throws: Problem.self, "\(mark)") {
        try world.hotline.deadlines(SupervisionFilter(), state: .all, stage: nil, limit: 3, after: mark)
      }
    }
    #expect(throws: Problem.self) { try world.hotline.callBacks(SupervisionFilter(), limit: 3, after: "x") }
  }

  @Test func aPolicyFileIsCheckedWithoutAHub() async throws {
    let path = NSTemporaryDirectory() + "lx-policy-\(UUID().uuidString).yaml"
    defer { try? FileManager.default.removeItem(atPath: path) }
    try "dispatch: 2 minutes\n".write(toFile: path, atomically: true, encoding: .utf8)
    let check = try #require(try HubCommand.parseAsRoot(["policy", "check", path]) as? PolicyCommand.Check)
    try await check.run()
    try "dispatch: 2 min\n".write(toFile: path, atomically: true, encoding: .utf8)
    let failure = await #expect(throws: CommandFailure.self) { try await check.run() }
    #expect(failure?.status == .configuration)
    #expect(failure?.message.contains("\(path):1: dispatch") == true)
  }
}
