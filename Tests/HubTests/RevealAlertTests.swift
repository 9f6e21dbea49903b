// Reveals by one account in an hour: more than the limit are told in the audit, the status, the overview and the metrics, and refused to nobody.

import Core
import Foundation
import Shell
import Testing

@testable import Hub

@Suite(.serialized) struct RevealAlertTests {
  private let li = Operator(name: "li", role: .operator, via: .console)

  private func world(_ limit: Int) throws -> (HubWorld, OrderID) {
    let world = try HubWorld(revealsPerHour: limit)
    let order = try world.dispatched(
      to: "water", registers: [.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
    return (world, order)
  }

  private func alerts(_ world: HubWorld) throws -> [String] {
    try world.audit().filter { $0.contains(AuditAction.revealedMany.rawValue) }
  }

  @Test func oneTooManyInAnHourIsToldOnceAndEveryRevealIsAnswered() throws {
    let (world, order) = try world(3)
    let seat = Seat(world.hotline, li)
    for _ in 0..<3 { _ = try seat.reveal(order) }
    #expect(try alerts(world).isEmpty)
    for _ in 0..<5 { #expect(try seat.reveal(order).bytes.isEmpty == false) }
    #expect(try alerts(world) == ["li revealed-many li"])
    #expect(try world.audit().count { $0 == "li revealed \(order.text)" } == 8)
    #expect(try world.hotline.status()["revealAlerts"] == 1)
    let metrics = try MetricsReading(hotline: world.hotline, database: world.directory + "/hub.db").text()
    #expect(metrics.contains("\nlianxin_hub_reveal_alerts 1\n") && !metrics.contains("li\""))
    #expect(try world.parts.database.read { try Audit.fault($0) } == nil)
  }

  @Test func anotherAccountAndAnotherHourCountForThemselves() throws {
    let (world, order) = try world(2)
    let wang = Seat(world.hotline, Operator(name: "wang", role: .supervisor, via: .token("t")))
    for _ in 0..<2 {
      for _ in 0..<2 { _ = try Seat(world.hotline, li).reveal(order) }
      for _ in 0..<2 { _ = try wang.reveal(order) }
      world.clock.advance(RevealAlerts.spanMilliseconds)
    }
    #expect(try alerts(world).isEmpty)
    for _ in 0..<2 {
      for _ in 0..<3 { _ = try wang.reveal(order) }
      world.clock.advance(RevealAlerts.spanMilliseconds)
    }
    #expect(try alerts(world) == ["wang revealed-many wang", "wang revealed-many wang"])
    #expect(try world.hotline.status()["revealAlerts"] == 2)
    world.clock.advance(RevealAlerts.shownMilliseconds)
    #expect(try world.hotline.status()["revealAlerts"] == 0)
  }

  @Test func withoutALimitNobodyIsTold() throws {
    let (world, order) = try world(0)
    for _ in 0..<20 { _ = try Seat(world.hotline, li).reveal(order) }
    #expect(try alerts(world).isEmpty)
  }

  @Test func theCommandLineSaysWhereToLook() throws {
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: 1_764_000_000_000)
    let lines = StatusPrinting.lines(["revealAlerts": 2], on: page)
    #expect(lines.contains { $0.contains("lianxin-hub audit list --action revealed-many") })
    #expect(!StatusPrinting.lines(["revealAlerts": 0], on: page).contains { $0.contains("Personal data") })
  }

  @Test(arguments: ["reveal", "print"])
  func whatTheConsoleShowsInPlainIsCountedToo(page: String) async throws {
    try await ConsoleFixture().serving { console in
      let order = try console.order([.init("title", "leak"), .init("caller", ["phone": "13800001234"])])
      let browser = try await console.signedIn(as: .operator)
      let who = Operator(name: "operator", role: .operator, via: .console)
      for _ in 0..<console.parts.environment.revealsPerHour {
        _ = try Seat(console.hotline, who).reveal(OrderID(order))
      }
      func alerts() throws -> Int {
        try console.audited().count { $0["action"] == .string(AuditAction.revealedMany.rawValue) }
      }
      #expect(try alerts() == 0)
      for _ in 0..<2 { #expect(try await browser.post("/orders/\(order)/\(page)", []).main.contains("13800001234")) }
      #expect(try alerts() == 1)
    }
  }

  @Test(arguments: Role.allCases)
  func theOverviewShowsItToThoseWhoReadTheAudit(role: Role) async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let order = try OrderID(try console.order([.init("title", "leak"), .init("caller", ["phone": "13800001234"])]))
      for _ in 0...console.parts.environment.revealsPerHour { _ = try Seat(console.hotline, li).reveal(order) }
      let page = try await console.signedIn(as: role).get("/")
      #expect(page.main.contains("data-alert=\"reveals\"") == RoleTable.allows(.readAudit, role))
    }
  }
}
