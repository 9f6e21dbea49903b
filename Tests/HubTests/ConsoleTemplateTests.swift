// Templates, what may stand in a page, and the phrases: what must hold before any page is asked for.

import Core
import Foundation
import Testing

@testable import Hub

@Suite struct ConsoleTemplateTests {
  private func render(_ source: String, _ model: ViewModel, _ language: Language = .en) throws -> String {
    try Template("test", source).render(model, for: Reader(language: language)).html.markup
  }

  @Test func valuesSectionsAndListsAreRendered() throws {
    #expect(
      try render(
        "{{a}} {{#list}}[{{x}}{{a}}]{{/list}}{{^none}}no{{/none}}{{#flag}}yes{{/flag}}{{#o}}{{y.z}}{{/o}}{{! said to nobody }}",
        ["a": "A", "list": [["x": .int(1)], ["x": .int(2)]], "none": [], "flag": true, "o": ["y": ["z": "Z"]]])
        == "A [1A][2A]noyesZ")
    #expect(try render("{{#l}}{{.}},{{/l}}", ["l": ["a", "b"]]) == "a,b,")
    #expect(try render("{{#text}}{{text}}{{/text}}{{^text}}-{{/text}}", ["text": ""]) == "-")
  }

  /// The script keeps what is unfolded, and how far a table is scrolled, by the id (console.js, swap).
  @Test func whateverCanBeUnfoldedOrScrolledHasAnID() throws {
    let pages = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Sources/Hub/Console")
    let all = try #require(FileManager.default.enumerator(at: pages, includingPropertiesForKeys: nil))
    let files = all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }
    var found = 0
    for file in files {
      let text = try String(contentsOf: file, encoding: .utf8)
      for tag in text.matches(of: /<details[^>]*>|<div class="scroll"[^>]*>/).map(\.output) {
        found += 1
        #expect(tag.contains(" id=\""), "\(file.lastPathComponent): \(tag)")
      }
    }
    #expect(found > 40, "the sources are where they were")
  }

  @Test func aPartHasItsOwnTemplateAndSeesWhatIsAroundIt() throws {
    let part = Template("part", "<b>{{own}}{{outer}}</b>")
    #expect(try render("{{part}}", ["part": .view(part, ["own": "<"]), "outer": "o"]) == "<b>&lt;o</b>")
  }

  @Test func everyTextIsEscapedWhoeverItBelongsTo() throws {
    #expect(
      try render("<p title=\"{{x}}\">", ["x": "\"><script>'&"]) == "<p title=\"&quot;&gt;&lt;script&gt;&#39;&amp;\">")
    // One character for people, and still a quote for a browser.
    #expect(try render("{{x}}", ["x": "\"\u{301} onfocus=1"]) == "&quot;\u{301} onfocus=1")
    #expect(try render("{{x}}", ["x": "<\u{FE0F}b"]) == "&lt;\u{FE0F}b")
    #expect(
      try render("{{x}}", ["x": "a\u{0}\u{1}\u{202E}\u{2066}\u{200B}\u{FEFF}b\nc\td"]).unicodeScalars.map(\.value)
        .filter { $0 == 0xFFFD }.count == 6)
    #expect(try render("{{x}}", ["x": "中山路爆管，请派人（急）"]) == "中山路爆管，请派人（急）")
  }

  @Test func whatIsEscapedStaysTextWhateverItSays() throws {
    #expect(try render("{{x}}", ["x": "{{y}} {{{z}}} {{#a}}"]) == "{{y}} {{{z}}} {{#a}}")
  }

  @Test func safeHTMLComesFromLiteralsAloneAndEscapesWhatIsFilledIn() throws {
    let hostile = "</title><script>\"'"
    let html: SafeHTML = "<circle r=\"\(2.5)\" cx=\"\(10)\"><title>\(hostile)</title></circle>"
    #expect(
      html.markup
        == "<circle r=\"2.5\" cx=\"10\"><title>&lt;/title&gt;&lt;script&gt;&quot;&#39;</title></circle>")
    #expect(try render("{{x}}", ["x": .html("<b>\(hostile)</b>")]).hasPrefix("<b>&lt;/title&gt;"))
    let numbers: SafeHTML = "\(-0.05) \(1.0) \(0.126) \(Double.nan) \(-3.5)"
    #expect(numbers.markup == "-0.05 1 0.13 0 -3.5")
  }

  @Test func aNameThatNothingHasIsNotedAndPrintsNothing() throws {
    let rendering = try Template("t", "[{{nobody}}{{#o}}{{a.b}}{{/o}}{{t.frame.nothing}}]").render(
      ["o": ["a": ["c": "x"]]], for: Reader(language: .zh))
    #expect(rendering.html.markup == "[]")
    #expect(rendering.unknown == ["t: nobody", "t: a.b", "t: t.frame.nothing"])
    let known = try Template("t", "{{x}}{{o.x}}").render(["x": .none, "o": .none], for: Reader(language: .zh))
    #expect(known.unknown.isEmpty)
  }

  @Test(arguments: [
    "{{#a}}", "{{/a}}", "{{#a}}{{/b}}", "{{a", "{{{a}}}", "{{&a}}", "{{>part}}", "{{=<% %>=}}", "{{a b}}", "{{}}",
    "{{a..b}}",
  ])
  func whatIsNoTemplateIsRefusedWithItsLine(source: String) throws {
    let fault = #expect(throws: TemplateFault.self) {
      try Template("bad", "\n" + source).render([:], for: Reader(language: .zh))
    }
    #expect(fault?.line == 2)
  }

  @Test func onlyAddressesOfTheWebAreLedTo() {
    #expect(WebAddress("https://example.org/a?b=1")?.text == "https://example.org/a?b=1")
    #expect(WebAddress("HTTP://example.org") != nil)
    for text in [
      "javascript:alert(1)", " https://a", "data:text/html,x", "//a", "https:/\u{0}", "https://a b", "ht\ntp://a",
    ] {
      #expect(WebAddress(text) == nil, "\(text)")
    }
    #expect("a/b?c#ü \"".inPath == "a%2Fb%3Fc%23%C3%BC%20%22")
  }

  // MARK: The sources

  private static let sources = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Sources/Hub/Console")

  private func sources() throws -> [(path: String, text: String)] {
    let all = try #require(FileManager.default.enumerator(at: Self.sources, includingPropertiesForKeys: nil))
    return try all.compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.map {
      ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8))
    }
  }

  /// The raw text of every template in the sources, by its name.
  private func templates() throws -> [(name: String, text: String)] {
    try sources().flatMap { file in
      file.text.matches(of: /Template\(\s*"([^"]+)",\s*#"""(.*?)"""#\)/.dotMatchesNewlines()).map {
        (String($0.output.1), String($0.output.2))
      }
    }
  }

  @Test func everyTemplateIsReadHasNoUnescapedTagAndNoInlineScriptOrStyle() throws {
    let templates = try templates()
    #expect(templates.count >= 15)
    for (name, text) in templates {
      #expect(throws: Never.self, "\(name)") { try Template(name, text).render([:], for: Reader(language: .zh)) }
      #expect(!text.contains("{{{") && !text.contains("{{&"), "\(name) prints something unescaped")
      #expect(text.firstMatch(of: /\s(style|on[a-z]+)\s*=/) == nil, "\(name) has a style or a script in an attribute")
      #expect(text.firstMatch(of: /<style|<script(?![^>]*\ssrc=)/) == nil, "\(name) has a style or a script of its own")
      // A tag in an attribute stands in quotes.
      #expect(text.firstMatch(of: /\s[a-z-]+=\{\{/) == nil, "\(name) has an attribute without quotes")
    }
  }

  @Test func everyPhraseOfATemplateIsThereInBothLanguages() throws {
    for (name, text) in try templates() {
      for match in text.matches(of: /\{\{[#^\/]?\s*t\.(\w+)\.(\w+)\s*\}\}/) {
        for language in Language.allCases {
          #expect(
            PhraseBook.text(String(match.output.1), String(match.output.2), language) != nil,
            "\(name): t.\(match.output.1).\(match.output.2)")
        }
      }
    }
  }

  @Test func bothLanguagesOfAPhraseSayTheSameAndFillInTheSame() {
    for (area, phrases) in PhraseBook.all {
      for (name, texts) in phrases {
        #expect(!texts.zh.isEmpty && !texts.en.isEmpty, "\(area).\(name)")
        func places(_ text: String) -> Set<String> { Set(text.matches(of: /\{\d\}/).map { String($0.output) }) }
        #expect(places(texts.zh) == places(texts.en), "\(area).\(name)")
        // Whoever reads English must not find Chinese.
        #expect(texts.en.firstMatch(of: /[\u{4E00}-\u{9FFF}]/) == nil, "\(area).\(name)")
      }
    }
    let areas = PhraseBook.sets.map { $0.area }
    #expect(Set(areas).count == areas.count)
  }

  @Test func everyWordThatTheHubKnowsHasAName() {
    let words: [(Vocabulary, [String])] = [
      (.status, OrderStatus.allCases.map(\.rawValue)), (.kind, RegisterTable.kinds),
      (.priority, RegisterTable.priorities), (.role, RegisterTable.roles), (.progress, RegisterTable.progressSteps),
      (.request, RegisterTable.requestTypes), (.closing, RegisterTable.closeCodes),
      (.contradiction, ContradictionKind.allCases.map(\.rawValue)),
      (.shown, ContradictionKind.allCases.map(\.shown)), (.because, ContradictionKind.allCases.map(\.because)),
      (.accountRole, Role.allCases.map(\.rawValue)), (.auditAction, AuditAction.allCases.map(\.rawValue)),
      (.right, Right.allCases.map(\.rawValue)), (.rule, RegisterTable.rows.map(\.rule.rawValue)),
    ]
    for (vocabulary, all) in words {
      for word in all { #expect(vocabulary.texts(word) != nil, "\(vocabulary): \(word)") }
    }
    for row in RegisterTable.rows { #expect(RegisterWords.english[row.pattern] != nil, "\(row.pattern)") }
    for row in RegisterTable.entries { #expect(RegisterWords.englishEntries[row.kind] != nil, "\(row.kind)") }
  }

  @Test(
    arguments: [
      (nil, Language.zh), ("en", .en), ("en-GB,en;q=0.9,zh;q=0.1", .en), ("fr, zh-CN;q=0.8, en;q=0.7", .zh),
      ("de", .zh),
      ("zh;q=0,en;q=0.1", .en), (";;;q=", .zh),
    ] as [(String?, Language)])
  func theLanguageIsTheOneThatTheBrowserPrefers(header: String?, language: Language) {
    #expect(Language(accepting: header) == language)
  }

  @Test func aPhraseIsFilledInOnceAndInAnyOrder() {
    #expect(ConflictPhrase.seen.said(in: .zh, ["{1}", "x"]) == "写时已看到本单 x 条改动中的 {1} 条，没有看到另一个值")
    #expect(ConflictPhrase.seen.said(in: .en, []).contains("{0}"))
  }
}
