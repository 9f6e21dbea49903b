// What the hotline can do with an order now, each with its form, and what it cannot, each with its reason; and what can be recorded for a
// platform by telephone.

import Core
import Shell

extension OrdersPages {
  /// A step as the page offers it.
  private struct Step {
    let name: String
    let phrase: StepPhrase
    var what: [StepPhrase] = []
    var inputs: [InputView] = []
    var hidden: [(name: String, value: String)] = []
    var detail = ""
    var isDangerous = false
  }

  static func actionsView(_ actions: ActionList, _ reading: OrderReading, _ call: PageCall) -> ViewModel {
    guard call.may(.handle) else {
      let role = call.word(.accountRole, RoleTable.least(.handle).rawValue)
      return .view(lookingTemplate, ["why": .text(call.say(StepPhrase.onlyLooking, role))])
    }
    var offered: [ViewModel] = []
    var refused: [ViewModel] = []
    // Closing is one step with a choice of how; of the choices that are refused each reason is said too.
    var isCloseSeen = false
    for action in actions.ofHub {
      let whose = action.assignment.flatMap { reading.view.assignment($0) }.map { call.platform($0.platform) } ?? ""
      if action.name == "close" {
        guard !isCloseSeen else { continue }
        isCloseSeen = true
        let closes = actions.ofHub.filter { $0.name == "close" }
        refused += refusedCloses(closes, call)
        guard closes.contains(where: \.isAllowed) else { continue }
      } else if let reason = action.refusal {
        refused.append(refusal(action, whose, reason, call))
        continue
      }
      let right = RoleTable.right(for: action.command)
      if let why = call.mayNot(right) {
        refused.append(["name": .text(name(of: action, whose, call)), "reason": .text(why)])
        continue
      }
      guard let step = step(action, actions, reading, whose, call) else { continue }
      offered.append(form(step, number: offered.count, reading, call))
    }
    // Always possible, for who may, with any other order: there is nothing to try it on.
    if let why = call.mayNot(.supervise) {
      refused.append(["name": .text(call.say(StepPhrase.relate)), "reason": .text(why)])
    } else {
      offered.append(form(relating(call), number: offered.count, reading, call))
    }
    return .view(
      actionsTemplate,
      ["offered": .list(offered), "refused": .list(refused), "isAllAllowed": .flag(refused.isEmpty)])
  }

  private static func phrase(_ command: String) -> StepPhrase? {
    switch command {
    case "dispatch": .dispatch
    case "recall": .recall
    case "urge": .urge
    case "supervise": .supervise
    case "call-back": .callBack
    case "close": .close
    case "rework": .rework
    case "cancel": .cancel
    case "note": .note
    case "describe": .describe
    default: nil
    }
  }

  private static func name(of action: ActionList.Action, _ whose: String, _ call: PageCall) -> String {
    let name = phrase(action.name).map { call.say($0) } ?? action.name
    return whose.isEmpty ? name : "\(name) (\(whose))"
  }

  /// The ways in which it cannot be closed now, those of one reason together; where it is all of them, closing itself.
  private static func refusedCloses(_ closes: [ActionList.Action], _ call: PageCall) -> [ViewModel] {
    var reasons: [(reason: String, first: ActionList.Action, codes: [String])] = []
    for action in closes {
      guard let reason = action.refusal, case .close(let code, _) = action.command else { continue }
      let word: String = call.word(.closing, code)
      if let known = reasons.firstIndex(where: { $0.reason == reason }) {
        reasons[known].codes.append(word)
      } else {
        reasons.append((reason, action, [word]))
      }
    }
    return reasons.map { reason, first, codes in
      let which = codes.count == closes.count ? "" : codes.joined(separator: call.language == .zh ? "、" : ", ")
      return refusal(first, which, reason, call)
    }
  }

  private static func refusal(
    _ action: ActionList.Action, _ whose: String, _ reason: String, _ call: PageCall
  ) -> ViewModel {
    ["name": .text(name(of: action, whose, call)), "reason": .text(call.refusal(reason))]
  }

