// What needs a person on the pages of platforms and agents: what each thing means for the orders, and the way to what is to be done, or
// to whom it is left.

import Core
import Foundation
import Testing

@testable import Hub

@Suite(.serialized) struct ConsoleCausesTests {
  private func mayNot(_ right: Right) -> String {
    let role = RoleTable.least(right).rawValue
    return StepPhrase.mayNot.said(in: .zh, [Vocabulary.accountRole.texts(role)?.zh ?? role])
  }

  @Test func aPlatformWithoutAnAgentSaysWhatBecomesOfItsOrdersAndWhereATokenIsMade() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let administrator = try await console.signedIn(as: .administrator)
      let page = try await administrator.get("/platforms/water").main
      #expect(page.contains(PlatformPhrase.meansKept.said(in: .zh)))
      #expect(page.contains("href=\"/platforms/water#tokens\"") && page.contains("id=\"tokens\""))
      #expect(!page.contains(mayNot(.administer)) && !page.contains(PlatformPhrase.tokensMayNot.said(in: .zh)))
      let supervisor = try await console.signedIn(as: .supervisor)
      let told = try await supervisor.get("/platforms/water").main
      #expect(told.contains(PlatformPhrase.meansKept.said(in: .zh)) && told.contains(mayNot(.administer)))
      #expect(told.contains(PlatformPhrase.tokensMayNot.said(in: .zh)))
      #expect(!told.contains("href=\"/platforms/water#tokens\""))
    }
  }

  @Test func whatAnAgentSetAsideAndWhatWasRefusedOfItSayWhatTheyMeanForTheOrders() async throws {
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      for agent in ["depot", "yard"] { try console.enrol("water", agent) }
      try console.heard("water", "depot", quarantined: 2)
      try console.heard("water", "yard")
      let name = Contacts.Name(platform: try PlatformName("water"), agent: "yard")
      console.parts.contacts.refused(.push, of: name, .fork, now: console.clock.now)
      let browser = try await console.signedIn(as: .operator)
      let depot = try await browser.get("/agents/water/depot").main
      #expect(depot.contains(PlatformPhrase.meansUnread.said(in: .zh)))
      // One of two: the platform's page says which.
      #expect(try await browser.get("/platforms/water").main.contains("<bdi>depot</bdi>: 代理端隔离了 2 条"))
      // A refusal that is no cause yet is explained as one that is.
      let yard = try await browser.get("/agents/water/yard").main
      #expect(yard.contains(PlatformPhrase.meansUnheard.said(in: .zh)) && !yard.contains("class=\"notice bad\""))
      #expect(yard.contains(PlatformPhrase.nothingLost.said(in: .zh)))
    }
  }

  @Test func whatACallMeansDependsOnTheCallUnlessItIsRefusedForWhoseItIs() async throws {
    let calls: [(Contacts.Call, ProblemCode, PlatformPhrase)] = [
      (.push, .internalError, .meansUnheard), (.pull, .internalError, .meansUntold),
      (.hello, .internalError, .meansApart), (.reconcile, .internalError, .meansDiffer),
      (.renew, .internalError, .meansUntilItEnds), (.push, .updateNeeded, .meansApart),
      (.pull, .certificateExpired, .meansApart),
    ]
    try await ConsoleFixture().serving { console in
      _ = try console.hotline.addPlatform(name: "water", displayName: nil, sectors: [])
      let browser = try await console.signedIn(as: .viewer)
      for (index, (call, code, meaning)) in calls.enumerated() {
        let agent = "depot-\(index)"
        try console.enrol("water", agent)
        try console.heard("water", agent)
        console.parts.contacts.refused(
          call, of: Contacts.Name(platform: try PlatformName("water"), agent: agent), code, now: console.clock.now)
        let page = try await browser.get("/agents/water/\(agent)").main
        #expect(page.contains(meaning.said(in: .zh)), "\(call) \(code)")
        #expect(page.contains(mayNot(.administer)) == (code == .certificateExpired), "\(call) \(code)")
        // That a viewer may not have it compared is said, and not left out.
        #expect(page.contains(PlatformPhrase.resync.said(in: .zh) + ": " + mayNot(.compare)))
      }
    }
  }
}
