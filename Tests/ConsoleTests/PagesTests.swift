// Every page, in both languages, light and dark, wide and narrow: for everyone to use, within its window, and without a word of the
// other language's phrases missing. With LIANXIN_SCREENSHOTS=1 also the pictures of docs/console.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct Pages {
    /// The pages by name; what stands for an order or an agent is the town's.
    static func all(_ town: Town) throws -> [(name: String, path: String)] {
      let order = try town.id(.burst)
      return [
        ("overview", "/"), ("platforms", "/platforms"), ("platform", "/platforms/water"),
        ("platform-offline", "/platforms/gas"), ("agent", try agentPath(town)), ("orders", "/orders"),
        ("board", "/orders?view=board"), ("map", "/orders?view=map"), ("new", "/orders/new"),
        ("order", "/orders/\(order)"), ("history", "/orders/\(order)/history"), ("sheet", "/orders/\(order)/print"),
        ("conflict", "/orders/\(try town.id(.leak))"), ("contradiction", "/orders/\(try town.id(.smell))"),
        ("void", "/orders/\(try town.id(.cover))"), ("requests", "/requests"), ("conflicts", "/conflicts"),
        ("quarantine", "/quarantine"), ("supervision", "/supervision"), ("callbacks", "/callbacks"),
        ("indicators", "/indicators"), ("audit", "/audit"), ("users", "/users"), ("password", "/password"),
      ]
    }

    private static func agentPath(_ town: Town) throws -> String {
      let agents = try town.site.hub.get("/v1/agents").json["agents"]?.asArray ?? []
      let water = try #require(agents.first { $0["platform"] == "water" })
      return "/agents/water/\(try water.string("name"))"
    }

    @Test func everyPageIsForEveryoneInBothLanguagesLightAndDarkWideAndNarrow() throws {
      let town = try Town()
      let pages = try Self.all(town)
      for (language, languages) in [("zh", "zh-CN,zh"), ("en", "en")] {
        try town.office.browse(as: .administrator, BrowserSetting(languages: languages)) { browser in
          for page in pages {
            try browser.visit(town.office.address(page.path))
            let shown = try browser.text()
            #expect(try browser.has("main h1"), "\(page.path) has no heading: \(shown)")
            try examine(browser, page, language)
            try picture(browser, page.name, language)
          }
        }
        try town.office.browse(as: nil, BrowserSetting(languages: languages)) { browser in
          try browser.visit(town.office.address("/sign-in"))
          try examine(browser, ("sign-in", "/sign-in"), language)
          try picture(browser, "sign-in", language)
        }
      }
    }

    private func examine(_ browser: Browser, _ page: (name: String, path: String), _ language: String) throws {
      for scheme in ColourScheme.allCases {
        try browser.prefer(scheme)
        let faults = try browser.accessibilityFaults(language: language)
        #expect(faults.isEmpty, "\(page.path) in \(language), \(scheme): \(faults)")
      }
      try browser.prefer(.light)
      let faults = try browser.focusFaults()
      #expect(faults.isEmpty, "\(page.path) in \(language), by keyboard: \(faults)")
      try browser.resize(width: 360, height: 740)
      let narrow = try browser.accessibilityFaults(language: language)
      #expect(narrow.isEmpty, "\(page.path) in \(language), 360 px: \(narrow)")
      try browser.resize(width: 1_280, height: 900)
      // A phrase that a template asks for and nobody has stands there as its name; the other language's would too.
      let text = try browser.text("main")
      #expect(!text.contains("{{") && !text.contains("}}") && !text.contains("t."), "\(page.path): \(text)")
      if language == "zh" { #expect(text.contains(#/\p{Han}/#), "\(page.path) has no Chinese word") }
    }

    // MARK: Pictures

    private static let isPhotographed = ProcessInfo.processInfo.environment["LIANXIN_SCREENSHOTS"] == "1"
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/console")

    private func picture(_ browser: Browser, _ name: String, _ language: String) throws {
      guard Self.isPhotographed else { return }
      try browser.ask("document.activeElement?.blur(); scrollTo(0, 0)")
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try Data(browser.picture()).write(to: Self.folder.appending(path: "\(name)-\(language).png"))
    }
  }
}
