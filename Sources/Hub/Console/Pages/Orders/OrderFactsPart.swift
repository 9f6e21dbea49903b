// What an order is: its matter, place and caller; its deadlines; what was entered; and every register with what stands beside it.

import Core
import Shell

extension OrdersPages {
  /// A list of labels and texts.
  static func facts(_ parts: [(label: String, text: ViewModel)]) -> ViewModel {
    .list(parts.filter(\.text.isSomething).map { ["label": .text($0.label), "text": $0.text] })
  }

  static func factsView(_ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let state = reading.view.state
    func text(_ register: String) -> ViewModel {
      guard let value = state.value(register) else { return .none }
      return .text(call.values.line(reading.shown(value), ofRegister: register))
    }
    let registers = [
      "kind", "sector", "priority", "description", "location", "location/private", "caller", "confidential", "source",
      "category", "referral", "verdict", "closed", "cancelled",
    ]
    var parts: [(String, ViewModel)] = registers.map { (RegisterWords.register($0, call.language), text($0)) }
    parts.append((RegisterWords.register("receivedAt", call.language), call.time(state.value("receivedAt")?.asInt)))
    for name in state.registers.keys.sorted() where name.hasPrefix("ref/") || name.hasPrefix("relation/") {
      let whose = String(name.split(separator: "/").last ?? "")
      guard let value = state.value(name) else { continue }
      let label = RegisterWords.register(name, call.language)
      if name.hasPrefix("relation/") {
        let words = call.values.line(value, ofRegister: name)
        parts.append((label, .html("<a href=\"/orders/\(whose.inPath)\">\(whose)</a> \(words)")))
      } else {
        parts.append((label, .text("\(whose): \(value.text("number"))")))
      }
    }
    return .view(factsTemplate, ["facts": facts(parts)])
  }

