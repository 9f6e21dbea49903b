// One agent: how it stands and why, what it has not been sent, when it was in contact, and what can be done about it.

import Core
import Shell

enum AgentPage {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("agents/:platform/:agent", sharedFor: .role) { call in try page(call) }
    routes.act("agents/:platform/:agent/resync") { call in try resync(call) }
    routes.act("agents/:platform/:agent/revoke") { call in try revoke(call) }
    routes.act("agents/:platform/:agent/settle-clone") { call in try settle(call) }
  }

  static let day = 86_400_000
  /// Outages that are told one by one.
  private static let maxOutages = 20

  private static func page(_ call: PageCall) throws -> ConsolePage {
    let platform = try call.part("platform")
    let name = try call.part("agent")
    let (reading, unsent, spans) = try call.seat.read { hotline in
      (
        try PlatformReading.read(hotline, only: platform),
        try hotline.unsentChanges(platform: platform, agent: name),
        try hotline.contactSpans(platform: platform, agent: name, since: call.now - 7 * day)
      )
    }
    guard let agent = reading.platforms.first?.agents.first(where: { $0.name == name }) else {
      throw Problem(.notFound, "there is no agent '\(name.prefix(64))' of this platform")
    }
    let silentSince = agent.isOnline ? nil : agent.lastContact
    let week = ContactTimeline(spans: spans, from: call.now - 7 * day, to: call.now, silentSince: silentSince)
    let outages = week.outages
    let refusal = agent.refusal.map { RefusedCallWords($0, call) }
    let isComparable = !agent.isRevoked
    return ConsolePage(
      title: "\(agent.name) · \(platform)", section: .platforms, topics: [.platforms], template: template,
      view: [
        "name": .text(name), "platform": .text(platform), "path": .text("/agents/\(platform.inPath)/\(name.inPath)"),
        "platformPath": .text("/platforms/\(platform.inPath)"),
        "badge": agent.isRevoked
          ? call.badge(.plain, PlatformPhrase.revoked) : PlatformPages.badge(agent.standing, agent.lastContact, call),
        "meaning": .optional(agent.isRevoked ? nil : call.say(agent.standing.meaning)),
        "isOffline": .flag(!agent.isRevoked && !agent.isOnline),
        "causes": .list(agent.causes.map { CauseWords($0, call).view(of: platform, agent: name, call) }),
        "contact": contact(agent, call),
        "refusal": .optional(refusal?.what), "refusalDo": .optional(refusal?.todo),
        "refusalMeans": .optional((refusal?.consequence).map { call.say($0) }),
        "outbox": .int(agent.outbox), "oldest": call.ago(agent.oldest), "lag": .int(agent.lag),
        "waiting": .int(agent.waiting), "quarantined": .int(agent.quarantined),
        "said": call.ago(agent.lastContact),
        "skew": .optional(agent.skew.map { ClockWords.said($0, call) }), "certificate": call.time(agent.certificateEnd),
        "version": .optional(agent.version),
        "day": .html(
          ContactTimeline(spans: spans, from: call.now - day, to: call.now, silentSince: silentSince)
            .drawing(call, label: call.say(PlatformPhrase.contactDay))),
        "week": .html(week.drawing(call, label: call.say(PlatformPhrase.contactWeek))),
        "outageCount": .int(outages.count),
        "outages": .list(outages.suffix(maxOutages).reversed().map { .text(week.said($0, call)) }),
        "outagesMore": outages.count > maxOutages
          ? .text(call.say(PlatformPhrase.more, "\(outages.count - maxOutages)")) : .none,
        "noOutage": .text(
          call.say(agent.lastContact == nil ? PlatformPhrase.neverSeen : PlatformPhrase.noOutage)),
        "unsent": .list(
          unsent.orders.map { order in
            [
              "href": .text("/orders/\(order.order.inPath)"),
              "number": .text(order.number.isEmpty ? order.order : order.number), "title": .text(order.title),
              "changes": .text(call.say(PlatformPhrase.unsentChanges, "\(order.changes)")),
            ]
          }),
        "unsentMore": unsent.more > 0
          ? .text(call.say(PlatformPhrase.unsentMore, "\(unsent.more)")) : .none,
        "resync": ResyncPanel.view(
          call, action: "/agents/\(platform.inPath)/\(name.inPath)/resync",
          rows: reading.resyncs.filter { $0.text("agent") == name }, namesAgents: false, isPossible: isComparable),
        "mayRevoke": .flag(call.may(.administer) && !agent.isRevoked),
        "isCloned": .flag(
          call.may(.administer)
            && agent.causes.contains { cause in if case .clone = cause { true } else { false } }),
      ])
  }

  /// Since when it is in contact, or how long ago it was.
  private static func contact(_ agent: AgentStanding, _ call: PageCall) -> ViewModel {
    if let since = agent.onlineSince {
      return .text(
        call.say(PlatformPhrase.inContactSince, ConsoleTimes.short(since), call.duration(call.now - since)))
    }
    return agent.lastContact == nil ? .text(call.say(FramePhrase.never)) : call.ago(agent.lastContact)
  }

  private static let template = Template(
    "agent",
    #"""
    <p><a href="{{platformPath}}">{{platform}}</a></p>
    <h1><bdi>{{name}}</bdi> <small>{{t.platforms.agent}}</small></h1>
    <p>{{badge}} {{meaning}}</p>
    {{#isOffline}}<p class="notice warning">{{t.platforms.offlineDo}}</p>{{/isOffline}}
    {{causes}}
    <dl class="facts">
    <dt>{{t.platforms.lastContact}}</dt><dd>{{contact}}</dd>
    {{#refusal}}<dt>{{t.platforms.lastRefusal}}</dt><dd>{{refusal}} <small>{{refusalMeans}} {{refusalDo}} {{t.platforms.nothingLost}}</small></dd>{{/refusal}}
    <dt>{{t.platforms.lag}}</dt><dd>{{lag}}</dd>
    {{#said}}<dt>{{t.platforms.outbox}}</dt><dd>{{outbox}} <small>{{t.platforms.lastSaid}} {{said}}</small></dd>
    {{#oldest}}<dt>{{t.platforms.oldest}}</dt><dd>{{oldest}}</dd>{{/oldest}}
    <dt>{{t.platforms.waiting}}</dt><dd>{{waiting}} <small>{{t.platforms.lastSaid}} {{said}}</small></dd>
    <dt>{{t.platforms.quarantined}}</dt><dd>{{quarantined}} <small>{{t.platforms.lastSaid}} {{said}}</small></dd>
    {{#skew}}<dt>{{t.platforms.skew}}</dt><dd>{{skew}} <small>{{t.platforms.lastSaid}} {{said}}</small></dd>{{/skew}}{{/said}}
    {{#certificate}}<dt>{{t.platforms.certificate}}</dt><dd>{{certificate}}</dd>{{/certificate}}
    {{#version}}<dt>{{t.platforms.version}}</dt><dd><bdi>{{version}}</bdi></dd>{{/version}}
    </dl>
    <h2>{{t.platforms.notSent}}</h2>
    {{^unsent}}{{^unsentMore}}<p class="empty">{{t.platforms.notSentNone}}</p>{{/unsentMore}}{{/unsent}}
    <ul>{{#unsent}}<li data-row>
    <a href="{{href}}">{{number}}</a> <bdi>{{title}}</bdi> <small>{{changes}}</small></li>{{/unsent}}</ul>
    {{#unsentMore}}<p>{{unsentMore}}</p>{{/unsentMore}}
    <h2>{{t.platforms.contact}}</h2>
    <p><small>{{t.platforms.contactLegend}}</small></p>
    <p><small>{{t.platforms.contactDay}}</small></p>{{day}}
    <p><small>{{t.platforms.contactWeek}}</small></p>{{week}}
    {{^outages}}<p class="empty">{{noOutage}}</p>{{/outages}}
    <details id="outages"><summary>{{t.platforms.outages}}: {{outageCount}}</summary><ul>{{#outages}}
    <li>{{.}}</li>{{/outages}}</ul>{{#outagesMore}}<p>{{outagesMore}}</p>{{/outagesMore}}</details>
    {{resync}}
    {{#isCloned}}<details class="confirm" id="settle"><summary class="button">{{t.platforms.settle}}</summary>
    <form method="post" action="{{path}}/settle-clone">{{csrf}}<p>{{t.platforms.settleWhat}}</p><p class="bar">
    <button>{{t.platforms.settle}}</button></p></form></details>{{/isCloned}}
    {{#mayRevoke}}<details class="confirm" id="revoke"><summary class="button danger">{{t.platforms.revoke}}</summary>
    <form method="post" action="{{path}}/revoke">{{csrf}}<p>{{t.platforms.revokeWhat}}</p>
    <p class="field"><label for="revoke-reason">{{t.platforms.revokeReason}}</label>
    <input id="revoke-reason" name="reason" maxlength="200" required></p>
    <p class="bar"><button class="danger">{{t.platforms.revoke}}</button></p></form></details>{{/mayRevoke}}
    """#)

  // MARK: Acts

  private static func path(_ call: PageCall) throws(Problem) -> String {
    "/agents/\(try call.part("platform").inPath)/\(try call.part("agent").inPath)"
  }

  private static func resync(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.resync(
      platform: try call.part("platform"), agent: try call.part("agent"), isFull: call.form("full") != nil,
      isDryRun: call.form("dryRun") != nil)
    return .goTo("\(try path(call))#resync", saying: PlatformPhrase.resyncAsked)
  }

  private static func revoke(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.revokeAgent(
      platform: try call.part("platform"), agent: try call.part("agent"), reason: try call.demanded("reason"))
    return .goTo(try path(call), saying: PlatformPhrase.revokeDone)
  }

  private static func settle(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.settleClone(platform: try call.part("platform"), agent: try call.part("agent"))
    return .goTo(try path(call), saying: PlatformPhrase.settled)
  }
}
