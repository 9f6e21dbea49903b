// The hub's own health: what the doctor found when it was last asked here, and the buttons that ask it. It reads the whole database, so
// that nothing here waits for it: it goes on by itself, and the page follows.

import Core
import Shell

enum HealthPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("health") { call in try page(call) }
    routes.act("health") { call in
      try call.seat.askForCheckup(fixing: false)
      return .goTo("/health", saying: HealthPhrase.asked)
    }
    routes.act("health/fix") { call in
      try call.seat.askForCheckup(fixing: true)
      return .goTo("/health", saying: HealthPhrase.fixAsked)
    }
  }

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let standing = try call.seat.checkup()
    return ConsolePage(
      title: call.say(HealthPhrase.title), section: .health, topics: [.health], template: template,
      view: [
        "underWay": underWay(standing, call), "mayExamine": .flag(!standing.isUnderWay),
        "mayFix": .flag(!standing.isUnderWay && call.may(.administer)),
        "isNew": .flag(standing.last == nil), "report": standing.last.map { report($0, call) } ?? .none,
      ])
  }

  private static func underWay(_ standing: Checkup.Standing, _ call: PageCall) -> ViewModel {
    guard standing.isUnderWay else { return .none }
    guard let running = standing.running else { return call.badge(.info, HealthPhrase.waiting) }
    return call.badge(
      .info, running.isFixing ? HealthPhrase.fixing : .running, "\(running.orders)",
      call.duration(call.now - running.started))
  }

  private static func report(_ report: Checkup.Report, _ call: PageCall) -> ViewModel {
    let findings: [Finding]
    let failure: String?
    switch report.outcome {
    case .findings(let found): (findings, failure) = (found, nil)
    case .failure(let reason): (findings, failure) = ([], reason)
    }
    let wrong = findings.filter { !$0.isWell }
    let doubtful = findings.filter { $0.isWell && $0.isDoubtful }
    // What a person must act on comes first.
    let rows = wrong + doubtful + findings.filter { $0.isWell && !$0.isDoubtful }
    return [
      "head": .text(
        call.say(
          report.isFixing ? HealthPhrase.lastFixed : .last, ConsoleTimes.short(report.finished),
          call.duration(report.finished - report.started))),
      "failure": .optional(failure), "hasFindings": .flag(!findings.isEmpty),
      "wrong": wrong.isEmpty ? .none : call.badge(.bad, HealthPhrase.someWrong, "\(wrong.count)"),
      "doubtful": doubtful.isEmpty ? .none : call.badge(.warning, HealthPhrase.someDoubtful, "\(doubtful.count)"),
      "well": rows.isEmpty || wrong.count + doubtful.count > 0 ? .none : call.badge(.good, HealthPhrase.allWell),
      "rows": .list(rows.map { row($0, call) }),
    ]
  }

  private static func row(_ finding: Finding, _ call: PageCall) -> ViewModel {
    [
      "badge": finding.repair != nil
        ? call.badge(.good, HealthPhrase.repaired)
        : finding.isDoubtful
          ? call.badge(.warning, HealthPhrase.look)
          : finding.isWell ? call.badge(.good, HealthPhrase.well) : call.badge(.bad, HealthPhrase.wrong),
      "name": said(finding.name, HealthWords.name(finding.name, in: call.language)),
      "detail": sentence(finding.detail, call),
      "repair": finding.repair.map { sentence($0, call) } ?? .none,
      "remedy": finding.remedy.map { sentence($0, call) } ?? .none,
    ]
  }

  private static func sentence(_ text: String, _ call: PageCall) -> ViewModel {
    said(text, HealthWords.said(text, in: call.language))
  }

  /// What the reader's language has no words for is shown as the program said it, marked as that.
  private static func said(_ original: String, _ translated: String?) -> ViewModel {
    if let translated {
      .html("<bdi>\(translated)</bdi>")
    } else {
      .html("<bdi class=\"mono\" lang=\"en\">\(original)</bdi>")
    }
  }

  private static let template = Template(
    "health",
    #"""
    <h1>{{t.health.title}}</h1>
    <p>{{t.health.explain}}</p>
    {{#underWay}}<p id="under-way" role="status">{{underWay}}</p>{{/underWay}}
    {{#mayExamine}}<form method="post" action="/health" class="bar">{{csrf}}<button>{{t.health.examine}}</button></form>{{/mayExamine}}
    {{#mayFix}}<details class="confirm" id="fix"><summary class="button quiet">{{t.health.fix}}</summary>
    <form method="post" action="/health/fix">{{csrf}}<p>{{t.health.fixWhat}}</p>
    <p class="bar"><button>{{t.health.fixGo}}</button></p></form></details>{{/mayFix}}
    {{#isNew}}<p class="empty">{{t.health.none}}</p>{{/isNew}}
    {{#report}}<h2>{{head}}</h2>
    {{#failure}}<p class="notice bad">{{t.health.failed}} <bdi class="mono" lang="en">{{failure}}</bdi></p>{{/failure}}
    {{#hasFindings}}<p id="health-verdict">{{well}}{{wrong}} {{doubtful}}</p>
    <div class="scroll" id="health-rows"><table class="rows"><thead><tr><th scope="col">{{t.health.state}}</th>
    <th scope="col">{{t.health.check}}</th><th scope="col">{{t.health.found}}</th>
    <th scope="col">{{t.health.remedy}}</th></tr></thead><tbody>
    {{#rows}}<tr data-row><td data-label="{{t.health.state}}">{{badge}}</td>
    <td data-label="{{t.health.check}}">{{name}}</td><td data-label="{{t.health.found}}">{{detail}}</td>
    <td data-label="{{t.health.remedy}}">{{repair}}{{remedy}}</td></tr>
    {{/rows}}</tbody></table></div>{{/hasFindings}}{{/report}}
    """#)
}
