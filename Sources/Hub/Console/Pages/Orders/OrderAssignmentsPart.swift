// Who is charged with an order, how far they are, what they ask for, and the answer to it.

import Core

extension OrdersPages {
  static func assignmentsView(
    _ reading: OrderReading, maxExtensions: Int, _ call: PageCall
  ) throws -> ViewModel {
    let rows = reading.view.assignments.reversed().map { assignment -> ViewModel in
      let prefix = "assignment/\(assignment.id)"
      let registers = ["result", "reply", "unit", "crew", "eta"].map { "\(prefix)/\($0)" }
      let parts = registers.compactMap { name -> (String, ViewModel)? in
        reading.view.state.value(name).map {
          (RegisterWords.register(name, call.language), .text(call.values.line(reading.shown($0), ofRegister: name)))
        }
      }
      return [
        "platform": .text(call.platform(assignment.platform)), "role": .text(call.word(.role, assignment.role)),
        "round": .text(call.say(OrderPhrase.round, "\(assignment.round)")),
        "cause": .text(call.word(.cause, assignment.cause)), "instruction": .text(assignment.instruction),
        "progress": call.word(.progress, assignment.progress), "state": state(of: assignment, call),
        "at": call.time(assignment.write.at.milliseconds), "id": .text(assignment.id), "parts": facts(parts),
        "requests": .list(
          assignment.requests.map { request($0, assignment, reading, maxExtensions: maxExtensions, call) }),
      ]
    }
    return .view(assignmentsTemplate, ["rows": .list(rows), "isEmpty": .flag(rows.isEmpty)])
  }

  private static func state(of assignment: AssignmentView, _ call: PageCall) -> ViewModel {
    if assignment.isRecalled { return call.badge(.warning, OrderPhrase.isRecalled) }
    if assignment.isReturned { return call.badge(.warning, OrderPhrase.isReturned) }
    if assignment.isSuspended(now: call.now) { return call.badge(.plain, OrderPhrase.isSuspended) }
    return call.badge(.good, OrderPhrase.active)
  }

  private static func request(
    _ request: RequestView, _ assignment: AssignmentView, _ reading: OrderReading, maxExtensions: Int,
    _ call: PageCall
  ) -> ViewModel {
    let isAtLimit = request.type == "extension" && assignment.grantedExtensions >= maxExtensions
    let standing: ViewModel =
      if let granted = request.granted {
        granted ? call.badge(.good, OrderPhrase.granted) : call.badge(.bad, OrderPhrase.refused)
      } else if request.isWithdrawn {
        call.badge(.plain, OrderPhrase.withdrawn)
      } else {
        call.badge(.warning, OrderPhrase.open)
      }
    let id = "q-\(request.id)"
    let inputs = [
      InputView(
        name: "granted", label: call.say(OrderPhrase.answer),
        kind: .select([
          Choice(
            "true", call.say(OrderPhrase.answerGrant), refusal: isAtLimit ? call.say(RequestPhrase.atLimit) : nil),
          Choice("false", call.say(OrderPhrase.answerRefuse)),
        ]), value: isAtLimit ? "false" : nil),
      InputView(name: "until", label: call.say(StepPhrase.until), kind: .time),
      InputView(name: "note", label: call.say(StepPhrase.reason), kind: .area),
    ]
    return [
      "id": .text(id), "request": .text(request.id), "type": .text(call.word(.request, request.type)),
      "reason": .text(request.reason), "until": call.time(request.until), "at": call.time(request.madeAt),
      "standing": standing, "mayAnswer": .flag(request.isOpen && call.may(.supervise)),
      "mayNot": .optional(request.isOpen ? call.mayNot(.supervise) : nil),
      "limit": .optional(isAtLimit ? call.say(RequestPhrase.atLimit) : nil),
      "inputs": InputView.views(inputs, in: id), "do": .text("/orders/\(reading.id.text.inPath)/do"),
    ]
  }

  private static let assignmentsTemplate = Template(
    "order.assignments",
    #"""
    <section class="card" aria-labelledby="h-assignments"><h2 id="h-assignments">{{t.order.assignments}}</h2>
    {{#isEmpty}}<p class="empty">{{t.order.noAssignments}}</p>{{/isEmpty}}
    {{#rows}}<article><h3><bdi>{{platform}}</bdi> <small>{{role}} · {{round}} · {{cause}}</small></h3>
    <p>{{state}} {{#progress}}{{t.order.progress}}: <strong>{{progress}}</strong>{{/progress}} <small>{{at}} <span class="mono">{{id}}</span></small></p>
    {{#instruction}}<p><bdi>{{instruction}}</bdi></p>{{/instruction}}
    <dl class="facts">{{#parts}}<dt>{{label}}</dt><dd><bdi>{{text}}</bdi></dd>{{/parts}}</dl>
    {{#requests}}<div class="notice"><p><strong>{{type}}</strong> {{standing}} <small>{{at}}</small>{{#until}} → {{until}}{{/until}}</p><p><bdi>{{reason}}</bdi></p>
    {{#mayAnswer}}<details class="confirm" id="d-{{id}}"><summary class="button">{{t.order.answer}}</summary><form method="post" action="{{do}}">{{csrf}}
    <input type="hidden" name="command" value="answer"><input type="hidden" name="requestId" value="{{request}}">{{#limit}}<p class="notice">{{limit}}</p>{{/limit}}{{inputs}}
    <button>{{t.order.answer}}</button></form></details>{{/mayAnswer}}{{#mayNot}}<p><small>{{t.order.answer}}: {{mayNot}}</small></p>{{/mayNot}}</div>{{/requests}}</article>
    {{/rows}}</section>
    """#)
}
