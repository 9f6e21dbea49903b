// An outage as the console shows it: a platform goes offline and comes back, what both sides wrote meanwhile is settled, and a comparison
// is asked for and seen to end.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct OutageStory {
    @Test func anAgentGoesOfflineComesBackAndWhatBothWroteIsSettled() throws {
      let office = try Office("water")
      let site = office.site
      let agent = try site.agent("water")
      let order = try site.dispatched(to: "water", title: "水压不足")
      #expect(try agent.perform("accept", on: order).status == 200)
      try agent.settle()
      try office.browse(as: .supervisor) { browser in
        try browser.watch(office.address("/platforms"))
        try browser.wait(forText: "同步", in: "#platform-water")

        // The agent is gone; the page says so by itself, and since when.
        try agent.cutOff()
        try browser.wait(forText: "离线", in: "#platform-water", within: 60)

        // Both sides go on: the crew where it is, the hotline here.
        #expect(
          try agent.perform("describe", on: order, ("registers", ["location": ["address": "中山路 12 号"]])).status == 200)
        try browser.visit(office.address("/orders/\(order)"))
        #expect(try browser.text("main").contains("离线"))
        try browser.perform("describe", ["location.v.address": "中山路 21 号"])
        try agent.reconnect()
        try agent.settle()

        // Both values are there, side by side; the supervisor chooses one.
        try browser.watch(office.address("/platforms"))
        try browser.wait(forText: "同步", in: "#platform-water")
        try browser.watch(office.address("/orders/\(order)"))
        try browser.wait(forText: "中山路 12 号", in: "main")
        #expect(try browser.text("main").contains("中山路 21 号"))
        try browser.visit(office.address("/conflicts"))
        #expect(try browser.text("main").contains("水压不足"))
        try browser.visit(office.address("/orders/\(order)"))
        let chosen = "label:has(input[name=choice]):has(bdi)"
        #expect(try browser.count(chosen) == 2)
        try browser.ask(
          "[...document.querySelectorAll(arguments[0])].find(l => l.innerText.includes('12 号')).querySelector('input').click()",
          .string(chosen))
        try browser.follow("form:has(input[name=register][value=location]):has(input[type=radio]) button")
        try browser.wait(for: "no conflict any more") { try browser.count(chosen) == 0 }
        #expect(try browser.text("main").contains("中山路 12 号"))
        try agent.settle()
        #expect(try agent.order(order).shown("location")?["address"] == "中山路 12 号")

        // A comparison is asked for and ends, before one's eyes.
        try browser.watch(office.address("/platforms/water"))
        try browser.follow("form[action$='/resync'] button")
        try browser.wait(forText: "完成，双方一致", in: "#resync ~ .card")
      }
    }
  }
}
