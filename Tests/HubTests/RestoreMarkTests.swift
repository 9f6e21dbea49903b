// Human numbers after the database went back: those that may have been given out meanwhile are left out.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct RestoreMarkTests {
  private let world: HubWorld

  init() throws { world = try HubWorld() }

  private func skip() throws { try world.parts.writer.perform { try Numbering.skip($0) } }
  private func number(_ order: OrderID) throws -> String? { try world.view(order).number }

  /// Row 133: what the first restore left out came back with the second backup, and so did its jump.
  @Test func numbersJumpAtEachRestoreAlsoTheSecondOnOneDay() throws {
    #expect(try number(try world.dispatched(to: "water")) == "20261125-000001")
    let mark = RestoreMark(files: HubFiles(directory: world.directory))
    for expected in ["20261125-001002", "20261125-002003"] {
      try mark.leave()
      #expect(try mark.obey(world.parts.writer))
      #expect(try number(try world.dispatched(to: "water")) == expected)
    }
  }

  @Test func manyAgentsThatKnowMoreThanTheHubMakeOneJumpAndCloseItsRunOnce() throws {
    _ = try world.dispatched(to: "water")
    let calls = SyncCalls(
      database: world.parts.database, writer: world.parts.writer, contacts: world.parts.contacts,
      environment: world.parts.environment)
    let unknown = Cursor(position: 99, feedHash: Hash.of(Array("forgotten".utf8)))
    for agent in ["depot", "north"] {
      let name = Contacts.Name(platform: try PlatformName("water"), agent: agent)
      let reply = try calls.hello(HelloRequest(health: .fresh, cursor: unknown, told: unknown, runs: []), from: name)
      #expect(!reply.cursorHolds)
      _ = try world.dispatched(to: "water")
    }
    #expect(try number(try world.dispatched(to: "water")) == "20261125-001004")
    let runs = try world.parts.database.read { try $0.count("SELECT COUNT(DISTINCT replica) FROM change") }
    #expect(runs == 2)
  }

  @Test func aDayOfWhichTheDatabaseKnowsNothingBeginsBehindTheJump() throws {
    try skip()
    #expect(try number(try world.dispatched(to: "water")) == "20261125-001001")
  }

  @Test func theStartAfterARestoreSkipsAndTheNextOneDoesNot() throws {
    let mark = RestoreMark(files: HubFiles(directory: world.directory))
    #expect(try !mark.obey(world.parts.writer))
    #expect(try number(try world.dispatched(to: "water")) == "20261125-000001")
    try mark.leave()
    #expect(try world.hotline.status()["healing"]?["restored"] == nil)
    #expect(try mark.obey(world.parts.writer))
    #expect(try world.hotline.status()["healing"]?["restored"] == .int(world.clock.now), "the status tells it")
    #expect(!FileManager.default.fileExists(atPath: mark.files.restored))
    #expect(try !mark.obey(world.parts.writer))
    #expect(try number(try world.dispatched(to: "water")) == "20261125-001002")
  }
}
