// The page of one order: what it is and why it stands so, what can be done about it and what cannot, and everything that was ever
// written to it. Its parts are in files of their own.

import Core
import Shell

extension OrdersPages {
  /// Changes of the log that the page reads: the graph and the entries; the rest is under 'all changes'.
  static let historySize = 200
  /// Changes that the graph draws on this page.
  static let graphSize = 40

  static func one(_ call: PageCall) throws -> ConsolePage {
    let order = try call.seat.resolve(try call.part("order"))
    return try page(try reading(order, masking: true, call), isPlain: false, call)
  }

  /// The same page with personal values in plain, after it was kept who asked. It is no address: it cannot be opened again.
  static func revealed(_ call: PageCall) throws -> PageAnswer {
    let order = try call.seat.resolve(try call.part("order"))
    return .page(try page(try reading(order, masking: false, call), isPlain: true, call))
  }

  /// Reads an order. Where personal values are asked for in plain, that they are shown is kept first.
  static func reading(
    _ order: OrderID, end: Int? = nil, limit: Int = historySize, masking: Bool, _ call: PageCall
  ) throws -> OrderReading {
    let reading = try call.seat.read(masking ? .see : .reveal) { hotline in
      try hotline.database.read { db in
        try OrderReading.read(order, end: end, limit: limit, masking: masking, db)
      }
    }
    if !masking { try call.seat.noteRevealed(order) }
    return reading
  }

  /// The page for whoever settled what is no longer as it was: with what stands now, and that nothing was written.
  static func changed(_ order: OrderID, _ call: PageCall) throws -> ConsolePage {
    var shown = try page(try reading(order, masking: true, call), isPlain: false, notice: .changedMeanwhile, call)
    // It stands at the address of a form, which cannot be fetched anew.
    shown.topics = []
    return shown
  }

  private static func page(
    _ reading: OrderReading, isPlain: Bool, notice: StepPhrase? = nil, _ call: PageCall
  ) throws -> ConsolePage {
    let view = reading.view
    let name = view.number ?? reading.id.short
    let platforms = Set(view.assignments.filter(\.isActive).map(\.platform))
    let (reach, maxExtensions) = try call.seat.read(.see) { hotline in
      (
        try hotline.database.read { db in try hotline.reach(of: platforms, db) },
        hotline.inForce.policy.maxExtensions
      )
    }
    let actions = ActionList(on: view, maxExtensions: maxExtensions, now: call.now)
    return ConsolePage(
      title: "\(name) \(view.title)", section: .orders, topics: isPlain ? [] : [.orders, .platforms],
      template: pageTemplate,
      view: [
        "href": .text("/orders/\(reading.id.text.inPath)"), "number": .text(name), "title": .text(view.title),
        "id": .text(reading.id.text), "marks": marks(of: reading, call),
        "notice": .optional(notice.map { call.say($0) }), "why": .text(why(view, call)), "isPlain": .flag(isPlain),
        "mayReveal": .flag(call.may(.reveal)),
        "offline": .list(offline(view, reach, call)),
        "facts": factsView(reading, call),
        "assignments": try assignmentsView(reading, maxExtensions: maxExtensions, call),
        "conflicts": conflictsView(reading, call), "voids": voidsView(reading, call),
        "deadlines": try deadlinesView(reading, call),
        "entries": entriesView(reading, call), "graph": graphView(reading, call),
        "registers": registersView(reading, call),
        "actions": actionsView(actions, reading, call), "behalf": behalfView(actions, reading, reach, call),
      ])
  }

  static func marks(of reading: OrderReading, _ call: PageCall) -> ViewModel {
    let view = reading.view
    let row = OrderRowShown(
      id: reading.id, number: view.number, title: view.title, kind: nil, sector: nil, priority: view.priority,
      status: view.status(now: call.now), lead: nil, due: view.state.value("due/complete")?["at"]?.asInt,
      created: reading.created, updated: reading.updated, isOpen: !view.status(now: call.now).isOver,
      isEmergency: view.isEmergency, disagreements: view.state.conflicts.count + view.contradictions.count,
      requests: view.openRequests.count, place: 0)
    return marks(row, isOffline: false, call)
  }

