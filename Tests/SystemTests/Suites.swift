// What the tests with real processes have in common beside the processes themselves, which are in Tests/TestSite.

import Core
import Testing

@testable import TestSite

@Suite(.serialized, InTurn(), Hurried()) enum SystemTests {}

/// Between two of these tests the runner waits for a thread of Swift's concurrency. There the properties and simulated worlds stand in line:
/// with a higher priority these tests, which wait for processes for most of their time, are not behind all of them each time.
struct Hurried: SuiteTrait, TestScoping {
  func scopeProvider(for test: Test, testCase: Test.Case?) -> Hurried? { testCase == nil ? self : nil }

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await withoutActuallyEscaping(function) { function in
      try await Task(priority: .high) { try await function() }.value
    }
  }
}

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
