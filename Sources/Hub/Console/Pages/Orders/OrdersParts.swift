// What the pages of orders have in common: choices of a form, marks beside an order, addresses with a filter in them.

import Core
import Foundation

/// One choice of a select or a row of radio buttons.
struct Choice: Sendable {
  let value: String
  let label: String
  /// Why it cannot be chosen now, nil where it can.
  var refusal: String?

  init(_ value: String, _ label: String, refusal: String? = nil) {
    self.value = value
    self.label = label
    self.refusal = refusal
  }

  /// `<option>`s, with the chosen one marked.
  static func options(_ choices: [Choice], chosen: String?) -> ViewModel {
    .list(
      choices.map { choice in
        let isChosen: SafeHTML = choice.value == chosen ?? "" ? " selected" : ""
        let isRefused: SafeHTML = choice.refusal == nil ? "" : " disabled"
        return .html("<option value=\"\(choice.value)\"\(isChosen)\(isRefused)>\(choice.label)</option>")
      })
  }
}

extension PageCall {
  /// Words of the domain as choices.
  func choices(_ vocabulary: Vocabulary, _ words: [String]) -> [Choice] {
    words.map { Choice($0, word(vocabulary, $0)) }
  }

  var values: ValueWords {
    ValueWords(language: language) { ConsoleTimes.short($0) }
  }

  /// Why something is refused, in the reader's language.
  func refusal(_ sentence: String) -> String {
    RefusalWords.said(sentence, in: language, word: values.word)
  }

  /// That a step begins with another role than the reader's; nil for who may do it.
  func mayNot(_ right: Right) -> String? {
    may(right) ? nil : say(StepPhrase.mayNot, word(.accountRole, RoleTable.least(right).rawValue))
  }

  /// The platforms as choices, by the name that people know.
  var platformChoices: [Choice] {
    platformNames.sorted { $0.key < $1.key }.map { name, shown in
      Choice(name, shown == name ? name : "\(shown) (\(name))")
    }
  }
}

extension OrdersPages {
  /// The address of the orders that pass a filter, seen in a way.
  static func address(_ filter: OrderFilter, _ more: (String, String?)...) -> String {
    let items = filter.items.map { ($0.name, $0.value) } + more.compactMap { name, value in value.map { (name, $0) } }
    let query = items.map { "\($0.0)=\($0.1.inPath)" }.joined(separator: "&")
    return query.isEmpty ? "/orders" : "/orders?\(query)"
  }

  /// The filter of the address. What the form has as days becomes times, as an address keeps them; the last day is included.
  static func filter(_ call: PageCall) throws -> OrderFilter {
    var filter = try OrderFilter { call.query($0) }
    func day(_ name: String) throws(Problem) -> LocalDay? {
      guard let text = call.query(name) else { return nil }
      guard let day = LocalDay(text) else { throw Problem(.badBody, "'\(name)' is a day as 2026-11-25") }
      return day
    }
    if let day = try day("fromDay") { filter.from = begin(of: day) }
    if let day = try day("untilDay") { filter.until = begin(of: day.advanced(by: 1)) }
    return filter
  }

  /// By the zone in which the pages tell times; no time of an order is before 1970.
  private static func begin(of day: LocalDay) -> Int { max(0, LocalClock(timeZone: .current).instant(day, 0)) }

  /// A time of the filter for the form: as the day that begins then, else as it is, so that the form keeps it.
  private static func bound(
    _ name: String, _ time: Int?, last: Bool, _ clear: OrderFilter, view: String, _ call: PageCall
  ) -> ViewModel {
    let day = time.map { LocalClock(timeZone: .current).day(of: $0) }
    let isDay = day.map { begin(of: $0) } == time
    return [
      "name": .text(name), "label": .text(call.say(last ? OrdersPhrase.receivedUntil : .receivedFrom)),
      "day": .optional(isDay ? day.map { (last ? $0.advanced(by: -1) : $0).description } : nil),
      "exact": .optional(isDay ? nil : time), "at": isDay ? .none : call.time(time),
      "clear": .text(address(clear, ("view", view == "list" ? nil : view))),
    ]
  }

