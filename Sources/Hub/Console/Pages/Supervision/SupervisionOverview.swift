// What supervision adds to the overview: what is overdue or soon due, who waits to be rung, and today's indicators beside the last two
// weeks.

import Core
import Shell

enum SupervisionOverview {
  private static let days = 14
  /// The indicators that a hotline looks at every day.
  private static let chosen = ["received", "completion", "inTime", "response", "solved", "satisfied"]

  static let part: OverviewPage.Part = { call in
    let now = call.now
    let (counts, waiting, ready, today, figures) = try call.seat.read { hotline in
      let today = hotline.today
      let query = IndicatorQuery(from: today.advanced(by: 1 - days), to: today, grouping: .day)
      return try hotline.database.read { db in
        (
          try hotline.deadlineCounts(now: now, db), try db.count("SELECT COUNT(*) FROM callback_queue"),
          try db.count("SELECT COUNT(*) FROM callback_queue WHERE next_at <= $1", [.integer(now)]), today,
          try query.read(now: now, hotline.inForce.policy.calendar.clock, db)
        )
      }
    }
    let late = ["overdue", "urged", "supervised"].reduce(0) { $0 + (counts[$1]?.asInt ?? 0) }
    // An order has up to five deadlines at once: orders are counted by their own, and deadlines beside them.
    let lateOrders = counts["orders"]?.asInt ?? 0
    let cards: [(Int, String, String, Bool)] = [
      (lateOrders, call.say(SupervisionPhrase.overdueOrders), "/orders?overdue=true", lateOrders > 0),
      (
        counts["ordersSoon"]?.asInt ?? 0, call.say(SupervisionPhrase.dueSoonOrders),
        "/supervision?state=soon&stage=complete", false
      ),
      (late, call.say(SupervisionPhrase.overdueDeadlines), "/supervision?state=overdue", late > 0),
      (
        counts["dueSoon"]?.asInt ?? 0, call.say(SupervisionPhrase.dueSoonDeadlines), "/supervision?state=soon", false
      ),
      (waiting, call.say(CallBackPhrase.waiting, "\(waiting)", "\(ready)"), "/callbacks", false),
    ]
    let series = (0..<days).map { today.advanced(by: $0 + 1 - days).description }
    return .view(
      template,
      [
        "cards": .list(
          cards.map { count, word, href, isSome in
            ["count": .int(count), "word": .text(word), "href": .text(href), "isSome": .flag(isSome)]
          }),
        "figures": .list(
          Indicator.all.filter { chosen.contains($0.id) }.map { indicator in
            func value(_ day: String) -> Int? {
              figures[day].flatMap { $0.isEmpty ? nil : indicator.value($0) }
            }
            let name = indicator.name(call.language)
            let now = value(today.description)
            return [
              "name": .text(name), "formula": .text(indicator.formula(call.language)),
              "value": .text(
                now.map(indicator.said) ?? call.say(IndicatorPhrase.noValue)),
              "spark": IndicatorChart.spark(series.map(value), label: name).map(ViewModel.html) ?? .none,
            ]
          }),
      ])
  }

  private static let template = Template(
    "overview.supervision",
    #"""
    <section aria-labelledby="deadlines"><h2 id="deadlines">{{t.supervision.title}}</h2>
    <ul class="cards">{{#cards}}<li>
    <a class="card{{#isSome}} some{{/isSome}}" href="{{href}}" data-row><span class="figure">{{count}}</span> {{word}}</a></li>{{/cards}}</ul></section>
    <section aria-labelledby="today"><h2 id="today">{{t.indicators.today}} <small>
    <a href="/indicators">{{t.indicators.more}}</a></small></h2>
    <ul class="cards">{{#figures}}<li class="card"><span class="figure">{{value}}</span> {{name}}<br>
    <small>{{formula}}</small>{{spark}}</li>{{/figures}}</ul></section>
    """#)
}
