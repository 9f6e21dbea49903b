// The changes of an order: as a graph, and as the list beside it, which says the same to those who cannot see the graph.

import Core
import Shell

extension OrdersPages {
  /// Changes of one page of the whole history.
  private static let historyPageSize = 100

  static func graphView(_ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let shown = Array(reading.history.suffix(graphSize))
    let graph = CausalGraph(
      shown, earlier: reading.earlier + reading.history.count - shown.count, state: reading.view.state)
    return .view(graphTemplate, ["graph": graphModel(graph, reading, call)])
  }

  private static func graphModel(_ graph: CausalGraph, _ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let disagreeing = reading.view.state.conflicts.flatMap { reading.view.state.siblings($0).map(\.dot) }
    let contradicting = reading.view.contradictions.flatMap { [$0.leftDot, $0.rightDot] }
    let drawing = CausalDrawing(
      graph: graph, order: reading.id, words: words(graph, call), disagreeing: Set(disagreeing + contradicting))
    return [
      "picture": .html(drawing.draw().html), "changes": .list(graph.nodes.reversed().map { change($0, reading, call) }),
      "isEmpty": .flag(graph.nodes.isEmpty),
    ]
  }

  /// The words of the picture; it outlives the call, so it holds no call.
  private static func words(_ graph: CausalGraph, _ call: PageCall) -> CausalDrawing.Words {
    let language = call.language
    let values = call.values
    let names = call.platformNames
    return CausalDrawing.Words(
      label: call.say(OrderPhrase.graphLabel, "\(graph.nodes.count)"),
      lane: { $0.isHub ? FramePhrase.hub.said(in: language) : names[$0.text] ?? $0.text },
      write: { write in
        switch write {
        case .register(let name, let word):
          let label = RegisterWords.register(name, language)
          return word.map { "\(label): \(values.word($0, ofRegister: name))" } ?? label
        case .entry(let kind): return RegisterWords.entry(kind, language)
        }
      }, time: values.time, standing: { standing($0, language) }, unreadable: call.say(OrderPhrase.unreadable),
      received: call.say(OrderPhrase.received),
      name: { $0 == PushIngest.hubAuthor ? OrderPhrase.byItself.said(in: language) : $0.name },
      role: { Vocabulary.accountRole.texts($0)?[language] ?? $0 }, reason: { VoidWords.said($0, in: language) },
      onBehalfOf: { OrderPhrase.onBehalfOf.said(in: language, [names[$0] ?? $0]) },
      concurrent: { OrderPhrase.concurrent.said(in: language, ["\($0)"]) },
      folded: { OrderPhrase.folded.said(in: language, ["\($0)"]) })
  }

  private static func standing(_ standing: CausalGraph.Standing, _ language: Language) -> String {
    switch standing {
    case .counts: ""
    case .void: OrderPhrase.voided.said(in: language)
    case .unreadable: OrderPhrase.unreadable.said(in: language)
    case .superseded: OrderPhrase.superseded.said(in: language)
    case .waiting: OrderPhrase.waiting.said(in: language)
    }
  }

  /// One change of the list.
  private static func change(_ node: CausalGraph.Node, _ reading: OrderReading, _ call: PageCall) -> ViewModel {
    var reason = ""
    if case .void(let why) = node.standing { reason = why }
    let item = reading.history.first { $0.dot == node.dot }
    let mayVoid = node.standing == .counts && call.may(.supervise) && item?.change?.cannotBeVoided != true
    let isVoid = if case .void = node.standing { true } else { false }
    let isWrittenAgain = isVoid && reading.view.state.isForkWrittenAgain(node.dot, item)
    return [
      "anchor": .text("change-\(node.place)"), "dot": .text(node.dot.description),
      "platform": .text(call.platform(node.dot.replica.platform.text)),
      "author": node.author.map { .text(person($0, call)) } ?? .none, "at": call.time(node.at?.milliseconds),
      "hybrid": .optional(node.at?.description), "received": call.time(node.received),
      "wrote": .list((item?.change?.edits ?? []).map { .text(edit($0, reading, call)) }),
      "isUnreadable": .flag(node.standing == .unreadable),
      "standing": node.standing == .counts
        ? call.badge(.good, OrderPhrase.counts)
        : call.badge(isVoid ? .bad : .warning, standing(node.standing, call.language)),
      "reason": .text(VoidWords.said(reason, in: call.language)),
      "concurrent": node.concurrent > 0 ? .text(call.say(OrderPhrase.concurrent, "\(node.concurrent)")) : .none,
      "request": .optional(item?.change?.request), "origin": .optional(item?.change?.origin?.dot.description),
      "mayVoid": .flag(mayVoid), "isWrittenAgain": .flag(isWrittenAgain),
      "mayReinstate": .flag(isVoid && !isWrittenAgain && call.may(.supervise)),
      "do": .text("/orders/\(reading.id.text.inPath)/do"),
    ]
  }

