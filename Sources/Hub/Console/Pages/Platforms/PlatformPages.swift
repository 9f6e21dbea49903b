// The pages of platforms: all of them, and one with its agents, its comparisons and its tokens. One agent's page is in AgentPage.swift.

import Core
import Shell

enum PlatformPages {
  static func addRoutes(to routes: ConsoleRoutes) {
    routes.page("platforms", sharedFor: .role) { call in try all(call) }
    routes.act("platforms") { call in try add(call) }
    routes.act("platforms/resync") { call in try resyncAll(call) }
    routes.page("platforms/:platform", sharedFor: .role) { call in try one(call) }
    routes.act("platforms/:platform/resync") { call in try resync(call) }
    routes.act("platforms/:platform/token") { call in try makeToken(call) }
    routes.act("platforms/:platform/token/:id/revoke") { call in try takeBackToken(call) }
    AgentPage.addRoutes(to: routes)
  }

  // MARK: All

  private static func all(_ call: PageCall) throws -> ConsolePage {
    let reading = try call.seat.read { try PlatformReading.read($0) }
    let counts = Dictionary(grouping: reading.platforms, by: \.standing).mapValues(\.count)
    return ConsolePage(
      title: call.say(PlatformPhrase.title), section: .platforms, topics: [.platforms], template: allTemplate,
      view: [
        "count": .int(reading.platforms.count),
        "states": .list(
          SyncStanding.allCases.reversed().map { state in
            [
              "count": .int(counts[state] ?? 0), "badge": call.badge(state.tone, state.phrase),
              "meaning": .text(call.say(state == .offline ? .offlineStateMeans : state.meaning)),
            ]
          }),
        "platforms": .list(
          // The worst first: that is what somebody looks for.
          reading.platforms.sorted { ($0.standing, $1.name) > ($1.standing, $0.name) }.map { row($0, call) }),
        "comparing": comparing(reading, call), "compareAll": compareAll(reading.platforms, call),
        "mayAdd": .flag(call.may(.administer)),
      ])
  }

  /// How many comparisons go on or wait; a revoked agent's never comes about.
  private static func comparing(_ reading: PlatformReading, _ call: PageCall) -> ViewModel {
    let active = Set(reading.platforms.flatMap(\.active).map { "\($0.platform)/\($0.name)" })
    let open = reading.resyncs.filter {
      $0["state"] != "done" && active.contains("\($0.text("platform"))/\($0.text("agent"))")
    }
    guard !open.isEmpty else { return .none }
    let running = open.count(where: { $0["state"] == "running" })
    return call.badge(.info, PlatformPhrase.comparing, "\(running)", "\(open.count - running)")
  }

  /// Whom it would ask, to be read before it is pressed; nothing where there is nobody.
  private static func compareAll(_ platforms: [PlatformStanding], _ call: PageCall) -> ViewModel {
    let asked = platforms.filter { !$0.active.isEmpty }
    guard call.may(.compare), !asked.isEmpty else { return .none }
    let agents = asked.reduce(0) { $0 + $1.active.count }
    return .text(call.say(PlatformPhrase.resyncAllWhat, "\(agents)", "\(asked.count)"))
  }

  private static func row(_ platform: PlatformStanding, _ call: PageCall) -> ViewModel {
    [
      "href": .text("/platforms/\(platform.name.inPath)"), "name": .text(platform.name),
      "displayName": .text(platform.displayName), "badge": badge(platform, call),
      "sectors": .text(platform.sectors.map { call.word(.sector, $0) }.joined(separator: " ")),
      "agents": .int(platform.active.count), "contact": contact(platform.onlineSince, platform.lastContact, call),
      // Who never called said nothing of an outbox.
      "outbox": .optional(platform.lastContact == nil ? nil : platform.outbox),
      "oldest": call.ago(platform.oldest), "lag": .int(platform.lag),
      "cause": .text(platform.causes.first.map { CauseWords($0, call).what } ?? ""),
    ]
  }

