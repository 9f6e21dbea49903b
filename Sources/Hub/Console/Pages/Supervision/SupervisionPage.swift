// The page of deadlines: how many are on each rung of the ladder, those that are wanted in a list, and to urge or to demand from there.

import Core
import Shell

enum SupervisionPages {
  private static let pageSize = 100

  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page(
      "supervision", query: "state", "stage", "platform", "sector", "district", "after", sharedFor: .role
    ) { call in try page(call) }
    routes.page("supervision/policy", sharedFor: .role) { call in try PolicyPage.page(call) }
    routes.act("supervision/policy/reload") { call in
      _ = try call.seat.reloadPolicy()
      return .goTo("/supervision/policy", saying: PolicyPhrase.reloaded)
    }
    routes.act("supervision/:order/urge") { call in try urge(call) }
    routes.act("supervision/:order/demand") { call in try demand(call) }
    CallBackPages.addRoutes(to: routes)
    IndicatorPages.addRoutes(to: routes)
  }

  // MARK: The list

  private static let states: [(DeadlineState, SupervisionPhrase)] = [
    (.soon, .dueSoon), (.overdue, .overdue), (.urged, .urged), (.supervised, .supervised), (.paused, .paused),
    (.all, .all),
  ]

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let state = try SupervisionWords.parse(call.query("state"), "state") ?? DeadlineState.overdue
    let filter = SupervisionFilter(
      platform: call.query("platform"), sector: call.query("sector"), district: call.query("district"))
    let found = try call.seat.deadlines(
      filter, state: state, stage: call.query("stage"), limit: pageSize, after: call.query("after"))
    let isFollowing = try call.seat.policy().isTrue("following")
    let counts = found["counts"] ?? .object([])
    let kept = [
      ("stage", call.query("stage")), ("platform", filter.platform), ("sector", filter.sector),
      ("district", filter.district),
    ]
    func address(_ more: [(String, String?)]) -> String {
      let items = (more + kept).compactMap { name, value in value.map { "\(name)=\($0.inPath)" } }
      return "/supervision?" + items.joined(separator: "&")
    }
    func count(_ key: String, _ phrase: SupervisionPhrase, _ state: DeadlineState) -> ViewModel {
      let number = counts[key]?.asInt ?? 0
      return [
        "count": .int(number), "word": .text(call.say(phrase)), "href": .text(address([("state", state.rawValue)])),
        "isSome": .flag(number > 0 && [.overdue, .urged, .supervised].contains(state)),
      ]
    }
    return ConsolePage(
      title: call.say(SupervisionPhrase.title), section: .supervision, topics: [.supervision, .platforms],
      template: template,
      view: [
        "following": .flag(isFollowing),
        "counts": [
          count("dueSoon", .dueSoon, .soon), count("overdue", .overdue, .overdue), count("urged", .urged, .urged),
          count("supervised", .supervised, .supervised), count("paused", .pausedCount, .paused),
        ],
        "late": .text(call.say(SupervisionPhrase.ordersLate, counts.text("orders"))),
        "states": .list(
          states.map { ["value": .text($0.rawValue), "name": .text(call.say($1)), "on": .flag($0 == state)] }),
        "stages": .list(
          ([Deadline.dispatch] + RegisterTable.stages).map { stage in
            [
              "value": .text(stage), "name": .text(call.stage(stage)), "on": .flag(stage == call.query("stage")),
            ]
          }),
        "platforms": .list(call.platformOptions(filter.platform)),
        "sectors": .list(call.sectorOptions(filter.sector)), "district": .optional(filter.district),
        "mayUrge": .flag(call.may(.handle)), "mayDemand": .flag(call.may(.supervise)),
        "rows": .list(found.list("deadlines").map { row($0, call) }),
        "nextPage": .optional(
          found["next"]?.asString.map { address([("state", state.rawValue), ("after", $0)]) }),
        "firstPage": .optional(call.query("after").map { _ in address([("state", state.rawValue)]) }),
      ])
  }

  private static func row(_ row: JSON, _ call: PageCall) -> ViewModel {
    let order = row.text("order")
    let rung = Rung(rawValue: row.text("rung")) ?? .inTime
    let next = row["nextAt"]?.asInt
    return [
      "id": .text("\(order)-\(row.text("assignment"))-\(row.text("stage"))"), "href": .text("/orders/\(order.inPath)"),
      "number": .text(row["number"]?.asString ?? order), "title": .text(row.text("title")),
      "stage": .text(call.stage(row.text("stage"))), "platform": .text(call.platform(row.text("platform"))),
      "platformHref": row.text("platform").isEmpty ? .none : .text("/platforms/\(row.text("platform").inPath)"),
      "due": call.time(row["at"]?.asInt), "ago": call.ago(row["at"]?.asInt),
      "rung": row.isTrue("paused") ? call.badge(.plain, SupervisionPhrase.paused) : call.badge(rung.tone, rung.phrase),
      "emergency": row.isTrue("emergency") ? call.badge(.bad, SupervisionPhrase.emergency) : .none,
      "offline": row.isTrue("offline") ? call.badge(.warning, SupervisionPhrase.offline) : .none,
      "next": next.map { at in
        let phrase: SupervisionPhrase = rung == .urged ? .nextSupervise : .nextUrge
        return .text(call.say(phrase, call.whenWords(at)))
      } ?? .none,
      "urge": .text("/supervision/\(order.inPath)/urge"), "demand": .text("/supervision/\(order.inPath)/demand"),
      "hasPlatform": .flag(!row.text("platform").isEmpty), "to": .text(row.text("platform")),
    ]
  }

  private static let template = Template(
    "supervision",
    #"""
    <h1>{{t.supervision.title}}</h1>
    <p>{{t.supervision.explain}} <a href="/supervision/policy">{{t.supervision.policy}}</a></p>
    {{#following}}<p class="notice info">{{t.supervision.following}}</p>{{/following}}
    <ul class="cards">{{#counts}}<li>
    <a class="card{{#isSome}} some{{/isSome}}" href="{{href}}"><span class="figure">{{count}}</span> {{word}}</a></li>{{/counts}}</ul>
    <p>{{late}}</p>
    <form method="get" action="/supervision" class="bar">
    <label for="s-state">{{t.supervision.state}}<select id="s-state" name="state">{{#states}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/states}}</select></label>
    <label for="s-stage">{{t.supervision.stage}}<select id="s-stage" name="stage">
    <option value="">{{t.supervision.anyStage}}</option>{{#stages}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/stages}}</select></label>
    <label for="s-platform">{{t.supervision.platform}}<select id="s-platform" name="platform">
    <option value="">{{t.supervision.anyPlatform}}</option>{{#platforms}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/platforms}}</select></label>
    <label for="s-sector">{{t.supervision.sector}}<select id="s-sector" name="sector">
    <option value="">{{t.supervision.anySector}}</option>{{#sectors}}
    <option value="{{value}}"{{#on}} selected{{/on}}>{{name}}</option>{{/sectors}}</select></label>
    <label for="s-district">{{t.supervision.district}}
    <input id="s-district" name="district" value="{{district}}" maxlength="64"></label>
    <button>{{t.supervision.filter}}</button></form>
    {{^rows}}<p class="empty">{{t.supervision.none}}</p>{{/rows}}
    <div class="scroll" id="deadline-rows"><table class="rows"><thead><tr><th scope="col">{{t.supervision.order}}</th>
    <th scope="col">{{t.supervision.stage}}</th>
    <th scope="col">{{t.supervision.platform}}</th><th scope="col">{{t.supervision.due}}</th><th scope="col">{{t.supervision.rung}}</th>
    <th scope="col">{{t.supervision.next}}</th><th scope="col"><span class="sr">{{t.supervision.urge}}</span></th></tr></thead><tbody>
    {{#rows}}<tr data-row id="d-{{id}}"><td data-label="{{t.supervision.order}}">
    <a href="{{href}}">{{number}}</a> {{emergency}} <bdi class="clip">{{title}}</bdi></td>
    <td data-label="{{t.supervision.stage}}">{{stage}}</td>
    <td data-label="{{t.supervision.platform}}">{{#platformHref}}
    <a href="{{platformHref}}"><bdi>{{platform}}</bdi></a>{{/platformHref}}{{^platformHref}}{{t.supervision.hotline}}{{/platformHref}} {{offline}}</td>
    <td data-label="{{t.supervision.due}}">{{due}} <small>{{ago}}</small></td><td data-label="{{t.supervision.rung}}">{{rung}}</td>
    <td data-label="{{t.supervision.next}}">{{next}}</td>
    <td>{{#hasPlatform}}{{#mayUrge}}<details class="confirm" id="urge-{{id}}"><summary class="button quiet">{{t.supervision.urge}}</summary>
    <form method="post" action="{{urge}}">{{csrf}}
    <p>{{t.supervision.urgeDo}}</p><button>{{t.supervision.urge}}</button></form></details>{{/mayUrge}}
    {{#mayDemand}}<details class="confirm" id="demand-{{id}}"><summary class="button quiet">{{t.supervision.demand}}</summary>
    <form method="post" action="{{demand}}">{{csrf}}<input type="hidden" name="to" value="{{to}}">
    <p>{{t.supervision.demandDo}}</p><label class="field" for="t-{{id}}">{{t.supervision.demandText}}
    <textarea id="t-{{id}}" name="demand" required maxlength="2000"></textarea></label>
    <label class="field" for="u-{{id}}">{{t.supervision.until}}<input id="u-{{id}}" name="until" type="datetime-local"></label>
    <button>{{t.supervision.demand}}</button></form></details>{{/mayDemand}}{{/hasPlatform}}</td></tr>
    {{/rows}}</tbody></table></div>
    <p class="pager">{{#firstPage}}<a href="{{firstPage}}">{{t.frame.firstPage}}</a>{{/firstPage}}{{#nextPage}}
    <a href="{{nextPage}}" rel="next">{{t.frame.nextPage}}</a>{{/nextPage}}</p>
    <p><small>{{t.supervision.offlineMeans}} {{t.supervision.heldWords}}</small></p>
    """#)

  // MARK: Acts

  private static func urge(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.perform(
      .urge(text: call.form("text") ?? ""), on: try call.seat.resolve(try call.part("order")), assignment: nil,
      onBehalfOf: nil, request: call.requestID)
    return .goTo("/supervision", saying: SupervisionPhrase.urgeSent)
  }

  private static func demand(_ call: PageCall) throws -> PageAnswer {
    let until = try call.form("until").map { text throws(Problem) in
      try ShapeForm.time(text, call.say(SupervisionPhrase.until), now: call.now)
    }
    _ = try call.seat.perform(
      .supervise(to: try call.demanded("to"), demand: try call.demanded("demand"), until: until),
      on: try call.seat.resolve(try call.part("order")), assignment: nil, onBehalfOf: nil, request: call.requestID)
    return .goTo("/supervision", saying: SupervisionPhrase.demandSent)
  }
}

extension Rung {
  var phrase: SupervisionPhrase {
    switch self {
    case .inTime: .inTime
    case .dueSoon: .dueSoon
    case .overdue: .overdue
    case .urged: .urged
    case .supervised: .supervised
    }
  }

  var tone: BadgeTone {
    switch self {
    case .inTime: .good
    case .dueSoon: .warning
    case .overdue, .urged, .supervised: .bad
    }
  }
}

extension PageCall {
  func stage(_ stage: String) -> String {
    stage == Deadline.dispatch ? say(SupervisionPhrase.dispatch) : word(.stage, stage)
  }

  /// `3 分钟前`, `3 分钟后` as plain words, to stand in a sentence.
  func whenWords(_ time: Int) -> String {
    let length = duration(abs(now - time))
    return (time < now ? FramePhrase.ago : .ahead).said(in: language, [length])
  }

  /// Platforms to choose from, by what they are called.
  func platformOptions(_ chosen: String?) -> [ViewModel] {
    platformNames.sorted { $0.key < $1.key }.map { name, shown in
      ["value": .text(name), "name": .text(shown), "on": .flag(name == chosen)]
    }
  }

  func sectorOptions(_ chosen: String?) -> [ViewModel] {
    Vocabulary.sector.known.keys.sorted().map { sector in
      ["value": .text(sector), "name": .text(word(.sector, sector)), "on": .flag(sector == chosen)]
    }
  }
}
