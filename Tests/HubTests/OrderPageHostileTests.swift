// Whatever anybody wrote, on the pages of orders: nothing of it does anything in a browser.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct OrderPageHostileTests {
  @Test func whateverAnyoneWritesIsInertOnEveryPage() async throws {
    try await ConsoleFixture().serving { console in
      try console.addPlatform("water")
      let browser = try await console.signedIn(as: .supervisor, language: .en)
      var run: UInt8 = 0
      for hostile in ConsoleFixture.hostile {
        let text = JSON.string(hostile)
        let order = try console.order(
          [
            .init("title", text), .init("description", text), .init("sector", text),
            .init("caller", ["name": text, "phone": text, "language": text]),
            .init("location", ["address": text, "crs": text, "note": text, "lat": 1, "lon": 2]),
            .init("ref/erp", ["number": text, "url": text]), .init("source", text),
          ], to: "water")
        let id = try OrderID(order)
        run += 1
        let author = try FakeAuthor("water", seed: run)
        let assignment = try #require(try console.view(order).assignments.first?.id)
        let prefix = "assignment/\(assignment)"
        try console.push(
          [
            author.entry(
              id, context: try console.view(order).state.vector,
              [
                .set(prefix + "/unit", text), .set(prefix + "/crew", [text]),
                .set(prefix + "/result", ["outcome": "solved", "work": text]), .set("title", text),
                .append(kind: "note", value: JSONText(["text": text, "visibility": "all"])),
              ])
          ], from: author)
        for path in [
          "/orders", "/orders?view=board", "/orders?view=map", "/orders/\(order)", "/orders/\(order)/history",
          "/orders/\(order)/print", "/orders?text=\(hostile.inPath)",
        ] {
          let page = try await browser.get(path)
          #expect(page.status == 200, "\(path): \(hostile.debugDescription)")
          Self.expectInert(page, path)
        }
        Self.expectInert(try await browser.post("/orders/\(order)/reveal", []), "reveal")
        let form = NewOrderForm.fields.map { ($0, hostile) }
        Self.expectInert(try await browser.post("/orders/new", form), "form")
        Self.expectInert(try await browser.post("/orders/bulk", [("command", "note"), ("order", order)]), "bulk")
      }
    }
  }

  /// No element, attribute or address is of others' making: what a browser would read is looked at, not the text.
  private static func expectInert(_ page: WebAnswer, _ place: String) {
    let main = page.main
    // Each is made once: a page has hundreds of elements.
    let quoted = /="[^"]*"/
    let handler = /\s(on[a-z]+|style|srcdoc)=/
    let address = /\s(?:href|action|formaction|src)="([^"]*)"/
    for match in main.matches(of: /<([a-zA-Z][a-zA-Z0-9]*)((?:\s+[^\s=>"']+(?:="[^"]*")?)*)\s*\/?>/) {
      let name = match.output.1.lowercased()
      #expect(
        !["script", "img", "iframe", "object", "base", "style", "link", "meta"].contains(name), "\(place): <\(name)>")
      let attributes = match.output.2
      // What stands in quotes is a value, however it reads.
      let names = attributes.replacing(quoted, with: "=")
      #expect(names.firstMatch(of: handler) == nil, "\(place): \(attributes)")
      if let href = attributes.firstMatch(of: address)?.output.1 {
        #expect(href.hasPrefix("/") || href.hasPrefix("#"), "\(place): \(href)")
      }
    }
    // Every `<` that stands there begins or ends an element of ours.
    let tags = main.matches(of: /<\/?[a-zA-Z][a-zA-Z0-9]*((?:\s+[^\s=>"']+(?:="[^"]*")?)*)\s*\/?>/).count
    #expect(main.count { $0 == "<" } == tags, "\(place)")
    #expect(!main.unicodeScalars.contains("\u{202E}") && !main.unicodeScalars.contains("\u{0}"), "\(place)")
  }
}