  static func tone(of status: OrderStatus) -> BadgeTone {
    switch status {
    case .received, .returned, .recalled: .warning
    case .dispatched, .accepted, .inProgress: .info
    case .repaired, .calledBack: .good
    case .closed, .suspended, .cancelled: .plain
    }
  }

  /// The marks beside an order: what a person should see before opening it.
  static func marks(_ row: OrderRowShown, isOffline: Bool, _ call: PageCall) -> ViewModel {
    var marks: [ViewModel] = [call.badge(tone(of: row.status), call.word(.status, row.status.rawValue))]
    if row.isEmergency {
      marks.append(call.badge(.bad, call.word(.priority, "emergency")))
    } else if row.priority == "urgent" {
      marks.append(call.badge(.warning, call.word(.priority, "urgent")))
    }
    if row.isOverdue(now: call.now) { marks.append(call.badge(.bad, OrdersPhrase.overdue)) }
    if row.disagreements > 0 { marks.append(call.badge(.warning, OrdersPhrase.disagreeing)) }
    if row.requests > 0 { marks.append(call.badge(.warning, OrdersPhrase.asking)) }
    if isOffline { marks.append(call.badge(.bad, OrdersPhrase.offline)) }
    return .list(marks)
  }

  /// One order in a list.
  static func view(_ row: OrderRowShown, isOffline: Bool, _ call: PageCall) -> ViewModel {
    let name = row.number ?? row.id.short
    return [
      "id": .text(row.id.text), "href": .text("/orders/\(row.id.text.inPath)"), "number": .text(name),
      "choose": .text(call.say(OrdersPhrase.choose, name)), "title": .text(row.title.isEmpty ? name : row.title),
      "marks": marks(row, isOffline: isOffline, call), "kind": call.word(.kind, row.kind),
      "sector": call.word(.sector, row.sector), "lead": .optional(row.lead.map(call.platform)),
      "due": call.ago(row.due),
      "received": call.ago(row.created),
    ]
  }

  /// Whether the next step is the platform's: while nobody there is in contact it is neither told of a word of the hub nor heard.
  private static func awaitsPlatform(_ status: OrderStatus) -> Bool {
    switch status {
    case .dispatched, .accepted, .inProgress, .suspended: true
    case .received, .repaired, .calledBack, .returned, .recalled, .closed, .cancelled: false
    }
  }

  /// Rows as a page has them, each marked that waits for a platform which is not there now.
  static func views(_ rows: [OrderRowShown], _ call: PageCall) throws -> [ViewModel] {
    let waiting = rows.filter { awaitsPlatform($0.status) }.compactMap(\.lead)
    let reach = try call.seat.read(.see) { hotline in
      try hotline.database.read { db in try hotline.reach(of: waiting, db) }
    }
    return rows.map { row in
      let isOffline = awaitsPlatform(row.status) && row.lead.map { reach[$0]?.isOnline == false } ?? false
      return view(row, isOffline: isOffline, call)
    }
  }

