// How platforms and agents stand on their pages: four plain states, and never "online" and "healthy" for one that is neither.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsolePlatformTests {
  private func standing(
    online: Bool = true, last: Int? = 0, outbox: Int = 0, oldest: Int? = nil, lag: Int = 0, skew: Int? = nil,
    certificate: Int? = nil, quarantined: Int = 0, waiting: Int = 0, clone: JSON? = nil, revoked: Bool = false,
    unresolved: Int = 0, isComparing: Bool = false
  ) -> AgentStanding {
    let agent = JSON.compact([
      ("name", "main"), ("online", .bool(online)), ("lastContact", last.map(JSON.int)), ("outbox", .int(outbox)),
      ("oldest", oldest.map(JSON.int)), ("lag", .int(lag)), ("skew", skew.map(JSON.int)),
      ("certificateNotAfter", certificate.map(JSON.int)), ("quarantined", .int(quarantined)),
      ("waiting", .int(waiting)), ("clone", clone), ("revoked", .bool(revoked)),
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
      let spans = try PlatformReading.contacts(console.hotline, platform: "water", agent: "depot", since: 0)
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
}
