// The first page: where the orders stand in the loop, what waits for somebody, and which platforms need a person. What the deadlines,
// call-backs and indicators have to say is a part that they add.

import Core
import Shell

/// What the overview counts, in one snapshot and by indexes.
struct OverviewReading: Sendable {
  /// Open orders by status.
  let open: [String: Int]
  /// All that were ever closed and are now.
  let closed: Int
  let requests: Int
  let disagreements: DisagreementCounts
  let quarantined: Int
  let voided: Int
  let healing: JSON

  static func read(_ hotline: Hotline) throws -> OverviewReading {
    try hotline.database.read { db in
      let counts = try db.all("SELECT status, SUM(orders) FROM tally WHERE platform = '' GROUP BY status", []) {
        ($0.text(0), $0.int(1))
      }
      let open = counts.filter { !(OrderStatus(rawValue: $0.0)?.isOver ?? true) }
      return OverviewReading(
        open: Dictionary(open, uniquingKeysWith: +),
        closed: counts.first { $0.0 == OrderStatus.closed.rawValue }?.1 ?? 0,
        // Index change_put_aside.
        requests: try WaitingRequest.count(db),
        disagreements: try DisagreementCounts.read(db),
        quarantined: try db.count("SELECT COUNT(*) FROM quarantine")
          + db.count("SELECT COUNT(*) FROM change WHERE verdict <> 'accepted' AND verdict = 'unreadable'"),
        voided: try voided(db),
        healing: try hotline.healing(db))
    }
  }
}

extension OverviewReading {
  /// Changes that are void now.
  static func voided(_ db: any DatabaseConnection) throws -> Int {
    // voiding_now
    try db.count("SELECT COUNT(*) FROM voiding WHERE is_void = 1")
  }
}

enum OverviewPage {
  /// A part of the overview that another area of the console makes; what has nothing to say makes nothing.
  typealias Part = @Sendable (PageCall) throws -> ViewModel