  /// The filter as a form, with the links to the other ways to see the same.
  static func filterView(_ filter: OrderFilter, view: String, _ call: PageCall) throws -> ViewModel {
    let any = Choice("", call.say(OrdersPhrase.any))
    let sectors = try call.seat.platforms().list("platforms").flatMap { $0.list("sectors").compactMap(\.asString) }
    var sectorChoices = call.choices(.sector, Set(sectors + (filter.sector.map { [$0] } ?? [])).sorted())
    sectorChoices.insert(any, at: 0)
    let scopes = [
      Choice("", call.say(OrdersPhrase.scopeOpen)),
      Choice(OrderFilter.Standing.over.rawValue, call.say(OrdersPhrase.scopeOver)),
      Choice(OrderFilter.Standing.all.rawValue, call.say(OrdersPhrase.scopeAll)),
    ]
    var (withoutFrom, withoutUntil) = (filter, filter)
    withoutFrom.from = nil
    withoutUntil.until = nil
    let ways: [(String?, OrdersPhrase)] = [(nil, .list), ("board", .board), ("map", .map)]
    return .view(
      filterTemplate,
      [
        "view": .text(view == "list" ? "" : view), "text": .optional(filter.text),
        "statuses": Choice.options(
          [any] + call.choices(.status, OrderStatus.allCases.map(\.rawValue)), chosen: filter.status?.rawValue),
        "platforms": Choice.options([any] + call.platformChoices, chosen: filter.platform),
        "sectors": Choice.options(sectorChoices, chosen: filter.sector),
        "priorities": Choice.options(
          [any] + call.choices(.priority, RegisterTable.priorities), chosen: filter.priority),
        "kinds": Choice.options([any] + call.choices(.kind, RegisterTable.kinds), chosen: filter.kind),
        "scopes": Choice.options(scopes, chosen: filter.standing == .open ? "" : filter.standing.rawValue),
        "bounds": [
          bound("from", filter.from, last: false, withoutFrom, view: view, call),
          bound("until", filter.until, last: true, withoutUntil, view: view, call),
        ],
        "isOverdue": .flag(filter.isOverdue), "isAtOdds": .flag(filter.isAtOdds), "mayHandle": .flag(call.may(.handle)),
        "maySeek": .flag(call.may(.seek)),
        "ways": .list(
          ways.map { way, phrase in
            [
              "href": .text(address(filter, ("view", way))), "name": .text(call.say(phrase)),
              "isHere": .flag((way ?? "list") == view),
            ]
          }),
      ])
  }

  private static let filterTemplate = Template(
    "orders.filter",
    #"""
    <div class="bar">
    {{#ways}}<a class="button quiet" href="{{href}}"{{#isHere}} aria-current="page"{{/isHere}}>{{name}}</a>{{/ways}}
    {{#mayHandle}}<a class="button" href="/orders/new" data-key="n">{{t.orders.new}} <kbd>n</kbd></a>{{/mayHandle}}
    </div>
    <form method="get" action="/orders" class="bar" role="search" aria-label="{{t.orders.filter}}">
    {{#view}}<input type="hidden" name="view" value="{{view}}">{{/view}}
    <label for="f-text">{{t.orders.text}} <input id="f-text" type="search" name="text" value="{{text}}" maxlength="120" placeholder="{{t.orders.textHint}}" data-search></label>
    <label for="f-status">{{t.orders.status}} <select id="f-status" name="status">{{statuses}}</select></label>
    <label for="f-platform">{{t.orders.platform}} <select id="f-platform" name="platform">{{platforms}}</select></label>
    <label for="f-sector">{{t.orders.sector}} <select id="f-sector" name="sector">{{sectors}}</select></label>
    <label for="f-kind">{{t.orders.kind}} <select id="f-kind" name="kind">{{kinds}}</select></label>
    <label for="f-priority">{{t.orders.priority}} <select id="f-priority" name="priority">{{priorities}}</select></label>
    <label for="f-open">{{t.orders.scope}} <select id="f-open" name="open">{{scopes}}</select></label>
    {{#bounds}}<label for="f-{{name}}">{{label}} <input id="f-{{name}}" type="date" name="{{name}}Day" value="{{day}}"></label>
    {{#exact}}<span><input type="hidden" name="{{name}}" value="{{exact}}">{{label}} {{at}} <a href="{{clear}}">{{t.orders.any}}</a></span>{{/exact}}{{/bounds}}
    <label for="f-overdue"><input id="f-overdue" type="checkbox" name="overdue" value="true"{{#isOverdue}} checked{{/isOverdue}}> {{t.orders.overdueOnly}}</label>
    <label for="f-odds"><input id="f-odds" type="checkbox" name="disagreement" value="true"{{#isAtOdds}} checked{{/isAtOdds}}> {{t.orders.disagreement}}</label>
    <button>{{t.orders.filter}}</button>
    </form>
    {{#maySeek}}<details class="confirm" id="d-phone"><summary class="button quiet">{{t.orders.phoneTitle}}</summary>
    <form method="post" action="/orders/phone" class="bar">{{csrf}}
    <label for="f-phone">{{t.orders.phoneField}} <input id="f-phone" name="phone" type="tel" required maxlength="40" autocomplete="off"></label>
    <button>{{t.orders.phoneGo}}</button><p>{{t.orders.phoneNote}}</p></form></details>{{/maySeek}}
    """#)
}
