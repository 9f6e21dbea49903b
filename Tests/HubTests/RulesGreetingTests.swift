// Agents that compute states by other rules than the hub (row 120): a newer one is told so before it says anything of itself, so that
// neither side takes the other's states for wrong.

import Core
import Shell
import Testing

@testable import Hub

@Suite struct RulesGreetingTests {
  private let world: HubWorld

  init() throws { world = try HubWorld() }

  private func greeted(rules: Int) throws -> (reply: HelloReply, contact: Contacts.Contact?) {
    let parts = world.parts
    let calls = SyncCalls(
      database: parts.database, writer: parts.writer, contacts: parts.contacts, environment: parts.environment)
    let caller = Contacts.Name(platform: try PlatformName("water"), agent: "depot")
    let hello = HelloRequest(health: .fresh, rules: rules, cursor: .start, told: .start, runs: [])
    return (try calls.hello(hello, from: caller), parts.contacts[caller])
  }

  @Test func anAgentWhoseRulesAreNewerIsToldThatTheHubNeedsAnUpdate() throws {
    let problem = #expect(throws: Problem.self) { try greeted(rules: Rules.number + 1) }
    #expect(problem?.code == .updateNeeded && problem?.code.retry == .operator)
    #expect(
      problem?.detail == "the agent computes by rules \(Rules.number + 1), the hub by \(Rules.number)")
  }

  private func row() throws -> JSON {
    try #require(try world.hotline.agents().list("agents").first { $0.text("name") == "depot" })
  }

  @Test func theOperatorsSeeItUntilItIsLetIn() throws {
    _ = try world.parts.database.write { db in
      try db.execute(
        "INSERT INTO agent (platform, agent, enrolled, cursor_position) VALUES ('water', 'depot', 1, 0)", [])
    }
    func causes() throws -> [AttentionCause] {
      AgentStanding(try row(), platform: "water", unresolved: 0, isComparing: false, now: world.clock.now).causes
    }
    #expect(try row()["updateNeeded"] == nil && !causes().contains(.updateNeeded))
    #expect(throws: Problem.self) { try greeted(rules: Rules.number + 1) }
    #expect(try row()["updateNeeded"] == true && causes().contains(.updateNeeded))
    let page = Page(width: nil, style: Style(isEnabled: false), zone: .gmt, now: world.clock.now)
    #expect(
      StatusPrinting.lines(try world.hotline.status(), on: page).contains {
        $0.contains("UPDATE NEEDED: newer than the hub")
      })
    _ = try greeted(rules: Rules.number)
    #expect(try row()["updateNeeded"] == nil && !causes().contains(.updateNeeded))
  }

  @Test(arguments: [Rules.number, Rules.number - 1])
  func oneWithTheHubsRulesOrOlderOnesIsLetIn(rules: Int) throws {
    let (reply, contact) = try greeted(rules: rules)
    #expect(reply.cursorHolds && contact != nil)
  }
}