  /// In their order on the page.
  static let parts: [Part] = [SupervisionOverview.part]

  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("", sharedFor: .role) { call in try page(call) }
  }

  /// The way of an order to its end; the others stand beside it.
  private static let loop: [OrderStatus] = [
    .received, .dispatched, .accepted, .inProgress, .repaired, .calledBack, .closed,
  ]
  private static let aside: [OrderStatus] = [.suspended, .returned, .recalled]

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let (counts, platforms) = try call.seat.read { hotline in
      (try OverviewReading.read(hotline), try PlatformReading.read(hotline).platforms)
    }
    func stage(_ status: OrderStatus) -> ViewModel {
      [
        "count": .int(status == .closed ? counts.closed : counts.open[status.rawValue] ?? 0),
        "word": .text(call.word(.status, status.rawValue)),
        "href": .text("/orders?status=\(status.rawValue)"),
      ]
    }
    let waiting: [(Int, OverviewPhrase, String)] = [
      (counts.requests, .requests, "/requests"), (counts.disagreements.conflicts, .conflicts, "/conflicts"),
      (counts.disagreements.contradictions, .contradictions, "/conflicts#contradictions"),
      (counts.quarantined, .quarantine, "/quarantine#quarantine"), (counts.voided, .voided, "/quarantine"),
    ]
    let unwell = platforms.filter { $0.standing >= .offline }.sorted { ($0.standing, $1.name) > ($1.standing, $0.name) }
    return ConsolePage(
      title: call.say(OverviewPhrase.title), section: .overview,
      topics: [.orders, .platforms, .requests, .conflicts, .quarantine, .supervision, .callbacks], template: template,
      view: [
        "total": .int(counts.open.values.reduce(0, +)), "loop": .list(loop.map(stage)),
        "aside": .list(aside.map(stage)),
        "waiting": .list(
          waiting.map { count, phrase, href in
            ["count": .int(count), "word": .text(call.say(phrase)), "href": .text(href), "isSome": .flag(count > 0)]
          }),
        "alerts": .list(try alerts(call)), "parts": .list(try parts.map { try $0(call) }),
        "unwell": .list(
          unwell.map { platform in
            [
              "href": .text("/platforms/\(platform.name.inPath)"), "name": .text(platform.displayName),
              "badge": PlatformPages.badge(platform, call), "contact": call.ago(platform.lastContact),
              "cause": .text(platform.causes.first.map { CauseWords($0, call).what } ?? ""),
            ]
          }),
        "standings": .list(
          SyncStanding.allCases.map { state in
            [
              "badge": call.badge(state.tone, state.phrase),
              "count": .int(platforms.filter { $0.standing == state }.count),
            ]
          }),
        "gaps": .list(
          counts.healing.list("gaps").map { gap in
            .text(call.say(OverviewPhrase.gaps, gap.text("replica"), gap.text("missing")))
          }),
        "comparisons": comparisons(counts.healing, call),
        "lastCheck": counts.healing["lastCheck"].map { call.ago($0["at"]?.asInt) } ?? .none,
      ])
  }

  /// Accounts that revealed much, for those who may read of it.
  private static func alerts(_ call: PageCall) throws -> [ViewModel] {
    guard call.may(.readAudit) else { return [] }
    return try call.seat.read(.readAudit) { hotline in
      try hotline.database.read { db in try RevealAlerts.recent(now: call.now, db) }
    }.map { alert in
      ["text": .text(call.say(OverviewPhrase.reveals, alert.account)), "at": call.ago(alert.at)]
    }
  }

  private static func comparisons(_ healing: JSON, _ call: PageCall) -> ViewModel {
    let open = (healing["pending"]?.asInt ?? 0) + (healing["running"]?.asInt ?? 0)
    return open == 0 ? .none : .text(call.say(OverviewPhrase.comparisons, "\(open)"))
  }

  private static let template = Template(
    "overview",
    #"""
    <h1>{{t.overview.title}}</h1>
    <section aria-labelledby="loop"><h2 id="loop">{{t.overview.loop}} <small>{{t.overview.open}} {{total}}</small></h2>
    <ol class="loop">{{#loop}}<li><a href="{{href}}">
    <span class="figure">{{count}}</span> {{word}}</a></li>{{/loop}}</ol>
    <p class="back-arrow" aria-hidden="true">↺ {{t.overview.rework}}</p>
    <p>{{t.overview.aside}}: {{#aside}}<a href="{{href}}">{{word}} {{count}}</a> {{/aside}}</p></section>
    <section aria-labelledby="waiting"><h2 id="waiting">{{t.overview.waiting}}</h2>
    <ul class="cards">{{#waiting}}<li><a class="card{{#isSome}} some{{/isSome}}" href="{{href}}" data-row>
    <span class="figure">{{count}}</span> {{word}}</a></li>{{/waiting}}</ul></section>
    {{#alerts}}<p class="notice bad" data-alert="reveals">{{text}} ({{at}})
    <a href="/audit?action=revealed-many">{{t.frame.audit}}</a></p>{{/alerts}}
    {{#parts}}{{.}}{{/parts}}
    <section aria-labelledby="attention"><h2 id="attention">{{t.overview.attention}}</h2>
    <p>{{#standings}}{{badge}} {{count}} {{/standings}} <a href="/platforms">{{t.overview.platforms}}</a></p>
    {{^unwell}}<p class="empty">{{t.overview.allInStep}}</p>{{/unwell}}
    <ul class="cards wide">{{#unwell}}<li>
    <a class="card" href="{{href}}" data-row><strong><bdi>{{name}}</bdi></strong> {{badge}}<br>
    {{#cause}}{{cause}}<br>{{/cause}}<small>{{t.platforms.lastContact}} {{contact}}</small></a></li>{{/unwell}}</ul>
    {{#comparisons}}<p>{{comparisons}}</p>{{/comparisons}}
    {{#gaps}}<p class="notice warning">{{.}}</p>{{/gaps}}</section>
    <section aria-labelledby="backup"><h2 id="backup">{{t.overview.lastCheck}}</h2>
    {{#lastCheck}}<p>{{t.overview.lastCheckOn}}: {{lastCheck}}</p>{{/lastCheck}}
    {{^lastCheck}}<p class="notice warning">{{t.overview.neverChecked}}</p>{{/lastCheck}}</section>
    """#)
}
