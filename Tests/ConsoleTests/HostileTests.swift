// Whatever a citizen, an agent or an operator can put into a field is text to everyone who sees it: the hostile corpus through every
// field of the forms, through what an agent writes and through what it reports of itself, on every page that could show it.

import Core
import Foundation
import Testing

@testable import TestSite

extension ConsoleTests {
  @Suite struct Hostile {
    /// Each tries something else; each would leave `lianxinPwned` behind, break its page, or hide what it is.
    static let corpus: [String] = [
      "<script>window.lianxinPwned='script'</script>", "\"><img src=x onerror=\"window.lianxinPwned='attribute'\">",
      "' onfocus=window.lianxinPwned='single' autofocus x='", "javascript:window.lianxinPwned='address'",
      "</textarea></select></title></style><svg onload=window.lianxinPwned='svg'>",
      "{{csrf}}{{{title}}}{{#rows}}x{{/rows}}", "<!--", "]]>", "&lt;b&gt;&#x3c;script&#x3e;",
      "\"\u{301}><script>window.lianxinPwned='combining'</script>", "\u{202E}gnp.exe\u{202C}",
      "\u{2066}\u{2067}abc\u{2069}",
      "a\u{0}b\u{1}c", "=cmd|'/C calc'!A0", "+86=1+1", "\u{1B}[31mred", "%3Cscript%3E", "../../../etc/passwd",
    ]

    /// A long one, of what tries the layout most: no place to break.
    static let long = String(repeating: "长Lg", count: 3_333) + "!"

    @Test func whatCitizensAndAgentsWriteIsTextOnEveryPage() throws {
      let office = try Office("water")
      let site = office.site
      let agent = try site.agent("water")
      var orders: [OrderID] = []
      for (index, hostile) in Self.corpus.enumerated() {
        orders.append(try take(hostile, index, office))
      }
      orders.append(try take(Self.long, orders.count, office))
      try agent.settle()
      for (order, hostile) in zip(orders, Self.corpus + [Self.long]) {
        // What a crew writes; a refusal of what is too long or no text is as good.
        _ = try agent.perform("accept", on: order)
        _ = try agent.perform("note", on: order, ("text", .string(hostile)))
        _ = try agent.perform("plan", on: order, ("field", "crew"), ("value", .string(hostile)))
        _ = try agent.perform("request", on: order, ("type", "extension"), ("reason", .string(hostile)))
        _ = try agent.perform(
          "complete", on: order,
          ("result", ["outcome": "solved", "work": .string(hostile), "cause": .string(hostile)]),
          ("reply", ["citizen": .string(hostile), "public": .string(hostile)]))
        _ = try site.hub.perform("note", on: order, ("text", .string(hostile)))
      }
      try agent.settle()
      try reportOfItself(site)

      try office.browse(as: .administrator) { browser in
        let paths =
          [
            "/", "/platforms", "/platforms/water", "/orders", "/orders?view=board", "/orders?view=map", "/requests",
            "/conflicts", "/quarantine", "/supervision", "/callbacks", "/indicators", "/audit", "/users", "/privacy",
            try agentPath(site), "/users/administrator", "/supervision?state=all", "/supervision/policy",
          ] + orders.flatMap { ["/orders/\($0)", "/orders/\($0)/history", "/orders/\($0)/print", "/callbacks/\($0)"] }
        for path in paths {
          try browser.visit(office.address(path))
          try expectInert(browser, path)
          try browser.resize(width: 360, height: 740)
          let width = try browser.ask("return document.scrollingElement.scrollWidth").asInt ?? 0
          #expect(width <= 360, "\(path) is \(width) px wide")
          try browser.resize(width: 1_280, height: 900)
        }
        // The very words are there, as words.
        try browser.visit(office.address("/orders/\(orders[0])"))
        #expect(try browser.text("h1").contains(Self.corpus[0]))
      }
    }

    /// Answers that refuse what was typed. A failure of the hub is none of them.
    private static let refusals: Set<Int> = [400, 401, 403, 404, 409, 413, 422, 429]

