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

  @Test func numbersJumpOnceADay() throws {
    #expect(try number(try world.dispatched(to: "water")) == "20261125-000001")
    try skip()
    try skip()
    #expect(try number(try world.dispatched(to: "water")) == "20261125-001002")
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
