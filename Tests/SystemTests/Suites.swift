// What the tests with real processes have in common beside the processes themselves, which are in Tests/TestSite.

import Core
import Testing

@testable import TestSite

@Suite(.serialized, InTurn()) enum SystemTests {}

/// One of those processes; the agent's program has a type of that name too.
typealias Daemon = TestSite.Daemon

/// Each test waits for its turn among all tests with real processes.
struct InTurn: SuiteTrait, TestTrait, TestScoping {
  let isRecursive = true

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Turn.run(function)
  }
}

extension Site {
  /// That hub and platform are in step and hold the order as the same bytes.
  func expectEqual(_ order: OrderID, at platform: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let agent = try agent(platform)
    try agent.settle()
    let here = try hub.state(order)
    #expect(!here.isEmpty, sourceLocation: sourceLocation)
    #expect(
      try agent.state(order) == here, "\(platform) and the hub differ in \(order)", sourceLocation: sourceLocation)
  }
}
