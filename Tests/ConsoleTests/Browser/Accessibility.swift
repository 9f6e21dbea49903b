// What every page must be for everyone, asked in the browser: names, landmarks, contrast, focus, width (WCAG 2.2 AA). The rules are in
// Scripts/, since a page is judged from inside.

import Core
import Foundation

@testable import TestSite

extension Browser {
  /// A script of Scripts/, to be run in a page.
  static func script(_ name: String) throws -> String {
    try String(
      contentsOf: URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Scripts/\(name).js"), encoding: .utf8)
  }

  /// What is wrong with the page as it stands; a sentence for each fault.
  ///
  /// - Parameter language: of the page, as in its `lang`.
  func accessibilityFaults(language: String) throws -> [String] {
    let width = try ask("return innerWidth").asInt ?? 0
    return try ask(Browser.script("accessibility"), .string(language), .bool(width <= 400)).asArray?
      .compactMap(\.asString) ?? []
  }

  /// What is wrong with the way of the Tab key through the page, key by key.
  func focusFaults() throws -> [String] {
    let script = try Browser.script("focus")
    let controls = try ask(script, "begin").asInt ?? 0
    try press(Array(repeating: .tab, count: controls + 1))
    // A field for a date is one control with a stop for each of its parts.
    for _ in 0..<controls {
      if try ask(script, "isRound") == true { break }
      try press(.tab, .tab)
    }
    return try ask(script, "end").asArray?.compactMap(\.asString) ?? []
  }
}