  /// Platforms that are charged and cannot see it now, or are not heard although they are in contact: somebody should ring them.
  private static func offline(
    _ view: OrderView, _ reach: [String: PlatformReach], _ call: PageCall
  ) -> [ViewModel] {
    guard !view.isClosed, !view.isCancelled else { return [] }
    let waiting = Set(view.assignments.filter { $0.isActive && !$0.isDone }.map(\.platform)).sorted()
    return waiting.compactMap { platform in
      guard let found = reach[platform] else { return nil }
      if found.isOnline {
        return found.unheardSince.map { since in
          .text(call.say(OrderPhrase.unheardSince, call.platform(platform), ConsoleTimes.short(since)))
        }
      }
      guard let last = found.lastContact else {
        return .text(call.say(OrderPhrase.offlineNever, call.platform(platform)))
      }
      return .text(call.say(OrderPhrase.offlineSince, call.platform(platform), ConsoleTimes.short(last)))
    }
  }

  /// In a sentence, from the same facts from which the status is made (DOMAIN §3).
  static func why(_ view: OrderView, _ call: PageCall) -> String {
    let leads = view.assignments.filter { $0.round == view.round && $0.isLead }
    let active = leads.filter { $0.isActive || $0.isDone }
    let names = (active.isEmpty ? leads : active).map { call.platform($0.platform) }.joined(
      separator: call.language == .zh ? "、" : ", ")
    let furthest = active.max { RegisterTable.progressRank($0.progress) < RegisterTable.progressRank($1.progress) }
    return switch view.status(now: call.now) {
    case .received: call.say(OrderPhrase.whyReceived)
    case .dispatched: call.say(OrderPhrase.whyDispatched, names)
    case .accepted: call.say(OrderPhrase.whyAccepted, names)
    case .inProgress: call.say(OrderPhrase.whyInProgress, names, call.word(.progress, furthest?.progress ?? ""))
    case .repaired: call.say(OrderPhrase.whyRepaired, names)
    case .calledBack: call.say(OrderPhrase.whyCalledBack, names)
    case .suspended: call.say(OrderPhrase.whySuspended, names)
    case .returned: call.say(OrderPhrase.whyReturned)
    case .recalled: call.say(OrderPhrase.whyRecalled)
    case .closed:
      call.say(OrderPhrase.whyClosed, call.word(.closing, view.state.value("closed")?["code"]?.asString ?? ""))
    case .cancelled: call.say(OrderPhrase.whyCancelled)
    }
  }

  private static let pageTemplate = Template(
    "order.page",
    #"""
    <h1><span class="mono">{{number}}</span> <bdi>{{title}}</bdi></h1>
    {{#notice}}<p class="notice bad" role="alert">{{notice}}</p>{{/notice}}
    <p>{{marks}} <small class="mono">{{id}}</small></p>
    <p><strong>{{t.order.why}}</strong> {{why}}</p>
    {{#offline}}<p class="notice warning" role="alert">{{.}}</p>{{/offline}}
    {{#isPlain}}<p class="notice warning"><strong>{{t.order.revealed}}</strong> {{t.order.revealedDo}} <a class="button quiet" href="{{href}}">{{t.order.hide}}</a></p>{{/isPlain}}
    <p class="bar"><a class="button quiet" href="{{href}}/print">{{t.order.print}}</a>
    <a class="button quiet" href="{{href}}/history">{{t.order.history}}</a></p>
    {{^isPlain}}{{#mayReveal}}<details class="confirm" id="d-reveal"><summary class="button quiet">{{t.order.reveal}}</summary>
    <form method="post" action="{{href}}/reveal">{{csrf}}<p>{{t.order.revealDo}}</p><button>{{t.order.reveal}}</button></form></details>{{/mayReveal}}{{/isPlain}}
    {{conflicts}}
    {{voids}}
    {{actions}}
    <div class="cards wide">{{facts}}{{assignments}}{{deadlines}}</div>
    {{behalf}}
    {{entries}}
    {{graph}}
    {{registers}}
    """#)
}