  static func badge(_ platform: PlatformStanding, _ call: PageCall) -> ViewModel {
    if platform.active.isEmpty { return call.badge(.bad, PlatformPhrase.noAgent) }
    guard platform.standing == .offline, !platform.isUnreachable, let since = platform.offlineSince else {
      return badge(platform.standing, platform.offlineSince, call)
    }
    return call.badge(
      .warning, PlatformPhrase.someOffline, "\(platform.offline.count)", "\(platform.active.count)",
      ConsoleTimes.short(since))
  }

  /// What its state means; that one of several agents is away is not that the platform is.
  private static func meaning(_ platform: PlatformStanding) -> PlatformPhrase {
    if platform.active.isEmpty { return .causeNoAgent }
    return platform.standing == .offline && !platform.isUnreachable ? .someOfflineMeans : platform.standing.meaning
  }

  /// For how long an agent is in contact, or how long ago it was.
  private static func contact(_ onlineSince: Int?, _ last: Int?, _ call: PageCall) -> ViewModel {
    guard let onlineSince else { return call.ago(last) }
    return .text(call.say(PlatformPhrase.inContactFor, call.duration(call.now - onlineSince)))
  }

  static func badge(_ standing: SyncStanding, _ lastContact: Int?, _ call: PageCall) -> ViewModel {
    guard standing == .offline, let lastContact else { return call.badge(standing.tone, standing.phrase) }
    return call.badge(standing.tone, PlatformPhrase.offlineSince, ConsoleTimes.short(lastContact))
  }

