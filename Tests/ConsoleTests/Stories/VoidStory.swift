// What may not be made, as the console shows it: a change without effect, with its reason and the button that lets it count after all;
// and one that was put aside, with its line.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct VoidStory {
    @Test func aVoidIsExplainedAndReinstatedAndWhatWasPutAsideIsShown() throws {
      let office = try Office("water", "gas")
      let site = office.site
      let order = try site.dispatched(to: "water", title: "井盖丢失")
      let foreign = try site.dispatched(to: "gas", title: "燃气异味")
      let raw = try RawAgent("water", of: site)
      let context = try site.hub.order(order).vector
      let forged = raw.entry(order, after: context, [.set("title", "井盖已换")])
      let elsewhere = raw.entry(foreign, after: try site.hub.order(foreign).vector, [.note("放我进去")])
      #expect(try raw.push([forged, elsewhere]).json["acceptedThrough"] == 2)

      try office.browse(as: .supervisor) { browser in
        try browser.visit(office.address("/quarantine"))
        let listed = try browser.text("main")
        #expect(listed.contains("water"), "\(listed)")

        try browser.watch(office.address("/orders/\(order)"))
        let dot = forged.head.dot.description
        let form = "[aria-labelledby=h-voids] form:has(input[name=command][value=reinstate]):has(input[value='\(dot)'])"
        #expect(try browser.text("main").contains("井盖已换"))
        #expect(try !browser.text("h1").contains("井盖已换"))
        try browser.follow(form + " button")
        try browser.wait(forText: "井盖已换", in: "h1")
        #expect(try !browser.has(form))
        try site.agent("water").settle()
        #expect(try site.agent("water").order(order)["title"] == "井盖已换")
      }
      // Who may not decide is shown the same, without the button.
      try office.browse(as: .operator) { browser in
        try browser.visit(office.address("/quarantine"))
        #expect(try !browser.has("form:has(input[name=command][value=reinstate])"))
      }
    }
  }
}
