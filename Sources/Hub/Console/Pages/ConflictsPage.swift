// Conflicts and contradictions: what stands against what, which is shown and why, and the buttons that settle it.

import Core
import Shell

enum ConflictsPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("conflicts", sharedFor: .role) { call in try page(call) }
    routes.act("conflicts/:order/choose") { call in try choose(call) }
    routes.act("conflicts/:order/write") { call in try write(call) }
    routes.act("conflicts/:order/uphold") { call in try uphold(call) }
  }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let reading = try call.seat.read { try ConflictsReading.read($0) }
    let contradictions =
      reading.contradictions.map { contradiction($0, call) } + reading.doubled.map { doubled($0, call) }
    return ConsolePage(
      title: call.say(ConflictPhrase.title), section: .conflicts, topics: [.conflicts], template: template,
      view: [
        "count": .int(reading.conflicts.count + contradictions.count), "maySettle": .flag(call.may(.supervise)),
        "conflicts": .list(reading.conflicts.enumerated().map { conflict($0.element, $0.offset, call) }),
        "contradictions": .list(contradictions),
      ])
  }

  private static func conflict(_ conflict: StandingConflict, _ place: Int, _ call: PageCall) -> ViewModel {
    let words = ValueWords(language: call.language) { ConsoleTimes.short($0) }
    let register = RegisterName(conflict.register)
    let isSealed = register?.row.sealedFor != nil
    let form = isSealed ? nil : register.flatMap { ShapeForm($0, call.language) }
    return [
      "id": .text("conflict-\(place)"), "href": .text("/orders/\(conflict.order.inPath)"),
      "number": .text(conflict.number), "title": .text(conflict.title),
      "register": .text(RegisterWords.register(conflict.register, call.language)), "path": .text(conflict.register),
      "rule": .optional(conflict.rule.map { call.word(.rule, $0.rawValue) }),
      "action": .text("/conflicts/\(conflict.order.inPath)"), "isSealed": .flag(isSealed),
      "values": .list(
        conflict.values.map { rival in
          [
            "parts": isSealed
              ? .none
              : .list(
                words.parts(rival.value, ofRegister: conflict.register).map { part in
                  ["label": .text(part.label), "text": .text(part.text)]
                }),
            "isShown": .flag(rival.isShown), "dot": .text(rival.dot.description), "wrote": .text(wrote(rival, call)),
            "onBehalf": .optional(
              (rival.author?.onBehalfOf).map { call.say(ConflictPhrase.onBehalf, $0) }),
            "seen": .text(call.say(ConflictPhrase.seen, "\(rival.seen)", "\(conflict.changes)")),
            "received": .optional(
              rival.received.map { call.say(ConflictPhrase.received, ConsoleTimes.short($0, seconds: true)) }),
          ]
        }),
      "hasInputs": .flag(form != nil),
      "inputs": form.map { form in
        let shown = conflict.values.first(where: \.isShown)?.value
        return InputView.views(
          InputView.inputs(form, filled: shown.map(form.filled) ?? [:], call), in: "conflict-\(place)")
      } ?? .none,
    ]
  }

  private static func wrote(_ rival: RivalValue, _ call: PageCall) -> String {
    let side = rival.platform.isHub ? call.say(ConflictPhrase.hubWrote) : call.platform(rival.platform.text)
    guard let author = rival.author else { return "\(side): " + call.say(ConflictPhrase.unreadable) }
    let name = author == PushIngest.hubAuthor ? call.say(OrderPhrase.byItself) : author.name
    return call.say(
      ConflictPhrase.wrote, name, "\(side) · \(call.word(.accountRole, author.role))",
      ConsoleTimes.short(rival.at, seconds: true))
  }

  private static func contradiction(_ row: StandingContradiction, _ call: PageCall) -> ViewModel {
    let kind = row.contradiction.kind
    let register = RegisterName(row.contradiction.left)
    let label = RegisterWords.register(row.contradiction.left, call.language)
    // An assignment is written once; an answer cannot be taken back, and a refusal beside it is the order page's to give.
    let isSettledHere = register.map { $0.row.rule != .first } ?? false
    let canLift = isSettledHere && (register?.row.isNullable ?? false)
    return [
      "href": .text("/orders/\(row.order.inPath)"), "number": .text(row.number), "title": .text(row.title),
      "what": .text(call.word(.contradiction, kind.rawValue)), "shown": .text(call.word(.shown, kind.shown)),
      "because": .text(call.word(.because, kind.because)), "isFlagged": .flag(kind.isFlagged),
      "action": .text("/conflicts/\(row.order.inPath)/uphold"), "path": .text(row.contradiction.left),
      "uphold": .optional(isSettledHere ? call.say(ConflictPhrase.uphold, label) : nil),
      "lift": .optional(canLift ? call.say(ConflictPhrase.lift, label) : nil),
      "todo": .optional(isSettledHere ? nil : call.say(ConflictPhrase.doubled)),
    ]
  }

  private static func doubled(_ row: DoubledReference, _ call: PageCall) -> ViewModel {
    [
      "href": .text("/orders/\(row.order.inPath)"), "number": .text(row.order), "title": .text(row.system),
      "what": .text(call.word(.contradiction, "sameReference")), "shown": .text(call.word(.shown, "both")),
      "because": .text(call.say(ConflictPhrase.sameReference, row.other)), "isFlagged": true,
      "action": .none, "path": .none, "uphold": .none, "lift": .none, "todo": .none,
    ]
  }

  private static let template = Template(
    "conflicts",
    #"""
    <h1>{{t.conflicts.title}} <small>{{count}}</small></h1>
    {{^maySettle}}<p>{{t.conflicts.mayNot}}</p>{{/maySettle}}
    <section aria-labelledby="conflicts"><h2 id="conflicts">{{t.conflicts.conflicts}}</h2>
    <p>{{t.conflicts.explain}} {{t.conflicts.nothingLost}}</p>
    {{^conflicts}}<p class="empty">{{t.conflicts.none}}</p>{{/conflicts}}
    {{#conflicts}}<article class="card" data-row id="{{id}}"><h3>
    <a href="{{href}}">{{number}}</a> <bdi>{{title}}</bdi> — {{register}}
    <small class="mono">{{path}}</small></h3>
    {{#rule}}<p>{{t.conflicts.rule}}: {{rule}}</p>{{/rule}}
    <div class="sides">{{#values}}<div class="card{{#isShown}} shown{{/isShown}}">
    {{#isShown}}<p><span class="badge info">{{t.conflicts.shown}}</span></p>{{/isShown}}
    {{#isSealed}}<p>{{t.conflicts.sealedValue}}</p>{{/isSealed}}
    <dl class="facts">{{#parts}}<dt>{{label}}</dt><dd><bdi>{{text}}</bdi></dd>{{/parts}}</dl>
    <p><small><bdi>{{wrote}}</bdi>
    {{#onBehalf}} · {{onBehalf}}{{/onBehalf}}<br>{{seen}}{{#received}}<br>{{received}}{{/received}}</small></p>
    {{#maySettle}}{{^isSealed}}
    <form method="post" action="{{action}}/choose">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="dot" value="{{dot}}">
    <button>{{t.conflicts.choose}}</button></form>{{/isSealed}}{{/maySettle}}
    </div>{{/values}}</div>
    {{#maySettle}}{{#hasInputs}}<details id="{{id}}-another"><summary>{{t.conflicts.another}}</summary>
    <form method="post" action="{{action}}/write">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    {{inputs}}<p class="bar">
    <button>{{t.conflicts.anotherUse}}</button></p></form></details>{{/hasInputs}}{{/maySettle}}
    </article>{{/conflicts}}</section>
    <section aria-labelledby="contradictions"><h2 id="contradictions">{{t.conflicts.contradictions}}</h2>
    <p>{{t.conflicts.explainContradictions}} {{t.conflicts.nothingLost}}</p>
    {{^contradictions}}<p class="empty">{{t.conflicts.none}}</p>{{/contradictions}}
    {{#contradictions}}<article class="card" data-row><h3><a href="{{href}}">{{number}}</a> <bdi>{{title}}</bdi></h3>
    <p>{{what}} {{#isFlagged}}<span class="badge warning">{{t.conflicts.flagged}}</span>{{/isFlagged}}</p>
    <p>{{t.conflicts.shown}}: <strong>{{shown}}</strong> <small>{{t.conflicts.because}}: {{because}}</small></p>
    {{#todo}}<p>{{todo}}</p>{{/todo}}
    <div class="bar">{{#maySettle}}{{#uphold}}
    <form method="post" action="{{action}}">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <button>{{uphold}}</button></form>{{/uphold}}
    {{#lift}}<form method="post" action="{{action}}">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="lift" value="yes">
    <button class="danger">{{lift}}</button></form>{{/lift}}{{/maySettle}}
    <a class="button quiet" href="{{href}}">{{t.conflicts.toOrder}}</a></div></article>{{/contradictions}}</section>
    """#)

  // MARK: Acts

  private static func settle(_ call: PageCall, _ value: JSON?) throws -> PageAnswer {
    _ = try call.seat.perform(
      .settle(register: try call.demanded("register"), value: value),
      on: try call.seat.resolve(try call.part("order")), assignment: nil, onBehalfOf: nil, request: call.requestID)
    return .goTo("/conflicts", saying: ConflictPhrase.settled)
  }

  /// One of the values that stand; the page names it by its dot, so that no value comes back from a browser.
  private static func choose(_ call: PageCall) throws -> PageAnswer {
    let register = try call.demanded("register")
    let dot = try call.demanded("dot")
    let order = try call.seat.resolve(try call.part("order"))
    let state = try call.seat.read { hotline in
      try hotline.database.read { db in try OrderReading.read(order, limit: 0, db).view.state }
    }
    let values = state.conflicts.contains(register) ? state.siblings(register) : []
    guard let chosen = values.first(where: { $0.dot.description == dot })?.value.json else {
      throw Problem(.illegalStep, "that value no longer stands: somebody else has settled it, or a newer one came")
    }
    return try settle(call, chosen)
  }

  private static func write(_ call: PageCall) throws -> PageAnswer {
    let name = try call.demanded("register")
    guard let form = RegisterName(name).flatMap({ ShapeForm($0, call.language) }),
      let value = try form.value(now: call.now, { call.form("v." + $0) })
    else { throw Problem(.badCommand, "give a value for '\(name.prefix(128))'") }
    return try settle(call, value)
  }

  private static func uphold(_ call: PageCall) throws -> PageAnswer {
    try settle(call, call.form("lift") == nil ? nil : .null)
  }
}
