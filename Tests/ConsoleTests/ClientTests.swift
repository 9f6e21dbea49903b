// The browser's client itself, proved on pages of its own: that it sees, presses and waits, that a forbidden script is heard, that the
// accessibility rules find each fault, and that no browser outlives its test. The console's tests stand on this.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct Client {
    private static let pages: [String: (type: String, body: String)] = [
      "/": (
        "text/html; charset=utf-8",
        """
        <!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Desk</title>
        <link rel="stylesheet" href="/good.css"><link rel="icon" href="data:,"><script src="/desk.js" defer></script>
        <header><a href="/other">Elsewhere</a></header>
        <main><h1>The desk</h1><noscript>without script</noscript>
        <form action="/other"><label>Name <input name="name"></label> <button>Send</button></form>
        <button id="late" type="button">Later</button><p id="answer"></p></main></html>
        """
      ),
      "/other": (
        "text/html; charset=utf-8",
        "<!doctype html><html lang=en><title>Other</title><link rel=icon href='data:,'><main><h1>Other</h1></main></html>"
      ),
      "/desk.js": (
        "text/javascript",
        """
        document.getElementById('late').addEventListener('click', () => setTimeout(
          () => { document.getElementById('answer').textContent = '来了'; }, 50));
        """
      ),
      "/good.css": (
        "text/css",
        """
        :root { color-scheme: light dark; }
        body { color: #222; background: #fff; }
        a, button, input { display: inline-block; min-width: 24px; min-height: 24px; }
        a { color: #0645ad; } input { border: 1px solid #555; }
        :focus-visible { outline: 2px solid #0645ad; }
        @media (prefers-color-scheme: dark) { body { color: #eee; background: #111; } a { color: #9cf; } input { border-color: #aaa; } }
        """
      ),
      "/forbidden": (
        "text/html",
        """
        <!doctype html><html lang=en><title>Forbidden</title><link rel=icon href='data:,'><main><h1>Here</h1>
        <script>document.title = 'pwned'</script></main></html>
        """
      ),
      "/faults": (
        "text/html",
        """
        <!doctype html><html><title>Faults</title><link rel="stylesheet" href="/bad.css"><link rel="icon" href="data:,">
        <main><h1>One</h1><h1>Two</h1><h4>Four</h4><input name="bare"><img src="/none.png" width="30" height="30">
        <p id="pale">pale words</p><div id="wide">wide</div><button tabindex="3">first</button><button id="hidden">ring</button>
        <a href="/" class="tight">a</a><a href="/" class="tight">b</a><label for="nowhere">x</label><table><tr><td>cell</td></tr></table></main><p>outside of everything</p></html>
        """
      ),
      "/bad.css": (
        "text/css",
        """
        body { background: #fff; color: #000; } #pale { color: #aaa; } #wide { width: 900px; }
        input { border: 1px solid #ddd; background: #fff; } .tight { width: 16px; height: 16px; display: inline-block; } button { outline: none; min-width: 24px; min-height: 24px; }
        #hidden:focus { outline: none; }
        """
      ),
    ]

    private func open(
      _ path: String = "/", of server: LocalPages, _ setting: BrowserSetting = BrowserSetting()
    ) throws -> Browser {
      var setting = setting
      setting.trustedKeys = [server.key]
      let browser = try Browser(setting)
      try browser.visit(server.address(path))
      return browser
    }

    @Test func aPageIsReadTypedIntoAndPressedByPointerAndByKey() throws {
      let server = try LocalPages(Self.pages)
      let browser = try open(of: server)
      #expect(try browser.title == "Desk" && browser.text("h1") == "The desk")
      #expect(try !browser.text().contains("without script"))
      try browser.click("#late")
      try browser.wait(forText: "来了", in: "#answer")

      try browser.type("水务 \"1\"", into: "[name=name]")
      #expect(try browser.value("[name=name]") == "水务 \"1\"")
      try browser.leaving { try browser.press(.enter) }
      #expect(try browser.title == "Other" && browser.address.contains("name=%E6%B0%B4"))
      try browser.leaving { try browser.back() }
      try browser.fill("[name=name]", with: "a\u{0}b")
      #expect(try browser.ask("return document.querySelector('[name=name]').value.length") == 3)
      try browser.click("[name=name]")
      try browser.press(.tab)
      #expect(try browser.ask("return document.activeElement.textContent") == "Send")
      try browser.press(.backTab)
      try browser.type("z")
      #expect(try browser.value("[name=name]").contains("z"))

      #expect(try browser.focusFaults() == [])
      let picture = try browser.picture()
      #expect(picture.starts(with: [0x89, 0x50, 0x4E, 0x47]))
      let heard = try browser.console()
      #expect(heard.isEmpty, "\(heard)")
      let error = #expect(throws: NotInTime.self) {
        try browser.wait(forText: "never", within: 0.1)
      }
      #expect(error?.description.contains("The desk") == true)
    }

    @Test func aPageIsSeenNarrowDarkAndWithoutScript() throws {
      let server = try LocalPages(Self.pages)
      let browser = try open(of: server, BrowserSetting(hasScript: false, languages: "en", width: 360, height: 740))
      #expect(try browser.ask("return [innerWidth, innerHeight]") == [360, 740])
      #expect(try browser.text().contains("without script"))
      #expect(try browser.ask("return navigator.language") == "en")
      for scheme in ColourScheme.allCases {
        try browser.prefer(scheme)
        let isDark = try browser.ask("return matchMedia('(prefers-color-scheme: dark)').matches")
        #expect(isDark == .bool(scheme == .dark))
        #expect(try browser.accessibilityFaults(language: "en") == [])
      }
    }

    @Test func aScriptThatThePolicyForbidsIsHeardAndDoesNotRun() throws {
      let server = try LocalPages(Self.pages)
      let browser = try open("/forbidden", of: server)
      #expect(try browser.title == "Forbidden")
      let heard = try browser.console()
      #expect(heard.contains { $0.source == "security" && $0.message.contains("inline script") }, "\(heard)")
    }

    @Test func aServerOfAnotherKeyIsRefused() throws {
      let server = try LocalPages(Self.pages)
      let other = try LocalPages([:])
      let browser = try Browser(BrowserSetting(trustedKeys: [other.key]))
      try browser.visit(server.address("/"))
      let shown = try browser.text()
      #expect(shown.contains("ERR_CERT_AUTHORITY_INVALID") && !shown.contains("The desk"), "\(shown)")
    }

    @Test func everyAccessibilityFaultOfABadPageIsFound() throws {
      let server = try LocalPages(Self.pages)
      let browser = try open("/faults", of: server, BrowserSetting(width: 360, height: 740))
      let faults = try browser.accessibilityFaults(language: "zh") + browser.focusFaults()
      for expected in [
        "the page's lang is \"\", not zh", "the page shows 2 h1", "h4 \"Four\" comes after a heading of level 1",
        "input[name=bare] has no label", "img has no alt", "p#pale \"pale words\" has a contrast of 2.32:1",
        "the page is 9", "button \"first\" has a tabindex above 0", "Tab goes from",
        "one cannot see that button#hidden",
        "names nowhere, which is not there", "has no header cell", "\"outside of everything\" lies in no landmark",
        "input[name=bare] is told from the page by 1.", "a.tight \"a\" is 16 x 16 px, less than 24",
      ] {
        #expect(faults.contains { $0.contains(expected) }, "nobody says '\(expected)': \(faults)")
      }
    }

    @Test(arguments: [false, true]) func noProcessOfABrowserOutlivesItsTest(isDriverKilled: Bool) throws {
      let server = try LocalPages(Self.pages)
      var browser: Browser? = try open(of: server)
      let driver = try #require(browser?.driver)
      let folder = try #require(browser?.folder)
      #expect(driver.living.count > 2)
      if isDriverKilled { kill(driver.driverID, SIGKILL) }
      browser = nil
      #expect(driver.living.isEmpty)
      #expect(!FileManager.default.fileExists(atPath: folder))
    }
  }
}
