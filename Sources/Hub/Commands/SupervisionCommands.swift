// `deadlines`, `callbacks`, `indicators`: what supervision works through. Urging, demanding and calling back are commands of `orders`.

import ArgumentParser
import Core
import Shell

/// Which orders are meant.
struct SupervisionOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Only those of this platform.", valueName: "name")) var platform: String?
  @Option(help: ArgumentHelp("Only those of this sector.", valueName: "name")) var sector: String?
  @Option(help: ArgumentHelp("Only those of this district.", valueName: "name")) var district: String?

  var items: [(String, String?)] { [("platform", platform), ("sector", sector), ("district", district)] }
}

/// How much of a list, and from where.
struct ListOptions: ParsableArguments {
  @Option(help: ArgumentHelp("At most this many, up to \(Limits.maxPage).", valueName: "count")) var limit = 50
  @Option(help: ArgumentHelp("Go on after what the list before named.", valueName: "mark")) var after: String?

  func validate() throws {
    guard (1...Limits.maxPage).contains(limit) else {
      throw ValidationError("--limit takes a number from 1 to \(Limits.maxPage).")
    }
  }

  var items: [(String, String?)] { [("limit", "\(limit)"), ("after", after)] }
}

extension HubCall {
  /// A GET with those items that have a value; DaemonClient escapes each.
  static func get(_ path: String, _ items: [(String, String?)]) -> HubCall {
    let given = items.compactMap { name, value in
      value.map { DaemonClient.path("", query: [name: $0]).drop { $0 != "?" }.dropFirst() }
    }
    return .get(given.isEmpty ? path : path + "?" + given.joined(separator: "&"))
  }
}

struct DeadlinesCommand: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "deadlines", abstract: "Open deadlines, those that end first before the others.",
    discussion: """
      The rungs of the ladder: inTime, dueSoon, overdue, urged, supervised. The hub urges and supervises by itself as its \
      policy says (lianxin-hub policy show). A platform that is offline may have done what is not heard of yet.

      EXAMPLES:
        lianxin-hub deadlines --state overdue
        lianxin-hub deadlines --platform water --stage accept
      """)

  @Option(help: ArgumentHelp("soon, overdue, urged, supervised, paused or all (the default).", valueName: "state"))
  var state: String?
  @Option(
    help: ArgumentHelp("Only this stage: dispatch, accept, contact, arrive, makeSafe, complete.", valueName: "stage"))
  var stage: String?
  @OptionGroup var orders: SupervisionOptions
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    try checkWord(state, among: DeadlineState.allCases.map(\.rawValue), as: "state")
    try checkWord(stage, among: [Deadline.dispatch] + RegisterTable.stages, as: "stage")
  }

  func call() -> HubCall {
    .get("/v1/deadlines", [("state", state), ("stage", stage)] + orders.items + list.items)
  }

  func lines(_ answer: JSON, on page: Page) -> [String] {
    let counts = answer["counts"]
    let words = ["dueSoon", "overdue", "urged", "supervised", "paused"]
      .map { "\(counts?.text($0) ?? "0") \($0)" }
    var table = TextTable([
      .init("ORDER"), .init("STAGE"), .init("PLATFORM"), .init("DUE"), .init("RUNG"), .init("NEXT"),
      .init("TITLE", canShrink: true), .init("NOTES"),
    ])
    for row in answer.list("deadlines") {
      let rung = row.text("rung")
      let color: Style.Colour? =
        ["overdue", "urged", "supervised"].contains(rung) ? .red : rung == "dueSoon" ? .yellow : nil
      let notes = [
        row.isTrue("emergency") ? "emergency" : nil, row.isTrue("paused") ? "paused" : nil,
        row.isTrue("offline") ? "offline" : nil,
      ].compactMap(\.self)
      table.append([
        .init(row["number"]?.asString ?? row.text("order")), .init(row.text("stage")), .init(row.text("platform")),
        .init(page.age(row["at"]?.asInt), color), .init(rung, color), .init(page.age(row["nextAt"]?.asInt)),
        .init(row.text("title")), .init(notes.joined(separator: ", ")),
      ])
    }
    return [words.joined(separator: " · "), ""] + table.lines(on: page, ifEmpty: "No open deadlines.")
      + SupervisionPrinting.next(answer)
  }
}

