// Where an order disagrees with itself: registers with several values, pairs of registers that cannot both stand, changes without
// effect. Each says what happened, what is shown and why, and what to press.

import Core

extension OrdersPages {
  static func conflictsView(_ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let view = reading.view
    guard !view.state.conflicts.isEmpty || !view.contradictions.isEmpty else { return .none }
    let authors = authors(in: reading)
    let conflicts = view.state.conflicts.enumerated().map { number, name in
      conflict(name, number, reading, authors, call)
    }
    let contradictions = view.contradictions.enumerated().map { number, found in
      contradiction(found, number, reading, authors, call)
    }
    return .view(
      conflictsTemplate,
      [
        "conflicts": .list(conflicts), "hasConflicts": .flag(!conflicts.isEmpty),
        "contradictions": .list(contradictions), "hasContradictions": .flag(!contradictions.isEmpty),
        "maySettle": .flag(call.may(.supervise)), "mayNot": .optional(call.mayNot(.supervise)),
        "mayRecall": .flag(call.may(.handle)), "do": .text("/orders/\(reading.id.text.inPath)/do"),
      ])
  }

  private static func conflict(
    _ name: String, _ number: Int, _ reading: OrderReading, _ authors: [Dot: Author], _ call: PageCall
  ) -> ViewModel {
    let state = reading.view.state
    let shown = state.shown(name)?.dot
    let register = RegisterName(name)
    let form = register.flatMap { ShapeForm($0, call.language) }
    let id = "c-\(number)"
    return [
      "id": .text(id), "register": .text(name), "label": .text(RegisterWords.register(name, call.language)),
      "whose": .optional(
        register?.assignment.flatMap { reading.view.assignment($0).map { call.platform($0.platform) } }),
      "rule": .optional((register?.row.rule.rawValue).map { call.word(.rule, $0) }),
      "siblings": .list(
        state.siblings(name).enumerated().map { index, sibling in
          ViewModel.object([
            "id": .text("\(id)-\(index)"), "dot": .text(sibling.dot.description),
            "value": .text(call.values.line(reading.shown(sibling.value.json), ofRegister: name)),
            "by": .text(writer(of: sibling.dot, authors, call)), "at": call.time(sibling.at.milliseconds),
            "isShown": .flag(sibling.dot == shown),
          ]).with(knowledge(of: sibling, reading, call))
        }),
      "inputs": form.map { form in
        // A sealed value fills no input: it would stand in the page.
        let value = register?.row.sealedFor == nil ? state.value(name) : nil
        return InputView.views(
          InputView.inputs(form, filled: value.map(form.filled) ?? [:], call), in: id)
      } ?? .none,
      "hasForm": .flag(form != nil), "seen": .text(SeenValues.field(name, of: reading.view)),
    ]
  }

  /// What the author of a value had seen of the order, and when the hub had the value.
  private static func knowledge(
    of sibling: Sibling, _ reading: OrderReading, _ call: PageCall
  ) -> [String: ViewModel] {
    let seen = reading.history.filter { sibling.context.covers($0.dot) }.count
    // Of a long history the page reads the end.
    let phrase: ConflictPhrase = reading.earlier == 0 ? .seen : .seenOfLast
    let received = reading.history.first { $0.dot == sibling.dot }?.received
    return [
      "hadSeen": .text(call.say(phrase, "\(seen)", "\(reading.history.count)")),
      "received": .optional(
        received.map { call.say(ConflictPhrase.received, ConsoleTimes.short($0, seconds: true)) }),
    ]
  }

