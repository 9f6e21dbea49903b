// What crews and operators do in the demonstration, each step in two forms: the body of the API's call, and the words of the real
// command line. Every step carries the marker by which the checker finds it again.

import Core

/// One command on one order, or the making of an order.
struct Step: Sendable {
  /// Where the marker stands beside the author's name.
  enum Place: Sendable { case entry, register, authorOnly }

  /// As in `recall`, for the ledger.
  let what: String
  let place: Place
  /// The body's members; for a new order its registers.
  let fields: [(String, JSON)]
  /// The words before and after the order at the command line; nil where it has no such command.
  let words: (before: [String], after: [String])?
  let makesOrder: Bool

  private init(
    _ what: String, _ place: Place, _ fields: [(String, JSON)], words: (before: [String], after: [String])?,
    makesOrder: Bool = false
  ) {
    self.what = what
    self.place = place
    self.fields = makesOrder ? fields : [("command", .string(what))] + fields
    self.words = words
    self.makesOrder = makesOrder
  }

  private static func orders(_ name: String, _ after: [String]) -> (before: [String], after: [String]) {
    (["orders", name], after)
  }

  // MARK: Of a crew

  static let accept = Step("accept", .authorOnly, [], words: orders("accept", []))

  static func progress(_ step: String) -> Step {
    Step("progress", .authorOnly, [("step", .string(step))], words: orders("progress", [step]))
  }

  static func complete(_ work: String, outcome: String = "solved") -> Step {
    Step(
      "complete", .register,
      [("result", ["outcome": .string(outcome), "work": .string(work)]), ("reply", ["citizen": "It is done."])],
      words: orders("complete", ["--outcome", outcome, "--work", work, "--reply", "It is done."]))
  }

  static func result(_ work: String) -> Step {
    Step(
      "result", .register, [("result", ["outcome": "partly", "work": .string(work)])],
      words: orders("result", ["--outcome", "partly", "--work", work]))
  }

  static func request(_ type: String, _ reason: String) -> Step {
    Step(
      "request", .register, [("type", .string(type)), ("reason", .string(reason))],
      words: orders("request", [type, "--reason", reason]))
  }

  static func create(_ title: String, sector: String) -> Step {
    Step(
      "create", .register,
      [("kind", "repair"), ("title", .string(title)), ("sector", .string(sector)), ("source", "platform")],
      words: (
        ["orders", "create", "--kind", "repair", "--title", title, "--sector", sector, "--source", "platform"], []
      ), makesOrder: true)
  }

  // MARK: Of both

  static func note(_ text: String) -> Step {
    Step("note", .entry, [("text", .string(text))], words: orders("note", [text]))
  }

  static func location(_ place: JSON?, note: String) -> Step {
    let members = (place?.asObject ?? []).filter { $0.key != "note" } + [JSON.Member("note", .string(note))]
    return Step("describe", .register, [("registers", ["location": .object(members)])], words: nil)
  }

  static func priority(_ priority: String) -> Step {
    Step("describe", .authorOnly, [("registers", ["priority": .string(priority)])], words: nil)
  }

  // MARK: Of the hotline

  static func dispatch(_ platform: String, _ instruction: String, role: String? = nil) -> Step {
    Step(
      "dispatch", .register,
      [("platform", .string(platform)), ("instruction", .string(instruction))]
        + (role.map { [("role", .string($0))] } ?? []),
      words: orders("dispatch", [platform, "--instruction", instruction] + (role.map { ["--role", $0] } ?? [])))
  }

  static func recall(_ reason: String) -> Step {
    Step("recall", .register, [("reason", .string(reason))], words: orders("recall", ["--reason", reason]))
  }

  static func urge(_ text: String) -> Step {
    Step("urge", .entry, [("text", .string(text))], words: orders("urge", [text]))
  }

  static func callBack(_ reason: String, solved: String, mark: Int) -> Step {
    Step(
      "call-back", .entry,
      [
        (
          "callback",
          [
            "reached": true, "solved": .string(solved), "result": .int(mark), "service": .int(mark),
            "reason": .string(reason),
          ]
        )
      ],
      words: orders(
        "call-back", ["--solved", solved, "--result", "\(mark)", "--service", "\(mark)", "--reason", reason]))
  }

  static func close(_ code: String, _ note: String) -> Step {
    Step(
      "close", .register, [("code", .string(code)), ("note", .string(note))],
      words: orders("close", [code, "--note", note]))
  }

  static func cancel(_ reason: String) -> Step {
    Step("cancel", .register, [("reason", .string(reason))], words: orders("cancel", ["--reason", reason]))
  }

  static func rework(_ instruction: String) -> Step {
    Step(
      "rework", .register, [("instruction", .string(instruction))],
      words: orders("rework", ["--instruction", instruction]))
  }

  static func answer(_ request: String, granted: Bool, _ note: String) -> Step {
    Step(
      "answer", .register, [("requestId", .string(request)), ("granted", .bool(granted)), ("note", .string(note))],
      words: (["requests", "answer", request, granted ? "--grant" : "--refuse", "--note", note, "--order"], []))
  }

  static func settle(_ register: String) -> Step {
    Step(
      "settle", .authorOnly, [("register", .string(register))], words: (["conflicts", "settle"], [register]))
  }

  /// A result that the crew told the hotline by phone.
  static func resultByPhone(_ work: String, of platform: String) -> Step {
    Step(
      "result", .register,
      [("result", ["outcome": "partly", "work": .string(work)]), ("onBehalfOf", .string(platform))],
      words: (["orders", "record", "result"], ["--outcome", "partly", "--work", work, "--on-behalf-of", platform]))
  }
}
