// What the forms of an order's page do: each becomes one command, checked and written as the command line's are.

import Core
import Shell

extension OrdersPages {
  static func act(_ call: PageCall) throws -> PageAnswer {
    let order = try call.seat.resolve(try call.part("order"))
    let name = try call.demanded("command")
    let platform = try call.form("platform").map { try PlatformName($0) }
    do {
      let command =
        try name == "behalf" ? behalfCommand(call) : name == "settle" ? settlement(order, call) : command(name, call)
      _ = try call.seat.perform(
        command, on: order, assignment: call.form("assignment"), onBehalfOf: name == "behalf" ? platform : nil,
        request: call.requestID)
    } catch  where SeenValues.isStale(error) {
      return .page(try changed(order, call), status: ProblemCode.unseen.status)
    }
    return .goTo(
      "/orders/\(order.text.inPath)", saying: name == "settle" ? StepPhrase.decided as any PhraseSet : OrderPhrase.done)
  }

  private static func command(_ name: String, _ call: PageCall) throws -> Command {
    let until = try call.form("until").map { try ShapeForm.time($0, call.say(StepPhrase.until), now: call.now) }
    switch name {
    case "dispatch":
      return .dispatch(
        platform: try call.demanded("to"), role: call.form("role"), instruction: call.form("instruction"), cause: nil)
    case "recall": return .recall(reason: try call.demanded("reason"))
    case "urge": return .urge(text: call.form("text") ?? "")
    case "supervise":
      return .supervise(to: try call.demanded("to"), demand: try call.demanded("demand"), until: until)
    case "call-back": return .callBack(callBack(call), verdict: nil)
    case "close": return .close(code: try call.demanded("code"), note: call.form("note"))
    case "rework": return .rework(platform: call.form("to"), instruction: call.form("instruction"))
    case "cancel": return .cancel(reason: try call.demanded("reason"))
    case "note": return .note(text: try call.demanded("text"), visibility: call.form("visibility") ?? "all")
    case "describe": return .amend(try amendment(call))
    case "answer":
      return .answer(
        request: try call.demanded("requestId"), granted: try call.demanded("granted") == "true", until: until,
        note: call.form("note"))
    case "relate":
      let kind = try call.demanded("kind")
      return .relate(order: try call.demanded("other"), kind: kind == "none" ? nil : kind)
    case "void": return .void(dot: try call.demanded("dot"), reason: try call.demanded("reason"))
    case "reinstate": return .reinstate(dot: try call.demanded("dot"))
    default: throw Problem(.badCommand, "there is no command '\(name.prefix(64))'")
    }
  }

  private static func callBack(_ call: PageCall) -> JSON {
    .compact([
      ("by", "hub"), ("channel", "call"), ("reached", .bool(call.form("reached") == "true")),
      ("solved", call.form("solved").map(JSON.string)),
      ("result", call.form("result").flatMap { Int($0) }.map(JSON.int)),
      ("service", call.form("service").flatMap { Int($0) }.map(JSON.int)),
      ("reason", call.form("reason").map(JSON.string)),
    ])
  }

  /// What was filled in: of a record the fields, which leave the others as they are unless those are to be cleared.
  private static func amendment(_ call: PageCall) throws -> [JSON.Member] {
    let members = try described.compactMap { name -> JSON.Member? in
      guard let register = RegisterName(name), let form = ShapeForm(register, call.language) else { return nil }
      let isCleared = call.form("\(name).clear") != nil
      return try form.value(now: call.now, clearing: isCleared) { call.form("\(name).v.\($0)") }.map {
        JSON.Member(name, $0)
      }
    }
    guard !members.isEmpty else { throw Problem(.badCommand, "nothing was filled in, so nothing was changed") }
    return members
  }

  // MARK: Settling

  /// Which value is to stand: one that is there, a new one, or none.
  private static func settlement(_ order: OrderID, _ call: PageCall) throws -> Command {
    let name = try call.demanded("register")
    guard let register = RegisterName(name) else {
      throw Problem(.badCommand, "there is no register '\(name.prefix(128))'")
    }
    let seen = try SeenValues.read(call)
    // A sealed value is written again in plain, so that it gets a seal of its own; nobody is shown it here.
    func plain() throws -> OrderReading {
      try call.seat.read(.supervise) { hotline in
        try hotline.database.read { db in try OrderReading.read(order, limit: 0, masking: false, db) }
      }
    }
    switch try call.demanded("choice") {
    case "keep": return .settle(register: name, value: nil, seen: seen)
    case "takeBack": return .settle(register: name, value: .null, seen: seen)
    case "new":
      guard let form = ShapeForm(register, call.language),
        let value = try form.value(now: call.now, { call.form("v.\($0)") })
      else { throw Problem(.badCommand, call.say(StepPhrase.writeFirst)) }
      let reading = try plain()
      let shown = reading.view.state.value(name).map(reading.shown)
      return .settle(register: name, value: form.completed(value, from: shown), seen: seen)
    case let choice:
      let reading = try plain()
      guard let sibling = reading.view.state.siblings(name).first(where: { $0.dot.description == choice }) else {
        throw SeenValues.gone(name)
      }
      let value = reading.shown(sibling.value.json)
      guard SealedValue.commitment(in: value) == nil else {
        throw Problem(.illegalStep, "the value that was chosen was destroyed; write a new one")
      }
      return .settle(register: name, value: value, seen: seen)
    }
  }
}
