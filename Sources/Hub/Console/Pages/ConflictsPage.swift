// Conflicts and contradictions: what stands against what, which is shown and why, and the buttons that settle it.

import Core
import Shell

enum ConflictsPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("conflicts", query: "after", sharedFor: .role) { call in try page(call) }
    routes.act("conflicts/:order/choose") { call in try choose(call) }
    routes.act("conflicts/:order/write") { call in try write(call) }
    routes.act("conflicts/:order/uphold") { call in try uphold(call) }
    routes.act("conflicts/:order/relate") { call in try relate(call) }
  }

  /// Orders whose conflicts and contradictions are on one page.
  private static let maxOrders = 30

  private static func page(_ call: PageCall, notice: ConflictPhrase? = nil) throws -> ConsolePage {
    let after = call.query("after")
    let (reading, counts) = try call.seat.read { hotline in
      (
        try ConflictsReading.read(hotline, after: after, maxOrders: maxOrders),
        try hotline.database.read { db in try DisagreementCounts.read(db) }
      )
    }
    let contradictions =
      reading.contradictions.enumerated().map { contradiction($0.element, $0.offset, call) }
      + reading.doubled.map { doubled($0, call) }
    return ConsolePage(
      title: call.say(ConflictPhrase.title), section: .conflicts,
      // After a form it stands at the form's address, which cannot be fetched anew.
      topics: notice == nil ? [.conflicts] : [], template: template,
      view: [
        "notice": .optional(notice.map { call.say($0) }),
        "more": .optional(
          reading.isDoubledCut ? call.say(ConflictPhrase.more, "\(ConflictsReading.maxDoubled)") : nil),
        "isLater": .flag(after != nil),
        "next": .optional(reading.next.map { "/conflicts?after=\($0.inPath)" }),
        "count": .int(counts.conflicts + counts.contradictions), "maySettle": .flag(call.may(.supervise)),
        "mayRecall": .flag(call.may(.handle)),
        "conflicts": .list(reading.conflicts.enumerated().map { conflict($0.element, $0.offset, call) }),
        "contradictions": .list(contradictions),
      ])
  }

  private static func conflict(_ conflict: StandingConflict, _ place: Int, _ call: PageCall) -> ViewModel {
    let register = RegisterName(conflict.register)
    let isSealed = register?.row.sealedFor != nil
    let form = isSealed ? nil : register.flatMap { ShapeForm($0, call.language) }
    return [
      "id": .text("conflict-\(place)"), "href": .text("/orders/\(conflict.order.inPath)"),
      "number": .text(conflict.number), "title": .text(conflict.title),
      "register": .text(RegisterWords.register(conflict.register, call.language)), "path": .text(conflict.register),
      "rule": .optional(conflict.rule.map { call.word(.rule, $0.rawValue) }),
      "action": .text("/conflicts/\(conflict.order.inPath)"), "isSealed": .flag(isSealed),
      "seen": .text(SeenValues.field(conflict.atStake)),
      "values": .list(
        conflict.values.map { value($0, of: conflict.register, isSealed: isSealed, changes: conflict.changes, call) }),
      "hasInputs": .flag(form != nil),
      "inputs": form.map { form in
        let shown = conflict.values.first(where: \.isShown)?.value
        return InputView.views(
          InputView.inputs(form, filled: shown.map(form.filled) ?? [:], call), in: "conflict-\(place)")
      } ?? .none,
    ]
  }

  /// One of the values that stand against each other, and how it came to be.
  private static func value(
    _ rival: RivalValue, of register: String, isSealed: Bool = false, changes: Int, _ call: PageCall
  ) -> ViewModel {
    [
      "parts": isSealed
        ? .none
        : .list(
          call.values.parts(rival.value, ofRegister: register).map { part in
            ["label": .text(part.label), "text": .text(part.text)]
          }),
      "isShown": .flag(rival.isShown), "dot": .text(rival.dot.description), "wrote": .text(wrote(rival, call)),
      "onBehalf": .optional((rival.author?.onBehalfOf).map { call.say(ConflictPhrase.onBehalf, $0) }),
      "hadSeen": .text(call.say(ConflictPhrase.seen, "\(rival.seen)", "\(changes)")),
      "received": .optional(
        rival.received.map { call.say(ConflictPhrase.received, ConsoleTimes.short($0, seconds: true)) }),
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

  private static func contradiction(_ row: StandingContradiction, _ place: Int, _ call: PageCall) -> ViewModel {
    let kind = row.contradiction.kind
    let sides = [(row.contradiction.left, row.left), (row.contradiction.right, row.right)].enumerated().map {
      number, side in
      self.side(side.1, of: side.0, row, "contradiction-\(place)-\(number)", call)
    }
    return [
      "href": .text("/orders/\(row.order.inPath)"), "number": .text(row.number), "title": .text(row.title),
      "what": .text(call.word(.contradiction, kind.rawValue)), "shown": .text(call.word(.shown, kind.shown)),
      "because": .text(call.word(.because, kind.because)), "isFlagged": .flag(kind.isFlagged),
      "action": .text("/conflicts/\(row.order.inPath)/uphold"), "write": .text("/conflicts/\(row.order.inPath)/write"),
      "do": .text("/orders/\(row.order.inPath)/do"), "sides": .list(sides), "isDoubled": false,
      "todo": .optional(
        sides.contains { $0["uphold"]?.isSomething ?? false } ? nil : call.say(ConflictPhrase.doubled)),
    ]
  }

  /// One of the two, with what can be done about it here.
  private static func side(
    _ rival: RivalValue, of path: String, _ row: StandingContradiction, _ id: String, _ call: PageCall
  ) -> ViewModel {
    let register = RegisterName(path)
    let label = RegisterWords.register(path, call.language)
    // What is written once stands: an assignment is recalled.
    let isSettledHere = register.map { $0.row.rule != .first } ?? false
    let canLift = isSettledHere && (register?.row.isNullable ?? false)
    let form = isSettledHere && register?.row.sealedFor == nil ? register.flatMap { ShapeForm($0, call.language) } : nil
    return value(
      rival, of: path, changes: row.changes, call
    ).with([
      "label": .text(label), "path": .text(path),
      "seen": .text(
        SeenValues.field(path == row.contradiction.left ? row.leftAtStake : row.rightAtStake)),
      "uphold": .optional(isSettledHere ? call.say(ConflictPhrase.uphold, label) : nil),
      "lift": .optional(canLift ? call.say(ConflictPhrase.lift, label) : nil), "id": .text(id),
      "hasInputs": .flag(form != nil),
      "inputs": form.map { form in
        InputView.views(InputView.inputs(form, filled: form.filled(with: rival.value), call), in: id)
      } ?? .none,
      "recall": .optional(row.recallable.contains(path) ? register?.assignment : nil),
    ])
  }

  private static func doubled(_ row: DoubledReference, _ call: PageCall) -> ViewModel {
    [
      "href": .text("/orders/\(row.later.order.inPath)"), "number": .text(row.later.number),
      "title": .text(row.later.title), "what": .text(call.word(.contradiction, "sameReference")),
      "shown": .text(call.word(.shown, "both")), "because": .text("\(row.system): \(row.number)"), "isFlagged": true,
      "action": .text("/conflicts/\(row.later.order.inPath)/relate"), "sides": .none,
      "todo": .text(call.say(ConflictPhrase.sameReference, row.earlier.number)), "isDoubled": true,
      "otherHref": .text("/orders/\(row.earlier.order.inPath)"), "otherNumber": .text(row.earlier.number),
      "otherTitle": .text(row.earlier.title), "other": .text(row.earlier.order),
      "relations": .list(
        RegisterTable.relations.map { ["value": .text($0), "name": .text(call.word(.relation, $0))] }),
    ]
  }

  private static let template = Template(
    "conflicts",
    #"""
    <h1>{{t.conflicts.title}} <small>{{count}}</small></h1>
    {{#notice}}<p class="notice bad" role="alert">{{notice}}</p>{{/notice}}
    {{#more}}<p class="notice warning">{{more}}</p>{{/more}}
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
    {{#onBehalf}} · {{onBehalf}}{{/onBehalf}}<br>{{hadSeen}}{{#received}}<br>{{received}}{{/received}}</small></p>
    {{#maySettle}}{{^isSealed}}
    <form method="post" action="{{action}}/choose">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="seen" value="{{seen}}">
    <input type="hidden" name="dot" value="{{dot}}">
    <button>{{t.conflicts.choose}}</button></form>{{/isSealed}}{{/maySettle}}
    </div>{{/values}}</div>
    {{#maySettle}}{{#hasInputs}}<details id="{{id}}-another"><summary>{{t.conflicts.another}}</summary>
    <form method="post" action="{{action}}/write">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="seen" value="{{seen}}">
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
    {{#isDoubled}}<p><a href="{{otherHref}}">{{otherNumber}}</a> <bdi>{{otherTitle}}</bdi></p>
    {{#maySettle}}<form method="post" action="{{action}}" class="bar">{{csrf}}<input type="hidden" name="other" value="{{other}}">
    {{#relations}}<button name="kind" value="{{value}}">{{name}}</button>{{/relations}}</form>{{/maySettle}}{{/isDoubled}}
    <div class="sides">{{#sides}}<div class="card"><h4>{{label}} <small class="mono">{{path}}</small></h4>
    <dl class="facts">{{#parts}}<dt>{{label}}</dt><dd><bdi>{{text}}</bdi></dd>{{/parts}}</dl>
    <p><small><bdi>{{wrote}}</bdi>
    {{#onBehalf}} · {{onBehalf}}{{/onBehalf}}<br>{{hadSeen}}{{#received}}<br>{{received}}{{/received}}</small></p>
    <div class="bar">{{#maySettle}}{{#uphold}}
    <form method="post" action="{{action}}">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="seen" value="{{seen}}">
    <button>{{uphold}}</button></form>{{/uphold}}
    {{#lift}}<form method="post" action="{{action}}">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="seen" value="{{seen}}">
    <input type="hidden" name="lift" value="yes">
    <button class="danger">{{lift}}</button></form>{{/lift}}{{/maySettle}}</div>
    {{#maySettle}}{{#hasInputs}}<details id="{{id}}-another"><summary>{{t.conflicts.another}}</summary>
    <form method="post" action="{{write}}">{{csrf}}<input type="hidden" name="register" value="{{path}}">
    <input type="hidden" name="seen" value="{{seen}}">
    {{inputs}}<p class="bar">
    <button>{{t.conflicts.anotherUse}}</button></p></form></details>{{/hasInputs}}{{/maySettle}}
    {{#mayRecall}}{{#recall}}<details class="confirm" id="{{id}}-recall"><summary class="button quiet">{{t.step.recallThis}}</summary>
    <form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="recall">
    <input type="hidden" name="assignment" value="{{recall}}"><p>{{t.step.recallDo}}</p>
    <p class="field"><label for="{{id}}-reason">{{t.step.reason}}</label><input id="{{id}}-reason" name="reason" required maxlength="500"></p>
    <button class="danger">{{t.step.recallThis}}</button></form></details>{{/recall}}{{/mayRecall}}</div>{{/sides}}</div>
    <p class="bar">
    <a class="button quiet" href="{{href}}">{{t.conflicts.toOrder}}</a></p></article>{{/contradictions}}</section>
    <p class="pager">{{#isLater}}<a class="button quiet" href="/conflicts">{{t.frame.firstPage}}</a>{{/isLater}}
    {{#next}}<a class="button quiet" href="{{next}}" rel="next">{{t.frame.nextPage}}</a>{{/next}}</p>
    """#)

  // MARK: Acts

  /// Settles with the value that is made of the order as it stands; where that is not what was on the screen, the page says so.
  private static func settle(_ call: PageCall, _ value: (OrderReading) throws -> JSON?) throws -> PageAnswer {
    let order = try call.seat.resolve(try call.part("order"))
    let register = try call.demanded("register")
    do {
      let reading = try call.seat.read(.supervise) { hotline in
        try hotline.database.read { db in try OrderReading.read(order, limit: 0, db) }
      }
      _ = try call.seat.perform(
        .settle(register: register, value: try value(reading), seen: try SeenValues.read(call)), on: order,
        assignment: nil, onBehalfOf: nil, request: call.requestID)
    } catch  where SeenValues.isStale(error) {
      return .page(try page(call, notice: .changedMeanwhile), status: ProblemCode.unseen.status)
    }
    return .goTo("/conflicts", saying: ConflictPhrase.settled)
  }

  /// One of the values that stand; the page names it by its dot, so that no value comes back from a browser.
  private static func choose(_ call: PageCall) throws -> PageAnswer {
    let register = try call.demanded("register")
    let dot = try call.demanded("dot")
    return try settle(call) { reading in
      guard let chosen = reading.view.state.siblings(register).first(where: { $0.dot.description == dot }) else {
        throw SeenValues.gone(register)
      }
      return chosen.value.json
    }
  }

  private static func write(_ call: PageCall) throws -> PageAnswer {
    let name = try call.demanded("register")
    guard let form = RegisterName(name).flatMap({ ShapeForm($0, call.language) }),
      let value = try form.value(now: call.now, { call.form("v." + $0) })
    else { throw Problem(.badCommand, "give a value for '\(name.prefix(128))'") }
    return try settle(call) { reading in form.completed(value, from: reading.view.state.value(name)) }
  }

  private static func uphold(_ call: PageCall) throws -> PageAnswer {
    try settle(call) { _ in call.form("lift") == nil ? nil : .null }
  }

  /// The later of two orders with one reference belongs to the earlier.
  private static func relate(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.perform(
      .relate(order: try call.demanded("other"), kind: try call.demanded("kind")),
      on: try call.seat.resolve(try call.part("order")), assignment: nil, onBehalfOf: nil, request: call.requestID)
    return .goTo("/conflicts#contradictions", saying: ConflictPhrase.related)
  }
}
