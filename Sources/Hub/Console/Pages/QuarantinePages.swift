// Changes without effect: those that are void, with the button that reinstates them, those that wait for a lost one, and those that the hub
// set aside, with their raw lines.

import Core
import Shell

enum QuarantinePages {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("quarantine", query: "voids", "aside", sharedFor: .role) { call in try page(call) }
    routes.page("quarantine/:dot") { call in try line(call) }
    routes.act("quarantine/:dot/reinstate") { call in try reinstate(call) }
    routes.act("quarantine/lost/:order/settle") { call in try settleLost(call) }
  }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let (voidsAfter, asideAfter) = (call.query("voids"), call.query("aside"))
    let voids = try call.seat.read { try VoidChange.read($0, after: voidsAfter, limit: pageSize) }
    let aside = try call.seat.quarantine(after: asideAfter, limit: pageSize)
    /// The other list stays where it is.
    func address(voids: String?, aside: String?, at place: String) -> String {
      let items = [("voids", voids), ("aside", aside)].compactMap { name, value in
        value.map { "\(name)=\($0.inPath)" }
      }
      return "/quarantine" + (items.isEmpty ? "" : "?" + items.joined(separator: "&")) + place
    }
    return ConsolePage(
      title: call.say(QuarantinePhrase.title), section: .quarantine, topics: [.quarantine], template: template,
      view: [
        "maySupervise": .flag(call.may(.supervise)), "mayInspect": .flag(call.may(.inspect)),
        "voids": .list(
          voids.voids.map { void in
            [
              "dot": .text(void.dot), "href": .text("/orders/\(void.order.inPath)"), "number": .text(void.number),
              "title": .text(void.title), "platform": .text(call.platform(void.platform)),
              "received": call.ago(void.received), "at": call.ago(void.at),
              "reason": .text(VoidWords.said(void.reason, in: call.language)),
              "isWrittenAgain": .flag(void.isWrittenAgain),
              "mayReinstate": .flag(void.isVoid && !void.isWrittenAgain && call.may(.supervise)),
              "by": .optional(void.by.map { by(in: $0, call) }),
              "wrote": .text(void.wrote.map { wrote($0, call) }.joined(separator: call.language == .zh ? "、" : ", ")),
              "badge": void.isVoid
                ? call.badge(.warning, QuarantinePhrase.isVoid) : call.badge(.good, QuarantinePhrase.isReinstated),
              "action": .text("/quarantine/\(void.dot.inPath)/reinstate"), "order": .text(void.order),
              "line": void.received != nil && call.may(.inspect)
                ? .text("/quarantine/\(void.dot.inPath)") : .none,
            ]
          }),
        "voidsNext": .optional(voids.next.map { address(voids: $0, aside: asideAfter, at: "#voids") }),
        "voidsFirst": .optional(voidsAfter.map { _ in address(voids: nil, aside: asideAfter, at: "#voids") }),
        "lost": .list(try call.seat.lost().list("lost").map { lost($0, call) }),
        "rows": .list(aside.list("quarantine").map { row($0, call) }),
        "asideNext": .optional(
          (aside["next"]?.asString).map { address(voids: voidsAfter, aside: $0, at: "#quarantine") }),
        "asideFirst": .optional(asideAfter.map { _ in address(voids: voidsAfter, aside: nil, at: "#quarantine") }),
      ])
  }

  /// Rows of each list on one page.
  private static let pageSize = 50

  /// Dots that a row names; the rest is counted.
  private static let maxMissing = 5

  /// An order in which changes wait for what nobody has any more.
  private static func lost(_ row: JSON, _ call: PageCall) -> ViewModel {
    let missing = ["missing", "unvoided"].flatMap { row[$0]?.asArray?.compactMap(\.asString) ?? [] }
    let unheard = row.list("unheard").map { "\(call.platform($0.text("platform"))) \($0.text("agent"))" }
    return [
      "id": .text(row.text("order")), "number": .optional(row["number"]?.asString),
      "href": .text("/orders/\(row.text("order").inPath)"), "changes": .int(row["changes"]?.asInt ?? 0),
      "missing": .list(missing.prefix(maxMissing).map(ViewModel.text)),
      "moreMissing": .optional(
        missing.count > maxMissing ? call.say(QuarantinePhrase.lostMore, "\(missing.count - maxMissing)") : nil),
      "since": call.ago(row["since"]?.asInt),
      "unheard": .text(unheard.joined(separator: call.language == .zh ? "、" : ", ")),
      "maySettle": .flag(call.may(.supervise) && !missing.isEmpty),
      "action": .text("/quarantine/lost/\(row.text("order").inPath)/settle"),
    ]
  }

  private static func settleLost(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.settleLost(try call.part("order"))
    return .goTo("/quarantine#lost", saying: QuarantinePhrase.lostSettled)
  }

  /// Who voided it: the hub as it arrived, or somebody.
  private static func by(in author: Author, _ call: PageCall) -> String {
    author == PushIngest.hubAuthor
      ? call.say(QuarantinePhrase.byHub) : call.say(QuarantinePhrase.by, OrdersPages.person(author, call))
  }

  private static func wrote(_ part: VoidChange.Part, _ call: PageCall) -> String {
    switch part {
    case .register(let path): RegisterWords.register(path, call.language)
    case .entry(let kind): RegisterWords.entry(kind, call.language)
    }
  }

  private static func row(_ row: JSON, _ call: PageCall) -> ViewModel {
    let isUnreadable = row.text("reason") == "unreadable"
    return [
      "dot": .text(row.text("dot")), "href": .text("/quarantine/\(row.text("id").inPath)"),
      "platform": .text(call.platform(row.text("platform"))), "order": .text(row.text("order")),
      "orderHref": .text("/orders/\(row.text("order").inPath)"), "received": call.ago(row["at"]?.asInt),
      "reason": .text(
        isUnreadable
          ? call.say(QuarantinePhrase.unreadable)
          : VoidWords.said(row.text("reason"), in: call.language)),
      "todo": .text(call.say(isUnreadable ? QuarantinePhrase.unreadableDo : .otherDo)),
      "bytes": .int(row["bytes"]?.asInt ?? 0),
    ]
  }

  private static let template = Template(
    "quarantine",
    #"""
    <h1>{{t.quarantine.title}}</h1>
    <section aria-labelledby="voids"><h2 id="voids">{{t.quarantine.voids}}</h2>
    <p>{{t.quarantine.voidsExplain}}{{^maySupervise}} {{t.quarantine.supervisorDoes}}{{/maySupervise}}</p>
    {{^voids}}<p class="empty">{{t.quarantine.voidNone}}</p>{{/voids}}
    <div class="scroll" id="void-rows"><table class="rows"><thead><tr><th scope="col">{{t.quarantine.order}}</th>
    <th scope="col">{{t.quarantine.platform}}</th>
    <th scope="col">{{t.quarantine.wrote}}</th><th scope="col">{{t.quarantine.reason}}</th>
    <th scope="col">{{t.quarantine.received}}</th><th scope="col">{{t.quarantine.change}}</th></tr></thead><tbody>
    {{#voids}}<tr data-row id="void-{{dot}}"><td><a href="{{href}}">{{number}}</a> <bdi>{{title}}</bdi></td>
    <td data-label="{{t.quarantine.platform}}"><bdi>{{platform}}</bdi></td>
    <td data-label="{{t.quarantine.wrote}}">{{wrote}}</td>
    <td data-label="{{t.quarantine.reason}}">{{badge}} <bdi>{{reason}}</bdi>{{#by}}<br><small><bdi>{{by}}</bdi>, {{at}}</small>{{/by}}</td>
    <td data-label="{{t.quarantine.received}}">{{received}}</td>
    <td><small class="mono">{{#line}}<a href="{{line}}">{{dot}}</a>{{/line}}{{^line}}{{dot}}{{/line}}</small>{{#isWrittenAgain}}<br><small>{{t.quarantine.writtenAgain}}</small>{{/isWrittenAgain}}{{#mayReinstate}}
    <details class="confirm" id="reinstate-{{dot}}"><summary class="button quiet">{{t.quarantine.reinstate}}</summary>
    <form method="post" action="{{action}}">{{csrf}}<input type="hidden" name="order" value="{{order}}">
    <p>{{t.quarantine.reinstateWhat}}</p>
    <p class="bar">
    <button>{{t.quarantine.reinstate}}</button></p></form></details>{{/mayReinstate}}</td></tr>
    {{/voids}}</tbody></table></div>
    <p class="pager">{{#voidsFirst}}<a href="{{voidsFirst}}">{{t.frame.newest}}</a>{{/voidsFirst}}{{#voidsNext}}<a href="{{voidsNext}}" rel="next">{{t.frame.earlier}}</a>{{/voidsNext}}</p></section>
    <section aria-labelledby="lost"><h2 id="lost">{{t.quarantine.lost}}</h2>
    <p>{{t.quarantine.lostExplain}}{{^maySupervise}} {{t.quarantine.lostSupervisor}}{{/maySupervise}}</p>
    {{^lost}}<p class="empty">{{t.quarantine.lostNone}}</p>{{/lost}}
    <div class="scroll" id="lost-rows"><table class="rows"><thead><tr><th scope="col">{{t.quarantine.order}}</th>
    <th scope="col" class="number">{{t.quarantine.lostChanges}}</th>
    <th scope="col">{{t.quarantine.lostMissing}}</th><th scope="col">{{t.quarantine.lostSince}}</th>
    <th scope="col">{{t.quarantine.lostUnheard}}</th></tr></thead><tbody>
    {{#lost}}<tr data-row id="lost-{{id}}"><td>{{#number}}<a href="{{href}}">{{number}}</a>{{/number}}{{^number}}<span class="mono">{{id}}</span>{{/number}}</td>
    <td class="number" data-label="{{t.quarantine.lostChanges}}">{{changes}}</td>
    <td data-label="{{t.quarantine.lostMissing}}">{{#missing}}<small class="mono">{{.}}</small><br>{{/missing}}<small>{{moreMissing}}</small></td>
    <td data-label="{{t.quarantine.lostSince}}">{{since}}</td>
    <td data-label="{{t.quarantine.lostUnheard}}">{{#unheard}}<bdi>{{unheard}}</bdi>{{/unheard}}{{^unheard}}{{t.quarantine.lostAllHeard}}{{/unheard}}{{#maySettle}}
    <details class="confirm" id="settle-{{id}}"><summary class="button quiet">{{t.quarantine.lostSettle}}</summary>
    <form method="post" action="{{action}}">{{csrf}}
    <p>{{t.quarantine.lostSettleWhat}}</p>
    <p class="bar">
    <button>{{t.quarantine.lostSettle}}</button></p></form></details>{{/maySettle}}</td></tr>
    {{/lost}}</tbody></table></div></section>
    <section aria-labelledby="quarantine"><h2 id="quarantine">{{t.quarantine.quarantine}}</h2>
    <p>{{t.quarantine.quarantineExplain}}{{^mayInspect}} {{t.quarantine.mayNotSee}}{{/mayInspect}}</p>
    {{^rows}}<p class="empty">{{t.quarantine.none}}</p>{{/rows}}
    <div class="scroll" id="quarantine-rows"><table class="rows"><thead><tr><th scope="col">{{t.quarantine.change}}</th>
    <th scope="col">{{t.quarantine.platform}}</th>
    <th scope="col">{{t.quarantine.order}}</th><th scope="col">{{t.quarantine.reason}}</th>
    <th scope="col">{{t.quarantine.received}}</th>
    <th scope="col" class="number">{{t.quarantine.bytes}}</th></tr></thead><tbody>
    {{#rows}}<tr data-row id="aside-{{dot}}"><td class="mono">
    {{#mayInspect}}<a href="{{href}}">{{dot}}</a>{{/mayInspect}}{{^mayInspect}}{{dot}}{{/mayInspect}}</td>
    <td data-label="{{t.quarantine.platform}}"><bdi>{{platform}}</bdi></td><td data-label="{{t.quarantine.order}}">
    <a href="{{orderHref}}" class="mono">{{order}}</a></td>
    <td data-label="{{t.quarantine.reason}}"><bdi>{{reason}}</bdi><br><small>{{todo}}</small></td>
    <td data-label="{{t.quarantine.received}}">{{received}}</td>
    <td class="number" data-label="{{t.quarantine.bytes}}">{{bytes}}</td></tr>
    {{/rows}}</tbody></table></div>
    <p class="pager">{{#asideFirst}}<a href="{{asideFirst}}">{{t.frame.firstPage}}</a>{{/asideFirst}}{{#asideNext}}<a href="{{asideNext}}" rel="next">{{t.frame.nextPage}}</a>{{/asideNext}}</p></section>
    """#)

  private static func line(_ call: PageCall) throws -> ConsolePage {
    let dot = try call.part("dot")
    let found = try call.seat.quarantined(dot)
    guard let isVoid = found["void"]?.asBool else {
      return linePage(
        .lineTitle, row(found, call).with(["line": .text(found.text("line")), "mayReinstate": false]), call)
    }
    let todo: QuarantinePhrase = !isVoid ? .reinstatedDo : found.isTrue("writtenAgain") ? .writtenAgain : .voidDo
    return linePage(
      .voidLineTitle,
      row(found, call).with([
        "reason": .text(
          isVoid ? VoidWords.said(found.text("reason"), in: call.language) : call.say(QuarantinePhrase.isReinstated)),
        "todo": .text(call.say(todo)), "line": .text(found.text("line")),
        "mayReinstate": .flag(todo == .voidDo && call.may(.supervise)),
        "action": .text("/quarantine/\(dot.inPath)/reinstate"),
      ]), call)
  }

  private static func linePage(_ title: QuarantinePhrase, _ view: ViewModel, _ call: PageCall) -> ConsolePage {
    ConsolePage(
      title: call.say(title), section: .quarantine, template: lineTemplate,
      view: view.with(["title": .text(call.say(title))]))
  }

  private static let lineTemplate = Template(
    "quarantine-line",
    #"""
    <h1>{{title}}</h1>
    <dl class="facts"><dt>{{t.quarantine.change}}</dt><dd class="mono">{{dot}}</dd>
    <dt>{{t.quarantine.platform}}</dt><dd><bdi>{{platform}}</bdi></dd>
    <dt>{{t.quarantine.order}}</dt><dd><a class="mono" href="{{orderHref}}">{{order}}</a></dd>
    <dt>{{t.quarantine.received}}</dt><dd>{{received}}</dd>
    <dt>{{t.quarantine.reason}}</dt><dd><bdi>{{reason}}</bdi></dd>
    <dt>{{t.quarantine.todo}}</dt><dd>{{todo}}</dd></dl>
    {{#mayReinstate}}<details class="confirm" id="reinstate"><summary class="button quiet">{{t.quarantine.reinstate}}</summary>
    <form method="post" action="{{action}}">{{csrf}}<input type="hidden" name="order" value="{{order}}">
    <p>{{t.quarantine.reinstateWhat}}</p>
    <p class="bar">
    <button>{{t.quarantine.reinstate}}</button></p></form></details>{{/mayReinstate}}
    <h2>{{t.quarantine.line}} <small>{{bytes}} {{t.quarantine.bytes}}</small></h2>
    <pre dir="ltr">{{line}}</pre>
    <p class="bar"><a class="button" href="/quarantine">{{t.quarantine.back}}</a></p>
    """#)

  private static func reinstate(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.perform(
      .reinstate(dot: try call.part("dot")), on: try call.seat.resolve(try call.demanded("order")), assignment: nil,
      onBehalfOf: nil, request: call.requestID)
    return .goTo("/quarantine", saying: QuarantinePhrase.reinstated)
  }
}