  private static let factsTemplate = Template(
    "order.facts",
    #"""
    <section class="card" aria-labelledby="h-facts"><h2 id="h-facts">{{t.order.overview}}</h2>
    <dl class="facts">{{#facts}}<dt>{{label}}</dt><dd><bdi>{{text}}</bdi></dd>{{/facts}}</dl></section>
    """#)

  // MARK: Deadlines

  /// As supervision has them, with pauses and what was reached; the registers alone would not say.
  static func deadlinesView(_ reading: OrderReading, _ call: PageCall) throws -> ViewModel {
    let rows = try call.seat.deadlines(of: reading.id).list("deadlines").map { deadline -> ViewModel in
      let due = deadline["at"]?.asInt
      let whose =
        if deadline["assignment"] != nil {
          call.say(OrderPhrase.forAssignment, call.platform(deadline.text("platform")))
        } else if deadline.text("stage") == Deadline.dispatch {
          call.say(FramePhrase.hub)
        } else {
          call.say(OrderPhrase.orderAsWhole)
        }
      let isMoved = deadline["first"] != deadline["at"]
      return [
        "stage": .text(call.stage(deadline.text("stage"))), "whose": .text(whose), "due": call.time(due),
        "ago": deadline.text("state") == "open" ? call.ago(due) : .none, "standing": standing(of: deadline, call),
        "first": isMoved
          ? .text(call.say(OrderPhrase.firstDue, ConsoleTimes.short(deadline["first"]?.asInt ?? 0))) : .none,
        "limit": .optional(deadline["limit"]?.asString.map { LimitWords.said($0, in: call.language) }),
        "policy": .text(LimitWords.rule(deadline.text("policy"), in: call.language)),
      ]
    }
    return .view(deadlinesTemplate, ["rows": .list(rows), "isEmpty": .flag(rows.isEmpty)])
  }

  private static func standing(of deadline: JSON, _ call: PageCall) -> ViewModel {
    switch deadline.text("state") {
    case "met":
      let at = ConsoleTimes.short(deadline["metAt"]?.asInt ?? 0)
      return deadline.isTrue("inTime")
        ? call.badge(.good, OrderPhrase.metInTime, at) : call.badge(.bad, OrderPhrase.metLate, at)
    case "paused":
      return deadline.isTrue("awaitsReceipt")
        ? call.badge(.plain, OrderPhrase.awaitsReceipt) : call.badge(.plain, SupervisionPhrase.isPaused)
    case "ended": return call.badge(.plain, OrderPhrase.noLonger)
    default:
      let rung = Rung(rawValue: deadline.text("rung")) ?? .inTime
      return call.badge(rung.tone, rung.phrase)
    }
  }

  private static let deadlinesTemplate = Template(
    "order.deadlines",
    #"""
    <section class="card" aria-labelledby="h-due"><h2 id="h-due">{{t.order.deadlines}}</h2>
    {{#isEmpty}}<p class="empty">{{t.order.noDeadlines}}</p>{{/isEmpty}}
    <ul>{{#rows}}<li>{{stage}} <small>{{whose}}</small>: {{due}} {{#ago}}({{ago}}) {{/ago}}{{standing}}
    <small>{{limit}} {{first}} {{policy}}</small></li>{{/rows}}</ul></section>
    """#)

  // MARK: Entries

  static func entriesView(_ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let entries = OrderDocument.entries(of: reading.history, in: reading.view.state)
    let rows = entries.reversed().map { entry -> ViewModel in
      [
        "kind": .text(RegisterWords.entry(entry.kind, call.language)), "at": call.time(entry.at.milliseconds),
        "author": .text(person(entry.author, call)),
        "parts": .list(
          call.values.parts(reading.shown(entry.value.json), ofEntry: entry.kind).map {
            ["label": .text($0.label), "text": .text($0.text)]
          }),
      ]
    }
    return .view(
      entriesTemplate,
      ["rows": .list(rows), "isEmpty": .flag(rows.isEmpty), "isCut": .flag(reading.earlier > 0)])
  }

  private static let entriesTemplate = Template(
    "order.entries",
    #"""
    <section aria-labelledby="h-entries"><h2 id="h-entries">{{t.order.entries}}</h2>
    {{#isEmpty}}<p class="empty">{{t.order.noEntries}}</p>{{/isEmpty}}
    <ol class="entries">{{#rows}}<li class="card"><p><strong>{{kind}}</strong> <small>{{at}} · <bdi>{{author}}</bdi></small></p>
    <dl class="facts">{{#parts}}<dt>{{label}}</dt><dd><bdi>{{text}}</bdi></dd>{{/parts}}</dl></li>{{/rows}}</ol>
    {{#isCut}}<p>{{t.order.entriesMore}}</p>{{/isCut}}</section>
    """#)

  /// Who did something, in what role, and for whom.
  static func person(_ author: Author, _ call: PageCall) -> String {
    if author == PushIngest.hubAuthor { return call.say(OrderPhrase.byItself) }
    var text = author.name
    if !author.role.isEmpty { text += " (\(call.word(.accountRole, author.role)))" }
    if let platform = author.onBehalfOf { text += " · " + call.say(OrderPhrase.onBehalfOf, call.platform(platform)) }
    return text
  }

  // MARK: Registers

  /// Registers of one page at most; an order has some dozens, and could have thousands.
  static let maxRegisters = 300

  static func registersView(_ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let state = reading.view.state
    let authors = authors(in: reading)
    let names = state.registers.keys.sorted().filter { !$0.hasPrefix("purged/") && !$0.hasPrefix("clock/") }
    let rows = names.prefix(maxRegisters).map { name -> ViewModel in
      let siblings = state.siblings(name)
      let shown = state.shown(name)
      return [
        "path": .text(name), "label": .text(RegisterWords.register(name, call.language)),
        "value": shown.map { .text(call.values.line(reading.shown($0.value.json), ofRegister: name)) } ?? .none,
        "by": shown.map { .text(writer(of: $0.dot, authors, call)) } ?? .none,
        "at": call.time(shown?.at.milliseconds),
        "others": .list(
          siblings.filter { $0.dot != shown?.dot }.map { sibling in
            [
              "value": .text(call.values.line(reading.shown(sibling.value.json), ofRegister: name)),
              "by": .text(writer(of: sibling.dot, authors, call)), "at": call.time(sibling.at.milliseconds),
            ]
          }),
        "rule": siblings.count > 1
          ? .optional((RegisterName(name)?.row.rule.rawValue).map { call.word(.rule, $0) }) : .none,
      ]
    }
    let left = names.count - rows.count
    return .view(
      registersTemplate,
      ["rows": .list(rows), "more": left > 0 ? .text(call.say(OrderPhrase.registersMore, "\(left)")) : .none])
  }

  /// The authors of the changes that were read.
  static func authors(in reading: OrderReading) -> [Dot: Author] {
    Dictionary(
      reading.history.compactMap { item in item.change.map { (item.dot, $0.author) } },
      uniquingKeysWith: { one, _ in one })
  }

  static func writer(of dot: Dot, _ authors: [Dot: Author], _ call: PageCall) -> String {
    let platform = call.platform(dot.replica.platform.text)
    return authors[dot].map { "\(platform) · \(person($0, call))" } ?? platform
  }

  private static let registersTemplate = Template(
    "order.registers",
    #"""
    <details id="d-registers"><summary><h2>{{t.order.registers}}</h2></summary><p>{{t.order.registersDo}}</p>
    <table class="rows"><thead><tr><th scope="col">{{t.order.register}}</th><th scope="col">{{t.order.value}}</th>
    <th scope="col">{{t.order.writtenBy}}</th><th scope="col">{{t.order.at}}</th></tr></thead>
    <tbody>{{#rows}}<tr><td data-label="{{t.order.register}}">{{label}} <small class="mono">{{path}}</small></td>
    <td data-label="{{t.order.value}}"><bdi>{{value}}</bdi>{{#others}}<p class="notice warning">{{t.order.siblings}}: <bdi>{{value}}</bdi> <small>{{by}}, {{at}}; {{rule}}</small></p>{{/others}}</td>
    <td data-label="{{t.order.writtenBy}}"><bdi>{{by}}</bdi></td><td data-label="{{t.order.at}}">{{at}}</td></tr>
    {{/rows}}</tbody></table>{{#more}}<p>{{more}}</p>{{/more}}</details>
    """#)
}
