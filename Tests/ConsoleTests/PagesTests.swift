// Every page, in both languages, light and dark, wide and narrow: for everyone to use, within its window, and without a word of the
// other language's phrases missing. With LIANXIN_SCREENSHOTS=1 also the pictures of docs/console.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct Pages {
    /// A page as one comes to it: by its address, and for some by what is pressed there.
    struct Place: Sendable {
      let name: String
      let path: String
      var pressed: [String] = []

      init(_ name: String, _ path: String, pressing pressed: String...) {
        self.name = name
        self.path = path
        self.pressed = pressed
      }
    }

    /// The pages by name; what stands for an order or an agent is the town's.
    static func all(_ town: Town) throws -> [Place] {
      let order = try town.id(.burst)
      let line = try town.site.hub.get("/v1/quarantine").json["quarantine"]?.asArray?.first?.string("id")
      return [
        Place("overview", "/"), Place("platforms", "/platforms"), Place("platform", "/platforms/water"),
        Place("platform-offline", "/platforms/gas"), Place("platform-alone", "/platforms/heat"),
        Place("agent", try agentPath(town)),
        Place("token", "/platforms/heat", pressing: "form[action='/platforms/heat/token'] button"),
        Place("orders", "/orders"), Place("board", "/orders?view=board"), Place("map", "/orders?view=map"),
        Place("bulk", "/orders", pressing: "tbody tr input[name=order]", "form#bulk .bar button"),
        Place("new", "/orders/new"), Place("order", "/orders/\(order)"), Place("history", "/orders/\(order)/history"),
        Place("sheet", "/orders/\(order)/print"), Place("conflict", "/orders/\(try town.id(.leak))"),
        Place("contradiction", "/orders/\(try town.id(.smell))"), Place("void", "/orders/\(try town.id(.cover))"),
        Place("requests", "/requests"), Place("conflicts", "/conflicts"), Place("quarantine", "/quarantine"),
        Place("line", "/quarantine/\(try demand(line, "something was put aside"))"),
        Place("supervision", "/supervision"), Place("policy", "/supervision/policy"), Place("callbacks", "/callbacks"),
        Place("callback", "/callbacks/\(try town.id(.pressure))"), Place("indicators", "/indicators"),
        Place("privacy", "/privacy"), Place("health", "/health"), Place("audit", "/audit"), Place("users", "/users"),
        Place("user", "/users/administrator"),
        Place("password", "/password"), Place("not-found", "/orders/20261231-999999"),
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
        let setting = BrowserSetting(languages: languages, height: 800)
        try town.office.browse(as: .administrator, setting, expecting: [404]) { browser in
          for page in pages {
            try browser.visit(town.office.address(page.path))
            for selector in page.pressed.dropLast() { try browser.click(selector) }
            if let last = page.pressed.last { try browser.follow(last) }
            let shown = try browser.text()
            #expect(try browser.has("main h1"), "\(page.name) has no heading: \(shown)")
            try picture(browser, page.name, language)
            try examine(browser, page.name, language)
          }
        }
        try town.office.browse(as: nil, setting) { browser in
          try browser.visit(town.office.address("/sign-in"))
          try picture(browser, "sign-in", language)
          try examine(browser, "sign-in", language)
        }
      }
      // Here too, since a town takes its time to come to be.
      try expectReadableWithoutScript(town, pages)
    }

    /// Each page says what it says with script.
    private func expectReadableWithoutScript(_ town: Town, _ pages: [Place]) throws {
      try town.office.browse(as: .administrator, BrowserSetting(hasScript: false), expecting: [404]) { browser in
        for page in pages {
          try browser.visit(town.office.address(page.path))
          for selector in page.pressed.dropLast() { try browser.click(selector) }
          if let last = page.pressed.last { try browser.follow(last) }
          let shown = try browser.text()
          try #require(try browser.has("main h1"), "\(page.name) has no heading without script: \(shown)")
          let (heading, all) = (try browser.text("main h1"), try browser.text("main"))
          #expect(all.count > heading.count, "\(page.name) has nothing but its heading without script")
        }
      }
    }

    @Test func theSecondFactorIsSetUpShownOnceAndAskedForAtTheSignIn() throws {
      let office = try Office()
      for (person, language, languages) in [(Person.operator, "zh", "zh-CN,zh"), (.supervisor, "en", "en")] {
        let setting = BrowserSetting(languages: languages, height: 800)
        try office.browse(as: person, setting, expecting: [401, 403]) { browser in
          func look(_ name: String) throws {
            try picture(browser, name, language)
            try examine(browser, name, language)
          }
          try browser.visit(office.address("/second-factor"))
          try look("second-factor")
          try browser.type(person.password, into: "#own-password")
          try browser.follow("#own button[value=begin]")
          let app = try Authenticator(typing: browser.text("#secret"))
          try look("second-factor-secret")
          try browser.type(app.code, into: "#confirm-code")
          try browser.follow("#pending button")
          let codes = try browser.texts("#codes li")
          #expect(Set(codes).count == 10)
          try look("recovery-codes")

          try browser.visit(office.address("/"))
          try browser.follow("form[action='/sign-out'] button")
          try browser.visit(office.address("/sign-in?next=/orders"))
          try browser.type(person.rawValue, into: "#name")
          try browser.type(person.password, into: "#password")
          try browser.leaving { try browser.press(.enter) }
          try browser.wait(for: "the code is asked for") { try browser.address.contains("/sign-in/code") }
          try look("sign-in-code")
          try browser.type("lost-and-found", into: "#code")
          try browser.follow("main button")
          #expect(try browser.has("#fault"))
          try browser.type(try #require(codes.first), into: "#code")
          try browser.follow("main button")
          #expect(try browser.address.hasSuffix("/orders"))
        }
      }
    }

    /// The page as it comes; then with everything unfolded, since what is folded away is no less for everyone; then under the help
    /// of the keys.
    private func examine(_ browser: Browser, _ page: String, _ language: String) throws {
      try judge(browser, page, language)
      // On a wall, and at desks with wide screens.
      if language == "zh" {
        try browser.resize(width: 1_920, height: 1_080)
        let wide = try browser.accessibilityFaults(language: language)
        #expect(wide.isEmpty, "\(page) in \(language), 1,920 px: \(wide)")
        try browser.resize(width: 1_280, height: 800)
      }
      let folded = try browser.ask(
        """
        const folded = [...document.querySelectorAll('details:not([open])')];
        for (const part of folded) part.open = true;
        return folded.length;
        """)
      if folded != 0 { try judge(browser, page + ", unfolded", language) }
      if try browser.has("#keys") {
        try browser.ask("document.activeElement?.blur()")
        try browser.press("?")
        try browser.wait(forElement: "#keys[open]")
        try judge(browser, page + ", the keys", language, isDialog: true)
        try browser.press(.escape)
        try browser.wait(for: "the help is closed") { try !browser.has("#keys[open]") }
      }
      // Names that templates have and nobody fills are told in the hub's log, which the end of the browser's work looks at.
      let text = try browser.text("main")
      #expect(!text.contains("{{"), "\(page): \(text)")
      if language == "zh" { #expect(text.contains(#/\p{Han}/#), "\(page) has no Chinese word") }
    }

    /// - Parameter isDialog: whether something stands over the page, and alone takes the keys.
    private func judge(_ browser: Browser, _ page: String, _ language: String, isDialog: Bool = false) throws {
      for scheme in ColourScheme.allCases {
        try browser.prefer(scheme)
        let faults = try browser.accessibilityFaults(language: language)
        #expect(faults.isEmpty, "\(page) in \(language), \(scheme): \(faults)")
      }
      try browser.prefer(.light)
      if !isDialog {
        let faults = try browser.focusFaults()
        #expect(faults.isEmpty, "\(page) in \(language), by keyboard: \(faults)")
      }
      try browser.resize(width: 360, height: 740)
      let narrow = try browser.accessibilityFaults(language: language)
      #expect(narrow.isEmpty, "\(page) in \(language), 360 px: \(narrow)")
      try browser.resize(width: 1_280, height: 800)
    }

    // MARK: Pictures

    private static let isPhotographed = ProcessInfo.processInfo.environment["LIANXIN_SCREENSHOTS"] == "1"
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "docs/console")

    private func picture(_ browser: Browser, _ name: String, _ language: String) throws {
      guard Self.isPhotographed else { return }
      try browser.prefer(.light)
      try browser.ask("document.activeElement?.blur(); scrollTo(0, 0)")
      try FileManager.default.createDirectory(at: Self.folder, withIntermediateDirectories: true)
      try Data(browser.picture()).write(to: Self.folder.appending(path: "\(name)-\(language).png"))
    }
  }
}
