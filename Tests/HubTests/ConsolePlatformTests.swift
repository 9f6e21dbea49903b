// The pages of platforms and agents: how each stands, comparisons, tokens and revocation, and calls that were refused.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsolePlatformTests {
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

  @Test func whatIsNotListedOfWhatAnAgentLacksIsCounted() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      try console.enrol("water", "depot")
      try console.heard("water", "depot")
      _ = try console.order([.init("title", "爆管")], to: "water")
      #expect(try console.hotline.unsentChanges(platform: "water", agent: "depot").more == 0)
      #expect(try console.hotline.unsent(platform: "water", agent: "depot")["more"] == nil)
      for number in 0..<21 { _ = try console.order([.init("title", .string("爆管 \(number)"))], to: "water") }
      let unsent = try console.hotline.unsentChanges(platform: "water", agent: "depot")
      let lag = try console.hotline.agents().list("agents").first?["lag"]?.asInt
      #expect(unsent.orders.count == 20 && unsent.more > 0)
      #expect(unsent.orders.map(\.changes).reduce(unsent.more, +) == lag)
      #expect(try console.hotline.unsent(platform: "water", agent: "depot")["more"]?.asInt == unsent.more)
      let browser = try await console.signedIn(as: .viewer)
      let page = try await browser.get("/agents/water/depot").main
      #expect(page.contains(PlatformPhrase.unsentMore.said(in: .zh, ["\(unsent.more)"])))
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

  @Test func allPlatformsAreComparedAtOnceAfterSayingHowManyThatAre() async throws {
    try await ConsoleFixture().serving { console in
      for name in ["water", "gas", "heat"] {
        _ = try console.hotline.addPlatform(name: name, displayName: nil, sectors: [])
      }
      let browser = try await console.signedIn(as: .operator)
      let nobody = try await browser.get("/platforms").main
      #expect(!nobody.contains("action=\"/platforms/resync\""), "there is no agent to ask")
      for (platform, agent) in [("water", "depot"), ("water", "yard"), ("gas", "main")] {
        try console.enrol(platform, agent)
        try console.heard(platform, agent)
      }
      console.clock.advance(2_000)
      let before = try await browser.get("/platforms").main
      #expect(before.contains(PlatformPhrase.resyncAllWhat.said(in: .zh, ["3", "2"])))
      #expect(!before.contains("id=\"comparing\""))
      let asked = try await browser.post("/platforms/resync", [("dryRun", "1")])
      #expect(asked.status == 303)
      let followed = try await browser.get(try #require(asked["Location"]))
      #expect(followed.body.contains(PlatformPhrase.resyncAllAsked.said(in: .zh)))
      #expect(followed.main.contains(PlatformPhrase.comparing.said(in: .zh, ["0", "3"])))
      let rows = try console.hotline.resyncs(platform: nil).list("resyncs")
      #expect(
        Set(rows.map { "\($0.text("platform"))/\($0.text("agent"))" }) == ["water/depot", "water/yard", "gas/main"])
      #expect(rows.allSatisfy { $0["dryRun"] == true && $0["full"] == false })
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
      #expect(refused.contains(PlatformPhrase.resyncRefused.said(in: .zh)))
      #expect(!ended.contains(PlatformPhrase.resyncRefused.said(in: .zh)))
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