  private static let allTemplate = Template(
    "platforms",
    #"""
    <h1>{{t.platforms.title}} <small>{{count}}</small></h1>
    <ul class="cards plain">{{#states}}<li class="card">
    <span class="figure">{{count}}</span>{{badge}} <p>{{meaning}}</p></li>
    {{/states}}</ul>
    {{^platforms}}<p class="empty">{{t.platforms.none}}</p>{{/platforms}}
    <div class="scroll" id="platform-rows"><table class="rows"><thead><tr>
    <th scope="col">{{t.platforms.platform}}</th><th scope="col">{{t.platforms.state}}</th>
    <th scope="col">{{t.platforms.sectors}}</th>
    <th scope="col" class="number">{{t.platforms.agents}}</th><th scope="col">{{t.platforms.lastContact}}</th>
    <th scope="col" class="number">{{t.platforms.outbox}}</th><th scope="col">{{t.platforms.oldest}}</th>
    <th scope="col" class="number">{{t.platforms.lag}}</th></tr></thead><tbody>
    {{#platforms}}<tr data-row id="platform-{{name}}"><td>
    <a href="{{href}}"><bdi>{{displayName}}</bdi></a> <small class="mono">{{name}}</small></td>
    <td data-label="{{t.platforms.state}}">{{badge}}{{#cause}}<br><small>{{cause}}</small>{{/cause}}</td>
    <td data-label="{{t.platforms.sectors}}">{{sectors}}</td>
    <td class="number" data-label="{{t.platforms.agents}}">{{agents}}</td>
    <td data-label="{{t.platforms.lastContact}}">{{contact}}</td>
    <td class="number" data-label="{{t.platforms.outbox}}">{{outbox}}</td>
    <td data-label="{{t.platforms.oldest}}">{{oldest}}</td>
    <td class="number" data-label="{{t.platforms.lag}}">{{lag}}</td></tr>
    {{/platforms}}</tbody></table></div>
    {{#comparing}}<p id="comparing">{{comparing}}</p>{{/comparing}}
    {{#compareAll}}<details class="confirm" id="compare-all"><summary class="button quiet">{{t.platforms.resyncAll}}</summary>
    <form method="post" action="/platforms/resync">{{csrf}}<p>{{compareAll}} {{t.platforms.resyncWhat}}</p>
    <p class="bar"><label class="inline" for="all-full">
    <input type="checkbox" id="all-full" name="full" value="1"> {{t.platforms.resyncFull}}</label>
    <label class="inline" for="all-dry">
    <input type="checkbox" id="all-dry" name="dryRun" value="1"> {{t.platforms.resyncDry}}</label>
    <button>{{t.platforms.resyncAllGo}}</button></p></form></details>{{/compareAll}}
    {{#mayAdd}}<details class="confirm" id="add"><summary class="button">{{t.platforms.add}}</summary>
    <form method="post" action="/platforms">{{csrf}}
    <p class="field"><label for="add-name">{{t.platforms.addName}}</label>
    <input id="add-name" name="name" required pattern="[a-z0-9]([a-z0-9\-]*[a-z0-9])?" maxlength="63" autocapitalize="none" spellcheck="false" aria-describedby="add-name-rule">
    <small id="add-name-rule">{{t.platforms.addNameRule}}</small></p>
    <p class="field"><label for="add-display">{{t.platforms.addDisplay}}</label>
    <input id="add-display" name="displayName" maxlength="80"></p>
    <p class="field"><label for="add-sectors">{{t.platforms.addSectors}}</label>
    <input id="add-sectors" name="sectors" aria-describedby="add-sectors-rule">
    <small id="add-sectors-rule">{{t.platforms.addSectorsRule}}</small></p>
    <p class="bar"><button>{{t.platforms.add}}</button></p></form></details>{{/mayAdd}}
    """#)

  private static func add(_ call: PageCall) throws -> PageAnswer {
    let sectors = (call.form("sectors") ?? "").split { $0 == "," || $0 == "，" || $0 == " " }.map(String.init)
    let name = try call.demanded("name")
    _ = try call.seat.addPlatform(name: name, displayName: call.form("displayName"), sectors: sectors)
    return .goTo("/platforms/\(name.inPath)", saying: PlatformPhrase.added)
  }

  // MARK: One

  private static func one(_ call: PageCall) throws -> ConsolePage {
    let name = try call.part("platform")
    // A platform has a handful of agents; of each the contact of one day is read, by its key.
    let (reading, spans) = try call.seat.read { hotline in
      let reading = try PlatformReading.read(hotline, only: name)
      let agents = reading.platforms.first?.active.map(\.name) ?? []
      let spans = try agents.map { agent in
        (agent, try hotline.contactSpans(platform: name, agent: agent, since: call.now - AgentPage.day))
      }
      return (reading, Dictionary(spans, uniquingKeysWith: { one, _ in one }))
    }
    guard let platform = reading.platforms.first else { throw Problem(.notFound) }
    let tokens =
      call.may(.administer) ? try call.seat.tokens().list("tokens").filter { $0.text("platform") == name } : []
    return ConsolePage(
      title: platform.displayName, section: .platforms, topics: [.platforms], template: oneTemplate,
      view: [
        "name": .text(platform.name), "displayName": .text(platform.displayName), "path": .text(platform.name.inPath),
        "badge": badge(platform, call),
        "meaning": .text(call.say(meaning(platform))),
        "isOffline": .flag(platform.isUnreachable),
        "sectors": .text(platform.sectors.map { call.word(.sector, $0) }.joined(separator: " ")),
        "causes": .list(causes(platform, call)), "hasContact": .flag(!spans.isEmpty),
        "agents": .list(platform.agents.map { agent($0, spans[$0.name], call) }),
        "resync": ResyncPanel.view(
          call, action: "/platforms/\(platform.name.inPath)/resync", rows: reading.resyncs, namesAgents: true,
          isPossible: !platform.active.isEmpty),
        "mayAdminister": .flag(call.may(.administer)), "tokens": .list(tokens.map { token($0, call) }),
      ])
  }

  /// Each with the agent whose it is, where there are several.
  private static func causes(_ platform: PlatformStanding, _ call: PageCall) -> [ViewModel] {
    if platform.active.isEmpty {
      return platform.causes.map { CauseWords($0, call).view(of: platform.name, agent: nil, call) }
    }
    return platform.active.flatMap { agent in
      agent.causes.map {
        CauseWords($0, call).view(
          of: platform.name, agent: agent.name, namesAgent: platform.active.count > 1, call)
      }
    }
  }

  private static func agent(_ agent: AgentStanding, _ spans: [ContactSpan]?, _ call: PageCall) -> ViewModel {
    let contactDay = spans.map { spans in
      ContactTimeline(
        spans: spans, from: call.now - AgentPage.day, to: call.now,
        silentSince: agent.isOnline ? nil : agent.lastContact
      ).drawing(call, label: "\(agent.name): \(call.say(PlatformPhrase.contactDay))")
    }
    return [
      "day": contactDay.map(ViewModel.html) ?? .none,
      "href": .text("/agents/\(agent.platform.inPath)/\(agent.name.inPath)"), "name": .text(agent.name),
      "badge": agent.isRevoked
        ? call.badge(.plain, PlatformPhrase.revoked) : badge(agent.standing, agent.lastContact, call),
      "contact": contact(agent.onlineSince, agent.lastContact, call),
      "outbox": .optional(agent.lastContact == nil ? nil : agent.outbox),
      "oldest": call.ago(agent.oldest), "lag": .int(agent.lag), "version": .optional(agent.version),
    ]
  }

  private static func token(_ token: JSON, _ call: PageCall) -> ViewModel {
    let expires = token["expires"]?.asInt ?? 0
    let isOpen = token["used"] == nil && token["revoked"] == nil && expires > call.now
    let state: PlatformPhrase =
      token["used"] != nil ? .tokenUsed : token["revoked"] != nil ? .tokenRevoked : isOpen ? .tokenOpen : .tokenExpired
    return [
      "id": .text(token.text("id")), "idPath": .text(token.text("id").inPath),
      "agent": .optional(token["agent"]?.asString),
      "created": call.time(token["created"]?.asInt), "expires": call.time(expires),
      "badge": call.badge(isOpen ? .info : .plain, state), "isOpen": .flag(isOpen),
    ]
  }

  private static let oneTemplate = Template(
    "platform",
    #"""
    <h1><bdi>{{displayName}}</bdi> <small class="mono">{{name}}</small></h1>
    <p>{{badge}} {{meaning}}</p>
    {{#isOffline}}<p class="notice warning">{{t.platforms.offlineDo}}</p>{{/isOffline}}
    {{#sectors}}<p>{{t.platforms.sectors}}: {{sectors}}</p>{{/sectors}}
    {{causes}}
    <p class="bar"><a class="button quiet" href="/orders?platform={{path}}">{{t.platforms.orders}}</a></p>
    <h2>{{t.platforms.agents}}</h2>
    {{^agents}}<p class="empty">{{t.platforms.noAgent}}</p>{{/agents}}
    <div class="scroll" id="agent-rows"><table class="rows"><thead><tr>
    <th scope="col">{{t.platforms.agent}}</th><th scope="col">{{t.platforms.state}}</th>
    <th scope="col">{{t.platforms.lastContact}}</th><th scope="col">{{t.platforms.contactDay}}</th>
    <th scope="col" class="number">{{t.platforms.outbox}}</th>
    <th scope="col">{{t.platforms.oldest}}</th><th scope="col" class="number">{{t.platforms.lag}}</th>
    <th scope="col">{{t.platforms.version}}</th></tr></thead><tbody>
    {{#agents}}<tr data-row id="agent-{{name}}"><td><a href="{{href}}"><bdi>{{name}}</bdi></a></td>
    <td data-label="{{t.platforms.state}}">{{badge}}</td><td data-label="{{t.platforms.lastContact}}">{{contact}}</td>
    <td data-label="{{t.platforms.contactDay}}">{{day}}</td>
    <td class="number" data-label="{{t.platforms.outbox}}">{{outbox}}</td>
    <td data-label="{{t.platforms.oldest}}">{{oldest}}</td>
    <td class="number" data-label="{{t.platforms.lag}}">{{lag}}</td>
    <td data-label="{{t.platforms.version}}"><bdi>{{version}}</bdi></td></tr>
    {{/agents}}</tbody></table></div>
    {{#hasContact}}<p><small>{{t.platforms.contactLegend}}</small></p>{{/hasContact}}
    {{resync}}
    <h2 id="tokens">{{t.platforms.tokens}}</h2>
    {{^mayAdminister}}<p>{{t.platforms.tokensMayNot}}</p>{{/mayAdminister}}
    {{#mayAdminister}}<form method="post" action="/platforms/{{path}}/token" class="bar">{{csrf}}
    <label for="token-agent">{{t.platforms.tokenAgent}}<input id="token-agent" name="agent" maxlength="63" autocapitalize="none" spellcheck="false"></label>
    <label for="token-hours">{{t.platforms.tokenLife}}<input id="token-hours" name="hours" type="number" min="1" max="168" value="24"></label>
    <button>{{t.platforms.tokenMake}}</button></form><p><small>{{t.platforms.tokenWhat}}</small></p>
    <div class="scroll" id="token-rows"><table class="rows"><thead><tr><th scope="col">{{t.platforms.token}}</th>
    <th scope="col">{{t.platforms.agent}}</th>
    <th scope="col">{{t.platforms.tokenCreated}}</th><th scope="col">{{t.platforms.tokenExpires}}</th>
    <th scope="col">{{t.platforms.tokenState}}</th><th scope="col">
    <span class="sr">{{t.platforms.tokenTakeBack}}</span></th></tr></thead><tbody>
    {{#tokens}}<tr><td class="mono">{{id}}</td><td data-label="{{t.platforms.agent}}"><bdi>{{agent}}</bdi></td>
    <td data-label="{{t.platforms.tokenCreated}}">{{created}}</td>
    <td data-label="{{t.platforms.tokenExpires}}">{{expires}}</td>
    <td data-label="{{t.platforms.tokenState}}">{{badge}}</td>
    <td>{{#isOpen}}<form method="post" action="/platforms/{{path}}/token/{{idPath}}/revoke">{{csrf}}
    <button class="quiet" aria-label="{{t.platforms.tokenTakeBack}} {{id}}">{{t.platforms.tokenTakeBack}}</button></form>{{/isOpen}}</td></tr>
    {{/tokens}}</tbody></table></div>{{/mayAdminister}}
    """#)

  // MARK: Acts

  private static func resync(_ call: PageCall) throws -> PageAnswer {
    let name = try call.part("platform")
    _ = try call.seat.resync(
      platform: name, agent: nil, isFull: call.form("full") != nil, isDryRun: call.form("dryRun") != nil)
    return .goTo("/platforms/\(name.inPath)#resync", saying: PlatformPhrase.resyncAsked)
  }

  private static func resyncAll(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.resync(
      platform: nil, agent: nil, isFull: call.form("full") != nil, isDryRun: call.form("dryRun") != nil)
    return .goTo("/platforms", saying: PlatformPhrase.resyncAllAsked)
  }

  private static func makeToken(_ call: PageCall) throws -> PageAnswer {
    let name = try call.part("platform")
    let hours = call.form("hours").flatMap(Int.init) ?? 24
    guard (1...168).contains(hours) else { throw Problem(.badCommand, "a token is good for 1 to 168 hours") }
    let token = try call.seat.createToken(platform: name, agent: call.form("agent"), lifeSeconds: hours * 3_600)
    return .page(
      ConsolePage(
        title: call.say(PlatformPhrase.tokenTitle, name), section: .platforms, template: tokenTemplate,
        view: [
          "title": .text(call.say(PlatformPhrase.tokenTitle, name)), "token": .text(token.text("token")),
          "agent": .optional(call.form("agent")), "expires": call.time(token["expires"]?.asInt),
          "back": .text("/platforms/\(name.inPath)"),
        ]))
  }

  private static let tokenTemplate = Template(
    "token",
    #"""
    <h1>{{title}}</h1>
    <p class="notice warning">{{t.platforms.tokenOnce}}</p>
    <p class="secret" id="token" tabindex="0">{{token}}</p>
    <dl class="facts"><dt>{{t.platforms.tokenExpires}}</dt><dd>{{expires}}</dd>
    {{#agent}}<dt>{{t.platforms.agent}}</dt><dd><bdi>{{agent}}</bdi></dd>{{/agent}}
    <dt>{{t.platforms.tokenUse}}</dt><dd><span class="mono">lianxin-agent enroll --hub https://{{t.platforms.tokenHub}}:7443 --ca ca.pem --token-file -{{#agent}} --name {{agent}}{{/agent}}</span>
    <br><small>{{t.platforms.tokenUseDo}}</small></dd></dl>
    <p class="bar"><a class="button" href="{{back}}">{{t.frame.back}}</a></p>
    """#)

  private static func takeBackToken(_ call: PageCall) throws -> PageAnswer {
    _ = try call.seat.revokeToken(try call.part("id"))
    return .goTo("/platforms/\(try call.part("platform").inPath)", saying: PlatformPhrase.tokenTakenBack)
  }
}