  static func edit(_ edit: Edit, _ reading: OrderReading, _ call: PageCall) -> String {
    switch edit {
    case .set(let name, let value):
      let label = RegisterWords.register(name, call.language)
      return "\(label): \(call.values.line(reading.shown(value.json), ofRegister: name))"
    case .append(let kind, let value):
      let parts = call.values.parts(reading.shown(value.json), ofEntry: kind)
      return
        "\(RegisterWords.entry(kind, call.language)): \(parts.map { "\($0.label) \($0.text)" }.joined(separator: "; "))"
    }
  }

  // MARK: The whole

  static func history(_ call: PageCall) throws -> ConsolePage {
    let order = try call.seat.resolve(try call.part("order"))
    let end = try call.query("end").map { text throws(Problem) -> Int in
      guard let end = Int(text), end >= 0 else { throw Problem(.badCommand, "'end' is a number of changes") }
      return end
    }
    let reading = try reading(order, end: end, limit: historyPageSize, masking: true, call)
    let graph = CausalGraph(reading.history, earlier: reading.earlier, state: reading.view.state)
    let last = reading.earlier + reading.history.count
    let href = "/orders/\(order.text.inPath)"
    return ConsolePage(
      title: call.say(OrderPhrase.history), section: .orders, topics: [.orders], template: historyTemplate,
      view: [
        "href": .text(href), "number": .text(reading.view.number ?? order.short), "title": .text(reading.view.title),
        "graph": graphModel(graph, reading, call),
        "earlier": reading.earlier > 0 ? .text("\(href)/history?end=\(reading.earlier)") : .none,
        "later": last < reading.changes
          ? .text("\(href)/history?end=\(min(reading.changes, last + historyPageSize))") : .none,
      ])
  }

  private static let changesMarkup = #"""
    {{#isEmpty}}<p class="empty">{{t.order.nothingThere}}</p>{{/isEmpty}}
    {{^isEmpty}}<figure class="drawing scroll" id="graph" tabindex="0" role="region" aria-label="{{t.order.graph}}">{{picture}}</figure>
    <details id="d-changes" open><summary>{{t.order.change}}</summary>
    <ol class="changes">{{#changes}}<li class="card" id="{{anchor}}">
    <p>{{standing}} <strong><bdi>{{platform}}</bdi></strong> <bdi>{{author}}</bdi> <small>{{t.order.hybridTime}} {{at}} <span class="mono">{{hybrid}}</span> · {{t.order.received}} {{received}}</small></p>
    {{#isUnreadable}}<p>{{t.order.unreadable}}</p>{{/isUnreadable}}
    <ul>{{#wrote}}<li><bdi>{{.}}</bdi></li>{{/wrote}}</ul>
    {{#reason}}<p class="notice bad"><bdi>{{reason}}</bdi></p>{{/reason}}{{#isWrittenAgain}}<p>{{t.quarantine.writtenAgain}}</p>{{/isWrittenAgain}}
    {{#concurrent}}<p><small>{{concurrent}}</small></p>{{/concurrent}}
    <p><small class="mono">{{dot}}{{#request}} · {{t.order.request}} {{request}}{{/request}}{{#origin}} · {{t.order.origin}} {{origin}}{{/origin}}</small></p>
    {{#mayVoid}}<details class="confirm" id="void-{{anchor}}"><summary class="button quiet">{{t.step.voiding}}</summary><form method="post" action="{{do}}">{{csrf}}
    <input type="hidden" name="command" value="void"><input type="hidden" name="dot" value="{{dot}}"><p>{{t.step.voidDo}}</p>
    <p class="field"><label for="v-{{anchor}}">{{t.step.voidReason}}</label><input id="v-{{anchor}}" name="reason" required maxlength="500"></p>
    <button class="danger">{{t.step.voiding}}</button></form></details>{{/mayVoid}}
    {{#mayReinstate}}<details class="confirm" id="reinstate-{{anchor}}"><summary class="button quiet">{{t.step.reinstate}}</summary><form method="post" action="{{do}}">{{csrf}}
    <input type="hidden" name="command" value="reinstate"><input type="hidden" name="dot" value="{{dot}}"><p>{{t.step.reinstateDo}}</p>
    <button>{{t.step.reinstate}}</button></form></details>{{/mayReinstate}}</li>
    {{/changes}}</ol></details>{{/isEmpty}}
    """#

  private static let graphTemplate = Template(
    "order.graph",
    #"<section aria-labelledby="h-graph"><h2 id="h-graph">{{t.order.graph}}</h2><p>{{t.order.graphDo}}</p>{{#graph}}"#
      + changesMarkup + "{{/graph}}</section>")

  private static let historyTemplate = Template(
    "order.history",
    #"""
    <h1>{{t.order.history}} <small><span class="mono">{{number}}</span> <bdi>{{title}}</bdi></small></h1>
    <p><a class="button quiet" href="{{href}}">{{t.order.whole}}</a></p><p>{{t.order.graphDo}}</p>
    {{#graph}}
    """# + changesMarkup + #"""
      {{/graph}}
      <p class="pager">{{#earlier}}<a class="button quiet" href="{{earlier}}">{{t.order.earlier}}</a>{{/earlier}}
      {{#later}}<a class="button quiet" href="{{later}}">{{t.order.later}}</a>{{/later}}</p>
      """#)
}