struct CallBacksCommand: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "callbacks", abstract: "Orders that wait for a call-back, those to ring first before the others.",
    discussion: """
      Record one with: lianxin-hub orders call-back ORDER. Who was rung as often as the policy says without an answer is \
      marked; the order can be closed then.

      EXAMPLES:
        lianxin-hub callbacks --platform water
      """)

  @OptionGroup var orders: SupervisionOptions
  @OptionGroup var list: ListOptions
  @OptionGroup var hub: HubOptions

  func call() -> HubCall { .get("/v1/callbacks", orders.items + list.items) }

  func lines(_ answer: JSON, on page: Page) -> [String] {
    var table = TextTable([
      .init("ORDER"), .init("PLATFORM"), .init("ROUND", .right), .init("DONE"), .init("ATTEMPTS", .right),
      .init("RING"), .init("TITLE", canShrink: true),
    ])
    for row in answer.list("callbacks") {
      let ring =
        row.isTrue("exhausted") ? "no more: close it" : row.isTrue("ready") ? "now" : page.age(row["nextAt"]?.asInt)
      table.append([
        .init(row["number"]?.asString ?? row.text("order")), .init(row.text("platform")), .init(row.text("round")),
        .init(page.age(row["since"]?.asInt)), .init(row.text("attempts")), .init(ring), .init(row.text("title")),
      ])
    }
    return ["\(answer.text("count")) orders wait, \(answer.text("ready")) of them can be rung now", ""]
      + table.lines(on: page, ifEmpty: "Nobody waits for a call-back.") + SupervisionPrinting.next(answer)
  }
}

struct IndicatorsCommand: HubRequestCommand {
  static let configuration = CommandConfiguration(
    commandName: "indicators", abstract: "The indicators of a period, with their definitions.",
    discussion: """
      EXAMPLES:
        lianxin-hub indicators
        lianxin-hub indicators --from 2026-11-01 --to 2026-11-30 --by platform
        lianxin-hub indicators --by month --from 2026-01-01 --json
      """)

  @Option(help: ArgumentHelp("The first day, as 2026-11-01 (default: the first of this month).", valueName: "day"))
  var from: String?
  @Option(help: ArgumentHelp("The last day (default: today).", valueName: "day")) var to: String?
  @Option(help: ArgumentHelp("sector, platform, district, day or month.", valueName: "what")) var by: String?
  @OptionGroup var orders: SupervisionOptions
  @OptionGroup var hub: HubOptions

  func validate() throws {
    try checkWord(by, among: IndicatorQuery.Grouping.allCases.map(\.rawValue), as: "grouping")
    for day in [from, to].compactMap(\.self) where LocalDay(day) == nil {
      throw ValidationError("'\(Sanitize.line(day))' is not a day; write it as 2026-11-25.")
    }
  }

  func call() -> HubCall { .get("/v1/indicators", [("from", from), ("to", to), ("by", by)] + orders.items) }

  func lines(_ answer: JSON, on page: Page) -> [String] {
    let rows = answer.list("rows")
    var table = TextTable(
      [.init("INDICATOR")] + rows.map { .init($0.text("group").isEmpty ? "(none)" : $0.text("group"), .right) }
        + [.init("ALL", .right), .init("DEFINITION", canShrink: true)])
    for definition in answer.list("definitions") {
      let indicator = Indicator.all.first { $0.id == definition.text("id") }
      func cell(_ values: JSON?) -> TextTable.Cell {
        guard let indicator, let value = values?[indicator.id]?["value"]?.asInt else { return "" }
        return .init(indicator.said(value))
      }
      table.append(
        [.init(definition.text("en"))] + rows.map { cell($0["values"]) }
          + [cell(answer["total"]), .init(definition.text("formulaEn"))])
    }
    return [
      "\(answer.text("from")) to \(answer.text("to")); overdue now: \(answer["overdue"]?.text("total") ?? "0")", "",
    ]
      + table.lines(width: page.width, style: page.style)
      + (answer.isTrue("following") ? ["", "The figures are being made anew; they will change."] : [])
  }
}

enum SupervisionPrinting {
  static func next(_ answer: JSON) -> [String] {
    answer["next"]?.asString.map { ["", "There are more: --after \(Sanitize.line($0))"] } ?? []
  }
}
