// What can be recorded in a platform's name when it rings, because its agent is offline: a hub change to the platform's registers, marked
// as such (DOMAIN §5).

import Core
import Shell

extension OrdersPages {
  static func behalfView(
    _ actions: ActionList, _ reading: OrderReading, _ reach: [String: PlatformReach], _ call: PageCall
  ) -> ViewModel {
    guard call.may(.handle), !actions.ofPlatforms.isEmpty else { return .none }
    let platforms = actions.ofPlatforms.flatMap { platform, actions -> [ViewModel] in
      // One form for each of its assignments in force, as they are tried.
      let assignments = actions.compactMap(\.assignment).reduce(into: [String]()) { found, assignment in
        if !found.contains(assignment) { found.append(assignment) }
      }
      return assignments.map { assignment in
        behalf(platform, assignment, actions.filter { $0.assignment == assignment }, reading, reach, call)
      }
    }
    return .view(behalfTemplate, ["platforms": .list(platforms)])
  }

  private static func behalf(
    _ platform: PlatformName, _ assignment: String, _ actions: [ActionList.Action], _ reading: OrderReading,
    _ reach: [String: PlatformReach], _ call: PageCall
  ) -> ViewModel {
    let steps = actions.compactMap { action -> Choice? in
      guard let (value, label) = step(action.command, call) else { return nil }
      return Choice(value, label, refusal: action.refusal.map(call.refusal))
    }
    let id = "b-\(assignment)"
    let inputs = [
      InputView(
        name: "step", label: call.say(StepPhrase.behalfStep), kind: .select(steps),
        value: steps.first { $0.refusal == nil }?.value),
      InputView(
        name: "outcome", label: call.say(StepPhrase.outcome),
        kind: .select(call.choices(.outcome, ["solved", "partly", "unsolved", "noAction"]))),
      InputView(name: "work", label: call.say(StepPhrase.work), kind: .area),
      InputView(name: "citizen", label: call.say(StepPhrase.replyCitizen), kind: .area),
      InputView(name: "said", label: call.say(StepPhrase.said), kind: .area),
      InputView(name: "at", label: call.say(StepPhrase.eta), kind: .time),
    ]
    return [
      "id": .text(id), "name": .text(call.say(StepPhrase.behalfGo, call.platform(platform.text))),
      "platform": .text(platform.text),
      "assignment": .text(assignment),
      "isOffline": reach[platform.text]?.isOnline == true ? .none : call.badge(.bad, OrdersPhrase.offline),
      "inputs": InputView.views(inputs, in: id), "mayGo": .flag(steps.contains { $0.refusal == nil }),
      "refused": .list(
        steps.filter { $0.refusal != nil }.map {
          ["name": .text($0.label), "reason": .text($0.refusal ?? "")]
        }),
      "do": .text("/orders/\(reading.id.text.inPath)/do"),
    ]
  }

  /// How the form names a step, and how people do.
  private static func step(_ command: Command, _ call: PageCall) -> (value: String, label: String)? {
    switch command {
    case .accept: ("accept", call.word(.progress, "accepted"))
    case .progress(let step): ("progress:\(step)", call.word(.progress, step))
    case .complete: ("complete", call.word(.progress, "done"))
    case .result: ("result", RegisterWords.register("assignment/a/result", call.language))
    case .reply: ("reply", RegisterWords.register("assignment/a/reply", call.language))
    case .plan: ("plan", call.say(StepPhrase.stepPlan))
    case .contact: ("contact", call.say(StepPhrase.stepContact))
    case .request(let type, _, _, _, _):
      ("request:\(type)", call.say(StepPhrase.stepRequest, call.word(.request, type)))
    case .withdraw(let id): ("withdraw:\(id)", call.say(StepPhrase.stepWithdraw, id))
    case .resume: ("resume", RegisterWords.register("assignment/a/resumed", call.language))
    default: nil
    }
  }

  /// The command that a form means.
  static func behalfCommand(_ call: PageCall) throws -> Command {
    let parts = try call.demanded("step").split(separator: ":", maxSplits: 1).map(String.init)
    let rest = parts.count > 1 ? parts[1] : ""
    let at = try call.form("at").map { try ShapeForm.time($0, call.say(StepPhrase.eta), now: call.now) }
    let result = JSON.compact([
      ("outcome", .string(call.form("outcome") ?? "solved")), ("work", call.form("work").map(JSON.string)),
    ])
    let reply = call.form("citizen").map { JSON.object([.init("citizen", .string($0))]) }
    switch parts.first {
    case "accept": return .accept
    case "progress": return .progress(step: rest)
    case "complete": return .complete(result: result, reply: reply)
    case "result": return .result(result)
    case "reply":
      guard let reply else { throw Problem(.badCommand, "'\(call.say(StepPhrase.replyCitizen))' is empty") }
      return .reply(reply)
    case "plan":
      guard let at else { throw Problem(.badCommand, "'\(call.say(StepPhrase.eta))' is empty") }
      return .plan(field: "eta", value: .int(at))
    case "contact":
      return .contact(.compact([("at", at.map(JSON.int)), ("said", call.form("said").map(JSON.string))]), number: nil)
    case "request":
      return .request(type: rest, code: nil, reason: call.form("said") ?? "", until: at, suggestedSector: nil)
    case "withdraw": return .withdraw(request: rest)
    case "resume": return .resume
    default: throw Problem(.badCommand, "there is no step '\(rest.prefix(32))'")
    }
  }

  private static let behalfTemplate = Template(
    "order.behalf",
    #"""
    <section aria-labelledby="h-behalf"><h2 id="h-behalf">{{t.step.behalf}}</h2><p>{{t.step.behalfDo}}</p>
    {{#platforms}}<details class="confirm" id="d-{{id}}"><summary class="button quiet">{{name}} {{isOffline}}</summary>
    {{#mayGo}}<form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="behalf">
    <input type="hidden" name="platform" value="{{platform}}"><input type="hidden" name="assignment" value="{{assignment}}">
    {{inputs}}<button>{{name}}</button></form>{{/mayGo}}
    <dl class="facts refused">{{#refused}}<dt>{{name}}</dt><dd>{{reason}}</dd>{{/refused}}</dl></details>
    {{/platforms}}</section>
    """#)
}
