// The console where no script runs: everything can be read, and every form does what it says.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct ScriptlessStory {
    @Test func withoutScriptOrdersAreReadMadeAndWorkedOn() throws {
      let office = try Office("water")
      let before = try office.site.dispatched(to: "water", title: "水表漏水")
      try office.browse(as: .operator, BrowserSetting(hasScript: false)) { browser in
        try browser.visit(office.address("/orders"))
        #expect(try browser.text("main").contains("水表漏水"))
        #expect(try browser.text("#live").isEmpty)
        try browser.visit(office.address("/orders?text=%E6%B0%B4%E8%A1%A8"))
        #expect(try browser.text("main").contains("水表漏水"))

        try browser.visit(office.address("/orders/new"))
        try browser.type("水管爆裂", into: "[name=title]")
        try browser.ask("document.querySelector('[name=dispatch]').value = 'water'")
        try browser.leaving { try browser.click("form[action='/orders'] button:not([formaction])") }
        try browser.wait(forText: "水管爆裂", in: "h1")
        // A step unfolds and is done.
        try browser.click("details:has(input[name=command][value=note]) > summary")
        try browser.type("已电话告知市民", into: "form:has(input[name=command][value=note]) textarea")
        try browser.leaving { try browser.click("form:has(input[name=command][value=note]) button") }
        try browser.wait(forText: "已电话告知市民", in: "main")
        #expect(try office.site.hub.order(before)["status"] == "dispatched")

        // The language is a form too.
        try browser.leaving { try browser.click("form[action='/language'] button[value=en]") }
        #expect(try browser.attribute("lang", of: "html") == "en")
        // So is the switch of single keys, for when there is script again.
        let off = "form[action='/keys'] button[value=off]"
        try browser.leaving { try browser.click(off) }
        #expect(try browser.attribute("aria-pressed", of: off) == "true")
      }
    }
  }
}
