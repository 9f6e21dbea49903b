// Contact and outages on the pages of platforms and agents: what lies between two calls, what goes on, and of whom.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleContactTests {
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
      // Drawn and named, on the page of the platform, too; what lies before the first contact is no outage.
      let platform = try await browser.get("/platforms/water").main
      for page in [page, platform] {
        let bands = page.matches(of: /<svg class="timeline"[\s\S]*?<\/svg>/).map { String($0.output) }
        #expect(!bands.isEmpty)
        for band in bands {
          #expect(band.ranges(of: "class=\"warning\"").count == 1)
          #expect(band.contains("<title>中断：") && band.contains("，2 小时</title>"))
          #expect(band.contains("<title>" + PlatformPhrase.noContactKnown.said(in: .zh)))
        }
      }
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
      #expect(page.contains("至今 2 天</title>") && page.contains("至今 2 天</li>"))
      #expect(page.contains(PlatformPhrase.outages.said(in: .zh) + ": 2"))
      #expect(page.contains("，8 天"), "it began before the week that is shown")
      #expect(!page.contains(PlatformPhrase.noOutage.said(in: .zh)))
      let never = try await browser.get("/agents/water/yard").main
      #expect(never.contains("class=\"empty\">" + PlatformPhrase.neverSeen.said(in: .zh)))
      #expect(!never.contains(PlatformPhrase.noOutage.said(in: .zh)) && !never.contains("rect class=\"warning\""))
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

  @Test func whatAnAgentSaidOfItselfIsToldWithWhenAndWhoSaidNothingHasNoOutbox() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      for agent in ["depot", "never"] { try console.enrol("water", agent) }
      try console.heard("water", "depot", outbox: 3, oldest: console.clock.now)
      console.clock.advance(7_200_000)
      let browser = try await console.signedIn(as: .viewer)
      let outbox = "<dt>" + PlatformPhrase.outbox.said(in: .zh) + "</dt>"
      let page = try await browser.get("/agents/water/depot").main
      let row = try #require(page.firstRange(of: outbox)).upperBound
      let told = page[row...].prefix(200)
      #expect(told.contains("<dd>3 <small>" + PlatformPhrase.lastSaid.said(in: .zh)) && told.contains("2 小时前"))
      #expect(try await !browser.get("/agents/water/never").main.contains(outbox))
    }
  }

  @Test func aClockIsToldToBeAheadOrBehind() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let browser = try await console.signedIn(as: .viewer)
      for (agent, skew, words) in [
        ("fast", 90_000, "比热线快 1 分钟"), ("slow", -90_000, "比热线慢 1 分钟"), ("right", 20, "相差不到 1 秒"),
      ] {
        try console.enrol("water", agent)
        try console.heard("water", agent, skew: skew)
        let page = try await browser.get("/agents/water/\(agent)").main
        #expect(page.contains("<dd>" + words) || page.contains("<dd>与热线" + words), "\(agent)")
        // What needs a person says it the same way round.
        #expect(page.contains("它的时钟" + words) == (skew.magnitude >= 60_000), "\(agent)")
      }
    }
  }
}
