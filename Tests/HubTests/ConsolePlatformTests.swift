// How platforms and agents stand on their pages: four plain states, and never "online" and "healthy" for one that is neither.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsolePlatformTests {
  private func standing(
    online: Bool = true, last: Int? = 0, outbox: Int = 0, oldest: Int? = nil, lag: Int = 0, skew: Int? = nil,
    certificate: Int? = nil, quarantined: Int = 0, waiting: Int = 0, clone: JSON? = nil, revoked: Bool = false,
    unresolved: Int = 0, isComparing: Bool = false, behindSince: Int? = nil, waitingSince: Int? = nil,
    refusal: Contacts.Refusal? = nil
  ) -> AgentStanding {
    let agent = JSON.compact([
      ("name", "main"), ("online", .bool(online)), ("lastContact", last.map(JSON.int)), ("outbox", .int(outbox)),
      ("oldest", oldest.map(JSON.int)), ("lag", .int(lag)), ("skew", skew.map(JSON.int)),
      ("certificateNotAfter", certificate.map(JSON.int)), ("quarantined", .int(quarantined)),
      ("waiting", .int(waiting)), ("clone", clone), ("revoked", .bool(revoked)),
      ("behindSince", behindSince.map(JSON.int)), ("waitingSince", waitingSince.map(JSON.int)),
      ("refusal", refusal?.json),
    ])
    return AgentStanding(agent, platform: "water", unresolved: unresolved, isComparing: isComparing, now: 1_000_000_000)
  }

  @Test func anAgentInContactWithNothingOnItsWayIsInStep() {
    #expect(standing().standing == .inStep)
    #expect(standing(skew: 5_000, certificate: 1_000_000_000 + 30 * 86_400_000).standing == .inStep)
  }

  @Test func anAgentInContactWithSomethingOnItsWayIsCatchingUp() {
    #expect(standing(outbox: 1, oldest: 999_999_000).standing == .catchingUp)
    #expect(standing(lag: 1).standing == .catchingUp)
    #expect(standing(waiting: 1).standing == .catchingUp)
    #expect(standing(isComparing: true).standing == .catchingUp)
  }

  @Test func anAgentOutOfContactIsOfflineWhateverItLastSaid() {
    #expect(standing(online: false, last: 5).standing == .offline)
    #expect(standing(online: false, last: 5, outbox: 7, oldest: 1, lag: 9).standing == .offline)
  }

  @Test func whatAPersonMustDoCountsMoreThanWhetherItIsThere() {
    let day = 86_400_000
    #expect(standing(online: false, last: nil).causes == [.neverSeen])
    #expect(standing(certificate: 999_999_999).causes == [.certificateEnded(999_999_999)])
    #expect(standing(certificate: 1_000_000_000 + day).causes == [.certificateEnding(1_000_000_000 + day)])
    #expect(standing(skew: -61_000).causes == [.clock(-61_000)])
    #expect(standing(outbox: 3, oldest: 5).causes == [.stuck(count: 3, oldest: 5)])
    #expect(standing(quarantined: 2).causes == [.quarantined(2)])
    #expect(standing(unresolved: 4).causes == [.unresolved(4)])
    #expect(standing(clone: ["since": 7]).causes == [.clone(since: 7)])
    for agent in [standing(skew: -61_000), standing(online: false, last: 5, quarantined: 2)] {
      #expect(agent.standing == .attention)
    }
    #expect(standing(revoked: true).causes.isEmpty)
  }

  @Test func whoIsInContactAndTakesNothingForHalfAnHourNeedsAPerson() {
    let now = 1_000_000_000
    let halfAnHour = 1_800_000
    #expect(standing(lag: 3, behindSince: now - halfAnHour).standing == .catchingUp)
    let since = now - halfAnHour - 1
    #expect(standing(lag: 3, behindSince: since).causes == [.notApplying(since: since, count: 3)])
    #expect(standing(lag: 3, isComparing: true, behindSince: since).standing == .catchingUp)
    #expect(standing(online: false, last: 5, lag: 3, behindSince: since).standing == .offline)
    #expect(standing(waiting: 2, waitingSince: now - halfAnHour).standing == .catchingUp)
    #expect(standing(waiting: 2, waitingSince: since).causes == [.waitsForLost(since: since, count: 2)])
  }

  @Test func aRefusalThatDoesNotPassByItselfNeedsAPerson() {
    let now = 1_000_000_000
    func refusal(_ code: ProblemCode, since: Int, at: Int = now) -> Contacts.Refusal {
      Contacts.Refusal(call: .push, code: code, at: at, since: since)
    }
    let old = refusal(.updateNeeded, since: now)
    #expect(standing(last: now, refusal: old).causes == [.refused(old)])
    #expect(standing(last: now, refusal: refusal(.busy, since: now)).standing == .inStep)
    #expect(standing(last: now, refusal: refusal(.fork, since: now)).standing == .inStep)
    let long = refusal(.busy, since: now - 600_001)
    #expect(standing(last: now, refusal: long).causes == [.refused(long)])
    // It was never tried again: that is over.
    #expect(standing(last: now, refusal: refusal(.updateNeeded, since: 5, at: now - 1_200_001)).standing == .inStep)
    // Nothing has come since: that is why it is offline.
    let ended = refusal(.certificateExpired, since: 5, at: now - 9_000_000)
    #expect(standing(online: false, last: now - 9_000_000, refusal: ended).standing == .attention)
  }

  @Test func aPlatformIsOutOfReachOnceAllItsAgentsAre() {
    func platform(_ agents: AgentStanding...) -> PlatformStanding {
      PlatformStanding(name: "water", displayName: "水务", sectors: [], agents: agents, head: 9)
    }
    let one = platform(standing(last: 900), standing(online: false, last: 5), standing(online: false, last: 7))
    #expect(one.standing == .offline && !one.isUnreachable)
    #expect(one.offline.count == 2 && one.offlineSince == 5)
    let all = platform(standing(online: false, last: 5), standing(online: false, last: 7))
    #expect(all.isUnreachable && all.offlineSince == 7)
    #expect(!platform().isUnreachable)
  }

  @Test func aPlatformStandsAsTheWorstOfItsAgentsAndOneWithoutAgentsNeedsAttention() {
    func platform(_ agents: [AgentStanding]) -> PlatformStanding {
      PlatformStanding(name: "water", displayName: "水务", sectors: [], agents: agents, head: 9)
    }
    #expect(platform([standing(), standing(lag: 1)]).standing == .catchingUp)
    #expect(platform([standing(), standing(online: false, last: 5)]).standing == .offline)
    #expect(platform([standing(), standing(revoked: true)]).standing == .inStep)
    #expect(platform([]).standing == .attention)
    #expect(platform([standing(revoked: true)]).causes == [.noAgent])
    #expect(platform([]).lag == 9)
  }

  @Test func thePagesSayHowAPlatformStandsAndWhatItHasNotBeenSent() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: ["water"])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      let browser = try await console.signedIn(as: .operator)
      #expect(try await browser.get("/platforms").main.contains(PlatformPhrase.inStep.said(in: .zh)))
      _ = try console.order([.init("title", "中山路爆管")], to: "water")
      let agent = try await browser.get("/agents/water/depot").main
      #expect(agent.contains("中山路爆管"))
      console.clock.advance(120_000)
      let page = try await browser.get("/platforms/water").main
      #expect(page.contains("离线，自 "))
      #expect(page.contains(PlatformPhrase.offlineMeans.said(in: .zh)))
      #expect(!page.contains("badge good\">" + PlatformPhrase.inStep.said(in: .zh)))
      let overview = try await browser.get("/").main
      #expect(overview.contains("自来水集团"))
    }
  }

  @Test func aPlatformGoesByTheNameThatPeopleKnowAndByItsOwnInAddressesAndForms() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水 <集团>", sectors: ["water"])
      let order = try console.order([.init("title", "中山路爆管")], to: "water")
      let browser = try await console.signedIn(as: .supervisor)
      for path in [
        "/orders", "/orders?view=board", "/orders/\(order)", "/orders/\(order)/print", "/orders/\(order)/history",
      ] {
        let page = try await browser.get(path).main
        let isOfHubAlone = path.hasSuffix("history")
        #expect(page.contains("自来水 &lt;集团&gt;") || isOfHubAlone, "\(path)")
        #expect(!page.contains("<集团>") && !page.contains("<bdi>water</bdi>"), "\(path)")
      }
      let page = try await browser.get("/orders/\(order)").main
      #expect(page.contains("已派给 自来水 &lt;集团&gt;"))
      #expect(page.contains("name=\"platform\" value=\"water\""))
    }
  }

  @Test func aComparisonIsAskedForByAButtonAndItsProgressAndEndAreShown() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      let browser = try await console.signedIn(as: .operator)
      let asked = try await browser.post("/platforms/water/resync", [])
      #expect(asked.status == 303)
      let followed = try await browser.get(try #require(asked["Location"]))
      #expect(followed.body.contains(PlatformPhrase.resyncAsked.said(in: .zh)))
      #expect(followed.main.contains(PlatformPhrase.resyncPending.said(in: .zh)))
      let id = try #require(try console.hotline.resyncs(platform: "water").list("resyncs").first).text("id")
      let caller = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
      try console.parts.writer.perform { try Resyncs.begun(id, by: caller, $0) }
      console.clock.advance(2_000)
      #expect(try await browser.get("/agents/water/depot").main.contains("正在比对，已用 2 秒"))
      try console.parts.writer.perform { transaction in
        var report = ReconcileReport()
        report.command = id
        report.checked = 12
        try Resyncs.ended(report, by: caller, transaction)
      }
      console.clock.advance(2_000)
      let ended = try await browser.get("/agents/water/depot").main
      #expect(ended.contains(PlatformPhrase.resyncDoneSame.said(in: .zh)))
      #expect(ended.contains(PlatformPhrase.checked.said(in: .zh) + " 12"))
      // What the hub refused alone makes it a bad one, and is told with the reason.
      console.clock.advance(2_000)
      let dot = Dot(try ReplicaID("water.aaaaaaaaaaaaaaaa"), 4)
      try console.parts.writer.perform { transaction in
        var report = ReconcileReport()
        report.noteRefused([(dot, "the receipt is not this hub's")])
        try Resyncs.ended(report, by: caller, transaction)
      }
      console.clock.advance(2_000)
      let refused = try await browser.get("/agents/water/depot").main
      #expect(refused.contains("badge bad\">" + PlatformPhrase.resyncDone.said(in: .zh)))
      #expect(refused.contains(dot.description) && refused.contains("回执不是本热线开出的"))
      #expect(refused.contains(PlatformPhrase.refused.said(in: .zh) + " 1"))
    }
  }

  @Test func anEnrolmentTokenIsShownOnceAndCanBeTakenBack() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let browser = try await console.signedIn(as: .administrator)
      let made = try await browser.post("/platforms/water/token", [("hours", "2")])
      #expect(made.status == 200)
      let token = try #require(made.main.firstMatch(of: /id="token"[^>]*>([^<]+)</)).output.1
      #expect(token.count > 20)
      let page = try await browser.get("/platforms/water")
      #expect(!page.body.contains(token))
      let revoke = try #require(page.main.firstMatch(of: /action="(\/platforms\/water\/token\/[^"]+\/revoke)"/)).output
        .1
      #expect(try await browser.post(String(revoke), []).status == 303)
      #expect(try await browser.get("/platforms/water").main.contains(PlatformPhrase.tokenRevoked.said(in: .zh)))
    }
  }

  @Test func anAgentIsRevokedWithAReasonAndAPlatformIsAdded() async throws {
    try await ConsoleFixture().serving { console in
      let browser = try await console.signedIn(as: .administrator)
      let added = try await browser.post(
        "/platforms", [("name", "gas"), ("displayName", "燃气集团"), ("sectors", "gas，heat")])
      #expect(added["Location"]?.hasPrefix("/platforms/gas?done=") == true)
      #expect(try await browser.get("/platforms/gas").main.contains("燃气 供热"))
      try console.enrol("gas", "depot")
      try console.heard("gas", "depot")
      #expect(try await browser.post("/agents/gas/depot/revoke", []).status == 400)
      #expect(try await browser.post("/agents/gas/depot/revoke", [("reason", "lost")]).status == 303)
      let page = try await browser.get("/agents/gas/depot").main
      #expect(page.contains(PlatformPhrase.revoked.said(in: .zh)))
      #expect(!page.contains("action=\"/agents/gas/depot/revoke\""))
    }
  }

  @Test func outagesAreKeptAndShownOnTheTimeline() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      let hour = 3_600_000
      for pause in [0, 60_000, 60_000, 2 * hour, 60_000] {
        console.clock.advance(pause)
        try console.heard("water", "depot")
        try await console.parts.contacts.write(through: console.parts.writer)
      }
      let spans = try console.hotline.contactSpans(platform: "water", agent: "depot", since: 0)
      #expect(spans.map { $0.until - $0.since } == [120_000, 60_000])
      let timeline = ContactTimeline(spans: spans, from: 0, to: console.clock.now)
      #expect(timeline.outages.map { $0.until - $0.since } == [2 * hour])
      let browser = try await console.signedIn(as: .viewer)
      let page = try await browser.get("/agents/water/depot").main
      #expect(page.contains("<svg class=\"timeline\""))
      #expect(page.contains("2 小时"))
      #expect(!page.contains(PlatformPhrase.noOutage.said(in: .zh)))
    }
  }

  @Test func anOutageThatGoesOnAndOneThatBeganBeforeTheTimeShownAreOutages() {
    let spans = [ContactSpan(since: 0, until: 10), ContactSpan(since: 60, until: 70)]
    func outages(_ spans: [ContactSpan], from: Int, silentSince: Int? = nil) -> [ContactSpan] {
      ContactTimeline(spans: spans, from: from, to: 100, silentSince: silentSince).outages
    }
    #expect(outages(spans, from: 50) == [ContactSpan(since: 10, until: 60)])
    #expect(outages(spans, from: 61).isEmpty)
    #expect(outages(spans, from: 61, silentSince: 75) == [ContactSpan(since: 75, until: 100)])
    #expect(outages([], from: 61, silentSince: 20) == [ContactSpan(since: 20, until: 100)])
  }

  @Test func theOutageThatGoesOnIsShownAndWhoNeverCalledHasNone() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.enrol("water", "yard")
      let day = 86_400_000
      for pause in [0, 8 * day] {
        console.clock.advance(pause)
        try console.heard("water", "depot")
        try await console.parts.contacts.write(through: console.parts.writer)
      }
      console.clock.advance(2 * day)
      let browser = try await console.signedIn(as: .viewer)
      let page = try await browser.get("/agents/water/depot").main
      #expect(page.contains("至今 2 天"))
      #expect(page.contains("，8 天"), "it began before the week that is shown")
      #expect(!page.contains(PlatformPhrase.noOutage.said(in: .zh)))
      let never = try await browser.get("/agents/water/yard").main
      #expect(never.contains("class=\"empty\">" + PlatformPhrase.neverSeen.said(in: .zh)))
      #expect(!never.contains(PlatformPhrase.noOutage.said(in: .zh)))
    }
  }

  @Test func oneAgentOfTwoThatIsAwayIsNotThePlatform() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: "自来水集团", sectors: [])
      for agent in ["depot", "yard"] {
        try console.enrol("water", agent)
        try console.heard("water", agent)
      }
      console.clock.advance(120_000)
      try console.heard("water", "depot")
      let browser = try await console.signedIn(as: .operator)
      let page = try await browser.get("/platforms/water").main
      #expect(page.contains("2 个代理端中 1 个离线，自 "))
      #expect(page.contains(PlatformPhrase.someOfflineMeans.said(in: .zh)))
      #expect(!page.contains(PlatformPhrase.offlineMeans.said(in: .zh)))
      #expect(!page.contains(PlatformPhrase.offlineDo.said(in: .zh)))
      console.clock.advance(120_000)
      let later = try await browser.get("/platforms/water").main
      #expect(later.contains(PlatformPhrase.offlineMeans.said(in: .zh)))
      #expect(later.contains(PlatformPhrase.offlineDo.said(in: .zh)) && !later.contains("1 个离线"))
    }
  }

  @Test func forHowLongAnAgentIsInContactIsSaid() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      for pause in [0, 60_000, 60_000, 60_000] {
        console.clock.advance(pause)
        try console.heard("water", "depot")
        try await console.parts.contacts.write(through: console.parts.writer)
      }
      let browser = try await console.signedIn(as: .viewer)
      #expect(try await browser.get("/agents/water/depot").main.contains("起连续在线，已 3 分钟"))
      for path in ["/platforms", "/platforms/water"] {
        #expect(try await browser.get(path).main.contains("已连续在线 3 分钟"), "\(path)")
      }
      console.clock.advance(60_000)
      #expect(try await !browser.get("/agents/water/depot").main.contains("连续在线，已"))
      let agent = try console.hotline.agents().list("agents").first
      #expect(agent?["onlineSince"] == nil && agent?["lastContact"] != nil)
    }
  }

  @Test func aRefusedCallIsShownWithItsRemedyUntilOneOfItsKindIsTaken() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      let name = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
      console.parts.contacts.refused(.push, of: name, .updateNeeded, now: console.clock.now)
      let browser = try await console.signedIn(as: .operator)
      let page = try await browser.get("/agents/water/depot").main
      for phrase in [PlatformPhrase.lastRefusal, .callPush, .refusedOld, .refusedOldDo, .attention] {
        #expect(page.contains(phrase.said(in: .zh)), "\(phrase)")
      }
      #expect(try console.hotline.agents().list("agents").first?["refusal"]?["code"] == "update-needed")
      console.parts.contacts.answered(.pull, of: name)
      console.clock.advance(2_000)
      #expect(try await browser.get("/agents/water/depot").main.contains(PlatformPhrase.refusedOld.said(in: .zh)))
      console.parts.contacts.answered(.push, of: name)
      console.clock.advance(2_000)
      #expect(try await !browser.get("/agents/water/depot").main.contains(PlatformPhrase.refusedOld.said(in: .zh)))
    }
  }

  @Test func howFarAComparisonIsIsShownAndThatItStoppedWithItsAgent() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      let name = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
      let asked = try console.hotline.resync(platform: "water", agent: nil, isFull: false, isDryRun: false)
      let id = try #require(asked.list("resyncs").first).text("id")
      try console.parts.writer.perform { try Resyncs.begun(id, by: name, $0) }
      console.parts.contacts.comparing(name, buckets: 256, orders: 41, received: 7, now: console.clock.now)
      let browser = try await console.signedIn(as: .viewer)
      let page = try await browser.get("/platforms/water").main
      #expect(page.contains(PlatformPhrase.checked.said(in: .zh) + " 41"))
      #expect(page.contains(PlatformPhrase.received.said(in: .zh) + " 7"))
      let row = try console.hotline.resyncs(platform: "water").list("resyncs").first
      #expect(row?["progress"] == ["buckets": 256, "orders": 41, "sent": 0, "received": 7])
      console.clock.advance(120_000)
      let stopped = try await browser.get("/platforms/water").main
      #expect(stopped.contains(PlatformPhrase.resyncStopped.said(in: .zh)))
    }
  }
}