    @Test func whatOperatorsTypeIsTextInEveryFieldOfEveryForm() throws {
      let town = try Town()
      let office = town.office
      try office.hire(.viewer)
      let line = try town.site.hub.get("/v1/quarantine").json["quarantine"]?.asArray?.first?.string("id")
      let paths = [
        "/requests", "/conflicts", "/quarantine", "/quarantine/\(try demand(line, "something was put aside"))",
        "/callbacks", "/callbacks/\(try town.id(.pressure))", "/supervision?state=all", "/supervision/policy",
        "/orders/new", "/orders", "/orders/\(try town.id(.burst))", "/orders/\(try town.id(.cover))",
        "/orders/\(try town.id(.smell))", "/platforms", "/platforms/water", try agentPath(town.site), "/users",
        "/users/viewer", "/password", "/second-factor", "/audit", "/indicators", "/privacy",
      ]
      try office.browse(as: .administrator, expecting: Self.refusals) { browser in
        for path in paths {
          // Those at the end first: what settles a matter, and with it takes the other forms away, mostly stands at the top.
          try browser.visit(office.address(path))
          for form in try kinds(browser).reversed() {
            for hostile in [Self.corpus.joined(separator: " "), Self.long] {
              // A form has no room for many long texts: again for the fields that were left out.
              var first: Int? = 0
              while let field = first {
                try browser.visit(office.address(path))
                first = try expectTaken(form, hostile, browser, path, from: field)
              }
            }
            // Where one field alone had the form refused, what is in the others is taken, and shown where that leads.
            try browser.visit(office.address(path))
            if try hasTypedFields(form, browser) {
              try expectTaken(form, Self.corpus.joined(separator: " "), browser, path, isFitting: true)
              if path == "/orders/new" {
                #expect(try !browser.address.hasSuffix("/orders") && browser.has("#d-changes"), "the order was taken")
              }
            }
          }
        }
        // The page before several orders are changed, and what it does.
        for hostile in [Self.corpus.joined(separator: " "), Self.long] {
          try browser.visit(office.address("/orders"))
          try browser.click("tbody tr input[name=order]")
          try browser.ask("document.querySelector('#bulk-command').value = 'note'")
          try browser.follow("form#bulk .bar button")
          try expectTaken(0, hostile, browser, "/orders/bulk")
        }
        // What ends an agent, and so comes last. It is done once: what fits is tried where the whole was refused.
        let agent = try agentPath(town.site)
        for isFitting in [false, true] {
          try browser.visit(office.address(agent))
          guard try browser.has("#revoke") else { break }
          let form = try browser.ask(
            "return [...document.querySelectorAll('main form')].indexOf(document.querySelector('#revoke form'))"
          ).asInt
          try expectTaken(
            try demand(form, "a form"), Self.corpus.joined(separator: " "), browser, agent, isFitting: isFitting,
            isLast: true)
        }
        try browser.visit(office.address(agent))
        #expect(try !browser.has("#revoke"), "the agent is revoked")
        for path in [agent, "/platforms/water", "/audit"] {
          try browser.visit(office.address(path))
          try expectInert(browser, path + ", after the revocation")
        }
      }
    }

    @Test func whatIsTypedAtTheDoorIsTextToo() throws {
      let office = try Office()
      let person = Person.operator
      try office.browse(as: person, expecting: Self.refusals) { browser in
        try browser.visit(office.address("/second-factor"))
        try browser.type(person.password, into: "#own-password")
        try browser.follow("#own button[value=begin]")
        let app = try Authenticator(typing: browser.text("#secret"))
        // The same page with what is wrong in the field for the code.
        try browser.fill("#confirm-code", with: Self.corpus.joined(separator: " "))
        try browser.follow("#pending button")
        try expectInert(browser, "/second-factor, the first code", to: ["otpauth:"])
        #expect(try browser.has("#fault"))
        try browser.fill("#confirm-code", with: app.code)
        try browser.follow("#pending button")
        #expect(try browser.count("#codes li") == 10)
        try browser.visit(office.address("/"))
        try browser.follow("form[action='/sign-out'] button")

        for hostile in [Self.corpus.joined(separator: " "), Self.long] {
          try browser.visit(office.address("/sign-in"))
          try expectTaken(0, hostile, browser, "/sign-in")
        }
        try browser.visit(office.address("/sign-in"))
        try browser.type(person.rawValue, into: "#name")
        try browser.type(person.password, into: "#password")
        try browser.follow("main button")
        try #require(try browser.address.contains("/sign-in/code"))
        for hostile in [Self.corpus.joined(separator: " "), Self.long] {
          try expectTaken(0, hostile, browser, "/sign-in/code")
        }
      }
    }

