// The loop as the hotline sees it: signing in, taking and dispatching an order by keyboard alone, a crew's progress as it comes, the
// call-back, the end.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct LoopStory {
    @Test func anOrderGoesRoundFromSignInToItsEndByKeyboardAndLive() throws {
      let office = try Office("water")
      let agent = try office.site.agent("water")
      try office.hire(.operator)
      try office.browse(as: nil, expecting: [401, 403]) { browser in
        // A page asks to sign in and then comes; a wrong password is refused without saying what was wrong.
        try browser.visit(office.address("/orders"))
        try browser.wait(forElement: "#password")
        try browser.type("operator", into: "#name")
        try browser.type("certainly the wrong one", into: "#password")
        try browser.leaving { try browser.press(.enter) }
        try browser.wait(forElement: "#fault")
        try browser.ask("document.getElementById('name').value = ''; document.getElementById('name').focus()")
        try browser.type("operator")
        try browser.press(.tab)
        try browser.type(Person.operator.password)
        try browser.leaving { try browser.press(.enter) }
        try browser.wait(for: "the page that was asked for") { try browser.address.hasSuffix("/orders") }

        // By keyboard alone: to the orders, a new one, filled in and sent.
        try browser.press(.escape)
        try browser.leaving { try browser.press("g", "o") }
        try browser.leaving { try browser.press("n") }
        #expect(try browser.address.hasSuffix("/orders/new"))
        #expect(try browser.ask("return document.activeElement.name") == "title")
        try browser.type("中山路爆管")
        try browser.tab(to: "[name=kind]")
        try browser.choose("repair")
        try browser.tab(to: "[name=priority]")
        try browser.choose("urgent")
        try browser.tab(to: "[name=address]")
        try browser.type("中山路 12 号")
        try browser.tab(to: "[name=phone]")
        try browser.type("13800001234")
        try browser.tab(to: "[name=dispatch]")
        try browser.choose("water")
        try browser.tab(to: "[name=instruction]")
        try browser.leaving { try browser.press(.enter) }
        try browser.wait(forText: "中山路爆管", in: "h1")
        let text = try browser.text()
        #expect(text.contains("138****1234") && !text.contains("13800001234"))

        // What the crew does is seen without touching anything.
        let path = try #require(browser.address.split(separator: "/").last?.split(separator: "?").first)
        let order = try OrderID(String(path))
        try browser.wait(forElement: "#live[data-state=live]")
        try eventually("water holds \(order)") { try agent.get("/v1/orders/\(order)").status == 200 }
        try browser.ask("window.lianxinSamePage = true")
        for (command, step, words) in [("accept", nil, "已签收"), ("progress", "onSite", "到场")]
          as [(String, String?, String)]
        {
          let fields = step.map { [("step", JSON.string($0))] } ?? []
          let answer = try agent.post(
            "/v1/orders/\(order)/commands",
            .object([JSON.Member("command", .string(command))] + fields.map { JSON.Member($0, $1) }))
          #expect(answer.status == 200, "\(answer)")
          try browser.wait(forText: words, in: "main")
        }
        let done = try agent.perform("complete", on: order, ("result", ["outcome": "solved", "work": "更换阀门"]))
        #expect(done.status == 200, "\(done)")
        try browser.wait(forText: "更换阀门", in: "main")
        #expect(try browser.ask("return window.lianxinSamePage") == true, "the page was not loaded again")

        // The citizen is rung, and the order is closed.
        try browser.perform("call-back", ["reached": "true", "solved": "yes", "result": "5", "service": "5"])
        try browser.wait(forText: "已回访", in: "main")
        try browser.perform("close", ["code": "solved"])
        try browser.wait(forText: "已办结", in: "main")
        #expect(try office.site.hub.order(order)["status"] == "closed")

        // Out again: what was open is gone.
        try browser.follow("form[action='/sign-out'] button")
        try browser.visit(office.address("/orders/\(order)"))
        try browser.wait(forElement: "#password")
      }
    }
  }
}

extension Browser {
  /// Presses keys by their characters.
  func press(_ keys: Character...) throws { try press(keys.map { Key($0) }) }
}
