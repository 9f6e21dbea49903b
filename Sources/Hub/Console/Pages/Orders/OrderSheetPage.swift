// The sheet of an order: what a crew must know, to be printed or read out by telephone to a platform that is offline.

import Core
import Shell

extension OrdersPages {
  static func sheet(_ call: PageCall) throws -> ConsolePage {
    let order = try call.seat.resolve(try call.part("order"))
    return sheetPage(try reading(order, masking: true, call), isPlain: false, call)
  }

  /// With the caller in plain, after it was kept who asked.
  static func plainSheet(_ call: PageCall) throws -> PageAnswer {
    let order = try call.seat.resolve(try call.part("order"))
    return .page(sheetPage(try reading(order, masking: false, call), isPlain: true, call))
  }

  private static func sheetPage(_ reading: OrderReading, isPlain: Bool, _ call: PageCall) -> ConsolePage {
    let view = reading.view
    let name = view.number ?? reading.id.short
    func line(_ register: String) -> ViewModel {
      guard let value = view.state.value(register) else { return .none }
      return .text(call.values.line(reading.shown(value), ofRegister: register))
    }
    // A caller who asked to stay unknown to the platform is not read out.
    let person = ["location/private"] + (view.isConfidential ? [] : ["caller"])
    let registers = ["description", "kind", "sector", "priority", "location"] + person
    var parts: [(String, ViewModel)] = registers.map { (RegisterWords.register($0, call.language), line($0)) }
    if view.isConfidential {
      parts.append(
        (RegisterWords.register("confidential", call.language), .text(call.say(NewOrderPhrase.confidentialHint))))
    }
    parts.append(
      (RegisterWords.register("receivedAt", call.language), call.time(view.state.value("receivedAt")?.asInt)))
    parts.append((call.say(OrdersPhrase.due), call.time(view.state.value("due/complete")?["at"]?.asInt)))
    let charges = view.assignments.filter(\.isActive).map { assignment -> ViewModel in
      let due = view.state.value("assignment/\(assignment.id)/due/complete")?["at"]?.asInt
      return [
        "platform": .text(call.platform(assignment.platform)), "role": .text(call.word(.role, assignment.role)),
        "instruction": .text(assignment.instruction), "progress": call.word(.progress, assignment.progress),
        "due": call.time(due),
      ]
    }
    let notes = OrderDocument.entries(of: reading.history, in: view.state).filter {
      $0.kind == "note" && $0.value.json["visibility"] != "own"
    }
    return ConsolePage(
      title: "\(call.say(OrderPhrase.print)) \(name)", section: .orders, template: sheetTemplate,
      view: [
        "number": .text(name), "title": .text(view.title), "now": call.time(call.now), "facts": facts(parts),
        "status": .text(call.word(.status, view.status(now: call.now).rawValue)), "charges": .list(charges),
        "notes": .list(
          notes.map { note in
            [
              "at": call.time(note.at.milliseconds), "author": .text(note.author.name),
              "text": .text(note.value.json.text("text")),
            ]
          }), "hasNotes": .flag(!notes.isEmpty), "href": .text("/orders/\(reading.id.text.inPath)"),
        "mayReveal": .flag(!isPlain && call.may(.reveal)),
      ])
  }

  private static let sheetTemplate = Template(
    "order.sheet",
    #"""
    <article class="print"><h1><span class="mono">{{number}}</span> <bdi>{{title}}</bdi></h1><p>{{status}} · {{now}}</p>
    <dl class="facts">{{#facts}}<dt>{{label}}</dt><dd><bdi>{{text}}</bdi></dd>{{/facts}}</dl>
    {{#charges}}<h2><bdi>{{platform}}</bdi> <small>{{role}}</small></h2><p>{{progress}}{{#due}} · {{t.orders.due}} {{due}}{{/due}}</p>{{#instruction}}<p><bdi>{{instruction}}</bdi></p>{{/instruction}}{{/charges}}
    {{#hasNotes}}<h2>{{t.order.entries}}</h2><ul>{{#notes}}<li>{{at}} <bdi>{{author}}</bdi>: <bdi>{{text}}</bdi></li>{{/notes}}</ul>{{/hasNotes}}</article>
    <p class="bar noprint"><a class="button quiet" href="{{href}}">{{t.order.whole}}</a></p>
    {{#mayReveal}}<form method="post" action="{{href}}/print" class="noprint">{{csrf}}<p>{{t.order.revealDo}}</p><button>{{t.order.reveal}}</button></form>{{/mayReveal}}
    """#)
}
