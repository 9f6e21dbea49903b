// The console by keys, for those who would rather not: single keys can be switched off (WCAG 2.2, 2.1.4), and password managers find what
// they look for.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct Keys {
    private static let help = "#keys[open]"

    @Test func singleKeysDoNothingOnceTheyAreSwitchedOffAndComeBack() throws {
      let office = try Office()
      try office.browse(as: .viewer) { browser in
        try browser.visit(office.address("/platforms"))
        try browser.press("?")
        try browser.wait(forElement: Self.help)
        try browser.press(.escape)
        try browser.wait(for: "the help is closed") { try !browser.has(Self.help) }

        try browser.follow("form[action='/keys'] button[value=off]")
        #expect(try browser.address.hasSuffix("/platforms"), "one stays where one was")
        #expect(try browser.attribute("aria-pressed", of: "form[action='/keys'] button[value=off]") == "true")
        try browser.press("?", "j", "/", "g", "v")
        // What a key would have done is done before the next answer to the test.
        #expect(try !browser.has(Self.help) && !browser.has(".here"))
        #expect(try browser.address.hasSuffix("/platforms"))
        // The help is one press of its button away, and says how they come back.
        try browser.click("#keys-button")
        try browser.wait(forElement: Self.help)
        #expect(try browser.text("#keys").contains("单键现在是关闭的"))
        try browser.press(.escape)
        try browser.wait(for: "the help is closed") { try !browser.has(Self.help) }

        try browser.follow("form[action='/keys'] button[value=on]")
        try browser.leaving { try browser.press("g", "v") }
        #expect(try browser.text("h1") == "总览")
      }
    }

    @Test func passwordManagersFindTheNameBeforeThePasswords() throws {
      let office = try Office()
      try office.browse(as: .viewer) { browser in
        try browser.visit(office.address("/password"))
        let fields = try browser.ask(
          """
          return [...document.querySelector('form[action="/password"]').elements]
            .filter(field => field.autocomplete && field.checkVisibility()).map(field => field.autocomplete);
          """)
        #expect(fields == ["username", "current-password", "new-password", "new-password"])
        #expect(try browser.value("[autocomplete=username]") == "viewer")
      }
    }
  }
}