  /// The step with its inputs.
  private static func step(
    _ action: ActionList.Action, _ actions: ActionList, _ reading: OrderReading, _ whose: String, _ call: PageCall
  ) -> Step? {
    guard let phrase = phrase(action.name) else { return nil }
    func area(_ name: String, _ phrase: StepPhrase, required: Bool = false) -> InputView {
      InputView(name: name, label: call.say(phrase), kind: .area, isRequired: required)
    }
    func select(_ name: String, _ phrase: StepPhrase, _ choices: [Choice], value: String? = nil) -> InputView {
      InputView(name: name, label: call.say(phrase), kind: .select(choices), value: value)
    }
    var step = Step(name: action.name, phrase: phrase, detail: whose)
    let unknown = Choice("", call.say(StepPhrase.unknown))
    let scale = [unknown] + (1...5).map { Choice("\($0)", "\($0)") }
    switch action.name {
    case "dispatch":
      let roles = [Choice("", call.say(StepPhrase.roleAuto))] + call.choices(.role, RegisterTable.roles)
      step.inputs = [
        select("to", .to, call.platformChoices), select("role", .role, roles), area("instruction", .instruction),
      ]
    case "recall":
      step.what = [.recallDo]
      step.inputs = [area("reason", .reason, required: true)]
      step.hidden = [("assignment", action.assignment ?? "")]
      step.isDangerous = true
    case "urge": step.inputs = [area("text", .demand)]
    case "supervise":
      let platforms = Set(reading.view.assignments.map(\.platform)).sorted().map { Choice($0, call.platform($0)) }
      step.inputs = [
        select("to", .to, platforms.isEmpty ? call.platformChoices : platforms),
        area("demand", .demand, required: true),
        InputView(name: "until", label: call.say(StepPhrase.until), kind: .time),
      ]
    case "call-back":
      step.inputs = [
        InputView(name: "reached", label: call.say(StepPhrase.reached), kind: .check, value: "true"),
        select("solved", .solved, [unknown] + call.choices(.answered, ["yes", "partly", "no"])),
        select("result", .resultScale, scale), select("service", .serviceScale, scale), area("reason", .reason),
      ]
    case "close":
      let codes = actions.ofHub.compactMap { other -> Choice? in
        guard case .close(let code, _) = other.command else { return nil }
        return Choice(code, call.word(.closing, code), refusal: other.refusal)
      }
      step.what = [.closeDo]
      step.inputs = [
        select("code", .code, codes, value: codes.first { $0.refusal == nil }?.value), area("note", .reason),
      ]
    case "rework":
      step.what = [.reworkDo]
      step.inputs = [
        select("to", .to, [Choice("", call.say(StepPhrase.sameLead))] + call.platformChoices),
        area("instruction", .instruction),
      ]
    case "cancel":
      step.what = [.cancelDo]
      step.inputs = [area("reason", .reason, required: true)]
      step.isDangerous = true
    case "note":
      step.inputs = [
        InputView(name: "text", label: call.say(OrderPhrase.text), kind: .area, isRequired: true),
        select("visibility", .visibility, call.choices(.visibility, ["all", "own"])),
      ]
    case "describe":
      step.what = [.describeDo]
      step.inputs = describeInputs(reading, call)
    default: return nil
    }
    return step
  }

  private static func relating(_ call: PageCall) -> Step {
    let kinds = call.choices(.relation, RegisterTable.relations) + [Choice("none", call.say(StepPhrase.relateNone))]
    return Step(
      name: "relate", phrase: .relate, what: [.relateDo],
      inputs: [
        InputView(name: "other", label: call.say(StepPhrase.relateTo), kind: .line, isRequired: true, maxLength: 80),
        InputView(name: "kind", label: call.say(StepPhrase.relateAs), kind: .select(kinds)),
      ])
  }

  /// Registers that operators correct, each with the inputs of its shape; of a record each field by itself.
  static let described = [
    "title", "description", "kind", "sector", "priority", "location", "location/private", "caller",
  ]

  private static func describeInputs(_ reading: OrderReading, _ call: PageCall) -> [InputView] {
    described.flatMap { name -> [InputView] in
      guard let register = RegisterName(name), let form = ShapeForm(register, call.language) else { return [] }
      let title = RegisterWords.register(name, call.language)
      let shown = reading.view.state.value(name).map(reading.shown)
      let inputs = InputView.inputs(form, shown: shown, call).map { input in
        InputView(
          name: "\(name).\(input.name)", label: form.isRecord ? "\(title) · \(input.label)" : input.label,
          kind: input.kind, present: input.present, maxLength: input.maxLength)
      }
      guard form.isRecord, shown != nil else { return inputs }
      return inputs + [
        InputView(name: "\(name).clear", label: call.say(StepPhrase.clearEmpty, title), kind: .check)
      ]
    }
  }

  private static func form(_ step: Step, number: Int, _ reading: OrderReading, _ call: PageCall) -> ViewModel {
    let id = "s-\(step.name)-\(number)"
    return [
      "id": .text(id), "name": .text(call.say(step.phrase)), "detail": .text(step.detail), "command": .text(step.name),
      "what": .list(step.what.map { .text(call.say($0)) }), "inputs": InputView.views(step.inputs, in: id),
      "hidden": .list(step.hidden.map { ["name": .text($0.name), "value": .text($0.value)] }),
      "isDangerous": .flag(step.isDangerous), "do": .text("/orders/\(reading.id.text.inPath)/do"),
    ]
  }

  /// For who may do nothing: said once, instead of each step by itself.
  private static let lookingTemplate = Template(
    "order.looking",
    #"""
    <section aria-labelledby="h-actions"><h2 id="h-actions">{{t.step.allowed}}</h2><p>{{why}}</p></section>
    """#)

  private static let actionsTemplate = Template(
    "order.actions",
    #"""
    <section aria-labelledby="h-actions"><h2 id="h-actions">{{t.step.allowed}}</h2><div class="bar steps">
    {{#offered}}<details class="confirm" id="{{id}}"><summary class="button{{#isDangerous}} danger{{/isDangerous}}">{{name}}{{#detail}} <small>{{detail}}</small>{{/detail}}</summary>
    <form method="post" action="{{do}}">{{csrf}}<input type="hidden" name="command" value="{{command}}">
    {{#hidden}}<input type="hidden" name="{{name}}" value="{{value}}">{{/hidden}}
    {{#what}}<p class="notice">{{.}}</p>{{/what}}{{inputs}}
    <button{{#isDangerous}} class="danger"{{/isDangerous}}>{{name}}</button></form></details>
    {{/offered}}</div>
    <details id="d-refused"><summary>{{t.step.notAllowed}}</summary>
    {{#isAllAllowed}}<p>{{t.step.allAllowed}}</p>{{/isAllAllowed}}{{^isAllAllowed}}<p><small>{{t.step.notAllowedDo}}</small></p>{{/isAllAllowed}}
    <dl class="facts refused">{{#refused}}<dt>{{name}}</dt><dd>{{reason}}</dd>{{/refused}}</dl></details></section>
    """#)
}