  private static func contradiction(
    _ contradiction: Contradiction, _ number: Int, _ reading: OrderReading, _ authors: [Dot: Author], _ call: PageCall
  ) -> ViewModel {
    let state = reading.view.state
    func side(_ register: String, _ dot: Dot, _ id: String) -> ViewModel {
      let row = RegisterName(register)?.row
      let sibling = state.siblings(register).first { $0.dot == dot }
      let value = sibling.map { call.values.line(reading.shown($0.value.json), ofRegister: register) } ?? ""
      let label = RegisterWords.register(register, call.language)
      let isWritable = row.map { $0.rule != .first } ?? false
      // A sealed value fills no input: it would stand in the page.
      let form =
        isWritable && row?.sealedFor == nil ? RegisterName(register).flatMap { ShapeForm($0, call.language) } : nil
      return ViewModel.object([
        "id": .text(id), "hasForm": .flag(form != nil),
        "inputs": form.map { form in
          let filled = sibling.map { form.filled(with: $0.value.json) } ?? [:]
          return InputView.views(InputView.inputs(form, filled: filled, call), in: id)
        } ?? .none,
        "recall": .optional(reading.view.recallable(register)),
        "register": .text(register), "label": .text(label), "value": .text(value),
        "by": .text(writer(of: dot, authors, call)), "at": call.time(sibling?.at.milliseconds),
        "seen": .text(SeenValues.field(register, of: reading.view)),
        "mayKeep": .flag(isWritable), "keep": .text(call.say(StepPhrase.keep, label)),
        "takeBack": row?.isNullable == true ? .text(call.say(StepPhrase.takeBack, label)) : .none,
        "hadSeen": .none, "received": .none,
      ]).with(sibling.map { knowledge(of: $0, reading, call) } ?? [:])
    }
    let isOfAssignments = contradiction.kind == .twoLeads || contradiction.kind == .twoAssignmentsOfOnePlatform
    return [
      "kind": .text(call.word(.contradiction, contradiction.kind.rawValue)),
      "shown": .text(call.word(.contradictionShown, contradiction.kind.shown)),
      "because": .text(call.word(.contradictionWhy, contradiction.kind.because)),
      "sides": .list([
        side(contradiction.left, contradiction.leftDot, "x-\(number)-0"),
        side(contradiction.right, contradiction.rightDot, "x-\(number)-1"),
      ]),
      "mustRecall": .flag(isOfAssignments), "mayNot": .optional(call.mayNot(isOfAssignments ? .handle : .supervise)),
    ]
  }

