// What the tests in a browser have in common: whether there is one, and that they take turns with all other tests of real
// processes. How a browser is driven is in Browser/.

import Foundation
import Testing

@testable import TestSite

/// All tests in a real browser.
@Suite(.serialized, .enabled(if: Chromium.isWanted, Comment(rawValue: Chromium.remedy)), InTurn()) enum ConsoleTests {}

/// Each test waits for its turn among all tests with real processes.
struct InTurn: SuiteTrait, TestTrait, TestScoping {
  let isRecursive = true

  func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    try await Turn.run(function)
  }
}

/// The browser of this machine.
enum Chromium {
  static let remedy =
    "asked for by LIANXIN_BROWSER=1, and needs chromium and chromedriver: `make browser` (as root it installs them)"

  /// The browser's and its driver's programs, where both are there.
  static let programs: (browser: String, driver: String)? = {
    guard let browser = path("chromium") ?? path("chromium-browser") ?? path("google-chrome"),
      let driver = path("chromedriver")
    else { return nil }
    return (browser, driver)
  }()

  /// They take their time, so they run where they are asked for; there they fail where there is no browser.
  static let isWanted = ProcessInfo.processInfo.environment["LIANXIN_BROWSER"] == "1"

  private static func path(_ name: String) -> String? {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { $0 + "/" + name }
      .first { FileManager.default.isExecutableFile(atPath: $0) }
  }
}