    /// The page's forms, of those that differ only in what they are about the first.
    private func kinds(_ browser: Browser) throws -> [Int] {
      try browser.ask(
        """
        const seen = new Set();
        const kind = form => form.getAttribute('action').split('/').pop() + form.method
          + [...form.elements].map(field => field.name + (field.name === 'command' ? field.value : '')).join();
        return [...document.querySelectorAll('main form')].map((form, index) => [index, kind(form)])
          .filter(([, name]) => !seen.has(name) && seen.add(name)).map(([index]) => index);
        """
      ).asArray?.compactMap(\.asInt) ?? []
    }

    /// Whether some fields of a form take only a number, a time or a name, while others take any text.
    private func hasTypedFields(_ form: Int, _ browser: Browser) throws -> Bool {
      try browser.ask(
        """
        const form = document.querySelectorAll('main form')[arguments[0]];
        return !!form && form.method === 'post' && !form.querySelector('[type=password]') && !!form.querySelector(
          '[type=number], [type=date], [type=datetime-local], [inputmode=decimal], [pattern], [autocapitalize=none]');
        """, .int(form)) == true
    }

    /// Sends a form of the page that is open: what comes back is a page, and holds nothing but text. The first of the fields that there
    /// was no room for; nil where there are none.
    ///
    /// - Parameters:
    ///   - first: the first of the fields that get the text; those before it get none.
    ///   - isFitting: whether what takes no text gets what it takes, and no field more than it has room for.
    ///   - isLast: whether the form may be one that ends what the page is about.
    @discardableResult
    private func expectTaken(
      _ form: Int, _ hostile: String, _ browser: Browser, _ path: String, from first: Int = 0, isFitting: Bool = false,
      isLast: Bool = false, sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> Int? {
      let sent = try send(form, hostile, browser, from: first, isFitting: isFitting, isLast: isLast)
      guard let sent else { return nil }
      let place = "\(path), form \(form), \(hostile.count) characters"
      try expectInert(browser, place, sourceLocation: sourceLocation)
      let shown = try browser.text()
      #expect(try browser.has("main h1"), "\(place): \(shown.prefix(500))", sourceLocation: sourceLocation)
      return sent < 0 ? nil : sent
    }

    private func agentPath(_ site: Site) throws -> String {
      let agents = try site.hub.get("/v1/agents").json["agents"]?.asArray ?? []
      let water = try #require(agents.first { $0["platform"] == "water" })
      return "/agents/water/\(try water.string("name"))"
    }

    /// An order whose every text is hostile.
    private func take(_ hostile: String, _ index: Int, _ office: Office) throws -> OrderID {
      func registers(_ text: String) -> JSON {
        [
          "title": .string(text), "description": .string(text), "source": .string(text), "kind": "repair",
          "caller": ["name": .string(text), "phone": .string(text)],
          "location": [
            "address": .string(text), "district": .string(text), "note": .string(text), "lat": .number("39.1\(index)"),
            "lon": .number("117.1\(index)"), "crs": "wgs84",
          ],
          "ref/erp": ["number": .string("\(index) \(text)"), "url": .string("javascript:window.lianxinPwned='url'")],
        ]
      }
      var answer = try office.site.hub.post("/v1/orders", ["registers": registers(hostile), "dispatch": "water"])
      if answer.status != 200 {
        // A value that is no text for its register is refused in words; it comes where any text may stand.
        #expect((400..<500).contains(answer.status) && !answer.detail.isEmpty, "\(answer)")
        answer = try office.site.hub.post(
          "/v1/orders",
          [
            "registers": ["title": .string(String(hostile.prefix(60))), "description": .string(hostile)],
            "dispatch": "water",
          ])
      }
      if answer.status != 200 {
        answer = try office.site.hub.post("/v1/orders", ["registers": ["title": "无"], "dispatch": "water"])
      }
      try #require(answer.status == 200, "\(answer)")
      return try OrderID(try answer.json.string("order"))
    }

    /// What an agent says about itself in its greetings: version, and all that the hub keeps of its health.
    private func reportOfItself(_ site: Site) throws {
      let raw = try RawAgent("water", of: site)
      for hostile in Self.corpus {
        let health = Health(
          outbox: 3, oldest: nil, waiting: 1, quarantined: 0, clock: Int(Date().timeIntervalSince1970 * 1_000),
          version: hostile)
        let hello = HelloRequest(health: health, cursor: .start, told: .start, runs: [])
        _ = try raw.post("hello", hello.json.bytes, type: "application/json")
      }
    }

    /// Fills the fields of a form from one on and sends it. The first that there was no room for, or a negative number; nil where it is
    /// a form that would end the session or load a file, and was not sent.
    private func send(
      _ form: Int, _ hostile: String, _ browser: Browser, from first: Int, isFitting: Bool, isLast: Bool
    ) throws -> Int? {
      let skipped = try browser.ask(
        """
        const [index, hostile, first, isFitting, isLast] = arguments;
        const form = document.querySelectorAll('main form')[index];
        if (!form) return null;
        const path = form.getAttribute('action') || '';
        if (/export|sign-out|disable/.test(path) || (/revoke/.test(path) && !isLast)) return null;
        form.noValidate = true;
        // An address has room for the beginning of a long text (the listener takes 16 KiB), and a form for some whole ones.
        const isAddress = form.method === 'get';
        const text = isAddress ? hostile.slice(0, 1000) : hostile;
        let room = isAddress ? 12000 : 400000;
        let number = -1, skipped = -1;
        // Another part for each field, without what is no text.
        const part = field => {
          const plain = hostile.replace(/[\\u0000-\\u001f]/g, '');
          const start = number * 37 % plain.length;
          return (plain.slice(start) + plain.slice(0, start)).slice(0, field.maxLength > 0 ? Math.min(field.maxLength, 200) : 200);
        };
        const fitting = field => {
          if (field.type === 'number') return field.value || field.min || '1';
          if (field.type === 'date') return field.value || new Date().toISOString().slice(0, 10);
          if (field.type === 'datetime-local') return field.value || new Date(Date.now() + 864e5).toISOString().slice(0, 16);
          if (field.inputMode === 'decimal') return '39.1';
          if (field.pattern || field.autocapitalize === 'none') return 'hostile1';
          return part(field);
        };
        for (const field of form.elements) {
          if (field.type === 'hidden' || field.type === 'submit' || field.tagName === 'BUTTON' || !field.name) continue;
          if (field.tagName === 'SELECT') field.selectedIndex = field.options.length - 1;
          else if (field.type === 'checkbox' || field.type === 'radio') field.checked = true;
          else if (field.type !== 'file') {
            number += 1;
            if (number < first) continue;
            if (isFitting) { field.value = fitting(field); continue; }
            const size = encodeURIComponent(text).length;
            if (size > room) { if (skipped < 0) skipped = number; continue; }
            room -= size;
            field.removeAttribute('maxlength');
            if (field.tagName === 'INPUT') field.type = 'text';
            field.value = text;
          }
        }
        return skipped;
        """, .int(form), .string(hostile), .int(first), .bool(isFitting), .bool(isLast)
      ).asInt
      guard let skipped else { return nil }
      try browser.leaving {
        try browser.ask("document.querySelectorAll('main form')[arguments[0]].requestSubmit()", .int(form))
      }
      return skipped
    }

    /// No script of a stranger ran, no element of a stranger's is there.
    ///
    /// - Parameter schemes: of addresses that the page itself leads to, beside those of the web.
    private func expectInert(
      _ browser: Browser, _ place: String, to schemes: [String] = [],
      sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
      let found = try browser.ask(
        """
        const foreign = [...document.querySelectorAll('script:not([src^="/assets/"]), iframe, object, embed, base, img:not([src^="/assets/"]), [style]')];
        const handlers = [...document.querySelectorAll('*')].filter(e => [...e.attributes].some(a => a.name.startsWith('on')));
        const links = [...document.querySelectorAll('[href], [action], [formaction], [src]')]
          .flatMap(e => ['href', 'action', 'formaction', 'src'].map(a => e.getAttribute(a)))
          .filter(v => v !== null && !/^([\\/?#]|https?:|data:image)/.test(v) && !arguments[0].some(s => v.startsWith(s)));
        const steering = document.documentElement.innerText.match(/[\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u202a-\\u202e\\u2066-\\u2069]/g) || [];
        return [window.lianxinPwned ?? '', ...foreign.map(e => e.outerHTML.slice(0, 120)), ...handlers.map(e => e.outerHTML.slice(0, 120)), ...links,
          ...steering.map(c => 'U+' + c.charCodeAt(0).toString(16))].filter(x => x);
        """, .array(schemes.map(JSON.string)))
      #expect(found == [], "\(place)", sourceLocation: sourceLocation)
    }
  }
}