  private static let conflictsTemplate = Template(
    "order.conflicts",
    #"""
    {{#hasConflicts}}<section aria-labelledby="h-conflicts" class="notice warning"><h2 id="h-conflicts">{{t.step.conflicts}}</h2><p>{{t.step.conflictsDo}} {{mayNot}}</p></section>
    {{#conflicts}}<section class="card" aria-labelledby="h-{{id}}"><h3 id="h-{{id}}">{{label}} {{#whose}}<small><bdi>{{whose}}</bdi></small>{{/whose}} <small class="mono">{{register}}</small></h3>
    <p>{{t.step.neither}}</p>{{#rule}}<p>{{t.conflicts.rule}}: {{rule}}</p>{{/rule}}
    <form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="settle"><input type="hidden" name="register" value="{{register}}"><input type="hidden" name="seen" value="{{seen}}">
    <div class="sides">{{#siblings}}<label class="card{{#isShown}} shown{{/isShown}}" for="{{id}}">{{#maySettle}}<input type="radio" id="{{id}}" name="choice" value="{{dot}}" required{{#isShown}} checked{{/isShown}}> {{/maySettle}}{{#isShown}}<strong>{{t.order.shownMark}}</strong> {{/isShown}}
    <bdi>{{value}}</bdi><br><small><bdi>{{by}}</bdi> · {{at}}<br>{{hadSeen}}{{#received}}<br>{{received}}{{/received}}</small></label>{{/siblings}}</div>
    {{#maySettle}}<p><button>{{t.step.settleGo}}</button></p>{{/maySettle}}</form>
    {{#maySettle}}{{#hasForm}}<details class="confirm" id="d-{{id}}"><summary class="button quiet">{{t.step.settleNew}}</summary>
    <form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="settle"><input type="hidden" name="register" value="{{register}}"><input type="hidden" name="seen" value="{{seen}}">
    <input type="hidden" name="choice" value="new">{{inputs}}<button>{{t.step.settleNewGo}}</button></form></details>{{/hasForm}}{{/maySettle}}</section>
    {{/conflicts}}{{/hasConflicts}}
    {{#hasContradictions}}<section aria-labelledby="h-contradictions"><h2 id="h-contradictions">{{t.step.contradictions}}</h2><p>{{t.conflicts.explainContradictions}} {{t.conflicts.nothingLost}}</p>
    {{#contradictions}}<div class="card"><p><strong>{{kind}}</strong></p><p>{{t.order.shownMark}}: {{shown}} <small>({{because}})</small></p>
    <div class="sides">{{#sides}}<div class="card"><p>{{label}}: <bdi>{{value}}</bdi></p><p><small><bdi>{{by}}</bdi> · {{at}}{{#hadSeen}}<br>{{hadSeen}}{{/hadSeen}}{{#received}}<br>{{received}}{{/received}}</small></p>
    {{#maySettle}}{{#mayKeep}}<form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="settle"><input type="hidden" name="register" value="{{register}}"><input type="hidden" name="seen" value="{{seen}}">
    <p class="bar"><button name="choice" value="keep">{{keep}}</button>{{#takeBack}}<button class="quiet" name="choice" value="takeBack">{{takeBack}}</button>{{/takeBack}}</p></form>{{/mayKeep}}
    {{#hasForm}}<details class="confirm" id="d-{{id}}"><summary class="button quiet">{{t.conflicts.another}}</summary>
    <form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="settle"><input type="hidden" name="register" value="{{register}}"><input type="hidden" name="seen" value="{{seen}}">
    <input type="hidden" name="choice" value="new">{{inputs}}<button>{{t.step.settleNewGo}}</button></form></details>{{/hasForm}}{{/maySettle}}
    {{#mayRecall}}{{#recall}}<details class="confirm" id="d-{{id}}"><summary class="button quiet">{{t.step.recallThis}}</summary>
    <form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="recall"><input type="hidden" name="assignment" value="{{recall}}">
    <p>{{t.step.recallDo}}</p><p class="field"><label for="{{id}}-reason">{{t.step.reason}}</label><input id="{{id}}-reason" name="reason" required maxlength="500"></p>
    <button class="danger">{{t.step.recallThis}}</button></form></details>{{/recall}}{{/mayRecall}}</div>{{/sides}}</div>
    {{#mustRecall}}<p>{{t.step.recallInstead}}</p>{{/mustRecall}}{{#mayNot}}<p>{{mayNot}}</p>{{/mayNot}}</div>{{/contradictions}}</section>{{/hasContradictions}}
    """#)

  // MARK: Voids

  static func voidsView(_ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let state = reading.view.state
    let voided = state.voidedDots.filter { state.vector.covers($0) }
    guard !voided.isEmpty else { return .none }
    let items = Dictionary(reading.history.map { ($0.dot, $0) }, uniquingKeysWith: { one, _ in one })
    let rows = voided.prefix(maxVoids).map { dot -> ViewModel in
      let item = items[dot]
      let isWrittenAgain = state.isForkWrittenAgain(dot, item)
      return [
        "dot": .text(dot.description),
        "platform": .text(call.platform(dot.replica.platform.text)),
        "author": item?.change.map { .text(person($0.author, call)) } ?? .none,
        "reason": .text(
          call.say(
            StepPhrase.voidsMeaning,
            VoidWords.said(state.value("void/\(dot)")?.text("reason") ?? "", in: call.language))),
        "wrote": .list((item?.change?.edits ?? []).map { .text(edit($0, reading, call)) }),
        "isWrittenAgain": .flag(isWrittenAgain), "mayReinstate": .flag(!isWrittenAgain && call.may(.supervise)),
        "do": .text("/orders/\(reading.id.text.inPath)/do"),
        "mayInspect": .flag(item != nil && call.may(.inspect)), "line": .text("/quarantine/\(dot.description.inPath)"),
      ]
    }
    return .view(voidsTemplate, ["rows": .list(rows), "mayNot": .optional(call.mayNot(.supervise))])
  }

  /// Voids of one page at most.
  private static let maxVoids = 50

  private static let voidsTemplate = Template(
    "order.voids",
    #"""
    <section aria-labelledby="h-voids"><details id="d-voids" open><summary><h2 id="h-voids">{{t.step.voids}}</h2></summary><p>{{t.step.voidsDo}} {{mayNot}}</p>
    {{#rows}}<div class="card"><p><strong><bdi>{{platform}}</bdi></strong> <bdi>{{author}}</bdi> <small class="mono">{{dot}}</small>{{#mayInspect}} <a href="{{line}}">{{t.quarantine.line}}</a>{{/mayInspect}}</p>
    <ul>{{#wrote}}<li><bdi>{{.}}</bdi></li>{{/wrote}}</ul><p class="notice bad"><bdi>{{reason}}</bdi></p>
    {{#isWrittenAgain}}<p>{{t.quarantine.writtenAgain}}</p>{{/isWrittenAgain}}
    {{#mayReinstate}}<form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="reinstate"><input type="hidden" name="dot" value="{{dot}}">
    <p>{{t.step.reinstateDo}}</p><button>{{t.step.reinstate}}</button></form>{{/mayReinstate}}</div>{{/rows}}</details></section>
    """#)
}
