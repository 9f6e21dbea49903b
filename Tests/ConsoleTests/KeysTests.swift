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

    @Test func everyPartOfTheConsoleIsTwoKeysAwayAndTheSearchIsOne() throws {
      let office = try Office()
      try office.browse(as: .administrator) { browser in
        try browser.visit(office.address("/"))
        let parts: [(Character, String)] = [
          ("s", "/supervision"), ("b", "/callbacks"), ("q", "/quarantine"), ("i", "/indicators"), ("a", "/audit"),
          ("u", "/users"), ("o", "/orders"), ("r", "/requests"), ("c", "/conflicts"), ("p", "/platforms"),
          ("h", "/health"), ("v", "/"),
        ]
        for (key, path) in parts {
          try browser.leaving { try browser.press("g", key) }
          #expect(try browser.address.hasSuffix(path), "g \(key)")
          // The help has it too.
          #expect(
            try browser.ask("return document.getElementById('keys').textContent").asString?.contains("g \(key)") == true
          )
        }
        // Where a page has no search, the orders' is meant; a filter by district is none.
        for path in ["/supervision", "/callbacks", "/indicators"] {
          try browser.visit(office.address(path))
          try browser.leaving { try browser.press("/") }
          #expect(
            try browser.ask("return [location.pathname, document.activeElement.id]") == ["/orders", "f-text"], "\(path)"
          )
        }
      }
    }

    @Test func theListIsWalkedDownAndUpAndWhereOneIsOpensWithEnter() throws {
      let office = try Office("water")
      // The newest stands on top.
      let orders = try ["井盖松动", "水表漏水", "路面塌陷"].map { try office.site.dispatched(to: "water", title: $0) }
      // Who may handle orders has a box in front of each, and comes to that first.
      for person in [Person.viewer, .operator] {
        try office.browse(as: person) { browser in
          func expectHere(_ title: String, _ keys: String) throws {
            // What a key does is done before the next answer to the test.
            #expect(try browser.count("main .here") == 1, "\(keys), as \(person)")
            #expect(try browser.text("main .here").contains(title), "\(keys), as \(person)")
            // The Tab key goes on from there.
            let hasFocus = try browser.ask("return document.activeElement.closest('.here') !== null")
            #expect(hasFocus == true, "\(keys), as \(person)")
          }
          try browser.visit(office.address("/orders"))
          try browser.press("j", "j")
          try expectHere("水表漏水", "j j")
          try browser.press("k")
          try expectHere("路面塌陷", "j j k")
          try browser.press("k")
          try expectHere("路面塌陷", "k above which there is none")
          try browser.press("j", "j", "j")
          try expectHere("井盖松动", "j below which there is none")
          try browser.press("k")
          try browser.leaving { try browser.press(.enter) }
          #expect(try browser.address.hasSuffix("/orders/\(orders[1])"))
          #expect(try browser.text("h1").contains("水表漏水"))
        }
      }
    }

    @Test func whoseSessionEndsWhileTheyWriteSignsInBesideItAndSendsWhatWasWritten() throws {
      let office = try Office("water")
      let order = try office.site.dispatched(to: "water", title: "井盖松动")
      try office.browse(as: .operator, expecting: [401]) { browser in
        try browser.watch(office.address("/orders/\(order)"))
        let form = "form:has(input[name=command][value=note])"
        try browser.ask("document.querySelector(arguments[0]).closest('details').open = true", .string(form))
        try browser.type("水已停", into: form + " textarea")
        // Signed out elsewhere.
        try browser.ask(
          """
          const csrf = document.querySelector('main input[name=csrf]').value;
          fetch('/sign-out', {method: 'POST', redirect: 'manual', body: new URLSearchParams({csrf})});
          """)
        try browser.wait(forElement: "#ended a[href^='/sign-in?next=']", within: 60)
        #expect(try browser.value(form + " textarea") == "水已停", "nobody is taken away from a form that is begun")
        // Signed in again in another window; then this one is looked at again.
        try browser.ask(
          """
          const [name, password] = arguments;
          (async () => {
            const page = new DOMParser().parseFromString(await (await fetch('/sign-in')).text(), 'text/html');
            const csrf = page.querySelector('main input[name=csrf]').value;
            await fetch('/sign-in', {method: 'POST', redirect: 'manual', body: new URLSearchParams({csrf, name, password})});
            dispatchEvent(new Event('focus'));
          })();
          """, .string(Person.operator.rawValue), .string(Person.operator.password))
        try browser.wait(for: "the forms have the new session's token", within: 60) { try !browser.has("#ended") }
        #expect(try browser.value(form + " textarea") == "水已停")
        try browser.follow(form + " button:not([type=button])")
        try browser.wait(forText: "水已停", in: "main")
      }
    }

    @Test func whatTheReaderFoldedAndUnfoldedStaysSoWhenThePageChanges() throws {
      let office = try Office("water")
      let order = try office.site.dispatched(to: "water", title: "井盖松动")
      try office.browse(as: .viewer) { browser in
        try browser.watch(office.address("/orders/\(order)"))
        // One stands open as the page comes, the other not.
        try browser.ask(
          """
          document.getElementById('d-changes').open = false;
          document.querySelector('main details[id]:not([open]):not(#d-changes)').open = true;
          """)
        func unfolded() throws -> JSON {
          try browser.ask("return [...document.querySelectorAll('main details[open]')].map(part => part.id)")
        }
        let before = try unfolded()
        #expect(before.asArray?.count == 1)
        _ = try office.site.hub.perform("note", on: order, ("text", "已派人"))
        try browser.wait(for: "the note is there") {
          try browser.ask("return document.getElementById('main').textContent.includes('已派人')") == true
        }
        #expect(try unfolded() == before)
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
